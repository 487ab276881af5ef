//! Refresh families in SQLite.

use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};
use token_core::clock::{Clock, UnixSeconds};
use token_core::jwt::Thumbprint;
use token_core::refresh::{
    FamilyId, Presented, RefreshPolicy, Refusal, RevocationReason, Revoked, TokenFamily, present,
};

use super::{FamilyRecord, Presentation, RefreshFamilies, describe};
use crate::sqlite::{BULK_CHUNK, Database, SWEEP_CHUNK};
use crate::step::{record, record_changed, record_count, record_row};
use crate::users::user_at;
use crate::{StoreError, UserId, step};

/// Refresh families in a SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteRefreshFamilies {
    database: Database,
    clock: Arc<dyn Clock>,
}

impl SqliteRefreshFamilies {
    /// Families in this database, living by this clock.
    pub fn new(database: Database, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }
}

const RECORDS: &str = "SELECT f.id, f.user_id, f.generation, f.created_at, f.rotated_at, f.revoked_at, f.revoked_reason, f.jkt,
            f.device, u.username
     FROM refresh_families f JOIN users u ON u.id = f.user_id";

/// Reads a family from a row that begins with the columns of [`RECORDS`].
fn family_of(row: &Row<'_>) -> rusqlite::Result<TokenFamily> {
    let revoked = match row.get::<_, Option<i64>>(5)? {
        None => None,
        Some(at) => {
            let name = row.get_ref(6)?.as_str()?;
            let reason = RevocationReason::from_name(name).ok_or_else(|| {
                rusqlite::Error::FromSqlConversionFailure(6, Type::Text, "not a reason".into())
            })?;
            Some(Revoked {
                at: UnixSeconds(at),
                reason,
            })
        }
    };
    Ok(TokenFamily {
        id: FamilyId(row.get(0)?),
        user_id: row.get(1)?,
        generation: row.get(2)?,
        created_at: UnixSeconds(row.get(3)?),
        rotated_at: UnixSeconds(row.get(4)?),
        revoked,
        jkt: row
            .get::<_, Option<[u8; 32]>>(7)?
            .map(Thumbprint::from_bytes),
    })
}

fn record_of(row: &Row<'_>) -> rusqlite::Result<FamilyRecord> {
    Ok(FamilyRecord {
        family: family_of(row)?,
        device: row.get(8)?,
        username: row.get(9)?,
    })
}

fn insert(connection: &Connection, family: &TokenFamily, device: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO refresh_families (id, user_id, device, generation, created_at, rotated_at, jkt)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            family.id.0,
            family.user_id,
            device,
            family.generation,
            family.created_at.0,
            family.rotated_at.0,
            family.jkt.map(|jkt| *jkt.as_bytes()),
        ])?;
    Ok(())
}

/// Reads, decides and writes within the writer's transaction, which began with the write lock: nobody comes between.
fn present_in(
    connection: &Connection,
    id: FamilyId,
    generation: u32,
    key: Option<Thumbprint>,
    now: UnixSeconds,
    policy: &RefreshPolicy,
) -> rusqlite::Result<Option<Presentation>> {
    let found = connection
        .prepare_cached(
            "SELECT f.id, f.user_id, f.generation, f.created_at, f.rotated_at, f.revoked_at, f.revoked_reason, f.jkt,
                    u.id, u.username, u.role, u.banned_at, u.created_at, u.token_epoch
             FROM refresh_families f JOIN users u ON u.id = f.user_id WHERE f.id = ?1",
        )?
        .query_row([id.0], |row| Ok((family_of(row)?, user_at(row, 8)?)))
        .optional()?;
    let Some((family, user)) = found else {
        return Ok(None);
    };
    let outcome = if family.answers_to(key) {
        present(&family, generation, now, policy)
    } else {
        Presented::Refused(Refusal::OtherKey)
    };
    match outcome {
        Presented::Rotated(next) | Presented::Reused(next) => swap(connection, &family, &next)?,
        Presented::Retried(_) | Presented::Refused(_) => {}
    }
    Ok(Some(Presentation {
        outcome,
        user: Some(user),
    }))
}

/// Replaces the family if it is still the one that was read. It always is; the condition makes the rule hold in SQL as well.
///
/// What only rotates leaves the columns of a revocation alone: naming them would have the schema's trigger look at every rotation.
fn swap(connection: &Connection, old: &TokenFamily, new: &TokenFamily) -> rusqlite::Result<()> {
    let swapped = match new.revoked {
        None => connection
            .prepare_cached(
                "UPDATE refresh_families SET generation = ?3, rotated_at = ?4
                 WHERE id = ?1 AND generation = ?2 AND revoked_at IS NULL",
            )?
            .execute(params![
                old.id.0,
                old.generation,
                new.generation,
                new.rotated_at.0
            ])?,
        Some(revoked) => connection
            .prepare_cached(
                "UPDATE refresh_families SET revoked_at = ?3, revoked_reason = ?4
                 WHERE id = ?1 AND generation = ?2 AND revoked_at IS NULL",
            )?
            .execute(params![
                old.id.0,
                old.generation,
                revoked.at.0,
                revoked.reason.as_str()
            ])?,
    };
    match swapped {
        1 => Ok(()),
        other => Err(rusqlite::Error::StatementChangedRows(other)),
    }
}

#[async_trait]
impl RefreshFamilies for SqliteRefreshFamilies {
    async fn create_bound(
        &self,
        user: UserId,
        device: &str,
        key: Option<Thumbprint>,
    ) -> Result<TokenFamily, StoreError> {
        let step = step!(authentication, write, "INSERT family");
        let family = TokenFamily {
            jkt: key,
            ..TokenFamily::begin(FamilyId::random(), user.0, self.clock.now())
        };
        let device = device.to_owned();
        self.database
            .write(&step, move |connection| {
                insert(connection, &family, &device)
            })
            .await?;
        record_changed(&step, true);
        Ok(family)
    }

    async fn create_all(
        &self,
        users: &[UserId],
        device: &str,
    ) -> Result<Vec<TokenFamily>, StoreError> {
        let step = step!(authentication, write, "INSERT families");
        let now = self.clock.now();
        let begin = |user: &UserId| TokenFamily::begin(FamilyId::random(), user.0, now);
        let families: Vec<_> = users.iter().map(begin).collect();
        let mut rows = families.clone();
        // Neighbours in the tree follow each other: a page is then written once, and not once for each of its rows.
        rows.sort_unstable_by_key(|family| family.id);
        while !rows.is_empty() {
            let chunk = rows.split_off(rows.len().saturating_sub(BULK_CHUNK));
            let device = device.to_owned();
            self.database
                .write(&step, move |connection| {
                    for family in &chunk {
                        insert(connection, family, &device)?;
                    }
                    Ok(())
                })
                .await?;
        }
        record_count(&step, families.len() as u64);
        Ok(families)
    }

    async fn present_with(
        &self,
        family: FamilyId,
        generation: u32,
        key: Option<Thumbprint>,
        policy: &RefreshPolicy,
    ) -> Result<Option<Presentation>, StoreError> {
        let step = step!(authentication, write, "UPDATE family");
        let (policy, clock) = (*policy, self.clock.clone());
        // The time is read under the lock, so that times in the row follow the order of the writes.
        let presentation = self
            .database
            .write(&step, move |connection| {
                present_in(connection, family, generation, key, clock.now(), &policy)
            })
            .await?;
        record(&step, || describe(presentation.as_ref()));
        Ok(presentation)
    }

    async fn by_id(&self, family: FamilyId) -> Result<Option<FamilyRecord>, StoreError> {
        let step = step!(authentication, read, "SELECT family");
        let found = self.database.read(|connection| {
            connection
                .prepare_cached(&format!("{RECORDS} WHERE f.id = ?1"))?
                .query_row([family.0], record_of)
                .optional()
        })?;
        record_row(&step, found.as_ref(), |found| found.username.clone());
        Ok(found)
    }

    async fn revoke(&self, family: FamilyId, reason: RevocationReason) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "UPDATE family");
        let now = self.clock.now();
        let revoked = self
            .database
            .write(&step, move |connection| {
                connection
                    .prepare_cached(
                        "UPDATE refresh_families SET revoked_at = ?2, revoked_reason = ?3 WHERE id = ?1 AND revoked_at IS NULL",
                    )?
                    .execute(params![family.0, now.0, reason.as_str()])
            })
            .await?;
        record_changed(&step, revoked > 0);
        Ok(revoked > 0)
    }

    async fn revoke_one_of(
        &self,
        user: UserId,
        family: FamilyId,
        reason: RevocationReason,
    ) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "UPDATE family");
        let now = self.clock.now();
        let revoked = self
            .database
            .write(&step, move |connection| {
                connection
                    .prepare_cached(
                        "UPDATE refresh_families SET revoked_at = ?2, revoked_reason = ?3
                         WHERE id = ?1 AND user_id = ?4 AND revoked_at IS NULL",
                    )?
                    .execute(params![family.0, now.0, reason.as_str(), user.0])
            })
            .await?;
        record_changed(&step, revoked > 0);
        Ok(revoked > 0)
    }

    async fn revoke_all_of(
        &self,
        user: UserId,
        except: Option<FamilyId>,
        reason: RevocationReason,
    ) -> Result<u64, StoreError> {
        let step = step!(authentication, write, "UPDATE families");
        let now = self.clock.now();
        let revoked = self
            .database
            .write(&step, move |connection| {
                connection
                    .prepare_cached(
                        "UPDATE refresh_families SET revoked_at = ?2, revoked_reason = ?3
                         WHERE user_id = ?1 AND id IS NOT ?4 AND revoked_at IS NULL",
                    )?
                    .execute(params![
                        user.0,
                        now.0,
                        reason.as_str(),
                        except.map(|family| family.0)
                    ])
            })
            .await? as u64;
        record_count(&step, revoked);
        Ok(revoked)
    }

    async fn list_of(&self, user: UserId) -> Result<Vec<FamilyRecord>, StoreError> {
        let step = step!(authentication, read, "SELECT families");
        let records = self.database.read(|connection| {
            connection
                .prepare_cached(&format!(
                    "{RECORDS} WHERE f.user_id = ?1 AND f.revoked_at IS NULL ORDER BY f.rotated_at DESC, f.id"
                ))?
                .query_map([user.0], record_of)?
                .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        record_count(&step, records.len() as u64);
        Ok(records)
    }

    async fn list_all(&self, limit: u32) -> Result<Vec<FamilyRecord>, StoreError> {
        let step = step!(authentication, read, "SELECT families");
        let records = self.database.read(|connection| {
            connection
                .prepare_cached(&format!(
                    "{RECORDS} ORDER BY f.created_at DESC, f.id LIMIT ?1"
                ))?
                .query_map([limit], record_of)?
                .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        record_count(&step, records.len() as u64);
        Ok(records)
    }

    async fn clear(&self) -> Result<(), StoreError> {
        let step = step!(authentication, write, "DELETE families");
        let now = self.clock.now();
        let deleted = self
            .database
            .write(&step, move |connection| {
                // What the families were given ends with them, where a verifier asks.
                connection.execute("UPDATE refresh_families SET revoked_at = ?1, revoked_reason = 'administrator' WHERE revoked_at IS NULL", [now.0])?;
                connection.execute("DELETE FROM refresh_families", [])
            })
            .await?;
        record_count(&step, deleted as u64);
        Ok(())
    }

    async fn sweep(&self, policy: &RefreshPolicy) -> Result<u64, StoreError> {
        let step = step!(authentication, write, "DELETE families");
        let begun_by = self.clock.wall().minus(policy.absolute_lifetime);
        let mut swept = 0;
        loop {
            let deleted = self
                .database
                .write(&step, move |connection| {
                    connection
                        .prepare_cached(
                            "DELETE FROM refresh_families WHERE id IN
                             (SELECT id FROM refresh_families WHERE created_at <= ?1 LIMIT ?2)",
                        )?
                        .execute(params![begun_by.0, SWEEP_CHUNK])
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
