-- Compressed logs. Its twin for PostgreSQL has the same file name in the folder beside this one; the conventions are those of the first file.

-- A log that is long enough to gain by it, compressed by zstd; its text is '' then. NULL where the text is the log.
ALTER TABLE test_result ADD COLUMN io_log_zstd BLOB;
