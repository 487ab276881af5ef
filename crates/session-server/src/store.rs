//! Where the rows of sessions are kept.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use user_store::sessions::MemorySessions;
use user_store::{Sessions, Stores};

use crate::config::SessionConfig;
use crate::dangerously_unkept::DangerouslyUnkeptSessions;

/// Where the rows of sessions are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionStoreKind {
    /// In the database: outlives the server, and is shared by all that open it. A table beside the users, or an engine of its own.
    #[default]
    Database,
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
    /// The value that a store answers to which has this name.
    pub(crate) fn of(store_name: &str) -> Self {
        match store_name {
            MemorySessions::NAME => Self::Memory,
            DangerouslyUnkeptSessions::NAME => Self::DangerouslyCookie,
            _ => Self::Database,
        }
    }
}

impl SessionConfig {
    /// `stores` with the sessions that these settings ask for, opened by the clock of `stores`.
    ///
    /// Each call opens them anew: what an earlier call kept in memory is not in the result.
    #[must_use]
    pub fn stores(&self, stores: Stores) -> Stores {
        let (clock, timeouts) = (Arc::clone(&stores.clock), self.timeouts());
        let sessions: Arc<dyn Sessions> = match self.store {
            SessionStoreKind::Database => stores.engine.sessions(clock, timeouts),
            SessionStoreKind::Memory => Arc::new(MemorySessions::new(clock, timeouts)),
            SessionStoreKind::DangerouslyCookie => Arc::new(DangerouslyUnkeptSessions),
        };
        Stores { sessions, ..stores }
    }
}

#[cfg(test)]
mod tests {
    use token_core::clock::{ManualClock, UnixSeconds};
    use user_store::Timeouts;
    use user_store::sqlite::Database;

    use super::*;

    #[test]
    fn every_value_of_the_setting_opens_another_store() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path().join("bank.db")).unwrap();
        let clock = Arc::new(ManualClock::at(UnixSeconds(1_700_000_000)));
        let stores = Stores::sqlite(database, clock, Timeouts::default());
        for (value, name) in [
            ("database", "sqlite"),
            ("memory", "memory"),
            ("dangerously-cookie", "dangerously-cookie"),
        ] {
            let config = SessionConfig {
                store: serde_json::from_value(value.into()).expect(value),
                ..SessionConfig::default()
            };
            assert_eq!(config.stores(stores.clone()).sessions.store_name(), name);
        }
    }
}
