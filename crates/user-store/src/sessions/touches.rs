//! The times of last use that are known here but not yet in the database.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, params};
use token_core::clock::UnixSeconds;

use crate::sqlite::Database;

/// How many uses are written in one job, so that nobody waits long behind it.
const CHUNK: usize = 1000;

/// Uses of sessions waiting to be written, at most one for each session, and all of them together: with the next commit, or within about a
/// second. Each would cost a commit of its own otherwise, where many sessions are used, each now and then.
#[derive(Debug, Clone)]
pub(super) struct Touches {
    /// How old the recorded use must be before another is recorded.
    interval: Duration,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// The size of `pending`, so that a load can see without the lock that nothing is waiting, as is usual.
    waiting: AtomicUsize,
    /// Locked by loads while something is waiting, by a use to be recorded, and by the writer after its commit.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The last use of each session, from when it is noticed until it is durable: whoever loads the row meanwhile still reads the old time.
    pending: BTreeMap<[u8; 32], UnixSeconds>,
    /// Whether a write is on its way.
    writing: bool,
}

impl State {
    /// So many uses, to be written next. Neighbours in the tree follow each other, so that a page is written once for all of its rows.
    fn first(&self, most: usize) -> Vec<([u8; 32], UnixSeconds)> {
        let uses = self.pending.iter().map(|(hash, at)| (*hash, *at));
        uses.take(most).collect()
    }
}

impl Touches {
    /// Nothing is waiting yet.
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            interval,
            shared: Arc::default(),
        }
    }

    /// The use that is known but may not be in the database yet.
    ///
    /// Asked *before* the row is read, so that a use that is not here any more is in the row.
    pub(super) fn pending(&self, hash: &[u8; 32]) -> Option<UnixSeconds> {
        if self.shared.waiting.load(Ordering::Acquire) == 0 {
            return None;
        }
        self.lock().pending.get(hash).copied()
    }

    /// Whether a use that was recorded then is so old that this one is to be recorded.
    pub(super) fn is_due(&self, seen_at: UnixSeconds, now: UnixSeconds) -> bool {
        now.since(seen_at) >= self.interval
    }

    /// Notes a use, and sends what has been noted to the database unless a write is on its way. Never waits.
    pub(super) fn note(&self, database: &Database, hash: [u8; 32], now: UnixSeconds) {
        let mut state = self.lock();
        let noted = state.pending.get(&hash);
        if noted.is_none_or(|noted| self.is_due(*noted, now)) {
            state.pending.insert(hash, now);
        }
        self.publish(&state);
        drop(state);
        self.start(database, true);
    }

    /// Writes what is waiting unless a write is on its way.
    fn start(&self, database: &Database, may_wait: bool) {
        let writing = std::mem::replace(&mut self.lock().writing, true);
        if !writing {
            self.write(database, may_wait);
        }
    }

    /// Forgets everything, since there are no sessions any more and the clock may be about to go back.
    pub(super) fn clear(&self) {
        let mut state = self.lock();
        state.pending.clear();
        self.publish(&state);
    }

    fn write(&self, database: &Database, may_wait: bool) {
        let noted = self.clone();
        let (settled, same, own) = (self.clone(), database.clone(), database.clone());
        // A use is recorded for many requests at once and after they were answered, so it is a step of none of them.
        let queued = database.write_unwatched(
            may_wait,
            move |connection| {
                // At the end nobody waits behind it, and nothing follows on it.
                let most = if own.is_closed() { usize::MAX } else { CHUNK };
                let uses = noted.lock().first(most);
                for (hash, at) in &uses {
                    noted.touch(connection, hash, *at)?;
                }
                Ok(uses)
            },
            move |written| {
                // What could not be written is kept, counts for loads here, and is written with the next use.
                let succeeded = written.is_ok();
                let written = written.unwrap_or_default();
                let was_full = written.len() == CHUNK;
                let more = settled.settle(written);
                if succeeded && more {
                    settled.start(&same, !was_full);
                }
            },
        );
        if queued.is_err() {
            self.lock().writing = false;
        }
    }

    /// Records a use in a row that is there and whose recorded use is old enough.
    pub(super) fn touch(
        &self,
        connection: &Connection,
        hash: &[u8; 32],
        at: UnixSeconds,
    ) -> rusqlite::Result<()> {
        connection
            .prepare_cached("UPDATE sessions SET seen_at = ?2 WHERE hash = ?1 AND seen_at <= ?3")?
            .execute(params![hash, at.0, at.minus(self.interval).0])?;
        Ok(())
    }

    /// Forgets what has become durable; says whether more was noted while that was being written.
    fn settle(&self, written: Vec<([u8; 32], UnixSeconds)>) -> bool {
        let mut state = self.lock();
        state.writing = false;
        for (hash, at) in written {
            if state.pending.get(&hash) == Some(&at) {
                state.pending.remove(&hash);
            }
        }
        self.publish(&state);
        !state.pending.is_empty()
    }

    fn publish(&self, state: &State) {
        let waiting = state.pending.len();
        self.shared.waiting.store(waiting, Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        let state = self.shared.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }
}
