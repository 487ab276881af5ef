//! Who has guessed wrong, how often, and who may not guess on for now.

mod postgres;
mod sqlite;

pub use postgres::PostgresLoginFailures;
pub use sqlite::SqliteLoginFailures;

use std::time::Duration;

use async_trait::async_trait;
use token_core::secret::Sha256Digest;

use crate::StoreError;

/// How many rows that have ended an attempt removes at most: more than it adds, so that the tables do not grow for ever.
const SWEPT_BY_EACH: u32 = 8;

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

/// The key of a count: account and address, either of them empty for all.
type Bucket<'a> = (&'a [u8], &'a [u8]);

/// The two counts of an attempt, each with its limit.
fn buckets<'a>(
    attempt: &'a Attempt,
    known: bool,
    limits: &FailureLimits,
) -> [(Bucket<'a>, u32); 2] {
    let account = attempt.account.as_bytes().as_slice();
    let address = attempt.address.as_bytes().as_slice();
    let of_account = if known { address } else { &[] };
    [
        ((account, of_account), limits.account),
        ((&[], address), limits.address),
    ]
}

/// What a count admits that has so many failures and attempts under way, for so much longer.
fn admission_of(failures: u32, pending: u32, limit: u32, left: Duration) -> Admission<()> {
    if failures >= limit {
        Admission::Throttled { retry_after: left }
    } else if failures.saturating_add(pending) >= limit {
        Admission::Crowded
    } else {
        Admission::Admitted(())
    }
}

/// What two counts admit together: both have to have room; else the longest wait.
fn together(one: Admission<()>, other: Admission<()>) -> Admission<()> {
    match (one, other) {
        (
            Admission::Throttled { retry_after: one },
            Admission::Throttled { retry_after: other },
        ) => Admission::Throttled {
            retry_after: one.max(other),
        },
        (throttled @ Admission::Throttled { .. }, _)
        | (_, throttled @ Admission::Throttled { .. }) => throttled,
        (Admission::Crowded, _) | (_, Admission::Crowded) => Admission::Crowded,
        (Admission::Admitted(()), Admission::Admitted(())) => Admission::Admitted(()),
    }
}

/// What a look came to, for who watches.
fn describe<T>(admission: &Admission<T>) -> String {
    match admission {
        Admission::Admitted(_) => "may try".to_owned(),
        Admission::Throttled { retry_after } => {
            format!("throttled for {} s", retry_after.as_secs())
        }
        Admission::Crowded => "too many at once".to_owned(),
    }
}
