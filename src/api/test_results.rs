//! `/v1/test-executions/{id}/test-results`: report and read.

use app::api::{HTTPValidationError, Permission, Problems, ResultTexts, TestResultRequest, TestResultResponse};
use axum::Json;
use axum::extract::State;
use deserr::Deserr;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::ApiResult;
use super::gate::permitted;
use super::input::{Id, Input, JsonBody, Nothing, QueryInput};
use super::test_executions::ExecutionPath;
use crate::service::Service;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(permitted(&[Permission::ViewTest], routes!(get_results)))
        .routes(permitted(&[Permission::ChangeTest], routes!(post_results)))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct ResultsQuery {
    #[deserr(default)]
    fields: Option<ResultTexts>,
    #[deserr(default)]
    test_result_id: Option<Id>,
}

impl QueryInput for ResultsQuery {
    const LISTS: &'static [&'static str] = &["fields"];
}

/// Get the results of a test execution
///
/// `test_result_id` leaves one of them. `fields` names the fields that are needed, with commas between them: where it is given, those of
/// `comment`, `io_log` and `previous_results` that are not among them are empty in the answer, and are not read. The other
/// fields are always there.
#[utoipa::path(
    get, path = "/v1/test-executions/{id}/test-results", tag = "test-executions",
    operation_id = "get_test_results_v1_test_executions__id__test_results_get",
    params(
        ("id" = i64, Path),
        ("fields" = Option<Vec<String>>, Query),
        ("test_result_id" = Option<i64>, Query),
    ),
    responses(
        (status = 200, description = "The results in the order of upload", body = Vec<TestResultResponse>),
        (status = 404, description = "There is no such execution"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_results(
    State(service): State<Service>,
    input: Input<ExecutionPath, ResultsQuery, Nothing>,
) -> ApiResult<Json<Vec<TestResultResponse>>> {
    let ResultsQuery { fields, test_result_id } = input.query;
    let only = test_result_id.map(|id| id.0);
    Ok(Json(service.list_results(input.path.id.0, only, fields.unwrap_or_default()).await?))
}

/// Report results of a test execution
///
/// May be called as often as there are batches. A result of a test the execution already has replaces the older one.
#[utoipa::path(
    post, path = "/v1/test-executions/{id}/test-results", tag = "test-executions",
    operation_id = "post_results_v1_test_executions__id__test_results_post",
    params(("id" = i64, Path)),
    request_body = Vec<TestResultRequest>,
    responses(
        (status = 200, description = "Stored"),
        (status = 404, description = "There is no such execution"),
        (status = 413, description = "The batch is too large; send it in several parts"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn post_results(
    State(service): State<Service>,
    input: Input<ExecutionPath, Nothing, JsonBody<Vec<TestResultRequest>>>,
) -> ApiResult<Json<()>> {
    service.add_results(input.path.id.0, &input.body.0).await?;
    Ok(Json(()))
}
