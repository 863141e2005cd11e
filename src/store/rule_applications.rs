//! Attachment rules and the results that were there before them.

use sqlx::types::Json;

use super::execution_filters::{ExecutionFilter, ResultFilter};
use super::io_logs::StoredLog;
use super::issue_attachments::ResultSelection;
use super::{IdRow, Statement, StoreResult, Tx, on, on_statement};
use crate::domain::attachment_rules::TextPatterns;

/// What is known of results that were chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ResultCounts {
    /// All of them.
    pub matched: i64,
    /// Those that failed or were skipped and have no issue.
    pub untriaged: i64,
    /// Those that have the issue.
    pub already_attached: i64,
    /// Those that have some other issue.
    pub with_another_issue: i64,
}

/// Which results patterns are to be tried on: those behind one id, before another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Between {
    /// Higher ids only.
    pub after: Option<i64>,
    /// Lower ids only.
    pub before: Option<i64>,
}

/// A result with those of its texts that patterns look into.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TextRow {
    /// The result.
    pub id: i64,
    /// Its comment, or nothing.
    pub comment: String,
    /// Its log, or nothing.
    #[sqlx(flatten)]
    pub io_log: StoredLog,
}

/// The newest results that the filters choose, newest first.
pub async fn list_candidates(
    tx: &mut Tx,
    executions: &ExecutionFilter,
    results: &ResultFilter,
    between: Between,
    at_most: i64,
) -> StoreResult<Vec<i64>> {
    let mut statement = Statement::new(
        "SELECT result.id FROM test_result AS result
             JOIN test_case ON test_case.id = result.test_case_id
             JOIN test_execution AS execution ON execution.id = result.test_execution_id WHERE TRUE",
    );
    if let Some(after) = between.after {
        statement.push(" AND result.id > ").bind(after);
    }
    if let Some(before) = between.before {
        statement.push(" AND result.id < ").bind(before);
    }
    results.push_where(&mut statement);
    executions.push_where(&mut statement);
    statement.push(" ORDER BY result.id DESC LIMIT ").bind(at_most);
    let rows: Vec<IdRow> = on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Those texts of the results that the patterns look into, in any order. Not read with the ids: SQLite would sort them, too.
pub async fn list_texts(tx: &mut Tx, ids: &[i64], patterns: &TextPatterns) -> StoreResult<Vec<TextRow>> {
    on!(tx, |conn, sql| sqlx::query_as(sql.of(
        "SELECT result.id, CASE WHEN $2 THEN result.comment ELSE '' END AS comment,
             CASE WHEN $3 THEN result.io_log ELSE '' END AS io_log,
             CASE WHEN $3 THEN result.io_log_zstd END AS io_log_zstd
         FROM test_result AS result WHERE result.id IN ints($1)"
    ))
    .bind(Json(ids))
    .bind(patterns.reads_comment())
    .bind(patterns.reads_log())
    .fetch_all(conn))
}

/// The highest id of a result.
pub async fn newest_result(tx: &mut Tx) -> StoreResult<i64> {
    let (id,): (i64,) =
        on!(tx, |conn, _| sqlx::query_as("SELECT COALESCE(MAX(id), 0) FROM test_result").fetch_one(conn))?;
    Ok(id)
}

/// What is known of the results, seen from an issue.
pub async fn count_chosen(tx: &mut Tx, issue_id: i64, selection: &ResultSelection) -> StoreResult<ResultCounts> {
    let mut statement = Statement::new(
        "SELECT COUNT(*) AS matched,
             COUNT(*) FILTER (WHERE issues = 0 AND status IN ('FAILED', 'SKIPPED')) AS untriaged,
             COUNT(*) FILTER (WHERE own = 1) AS already_attached,
             COUNT(*) FILTER (WHERE issues > own) AS with_another_issue
         FROM (
             SELECT result.status, COUNT(attachment.id) AS issues,
                 COUNT(attachment.id) FILTER (WHERE attachment.issue_id = ",
    );
    statement.bind(issue_id).push(
        ") AS own
             FROM test_result AS result
             LEFT JOIN issue_test_result_attachment AS attachment ON attachment.test_result_id = result.id
             WHERE result.id IN ",
    );
    selection.push_ids(&mut statement);
    statement.push(" GROUP BY result.id) AS chosen");
    on_statement!(tx, statement, query_as, |query, conn| query.fetch_one(conn))
}

/// The newest of the results.
pub async fn list_newest(tx: &mut Tx, selection: &ResultSelection, at_most: i64) -> StoreResult<Vec<i64>> {
    let mut statement = Statement::new("SELECT id FROM test_result WHERE id IN ");
    selection.push_ids(&mut statement);
    statement.push(" ORDER BY created_at DESC, id DESC LIMIT ").bind(at_most);
    let rows: Vec<IdRow> = on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Detaches the issue from the results to which the rule attached it when it was applied to what was there. These results, in
/// any order.
pub async fn detach_applied(tx: &mut Tx, rule_id: i64) -> StoreResult<Vec<i64>> {
    let rows: Vec<IdRow> = on!(tx, |conn, _| sqlx::query_as(
        "DELETE FROM issue_test_result_attachment WHERE attachment_rule_id = $1 AND applied_to_existing
         RETURNING test_result_id AS id"
    )
    .bind(rule_id)
    .fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
