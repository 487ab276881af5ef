//! The open loop: requests that are sent when it is their time, whether the last one was answered or not.
//!
//! A latency is counted from the time that a request was *meant* to be sent. A server that stalls makes the client late, and what it is
//! late counts: nothing is omitted. The times are waited for by asking the clock again and again, since a timer that is a millisecond
//! late would be all that there is to see.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::failure::Failure;
use crate::statistics::Latencies;
use crate::target::Target;
use crate::visitor::{Visit, Visitor};
use crate::watch;

/// How many connections share the arrivals, each taking every so-manieth.
const CONNECTIONS: u32 = 16;

/// How long after its end a window is waited for. A server that is further behind does not keep up.
const PATIENCE: Duration = Duration::from_secs(5);

/// The arrivals of one window: the first at `start`, then one every `interval`.
#[derive(Clone, Copy, Debug)]
struct Schedule {
    start: Instant,
    interval: Duration,
    arrivals: u32,
}

impl Schedule {
    fn new(rate: u32, length: Duration) -> Self {
        let interval = Duration::from_secs(1) / rate.max(1);
        let arrivals = length.as_nanos() / interval.as_nanos().max(1);
        Self {
            // The connections get a moment to come up.
            start: watch::now() + Duration::from_millis(20),
            interval,
            arrivals: u32::try_from(arrivals).unwrap_or(u32::MAX),
        }
    }

    fn time_of(&self, arrival: u32) -> Instant {
        self.start + self.interval * arrival
    }
}

/// Sends `rate` requests a second for a window, at even intervals, and says how long each took from its time; none where the server
/// does not keep up, since its latency is then the length of the window and nothing else.
///
/// # Errors
/// The first answer that was wrong.
pub(crate) async fn window(
    target: &Target,
    visit: Visit,
    rate: u32,
    length: Duration,
) -> Result<Option<Latencies>, Failure> {
    let mut visitors = Vec::new();
    for seed in 0..CONNECTIONS {
        visitors.push(target.visitor(seed.into()).await?);
    }
    let schedule = Schedule::new(rate, length);
    let mut lanes = JoinSet::new();
    for (first, visitor) in (0..).zip(visitors) {
        lanes.spawn(take_every(visitor, visit, schedule, first));
    }
    let mut all = Latencies::plain().ok_or(Failure::Silence)?;
    let counting = async {
        while let Some(ended) = lanes.join_next().await {
            let latencies = ended.map_err(|error| Failure::Connection(error.to_string()))??;
            all.add(&latencies);
        }
        Ok(())
    };
    match tokio::time::timeout(length + PATIENCE, counting).await {
        Ok(counted) => counted.map(|()| Some(all)),
        Err(_) => Ok(None),
    }
}

/// Takes the arrivals `first`, `first + CONNECTIONS`, …
async fn take_every(
    mut visitor: Visitor,
    visit: Visit,
    schedule: Schedule,
    first: u32,
) -> Result<Latencies, Failure> {
    let mut latencies = Latencies::plain().ok_or(Failure::Silence)?;
    for arrival in (first..schedule.arrivals).step_by(CONNECTIONS as usize) {
        let time = schedule.time_of(arrival);
        while watch::now() < time {
            tokio::task::yield_now().await;
        }
        visitor.visit(visit).await?;
        latencies.record(watch::now().duration_since(time));
    }
    Ok(latencies)
}
