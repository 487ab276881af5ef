//! Notes that users keep for themselves.

mod postgres;
mod sqlite;

pub use postgres::PostgresNotes;
pub use sqlite::SqliteNotes;

use async_trait::async_trait;
use token_core::clock::UnixSeconds;

use crate::{StoreError, UserId};

/// A note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The number of the note.
    pub id: i64,
    /// What it says, exactly as it was given: whoever shows it escapes it.
    pub text: String,
    /// When it was written.
    pub at: UnixSeconds,
}

/// The notes of all users.
#[async_trait]
pub trait Notes: std::fmt::Debug + Send + Sync {
    /// Keeps a note.
    async fn add(&self, user: UserId, text: &str) -> Result<Note, StoreError>;
    /// The latest notes of a user, newest first.
    async fn list(&self, user: UserId, limit: u32) -> Result<Vec<Note>, StoreError>;
}
