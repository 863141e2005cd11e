//! People, their sessions, and what their teams may do.

use app::api::Permission;
use sqlx::types::Json;

use super::{Moment, StoreResult, Tx, on};
use crate::domain::access::User;

/// A user's id and mail address.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct UserKey {
    /// The id.
    pub id: i64,
    /// The mail address.
    pub email: String,
}

/// Those of the users that exist.
pub async fn list_users_by_id(tx: &mut Tx, ids: &[i64]) -> StoreResult<Vec<UserKey>> {
    let ids = Json(ids);
    on!(tx, |conn, sql| sqlx::query_as(sql.of("SELECT id, email FROM app_user WHERE id IN ints($1)"))
        .bind(ids)
        .fetch_all(conn))
}

/// Those of the users that exist, by mail address exactly as it is stored.
pub async fn list_users_by_email(tx: &mut Tx, emails: &[String]) -> StoreResult<Vec<UserKey>> {
    let emails = Json(emails);
    on!(tx, |conn, sql| sqlx::query_as(sql.of("SELECT id, email FROM app_user WHERE email IN texts($1)"))
        .bind(emails)
        .fetch_all(conn))
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    id: i64,
    is_admin: bool,
    permissions: Option<Json<Vec<Permission>>>,
}

/// The user of a session that has not ended, with the permissions of all teams.
pub async fn find_user_of_session(tx: &mut Tx, session_id: i64, now: Moment) -> StoreResult<Option<User>> {
    let rows: Vec<SessionRow> = on!(tx, |conn, _| sqlx::query_as(
        "SELECT app_user.id, app_user.is_admin, team.permissions
         FROM user_session AS session JOIN app_user ON app_user.id = session.user_id
         LEFT JOIN team_users_association AS member ON member.user_id = app_user.id
         LEFT JOIN team ON team.id = member.team_id
         WHERE session.id = $1 AND session.expires_at >= $2",
    )
    .bind(session_id)
    .bind(now)
    .fetch_all(conn))?;
    let user = rows.first().map(|row| User { id: row.id, is_admin: row.is_admin, permissions: Vec::new() });
    Ok(user.map(|user| User {
        permissions: rows.into_iter().filter_map(|row| row.permissions).flat_map(|permissions| permissions.0).collect(),
        ..user
    }))
}
