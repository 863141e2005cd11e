//! Notifications of users.

use app::api::NotificationType;
use futures::TryFutureExt;

use super::{IdRow, Moment, StoreResult, Tx, on, on_built};

/// A notification.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct NotificationRow {
    pub id: i64,
    pub user_id: i64,
    #[sqlx(try_from = "String")]
    pub notification_type: NotificationType,
    pub target_url: Option<String>,
    pub created_at: Moment,
    /// Nothing while it is unread.
    pub dismissed_at: Option<Moment>,
}

/// Tells users that they review an artefact from now on.
pub async fn notify_of_artefact_review(
    tx: &mut Tx,
    user_ids: &[i64],
    target_url: &str,
    now: Moment,
) -> StoreResult<()> {
    if user_ids.is_empty() {
        return Ok(());
    }
    on_built!(
        tx,
        |builder| {
            builder.push("INSERT INTO notification (user_id, notification_type, target_url, created_at, updated_at) ");
            builder.push_values(user_ids, |mut row, user| {
                row.push_bind(*user).push_bind("USER_ASSIGNED_ARTEFACT_REVIEW").push_bind(target_url);
                row.push_bind(now).push_bind(now);
            });
        },
        |query, conn| query.execute(conn).map_ok(drop)
    )?;
    Ok(())
}

/// Whether there is a user of that id.
pub async fn user_exists(tx: &mut Tx, user_id: i64) -> StoreResult<bool> {
    let user: Option<IdRow> =
        on!(tx, |conn, _| sqlx::query_as("SELECT id FROM app_user WHERE id = $1").bind(user_id).fetch_optional(conn))?;
    Ok(user.is_some())
}

/// A statement on the notifications of user `$1`, all of them or the unread ones. Two texts, so that the index of the
/// unread ones serves the second.
macro_rules! of_user {
    ($unread_only:expr, $what:literal, $rest:literal) => {
        if $unread_only {
            concat!("SELECT ", $what, " FROM notification WHERE user_id = $1 AND dismissed_at IS NULL ", $rest)
        } else {
            concat!("SELECT ", $what, " FROM notification WHERE user_id = $1 ", $rest)
        }
    };
}

/// A user's notifications, newest first: at most `limit` behind the first `offset`.
pub async fn list_notifications(
    tx: &mut Tx,
    user_id: i64,
    unread_only: bool,
    limit: i64,
    offset: i64,
) -> StoreResult<Vec<NotificationRow>> {
    let sql = of_user!(
        unread_only,
        "id, user_id, notification_type, target_url, created_at, dismissed_at",
        "ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3"
    );
    on!(tx, |conn, _| sqlx::query_as(sql).bind(user_id).bind(limit).bind(offset).fetch_all(conn))
}

/// How many notifications a user has.
pub async fn count_notifications(tx: &mut Tx, user_id: i64, unread_only: bool) -> StoreResult<i64> {
    let sql = of_user!(unread_only, "COUNT(*)", "");
    let (count,): (i64,) = on!(tx, |conn, _| sqlx::query_as(sql).bind(user_id).fetch_one(conn))?;
    Ok(count)
}

/// Notes when the user was done with a notification, the first time only; nothing when it does not exist or is somebody
/// else's.
pub async fn dismiss_notification(
    tx: &mut Tx,
    user_id: i64,
    id: i64,
    now: Moment,
) -> StoreResult<Option<NotificationRow>> {
    on!(tx, |conn, _| sqlx::query_as(
        "UPDATE notification SET dismissed_at = COALESCE(dismissed_at, $3),
             updated_at = CASE WHEN dismissed_at IS NULL THEN $3 ELSE updated_at END
         WHERE id = $1 AND user_id = $2
         RETURNING id, user_id, notification_type, target_url, created_at, dismissed_at",
    )
    .bind(id)
    .bind(user_id)
    .bind(now)
    .fetch_optional(conn))
}
