//! `/v1/version`, and the API's word at `/`.

use app::api::VersionResponse;
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::ApiResult;
use super::gate::authenticated;
use crate::service::Service;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(authenticated(routes!(get_version))).routes(authenticated(routes!(get_root)))
}

/// Get the version of this build
#[utoipa::path(
    get, path = "/v1/version", operation_id = "get_version_v1_version_get",
    responses((status = 200, description = "The version", body = VersionResponse))
)]
async fn get_version(State(service): State<Service>) -> Json<VersionResponse> {
    Json(VersionResponse { version: service.settings.version.clone() })
}

/// Say what this is, after asking the database
#[utoipa::path(
    get, path = "/", operation_id = "root__get",
    responses((status = 200, description = "What this is", body = String, content_type = "application/json"))
)]
async fn get_root(State(service): State<Service>) -> ApiResult<Json<&'static str>> {
    service.db.check().await?;
    Ok(Json("test observer api"))
}
