//! The open loop: requests that are sent when it is their time, whether the last one was answered or not, as far as there are connections.
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

/// How many connections share the arrivals, each taking one after the other in turn.
const CONNECTIONS: u32 = 16;

/// How long after its end a window is waited for. A server that is further behind does not keep up.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long after the last arrival the last answer may come.
const SLACK: Duration = Duration::from_millis(100);

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

/// What a window has shown.
#[derive(Debug)]
pub(crate) struct Paced {
    latencies: Latencies,
    /// Whether the last answer came in time.
    has_kept_up: bool,
}

impl Paced {
    /// Of a server that kept up; of another one they would be the length of the window and nothing else.
    pub(crate) fn if_kept_up(self) -> Option<Latencies> {
        self.has_kept_up.then_some(self.latencies)
    }

    /// Of any server: of one that did not keep up they are the least that clients would have met.
    pub(crate) fn at_least(self) -> Latencies {
        self.latencies
    }
}

/// Sends `rate` requests a second for a window, at even intervals, and says how long each took from its time; none where the answers are
/// seconds late.
///
/// # Errors
/// The first answer that was wrong.
pub(crate) async fn window(
    target: &Target,
    visit: Visit,
    rate: u32,
    length: Duration,
) -> Result<Option<Paced>, Failure> {
    let mut visitors = Vec::new();
    for _ in 0..CONNECTIONS {
        visitors.push(target.visitor().await?);
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
        Ok::<(), Failure>(())
    };
    let Ok(counted) = tokio::time::timeout(length + PATIENCE, counting).await else {
        return Ok(None);
    };
    counted?;
    // Who answers the last of them late has been falling behind, and its latencies would grow with the window.
    Ok(Some(Paced {
        latencies: all,
        has_kept_up: watch::now() <= schedule.time_of(schedule.arrivals) + SLACK,
    }))
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, mpsc};

    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::arms;
    use crate::scenarios;
    use crate::target::Place;

    const STALL: Duration = Duration::from_millis(300);

    /// A server of one thread that stands still once, at the answer of this number.
    fn serve(stalls_at: u64) -> std::net::SocketAddr {
        let (address, bound) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                address.send(listener.local_addr().unwrap()).unwrap();
                let answers = Arc::new(AtomicU64::new(0));
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(answer(stream, Arc::clone(&answers), stalls_at));
                }
            });
        });
        bound.recv().unwrap()
    }

    async fn answer(
        stream: TcpStream,
        answers: Arc<AtomicU64>,
        stalls_at: u64,
    ) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let body = r#"{"username":"benchmark"}"#;
        // Written in one piece: in two, the second would wait for the client's delayed acknowledgement, 40 ms for every answer.
        let whole = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut line = String::new();
        while stream.read_line(&mut line).await? > 0 {
            // The empty line ends a request.
            if line == "\r\n" {
                if answers.fetch_add(1, Ordering::Relaxed) == stalls_at {
                    let begun = watch::now();
                    while watch::now() < begun + STALL {
                        std::hint::spin_loop();
                    }
                }
                stream.get_mut().write_all(whole.as_bytes()).await?;
            }
            line.clear();
        }
        Ok(())
    }

    fn measured(stalls_at: u64, rate: u32, length: Duration) -> Option<Latencies> {
        let visit = scenarios::named("read").unwrap().visit().unwrap();
        let arm = arms::named(arms::BARE).unwrap();
        let place = Place::of(serve(stalls_at));
        let target = Target::new(place, None, arm, Vec::new(), Some(visit));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime
            .block_on(window(&target, visit, rate, length))
            .unwrap()
            .and_then(Paced::if_kept_up)
    }

    #[test]
    fn a_stall_of_known_length_is_met_by_all_who_come_in_it() {
        let latencies = measured(40, 200, Duration::from_secs(1)).unwrap();
        assert_eq!(latencies.count(), 200);
        // Sixty come while the server stands still, and wait for what is left of it, 300 ms at most. There are 16 connections: counted
        // from the time of sending, no more than 16 of 200 would be late.
        let late: u64 = latencies
            .buckets()
            .into_iter()
            .filter(|(micros, _)| *micros > 20_000)
            .map(|(_, count)| count)
            .sum();
        assert!(late >= 50, "{late}");
        assert!(latencies.at(1.0) >= STALL * 9 / 10);
    }

    #[test]
    fn a_server_that_falls_behind_has_no_latencies() {
        // It stands still at the end, and the last answers come when the window is long over.
        assert!(measured(45, 500, Duration::from_millis(100)).is_none());
    }
}
