-- Times are seconds since 1970-01-01T00:00:00Z, amounts are integer minor units. Tables and columns are those of the SQLite schema.

-- A name is the same in any case of its ASCII letters, whatever the locale of the database: "C" folds those and no others.
CREATE TABLE users (
    id          bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username    text    NOT NULL,
    password    text    NOT NULL,
    role        text    NOT NULL CHECK (role IN ('customer', 'admin')),
    banned_at   bigint,
    created_at  bigint  NOT NULL,
    token_epoch bigint  NOT NULL DEFAULT 0,
    -- Which transaction advanced the epoch, if any has: verifiers follow the epochs by it.
    epoch_xid   xid8
);
CREATE UNIQUE INDEX users_by_name ON users (lower(username COLLATE "C"));
CREATE INDEX users_by_epoch ON users (epoch_xid) WHERE epoch_xid IS NOT NULL;

CREATE TABLE accounts (
    user_id       bigint PRIMARY KEY REFERENCES users (id),
    balance_minor bigint NOT NULL CHECK (balance_minor >= 0),
    opening_minor bigint NOT NULL CHECK (opening_minor >= 0),
    currency      text   NOT NULL
);

CREATE TABLE transfers (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    from_user       bigint NOT NULL REFERENCES accounts (user_id),
    to_user         bigint NOT NULL REFERENCES accounts (user_id),
    amount_minor    bigint NOT NULL CHECK (amount_minor > 0),
    currency        text   NOT NULL,
    idempotency_key text   NOT NULL,
    note            text   NOT NULL,
    at              bigint NOT NULL,
    CHECK (from_user <> to_user),
    UNIQUE (from_user, idempotency_key)
);
CREATE INDEX transfers_paid ON transfers (from_user, id);
CREATE INDEX transfers_received ON transfers (to_user, id);

CREATE TABLE notes (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id),
    text    text   NOT NULL,
    at      bigint NOT NULL
);
CREATE INDEX notes_of_user ON notes (user_id, id);

-- No reference to users: sessions may live in another engine. Room is left in each page, so that recording a use, which no index
-- covers, writes one page and no index.
CREATE TABLE sessions (
    hash       bytea  PRIMARY KEY CHECK (length(hash) = 32),
    user_id    bigint NOT NULL,
    username   text   NOT NULL,
    role       text   NOT NULL CHECK (role IN ('customer', 'admin')),
    device     text   NOT NULL,
    created_at bigint NOT NULL,
    seen_at    bigint NOT NULL,
    expires_at bigint NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- Which session an id was renewed into, so that logging out under the old id still ends it.
CREATE TABLE renewed_sessions (
    old_hash bytea PRIMARY KEY CHECK (length(old_hash) = 32),
    hash     bytea NOT NULL REFERENCES sessions (hash) ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX renewed_sessions_into ON renewed_sessions (hash);

-- One row for each family, updated in place by compare and swap.
CREATE TABLE refresh_families (
    id             bytea  PRIMARY KEY CHECK (length(id) = 16),
    user_id        bigint NOT NULL REFERENCES users (id),
    device         text   NOT NULL,
    generation     bigint NOT NULL CHECK (generation BETWEEN 0 AND 4294967295),
    created_at     bigint NOT NULL,
    rotated_at     bigint NOT NULL,
    revoked_at     bigint,
    revoked_reason text CHECK (revoked_reason IN ('logged_out', 'reused', 'user_banned', 'password_changed', 'administrator')),
    jkt            bytea CHECK (jkt IS NULL OR length(jkt) = 32),
    CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX refresh_families_of_user ON refresh_families (user_id);
CREATE INDEX refresh_families_by_start ON refresh_families (created_at);

-- Access tokens that were taken back: one row refuses all that a family was given so far. It is also the log by which verifiers
-- follow: xid is the transaction that wrote the row last, and every commit that a verifier has not seen has an xid that is not
-- below the oldest one that was running when it looked.
CREATE TABLE denied_tokens (
    family  bytea  PRIMARY KEY CHECK (length(family) = 16),
    through bigint NOT NULL,
    at      bigint NOT NULL,
    xid     xid8   NOT NULL
);
CREATE INDEX denied_tokens_by_time ON denied_tokens (at);
CREATE INDEX denied_tokens_by_xid ON denied_tokens (xid);

-- Whatever writes these rows, the transaction is noted: no statement can forget it.
CREATE FUNCTION note_denial() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.xid := pg_current_xact_id();
    RETURN NEW;
END $$;
CREATE TRIGGER denial_is_noted BEFORE INSERT OR UPDATE ON denied_tokens FOR EACH ROW EXECUTE FUNCTION note_denial();

CREATE FUNCTION note_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.epoch_xid := pg_current_xact_id();
    RETURN NEW;
END $$;
CREATE TRIGGER epoch_is_noted BEFORE UPDATE OF token_epoch ON users FOR EACH ROW EXECUTE FUNCTION note_epoch();

-- Whatever ends a family ends its access tokens in the same transaction.
CREATE FUNCTION deny_tokens_of_family() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO denied_tokens (family, through, at) VALUES (NEW.id, NEW.generation, NEW.revoked_at)
    ON CONFLICT (family) DO UPDATE SET through = greatest(denied_tokens.through, excluded.through), at = excluded.at;
    RETURN NULL;
END $$;
CREATE TRIGGER ended_family_denies_its_tokens AFTER UPDATE OF revoked_at ON refresh_families FOR EACH ROW
WHEN (NEW.revoked_at IS NOT NULL AND OLD.revoked_at IS NULL) EXECUTE FUNCTION deny_tokens_of_family();

-- How often passwords were guessed wrong; see the trait LoginFailures for who is counted where.
CREATE TABLE login_failures (
    account  bytea  NOT NULL,
    address  bytea  NOT NULL,
    failures bigint NOT NULL CHECK (failures >= 0),
    pending  bigint NOT NULL CHECK (pending >= 0),
    ends_at  bigint NOT NULL,
    PRIMARY KEY (account, address)
) WITH (fillfactor = 80);
CREATE INDEX login_failures_by_end ON login_failures (ends_at);

CREATE TABLE known_addresses (
    account bytea  NOT NULL,
    address bytea  NOT NULL,
    ends_at bigint NOT NULL,
    PRIMARY KEY (account, address)
);
CREATE INDEX known_addresses_by_end ON known_addresses (ends_at);
