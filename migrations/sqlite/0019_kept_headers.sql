-- What a kept answer said beside its body: `[[name, value], …]`. Its twin for PostgreSQL has the same file name in the folder beside
-- this one; the conventions are those of the first file.
ALTER TABLE idempotency_key ADD COLUMN headers TEXT NOT NULL DEFAULT '[]';
