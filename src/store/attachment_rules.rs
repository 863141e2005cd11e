//! Attachment rules: which results an issue is attached to as they are stored.

use std::collections::BTreeMap;

use app::api::{FamilyName, MinimalIssueTestResultAttachmentRuleResponse, TestResultStatus};
use futures::TryFutureExt;
use sqlx::types::Json;

use super::{IdRow, Moment, StoreResult, Tx, on, on_built};
use crate::domain::attachment_rules::{ExecutionFacts, Rule};

/// What a rule says, but for execution metadata. An empty list matches everything.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
#[expect(missing_docs, reason = "each list names what it holds")]
pub struct RuleColumns {
    pub enabled: bool,
    #[sqlx(json)]
    pub families: Vec<FamilyName>,
    #[sqlx(json)]
    pub artefacts: Vec<String>,
    #[sqlx(json)]
    pub artefact_versions: Vec<String>,
    #[sqlx(json)]
    pub artefact_stages: Vec<String>,
    #[sqlx(json)]
    pub artefact_tracks: Vec<String>,
    #[sqlx(json)]
    pub environment_names: Vec<String>,
    #[sqlx(json)]
    pub test_case_names: Vec<String>,
    #[sqlx(json)]
    pub template_ids: Vec<String>,
    #[sqlx(json)]
    pub test_result_statuses: Vec<TestResultStatus>,
    /// What to find in the log; `""` for nothing.
    pub io_log_pattern: String,
    /// What to find in the comment; `""` for nothing.
    pub comment_pattern: String,
}

/// Values by category.
type Metadata = BTreeMap<String, Vec<String>>;

#[derive(sqlx::FromRow)]
struct RuleRow {
    id: i64,
    issue_id: i64,
    #[sqlx(flatten)]
    columns: RuleColumns,
}

#[derive(sqlx::FromRow)]
struct RuleMetadataRow {
    attachment_rule_id: i64,
    category: String,
    value: String,
}

#[derive(sqlx::FromRow)]
struct FactsRow {
    #[sqlx(try_from = "String")]
    family: FamilyName,
    artefact: String,
    version: String,
    stage: String,
    track: String,
    environment: String,
}

macro_rules! select_rules {
    ($rest:literal) => {
        concat!(
            "SELECT id, issue_id, enabled, families, artefacts, artefact_versions, artefact_stages, artefact_tracks,
                 environment_names, test_case_names, template_ids, test_result_statuses, io_log_pattern, comment_pattern
             FROM issue_test_result_attachment_rule ",
            $rest
        )
    };
}

macro_rules! select_metadata {
    ($condition:literal) => {
        concat!(
            "SELECT pair.attachment_rule_id, pair.category, pair.value
             FROM issue_test_result_attachment_rule_execution_metadata AS pair
             JOIN issue_test_result_attachment_rule AS rule ON rule.id = pair.attachment_rule_id ",
            $condition,
            " ORDER BY pair.id"
        )
    };
}

/// A number that is another one after every change of a rule. No rule is removed until this transaction ends.
pub async fn get_revision(tx: &mut Tx) -> StoreResult<i64> {
    let (revision,): (i64,) = on!(tx, |conn, sql| sqlx::query_as(
        sql.of("SELECT revision FROM attachment_rule_revision FOR KEY SHARE OF attachment_rule_revision")
    )
    .fetch_one(conn))?;
    Ok(revision)
}

/// Waits until no upload uses the rules, and keeps others from it until this transaction ends: an upload that replaces results, and
/// the removal of the rule that they have their issue by, would otherwise wait for each other.
pub async fn keep_out_uploads(tx: &mut Tx) -> StoreResult<()> {
    let _: (i64,) = on!(tx, |conn, sql| sqlx::query_as(
        sql.of("SELECT revision FROM attachment_rule_revision FOR UPDATE OF attachment_rule_revision")
    )
    .fetch_one(conn))?;
    Ok(())
}

/// The rules that are switched on, in the order of their ids.
pub async fn list_enabled_rules(tx: &mut Tx) -> StoreResult<Vec<Rule>> {
    let rows: Vec<RuleRow> =
        on!(tx, |conn, _| sqlx::query_as(select_rules!("WHERE enabled ORDER BY id")).fetch_all(conn))?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let pairs: Vec<RuleMetadataRow> =
        on!(tx, |conn, _| sqlx::query_as(select_metadata!("WHERE rule.enabled")).fetch_all(conn))?;
    let mut metadata = group_metadata(pairs);
    Ok(rows.into_iter().map(|row| row.into_rule(&mut metadata)).collect())
}

/// The rules of these ids as they are shown, in the order of their ids.
pub async fn list_rules(
    tx: &mut Tx,
    rule_ids: &[i64],
) -> StoreResult<Vec<MinimalIssueTestResultAttachmentRuleResponse>> {
    if rule_ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids = Json(rule_ids);
    let rows: Vec<RuleRow> =
        on!(tx, |conn, sql| sqlx::query_as(sql.of(select_rules!("WHERE id IN ints($1) ORDER BY id")))
            .bind(ids)
            .fetch_all(conn))?;
    let pairs: Vec<RuleMetadataRow> =
        on!(tx, |conn, sql| sqlx::query_as(sql.of(select_metadata!("WHERE rule.id IN ints($1)")))
            .bind(ids)
            .fetch_all(conn))?;
    Ok(show_rules(rows, pairs))
}

/// The rules of an issue as they are shown, in the order of their ids.
pub async fn list_rules_of_issue(
    tx: &mut Tx,
    issue_id: i64,
) -> StoreResult<Vec<MinimalIssueTestResultAttachmentRuleResponse>> {
    let rows: Vec<RuleRow> = on!(tx, |conn, _| sqlx::query_as(select_rules!("WHERE issue_id = $1 ORDER BY id"))
        .bind(issue_id)
        .fetch_all(conn))?;
    let pairs =
        on!(tx, |conn, _| sqlx::query_as(select_metadata!("WHERE rule.issue_id = $1")).bind(issue_id).fetch_all(conn))?;
    Ok(show_rules(rows, pairs))
}

fn show_rules(rows: Vec<RuleRow>, pairs: Vec<RuleMetadataRow>) -> Vec<MinimalIssueTestResultAttachmentRuleResponse> {
    let mut metadata = group_metadata(pairs);
    rows.into_iter()
        .map(|row| row.columns.into_response(row.id, metadata.remove(&row.id).unwrap_or_default()))
        .collect()
}

fn group_metadata(pairs: Vec<RuleMetadataRow>) -> BTreeMap<i64, Metadata> {
    let mut metadata: BTreeMap<i64, Metadata> = BTreeMap::new();
    for pair in pairs {
        let categories = metadata.entry(pair.attachment_rule_id).or_default();
        categories.entry(pair.category).or_default().push(pair.value);
    }
    metadata
}

/// A rule by its id: its issue, what it says, and its execution metadata.
pub async fn find_rule(tx: &mut Tx, id: i64) -> StoreResult<Option<(i64, RuleColumns, BTreeMap<String, Vec<String>>)>> {
    let row: Option<RuleRow> =
        on!(tx, |conn, _| sqlx::query_as(select_rules!("WHERE id = $1")).bind(id).fetch_optional(conn))?;
    let Some(row) = row else { return Ok(None) };
    let pairs: Vec<RuleMetadataRow> =
        on!(tx, |conn, _| sqlx::query_as(select_metadata!("WHERE rule.id = $1")).bind(id).fetch_all(conn))?;
    let metadata = group_metadata(pairs).remove(&id).unwrap_or_default();
    Ok(Some((row.issue_id, row.columns, metadata)))
}

/// The issue a rule belongs to; the rule is not changed by others, and stays, until this transaction ends.
pub async fn lock_rule(tx: &mut Tx, id: i64) -> StoreResult<Option<i64>> {
    let row: Option<(i64,)> = on!(tx, |conn, sql| sqlx::query_as(
        sql.of("SELECT issue_id FROM issue_test_result_attachment_rule WHERE id = $1
         FOR NO KEY UPDATE OF issue_test_result_attachment_rule")
    )
    .bind(id)
    .fetch_optional(conn))?;
    Ok(row.map(|(issue_id,)| issue_id))
}

/// Keeps rules from being removed until this transaction ends. As many of them as are still there.
pub async fn hold_rules(tx: &mut Tx, ids: &[i64]) -> StoreResult<usize> {
    // In one order, like every other lock on several rows.
    let rows: Vec<IdRow> = on!(tx, |conn, sql| sqlx::query_as(
        sql.of("SELECT id FROM issue_test_result_attachment_rule WHERE id IN ints($1) ORDER BY id
         FOR KEY SHARE OF issue_test_result_attachment_rule")
    )
    .bind(Json(ids))
    .fetch_all(conn))?;
    Ok(rows.len())
}

/// Makes a rule without execution metadata; its id.
pub async fn create_rule(tx: &mut Tx, issue_id: i64, rule: &RuleColumns, now: Moment) -> StoreResult<i64> {
    let row: IdRow = on!(tx, |conn, _| sqlx::query_as(
        "INSERT INTO issue_test_result_attachment_rule (issue_id, enabled, families, artefacts, artefact_versions,
             artefact_stages, artefact_tracks, environment_names, test_case_names, template_ids,
             test_result_statuses, io_log_pattern, comment_pattern, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14) RETURNING id",
    )
    .bind(issue_id)
    .bind(rule.enabled)
    .bind(Json(&rule.families))
    .bind(Json(&rule.artefacts))
    .bind(Json(&rule.artefact_versions))
    .bind(Json(&rule.artefact_stages))
    .bind(Json(&rule.artefact_tracks))
    .bind(Json(&rule.environment_names))
    .bind(Json(&rule.test_case_names))
    .bind(Json(&rule.template_ids))
    .bind(Json(&rule.test_result_statuses))
    .bind(&rule.io_log_pattern)
    .bind(&rule.comment_pattern)
    .bind(now)
    .fetch_one(conn))?;
    Ok(row.id)
}

/// Adds `(category, value)` pairs to a rule, each of which it must not have yet.
pub async fn add_metadata(tx: &mut Tx, rule_id: i64, pairs: &[(String, String)], now: Moment) -> StoreResult<()> {
    for chunk in pairs.chunks(6_000) {
        on_built!(
            tx,
            |builder| {
                builder.push(
                    "INSERT INTO issue_test_result_attachment_rule_execution_metadata
                         (attachment_rule_id, category, value, created_at, updated_at) ",
                );
                builder.push_values(chunk, |mut row, (category, value)| {
                    row.push_bind(rule_id).push_bind(category.as_str()).push_bind(value.as_str());
                    row.push_bind(now).push_bind(now);
                });
            },
            |query, conn| query.execute(conn).map_ok(drop)
        )?;
    }
    Ok(())
}

/// Switches a rule on or off; whether that is a change.
pub async fn update_enabled(tx: &mut Tx, id: i64, enabled: bool, now: Moment) -> StoreResult<bool> {
    on!(tx, |conn, _| sqlx::query(
        "UPDATE issue_test_result_attachment_rule SET enabled = $2, updated_at = $3 WHERE id = $1 AND enabled <> $2",
    )
    .bind(id)
    .bind(enabled)
    .bind(now)
    .execute(conn)
    .map_ok(|done| done.rows_affected() > 0))
}

/// Removes a rule. What it attached stays.
pub async fn delete_rule(tx: &mut Tx, id: i64) -> StoreResult<()> {
    // While the rule is there yet: an upload that has replaced results with the rule's issue may still refer to the rule. It is
    // waited for here, where it need not wait for us.
    on!(tx, |conn, _| sqlx::query(
        "UPDATE issue_test_result_attachment SET attachment_rule_id = NULL WHERE attachment_rule_id = $1"
    )
    .bind(id)
    .execute(conn)
    .map_ok(drop))?;
    on!(tx, |conn, _| sqlx::query("DELETE FROM issue_test_result_attachment_rule WHERE id = $1")
        .bind(id)
        .execute(conn)
        .map_ok(drop))?;
    Ok(())
}

impl RuleColumns {
    /// The rule as it is shown.
    pub fn into_response(
        self,
        id: i64,
        execution_metadata: BTreeMap<String, Vec<String>>,
    ) -> MinimalIssueTestResultAttachmentRuleResponse {
        MinimalIssueTestResultAttachmentRuleResponse {
            id,
            enabled: self.enabled,
            families: self.families,
            artefacts: self.artefacts,
            artefact_versions: self.artefact_versions,
            artefact_stages: self.artefact_stages,
            artefact_tracks: self.artefact_tracks,
            environment_names: self.environment_names,
            test_case_names: self.test_case_names,
            template_ids: self.template_ids,
            test_result_statuses: self.test_result_statuses,
            execution_metadata,
            io_log_pattern: Some(self.io_log_pattern).filter(|pattern| !pattern.is_empty()),
            comment_pattern: Some(self.comment_pattern).filter(|pattern| !pattern.is_empty()),
            existing_results: None,
        }
    }
}

impl RuleRow {
    fn into_rule(self, metadata: &mut BTreeMap<i64, Metadata>) -> Rule {
        let columns = self.columns;
        Rule {
            id: self.id,
            issue_id: self.issue_id,
            families: columns.families.iter().map(ToString::to_string).collect(),
            artefacts: columns.artefacts,
            artefact_versions: columns.artefact_versions,
            artefact_stages: columns.artefact_stages,
            artefact_tracks: columns.artefact_tracks,
            environment_names: columns.environment_names,
            test_case_names: columns.test_case_names,
            template_ids: columns.template_ids,
            test_result_statuses: columns.test_result_statuses,
            io_log_pattern: columns.io_log_pattern,
            comment_pattern: columns.comment_pattern,
            execution_metadata: metadata.remove(&self.id).unwrap_or_default(),
        }
    }
}

/// What rules ask about an execution, its metadata not included.
pub async fn get_execution_facts(tx: &mut Tx, execution_id: i64) -> StoreResult<ExecutionFacts> {
    let row: FactsRow = on!(tx, |conn, _| sqlx::query_as(
        "SELECT artefact.family, artefact.name AS artefact, artefact.version, artefact.stage, artefact.track,
             environment.name AS environment
         FROM test_execution AS execution
         JOIN artefact_build AS build ON build.id = execution.artefact_build_id
         JOIN artefact ON artefact.id = build.artefact_id
         JOIN environment ON environment.id = execution.environment_id
         WHERE execution.id = $1",
    )
    .bind(execution_id)
    .fetch_one(conn))?;
    Ok(ExecutionFacts {
        family: row.family,
        artefact: row.artefact,
        version: row.version,
        stage: row.stage,
        track: row.track,
        environment: row.environment,
        metadata: Vec::new(),
    })
}
