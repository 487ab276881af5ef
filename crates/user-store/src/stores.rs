//! Everything a server keeps, gathered.

use std::sync::Arc;

use token_core::clock::Clock;

use crate::denied_tokens::{PostgresDeniedTokens, SqliteDeniedTokens};
use crate::ledger::{PostgresLedger, SqliteLedger};
use crate::login_failures::{PostgresLoginFailures, SqliteLoginFailures};
use crate::notes::{PostgresNotes, SqliteNotes};
use crate::postgres::{Postgres, RevocationCounts};
use crate::refresh_tokens::{PostgresRefreshFamilies, SqliteRefreshFamilies};
use crate::sessions::{PostgresSessions, SqliteSessions};
use crate::sqlite::Database;
use crate::users::{PostgresUsers, SqliteUsers};
use crate::{
    DeniedTokens, Ledger, LoginFailures, Notes, PasswordHasher, PasswordHasherConfig,
    RefreshFamilies, Sessions, Timeouts, Users,
};

/// The stores of one lab or one server. Cloning it clones handles.
#[derive(Debug, Clone)]
pub struct Stores {
    /// The users.
    pub users: Arc<dyn Users>,
    /// Their accounts.
    pub ledger: Arc<dyn Ledger>,
    /// Their notes.
    pub notes: Arc<dyn Notes>,
    /// Their sessions.
    pub sessions: Arc<dyn Sessions>,
    /// Their refresh families.
    pub families: Arc<dyn RefreshFamilies>,
    /// The access tokens that were taken back.
    pub denied: Arc<dyn DeniedTokens>,
    /// The failed logins.
    pub login_failures: Arc<dyn LoginFailures>,
    /// The threads that hash passwords.
    pub passwords: PasswordHasher,
    /// The clock that all of them read.
    pub clock: Arc<dyn Clock>,
    /// What is behind them, for its counters.
    pub engine: Engine,
}

/// What keeps the users, and all else that no other engine keeps.
#[derive(Debug, Clone)]
pub enum Engine {
    /// A SQLite file.
    Sqlite(Database),
    /// A PostgreSQL database.
    Postgres(Postgres),
}

/// How much an engine has read and written for this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Reads.
    pub reads: u64,
    /// Reads that were spared, since the row was remembered.
    pub recalled: u64,
    /// Read transactions that they were made in; fewer where reads between two commits share them.
    pub snapshots: u64,
    /// Operations that wait for the writer, or for a connection.
    pub waiting: u64,
    /// Writes that were committed.
    pub writes: u64,
    /// Commits that carried them; fewer where writes that came together share one.
    pub commits: u64,
}

impl Engine {
    /// How much was read and written.
    pub fn counts(&self) -> Counts {
        match self {
            Self::Sqlite(database) => database.counts(),
            Self::Postgres(database) => database.counts(),
        }
    }

    /// Sessions in it, living by this clock.
    pub fn sessions(&self, clock: Arc<dyn Clock>, timeouts: Timeouts) -> Arc<dyn Sessions> {
        match self {
            Self::Sqlite(database) => {
                Arc::new(SqliteSessions::new(database.clone(), clock, timeouts))
            }
            Self::Postgres(database) => {
                Arc::new(PostgresSessions::new(database.clone(), clock, timeouts))
            }
        }
    }

    /// What is known of revocations, where they are followed and not looked up.
    pub fn revocations(&self) -> Option<RevocationCounts> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(database) => database.revocations(),
        }
    }

    /// Finishes what is waiting and closes. Operations from now on fail.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(database) => database.close().await,
            Self::Postgres(database) => database.close(),
        }
    }
}

impl Stores {
    /// All of them in one SQLite file.
    pub fn sqlite(database: Database, clock: Arc<dyn Clock>, timeouts: Timeouts) -> Self {
        Self {
            users: Arc::new(SqliteUsers::new(database.clone(), clock.clone())),
            ledger: Arc::new(SqliteLedger::new(database.clone(), clock.clone())),
            notes: Arc::new(SqliteNotes::new(database.clone(), clock.clone())),
            families: Arc::new(SqliteRefreshFamilies::new(database.clone(), clock.clone())),
            denied: Arc::new(SqliteDeniedTokens::new(database.clone(), clock.clone())),
            login_failures: Arc::new(SqliteLoginFailures::new(database.clone(), clock.clone())),
            sessions: Arc::new(SqliteSessions::new(
                database.clone(),
                clock.clone(),
                timeouts,
            )),
            passwords: PasswordHasher::new(PasswordHasherConfig::default()),
            clock,
            engine: Engine::Sqlite(database),
        }
    }

    /// All of them in one PostgreSQL database, which replicas share.
    pub fn postgres(database: Postgres, clock: Arc<dyn Clock>, timeouts: Timeouts) -> Self {
        let (one, same) = (|| database.clone(), || clock.clone());
        Self {
            users: Arc::new(PostgresUsers::new(one(), same())),
            ledger: Arc::new(PostgresLedger::new(one(), same())),
            notes: Arc::new(PostgresNotes::new(one(), same())),
            families: Arc::new(PostgresRefreshFamilies::new(one(), same())),
            denied: Arc::new(PostgresDeniedTokens::new(one(), same())),
            login_failures: Arc::new(PostgresLoginFailures::new(one(), same())),
            sessions: Arc::new(PostgresSessions::new(one(), same(), timeouts)),
            passwords: PasswordHasher::new(PasswordHasherConfig::default()),
            clock: same(),
            engine: Engine::Postgres(database),
        }
    }
}
