-- Attachment rules that look into texts and can be applied to the past, and a number that tells when they changed. Its twin for
-- SQLite has the same file name in the folder beside this one; the conventions are those of the first file.

-- Regular expressions; '' looks for nothing.
ALTER TABLE issue_test_result_attachment_rule ADD COLUMN io_log_pattern TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE issue_test_result_attachment_rule ADD COLUMN comment_pattern TEXT COLLATE "C" NOT NULL DEFAULT '';

-- Whether a rule attached the issue to a result that was there before: only these attachments are taken back with the application of the
-- rule.
ALTER TABLE issue_test_result_attachment
    ADD COLUMN applied_to_existing BOOLEAN NOT NULL DEFAULT FALSE;

-- Another number after every change of a rule, so that servers which keep the rules in memory know when to read them again. Kept by
-- triggers: nobody can change a rule and forget it.
CREATE TABLE attachment_rule_revision (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    revision BIGINT NOT NULL
);
INSERT INTO attachment_rule_revision (id, revision) VALUES (1, 0);

CREATE FUNCTION note_changed_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE attachment_rule_revision SET revision = revision + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER issue_test_result_attachment_rule_changed
    AFTER INSERT OR UPDATE OR DELETE ON issue_test_result_attachment_rule
    FOR EACH STATEMENT EXECUTE FUNCTION note_changed_rule();
CREATE TRIGGER issue_test_result_attachment_rule_execution_metadata_changed
    AFTER INSERT OR UPDATE OR DELETE ON issue_test_result_attachment_rule_execution_metadata
    FOR EACH STATEMENT EXECUTE FUNCTION note_changed_rule();
