-- Artefacts that somebody keeps: nothing of them goes because it is old. Its twin for PostgreSQL has the same file name in the folder
-- beside this one; the conventions are those of the first file.
CREATE TABLE kept_artefact (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    artefact_id INTEGER NOT NULL REFERENCES artefact (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_kept_artefact_artefact_id ON kept_artefact (artefact_id);
