//! What more logins make of it: the cost of a request, and the memory and disk that each login takes.

use super::axis::{Axis, plain};
use super::bars::Bar;
use super::lines::{Line, lines_plot};
use super::{Plot, said};
use crate::report::{ArmReport, ScenarioReport};

/// Whether the arms occur with more than one number of logins.
pub(super) fn is_varied(scenario: &ScenarioReport) -> bool {
    counts(scenario).len() > 1
}

/// The cost by the number of logins, and what each login takes.
pub(super) fn plots(scenario: &ScenarioReport) -> Vec<Plot> {
    let memory = per_login(
        scenario,
        "memory-per-login",
        "Memory of a live login",
        "bytes of RAM for each login, between the fewest and the most",
        |arm| arm.memory_bytes,
    );
    let disk = per_login(
        scenario,
        "disk-per-login",
        "Disk of a live login",
        "bytes on disk for each login, between the fewest and the most",
        |arm| arm.disk_bytes,
    );
    [growth(scenario), memory, disk]
        .into_iter()
        .flatten()
        .collect()
}

/// The numbers of logins, each once, the smallest first.
fn counts(scenario: &ScenarioReport) -> Vec<u64> {
    let mut counts: Vec<u64> = scenario.arms.iter().filter_map(|arm| arm.live).collect();
    counts.sort_unstable();
    counts.dedup();
    counts
}

/// The arms of each name with what is known of them, by the number of logins.
fn by_name<T>(
    scenario: &ScenarioReport,
    known: impl Fn(&ArmReport) -> Option<T>,
) -> Vec<(&ArmReport, Vec<(u64, T)>)> {
    let mut all: Vec<(&ArmReport, Vec<(u64, T)>)> = Vec::new();
    for arm in &scenario.arms {
        let Some((live, value)) = arm.live.zip(known(arm)) else {
            continue;
        };
        match all.iter_mut().find(|(other, _)| other.name == arm.name) {
            Some((_, values)) => values.push((live, value)),
            None => all.push((arm, vec![(live, value)])),
        }
    }
    for (_, values) in &mut all {
        values.sort_by_key(|(live, _)| *live);
    }
    all
}

fn growth(scenario: &ScenarioReport) -> Option<Plot> {
    let arms = by_name(scenario, |arm| arm.figures.as_ref()?.ratio);
    let mut says = Vec::new();
    let mut lines = Vec::new();
    for (arm, ratios) in arms {
        let each = ratios.iter();
        let each: Vec<String> = each
            .map(|(live, ratio)| format!("{:.2} × at {}", ratio.median, plain(*live as f64)))
            .collect();
        says.push((arm.name.clone(), each.join(", ")));
        let last = ratios.last().map_or(0.0, |(_, ratio)| ratio.median);
        lines.push(Line {
            name: format!("{}  {last:.2} ×", arm.name),
            side: arm.side,
            points: ratios
                .iter()
                .map(|(live, ratio)| ((*live as f64).log10(), ratio.median))
                .collect(),
            intervals: ratios
                .iter()
                .map(|(_, ratio)| (ratio.low, ratio.high))
                .collect(),
            has_markers: true,
        });
    }
    let highs = lines.iter().flat_map(|line| &line.intervals);
    let most = highs.map(|(_, high)| *high).fold(0.0, f64::max);
    let counts = counts(scenario);
    let (fewest, most_logins) = (*counts.first()?, *counts.last()?);
    let across = Axis {
        marks: counts.iter().map(|live| (*live as f64).log10()).collect(),
        ..Axis::logarithmic(fewest as f64, most_logins as f64, "live logins, log scale")
    };
    let up = Axis::from_zero(
        most,
        0.04,
        "cost of a request × bare, with its 95 % interval",
    );
    let each = says
        .iter()
        .map(|(name, label)| (name.as_str(), label.as_str()));
    let says = said("cost of a request × bare, by live logins", each);
    let drawn = lines_plot(&lines, across, up);
    Plot::of("growth", "Cost of a request by live logins", says, drawn)
}

/// What each login takes, where it is known at the fewest and at the most.
fn per_login(
    scenario: &ScenarioReport,
    name: &str,
    title: &str,
    axis: &str,
    size: impl Fn(&ArmReport) -> Option<u64>,
) -> Option<Plot> {
    let bars = by_name(scenario, size)
        .into_iter()
        .filter_map(|(arm, sizes)| {
            let (fewest, least) = sizes.first()?;
            let (most, largest) = sizes.last()?;
            let more = most.checked_sub(*fewest).filter(|more| *more > 0)?;
            let bytes = (*largest as f64 - *least as f64) / more as f64;
            let label = format!("{bytes:.0} B");
            Some(Bar::plain(arm.name.clone(), label, bytes, arm.side))
        });
    let mut bars: Vec<Bar> = bars.collect();
    bars.sort_by(|one, other| one.length().total_cmp(&other.length()));
    Plot::of_bars(name, title, axis, &bars, &[])
}
