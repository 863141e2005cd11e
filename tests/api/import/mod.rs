//! Copying the database of an existing installation.

mod again;
mod copy;
mod refusals;

use std::str::FromStr;

use app::api::Permission;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgPool;
use test_observer::service::import::{ImportError, ImportOptions, ImportReport, Progress, TablePlan};
use test_observer::store::DbUrl;

use crate::support::{TestApp, create_database};

const SCHEMA: &str = include_str!("../../fixtures/existing_installation.sql");
const ROWS: &str = include_str!("../../fixtures/existing_rows.sql");
const TABLES: [&str; 30] = [
    "app_user",
    "user_session",
    "application",
    "team",
    "team_users_association",
    "artefact_matching_rule",
    "artefact_matching_rule_team_association",
    "notification",
    "artefact",
    "artefact_reviewers_association",
    "artefact_build",
    "artefact_bundled_builds_association",
    "environment",
    "artefact_build_environment_review",
    "environment_review_reviewers_association",
    "test_plan",
    "test_execution",
    "test_execution_rerun_request",
    "test_execution_metadata",
    "test_execution_metadata_association_table",
    "test_execution_relevant_link",
    "test_event",
    "test_case",
    "test_result",
    "test_case_issue",
    "environment_issue",
    "issue",
    "issue_test_result_attachment_rule",
    "issue_test_result_attachment_rule_execution_metadata",
    "issue_test_result_attachment",
];

/// Copies, and does nothing else.
const COPY: ImportOptions = ImportOptions { is_dry_run: false, prune: false, long_names: false };
const DRY: ImportOptions = ImportOptions { is_dry_run: true, ..COPY };
const PRUNE: ImportOptions = ImportOptions { prune: true, ..COPY };

/// The database of an existing installation.
struct Installation {
    pool: PgPool,
    url: DbUrl,
}

impl Installation {
    /// One with the rows of the fixture.
    async fn filled() -> Self {
        let installation = Self::with(SCHEMA).await;
        installation.run(ROWS).await;
        installation
    }

    /// A database in which these statements were run.
    async fn with(sql: &str) -> Self {
        let url = create_database().await;
        let installation = Self { pool: PgPool::connect(&url).await.unwrap(), url: DbUrl::from_str(&url).unwrap() };
        installation.run(sql).await;
        installation
    }

    async fn run(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&self.pool).await.unwrap();
    }

    async fn number(&self, sql: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&self.pool).await.unwrap()
    }
}

/// Looks at nothing.
struct Silence;

impl Progress for Silence {
    fn begin(&mut self, _: &str, _: u64) {}

    fn advance(&mut self, _: u64) {}
}

/// Removes the application the tests come with: a copy goes into a database of its own.
async fn emptied(app: TestApp) -> TestApp {
    app.raw.run("DELETE FROM application").await;
    app
}

/// Gives the tests their application back.
async fn with_key(mut app: TestApp) -> TestApp {
    app.key = app.add_application(Permission::ALL).await;
    app
}

async fn import(app: &TestApp, from: &Installation, options: ImportOptions) -> Result<ImportReport, ImportError> {
    app.service.import(&from.url, options, &mut Silence).await
}

/// A copy that has to be made and be the same.
async fn imported(app: &TestApp, from: &Installation, options: ImportOptions) -> ImportReport {
    let report = import(app, from, options).await.unwrap();
    assert!(!report.is_refused() && report.is_verified(), "{report:#?}");
    report
}

async fn count(app: &TestApp, table: &str) -> i64 {
    app.raw.number(&format!("SELECT COUNT(*) FROM {table}")).await
}

/// What a table needed: new, changed and gone rows.
fn needed(report: &ImportReport, table: &str) -> (u64, u64, u64) {
    let plan = plan(report, table);
    (plan.new, plan.changed, plan.gone)
}

fn plan<'r>(report: &'r ImportReport, table: &str) -> &'r TablePlan {
    report.plans.iter().find(|plan| plan.table.name == table).unwrap()
}
