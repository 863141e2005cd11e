-- Counts that searches and lists would otherwise have to count anew each time. Its twin for SQLite has the same file name in the folder
-- beside this one; the conventions are those of the first file. All are kept by triggers: nobody can write a row and forget it.

-- How many results an execution has, by status.
ALTER TABLE test_execution ADD COLUMN passed_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE test_execution ADD COLUMN failed_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE test_execution ADD COLUMN skipped_count INTEGER NOT NULL DEFAULT 0;
UPDATE test_execution SET
    passed_count = (SELECT COUNT(*) FROM test_result WHERE test_execution_id = test_execution.id AND status = 'PASSED'),
    failed_count = (SELECT COUNT(*) FROM test_result WHERE test_execution_id = test_execution.id AND status = 'FAILED'),
    skipped_count = (SELECT COUNT(*) FROM test_result WHERE test_execution_id = test_execution.id AND status = 'SKIPPED')
WHERE has_results;

DROP TRIGGER test_result_first ON test_result;
DROP TRIGGER test_result_last ON test_result;
DROP FUNCTION note_first_result();
DROP FUNCTION note_last_result();
CREATE FUNCTION count_added_results() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE test_execution SET
        passed_count = passed_count + counted.passed,
        failed_count = failed_count + counted.failed,
        skipped_count = skipped_count + counted.skipped,
        has_results = passed_count + failed_count + skipped_count + counted.passed + counted.failed + counted.skipped > 0
    FROM (
        SELECT test_execution_id,
            SUM(CASE status WHEN 'PASSED' THEN sign ELSE 0 END) AS passed,
            SUM(CASE status WHEN 'FAILED' THEN sign ELSE 0 END) AS failed,
            SUM(CASE status WHEN 'SKIPPED' THEN sign ELSE 0 END) AS skipped
        FROM (SELECT test_execution_id, status, 1 AS sign FROM stored) AS changed GROUP BY test_execution_id
    ) AS counted
    WHERE id = counted.test_execution_id;
    RETURN NULL;
END $$;
CREATE TRIGGER test_result_added AFTER INSERT ON test_result
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION count_added_results();
CREATE FUNCTION count_removed_results() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE test_execution SET
        passed_count = passed_count + counted.passed,
        failed_count = failed_count + counted.failed,
        skipped_count = skipped_count + counted.skipped,
        has_results = passed_count + failed_count + skipped_count + counted.passed + counted.failed + counted.skipped > 0
    FROM (
        SELECT test_execution_id,
            SUM(CASE status WHEN 'PASSED' THEN sign ELSE 0 END) AS passed,
            SUM(CASE status WHEN 'FAILED' THEN sign ELSE 0 END) AS failed,
            SUM(CASE status WHEN 'SKIPPED' THEN sign ELSE 0 END) AS skipped
        FROM (SELECT test_execution_id, status, -1 AS sign FROM removed) AS changed GROUP BY test_execution_id
    ) AS counted
    WHERE id = counted.test_execution_id;
    RETURN NULL;
END $$;
CREATE TRIGGER test_result_removed AFTER DELETE ON test_result
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_removed_results();
CREATE FUNCTION count_changed_results() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE test_execution SET
        passed_count = passed_count + counted.passed,
        failed_count = failed_count + counted.failed,
        skipped_count = skipped_count + counted.skipped,
        has_results = passed_count + failed_count + skipped_count + counted.passed + counted.failed + counted.skipped > 0
    FROM (
        SELECT test_execution_id,
            SUM(CASE status WHEN 'PASSED' THEN sign ELSE 0 END) AS passed,
            SUM(CASE status WHEN 'FAILED' THEN sign ELSE 0 END) AS failed,
            SUM(CASE status WHEN 'SKIPPED' THEN sign ELSE 0 END) AS skipped
        FROM (SELECT test_execution_id, status, 1 AS sign FROM stored UNION ALL SELECT test_execution_id, status, -1 AS sign FROM removed) AS changed GROUP BY test_execution_id
    ) AS counted
    WHERE id = counted.test_execution_id;
    RETURN NULL;
END $$;
CREATE TRIGGER test_result_status_changed AFTER UPDATE ON test_result
    REFERENCING OLD TABLE AS removed NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION count_changed_results();

-- How many environment reviews a build has, and how many of them have a decision.
ALTER TABLE artefact_build ADD COLUMN reviews_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE artefact_build ADD COLUMN completed_reviews_count INTEGER NOT NULL DEFAULT 0;
UPDATE artefact_build SET
    reviews_count = (
        SELECT COUNT(*) FROM artefact_build_environment_review WHERE artefact_build_id = artefact_build.id
    ),
    completed_reviews_count = (
        SELECT COUNT(*) FROM artefact_build_environment_review
        WHERE artefact_build_id = artefact_build.id AND review_decision <> '[]'
    );
DROP INDEX ix_artefact_build_environment_review_decided;

CREATE FUNCTION count_added_reviews() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- In one order, so that changes of the same builds wait for each other instead of locking each other out.
    PERFORM id FROM artefact_build WHERE id IN (SELECT artefact_build_id FROM (SELECT artefact_build_id, review_decision, 1 AS sign FROM stored) AS changed)
        ORDER BY id FOR NO KEY UPDATE;
    UPDATE artefact_build SET
        reviews_count = reviews_count + counted.reviews,
        completed_reviews_count = completed_reviews_count + counted.completed
    FROM (
        SELECT artefact_build_id, SUM(sign) AS reviews,
            SUM(CASE WHEN review_decision <> '[]' THEN sign ELSE 0 END) AS completed
        FROM (SELECT artefact_build_id, review_decision, 1 AS sign FROM stored) AS changed GROUP BY artefact_build_id
    ) AS counted
    WHERE id = counted.artefact_build_id AND (counted.reviews <> 0 OR counted.completed <> 0);
    RETURN NULL;
END $$;
CREATE TRIGGER environment_review_added AFTER INSERT ON artefact_build_environment_review
    REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION count_added_reviews();
CREATE FUNCTION count_removed_reviews() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- In one order, so that changes of the same builds wait for each other instead of locking each other out.
    PERFORM id FROM artefact_build WHERE id IN (SELECT artefact_build_id FROM (SELECT artefact_build_id, review_decision, -1 AS sign FROM removed) AS changed)
        ORDER BY id FOR NO KEY UPDATE;
    UPDATE artefact_build SET
        reviews_count = reviews_count + counted.reviews,
        completed_reviews_count = completed_reviews_count + counted.completed
    FROM (
        SELECT artefact_build_id, SUM(sign) AS reviews,
            SUM(CASE WHEN review_decision <> '[]' THEN sign ELSE 0 END) AS completed
        FROM (SELECT artefact_build_id, review_decision, -1 AS sign FROM removed) AS changed GROUP BY artefact_build_id
    ) AS counted
    WHERE id = counted.artefact_build_id AND (counted.reviews <> 0 OR counted.completed <> 0);
    RETURN NULL;
END $$;
CREATE TRIGGER environment_review_removed AFTER DELETE ON artefact_build_environment_review
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_removed_reviews();
CREATE FUNCTION count_decided_reviews() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- In one order, so that changes of the same builds wait for each other instead of locking each other out.
    PERFORM id FROM artefact_build WHERE id IN (SELECT artefact_build_id FROM (SELECT artefact_build_id, review_decision, 1 AS sign FROM stored UNION ALL SELECT artefact_build_id, review_decision, -1 AS sign FROM removed) AS changed)
        ORDER BY id FOR NO KEY UPDATE;
    UPDATE artefact_build SET
        reviews_count = reviews_count + counted.reviews,
        completed_reviews_count = completed_reviews_count + counted.completed
    FROM (
        SELECT artefact_build_id, SUM(sign) AS reviews,
            SUM(CASE WHEN review_decision <> '[]' THEN sign ELSE 0 END) AS completed
        FROM (SELECT artefact_build_id, review_decision, 1 AS sign FROM stored UNION ALL SELECT artefact_build_id, review_decision, -1 AS sign FROM removed) AS changed GROUP BY artefact_build_id
    ) AS counted
    WHERE id = counted.artefact_build_id AND (counted.reviews <> 0 OR counted.completed <> 0);
    RETURN NULL;
END $$;
CREATE TRIGGER environment_review_decided AFTER UPDATE ON artefact_build_environment_review
    REFERENCING OLD TABLE AS removed NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION count_decided_reviews();
