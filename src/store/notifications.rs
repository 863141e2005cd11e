//! Notifications of users.

use super::{Moment, StoreResult, Tx, on_built};
use futures::TryFutureExt;

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
