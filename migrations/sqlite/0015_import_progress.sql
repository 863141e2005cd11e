-- What was copied from the database of an existing installation. Its twin for PostgreSQL has the same file name in the folder beside this one;
-- the conventions are those of the first file.

-- A row for each table as soon as something is copied: rows with ids up to `last_id` came from there, later ones were made here.
CREATE TABLE import_progress (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    table_name TEXT NOT NULL,
    -- 0 where nothing came yet, and for tables without ids.
    last_id INTEGER NOT NULL
);
CREATE UNIQUE INDEX uq_import_progress_table_name ON import_progress (table_name);
