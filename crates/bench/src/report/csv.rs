//! `results.csv`: a line for each turn of each arm.

use std::fmt::Write as _;

use super::{ArmReport, Report, RoundReport};

/// Every round of every arm that has figures, for a spreadsheet. Names have neither commas nor quotes in them.
#[must_use]
pub fn to_csv(report: &Report) -> String {
    let mut text = String::from(
        "scenario,arm,side,round,requests,seconds,server_cpu_seconds,client_cpu_seconds,cost_us,requests_per_second,live,measures\n",
    );
    for scenario in &report.scenarios {
        for arm in &scenario.arms {
            let side = format!("{:?}", arm.side).to_lowercase();
            for (index, round) in arm.rounds.iter().enumerate() {
                // Writing to a string does not fail.
                let _ = writeln!(
                    text,
                    "{},{},{side},{},{},{},{},{},{},{},{},{}",
                    scenario.name,
                    arm.name,
                    index + 1,
                    round.requests,
                    round.seconds,
                    or_empty(round.server_cpu_seconds),
                    or_empty(round.client_cpu_seconds),
                    or_empty(round.cost_us(scenario.cost_is)),
                    or_empty(round.per_second()),
                    or_empty(arm.live),
                    measures(arm, round),
                );
            }
        }
    }
    text
}

/// What else was measured, in one cell: `name=value;name=value`.
fn measures(arm: &ArmReport, round: &RoundReport) -> String {
    let named = arm.measures.iter().zip(&round.measures);
    let cells: Vec<String> = named
        .map(|(measure, value)| format!("{}={value}", measure.name))
        .collect();
    cells.join(";")
}

fn or_empty(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}
