//! Notifications that their users have read.

use super::seeder::Seeder;
use crate::service::notifications::NotificationPage;

/// As many of the newest are unread.
const UNREAD: usize = 3;

impl Seeder {
    /// Dismisses what is not new.
    pub(super) async fn dismiss_notifications(&mut self) -> anyhow::Result<()> {
        let service = self.at(self.day(0, 450));
        let page = NotificationPage { unread_only: true, limit: 10_000, offset: 0 };
        for user in service.list_users("", i64::MAX, 0).await?.users {
            let unread = service.list_notifications(user.id, page).await?.notifications;
            for notification in unread.into_iter().skip(UNREAD) {
                service.dismiss_notification(user.id, notification.id).await?;
            }
        }
        Ok(())
    }
}
