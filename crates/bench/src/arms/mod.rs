//! What is measured: one server with one setting each, a row of the table.

mod all;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Of which of the two ideas an arm is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// No authentication: what the others are measured against.
    Floor,
    /// The server remembers.
    Session,
    /// The credential says it all.
    Token,
}

/// How the credential of an arm travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carried {
    Nothing,
    Cookie,
    Header,
}

/// Who serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// `svt serve`.
    Ours,
    /// The peer in Rust.
    Axum,
    /// The peer on actix-web, with actix-session's own store in Redis.
    Actix,
    /// The peer on Node.
    Fastify,
}

/// An engine that an arm's state is kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    Postgres,
    Redis,
}

/// One server with its settings.
#[derive(Debug)]
pub struct Arm {
    /// By which it is chosen: `--arm NAME`.
    pub name: &'static str,
    /// As a heading and in sentences: "a session in SQLite".
    pub title: &'static str,
    /// Of which idea it is.
    pub side: Side,
    /// Which program it is.
    pub(crate) program: Program,
    /// What the program serves: the word after `svt serve`.
    pub(crate) served: &'static str,
    /// Its settings, each as `key=value`.
    pub(crate) settings: &'static [&'static str],
    /// What else `svt serve` is told.
    pub(crate) flags: &'static [&'static str],
    pub(crate) carried: Carried,
    /// What has to be started beside it, and is paid for with it.
    pub(crate) needs: Option<Needs>,
}

impl Arm {
    /// Whether there is a bank with users behind it.
    pub(crate) fn has_bank(&self) -> bool {
        self.served != NAKED
    }

    /// Whether it differs from another arm only in how it writes.
    pub(crate) fn is_for_writes_alone(&self) -> bool {
        !self.flags.is_empty()
    }

    /// Whether it needs an engine, which has to be installed.
    pub(crate) fn needs_engine(&self) -> bool {
        self.needs.is_some()
    }

    /// Whether what it knows of its logins is in its process alone.
    pub(crate) fn keeps_in_memory(&self) -> bool {
        self.settings.contains(&"store=memory")
    }
}

pub use all::{ALL, PEERS};
pub(crate) use all::{PEER_IN_REDIS, REMOTE, remote};

/// What is served by a handler with nothing around it.
pub(crate) const NAKED: &str = "naked";

/// The arm that every ratio is over.
pub const BARE: &str = "bare";

/// Has every arm of a token check the signature at every request, but those that are named for knowing it again.
const EVERY_TIME: &str = "verified_tokens=0";

/// Has what is asked about a session or a token be read at every request.
const READ_EVERY_TIME: &str = "remembered_rows=0";

/// The arms of `--quick`.
pub const QUICK: [&str; 7] = [
    BARE,
    "session-memory",
    "session-sqlite",
    "session-sqlite-seen",
    "jwt-hs256",
    "jwt-eddsa",
    "jwt-eddsa-seen",
];

/// The arm of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Arm> {
    ALL.iter().find(|arm| arm.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_arm_has_a_name_and_a_title_of_its_own_and_the_quick_ones_exist() {
        let names: BTreeSet<_> = ALL.iter().map(|arm| arm.name).collect();
        let titles: BTreeSet<_> = ALL.iter().map(|arm| arm.title).collect();
        assert_eq!((names.len(), titles.len()), (ALL.len(), ALL.len()));
        assert!(QUICK.into_iter().all(|name| named(name).is_some()));
        assert_eq!(QUICK.first(), Some(&BARE));
    }

    #[test]
    fn every_arm_of_a_token_checks_its_signature_unless_it_is_named_for_having_seen_it() {
        for arm in ALL.iter().filter(|arm| arm.served == "jwt") {
            let checks = arm.settings.contains(&EVERY_TIME);
            assert_eq!(checks, !arm.name.ends_with("-seen"), "{}", arm.name);
        }
    }

    #[test]
    fn every_arm_that_asks_sqlite_at_a_request_reads_it_unless_it_is_named_for_having_seen_it() {
        let asks = [
            "store=database",
            "revocation=denylist",
            "revocation=not-before",
        ];
        let is_asking =
            |arm: &&Arm| !arm.needs_engine() && asks.iter().any(|ask| arm.settings.contains(ask));
        assert_eq!(ALL.iter().filter(is_asking).count(), 13);
        for arm in ALL.iter().filter(is_asking) {
            let reads = arm.settings.contains(&READ_EVERY_TIME);
            assert_eq!(reads, !arm.name.ends_with("-seen"), "{}", arm.name);
        }
    }
}
