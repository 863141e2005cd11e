//! Issues attached to test results.

use std::collections::HashSet;

use app::api::{
    IssueSource, IssueStatus, MinimalIssueResponse, MinimalIssueTestResultAttachmentResponse,
    MinimalIssueTestResultAttachmentRuleResponse, TestResultSearchFilters,
};
use futures::TryFutureExt;
use sqlx::types::Json;

use super::attachment_rules::list_rules;
use super::execution_filters::{ExecutionCriteria, ExecutionFilter, ResultFilter};
use super::issues::Upper;
use super::{IdRow, Moment, Statement, StoreResult, Tx, on, on_built, on_statement};

/// An attachment to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewAttachment {
    /// The issue.
    pub issue_id: i64,
    /// The result.
    pub test_result_id: i64,
    /// The rule that attaches it.
    pub attachment_rule_id: i64,
}

#[derive(sqlx::FromRow)]
struct AttachmentRow {
    test_result_id: i64,
    issue_id: i64,
    #[sqlx(try_from = "String")]
    source: Upper<IssueSource>,
    project: String,
    key: String,
    title: String,
    #[sqlx(try_from = "String")]
    status: Upper<IssueStatus>,
    labels: Option<Json<Vec<String>>>,
    attachment_rule_id: Option<i64>,
}

/// How issues come to be attached to results that are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attaching {
    /// The issue.
    pub issue_id: i64,
    /// The rule that says so.
    pub attachment_rule_id: Option<i64>,
    /// Whether the rule was applied to results that were there before it.
    pub applied_to_existing: bool,
}

/// Results that a request is about: those listed, and those that a filter chooses.
#[derive(Clone, Debug, Default)]
pub struct ResultSelection {
    ids: Vec<i64>,
    /// Whether the filter chooses among the ids, instead of more.
    is_narrowed: bool,
    /// Of executions like this; `(offset, limit)` cut the results found, in the order of their ids.
    by_filter: Option<(ExecutionFilter, ResultFilter, Option<i64>, Option<i64>)>,
}

/// Attaches issues; one that is attached already stays as it is.
pub async fn insert_attachments(tx: &mut Tx, attachments: &[NewAttachment], now: Moment) -> StoreResult<()> {
    for chunk in attachments.chunks(6_000) {
        on_built!(
            tx,
            |builder| {
                builder.push(
                    "INSERT INTO issue_test_result_attachment
                         (issue_id, test_result_id, attachment_rule_id, created_at, updated_at) ",
                );
                builder.push_values(chunk, |mut row, attachment| {
                    row.push_bind(attachment.issue_id).push_bind(attachment.test_result_id);
                    row.push_bind(attachment.attachment_rule_id).push_bind(now).push_bind(now);
                });
                builder.push(" ON CONFLICT DO NOTHING");
            },
            |query, conn| query.execute(conn).map_ok(drop)
        )?;
    }
    Ok(())
}

impl ResultSelection {
    /// What a request's ids and filters say.
    pub fn new(ids: Vec<i64>, filters: Option<TestResultSearchFilters>) -> Self {
        Self { ids, is_narrowed: false, by_filter: ExecutionCriteria::new(Vec::new(), filters, None).by_results }
    }

    /// The results that both filters choose.
    pub fn of_filters(executions: ExecutionFilter, results: ResultFilter) -> Self {
        Self { ids: Vec::new(), is_narrowed: false, by_filter: Some((executions, results, None, None)) }
    }

    /// Those of the results that both filters choose.
    pub fn among(ids: Vec<i64>, executions: ExecutionFilter, results: ResultFilter) -> Self {
        Self { is_narrowed: true, ids, ..Self::of_filters(executions, results) }
    }

    /// Adds the ids of the results, in parentheses.
    pub(super) fn push_ids(&self, statement: &mut Statement) {
        statement.push("(");
        if !self.is_narrowed {
            statement.push("SELECT id FROM test_result WHERE ").push_in("id", self.ids.as_slice());
            statement.push(if self.by_filter.is_some() { " UNION " } else { "" });
        }
        if let Some((execution, result, offset, limit)) = &self.by_filter {
            statement.push(
                "SELECT id FROM (SELECT result.id AS id FROM test_result AS result
                     JOIN test_case ON test_case.id = result.test_case_id
                     JOIN test_execution AS execution ON execution.id = result.test_execution_id WHERE TRUE",
            );
            if self.is_narrowed {
                statement.push(" AND ").push_in("result.id", self.ids.as_slice());
            }
            result.push_where(statement);
            execution.push_where(statement);
            if offset.is_some() || limit.is_some() {
                // An order makes the cut the same each time.
                statement.push(" ORDER BY result.id LIMIT ").bind(limit.unwrap_or(i64::MAX));
                statement.push(" OFFSET ").bind(offset.unwrap_or_default());
            }
            statement.push(") AS chosen");
        }
        statement.push(")");
    }
}

/// The first of the results, in their order here, that does not exist.
pub async fn find_unknown_result(tx: &mut Tx, ids: &[i64]) -> StoreResult<Option<i64>> {
    let rows: Vec<IdRow> =
        on!(tx, |conn, sql| sqlx::query_as(sql.of("SELECT id FROM test_result WHERE id IN ints($1)"))
            .bind(Json(ids))
            .fetch_all(conn))?;
    let known: HashSet<i64> = rows.into_iter().map(|row| row.id).collect();
    Ok(ids.iter().copied().find(|id| !known.contains(id)))
}

/// Attaches an issue to the results; where it is attached already nothing changes. The results to which it was attached, in
/// any order.
pub async fn attach_issue(
    tx: &mut Tx,
    attaching: Attaching,
    selection: &ResultSelection,
    now: Moment,
) -> StoreResult<Vec<i64>> {
    let mut statement = Statement::new(
        "INSERT INTO issue_test_result_attachment
             (issue_id, test_result_id, attachment_rule_id, applied_to_existing, created_at, updated_at)
         SELECT CAST(",
    );
    statement.bind(attaching.issue_id).push(" AS BIGINT), result.id, CAST(");
    match attaching.attachment_rule_id {
        Some(id) => statement.bind(id),
        None => statement.push("NULL"),
    };
    statement.push(" AS BIGINT), ").bind(attaching.applied_to_existing);
    statement.push(", ").bind(now).push(", ").bind(now);
    statement.push(" FROM test_result AS result WHERE result.id IN ");
    selection.push_ids(&mut statement);
    // In one order, so that uploads and other attachments wait for this one instead of locking it out. Whatever an upload has
    // replaced meanwhile is left out.
    statement.push(" ORDER BY result.id FOR KEY SHARE OF result ON CONFLICT DO NOTHING RETURNING test_result_id AS id");
    let rows: Vec<IdRow> = on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Detaches an issue from the results, whoever attached it. The results from which it was detached, in any order.
pub async fn detach_issue(tx: &mut Tx, issue_id: i64, selection: &ResultSelection) -> StoreResult<Vec<i64>> {
    let mut statement = Statement::new("DELETE FROM issue_test_result_attachment WHERE issue_id = ");
    statement.bind(issue_id).push(" AND test_result_id IN ");
    selection.push_ids(&mut statement);
    statement.push(" RETURNING test_result_id AS id");
    let rows: Vec<IdRow> = on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

macro_rules! select_attachments {
    ($condition:literal) => {
        concat!(
            "SELECT attachment.test_result_id, issue.id AS issue_id, issue.source, issue.project, issue.key, issue.title,
                 issue.status, issue.labels, attachment.attachment_rule_id
             FROM test_result AS result
             JOIN issue_test_result_attachment AS attachment ON attachment.test_result_id = result.id
             JOIN issue ON issue.id = attachment.issue_id
             WHERE ",
            $condition,
            " ORDER BY attachment.id"
        )
    };
}

/// The issues attached to the results of the executions, as `(result, attachment)` in the order of attachment.
pub async fn list_attachments(
    tx: &mut Tx,
    execution_ids: &[i64],
) -> StoreResult<Vec<(i64, MinimalIssueTestResultAttachmentResponse)>> {
    let ids = Json(execution_ids);
    let rows =
        on!(tx, |conn, sql| sqlx::query_as(sql.of(select_attachments!("result.test_execution_id IN ints($1)")))
            .bind(ids)
            .fetch_all(conn))?;
    show_attachments(tx, rows).await
}

/// The issues attached to the results, as `(result, attachment)` in the order of attachment.
pub async fn list_attachments_of_results(
    tx: &mut Tx,
    result_ids: &[i64],
) -> StoreResult<Vec<(i64, MinimalIssueTestResultAttachmentResponse)>> {
    let ids = Json(result_ids);
    let rows = on!(tx, |conn, sql| sqlx::query_as(sql.of(select_attachments!("result.id IN ints($1)")))
        .bind(ids)
        .fetch_all(conn))?;
    show_attachments(tx, rows).await
}

/// Attachments with the rules that made them.
async fn show_attachments(
    tx: &mut Tx,
    rows: Vec<AttachmentRow>,
) -> StoreResult<Vec<(i64, MinimalIssueTestResultAttachmentResponse)>> {
    let mut rule_ids: Vec<i64> = rows.iter().filter_map(|row| row.attachment_rule_id).collect();
    rule_ids.sort_unstable();
    rule_ids.dedup();
    let rules = list_rules(tx, &rule_ids).await?;
    Ok(rows.into_iter().map(|row| row.into_response(&rules)).collect())
}

impl AttachmentRow {
    fn into_response(
        self,
        rules: &[MinimalIssueTestResultAttachmentRuleResponse],
    ) -> (i64, MinimalIssueTestResultAttachmentResponse) {
        let source = self.source.0;
        let issue = MinimalIssueResponse {
            id: self.issue_id,
            url: source.issue_url(&self.project, &self.key),
            source,
            project: self.project,
            key: self.key,
            title: self.title,
            status: self.status.0,
            labels: self.labels.map(|labels| labels.0),
            test_executions_count: 0,
        };
        let attachment_rule = rules.iter().find(|rule| Some(rule.id) == self.attachment_rule_id).cloned();
        (self.test_result_id, MinimalIssueTestResultAttachmentResponse { issue, attachment_rule })
    }
}
