//! PostgreSQL: connections in a pool, every operation within a deadline, everything durable when it is acknowledged.

mod failure;
mod lease;
mod migrations;
mod notices;
mod revocations;
mod url;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use deadpool_postgres::{Manager, ManagerConfig, Pool, Transaction};
use token_core::clock::Clock;
use token_core::secret::random_bytes;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use tokio_postgres::Row;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::types::ToSql;

use self::failure::Failure;
use self::lease::{Connector, Lease};
use self::revocations::{Revocations, Revoked};
use self::url::{address_of, config_of};
use crate::{Counts, StoreError, chain};

pub use self::failure::OpenError;
pub use self::revocations::RevocationCounts;

/// After this long an operation has failed, whatever it waits for, and the request is answered 503: within a second where the engine is gone,
/// since the first operation fails. Where it is slow, a request of several operations may wait that long for each.
const DEADLINE: Duration = Duration::from_millis(900);

/// How long the engine lets a statement run or wait, and how long a transaction may rest between two. Whoever asked has gone by then. Without
/// an end there, what waits for a lock would keep its process of the engine, be joined by the next that waits, and be done long after it
/// was said to have failed. A commit is no statement in this sense: the engine never ends one half-way.
const LIMITS: &str = "-c statement_timeout=900 -c idle_in_transaction_session_timeout=5000";

/// How long a start waits for the engine: making the tables takes longer than any request.
const OPENING: Duration = Duration::from_secs(5);

/// After about this long without a sign from the other side a connection is lost, also one that nobody waits for.
const SILENCE: Duration = Duration::from_secs(10);

/// How many connections there may be. Each is a process of PostgreSQL; more of them than it has cores to run add little.
const CONNECTIONS: usize = 16;

/// How often a transaction is tried that lost against others, before its caller is told to come back.
const ATTEMPTS: u32 = 10;

/// An open database. Cloning it clones a handle.
#[derive(Clone)]
pub struct Postgres {
    shared: Arc<Shared>,
}

/// What all handles share.
struct Shared {
    pool: Pool,
    /// Where it is, without what is secret about it.
    address: String,
    /// Done once, by whoever reaches the engine first.
    migrated: OnceCell<()>,
    /// What drives the connections.
    runtime: Handle,
    revocations: Arc<Revocations>,
    reads: AtomicU64,
    writes: AtomicU64,
}

/// How many rows a sweep removes in one statement, so that it fits into the deadline and holds few locks.
pub(crate) const SWEEP_CHUNK: i64 = 1000;

/// How many rows a bulk operation writes in one statement.
pub(crate) const BULK_CHUNK: usize = 2000;

/// The values of a statement's parameters.
pub(crate) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Statements that succeed or fail together. They may be run several times, the last of which counts.
#[async_trait]
pub(crate) trait Work: Sync {
    /// What comes of it.
    type Outcome: Send;

    /// Runs the statements. What is refused by the rules is an outcome, and committed; an error undoes everything.
    async fn run(&self, transaction: &Transaction<'_>) -> Result<Self::Outcome, StatementError>;
}

/// Why a statement failed.
pub(crate) type StatementError = tokio_postgres::Error;

impl Postgres {
    /// Opens the database at a URL, `postgres://USER[:PASSWORD]@HOST[:PORT]/DATABASE`, and brings it to the newest schema.
    ///
    /// An engine that does not answer is no error: operations fail with [`StoreError::Unavailable`] until it does. Whatever drives the
    /// connections runs on the runtime of the caller, which has to last as long as the handles.
    ///
    /// # Errors
    /// [`OpenError`] where the URL cannot be used, or the database is another program's or a newer one.
    ///
    /// *Security*: there is no TLS. Beyond one machine the way to the engine has to be private, or a tunnel.
    pub async fn open(url: &str, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let mut config = config_of(url)?;
        let options = format!("{} {LIMITS}", config.get_options().unwrap_or_default());
        config
            .connect_timeout(DEADLINE)
            .tcp_user_timeout(SILENCE)
            .keepalives_idle(SILENCE)
            .keepalives_interval(SILENCE / 5)
            .application_name("svt")
            // A standby lets itself be read, and tells of sessions and tokens that ended a while ago at the primary.
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .options(options.trim_start());
        let connector = Connector {
            runtime: Handle::current(),
        };
        let manager = Manager::from_connect(config.clone(), connector, ManagerConfig::default());
        let pool = Pool::builder(manager).max_size(CONNECTIONS).build()?;
        let database = Self {
            shared: Arc::new(Shared {
                pool,
                address: address_of(&config),
                migrated: OnceCell::new(),
                runtime: Handle::current(),
                revocations: Arc::new(Revocations::new(config, clock)),
                reads: AtomicU64::new(0),
                writes: AtomicU64::new(0),
            }),
        };
        match tokio::time::timeout(OPENING, database.lease()).await {
            Ok(Ok(_)) => {}
            Ok(Err(Failure::Open(error))) => return Err(error),
            Ok(Err(failure)) => match failure.refusal(database.address()) {
                Some(refused) => return Err(refused),
                None => database.warn(&failure),
            },
            Err(_) => database.warn(&Failure::Deadline),
        }
        Ok(database)
    }

    fn warn(&self, failure: &Failure) {
        tracing::warn!(
            "PostgreSQL at {} cannot be used yet ({}): what needs it is answered 503 until it can",
            self.address(),
            chain(failure)
        );
    }

    /// A handle whose verifiers fail closed when they have not heard of revocations for `staleness`, and remember what was taken back for
    /// `horizon`: for as long as a token may live, by their clocks on the wall.
    #[must_use]
    pub fn following(self, staleness: Duration, horizon: Duration) -> Self {
        self.shared.revocations.set(staleness, horizon);
        self
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.shared.address
    }

    /// How much was read and written by this process.
    pub fn counts(&self) -> Counts {
        let reads = self.shared.reads.load(Ordering::Relaxed);
        let writes = self.shared.writes.load(Ordering::Relaxed);
        Counts {
            reads,
            recalled: 0,
            snapshots: reads,
            waiting: self.shared.pool.status().waiting as u64,
            writes,
            commits: writes,
        }
    }

    /// What this process knows of revocations, and since when; `None` while nobody has asked.
    pub fn revocations(&self) -> Option<RevocationCounts> {
        self.shared.revocations.counts()
    }

    /// Ends the connections. Operations from now on fail.
    pub fn close(&self) {
        self.shared.pool.close();
    }

    /// Reads one row, if there is one.
    pub(crate) async fn read_one(
        &self,
        sql: &str,
        values: Values<'_>,
    ) -> Result<Option<Row>, StoreError> {
        self.shared.reads.fetch_add(1, Ordering::Relaxed);
        self.one(sql, values).await
    }

    /// Reads rows.
    pub(crate) async fn read_all(
        &self,
        sql: &str,
        values: Values<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        self.shared.reads.fetch_add(1, Ordering::Relaxed);
        self.all(sql, values).await
    }

    /// Changes rows; says how many. One statement is one transaction.
    pub(crate) async fn write(&self, sql: &str, values: Values<'_>) -> Result<u64, StoreError> {
        self.shared.writes.fetch_add(1, Ordering::Relaxed);
        self.retrying(|| async move { self.lease().await?.execute(sql, values).await })
            .await
    }

    /// Changes a row, and reads what the statement returns of it.
    pub(crate) async fn write_one(
        &self,
        sql: &str,
        values: Values<'_>,
    ) -> Result<Option<Row>, StoreError> {
        self.shared.writes.fetch_add(1, Ordering::Relaxed);
        self.one(sql, values).await
    }

    /// Changes rows, and reads what the statement returns of them.
    pub(crate) async fn write_all(
        &self,
        sql: &str,
        values: Values<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        self.shared.writes.fetch_add(1, Ordering::Relaxed);
        self.all(sql, values).await
    }

    /// Removes rows by a statement that removes [`SWEEP_CHUNK`] at a time, until there are none left; says how many.
    pub(crate) async fn sweep(&self, sql: &str, values: Values<'_>) -> Result<u64, StoreError> {
        let mut swept = 0;
        loop {
            let deleted = self.write(sql, values).await?;
            swept += deleted;
            if deleted < SWEEP_CHUNK.unsigned_abs() {
                return Ok(swept);
            }
        }
    }

    /// Runs several statements in one transaction.
    pub(crate) async fn transact<W: Work>(&self, work: &W) -> Result<W::Outcome, StoreError> {
        self.shared.writes.fetch_add(1, Ordering::Relaxed);
        self.retrying(|| async move { self.lease().await?.transact(work).await })
            .await
    }

    /// What was taken back, as this process knows it.
    pub(crate) async fn revoked(&self) -> Result<Revoked<'_>, StoreError> {
        let revocations = &self.shared.revocations;
        revocations.follow(self).await?;
        if revocations.current().is_err() {
            // This process may have been held up, and the database be there: so it is asked before anybody is refused.
            revocations.look(self).await?;
        }
        revocations.current()
    }

    /// To be called when something was taken back: this process knows of it when this returns, and the others are told to look.
    pub(crate) async fn published(&self) -> Result<(), StoreError> {
        self.shared.revocations.published(self).await
    }

    async fn one(&self, sql: &str, values: Values<'_>) -> Result<Option<Row>, StoreError> {
        let mut rows = self.all(sql, values).await?;
        Ok(rows.pop())
    }

    async fn all(&self, sql: &str, values: Values<'_>) -> Result<Vec<Row>, StoreError> {
        self.retrying(|| async move { self.lease().await?.query(sql, values).await })
            .await
    }

    /// A connection to a database of the newest schema.
    async fn lease(&self) -> Result<Lease, Failure> {
        let shared = &self.shared;
        let mut lease = Lease::of(shared.pool.get().await?, shared.runtime.clone());
        shared.migrated.get_or_try_init(|| lease.migrate()).await?;
        Ok(lease)
    }

    /// Brings the database to the newest schema, if that has not been done.
    async fn migrated(&self) -> Result<(), Failure> {
        if self.shared.migrated.get().is_none() {
            self.lease().await?;
        }
        Ok(())
    }

    /// Does something within the deadline, again and again where it loses against other transactions.
    async fn retrying<T, F>(&self, attempt: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let attempts = async {
            for number in 1..=ATTEMPTS {
                match attempt().await {
                    Err(failure) if failure.is_conflict() => pause(number).await,
                    other => return other.map_err(StoreError::from),
                }
            }
            Err(StoreError::Busy)
        };
        match tokio::time::timeout(DEADLINE, attempts).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::Deadline.into()),
        }
    }
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres")
            .field("address", &self.shared.address)
            .finish_non_exhaustive()
    }
}

/// Some hundredths of a second at most, longer after each try, and never as long as another's.
async fn pause(attempt: u32) {
    let [random] = random_bytes::<1>();
    let step = Duration::from_micros(20 * (1 + u64::from(random)));
    tokio::time::sleep(step * attempt).await;
}
