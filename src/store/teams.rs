//! Teams: people who are responsible for the same things.

use app::api::Permission;
use futures::TryFutureExt;
use sqlx::types::Json;

use super::users::UserRow;
use super::{IdRow, Moment, StoreResult, Tx, on};

/// A team in a few words.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TeamNameRow {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
}

/// A team.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TeamRow {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What its members may do.
    #[sqlx(json)]
    pub permissions: Vec<Permission>,
}

/// A team of a user.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct UserTeamRow {
    /// The user.
    pub user_id: i64,
    /// The team.
    #[sqlx(flatten)]
    pub team: TeamRow,
}

/// A member of a team.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct MemberRow {
    /// The team.
    pub team_id: i64,
    /// The member.
    #[sqlx(flatten)]
    pub user: UserRow,
}

macro_rules! select_teams {
    ($rest:literal) => {
        concat!("SELECT id, name, permissions FROM team ", $rest)
    };
}

/// Those of the teams that exist, each once, by id.
pub async fn list_team_names(tx: &mut Tx, ids: &[i64]) -> StoreResult<Vec<TeamNameRow>> {
    let ids = Json(ids);
    on!(tx, |conn, sql| sqlx::query_as(sql.of("SELECT id, name FROM team WHERE id IN ints($1) ORDER BY id"))
        .bind(ids)
        .fetch_all(conn))
}

/// Every team, by id.
pub async fn list_teams(tx: &mut Tx) -> StoreResult<Vec<TeamRow>> {
    on!(tx, |conn, _| sqlx::query_as(select_teams!("ORDER BY id")).fetch_all(conn))
}

/// The team of that id.
pub async fn find_team(tx: &mut Tx, id: i64) -> StoreResult<Option<TeamRow>> {
    on!(tx, |conn, _| sqlx::query_as(select_teams!("WHERE id = $1")).bind(id).fetch_optional(conn))
}

/// The team of that name.
pub async fn find_team_by_name(tx: &mut Tx, name: &str) -> StoreResult<Option<TeamRow>> {
    on!(tx, |conn, _| sqlx::query_as(select_teams!("WHERE name = $1")).bind(name).fetch_optional(conn))
}

/// The team of that id, which nobody else changes until this transaction ends.
pub async fn lock_team(tx: &mut Tx, id: i64) -> StoreResult<Option<TeamRow>> {
    on!(tx, |conn, sql| sqlx::query_as(sql.of(select_teams!("WHERE id = $1 FOR NO KEY UPDATE OF team")))
        .bind(id)
        .fetch_optional(conn))
}

/// Keeps every other request from giving rules to teams, or taking rules from them, until this transaction ends.
pub async fn lock_teams(tx: &mut Tx) -> StoreResult<()> {
    on!(tx, |conn, sql| sqlx::query(sql.of("SELECT id FROM team ORDER BY id FOR NO KEY UPDATE OF team"))
        .execute(conn)
        .map_ok(drop))?;
    Ok(())
}

/// Makes a team without members and rules; nothing when the name is taken.
pub async fn create_team(tx: &mut Tx, name: &str, permissions: &[Permission], now: Moment) -> StoreResult<Option<i64>> {
    let permissions = Json(permissions);
    let created: Option<IdRow> = on!(tx, |conn, _| sqlx::query_as(
        "INSERT INTO team (name, permissions, created_at, updated_at) VALUES ($1, $2, $3, $3)
         ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(name)
    .bind(permissions)
    .bind(now)
    .fetch_optional(conn))?;
    Ok(created.map(|row| row.id))
}

/// Says what the members of a team may do.
pub async fn update_permissions(tx: &mut Tx, id: i64, permissions: &[Permission], now: Moment) -> StoreResult<()> {
    let permissions = Json(permissions);
    on!(tx, |conn, _| sqlx::query("UPDATE team SET permissions = $2, updated_at = $3 WHERE id = $1")
        .bind(id)
        .bind(permissions)
        .bind(now)
        .execute(conn)
        .map_ok(drop))?;
    Ok(())
}

/// The teams of the users, by id.
pub async fn list_teams_of_users(tx: &mut Tx, user_ids: &[i64]) -> StoreResult<Vec<UserTeamRow>> {
    let ids = Json(user_ids);
    on!(tx, |conn, sql| sqlx::query_as(sql.of("SELECT member.user_id, team.id, team.name, team.permissions
         FROM team_users_association AS member JOIN team ON team.id = member.team_id
         WHERE member.user_id IN ints($1) ORDER BY team.id",))
    .bind(ids)
    .fetch_all(conn))
}

/// The members of the teams, by name, then by id.
pub async fn list_members(tx: &mut Tx, team_ids: &[i64]) -> StoreResult<Vec<MemberRow>> {
    let ids = Json(team_ids);
    on!(tx, |conn, sql| sqlx::query_as(sql.of(
        "SELECT member.team_id, app_user.id, app_user.email, app_user.name, app_user.launchpad_handle,
             app_user.is_admin
         FROM team_users_association AS member JOIN app_user ON app_user.id = member.user_id
         WHERE member.team_id IN ints($1) ORDER BY app_user.name, app_user.id",
    ))
    .bind(ids)
    .fetch_all(conn))
}

/// Adds a user, who has to be locked, to a team; one who is in it already stays. Whether the user was added.
pub async fn add_member(tx: &mut Tx, team_id: i64, user_id: i64) -> StoreResult<bool> {
    on!(tx, |conn, _| sqlx::query(
        "INSERT INTO team_users_association (user_id, team_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    )
    .bind(user_id)
    .bind(team_id)
    .execute(conn)
    .map_ok(|done| done.rows_affected() > 0))
}

/// Takes a user out of a team; whether the user was in it.
pub async fn delete_member(tx: &mut Tx, team_id: i64, user_id: i64) -> StoreResult<bool> {
    on!(tx, |conn, _| sqlx::query("DELETE FROM team_users_association WHERE user_id = $1 AND team_id = $2")
        .bind(user_id)
        .bind(team_id)
        .execute(conn)
        .map_ok(|done| done.rows_affected() > 0))
}
