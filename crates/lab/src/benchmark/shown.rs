//! What a page draws of a report.

use bench::report::{ClaimReport, Plot, Report, claims, plots_of};
use serde::Serialize;

/// What a page draws from a report, made once for each.
#[derive(Debug)]
pub(super) struct Shown {
    /// Another one for each report of this lab.
    version: u64,
    pub(super) report: Report,
    /// The name of the scenario, and its plots.
    pub(super) plots: Vec<(String, Vec<Plot>)>,
    claims: Vec<ClaimReport>,
}

impl Shown {
    pub(super) fn of(report: Report, version: u64) -> Self {
        let scenarios = report.scenarios.iter();
        Self {
            version,
            plots: scenarios
                .map(|scenario| (scenario.name.clone(), plots_of(scenario)))
                .collect(),
            claims: claims(&report),
            report,
        }
    }
}

/// The same, as a page is told: the report has an address of its own.
#[derive(Serialize)]
pub(super) struct ShownNow {
    version: u64,
    claims: Vec<ClaimReport>,
    plots: Vec<PlotNow>,
}

/// A plot without its picture, which has an address of its own.
#[derive(Serialize)]
struct PlotNow {
    scenario: String,
    name: String,
    title: String,
    says: String,
}

impl ShownNow {
    pub(super) fn of(shown: &Shown) -> Self {
        let plots = shown.plots.iter().flat_map(|(scenario, plots)| {
            plots.iter().map(|plot| PlotNow {
                scenario: scenario.clone(),
                name: plot.name.clone(),
                title: plot.title.clone(),
                says: plot.says.clone(),
            })
        });
        Self {
            version: shown.version,
            claims: shown.claims.clone(),
            plots: plots.collect(),
        }
    }
}
