//! People who sign in here and not at an identity provider: their passwords, and links that sign in once.

use futures::TryFutureExt;

use super::{Moment, StoreResult, Tx, on};

/// What is kept of a user's password.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PasswordRow {
    /// The user.
    pub user_id: i64,
    /// What people call the user.
    pub name: String,
    /// The hash.
    pub password_hash: String,
}

#[derive(sqlx::FromRow)]
struct UserIdRow {
    user_id: i64,
}

/// What is kept of the password of the user of that mail address, exactly as it is stored.
pub async fn find_password(tx: &mut Tx, email: &str) -> StoreResult<Option<PasswordRow>> {
    on!(tx, |conn, _| sqlx::query_as(
        "SELECT account.user_id, app_user.name, account.password_hash
         FROM local_account AS account JOIN app_user ON app_user.id = account.user_id WHERE app_user.email = $1",
    )
    .bind(email)
    .fetch_optional(conn))
}

/// Gives a user a password in the place of the one there may be.
pub async fn update_password(tx: &mut Tx, user_id: i64, password_hash: &str, now: Moment) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query(
        "INSERT INTO local_account (user_id, password_hash, created_at, updated_at) VALUES ($1, $2, $3, $3)
         ON CONFLICT (user_id) DO UPDATE SET password_hash = excluded.password_hash, updated_at = excluded.updated_at",
    )
    .bind(user_id)
    .bind(password_hash)
    .bind(now)
    .execute(conn)
    .map_ok(drop))
}

/// Makes a link that signs a user in.
pub async fn create_link(
    tx: &mut Tx,
    token_hash: &str,
    user_id: i64,
    expires_at: Moment,
    now: Moment,
) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query(
        "INSERT INTO sign_in_link (token_hash, user_id, expires_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $4)",
    )
    .bind(token_hash)
    .bind(user_id)
    .bind(expires_at)
    .bind(now)
    .execute(conn)
    .map_ok(drop))
}

/// Uses a link up: the user it signs in, once and while it is good. Of several who try at the same time one succeeds.
pub async fn use_link(tx: &mut Tx, token_hash: &str, now: Moment) -> StoreResult<Option<i64>> {
    let used: Option<UserIdRow> = on!(tx, |conn, _| sqlx::query_as(
        "UPDATE sign_in_link SET used_at = $2, updated_at = $2
         WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING user_id",
    )
    .bind(token_hash)
    .bind(now)
    .fetch_optional(conn))?;
    Ok(used.map(|row| row.user_id))
}

/// Removes the links that nobody can use any longer.
pub async fn delete_spent_links(tx: &mut Tx, now: Moment) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query("DELETE FROM sign_in_link WHERE used_at IS NOT NULL OR expires_at <= $1")
        .bind(now)
        .execute(conn)
        .map_ok(drop))
}
