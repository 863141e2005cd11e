//! Notifications: read and dismissed, by their user or by somebody who may see those of others.

use app::api::{NotificationResponse, NotificationsResponse};

use super::{Service, ServiceError, ServiceResult};
use crate::domain::access::Caller;
use crate::domain::events::Event;
use crate::store::notifications::NotificationRow;
use crate::store::{Moment, StoreResult, Tx, notifications};

/// Which of a user's notifications to read.
#[derive(Clone, Copy, Debug)]
pub struct NotificationPage {
    /// Only those that were not dismissed.
    pub unread_only: bool,
    /// At most as many.
    pub limit: i64,
    /// As many are left out first.
    pub offset: i64,
}

impl Service {
    /// The caller's own notifications, newest first; none for a caller who need not be anybody.
    pub async fn list_own_notifications(
        &self,
        caller: &Caller,
        page: NotificationPage,
    ) -> ServiceResult<NotificationsResponse> {
        let Some(user_id) = self.find_reader(caller)? else {
            return Ok(show_page(Vec::new(), 0, page));
        };
        let mut tx = self.db.read().await?;
        read_page(&mut tx, user_id, page).await
    }

    /// How many notifications the caller has.
    pub async fn count_own_notifications(&self, caller: &Caller, unread_only: bool) -> ServiceResult<i64> {
        let Some(user_id) = self.find_reader(caller)? else { return Ok(0) };
        let mut tx = self.db.read().await?;
        Ok(notifications::count_notifications(&mut tx, user_id, unread_only).await?)
    }

    /// Dismisses one of the caller's own notifications.
    pub async fn dismiss_own_notification(&self, caller: &Caller, id: i64) -> ServiceResult<NotificationResponse> {
        let user_id = caller.user.as_ref().map(|user| user.id).ok_or_else(|| not_a_user(caller))?;
        let mut tx = self.db.write().await?;
        let dismissed = self.dismiss(&mut tx, user_id, id).await?;
        tx.commit().await?;
        Ok(dismissed)
    }

    /// A user's notifications, newest first.
    pub async fn list_notifications(
        &self,
        user_id: i64,
        page: NotificationPage,
    ) -> ServiceResult<NotificationsResponse> {
        let mut tx = self.db.read().await?;
        ensure_user(&mut tx, user_id).await?;
        read_page(&mut tx, user_id, page).await
    }

    /// How many notifications a user has.
    pub async fn count_notifications(&self, user_id: i64, unread_only: bool) -> ServiceResult<i64> {
        let mut tx = self.db.read().await?;
        ensure_user(&mut tx, user_id).await?;
        Ok(notifications::count_notifications(&mut tx, user_id, unread_only).await?)
    }

    /// Dismisses one of a user's notifications.
    pub async fn dismiss_notification(&self, user_id: i64, id: i64) -> ServiceResult<NotificationResponse> {
        let mut tx = self.db.write().await?;
        ensure_user(&mut tx, user_id).await?;
        let dismissed = self.dismiss(&mut tx, user_id, id).await?;
        tx.commit().await?;
        Ok(dismissed)
    }

    /// Whose notifications a caller reads: nobody's, where no one needs to be somebody.
    pub(super) fn find_reader(&self, caller: &Caller) -> ServiceResult<Option<i64>> {
        match &caller.user {
            Some(user) => Ok(Some(user.id)),
            None if self.settings.require_authentication => Err(not_a_user(caller)),
            None => Ok(None),
        }
    }

    /// A notification that was dismissed before keeps the time of the first time.
    async fn dismiss(&self, tx: &mut Tx, user_id: i64, id: i64) -> ServiceResult<NotificationResponse> {
        let dismissed = notifications::dismiss_notification(tx, user_id, id, self.clock.now()).await?;
        let row = dismissed.ok_or_else(|| ServiceError::NotFound("Notification not found".to_owned()))?;
        tx.announce(Event::of_notification(user_id));
        Ok(show_notification(row))
    }
}

/// Tells users that they review an artefact from now on.
pub(super) async fn notify_of_artefact_review(
    tx: &mut Tx,
    user_ids: &[i64],
    target_url: &str,
    now: Moment,
) -> StoreResult<()> {
    notifications::notify_of_artefact_review(tx, user_ids, target_url, now).await?;
    for user_id in user_ids {
        tx.announce(Event::of_notification(*user_id));
    }
    Ok(())
}

/// What to tell a caller without a user: an application has no notifications, and nobody might be a user.
fn not_a_user(caller: &Caller) -> ServiceError {
    if caller.application.is_some() { ServiceError::Forbidden } else { ServiceError::NotAuthenticated }
}

async fn ensure_user(tx: &mut Tx, user_id: i64) -> ServiceResult<()> {
    if notifications::user_exists(tx, user_id).await? {
        return Ok(());
    }
    Err(ServiceError::NotFound("User not found".to_owned()))
}

async fn read_page(tx: &mut Tx, user_id: i64, page: NotificationPage) -> ServiceResult<NotificationsResponse> {
    let NotificationPage { unread_only, limit, offset } = page;
    let count = notifications::count_notifications(tx, user_id, unread_only).await?;
    let rows = notifications::list_notifications(tx, user_id, unread_only, limit, offset).await?;
    Ok(show_page(rows, count, page))
}

fn show_page(rows: Vec<NotificationRow>, count: i64, page: NotificationPage) -> NotificationsResponse {
    NotificationsResponse {
        notifications: rows.into_iter().map(show_notification).collect(),
        count,
        limit: page.limit,
        offset: page.offset,
    }
}

fn show_notification(row: NotificationRow) -> NotificationResponse {
    NotificationResponse {
        id: row.id,
        user_id: row.user_id,
        notification_type: row.notification_type,
        target_url: row.target_url,
        created_at: row.created_at.into(),
        dismissed_at: row.dismissed_at.map(Into::into),
    }
}
