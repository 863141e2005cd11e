//! The matching rules of teams. Teams that ask for the same criteria have one rule together; it is made for the first of
//! them and removed with the last.

use app::api::Permission;
use futures::TryFutureExt;
use sqlx::types::Json;

use super::matching_rules::{RuleColumns, RuleRow};
use super::{IdRow, Moment, StoreResult, Tx, on, on_built};

/// A rule of a team.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TeamRuleRow {
    /// The team.
    pub team_id: i64,
    /// The rule.
    #[sqlx(flatten)]
    pub rule: RuleRow,
}

/// The rules of the teams, by id.
pub async fn list_rules_of_teams(tx: &mut Tx, team_ids: &[i64]) -> StoreResult<Vec<TeamRuleRow>> {
    let ids = Json(team_ids);
    on!(tx, |conn, sql| sqlx::query_as(sql.of(
        "SELECT rule_team.team_id, rule.id, rule.family, rule.name, rule.stage, rule.track, rule.branch, rule.store,
             rule.series, rule.os, rule.release, rule.owner, rule.grant_permissions
         FROM artefact_matching_rule_team_association AS rule_team
         JOIN artefact_matching_rule AS rule ON rule.id = rule_team.artefact_matching_rule_id
         WHERE rule_team.team_id IN ints($1) ORDER BY rule.id",
    ))
    .bind(ids)
    .fetch_all(conn))
}

/// Keeps others from changing or removing the rules of a team, or their teams, until this transaction ends.
pub async fn lock_rules_of_team(tx: &mut Tx, team_id: i64) -> StoreResult<()> {
    on!(tx, |conn, sql| sqlx::query(sql.of("SELECT id FROM artefact_matching_rule WHERE id IN (
             SELECT artefact_matching_rule_id FROM artefact_matching_rule_team_association WHERE team_id = $1
         ) ORDER BY id FOR NO KEY UPDATE OF artefact_matching_rule"))
    .bind(team_id)
    .execute(conn)
    .map_ok(drop))?;
    Ok(())
}

/// The rules with these criteria, no two of which may be the same, made where they are new; in any order. One that is
/// there already keeps what it grants. Nobody else changes or removes any of them until this transaction ends.
///
/// One statement finds, makes and locks: between two of them another request could remove what the first one found.
pub async fn find_or_create_rules(tx: &mut Tx, rules: &[RuleColumns], now: Moment) -> StoreResult<Vec<RuleRow>> {
    let mut found = Vec::with_capacity(rules.len());
    for chunk in rules.chunks(2_000) {
        let rows: Vec<RuleRow> = on_built!(
            tx,
            |builder| {
                builder.push(
                    "INSERT INTO artefact_matching_rule (family, name, stage, track, branch, store, series, os, release,
                         owner, grant_permissions, created_at, updated_at) ",
                );
                builder.push_values(chunk, |mut row, rule| {
                    row.push_bind(rule.family.as_str()).push_bind(rule.name.as_str()).push_bind(rule.stage.as_str());
                    row.push_bind(rule.track.as_str()).push_bind(rule.branch.as_str());
                    row.push_bind(rule.store.as_str()).push_bind(rule.series.as_str()).push_bind(rule.os.as_str());
                    row.push_bind(rule.release.as_str()).push_bind(rule.owner.as_str());
                    row.push_bind(Json(&rule.grant_permissions)).push_bind(now).push_bind(now);
                });
                // Writing what is there locks the row, and makes it one that is returned.
                builder.push(
                    " ON CONFLICT (name, family, stage, track, branch, store, series, os, release, owner)
                     DO UPDATE SET updated_at = artefact_matching_rule.updated_at
                     RETURNING id, family, name, stage, track, branch, store, series, os, release, owner,
                         grant_permissions",
                );
            },
            |query, conn| query.try_map(|row| <RuleRow as sqlx::FromRow<'_, _>>::from_row(&row)).fetch_all(conn)
        )?;
        found.extend(rows);
    }
    Ok(found)
}

/// Writes what rules grant: `(rule, permissions)` of each, each rule once.
pub async fn update_grants(tx: &mut Tx, changes: &[(i64, Vec<Permission>)], now: Moment) -> StoreResult<()> {
    for chunk in changes.chunks(10_000) {
        on_built!(
            tx,
            |builder| {
                builder.push("WITH change (id, permissions) AS (");
                builder.push_values(chunk, |mut row, (rule, permissions)| {
                    row.push_bind(*rule).push_bind(Json(permissions));
                });
                builder
                    .push(") UPDATE artefact_matching_rule SET grant_permissions = change.permissions, updated_at = ");
                builder.push_bind(now);
                builder.push(" FROM change WHERE change.id = artefact_matching_rule.id");
            },
            |query, conn| query.execute(conn).map_ok(drop)
        )?;
    }
    Ok(())
}

/// Takes all rules but these from a team; the rules it had.
pub async fn delete_links_except(tx: &mut Tx, team_id: i64, kept_rules: &[i64]) -> StoreResult<Vec<i64>> {
    let kept = Json(kept_rules);
    let dropped: Vec<IdRow> =
        on!(tx, |conn, sql| sqlx::query_as(sql.of("DELETE FROM artefact_matching_rule_team_association
         WHERE team_id = $1 AND artefact_matching_rule_id NOT IN ints($2)
         RETURNING artefact_matching_rule_id AS id",))
        .bind(team_id)
        .bind(kept)
        .fetch_all(conn))?;
    Ok(dropped.into_iter().map(|row| row.id).collect())
}

/// Gives these rules to a team; those it has already it keeps.
pub async fn add_links(tx: &mut Tx, team_id: i64, rule_ids: &[i64]) -> StoreResult<()> {
    let ids = Json(rule_ids);
    on!(tx, |conn, sql| sqlx::query(
        sql.of("INSERT INTO artefact_matching_rule_team_association (artefact_matching_rule_id, team_id)
         SELECT id, CAST($1 AS BIGINT) FROM artefact_matching_rule WHERE id IN ints($2) ON CONFLICT DO NOTHING")
    )
    .bind(team_id)
    .bind(ids)
    .execute(conn)
    .map_ok(drop))?;
    Ok(())
}

/// Removes those of the rules that no team has.
pub async fn delete_orphans(tx: &mut Tx, rule_ids: &[i64]) -> StoreResult<()> {
    let ids = Json(rule_ids);
    on!(tx, |conn, sql| sqlx::query(sql.of(
        "DELETE FROM artefact_matching_rule WHERE id IN ints($1) AND NOT EXISTS (
             SELECT 1 FROM artefact_matching_rule_team_association AS rule_team
             WHERE rule_team.artefact_matching_rule_id = artefact_matching_rule.id
         )",
    ))
    .bind(ids)
    .execute(conn)
    .map_ok(drop))?;
    Ok(())
}
