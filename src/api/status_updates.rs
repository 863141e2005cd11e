//! `/v1/test-executions/{id}/status_update`: what the machine that runs an execution says about its progress.

use app::api::{HTTPValidationError, Permission, StatusUpdateRequest, TestEventResponse};
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::ApiResult;
use super::gate::permitted;
use super::input::{Input, JsonBody, Nothing};
use super::test_executions::ExecutionPath;
use crate::service::Service;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(permitted(&[Permission::ViewTest], routes!(get_status_update)))
        .routes(permitted(&[Permission::ChangeTest], routes!(put_status_update)))
        .routes(permitted(&[Permission::ChangeTest], routes!(post_status_update)))
}

/// List the events of a test execution
#[utoipa::path(
    get, path = "/v1/test-executions/{id}/status_update", tag = "test-executions",
    operation_id = "get_status_update_v1_test_executions__id__status_update_get",
    params(("id" = i64, Path)),
    responses(
        (status = 200, description = "The events as they happened", body = Vec<TestEventResponse>),
        (status = 404, description = "There is no such execution"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_status_update(
    State(service): State<Service>,
    input: Input<ExecutionPath, Nothing, Nothing>,
) -> ApiResult<Json<Vec<TestEventResponse>>> {
    Ok(Json(service.list_events(input.path.id.0).await?))
}

/// Replace the events of a test execution
///
/// A last event `job_end` ends an execution that has neither passed nor failed. The detail of a first event `job_start` is
/// kept as the address of the machine that runs it.
#[utoipa::path(
    put, path = "/v1/test-executions/{id}/status_update", tag = "test-executions",
    operation_id = "put_status_update_v1_test_executions__id__status_update_put",
    params(("id" = i64, Path)),
    request_body = StatusUpdateRequest,
    responses(
        (status = 200, description = "Stored"),
        (status = 404, description = "There is no such execution"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn put_status_update(
    State(service): State<Service>,
    input: Input<ExecutionPath, Nothing, JsonBody<StatusUpdateRequest>>,
) -> ApiResult<Json<()>> {
    Ok(Json(service.replace_events(input.path.id.0, input.body.0).await?))
}

/// Add events to a test execution
///
/// They mean nothing for its status.
#[utoipa::path(
    post, path = "/v1/test-executions/{id}/status_update", tag = "test-executions",
    operation_id = "post_status_update_v1_test_executions__id__status_update_post",
    params(("id" = i64, Path)),
    request_body = StatusUpdateRequest,
    responses(
        (status = 200, description = "Stored"),
        (status = 404, description = "There is no such execution"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn post_status_update(
    State(service): State<Service>,
    input: Input<ExecutionPath, Nothing, JsonBody<StatusUpdateRequest>>,
) -> ApiResult<Json<()>> {
    Ok(Json(service.append_events(input.path.id.0, input.body.0).await?))
}
