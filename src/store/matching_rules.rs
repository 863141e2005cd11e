//! Artefact matching rules: which teams are responsible for which artefacts, and what their members may do with them.

use app::api::{FamilyName, Permission};
use futures::TryFutureExt;
use sqlx::types::Json;

use super::{IdRow, Moment, StoreError, StoreResult, Tx, on};
use crate::domain::assignment::{Candidate, MatchingRule};

/// A rule.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RuleRow {
    /// Its id.
    pub id: i64,
    /// What it says.
    #[sqlx(flatten)]
    pub columns: RuleColumns,
}

/// What a rule says. A criterion that is `""` matches everything.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct RuleColumns {
    #[sqlx(try_from = "String")]
    pub family: FamilyName,
    pub name: String,
    pub stage: String,
    pub track: String,
    pub branch: String,
    pub store: String,
    pub series: String,
    pub os: String,
    pub release: String,
    pub owner: String,
    #[sqlx(json)]
    pub grant_permissions: Vec<Permission>,
}

/// A team of a rule.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RuleTeamRow {
    /// The rule.
    pub rule_id: i64,
    /// The team.
    pub id: i64,
    /// The team's name.
    pub name: String,
}

#[derive(sqlx::FromRow)]
struct CandidateRow {
    rule_id: i64,
    user_id: i64,
}

macro_rules! select_rules {
    ($rest:literal) => {
        concat!(
            "SELECT id, family, name, stage, track, branch, store, series, os, release, owner, grant_permissions
             FROM artefact_matching_rule ",
            $rest
        )
    };
}

/// The rules of one family, or of all, in the order of their ids.
pub async fn list_rules(tx: &mut Tx, family: Option<FamilyName>) -> StoreResult<Vec<RuleRow>> {
    let family = family.map(FamilyName::as_str);
    on!(tx, |conn, _| sqlx::query_as(select_rules!("WHERE CAST($1 AS TEXT) IS NULL OR family = $1 ORDER BY id"))
        .bind(family)
        .fetch_all(conn))
}

/// The rule of that id.
pub async fn find_rule(tx: &mut Tx, id: i64) -> StoreResult<Option<RuleRow>> {
    on!(tx, |conn, _| sqlx::query_as(select_rules!("WHERE id = $1")).bind(id).fetch_optional(conn))
}

/// The rule of that id, which nobody else changes until this transaction ends.
pub async fn lock_rule(tx: &mut Tx, id: i64) -> StoreResult<Option<RuleRow>> {
    on!(tx, |conn, sql| sqlx::query_as(
        sql.of(select_rules!("WHERE id = $1 FOR NO KEY UPDATE OF artefact_matching_rule"))
    )
    .bind(id)
    .fetch_optional(conn))
}

/// The teams of the rules, by id.
pub async fn list_rule_teams(tx: &mut Tx, rule_ids: &[i64]) -> StoreResult<Vec<RuleTeamRow>> {
    let ids = Json(rule_ids);
    on!(tx, |conn, sql| sqlx::query_as(sql.of(
        "SELECT rule_team.artefact_matching_rule_id AS rule_id, team.id, team.name
         FROM artefact_matching_rule_team_association AS rule_team JOIN team ON team.id = rule_team.team_id
         WHERE rule_team.artefact_matching_rule_id IN ints($1) ORDER BY team.id",
    ))
    .bind(ids)
    .fetch_all(conn))
}

/// Makes a rule without teams; nothing when there is one with this family and these criteria.
pub async fn create_rule(tx: &mut Tx, rule: &RuleColumns, now: Moment) -> StoreResult<Option<i64>> {
    let created: Option<IdRow> = on!(tx, |conn, _| sqlx::query_as(
        "INSERT INTO artefact_matching_rule (family, name, stage, track, branch, store, series, os, release, owner,
             grant_permissions, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(rule.family.as_str())
    .bind(&rule.name)
    .bind(&rule.stage)
    .bind(&rule.track)
    .bind(&rule.branch)
    .bind(&rule.store)
    .bind(&rule.series)
    .bind(&rule.os)
    .bind(&rule.release)
    .bind(&rule.owner)
    .bind(Json(&rule.grant_permissions))
    .bind(now)
    .fetch_optional(conn))?;
    Ok(created.map(|row| row.id))
}

/// Writes what a rule says; false when another rule has this family and these criteria. Then the transaction is good
/// for nothing but to be dropped.
pub async fn update_rule(tx: &mut Tx, id: i64, rule: &RuleColumns, now: Moment) -> StoreResult<bool> {
    let updated: StoreResult<()> = on!(tx, |conn, _| sqlx::query(
        "UPDATE artefact_matching_rule SET family = $2, name = $3, stage = $4, track = $5, branch = $6, store = $7,
             series = $8, os = $9, release = $10, owner = $11, grant_permissions = $12, updated_at = $13
         WHERE id = $1",
    )
    .bind(id)
    .bind(rule.family.as_str())
    .bind(&rule.name)
    .bind(&rule.stage)
    .bind(&rule.track)
    .bind(&rule.branch)
    .bind(&rule.store)
    .bind(&rule.series)
    .bind(&rule.os)
    .bind(&rule.release)
    .bind(&rule.owner)
    .bind(Json(&rule.grant_permissions))
    .bind(now)
    .execute(conn)
    .map_ok(drop));
    match updated {
        Ok(()) => Ok(true),
        Err(error) if is_collision(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// PostgreSQL's code for transactions that wait for one another.
const DEADLOCK_DETECTED: &str = "40P01";

/// Whether a rule cannot be written because of another one: only the index itself sees those that are being written at
/// the same moment. Two rules that take each other's criteria wait for one another until PostgreSQL ends one of them;
/// neither could have had what the other one still holds.
fn is_collision(error: &StoreError) -> bool {
    match error {
        StoreError::Taken => true,
        StoreError::Unavailable(sqlx::Error::Database(error)) => error.code().as_deref() == Some(DEADLOCK_DETECTED),
        _ => false,
    }
}

/// Gives a rule teams that it does not have yet.
pub async fn add_rule_teams(tx: &mut Tx, rule_id: i64, team_ids: &[i64]) -> StoreResult<()> {
    let ids = Json(team_ids);
    on!(tx, |conn, sql| sqlx::query(
        sql.of("INSERT INTO artefact_matching_rule_team_association (artefact_matching_rule_id, team_id)
         SELECT CAST($1 AS BIGINT), id FROM team WHERE id IN ints($2)",)
    )
    .bind(rule_id)
    .bind(ids)
    .execute(conn)
    .map_ok(drop))?;
    Ok(())
}

/// Takes all teams from a rule.
pub async fn delete_rule_teams(tx: &mut Tx, rule_id: i64) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query(
        "DELETE FROM artefact_matching_rule_team_association WHERE artefact_matching_rule_id = $1"
    )
    .bind(rule_id)
    .execute(conn)
    .map_ok(drop))?;
    Ok(())
}

/// Removes a rule, which has to be locked, together with its links to teams.
pub async fn delete_rule(tx: &mut Tx, id: i64) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query("DELETE FROM artefact_matching_rule WHERE id = $1")
        .bind(id)
        .execute(conn)
        .map_ok(drop))?;
    Ok(())
}

/// What the rules of a family ask of artefacts, in the order of their ids.
pub async fn list_matching_rules(tx: &mut Tx, family: &str) -> StoreResult<Vec<MatchingRule>> {
    let rows: Vec<RuleRow> =
        on!(tx, |conn, _| sqlx::query_as(select_rules!("WHERE family = $1 ORDER BY id")).bind(family).fetch_all(conn))?;
    Ok(rows.into_iter().map(RuleRow::into_rule).collect())
}

impl RuleRow {
    fn into_rule(self) -> MatchingRule {
        let RuleColumns { name, stage, track, branch, store, series, os, release, owner, .. } = self.columns;
        MatchingRule { id: self.id, criteria: [name, stage, track, branch, store, series, os, release, owner] }
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

/// Whether matching rules let a user do this with every one of these artefacts: each needs a rule that matches it,
/// grants the permission and belongs to a team of the user. How specific the rule is does not matter, and an id that
/// names no artefact needs nothing.
pub async fn is_granted(tx: &mut Tx, user_id: i64, artefact_ids: &[i64], permission: Permission) -> StoreResult<bool> {
    if artefact_ids.is_empty() {
        return Ok(true);
    }
    let ids = Json(artefact_ids);
    let (granted,): (bool,) = on!(tx, |conn, sql| sqlx::query_as(sql.of("SELECT NOT EXISTS (
             SELECT 1 FROM artefact WHERE artefact.id IN ints($1) AND NOT EXISTS (
                 SELECT 1 FROM team_users_association AS member
                 JOIN artefact_matching_rule_team_association AS rule_team ON rule_team.team_id = member.team_id
                 JOIN artefact_matching_rule AS rule ON rule.id = rule_team.artefact_matching_rule_id
                 WHERE member.user_id = $2 AND rule.family = artefact.family
                     AND rule.name IN ('', artefact.name) AND rule.stage IN ('', artefact.stage)
                     AND rule.track IN ('', artefact.track) AND rule.branch IN ('', artefact.branch)
                     AND rule.store IN ('', artefact.store) AND rule.series IN ('', artefact.series)
                     AND rule.os IN ('', artefact.os) AND rule.release IN ('', artefact.release)
                     AND rule.owner IN ('', artefact.owner) AND $3 IN texts(rule.grant_permissions)
             )
         )",))
    .bind(ids)
    .bind(user_id)
    .bind(permission.as_str())
    .fetch_one(conn))?;
    Ok(granted)
}
