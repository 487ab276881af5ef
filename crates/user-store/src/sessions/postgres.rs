//! Sessions in PostgreSQL.

use std::sync::Arc;

use async_trait::async_trait;
use token_core::clock::{Clock, UnixSeconds};
use tokio_postgres::Row;

use super::id::{public_id, public_id_range};
use super::{NewSession, Session, SessionId, Sessions, Timeouts, describe_at};
use crate::postgres::{BULK_CHUNK, Postgres, SWEEP_CHUNK, Values};
use crate::step::{record, record_changed, record_count};
use crate::users::role_in;
use crate::{Role, StoreError, UserId, step};

/// Sessions in a PostgreSQL database: they outlive the process, and every replica sees the same.
#[derive(Debug, Clone)]
pub struct PostgresSessions {
    database: Postgres,
    clock: Arc<dyn Clock>,
    timeouts: Timeouts,
}

const COLUMNS: &str = "hash, user_id, username, role, device, created_at, seen_at, expires_at";

/// Whom an id stands for: itself, or the id that it was renewed into.
const TARGET: &str = "coalesce((SELECT hash FROM renewed_sessions WHERE old_hash = $1), $1)";

impl PostgresSessions {
    /// Sessions in this database, living by this clock.
    pub fn new(database: Postgres, clock: Arc<dyn Clock>, timeouts: Timeouts) -> Self {
        Self {
            database,
            clock,
            timeouts,
        }
    }

    /// Opens a session where the id has no row; says whether it had none.
    async fn insert(&self, id: &SessionId, new: &NewSession) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "INSERT session");
        let (now, expires_at) = self.lifetime();
        let inserted = self
            .database
            .write(
                "INSERT INTO sessions (hash, user_id, username, role, device, created_at, seen_at, expires_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $6, $7) ON CONFLICT (hash) DO NOTHING",
                &[
                    &id.hash().as_bytes().as_slice(),
                    &new.user_id.0,
                    &new.username,
                    &new.role.as_str(),
                    &new.device,
                    &now.0,
                    &expires_at.0,
                ],
            )
            .await?;
        record_changed(&step, inserted == 1);
        Ok(inserted == 1)
    }

    /// From when to when a session that is opened now lasts at most.
    fn lifetime(&self) -> (UnixSeconds, UnixSeconds) {
        let now = self.clock.now();
        (now, now.plus(self.timeouts.absolute))
    }

    fn session(&self, row: &Row) -> Result<Session, StoreError> {
        let hash: &[u8] = row.try_get(0)?;
        let seen_at = UnixSeconds(row.try_get(6)?);
        Ok(Session {
            public_id: public_id(&hash.try_into().map_err(StoreError::failed)?),
            user_id: UserId(row.try_get(1)?),
            username: row.try_get(2)?,
            role: role_in(row, 3)?,
            device: row.try_get(4)?,
            created_at: UnixSeconds(row.try_get(5)?),
            seen_at,
            idle_expires_at: seen_at.plus(self.timeouts.idle),
            expires_at: UnixSeconds(row.try_get(7)?),
        })
    }

    /// Records this use if the recorded one is old, and the session alive and still there.
    ///
    /// Nobody waits for the disk: after a crash of the engine the uses of its last moments are forgotten, and nothing else is.
    async fn touch(
        &self,
        hash: &[u8],
        session: &mut Session,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let interval = self.timeouts.touch_interval();
        if !session.is_live(now) || now.since(session.seen_at) < interval {
            return Ok(());
        }
        self.database
            .write(
                "UPDATE sessions SET seen_at = $2 WHERE hash = $1 AND seen_at <= $3
                 AND set_config('synchronous_commit', 'off', true) = 'off'",
                &[&hash, &now.0, &now.minus(interval).0],
            )
            .await?;
        session.seen_at = now;
        session.idle_expires_at = now.plus(self.timeouts.idle);
        Ok(())
    }

    async fn list(&self, condition: &str, values: Values<'_>) -> Result<Vec<Session>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM sessions {condition}");
        let rows = self.database.read_all(&sql, values).await?;
        rows.iter().map(|row| self.session(row)).collect()
    }

    /// Ends what a statement ends, again where a renewal was faster.
    ///
    /// A statement that waits for a renewal finds the row moved on to another id and leaves it; what it was moved to is seen by the next
    /// statement alone. So nothing is ended only when a statement has found nothing that `remains`.
    async fn end(
        &self,
        delete: &str,
        remains: &str,
        values: Values<'_>,
    ) -> Result<bool, StoreError> {
        loop {
            if self.database.write(delete, values).await? > 0 {
                return Ok(true);
            }
            if self.database.read_one(remains, values).await?.is_none() {
                return Ok(false);
            }
        }
    }
}

#[async_trait]
impl Sessions for PostgresSessions {
    async fn create(&self, new: NewSession) -> Result<SessionId, StoreError> {
        let id = SessionId::generate();
        // A fresh id of 256 random bits has no row.
        self.insert(&id, &new).await?;
        Ok(id)
    }

    async fn create_all(&self, new: Vec<NewSession>) -> Result<Vec<SessionId>, StoreError> {
        let step = step!(authentication, write, "INSERT sessions");
        let (now, expires_at) = self.lifetime();
        let ids: Vec<_> = new.iter().map(|_| SessionId::generate()).collect();
        for (ids, new) in ids.chunks(BULK_CHUNK).zip(new.chunks(BULK_CHUNK)) {
            let hashes: Vec<_> = ids.iter().map(|id| id.hash().as_bytes().to_vec()).collect();
            let users: Vec<_> = new.iter().map(|new| new.user_id.0).collect();
            let names: Vec<_> = new.iter().map(|new| new.username.as_str()).collect();
            let roles: Vec<_> = new.iter().map(|new| new.role.as_str()).collect();
            let devices: Vec<_> = new.iter().map(|new| new.device.as_str()).collect();
            self.database
                .write(
                    "INSERT INTO sessions (hash, user_id, username, role, device, created_at, seen_at, expires_at)
                     SELECT hash, user_id, username, role, device, $6, $6, $7
                     FROM unnest($1::bytea[], $2::bigint[], $3::text[], $4::text[], $5::text[])
                          AS new (hash, user_id, username, role, device)",
                    &[&hashes, &users, &names, &roles, &devices, &now.0, &expires_at.0],
                )
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
        self.insert(id, &new).await
    }

    async fn load(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let step = step!(authentication, read, "SELECT session");
        let hash = id.hash();
        let hash = hash.as_bytes().as_slice();
        let now = self.clock.now();
        let row = self
            .database
            .read_one(
                "SELECT hash, user_id, username, role, device, created_at, seen_at, expires_at FROM sessions WHERE hash = $1",
                &[&hash],
            )
            .await?;
        let mut session = row.map(|row| self.session(&row)).transpose()?;
        if let Some(session) = &mut session {
            self.touch(hash, session, now).await?;
        }
        record(&step, || describe_at(session.as_ref(), now));
        Ok(session.filter(|session| session.is_live(now)))
    }

    async fn renew(&self, id: &SessionId) -> Result<Option<SessionId>, StoreError> {
        let step = step!(authentication, write, "UPDATE session");
        let renewed = SessionId::generate();
        let now = self.clock.now();
        // The condition and the change are one statement, and the trail to the new id only follows.
        let changed = self
            .database
            .write(
                "WITH renewed AS (
                     UPDATE sessions SET hash = $2, seen_at = greatest(seen_at, $3)
                     WHERE hash = $1 AND expires_at > $3 AND seen_at > $4 RETURNING hash
                 ) INSERT INTO renewed_sessions (old_hash, hash) SELECT $1, hash FROM renewed",
                &[
                    &id.hash().as_bytes().as_slice(),
                    &renewed.hash().as_bytes().as_slice(),
                    &now.0,
                    &now.minus(self.timeouts.idle).0,
                ],
            )
            .await?;
        record_changed(&step, changed > 0);
        Ok((changed > 0).then_some(renewed))
    }

    async fn delete(&self, id: &SessionId) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "DELETE session");
        let deleted = self
            .end(
                &format!("DELETE FROM sessions WHERE hash = {TARGET}"),
                &format!("SELECT 1 FROM sessions WHERE hash = {TARGET}"),
                &[&id.hash().as_bytes().as_slice()],
            )
            .await?;
        record_changed(&step, deleted);
        Ok(deleted)
    }

    async fn delete_one_of(&self, user: UserId, public_id: &str) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "DELETE session");
        let deleted = match public_id_range(public_id) {
            None => false,
            Some((first, last)) => {
                const THEIRS: &str = "sessions WHERE user_id = $3 AND (hash BETWEEN $1 AND $2
                     OR hash IN (SELECT hash FROM renewed_sessions WHERE old_hash BETWEEN $1 AND $2))";
                self.end(
                    &format!("DELETE FROM {THEIRS}"),
                    &format!("SELECT 1 FROM {THEIRS}"),
                    &[&first.as_slice(), &last.as_slice(), &user.0],
                )
                .await?
            }
        };
        record_changed(&step, deleted);
        Ok(deleted)
    }

    async fn delete_all_of(
        &self,
        user: UserId,
        except: Option<&SessionId>,
    ) -> Result<u64, StoreError> {
        let step = step!(authentication, write, "DELETE sessions");
        let kept = except.map(|id| id.hash().as_bytes().to_vec());
        let deleted = self
            .database
            .write(
                "DELETE FROM sessions WHERE user_id = $1 AND hash IS DISTINCT FROM $2::bytea",
                &[&user.0, &kept],
            )
            .await?;
        record_count(&step, deleted);
        Ok(deleted)
    }

    async fn list_of(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let step = step!(authentication, read, "SELECT sessions");
        let now = self.clock.now();
        let idle_since = now.minus(self.timeouts.idle);
        let sessions = self
            .list(
                "WHERE user_id = $1 AND expires_at > $2 AND seen_at > $3 ORDER BY seen_at DESC, hash",
                &[&user.0, &now.0, &idle_since.0],
            )
            .await?;
        record_count(&step, sessions.len() as u64);
        Ok(sessions)
    }

    async fn list_all(&self, limit: u32) -> Result<Vec<Session>, StoreError> {
        let step = step!(authentication, read, "SELECT sessions");
        let sessions = self
            .list(
                "ORDER BY created_at DESC, hash LIMIT $1",
                &[&i64::from(limit)],
            )
            .await?;
        record_count(&step, sessions.len() as u64);
        Ok(sessions)
    }

    async fn set_role_of(&self, user: UserId, role: Role) -> Result<(), StoreError> {
        let step = step!(authentication, write, "UPDATE sessions");
        let changed = self
            .database
            .write(
                "UPDATE sessions SET role = $2 WHERE user_id = $1",
                &[&user.0, &role.as_str()],
            )
            .await?;
        record_count(&step, changed);
        Ok(())
    }

    async fn clear(&self) -> Result<(), StoreError> {
        let step = step!(authentication, write, "DELETE sessions");
        let deleted = self.database.write("DELETE FROM sessions", &[]).await?;
        record_count(&step, deleted);
        Ok(())
    }

    async fn sweep(&self) -> Result<u64, StoreError> {
        let step = step!(authentication, write, "DELETE sessions");
        let wall = self.clock.wall();
        let swept = self
            .database
            .sweep(
                "DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions WHERE expires_at <= $1 LIMIT $2)",
                &[&wall.0, &SWEEP_CHUNK],
            )
            .await?;
        record_count(&step, swept);
        Ok(swept)
    }

    fn store_name(&self) -> &'static str {
        "postgres"
    }
}
