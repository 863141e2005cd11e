-- What the server does by itself from time to time. Its twin for PostgreSQL has the same file name in the folder beside this one; the
-- conventions are those of the first file.

-- A row for each job, made when it is first heard of: the first run is due one interval later.
CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Of the last run; NULL before the first.
    started_at TEXT,
    -- NULL while it runs, and for ever if its process ended before it.
    ended_at TEXT CHECK (ended_at IS NULL OR started_at IS NOT NULL),
    done INTEGER NOT NULL DEFAULT 0 CHECK (done >= 0),
    failed INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
    waiting INTEGER NOT NULL DEFAULT 0 CHECK (waiting >= 0),
    -- Why it came to nothing.
    error TEXT
);
CREATE UNIQUE INDEX uq_job_name ON job (name);
