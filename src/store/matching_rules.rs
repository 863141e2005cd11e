//! Artefact matching rules: which teams are responsible for which artefacts.

use super::{StoreResult, Tx, on};
use crate::domain::assignment::{Candidate, MatchingRule};

#[derive(sqlx::FromRow)]
struct RuleRow {
    id: i64,
    name: String,
    stage: String,
    track: String,
    branch: String,
    store: String,
    series: String,
    os: String,
    release: String,
    owner: String,
}

#[derive(sqlx::FromRow)]
struct CandidateRow {
    rule_id: i64,
    user_id: i64,
}

/// The rules of a family, in the order of their ids.
pub async fn list_matching_rules(tx: &mut Tx, family: &str) -> StoreResult<Vec<MatchingRule>> {
    let rows: Vec<RuleRow> = on!(tx, |conn, _| sqlx::query_as(
        "SELECT id, name, stage, track, branch, store, series, os, release, owner
         FROM artefact_matching_rule WHERE family = $1 ORDER BY id",
    )
    .bind(family)
    .fetch_all(conn))?;
    Ok(rows.into_iter().map(RuleRow::into_rule).collect())
}

impl RuleRow {
    fn into_rule(self) -> MatchingRule {
        let criteria = [
            self.name,
            self.stage,
            self.track,
            self.branch,
            self.store,
            self.series,
            self.os,
            self.release,
            self.owner,
        ];
        MatchingRule { id: self.id, criteria }
    }
}

/// The members of the teams of a family's rules: who may review what the rule matches.
pub async fn list_candidates(tx: &mut Tx, family: &str) -> StoreResult<Vec<Candidate>> {
    let rows: Vec<CandidateRow> = on!(tx, |conn, _| sqlx::query_as(
        "SELECT DISTINCT rule_team.artefact_matching_rule_id AS rule_id, member.user_id
         FROM artefact_matching_rule AS rule
         JOIN artefact_matching_rule_team_association AS rule_team ON rule_team.artefact_matching_rule_id = rule.id
         JOIN team_users_association AS member ON member.team_id = rule_team.team_id
         WHERE rule.family = $1 ORDER BY member.user_id, rule_team.artefact_matching_rule_id",
    )
    .bind(family)
    .fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| Candidate { rule_id: row.rule_id, user_id: row.user_id }).collect())
}
