//! The denylist in SQLite.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{OptionalExtension, ToSql, params};
use token_core::clock::Clock;
use token_core::refresh::FamilyId;

use super::DeniedTokens;
use crate::sqlite::{Database, Remembered, Table};
use crate::step::{record, record_changed, record_count, record_row};
use crate::{StoreError, UserId, step};

/// The denylist in a SQLite file. What a revoked family was given is listed by a trigger of the schema.
#[derive(Debug, Clone)]
pub struct SqliteDeniedTokens {
    database: Database,
    clock: Arc<dyn Clock>,
    /// Of each family, through which number its tokens were taken back, if any were.
    remembered: Arc<Remembered<Option<u32>>>,
    /// The epochs of users' access tokens.
    epochs: Arc<Remembered<Option<i64>>>,
}

impl SqliteDeniedTokens {
    /// The denylist of this database, living by this clock.
    pub fn new(database: Database, clock: Arc<dyn Clock>) -> Self {
        Self {
            remembered: database.remember(Table::DeniedTokens, |_| true),
            epochs: database.remember(Table::Users, Option::is_some),
            database,
            clock,
        }
    }

    /// Refuses what the families that a condition names have been given so far; says how many.
    async fn deny_where(
        &self,
        families: &'static str,
        whose: impl ToSql + Send + 'static,
    ) -> Result<u64, StoreError> {
        let step = step!(authentication, write, "INSERT denied tokens");
        let now = self.clock.now();
        let denied = self
            .database
            .write(&step, move |connection| {
                connection
                    .prepare_cached(&format!(
                        "INSERT INTO denied_tokens (family, through, at)
                         SELECT id, generation, ?1 FROM refresh_families WHERE {families}
                         ON CONFLICT (family) DO UPDATE SET through = excluded.through, at = excluded.at"
                    ))?
                    .execute(params![now.0, whose])
            })
            .await? as u64;
        record_count(&step, denied);
        Ok(denied)
    }
}

#[async_trait]
impl DeniedTokens for SqliteDeniedTokens {
    async fn deny_all_of(&self, user: UserId) -> Result<u64, StoreError> {
        self.deny_where("user_id = ?2 AND revoked_at IS NULL", user.0)
            .await
    }

    async fn deny_all_in(&self, family: FamilyId) -> Result<bool, StoreError> {
        let denied = self.deny_where("id = ?2", family.0).await?;
        Ok(denied > 0)
    }

    async fn deny(&self, family: FamilyId, number: u32) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "INSERT denied token");
        let now = self.clock.now();
        let denied = self
            .database
            .write(&step, move |connection| {
                connection
                    .prepare_cached(
                        "INSERT INTO denied_tokens (family, through, at) VALUES (?1, ?2, ?3)
                         ON CONFLICT (family) DO UPDATE SET through = excluded.through, at = excluded.at
                         WHERE excluded.through > through",
                    )?
                    .execute(params![family.0, number, now.0])
            })
            .await?;
        record_changed(&step, denied > 0);
        Ok(denied > 0)
    }

    async fn is_denied(&self, family: FamilyId, number: u32) -> Result<bool, StoreError> {
        let step = step!(authentication, read, "SELECT denied token");
        let through = self
            .database
            .recall(&self.remembered, &family.0, |connection| {
                connection
                    .prepare_cached("SELECT through FROM denied_tokens WHERE family = ?1")?
                    .query_row(params![family.0], |row| row.get(0))
                    .optional()
            })?;
        let denied = through.is_some_and(|through| number <= through);
        record(&step, || {
            if denied { "denied" } else { "no row" }.to_owned()
        });
        Ok(denied)
    }

    async fn is_outdated(&self, user: UserId, epoch: i64) -> Result<bool, StoreError> {
        let step = step!(authentication, read, "SELECT token epoch");
        let key = user.0.to_be_bytes();
        let current = self.database.recall(&self.epochs, &key, |connection| {
            connection
                .prepare_cached("SELECT token_epoch FROM users WHERE id = ?1")?
                .query_row([user.0], |row| row.get(0))
                .optional()
        })?;
        record_row(&step, current.as_ref(), i64::to_string);
        Ok(current.is_none_or(|current| epoch < current))
    }

    async fn count(&self) -> Result<u64, StoreError> {
        let step = step!(authentication, read, "SELECT denied tokens");
        let count: i64 = self.database.read(|connection| {
            connection
                .prepare_cached("SELECT count(*) FROM denied_tokens")?
                .query_row([], |row| row.get(0))
        })?;
        let count = count.unsigned_abs();
        record_count(&step, count);
        Ok(count)
    }

    async fn sweep(&self, access_lifetime: Duration) -> Result<u64, StoreError> {
        let step = step!(authentication, write, "DELETE denied tokens");
        let denied_by = self.clock.wall().minus(access_lifetime);
        let swept = self
            .database
            .write(&step, move |connection| {
                connection
                    .prepare_cached(
                        "DELETE FROM denied_tokens WHERE at <= ?1 AND family NOT IN (SELECT id FROM refresh_families)",
                    )?
                    .execute([denied_by.0])
            })
            .await? as u64;
        record_count(&step, swept);
        Ok(swept)
    }
}
