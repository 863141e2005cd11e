//! `/v1/applications`: make, look, change, remove, and give new keys.

use app::api::{ApplicationPatch, ApplicationPost, ApplicationResponse, HTTPValidationError, Permission, Problems};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodFilter;
use axum::{Extension, Json};
use deserr::Deserr;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::ApiResult;
use super::gate::{about_caller, not_an_id, permitted};
use super::idempotency::HoldsSecret;
use super::input::{FieldOrder, Id, Input, Nothing, OrderedBody};
use crate::domain::access::{Caller, Granter, bearer_key};
use crate::service::Service;

const ADD: &[Permission] = &[Permission::AddApplication];
const VIEW: &[Permission] = &[Permission::ViewApplication];
const CHANGE: &[Permission] = &[Permission::ChangeApplication];
const OWN: &str = "/v1/applications/me";

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(permitted(ADD, routes!(post_application)))
        .routes(permitted(VIEW, routes!(get_applications)))
        .routes(about_caller(routes!(get_own_application)))
        .routes(about_caller(routes!(rotate_own_key)))
        .routes(permitted(VIEW, routes!(get_application)))
        .routes(permitted(CHANGE, routes!(patch_application)))
        .routes(permitted(CHANGE, routes!(delete_application)))
        .routes(permitted(CHANGE, routes!(rotate_key)))
        // The path of one's own is a path with an id too, for the methods that has.
        .route(OWN, not_an_id(MethodFilter::PATCH, "application_id", CHANGE))
        .route(OWN, not_an_id(MethodFilter::DELETE, "application_id", CHANGE))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct ApplicationPath {
    application_id: Id,
}

impl FieldOrder for ApplicationPost {
    const FIELDS: &'static [&'static str] = &["name", "permissions", "expires_at"];
}

impl FieldOrder for ApplicationPatch {
    const FIELDS: &'static [&'static str] = &["permissions", "expires_at"];
}

/// An answer with a whole key. Nobody on its way keeps it, and neither do we: a repetition under the same idempotency
/// key hears that it was done.
struct WithKey<T>(T);

impl<T: Serialize> IntoResponse for WithKey<T> {
    fn into_response(self) -> Response {
        ([(header::CACHE_CONTROL, "no-store")], Extension(HoldsSecret), Json(self.0)).into_response()
    }
}

/// The key a request came with, as the gate reads it.
fn key_of(headers: &HeaderMap) -> &str {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    header.and_then(bearer_key).unwrap_or_default()
}

/// Make an application
///
/// The answer holds its key, which cannot be shown again: only a hash of it is kept. For the same reason a repetition
/// under an `Idempotency-Key` makes no second application, but is answered 409 instead of with the key. Nobody gives it what
/// they may not do themselves.
#[utoipa::path(
    post, path = "/v1/applications", tag = "applications",
    operation_id = "create_application_v1_applications_post",
    request_body = ApplicationPost,
    responses(
        (status = 200, description = "The application with its key", body = ApplicationResponse),
        (status = 409, description = "There is an application of this name, or this is a repetition"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn post_application(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Input<Nothing, Nothing, OrderedBody<ApplicationPost>>,
) -> ApiResult<WithKey<ApplicationResponse>> {
    Ok(WithKey(service.create_application(Granter::Caller(&caller), input.body.0).await?))
}

/// List the applications
///
/// Of their keys only the first characters are known.
#[utoipa::path(
    get, path = "/v1/applications", tag = "applications",
    operation_id = "get_applications_v1_applications_get",
    responses((status = 200, description = "By id", body = Vec<ApplicationResponse>))
)]
async fn get_applications(State(service): State<Service>) -> ApiResult<Json<Vec<ApplicationResponse>>> {
    Ok(Json(service.list_applications().await?))
}

/// Get the application that calls
///
/// With the key it came with. Null for everybody else; a user's session does not count.
#[utoipa::path(
    get, path = "/v1/applications/me", tag = "applications",
    operation_id = "get_authenticated_application_v1_applications_me_get",
    responses(
        (status = 200, description = "The application, or null", body = Option<ApplicationResponse>),
        (status = 401, description = "Authentication is required, and no application calls"),
    )
)]
async fn get_own_application(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> ApiResult<WithKey<Option<ApplicationResponse>>> {
    Ok(WithKey(service.find_own_application(&caller, key_of(&headers)).await?))
}

/// Give the application that calls a new key
///
/// The old key stops at once, or after the time the operator gives programs to change over; meanwhile it can do
/// everything but this. A repetition under an `Idempotency-Key` changes nothing and is answered 409: the key is not kept.
#[utoipa::path(
    post, path = "/v1/applications/me/rotate", tag = "applications",
    operation_id = "rotate_own_api_key_v1_applications_me_rotate_post",
    responses(
        (status = 200, description = "The application with its new key", body = ApplicationResponse),
        (status = 401, description = "No application calls"),
        (status = 409, description = "The key has been replaced before, or this is a repetition"),
    )
)]
async fn rotate_own_key(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> ApiResult<WithKey<ApplicationResponse>> {
    Ok(WithKey(service.rotate_own_key(&caller, key_of(&headers)).await?))
}

/// Get an application
///
/// Of its key only the first characters are known.
#[utoipa::path(
    get, path = "/v1/applications/{application_id}", tag = "applications",
    operation_id = "get_application_v1_applications__application_id__get",
    params(("application_id" = i64, Path)),
    responses(
        (status = 200, description = "The application", body = ApplicationResponse),
        (status = 404, description = "There is no such application"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_application(
    State(service): State<Service>,
    input: Input<ApplicationPath, Nothing, Nothing>,
) -> ApiResult<Json<ApplicationResponse>> {
    Ok(Json(service.get_application(input.path.application_id.0).await?))
}

/// Change what an application may do, and until when
///
/// What is absent stays, and so do permissions that are null. Nobody adds what they may not do themselves.
#[utoipa::path(
    patch, path = "/v1/applications/{application_id}", tag = "applications",
    operation_id = "update_application_v1_applications__application_id__patch",
    params(("application_id" = i64, Path)),
    request_body = ApplicationPatch,
    responses(
        (status = 200, description = "The application after the change", body = ApplicationResponse),
        (status = 404, description = "There is no such application"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn patch_application(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Input<ApplicationPath, Nothing, OrderedBody<ApplicationPatch>>,
) -> ApiResult<Json<ApplicationResponse>> {
    let id = input.path.application_id.0;
    Ok(Json(service.update_application(Granter::Caller(&caller), id, input.body.0).await?))
}

/// Remove an application
///
/// Its keys stop at once. Again it changes nothing.
#[utoipa::path(
    delete, path = "/v1/applications/{application_id}", tag = "applications",
    operation_id = "delete_application_v1_applications__application_id__delete",
    params(("application_id" = i64, Path)),
    responses(
        (status = 204, description = "There is no such application now"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn delete_application(
    State(service): State<Service>,
    input: Input<ApplicationPath, Nothing, Nothing>,
) -> ApiResult<StatusCode> {
    service.delete_application(input.path.application_id.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give an application a new key
///
/// The old key stops at once, or after the time the operator gives programs to change over. A repetition under an
/// `Idempotency-Key` changes nothing and is answered 409: the key is not kept. Only who may do all that the application may
/// gets at its key.
#[utoipa::path(
    post, path = "/v1/applications/{application_id}/rotate", tag = "applications",
    operation_id = "rotate_api_key_v1_applications__application_id__rotate_post",
    params(("application_id" = i64, Path)),
    responses(
        (status = 200, description = "The application with its new key", body = ApplicationResponse),
        (status = 404, description = "There is no such application"),
        (status = 409, description = "This is a repetition"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn rotate_key(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Input<ApplicationPath, Nothing, Nothing>,
) -> ApiResult<WithKey<ApplicationResponse>> {
    Ok(WithKey(service.rotate_key(Granter::Caller(&caller), input.path.application_id.0).await?))
}
