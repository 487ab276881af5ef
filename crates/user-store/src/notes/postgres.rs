//! Notes in PostgreSQL.

use std::sync::Arc;

use async_trait::async_trait;
use token_core::clock::{Clock, UnixSeconds};

use super::{Note, Notes};
use crate::postgres::Postgres;
use crate::step::{record_changed, record_count};
use crate::{StoreError, UserId, step};

/// Notes in a PostgreSQL database.
#[derive(Debug, Clone)]
pub struct PostgresNotes {
    database: Postgres,
    clock: Arc<dyn Clock>,
}

impl PostgresNotes {
    /// Notes in this database, dated by this clock.
    pub fn new(database: Postgres, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }
}

#[async_trait]
impl Notes for PostgresNotes {
    async fn add(&self, user: UserId, text: &str) -> Result<Note, StoreError> {
        let step = step!(application, write, "INSERT note");
        let at = self.clock.now();
        let row = self
            .database
            .write_one(
                "INSERT INTO notes (user_id, text, at) VALUES ($1, $2, $3) RETURNING id",
                &[&user.0, &text, &at.0],
            )
            .await?;
        record_changed(&step, true);
        let row = row.ok_or_else(|| StoreError::failed("nothing was returned"))?;
        Ok(Note {
            id: row.try_get(0)?,
            text: text.to_owned(),
            at,
        })
    }

    async fn list(&self, user: UserId, limit: u32) -> Result<Vec<Note>, StoreError> {
        let step = step!(application, read, "SELECT notes");
        let rows = self
            .database
            .read_all(
                "SELECT id, text, at FROM notes WHERE user_id = $1 ORDER BY id DESC LIMIT $2",
                &[&user.0, &i64::from(limit)],
            )
            .await?;
        let notes = rows.iter().map(|row| {
            Ok(Note {
                id: row.try_get(0)?,
                text: row.try_get(1)?,
                at: UnixSeconds(row.try_get(2)?),
            })
        });
        let notes = notes.collect::<Result<Vec<_>, StoreError>>()?;
        record_count(&step, notes.len() as u64);
        Ok(notes)
    }
}
