//! Notes in SQLite.

use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::params;
use token_core::clock::{Clock, UnixSeconds};

use super::{Note, Notes};
use crate::sqlite::Database;
use crate::step::{record_changed, record_count};
use crate::{StoreError, UserId, step};

/// Notes in a SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteNotes {
    database: Database,
    clock: Arc<dyn Clock>,
}

impl SqliteNotes {
    /// Notes in this database, dated by this clock.
    pub fn new(database: Database, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }
}

#[async_trait]
impl Notes for SqliteNotes {
    async fn add(&self, user: UserId, text: &str) -> Result<Note, StoreError> {
        let step = step!(application, write, "INSERT note");
        let at = self.clock.now();
        let text = text.to_owned();
        let note = self
            .database
            .write(&step, move |connection| {
                connection
                    .prepare_cached("INSERT INTO notes (user_id, text, at) VALUES (?1, ?2, ?3)")?
                    .execute(params![user.0, text, at.0])?;
                let id = connection.last_insert_rowid();
                Ok(Note { id, text, at })
            })
            .await?;
        record_changed(&step, true);
        Ok(note)
    }

    async fn list(&self, user: UserId, limit: u32) -> Result<Vec<Note>, StoreError> {
        let step = step!(application, read, "SELECT notes");
        let notes = self.database.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT id, text, at FROM notes WHERE user_id = ?1 ORDER BY id DESC LIMIT ?2",
                )?
                .query_map(params![user.0, limit], |row| {
                    Ok(Note {
                        id: row.get(0)?,
                        text: row.get(1)?,
                        at: UnixSeconds(row.get(2)?),
                    })
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        record_count(&step, notes.len() as u64);
        Ok(notes)
    }
}
