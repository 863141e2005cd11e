-- What other systems are told: webhooks, and messages on their way. Its twin for PostgreSQL has the same file name in the folder beside this one; the
-- conventions are those of the first file.

-- Where somebody wants to be told what happens.
CREATE TABLE webhook (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    url TEXT NOT NULL CHECK (length(url) <= 2083),
    -- Names of events. No CHECK on the names: new ones come with what happens.
    events TEXT NOT NULL CHECK (json_valid(events) AND json_type(events) = 'array'),
    -- Families of the artefacts that the events are about; empty for all.
    families TEXT NOT NULL CHECK (json_valid(families) AND json_type(families) = 'array'),
    format TEXT NOT NULL CHECK (format IN ('json', 'text')),
    -- What messages are signed with, as it is: a hash could not sign. NULL where nobody checks.
    secret TEXT,
    active BOOLEAN NOT NULL CHECK (active IN (FALSE, TRUE))
);

-- A message is written together with the change that it is about, and sent afterwards. The id is the message's name for who receives it.
CREATE TABLE outbox_message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('jira_card', 'webhook')),
    -- NULL for what is sent to the one Jira.
    webhook_id INTEGER REFERENCES webhook (id) ON DELETE CASCADE CHECK ((webhook_id IS NULL) = (kind <> 'webhook')),
    -- Of a webhook: what happened.
    event TEXT NOT NULL DEFAULT '',
    -- Ids of what it is about, and what was different at that time. Names are looked up when it is sent.
    payload TEXT NOT NULL CHECK (json_valid(payload)),
    status TEXT NOT NULL CHECK (status IN ('waiting', 'delivered', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    -- When to try; while somebody tries, when others may. NULL when nobody will.
    due_at TEXT CHECK ((due_at IS NULL) = (status <> 'waiting')),
    -- The last attempt: when, how long it took, how it ended.
    attempted_at TEXT,
    duration_ms INTEGER,
    status_code INTEGER,
    error TEXT NOT NULL DEFAULT '',
    answer TEXT NOT NULL DEFAULT ''
);
-- What waits, by destination.
CREATE INDEX ix_outbox_message_kind_webhook_id_due_at_id ON outbox_message (kind, webhook_id, due_at, id)
    WHERE due_at IS NOT NULL;
-- What became of the messages of a webhook, newest first.
CREATE INDEX ix_outbox_message_webhook_id_created_at_id ON outbox_message (webhook_id, created_at DESC, id DESC);
-- What can be forgotten.
CREATE INDEX ix_outbox_message_status_updated_at ON outbox_message (status, updated_at) WHERE due_at IS NULL;

-- The permissions to look at jobs and to see and change webhooks are our own.
DROP VIEW known_permission;
CREATE VIEW known_permission (value) AS VALUES
    ('view_user'), ('change_user'), ('view_team'), ('change_team'), ('add_application'), ('change_application'),
    ('view_application'), ('view_permission'), ('view_issue'), ('change_issue'), ('change_issue_attachment'),
    ('change_issue_attachment_bulk'), ('change_attachment_rule'), ('change_auto_rerun'), ('view_test'),
    ('change_test'), ('view_rerun'), ('change_rerun'), ('change_rerun_bulk'), ('view_artefact'), ('change_artefact'),
    ('view_environment_review'), ('change_environment_review'), ('view_report'), ('view_test_case_reported_issue'),
    ('change_test_case_reported_issue'), ('view_environment_reported_issue'), ('change_environment_reported_issue'),
    ('view_notification'), ('change_notification'), ('view_sentry_debug'), ('view_audit_log'), ('view_jobs'), ('view_webhook'),
    ('change_webhook');
