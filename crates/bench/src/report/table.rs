//! The table of the terminal.

use std::fmt::Write as _;

use super::columns::{self, Column, Row};
use super::{ArmReport, Report, ScenarioReport};
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
        if scenario.sentences().next().is_some() {
            text.push('\n');
        }
        for sentence in scenario.sentences() {
            line(&mut text, sentence);
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

pub(super) fn aim_row(aim: &AimReport, colour: bool) -> String {
    let measured = aim.measured.map_or_else(
        || "not measured".to_owned(),
        |measured| {
            let Estimate { median, low, high } = measured;
            format!("{median:.2} ({low:.2}–{high:.2})")
        },
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
    if !scenario.is_of_measures_alone() {
        text.push_str(&grid(scenario, &columns::of_figures(scenario), colour));
    }
    let measures = columns::of_measures(scenario);
    if !measures.is_empty() {
        text.push_str(&grid(scenario, &measures, colour));
    }
    text
}

/// A table of those columns that have a heading for the terminal, each as wide as the longest of its words.
fn grid(scenario: &ScenarioReport, columns: &[Column], colour: bool) -> String {
    let mut rows = String::new();
    let names = scenario.arms.iter().map(|arm| wide(&arm.name));
    let first = names.fold(wide("arm"), usize::max);
    let shown: Vec<(&Column, &str, usize)> = columns
        .iter()
        .filter_map(|column| {
            let heading = column.short.as_deref()?;
            let cells = (0..scenario.arms.len()).map(|index| wide(column.cell(index)));
            Some((column, heading, cells.fold(wide(heading), usize::max)))
        })
        .collect();
    for (index, arm) in scenario.arms.iter().enumerate() {
        let mut row = format!("{:first$}", arm.name);
        match columns::row(columns, arm, index) {
            Row::Cells => {
                for (column, _, width) in &shown {
                    row.push_str(&format!("  {:>width$}", column.cell(index)));
                }
            }
            Row::Words(what, why) => row.push_str(&format!("  {what}{why}")),
            Row::None => continue,
        }
        line(&mut rows, &painted(&row, arm, colour));
    }
    if rows.is_empty() {
        return rows;
    }
    let mut heading = format!("{:first$}", "arm");
    for (_, words, width) in &shown {
        heading.push_str(&format!("  {words:>width$}"));
    }
    format!("{heading}\n{rows}")
}

/// How many places it takes: `×`, `µ` and `–` take one each, whatever their bytes.
fn wide(words: &str) -> usize {
    words.chars().count()
}

fn painted(row: &str, arm: &ArmReport, colour: bool) -> String {
    let paint = match (arm.failure.is_some(), arm.side) {
        (true, _) => RED,
        (false, Side::Session) => AMBER,
        (false, Side::Token) => TEAL,
        (false, Side::Floor) => return row.to_owned(),
    };
    if colour {
        format!("{paint}{row}{RESET}")
    } else {
        row.to_owned()
    }
}

/// What the machine and the tool do by themselves.
pub(super) fn about(scenario: &ScenarioReport) -> Vec<String> {
    let noise = scenario.noise.map(|noise| {
        format!(
            "The rounds of the bare arm alone lie within ±{:.1} %.",
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

fn line(text: &mut String, content: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{content}");
}
