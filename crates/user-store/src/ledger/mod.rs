//! The accounts and the transfers between them, in integer minor units.

mod postgres;
mod sqlite;

pub use postgres::PostgresLedger;
pub use sqlite::SqliteLedger;

use async_trait::async_trait;
use token_core::clock::UnixSeconds;

use crate::{StoreError, UserId};

/// The currency of every account. One is enough to tell two servers apart by nothing but authentication.
pub const CURRENCY: &str = "EUR";

/// What a user has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose it is.
    pub user_id: UserId,
    /// Their name.
    pub username: String,
    /// The balance in minor units (cents); never negative.
    pub balance_minor: i64,
    /// The ISO 4217 code of the currency.
    pub currency: String,
}

/// A transfer to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTransfer {
    /// Who pays.
    pub from: UserId,
    /// The name of who is paid.
    pub to: String,
    /// How much, in minor units; positive.
    pub amount_minor: i64,
    /// What the payer calls this transfer. A second request under the same key is answered with the first transfer.
    pub idempotency_key: String,
    /// A few words to the payee.
    pub note: String,
}

impl NewTransfer {
    /// What comes of asking under a key that was used before: the receipt, if the same is asked for, from whichever backend.
    fn repeats(
        &self,
        payee: Option<i64>,
        earlier: Transfer,
        earlier_payee: i64,
    ) -> Result<Transfer, TransferError> {
        let is_same = payee == Some(earlier_payee)
            && earlier.amount_minor == self.amount_minor
            && earlier.note == self.note;
        if is_same {
            Ok(earlier)
        } else {
            Err(TransferError::KeyReusedForAnother)
        }
    }
}

/// A transfer that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The number of the transfer.
    pub id: i64,
    /// The name of who paid.
    pub from: String,
    /// The name of who was paid.
    pub to: String,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// The ISO 4217 code of the currency.
    pub currency: String,
    /// The words to the payee.
    pub note: String,
    /// When it was made.
    pub at: UnixSeconds,
    /// Whether this is the receipt of an earlier request under the same idempotency key: nothing moved this time.
    pub replayed: bool,
}

/// Why a transfer was not made. Nothing has moved.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransferError {
    /// The amount is zero or negative. A negative one would take instead of give.
    #[error("the amount is not positive")]
    AmountNotPositive,
    /// The payer has less than that.
    #[error("insufficient funds")]
    InsufficientFunds,
    /// Nobody has the payee's name.
    #[error("there is no such payee")]
    NoSuchPayee,
    /// Payer and payee are the same.
    #[error("payer and payee are the same")]
    SameAccount,
    /// The payer used this key before, for a transfer of other content.
    #[error("the idempotency key was used for another transfer")]
    KeyReusedForAnother,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The accounts of all users.
#[async_trait]
pub trait Ledger: std::fmt::Debug + Send + Sync {
    /// The account of a user.
    async fn account(&self, user: UserId) -> Result<Option<Account>, StoreError>;
    /// Moves money, once for each idempotency key of a payer, all of it or nothing.
    async fn transfer(&self, new: NewTransfer) -> Result<Transfer, TransferError>;
    /// The latest transfers a user paid or received, newest first.
    async fn transfers_of(&self, user: UserId, limit: u32) -> Result<Vec<Transfer>, StoreError>;
    /// The sum of all balances, which no transfer changes.
    async fn total_minor(&self) -> Result<i64, StoreError>;
}
