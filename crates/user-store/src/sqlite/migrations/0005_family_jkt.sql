-- The thumbprint of the key that a login was made with (RFC 9449 §5): set when the family begins and never changed, or never there.
ALTER TABLE refresh_families ADD COLUMN jkt BLOB CHECK (jkt IS NULL OR length(jkt) = 32);
