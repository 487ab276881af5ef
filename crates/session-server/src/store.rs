//! Where the rows of sessions are kept.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use token_core::clock::Clock;
use user_store::sessions::{MemorySessions, SqliteSessions};
use user_store::sqlite::Database;
use user_store::{Sessions, Stores, Timeouts};

use crate::config::SessionConfig;
use crate::dangerously_unkept::DangerouslyUnkeptSessions;

/// A backend of sessions, by the name that [`Sessions::store_name`] says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionStoreKind {
    /// A table beside the users: outlives the server, and is shared by all that open the file.
    #[default]
    Sqlite,
    /// A map in this process: nothing is faster, and every session ends when the server does.
    Memory,
    /// Nowhere: the cookie carries the whole session, encrypted and signed under the cookie key, and no store is read to know who asks.
    ///
    /// *Security*: whoever copied the cookie is in until the absolute timeout. No logout, ban, password change or change of role
    /// reaches a copy, no list names it, and `idle_timeout` is not enforced, since nobody notes when a copy was used last. Whoever
    /// has the cookie key writes sessions of anybody.
    #[serde(rename = "dangerously-cookie")]
    DangerouslyCookie,
}

impl SessionStoreKind {
    /// The name of the backend.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Memory => "memory",
            Self::DangerouslyCookie => DangerouslyUnkeptSessions::NAME,
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
            Self::DangerouslyCookie => Arc::new(DangerouslyUnkeptSessions),
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
        let names = ALL.iter().map(|backend| backend.name);
        for name in names.chain(["dangerously-cookie"]) {
            let kind: SessionStoreKind = serde_json::from_value(name.into()).expect(name);
            let sessions = kind.open(database.clone(), clock.clone(), Timeouts::default());
            assert_eq!(sessions.store_name(), name);
            assert_eq!(kind.as_str(), name);
        }
    }
}
