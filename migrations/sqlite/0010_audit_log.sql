-- Who changed what. Its twin for PostgreSQL has the same file name in the folder beside this one; the conventions are those of the first file.

-- Each change that a person, an application or an operator made, written together with the change and never changed. It names who and what by
-- id without referring to them, and who by name as well: it outlives both.
CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    actor_kind TEXT NOT NULL CHECK (actor_kind IN ('user', 'application', 'operator', 'anonymous')),
    -- NULL for who is neither a user nor an application.
    actor_id INTEGER CHECK ((actor_id IS NULL) = (actor_kind IN ('operator', 'anonymous'))),
    -- As it was then; '' for who has none.
    actor_name TEXT NOT NULL DEFAULT '',
    -- Where the request came from; '' for who was not told.
    client_address TEXT NOT NULL DEFAULT '',
    -- What was done, and to what kind of thing. No CHECK: new ones come with what people can do, and SQLite would have to copy the whole
    -- table for each.
    action TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id INTEGER NOT NULL,
    -- Objects with the fields that differ; NULL where there was nothing, or is nothing any longer.
    before TEXT CHECK (before IS NULL OR json_valid(before)),
    after TEXT CHECK (after IS NULL OR json_valid(after))
);
-- Newest first: all, and what was done to something, by somebody, or of a kind.
CREATE INDEX ix_audit_log_created_at_id ON audit_log (created_at DESC, id DESC);
CREATE INDEX ix_audit_log_subject_kind_subject_id_created_at_id
    ON audit_log (subject_kind, subject_id, created_at DESC, id DESC);
CREATE INDEX ix_audit_log_actor_kind_actor_id_created_at_id
    ON audit_log (actor_kind, actor_id, created_at DESC, id DESC);
CREATE INDEX ix_audit_log_action_created_at_id ON audit_log (action, created_at DESC, id DESC);

-- Looking at it is a permission of its own.
DROP VIEW known_permission;
CREATE VIEW known_permission (value) AS VALUES
    ('view_user'), ('change_user'), ('view_team'), ('change_team'), ('add_application'), ('change_application'),
    ('view_application'), ('view_permission'), ('view_issue'), ('change_issue'), ('change_issue_attachment'),
    ('change_issue_attachment_bulk'), ('change_attachment_rule'), ('change_auto_rerun'), ('view_test'),
    ('change_test'), ('view_rerun'), ('change_rerun'), ('change_rerun_bulk'), ('view_artefact'), ('change_artefact'),
    ('view_environment_review'), ('change_environment_review'), ('view_report'), ('view_test_case_reported_issue'),
    ('change_test_case_reported_issue'), ('view_environment_reported_issue'), ('change_environment_reported_issue'),
    ('view_notification'), ('change_notification'), ('view_sentry_debug'), ('view_audit_log');
