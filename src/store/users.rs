//! People, their sessions, and what their teams may do.

use app::api::Permission;
use futures::TryFutureExt;
use sqlx::types::Json;

use super::{IdRow, Moment, Statement, StoreResult, Tx, on, on_statement};
use crate::domain::access::User;

/// A user.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct UserRow {
    /// The id.
    pub id: i64,
    /// The mail address.
    pub email: String,
    /// What people call the user.
    pub name: String,
    /// The name at Launchpad, where known.
    pub launchpad_handle: Option<String>,
    /// Whether every permission is held.
    pub is_admin: bool,
}

/// A user to make when the mail address is not known yet.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The mail address.
    pub email: String,
    /// What people call the user.
    pub name: String,
    /// The name at Launchpad, where known.
    pub launchpad_handle: Option<String>,
}

/// A user's id and mail address.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct UserKey {
    /// The id.
    pub id: i64,
    /// The mail address.
    pub email: String,
}

macro_rules! select_users {
    ($rest:literal) => {
        concat!(
            "SELECT app_user.id, app_user.email, app_user.name, app_user.launchpad_handle, app_user.is_admin
             FROM app_user ",
            $rest
        )
    };
}

/// Only those users who show something like each of the patterns, each of which is one word.
///
/// What a user shows is one text here, with spaces between: no pattern holds one, so none is like two of them. A word of
/// digits alone is also the id it spells, with zeros before it or not; compared as text, so that no number is too large.
fn push_words(statement: &mut Statement, patterns: &[String]) {
    if patterns.is_empty() {
        return;
    }
    // In lower case here, not by the database: PostgreSQL knows more letters in parameters than in the columns.
    let patterns: Vec<String> = patterns.iter().map(|pattern| pattern.to_ascii_lowercase()).collect();
    statement.push("WHERE NOT EXISTS (SELECT 1 FROM texts(").bind(patterns).push(
        ") AS typed WHERE NOT (
             lower(app_user.email || ' ' || app_user.name || ' ' || COALESCE(app_user.launchpad_handle, ''))
                 LIKE typed.value ESCAPE '\\'
             OR ltrim(typed.value, '%0') = CAST(app_user.id AS TEXT) || '%'
         ))",
    );
}

/// How many users show something like each of the patterns.
pub async fn count_users(tx: &mut Tx, patterns: &[String]) -> StoreResult<i64> {
    let mut statement = Statement::new("SELECT COUNT(*) FROM app_user ");
    push_words(&mut statement, patterns);
    let (count,): (i64,) = on_statement!(tx, statement, query_as, |query, conn| query.fetch_one(conn))?;
    Ok(count)
}

/// A page of the users who show something like each of the patterns, by name, then by id.
pub async fn list_users(tx: &mut Tx, patterns: &[String], limit: i64, offset: i64) -> StoreResult<Vec<UserRow>> {
    let mut statement = Statement::new(select_users!(""));
    push_words(&mut statement, patterns);
    statement.push(" ORDER BY app_user.name, app_user.id LIMIT ").bind(limit).push(" OFFSET ").bind(offset);
    on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))
}

/// The user of that id.
pub async fn find_user(tx: &mut Tx, id: i64) -> StoreResult<Option<UserRow>> {
    on!(tx, |conn, _| sqlx::query_as(select_users!("WHERE app_user.id = $1")).bind(id).fetch_optional(conn))
}

/// The user of that mail address, exactly as it is stored.
pub async fn find_user_by_email(tx: &mut Tx, email: &str) -> StoreResult<Option<UserRow>> {
    on!(tx, |conn, _| sqlx::query_as(select_users!("WHERE app_user.email = $1")).bind(email).fetch_optional(conn))
}

/// Whether there is a user of that id, who is then neither removed nor added to teams by others until this transaction
/// ends.
pub async fn lock_user(tx: &mut Tx, id: i64) -> StoreResult<bool> {
    let user: Option<IdRow> = on!(tx, |conn, sql| sqlx::query_as(
        sql.of("SELECT id FROM app_user WHERE id = $1 FOR NO KEY UPDATE OF app_user")
    )
    .bind(id)
    .fetch_optional(conn))?;
    Ok(user.is_some())
}

/// The ids of all administrators, none of whom others change or remove until this transaction ends.
pub async fn lock_administrators(tx: &mut Tx) -> StoreResult<Vec<i64>> {
    let rows: Vec<IdRow> = on!(tx, |conn, sql| sqlx::query_as(
        sql.of("SELECT id FROM app_user WHERE is_admin ORDER BY id FOR NO KEY UPDATE OF app_user")
    )
    .fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The user of that mail address, made when it is new, and whether it was made. Nothing of one that exists is changed.
pub async fn find_or_create_user(tx: &mut Tx, new: &NewUser, now: Moment) -> StoreResult<(UserRow, bool)> {
    if let Some(row) = find_user_by_email(tx, &new.email).await? {
        return Ok((row, false));
    }
    match create_user(tx, new, now).await? {
        Some(row) => Ok((row, true)),
        // A concurrent request was faster; its row is there now.
        None => Ok((find_user_by_email(tx, &new.email).await?.ok_or(sqlx::Error::RowNotFound)?, false)),
    }
}

async fn create_user(tx: &mut Tx, new: &NewUser, now: Moment) -> StoreResult<Option<UserRow>> {
    on!(tx, |conn, _| sqlx::query_as(
        "INSERT INTO app_user (email, name, launchpad_handle, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
         ON CONFLICT DO NOTHING RETURNING id, email, name, launchpad_handle, is_admin",
    )
    .bind(&new.email)
    .bind(&new.name)
    .bind(&new.launchpad_handle)
    .bind(now)
    .fetch_optional(conn))
}

/// Says whether a user holds every permission; whether that is a change.
pub async fn update_is_admin(tx: &mut Tx, id: i64, is_admin: bool, now: Moment) -> StoreResult<bool> {
    on!(tx, |conn, _| sqlx::query(
        "UPDATE app_user SET is_admin = $2, updated_at = $3 WHERE id = $1 AND is_admin <> $2",
    )
    .bind(id)
    .bind(is_admin)
    .bind(now)
    .execute(conn)
    .map_ok(|done| done.rows_affected() > 0))
}

/// Removes a user, who has to be locked, with sessions, memberships, notifications and assigned reviews.
pub async fn delete_user(tx: &mut Tx, id: i64) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query("DELETE FROM team_users_association WHERE user_id = $1")
        .bind(id)
        .execute(conn)
        .map_ok(drop))?;
    on!(tx, |conn, _| sqlx::query("DELETE FROM app_user WHERE id = $1").bind(id).execute(conn).map_ok(drop))?;
    Ok(())
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

/// Ids and names of those of the users that exist, by id.
pub async fn list_user_names(tx: &mut Tx, ids: &[i64]) -> StoreResult<Vec<(i64, String)>> {
    let ids = Json(ids);
    on!(tx, |conn, sql| sqlx::query_as(sql.of("SELECT id, name FROM app_user WHERE id IN ints($1) ORDER BY id"))
        .bind(ids)
        .fetch_all(conn))
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    id: i64,
    name: String,
    is_admin: bool,
    permissions: Option<Json<Vec<Permission>>>,
}

/// The user of a session that has not ended, with the permissions of all teams.
pub async fn find_user_of_session(tx: &mut Tx, session_id: i64, now: Moment) -> StoreResult<Option<User>> {
    let rows: Vec<SessionRow> = on!(tx, |conn, _| sqlx::query_as(
        "SELECT app_user.id, app_user.name, app_user.is_admin, team.permissions
         FROM user_session AS session JOIN app_user ON app_user.id = session.user_id
         LEFT JOIN team_users_association AS member ON member.user_id = app_user.id
         LEFT JOIN team ON team.id = member.team_id
         WHERE session.id = $1 AND session.expires_at >= $2",
    )
    .bind(session_id)
    .bind(now)
    .fetch_all(conn))?;
    let user = rows.first().map(|row| User {
        id: row.id,
        name: row.name.clone(),
        is_admin: row.is_admin,
        permissions: Vec::new(),
    });
    Ok(user.map(|user| User {
        permissions: rows.into_iter().filter_map(|row| row.permissions).flat_map(|permissions| permissions.0).collect(),
        ..user
    }))
}
