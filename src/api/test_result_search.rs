//! `GET /v1/test-results`: searching results.

use app::api::{
    Cursor, HTTPValidationError, Permission, Problem, Problems, QueryChoice, ResultTexts,
    TestResultSearchResponseWithContext, TestResultStatus,
};
use axum::Json;
use axum::extract::{RawQuery, State};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::{ApiError, ApiResult};
use super::gate::permitted;
use super::input::{Input, Nothing};
use super::search_query::{read_metadata, search_query};
use crate::domain::words::WordQuery;
use crate::service::Service;
use crate::store::execution_filters::{ResultFilter, WordFilter};
use crate::store::test_result_search::{ResultPage, ResultSearch};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(permitted(&[Permission::ViewTest], routes!(search_results)))
}

search_query! {
    /// What chooses results. Values of one parameter are alternatives; parameters must all hold.
    SearchQuery, lists ["test_cases", "template_ids", "issues", "test_result_statuses", "fields"], {
        /// Names of test cases.
        #[deserr(default)]
        #[param(required = false)]
        test_cases: Vec<String>,
        /// Template ids of test cases.
        #[deserr(default)]
        #[param(required = false)]
        template_ids: Vec<String>,
        /// Issues attached to the result: ids, or `any`, or `none`.
        #[deserr(default)]
        #[param(value_type = Option<Vec<String>>)]
        issues: Option<QueryChoice>,
        /// Statuses of results.
        #[deserr(default)]
        #[param(required = false)]
        test_result_statuses: Vec<TestResultStatus>,
        /// Where the page begins: the `next_cursor` of the page before; `offset` has no meaning then. It costs the same on
        /// every page, and new results do not move it.
        #[deserr(default)]
        #[param(value_type = Option<String>)]
        cursor: Option<Cursor>,
        /// Names of the result's fields that are needed, with commas between them. Where neither `comment` nor `io_log` is
        /// among them these are `""` in the answer, and are not read; the other fields are always there.
        #[deserr(default)]
        #[param(value_type = Option<Vec<String>>)]
        fields: Option<ResultTexts>,
        /// Words, all of which the result must have: in the name of its test, and where it failed or was skipped in its comment
        /// and its log, too. Upper and lower case do not matter; `*` behind a word lets it go on. Each result then says where
        /// the words are (`snippet`).
        #[deserr(default)]
        #[param(value_type = Option<String>)]
        q: Option<String>,
    }
}

impl SearchQuery {
    /// What is searched for.
    fn into_search(mut self, metadata: Vec<(String, Vec<String>)>) -> ApiResult<ResultSearch> {
        let words = WordQuery::parse(self.q.as_deref().unwrap_or_default()).map_err(|error| {
            let problem = Problem::value_error(error.to_string());
            ApiError::Invalid(Problems(vec![problem.at(vec!["query".into(), "q".into()], Some(json!(self.q)))]))
        })?;
        Ok(ResultSearch {
            executions: self.take_executions(metadata),
            results: ResultFilter {
                test_cases: self.test_cases,
                template_ids: self.template_ids,
                issues: self.issues.map(|choice| choice.0),
                statuses: self.test_result_statuses,
                created_from: self.from_date.map(|date| date.0),
                created_until: self.until_date.map(|date| date.0),
                words: words.map(WordFilter::from),
            },
        })
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
    Ok(Json(service.search_results(&query.into_search(metadata)?, page, texts).await?))
}
