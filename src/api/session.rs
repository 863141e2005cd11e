//! `/v1/session`: who is calling, and what that caller may do.

use app::api::{HTTPValidationError, Problems, SessionResponse};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use deserr::Deserr;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::ApiResult;
use super::gate::about_caller;
use super::input::{Id, Input, Nothing, QueryInput};
use crate::domain::access::Caller;
use crate::service::Service;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(about_caller(routes!(get_session)))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct SessionQuery {
    #[deserr(default)]
    artefact_id: Option<Id>,
}

impl QueryInput for SessionQuery {}

/// Find out who you are, and what you may do
///
/// Everybody may ask. With `artefact_id`, the permissions that matching rules grant for that artefact are among the answer's.
#[utoipa::path(
    get, path = "/v1/session", tag = "users",
    operation_id = "get_session_v1_session_get",
    params(("artefact_id" = Option<i64>, Query, description = "An artefact that the caller would like to change")),
    responses(
        (status = 200, description = "The caller", body = SessionResponse),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_session(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Input<Nothing, SessionQuery, Nothing>,
) -> ApiResult<Response> {
    let session = service.get_session(&caller, input.query.artefact_id.map(|id| id.0)).await?;
    Ok(([(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"))], Json(session)).into_response())
}
