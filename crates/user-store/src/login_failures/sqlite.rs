//! Failed logins in SQLite.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};
use token_core::clock::{Clock, UnixSeconds};
use token_core::secret::Sha256Digest;

use super::{
    Admission, Attempt, Bucket, FailureLimits, LoginFailures, Reservation, SWEPT_BY_EACH, Settled,
    admission_of, buckets, describe, together,
};
use crate::sqlite::{Database, SWEEP_CHUNK};
use crate::step::{record, record_changed, record_count};
use crate::{StoreError, step};

/// Failed logins in a SQLite file, shared by all that open it.
#[derive(Debug, Clone)]
pub struct SqliteLoginFailures {
    database: Database,
    clock: Arc<dyn Clock>,
}

impl SqliteLoginFailures {
    /// Failures in this database, whose windows live by this clock.
    pub fn new(database: Database, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }
}

// In both tables a row lives from now to a known length later. One that ends farther ahead was written by a clock that has been
// put back since, and counts no more: nobody is to be shut out until next month.

fn is_known(
    connection: &Connection,
    attempt: &Attempt,
    limits: &FailureLimits,
    now: UnixSeconds,
) -> rusqlite::Result<bool> {
    let farthest = now.plus(limits.known_for);
    connection
        .prepare_cached(
            "SELECT 1 FROM known_addresses WHERE account = ?1 AND address = ?2 AND ends_at > ?3 AND ends_at <= ?4",
        )?
        .exists(params![
            attempt.account.as_bytes(),
            attempt.address.as_bytes(),
            now.0,
            farthest.0
        ])
}

/// Whether a count has room.
fn room_in(
    connection: &Connection,
    bucket: Bucket<'_>,
    limit: u32,
    window: Duration,
    now: UnixSeconds,
) -> rusqlite::Result<Admission<()>> {
    let row = connection
        .prepare_cached(
            "SELECT failures, pending, ends_at FROM login_failures
             WHERE account = ?1 AND address = ?2 AND ends_at > ?3 AND ends_at <= ?4",
        )?
        .query_row(
            params![bucket.0, bucket.1, now.0, now.plus(window).0],
            |row| {
                Ok((
                    row.get::<_, u32>(0)?,
                    row.get::<_, u32>(1)?,
                    UnixSeconds(row.get(2)?),
                ))
            },
        )
        .optional()?;
    Ok(match row {
        Some((failures, pending, ends_at)) => {
            admission_of(failures, pending, limit, ends_at.since(now))
        }
        None => Admission::Admitted(()),
    })
}

/// Whether the account knows the address, if both counts have room; else the longest wait.
fn look_in(
    connection: &Connection,
    attempt: &Attempt,
    limits: &FailureLimits,
    now: UnixSeconds,
) -> rusqlite::Result<Admission<bool>> {
    let known = is_known(connection, attempt, limits, now)?;
    let [of_account, of_address] = buckets(attempt, known, limits)
        .map(|(bucket, limit)| room_in(connection, bucket, limit, limits.window, now));
    Ok(together(of_account?, of_address?).map(|()| known))
}

/// Looks and counts within the writer's transaction, which began with the write lock: nobody comes between.
fn begin_in(
    connection: &Connection,
    attempt: &Attempt,
    limits: &FailureLimits,
    clock: &dyn Clock,
) -> rusqlite::Result<Admission<Reservation>> {
    let now = clock.now();
    sweep_in(connection, clock.wall(), SWEPT_BY_EACH)?;
    let looked = look_in(connection, attempt, limits, now)?;
    let Admission::Admitted(known) = looked else {
        return Ok(looked.map(|known| Reservation {
            attempt: *attempt,
            known,
        }));
    };
    for (bucket, _) in buckets(attempt, known, limits) {
        // A window that is over begins anew.
        connection
            .prepare_cached(
                "INSERT INTO login_failures (account, address, failures, pending, ends_at) VALUES (?1, ?2, 0, 1, ?4)
                 ON CONFLICT (account, address) DO UPDATE SET
                     failures = iif(ends_at > ?3 AND ends_at <= ?4, failures, 0),
                     pending = iif(ends_at > ?3 AND ends_at <= ?4, pending + 1, 1),
                     ends_at = iif(ends_at > ?3 AND ends_at <= ?4, ends_at, ?4)",
            )?
            .execute(params![bucket.0, bucket.1, now.0, now.plus(limits.window).0])?;
    }
    let attempt = *attempt;
    Ok(Admission::Admitted(Reservation { attempt, known }))
}

fn settle_in(
    connection: &Connection,
    reservation: &Reservation,
    outcome: Settled,
    limits: &FailureLimits,
    now: UnixSeconds,
) -> rusqlite::Result<()> {
    let Reservation { attempt, known } = reservation;
    for (bucket, _) in buckets(attempt, *known, limits) {
        // Where a window has ended meanwhile, the failure counts in the next one.
        connection
            .prepare_cached(
                "UPDATE login_failures SET pending = max(pending - 1, 0), failures = failures + ?3 WHERE account = ?1 AND address = ?2",
            )?
            .execute(params![bucket.0, bucket.1, outcome == Settled::Failed])?;
    }
    if outcome == Settled::Succeeded {
        let (account, address) = (attempt.account.as_bytes(), attempt.address.as_bytes());
        connection
            .prepare_cached(
                "UPDATE login_failures SET failures = 0 WHERE account = ?1 AND address = ?2",
            )?
            .execute(params![account, address])?;
        connection
            .prepare_cached(
                "INSERT INTO known_addresses (account, address, ends_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (account, address) DO UPDATE SET ends_at = excluded.ends_at",
            )?
            .execute(params![account, address, now.plus(limits.known_for).0])?;
    }
    Ok(())
}

/// Removes up to `limit` rows of each table.
fn sweep_in(connection: &Connection, wall: UnixSeconds, limit: u32) -> rusqlite::Result<usize> {
    let mut swept = 0;
    for sql in [
        "DELETE FROM login_failures WHERE (account, address) IN
         (SELECT account, address FROM login_failures WHERE ends_at <= ?1 LIMIT ?2)",
        "DELETE FROM known_addresses WHERE (account, address) IN
         (SELECT account, address FROM known_addresses WHERE ends_at <= ?1 LIMIT ?2)",
    ] {
        swept += connection
            .prepare_cached(sql)?
            .execute(params![wall.0, limit])?;
    }
    Ok(swept)
}

#[async_trait]
impl LoginFailures for SqliteLoginFailures {
    async fn look(
        &self,
        attempt: &Attempt,
        limits: &FailureLimits,
    ) -> Result<Admission<()>, StoreError> {
        let step = step!(authentication, read, "SELECT failures");
        let now = self.clock.now();
        let found = self
            .database
            .read(|connection| look_in(connection, attempt, limits, now))?;
        record(&step, || describe(&found));
        Ok(found.map(|_| ()))
    }

    async fn begin(
        &self,
        attempt: &Attempt,
        limits: &FailureLimits,
    ) -> Result<Admission<Reservation>, StoreError> {
        let step = step!(authentication, write, "UPDATE failures");
        let (attempt, limits, clock) = (*attempt, *limits, self.clock.clone());
        let admission = self
            .database
            .write(&step, move |connection| {
                begin_in(connection, &attempt, &limits, clock.as_ref())
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
        let (reservation, limits, now) = (*reservation, *limits, self.clock.now());
        self.database
            .write(&step, move |connection| {
                settle_in(connection, &reservation, outcome, &limits, now)
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
        let (account, except) = (*account, *except);
        let forgotten = self
            .database
            .write(&step, move |connection| {
                connection
                    .prepare_cached(
                        "DELETE FROM known_addresses WHERE account = ?1 AND address <> ?2",
                    )?
                    .execute(params![account.as_bytes(), except.as_bytes()])
            })
            .await? as u64;
        record_count(&step, forgotten);
        Ok(forgotten)
    }

    async fn clear(&self) -> Result<(), StoreError> {
        let step = step!(authentication, write, "DELETE failures");
        let deleted = self
            .database
            .write(&step, |connection| {
                Ok(connection.execute("DELETE FROM login_failures", [])?
                    + connection.execute("DELETE FROM known_addresses", [])?)
            })
            .await?;
        record_count(&step, deleted as u64);
        Ok(())
    }

    async fn sweep(&self) -> Result<u64, StoreError> {
        let step = step!(authentication, write, "DELETE failures");
        let wall = self.clock.wall();
        let mut swept = 0;
        loop {
            let deleted = self
                .database
                .write(&step, move |connection| {
                    sweep_in(connection, wall, SWEEP_CHUNK)
                })
                .await?;
            swept += deleted as u64;
            if deleted < SWEEP_CHUNK as usize {
                break;
            }
        }
        record_count(&step, swept);
        Ok(swept)
    }
}
