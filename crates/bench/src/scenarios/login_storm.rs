//! Reads beside more logins than can be hashed: what everybody else feels when everybody logs in at once.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use hyper::StatusCode;
use tokio::task::JoinSet;

use super::{Logins, Scenario, Work, read};
use crate::arms::Side;
use crate::failure::Failure;
use crate::open_loop::Paced;
use crate::plan::{Plan, RATE};
use crate::report::{ArmReport, Measure, Turned};
use crate::statistics::{FEWEST_ROUNDS, Latencies};
use crate::target::Target;
use crate::visitor::{LOG_IN, Visitor};
use crate::{closed_loop, open_loop, size, watch};

/// How many try to log in at once: more than have room in the queue of the hashing thread, so that some are sent away.
const STORMERS: u64 = 64;

/// How often each of them tries, if it is answered in time: together ten times what one core can hash.
const PACE: Duration = Duration::from_millis(100);

const READS: Measure = measure("calm reads", "/s");
const READS_IN_STORM: Measure = measure("storm reads", "/s");
const P99: Measure = measure("calm p99", "µs");
const P99_IN_STORM: Measure = measure("storm p99", "µs");
const P99_RATIO: Measure = measure("storm p99 to calm", "×");
const LOGINS: Measure = measure("logins", "/s");
const REFUSED: Measure = measure("sent away", "/s");
const MEMORY: Measure = measure("most memory above idle", "MiB");

const fn measure(name: &'static str, unit: &'static str) -> Measure {
    Measure { name, unit }
}

pub(super) const SCENARIO: Scenario = Scenario {
    name: "login-storm",
    title: "reads beside 64 clients that log in again and again, ten times as often as can be hashed",
    unit: "request",
    work: Work::LoginStorm,
    is_paced: false,
    logins: Logins::Few,
    // Nobody is logged in at the bare one, and none of its logins is throttled or sent away as theirs are.
    suits: |arm| arm.side != Side::Floor,
    usual: &["session-memory", "session-sqlite", "jwt-hs256", "jwt-eddsa"],
    // All of them are one user, and an attempt counts as a failure until its password has been found right.
    settings: |_| &["login.account_failures=100"],
    remark,
};

fn remark(arm: &ArmReport) -> Option<String> {
    let mut measures = arm.measures.iter();
    let ratio = measures
        .find(|measure| measure.name == P99_RATIO.name)?
        .estimate;
    let said = if arm.rounds.len() < FEWEST_ROUNDS {
        "too few rounds to tell"
    } else if ratio.contains(1.0) {
        "no difference found"
    } else if ratio.low > 1.0 {
        "longer"
    } else {
        "shorter"
    };
    Some(format!(
        "With {}, the slowest hundredth of the reads takes {:.1}–{:.1} × as long in the storm as in calm: {said}.",
        arm.title, ratio.low, ratio.high
    ))
}

/// About how long a turn is: reads at saturation and reads at the rate, without the storm and in it.
pub(super) fn length(plan: &Plan) -> Duration {
    plan.window * 4
}

/// What came of the logins.
#[derive(Default)]
struct Storm {
    stop: AtomicBool,
    logged_in: AtomicU64,
    refused: AtomicU64,
}

/// The same reads twice, the second time beside the storm.
pub(super) async fn turn(plan: &Plan, target: &Target) -> Result<Turned, Failure> {
    let rate = plan.rate.map_or(RATE, NonZero::get);
    let (reads, calm) = reads(plan, target, rate).await?;
    // In the storm a server may fall behind, and that counts. One that does so before has nothing that a storm could be compared with.
    let calm = calm.if_kept_up().ok_or(Failure::Behind { rate })?;
    let storm = Arc::new(Storm::default());
    let mut stormers = JoinSet::new();
    for _ in 0..STORMERS {
        let stormer = target.visitor().await?;
        stormers.spawn(log_in_again_and_again(stormer, Arc::clone(&storm)));
    }
    let begun = watch::now();
    let in_storm = self::reads(plan, target, rate).await;
    let seconds = watch::now().duration_since(begun).as_secs_f64();
    storm.stop.store(true, Ordering::Relaxed);
    while let Some(ended) = stormers.join_next().await {
        ended.map_err(|error| Failure::Connection(error.to_string()))??;
    }
    let (reads_in_storm, in_storm) = in_storm?;
    let micros = |latencies: Latencies| latencies.at(0.99).as_secs_f64() * 1e6;
    let (p99, p99_in_storm) = (micros(calm), micros(in_storm.at_least()));
    let per_second = |count: &AtomicU64| count.load(Ordering::Relaxed) as f64 / seconds;
    let mut measures = vec![
        (READS, reads),
        (READS_IN_STORM, reads_in_storm),
        (P99, p99),
        (P99_IN_STORM, p99_in_storm),
        (P99_RATIO, p99_in_storm / p99),
        (LOGINS, per_second(&storm.logged_in)),
        (REFUSED, per_second(&storm.refused)),
    ];
    // The most that it had in any turn until now, since what a server keeps of one storm is not calm.
    let most = target.pid.and_then(size::most_resident);
    if let Some((most, idle)) = most.zip(target.idle_memory) {
        let more = most.saturating_sub(idle) as f64;
        measures.push((MEMORY, more / f64::from(1 << 20)));
    }
    Ok(Turned {
        window: None,
        measures,
    })
}

/// Reads a second at saturation, and what they take at the rate.
async fn reads(plan: &Plan, target: &Target, rate: u32) -> Result<(f64, Paced), Failure> {
    let window = closed_loop::window(target, read::VISIT, plan.connections, plan.window).await?;
    let paced = open_loop::window(target, read::VISIT, rate, plan.window).await?;
    Ok((
        window.requests as f64 / window.elapsed.as_secs_f64(),
        paced.ok_or(Failure::Behind { rate })?,
    ))
}

async fn log_in_again_and_again(mut stormer: Visitor, storm: Arc<Storm>) -> Result<(), Failure> {
    while !storm.stop.load(Ordering::Relaxed) {
        let begun = watch::now();
        match stormer.status_of(&LOG_IN, None).await? {
            StatusCode::OK => storm.logged_in.fetch_add(1, Ordering::Relaxed),
            StatusCode::SERVICE_UNAVAILABLE => storm.refused.fetch_add(1, Ordering::Relaxed),
            other => {
                return Err(Failure::Status {
                    was: other.as_u16(),
                    expected: 200,
                });
            }
        };
        let took = watch::now().duration_since(begun);
        tokio::time::sleep(PACE.saturating_sub(took)).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::with_measures;

    fn said(ratios: &[f64]) -> String {
        let rounds = ratios.iter().map(|ratio| vec![(P99_RATIO, *ratio)]);
        remark(&with_measures("jwt-eddsa", rounds.collect())).unwrap()
    }

    #[test]
    fn a_storm_is_felt_not_felt_or_was_not_looked_at_often_enough() {
        assert!(said(&[2.0, 2.1, 2.2, 2.3, 2.4, 2.5]).ends_with(": longer."));
        assert!(said(&[0.8, 0.9, 1.0, 1.1, 1.2, 1.3]).ends_with(": no difference found."));
        assert!(said(&[0.1, 0.9]).ends_with(": too few rounds to tell."));
    }
}
