//! `GET /v1/test-executions`: searching executions.

use app::api::{Choice, HTTPValidationError, Permission, QueryChoice, TestExecutionSearchResponse};
use axum::Json;
use axum::extract::{RawQuery, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::{ApiError, ApiResult};
use super::gate::permitted;
use super::input::{Input, Nothing};
use super::search_query::{read_metadata, search_query};
use crate::service::Service;
use crate::store::execution_filters::ExecutionFilter;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(permitted(&[Permission::ViewTest], routes!(search_executions)))
}

search_query! {
    /// What chooses executions. Values of one parameter are alternatives; parameters must all hold.
    SearchQuery, lists ["test_result", "event_names"], {
        /// What was found: ids of results, or `any`, or `none`. Without it only executions with results are found.
        #[deserr(default)]
        #[param(value_type = Option<Vec<String>>)]
        test_result: Option<QueryChoice>,
        /// What happened: names of events, or `any`, or `none`.
        #[deserr(default)]
        #[param(required = false)]
        event_names: Vec<String>,
    }
}

/// Search test executions
#[utoipa::path(
    get, path = "/v1/test-executions", tag = "test-executions",
    operation_id = "search_test_executions_v1_test_executions_get",
    params(SearchQuery),
    responses(
        (status = 200, description = "A page, newest first, with what was found", body = TestExecutionSearchResponse),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn search_executions(
    State(service): State<Service>,
    RawQuery(query): RawQuery,
    input: Result<Input<Nothing, SearchQuery, Nothing>, ApiError>,
) -> ApiResult<Json<TestExecutionSearchResponse>> {
    let metadata = read_metadata(query.as_deref().unwrap_or_default())?;
    let mut query = input?.query;
    let filter = ExecutionFilter {
        updated_from: query.from_date.map(|date| date.0),
        updated_until: query.until_date.map(|date| date.0),
        results: Some(query.test_result.take().map_or(Choice::Any, |choice| choice.0)),
        events: read_events(std::mem::take(&mut query.event_names))?,
        ..query.take_executions(metadata)
    };
    Ok(Json(service.search_executions(&filter, query.limit.0, query.offset.0).await?))
}

/// Names of events, or one of the two words that mean all of them or none.
fn read_events(names: Vec<String>) -> ApiResult<Option<Choice<String>>> {
    let is_word = |name: &String| matches!(name.as_str(), "any" | "none");
    match names.last() {
        None => Ok(None),
        Some(_) if !names.iter().any(is_word) => Ok(Some(Choice::These(names))),
        Some(last) if names.iter().all(is_word) => Ok(Some(if last == "any" { Choice::Any } else { Choice::None })),
        Some(_) => {
            let text = "Cannot combine reserved values 'any'/'none' with specific filter values.";
            Err(ApiError::Rule(text.to_owned()))
        }
    }
}
