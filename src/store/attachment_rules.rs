//! Attachment rules: which results an issue is attached to as they are stored.

use std::collections::BTreeMap;

use app::api::FamilyName;
use sqlx::types::Json;

use super::{StoreResult, Tx, on};
use crate::domain::attachment_rules::{ExecutionFacts, Rule};

#[derive(sqlx::FromRow)]
struct RuleRow {
    id: i64,
    issue_id: i64,
    families: Json<Vec<String>>,
    artefacts: Json<Vec<String>>,
    artefact_versions: Json<Vec<String>>,
    artefact_stages: Json<Vec<String>>,
    artefact_tracks: Json<Vec<String>>,
    environment_names: Json<Vec<String>>,
    test_case_names: Json<Vec<String>>,
    template_ids: Json<Vec<String>>,
    test_result_statuses: Json<Vec<String>>,
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

/// The rules that are switched on, in the order of their ids.
pub async fn list_enabled_rules(tx: &mut Tx) -> StoreResult<Vec<Rule>> {
    let rows: Vec<RuleRow> = on!(tx, |conn, _| sqlx::query_as(
        "SELECT id, issue_id, families, artefacts, artefact_versions, artefact_stages, artefact_tracks,
             environment_names, test_case_names, template_ids, test_result_statuses
         FROM issue_test_result_attachment_rule WHERE enabled ORDER BY id",
    )
    .fetch_all(conn))?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let pairs: Vec<RuleMetadataRow> = on!(tx, |conn, _| sqlx::query_as(
        "SELECT pair.attachment_rule_id, pair.category, pair.value
         FROM issue_test_result_attachment_rule_execution_metadata AS pair
         JOIN issue_test_result_attachment_rule AS rule ON rule.id = pair.attachment_rule_id
         WHERE rule.enabled ORDER BY pair.id",
    )
    .fetch_all(conn))?;
    let mut metadata: BTreeMap<i64, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for pair in pairs {
        let categories = metadata.entry(pair.attachment_rule_id).or_default();
        categories.entry(pair.category).or_default().push(pair.value);
    }
    Ok(rows.into_iter().map(|row| row.into_rule(&mut metadata)).collect())
}

impl RuleRow {
    fn into_rule(self, metadata: &mut BTreeMap<i64, BTreeMap<String, Vec<String>>>) -> Rule {
        Rule {
            id: self.id,
            issue_id: self.issue_id,
            families: self.families.0,
            artefacts: self.artefacts.0,
            artefact_versions: self.artefact_versions.0,
            artefact_stages: self.artefact_stages.0,
            artefact_tracks: self.artefact_tracks.0,
            environment_names: self.environment_names.0,
            test_case_names: self.test_case_names.0,
            template_ids: self.template_ids.0,
            test_result_statuses: self.test_result_statuses.0,
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
