//! Known problems of environments, as people report them. They name environments that need not exist.

use super::{Moment, StoreResult, Tx, on};

/// A reported problem.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct EnvironmentIssueRow {
    pub id: i64,
    pub created_at: Moment,
    pub updated_at: Moment,
    pub environment_name: String,
    pub url: Option<String>,
    pub description: String,
    pub is_confirmed: bool,
}

/// What somebody reports.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct NewEnvironmentIssue<'a> {
    pub environment_name: &'a str,
    pub url: Option<&'a str>,
    pub description: &'a str,
    pub is_confirmed: bool,
}

/// What was reported, in the order of the reports; only what is confirmed or is not, and of environments that an artefact was or
/// will be tested in, where that is asked for.
pub async fn list_environment_issues(
    tx: &mut Tx,
    is_confirmed: Option<bool>,
    artefact_id: Option<i64>,
) -> StoreResult<Vec<EnvironmentIssueRow>> {
    on!(tx, |conn, _| sqlx::query_as(
        "SELECT id, created_at, updated_at, environment_name, url, description, is_confirmed FROM environment_issue
         WHERE (CAST($1 AS BOOLEAN) IS NULL OR is_confirmed = $1)
             AND (CAST($2 AS BIGINT) IS NULL OR environment_name IN (
                 SELECT environment.name FROM environment
                 JOIN test_execution AS execution ON execution.environment_id = environment.id
                 JOIN artefact_build AS build ON build.id = execution.artefact_build_id
                 WHERE build.artefact_id = $2
                 UNION
                 SELECT environment.name FROM environment
                 JOIN artefact_build_environment_review AS review ON review.environment_id = environment.id
                 JOIN artefact_build AS build ON build.id = review.artefact_build_id
                 WHERE build.artefact_id = $2
             ))
         ORDER BY id",
    )
    .bind(is_confirmed)
    .bind(artefact_id)
    .fetch_all(conn))
}

/// Stores a report.
pub async fn create_environment_issue(
    tx: &mut Tx,
    new: NewEnvironmentIssue<'_>,
    now: Moment,
) -> StoreResult<EnvironmentIssueRow> {
    on!(tx, |conn, _| sqlx::query_as(
        "INSERT INTO environment_issue (environment_name, url, description, is_confirmed, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $5)
         RETURNING id, created_at, updated_at, environment_name, url, description, is_confirmed",
    )
    .bind(new.environment_name)
    .bind(new.url)
    .bind(new.description)
    .bind(new.is_confirmed)
    .bind(now)
    .fetch_one(conn))
}

/// The report of that id, which nobody else changes until this transaction ends.
pub async fn lock_environment_issue(tx: &mut Tx, id: i64) -> StoreResult<Option<EnvironmentIssueRow>> {
    on!(tx, |conn, sql| sqlx::query_as(sql.of(
        "SELECT id, created_at, updated_at, environment_name, url, description, is_confirmed FROM environment_issue
         WHERE id = $1 FOR NO KEY UPDATE OF environment_issue",
    ))
    .bind(id)
    .fetch_optional(conn))
}

/// Replaces everything a report says; none when there is no such report.
pub async fn update_environment_issue(
    tx: &mut Tx,
    id: i64,
    new: NewEnvironmentIssue<'_>,
    now: Moment,
) -> StoreResult<Option<EnvironmentIssueRow>> {
    on!(tx, |conn, _| sqlx::query_as(
        "UPDATE environment_issue
         SET environment_name = $2, url = $3, description = $4, is_confirmed = $5, updated_at = $6
         WHERE id = $1 RETURNING id, created_at, updated_at, environment_name, url, description, is_confirmed",
    )
    .bind(id)
    .bind(new.environment_name)
    .bind(new.url)
    .bind(new.description)
    .bind(new.is_confirmed)
    .bind(now)
    .fetch_optional(conn))
}

/// Removes a report; what it said, or none when there is no such report.
pub async fn delete_environment_issue(tx: &mut Tx, id: i64) -> StoreResult<Option<EnvironmentIssueRow>> {
    on!(tx, |conn, _| sqlx::query_as(
        "DELETE FROM environment_issue WHERE id = $1
         RETURNING id, created_at, updated_at, environment_name, url, description, is_confirmed",
    )
    .bind(id)
    .fetch_optional(conn))
}
