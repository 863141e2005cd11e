//! Issues of external trackers.

use std::collections::HashMap;
use std::str::FromStr;

use app::api::{FamilyName, IssueSource, IssueStatus, UnknownMember};
use futures::TryFutureExt;
use sqlx::types::Json;

use super::{Moment, Statement, StoreResult, Tx, on, on_statement};
use crate::domain::issue_url::IssueAddress;

/// A member of an enumeration that the database spells in upper case, and the API in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upper<T>(pub T);

impl<T: FromStr<Err = UnknownMember>> TryFrom<String> for Upper<T> {
    type Error = UnknownMember;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.to_ascii_lowercase().parse().map(Self)
    }
}

/// An issue.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct IssueRow {
    pub id: i64,
    #[sqlx(try_from = "String")]
    pub source: Upper<IssueSource>,
    pub project: String,
    pub key: String,
    /// Null when never learnt.
    pub labels: Option<Json<Vec<String>>>,
    /// What a client may change.
    #[sqlx(flatten)]
    pub columns: IssueColumns,
}

/// A project that issues are of.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct ProjectRow {
    #[sqlx(try_from = "String")]
    pub source: Upper<IssueSource>,
    pub project: String,
    pub issues_count: i64,
}

/// The columns a client may change.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct IssueColumns {
    pub title: String,
    #[sqlx(try_from = "String")]
    pub status: Upper<IssueStatus>,
    pub auto_rerun_enabled: bool,
}

/// Which issues to list. An empty list says nothing.
#[derive(Clone, Debug, Default)]
pub struct IssueFilter {
    /// Its tracker.
    pub source: Option<IssueSource>,
    /// Its tracker's project.
    pub project: Option<String>,
    /// One of these trackers.
    pub sources: Vec<IssueSource>,
    /// One of these projects.
    pub projects: Vec<String>,
    /// One of these.
    pub statuses: Vec<IssueStatus>,
    /// Something of one of these families has a result that it is attached to.
    pub families: Vec<FamilyName>,
    /// Patterns, each of which something that it shows is like.
    pub patterns: Vec<String>,
}

macro_rules! select_issues {
    ($rest:literal) => {
        concat!(
            "SELECT issue.id, issue.source, issue.project, issue.key, issue.title, issue.status, issue.labels,
                 issue.auto_rerun_enabled FROM issue ",
            $rest
        )
    };
}

/// The issue of that id.
pub async fn find_issue(tx: &mut Tx, id: i64) -> StoreResult<Option<IssueRow>> {
    on!(tx, |conn, _| sqlx::query_as(select_issues!("WHERE issue.id = $1")).bind(id).fetch_optional(conn))
}

/// The issue of that id, which nobody else changes, attaches or detaches until this transaction ends.
pub async fn lock_issue(tx: &mut Tx, id: i64) -> StoreResult<Option<IssueRow>> {
    on!(tx, |conn, sql| sqlx::query_as(sql.of(select_issues!("WHERE issue.id = $1 FOR NO KEY UPDATE OF issue")))
        .bind(id)
        .fetch_optional(conn))
}

/// The issue at that address, made when it is new, which nobody else changes until this transaction ends; and whether it
/// was made.
pub async fn find_or_create_issue(
    tx: &mut Tx,
    address: &IssueAddress,
    columns: &IssueColumns,
    now: Moment,
) -> StoreResult<(IssueRow, bool)> {
    if let Some(row) = lock_issue_at(tx, address).await? {
        return Ok((row, false));
    }
    match create_issue(tx, address, columns, now).await? {
        Some(row) => Ok((row, true)),
        // A concurrent request was faster; its row is there now.
        None => Ok((lock_issue_at(tx, address).await?.ok_or(sqlx::Error::RowNotFound)?, false)),
    }
}

async fn lock_issue_at(tx: &mut Tx, address: &IssueAddress) -> StoreResult<Option<IssueRow>> {
    on!(tx, |conn, sql| sqlx::query_as(sql.of(select_issues!(
        "WHERE issue.project = $1 AND issue.source = $2 AND issue.key = $3 FOR NO KEY UPDATE OF issue"
    )))
    .bind(&address.project)
    .bind(stored(address.source.as_str()))
    .bind(&address.key)
    .fetch_optional(conn))
}

async fn create_issue(
    tx: &mut Tx,
    address: &IssueAddress,
    columns: &IssueColumns,
    now: Moment,
) -> StoreResult<Option<IssueRow>> {
    on!(tx, |conn, _| sqlx::query_as(
        "INSERT INTO issue (source, project, key, title, status, auto_rerun_enabled, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT DO NOTHING
         RETURNING id, source, project, key, title, status, labels, auto_rerun_enabled",
    )
    .bind(stored(address.source.as_str()))
    .bind(&address.project)
    .bind(&address.key)
    .bind(&columns.title)
    .bind(stored(columns.status.0.as_str()))
    .bind(columns.auto_rerun_enabled)
    .bind(now)
    .fetch_optional(conn))
}

/// Writes the changeable columns.
pub async fn update_issue(tx: &mut Tx, id: i64, columns: &IssueColumns, now: Moment) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query(
        "UPDATE issue SET title = $2, status = $3, auto_rerun_enabled = $4, updated_at = $5 WHERE id = $1",
    )
    .bind(id)
    .bind(&columns.title)
    .bind(stored(columns.status.0.as_str()))
    .bind(columns.auto_rerun_enabled)
    .bind(now)
    .execute(conn)
    .map_ok(drop))?;
    Ok(())
}

fn stored(member: &str) -> String {
    member.to_ascii_uppercase()
}

impl IssueFilter {
    fn push_where(&self, statement: &mut Statement) {
        statement.push("WHERE TRUE");
        if let Some(source) = self.source {
            statement.push(" AND issue.source = ").bind(stored(source.as_str()));
        }
        if let Some(project) = &self.project {
            statement.push(" AND issue.project = ").bind(project.as_str());
        }
        if !self.sources.is_empty() {
            let sources: Vec<String> = self.sources.iter().map(|source| stored(source.as_str())).collect();
            statement.push(" AND ").push_in("issue.source", sources);
        }
        if !self.projects.is_empty() {
            statement.push(" AND ").push_in("issue.project", self.projects.clone());
        }
        if !self.statuses.is_empty() {
            let statuses: Vec<String> = self.statuses.iter().map(|status| stored(status.as_str())).collect();
            statement.push(" AND ").push_in("issue.status", statuses);
        }
        if !self.families.is_empty() {
            let families: Vec<String> = self.families.iter().map(|family| family.as_str().to_owned()).collect();
            statement.push(
                " AND EXISTS (SELECT 1 FROM issue_test_result_attachment AS attachment
                     JOIN test_result AS result ON result.id = attachment.test_result_id
                     JOIN test_execution AS execution ON execution.id = result.test_execution_id
                     JOIN artefact_build AS build ON build.id = execution.artefact_build_id
                     JOIN artefact ON artefact.id = build.artefact_id
                     WHERE attachment.issue_id = issue.id AND ",
            );
            statement.push_in("artefact.family", families).push(")");
        }
        self.push_patterns(statement);
    }

    /// What an issue shows is one text here, with spaces between: no pattern holds one, so none is like two of them.
    fn push_patterns(&self, statement: &mut Statement) {
        if self.patterns.is_empty() {
            return;
        }
        // In lower case here, not by the database: PostgreSQL knows more letters in parameters than in the columns.
        let patterns: Vec<String> = self.patterns.iter().map(|pattern| pattern.to_ascii_lowercase()).collect();
        statement.push(" AND NOT EXISTS (SELECT 1 FROM texts(").bind(patterns).push(
            ") AS typed WHERE NOT lower(
                 CAST(issue.id AS TEXT) || ' ' || issue.source || ' ' || issue.project || ' ' || issue.key || ' '
                     || issue.title || ' ' || issue.status || ' ' || CASE issue.source
                     WHEN 'GITHUB' THEN 'https://github.com/' || issue.project || '/issues/' || issue.key
                     WHEN 'JIRA' THEN 'https://warthogs.atlassian.net/browse/' || issue.project || '-' || issue.key
                     ELSE 'https://bugs.launchpad.net/' || issue.project || '/+bug/' || issue.key END
             ) LIKE typed.value ESCAPE '\\')",
        );
    }
}

/// How many issues the filter chooses.
pub async fn count_issues(tx: &mut Tx, filter: &IssueFilter) -> StoreResult<i64> {
    let mut statement = Statement::new("SELECT COUNT(*) FROM issue ");
    filter.push_where(&mut statement);
    let (count,): (i64,) = on_statement!(tx, statement, query_as, |query, conn| query.fetch_one(conn))?;
    Ok(count)
}

/// A page of the issues that the filter chooses, by tracker, project and key.
pub async fn list_issues(tx: &mut Tx, filter: &IssueFilter, limit: i64, offset: i64) -> StoreResult<Vec<IssueRow>> {
    let mut statement = Statement::new(select_issues!(""));
    filter.push_where(&mut statement);
    statement.push(
        " ORDER BY CASE issue.source WHEN 'JIRA' THEN 1 WHEN 'GITHUB' THEN 2 ELSE 3 END,
             issue.project, issue.key LIMIT ",
    );
    statement.bind(limit).push(" OFFSET ").bind(offset);
    on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))
}

/// The trackers' projects that any issue is of, by tracker and name.
pub async fn list_projects(tx: &mut Tx) -> StoreResult<Vec<ProjectRow>> {
    on!(tx, |conn, _| sqlx::query_as(
        "SELECT source, project, COUNT(*) AS issues_count FROM issue GROUP BY source, project
         ORDER BY CASE source WHEN 'JIRA' THEN 1 WHEN 'GITHUB' THEN 2 ELSE 3 END, project",
    )
    .fetch_all(conn))
}

/// In how many executions each of the issues is attached to a result; one that is attached nowhere is left out.
pub async fn count_executions(tx: &mut Tx, issue_ids: &[i64]) -> StoreResult<HashMap<i64, i64>> {
    let ids = Json(issue_ids);
    let rows: Vec<(i64, i64)> = on!(tx, |conn, sql| sqlx::query_as(sql.of(
        "SELECT attachment.issue_id, COUNT(DISTINCT result.test_execution_id)
         FROM issue_test_result_attachment AS attachment
         JOIN test_result AS result ON result.id = attachment.test_result_id
         WHERE attachment.issue_id IN ints($1) GROUP BY attachment.issue_id",
    ))
    .bind(ids)
    .fetch_all(conn))?;
    Ok(rows.into_iter().collect())
}
