-- Whether every result that failed or was skipped has its words in the index: making it anew can be interrupted. Its twin for SQLite has the
-- same file name in the folder beside this one; the conventions are those of the first file. A later change of how texts are split
-- sets it to FALSE.
CREATE TABLE text_index (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    is_complete BOOLEAN NOT NULL
);
INSERT INTO text_index (id, is_complete) VALUES (1, FALSE);
