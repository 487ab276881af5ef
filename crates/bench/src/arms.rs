//! What is measured: one server with one setting each, a row of the table.

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
    /// The peer on Node.
    Fastify,
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

    /// Whether what it knows of its logins is in its process alone.
    pub(crate) fn keeps_in_memory(&self) -> bool {
        self.settings.contains(&"store=memory")
    }
}

/// What is served by a handler with nothing around it.
const NAKED: &str = "naked";

/// The arm that every ratio is over.
pub const BARE: &str = "bare";

/// Has every arm of a token check the signature at every request, but those that are named for knowing it again.
const EVERY_TIME: &str = "verified_tokens=0";

/// The arms of `--quick`.
pub const QUICK: [&str; 6] = [
    BARE,
    "session-memory",
    "session-sqlite",
    "jwt-hs256",
    "jwt-eddsa",
    "jwt-eddsa-seen",
];

const fn floor(name: &'static str, title: &'static str, served: &'static str) -> Arm {
    Arm {
        name,
        title,
        side: Side::Floor,
        program: Program::Ours,
        served,
        settings: &[],
        flags: &[],
        carried: Carried::Nothing,
    }
}

const fn session(
    name: &'static str,
    title: &'static str,
    carried: Carried,
    settings: &'static [&'static str],
) -> Arm {
    Arm {
        name,
        title,
        side: Side::Session,
        program: Program::Ours,
        served: "session",
        settings,
        flags: &[],
        carried,
    }
}

const fn jwt(
    name: &'static str,
    title: &'static str,
    carried: Carried,
    settings: &'static [&'static str],
) -> Arm {
    Arm {
        name,
        title,
        side: Side::Token,
        program: Program::Ours,
        served: "jwt",
        settings,
        flags: &[],
        carried,
    }
}

/// Every arm, in the order in which they are listed. A new one is a row here.
pub const ALL: &[Arm] = &[
    floor(NAKED, "a handler with nothing around it", NAKED),
    floor(BARE, "the bank without authentication", "dangerously-bare"),
    session(
        "session-memory",
        "a session in memory",
        Carried::Cookie,
        &["store=memory"],
    ),
    session(
        "session-sqlite",
        "a session in SQLite",
        Carried::Cookie,
        &["store=sqlite"],
    ),
    session(
        "session-cookie",
        "a session in an encrypted cookie",
        Carried::Cookie,
        &["store=dangerously-cookie"],
    ),
    session(
        "opaque-bearer",
        "an opaque bearer token in SQLite",
        Carried::Header,
        &["store=sqlite", "transport=header"],
    ),
    jwt(
        "jwt-hs256",
        "a JWT with HS256",
        Carried::Header,
        &["algorithm=HS256", "revocation=none", EVERY_TIME],
    ),
    jwt(
        "jwt-hs256-seen",
        "a JWT with HS256, seen before",
        Carried::Header,
        &["algorithm=HS256", "revocation=none"],
    ),
    jwt(
        "jwt-hs256-denylist",
        "a JWT with HS256 and a denylist",
        Carried::Header,
        &["algorithm=HS256", "revocation=denylist", EVERY_TIME],
    ),
    jwt(
        "jwt-hs256-not-before",
        "a JWT with HS256 and a not-before",
        Carried::Header,
        &["algorithm=HS256", "revocation=not-before", EVERY_TIME],
    ),
    jwt(
        "jwt-eddsa",
        "a JWT with EdDSA",
        Carried::Header,
        &["algorithm=EdDSA", "revocation=none", EVERY_TIME],
    ),
    jwt(
        "jwt-eddsa-seen",
        "a JWT with EdDSA, seen before",
        Carried::Header,
        &["algorithm=EdDSA", "revocation=none"],
    ),
    jwt(
        "jwt-eddsa-denylist",
        "a JWT with EdDSA and a denylist",
        Carried::Header,
        &["algorithm=EdDSA", "revocation=denylist", EVERY_TIME],
    ),
    jwt(
        "jwt-eddsa-not-before",
        "a JWT with EdDSA and a not-before",
        Carried::Header,
        &["algorithm=EdDSA", "revocation=not-before", EVERY_TIME],
    ),
    jwt(
        "jwt-es256",
        "a JWT with ES256",
        Carried::Header,
        &["algorithm=ES256", "revocation=none", EVERY_TIME],
    ),
    jwt(
        "jwt-es256-denylist",
        "a JWT with ES256 and a denylist",
        Carried::Header,
        &["algorithm=ES256", "revocation=denylist", EVERY_TIME],
    ),
    jwt(
        "jwt-es256-not-before",
        "a JWT with ES256 and a not-before",
        Carried::Header,
        &["algorithm=ES256", "revocation=not-before", EVERY_TIME],
    ),
    jwt(
        "jwt-rs256",
        "a JWT with RS256",
        Carried::Header,
        &["algorithm=RS256", "revocation=none", EVERY_TIME],
    ),
    jwt(
        "jwt-rs256-denylist",
        "a JWT with RS256 and a denylist",
        Carried::Header,
        &["algorithm=RS256", "revocation=denylist", EVERY_TIME],
    ),
    jwt(
        "jwt-rs256-not-before",
        "a JWT with RS256 and a not-before",
        Carried::Header,
        &["algorithm=RS256", "revocation=not-before", EVERY_TIME],
    ),
    jwt(
        "jwt-cookie",
        "a JWT with EdDSA in a cookie",
        Carried::Cookie,
        &[
            "algorithm=EdDSA",
            "revocation=none",
            "transport=cookie",
            EVERY_TIME,
        ],
    ),
    Arm {
        flags: &["--commit-group", "1"],
        ..jwt(
            "jwt-eddsa-commit-each",
            "a JWT with EdDSA, each write committed by itself",
            Carried::Header,
            &["algorithm=EdDSA", "revocation=none", EVERY_TIME],
        )
    },
];

const fn peer(program: Program, served: &'static str, arm: Arm) -> Arm {
    Arm {
        program,
        served,
        ..arm
    }
}

/// The same read as other people would build it; measured only where it is asked for.
pub static PEERS: [Arm; 6] = [
    peer(
        Program::Axum,
        "floor",
        floor("peer-axum", "axum without authentication", ""),
    ),
    peer(
        Program::Axum,
        "jwt",
        jwt(
            "peer-axum-jwt",
            "axum and jsonwebtoken, HS256",
            Carried::Header,
            &[],
        ),
    ),
    peer(
        Program::Axum,
        "session",
        session(
            "peer-axum-session",
            "axum and tower-sessions, in memory",
            Carried::Cookie,
            &[],
        ),
    ),
    peer(
        Program::Fastify,
        "floor",
        floor("peer-fastify", "Fastify without authentication", ""),
    ),
    peer(
        Program::Fastify,
        "jwt",
        jwt(
            "peer-fastify-jwt",
            "Fastify and @fastify/jwt, HS256",
            Carried::Header,
            &[],
        ),
    ),
    peer(
        Program::Fastify,
        "session",
        session(
            "peer-fastify-session",
            "Fastify and @fastify/session, in memory",
            Carried::Cookie,
            &[],
        ),
    ),
];

/// The arm of a server that was not started here.
pub(crate) const REMOTE: &str = "target";

/// What a server that was not started here can turn out to be.
static REMOTES: [Arm; 4] = [
    session(REMOTE, "the target, by a cookie", Carried::Cookie, &[]),
    session(REMOTE, "the target, by a header", Carried::Header, &[]),
    jwt(
        REMOTE,
        "the target, by tokens in a header",
        Carried::Header,
        &[],
    ),
    jwt(
        REMOTE,
        "the target, by tokens in a cookie",
        Carried::Cookie,
        &[],
    ),
];

/// The arm of a server that was not started here.
pub(crate) fn remote(side: Side, carried: Carried) -> Option<&'static Arm> {
    let mut kinds = REMOTES.iter();
    kinds.find(|arm| (arm.side, arm.carried) == (side, carried))
}

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
}
