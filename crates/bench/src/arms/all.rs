//! The arms themselves.

use super::{Arm, BARE, Carried, EVERY_TIME, NAKED, Needs, Program, READ_EVERY_TIME, Side};

/// The name that replicas sign in; a server over an engine is one of any number.
const ONE_ISSUER: &str = "issuer=http://benchmark.localhost";

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
        needs: None,
    }
}

const fn session(
    name: &'static str,
    title: &'static str,
    carried: Carried,
    settings: &'static [&'static str],
) -> Arm {
    Arm {
        side: Side::Session,
        settings,
        carried,
        ..floor(name, title, "session")
    }
}

const fn jwt(
    name: &'static str,
    title: &'static str,
    carried: Carried,
    settings: &'static [&'static str],
) -> Arm {
    Arm {
        side: Side::Token,
        settings,
        carried,
        ..floor(name, title, "jwt")
    }
}

const fn on(needs: Needs, arm: Arm) -> Arm {
    Arm {
        needs: Some(needs),
        ..arm
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
        &["store=database", READ_EVERY_TIME],
    ),
    session(
        "session-sqlite-seen",
        "a session in SQLite, seen before",
        Carried::Cookie,
        &["store=database"],
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
        &["store=database", "transport=header", READ_EVERY_TIME],
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
        &[
            "algorithm=HS256",
            "revocation=denylist",
            EVERY_TIME,
            READ_EVERY_TIME,
        ],
    ),
    jwt(
        "jwt-hs256-not-before",
        "a JWT with HS256 and a not-before",
        Carried::Header,
        &[
            "algorithm=HS256",
            "revocation=not-before",
            EVERY_TIME,
            READ_EVERY_TIME,
        ],
    ),
    jwt(
        "jwt-hs256-denylist-seen",
        "a JWT with HS256 and a denylist, seen before",
        Carried::Header,
        &["algorithm=HS256", "revocation=denylist"],
    ),
    jwt(
        "jwt-hs256-not-before-seen",
        "a JWT with HS256 and a not-before, seen before",
        Carried::Header,
        &["algorithm=HS256", "revocation=not-before"],
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
        &[
            "algorithm=EdDSA",
            "revocation=denylist",
            EVERY_TIME,
            READ_EVERY_TIME,
        ],
    ),
    jwt(
        "jwt-eddsa-not-before",
        "a JWT with EdDSA and a not-before",
        Carried::Header,
        &[
            "algorithm=EdDSA",
            "revocation=not-before",
            EVERY_TIME,
            READ_EVERY_TIME,
        ],
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
        &[
            "algorithm=ES256",
            "revocation=denylist",
            EVERY_TIME,
            READ_EVERY_TIME,
        ],
    ),
    jwt(
        "jwt-es256-not-before",
        "a JWT with ES256 and a not-before",
        Carried::Header,
        &[
            "algorithm=ES256",
            "revocation=not-before",
            EVERY_TIME,
            READ_EVERY_TIME,
        ],
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
        &[
            "algorithm=RS256",
            "revocation=denylist",
            EVERY_TIME,
            READ_EVERY_TIME,
        ],
    ),
    jwt(
        "jwt-rs256-not-before",
        "a JWT with RS256 and a not-before",
        Carried::Header,
        &[
            "algorithm=RS256",
            "revocation=not-before",
            EVERY_TIME,
            READ_EVERY_TIME,
        ],
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
    on(
        Needs::Postgres,
        session(
            "session-postgres",
            "a session in PostgreSQL",
            Carried::Cookie,
            &["store=database"],
        ),
    ),
    on(
        Needs::Redis,
        session(
            "session-redis",
            "a session in Redis",
            Carried::Cookie,
            &["store=database"],
        ),
    ),
    on(
        Needs::Postgres,
        jwt(
            "jwt-hs256-denylist-postgres",
            "a JWT with HS256 and a denylist in PostgreSQL",
            Carried::Header,
            &[
                "algorithm=HS256",
                "revocation=denylist",
                ONE_ISSUER,
                EVERY_TIME,
            ],
        ),
    ),
    on(
        Needs::Postgres,
        jwt(
            "jwt-eddsa-postgres",
            "a JWT with EdDSA and families in PostgreSQL",
            Carried::Header,
            &["algorithm=EdDSA", "revocation=none", ONE_ISSUER, EVERY_TIME],
        ),
    ),
];

const fn peer(program: Program, served: &'static str, arm: Arm) -> Arm {
    Arm {
        program,
        served,
        ..arm
    }
}

/// What a session in Redis is measured against.
pub(crate) const PEER_IN_REDIS: &str = "peer-actix-session-redis";

/// The same read as other people would build it; measured only where it is asked for.
pub static PEERS: [Arm; 7] = [
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
    on(
        Needs::Redis,
        peer(
            Program::Actix,
            "session",
            session(
                PEER_IN_REDIS,
                "actix-session and its own store in Redis",
                Carried::Cookie,
                &[],
            ),
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
