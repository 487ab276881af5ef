//! Where the time of a request goes: to the handler, to the house around it, to authentication.

use super::Plot;
use super::bars::{Bar, Fill, Part};
use crate::arms::{BARE, Side};
use crate::report::{ArmReport, CostIs, ScenarioReport};

/// The naked handler's row of the table.
const NAKED: &str = "naked";

/// A bar for each arm that authenticates, in its parts; none where the bare arm has no figures.
///
/// A part is the difference of two medians, each over all rounds of the same run: an estimate without an interval, that of the ratio
/// being in the table.
pub(super) fn split(scenario: &ScenarioReport) -> Option<Plot> {
    let bare = median(scenario, BARE)?;
    let naked = median(scenario, NAKED);
    let own = scenario.arms.iter().filter(|arm| !arm.is_foreign());
    let arms = own.filter(|arm| arm.side != Side::Floor);
    let bars: Vec<Bar> = arms
        .filter_map(|arm| Some(bar(arm, naked, bare, cost_us(arm)?)))
        .collect();
    let cost = match scenario.cost_is {
        CostIs::Cpu => "CPU µs",
        CostIs::Wall => "µs",
    };
    let axis = format!(
        "{cost} of a {} (medians); a part is the difference of two medians of this run",
        scenario.unit
    );
    let legend = legend(naked.is_some(), &bars);
    Plot::of_bars("split", "Where the time goes", &axis, &bars, &legend)
}

fn bar(arm: &ArmReport, naked: Option<f64>, bare: f64, whole: f64) -> Bar {
    let floor = |length, fill| Part {
        length,
        side: Side::Floor,
        fill,
    };
    let authentication = Part {
        length: whole - bare,
        side: arm.side,
        fill: Fill::Solid,
    };
    let mut parts = match naked {
        Some(naked) => vec![floor(naked, Fill::Faint), floor(bare - naked, Fill::Hollow)],
        None => vec![floor(bare, Fill::Faint)],
    };
    parts.push(authentication);
    let lengths: Vec<String> = parts
        .iter()
        .map(|part| format!("{:.1}", part.length))
        .collect();
    Bar {
        name: arm.name.clone(),
        label: format!("{} = {whole:.1} µs", lengths.join(" + ")),
        parts,
        interval: None,
    }
}

fn legend(has_naked: bool, bars: &[Bar]) -> Vec<(Side, Fill, &'static str)> {
    let mut legend = if has_naked {
        vec![
            (Side::Floor, Fill::Faint, "naked handler"),
            (Side::Floor, Fill::Hollow, "the house around it"),
        ]
    } else {
        vec![(Side::Floor, Fill::Faint, "without authentication")]
    };
    let sides = [(Side::Session, "session"), (Side::Token, "token")];
    for (side, name) in sides {
        let mut parts = bars.iter().flat_map(|bar| &bar.parts);
        if parts.any(|part| part.side == side) {
            legend.push((side, Fill::Solid, name));
        }
    }
    legend
}

fn median(scenario: &ScenarioReport, name: &str) -> Option<f64> {
    let mut arms = scenario.arms.iter();
    cost_us(arms.find(|arm| arm.name == name)?)
}

fn cost_us(arm: &ArmReport) -> Option<f64> {
    Some(arm.figures.as_ref()?.cost_us.median)
}
