//! What a scenario measures besides the cost of a request: a plot for each measure.

use super::Plot;
use super::bars::Bar;
use crate::report::columns::written;
use crate::report::html::capital;
use crate::report::measures::kinds;
use crate::report::{MeasureReport, ScenarioReport};

/// A plot for each measure, in the order in which the arms have them.
pub(super) fn plots(scenario: &ScenarioReport) -> Vec<Plot> {
    let kinds = kinds(scenario);
    let plots = kinds.iter().enumerate();
    plots
        .filter_map(|(index, kind)| plot(scenario, kind, index + 1))
        .collect()
}

fn plot(scenario: &ScenarioReport, kind: &MeasureReport, number: usize) -> Option<Plot> {
    let bars = scenario.arms.iter().flat_map(|arm| {
        let measures = arm.measures.iter().filter(|measure| kind.is_like(measure));
        measures.map(|measure| {
            let estimate = measure.estimate;
            let label = format!("{} {}", written(estimate.median), measure.unit);
            Bar {
                interval: Some((estimate.low, estimate.high)),
                ..Bar::plain(arm.shown_name(), label, estimate.median, arm.side)
            }
        })
    });
    let bars: Vec<Bar> = bars.collect();
    let axis = "median of the rounds, with its 95 % interval";
    let title = format!("{}, {}", capital(&kind.name), kind.unit);
    Plot::of_bars(&format!("measure-{number}"), &title, axis, &bars, &[])
}
