//! `/v1/test-executions/reruns`: what somebody should run again.

use app::api::{
    DeleteReruns, FamilyName, Flag, HTTPValidationError, Offset, PendingRerun, Permission, Problems, RerunRequest,
};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodFilter;
use axum::{Extension, Json};
use deserr::Deserr;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::ApiResult;
use super::gate::{not_an_id, permitted, permitted_by_use_case};
use super::input::{Input, JsonBody, Nothing, QueryInput};
use crate::domain::access::Caller;
use crate::service::Service;
use crate::store::rerun_requests::PendingFilter;

const RERUNS: &str = "/v1/test-executions/reruns";
const CHANGE: &[Permission] = &[Permission::ChangeRerun, Permission::ChangeRerunBulk];

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(permitted(&[Permission::ViewRerun], routes!(get_reruns)))
        .routes(permitted_by_use_case(CHANGE, routes!(post_reruns)))
        .routes(permitted_by_use_case(CHANGE, routes!(delete_reruns)))
        // For the methods that the path of one execution has beyond these.
        .route(RERUNS, not_an_id(MethodFilter::PATCH, "id", &[Permission::ChangeTest]))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct RerunsQuery {
    #[deserr(default)]
    family: Option<FamilyName>,
    #[deserr(default)]
    environment: Option<String>,
    #[deserr(default)]
    environment_architecture: Option<String>,
    #[deserr(default)]
    build_architecture: Option<String>,
    #[deserr(default)]
    limit: Option<Offset>,
}

impl QueryInput for RerunsQuery {}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct SilenceQuery {
    #[deserr(default)]
    silent: Flag,
}

impl QueryInput for SilenceQuery {}

/// List the pending reruns
///
/// Most urgent first, then who has waited longest.
#[utoipa::path(
    get, path = "/v1/test-executions/reruns", tag = "test-executions",
    operation_id = "get_rerun_requests_v1_test_executions_reruns_get",
    params(
        ("family" = Option<FamilyName>, Query),
        ("environment" = Option<String>, Query, description = "Name of the environment"),
        ("environment_architecture" = Option<String>, Query),
        ("build_architecture" = Option<String>, Query),
        ("limit" = Option<i64>, Query, minimum = 0),
    ),
    responses(
        (status = 200, description = "Each with the newest execution of its group", body = Vec<PendingRerun>),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_reruns(
    State(service): State<Service>,
    input: Input<Nothing, RerunsQuery, Nothing>,
) -> ApiResult<Json<Vec<PendingRerun>>> {
    let filter = PendingFilter {
        family: input.query.family,
        environment: input.query.environment,
        environment_architecture: input.query.environment_architecture,
        build_architecture: input.query.build_architecture,
        limit: input.query.limit.map(|limit| limit.0),
        executions: None,
    };
    Ok(Json(service.list_pending_reruns(&filter).await?))
}

/// Request reruns
///
/// A rerun is asked for a group: the plan, build and environment of an execution. More than one execution, or a filter,
/// needs `change_rerun_bulk` as well; filters need `silent`.
#[utoipa::path(
    post, path = "/v1/test-executions/reruns", tag = "test-executions",
    operation_id = "create_rerun_requests_v1_test_executions_reruns_post",
    params(("silent" = Option<bool>, Query, description = "Answer nothing: faster for many")),
    request_body = RerunRequest,
    responses(
        (status = 200, description = "What is pending for the executions; null when silent", body = Option<Vec<PendingRerun>>),
        (status = 207, description = "Some of the executions do not exist", body = Vec<PendingRerun>),
        (status = 404, description = "None of the executions exists"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn post_reruns(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Input<Nothing, SilenceQuery, JsonBody<RerunRequest>>,
) -> ApiResult<Response> {
    if input.query.silent.0 {
        service.request_reruns_silently(&caller, input.body.0).await?;
        return Ok(Json(()).into_response());
    }
    let requested = service.request_reruns(&caller, input.body.0).await?;
    let status = if requested.is_partial { StatusCode::MULTI_STATUS } else { StatusCode::OK };
    Ok((status, Json(requested.pending)).into_response())
}

/// Take back requests for reruns
///
/// Of the groups of all executions that are named or chosen; where there is none, nothing happens.
#[utoipa::path(
    delete, path = "/v1/test-executions/reruns", tag = "test-executions",
    operation_id = "delete_rerun_requests_v1_test_executions_reruns_delete",
    request_body = DeleteReruns,
    responses(
        (status = 200, description = "None of them is pending any longer"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn delete_reruns(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Input<Nothing, Nothing, JsonBody<DeleteReruns>>,
) -> ApiResult<Json<()>> {
    Ok(Json(service.delete_reruns(&caller, input.body.0).await?))
}
