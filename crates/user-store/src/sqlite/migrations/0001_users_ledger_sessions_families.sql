-- Times are seconds since 1970-01-01T00:00:00Z, amounts are integer minor units.

-- AUTOINCREMENT, since a token or a session may outlive its user: the number must never become someone else's.
-- NOCASE, so that nobody can register as "Alice" beside "alice".
CREATE TABLE users (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    username   TEXT    NOT NULL COLLATE NOCASE UNIQUE,
    password   TEXT    NOT NULL,
    role       TEXT    NOT NULL CHECK (role IN ('customer', 'admin')),
    banned_at  INTEGER,
    created_at INTEGER NOT NULL
) STRICT;

-- The balance is kept, not summed, so that the check can refuse an overdraft whatever the code does.
-- opening_minor stays as it was, so that opening + received - paid can be audited against it.
CREATE TABLE accounts (
    user_id       INTEGER PRIMARY KEY REFERENCES users (id),
    balance_minor INTEGER NOT NULL CHECK (balance_minor >= 0),
    opening_minor INTEGER NOT NULL CHECK (opening_minor >= 0),
    currency      TEXT    NOT NULL
) STRICT;

CREATE TABLE transfers (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    from_user       INTEGER NOT NULL REFERENCES accounts (user_id),
    to_user         INTEGER NOT NULL REFERENCES accounts (user_id),
    amount_minor    INTEGER NOT NULL CHECK (amount_minor > 0),
    currency        TEXT    NOT NULL,
    idempotency_key TEXT    NOT NULL,
    note            TEXT    NOT NULL,
    at              INTEGER NOT NULL,
    CHECK (from_user <> to_user),
    UNIQUE (from_user, idempotency_key)
) STRICT;
CREATE INDEX transfers_paid ON transfers (from_user, id);
CREATE INDEX transfers_received ON transfers (to_user, id);

CREATE TABLE notes (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users (id),
    text    TEXT    NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX notes_of_user ON notes (user_id, id);

-- WITHOUT ROWID: the hash is the only way in, so the row lives in its index and a load is one descent of one tree.
-- No reference to users: sessions may live in another engine, and then nothing here may depend on users being near.
CREATE TABLE sessions (
    hash       BLOB    PRIMARY KEY CHECK (length(hash) = 32),
    user_id    INTEGER NOT NULL,
    username   TEXT    NOT NULL,
    role       TEXT    NOT NULL CHECK (role IN ('customer', 'admin')),
    device     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- Which session an id was renewed into, so that logging out under the old id still ends it. The cascades do all the work:
-- renewing moves every earlier id along, and ending the session forgets them.
CREATE TABLE renewed_sessions (
    old_hash BLOB PRIMARY KEY CHECK (length(old_hash) = 32),
    hash     BLOB NOT NULL REFERENCES sessions (hash) ON UPDATE CASCADE ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX renewed_sessions_into ON renewed_sessions (hash);

-- One row for each family, updated in place: rotation writes one page and leaves nothing to clean up.
CREATE TABLE refresh_families (
    id             BLOB    PRIMARY KEY CHECK (length(id) = 16),
    user_id        INTEGER NOT NULL REFERENCES users (id),
    device         TEXT    NOT NULL,
    generation     INTEGER NOT NULL CHECK (generation BETWEEN 0 AND 4294967295),
    created_at     INTEGER NOT NULL,
    rotated_at     INTEGER NOT NULL,
    revoked_at     INTEGER,
    revoked_reason TEXT CHECK (revoked_reason IN ('logged_out', 'reused', 'user_banned', 'password_changed', 'administrator')),
    CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_families_of_user ON refresh_families (user_id);
CREATE INDEX refresh_families_by_start ON refresh_families (created_at);
