-- Answers that are kept for a while, and the indexes that the first pages of searches are read from. Its twin for PostgreSQL
-- has the same file name in the folder beside this one; the conventions are those of the first file.

-- A write that carries an idempotency key is stored with its answer in one transaction: a repetition is answered from here.
CREATE TABLE idempotency_key (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    -- Who gave the key: keys of different callers have nothing to do with each other.
    principal TEXT NOT NULL,
    key TEXT NOT NULL,
    -- What was asked for.
    fingerprint TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    -- NULL only inside the transaction that writes it.
    status INTEGER,
    body TEXT
);
CREATE UNIQUE INDEX uq_idempotency_key_principal_key ON idempotency_key (principal, key);
CREATE INDEX ix_idempotency_key_expires_at ON idempotency_key (expires_at);

-- Whether an execution has a result. Most searches ask that of every execution there is, so it is kept, by triggers, where it is
-- asked: nobody can write a result and forget it.
ALTER TABLE test_execution ADD COLUMN has_results BOOLEAN NOT NULL DEFAULT FALSE CHECK (has_results IN (FALSE, TRUE));
UPDATE test_execution SET has_results = TRUE WHERE id IN (SELECT test_execution_id FROM test_result);

CREATE TRIGGER test_result_first AFTER INSERT ON test_result BEGIN
    UPDATE test_execution SET has_results = TRUE WHERE id = NEW.test_execution_id AND NOT has_results;
END;

CREATE TRIGGER test_result_last AFTER DELETE ON test_result BEGIN
    UPDATE test_execution SET has_results = FALSE WHERE id = OLD.test_execution_id AND has_results
        AND NOT EXISTS (SELECT 1 FROM test_result WHERE test_execution_id = OLD.test_execution_id);
END;

-- The newest executions: those with results, which is what a search means when nothing is said, and those without.
CREATE INDEX ix_test_execution_created_at_id_with_results ON test_execution (created_at DESC, id DESC) WHERE has_results;
CREATE INDEX ix_test_execution_created_at_id_without_results ON test_execution (created_at DESC, id DESC)
    WHERE NOT has_results;
-- Those of a span of time, for reports.
CREATE INDEX ix_test_execution_created_at ON test_execution (created_at);
-- How many reviews of a build have a decision, without touching the rows.
CREATE INDEX ix_artefact_build_environment_review_decided ON artefact_build_environment_review (artefact_build_id)
    WHERE review_decision <> '[]';
-- Executions in which something happened.
CREATE INDEX ix_test_event_event_name ON test_event (event_name, test_execution_id);
-- Earlier results of the same test case, newest first; and whether it has any in executions of a kind, without touching rows
-- that hold logs.
DROP INDEX ix_test_result_test_case_id_id;
CREATE INDEX ix_test_result_test_case_id_id_test_execution_id ON test_result (test_case_id, id, test_execution_id);
