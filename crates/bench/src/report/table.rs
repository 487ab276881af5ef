//! The table of the terminal.

use std::fmt::Write as _;

use super::{ArmReport, CostIs, Report, ScenarioReport};
use crate::BytesEachWay;
use crate::arms::Side;
use crate::gate::AimReport;
use crate::statistics::Estimate;

/// The colours of the pages as the nearest of a terminal's 256: session is amber, token is teal, a failure is red.
const AMBER: &str = "\u{1b}[38;5;172m";
const TEAL: &str = "\u{1b}[38;5;37m";
const RED: &str = "\u{1b}[38;5;160m";
const RESET: &str = "\u{1b}[0m";

/// The whole report for people: how it was measured, a table for each scenario, what may be said, what to be careful about.
#[must_use]
pub fn to_text(report: &Report, colour: bool) -> String {
    let mut text = heading(report);
    for scenario in &report.scenarios {
        text.push_str(&table(scenario, colour));
        if !scenario.findings.is_empty() {
            text.push('\n');
        }
        for finding in &scenario.findings {
            line(&mut text, &finding.sentence);
        }
    }
    if !report.aims.is_empty() {
        text.push_str("\nAims:\n");
        for aim in &report.aims {
            line(&mut text, &aim_row(aim, colour));
        }
    }
    if !report.changes.is_empty() {
        text.push_str("\nSince the baseline:\n");
        for change in &report.changes {
            line(&mut text, &change.sentence);
        }
    }
    if !report.warnings.is_empty() {
        text.push_str("\nBefore you believe it:\n");
        for warning in &report.warnings {
            line(&mut text, &format!("- {warning}."));
        }
    }
    text
}

pub(super) fn heading(report: &Report) -> String {
    let machine = &report.machine;
    let processor = machine.processor.as_deref().unwrap_or("unknown processor");
    let pinned = match (machine.server_core, machine.client_core) {
        (Some(server), Some(client)) => {
            format!("servers on core {server}, client on core {client}")
        }
        _ => "nothing pinned".to_owned(),
    };
    let method = &report.method;
    let rate = method.rate.map_or_else(String::new, |rate| {
        format!(
            " Latencies at {rate} requests a second, from the time that each was meant to be sent."
        )
    });
    let mut text = String::new();
    line(
        &mut text,
        &format!(
            "svt {} on {} {} ({processor}, {} cores): {pinned}; {} rounds of {} ms, {} connections, {} logins.{rate}",
            report.version,
            machine.os,
            machine.architecture,
            machine.cores,
            method.rounds,
            method.window_ms,
            method.connections,
            method.credentials,
        ),
    );
    text
}

fn aim_row(aim: &AimReport, colour: bool) -> String {
    let measured = aim.measured.map_or_else(
        || "not measured".to_owned(),
        |measured| format!("{:.2} ({})", measured.median, range(&measured, 2)),
    );
    let (said, paint) = if aim.is_met {
        ("reached", "")
    } else {
        ("missed", RED)
    };
    let bound = if aim.is_at_least { "≥" } else { "≤" };
    let row = format!(
        "{said:8} {:58} {bound} {} {:7} {measured}",
        aim.what, aim.bound, aim.unit
    );
    if colour && !paint.is_empty() {
        format!("{paint}{row}{RESET}")
    } else {
        row
    }
}

fn table(scenario: &ScenarioReport, colour: bool) -> String {
    let mut text = String::new();
    line(&mut text, "");
    line(&mut text, &scenario.title);
    for sentence in about(scenario) {
        line(&mut text, &sentence);
    }
    let cost = cost_heading(scenario);
    line(
        &mut text,
        &format!(
            "{:22} {:>7} {:>11} {cost:>8} {:>13} {:>10} {:>6} {:>6} {:>9}{}",
            "arm",
            "× bare",
            "95 %",
            "95 %",
            "requests/s",
            "B out",
            "B in",
            "DB r/w",
            latency_heading(scenario),
        ),
    );
    for arm in &scenario.arms {
        let paint = match (arm.failure.is_some(), arm.side) {
            (true, _) => RED,
            (false, Side::Session) => AMBER,
            (false, Side::Token) => TEAL,
            (false, Side::Floor) => "",
        };
        let row = row(arm);
        if colour && !paint.is_empty() {
            line(&mut text, &format!("{paint}{row}{RESET}"));
        } else {
            line(&mut text, &row);
        }
    }
    text
}

/// What the machine and the tool do by themselves.
pub(super) fn about(scenario: &ScenarioReport) -> Vec<String> {
    let noise = scenario.noise.map(|noise| {
        format!(
            "The bare arm alone wanders by ±{:.1} % from round to round.",
            noise * 100.0
        )
    });
    let client = scenario.client_cost_us.filter(|cost| *cost > 0.0);
    let client = client.map(|cost| {
        let ceiling = 1e6 / cost;
        format!("The client needs {cost:.1} µs of its own core for a request, so its ceiling is {ceiling:.0} a second.")
    });
    noise.into_iter().chain(client).collect()
}

pub(super) fn cost_heading(scenario: &ScenarioReport) -> &'static str {
    match scenario.cost_is {
        CostIs::Cpu => "CPU µs",
        CostIs::Wall => "wall µs",
    }
}

fn row(arm: &ArmReport) -> String {
    if let Some(failure) = &arm.failure {
        return format!("{:22} failed: {failure}", arm.name);
    }
    let Some(figures) = &arm.figures else {
        return format!("{:22} not measured", arm.name);
    };
    let (ratio, interval) = figures.ratio.map_or_else(
        || ("–".to_owned(), String::new()),
        |ratio| (format!("{:.2}", ratio.median), range(&ratio, 2)),
    );
    let bytes = |way: fn(&BytesEachWay) -> f64| {
        let bytes = arm.bytes.as_ref().map(way);
        bytes.map_or_else(|| "–".to_owned(), |bytes| format!("{bytes:.0}"))
    };
    let latency = arm.latency.as_ref().map(|latency| {
        let micros = |share| {
            let micros = latency.at(share);
            micros.map_or_else(|| "–".to_owned(), |micros| micros.to_string())
        };
        format!(
            " {:>7} {:>7} {:>7}",
            micros(0.5),
            micros(0.99),
            micros(0.999)
        )
    });
    format!(
        "{:22} {ratio:>7} {interval:>11} {:>8.1} {:>13} {:>10.0} {:>6} {:>6} {:>9}{}",
        arm.name,
        figures.cost_us.median,
        range(&figures.cost_us, 1),
        figures.per_second.median,
        bytes(|bytes| bytes.request),
        bytes(|bytes| bytes.answer),
        arm.store.as_ref().map_or_else(
            || "–".to_owned(),
            |store| format!("{:.2}/{:.2}", store.reads, store.writes)
        ),
        latency.unwrap_or_default(),
    )
}

/// The latencies' columns, in microseconds; none where they were not measured.
fn latency_heading(scenario: &ScenarioReport) -> String {
    let mut arms = scenario.arms.iter();
    if arms.any(|arm| arm.latency.is_some()) {
        format!(" {:>7} {:>7} {:>7}", "p50 µs", "p99", "p99.9")
    } else {
        String::new()
    }
}

fn range(estimate: &Estimate, digits: usize) -> String {
    format!("{:.digits$}–{:.digits$}", estimate.low, estimate.high)
}

fn line(text: &mut String, content: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{content}");
}
