//! `/v1/test-executions`: start, look, change, link.

use app::api::{
    EndTestExecutionRequest, HTTPValidationError, Permission, Problems, StartTestExecutionRequest,
    TestExecutionRelevantLinkCreate, TestExecutionRelevantLinkResponse, TestExecutionResponse,
    TestExecutionsPatchRequest,
};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::MethodFilter;
use deserr::Deserr;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::ApiResult;
use super::gate::{not_an_id, permitted};
use super::input::{Id, Input, JsonBody, Nothing};
use crate::service::Service;

const VIEW: &[Permission] = &[Permission::ViewTest];
pub(super) const START_TEST: &str = "/v1/test-executions/start-test";
const END_TEST: &str = "/v1/test-executions/end-test";
const CHANGE: &[Permission] = &[Permission::ChangeTest];

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(permitted(CHANGE, routes!(start_test)))
        .routes(permitted(CHANGE, routes!(end_test)))
        .routes(permitted(VIEW, routes!(get_execution)))
        .routes(permitted(CHANGE, routes!(patch_execution)))
        .routes(permitted(CHANGE, routes!(post_link)))
        .routes(permitted(CHANGE, routes!(delete_link)))
        // The paths of start and end are paths with an id too, for the methods that has.
        .route(START_TEST, not_an_id(MethodFilter::GET, "id", VIEW))
        .route(START_TEST, not_an_id(MethodFilter::PATCH, "id", CHANGE))
        .route(END_TEST, not_an_id(MethodFilter::GET, "id", VIEW))
        .route(END_TEST, not_an_id(MethodFilter::PATCH, "id", CHANGE))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
pub(super) struct ExecutionPath {
    pub(super) id: Id,
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct LinkPath {
    id: Id,
    link_id: Id,
}

/// The execution a run reports to.
#[derive(Serialize)]
struct StartedTestExecution {
    id: i64,
}

/// Start a test execution
///
/// Registers the artefact, build, environment and plan of a run where they are new, and the run itself. The same
/// `ci_link` again answers with the same execution.
#[utoipa::path(
    put, path = "/v1/test-executions/start-test", tag = "test-executions",
    operation_id = "start_test_execution_v1_test_executions_start_test_put",
    request_body = inline(StartTestExecutionRequest),
    responses(
        (status = 200, description = "An object with the `id` of the execution to report to"),
        (status = 422, description = "Malformed input, or an image that cannot be told", body = HTTPValidationError),
    )
)]
async fn start_test(
    State(service): State<Service>,
    input: Input<Nothing, Nothing, JsonBody<StartTestExecutionRequest>>,
) -> ApiResult<Json<StartedTestExecution>> {
    let id = service.start_test(input.body.0).await?;
    Ok(Json(StartedTestExecution { id }))
}

/// End a test execution
///
/// Replaces all its results by these, and closes it.
#[utoipa::path(
    put, path = "/v1/test-executions/end-test", tag = "test-executions",
    operation_id = "end_test_execution_v1_test_executions_end_test_put",
    request_body = EndTestExecutionRequest,
    responses(
        (status = 200, description = "Stored"),
        (status = 404, description = "No execution has the CI link"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn end_test(
    State(service): State<Service>,
    input: Input<Nothing, Nothing, JsonBody<EndTestExecutionRequest>>,
) -> ApiResult<Json<()>> {
    Ok(Json(service.end_test(input.body.0).await?))
}

/// Get a test execution
#[utoipa::path(
    get, path = "/v1/test-executions/{id}", tag = "test-executions",
    operation_id = "get_test_execution_v1_test_executions__id__get",
    params(("id" = i64, Path)),
    responses(
        (status = 200, description = "The execution", body = TestExecutionResponse),
        (status = 404, description = "There is no such execution"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_execution(
    State(service): State<Service>,
    input: Input<ExecutionPath, Nothing, Nothing>,
) -> ApiResult<Json<TestExecutionResponse>> {
    Ok(Json(service.get_execution(input.path.id.0).await?))
}

/// Change a test execution
///
/// `COMPLETED` has the status worked out from the results stored so far. Metadata is added, never removed.
#[utoipa::path(
    patch, path = "/v1/test-executions/{id}", tag = "test-executions",
    operation_id = "patch_test_execution_v1_test_executions__id__patch",
    params(("id" = i64, Path)),
    request_body = TestExecutionsPatchRequest,
    responses(
        (status = 200, description = "The execution after the change", body = TestExecutionResponse),
        (status = 404, description = "There is no such execution"),
        (status = 409, description = "Another execution has the CI link"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn patch_execution(
    State(service): State<Service>,
    input: Input<ExecutionPath, Nothing, JsonBody<TestExecutionsPatchRequest>>,
) -> ApiResult<Json<TestExecutionResponse>> {
    Ok(Json(service.update_execution(input.path.id.0, input.body.0).await?))
}

/// Add a link to a test execution
#[utoipa::path(
    post, path = "/v1/test-executions/{id}/links", tag = "test-executions",
    operation_id = "post_link_v1_test_executions__id__links_post",
    params(("id" = i64, Path)),
    request_body = TestExecutionRelevantLinkCreate,
    responses(
        (status = 200, description = "The stored link", body = TestExecutionRelevantLinkResponse),
        (status = 404, description = "There is no such execution"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn post_link(
    State(service): State<Service>,
    input: Input<ExecutionPath, Nothing, JsonBody<TestExecutionRelevantLinkCreate>>,
) -> ApiResult<Json<TestExecutionRelevantLinkResponse>> {
    Ok(Json(service.add_link(input.path.id.0, input.body.0).await?))
}

/// Remove a link from a test execution
#[utoipa::path(
    delete, path = "/v1/test-executions/{id}/links/{link_id}", tag = "test-executions",
    operation_id = "delete_link_v1_test_executions__id__links__link_id__delete",
    params(("id" = i64, Path), ("link_id" = i64, Path)),
    responses(
        (status = 204, description = "The link is gone"),
        (status = 404, description = "There is no such execution, or it has no such link"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn delete_link(
    State(service): State<Service>,
    input: Input<LinkPath, Nothing, Nothing>,
) -> ApiResult<StatusCode> {
    service.delete_link(input.path.id.0, input.path.link_id.0).await?;
    Ok(StatusCode::NO_CONTENT)
}
