//! `GET /v1/test-executions`: searching executions.

use app::api::{
    Choice, FamilyName, Flag, HTTPValidationError, Instant, Offset, Permission, Problems, QueryChoice, Ranged,
    TestExecutionSearchResponse, TestExecutionStatus,
};
use axum::Json;
use axum::extract::{RawQuery, State};
use deserr::Deserr;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::{ApiError, ApiResult};
use super::gate::permitted;
use super::input::{Input, Nothing, QueryInput};
use super::metadata_query::{METADATA, read_metadata};
use crate::service::Service;
use crate::store::execution_filters::ExecutionFilter;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(permitted(&[Permission::ViewTest], routes!(search_executions)))
}

/// What chooses executions. Values of one parameter are alternatives; parameters must all hold.
#[derive(Deserr, IntoParams)]
#[into_params(parameter_in = Query)]
#[deserr(error = Problems)]
#[expect(dead_code, reason = "execution_metadata is read apart: what is wrong with it goes before everything else")]
struct SearchQuery {
    /// Families of artefacts.
    #[deserr(default)]
    #[param(required = false)]
    families: Vec<FamilyName>,
    /// Names of artefacts.
    #[deserr(default)]
    #[param(required = false)]
    artefacts: Vec<String>,
    /// Versions of artefacts.
    #[deserr(default)]
    #[param(required = false)]
    artefact_versions: Vec<String>,
    /// Stages of artefacts.
    #[deserr(default)]
    #[param(required = false)]
    artefact_stages: Vec<String>,
    /// Tracks of artefacts.
    #[deserr(default)]
    #[param(required = false)]
    artefact_tracks: Vec<String>,
    /// Whether the artefact is out of sight.
    #[deserr(default)]
    #[param(value_type = Option<bool>)]
    artefact_is_archived: Option<Flag>,
    /// Names of environments.
    #[deserr(default)]
    #[param(required = false)]
    environments: Vec<String>,
    /// Facts: `category:value`, each half in base64. Values of one category are alternatives.
    #[deserr(default)]
    #[param(required = false)]
    execution_metadata: Vec<String>,
    /// Statuses of executions.
    #[deserr(default)]
    #[param(required = false)]
    test_execution_statuses: Vec<TestExecutionStatus>,
    /// Who reviews the artefact: ids, or `any`, or `none`.
    #[deserr(default)]
    #[param(value_type = Option<Vec<String>>)]
    reviewer_ids: Option<QueryChoice>,
    /// The same under an older name.
    #[deserr(default)]
    #[param(value_type = Option<Vec<String>>)]
    assignee_ids: Option<QueryChoice>,
    /// Whether a rerun is requested.
    #[deserr(default)]
    #[param(value_type = Option<bool>)]
    rerun_is_requested: Option<Flag>,
    /// Whether it is the newest of its plan, build and environment.
    #[deserr(default)]
    #[param(value_type = Option<bool>)]
    execution_is_latest: Option<Flag>,
    /// What was found: ids of results, or `any`, or `none`. Without it only executions with results are found.
    #[deserr(default)]
    #[param(value_type = Option<Vec<String>>)]
    test_result: Option<QueryChoice>,
    /// What happened: names of events, or `any`, or `none`.
    #[deserr(default)]
    #[param(required = false)]
    event_names: Vec<String>,
    /// Not changed before.
    #[deserr(default)]
    #[param(value_type = Option<String>, format = DateTime)]
    from_date: Option<Instant>,
    /// Not changed after.
    #[deserr(default)]
    #[param(value_type = Option<String>, format = DateTime)]
    until_date: Option<Instant>,
    /// Executions of a page.
    #[deserr(default = Ranged(50))]
    #[param(value_type = i64, required = false, minimum = 0, maximum = 1000, default = 50)]
    limit: Ranged<0, 1000>,
    /// Executions to leave out.
    #[deserr(default = Ranged(0))]
    #[param(value_type = i64, required = false, minimum = 0, default = 0)]
    offset: Offset,
}

impl QueryInput for SearchQuery {
    const LISTS: &'static [&'static str] = &[
        "families",
        "artefacts",
        "artefact_versions",
        "artefact_stages",
        "artefact_tracks",
        "environments",
        METADATA,
        "test_execution_statuses",
        "reviewer_ids",
        "assignee_ids",
        "test_result",
        "event_names",
    ];
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
    let query = input?.query;
    let filter = ExecutionFilter {
        families: query.families,
        artefacts: query.artefacts,
        artefact_versions: query.artefact_versions,
        artefact_stages: query.artefact_stages,
        artefact_tracks: query.artefact_tracks,
        artefact_is_archived: query.artefact_is_archived.map(|flag| flag.0),
        environments: query.environments,
        statuses: query.test_execution_statuses,
        metadata,
        reviewers: query.reviewer_ids.or(query.assignee_ids).map(|choice| choice.0),
        rerun_is_requested: query.rerun_is_requested.map(|flag| flag.0),
        is_latest: query.execution_is_latest.map(|flag| flag.0),
        updated_from: query.from_date.map(|date| date.0),
        updated_until: query.until_date.map(|date| date.0),
        results: Some(query.test_result.map_or(Choice::Any, |choice| choice.0)),
        events: read_events(query.event_names)?,
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
