//! The one thread that writes.
//!
//! SQLite allows one writer at a time. Left to themselves, writers poll for the lock, unfairly: the slowest wait a second. Here they
//! queue, and whatever has queued up while the disk was busy is committed together, so that `synchronous=FULL` costs one flush for many.

use std::any::Any;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use rusqlite::Connection;
use tracing::Span;

use super::connection::{BUSY_TIMEOUT, LONG_LOG};
use super::readers::Readers;
use super::remembered::Memory;
use crate::StoreError;

/// How many jobs share a commit at most. More gain nothing measurable and delay the first of them.
pub(super) const GROUP: NonZero<usize> = NonZero::new(64).unwrap();

/// How long the snapshot of a reader that nobody uses may keep another process from beginning the log anew.
const SNAPSHOT_AT_REST: Duration = Duration::from_millis(50);

/// For how many such times a job waits that may wait, if there is nothing that it could share a commit with: a second.
const PATIENCE: u32 = 20;

/// How long the log's being begun anew waits for those who still read from it; the writes behind it wait as long.
const FOLDING_TIMEOUT: Duration = Duration::from_millis(100);

/// One write, waiting its turn.
pub(super) trait Job: Send {
    /// Whether nobody waits for it, so that it may wait for company.
    fn may_wait(&self) -> bool;
    /// Does the work in a savepoint of its own; says whether to keep it.
    fn run(&mut self, connection: &Connection) -> Verdict;
    /// Tells the caller, after the commit or instead of it.
    fn finish(self: Box<Self>, commit: Result<(), StoreError>);
}

/// What becomes of a job's savepoint.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Its changes become part of the commit.
    Keep,
    /// Its changes are undone, and those of its neighbours are not.
    Undo,
}

/// A job made of two closures and the span in which the work is done.
pub(super) struct Write<T, W, D> {
    /// The step of this write; closes when the job is done with, which is after the commit.
    pub(super) step: Span,
    /// Whether nobody waits for it.
    pub(super) may_wait: bool,
    /// The work; taken when it is run.
    pub(super) work: Option<W>,
    /// What the work came to; `None` until it has run.
    pub(super) outcome: Option<Result<T, StoreError>>,
    /// Who is told.
    pub(super) done: D,
}

impl<T, W, D> Job for Write<T, W, D>
where
    T: Send,
    W: FnOnce(&Connection) -> rusqlite::Result<T> + Send,
    D: FnOnce(Result<T, StoreError>) + Send,
{
    fn may_wait(&self) -> bool {
        self.may_wait
    }

    fn run(&mut self, connection: &Connection) -> Verdict {
        let Some(work) = self.work.take() else {
            return Verdict::Undo;
        };
        let _entered = self.step.enter();
        // The connection stays consistent whatever the work does: its savepoint is rolled back below.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(connection)))
            .map_err(|panic| StoreError::failed(describe(panic.as_ref())))
            .and_then(|result| result.map_err(StoreError::from));
        let verdict = match outcome {
            Ok(_) => Verdict::Keep,
            Err(_) => Verdict::Undo,
        };
        self.outcome = Some(outcome);
        verdict
    }

    fn finish(self: Box<Self>, commit: Result<(), StoreError>) {
        let Self {
            step,
            outcome,
            done,
            ..
        } = *self;
        // Closed before the caller hears of it, so that the request cannot end before its step does.
        drop(step);
        done(match (commit, outcome) {
            (_, Some(Err(own))) => Err(own),
            (Err(error), _) => Err(error),
            (Ok(()), Some(Ok(value))) => Ok(value),
            (Ok(()), None) => Err(StoreError::Closed),
        });
    }
}

/// What a panic said.
fn describe(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    format!("a write panicked: {text}")
}

/// What the writer has done, for metrics and tests.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Jobs whose changes were committed.
    pub(super) jobs: AtomicU64,
    /// Commits that carried them.
    pub(super) commits: AtomicU64,
    /// Jobs that were accepted.
    pub(super) queued: AtomicU64,
    /// Jobs whose callers were told.
    pub(super) finished: AtomicU64,
}

/// Writes until every handle is gone and the queue is empty, then folds the log into the file and closes it.
pub(super) fn run(
    mut connection: Connection,
    queue: &Receiver<Box<dyn Job>>,
    counters: &Counters,
    most: NonZero<usize>,
    readers: &Readers,
    memory: &Memory,
) {
    let mut folding = Folding::default();
    let mut waiting: Option<Box<dyn Job>> = None;
    let mut at_rest = 0;
    loop {
        let first = match queue.recv_timeout(SNAPSHOT_AT_REST) {
            Ok(job) if job.may_wait() && waiting.is_none() => {
                waiting = Some(job);
                at_rest = 0;
                continue;
            }
            Ok(job) => Some(job),
            Err(RecvTimeoutError::Timeout) => {
                readers.end_snapshots();
                at_rest += 1;
                if waiting.is_none() || at_rest < PATIENCE {
                    continue;
                }
                None
            }
            Err(RecvTimeoutError::Disconnected) if waiting.is_some() => None,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        readers.pause();
        let ready = waiting.take().into_iter().chain(first);
        group(
            &mut connection,
            ready,
            queue,
            counters,
            most.get(),
            readers,
            memory,
        );
        folding.when_long(&connection, readers);
        readers.resume();
    }
    // Another process may be reading, and then the log simply stays for the next checkpoint.
    if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
        tracing::debug!(%error, "could not fold the write-ahead log at close");
    }
}

/// Commits the jobs that are ready together with whatever else is in the queue.
fn group(
    connection: &mut Connection,
    mut ready: impl Iterator<Item = Box<dyn Job>>,
    queue: &Receiver<Box<dyn Job>>,
    counters: &Counters,
    most: usize,
    readers: &Readers,
    memory: &Memory,
) {
    if let Err(error) = statement(connection, "BEGIN IMMEDIATE") {
        // Another process held the lock for as long as we wait, and all who queued have waited with the first.
        let others = queue.try_iter().take(most);
        for job in ready.chain(others) {
            counters.finished.fetch_add(1, Ordering::Relaxed);
            job.finish(Err(error.clone()));
        }
        return;
    }
    // Nobody else commits from here to the end of our commit.
    let header = || readers.log.header();
    let before = header();
    let mut jobs = Vec::with_capacity(most);
    let mut kept = 0;
    let mut next = ready.next();
    let mut outcome = Ok(());
    while let Some(mut job) = next {
        let done = in_savepoint(connection, job.as_mut());
        jobs.push(job);
        match done {
            Ok(Verdict::Keep) => kept += 1,
            Ok(Verdict::Undo) => {}
            // The transaction itself is gone (disk full, I/O error) and with it the work of the neighbours.
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
        next = ready.next();
        if next.is_none() && jobs.len() < most {
            next = queue.try_recv().ok();
        }
    }
    if outcome.is_ok() {
        outcome = memory.commit(before, header, || statement(connection, "COMMIT"));
    }
    if outcome.is_ok() {
        counters.jobs.fetch_add(kept, Ordering::Relaxed);
        counters.commits.fetch_add(1, Ordering::Relaxed);
    } else if !connection.is_autocommit() {
        // Nothing better can be done about a failed rollback than what the next BEGIN will say.
        let _ = statement(connection, "ROLLBACK");
    }
    for job in jobs {
        counters.finished.fetch_add(1, Ordering::Relaxed);
        job.finish(outcome.clone());
    }
}

/// Keeps the log short although readers keep their snapshots.
///
/// SQLite folds a long log into the file at a commit. It then begins anew at the front only if no reader is on it, and
/// readers that keep their snapshots always are. So it is done when this process's readers keep none, and others are waited for.
#[derive(Default)]
struct Folding {
    /// How long the log was when somebody did not leave. It is tried again when it has grown by as much as the first time.
    refused_at: u32,
}

impl Folding {
    fn when_long(&mut self, connection: &Connection, readers: &Readers) {
        let header = readers.log.header();
        let pages = header.map_or(0, |header| header.pages_in_log());
        if pages < self.refused_at.saturating_add(LONG_LOG) {
            return;
        }
        self.refused_at = match restart_log(connection) {
            Ok(true) => 0,
            Ok(false) => pages,
            Err(error) => {
                tracing::debug!(%error, "could not fold the write-ahead log");
                pages
            }
        };
    }
}

/// Folds the log into the file and has the next write begin it anew; says whether everybody has left it.
fn restart_log(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(FOLDING_TIMEOUT)?;
    let is_busy = connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get(0));
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(!is_busy?)
}

/// Runs a job so that its failure undoes nothing but itself. An error means that the whole transaction is lost.
fn in_savepoint(connection: &Connection, job: &mut dyn Job) -> Result<Verdict, StoreError> {
    statement(connection, "SAVEPOINT job")?;
    let verdict = job.run(connection);
    if connection.is_autocommit() {
        return Err(StoreError::failed("SQLite gave the transaction up"));
    }
    if verdict == Verdict::Undo {
        statement(connection, "ROLLBACK TO job")?;
    }
    statement(connection, "RELEASE job")?;
    Ok(verdict)
}

/// Runs a statement of transaction control, prepared once.
fn statement(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// The shared part of a writer's counters.
pub(super) type SharedCounters = Arc<Counters>;
