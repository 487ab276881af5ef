//! A write, beside which authentication is small.

use super::{Logins, Scenario, Work, no_remark, no_settings};
use crate::arms::Arm;
use crate::visitor::{Visit, WRITE};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "write",
    title: "an authenticated write, POST /notes, durable before it is answered",
    unit: "request",
    work: Work::Window(Visit::Ask(&WRITE), None),
    is_paced: true,
    logins: Logins::Few,
    suits: Arm::has_bank,
    usual: &[],
    settings: no_settings,
    remark: no_remark,
};
