//! Teams: made, changed, and who is in them.

use app::api::{AuditAction, AuditSubjectKind, Permission, TeamCreate, TeamPatch, TeamResponse, UserMinimalResponse};
use serde_json::json;

use super::artefacts::group_by;
use super::matching_rules::show_rule;
use super::team_rules::replace_rules;
use super::users::find_user_by_email;
use super::{Service, ServiceError, ServiceResult};
use crate::domain::access::{Granter, added};
use crate::domain::audit_log::Entry;
use crate::store::teams::{MemberRow, TeamRow};
use crate::store::{Moment, StoreResult, Tx, audit_log, team_rules, teams, users};

impl Service {
    /// Every team, by id.
    pub async fn list_teams(&self) -> ServiceResult<Vec<TeamResponse>> {
        let mut tx = self.db.read().await?;
        let rows = teams::list_teams(&mut tx).await?;
        Ok(show_teams(&mut tx, rows).await?)
    }

    /// One team.
    pub async fn get_team(&self, id: i64) -> ServiceResult<TeamResponse> {
        let mut tx = self.db.read().await?;
        let team = find_team(&mut tx, id).await?;
        show_team(&mut tx, team).await
    }

    /// Makes a team. Rules that are there already with the same criteria become rules of the team, too.
    pub async fn create_team(&self, granter: Granter<'_>, request: TeamCreate) -> ServiceResult<TeamResponse> {
        let TeamCreate { name, permissions, artefact_matching_rules: rules } = request;
        self.check_grant(granter, &permissions)?;
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        // Before anything is locked: this waits for whoever makes a team of the same name, who may need those locks.
        let created = teams::create_team(&mut tx, &name.0, &permissions, now).await?;
        let id =
            created.ok_or_else(|| ServiceError::Conflict(format!("Team with name '{}' already exists", name.0)))?;
        let mut of_rules = Vec::new();
        if !rules.is_empty() {
            teams::lock_teams(&mut tx).await?;
            let replaced = replace_rules(&mut tx, id, rules, now).await?;
            self.check_grant(granter, &replaced.granted)?;
            of_rules = replaced.entries;
        }
        let shown = show_team(&mut tx, TeamRow { id, name: name.0, permissions }).await?;
        let entry = Entry::created(AuditSubjectKind::Team, id, &shown);
        audit_log::record(&mut tx, [entry].into_iter().chain(of_rules), now).await?;
        tx.commit().await?;
        Ok(shown)
    }

    /// Changes a team; what the request leaves out stays. A rule that the team had alone and does not keep is removed.
    pub async fn update_team(&self, granter: Granter<'_>, id: i64, patch: TeamPatch) -> ServiceResult<TeamResponse> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        if patch.artefact_matching_rules.is_some() {
            teams::lock_teams(&mut tx).await?;
        }
        let mut team = teams::lock_team(&mut tx, id).await?.ok_or_else(|| team_not_found(id))?;
        let before = show_team(&mut tx, team.clone()).await?;
        if let Some(permissions) = patch.permissions
            && permissions != team.permissions
        {
            self.check_grant(granter, &added(&team.permissions, &permissions))?;
            teams::update_permissions(&mut tx, id, &permissions, now).await?;
            team.permissions = permissions;
        }
        let mut of_rules = Vec::new();
        if let Some(rules) = patch.artefact_matching_rules {
            let replaced = replace_rules(&mut tx, id, rules, now).await?;
            self.check_grant(granter, &replaced.granted)?;
            of_rules = replaced.entries;
        }
        let shown = show_team(&mut tx, team).await?;
        // Who joined meanwhile did not join by this change.
        let before = TeamResponse { members: shown.members.clone(), ..before };
        let entry = Entry::updated(AuditSubjectKind::Team, id, &before, &shown);
        audit_log::record(&mut tx, entry.into_iter().chain(of_rules), now).await?;
        tx.commit().await?;
        Ok(shown)
    }

    /// Adds a user to a team; one who is in it stays.
    pub async fn add_team_member(
        &self,
        granter: Granter<'_>,
        team_id: i64,
        user_id: i64,
    ) -> ServiceResult<TeamResponse> {
        let mut tx = self.db.write().await?;
        let team = find_team(&mut tx, team_id).await?;
        let is_new = add_member(&mut tx, team_id, user_id, self.clock.now()).await?;
        let shown = show_team(&mut tx, team).await?;
        if is_new {
            self.check_grant(granter, &powers_of(&shown))?;
        }
        tx.commit().await?;
        Ok(shown)
    }

    /// Takes a user out of a team; one who is not in it stays out.
    pub async fn delete_team_member(&self, team_id: i64, user_id: i64) -> ServiceResult<TeamResponse> {
        let mut tx = self.db.write().await?;
        let team = find_team(&mut tx, team_id).await?;
        users::find_user(&mut tx, user_id).await?.ok_or_else(|| user_not_found(user_id))?;
        delete_member(&mut tx, team_id, user_id, self.clock.now()).await?;
        let shown = show_team(&mut tx, team).await?;
        tx.commit().await?;
        Ok(shown)
    }

    /// Adds the user of that mail address to the team of that name.
    pub async fn add_member_by_name(&self, team: &str, email: &str) -> ServiceResult<()> {
        let mut tx = self.db.write().await?;
        let team = find_team_by_name(&mut tx, team).await?;
        let user = find_user_by_email(&mut tx, email).await?;
        add_member(&mut tx, team.id, user.id, self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes the user of that mail address out of the team of that name.
    pub async fn delete_member_by_name(&self, team: &str, email: &str) -> ServiceResult<()> {
        let mut tx = self.db.write().await?;
        let team = find_team_by_name(&mut tx, team).await?;
        let user = find_user_by_email(&mut tx, email).await?;
        delete_member(&mut tx, team.id, user.id, self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn team_not_found(id: i64) -> ServiceError {
    ServiceError::NotFound(format!("Team {id} doesn't exist"))
}

fn user_not_found(id: i64) -> ServiceError {
    ServiceError::NotFound(format!("User {id} doesn't exist"))
}

async fn find_team(tx: &mut Tx, id: i64) -> ServiceResult<TeamRow> {
    teams::find_team(tx, id).await?.ok_or_else(|| team_not_found(id))
}

async fn find_team_by_name(tx: &mut Tx, name: &str) -> ServiceResult<TeamRow> {
    let found = teams::find_team_by_name(tx, name).await?;
    found.ok_or_else(|| ServiceError::NotFound(format!("Team with name '{name}' not found")))
}

/// What somebody may do as a member of a team, be it with some artefacts only.
fn powers_of(team: &TeamResponse) -> Vec<Permission> {
    let grants = team.artefact_matching_rules.iter().flat_map(|rule| &rule.grant_permissions);
    team.permissions.iter().chain(grants).copied().collect()
}

/// Adds a user to a team; whether the user is new there. Nobody removes the user in between: the row is locked.
async fn add_member(tx: &mut Tx, team_id: i64, user_id: i64, now: Moment) -> ServiceResult<bool> {
    if !users::lock_user(tx, user_id).await? {
        return Err(user_not_found(user_id));
    }
    let is_new = teams::add_member(tx, team_id, user_id).await?;
    if is_new {
        let after = Some(json!({"user_id": user_id}));
        let entry = Entry { after, ..Entry::done(AuditAction::AddMember, AuditSubjectKind::Team, team_id) };
        audit_log::record(tx, [entry], now).await?;
    }
    Ok(is_new)
}

async fn delete_member(tx: &mut Tx, team_id: i64, user_id: i64, now: Moment) -> StoreResult<()> {
    if teams::delete_member(tx, team_id, user_id).await? {
        let before = Some(json!({"user_id": user_id}));
        let entry = Entry { before, ..Entry::done(AuditAction::RemoveMember, AuditSubjectKind::Team, team_id) };
        audit_log::record(tx, [entry], now).await?;
    }
    Ok(())
}

async fn show_team(tx: &mut Tx, row: TeamRow) -> ServiceResult<TeamResponse> {
    let id = row.id;
    let shown = show_teams(tx, vec![row]).await?;
    shown.into_iter().next().ok_or_else(|| team_not_found(id))
}

/// Teams with their members and rules: a fixed number of statements for any number of teams.
async fn show_teams(tx: &mut Tx, rows: Vec<TeamRow>) -> StoreResult<Vec<TeamResponse>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let members = teams::list_members(tx, &ids).await?;
    let mut members = group_by(members, |row| row.team_id, show_member);
    let rules = team_rules::list_rules_of_teams(tx, &ids).await?;
    let mut rules = group_by(rules, |row| row.team_id, |row| show_rule(row.rule, Vec::new()).into());
    Ok(rows
        .into_iter()
        .map(|row| TeamResponse {
            members: members.remove(&row.id).unwrap_or_default(),
            artefact_matching_rules: rules.remove(&row.id).unwrap_or_default(),
            id: row.id,
            name: row.name,
            permissions: row.permissions,
        })
        .collect())
}

fn show_member(row: MemberRow) -> UserMinimalResponse {
    let user = row.user;
    UserMinimalResponse {
        id: user.id,
        launchpad_handle: user.launchpad_handle,
        email: user.email,
        name: user.name,
        is_admin: user.is_admin,
    }
}
