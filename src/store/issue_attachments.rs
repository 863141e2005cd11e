//! Issues attached to test results.

use app::api::{
    IssueSource, IssueStatus, MinimalIssueResponse, MinimalIssueTestResultAttachmentResponse,
    MinimalIssueTestResultAttachmentRuleResponse,
};
use futures::TryFutureExt;
use sqlx::types::Json;

use super::{Moment, StoreError, StoreResult, Tx, on, on_built};

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
    source: String,
    project: String,
    key: String,
    title: String,
    status: String,
    labels: Option<Json<Vec<String>>>,
    attachment_rule_id: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct RuleRow {
    id: i64,
    enabled: bool,
    families: Json<Vec<app::api::FamilyName>>,
    artefacts: Json<Vec<String>>,
    artefact_versions: Json<Vec<String>>,
    artefact_stages: Json<Vec<String>>,
    artefact_tracks: Json<Vec<String>>,
    environment_names: Json<Vec<String>>,
    test_case_names: Json<Vec<String>>,
    template_ids: Json<Vec<String>>,
    test_result_statuses: Json<Vec<app::api::TestResultStatus>>,
}

#[derive(sqlx::FromRow)]
struct RuleMetadataRow {
    attachment_rule_id: i64,
    category: String,
    value: String,
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

/// The issues attached to the results of the executions, as `(result, attachment)` in the order of attachment.
pub async fn list_attachments(
    tx: &mut Tx,
    execution_ids: &[i64],
) -> StoreResult<Vec<(i64, MinimalIssueTestResultAttachmentResponse)>> {
    let ids = Json(execution_ids);
    let rows: Vec<AttachmentRow> = on!(tx, |conn, sql| {
        sqlx::query_as(sql.of(
        "SELECT attachment.test_result_id, issue.id AS issue_id, issue.source, issue.project, issue.key, issue.title,
             issue.status, issue.labels, attachment.attachment_rule_id
         FROM test_result AS result
         JOIN issue_test_result_attachment AS attachment ON attachment.test_result_id = result.id
         JOIN issue ON issue.id = attachment.issue_id
         WHERE result.test_execution_id IN ints($1) ORDER BY attachment.id",
    ))
    .bind(ids)
    .fetch_all(conn)
    })?;
    let mut rule_ids: Vec<i64> = rows.iter().filter_map(|row| row.attachment_rule_id).collect();
    rule_ids.sort_unstable();
    rule_ids.dedup();
    let rules = list_rules(tx, &rule_ids).await?;
    rows.into_iter().map(|row| row.into_response(&rules)).collect()
}

impl AttachmentRow {
    fn into_response(
        self,
        rules: &[MinimalIssueTestResultAttachmentRuleResponse],
    ) -> StoreResult<(i64, MinimalIssueTestResultAttachmentResponse)> {
        // These two are stored in upper case.
        let source: IssueSource = self.source.to_lowercase().parse().map_err(decode_error)?;
        let status: IssueStatus = self.status.to_lowercase().parse().map_err(decode_error)?;
        let issue = MinimalIssueResponse {
            id: self.issue_id,
            url: source.issue_url(&self.project, &self.key),
            source,
            project: self.project,
            key: self.key,
            title: self.title,
            status,
            labels: self.labels.map(|labels| labels.0),
            test_executions_count: 0,
        };
        let attachment_rule = rules.iter().find(|rule| Some(rule.id) == self.attachment_rule_id).cloned();
        Ok((self.test_result_id, MinimalIssueTestResultAttachmentResponse { issue, attachment_rule }))
    }
}

fn decode_error(error: app::api::UnknownMember) -> StoreError {
    StoreError::Database(sqlx::Error::Decode(Box::new(error)))
}

async fn list_rules(tx: &mut Tx, rule_ids: &[i64]) -> StoreResult<Vec<MinimalIssueTestResultAttachmentRuleResponse>> {
    if rule_ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids = Json(rule_ids);
    let rows: Vec<RuleRow> = on!(tx, |conn, sql| sqlx::query_as(sql.of(
        "SELECT id, enabled, families, artefacts, artefact_versions, artefact_stages, artefact_tracks,
             environment_names, test_case_names, template_ids, test_result_statuses
         FROM issue_test_result_attachment_rule WHERE id IN ints($1) ORDER BY id",
    ))
    .bind(ids)
    .fetch_all(conn))?;
    let pairs: Vec<RuleMetadataRow> = on!(tx, |conn, sql| sqlx::query_as(
        sql.of("SELECT attachment_rule_id, category, value FROM issue_test_result_attachment_rule_execution_metadata
         WHERE attachment_rule_id IN ints($1) ORDER BY id",)
    )
    .bind(ids)
    .fetch_all(conn))?;
    let mut rules: Vec<_> = rows.into_iter().map(RuleRow::into_response).collect();
    for pair in pairs {
        if let Some(rule) = rules.iter_mut().find(|rule| rule.id == pair.attachment_rule_id) {
            rule.execution_metadata.entry(pair.category).or_default().push(pair.value);
        }
    }
    Ok(rules)
}

impl RuleRow {
    fn into_response(self) -> MinimalIssueTestResultAttachmentRuleResponse {
        MinimalIssueTestResultAttachmentRuleResponse {
            id: self.id,
            enabled: self.enabled,
            families: self.families.0,
            artefacts: self.artefacts.0,
            artefact_versions: self.artefact_versions.0,
            artefact_stages: self.artefact_stages.0,
            artefact_tracks: self.artefact_tracks.0,
            environment_names: self.environment_names.0,
            test_case_names: self.test_case_names.0,
            template_ids: self.template_ids.0,
            test_result_statuses: self.test_result_statuses.0,
            execution_metadata: std::collections::BTreeMap::default(),
        }
    }
}
