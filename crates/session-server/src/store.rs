//! Where the rows of sessions are kept.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use token_core::clock::Clock;
use user_store::sessions::{MemorySessions, SqliteSessions};
use user_store::sqlite::Database;
use user_store::{Sessions, Stores, Timeouts};

use crate::config::SessionConfig;

/// A backend of sessions, by the name that [`Sessions::store_name`] says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionStoreKind {
    /// A table beside the users: outlives the server, and is shared by all that open the file.
    #[default]
    Sqlite,
    /// A map in this process: nothing is faster, and every session ends when the server does.
    Memory,
}

impl SessionStoreKind {
    /// The name of the backend.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Memory => "memory",
        }
    }

    fn open(
        self,
        database: Database,
        clock: Arc<dyn Clock>,
        timeouts: Timeouts,
    ) -> Arc<dyn Sessions> {
        match self {
            Self::Sqlite => Arc::new(SqliteSessions::new(database, clock, timeouts)),
            Self::Memory => Arc::new(MemorySessions::new(clock, timeouts)),
        }
    }
}

impl SessionConfig {
    /// `stores` with the sessions that these settings ask for, opened by the clock of `stores`.
    ///
    /// Each call opens them anew: what an earlier call kept in memory is not in the result.
    #[must_use]
    pub fn stores(&self, stores: Stores, database: Database) -> Stores {
        let clock = Arc::clone(&stores.clock);
        Stores {
            sessions: self.store.open(database, clock, self.timeouts()),
            ..stores
        }
    }
}

#[cfg(test)]
mod tests {
    use token_core::clock::{ManualClock, UnixSeconds};
    use user_store::sessions::ALL;

    use super::*;

    #[test]
    fn every_backend_is_a_setting_and_opens_under_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path().join("bank.db")).unwrap();
        let clock = Arc::new(ManualClock::at(UnixSeconds(1_700_000_000)));
        for backend in ALL {
            let kind: SessionStoreKind =
                serde_json::from_value(backend.name.into()).expect(backend.name);
            let sessions = kind.open(database.clone(), clock.clone(), Timeouts::default());
            assert_eq!(sessions.store_name(), backend.name);
            assert_eq!(kind.as_str(), backend.name);
        }
    }
}
