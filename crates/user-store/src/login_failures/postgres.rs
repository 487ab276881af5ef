//! Failed logins in PostgreSQL.

use std::sync::Arc;

use async_trait::async_trait;
use deadpool_postgres::Transaction;
use token_core::clock::{Clock, UnixSeconds};
use token_core::secret::Sha256Digest;
use tokio_postgres::Row;

use super::{
    Admission, Attempt, FailureLimits, LoginFailures, Reservation, SWEPT_BY_EACH, Settled,
    admission_of, buckets, describe, together,
};
use crate::postgres::{Postgres, SWEEP_CHUNK, StatementError, Work};
use crate::step::{record, record_changed, record_count};
use crate::{StoreError, step};

/// Failed logins in a PostgreSQL database, shared by all replicas: an attacker has as many guesses as at one server, and not as many at
/// each.
#[derive(Debug, Clone)]
pub struct PostgresLoginFailures {
    database: Postgres,
    clock: Arc<dyn Clock>,
}

impl PostgresLoginFailures {
    /// Failures in this database, whose windows live by this clock.
    pub fn new(database: Postgres, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }
}

// In both tables a row lives from now to a known length later. One that ends farther ahead was written by a clock that has been
// put back since, and counts no more: nobody is to be shut out until next month.

const KNOWN: &str = "SELECT 1 FROM known_addresses WHERE account = $1 AND address = $2 AND ends_at > $3 AND ends_at <= $4";

const COUNT: &str = "SELECT failures, pending, ends_at FROM login_failures
     WHERE account = $1 AND address = $2 AND ends_at > $3 AND ends_at <= $4";

/// Begins a count, or one anew whose window is over, and holds its row until the transaction ends. An attempt holds two, that of the
/// account before that of the address, so that no two wait for each other.
const HOLD: &str = "INSERT INTO login_failures AS held (account, address, failures, pending, ends_at) VALUES ($1, $2, 0, 0, $4)
     ON CONFLICT (account, address) DO UPDATE SET
         failures = CASE WHEN held.ends_at > $3 AND held.ends_at <= $4 THEN held.failures ELSE 0 END,
         pending = CASE WHEN held.ends_at > $3 AND held.ends_at <= $4 THEN held.pending ELSE 0 END,
         ends_at = CASE WHEN held.ends_at > $3 AND held.ends_at <= $4 THEN held.ends_at ELSE $4 END
     RETURNING failures, pending, ends_at";

fn room_in(
    row: Option<&Row>,
    limit: u32,
    now: UnixSeconds,
) -> Result<Admission<()>, StatementError> {
    let Some(row) = row else {
        return Ok(Admission::Admitted(()));
    };
    let count = |column| {
        row.try_get::<_, i64>(column)
            .map(|count| u32::try_from(count).unwrap_or(u32::MAX))
    };
    let ends_at = UnixSeconds(row.try_get(2)?);
    Ok(admission_of(
        count(0)?,
        count(1)?,
        limit,
        ends_at.since(now),
    ))
}

/// An attempt that is to be counted.
struct Beginning<'a> {
    attempt: &'a Attempt,
    limits: &'a FailureLimits,
    clock: &'a dyn Clock,
}

#[async_trait]
impl Work for Beginning<'_> {
    type Outcome = Admission<Reservation>;

    async fn run(&self, transaction: &Transaction<'_>) -> Result<Self::Outcome, StatementError> {
        let (now, attempt, limits) = (self.clock.now(), self.attempt, self.limits);
        let statement = transaction.prepare_cached(KNOWN).await?;
        let account = attempt.account.as_bytes().as_slice();
        let address = attempt.address.as_bytes().as_slice();
        let farthest = now.plus(limits.known_for).0;
        let row = transaction
            .query_opt(&statement, &[&account, &address, &now.0, &farthest])
            .await?;
        let known = row.is_some();
        let mut rooms = Vec::with_capacity(2);
        let statement = transaction.prepare_cached(HOLD).await?;
        for ((account, address), limit) in buckets(attempt, known, limits) {
            let ends_at = now.plus(limits.window).0;
            let row = transaction
                .query_opt(&statement, &[&account, &address, &now.0, &ends_at])
                .await?;
            rooms.push(room_in(row.as_ref(), limit, now)?);
        }
        let admission = rooms.into_iter().reduce(together);
        let admission = admission.unwrap_or(Admission::Admitted(()));
        if admission == Admission::Admitted(()) {
            let statement = transaction
                .prepare_cached("UPDATE login_failures SET pending = pending + 1 WHERE account = $1 AND address = $2")
                .await?;
            for ((account, address), _) in buckets(attempt, known, limits) {
                transaction
                    .execute(&statement, &[&account, &address])
                    .await?;
            }
        }
        let attempt = *attempt;
        Ok(admission.map(|()| Reservation { attempt, known }))
    }
}

/// What came of an attempt, to be counted.
struct Settling<'a> {
    reservation: &'a Reservation,
    outcome: Settled,
    limits: &'a FailureLimits,
    now: UnixSeconds,
}

#[async_trait]
impl Work for Settling<'_> {
    type Outcome = ();

    async fn run(&self, transaction: &Transaction<'_>) -> Result<(), StatementError> {
        let Reservation { attempt, known } = self.reservation;
        let statement = transaction
            .prepare_cached(
                "UPDATE login_failures SET pending = greatest(pending - 1, 0), failures = failures + $3
                 WHERE account = $1 AND address = $2",
            )
            .await?;
        let failed = i64::from(self.outcome == Settled::Failed);
        for ((account, address), _) in buckets(attempt, *known, self.limits) {
            // Where a window has ended meanwhile, the failure counts in the next one.
            transaction
                .execute(&statement, &[&account, &address, &failed])
                .await?;
        }
        if self.outcome != Settled::Succeeded {
            return Ok(());
        }
        let account = attempt.account.as_bytes().as_slice();
        let address = attempt.address.as_bytes().as_slice();
        let statement = transaction
            .prepare_cached(
                "UPDATE login_failures SET failures = 0 WHERE account = $1 AND address = $2",
            )
            .await?;
        transaction
            .execute(&statement, &[&account, &address])
            .await?;
        let statement = transaction
            .prepare_cached(
                "INSERT INTO known_addresses (account, address, ends_at) VALUES ($1, $2, $3)
                 ON CONFLICT (account, address) DO UPDATE SET ends_at = excluded.ends_at",
            )
            .await?;
        let ends_at = self.now.plus(self.limits.known_for).0;
        transaction
            .execute(&statement, &[&account, &address, &ends_at])
            .await?;
        Ok(())
    }
}

impl PostgresLoginFailures {
    /// Removes up to so many rows of each table.
    async fn sweep_some(&self, wall: UnixSeconds, limit: i64) -> Result<u64, StoreError> {
        let mut swept = 0;
        for table in ["login_failures", "known_addresses"] {
            let sql = format!(
                "DELETE FROM {table} WHERE (account, address) IN
                 (SELECT account, address FROM {table} WHERE ends_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)"
            );
            swept += self.database.write(&sql, &[&wall.0, &limit]).await?;
        }
        Ok(swept)
    }
}

#[async_trait]
impl LoginFailures for PostgresLoginFailures {
    async fn look(
        &self,
        attempt: &Attempt,
        limits: &FailureLimits,
    ) -> Result<Admission<()>, StoreError> {
        let step = step!(authentication, read, "SELECT failures");
        let now = self.clock.now();
        let account = attempt.account.as_bytes().as_slice();
        let address = attempt.address.as_bytes().as_slice();
        let farthest = now.plus(limits.known_for).0;
        let known = self
            .database
            .read_one(KNOWN, &[&account, &address, &now.0, &farthest])
            .await?
            .is_some();
        let mut found = Admission::Admitted(());
        for ((account, address), limit) in buckets(attempt, known, limits) {
            let ends_at = now.plus(limits.window).0;
            let row = self
                .database
                .read_one(COUNT, &[&account, &address, &now.0, &ends_at])
                .await?;
            found = together(found, room_in(row.as_ref(), limit, now)?);
        }
        record(&step, || describe(&found));
        Ok(found)
    }

    async fn begin(
        &self,
        attempt: &Attempt,
        limits: &FailureLimits,
    ) -> Result<Admission<Reservation>, StoreError> {
        let step = step!(authentication, write, "UPDATE failures");
        let clock = self.clock.as_ref();
        self.sweep_some(clock.wall(), SWEPT_BY_EACH.into()).await?;
        let admission = self
            .database
            .transact(&Beginning {
                attempt,
                limits,
                clock,
            })
            .await?;
        record(&step, || describe(&admission));
        Ok(admission)
    }

    async fn settle(
        &self,
        reservation: &Reservation,
        outcome: Settled,
        limits: &FailureLimits,
    ) -> Result<(), StoreError> {
        let step = step!(authentication, write, "UPDATE failures");
        let now = self.clock.now();
        self.database
            .transact(&Settling {
                reservation,
                outcome,
                limits,
                now,
            })
            .await?;
        record_changed(&step, true);
        Ok(())
    }

    async fn forget_addresses(
        &self,
        account: &Sha256Digest,
        except: &Sha256Digest,
    ) -> Result<u64, StoreError> {
        let step = step!(authentication, write, "DELETE addresses");
        let forgotten = self
            .database
            .write(
                "DELETE FROM known_addresses WHERE account = $1 AND address <> $2",
                &[
                    &account.as_bytes().as_slice(),
                    &except.as_bytes().as_slice(),
                ],
            )
            .await?;
        record_count(&step, forgotten);
        Ok(forgotten)
    }

    async fn clear(&self) -> Result<(), StoreError> {
        let step = step!(authentication, write, "DELETE failures");
        let deleted = self
            .database
            .write("DELETE FROM login_failures", &[])
            .await?
            + self
                .database
                .write("DELETE FROM known_addresses", &[])
                .await?;
        record_count(&step, deleted);
        Ok(())
    }

    async fn sweep(&self) -> Result<u64, StoreError> {
        let step = step!(authentication, write, "DELETE failures");
        let wall = self.clock.wall();
        let mut swept = 0;
        loop {
            let deleted = self.sweep_some(wall, SWEEP_CHUNK).await?;
            swept += deleted;
            if deleted < SWEEP_CHUNK.unsigned_abs() {
                break;
            }
        }
        record_count(&step, swept);
        Ok(swept)
    }
}
