-- What is kept of the keys of applications: enough to recognise a key, not to use it. Its twin for PostgreSQL has the same
-- file name in the folder beside this one; the conventions are those of the first file.

-- A key in clear, as an import brings it. It is hashed and cleared when the program next opens the database, and so are those
-- from before this file: SQLite has no SHA-256. It cannot take NOT NULL from a column either, so another one takes its place.
DROP INDEX uq_application_api_key;
ALTER TABLE application RENAME COLUMN api_key TO clear_key;
ALTER TABLE application ADD COLUMN api_key TEXT;
UPDATE application SET api_key = clear_key;
ALTER TABLE application DROP COLUMN clear_key;
CREATE UNIQUE INDEX uq_application_api_key ON application (api_key);

-- The characters a key begins with: it is looked up by them, and shown by them to people.
ALTER TABLE application ADD COLUMN key_prefix TEXT;
-- SHA-256 of the key in unpadded URL-safe base64.
ALTER TABLE application ADD COLUMN key_hash TEXT
    CHECK ((key_prefix IS NULL) = (key_hash IS NULL) AND (api_key IS NULL OR key_hash IS NULL));
-- From then on its keys are good for nothing; NULL for never.
ALTER TABLE application ADD COLUMN expires_at TEXT;
-- When a request last came with one of its keys, to about a minute. Noting it is no change: updated_at stays.
ALTER TABLE application ADD COLUMN last_used_at TEXT;
CREATE INDEX ix_application_key_prefix ON application (key_prefix);
CREATE UNIQUE INDEX uq_application_key_hash ON application (key_hash);

-- Keys that were replaced and are good for a while longer, so that programs can change over one by one.
CREATE TABLE application_replaced_key (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    application_id INTEGER NOT NULL REFERENCES application (id) ON DELETE CASCADE,
    key_prefix TEXT NOT NULL,
    key_hash TEXT NOT NULL,
    expires_at TEXT NOT NULL
);
CREATE INDEX ix_application_replaced_key_application_id ON application_replaced_key (application_id);
CREATE INDEX ix_application_replaced_key_key_prefix ON application_replaced_key (key_prefix);
