//! The connections that read, and the snapshots that they keep.
//!
//! A point read costs half a microsecond; the lock that SQLite takes around it costs two more. So a connection keeps its read
//! transaction from one read to the next for as long as the header of the log's index says that nothing was committed since, by this process
//! or another: each read sees every write that was acknowledged before it, exactly as if it had begun a transaction of its own.
//!
//! A kept transaction stands in the way of one thing, the log's being begun anew, by us or by another process. So it ends after a number
//! of reads; the writer ends those of connections at rest, often; and while the writer has work none is kept. It may be waiting for a
//! process that waits for us to leave the log, and its commit would end them in any case.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;

use super::log_index::LogIndex;
use super::{connection, lock, log_index};
use crate::StoreError;

/// How many idle readers are kept open. One for each worker that reads at the same moment is enough.
const IDLE_READERS: usize = 16;

/// How many reads share a snapshot at most: its lock then costs each of them a hundredth of what it costs one.
const READS_PER_SNAPSHOT: u32 = 256;

/// All readers of a database.
pub(super) struct Readers {
    /// The file, for more readers to open.
    path: PathBuf,
    /// Readers at rest, and whether any may be opened still. Locked by every read, for a pop and a push, and by the writer for as long as
    /// it takes to end their snapshots.
    pool: Mutex<Pool>,
    /// How many reads there were.
    reads: AtomicU64,
    /// How many read transactions they were made in.
    snapshots: AtomicU64,
    /// The last to be dropped, after every connection.
    pub(super) log: LogIndex,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Reader>,
    /// Whether a reader that comes to rest gives its snapshot up.
    paused: bool,
    closed: bool,
}

/// A connection, and what it sees.
struct Reader {
    connection: Connection,
    snapshot: Option<Snapshot>,
}

/// A read transaction that is open.
struct Snapshot {
    /// The header before and after it was begun: of all commits until then, and of no other, it sees the rows.
    header: log_index::Header,
    /// How many reads it may serve still.
    left: u32,
}

impl Readers {
    pub(super) fn new(path: PathBuf, log: LogIndex) -> Self {
        Self {
            path,
            pool: Mutex::default(),
            reads: AtomicU64::new(0),
            snapshots: AtomicU64::new(0),
            log,
        }
    }

    pub(super) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    pub(super) fn snapshots(&self) -> u64 {
        self.snapshots.load(Ordering::Relaxed)
    }

    /// Reads on the calling thread what has been committed by now.
    pub(super) fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.read_since(self.log.header(), query)
    }

    /// Reads what has been committed by now, or a little more than what had been when the header was this one.
    pub(super) fn read_since<T>(
        &self,
        header: Option<log_index::Header>,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let mut reader = self.take()?;
        let result = self.read_with(&mut reader, header, query);
        self.put_back(reader);
        Ok(result?)
    }

    fn read_with<T>(
        &self,
        reader: &mut Reader,
        header: Option<log_index::Header>,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        if reader.sees(header) {
            return query(&reader.connection);
        }
        self.snapshots.fetch_add(1, Ordering::Relaxed);
        reader.end_snapshot()?;
        let Some(header) = header else {
            return query(&reader.connection);
        };
        statement(&reader.connection, "BEGIN")?;
        let result = query(&reader.connection);
        // If somebody committed meanwhile, nobody knows whether the snapshot has it, and it serves this read alone.
        if result.is_ok() && self.log.header() == Some(header) {
            let left = READS_PER_SNAPSHOT - 1;
            reader.snapshot = Some(Snapshot { header, left });
        } else {
            statement(&reader.connection, "ROLLBACK")?;
        }
        result
    }

    fn take(&self) -> Result<Reader, StoreError> {
        let idle = {
            let mut pool = lock(&self.pool);
            if pool.closed {
                return Err(StoreError::Closed);
            }
            pool.idle.pop()
        };
        Ok(match idle {
            Some(reader) => reader,
            None => Reader {
                connection: connection::open_reader(&self.path)?,
                snapshot: None,
            },
        })
    }

    fn put_back(&self, mut reader: Reader) {
        let mut pool = lock(&self.pool);
        if pool.paused && reader.end_snapshot().is_err() {
            return;
        }
        // A connection that is surplus, or in a state of its own, is closed and not returned.
        if !pool.closed && pool.idle.len() < IDLE_READERS && reader.is_as_it_says() {
            pool.idle.push(reader);
        }
    }

    /// Ends the snapshots of the readers at rest.
    pub(super) fn end_snapshots(&self) {
        lock(&self.pool)
            .idle
            .retain_mut(|reader| reader.end_snapshot().is_ok());
    }

    /// Ends the snapshots of the readers at rest, and of each that comes to rest until [`Self::resume`].
    pub(super) fn pause(&self) {
        lock(&self.pool).paused = true;
        self.end_snapshots();
    }

    /// Lets readers keep their snapshots again.
    pub(super) fn resume(&self) {
        lock(&self.pool).paused = false;
    }

    /// Refuses reads from now on, and closes what is at rest.
    pub(super) fn close(&self) {
        let mut pool = lock(&self.pool);
        pool.closed = true;
        pool.idle.clear();
    }
}

impl Reader {
    /// Whether the kept snapshot has everything that was committed by the time of this header.
    fn sees(&mut self, header: Option<log_index::Header>) -> bool {
        match &mut self.snapshot {
            Some(snapshot) if Some(snapshot.header) == header && snapshot.left > 0 => {
                snapshot.left -= 1;
                true
            }
            _ => false,
        }
    }

    fn end_snapshot(&mut self) -> rusqlite::Result<()> {
        match self.snapshot.take() {
            Some(_) => statement(&self.connection, "ROLLBACK"),
            None => Ok(()),
        }
    }

    fn is_as_it_says(&self) -> bool {
        self.connection.is_autocommit() == self.snapshot.is_none()
    }
}

/// Runs a statement of transaction control, prepared once.
fn statement(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}
