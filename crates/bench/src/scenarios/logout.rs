//! The end of a login; of another one each time.

use super::{Logins, Scenario, Work, long_lived, no_remark};
use crate::arms::Side;
use crate::visitor::Visit;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "logout",
    title: "a logout, POST /logout, of another login each time",
    unit: "request",
    work: Work::Each(Visit::LogOut, 250),
    is_paced: false,
    logins: Logins::UsedUp,
    suits: |arm| arm.side != Side::Floor,
    usual: &[],
    settings: long_lived,
    remark: no_remark,
};
