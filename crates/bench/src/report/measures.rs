//! What is measured besides the cost of a request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ScenarioReport, Turned};
use crate::statistics::{self, Estimate};

/// Something that one turn measures: a delay, a rate, a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measure {
    /// The heading of its column.
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
}

/// Something that is measured in each round and is not the cost of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeasureReport {
    /// What it is, as the heading of a column.
    pub name: String,
    /// Its unit: `ms`, `µs`, `/s`, `MiB`, `×`.
    pub unit: String,
    /// The median of the rounds with its interval.
    pub estimate: Estimate,
}

impl MeasureReport {
    /// Whether both are of the same thing in the same unit.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.name == other.name && self.unit == other.unit
    }
}

impl ScenarioReport {
    /// Whether it measures something else than the cost of a request, and that not.
    pub(super) fn is_of_measures_alone(&self) -> bool {
        let mut arms = self.arms.iter();
        let has_measures = self.arms.iter().any(|arm| !arm.measures.is_empty());
        has_measures && arms.all(|arm| arm.figures.is_none())
    }
}

/// Every kind of measure that an arm has, each once, in the order in which the arms have them.
pub(super) fn kinds(scenario: &ScenarioReport) -> Vec<&MeasureReport> {
    let mut kinds: Vec<&MeasureReport> = Vec::new();
    for measure in scenario.arms.iter().flat_map(|arm| &arm.measures) {
        if !kinds.iter().any(|kind| kind.is_like(measure)) {
            kinds.push(measure);
        }
    }
    kinds
}

/// Each measure over all rounds.
pub(super) fn of(rounds: &[Turned]) -> Vec<MeasureReport> {
    let measures = rounds.first().map_or(&[][..], |first| &first.measures);
    let reports = measures
        .iter()
        .enumerate()
        .filter_map(|(index, (measure, _))| {
            let values: Vec<f64> = rounds
                .iter()
                .filter_map(|round| Some(round.measures.get(index)?.1))
                .collect();
            Some(MeasureReport {
                name: measure.name.to_owned(),
                unit: measure.unit.to_owned(),
                estimate: statistics::estimate(&values)?,
            })
        });
    reports.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_is_the_median_of_its_rounds() {
        let lag = Measure {
            name: "accepted for",
            unit: "ms",
        };
        let rounds = [3.0, 1.0, 2.0].map(|value| Turned {
            window: None,
            measures: vec![(lag, value)],
        });
        let reports = of(&rounds);
        assert_eq!((reports.len(), reports[0].estimate.median), (1, 2.0));
        assert_eq!(of(&[]), []);
    }
}
