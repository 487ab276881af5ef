//! The read again, by one of more and more logins.

use super::{Logins, Scenario, Work, long_lived, no_remark, read};

/// How many logins are live, unless the run says otherwise.
pub(crate) const POPULATIONS: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// An RSA signature takes most of a millisecond, and a million of them a quarter of an hour.
const MOST_RSA: usize = 10_000;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "growth",
    title: "an authenticated read by one of many live logins, drawn at random; a stateless token grows in number alone",
    unit: "request",
    work: Work::Window(read::VISIT, None),
    is_paced: false,
    logins: Logins::Populations,
    suits: |arm| arm.has_bank(),
    usual: &[
        "session-memory",
        "session-sqlite",
        "session-sqlite-seen",
        "session-cookie",
        "opaque-bearer",
        "jwt-hs256",
        "jwt-hs256-denylist",
        "jwt-eddsa",
        "jwt-eddsa-seen",
        "jwt-rs256",
    ],
    settings: long_lived,
    remark: no_remark,
};

/// Those that this arm is measured with.
pub(crate) fn populations(arm: &crate::arms::Arm, planned: &[usize]) -> Vec<usize> {
    let most = if arm.name.starts_with("jwt-rs256") {
        MOST_RSA
    } else {
        usize::MAX
    };
    let within = planned.iter().copied().filter(|live| *live <= most);
    within.collect()
}
