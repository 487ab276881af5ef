//! The times of last use that are known here but not yet in the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, params};
use token_core::clock::UnixSeconds;

use crate::sqlite::Database;

/// Uses of sessions waiting to be written, at most one for each session, and all of them in one write.
#[derive(Debug, Default, Clone)]
pub(super) struct Touches {
    /// Locked by a load only when the recorded use is old enough to be renewed, and by the writer after its commit.
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// The last use of each session, from when it is noticed until it is durable: whoever loads the row meanwhile still reads the old time.
    pending: HashMap<[u8; 32], UnixSeconds>,
    /// Whether a write is on its way.
    writing: bool,
}

impl Touches {
    /// The use that is known but may not be in the database yet.
    pub(super) fn pending(&self, hash: &[u8; 32]) -> Option<UnixSeconds> {
        self.lock().pending.get(hash).copied()
    }

    /// Notes a use, and sends what has been noted to the database unless a write is on its way. Never waits.
    pub(super) fn note(&self, database: &Database, hash: [u8; 32], now: UnixSeconds) {
        let mut state = self.lock();
        state.pending.insert(hash, now);
        if state.writing {
            return;
        }
        state.writing = true;
        drop(state);
        self.write(database);
    }

    /// Forgets everything, since there are no sessions any more and the clock may be about to go back.
    pub(super) fn clear(&self) {
        self.lock().pending.clear();
    }

    fn write(&self, database: &Database) {
        let noted = self.clone();
        let settled = self.clone();
        // A use is recorded for many requests at once and after they were answered, so it is a step of none of them.
        let queued = database.write_then(
            tracing::Span::none(),
            move |connection| {
                let uses = noted.lock().pending.clone();
                uses.iter()
                    .try_for_each(|(hash, at)| touch(connection, hash, *at))?;
                Ok(uses)
            },
            move |written| {
                let mut state = settled.lock();
                state.writing = false;
                // What could not be written is kept, counts for loads here, and is written with the next use.
                for (hash, at) in written.unwrap_or_default() {
                    if state.pending.get(&hash) == Some(&at) {
                        state.pending.remove(&hash);
                    }
                }
            },
        );
        if queued.is_err() {
            self.lock().writing = false;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Moves the last use forward, never back, and only of a session that is there.
pub(super) fn touch(
    connection: &Connection,
    hash: &[u8; 32],
    at: UnixSeconds,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE sessions SET seen_at = ?2 WHERE hash = ?1 AND seen_at < ?2")?
        .execute(params![hash, at.0])?;
    Ok(())
}
