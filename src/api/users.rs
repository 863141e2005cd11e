//! `/v1/users`: who you are, find, look, make an administrator, remove.

use app::api::{HTTPValidationError, Offset, Permission, Problems, Ranged, UserPatch, UserResponse, UsersResponse};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::MethodFilter;
use axum::{Extension, Json};
use deserr::Deserr;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::environments::QueryText;
use super::errors::ApiResult;
use super::gate::{about_caller, not_an_id, permitted};
use super::input::{Id, Input, JsonBody, Nothing, QueryInput};
use crate::domain::access::Caller;
use crate::service::Service;

const ME: &str = "/v1/users/me";
const VIEW: &[Permission] = &[Permission::ViewUser];
const CHANGE: &[Permission] = &[Permission::ChangeUser];

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(about_caller(routes!(get_own_user)))
        .routes(permitted(VIEW, routes!(get_users)))
        .routes(permitted(VIEW, routes!(get_user)))
        .routes(permitted(CHANGE, routes!(patch_user)))
        .routes(permitted(CHANGE, routes!(delete_user)))
        // One's own path is a path with an id too, for the methods that has.
        .route(ME, not_an_id(MethodFilter::PATCH, "user_id", CHANGE))
        .route(ME, not_an_id(MethodFilter::DELETE, "user_id", CHANGE))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct UserPath {
    user_id: Id,
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct UsersQuery {
    #[deserr(default = Ranged(50))]
    limit: Ranged<1, 1000>,
    #[deserr(default = Ranged(0))]
    offset: Offset,
    #[deserr(default)]
    q: Option<QueryText>,
}

impl QueryInput for UsersQuery {}

/// Find out who you are
///
/// A user sees themselves. Where no authentication is required, everybody else sees null.
#[utoipa::path(
    get, path = "/v1/users/me", tag = "users",
    operation_id = "get_authenticated_user_v1_users_me_get",
    responses(
        (status = 200, description = "The user, or null for a caller without a session", body = Option<UserResponse>),
        (status = 401, description = "Authentication is required, and no user calls"),
    )
)]
async fn get_own_user(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
) -> ApiResult<Json<Option<UserResponse>>> {
    Ok(Json(service.get_own_user(&caller).await?))
}

/// List the users
///
/// `q` finds users who show each of its words: in their mail address, name or Launchpad name, or as their id.
#[utoipa::path(
    get, path = "/v1/users", tag = "users",
    operation_id = "get_users_v1_users_get",
    params(
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000),
        ("offset" = Option<i64>, Query, minimum = 0),
        ("q" = Option<String>, Query, description = "Words, in upper or lower case"),
    ),
    responses(
        (status = 200, description = "By name, and how many there are", body = UsersResponse),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_users(
    State(service): State<Service>,
    input: Input<Nothing, UsersQuery, Nothing>,
) -> ApiResult<Json<UsersResponse>> {
    let UsersQuery { limit, offset, q } = input.query;
    let words = q.as_ref().map_or("", |q| q.0.as_str());
    Ok(Json(service.list_users(words, limit.0, offset.0).await?))
}

/// Get a user
#[utoipa::path(
    get, path = "/v1/users/{user_id}", tag = "users",
    operation_id = "get_user_v1_users__user_id__get",
    params(("user_id" = i64, Path)),
    responses(
        (status = 200, description = "The user", body = UserResponse),
        (status = 404, description = "There is no such user"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_user(
    State(service): State<Service>,
    input: Input<UserPath, Nothing, Nothing>,
) -> ApiResult<Json<UserResponse>> {
    Ok(Json(service.get_user(input.path.user_id.0).await?))
}

/// Make a user an administrator, or an ordinary user
#[utoipa::path(
    patch, path = "/v1/users/{user_id}", tag = "users",
    operation_id = "update_user_v1_users__user_id__patch",
    params(("user_id" = i64, Path)),
    request_body = UserPatch,
    responses(
        (status = 200, description = "The user after the change", body = UserResponse),
        (status = 404, description = "There is no such user"),
        (status = 409, description = "This is the last administrator"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn patch_user(
    State(service): State<Service>,
    input: Input<UserPath, Nothing, JsonBody<UserPatch>>,
) -> ApiResult<Json<UserResponse>> {
    Ok(Json(service.update_user(input.path.user_id.0, input.body.0).await?))
}

/// Remove a user
///
/// With the user go sessions, memberships, notifications and assigned reviews. A user who is not there is no mistake.
#[utoipa::path(
    delete, path = "/v1/users/{user_id}", tag = "users",
    operation_id = "delete_user_v1_users__user_id__delete",
    params(("user_id" = i64, Path)),
    responses(
        (status = 204, description = "The user is gone"),
        (status = 409, description = "This is the last administrator"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn delete_user(
    State(service): State<Service>,
    input: Input<UserPath, Nothing, Nothing>,
) -> ApiResult<StatusCode> {
    service.delete_user(input.path.user_id.0).await?;
    Ok(StatusCode::NO_CONTENT)
}
