//! Who has guessed wrong, how often, and who may not guess on for now.

mod sqlite;

pub use sqlite::SqliteLoginFailures;

use std::time::Duration;

use async_trait::async_trait;
use token_core::secret::Sha256Digest;

use crate::StoreError;

/// Whose password is tried, and from where: keyed hashes of the account's name and of the address.
///
/// *Security*: a name that was typed may be a password in the wrong field, so nothing here can be read back without the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// The account, whether it exists or not.
    pub account: Sha256Digest,
    /// The address, or the network, that counts as one.
    pub address: Sha256Digest,
}

/// How much may go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureLimits {
    /// Failures against one account: from each address that it knows, and from all others together.
    pub account: u32,
    /// Failures from one address, whatever the accounts.
    pub address: u32,
    /// How long failures count, from the first of them on.
    pub window: Duration,
    /// How long after a success an account knows the address.
    pub known_for: Duration,
}

/// An attempt that may go on to have its password checked. It counts as one that fails until it is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reservation {
    pub(crate) attempt: Attempt,
    /// Whether the account knew the address when the attempt began: by that it is counted.
    pub(crate) known: bool,
}

/// Whether an attempt may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission<T> {
    /// It may.
    Admitted(T),
    /// Too many have failed.
    Throttled {
        /// For how long the failures count.
        retry_after: Duration,
    },
    /// Too many are being checked at this moment, and all of them may be right: soon there is room, or there are failures.
    Crowded,
}

impl<T> Admission<T> {
    /// The same, with something else for who is admitted.
    pub(crate) fn map<U>(self, admitted: impl FnOnce(T) -> U) -> Admission<U> {
        match self {
            Self::Admitted(value) => Admission::Admitted(admitted(value)),
            Self::Throttled { retry_after } => Admission::Throttled { retry_after },
            Self::Crowded => Admission::Crowded,
        }
    }
}

/// What came of an attempt that was admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The password was wrong, or nobody has that name.
    Failed,
    /// The password was right: the account forgets the failures from this address, and knows it from now on.
    Succeeded,
    /// The password was not looked at.
    Withdrawn,
}

/// The failed logins of all accounts and addresses.
///
/// There are three counts, and an attempt is in two of them: all failures from an address; those of an account from one address
/// that it knows; those of an account from all other addresses together. So whoever fails on purpose closes an account to
/// strangers and not to its owner. A success empties the second count alone, never that of the address, which an attacker
/// could empty with an account of their own, and never that of the strangers, which the owner's logins would refill with guesses.
///
/// An attempt is counted before its password is looked at, in one transaction with the check: of any number at once, no more
/// than the limit are admitted.
///
/// *Security*: not against guesses from many addresses at many accounts, a few at each. Whoever shares an address with the
/// attacker shares its limit.
///
/// *Spec*: NIST SP 800-63B §5.2.2, OWASP ASVS 5.0 V6.3.1.
#[async_trait]
pub trait LoginFailures: std::fmt::Debug + Send + Sync {
    /// Whether the attempt would be admitted now. A read, so that turning a flood away costs little; only [`Self::begin`] admits.
    async fn look(
        &self,
        attempt: &Attempt,
        limits: &FailureLimits,
    ) -> Result<Admission<()>, StoreError>;
    /// Counts the attempt as pending, unless one of its counts is full: then nothing is changed.
    async fn begin(
        &self,
        attempt: &Attempt,
        limits: &FailureLimits,
    ) -> Result<Admission<Reservation>, StoreError>;
    /// Says what came of an attempt. One that is never settled, since its process died, counts as failed until its window ends.
    async fn settle(
        &self,
        reservation: &Reservation,
        outcome: Settled,
        limits: &FailureLimits,
    ) -> Result<(), StoreError>;
    /// Makes an account forget the addresses that it knows but one: whoever knew its old password may have logged in from them.
    async fn forget_addresses(
        &self,
        account: &Sha256Digest,
        except: &Sha256Digest,
    ) -> Result<u64, StoreError>;
    /// Removes everything.
    async fn clear(&self) -> Result<(), StoreError>;
    /// Removes what has ended by the wall clock, never by a shifted one; says how many rows.
    async fn sweep(&self) -> Result<u64, StoreError>;
}
