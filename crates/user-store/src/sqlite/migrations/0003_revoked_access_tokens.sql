-- Access tokens that were taken back before their end. A token is named by its family and its number within it, so one row refuses
-- every token that a login has been given so far: the list holds what was ended, and never what is alive.
CREATE TABLE denied_tokens (
    family  BLOB    PRIMARY KEY CHECK (length(family) = 16),
    through INTEGER NOT NULL,
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX denied_tokens_by_time ON denied_tokens (at);

-- Whatever ends a family, for whatever reason, ends its access tokens in the same transaction: no statement can forget it.
CREATE TRIGGER ended_family_denies_its_tokens AFTER UPDATE OF revoked_at ON refresh_families
WHEN NEW.revoked_at IS NOT NULL AND OLD.revoked_at IS NULL
BEGIN
    INSERT INTO denied_tokens (family, through, at) VALUES (NEW.id, NEW.generation, NEW.revoked_at)
    ON CONFLICT (family) DO UPDATE SET through = excluded.through, at = excluded.at;
END;

-- Counted up when all of a user's access tokens are taken back at once; a token says which count it was issued under.
-- A count and no time: times are whole seconds, and of two tokens of one second one may be good and the other not.
ALTER TABLE users ADD COLUMN token_epoch INTEGER NOT NULL DEFAULT 0;
