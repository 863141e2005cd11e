//! Users: found, looked at, made administrators and removed; and what operators do about them.

use app::api::{AuditSubjectKind, TeamMinimalResponse, UserPatch, UserResponse, UsersResponse};
use serde_json::json;

use super::artefacts::group_by;
use super::{Service, ServiceError, ServiceResult};
use crate::domain::access::Caller;
use crate::domain::audit_log::Entry;
use crate::domain::text_search::contains_pattern;
use crate::store::teams::UserTeamRow;
use crate::store::users::{NewUser, UserRow};
use crate::store::{Moment, StoreResult, Tx, audit_log, teams, users};

impl Service {
    /// The user who calls; nobody for a caller without a session, where a caller need not be anybody.
    pub async fn get_own_user(&self, caller: &Caller) -> ServiceResult<Option<UserResponse>> {
        let own = match &caller.user {
            Some(user) => {
                let mut tx = self.db.read().await?;
                find_shown_user(&mut tx, user.id).await?
            }
            None => None,
        };
        if own.is_none() && self.settings.require_authentication {
            return Err(ServiceError::NotAuthenticated);
        }
        Ok(own)
    }

    /// A page of the users who show each of the words, by name.
    pub async fn list_users(&self, words: &str, limit: i64, offset: i64) -> ServiceResult<UsersResponse> {
        let patterns: Vec<String> = words.split_whitespace().filter_map(contains_pattern).collect();
        let mut tx = self.db.read().await?;
        let count = users::count_users(&mut tx, &patterns).await?;
        let rows = users::list_users(&mut tx, &patterns, limit, offset).await?;
        Ok(UsersResponse { users: show_users(&mut tx, rows).await?, count, limit, offset })
    }

    /// One user.
    pub async fn get_user(&self, id: i64) -> ServiceResult<UserResponse> {
        let mut tx = self.db.read().await?;
        find_shown_user(&mut tx, id).await?.ok_or_else(|| user_not_found(id))
    }

    /// Changes a user; what the request leaves out stays. The last administrator stays one.
    pub async fn update_user(&self, id: i64, patch: UserPatch) -> ServiceResult<UserResponse> {
        let mut tx = self.db.write().await?;
        if let Some(is_admin) = patch.is_admin {
            change_is_admin(&mut tx, id, is_admin.0, self.clock.now()).await?;
        }
        let shown = find_shown_user(&mut tx, id).await?.ok_or_else(|| user_not_found(id))?;
        tx.commit().await?;
        Ok(shown)
    }

    /// Removes a user, if there is one, with sessions, memberships, notifications and assigned reviews; not the last
    /// administrator.
    pub async fn delete_user(&self, id: i64) -> ServiceResult<()> {
        let mut tx = self.db.write().await?;
        // Before the user alone is: others who take administrators away lock them in the same order.
        check_others_administer(&mut tx, id).await?;
        if users::lock_user(&mut tx, id).await?
            && let Some(user) = find_shown_user(&mut tx, id).await?
        {
            users::delete_user(&mut tx, id).await?;
            let entry = Entry::deleted(AuditSubjectKind::User, id, &user);
            audit_log::record(&mut tx, [entry], self.clock.now()).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Makes a user who can sign in later: the id, and whether the mail address is new. One who is known stays as is.
    pub async fn add_user(&self, new: &NewUser) -> ServiceResult<(i64, bool)> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let (row, is_new) = users::find_or_create_user(&mut tx, new, now).await?;
        if is_new {
            let made = json!({"email": row.email, "name": row.name, "launchpad_handle": row.launchpad_handle});
            audit_log::record(&mut tx, [Entry::created(AuditSubjectKind::User, row.id, &made)], now).await?;
        }
        tx.commit().await?;
        Ok((row.id, is_new))
    }

    /// Makes the user of that mail address an administrator.
    pub async fn promote_user(&self, email: &str) -> ServiceResult<()> {
        self.rank_user(email, true).await
    }

    /// Makes the user of that mail address an ordinary user; the last administrator stays one.
    pub async fn demote_user(&self, email: &str) -> ServiceResult<()> {
        self.rank_user(email, false).await
    }

    async fn rank_user(&self, email: &str, is_admin: bool) -> ServiceResult<()> {
        let mut tx = self.db.write().await?;
        let user = find_user_by_email(&mut tx, email).await?;
        change_is_admin(&mut tx, user.id, is_admin, self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Refuses to take away the last administrator: nobody could make another one. Until this transaction ends nobody else takes
/// one away either.
async fn check_others_administer(tx: &mut Tx, id: i64) -> ServiceResult<()> {
    if users::lock_administrators(tx).await? != [id] {
        return Ok(());
    }
    let text = format!("User with id {id} is the last administrator; make somebody else one first");
    Err(ServiceError::Conflict(text))
}

/// Says whether a user holds every permission.
async fn change_is_admin(tx: &mut Tx, id: i64, is_admin: bool, now: Moment) -> ServiceResult<()> {
    if !is_admin {
        check_others_administer(tx, id).await?;
    }
    if !users::update_is_admin(tx, id, is_admin, now).await? {
        return Ok(());
    }
    let (before, after) = (json!({"is_admin": !is_admin}), json!({"is_admin": is_admin}));
    audit_log::record(tx, Entry::updated(AuditSubjectKind::User, id, &before, &after), now).await?;
    Ok(())
}

fn user_not_found(id: i64) -> ServiceError {
    ServiceError::NotFound(format!("User with id {id} not found"))
}

/// The user of that mail address, as operators name users.
pub(super) async fn find_user_by_email(tx: &mut Tx, email: &str) -> ServiceResult<UserRow> {
    let found = users::find_user_by_email(tx, email).await?;
    found.ok_or_else(|| ServiceError::NotFound(format!("User with email {email} not found")))
}

pub(super) async fn find_shown_user(tx: &mut Tx, id: i64) -> StoreResult<Option<UserResponse>> {
    let Some(row) = users::find_user(tx, id).await? else { return Ok(None) };
    Ok(show_users(tx, vec![row]).await?.pop())
}

/// Users with their teams: a fixed number of statements for any number of users.
async fn show_users(tx: &mut Tx, rows: Vec<UserRow>) -> StoreResult<Vec<UserResponse>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let teams = teams::list_teams_of_users(tx, &ids).await?;
    let mut teams = group_by(teams, |row| row.user_id, show_team);
    Ok(rows
        .into_iter()
        .map(|row| UserResponse {
            teams: teams.remove(&row.id).unwrap_or_default(),
            id: row.id,
            email: row.email,
            name: row.name,
            launchpad_handle: row.launchpad_handle,
            is_admin: row.is_admin,
        })
        .collect())
}

fn show_team(row: UserTeamRow) -> TeamMinimalResponse {
    TeamMinimalResponse { id: row.team.id, name: row.team.name, permissions: row.team.permissions }
}
