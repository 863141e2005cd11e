//! The tables that are copied, as data. A table comes after those that its rows refer to.

use super::{Column, Kind, Table, Watched};

const FAMILIES: &[&str] = &["snap", "deb", "charm", "image", "solution"];
const ARTEFACT_STATUSES: &[&str] = &["APPROVED", "MARKED_AS_FAILED", "UNDECIDED"];
const EXECUTION_STATUSES: &[&str] =
    &["NOT_STARTED", "IN_PROGRESS", "PASSED", "FAILED", "NOT_TESTED", "ENDED_PREMATURELY"];
const RESULT_STATUSES: &[&str] = &["PASSED", "FAILED", "SKIPPED"];
const DECISIONS: &[&str] = &[
    "REJECTED",
    "APPROVED_INCONSISTENT_TEST",
    "APPROVED_UNSTABLE_PHYSICAL_INFRA",
    "APPROVED_CUSTOMER_PREREQUISITE_FAIL",
    "APPROVED_FAULTY_HARDWARE",
    "APPROVED_ALL_TESTS_PASS",
];
const NOTIFICATION_TYPES: &[&str] = &["USER_ASSIGNED_ARTEFACT_REVIEW", "USER_ASSIGNED_ENVIRONMENT_REVIEW"];
const ISSUE_SOURCES: &[&str] = &["JIRA", "GITHUB", "LAUNCHPAD"];
const ISSUE_STATUSES: &[&str] = &["UNKNOWN", "OPEN", "CLOSED"];

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, origin: name, kind, is_nullable: false, default: None }
}

const fn int(name: &'static str) -> Column {
    column(name, Kind::Int)
}

const fn text(name: &'static str) -> Column {
    column(name, Kind::Text)
}

const fn limited(name: &'static str, characters: usize) -> Column {
    column(name, Kind::Limited(characters))
}

const fn name(name: &'static str) -> Column {
    column(name, Kind::Name)
}

const fn choice(name: &'static str, choices: &'static [&'static str]) -> Column {
    column(name, Kind::Choice(choices))
}

const fn boolean(name: &'static str) -> Column {
    column(name, Kind::Bool)
}

const fn moment(name: &'static str) -> Column {
    column(name, Kind::Moment)
}

const fn texts(name: &'static str) -> Column {
    column(name, Kind::Texts).or("'[]'")
}

const fn permissions(name: &'static str) -> Column {
    column(name, Kind::Permissions).or("'[]'")
}

impl Column {
    /// Where the column is not there yet, its rows have this.
    const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// It may be NULL, and is where the column is not there yet.
    const fn nullable(mut self) -> Self {
        self.is_nullable = true;
        self.default = Some("NULL");
        self
    }

    /// It is made from another column.
    const fn made_from(mut self, origin: &'static str) -> Self {
        self.origin = origin;
        self
    }
}

/// A table whose rows have an id, and when they were made and changed.
macro_rules! entity {
    ($name:literal, [$($column:expr),+ $(,)?] $(, $field:ident: $value:expr)*) => {
        Table {
            columns: &[int("id"), moment("created_at"), moment("updated_at"), $($column),+],
            $($field: $value,)*
            ..Table {
                name: $name, key: 1, columns: &[], is_optional: true, watched: Watched::Whole, keeps_own_rows: false,
            }
        }
    };
}

/// A table of links between two others.
macro_rules! link {
    ($name:literal, $one:literal, $other:literal) => {
        Table {
            name: $name,
            key: 2,
            columns: &[int($one), int($other)],
            is_optional: true,
            watched: Watched::Whole,
            keeps_own_rows: false,
        }
    };
}

/// All tables that are copied.
pub static TABLES: &[Table] = &[
    entity!(
        "app_user",
        [name("email"), text("name"), text("launchpad_handle").nullable(), boolean("is_admin").or("FALSE"),]
    ),
    // Whoever looks around here before the move has a session here.
    entity!("user_session", [int("user_id"), moment("expires_at")], keeps_own_rows: true),
    entity!(
        "application",
        [
            name("name"),
            permissions("permissions"),
            column("key_prefix", Kind::KeyPrefix).made_from("api_key"),
            column("key_hash", Kind::KeyHash).made_from("api_key"),
        ]
    ),
    entity!("team", [name("name"), permissions("permissions")]),
    link!("team_users_association", "user_id", "team_id"),
    entity!(
        "artefact_matching_rule",
        [
            choice("family", FAMILIES),
            limited("name", 200).or("''"),
            limited("stage", 100).or("''"),
            limited("track", 200).or("''"),
            limited("branch", 200).or("''"),
            limited("store", 200).or("''"),
            limited("series", 200).or("''"),
            limited("os", 200).or("''"),
            limited("release", 200).or("''"),
            limited("owner", 200).or("''"),
            permissions("grant_permissions"),
        ]
    ),
    link!("artefact_matching_rule_team_association", "artefact_matching_rule_id", "team_id"),
    entity!(
        "notification",
        [
            int("user_id"),
            choice("notification_type", NOTIFICATION_TYPES),
            text("target_url").nullable(),
            moment("dismissed_at").nullable(),
        ]
    ),
    entity!("artefact", [
        limited("name", 200), name("version"), limited("stage", 100), choice("family", FAMILIES),
        column("due_date", Kind::Date).nullable(), text("bug_link").or("''"),
        choice("status", ARTEFACT_STATUSES).or("'UNDECIDED'"), boolean("archived").or("FALSE"), text("comment").or("''"),
        text("jira_issue").nullable(), name("store").or("''"), name("track").or("''"), limited("branch", 200).or("''"),
        name("series").or("''"), name("repo").or("''"), limited("source", 200).or("''"), limited("os", 200).or("''"),
        limited("release", 200).or("''"), limited("owner", 200).or("''"), limited("sha256", 200).or("''"),
        limited("image_url", 200).or("''"), limited("bundled_builds_hash", 64).nullable(),
    ], is_optional: false),
    link!("artefact_reviewers_association", "artefact_id", "user_id"),
    entity!("artefact_build", [int("artefact_id"), limited("architecture", 100), int("revision").nullable()],
        is_optional: false),
    link!("artefact_bundled_builds_association", "artefact_id", "artefact_build_id"),
    entity!("environment", [limited("name", 200), limited("architecture", 100)], is_optional: false),
    entity!(
        "artefact_build_environment_review",
        [
            int("artefact_build_id"),
            int("environment_id"),
            column("review_decision", Kind::Choices(DECISIONS)).or("'[]'"),
            text("review_comment").or("''"),
        ]
    ),
    link!("environment_review_reviewers_association", "environment_review_id", "user_id"),
    entity!("test_plan", [limited("name", 200)], is_optional: false),
    entity!("test_execution", [
        limited("ci_link", 200).nullable(), limited("c3_link", 200).nullable(), int("artefact_build_id"),
        int("environment_id"), int("test_plan_id"), choice("status", EXECUTION_STATUSES).or("'NOT_STARTED'"),
        text("resource_url").or("''"), limited("checkbox_version", 200).nullable(),
    ], is_optional: false),
    entity!(
        "test_execution_rerun_request",
        [int("test_plan_id"), int("artefact_build_id"), int("environment_id"), int("priority").or("0"),]
    ),
    entity!("test_execution_metadata", [limited("category", 200), limited("value", 200)]),
    link!("test_execution_metadata_association_table", "test_execution_id", "test_execution_metadata_id"),
    entity!("test_execution_relevant_link", [int("test_execution_id"), text("label"), text("url")]),
    entity!("test_event", [text("event_name"), moment("timestamp"), text("detail"), int("test_execution_id")]),
    entity!("test_case", [name("name"), name("category"), name("template_id").or("''")], is_optional: false),
    entity!("test_result", [
        choice("status", RESULT_STATUSES), int("test_execution_id"), int("test_case_id"), text("comment"),
        column("io_log", Kind::Log),
    ], is_optional: false, watched: Watched::Stamp),
    entity!("test_case_issue", [name("template_id"), name("case_name"), text("url"), text("description")]),
    entity!(
        "environment_issue",
        [text("environment_name"), text("url").nullable(), text("description"), boolean("is_confirmed"),]
    ),
    entity!(
        "issue",
        [
            choice("source", ISSUE_SOURCES),
            limited("project", 200),
            limited("key", 200),
            text("title").or("''"),
            choice("status", ISSUE_STATUSES).or("'UNKNOWN'"),
            column("labels", Kind::Texts).nullable(),
            moment("last_synced_at").nullable(),
            boolean("auto_rerun_enabled").or("FALSE"),
        ]
    ),
    entity!(
        "issue_test_result_attachment_rule",
        [
            int("issue_id"),
            boolean("enabled").or("TRUE"),
            column("families", Kind::Choices(FAMILIES)).or("'[]'"),
            texts("artefacts"),
            texts("artefact_versions"),
            texts("artefact_stages"),
            texts("artefact_tracks"),
            texts("environment_names"),
            texts("test_case_names"),
            texts("template_ids"),
            column("test_result_statuses", Kind::Choices(RESULT_STATUSES)).or("'[]'"),
        ]
    ),
    entity!(
        "issue_test_result_attachment_rule_execution_metadata",
        [int("attachment_rule_id"), limited("category", 200), limited("value", 200),]
    ),
    entity!(
        "issue_test_result_attachment",
        [int("issue_id"), int("test_result_id"), int("attachment_rule_id").nullable(),]
    ),
];
