//! The read that everybody measures: who asks?

use super::{Logins, Scenario, Work, no_remark, no_settings};
use crate::visitor::{Visit, WHO_AM_I};

pub(super) const VISIT: Visit = Visit::Ask(&WHO_AM_I);

pub(super) const SCENARIO: Scenario = Scenario {
    name: "read",
    title: "an authenticated read, GET /whoami",
    unit: "request",
    work: Work::Window(VISIT, None),
    is_paced: true,
    logins: Logins::Few,
    suits: |_| true,
    usual: &[],
    settings: no_settings,
    remark: no_remark,
};
