//! What was taken back, in the memory of each verifier: an ordered log in the database, followed with a cursor.
//!
//! A row that takes something back carries the id of the transaction that wrote it. A look reads all rows from the cursor on, and by the
//! same snapshot the lowest id of a transaction that was still running: that is the next cursor. Whatever was committed under a lower id is
//! in the snapshot; whatever is committed later has an id that is not lower. So nothing is missed, however late it commits, and no
//! writer waits for another, as they would for the next number of a sequence without gaps. Rows from the cursor on may be read twice, which
//! changes nothing.
//!
//! A verifier looks several times a second. `NOTIFY` only makes it look sooner: whoever takes something back sends it afterwards, at
//! most once in a while, since commits with a notification wait for each other.
//!
//! *Security*: a verifier that has not looked for longer than it may answers nobody whose token it would have to look up.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, Weak};
use std::time::Duration;

use token_core::clock::Clock;
use token_core::refresh::FamilyId;
use tokio::sync::{Mutex, Notify};
use tokio::time::{sleep, timeout};
use tokio_postgres::{AsyncMessage, Config, NoTls, Row};

use super::failure::Failure;
use super::{DEADLINE, Postgres, Shared, StatementError};
use crate::{StoreError, UserId, chain};

/// How often a verifier looks when nobody tells it to.
const EVERY: Duration = Duration::from_millis(250);

/// How long after a notification this process sends no other.
const QUIET: Duration = Duration::from_millis(20);

/// How long a lost connection for notifications is not tried again.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often everything is read anew, so that what was swept is forgotten.
const AFRESH: Duration = Duration::from_secs(10 * 60);

/// How far behind a verifier may be, unless it is told otherwise.
const MOST: Duration = Duration::from_secs(5);

const CHANNEL: &str = "svt_revocations";

/// All from the cursor on, and in the first row the next cursor.
const LOOK: &str = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, NULL::bytea, NULL::bigint, NULL::bigint, NULL::bigint
     UNION ALL SELECT NULL, family, through, NULL, NULL FROM denied_tokens WHERE xid >= ($1::bigint)::text::xid8 AND at >= $2
     UNION ALL SELECT NULL, NULL, NULL, id, token_epoch FROM users WHERE epoch_xid >= ($1::bigint)::text::xid8";

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
    /// Held while looking, so that looks follow each other.
    looking: Mutex<()>,
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
    denied: HashMap<[u8; 16], u32>,
    epochs: HashMap<i64, i64>,
    /// From which transaction on there may be something new.
    cursor: i64,
    /// When everything was read, in milliseconds of the monotonic clock.
    read_at: u64,
}

/// What was taken back, while it is looked at.
pub(crate) struct Revoked<'a>(RwLockReadGuard<'a, Known>);

impl Revoked<'_> {
    /// Through which number the tokens of a family were taken back.
    pub(crate) fn through(&self, family: FamilyId) -> Option<u32> {
        self.0.denied.get(&family.0).copied()
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
            looking: Mutex::default(),
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
            let _held = self.looking.lock().await;
            if self.begun.load(Ordering::Acquire) == arrived {
                return self.look_now(database).await;
            }
            // Whoever began meanwhile has ended, since this holds the lock.
            match self.succeeded.load(Ordering::Acquire) > arrived {
                true => Ok(()),
                false => Err(Failure::Deadline.into()),
            }
        };
        match timeout(DEADLINE, turn).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::Deadline.into()),
        }
    }

    async fn look_now(&self, database: &Postgres) -> Result<(), StoreError> {
        let number = self.begun.fetch_add(1, Ordering::AcqRel) + 1;
        let now = milliseconds(self.clock.monotonic());
        let (cursor, is_afresh) = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            let is_afresh = now.saturating_sub(known.read_at) >= milliseconds(AFRESH);
            (if is_afresh { 0 } else { known.cursor }, is_afresh)
        };
        let since = self
            .clock
            .wall()
            .0
            .saturating_sub(self.horizon.load(Ordering::Relaxed));
        let rows = database.all(LOOK, &[&cursor, &since]).await?;
        let mut next = Known {
            read_at: now,
            ..Known::default()
        };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let into = if is_afresh { &mut next } else { &mut known };
        into.learn(&rows)?;
        if is_afresh {
            *known = next;
        } else if known.cursor < cursor {
            // Another server has taken over that has not got as far: what it writes from now on may be below the cursor.
            known.cursor = 0;
        }
        drop(known);
        self.looked_at.store(now, Ordering::Release);
        self.succeeded.store(number, Ordering::Release);
        self.is_known.store(true, Ordering::Release);
        Ok(())
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
    /// Takes up what a look has found. What was known already is found again, or something later.
    fn learn(&mut self, rows: &[Row]) -> Result<(), StatementError> {
        for row in rows {
            if let Some(cursor) = row.try_get(0)? {
                self.cursor = cursor;
            } else if let Some(family) = row.try_get::<_, Option<&[u8]>>(1)? {
                let family = family.try_into().unwrap_or_default();
                let through = u32::try_from(row.try_get::<_, i64>(2)?).unwrap_or(u32::MAX);
                self.denied.insert(family, through);
            } else {
                self.epochs.insert(row.try_get(3)?, row.try_get(4)?);
            }
        }
        Ok(())
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

/// Keeps a connection for notifications, in both directions, until the last handle is gone.
async fn keep_listening(shared: Weak<Shared>) {
    loop {
        let Some(revocations) = shared.upgrade().map(|shared| shared.revocations.clone()) else {
            return;
        };
        if let Err(error) = listen(&revocations, &shared).await {
            tracing::debug!(%error, "no notifications of revocations for now");
        }
        sleep(PATIENCE).await;
    }
}

/// Listens and tells until the connection is lost, or the last handle gone.
async fn listen(revocations: &Revocations, shared: &Weak<Shared>) -> Result<(), Failure> {
    let connecting = timeout(DEADLINE, revocations.config.connect(NoTls));
    let (client, mut connection) = connecting.await.map_err(|_| Failure::Deadline)??;
    let hear = async {
        loop {
            match poll_fn(|context| connection.poll_message(context)).await {
                Some(Ok(AsyncMessage::Notification(_))) => revocations.news.notify_one(),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Ok(()),
            }
        }
    };
    let tell = async {
        client.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
        // What was told while nobody listened here is found by looking.
        revocations.news.notify_one();
        while shared.strong_count() > 0 {
            if timeout(PATIENCE, revocations.told.notified()).await.is_ok() {
                client.batch_execute(&format!("NOTIFY {CHANNEL}")).await?;
                sleep(QUIET).await;
            }
        }
        Ok(())
    };
    tokio::select! {
        heard = hear => heard,
        told = tell => told,
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
