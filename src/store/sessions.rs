//! Sessions: which user a browser belongs to, and until when.

use futures::TryFutureExt;

use super::{IdRow, Moment, StoreError, StoreResult, Tx, on};

/// A session.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct SessionRow {
    /// Whose it is.
    pub user_id: i64,
    /// Its last moment.
    pub expires_at: Moment,
}

/// Opens a session for a user, who has to be locked.
pub async fn create_session(tx: &mut Tx, id: i64, user_id: i64, expires_at: Moment, now: Moment) -> StoreResult<()> {
    let created: Option<IdRow> = on!(tx, |conn, _| sqlx::query_as(
        "INSERT INTO user_session (id, user_id, expires_at, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
         ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(id)
    .bind(user_id)
    .bind(expires_at)
    .bind(now)
    .fetch_optional(conn))?;
    created.map(drop).ok_or(StoreError::Taken)
}

/// Ends a session, if there is one.
pub async fn delete_session(tx: &mut Tx, id: i64) -> StoreResult<Option<SessionRow>> {
    on!(tx, |conn, _| sqlx::query_as("DELETE FROM user_session WHERE id = $1 RETURNING user_id, expires_at")
        .bind(id)
        .fetch_optional(conn))
}

/// Ends every session of a user.
pub async fn delete_sessions_of_user(tx: &mut Tx, user_id: i64) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query("DELETE FROM user_session WHERE user_id = $1")
        .bind(user_id)
        .execute(conn)
        .map_ok(drop))
}

/// Removes the sessions whose time is over; how many there were.
pub async fn delete_expired_sessions(tx: &mut Tx, now: Moment) -> StoreResult<u64> {
    on!(tx, |conn, _| sqlx::query("DELETE FROM user_session WHERE expires_at < $1")
        .bind(now)
        .execute(conn)
        .map_ok(|done| done.rows_affected()))
}
