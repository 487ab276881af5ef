//! The ledger in SQLite.

use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};
use token_core::clock::{Clock, UnixSeconds};

use super::{Account, Ledger, NewTransfer, Transfer, TransferError};
use crate::sqlite::Database;
use crate::step::{record, record_count, record_row};
use crate::{StoreError, UserId, step};

/// The ledger in a SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteLedger {
    database: Database,
    clock: Arc<dyn Clock>,
}

impl SqliteLedger {
    /// The ledger in this database, dated by this clock.
    pub fn new(database: Database, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }
}

/// A transfer made, or why not: refusals by the rules are values, so that only real failures undo the savepoint.
type Decision = Result<Transfer, TransferError>;

const TRANSFERS: &str = "SELECT t.id, payer.username, payee.username, t.amount_minor, t.currency, t.note, t.at, t.to_user
     FROM transfers t JOIN users payer ON payer.id = t.from_user JOIN users payee ON payee.id = t.to_user";

fn transfer_of(row: &Row<'_>, replayed: bool) -> rusqlite::Result<Transfer> {
    Ok(Transfer {
        id: row.get(0)?,
        from: row.get(1)?,
        to: row.get(2)?,
        amount_minor: row.get(3)?,
        currency: row.get(4)?,
        note: row.get(5)?,
        at: UnixSeconds(row.get(6)?),
        replayed,
    })
}

/// The order matters: a key that was used is answered first, since the retry of a transfer must succeed also when the money is gone.
fn transfer(
    connection: &Connection,
    new: &NewTransfer,
    now: UnixSeconds,
) -> rusqlite::Result<Decision> {
    let payee: Option<i64> = connection
        .prepare_cached("SELECT id FROM users WHERE username = ?1")?
        .query_row([&new.to], |row| row.get(0))
        .optional()?;
    if let Some((earlier, earlier_payee)) = earlier(connection, new)? {
        return Ok(new.repeats(payee, earlier, earlier_payee));
    }
    let Some(payee) = payee else {
        return Ok(Err(TransferError::NoSuchPayee));
    };
    if payee == new.from.0 {
        return Ok(Err(TransferError::SameAccount));
    }
    // An account that does not exist has nothing to pay with.
    let paid = connection
        .prepare_cached(
            "UPDATE accounts SET balance_minor = balance_minor - ?2 WHERE user_id = ?1 AND balance_minor >= ?2",
        )?
        .execute(params![new.from.0, new.amount_minor])?;
    if paid == 0 {
        return Ok(Err(TransferError::InsufficientFunds));
    }
    connection
        .prepare_cached(
            "UPDATE accounts SET balance_minor = balance_minor + ?2 WHERE user_id = ?1",
        )?
        .execute(params![payee, new.amount_minor])?;
    receipt(connection, new, payee, now).map(Ok)
}

/// The transfer that the payer made under this key, with the number of its payee.
fn earlier(
    connection: &Connection,
    new: &NewTransfer,
) -> rusqlite::Result<Option<(Transfer, i64)>> {
    connection
        .prepare_cached(&format!(
            "{TRANSFERS} WHERE t.from_user = ?1 AND t.idempotency_key = ?2"
        ))?
        .query_row(params![new.from.0, new.idempotency_key], |row| {
            Ok((transfer_of(row, true)?, row.get(7)?))
        })
        .optional()
}

/// Writes the transfer down and reads it back as whoever lists it will see it.
fn receipt(
    connection: &Connection,
    new: &NewTransfer,
    payee: i64,
    now: UnixSeconds,
) -> rusqlite::Result<Transfer> {
    connection
        .prepare_cached(
            "INSERT INTO transfers (from_user, to_user, amount_minor, currency, idempotency_key, note, at)
             SELECT ?1, ?2, ?3, currency, ?4, ?5, ?6 FROM accounts WHERE user_id = ?1",
        )?
        .execute(params![
            new.from.0,
            payee,
            new.amount_minor,
            new.idempotency_key,
            new.note,
            now.0
        ])?;
    connection
        .prepare_cached(&format!("{TRANSFERS} WHERE t.id = ?1"))?
        .query_row([connection.last_insert_rowid()], |row| {
            transfer_of(row, false)
        })
}

#[async_trait]
impl Ledger for SqliteLedger {
    async fn account(&self, user: UserId) -> Result<Option<Account>, StoreError> {
        let step = step!(application, read, "SELECT account");
        let account = self.database.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT a.user_id, u.username, a.balance_minor, a.currency
                     FROM accounts a JOIN users u ON u.id = a.user_id WHERE a.user_id = ?1",
                )?
                .query_row([user.0], |row| {
                    Ok(Account {
                        user_id: UserId(row.get(0)?),
                        username: row.get(1)?,
                        balance_minor: row.get(2)?,
                        currency: row.get(3)?,
                    })
                })
                .optional()
        })?;
        record_row(&step, account.as_ref(), |account| account.username.clone());
        Ok(account)
    }

    async fn transfer(&self, new: NewTransfer) -> Result<Transfer, TransferError> {
        if new.amount_minor <= 0 {
            return Err(TransferError::AmountNotPositive);
        }
        let step = step!(application, write, "INSERT transfer");
        let now = self.clock.now();
        let decision = self
            .database
            .write(&step, move |connection| transfer(connection, &new, now))
            .await?;
        record(&step, || match &decision {
            Ok(transfer) if transfer.replayed => format!("{}, made before", transfer.to),
            Ok(transfer) => format!("{} → {}", transfer.from, transfer.to),
            Err(refusal) => refusal.to_string(),
        });
        decision
    }

    async fn transfers_of(&self, user: UserId, limit: u32) -> Result<Vec<Transfer>, StoreError> {
        let step = step!(application, read, "SELECT transfers");
        let transfers = self.database.read(|connection| {
            // Two searches of an index each, and not an OR over both, so that a long history is never scanned.
            connection
                .prepare_cached(&format!(
                    "SELECT * FROM (SELECT * FROM ({TRANSFERS} WHERE t.from_user = ?1 ORDER BY t.id DESC LIMIT ?2)
                     UNION ALL SELECT * FROM ({TRANSFERS} WHERE t.to_user = ?1 ORDER BY t.id DESC LIMIT ?2))
                     ORDER BY 1 DESC LIMIT ?2"
                ))?
                .query_map(params![user.0, limit], |row| transfer_of(row, false))?
                .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        record_count(&step, transfers.len() as u64);
        Ok(transfers)
    }

    async fn total_minor(&self) -> Result<i64, StoreError> {
        let step = step!(application, read, "SELECT total");
        let total = self.database.read(|connection| {
            connection
                .prepare_cached("SELECT coalesce(sum(balance_minor), 0) FROM accounts")?
                .query_row([], |row| row.get(0))
        })?;
        record(&step, || i64::to_string(&total));
        Ok(total)
    }
}
