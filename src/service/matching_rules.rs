//! Artefact matching rules: made, changed and removed.

use std::collections::HashSet;

use app::api::{
    ArtefactMatchingRuleBase, ArtefactMatchingRulePatch, ArtefactMatchingRuleRequest, ArtefactMatchingRuleResponse,
    AuditSubjectKind, FamilyName, Int, Limited, Permission, TeamMinimal,
};

use super::artefacts::group_by;
use super::{Service, ServiceError, ServiceResult};
use crate::domain::access::{Granter, added};
use crate::domain::audit_log::Entry;
use crate::store::matching_rules::{RuleColumns, RuleRow};
use crate::store::{StoreResult, Tx, audit_log, matching_rules, teams};

impl Service {
    /// The rules of one family, or of all, by id.
    pub async fn list_matching_rules(
        &self,
        family: Option<FamilyName>,
    ) -> ServiceResult<Vec<ArtefactMatchingRuleResponse>> {
        let mut tx = self.db.read().await?;
        let rules = matching_rules::list_rules(&mut tx, family).await?;
        Ok(show_rules(&mut tx, rules).await?)
    }

    /// One rule.
    pub async fn get_matching_rule(&self, id: i64) -> ServiceResult<ArtefactMatchingRuleResponse> {
        let mut tx = self.db.read().await?;
        let rule = matching_rules::find_rule(&mut tx, id).await?.ok_or_else(|| rule_not_found(id))?;
        let teams = list_teams(&mut tx, id).await?;
        Ok(show_rule(rule, teams))
    }

    /// Makes a rule; a team that is named twice counts once.
    pub async fn create_matching_rule(
        &self,
        granter: Granter<'_>,
        request: ArtefactMatchingRuleRequest,
    ) -> ServiceResult<ArtefactMatchingRuleResponse> {
        if request.team_ids.is_empty() {
            let text = "At least one team is required to create a matching rule";
            return Err(ServiceError::BadRequest(text.to_owned()));
        }
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let teams = find_teams(&mut tx, &request.team_ids).await?;
        self.check_grant(granter, &request.grant_permissions)?;
        let columns = read_rule(request.into());
        let created = matching_rules::create_rule(&mut tx, &columns, now).await?;
        let id = created.ok_or_else(|| {
            ServiceError::Conflict("Artefact matching rule with these values already exists".to_owned())
        })?;
        matching_rules::add_rule_teams(&mut tx, id, &ids_of(&teams)).await?;
        let shown = show_rule(RuleRow { id, columns }, teams);
        audit_log::record(&mut tx, [Entry::created(AuditSubjectKind::MatchingRule, id, &shown)], now).await?;
        tx.commit().await?;
        Ok(shown)
    }

    /// Changes a rule; what the request leaves out stays.
    pub async fn update_matching_rule(
        &self,
        granter: Granter<'_>,
        id: i64,
        patch: ArtefactMatchingRulePatch,
    ) -> ServiceResult<ArtefactMatchingRuleResponse> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let before = matching_rules::lock_rule(&mut tx, id).await?.ok_or_else(|| rule_not_found(id))?;
        let old_teams = list_teams(&mut tx, id).await?;
        let new_teams = match &patch.team_ids {
            Some(ids) if ids.is_empty() => {
                let text = "At least one team is required for a matching rule";
                return Err(ServiceError::BadRequest(text.to_owned()));
            }
            Some(ids) => Some(find_teams(&mut tx, ids).await?),
            None => None,
        };
        let columns = apply_patch(&before.columns, patch);
        if columns != before.columns && !matching_rules::update_rule(&mut tx, id, &columns, now).await? {
            let text = "Another artefact matching rule with these values already exists";
            return Err(ServiceError::Conflict(text.to_owned()));
        }
        let teams = match new_teams {
            Some(teams) => {
                matching_rules::delete_rule_teams(&mut tx, id).await?;
                matching_rules::add_rule_teams(&mut tx, id, &ids_of(&teams)).await?;
                teams
            }
            None => old_teams.clone(),
        };
        let before = show_rule(before, old_teams);
        let shown = show_rule(RuleRow { id, columns }, teams);
        self.check_grant(granter, &newly_granted(&before, &shown))?;
        audit_log::record(&mut tx, Entry::updated(AuditSubjectKind::MatchingRule, id, &before, &shown), now).await?;
        tx.commit().await?;
        Ok(shown)
    }

    /// Removes a rule. Its teams stay, and so do the reviewers it led to.
    pub async fn delete_matching_rule(&self, id: i64) -> ServiceResult<()> {
        let mut tx = self.db.write().await?;
        let rule = matching_rules::lock_rule(&mut tx, id).await?.ok_or_else(|| rule_not_found(id))?;
        let teams = list_teams(&mut tx, id).await?;
        matching_rules::delete_rule(&mut tx, id).await?;
        let entry = Entry::deleted(AuditSubjectKind::MatchingRule, id, &show_rule(rule, teams));
        audit_log::record(&mut tx, [entry], self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn rule_not_found(id: i64) -> ServiceError {
    ServiceError::NotFound(format!("Artefact matching rule {id} doesn't exist"))
}

/// The teams of these ids, each once; the first that does not exist is named.
async fn find_teams(tx: &mut Tx, ids: &[Int]) -> ServiceResult<Vec<TeamMinimal>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let found = teams::list_team_names(tx, &ids).await?;
    let known: HashSet<i64> = found.iter().map(|team| team.id).collect();
    match ids.iter().find(|id| !known.contains(*id)) {
        Some(id) => Err(ServiceError::NotFound(format!("Team {id} doesn't exist"))),
        None => Ok(found.into_iter().map(|team| TeamMinimal { id: team.id, name: team.name }).collect()),
    }
}

async fn list_teams(tx: &mut Tx, rule_id: i64) -> StoreResult<Vec<TeamMinimal>> {
    let teams = matching_rules::list_rule_teams(tx, &[rule_id]).await?;
    Ok(teams.into_iter().map(|team| TeamMinimal { id: team.id, name: team.name }).collect())
}

fn ids_of(teams: &[TeamMinimal]) -> Vec<i64> {
    teams.iter().map(|team| team.id).collect()
}

/// What a change of a rule lets somebody do that they could not before: what it grants more; or all that it grants, when it does
/// so to another team or for other artefacts.
fn newly_granted(before: &ArtefactMatchingRuleResponse, after: &ArtefactMatchingRuleResponse) -> Vec<Permission> {
    let same_ground = ArtefactMatchingRuleResponse {
        teams: before.teams.clone(),
        grant_permissions: before.grant_permissions.clone(),
        ..after.clone()
    };
    let has_new_team = after.teams.iter().any(|team| !before.teams.contains(team));
    if has_new_team || same_ground != *before {
        return after.grant_permissions.clone();
    }
    added(&before.grant_permissions, &after.grant_permissions)
}

pub(super) fn read_rule(rule: ArtefactMatchingRuleBase) -> RuleColumns {
    RuleColumns {
        family: rule.family,
        name: rule.name.0,
        stage: rule.stage.0,
        track: rule.track.0,
        branch: rule.branch.0,
        store: rule.store.0,
        series: rule.series.0,
        os: rule.os.0,
        release: rule.release.0,
        owner: rule.owner.0,
        grant_permissions: rule.grant_permissions,
    }
}

fn apply_patch(before: &RuleColumns, patch: ArtefactMatchingRulePatch) -> RuleColumns {
    RuleColumns {
        family: patch.family.unwrap_or(before.family),
        name: changed(patch.name, &before.name),
        stage: changed(patch.stage, &before.stage),
        track: changed(patch.track, &before.track),
        branch: changed(patch.branch, &before.branch),
        store: changed(patch.store, &before.store),
        series: changed(patch.series, &before.series),
        os: changed(patch.os, &before.os),
        release: changed(patch.release, &before.release),
        owner: changed(patch.owner, &before.owner),
        grant_permissions: patch.grant_permissions.unwrap_or_else(|| before.grant_permissions.clone()),
    }
}

fn changed<const MAX: usize>(new: Option<Limited<MAX>>, old: &str) -> String {
    new.map_or_else(|| old.to_owned(), |text| text.0)
}

/// Rules with their teams: a fixed number of statements for any number of rules.
pub(super) async fn show_rules(tx: &mut Tx, rules: Vec<RuleRow>) -> StoreResult<Vec<ArtefactMatchingRuleResponse>> {
    let ids: Vec<i64> = rules.iter().map(|rule| rule.id).collect();
    let teams = matching_rules::list_rule_teams(tx, &ids).await?;
    let mut teams = group_by(teams, |team| team.rule_id, |team| TeamMinimal { id: team.id, name: team.name });
    Ok(rules
        .into_iter()
        .map(|rule| {
            let teams = teams.remove(&rule.id).unwrap_or_default();
            show_rule(rule, teams)
        })
        .collect())
}

pub(super) fn show_rule(rule: RuleRow, teams: Vec<TeamMinimal>) -> ArtefactMatchingRuleResponse {
    let columns = rule.columns;
    ArtefactMatchingRuleResponse {
        id: rule.id,
        name: show_criterion(columns.name),
        family: columns.family,
        stage: show_criterion(columns.stage),
        track: show_criterion(columns.track),
        branch: show_criterion(columns.branch),
        store: show_criterion(columns.store),
        series: show_criterion(columns.series),
        os: show_criterion(columns.os),
        release: show_criterion(columns.release),
        owner: show_criterion(columns.owner),
        teams,
        grant_permissions: columns.grant_permissions,
    }
}

fn show_criterion(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
