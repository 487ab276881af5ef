//! Rotation: a refresh token is used once, and the next one is on disk before it is handed out.

use super::{Logins, Scenario, Work, no_remark, no_settings};
use crate::arms::Side;
use crate::closed_loop::Window;
use crate::report::Measure;
use crate::visitor::Visit;

/// Enough that the writer always finds several that wait, which is when it can commit them together.
const VISITORS: usize = 32;

const P99: Measure = Measure {
    name: "p99 of 32 at once",
    unit: "ms",
};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "refresh",
    title: "a refresh, POST /token, durable before it is answered; 32 at a time",
    unit: "request",
    work: Work::Window(Visit::Refresh, Some(VISITORS)),
    is_paced: true,
    // Twice as many, so that a token rests between two uses as it does in life.
    logins: Logins::Some(2 * VISITORS),
    suits: |arm| arm.side == Side::Token,
    usual: &[],
    settings: no_settings,
    remark: no_remark,
};

pub(super) fn measures(window: &Window) -> Vec<(Measure, f64)> {
    let p99 = window.p99.map(|p99| (P99, p99.as_secs_f64() * 1e3));
    p99.into_iter().collect()
}
