//! The SQLite file: one writer thread, several readers, everything durable when it is acknowledged.

mod connection;
mod log_index;
mod migrations;
mod readers;
mod remembered;
mod temporary;
mod writer;

use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::oneshot;
use tracing::Span;

use self::readers::Readers;
use self::remembered::Memory;
use self::temporary::TemporaryFolder;
use self::writer::{Job, SharedCounters, Write};
use crate::{Counts, StoreError};

pub use self::connection::OpenError;
pub(crate) use self::remembered::{Remembered, Table};

/// How many writes may wait. At the measured rate the last of them waits a few hundredths of a second; more would only be waited for in vain.
const QUEUE: usize = 1024;

/// How many rows a sweep removes in one job, so that nobody waits long behind it.
pub(crate) const SWEEP_CHUNK: u32 = 1000;

/// How many rows a bulk operation writes in one job: enough that the flush at its end costs nothing per row.
pub(crate) const BULK_CHUNK: usize = 10_000;

/// An open database. Cloning it clones a handle; the file is closed after the last one.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
    /// How many rows of a table are remembered by stores that are made of this handle.
    remembered: usize,
}

/// What all handles share.
struct Shared {
    /// The file.
    path: std::path::PathBuf,
    /// The way to the writer; taken when the database is closed. Locked by every write for the length of a try_send, never across one.
    queue: Mutex<Option<SyncSender<Box<dyn Job>>>>,
    /// What reads; the writer has it too, to end what they keep.
    readers: Arc<Readers>,
    /// Rows that need not be read again; the writer has it too, to have forgotten what it changes.
    memory: Arc<Memory>,
    /// The writer thread; taken by whoever waits for its end.
    writer: Mutex<Option<JoinHandle<()>>>,
    /// What the writer counts.
    counters: SharedCounters,
    /// The folder to be removed at the end, if the database is a temporary one.
    _folder: Option<TemporaryFolder>,
}

impl Database {
    /// Opens the file, makes it if it is missing, and brings it to the newest schema.
    ///
    /// # Errors
    /// [`OpenError`], each in one line that says what to do.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::start(path.as_ref(), None, writer::GROUP)
    }

    /// Opens the file as [`Self::open`] does, with at most so many writes to a commit. One shows what it is worth that they share.
    ///
    /// # Errors
    /// [`OpenError`], as [`Self::open`].
    pub fn open_grouping(path: impl AsRef<Path>, most: NonZero<usize>) -> Result<Self, OpenError> {
        Self::start(path.as_ref(), None, most)
    }

    /// Opens a fresh database in a folder of its own, which is removed when the last handle is dropped. For tests.
    ///
    /// A file and not SQLite's in-memory mode, which has no write-ahead log and so other locking than what runs in earnest.
    ///
    /// # Errors
    /// [`OpenError`], as [`Self::open`].
    pub fn open_temporary() -> Result<Self, OpenError> {
        let folder = TemporaryFolder::create()?;
        let path = folder.path().join("svt.db");
        Self::start(&path, Some(folder), writer::GROUP)
    }

    fn start(
        path: &Path,
        folder: Option<TemporaryFolder>,
        group: NonZero<usize>,
    ) -> Result<Self, OpenError> {
        let (connection, log) = connection::open_writer(path)?;
        let memory = Arc::new(Memory::default());
        memory
            .watch(&connection)
            .map_err(|source| OpenError::Sqlite {
                path: path.to_owned(),
                source,
            })?;
        let readers = Arc::new(Readers::new(path.to_owned(), log));
        let (queue, jobs) = sync_channel(QUEUE);
        let counters = SharedCounters::default();
        let (counted, kept, watched) =
            (counters.clone(), Arc::clone(&readers), Arc::clone(&memory));
        let writer = thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || writer::run(connection, &jobs, &counted, group, &kept, &watched))
            .map_err(OpenError::NoThread)?;
        Ok(Self {
            remembered: 0,
            shared: Arc::new(Shared {
                path: path.to_owned(),
                queue: Mutex::new(Some(queue)),
                readers,
                memory,
                writer: Mutex::new(Some(writer)),
                counters,
                _folder: folder,
            }),
        })
    }

    /// A handle whose stores read no row again that nobody has changed since, up to so many of a table: half a KiB for a session, and less for
    /// what is asked about a token. They answer as stores that read would, and see at once what other processes change.
    #[must_use]
    pub fn remembering(self, rows: usize) -> Self {
        Self {
            remembered: rows,
            ..self
        }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Reads, on the calling thread: the query costs less than handing it to another thread would.
    ///
    /// Sees every write that was acknowledged before the call, by this process or another.
    ///
    /// # Errors
    /// [`StoreError::Closed`] after [`Self::close`], else what SQLite says.
    pub fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.shared.readers.read(query)
    }

    /// Room to remember what reads of a table have answered, of those answers that are worth it.
    pub(crate) fn remember<V: Clone + Send + 'static>(
        &self,
        table: Table,
        is_worth: fn(&V) -> bool,
    ) -> Arc<Remembered<V>> {
        self.shared.memory.of(table, self.remembered, is_worth)
    }

    /// Reads the answer about the row with this key, unless it is remembered. The query reads that row and no other.
    ///
    /// Sees what [`Self::read`] would see.
    pub(crate) fn recall<V: Clone>(
        &self,
        remembered: &Remembered<V>,
        key: &[u8],
        query: impl FnOnce(&Connection) -> rusqlite::Result<V>,
    ) -> Result<V, StoreError> {
        let readers = &self.shared.readers;
        let header = remembered
            .has_room()
            .then(|| readers.log.header())
            .flatten();
        let Some(header) = header else {
            return readers.read(query);
        };
        if let Some(answer) = self.shared.memory.recall(remembered, header, key) {
            return Ok(answer);
        }
        let answer = readers.read_since(Some(header), query)?;
        remembered.keep(header, key, &answer, || {
            readers.log.header() == Some(header)
        });
        Ok(answer)
    }

    /// Writes, on the writer thread and within the span given; returns after the commit is on the disk.
    ///
    /// The write takes place also when the returned future is dropped: a client that disconnects cannot leave half an operation.
    /// A job that fails or panics is undone alone. A refusal by the rules of the application is not a failure: return it as a value.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when too many writes are waiting, [`StoreError::Closed`] after [`Self::close`], else what SQLite says.
    pub async fn write<T: Send + 'static>(
        &self,
        step: &Span,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.queue(step.clone(), false, work, move |result| {
            // Nobody may be waiting any more.
            let _ = answer.send(result);
        })?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Writes without being waited for; where it may wait itself, with the next commit or within about a second. `done` is called on the writer
    /// thread after the commit.
    pub(crate) fn write_unwatched<T: Send + 'static>(
        &self,
        may_wait: bool,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        done: impl FnOnce(Result<T, StoreError>) + Send + 'static,
    ) -> Result<(), StoreError> {
        self.queue(Span::none(), may_wait, work, done)
    }

    fn queue<T: Send + 'static>(
        &self,
        step: Span,
        may_wait: bool,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        done: impl FnOnce(Result<T, StoreError>) + Send + 'static,
    ) -> Result<(), StoreError> {
        let job = Box::new(Write {
            step,
            may_wait,
            work: Some(work),
            outcome: None,
            done,
        });
        let queue = lock(&self.shared.queue);
        match queue.as_ref().map(|queue| queue.try_send(job)) {
            Some(Ok(())) => {
                self.shared.counters.queued.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Some(Err(TrySendError::Full(_))) => Err(StoreError::Busy),
            Some(Err(TrySendError::Disconnected(_))) | None => Err(StoreError::Closed),
        }
    }

    /// Whether it takes no more writes.
    pub(crate) fn is_closed(&self) -> bool {
        lock(&self.shared.queue).is_none()
    }

    /// How much has been read and written through this handle and its clones.
    pub fn counts(&self) -> Counts {
        let counters = &self.shared.counters;
        let finished = counters.finished.load(Ordering::Relaxed);
        Counts {
            reads: self.shared.readers.reads(),
            recalled: self.shared.memory.recalled(),
            snapshots: self.shared.readers.snapshots(),
            // The two are not read at one moment; a job that has finished in between waits no more.
            waiting: counters
                .queued
                .load(Ordering::Relaxed)
                .saturating_sub(finished),
            writes: self.shared.counters.jobs.load(Ordering::Relaxed),
            commits: self.shared.counters.commits.load(Ordering::Relaxed),
        }
    }

    /// Deletes every row of every table, in one transaction: a lab begins again, and its file and its readers stay.
    ///
    /// # Errors
    /// [`StoreError`], and then nothing was deleted.
    pub async fn delete_all_rows(&self) -> Result<(), StoreError> {
        self.write(&crate::step!(application, write, "DELETE everything"), |connection| {
            let tables: Vec<String> = connection
                .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            // The order of deletion does not matter to a check that waits for the commit.
            connection.pragma_update(None, "defer_foreign_keys", true)?;
            for table in tables {
                connection.execute(&format!("DELETE FROM \"{table}\""), [])?;
            }
            Ok(())
        })
        .await
    }

    /// Refuses new work, finishes what is waiting, folds the log into the file and closes it. All handles are closed with this one.
    pub async fn close(&self) {
        let Some(writer) = self.shared.stop() else {
            return;
        };
        let (ended, end) = oneshot::channel::<()>();
        // The writer ends on its own; a thread waits for it, so that a worker need not.
        thread::spawn(move || {
            let _ = writer.join();
            drop(ended);
        });
        let _ = end.await;
    }
}

impl Shared {
    /// Refuses new work; gives the writer to whoever is first to ask.
    fn stop(&self) -> Option<JoinHandle<()>> {
        self.readers.close();
        drop(lock(&self.queue).take());
        lock(&self.writer).take()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // The last handle may be one that a job held, and a thread cannot wait for itself.
        if let Some(writer) = self.stop()
            && writer.thread().id() != thread::current().id()
        {
            let _ = writer.join();
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database")
            .field("path", &self.shared.path)
            .finish_non_exhaustive()
    }
}

/// Locks; what these locks guard is consistent at every moment, so a panic elsewhere has not spoilt it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
