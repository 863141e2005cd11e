//! Notifications: what a user should know.

use serde::{Deserialize, Serialize};

use super::{Timestamp, text_enum};

text_enum! {
    /// What a notification is about.
    pub enum NotificationType {
        /// The user reviews an artefact from now on.
        UserAssignedArtefactReview = "USER_ASSIGNED_ARTEFACT_REVIEW",
        /// The user reviews an environment from now on.
        UserAssignedEnvironmentReview = "USER_ASSIGNED_ENVIRONMENT_REVIEW",
    }
}

/// A notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct NotificationResponse {
    /// Its id.
    pub id: i64,
    /// Whom it tells.
    pub user_id: i64,
    /// What it is about.
    pub notification_type: NotificationType,
    /// The page to look at.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub target_url: Option<String>,
    /// When it was written.
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    /// When the user was done with it; null while it is unread.
    #[cfg_attr(feature = "ssr", schema(value_type = Option<String>, format = DateTime, required = true))]
    pub dismissed_at: Option<Timestamp>,
}

/// Some of a user's notifications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct NotificationsResponse {
    /// Newest first.
    pub notifications: Vec<NotificationResponse>,
    /// How many there are on all pages together.
    pub count: i64,
    /// At most as many are on this page.
    pub limit: i64,
    /// As many are left out before it.
    pub offset: i64,
}
