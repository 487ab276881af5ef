//! The table of the terminal.

use std::fmt::Write as _;

use super::{ArmReport, CostIs, Report, ScenarioReport};
use crate::arms::Side;
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
        text.push('\n');
        for finding in &scenario.findings {
            line(&mut text, &finding.sentence);
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

fn heading(report: &Report) -> String {
    let machine = &report.machine;
    let processor = machine.processor.as_deref().unwrap_or("unknown processor");
    let pinned = match (machine.server_core, machine.client_core) {
        (Some(server), Some(client)) => {
            format!("servers on core {server}, client on core {client}")
        }
        _ => "nothing pinned".to_owned(),
    };
    let method = &report.method;
    let mut text = String::new();
    line(
        &mut text,
        &format!(
            "svt {} on {} {} ({processor}, {} cores): {pinned}; {} rounds of {} ms, {} connections, {} logins.",
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

fn table(scenario: &ScenarioReport, colour: bool) -> String {
    let mut text = String::new();
    line(&mut text, "");
    let noise = scenario.noise.map_or_else(String::new, |noise| {
        format!("; the bare arm alone wanders by ±{:.1} %", noise * 100.0)
    });
    line(&mut text, &format!("{}{noise}", scenario.title));
    let cost = match scenario.cost_is {
        CostIs::Cpu => "CPU µs",
        CostIs::Wall => "wall µs",
    };
    line(
        &mut text,
        &format!(
            "{:22} {:>8} {:>13} {cost:>9} {:>13} {:>10}",
            "arm", "× bare", "95 %", "95 %", "requests/s"
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
    format!(
        "{:22} {ratio:>8} {interval:>13} {:>9.1} {:>13} {:>10.0}",
        arm.name,
        figures.cost_us.median,
        range(&figures.cost_us, 1),
        figures.per_second.median,
    )
}

fn range(estimate: &Estimate, digits: usize) -> String {
    format!("{:.digits$}–{:.digits$}", estimate.low, estimate.high)
}

fn line(text: &mut String, content: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{content}");
}
