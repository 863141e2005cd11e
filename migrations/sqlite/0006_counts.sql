-- Counts that searches and lists would otherwise have to count anew each time. Its twin for PostgreSQL has the same file name in the folder
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

DROP TRIGGER test_result_first;
DROP TRIGGER test_result_last;
-- Whether there is a result at all stands in indexes: it is written only when it changes.
CREATE TRIGGER test_result_added AFTER INSERT ON test_result BEGIN
    UPDATE test_execution SET
        passed_count = passed_count + (NEW.status = 'PASSED'),
        failed_count = failed_count + (NEW.status = 'FAILED'),
        skipped_count = skipped_count + (NEW.status = 'SKIPPED')
    WHERE id = NEW.test_execution_id;
    UPDATE test_execution SET has_results = TRUE WHERE id = NEW.test_execution_id AND NOT has_results;
END;
CREATE TRIGGER test_result_removed AFTER DELETE ON test_result BEGIN
    UPDATE test_execution SET
        passed_count = passed_count - (OLD.status = 'PASSED'),
        failed_count = failed_count - (OLD.status = 'FAILED'),
        skipped_count = skipped_count - (OLD.status = 'SKIPPED')
    WHERE id = OLD.test_execution_id;
    UPDATE test_execution SET has_results = FALSE
    WHERE id = OLD.test_execution_id AND passed_count + failed_count + skipped_count = 0;
END;
CREATE TRIGGER test_result_status_changed AFTER UPDATE OF status ON test_result BEGIN
    UPDATE test_execution SET
        passed_count = passed_count + (NEW.status = 'PASSED') - (OLD.status = 'PASSED'),
        failed_count = failed_count + (NEW.status = 'FAILED') - (OLD.status = 'FAILED'),
        skipped_count = skipped_count + (NEW.status = 'SKIPPED') - (OLD.status = 'SKIPPED')
    WHERE id = NEW.test_execution_id;
END;

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

CREATE TRIGGER environment_review_added AFTER INSERT ON artefact_build_environment_review BEGIN
    UPDATE artefact_build SET
        reviews_count = reviews_count + 1,
        completed_reviews_count = completed_reviews_count + (NEW.review_decision <> '[]')
    WHERE id = NEW.artefact_build_id;
END;
CREATE TRIGGER environment_review_removed AFTER DELETE ON artefact_build_environment_review BEGIN
    UPDATE artefact_build SET
        reviews_count = reviews_count - 1,
        completed_reviews_count = completed_reviews_count - (OLD.review_decision <> '[]')
    WHERE id = OLD.artefact_build_id;
END;
CREATE TRIGGER environment_review_decided AFTER UPDATE OF review_decision ON artefact_build_environment_review BEGIN
    UPDATE artefact_build SET completed_reviews_count =
        completed_reviews_count + (NEW.review_decision <> '[]') - (OLD.review_decision <> '[]')
    WHERE id = NEW.artefact_build_id;
END;
