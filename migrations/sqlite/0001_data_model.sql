-- The whole data model of Test Observer, for SQLite. Its twin for PostgreSQL has the same file name in the folder
-- beside this one. A test holds the two to the same tables, columns (in the same order), indexes and foreign keys:
-- change both or neither. An installation remembers the checksum of a migration it has applied, so a released file
-- never changes; what comes later goes into a new file.
--
-- What it holds: people and their rights (app_user to notification), what is tested (artefact to
-- artefact_build_environment_review), the tests that ran (test_plan to test_result), and what is known about their
-- failures (test_case_issue to the rules that attach issues).
--
-- Conventions
--
--  * Tables and columns have the names of the system whose databases can be imported, and labels of enumerations are
--    spelt as they are there, which is why an issue's source and status are in upper case though the API shows them in
--    lower case.
--  * Ids are 64 bits and never given out twice: without AUTOINCREMENT, SQLite would reuse the id of a deleted last row,
--    and an old link would lead to a stranger.
--  * Every entity has `id`, `created_at` and `updated_at`. Times have no default: they come from the application's
--    clock, cut to microseconds, so that both databases store the same moment and a test can choose it.
--  * SQLite has no type for times or dates. They are TEXT as sqlx writes it, always in UTC
--    ("2031-05-04T03:02:01.500+00:00", "2031-05-04"), which sorts by time when it sorts by bytes. Whoever imports rows
--    must write the same form.
--  * An enumeration is text with a CHECK. Where a length is limited, a CHECK says so, in characters.
--  * A yes or no is BOOLEAN, the name sqlx looks for. STRICT tables do not know that name, so no table is STRICT, and a
--    CHECK keeps other values out.
--  * A list of strings is a JSON array, because SQLite has no arrays. The database refuses anything that is not an
--    array of strings, and unknown values where the values are known. A CHECK cannot look into an array, so triggers
--    do; they stand behind the table.
--  * Uniqueness is always an index with a name, never a constraint of the table, so that the names agree on both
--    databases. A name is `ix_` or `uq_`, the table and the columns, shortened where PostgreSQL's 63 characters do not
--    suffice; the ones that begin with `unique_` and uq_rerun_request_group have the name they are known by.
--  * Every foreign key is the first column of an index that covers all rows; otherwise each deletion at the other end
--    reads the whole table. No index is the beginning of another one, unless it is unique or one of the two is partial.
--
-- Not here yet: the trigram indexes for substring search on the names of artefacts, environments and test cases.
-- PostgreSQL needs the extension pg_trgm for them, which not everybody may install, and SQLite needs an FTS5 table kept
-- up by triggers. They come with the search that uses them, once it has been measured without.


-- People and their rights ---------------------------------------------------------------------------------------------

CREATE TABLE app_user (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    -- Compared as it is, upper and lower case apart.
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    launchpad_handle TEXT,
    is_admin BOOLEAN NOT NULL DEFAULT FALSE CHECK (is_admin IN (FALSE, TRUE))
);
CREATE UNIQUE INDEX uq_app_user_email ON app_user (email);

CREATE TABLE user_session (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    user_id INTEGER NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    expires_at TEXT NOT NULL
);
CREATE INDEX ix_user_session_user_id ON user_session (user_id);

-- The permissions there are, once, for the triggers below. A new one is added by creating this view anew.
CREATE VIEW known_permission (value) AS VALUES
    ('view_user'), ('change_user'), ('view_team'), ('change_team'), ('add_application'), ('change_application'),
    ('view_application'), ('view_permission'), ('view_issue'), ('change_issue'), ('change_issue_attachment'),
    ('change_issue_attachment_bulk'), ('change_attachment_rule'), ('change_auto_rerun'), ('view_test'), ('change_test'),
    ('view_rerun'), ('change_rerun'), ('change_rerun_bulk'), ('view_artefact'), ('change_artefact'),
    ('view_environment_review'), ('change_environment_review'), ('view_report'), ('view_test_case_reported_issue'),
    ('change_test_case_reported_issue'), ('view_environment_reported_issue'), ('change_environment_reported_issue'),
    ('view_notification'), ('change_notification'), ('view_sentry_debug');

CREATE TABLE application (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    name TEXT NOT NULL,
    permissions TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(permissions) AND json_type(permissions) = 'array'),
    api_key TEXT NOT NULL
);
CREATE UNIQUE INDEX uq_application_name ON application (name);
CREATE UNIQUE INDEX uq_application_api_key ON application (api_key);
CREATE TRIGGER application_permissions_insert BEFORE INSERT ON application
BEGIN
    SELECT RAISE(ABORT, 'application.permissions holds something that is not a permission')
    WHERE EXISTS (
        SELECT 1 FROM json_each(NEW.permissions)
        WHERE type <> 'text' OR value NOT IN (SELECT value FROM known_permission)
    );
END;
CREATE TRIGGER application_permissions_update BEFORE UPDATE OF permissions ON application
BEGIN
    SELECT RAISE(ABORT, 'application.permissions holds something that is not a permission')
    WHERE EXISTS (
        SELECT 1 FROM json_each(NEW.permissions)
        WHERE type <> 'text' OR value NOT IN (SELECT value FROM known_permission)
    );
END;

CREATE TABLE team (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    name TEXT NOT NULL,
    permissions TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(permissions) AND json_type(permissions) = 'array')
);
CREATE UNIQUE INDEX uq_team_name ON team (name);
CREATE TRIGGER team_permissions_insert BEFORE INSERT ON team
BEGIN
    SELECT RAISE(ABORT, 'team.permissions holds something that is not a permission')
    WHERE EXISTS (
        SELECT 1 FROM json_each(NEW.permissions)
        WHERE type <> 'text' OR value NOT IN (SELECT value FROM known_permission)
    );
END;
CREATE TRIGGER team_permissions_update BEFORE UPDATE OF permissions ON team
BEGIN
    SELECT RAISE(ABORT, 'team.permissions holds something that is not a permission')
    WHERE EXISTS (
        SELECT 1 FROM json_each(NEW.permissions)
        WHERE type <> 'text' OR value NOT IN (SELECT value FROM known_permission)
    );
END;

-- Nothing happens to a membership by itself: it has to be removed before its user or its team can be.
CREATE TABLE team_users_association (
    user_id INTEGER NOT NULL REFERENCES app_user (id),
    team_id INTEGER NOT NULL REFERENCES team (id),
    PRIMARY KEY (user_id, team_id)
) WITHOUT ROWID;
CREATE INDEX ix_team_users_association_team_id ON team_users_association (team_id);

-- Which artefacts the members of the rule's teams review, and what they may do with them. '' in a criterion means
-- "any"; as none of them can be NULL, two rules with the same criteria always collide.
CREATE TABLE artefact_matching_rule (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    family TEXT NOT NULL CHECK (family IN ('snap', 'deb', 'charm', 'image', 'solution')),
    name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 200),
    -- Free text, not one of the stages there are.
    stage TEXT NOT NULL DEFAULT '' CHECK (length(stage) <= 100),
    track TEXT NOT NULL DEFAULT '' CHECK (length(track) <= 200),
    branch TEXT NOT NULL DEFAULT '' CHECK (length(branch) <= 200),
    store TEXT NOT NULL DEFAULT '' CHECK (length(store) <= 200),
    series TEXT NOT NULL DEFAULT '' CHECK (length(series) <= 200),
    os TEXT NOT NULL DEFAULT '' CHECK (length(os) <= 200),
    release TEXT NOT NULL DEFAULT '' CHECK (length(release) <= 200),
    owner TEXT NOT NULL DEFAULT '' CHECK (length(owner) <= 200),
    grant_permissions TEXT NOT NULL DEFAULT '[]'
        CHECK (json_valid(grant_permissions) AND json_type(grant_permissions) = 'array')
);
CREATE UNIQUE INDEX uq_artefact_matching_rule_criteria
    ON artefact_matching_rule (name, family, stage, track, branch, store, series, os, release, owner);
CREATE TRIGGER artefact_matching_rule_grant_permissions_insert BEFORE INSERT ON artefact_matching_rule
BEGIN
    SELECT RAISE(ABORT, 'artefact_matching_rule.grant_permissions holds something that is not a permission')
    WHERE EXISTS (
        SELECT 1 FROM json_each(NEW.grant_permissions)
        WHERE type <> 'text' OR value NOT IN (SELECT value FROM known_permission)
    );
END;
CREATE TRIGGER artefact_matching_rule_grant_permissions_update
    BEFORE UPDATE OF grant_permissions ON artefact_matching_rule
BEGIN
    SELECT RAISE(ABORT, 'artefact_matching_rule.grant_permissions holds something that is not a permission')
    WHERE EXISTS (
        SELECT 1 FROM json_each(NEW.grant_permissions)
        WHERE type <> 'text' OR value NOT IN (SELECT value FROM known_permission)
    );
END;

-- A rule takes its links with it; a team that still has rules stays.
CREATE TABLE artefact_matching_rule_team_association (
    artefact_matching_rule_id INTEGER NOT NULL REFERENCES artefact_matching_rule (id) ON DELETE CASCADE,
    team_id INTEGER NOT NULL REFERENCES team (id),
    PRIMARY KEY (artefact_matching_rule_id, team_id)
) WITHOUT ROWID;
CREATE INDEX ix_artefact_matching_rule_team_association_team_id ON artefact_matching_rule_team_association (team_id);

CREATE TABLE notification (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    user_id INTEGER NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    notification_type TEXT NOT NULL
        CHECK (notification_type IN ('USER_ASSIGNED_ARTEFACT_REVIEW', 'USER_ASSIGNED_ENVIRONMENT_REVIEW')),
    -- A link to a page, as it was when the notification was made.
    target_url TEXT,
    -- NULL means unread.
    dismissed_at TEXT
);
-- The order in which a user reads them: all, and the unread ones, which are few even when the rest are many.
CREATE INDEX ix_notification_user_id_created_at_id ON notification (user_id, created_at DESC, id DESC);
CREATE INDEX ix_notification_user_id_created_at_id_unread ON notification (user_id, created_at DESC, id DESC)
    WHERE dismissed_at IS NULL;


-- What is tested ------------------------------------------------------------------------------------------------------

-- All five families in one table. A column that a family does not use holds ''.
CREATE TABLE artefact (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    name TEXT NOT NULL CHECK (length(name) <= 200),
    version TEXT NOT NULL,
    -- '' for a deb that comes from a source instead of a pocket.
    stage TEXT NOT NULL CHECK (length(stage) <= 100),
    family TEXT NOT NULL CHECK (family IN ('snap', 'deb', 'charm', 'image', 'solution')),
    due_date TEXT,
    bug_link TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'UNDECIDED' CHECK (status IN ('APPROVED', 'MARKED_AS_FAILED', 'UNDECIDED')),
    archived BOOLEAN NOT NULL DEFAULT FALSE CHECK (archived IN (FALSE, TRUE)),
    comment TEXT NOT NULL DEFAULT '',
    jira_issue TEXT,
    store TEXT NOT NULL DEFAULT '',
    track TEXT NOT NULL DEFAULT '',
    branch TEXT NOT NULL DEFAULT '' CHECK (length(branch) <= 200),
    series TEXT NOT NULL DEFAULT '',
    repo TEXT NOT NULL DEFAULT '',
    source TEXT NOT NULL DEFAULT '' CHECK (length(source) <= 200),
    os TEXT NOT NULL DEFAULT '' CHECK (length(os) <= 200),
    release TEXT NOT NULL DEFAULT '' CHECK (length(release) <= 200),
    owner TEXT NOT NULL DEFAULT '' CHECK (length(owner) <= 200),
    sha256 TEXT NOT NULL DEFAULT '' CHECK (length(sha256) <= 200),
    image_url TEXT NOT NULL DEFAULT '' CHECK (length(image_url) <= 200),
    -- Which builds a solution bundles, as one comparable value; NULL for the other families. An empty bundle has a hash
    -- too: with NULL here, unique_solution would let the same solution in twice.
    bundled_builds_hash TEXT CHECK (length(bundled_builds_hash) <= 64)
);
-- What makes an artefact the same one again differs by family. Only a solution has its stage in it: the others move
-- through stages as one row. A snap has its store in it, because two stores may carry the same name and version.
CREATE UNIQUE INDEX unique_snap ON artefact (name, version, store, track, branch) WHERE family = 'snap';
CREATE UNIQUE INDEX unique_charm ON artefact (name, version, track, branch) WHERE family = 'charm';
CREATE UNIQUE INDEX unique_deb ON artefact (name, version, series, repo, source) WHERE family = 'deb';
CREATE UNIQUE INDEX unique_image ON artefact (sha256) WHERE family = 'image';
CREATE UNIQUE INDEX unique_solution ON artefact (name, source, version, track, stage, bundled_builds_hash)
    WHERE family = 'solution';
CREATE INDEX ix_artefact_name ON artefact (name);
CREATE INDEX ix_artefact_archived ON artefact (archived);
-- The lists show the latest artefact of each group. A query has to say `NOT archived`, in these words, for SQLite to
-- use it.
CREATE INDEX ix_artefact_family_stage_name_created_at ON artefact (family, stage, name, created_at DESC)
    WHERE NOT archived;
-- The history of one artefact: its versions, newest first.
CREATE INDEX ix_artefact_family_name_track_id ON artefact (family, name, track, id DESC);

-- `position` is the order of assignment; the first reviewer is the assignee.
CREATE TABLE artefact_reviewers_association (
    artefact_id INTEGER NOT NULL REFERENCES artefact (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    position INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (artefact_id, user_id)
) WITHOUT ROWID;
CREATE INDEX ix_artefact_reviewers_association_user_id ON artefact_reviewers_association (user_id);

CREATE TABLE artefact_build (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    artefact_id INTEGER NOT NULL REFERENCES artefact (id) ON DELETE CASCADE,
    architecture TEXT NOT NULL CHECK (length(architecture) <= 100),
    -- Of a snap or a charm; the other families have none.
    revision INTEGER CHECK (revision BETWEEN -2147483648 AND 2147483647)
);
-- One index cannot say both: NULLs count as different from each other, so it would let a build without revision in
-- twice.
CREATE UNIQUE INDEX uq_artefact_build_artefact_id_architecture ON artefact_build (artefact_id, architecture)
    WHERE revision IS NULL;
CREATE UNIQUE INDEX uq_artefact_build_artefact_id_architecture_revision
    ON artefact_build (artefact_id, architecture, revision)
    WHERE revision IS NOT NULL;
-- Neither of the two covers all rows; this one does.
CREATE INDEX ix_artefact_build_artefact_id_architecture ON artefact_build (artefact_id, architecture);
CREATE INDEX ix_artefact_build_architecture ON artefact_build (architecture);

-- The builds that a solution bundles, in the order in which they were given.
CREATE TABLE artefact_bundled_builds_association (
    artefact_id INTEGER NOT NULL REFERENCES artefact (id) ON DELETE CASCADE,
    artefact_build_id INTEGER NOT NULL REFERENCES artefact_build (id) ON DELETE CASCADE,
    position INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (artefact_id, artefact_build_id)
) WITHOUT ROWID;
CREATE INDEX ix_artefact_bundled_builds_association_artefact_build_id
    ON artefact_bundled_builds_association (artefact_build_id);

CREATE TABLE environment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    name TEXT NOT NULL CHECK (length(name) <= 200),
    architecture TEXT NOT NULL CHECK (length(architecture) <= 100)
);
CREATE UNIQUE INDEX uq_environment_name_architecture ON environment (name, architecture);
CREATE INDEX ix_environment_architecture ON environment (architecture);

-- One for each build and environment in which a test was ever started. No decision means "not reviewed yet".
CREATE TABLE artefact_build_environment_review (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    artefact_build_id INTEGER NOT NULL REFERENCES artefact_build (id) ON DELETE CASCADE,
    environment_id INTEGER NOT NULL REFERENCES environment (id) ON DELETE CASCADE,
    review_decision TEXT NOT NULL DEFAULT '[]'
        CHECK (json_valid(review_decision) AND json_type(review_decision) = 'array'),
    review_comment TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX uq_artefact_build_environment_review_build_environment
    ON artefact_build_environment_review (artefact_build_id, environment_id);
CREATE INDEX ix_artefact_build_environment_review_environment_id ON artefact_build_environment_review (environment_id);
CREATE TRIGGER artefact_build_environment_review_review_decision_insert
    BEFORE INSERT ON artefact_build_environment_review
BEGIN
    SELECT RAISE(ABORT, 'artefact_build_environment_review.review_decision holds something that is not a decision')
    WHERE EXISTS (
        SELECT 1 FROM json_each(NEW.review_decision)
        WHERE type <> 'text' OR value NOT IN (
            'REJECTED', 'APPROVED_INCONSISTENT_TEST', 'APPROVED_UNSTABLE_PHYSICAL_INFRA',
            'APPROVED_CUSTOMER_PREREQUISITE_FAIL', 'APPROVED_FAULTY_HARDWARE', 'APPROVED_ALL_TESTS_PASS'
        )
    );
END;
CREATE TRIGGER artefact_build_environment_review_review_decision_update
    BEFORE UPDATE OF review_decision ON artefact_build_environment_review
BEGIN
    SELECT RAISE(ABORT, 'artefact_build_environment_review.review_decision holds something that is not a decision')
    WHERE EXISTS (
        SELECT 1 FROM json_each(NEW.review_decision)
        WHERE type <> 'text' OR value NOT IN (
            'REJECTED', 'APPROVED_INCONSISTENT_TEST', 'APPROVED_UNSTABLE_PHYSICAL_INFRA',
            'APPROVED_CUSTOMER_PREREQUISITE_FAIL', 'APPROVED_FAULTY_HARDWARE', 'APPROVED_ALL_TESTS_PASS'
        )
    );
END;

CREATE TABLE environment_review_reviewers_association (
    environment_review_id INTEGER NOT NULL REFERENCES artefact_build_environment_review (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    position INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (environment_review_id, user_id)
) WITHOUT ROWID;
CREATE INDEX ix_environment_review_reviewers_association_user_id ON environment_review_reviewers_association (user_id);


-- The tests that ran --------------------------------------------------------------------------------------------------

CREATE TABLE test_plan (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    name TEXT NOT NULL CHECK (length(name) <= 200)
);
CREATE UNIQUE INDEX uq_test_plan_name ON test_plan (name);

CREATE TABLE test_execution (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    ci_link TEXT CHECK (length(ci_link) <= 200),
    c3_link TEXT CHECK (length(c3_link) <= 200),
    artefact_build_id INTEGER NOT NULL REFERENCES artefact_build (id) ON DELETE CASCADE,
    -- Without a deletion rule on purpose: an environment in which something ran stays.
    environment_id INTEGER NOT NULL REFERENCES environment (id),
    test_plan_id INTEGER NOT NULL REFERENCES test_plan (id) ON DELETE CASCADE,
    status TEXT NOT NULL DEFAULT 'NOT_STARTED'
        CHECK (status IN ('NOT_STARTED', 'IN_PROGRESS', 'PASSED', 'FAILED', 'NOT_TESTED', 'ENDED_PREMATURELY')),
    resource_url TEXT NOT NULL DEFAULT '',
    checkbox_version TEXT CHECK (length(checkbox_version) <= 200)
);
-- Any number of executions may have no link.
CREATE UNIQUE INDEX uq_test_execution_ci_link ON test_execution (ci_link);
-- Executions of the same build, environment and plan are a group: a rerun is asked for the group, not for one of them.
CREATE INDEX ix_test_execution_artefact_build_id_environment_id_test_plan_id
    ON test_execution (artefact_build_id, environment_id, test_plan_id);
CREATE INDEX ix_test_execution_environment_id ON test_execution (environment_id);
CREATE INDEX ix_test_execution_test_plan_id ON test_execution (test_plan_id);
CREATE INDEX ix_test_execution_updated_at ON test_execution (updated_at);

-- At most one for a group of executions, hence no reference to an execution.
CREATE TABLE test_execution_rerun_request (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    test_plan_id INTEGER NOT NULL REFERENCES test_plan (id) ON DELETE CASCADE,
    artefact_build_id INTEGER NOT NULL REFERENCES artefact_build (id) ON DELETE CASCADE,
    environment_id INTEGER NOT NULL REFERENCES environment (id) ON DELETE CASCADE,
    priority INTEGER NOT NULL DEFAULT 0 CHECK (priority BETWEEN -2147483648 AND 2147483647)
);
CREATE UNIQUE INDEX uq_rerun_request_group
    ON test_execution_rerun_request (test_plan_id, artefact_build_id, environment_id);
CREATE INDEX ix_test_execution_rerun_request_artefact_build_id ON test_execution_rerun_request (artefact_build_id);
CREATE INDEX ix_test_execution_rerun_request_environment_id ON test_execution_rerun_request (environment_id);
-- The queue: most urgent first, then who has waited longest.
CREATE INDEX ix_test_execution_rerun_request_priority_created_at
    ON test_execution_rerun_request (priority DESC, created_at ASC);

-- A row is shared by all executions that carry the pair.
CREATE TABLE test_execution_metadata (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    category TEXT NOT NULL CHECK (length(category) <= 200),
    value TEXT NOT NULL CHECK (length(value) <= 200)
);
CREATE UNIQUE INDEX uq_test_execution_metadata_category_value ON test_execution_metadata (category, value);

-- Deleting an execution removes its links, never the pairs themselves: other executions carry them too.
CREATE TABLE test_execution_metadata_association_table (
    test_execution_id INTEGER NOT NULL REFERENCES test_execution (id) ON DELETE CASCADE,
    test_execution_metadata_id INTEGER NOT NULL REFERENCES test_execution_metadata (id) ON DELETE CASCADE,
    PRIMARY KEY (test_execution_id, test_execution_metadata_id)
) WITHOUT ROWID;
CREATE INDEX ix_test_execution_metadata_association_table_metadata_id
    ON test_execution_metadata_association_table (test_execution_metadata_id);

-- The same link may be there more than once.
CREATE TABLE test_execution_relevant_link (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    test_execution_id INTEGER NOT NULL REFERENCES test_execution (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    url TEXT NOT NULL
);
CREATE INDEX ix_test_execution_relevant_link_test_execution_id ON test_execution_relevant_link (test_execution_id);

CREATE TABLE test_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    event_name TEXT NOT NULL,
    -- When it happened, as the reporter says; `created_at` is when we heard of it.
    timestamp TEXT NOT NULL,
    detail TEXT NOT NULL,
    test_execution_id INTEGER NOT NULL REFERENCES test_execution (id) ON DELETE CASCADE
);
CREATE INDEX ix_test_event_test_execution_id ON test_event (test_execution_id);

CREATE TABLE test_case (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    name TEXT NOT NULL,
    category TEXT NOT NULL,
    -- The generic test that this one is an instance of; '' means none.
    template_id TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX uq_test_case_name ON test_case (name);
CREATE INDEX ix_test_case_category ON test_case (category);
CREATE INDEX ix_test_case_template_id ON test_case (template_id);

-- The largest table by far; each index here is paid for with every result stored.
CREATE TABLE test_result (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('PASSED', 'FAILED', 'SKIPPED')),
    test_execution_id INTEGER NOT NULL REFERENCES test_execution (id) ON DELETE CASCADE,
    test_case_id INTEGER NOT NULL REFERENCES test_case (id) ON DELETE CASCADE,
    comment TEXT NOT NULL,
    -- Can be many megabytes: read it only where it is shown. Keep it last: to reach a column behind it, SQLite has to
    -- walk through the whole log, page by page.
    io_log TEXT NOT NULL
);
CREATE INDEX ix_test_result_created_at ON test_result (created_at);
-- Earlier results of the same test case, newest first.
CREATE INDEX ix_test_result_test_case_id_id ON test_result (test_case_id, id);
-- "Has it failures" and "is it triaged", without touching rows that hold logs.
CREATE INDEX ix_test_result_test_execution_id_status ON test_result (test_execution_id, status);


-- What is known about failures ----------------------------------------------------------------------------------------

-- This table and the next refer to test cases and environments by name, and may name what does not exist (yet).
CREATE TABLE test_case_issue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    template_id TEXT NOT NULL,
    case_name TEXT NOT NULL,
    url TEXT NOT NULL,
    description TEXT NOT NULL
);
CREATE INDEX ix_test_case_issue_case_name ON test_case_issue (case_name);
CREATE INDEX ix_test_case_issue_template_id ON test_case_issue (template_id);

CREATE TABLE environment_issue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    environment_name TEXT NOT NULL,
    url TEXT,
    description TEXT NOT NULL,
    is_confirmed BOOLEAN NOT NULL CHECK (is_confirmed IN (FALSE, TRUE))
);

CREATE TABLE issue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('JIRA', 'GITHUB', 'LAUNCHPAD')),
    project TEXT NOT NULL CHECK (length(project) <= 200),
    key TEXT NOT NULL CHECK (length(key) <= 200),
    title TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'UNKNOWN' CHECK (status IN ('UNKNOWN', 'OPEN', 'CLOSED')),
    -- NULL means "never learnt", which is not the same as "has none".
    labels TEXT CHECK (labels IS NULL OR (json_valid(labels) AND json_type(labels) = 'array')),
    -- NULL means never.
    last_synced_at TEXT,
    auto_rerun_enabled BOOLEAN NOT NULL DEFAULT FALSE CHECK (auto_rerun_enabled IN (FALSE, TRUE))
);
CREATE UNIQUE INDEX uq_issue_project_source_key ON issue (project, source, key);
-- Which issues to ask the trackers about next.
CREATE INDEX ix_issue_status_last_synced_at ON issue (status, last_synced_at);
CREATE TRIGGER issue_labels_insert BEFORE INSERT ON issue
BEGIN
    SELECT RAISE(ABORT, 'issue.labels holds something that is not a string')
    WHERE EXISTS (SELECT 1 FROM json_each(NEW.labels) WHERE type <> 'text');
END;
CREATE TRIGGER issue_labels_update BEFORE UPDATE OF labels ON issue
BEGIN
    SELECT RAISE(ABORT, 'issue.labels holds something that is not a string')
    WHERE EXISTS (SELECT 1 FROM json_each(NEW.labels) WHERE type <> 'text');
END;

-- Attaches the issue to results that come later. An empty list means "any".
CREATE TABLE issue_test_result_attachment_rule (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    issue_id INTEGER NOT NULL REFERENCES issue (id) ON DELETE CASCADE,
    enabled BOOLEAN NOT NULL DEFAULT TRUE CHECK (enabled IN (FALSE, TRUE)),
    families TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(families) AND json_type(families) = 'array'),
    artefacts TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(artefacts) AND json_type(artefacts) = 'array'),
    artefact_versions TEXT NOT NULL DEFAULT '[]'
        CHECK (json_valid(artefact_versions) AND json_type(artefact_versions) = 'array'),
    artefact_stages TEXT NOT NULL DEFAULT '[]'
        CHECK (json_valid(artefact_stages) AND json_type(artefact_stages) = 'array'),
    artefact_tracks TEXT NOT NULL DEFAULT '[]'
        CHECK (json_valid(artefact_tracks) AND json_type(artefact_tracks) = 'array'),
    environment_names TEXT NOT NULL DEFAULT '[]'
        CHECK (json_valid(environment_names) AND json_type(environment_names) = 'array'),
    test_case_names TEXT NOT NULL DEFAULT '[]'
        CHECK (json_valid(test_case_names) AND json_type(test_case_names) = 'array'),
    template_ids TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(template_ids) AND json_type(template_ids) = 'array'),
    test_result_statuses TEXT NOT NULL DEFAULT '[]'
        CHECK (json_valid(test_result_statuses) AND json_type(test_result_statuses) = 'array')
);
CREATE INDEX ix_issue_test_result_attachment_rule_issue_id ON issue_test_result_attachment_rule (issue_id);
CREATE INDEX ix_issue_test_result_attachment_rule_enabled ON issue_test_result_attachment_rule (enabled);
CREATE TRIGGER issue_test_result_attachment_rule_lists_insert BEFORE INSERT ON issue_test_result_attachment_rule
BEGIN
    SELECT RAISE(ABORT, 'issue_test_result_attachment_rule.families holds something that is not a family')
    WHERE EXISTS (
        SELECT 1 FROM json_each(NEW.families)
        WHERE type <> 'text' OR value NOT IN ('snap', 'deb', 'charm', 'image', 'solution')
    );
    SELECT RAISE(ABORT, 'issue_test_result_attachment_rule.test_result_statuses holds something that is not a status')
    WHERE EXISTS (
        SELECT 1 FROM json_each(NEW.test_result_statuses)
        WHERE type <> 'text' OR value NOT IN ('PASSED', 'FAILED', 'SKIPPED')
    );
    SELECT RAISE(ABORT, 'a list of issue_test_result_attachment_rule holds something that is not a string')
    WHERE EXISTS (SELECT 1 FROM json_each(NEW.artefacts) WHERE type <> 'text')
        OR EXISTS (SELECT 1 FROM json_each(NEW.artefact_versions) WHERE type <> 'text')
        OR EXISTS (SELECT 1 FROM json_each(NEW.artefact_stages) WHERE type <> 'text')
        OR EXISTS (SELECT 1 FROM json_each(NEW.artefact_tracks) WHERE type <> 'text')
        OR EXISTS (SELECT 1 FROM json_each(NEW.environment_names) WHERE type <> 'text')
        OR EXISTS (SELECT 1 FROM json_each(NEW.test_case_names) WHERE type <> 'text')
        OR EXISTS (SELECT 1 FROM json_each(NEW.template_ids) WHERE type <> 'text');
END;
CREATE TRIGGER issue_test_result_attachment_rule_lists_update BEFORE UPDATE ON issue_test_result_attachment_rule
BEGIN
    SELECT RAISE(ABORT, 'issue_test_result_attachment_rule.families holds something that is not a family')
    WHERE EXISTS (
        SELECT 1 FROM json_each(NEW.families)
        WHERE type <> 'text' OR value NOT IN ('snap', 'deb', 'charm', 'image', 'solution')
    );
    SELECT RAISE(ABORT, 'issue_test_result_attachment_rule.test_result_statuses holds something that is not a status')
    WHERE EXISTS (
        SELECT 1 FROM json_each(NEW.test_result_statuses)
        WHERE type <> 'text' OR value NOT IN ('PASSED', 'FAILED', 'SKIPPED')
    );
    SELECT RAISE(ABORT, 'a list of issue_test_result_attachment_rule holds something that is not a string')
    WHERE EXISTS (SELECT 1 FROM json_each(NEW.artefacts) WHERE type <> 'text')
        OR EXISTS (SELECT 1 FROM json_each(NEW.artefact_versions) WHERE type <> 'text')
        OR EXISTS (SELECT 1 FROM json_each(NEW.artefact_stages) WHERE type <> 'text')
        OR EXISTS (SELECT 1 FROM json_each(NEW.artefact_tracks) WHERE type <> 'text')
        OR EXISTS (SELECT 1 FROM json_each(NEW.environment_names) WHERE type <> 'text')
        OR EXISTS (SELECT 1 FROM json_each(NEW.test_case_names) WHERE type <> 'text')
        OR EXISTS (SELECT 1 FROM json_each(NEW.template_ids) WHERE type <> 'text');
END;

CREATE TABLE issue_test_result_attachment_rule_execution_metadata (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    attachment_rule_id INTEGER NOT NULL REFERENCES issue_test_result_attachment_rule (id) ON DELETE CASCADE,
    category TEXT NOT NULL CHECK (length(category) <= 200),
    value TEXT NOT NULL CHECK (length(value) <= 200)
);
CREATE UNIQUE INDEX uq_issue_test_result_attachment_rule_execution_metadata_pair
    ON issue_test_result_attachment_rule_execution_metadata (attachment_rule_id, category, value);

CREATE TABLE issue_test_result_attachment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    issue_id INTEGER NOT NULL REFERENCES issue (id) ON DELETE CASCADE,
    test_result_id INTEGER NOT NULL REFERENCES test_result (id) ON DELETE CASCADE,
    -- NULL means attached by hand, or by a rule that is gone: what a rule did outlives it.
    attachment_rule_id INTEGER REFERENCES issue_test_result_attachment_rule (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX uq_issue_test_result_attachment_issue_id_test_result_id
    ON issue_test_result_attachment (issue_id, test_result_id);
CREATE INDEX ix_issue_test_result_attachment_test_result_id ON issue_test_result_attachment (test_result_id);
CREATE INDEX ix_issue_test_result_attachment_attachment_rule_id ON issue_test_result_attachment (attachment_rule_id);
