//! How long refresh tokens live, and how forgiving rotation is.

use std::time::Duration;

/// The longest grace that may be configured.
const MAX_GRACE: Duration = Duration::from_secs(10);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The terms that every family of a server lives by.
///
/// *Security*: within `grace` the immediate predecessor of the live token gets the identical successor again, so that a lost answer or
/// a second tab does not log the user out. A thief who holds the predecessor gets it too, inside that window. Zero is strict: no
/// second chance, and a lost answer costs a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshPolicy {
    /// How long one token may lie unused.
    pub lifetime: Duration,
    /// How long a family may live in all, however often it is used.
    pub absolute_lifetime: Duration,
    /// How long after a rotation the predecessor is answered again; at most 10 s, 0 is strict.
    pub grace: Duration,
}

/// What is wrong with a policy; each variant names the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefreshPolicyError {
    /// A token would be dead on arrival.
    #[error("refresh lifetime must be at least 1 second")]
    NoLifetime,
    /// The limit on a family would end tokens before their own lifetime ever could.
    #[error("refresh absolute_lifetime must not be shorter than lifetime")]
    AbsoluteShorterThanLifetime,
    /// More than 10 seconds is a gift to thieves.
    #[error("refresh grace must be at most 10 seconds")]
    GraceTooLong,
}

impl Default for RefreshPolicy {
    fn default() -> Self {
        Self {
            lifetime: 30 * DAY,
            absolute_lifetime: 90 * DAY,
            grace: MAX_GRACE,
        }
    }
}

impl RefreshPolicy {
    /// Checks the terms against each other.
    ///
    /// # Errors
    ///
    /// Every mistake at once, so that a configuration is mended in one go.
    pub fn validate(&self) -> Result<(), Vec<RefreshPolicyError>> {
        let mut mistakes = Vec::new();
        if self.lifetime < Duration::from_secs(1) {
            mistakes.push(RefreshPolicyError::NoLifetime);
        }
        if self.absolute_lifetime < self.lifetime {
            mistakes.push(RefreshPolicyError::AbsoluteShorterThanLifetime);
        }
        if self.grace > MAX_GRACE {
            mistakes.push(RefreshPolicyError::GraceTooLong);
        }
        if mistakes.is_empty() {
            Ok(())
        } else {
            Err(mistakes)
        }
    }
}
