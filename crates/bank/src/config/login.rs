//! How much may go wrong at a login.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use user_store::FailureLimits;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The limits of guessing, the same at `/login` and at the current password of `/password`.
///
/// *Spec*: NIST SP 800-63B §5.2.2 allows an account 100 failures in a row and suggests waiting times before that; OWASP ASVS
/// 4.0 V2.2.1 allows 100 in an hour; OWASP ASVS 5.0 V6.1.1 and V6.3.1 demand a documented limit that nobody can abuse to shut
/// others out. The defaults allow 40 an hour. An account is never closed for good, as NIST's 100 would have it: that would let
/// anybody close anyone's.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LoginConfig {
    /// Failures against one account within `window`: from each address that it was logged in to from before, and from all
    /// others together. At most 100.
    pub account_failures: u32,
    /// Failures from one address within `window`, whatever the accounts. An IPv6 address is its /64. Behind a proxy that is not
    /// in `http.trusted_proxies` all callers are one address.
    pub address_failures: u32,
    /// How long failures count, from the first of them on.
    #[serde(with = "humantime_serde")]
    #[schema(value_type = String, format = "duration")]
    pub window: Duration,
    /// How long after a login the account knows the address, so that strangers who fail do not shut out the owner there.
    #[serde(with = "humantime_serde")]
    #[schema(value_type = String, format = "duration")]
    pub known_address_for: Duration,
    /// Counts nothing and refuses nobody: passwords can be guessed as fast as they can be hashed.
    pub dangerously_unthrottled: bool,
    /// Answers at once where nobody has the name, and hashes only where somebody has: the time tells which names exist.
    pub dangerously_skip_dummy_hash: bool,
}

impl Default for LoginConfig {
    fn default() -> Self {
        Self {
            account_failures: 10,
            address_failures: 100,
            window: Duration::from_secs(15 * 60),
            known_address_for: 30 * DAY,
            dangerously_unthrottled: false,
            dangerously_skip_dummy_hash: false,
        }
    }
}

impl LoginConfig {
    /// The limits, for the store.
    #[must_use]
    pub fn limits(&self) -> FailureLimits {
        FailureLimits {
            account: self.account_failures,
            address: self.address_failures,
            window: self.window,
            known_for: self.known_address_for,
        }
    }

    /// What is wrong with it, one sentence each; empty when nothing is.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(1..=100).contains(&self.account_failures) {
            problems.push(
                "login.account_failures: 1 to 100, which is what NIST SP 800-63B allows; to allow more, turn it off with login.dangerously_unthrottled"
                    .to_owned(),
            );
        }
        if self.address_failures < self.account_failures {
            problems.push(
                "login.address_failures: cannot be less than login.account_failures".to_owned(),
            );
        }
        if !(Duration::from_secs(60)..=DAY).contains(&self.window) {
            problems.push("login.window: 1m to 1d".to_owned());
        }
        if self.known_address_for > 365 * DAY {
            problems.push("login.known_address_for: at most 365d".to_owned());
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_limit_nothing_are_refused_all_at_once() {
        assert!(LoginConfig::default().problems().is_empty());
        let wrong = LoginConfig {
            account_failures: 1000,
            address_failures: 10,
            window: Duration::ZERO,
            known_address_for: 366 * DAY,
            ..LoginConfig::default()
        };
        assert_eq!(wrong.problems().len(), 4, "{:?}", wrong.problems());
        let nobody = LoginConfig {
            account_failures: 0,
            ..LoginConfig::default()
        };
        assert_eq!(nobody.problems().len(), 1);
    }
}
