-- Attachment rules that look into texts and can be applied to the past, and a number that tells when they changed. Its twin for
-- PostgreSQL has the same file name in the folder beside this one; the conventions are those of the first file.

-- Regular expressions; '' looks for nothing.
ALTER TABLE issue_test_result_attachment_rule ADD COLUMN io_log_pattern TEXT NOT NULL DEFAULT '';
ALTER TABLE issue_test_result_attachment_rule ADD COLUMN comment_pattern TEXT NOT NULL DEFAULT '';

-- Whether a rule attached the issue to a result that was there before: only these attachments are taken back with the application of the
-- rule.
ALTER TABLE issue_test_result_attachment
    ADD COLUMN applied_to_existing BOOLEAN NOT NULL DEFAULT FALSE CHECK (applied_to_existing IN (FALSE, TRUE));

-- Another number after every change of a rule, so that servers which keep the rules in memory know when to read them again. Kept by
-- triggers: nobody can change a rule and forget it.
CREATE TABLE attachment_rule_revision (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL
);
INSERT INTO attachment_rule_revision (id, revision) VALUES (1, 0);
CREATE TRIGGER issue_test_result_attachment_rule_added AFTER INSERT ON issue_test_result_attachment_rule BEGIN
    UPDATE attachment_rule_revision SET revision = revision + 1;
END;
CREATE TRIGGER issue_test_result_attachment_rule_changed AFTER UPDATE ON issue_test_result_attachment_rule BEGIN
    UPDATE attachment_rule_revision SET revision = revision + 1;
END;
CREATE TRIGGER issue_test_result_attachment_rule_removed AFTER DELETE ON issue_test_result_attachment_rule BEGIN
    UPDATE attachment_rule_revision SET revision = revision + 1;
END;
CREATE TRIGGER issue_test_result_attachment_rule_execution_metadata_added AFTER INSERT ON issue_test_result_attachment_rule_execution_metadata BEGIN
    UPDATE attachment_rule_revision SET revision = revision + 1;
END;
CREATE TRIGGER issue_test_result_attachment_rule_execution_metadata_changed AFTER UPDATE ON issue_test_result_attachment_rule_execution_metadata BEGIN
    UPDATE attachment_rule_revision SET revision = revision + 1;
END;
CREATE TRIGGER issue_test_result_attachment_rule_execution_metadata_removed AFTER DELETE ON issue_test_result_attachment_rule_execution_metadata BEGIN
    UPDATE attachment_rule_revision SET revision = revision + 1;
END;
