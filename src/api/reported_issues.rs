//! `/v1/test-cases/reported-issues` and `/v1/environments/reported-issues`: what people know about what misbehaves.

use app::api::{
    EnvironmentReportedIssueRequest, EnvironmentReportedIssueResponse, Flag, HTTPValidationError, Permission, Problems,
    TestReportedIssueRequest, TestReportedIssueResponse,
};
use axum::Json;
use axum::extract::State;
use deserr::Deserr;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::environments::QueryText;
use super::errors::ApiResult;
use super::gate::permitted;
use super::input::{FieldOrder, Id, Input, Nothing, OrderedBody, QueryInput};
use crate::service::Service;

const VIEW_CASES: &[Permission] = &[Permission::ViewTestCaseReportedIssue];
const CHANGE_CASES: &[Permission] = &[Permission::ChangeTestCaseReportedIssue];
const VIEW_ENVIRONMENTS: &[Permission] = &[Permission::ViewEnvironmentReportedIssue];
const CHANGE_ENVIRONMENTS: &[Permission] = &[Permission::ChangeEnvironmentReportedIssue];

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(permitted(VIEW_CASES, routes!(get_test_case_issues)))
        .routes(permitted(CHANGE_CASES, routes!(post_test_case_issue)))
        .routes(permitted(CHANGE_CASES, routes!(put_test_case_issue)))
        .routes(permitted(CHANGE_CASES, routes!(delete_test_case_issue)))
        .routes(permitted(VIEW_ENVIRONMENTS, routes!(get_environment_issues)))
        .routes(permitted(CHANGE_ENVIRONMENTS, routes!(post_environment_issue)))
        .routes(permitted(CHANGE_ENVIRONMENTS, routes!(put_environment_issue)))
        .routes(permitted(CHANGE_ENVIRONMENTS, routes!(delete_environment_issue)))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct ReportedIssuePath {
    issue_id: Id,
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct TestCaseIssuesQuery {
    #[deserr(default)]
    template_id: Option<QueryText>,
    #[deserr(default)]
    case_name: Option<QueryText>,
}

impl QueryInput for TestCaseIssuesQuery {
    const PARAMETERS: Option<&'static [&'static str]> = Some(&["template_id", "case_name"]);
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct EnvironmentIssuesQuery {
    #[deserr(default)]
    is_confirmed: Option<Flag>,
    #[deserr(default)]
    artefact_id: Option<Id>,
}

impl QueryInput for EnvironmentIssuesQuery {
    const PARAMETERS: Option<&'static [&'static str]> = Some(&["is_confirmed", "artefact_id"]);
}

impl FieldOrder for TestReportedIssueRequest {
    const FIELDS: &'static [&'static str] = &["template_id", "case_name", "description", "url"];
}

impl FieldOrder for EnvironmentReportedIssueRequest {
    const FIELDS: &'static [&'static str] = &["environment_name", "description", "url", "is_confirmed"];
}

/// List what was reported of test cases
///
/// A filter that is empty filters nothing.
#[utoipa::path(
    get, path = "/v1/test-cases/reported-issues", tag = "test-cases",
    operation_id = "get_reported_issues_v1_test_cases_reported_issues_get",
    params(("template_id" = Option<String>, Query), ("case_name" = Option<String>, Query)),
    responses(
        (status = 200, description = "In the order of the reports", body = Vec<TestReportedIssueResponse>),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_test_case_issues(
    State(service): State<Service>,
    input: Input<Nothing, TestCaseIssuesQuery, Nothing>,
) -> ApiResult<Json<Vec<TestReportedIssueResponse>>> {
    let TestCaseIssuesQuery { template_id, case_name } = input.query;
    let template_id = template_id.as_ref().map(|text| text.0.as_str());
    let case_name = case_name.as_ref().map(|text| text.0.as_str());
    Ok(Json(service.list_test_case_issues(template_id, case_name).await?))
}

/// Report an issue of a test case
#[utoipa::path(
    post, path = "/v1/test-cases/reported-issues", tag = "test-cases",
    operation_id = "create_reported_issue_v1_test_cases_reported_issues_post",
    request_body = TestReportedIssueRequest,
    responses(
        (status = 200, description = "The stored report", body = TestReportedIssueResponse),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn post_test_case_issue(
    State(service): State<Service>,
    input: Input<Nothing, Nothing, OrderedBody<TestReportedIssueRequest>>,
) -> ApiResult<Json<TestReportedIssueResponse>> {
    Ok(Json(service.add_test_case_issue(&input.body.0).await?))
}

/// Replace a reported issue of a test case
///
/// Everything it says: what is left out is empty.
#[utoipa::path(
    put, path = "/v1/test-cases/reported-issues/{issue_id}", tag = "test-cases",
    operation_id = "update_reported_issue_v1_test_cases_reported_issues__issue_id__put",
    params(("issue_id" = i64, Path)),
    request_body = TestReportedIssueRequest,
    responses(
        (status = 200, description = "The report after the change", body = TestReportedIssueResponse),
        (status = 404, description = "There is no such report"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn put_test_case_issue(
    State(service): State<Service>,
    input: Input<ReportedIssuePath, Nothing, OrderedBody<TestReportedIssueRequest>>,
) -> ApiResult<Json<TestReportedIssueResponse>> {
    Ok(Json(service.replace_test_case_issue(input.path.issue_id.0, &input.body.0).await?))
}

/// Remove a reported issue of a test case
#[utoipa::path(
    delete, path = "/v1/test-cases/reported-issues/{issue_id}", tag = "test-cases",
    operation_id = "delete_reported_issue_v1_test_cases_reported_issues__issue_id__delete",
    params(("issue_id" = i64, Path)),
    responses(
        (status = 200, description = "The report is gone"),
        (status = 404, description = "There is no such report"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn delete_test_case_issue(
    State(service): State<Service>,
    input: Input<ReportedIssuePath, Nothing, Nothing>,
) -> ApiResult<Json<()>> {
    service.delete_test_case_issue(input.path.issue_id.0).await?;
    Ok(Json(()))
}

/// List what was reported of environments
///
/// With `artefact_id`, of those environments that the artefact is tested in.
#[utoipa::path(
    get, path = "/v1/environments/reported-issues", tag = "environments",
    operation_id = "get_reported_issues_v1_environments_reported_issues_get",
    params(("is_confirmed" = Option<bool>, Query), ("artefact_id" = Option<i64>, Query)),
    responses(
        (status = 200, description = "In the order of the reports", body = Vec<EnvironmentReportedIssueResponse>),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_environment_issues(
    State(service): State<Service>,
    input: Input<Nothing, EnvironmentIssuesQuery, Nothing>,
) -> ApiResult<Json<Vec<EnvironmentReportedIssueResponse>>> {
    let EnvironmentIssuesQuery { is_confirmed, artefact_id } = input.query;
    let (is_confirmed, artefact_id) = (is_confirmed.map(|flag| flag.0), artefact_id.map(|id| id.0));
    Ok(Json(service.list_environment_issues(is_confirmed, artefact_id).await?))
}

/// Report an issue of an environment
#[utoipa::path(
    post, path = "/v1/environments/reported-issues", tag = "environments",
    operation_id = "create_reported_issue_v1_environments_reported_issues_post",
    request_body = EnvironmentReportedIssueRequest,
    responses(
        (status = 200, description = "The stored report", body = EnvironmentReportedIssueResponse),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn post_environment_issue(
    State(service): State<Service>,
    input: Input<Nothing, Nothing, OrderedBody<EnvironmentReportedIssueRequest>>,
) -> ApiResult<Json<EnvironmentReportedIssueResponse>> {
    Ok(Json(service.add_environment_issue(&input.body.0).await?))
}

/// Replace a reported issue of an environment
///
/// Everything it says: what is left out is empty.
#[utoipa::path(
    put, path = "/v1/environments/reported-issues/{issue_id}", tag = "environments",
    operation_id = "update_reported_issue_v1_environments_reported_issues__issue_id__put",
    params(("issue_id" = i64, Path)),
    request_body = EnvironmentReportedIssueRequest,
    responses(
        (status = 200, description = "The report after the change", body = EnvironmentReportedIssueResponse),
        (status = 404, description = "There is no such report"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn put_environment_issue(
    State(service): State<Service>,
    input: Input<ReportedIssuePath, Nothing, OrderedBody<EnvironmentReportedIssueRequest>>,
) -> ApiResult<Json<EnvironmentReportedIssueResponse>> {
    Ok(Json(service.replace_environment_issue(input.path.issue_id.0, &input.body.0).await?))
}

/// Remove a reported issue of an environment
#[utoipa::path(
    delete, path = "/v1/environments/reported-issues/{issue_id}", tag = "environments",
    operation_id = "delete_reported_issue_v1_environments_reported_issues__issue_id__delete",
    params(("issue_id" = i64, Path)),
    responses(
        (status = 200, description = "The report is gone"),
        (status = 404, description = "There is no such report"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn delete_environment_issue(
    State(service): State<Service>,
    input: Input<ReportedIssuePath, Nothing, Nothing>,
) -> ApiResult<Json<()>> {
    service.delete_environment_issue(input.path.issue_id.0).await?;
    Ok(Json(()))
}
