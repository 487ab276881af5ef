//! The ledger in PostgreSQL.

use std::sync::Arc;

use async_trait::async_trait;
use deadpool_postgres::Transaction;
use token_core::clock::{Clock, UnixSeconds};
use tokio_postgres::Row;

use super::{Account, Ledger, NewTransfer, Transfer, TransferError};
use crate::postgres::{Postgres, StatementError, Work};
use crate::step::{record, record_count, record_row};
use crate::{StoreError, UserId, step};

/// The ledger in a PostgreSQL database.
#[derive(Debug, Clone)]
pub struct PostgresLedger {
    database: Postgres,
    clock: Arc<dyn Clock>,
}

impl PostgresLedger {
    /// The ledger in this database, dated by this clock.
    pub fn new(database: Postgres, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }
}

const TRANSFERS: &str = "SELECT t.id, payer.username, payee.username, t.amount_minor, t.currency, t.note, t.at, t.to_user
     FROM transfers t JOIN users payer ON payer.id = t.from_user JOIN users payee ON payee.id = t.to_user";

fn transfer_in(row: &Row, replayed: bool) -> Result<Transfer, StatementError> {
    Ok(Transfer {
        id: row.try_get(0)?,
        from: row.try_get(1)?,
        to: row.try_get(2)?,
        amount_minor: row.try_get(3)?,
        currency: row.try_get(4)?,
        note: row.try_get(5)?,
        at: UnixSeconds(row.try_get(6)?),
        replayed,
    })
}

/// A transfer to be made at a time.
struct Making<'a> {
    new: &'a NewTransfer,
    now: UnixSeconds,
}

#[async_trait]
impl Work for Making<'_> {
    type Outcome = Result<Transfer, TransferError>;

    /// The order matters: a key that was used is answered first, since the retry of a transfer must succeed also when the money is gone.
    async fn run(&self, transaction: &Transaction<'_>) -> Result<Self::Outcome, StatementError> {
        let new = self.new;
        let statement = transaction
            .prepare_cached(
                "SELECT id FROM users WHERE lower(username COLLATE \"C\") = lower($1 COLLATE \"C\")",
            )
            .await?;
        // No name holds a NUL: PostgreSQL keeps no such text, and refuses to compare with one.
        let to = if new.to.contains('\0') {
            ""
        } else {
            new.to.as_str()
        };
        let payee = transaction.query_opt(&statement, &[&to]).await?;
        let payee: Option<i64> = payee.map(|row| row.try_get(0)).transpose()?;
        // Both accounts, always in the same order: two transfers in opposite directions wait for each other once and never twice.
        let statement = transaction
            .prepare_cached(
                "SELECT user_id FROM accounts WHERE user_id = $1 OR user_id = $2 ORDER BY user_id FOR NO KEY UPDATE",
            )
            .await?;
        transaction
            .query(&statement, &[&new.from.0, &payee])
            .await?;
        if let Some((earlier, earlier_payee)) = self.earlier(transaction).await? {
            return Ok(new.repeats(payee, earlier, earlier_payee));
        }
        let Some(payee) = payee else {
            return Ok(Err(TransferError::NoSuchPayee));
        };
        if payee == new.from.0 {
            return Ok(Err(TransferError::SameAccount));
        }
        // An account that does not exist has nothing to pay with.
        let statement = transaction
            .prepare_cached(
                "UPDATE accounts SET balance_minor = balance_minor - $2 WHERE user_id = $1 AND balance_minor >= $2",
            )
            .await?;
        let paid = transaction
            .execute(&statement, &[&new.from.0, &new.amount_minor])
            .await?;
        if paid == 0 {
            return Ok(Err(TransferError::InsufficientFunds));
        }
        self.credit(transaction, payee).await?;
        self.receipt(transaction, payee).await.map(Ok)
    }
}

impl Making<'_> {
    /// The transfer that the payer made under this key, with the number of its payee.
    async fn earlier(
        &self,
        transaction: &Transaction<'_>,
    ) -> Result<Option<(Transfer, i64)>, StatementError> {
        let statement = transaction
            .prepare_cached(&format!(
                "{TRANSFERS} WHERE t.from_user = $1 AND t.idempotency_key = $2"
            ))
            .await?;
        let row = transaction
            .query_opt(&statement, &[&self.new.from.0, &self.new.idempotency_key])
            .await?;
        row.map(|row| Ok((transfer_in(&row, true)?, row.try_get(7)?)))
            .transpose()
    }

    async fn credit(
        &self,
        transaction: &Transaction<'_>,
        payee: i64,
    ) -> Result<(), StatementError> {
        let statement = transaction
            .prepare_cached(
                "UPDATE accounts SET balance_minor = balance_minor + $2 WHERE user_id = $1",
            )
            .await?;
        transaction
            .execute(&statement, &[&payee, &self.new.amount_minor])
            .await?;
        Ok(())
    }

    /// Writes the transfer down and reads it back as whoever lists it will see it.
    async fn receipt(
        &self,
        transaction: &Transaction<'_>,
        payee: i64,
    ) -> Result<Transfer, StatementError> {
        let new = self.new;
        let statement = transaction
            .prepare_cached(
                "INSERT INTO transfers (from_user, to_user, amount_minor, currency, idempotency_key, note, at)
                 SELECT $1, $2, $3, currency, $4, $5, $6 FROM accounts WHERE user_id = $1 RETURNING id",
            )
            .await?;
        let id: i64 = transaction
            .query_one(
                &statement,
                &[
                    &new.from.0,
                    &payee,
                    &new.amount_minor,
                    &new.idempotency_key,
                    &new.note,
                    &self.now.0,
                ],
            )
            .await?
            .try_get(0)?;
        let statement = transaction
            .prepare_cached(&format!("{TRANSFERS} WHERE t.id = $1"))
            .await?;
        let row = transaction.query_one(&statement, &[&id]).await?;
        transfer_in(&row, false)
    }
}

#[async_trait]
impl Ledger for PostgresLedger {
    async fn account(&self, user: UserId) -> Result<Option<Account>, StoreError> {
        let step = step!(application, read, "SELECT account");
        let row = self
            .database
            .read_one(
                "SELECT a.user_id, u.username, a.balance_minor, a.currency
                 FROM accounts a JOIN users u ON u.id = a.user_id WHERE a.user_id = $1",
                &[&user.0],
            )
            .await?;
        let account = row
            .map(|row| {
                Ok::<_, StoreError>(Account {
                    user_id: UserId(row.try_get(0)?),
                    username: row.try_get(1)?,
                    balance_minor: row.try_get(2)?,
                    currency: row.try_get(3)?,
                })
            })
            .transpose()?;
        record_row(&step, account.as_ref(), |account| account.username.clone());
        Ok(account)
    }

    async fn transfer(&self, new: NewTransfer) -> Result<Transfer, TransferError> {
        if new.amount_minor <= 0 {
            return Err(TransferError::AmountNotPositive);
        }
        let step = step!(application, write, "INSERT transfer");
        let now = self.clock.now();
        let decision = self.database.transact(&Making { new: &new, now }).await?;
        record(&step, || match &decision {
            Ok(transfer) if transfer.replayed => format!("{}, made before", transfer.to),
            Ok(transfer) => format!("{} → {}", transfer.from, transfer.to),
            Err(refusal) => refusal.to_string(),
        });
        decision
    }

    async fn transfers_of(&self, user: UserId, limit: u32) -> Result<Vec<Transfer>, StoreError> {
        let step = step!(application, read, "SELECT transfers");
        // Two searches of an index each, and not an OR over both, so that a long history is never scanned.
        let rows = self
            .database
            .read_all(
                &format!(
                    "SELECT * FROM (({TRANSFERS} WHERE t.from_user = $1 ORDER BY t.id DESC LIMIT $2)
                     UNION ALL ({TRANSFERS} WHERE t.to_user = $1 ORDER BY t.id DESC LIMIT $2)) AS both_ways
                     ORDER BY 1 DESC LIMIT $2"
                ),
                &[&user.0, &i64::from(limit)],
            )
            .await?;
        let transfers = rows.iter().map(|row| transfer_in(row, false));
        let transfers = transfers.collect::<Result<Vec<_>, _>>()?;
        record_count(&step, transfers.len() as u64);
        Ok(transfers)
    }

    async fn total_minor(&self) -> Result<i64, StoreError> {
        let step = step!(application, read, "SELECT total");
        let row = self
            .database
            .read_one(
                "SELECT coalesce(sum(balance_minor), 0)::bigint FROM accounts",
                &[],
            )
            .await?;
        let total = row.map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
        record(&step, || i64::to_string(&total));
        Ok(total)
    }
}
