//! `/v1/execution-metadata`: every category with every value.

use app::api::{ExecutionMetadataGetResponse, Permission};
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::ApiResult;
use super::gate::permitted;
use crate::service::Service;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(permitted(&[Permission::ViewTest], routes!(get_execution_metadata)))
}

/// List the execution metadata there is
///
/// Every value that any execution was ever given, whether or not one still has it.
#[utoipa::path(
    get, path = "/v1/execution-metadata", tag = "execution-metadata",
    operation_id = "get_execution_metadata_v1_execution_metadata_get",
    responses(
        (status = 200, description = "Values in the order they became known", body = ExecutionMetadataGetResponse),
    )
)]
async fn get_execution_metadata(State(service): State<Service>) -> ApiResult<Json<ExecutionMetadataGetResponse>> {
    Ok(Json(service.list_execution_metadata().await?))
}
