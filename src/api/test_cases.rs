//! `/v1/test-cases`: the names of test cases with their templates.

use app::api::{FamilyName, HTTPValidationError, Permission, TestCasesResponse};
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::environments::NamesQuery;
use super::errors::ApiResult;
use super::gate::permitted;
use super::input::{Input, Nothing};
use crate::service::Service;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(permitted(&[Permission::ViewTest], routes!(get_test_cases)))
}

/// List test cases
///
/// With `families` only those with a result of an artefact of them.
#[utoipa::path(
    get, path = "/v1/test-cases", tag = "test-cases",
    operation_id = "get_test_cases_v1_test_cases_get",
    params(
        ("q" = Option<String>, Query, description = "What the name contains, in upper or lower case"),
        ("families" = Option<Vec<FamilyName>>, Query),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000),
        ("offset" = Option<i64>, Query, minimum = 0),
    ),
    responses(
        (status = 200, description = "A page of cases by name", body = TestCasesResponse),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_test_cases(
    State(service): State<Service>,
    input: Input<Nothing, NamesQuery, Nothing>,
) -> ApiResult<Json<TestCasesResponse>> {
    let NamesQuery { q, families, limit, offset } = input.query;
    let q = q.as_ref().map(|q| q.0.as_str());
    Ok(Json(service.list_test_cases(q, &families, limit.0, offset.0).await?))
}
