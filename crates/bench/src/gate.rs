//! The aims: how fast is fast enough, and whether a run has reached it.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::arms::{self, BARE, NAKED, PEER_IN_REDIS};
use crate::plan::{Plan, Step};
use crate::report::{ArmReport, CostIs, Report};
use crate::scenarios;
use crate::statistics::{self, Estimate};

/// How often each arm has its turn: from six on an interval is no longer the whole range of the rounds.
const ROUNDS: usize = 8;

const FEW_LIVE: u64 = 1_000;
const MANY_LIVE: u64 = 1_000_000;

/// What has come of one aim.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AimReport {
    /// What it is an aim for.
    pub what: String,
    /// The most that it may be, or the least.
    pub bound: f64,
    /// Whether `bound` is the least.
    pub is_at_least: bool,
    /// Of the bound and of what was measured.
    pub unit: String,
    /// What was measured; none where nothing of it was.
    pub measured: Option<Estimate>,
    /// Whether the median is within the bound, in a run that was not stopped, of a build with optimisation. Nothing measured is nothing
    /// reached.
    pub is_met: bool,
}

/// The arms of tokens that were seen before, with the settings that a server has unless it is told otherwise.
const SEEN: [&str; 2] = ["jwt-hs256-seen", "jwt-eddsa-seen"];

/// Those in which it is asked whether the token was taken back.
const REVOCABLE: [&str; 2] = ["jwt-hs256-denylist-seen", "jwt-hs256-not-before-seen"];

/// The arm of a session with the settings that a server has unless it is told otherwise.
const SESSION: &str = "session-sqlite-seen";

/// Sessions in Redis; its server and its engine are paid for together.
const IN_REDIS: &str = "session-redis";

struct Aim {
    what: &'static str,
    bound: f64,
    is_at_least: bool,
    unit: &'static str,
    measured: fn(&Report) -> Option<Estimate>,
}

const fn at_most(
    what: &'static str,
    bound: f64,
    unit: &'static str,
    measured: fn(&Report) -> Option<Estimate>,
) -> Aim {
    Aim {
        what,
        bound,
        is_at_least: false,
        unit,
        measured,
    }
}

/// Every aim. What nothing measures yet is missed, since nobody has seen it reached.
const AIMS: &[Aim] = &[
    at_most("HS256, checked every time", 1.25, "× bare", |report| {
        ratio(arm(report, "read", "jwt-hs256", None)?)
    }),
    at_most(
        "any algorithm, token seen before",
        1.15,
        "× bare",
        worst_of_seen,
    ),
    at_most("session in SQLite, 1,000 live", 1.45, "× bare", |report| {
        ratio(arm(report, "growth", SESSION, Some(FEW_LIVE))?)
    }),
    at_most(
        "session in SQLite, 1,000,000 live",
        1.7,
        "× bare",
        |report| ratio(arm(report, "growth", SESSION, Some(MANY_LIVE))?),
    ),
    at_most(
        "denylist or not-before, to stateless",
        1.05,
        "×",
        worst_of_revocation,
    ),
    at_most(
        "session in Redis, to actix-session's own store, each above its floor (with --peers)",
        1.0,
        "×",
        redis_to_its_peer,
    ),
    Aim {
        is_at_least: true,
        ..at_most(
            "durable rotations, committed together to each by itself",
            5.0,
            "×",
            rotations_together_to_each,
        )
    },
    at_most("rotation, p99 of 32 at once", 5.0, "ms", |report| {
        measure(report, "refresh", "p99 of 32 at once")
    }),
    at_most("read p99, login storm to calm", 1.5, "×", |report| {
        measure(report, "login-storm", "storm p99 to calm")
    }),
    at_most(
        "memory in a login storm above calm",
        64.0,
        "MiB",
        |report| measure(report, "login-storm", "most memory above idle"),
    ),
    at_most(
        "start to first answer, new database",
        100.0,
        "ms",
        |report| measure(report, "start", "new database"),
    ),
    at_most("start to first answer, again", 30.0, "ms", |report| {
        measure(report, "start", "killed and started again")
    }),
];

/// What has to be measured for the aims, and nothing else.
#[must_use]
pub fn plan(program: PathBuf) -> Plan {
    let steps = [
        (
            "read",
            &[
                BARE,
                "jwt-hs256",
                SEEN[0],
                SEEN[1],
                REVOCABLE[0],
                REVOCABLE[1],
                IN_REDIS,
                NAKED,
            ][..],
        ),
        ("growth", &[BARE, "session-sqlite", SESSION]),
        ("refresh", &["jwt-eddsa", "jwt-eddsa-commit-each"]),
        ("login-storm", &["session-sqlite", "jwt-eddsa"]),
        ("start", &["session-sqlite", "jwt-eddsa"]),
    ];
    let steps = steps.into_iter().filter_map(|(scenario, names)| {
        let arms: Vec<_> = names.iter().filter_map(|name| arms::named(name)).collect();
        Some(Step::of(scenarios::named(scenario)?, &arms))
    });
    Plan {
        steps: steps.collect(),
        rounds: ROUNDS,
        populations: [FEW_LIVE, MANY_LIVE].map(|live| live as usize).to_vec(),
        ..Plan::plain(program)
    }
}

/// Each aim beside what a report has of it.
pub fn judge(report: &mut Report) {
    let is_proper = report.complete && !report.machine.is_debug_build;
    let aims = AIMS.iter().map(|aim| {
        let measured = (aim.measured)(report);
        AimReport {
            what: aim.what.to_owned(),
            bound: aim.bound,
            is_at_least: aim.is_at_least,
            unit: aim.unit.to_owned(),
            measured,
            is_met: is_proper
                && measured.is_some_and(|measured| {
                    if aim.is_at_least {
                        measured.median >= aim.bound
                    } else {
                        measured.median <= aim.bound
                    }
                }),
        }
    });
    report.aims = aims.collect();
}

fn arm<'a>(
    report: &'a Report,
    scenario: &str,
    name: &str,
    live: Option<u64>,
) -> Option<&'a ArmReport> {
    let mut scenarios = report.scenarios.iter();
    let scenario = scenarios.find(|found| found.name == scenario)?;
    let mut arms = scenario.arms.iter();
    arms.find(|arm| arm.name == name && arm.live == live)
}

fn ratio(arm: &ArmReport) -> Option<Estimate> {
    arm.figures.as_ref()?.ratio
}

/// Of all arms the one that is furthest off, since an aim is one for all of them. None where an arm has failed.
fn measure(report: &Report, scenario: &str, name: &str) -> Option<Estimate> {
    let mut scenarios = report.scenarios.iter();
    let scenario = scenarios.find(|found| found.name == scenario)?;
    let is_ours = |arm: &&ArmReport| !arm.name.ends_with("-commit-each");
    let of_each = scenario.arms.iter().filter(is_ours).map(|arm| {
        let mut measures = arm.measures.iter();
        Some(measures.find(|measure| measure.name == name)?.estimate)
    });
    worst(of_each.collect::<Option<_>>()?)
}

/// The dearest of them, since the aim is one for all. None where one of them has not been measured.
fn worst_of_seen(report: &Report) -> Option<Estimate> {
    let of_each = SEEN.map(|name| ratio(arm(report, "read", name, None)?));
    worst(of_each.into_iter().collect::<Option<_>>()?)
}

/// What it costs besides to ask whether a token was taken back: of both ways the dearer one.
fn worst_of_revocation(report: &Report) -> Option<Estimate> {
    let costs = |name| Some(arm(report, "read", name, None)?.costs(CostIs::Cpu));
    let stateless = costs(SEEN[0])?;
    let of_each = REVOCABLE.map(|name| {
        let ratios = statistics::ratios(&costs(name)?, &stateless);
        statistics::estimate(&ratios)
    });
    worst(of_each.into_iter().collect::<Option<_>>()?)
}

/// What a session costs server and engine together, over what it costs the peer and its engine. Each is taken above its own floor, since
/// the peer is a handler with nothing around it, and ours the bank with all that it asks of a request.
fn redis_to_its_peer(report: &Report) -> Option<Estimate> {
    let above = |name, floor| {
        let costs = |name| Some(arm(report, "read", name, None)?.costs(CostIs::Cpu));
        let (costs, floors) = (costs(name)?, costs(floor)?);
        let pairs = costs.into_iter().zip(floors);
        Some(pairs.map(|(cost, floor)| cost - floor).collect::<Vec<_>>())
    };
    let ours = above(IN_REDIS, BARE)?;
    statistics::estimate(&statistics::ratios(&ours, &above(PEER_IN_REDIS, NAKED)?))
}

fn worst(of_each: Vec<Estimate>) -> Option<Estimate> {
    of_each
        .into_iter()
        .max_by(|one, other| one.median.total_cmp(&other.median))
}

fn rotations_together_to_each(report: &Report) -> Option<Estimate> {
    let per_second = |name| {
        let arm = arm(report, "refresh", name, None)?;
        let rounds = arm.rounds.iter();
        rounds
            .map(|round| round.per_second())
            .collect::<Option<Vec<f64>>>()
    };
    let together = per_second("jwt-eddsa")?;
    let each = per_second("jwt-eddsa-commit-each")?;
    statistics::estimate(&statistics::ratios(&together, &each))
}

#[cfg(test)]
mod tests;
