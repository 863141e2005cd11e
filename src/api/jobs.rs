//! `GET /v1/jobs`: what the server does by itself, and how that went.

use app::api::{JobsResponse, Permission};
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::ApiResult;
use super::gate::permitted;
use crate::service::Service;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(permitted(&[Permission::ViewJobs], routes!(get_jobs)))
}

/// Look at the jobs
///
/// What the server does by itself from time to time: when each job ran last, what came of it, what is left, and when it is
/// due again. One server of an installation runs them all; every one can tell.
#[utoipa::path(
    get, path = "/v1/jobs", tag = "jobs",
    operation_id = "get_jobs_v1_jobs_get",
    responses((status = 200, description = "All jobs", body = JobsResponse))
)]
async fn get_jobs(State(service): State<Service>) -> ApiResult<Json<JobsResponse>> {
    Ok(Json(service.list_jobs().await?))
}
