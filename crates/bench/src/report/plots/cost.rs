//! What a request costs: time, bytes, accesses to the database.

use super::Plot;
use super::bars::Bar;
use crate::report::ScenarioReport;

/// Cost of a request over that of the bare arm: a bar each, the interval across its end.
pub(super) fn cost(scenario: &ScenarioReport) -> Option<Plot> {
    let bars = scenario.arms.iter().filter_map(|arm| {
        let ratio = arm.figures.as_ref()?.ratio?;
        let label = format!("{:.2} ×", ratio.median);
        Some(Bar {
            interval: Some((ratio.low, ratio.high)),
            ..Bar::plain(arm.name.clone(), label, ratio.median, arm.side)
        })
    });
    let bars: Vec<Bar> = bars.collect();
    let unit = &scenario.unit;
    let axis = format!("cost of a {unit} × bare, with its 95 % interval");
    Plot::of_bars("cost", &format!("Cost of a {unit}"), &axis, &bars, &[])
}

/// Bytes of a request and its answer together.
pub(super) fn bytes(scenario: &ScenarioReport) -> Option<Plot> {
    let bars = scenario.arms.iter().filter_map(|arm| {
        let bytes = arm.bytes?;
        let label = format!("{:.0} out, {:.0} in", bytes.request, bytes.answer);
        let whole = bytes.request + bytes.answer;
        Some(Bar::plain(arm.name.clone(), label, whole, arm.side))
    });
    let bars: Vec<Bar> = bars.collect();
    let axis = "bytes of HTTP on the wire, request and answer together";
    Plot::of_bars("bytes", "Bytes on the wire", axis, &bars, &[])
}

/// Accesses to the database, of an arm that has counted them.
pub(super) fn store(scenario: &ScenarioReport) -> Option<Plot> {
    let bars = scenario.arms.iter().filter_map(|arm| {
        let store = arm.store?;
        let label = format!("{:.2} reads, {:.2} writes", store.reads, store.writes);
        let whole = store.reads + store.writes;
        Some(Bar::plain(arm.name.clone(), label, whole, arm.side))
    });
    let bars: Vec<Bar> = bars.collect();
    let axis = "reads and writes of the database for a request";
    Plot::of_bars("store", "Database accesses for a request", axis, &bars, &[])
}
