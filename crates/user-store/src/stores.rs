//! Everything a server keeps, gathered.

use std::sync::Arc;

use token_core::clock::Clock;

use crate::denied_tokens::SqliteDeniedTokens;
use crate::ledger::SqliteLedger;
use crate::login_failures::SqliteLoginFailures;
use crate::notes::SqliteNotes;
use crate::refresh_tokens::SqliteRefreshFamilies;
use crate::sessions::SqliteSessions;
use crate::sqlite::Database;
use crate::users::SqliteUsers;
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
    /// The file behind them, for its counters.
    pub database: Database,
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
            database,
        }
    }
}
