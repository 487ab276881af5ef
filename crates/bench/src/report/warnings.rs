//! What a reader has to know before the figures.

use super::{ArmReport, CostIs, Report, RoundReport, ScenarioReport};
use crate::arms::{self, BARE};
use crate::cpu::CpuSource;
use crate::{scenarios, statistics};

/// A thread that was on its core for more of a window than this had no time to spare.
const BUSY: f64 = 0.95;

/// The scenario that keeps its server busy: in the others it waits for the disk, or for one thread that hashes.
const READ: &str = "read";

/// Less than this on both sides, and the cores were somebody else's.
const CROWDED: f64 = 0.7;

/// A bare arm that spreads further than this hides what the tables are read for.
const NOISY: f64 = 0.15;

/// Fewer rounds than this, and an interval is their whole range.
const FEW_ROUNDS: usize = 6;

pub(super) fn of(report: &Report) -> Vec<String> {
    let mut warnings = about_the_run(report);
    warnings.extend(about_the_machine(report));
    for scenario in &report.scenarios {
        if lacks_bare(scenario) {
            warnings.push(format!(
                "{}: the bare arm has no figures, so there is no ratio to it",
                scenario.name
            ));
        }
        if let Some(noise) = scenario.noise.filter(|noise| *noise > NOISY) {
            warnings.push(format!(
                "{}: the rounds of the bare arm lie ±{:.0} % apart, so small differences may not be found",
                scenario.name,
                noise * 100.0
            ));
        }
        warnings.extend(report.method.rate.and_then(|rate| behind(scenario, rate)));
        if scenario.name == READ && scenario.arms.iter().any(is_crowded_out) {
            warnings.push(format!(
                "{}: neither the client nor some of the servers had a core for themselves; requests/s and latencies are what others left of it",
                scenario.name
            ));
        }
        let limited = scenario.arms.iter().filter(|arm| is_limited_by_client(arm));
        let names: Vec<String> = limited.map(ArmReport::shown_name).collect();
        if !names.is_empty() {
            warnings.push(format!(
                "{}: the client was the bottleneck for {}; what they answered in a second is the client's ceiling, and their cost is right as far as a server that waits costs the same",
                scenario.name,
                names.join(", ")
            ));
        }
    }
    warnings
}

fn about_the_run(report: &Report) -> Vec<String> {
    let mut warnings = Vec::new();
    if !report.complete {
        warnings.push("the run was stopped; these are the rounds that were whole".to_owned());
    }
    if report.machine.is_debug_build {
        warnings.push(
            "this is a build without optimisation, whose figures say nothing: use cargo run --release"
                .to_owned(),
        );
    }
    // Of the scenario that has the fewest: a run that was stopped has others that are whole.
    let each = report.scenarios.iter().filter_map(|scenario| {
        let rounds = scenario.arms.iter().map(|arm| arm.rounds.len());
        rounds.max()
    });
    let rounds = each.min().unwrap_or(0);
    if rounds < FEW_ROUNDS {
        warnings.push(format!(
            "with {rounds} rounds an interval is the whole range of them and has the true value in it less often than it says; small differences need more"
        ));
    }
    warnings
}

fn about_the_machine(report: &Report) -> Vec<String> {
    let mut warnings = Vec::new();
    let machine = &report.machine;
    if machine.server_core.is_none() {
        warnings.push(
            "server and client could not be kept on cores of their own, and take time from each other"
                .to_owned(),
        );
    }
    if machine.data_on.as_deref() == Some("tmpfs") {
        warnings.push(
            "the servers keep their data in memory (tmpfs), so that a durable write waits for no disk: set TMPDIR to a folder on one"
                .to_owned(),
        );
    }
    if machine.load_before.is_some_and(|load| load > 0.5) {
        warnings.push(format!(
            "other programs were running ({:.1} on average in the minute before), and share the cores",
            machine.load_before.unwrap_or_default()
        ));
    }
    let mut tables = report
        .scenarios
        .iter()
        .filter(|scenario| !scenario.is_of_measures_alone());
    if tables.any(|scenario| scenario.cost_is == CostIs::Wall) {
        warnings.push(
            "the CPU time of a server that runs elsewhere, or that this system has no account of, cannot be seen: a cost is the time from one answer to the next, the client's share included"
                .to_owned(),
        );
    } else if report.method.cpu_source == CpuSource::Ticks {
        let tick = report.method.cpu_source.resolution().as_millis() as f64;
        warnings.push(format!(
            "CPU time is counted in ticks of {tick:.0} ms, which is {:.1} % of a window",
            tick * 100.0 / report.method.window_ms.max(1) as f64
        ));
    }
    warnings
}

/// The arms without latencies where others have them.
fn behind(scenario: &ScenarioReport, rate: u32) -> Option<String> {
    let is_paced = scenarios::named(&scenario.name).is_some_and(|scenario| scenario.is_paced);
    let measured = scenario.arms.iter().filter(|arm| arm.figures.is_some());
    let late: Vec<String> = measured
        .filter(|arm| arm.latency.is_none())
        .map(ArmReport::shown_name)
        .collect();
    (is_paced && !late.is_empty()).then(|| {
        format!(
            "{}: at {rate} requests a second {} did not keep up, and has no latencies",
            scenario.name,
            late.join(", ")
        )
    })
}

/// A scenario that measures something else than requests has no ratios to miss.
fn lacks_bare(scenario: &ScenarioReport) -> bool {
    let mut arms = scenario.arms.iter();
    let has_bare = arms.any(|arm| arm.name == BARE && arm.figures.is_some());
    // A logout, for one, needs somebody who is logged in.
    let suits = scenarios::named(&scenario.name)
        .zip(arms::named(BARE))
        .is_some_and(|(scenario, bare)| (scenario.suits)(bare));
    let has_figures = scenario
        .arms
        .iter()
        .any(|arm| arm.figures.is_some() && !arm.is_foreign());
    suits && has_figures && !has_bare
}

/// The client was busy all the time, and the server was not, in the median of the rounds.
fn is_limited_by_client(arm: &ArmReport) -> bool {
    let (client, server) = shares(arm);
    client.is_some_and(|share| share > BUSY) && server.is_none_or(|share| share < BUSY)
}

/// Neither the client nor the server was on its core for most of the time, in the median of the rounds: somebody else was.
fn is_crowded_out(arm: &ArmReport) -> bool {
    let (client, server) = shares(arm);
    let is_idle = |share: Option<f64>| share.is_some_and(|share| share < CROWDED);
    is_idle(client) && is_idle(server)
}

/// For how much of a window the client and the server were on their cores, in the median of the rounds.
fn shares(arm: &ArmReport) -> (Option<f64>, Option<f64>) {
    let busy = |time: fn(&RoundReport) -> Option<f64>| {
        let shares: Vec<f64> = arm
            .rounds
            .iter()
            .filter_map(|round| Some(time(round)? / round.seconds))
            .collect();
        statistics::median(&shares)
    };
    (
        busy(|round| round.client_cpu_seconds),
        busy(|round| round.server_cpu_seconds),
    )
}
