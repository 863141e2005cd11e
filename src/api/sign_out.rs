//! `/v1/auth/logout`: the end of a session.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::{ApiError, ApiResult};
use super::gate::about_caller;
use super::session_cookies::{self, CSRF_HEADER};
use crate::service::Service;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(about_caller(routes!(sign_out)))
}

/// Sign out
///
/// Ends the session of the request's cookie, and takes the cookie away. Somebody who is not signed in is no mistake.
#[utoipa::path(
    post, path = "/v1/auth/logout", tag = "authentication",
    operation_id = "sign_out_v1_auth_logout_post",
    params(("X-CSRF-Token" = String, Header, description = "Any value: only pages of this installation can send it")),
    responses(
        (status = 204, description = "The session is over"),
        (status = 403, description = "The header is missing"),
    )
)]
async fn sign_out(State(service): State<Service>, headers: HeaderMap) -> ApiResult<Response> {
    if !headers.contains_key(CSRF_HEADER) {
        return Err(ApiError::Forbidden);
    }
    if let Some(session) = session_cookies::find(&service, &headers) {
        service.sign_out(session).await?;
    }
    let cookie = session_cookies::clear(&service);
    let vary = HeaderValue::from_static("Cookie");
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie), (header::VARY, vary)]).into_response())
}
