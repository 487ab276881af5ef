//! A login, which is a password hash and then something small.

use super::{Logins, Scenario, Work, no_remark, no_settings};
use crate::arms::Arm;
use crate::visitor::{LOG_IN, Visit};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "login",
    title: "a login, POST /login, which is Argon2id before anything else",
    unit: "request",
    work: Work::Window(Visit::Ask(&LOG_IN), None),
    is_paced: false,
    logins: Logins::Few,
    suits: Arm::has_bank,
    usual: &[],
    settings: no_settings,
    remark: no_remark,
};
