//! Latency by percentile: what a user in two, in ten, in a hundred, in a thousand exceeds.

use super::axis::Axis;
use super::lines::{Line, lines_plot};
use super::{Plot, said};
use crate::arms::QUICK;
use crate::report::{LatencyReport, ScenarioReport};

/// More curves than this cannot be told apart; then those of the quick run are drawn, and the table has the others.
const MOST_CURVES: usize = 8;

/// A curve for each arm that has latencies.
pub(super) fn latency(scenario: &ScenarioReport) -> Option<Plot> {
    let arms = scenario.arms.iter().filter_map(|arm| {
        let latency = arm.latency.as_ref()?;
        let line = Line {
            name: arm.name.clone(),
            side: arm.side,
            points: curve(latency),
            intervals: Vec::new(),
            has_markers: false,
        };
        (line.points.len() > 1).then_some((line, latency))
    });
    let mut arms: Vec<(Line, &LatencyReport)> = arms.collect();
    if arms.len() > MOST_CURVES {
        arms.retain(|(line, _)| QUICK.contains(&line.name.as_str()));
    }
    let said_of_each: Vec<(String, String)> = arms
        .iter()
        .map(|(line, latency)| (line.name.clone(), quantiles(latency)))
        .collect();
    let each = said_of_each
        .iter()
        .map(|(name, label)| (name.as_str(), label.as_str()));
    let says = said("latency by percentile", each);
    let lines: Vec<Line> = arms.into_iter().map(|(line, _)| line).collect();
    let points = || lines.iter().flat_map(|line| &line.points);
    let (least, most) = points().fold((f64::INFINITY, 0.0), |(least, most), point| {
        (point.1.min(least), point.1.max(most))
    });
    let widest = points().map(|point| point.0).fold(1.0, f64::max);
    let shares = [0.0, 0.5, 0.9, 0.99, 0.999, 0.9999].map(nines);
    let across = Axis {
        range: 0.0..widest,
        marks: shares.into_iter().filter(|mark| *mark <= widest).collect(),
        words: "this share of the requests was answered within".to_owned(),
        written: percent,
    };
    let up = Axis::logarithmic(10f64.powf(least), 10f64.powf(most), "µs, log scale");
    let drawn = lines_plot(&lines, across, up);
    Plot::of("latency", "Latency by percentile", says, drawn)
}

/// "p50 410 µs, p90 620 µs".
fn quantiles(latency: &LatencyReport) -> String {
    let each = latency.quantiles.iter();
    let each: Vec<String> = each
        .map(|quantile| {
            let percent = super::axis::plain(quantile.share * 100.0);
            format!("p{percent} {} µs", quantile.micros)
        })
        .collect();
    each.join(", ")
}

/// How many nines a share has: 1 is 90 %, 2 is 99 %.
fn nines(share: f64) -> f64 {
    -(1.0 - share).log10()
}

fn percent(nines: f64) -> String {
    format!(
        "{} %",
        super::axis::plain(100.0 * (1.0 - 10f64.powf(-nines)))
    )
}

/// The curve as far as enough answers lie beyond it: nines across, the logarithm of microseconds up.
fn curve(latency: &LatencyReport) -> Vec<(f64, f64)> {
    let end = latency.quantiles.last().map_or(0.0, |last| last.share);
    let mut before = 0;
    let mut points = Vec::new();
    for (micros, count) in &latency.buckets {
        let share = before as f64 / latency.count as f64;
        if share > end {
            break;
        }
        points.push((nines(share), (*micros as f64).log10()));
        before += count;
    }
    points
}
