//! `GET /v1/test-results`: searching results.

use app::api::{
    FamilyName, Flag, HTTPValidationError, Instant, Offset, Permission, Problems, QueryChoice, Ranged, ResultCursor,
    ResultTexts, TestExecutionStatus, TestResultSearchResponseWithContext, TestResultStatus,
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
use crate::store::execution_filters::{ExecutionFilter, ResultFilter};
use crate::store::test_result_search::{ResultPage, ResultSearch};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(permitted(&[Permission::ViewTest], routes!(search_results)))
}

/// What chooses results. Values of one parameter are alternatives; parameters must all hold.
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
    /// Names of test cases.
    #[deserr(default)]
    #[param(required = false)]
    test_cases: Vec<String>,
    /// Template ids of test cases.
    #[deserr(default)]
    #[param(required = false)]
    template_ids: Vec<String>,
    /// Facts: `category:value`, each half in base64. Values of one category are alternatives.
    #[deserr(default)]
    #[param(required = false)]
    execution_metadata: Vec<String>,
    /// Issues attached to the result: ids, or `any`, or `none`.
    #[deserr(default)]
    #[param(value_type = Option<Vec<String>>)]
    issues: Option<QueryChoice>,
    /// Statuses of results.
    #[deserr(default)]
    #[param(required = false)]
    test_result_statuses: Vec<TestResultStatus>,
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
    /// Whether the execution is the newest of its plan, build and environment.
    #[deserr(default)]
    #[param(value_type = Option<bool>)]
    execution_is_latest: Option<Flag>,
    /// Not stored before.
    #[deserr(default)]
    #[param(value_type = Option<String>, format = DateTime)]
    from_date: Option<Instant>,
    /// Not stored after.
    #[deserr(default)]
    #[param(value_type = Option<String>, format = DateTime)]
    until_date: Option<Instant>,
    /// Results of a page.
    #[deserr(default = Ranged(50))]
    #[param(value_type = i64, required = false, minimum = 0, maximum = 1000, default = 50)]
    limit: Ranged<0, 1000>,
    /// Results to leave out. It has no meaning where there is a cursor.
    #[deserr(default = Ranged(0))]
    #[param(value_type = i64, required = false, minimum = 0, default = 0)]
    offset: Offset,
    /// Where the page begins: the `next_cursor` of the page before. Unlike an offset it costs the same on every page, and new
    /// results do not move it.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<ResultCursor>,
    /// Names of the result's fields that are needed, with commas between them. Where neither `comment` nor `io_log` is among
    /// them these are `""` in the answer, and are not read; the other fields are always there.
    #[deserr(default)]
    #[param(value_type = Option<Vec<String>>)]
    fields: Option<ResultTexts>,
}

impl QueryInput for SearchQuery {
    const LISTS: &'static [&'static str] = &[
        "families",
        "artefacts",
        "artefact_versions",
        "artefact_stages",
        "artefact_tracks",
        "environments",
        "test_cases",
        "template_ids",
        METADATA,
        "issues",
        "test_result_statuses",
        "test_execution_statuses",
        "reviewer_ids",
        "assignee_ids",
        "fields",
    ];
}

impl SearchQuery {
    /// What is searched for.
    fn into_search(self, metadata: Vec<(String, Vec<String>)>) -> ResultSearch {
        ResultSearch {
            executions: ExecutionFilter {
                families: self.families,
                artefacts: self.artefacts,
                artefact_versions: self.artefact_versions,
                artefact_stages: self.artefact_stages,
                artefact_tracks: self.artefact_tracks,
                artefact_is_archived: self.artefact_is_archived.map(|flag| flag.0),
                environments: self.environments,
                statuses: self.test_execution_statuses,
                metadata,
                reviewers: self.reviewer_ids.or(self.assignee_ids).map(|choice| choice.0),
                rerun_is_requested: self.rerun_is_requested.map(|flag| flag.0),
                is_latest: self.execution_is_latest.map(|flag| flag.0),
                ..ExecutionFilter::default()
            },
            results: ResultFilter {
                test_cases: self.test_cases,
                template_ids: self.template_ids,
                issues: self.issues.map(|choice| choice.0),
                statuses: self.test_result_statuses,
                created_from: self.from_date.map(|date| date.0),
                created_until: self.until_date.map(|date| date.0),
            },
        }
    }
}

/// Search test results
#[utoipa::path(
    get, path = "/v1/test-results", tag = "test-results",
    operation_id = "search_test_results_v1_test_results_get",
    params(SearchQuery),
    responses(
        (status = 200, description = "A page, newest first, with what the results are about",
            body = TestResultSearchResponseWithContext),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn search_results(
    State(service): State<Service>,
    RawQuery(query): RawQuery,
    input: Result<Input<Nothing, SearchQuery, Nothing>, ApiError>,
) -> ApiResult<Json<TestResultSearchResponseWithContext>> {
    let metadata = read_metadata(query.as_deref().unwrap_or_default())?;
    let query = input?.query;
    let page = ResultPage { limit: query.limit.0, offset: query.offset.0, after: query.cursor };
    let texts = query.fields.unwrap_or_default();
    Ok(Json(service.search_results(&query.into_search(metadata), page, texts).await?))
}
