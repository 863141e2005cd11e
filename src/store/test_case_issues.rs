//! Known problems of test cases, as people report them. They name cases and templates that need not exist.

use super::{Moment, StoreResult, Tx, on};

/// A reported problem.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct TestCaseIssueRow {
    pub id: i64,
    pub created_at: Moment,
    pub updated_at: Moment,
    /// `""` where it is about a case.
    pub template_id: String,
    /// `""` where it is about a template.
    pub case_name: String,
    pub url: String,
    pub description: String,
}

/// What somebody reports.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct NewTestCaseIssue<'a> {
    pub template_id: &'a str,
    pub case_name: &'a str,
    pub url: &'a str,
    pub description: &'a str,
}

/// What was reported of exactly this template and exactly this case, where they are given; in the order of the reports.
pub async fn list_test_case_issues(
    tx: &mut Tx,
    template_id: Option<&str>,
    case_name: Option<&str>,
) -> StoreResult<Vec<TestCaseIssueRow>> {
    on!(tx, |conn, _| sqlx::query_as(
        "SELECT id, created_at, updated_at, template_id, case_name, url, description FROM test_case_issue
         WHERE (CAST($1 AS TEXT) IS NULL OR template_id = $1) AND (CAST($2 AS TEXT) IS NULL OR case_name = $2)
         ORDER BY id",
    )
    .bind(template_id)
    .bind(case_name)
    .fetch_all(conn))
}

/// Stores a report.
pub async fn create_test_case_issue(
    tx: &mut Tx,
    new: NewTestCaseIssue<'_>,
    now: Moment,
) -> StoreResult<TestCaseIssueRow> {
    on!(tx, |conn, _| sqlx::query_as(
        "INSERT INTO test_case_issue (template_id, case_name, url, description, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $5)
         RETURNING id, created_at, updated_at, template_id, case_name, url, description",
    )
    .bind(new.template_id)
    .bind(new.case_name)
    .bind(new.url)
    .bind(new.description)
    .bind(now)
    .fetch_one(conn))
}

/// The report of that id, which nobody else changes until this transaction ends.
pub async fn lock_test_case_issue(tx: &mut Tx, id: i64) -> StoreResult<Option<TestCaseIssueRow>> {
    on!(tx, |conn, sql| sqlx::query_as(
        sql.of("SELECT id, created_at, updated_at, template_id, case_name, url, description FROM test_case_issue
         WHERE id = $1 FOR NO KEY UPDATE OF test_case_issue",)
    )
    .bind(id)
    .fetch_optional(conn))
}

/// Replaces everything a report says; none when there is no such report.
pub async fn update_test_case_issue(
    tx: &mut Tx,
    id: i64,
    new: NewTestCaseIssue<'_>,
    now: Moment,
) -> StoreResult<Option<TestCaseIssueRow>> {
    on!(tx, |conn, _| sqlx::query_as(
        "UPDATE test_case_issue SET template_id = $2, case_name = $3, url = $4, description = $5, updated_at = $6
         WHERE id = $1 RETURNING id, created_at, updated_at, template_id, case_name, url, description",
    )
    .bind(id)
    .bind(new.template_id)
    .bind(new.case_name)
    .bind(new.url)
    .bind(new.description)
    .bind(now)
    .fetch_optional(conn))
}

/// Removes a report; what it said, or none when there is no such report.
pub async fn delete_test_case_issue(tx: &mut Tx, id: i64) -> StoreResult<Option<TestCaseIssueRow>> {
    on!(tx, |conn, _| sqlx::query_as(
        "DELETE FROM test_case_issue WHERE id = $1
         RETURNING id, created_at, updated_at, template_id, case_name, url, description",
    )
    .bind(id)
    .fetch_optional(conn))
}
