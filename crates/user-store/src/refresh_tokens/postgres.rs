//! Refresh families in PostgreSQL.

use std::sync::Arc;

use async_trait::async_trait;
use token_core::clock::{Clock, UnixSeconds};
use token_core::jwt::Thumbprint;
use token_core::refresh::{
    FamilyId, Presented, RefreshPolicy, Refusal, RevocationReason, Revoked, TokenFamily, present,
};
use tokio_postgres::Row;

use super::{FamilyRecord, Presentation, RefreshFamilies, describe};
use crate::postgres::{BULK_CHUNK, Postgres, SWEEP_CHUNK, Values};
use crate::step::{record, record_changed, record_count, record_row};
use crate::users::user_in;
use crate::{StoreError, UserId, step};

/// Refresh families in a PostgreSQL database.
///
/// *Security*: what is acknowledged has to be durable. A standby that takes over without the last commits presents a token of an earlier
/// generation as if it had never been used: replicate synchronously, or not at all.
#[derive(Debug, Clone)]
pub struct PostgresRefreshFamilies {
    database: Postgres,
    clock: Arc<dyn Clock>,
}

impl PostgresRefreshFamilies {
    /// Families in this database, living by this clock.
    pub fn new(database: Postgres, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }

    /// Opens a family that is there from now on.
    async fn insert(&self, families: &[TokenFamily], device: &str) -> Result<(), StoreError> {
        for chunk in families.chunks(BULK_CHUNK) {
            let ids: Vec<_> = chunk.iter().map(|family| family.id.0.to_vec()).collect();
            let users: Vec<_> = chunk.iter().map(|family| family.user_id).collect();
            let first: Vec<_> = chunk
                .iter()
                .map(|family| i64::from(family.generation))
                .collect();
            let begun: Vec<_> = chunk.iter().map(|family| family.created_at.0).collect();
            let keys: Vec<_> = chunk
                .iter()
                .map(|family| family.jkt.map(|jkt| jkt.as_bytes().to_vec()))
                .collect();
            self.database
                .write(
                    "INSERT INTO refresh_families (id, user_id, device, generation, created_at, rotated_at, jkt)
                     SELECT id, user_id, $6, generation, begun, begun, jkt
                     FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[])
                          AS new (id, user_id, generation, begun, jkt)",
                    &[&ids, &users, &first, &begun, &keys, &device],
                )
                .await?;
        }
        Ok(())
    }

    /// A family and its user, as they are now.
    async fn found(&self, id: FamilyId) -> Result<Option<(TokenFamily, crate::User)>, StoreError> {
        let row = self
            .database
            .read_one(
                "SELECT f.id, f.user_id, f.generation, f.created_at, f.rotated_at, f.revoked_at, f.revoked_reason, f.jkt,
                        u.id, u.username, u.role, u.banned_at, u.created_at, u.token_epoch
                 FROM refresh_families f JOIN users u ON u.id = f.user_id WHERE f.id = $1",
                &[&id.0.as_slice()],
            )
            .await?;
        row.map(|row| Ok((family_in(&row)?, user_in(&row, 8)?)))
            .transpose()
    }

    /// Replaces a family if it is still the one that was read; says whether it was.
    async fn swap(&self, old: &TokenFamily, new: &TokenFamily) -> Result<bool, StoreError> {
        let (id, before) = (old.id.0.as_slice(), i64::from(old.generation));
        let swapped = match new.revoked {
            None => {
                self.database
                    .write(
                        "UPDATE refresh_families SET generation = $3, rotated_at = $4
                         WHERE id = $1 AND generation = $2 AND revoked_at IS NULL",
                        &[&id, &before, &i64::from(new.generation), &new.rotated_at.0],
                    )
                    .await?
            }
            Some(revoked) => {
                self.revoke_by(
                    "UPDATE refresh_families SET revoked_at = $3, revoked_reason = $4
                     WHERE id = $1 AND generation = $2 AND revoked_at IS NULL",
                    &[&id, &before, &revoked.at.0, &revoked.reason.as_str()],
                )
                .await?
            }
        };
        Ok(swapped == 1)
    }

    /// Runs a statement that ends families, and has it known here that their access tokens ended with them: also where they had ended
    /// before, at another replica or in a try whose answer was lost, since this one is acknowledged, too.
    async fn revoke_by(&self, sql: &str, values: Values<'_>) -> Result<u64, StoreError> {
        let revoked = self.database.write(sql, values).await?;
        self.database.published().await?;
        Ok(revoked)
    }

    async fn list(
        &self,
        condition: &str,
        values: Values<'_>,
    ) -> Result<Vec<FamilyRecord>, StoreError> {
        let rows = self
            .database
            .read_all(&format!("{RECORDS} {condition}"), values)
            .await?;
        rows.iter().map(record_in).collect()
    }
}

const RECORDS: &str = "SELECT f.id, f.user_id, f.generation, f.created_at, f.rotated_at, f.revoked_at, f.revoked_reason, f.jkt,
            f.device, u.username
     FROM refresh_families f JOIN users u ON u.id = f.user_id";

/// Reads a family from a row that begins with the columns of [`RECORDS`].
fn family_in(row: &Row) -> Result<TokenFamily, StoreError> {
    let revoked = match row.try_get::<_, Option<i64>>(5)? {
        None => None,
        Some(at) => {
            let name: &str = row.try_get(6)?;
            let reason = RevocationReason::from_name(name)
                .ok_or_else(|| StoreError::failed(format!("`{name}` is not a reason")))?;
            Some(Revoked {
                at: UnixSeconds(at),
                reason,
            })
        }
    };
    let id: &[u8] = row.try_get(0)?;
    let key: Option<&[u8]> = row.try_get(7)?;
    let key: Option<[u8; 32]> = key
        .map(TryInto::try_into)
        .transpose()
        .map_err(StoreError::failed)?;
    Ok(TokenFamily {
        id: FamilyId(id.try_into().map_err(StoreError::failed)?),
        user_id: row.try_get(1)?,
        generation: u32::try_from(row.try_get::<_, i64>(2)?).map_err(StoreError::failed)?,
        created_at: UnixSeconds(row.try_get(3)?),
        rotated_at: UnixSeconds(row.try_get(4)?),
        revoked,
        jkt: key.map(Thumbprint::from_bytes),
    })
}

fn record_in(row: &Row) -> Result<FamilyRecord, StoreError> {
    Ok(FamilyRecord {
        family: family_in(row)?,
        device: row.try_get(8)?,
        username: row.try_get(9)?,
    })
}

#[async_trait]
impl RefreshFamilies for PostgresRefreshFamilies {
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
        self.insert(&[family], device).await?;
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
        self.insert(&families, device).await?;
        record_count(&step, families.len() as u64);
        Ok(families)
    }

    /// Reads, decides by the rules, and swaps if nobody has come between; whoever lost reads again. Of any number that present the same token at
    /// once one rotates, and the others see what it has made.
    ///
    /// The user of a rotation is read after it: of a change of role, either the user says it, or whoever made it finds the family at the
    /// new number and takes back what is issued under that.
    async fn present_with(
        &self,
        family: FamilyId,
        generation: u32,
        key: Option<Thumbprint>,
        policy: &RefreshPolicy,
    ) -> Result<Option<Presentation>, StoreError> {
        let step = step!(authentication, write, "UPDATE family");
        let presentation = loop {
            let Some((found, user)) = self.found(family).await? else {
                break None;
            };
            let outcome = if found.answers_to(key) {
                present(&found, generation, self.clock.now(), policy)
            } else {
                Presented::Refused(Refusal::OtherKey)
            };
            let is_done = match outcome {
                Presented::Rotated(next) | Presented::Reused(next) => {
                    self.swap(&found, &next).await?
                }
                Presented::Retried(_) | Presented::Refused(_) => true,
            };
            if !is_done {
                continue;
            }
            let user = match outcome {
                Presented::Rotated(_) => self.found(family).await?.map(|(_, user)| user),
                _ => Some(user),
            };
            break Some(Presentation { outcome, user });
        };
        record(&step, || describe(presentation.as_ref()));
        Ok(presentation)
    }

    async fn by_id(&self, family: FamilyId) -> Result<Option<FamilyRecord>, StoreError> {
        let step = step!(authentication, read, "SELECT family");
        let found = self
            .list("WHERE f.id = $1", &[&family.0.as_slice()])
            .await?
            .pop();
        record_row(&step, found.as_ref(), |found| found.username.clone());
        Ok(found)
    }

    async fn revoke(&self, family: FamilyId, reason: RevocationReason) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "UPDATE family");
        let revoked = self
            .revoke_by(
                "UPDATE refresh_families SET revoked_at = $2, revoked_reason = $3 WHERE id = $1 AND revoked_at IS NULL",
                &[&family.0.as_slice(), &self.clock.now().0, &reason.as_str()],
            )
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
        let revoked = self
            .revoke_by(
                "UPDATE refresh_families SET revoked_at = $2, revoked_reason = $3
                 WHERE id = $1 AND user_id = $4 AND revoked_at IS NULL",
                &[
                    &family.0.as_slice(),
                    &self.clock.now().0,
                    &reason.as_str(),
                    &user.0,
                ],
            )
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
        let kept = except.map(|family| family.0.to_vec());
        let revoked = self
            .revoke_by(
                "UPDATE refresh_families SET revoked_at = $2, revoked_reason = $3
                 WHERE user_id = $1 AND id IS DISTINCT FROM $4::bytea AND revoked_at IS NULL",
                &[&user.0, &self.clock.now().0, &reason.as_str(), &kept],
            )
            .await?;
        record_count(&step, revoked);
        Ok(revoked)
    }

    async fn list_of(&self, user: UserId) -> Result<Vec<FamilyRecord>, StoreError> {
        let step = step!(authentication, read, "SELECT families");
        let records = self
            .list(
                "WHERE f.user_id = $1 AND f.revoked_at IS NULL ORDER BY f.rotated_at DESC, f.id",
                &[&user.0],
            )
            .await?;
        record_count(&step, records.len() as u64);
        Ok(records)
    }

    async fn list_all(&self, limit: u32) -> Result<Vec<FamilyRecord>, StoreError> {
        let step = step!(authentication, read, "SELECT families");
        let records = self
            .list(
                "ORDER BY f.created_at DESC, f.id LIMIT $1",
                &[&i64::from(limit)],
            )
            .await?;
        record_count(&step, records.len() as u64);
        Ok(records)
    }

    async fn clear(&self) -> Result<(), StoreError> {
        let step = step!(authentication, write, "DELETE families");
        // What the families were given ends with them, where a verifier asks.
        self.revoke_by(
            "UPDATE refresh_families SET revoked_at = $1, revoked_reason = 'administrator' WHERE revoked_at IS NULL",
            &[&self.clock.now().0],
        )
        .await?;
        let deleted = self
            .database
            .write(
                "DELETE FROM refresh_families WHERE revoked_at IS NOT NULL",
                &[],
            )
            .await?;
        record_count(&step, deleted);
        Ok(())
    }

    async fn sweep(&self, policy: &RefreshPolicy) -> Result<u64, StoreError> {
        let step = step!(authentication, write, "DELETE families");
        let begun_by = self.clock.wall().minus(policy.absolute_lifetime);
        let swept = self
            .database
            .sweep(
                "DELETE FROM refresh_families WHERE id IN
                 (SELECT id FROM refresh_families WHERE created_at <= $1 LIMIT $2)",
                &[&begun_by.0, &SWEEP_CHUNK],
            )
            .await?;
        record_count(&step, swept);
        Ok(swept)
    }
}
