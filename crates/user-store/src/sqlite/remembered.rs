//! Rows that are remembered for as long as nothing has changed them.
//!
//! What was read is good until the next commit, whichever process makes it, and the header of the log's index says whether there was one
//! ([`super::log_index`]). Of our own commits it is known which rows they have changed, since triggers of the writer's connection tell it,
//! whatever statement it was; what is remembered of all other rows stays good. Of a commit by another process nothing is known, and everything
//! is forgotten.
//!
//! *Security*: a row that is remembered is one that a read at this moment would find, in this process and beside others. Time is not known
//! here: whether a row has expired must be asked at each use.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;

use super::lock;
use super::log_index::Header;

/// A table of which rows are remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Sessions,
    DeniedTokens,
    Users,
}

impl Table {
    const ALL: [Self; 3] = [Self::Sessions, Self::DeniedTokens, Self::Users];

    fn name(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::DeniedTokens => "denied_tokens",
            Self::Users => "users",
        }
    }

    /// The column by which its rows are found and remembered.
    fn key(self) -> &'static str {
        match self {
            Self::Sessions => "hash",
            Self::DeniedTokens => "family",
            Self::Users => "id",
        }
    }
}

/// What a commit may have changed at most for the rest to be worth keeping.
const MANY: usize = 4096;

/// The answers to reads of single rows, each by its key.
pub(crate) struct Remembered<V> {
    /// Half of the bound: there are two generations.
    generation: usize,
    is_worth: fn(&V) -> bool,
    kept: Mutex<Kept<V>>,
}

/// The older half is forgotten as a whole when the younger one is full; what was asked for meanwhile has moved to the younger.
struct Kept<V> {
    /// The header of which all answers are true.
    as_of: Option<Header>,
    /// Whether the writer is at a commit: its header is there before what it has changed is forgotten here.
    is_committing: bool,
    young: HashMap<Vec<u8>, V>,
    old: HashMap<Vec<u8>, V>,
}

impl<V: Clone> Remembered<V> {
    /// Room for so many answers at most; with less than two there is none.
    fn new(capacity: usize, is_worth: fn(&V) -> bool) -> Self {
        Self {
            generation: capacity / 2,
            is_worth,
            kept: Mutex::new(Kept {
                as_of: None,
                is_committing: false,
                young: HashMap::new(),
                old: HashMap::new(),
            }),
        }
    }

    /// Whether it remembers anything at all.
    pub(super) fn has_room(&self) -> bool {
        self.generation > 0
    }

    /// The answer, if it is known and still true by this header.
    fn recall(&self, header: Header, key: &[u8]) -> Option<V> {
        let mut kept = lock(&self.kept);
        if kept.as_of != Some(header) {
            return None;
        }
        if let Some(answer) = kept.young.get(key) {
            return Some(answer.clone());
        }
        let (key, answer) = kept.old.remove_entry(key)?;
        kept.insert(key, answer.clone(), self.generation);
        Some(answer)
    }

    /// Keeps an answer that was read when the header was this one; `is_still` asks whether it is.
    pub(super) fn keep(
        &self,
        header: Header,
        key: &[u8],
        answer: &V,
        is_still: impl FnOnce() -> bool,
    ) {
        if !(self.is_worth)(answer) {
            return;
        }
        let mut kept = lock(&self.kept);
        if kept.as_of != Some(header) {
            // Asked under the lock, so that the end of a commit of our own comes before it or after.
            if kept.is_committing || !is_still() {
                return;
            }
            // Somebody else has committed.
            kept.forget_all();
            kept.as_of = Some(header);
        }
        kept.insert(key.to_vec(), answer.clone(), self.generation);
    }
}

impl<V> Kept<V> {
    fn insert(&mut self, key: Vec<u8>, answer: V, most: usize) {
        self.old.remove(&key);
        if self.young.len() >= most && !self.young.contains_key(&key) {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(key, answer);
    }

    fn forget(&mut self, key: &[u8]) {
        self.young.remove(key);
        self.old.remove(key);
    }

    fn forget_all(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

impl<V> std::fmt::Debug for Remembered<V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kept = lock(&self.kept);
        f.debug_struct("Remembered")
            .field("rows", &(kept.young.len() + kept.old.len()))
            .finish_non_exhaustive()
    }
}

/// What is told of the commits of this process.
trait Follower: Send + Sync {
    fn commit_begins(&self);
    /// The headers before and after, where nobody else has committed between them; none where that is not known.
    fn commit_ended(&self, headers: Option<(Header, Header)>, changed: Changed<'_>);
}

/// The keys of the rows that a commit has changed in a table.
#[derive(Clone, Copy)]
enum Changed<'a> {
    All,
    These(&'a [Vec<u8>]),
}

impl<V: Send> Follower for Remembered<V> {
    fn commit_begins(&self) {
        lock(&self.kept).is_committing = true;
    }

    fn commit_ended(&self, headers: Option<(Header, Header)>, changed: Changed<'_>) {
        let mut kept = lock(&self.kept);
        kept.is_committing = false;
        let Some((before, after)) = headers.filter(|(before, _)| kept.as_of == Some(*before))
        else {
            return;
        };
        debug_assert!(before == after || after.is_one_commit_after(&before));
        match changed {
            Changed::All => kept.forget_all(),
            Changed::These(keys) => keys.iter().for_each(|key| kept.forget(key)),
        }
        kept.as_of = Some(after);
    }
}

/// Everything that is remembered of one database.
#[derive(Default)]
pub(super) struct Memory {
    /// How many reads were spared.
    recalled: AtomicU64,
    followers: Mutex<Vec<(Table, Weak<dyn Follower>)>>,
    changes: Arc<Mutex<Changes>>,
}

/// The keys of the rows that were changed since the last commit, for each table.
#[derive(Default)]
struct Changes([Vec<Vec<u8>>; Table::ALL.len()]);

impl Memory {
    pub(super) fn recalled(&self) -> u64 {
        self.recalled.load(Ordering::Relaxed)
    }

    /// What is remembered of the row with this key, if it is still true by this header.
    pub(super) fn recall<V: Clone>(
        &self,
        remembered: &Remembered<V>,
        header: Header,
        key: &[u8],
    ) -> Option<V> {
        let answer = remembered.recall(header, key)?;
        self.recalled.fetch_add(1, Ordering::Relaxed);
        Some(answer)
    }

    /// Room to remember rows of a table in.
    pub(super) fn of<V: Clone + Send + 'static>(
        &self,
        table: Table,
        capacity: usize,
        is_worth: fn(&V) -> bool,
    ) -> Arc<Remembered<V>> {
        let remembered = Arc::new(Remembered::new(capacity, is_worth));
        let follower: Arc<dyn Follower> = Arc::clone(&remembered) as _;
        let mut followers = lock(&self.followers);
        followers.retain(|(_, other)| other.strong_count() > 0);
        if remembered.has_room() {
            followers.push((table, Arc::downgrade(&follower)));
        }
        remembered
    }

    /// Has the writer's connection tell which rows it changes. An insert tells too, since an answer may be that there is no such row.
    pub(super) fn watch(&self, writer: &Connection) -> rusqlite::Result<()> {
        let changes = Arc::clone(&self.changes);
        let flags = FunctionFlags::SQLITE_UTF8;
        writer.create_scalar_function("row_changed", 2, flags, move |call| {
            let table: u32 = call.get(0)?;
            let key = match call.get_raw(1) {
                ValueRef::Blob(bytes) => bytes.to_vec(),
                ValueRef::Integer(number) => number.to_be_bytes().to_vec(),
                other => {
                    let is = other.data_type();
                    return Err(rusqlite::Error::InvalidParameterType(1, is));
                }
            };
            let mut changes = lock(&changes);
            let keys = changes.0.get_mut(table as usize);
            if let Some(keys) = keys.filter(|keys| keys.len() < MANY) {
                keys.push(key);
            }
            Ok(rusqlite::types::Null)
        })?;
        for (index, table) in Table::ALL.into_iter().enumerate() {
            let (name, key) = (table.name(), table.key());
            writer.execute_batch(&format!(
                "CREATE TEMP TRIGGER {name}_inserted AFTER INSERT ON main.{name} BEGIN SELECT row_changed({index}, NEW.{key}); END;
                 CREATE TEMP TRIGGER {name}_deleted AFTER DELETE ON main.{name} BEGIN SELECT row_changed({index}, OLD.{key}); END;
                 CREATE TEMP TRIGGER {name}_updated AFTER UPDATE ON main.{name} BEGIN SELECT row_changed({index}, OLD.{key}); END;
                 CREATE TEMP TRIGGER {name}_moved AFTER UPDATE OF {key} ON main.{name} BEGIN SELECT row_changed({index}, NEW.{key}); END;"
            ))?;
        }
        Ok(())
    }

    /// Runs the commit of a transaction that began when the header was `before`.
    pub(super) fn commit<E>(
        &self,
        before: Option<Header>,
        header: impl FnOnce() -> Option<Header>,
        commit: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let followers: Vec<_> = lock(&self.followers)
            .iter()
            .filter_map(|(table, follower)| Some((*table, follower.upgrade()?)))
            .collect();
        for (_, follower) in &followers {
            follower.commit_begins();
        }
        let outcome = commit();
        let headers = match outcome {
            Ok(()) => before.zip(header()),
            Err(_) => None,
        };
        let headers = headers.filter(|(b, after)| after == b || after.is_one_commit_after(b));
        let changes = mem::take(&mut *lock(&self.changes));
        for (table, follower) in &followers {
            let keys = &changes.0[*table as usize];
            let changed = if keys.len() < MANY {
                Changed::These(keys)
            } else {
                Changed::All
            };
            follower.commit_ended(headers, changed);
        }
        outcome
    }
}

#[cfg(test)]
mod tests;
