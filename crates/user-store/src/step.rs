//! The steps of a request, as `tracing` spans.
//!
//! A store does not know who watches: it opens a span of target `step` for each operation, and a subscriber may draw, count or
//! ignore them. Outside the lab they are disabled and cost a level check.

use tracing::Span;

/// Opens the span of one step: `step!(authentication, read, "SELECT session")`.
///
/// The first word says whose work it is (`authentication` or `application`), the second what it does to the
/// store (`read`, `write` or `compute`). The span is a child of the caller's current span; it has an empty field `result`, into which
/// the step records a short human result.
#[macro_export]
macro_rules! step {
    (authentication, $effect:ident, $name:literal) => {
        $crate::step!(@effect "authentication", $effect, $name)
    };
    (application, $effect:ident, $name:literal) => {
        $crate::step!(@effect "application", $effect, $name)
    };
    (@effect $phase:literal, read, $name:literal) => {
        $crate::step!(@open $phase, "read", $name)
    };
    (@effect $phase:literal, write, $name:literal) => {
        $crate::step!(@open $phase, "write", $name)
    };
    (@effect $phase:literal, compute, $name:literal) => {
        $crate::step!(@open $phase, "compute", $name)
    };
    (@open $phase:literal, $effect:literal, $name:literal) => {
        $crate::__tracing::debug_span!(
            target: "step",
            $name,
            phase = $phase,
            effect = $effect,
            result = $crate::__tracing::field::Empty
        )
    };
}

/// Records the result of a step as a string, which is built only when someone watches.
pub(crate) fn record(step: &Span, result: impl FnOnce() -> String) {
    if !step.is_disabled() {
        step.record("result", result().as_str());
    }
}

/// Records who was found, or that nobody was.
pub(crate) fn record_row<T>(step: &Span, row: Option<&T>, describe: impl FnOnce(&T) -> String) {
    record(step, || row.map_or_else(|| "no row".to_owned(), describe));
}

/// Records how many rows an operation touched.
pub(crate) fn record_count(step: &Span, count: u64) {
    record(step, || match count {
        1 => "1 row".to_owned(),
        n => format!("{n} rows"),
    });
}

/// Records whether an operation found what it was to change.
pub(crate) fn record_changed(step: &Span, changed: bool) {
    record(step, || if changed { "1 row" } else { "no row" }.to_owned());
}
