//! `/v1/issues`: the issues there are, one of them, making one known, changing it.

use app::api::{
    FamilyName, Flag, HTTPValidationError, IssuePatchRequest, IssuePutRequest, IssueResponse, IssueSource, IssueStatus,
    IssuesGetResponse, Offset, Permission, Problems, Ranged,
};
use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use deserr::Deserr;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::environments::QueryText;
use super::errors::{ApiError, ApiResult};
use super::gate::{permitted, permitted_by_use_case};
use super::input::{FieldOrder, Id, Input, Nothing, OrderedBody, QueryInput};
use crate::domain::access::Caller;
use crate::domain::text_search::contains_pattern;
use crate::service::Service;
use crate::store::issues::IssueFilter;

const VIEW: &[Permission] = &[Permission::ViewIssue];
const CHANGE: &[Permission] = &[Permission::ChangeIssue];
/// The second one where the query speaks of reruns.
const CHANGE_ONE: &[Permission] = &[Permission::ChangeIssue, Permission::ChangeAutoRerun];

const AUTO_RERUN: &str = "auto_rerun_enabled";

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(permitted(VIEW, routes!(get_issues)))
        .routes(permitted(CHANGE, routes!(put_issue)))
        .routes(permitted(VIEW, routes!(get_issue)))
        .routes(permitted_by_use_case(CHANGE_ONE, routes!(patch_issue)))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
pub(super) struct IssuePath {
    pub(super) issue_id: Id,
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct IssuesQuery {
    #[deserr(default)]
    source: Option<IssueSource>,
    #[deserr(default)]
    project: Option<String>,
    #[deserr(default)]
    status: Vec<IssueStatus>,
    #[deserr(default)]
    sources: Vec<IssueSource>,
    #[deserr(default)]
    projects: Vec<String>,
    #[deserr(default)]
    with_projects: Flag,
    #[deserr(default)]
    families: Vec<FamilyName>,
    #[deserr(default = Ranged(50))]
    limit: Ranged<1, 1000>,
    #[deserr(default = Ranged(0))]
    offset: Offset,
    #[deserr(default)]
    q: Option<QueryText>,
}

impl QueryInput for IssuesQuery {
    const LISTS: &'static [&'static str] = &["status", "sources", "projects", "families"];
}

/// What a change may say in the query as well: it is checked, and has no effect.
#[derive(Deserr)]
#[deserr(error = Problems)]
#[expect(dead_code, reason = "what the query says is checked, and has no effect")]
struct PatchQuery {
    #[deserr(default)]
    title: Option<String>,
    #[deserr(default)]
    status: Option<IssueStatus>,
    #[deserr(default)]
    auto_rerun_enabled: Option<Flag>,
}

impl QueryInput for PatchQuery {}

impl FieldOrder for IssuePutRequest {
    const FIELDS: &'static [&'static str] = &["title", "status", AUTO_RERUN, "url"];
}

impl FieldOrder for IssuePatchRequest {
    const FIELDS: &'static [&'static str] = &["title", "status", AUTO_RERUN];
}

/// List the issues
///
/// `q` finds issues that show each of its words: in their id, source, project, key, title, status or address.
#[utoipa::path(
    get, path = "/v1/issues", tag = "issues",
    operation_id = "get_issues_v1_issues_get",
    params(
        ("source" = Option<IssueSource>, Query),
        ("project" = Option<String>, Query, description = "Exactly this project"),
        ("status" = Option<Vec<IssueStatus>>, Query),
        ("sources" = Option<Vec<IssueSource>>, Query, description = "Any of these trackers"),
        ("projects" = Option<Vec<String>>, Query, description = "Exactly any of these projects"),
        ("with_projects" = Option<bool>, Query, description = "Also say which projects there are"),
        ("families" = Option<Vec<FamilyName>>, Query, description = "Only what is attached to results of these"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000),
        ("offset" = Option<i64>, Query, minimum = 0),
        ("q" = Option<String>, Query, description = "Words, in upper or lower case"),
    ),
    responses(
        (status = 200, description = "By tracker, project and key, and their count", body = IssuesGetResponse),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_issues(
    State(service): State<Service>,
    input: Input<Nothing, IssuesQuery, Nothing>,
) -> ApiResult<Json<IssuesGetResponse>> {
    let query = input.query;
    let words = query.q.unwrap_or_else(|| QueryText(String::new())).0;
    let project = query.project.filter(|project| !project.is_empty());
    let filter = IssueFilter {
        source: query.source,
        project,
        sources: query.sources,
        projects: query.projects,
        statuses: query.status,
        families: query.families,
        patterns: words.split_whitespace().filter_map(contains_pattern).collect(),
    };
    let page = service.list_issues(&filter, query.limit.0, query.offset.0).await?;
    if query.with_projects.0 {
        let projects = Some(service.list_issue_projects().await?);
        return Ok(Json(IssuesGetResponse { projects, ..page }));
    }
    Ok(Json(page))
}

/// Make an issue known, or change what is known of it
///
/// The address says which issue it is. What is absent or null stays as it is. No tracker is asked.
#[utoipa::path(
    put, path = "/v1/issues", tag = "issues",
    operation_id = "create_or_update_issue_v1_issues_put",
    request_body = IssuePutRequest,
    responses(
        (status = 200, description = "The issue, new or not", body = IssueResponse),
        (status = 422, description = "Malformed input, or not the address of an issue", body = HTTPValidationError),
    )
)]
async fn put_issue(
    State(service): State<Service>,
    input: Input<Nothing, Nothing, OrderedBody<IssuePutRequest>>,
) -> ApiResult<Json<IssueResponse>> {
    Ok(Json(service.put_issue(input.body.0).await?))
}

/// Get an issue
#[utoipa::path(
    get, path = "/v1/issues/{issue_id}", tag = "issues",
    operation_id = "get_issue_v1_issues__issue_id__get",
    params(("issue_id" = i64, Path)),
    responses(
        (status = 200, description = "The issue with its rules", body = IssueResponse),
        (status = 404, description = "There is no such issue"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_issue(
    State(service): State<Service>,
    input: Input<IssuePath, Nothing, Nothing>,
) -> ApiResult<Json<IssueResponse>> {
    Ok(Json(service.get_issue(input.path.issue_id.0).await?))
}

/// Change what is known of an issue
///
/// What is absent or null stays as it is. The parameters of the query are checked and have no effect, but
/// `auto_rerun_enabled` there takes the permission `change_auto_rerun`.
#[utoipa::path(
    patch, path = "/v1/issues/{issue_id}", tag = "issues",
    operation_id = "patch_issue_v1_issues__issue_id__patch",
    params(
        ("issue_id" = i64, Path),
        ("title" = Option<String>, Query, description = "Has no effect"),
        ("status" = Option<IssueStatus>, Query, description = "Has no effect"),
        ("auto_rerun_enabled" = Option<bool>, Query, description = "Has no effect but to need a permission"),
    ),
    request_body = IssuePatchRequest,
    responses(
        (status = 200, description = "The issue after the change", body = IssueResponse),
        (status = 404, description = "There is no such issue"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn patch_issue(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
    input: Result<Input<IssuePath, PatchQuery, OrderedBody<IssuePatchRequest>>, ApiError>,
) -> ApiResult<Json<IssueResponse>> {
    let query = query.unwrap_or_default();
    let speaks_of_reruns = url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == AUTO_RERUN);
    // Who may not change it hears that before what is wrong with the change.
    service.check_may_change_issue(&caller, speaks_of_reruns)?;
    let input = input?;
    Ok(Json(service.update_issue(input.path.issue_id.0, &input.body.0).await?))
}
