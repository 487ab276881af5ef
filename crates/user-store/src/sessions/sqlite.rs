//! Sessions in SQLite.

use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};
use token_core::clock::{Clock, UnixSeconds};

use super::id::{public_id, public_id_range};
use super::touches::Touches;
use super::{NewSession, Session, SessionId, Sessions, Timeouts, describe_at};
use crate::sqlite::{BULK_CHUNK, Database, Remembered, SWEEP_CHUNK, Table};
use crate::step::{record, record_changed, record_count};
use crate::users::role_at;
use crate::{Role, StoreError, UserId, step};

/// Sessions in a SQLite file: they outlive the process, and several processes share them.
#[derive(Debug, Clone)]
pub struct SqliteSessions {
    database: Database,
    clock: Arc<dyn Clock>,
    timeouts: Timeouts,
    touches: Touches,
    /// Sessions that are there: of ids that are none there is no end.
    remembered: Arc<Remembered<Option<Session>>>,
}

const COLUMNS: &str = "hash, user_id, username, role, device, created_at, seen_at, expires_at";

impl SqliteSessions {
    /// Sessions in this database, living by this clock.
    pub fn new(database: Database, clock: Arc<dyn Clock>, timeouts: Timeouts) -> Self {
        Self {
            remembered: database.remember(Table::Sessions, Option::is_some),
            database,
            clock,
            timeouts,
            touches: Touches::new(timeouts.touch_interval()),
        }
    }

    /// Opens a session where the id has no row; says whether it had none.
    async fn insert(&self, id: &SessionId, new: NewSession) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "INSERT session");
        let hash = *id.hash().as_bytes();
        let (now, expires_at) = self.lifetime();
        let inserted = self
            .database
            .write(&step, move |connection| {
                insert(connection, &hash, &new, now, expires_at)
            })
            .await?;
        record_changed(&step, inserted == 1);
        Ok(inserted == 1)
    }

    /// From when to when a session that is opened now lasts at most.
    fn lifetime(&self) -> (UnixSeconds, UnixSeconds) {
        let now = self.clock.now();
        (now, now.plus(self.timeouts.absolute))
    }

    fn session(&self, row: &Row<'_>) -> rusqlite::Result<Session> {
        let hash: [u8; 32] = row.get(0)?;
        let seen_at = UnixSeconds(row.get(6)?);
        Ok(Session {
            public_id: public_id(&hash),
            user_id: UserId(row.get(1)?),
            username: row.get(2)?,
            role: role_at(row, 3)?,
            device: row.get(4)?,
            created_at: UnixSeconds(row.get(5)?),
            seen_at,
            idle_expires_at: seen_at.plus(self.timeouts.idle),
            expires_at: UnixSeconds(row.get(7)?),
        })
    }

    /// Records this use if the recorded one is old. `pending` is a use that was on its way to the database before the row was read.
    fn touch(
        &self,
        hash: &[u8; 32],
        session: &mut Session,
        pending: Option<UnixSeconds>,
        now: UnixSeconds,
    ) {
        let mut seen_at = session.seen_at.max(pending.unwrap_or(session.seen_at));
        let is_live = now < seen_at.plus(self.timeouts.idle) && now < session.expires_at;
        if is_live && self.touches.is_due(seen_at, now) {
            self.touches.note(&self.database, *hash, now);
            seen_at = now;
        }
        session.seen_at = seen_at;
        session.idle_expires_at = seen_at.plus(self.timeouts.idle);
    }

    fn list(
        &self,
        condition: &str,
        arguments: impl rusqlite::Params,
    ) -> Result<Vec<Session>, StoreError> {
        self.database.read(|connection| {
            connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM sessions {condition}"))?
                .query_map(arguments, |row| self.session(row))?
                .collect()
        })
    }
}

/// Opens a session where the hash has no row; says how many rows that were.
fn insert(
    connection: &Connection,
    hash: &[u8; 32],
    new: &NewSession,
    now: UnixSeconds,
    expires_at: UnixSeconds,
) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "INSERT INTO sessions (hash, user_id, username, role, device, created_at, seen_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7) ON CONFLICT (hash) DO NOTHING",
        )?
        .execute(params![
            hash,
            new.user_id.0,
            new.username,
            new.role.as_str(),
            new.device,
            now.0,
            expires_at.0
        ])
}

/// Ends the session that an id opens, or that came of it by renewal.
fn delete(connection: &Connection, hash: &[u8; 32]) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "DELETE FROM sessions WHERE hash = coalesce((SELECT hash FROM renewed_sessions WHERE old_hash = ?1), ?1)",
        )?
        .execute(params![hash])
}

/// Moves a live session to a new hash. The condition and the change are one statement, and the trail to it only follows.
fn renew(
    connection: &Connection,
    old: &[u8; 32],
    new: &[u8; 32],
    now: UnixSeconds,
    seen_after: UnixSeconds,
) -> rusqlite::Result<bool> {
    let renewed = connection
        .prepare_cached(
            "UPDATE sessions SET hash = ?2, seen_at = max(seen_at, ?3) WHERE hash = ?1 AND expires_at > ?3 AND seen_at > ?4",
        )?
        .execute(params![old, new, now.0, seen_after.0])?;
    if renewed == 1 {
        connection
            .prepare_cached("INSERT INTO renewed_sessions (old_hash, hash) VALUES (?1, ?2)")?
            .execute(params![old, new])?;
    }
    Ok(renewed == 1)
}

#[async_trait]
impl Sessions for SqliteSessions {
    async fn create(&self, new: NewSession) -> Result<SessionId, StoreError> {
        let id = SessionId::generate();
        // A fresh id of 256 random bits has no row.
        self.insert(&id, new).await?;
        Ok(id)
    }

    async fn create_all(&self, new: Vec<NewSession>) -> Result<Vec<SessionId>, StoreError> {
        let step = step!(authentication, write, "INSERT sessions");
        let (now, expires_at) = self.lifetime();
        let ids: Vec<_> = new.iter().map(|_| SessionId::generate()).collect();
        let hashes = ids.iter().map(|id| *id.hash().as_bytes());
        let mut rows: Vec<_> = hashes.zip(new).collect();
        // Neighbours in the tree follow each other: a page is then written once, and not once for each of its rows.
        rows.sort_unstable_by_key(|(hash, _)| *hash);
        while !rows.is_empty() {
            let chunk = rows.split_off(rows.len().saturating_sub(BULK_CHUNK));
            self.database
                .write(&step, move |connection| {
                    for (hash, new) in &chunk {
                        insert(connection, hash, new, now, expires_at)?;
                    }
                    Ok(())
                })
                .await?;
        }
        record_count(&step, ids.len() as u64);
        Ok(ids)
    }

    async fn dangerously_create_as(
        &self,
        id: &SessionId,
        new: NewSession,
    ) -> Result<bool, StoreError> {
        self.insert(id, new).await
    }

    async fn load(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let step = step!(authentication, read, "SELECT session");
        let hash = *id.hash().as_bytes();
        let now = self.clock.now();
        let pending = self.touches.pending(&hash);
        let row = self.database.recall(&self.remembered, &hash, |connection| {
            connection
                .prepare_cached(
                    "SELECT hash, user_id, username, role, device, created_at, seen_at, expires_at FROM sessions WHERE hash = ?1",
                )?
                .query_row(params![hash], |row| self.session(row))
                .optional()
        })?;
        let session = row.map(|mut session| {
            self.touch(&hash, &mut session, pending, now);
            session
        });
        record(&step, || describe_at(session.as_ref(), now));
        Ok(session.filter(|session| session.is_live(now)))
    }

    async fn renew(&self, id: &SessionId) -> Result<Option<SessionId>, StoreError> {
        let step = step!(authentication, write, "UPDATE session");
        let renewed = SessionId::generate();
        let (old, new) = (*id.hash().as_bytes(), *renewed.hash().as_bytes());
        let now = self.clock.now();
        let (seen_after, touches) = (now.minus(self.timeouts.idle), self.touches.clone());
        let changed = self
            .database
            .write(&step, move |connection| {
                // A use on its way to the database keeps the session alive here as well as in a load.
                if let Some(seen_at) = touches.pending(&old) {
                    touches.touch(connection, &old, seen_at)?;
                }
                renew(connection, &old, &new, now, seen_after)
            })
            .await?;
        record_changed(&step, changed);
        Ok(changed.then_some(renewed))
    }

    async fn delete(&self, id: &SessionId) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "DELETE session");
        let hash = *id.hash().as_bytes();
        let deleted = self
            .database
            .write(&step, move |connection| delete(connection, &hash))
            .await?;
        record_changed(&step, deleted > 0);
        Ok(deleted > 0)
    }

    async fn delete_one_of(&self, user: UserId, public_id: &str) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "DELETE session");
        let deleted = match public_id_range(public_id) {
            None => 0,
            Some((first, last)) => self
                .database
                .write(&step, move |connection| {
                    connection
                        .prepare_cached(
                            "DELETE FROM sessions WHERE user_id = ?3 AND (hash BETWEEN ?1 AND ?2
                             OR hash IN (SELECT hash FROM renewed_sessions WHERE old_hash BETWEEN ?1 AND ?2))",
                        )?
                        .execute(params![first, last, user.0])
                })
                .await?,
        };
        record_changed(&step, deleted > 0);
        Ok(deleted > 0)
    }

    async fn delete_all_of(
        &self,
        user: UserId,
        except: Option<&SessionId>,
    ) -> Result<u64, StoreError> {
        let step = step!(authentication, write, "DELETE sessions");
        let kept = except.map(|id| *id.hash().as_bytes());
        let deleted = self
            .database
            .write(&step, move |connection| {
                connection
                    .prepare_cached("DELETE FROM sessions WHERE user_id = ?1 AND hash IS NOT ?2")?
                    .execute(params![user.0, kept])
            })
            .await? as u64;
        record_count(&step, deleted);
        Ok(deleted)
    }

    async fn list_of(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let step = step!(authentication, read, "SELECT sessions");
        let now = self.clock.now();
        let idle_since = now.minus(self.timeouts.idle);
        let sessions = self.list(
            "WHERE user_id = ?1 AND expires_at > ?2 AND seen_at > ?3 ORDER BY seen_at DESC, hash",
            params![user.0, now.0, idle_since.0],
        )?;
        record_count(&step, sessions.len() as u64);
        Ok(sessions)
    }

    async fn list_all(&self, limit: u32) -> Result<Vec<Session>, StoreError> {
        let step = step!(authentication, read, "SELECT sessions");
        let sessions = self.list("ORDER BY created_at DESC, hash LIMIT ?1", params![limit])?;
        record_count(&step, sessions.len() as u64);
        Ok(sessions)
    }

    async fn set_role_of(&self, user: UserId, role: Role) -> Result<(), StoreError> {
        let step = step!(authentication, write, "UPDATE sessions");
        let changed = self
            .database
            .write(&step, move |connection| {
                connection
                    .prepare_cached("UPDATE sessions SET role = ?2 WHERE user_id = ?1")?
                    .execute(params![user.0, role.as_str()])
            })
            .await?;
        record_count(&step, changed as u64);
        Ok(())
    }

    async fn clear(&self) -> Result<(), StoreError> {
        let step = step!(authentication, write, "DELETE sessions");
        let deleted = self
            .database
            .write(&step, |connection| {
                connection.execute("DELETE FROM sessions", [])
            })
            .await?;
        self.touches.clear();
        record_count(&step, deleted as u64);
        Ok(())
    }

    async fn sweep(&self) -> Result<u64, StoreError> {
        let step = step!(authentication, write, "DELETE sessions");
        let wall = self.clock.wall();
        let mut swept = 0;
        loop {
            let deleted = self
                .database
                .write(&step, move |connection| {
                    connection
                        .prepare_cached(
                            "DELETE FROM sessions WHERE hash IN
                             (SELECT hash FROM sessions WHERE expires_at <= ?1 LIMIT ?2)",
                        )?
                        .execute(params![wall.0, SWEEP_CHUNK])
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

    fn store_name(&self) -> &'static str {
        "sqlite"
    }
}
