//! Where the replicas keep what they have to remember, and what a page may order.

use jwt_server::Revocation;
use serde::{Deserialize, Serialize};

/// Where the session replicas keep their sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Store {
    /// Each in its own process.
    Memory,
    /// In one file.
    #[default]
    Sqlite,
    /// In one Redis.
    Redis,
    /// In one PostgreSQL, which keeps the users and the refresh families of both servers too.
    Postgres,
}

impl Store {
    pub(super) const ALL: [Self; 4] = [Self::Memory, Self::Sqlite, Self::Redis, Self::Postgres];
}

/// How the replicas run. Changing it restarts those that it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mode {
    pub(crate) store: Store,
    /// How the JWT replicas take tokens back.
    pub(crate) revocation: Revocation,
}

impl Default for Mode {
    /// As the notes have it: a table, and tokens that nothing takes back.
    fn default() -> Self {
        Self {
            store: Store::default(),
            revocation: Revocation::None,
        }
    }
}

/// What a page may have done.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub(crate) enum Order {
    /// Ends both processes of a letter at once (SIGKILL).
    Kill { letter: char },
    /// Starts both processes of a letter, killing them first where they run.
    Restart { letter: char },
    /// Has the replicas keep what they remember elsewhere, or take tokens back in another way. Whatever was dead or cut runs again.
    Use { mode: Mode },
    /// Gives the JWT replicas a new signing key; the former one verifies on.
    RotateKey,
    /// Kills the engine that the replicas share.
    CutStore,
    /// Starts it again on what it had kept.
    MendStore,
    /// Everything as it was when the lab was started: mode, engine, processes.
    PutBack,
}
