//! The denylist in PostgreSQL, asked in memory.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use token_core::clock::Clock;
use token_core::refresh::FamilyId;

use super::DeniedTokens;
use crate::postgres::{Postgres, SWEEP_CHUNK, Values};
use crate::step::{record, record_changed, record_count};
use crate::{StoreError, UserId, step};

/// The denylist in a PostgreSQL database. What a revoked family was given is listed by a trigger of the schema. Each process follows the
/// list and asks its own memory, so that no request waits for the database.
#[derive(Debug, Clone)]
pub struct PostgresDeniedTokens {
    database: Postgres,
    clock: Arc<dyn Clock>,
}

impl PostgresDeniedTokens {
    /// The denylist of this database, living by this clock.
    pub fn new(database: Postgres, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }

    /// Runs a statement that takes something back, and has it known here.
    async fn deny_by(&self, sql: &str, values: Values<'_>) -> Result<u64, StoreError> {
        let denied = self.database.write(sql, values).await?;
        self.database.published().await?;
        Ok(denied)
    }
}

#[async_trait]
impl DeniedTokens for PostgresDeniedTokens {
    async fn deny_all_of(&self, user: UserId) -> Result<u64, StoreError> {
        let step = step!(authentication, write, "INSERT denied tokens");
        let denied = self
            .deny_by(
                "INSERT INTO denied_tokens (family, through, at)
                 SELECT id, generation, $1 FROM refresh_families WHERE user_id = $2 AND revoked_at IS NULL
                 ON CONFLICT (family) DO UPDATE SET through = greatest(denied_tokens.through, excluded.through), at = excluded.at",
                &[&self.clock.now().0, &user.0],
            )
            .await?;
        record_count(&step, denied);
        Ok(denied)
    }

    async fn deny_all_in(&self, family: FamilyId) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "INSERT denied tokens");
        let denied = self
            .deny_by(
                "INSERT INTO denied_tokens (family, through, at)
                 SELECT id, generation, $1 FROM refresh_families WHERE id = $2
                 ON CONFLICT (family) DO UPDATE SET through = greatest(denied_tokens.through, excluded.through), at = excluded.at",
                &[&self.clock.now().0, &family.0.as_slice()],
            )
            .await?;
        record_count(&step, denied);
        Ok(denied > 0)
    }

    async fn deny(&self, family: FamilyId, number: u32) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "INSERT denied token");
        let denied = self
            .deny_by(
                "INSERT INTO denied_tokens (family, through, at) VALUES ($1, $2, $3)
                 ON CONFLICT (family) DO UPDATE SET through = excluded.through, at = excluded.at
                 WHERE excluded.through > denied_tokens.through",
                &[
                    &family.0.as_slice(),
                    &i64::from(number),
                    &self.clock.now().0,
                ],
            )
            .await?;
        record_changed(&step, denied > 0);
        Ok(denied > 0)
    }

    async fn is_denied(&self, family: FamilyId, number: u32) -> Result<bool, StoreError> {
        let step = step!(authentication, compute, "look for denied token");
        let through = self.database.revoked().await?.through(family);
        let denied = through.is_some_and(|through| number <= through);
        record(&step, || {
            if denied { "denied" } else { "not listed" }.to_owned()
        });
        Ok(denied)
    }

    async fn is_outdated(&self, user: UserId, epoch: i64) -> Result<bool, StoreError> {
        let step = step!(authentication, compute, "look for token epoch");
        let current = self.database.revoked().await?.epoch_of(user).unwrap_or(0);
        record(&step, || current.to_string());
        Ok(epoch < current)
    }

    async fn count(&self) -> Result<u64, StoreError> {
        let step = step!(authentication, read, "SELECT denied tokens");
        let row = self
            .database
            .read_one("SELECT count(*) FROM denied_tokens", &[])
            .await?;
        let count: i64 = row.map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
        let count = count.unsigned_abs();
        record_count(&step, count);
        Ok(count)
    }

    async fn sweep(&self, access_lifetime: Duration) -> Result<u64, StoreError> {
        let step = step!(authentication, write, "DELETE denied tokens");
        let denied_by = self.clock.wall().minus(access_lifetime);
        let swept = self
            .database
            .sweep(
                "DELETE FROM denied_tokens WHERE family IN (SELECT family FROM denied_tokens WHERE at <= $1
                 AND NOT EXISTS (SELECT 1 FROM refresh_families WHERE id = denied_tokens.family) LIMIT $2)",
                &[&denied_by.0, &SWEEP_CHUNK],
            )
            .await?;
        record_count(&step, swept);
        Ok(swept)
    }
}
