-- How often passwords were guessed wrong. An empty account means every account tried from the address, an empty address means
-- the account tried from every address that it does not know; both are keyed hashes, since a name may be a mistyped password.
-- pending counts attempts whose password is being checked, so that a burst cannot pass before its first answer.
CREATE TABLE login_failures (
    account  BLOB    NOT NULL,
    address  BLOB    NOT NULL,
    failures INTEGER NOT NULL CHECK (failures >= 0),
    pending  INTEGER NOT NULL CHECK (pending >= 0),
    ends_at  INTEGER NOT NULL,
    PRIMARY KEY (account, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX login_failures_by_end ON login_failures (ends_at);

-- From where an account was logged in to, so that a stranger's failures do not count against its owner.
CREATE TABLE known_addresses (
    account BLOB    NOT NULL,
    address BLOB    NOT NULL,
    ends_at INTEGER NOT NULL,
    PRIMARY KEY (account, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX known_addresses_by_end ON known_addresses (ends_at);
