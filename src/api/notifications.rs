//! `/v1/users/me/notifications` and `/v1/users/{user_id}/notifications`: read, count, dismiss.

use app::api::{
    Flag, HTTPValidationError, NotificationResponse, NotificationsResponse, Offset, Permission, Problems, Ranged,
};
use axum::extract::State;
use axum::{Extension, Json};
use deserr::Deserr;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::ApiResult;
use super::gate::{about_caller, permitted};
use super::input::{Id, Input, Nothing, QueryInput};
use crate::domain::access::Caller;
use crate::service::Service;
use crate::service::notifications::NotificationPage;

const VIEW: &[Permission] = &[Permission::ViewNotification];
const CHANGE: &[Permission] = &[Permission::ChangeNotification];

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(about_caller(routes!(get_own_notifications)))
        .routes(about_caller(routes!(get_own_count)))
        .routes(about_caller(routes!(dismiss_own)))
        .routes(permitted(VIEW, routes!(get_notifications)))
        .routes(permitted(VIEW, routes!(get_count)))
        .routes(permitted(CHANGE, routes!(dismiss)))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct OwnNotificationPath {
    notification_id: Id,
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct UserPath {
    user_id: Id,
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct NotificationPath {
    user_id: Id,
    notification_id: Id,
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct PageQuery {
    #[deserr(default = Ranged(50))]
    limit: Ranged<1, 1000>,
    #[deserr(default = Ranged(0))]
    offset: Offset,
    #[deserr(default)]
    unread_only: Flag,
}

impl QueryInput for PageQuery {
    const PARAMETERS: Option<&'static [&'static str]> = Some(&["limit", "offset", "unread_only"]);
}

impl From<PageQuery> for NotificationPage {
    fn from(query: PageQuery) -> Self {
        Self { unread_only: query.unread_only.0, limit: query.limit.0, offset: query.offset.0 }
    }
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct CountQuery {
    #[deserr(default)]
    unread_only: Flag,
}

impl QueryInput for CountQuery {
    const PARAMETERS: Option<&'static [&'static str]> = Some(&["unread_only"]);
}

/// List your notifications
///
/// A user sees their own. Where no authentication is required, everybody else sees none.
#[utoipa::path(
    get, path = "/v1/users/me/notifications", tag = "notifications",
    operation_id = "get_own_notifications_v1_users_me_notifications_get",
    params(
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000),
        ("offset" = Option<i64>, Query, minimum = 0),
        ("unread_only" = Option<bool>, Query),
    ),
    responses(
        (status = 200, description = "Newest first, and how many there are", body = NotificationsResponse),
        (status = 401, description = "Authentication is required, and nobody calls"),
        (status = 403, description = "Authentication is required, and an application calls"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_own_notifications(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Input<Nothing, PageQuery, Nothing>,
) -> ApiResult<Json<NotificationsResponse>> {
    Ok(Json(service.list_own_notifications(&caller, input.query.into()).await?))
}

/// Count your notifications
#[utoipa::path(
    get, path = "/v1/users/me/notifications/count", tag = "notifications",
    operation_id = "get_own_notification_count_v1_users_me_notifications_count_get",
    params(("unread_only" = Option<bool>, Query)),
    responses(
        (status = 200, description = "How many there are", body = i64, content_type = "application/json"),
        (status = 401, description = "Authentication is required, and nobody calls"),
        (status = 403, description = "Authentication is required, and an application calls"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_own_count(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Input<Nothing, CountQuery, Nothing>,
) -> ApiResult<Json<i64>> {
    Ok(Json(service.count_own_notifications(&caller, input.query.unread_only.0).await?))
}

/// Dismiss one of your notifications
///
/// Again it changes nothing.
#[utoipa::path(
    post, path = "/v1/users/me/notifications/{notification_id}/dismiss", tag = "notifications",
    operation_id = "mark_own_notification_as_read_v1_users_me_notifications__notification_id__dismiss_post",
    params(("notification_id" = i64, Path)),
    responses(
        (status = 200, description = "The dismissed notification", body = NotificationResponse),
        (status = 401, description = "Nobody calls"),
        (status = 403, description = "An application calls, which has none"),
        (status = 404, description = "You have no such notification"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn dismiss_own(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Input<OwnNotificationPath, Nothing, Nothing>,
) -> ApiResult<Json<NotificationResponse>> {
    Ok(Json(service.dismiss_own_notification(&caller, input.path.notification_id.0).await?))
}

/// List a user's notifications
#[utoipa::path(
    get, path = "/v1/users/{user_id}/notifications", tag = "notifications",
    operation_id = "get_notifications_v1_users__user_id__notifications_get",
    params(
        ("user_id" = i64, Path),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000),
        ("offset" = Option<i64>, Query, minimum = 0),
        ("unread_only" = Option<bool>, Query),
    ),
    responses(
        (status = 200, description = "Newest first, and how many there are", body = NotificationsResponse),
        (status = 404, description = "There is no such user"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_notifications(
    State(service): State<Service>,
    input: Input<UserPath, PageQuery, Nothing>,
) -> ApiResult<Json<NotificationsResponse>> {
    Ok(Json(service.list_notifications(input.path.user_id.0, input.query.into()).await?))
}

/// Count a user's notifications
#[utoipa::path(
    get, path = "/v1/users/{user_id}/notifications/count", tag = "notifications",
    operation_id = "get_notification_count_v1_users__user_id__notifications_count_get",
    params(("user_id" = i64, Path), ("unread_only" = Option<bool>, Query)),
    responses(
        (status = 200, description = "How many there are", body = i64, content_type = "application/json"),
        (status = 404, description = "There is no such user"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_count(
    State(service): State<Service>,
    input: Input<UserPath, CountQuery, Nothing>,
) -> ApiResult<Json<i64>> {
    Ok(Json(service.count_notifications(input.path.user_id.0, input.query.unread_only.0).await?))
}

/// Dismiss one of a user's notifications
///
/// Again it changes nothing.
#[utoipa::path(
    post, path = "/v1/users/{user_id}/notifications/{notification_id}/dismiss", tag = "notifications",
    operation_id = "mark_notification_as_read_v1_users__user_id__notifications__notification_id__dismiss_post",
    params(("user_id" = i64, Path), ("notification_id" = i64, Path)),
    responses(
        (status = 200, description = "The dismissed notification", body = NotificationResponse),
        (status = 404, description = "There is no such user, or the user has no such notification"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn dismiss(
    State(service): State<Service>,
    input: Input<NotificationPath, Nothing, Nothing>,
) -> ApiResult<Json<NotificationResponse>> {
    Ok(Json(service.dismiss_notification(input.path.user_id.0, input.path.notification_id.0).await?))
}
