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

/// Results that patterns were tried on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TriedResults {
    /// Those that the patterns admit.
    pub ids: Vec<i64>,
    /// Whether there was none more to try.
    pub are_all: bool,
}

#[derive(sqlx::FromRow)]
struct TextRow {
    id: i64,
    comment: String,
    #[sqlx(flatten)]
    io_log: StoredLog,
}

/// Results whose texts are read at a time.
const TEXTS_AT_A_TIME: usize = 500;

/// Tries patterns on the newest results that the filters choose. Their texts are read by and by, and not kept; SQLite would
/// otherwise sort them with the ids.
pub async fn try_patterns(
    tx: &mut Tx,
    executions: &ExecutionFilter,
    results: &ResultFilter,
    patterns: &TextPatterns,
    at_most: i64,
) -> StoreResult<TriedResults> {
    let mut statement = Statement::new(
        "SELECT result.id FROM test_result AS result
             JOIN test_case ON test_case.id = result.test_case_id
             JOIN test_execution AS execution ON execution.id = result.test_execution_id WHERE TRUE",
    );
    results.push_where(&mut statement);
    executions.push_where(&mut statement);
    // One more than is tried says whether there are more.
    statement.push(" ORDER BY result.id DESC LIMIT ").bind(at_most.saturating_add(1));
    let chosen: Vec<IdRow> = on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))?;
    let limit = usize::try_from(at_most).unwrap_or(usize::MAX);
    let mut tried = TriedResults { ids: Vec::new(), are_all: chosen.len() <= limit };
    let chosen: Vec<i64> = chosen.into_iter().take(limit).map(|row| row.id).collect();
    for ids in chosen.chunks(TEXTS_AT_A_TIME) {
        let rows = list_texts(tx, ids, patterns).await?;
        let admitted = rows.iter().filter(|row| patterns.admit(&row.io_log.0, &row.comment));
        tried.ids.extend(admitted.map(|row| row.id));
    }
    Ok(tried)
}

/// Those texts of the results that the patterns look into.
async fn list_texts(tx: &mut Tx, ids: &[i64], patterns: &TextPatterns) -> StoreResult<Vec<TextRow>> {
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
