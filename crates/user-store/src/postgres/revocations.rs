//! What was taken back, in the memory of each verifier: an ordered log in the database, followed with a cursor.
//!
//! A row that takes something back carries the id of the transaction that wrote it. A look reads all rows from the cursor on, and by the
//! same snapshot the lowest id of a transaction that was still running: that is the next cursor. Whatever was committed under a lower id is
//! in the snapshot; whatever is committed later has an id that is not lower. So nothing is missed, however late it commits, and no
//! writer waits for another, as they would for the next number of a sequence without gaps. Rows from the cursor on may be read twice, which
//! changes nothing.
//!
//! A cursor is worth as much as the connection that it was read on. An id that never reached the disk is given again after a crash, and a
//! standby that takes over need not have got as far: then there is more to come below the cursor. No connection outlives either, so
//! looks have one of their own, and on a new one everything is read. Nor do they wait there for whatever keeps the pool busy.
//!
//! A verifier looks several times a second. `NOTIFY` only makes it look sooner: whoever takes something back sends it afterwards, at
//! most once in a while, since commits with a notification wait for each other.
//!
//! *Security*: a verifier that has not looked for longer than it may answers nobody whose token it would have to look up.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, Weak};
use std::time::Duration;

use token_core::clock::{Clock, UnixSeconds};
use token_core::refresh::FamilyId;
use tokio::sync::{Mutex, Notify, OwnedMutexGuard};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_postgres::{Client, Config, NoTls, Row, Statement};

use super::failure::Failure;
use super::notices::{CHANNEL, keep_listening};
use super::{DEADLINE, Postgres, Shared, StatementError, Values};
use crate::{StoreError, UserId, chain};

/// How often a verifier looks when nobody tells it to.
const EVERY: Duration = Duration::from_millis(250);

/// How long reading everything may take: it is as much as was taken back within the horizon, and nobody who waits for it waits to the end.
const READING: Duration = Duration::from_secs(30);

/// How often is forgotten what is older than the horizon.
const FORGETTING: Duration = Duration::from_secs(10 * 60);

/// How far behind a verifier may be, unless it is told otherwise.
const MOST: Duration = Duration::from_secs(5);

/// All from the cursor on, and in the first row the next cursor.
const LOOK: &str = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, NULL::bytea, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint
     UNION ALL SELECT NULL, family, through, at, NULL, NULL FROM denied_tokens WHERE xid >= ($1::bigint)::text::xid8 AND at >= $2
     UNION ALL SELECT NULL, NULL, NULL, NULL, id, token_epoch FROM users WHERE epoch_xid >= ($1::bigint)::text::xid8";

/// What a process knows of revocations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevocationCounts {
    /// How many families and users are listed.
    pub known: u64,
    /// How long ago the database was looked at.
    pub behind: Duration,
    /// How far behind a verifier may be before it answers nobody.
    pub most: Duration,
    /// How often the database was looked at.
    pub looks: u64,
}

/// The log as a process has read it.
pub(super) struct Revocations {
    config: Config,
    clock: Arc<dyn Clock>,
    /// Read by each request that shows a token, written when something is new.
    known: RwLock<Known>,
    /// Held while looking, so that looks follow each other. A look takes the line, and leaves it if it is still good.
    looking: Arc<Mutex<Option<Line>>>,
    /// The number of the last look that has begun, and of the last that succeeded.
    begun: AtomicU64,
    succeeded: AtomicU64,
    /// The moment before the last look that succeeded, in milliseconds of the monotonic clock.
    looked_at: AtomicU64,
    /// How far behind a verifier may be, in milliseconds.
    most: AtomicU64,
    /// How long ago something may have been taken back that still matters, in seconds.
    horizon: AtomicI64,
    /// Whether somebody asks, so that the log is to be followed.
    is_followed: AtomicBool,
    /// Whether the log has been read at all.
    is_known: AtomicBool,
    /// Another process has told that there is something new.
    news: Notify,
    /// This process has something to tell.
    told: Notify,
}

#[derive(Debug, Default)]
struct Known {
    denied: HashMap<[u8; 16], Denied>,
    epochs: HashMap<i64, i64>,
    /// When what is old was forgotten last, in milliseconds of the monotonic clock.
    forgot_at: u64,
}

/// What was taken back of a family: the tokens through a number, and when.
#[derive(Debug, Clone, Copy)]
struct Denied {
    through: u32,
    at: UnixSeconds,
}

/// The connection of the looks.
struct Line {
    client: Client,
    look: Statement,
    /// From which transaction on there may be something new. Good on this connection alone.
    cursor: i64,
    /// What drives the connection. It ends with the line, also in the midst of an answer.
    _driving: JoinSet<()>,
}

/// What was taken back, while it is looked at.
pub(crate) struct Revoked<'a>(RwLockReadGuard<'a, Known>);

impl Revoked<'_> {
    /// Through which number the tokens of a family were taken back.
    pub(crate) fn through(&self, family: FamilyId) -> Option<u32> {
        self.0.denied.get(&family.0).map(|denied| denied.through)
    }

    /// The epoch of a user's tokens, if it was ever advanced.
    pub(crate) fn epoch_of(&self, user: UserId) -> Option<i64> {
        self.0.epochs.get(&user.0).copied()
    }
}

/// Why a verifier does not answer.
#[derive(Debug, thiserror::Error)]
#[error("revocations were last looked at {behind:?} ago, and at most {most:?} are allowed")]
struct Stale {
    behind: Duration,
    most: Duration,
}

impl Revocations {
    pub(super) fn new(config: Config, clock: Arc<dyn Clock>) -> Self {
        Self {
            config,
            clock,
            known: RwLock::default(),
            looking: Arc::default(),
            begun: AtomicU64::new(0),
            succeeded: AtomicU64::new(0),
            looked_at: AtomicU64::new(0),
            most: AtomicU64::new(milliseconds(MOST)),
            horizon: AtomicI64::new(i64::MAX),
            is_followed: AtomicBool::new(false),
            is_known: AtomicBool::new(false),
            news: Notify::new(),
            told: Notify::new(),
        }
    }

    pub(super) fn set(&self, most: Duration, horizon: Duration) {
        self.most.store(milliseconds(most), Ordering::Relaxed);
        let horizon = i64::try_from(horizon.as_secs()).unwrap_or(i64::MAX);
        self.horizon.store(horizon, Ordering::Relaxed);
    }

    /// Begins to follow the log, if nobody does yet; reads it first.
    pub(super) async fn follow(&self, database: &Postgres) -> Result<(), StoreError> {
        if self.is_known.load(Ordering::Acquire) {
            return Ok(());
        }
        if !self.is_followed.swap(true, Ordering::AcqRel) {
            let runtime = &database.shared.runtime;
            runtime.spawn(keep_looking(Arc::downgrade(&database.shared)));
            runtime.spawn(keep_listening(Arc::downgrade(&database.shared)));
        }
        self.look(database).await
    }

    /// What is known, unless that is too old.
    pub(super) fn current(&self) -> Result<Revoked<'_>, StoreError> {
        let (behind, most) = (self.behind(), self.most());
        if behind > most {
            return Err(StoreError::Unavailable(Arc::new(Stale { behind, most })));
        }
        let known = self.known.read();
        Ok(Revoked(known.unwrap_or_else(PoisonError::into_inner)))
    }

    /// Has this process know what it has just written, and others told of it.
    pub(super) async fn published(&self, database: &Postgres) -> Result<(), StoreError> {
        if !self.is_followed.load(Ordering::Acquire) {
            // Nobody verifies here; what has been written is enough, and others look by themselves.
            let told = database.one("SELECT pg_notify($1, '')", &[&CHANNEL]).await;
            return told.map(drop);
        }
        self.told.notify_one();
        self.look(database).await
    }

    pub(super) fn counts(&self) -> Option<RevocationCounts> {
        if !self.is_known.load(Ordering::Acquire) {
            return None;
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        Some(RevocationCounts {
            known: (known.denied.len() + known.epochs.len()) as u64,
            behind: self.behind(),
            most: self.most(),
            looks: self.begun.load(Ordering::Relaxed),
        })
    }

    /// Reads what is new, or has somebody else read it who begins after this was called.
    pub(super) async fn look(&self, database: &Postgres) -> Result<(), StoreError> {
        let arrived = self.begun.load(Ordering::Acquire);
        let turn = async {
            let held = Arc::clone(&self.looking).lock_owned().await;
            if self.begun.load(Ordering::Acquire) != arrived {
                // Whoever began meanwhile has ended, since this holds the lock.
                return match self.succeeded.load(Ordering::Acquire) > arrived {
                    true => Ok(()),
                    false => Err(Failure::Deadline.into()),
                };
            }
            database.migrated().await?;
            let number = self.begun.fetch_add(1, Ordering::AcqRel) + 1;
            // It goes on though this one's client goes away: others wait for it.
            let looking = Arc::clone(&database.shared.revocations).look_now(number, held);
            match database.shared.runtime.spawn(looking).await {
                Ok(looked) => Ok(looked?),
                Err(_) => Err(Failure::Deadline.into()),
            }
        };
        match timeout(DEADLINE, turn).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::Deadline.into()),
        }
    }

    async fn look_now(
        self: Arc<Self>,
        number: u64,
        mut held: OwnedMutexGuard<Option<Line>>,
    ) -> Result<(), Failure> {
        let now = milliseconds(self.clock.monotonic());
        let horizon = self.horizon.load(Ordering::Relaxed);
        let since = UnixSeconds(self.clock.wall().0.saturating_sub(horizon));
        let kept = held.take().filter(|line| !line.client.is_closed());
        let is_new = kept.is_none();
        let mut line = match kept {
            Some(line) => line,
            None => self.line().await?,
        };
        let limit = if is_new { READING } else { DEADLINE };
        let values: Values<'_> = &[&line.cursor, &since.0];
        let reading = timeout(limit, line.client.query(&line.look, values));
        let rows = reading.await.map_err(|_| Failure::Deadline)??;
        let mut found = Known::default();
        let cursor = found.learn(&rows)?;
        self.take_up(found, is_new, now, since);
        line.cursor = cursor.unwrap_or(line.cursor);
        *held = Some(line);
        self.looked_at.store(now, Ordering::Release);
        self.succeeded.store(number, Ordering::Release);
        self.is_known.store(true, Ordering::Release);
        Ok(())
    }

    /// A connection on which nothing has been read yet.
    async fn line(&self) -> Result<Line, Failure> {
        let connecting = async {
            let (client, connection) = self.config.connect(NoTls).await?;
            let mut driving = JoinSet::new();
            driving.spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "the connection of the looks has ended");
                }
            });
            let limit = milliseconds(READING);
            client
                .batch_execute(&format!("SET statement_timeout = {limit}"))
                .await?;
            Ok(Line {
                look: client.prepare(LOOK).await?,
                client,
                cursor: 0,
                _driving: driving,
            })
        };
        let connected = timeout(DEADLINE, connecting).await;
        connected.map_err(|_| Failure::Deadline)?
    }

    /// Adds what a look has found to what is known, or puts it in its place where everything was read.
    fn take_up(&self, found: Known, is_everything: bool, now: u64, since: UnixSeconds) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if is_everything {
            *known = Known {
                forgot_at: now,
                ..found
            };
            return;
        }
        known.denied.extend(found.denied);
        known.epochs.extend(found.epochs);
        if now.saturating_sub(known.forgot_at) >= milliseconds(FORGETTING) {
            known.denied.retain(|_, denied| denied.at >= since);
            known.forgot_at = now;
        }
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// Another process has something new, or may have had while nobody listened.
    pub(super) fn news(&self) {
        self.news.notify_one();
    }

    /// Waits until this process has something to tell.
    pub(super) async fn told(&self) {
        self.told.notified().await;
    }

    fn behind(&self) -> Duration {
        let now = milliseconds(self.clock.monotonic());
        Duration::from_millis(now.saturating_sub(self.looked_at.load(Ordering::Acquire)))
    }

    fn most(&self) -> Duration {
        Duration::from_millis(self.most.load(Ordering::Relaxed))
    }
}

impl Known {
    /// Takes up what a look has found; the next cursor. What was known already is found again, or something later.
    fn learn(&mut self, rows: &[Row]) -> Result<Option<i64>, StatementError> {
        let mut cursor = None;
        for row in rows {
            if let Some(next) = row.try_get(0)? {
                cursor = Some(next);
            } else if let Some(family) = row.try_get::<_, Option<&[u8]>>(1)? {
                let family = family.try_into().unwrap_or_default();
                let through = u32::try_from(row.try_get::<_, i64>(2)?).unwrap_or(u32::MAX);
                let at = UnixSeconds(row.try_get(3)?);
                self.denied.insert(family, Denied { through, at });
            } else {
                self.epochs.insert(row.try_get(4)?, row.try_get(5)?);
            }
        }
        Ok(cursor)
    }
}

/// Looks several times a second, and whenever there is news, until the last handle is gone.
async fn keep_looking(shared: Weak<Shared>) {
    let mut was_reached = true;
    while let Some(shared) = shared.upgrade() {
        let database = Postgres { shared };
        let revocations = &database.shared.revocations;
        let _ = timeout(EVERY, revocations.news.notified()).await;
        let looked = revocations.look(&database).await;
        match &looked {
            Err(error) if was_reached => {
                tracing::warn!(error = %chain(error), "revocations cannot be followed");
            }
            Ok(()) if !was_reached => tracing::info!("revocations are followed again"),
            _ => {}
        }
        was_reached = looked.is_ok();
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
