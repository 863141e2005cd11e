//! `/health`: for probes on this machine.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::{ApiError, ApiResult};
use super::gate::local;
use crate::service::Service;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(local(routes!(get_live))).routes(local(routes!(get_ready)))
}

/// How the server is.
type Health = Json<BTreeMap<&'static str, &'static str>>;

fn health(status: &'static str) -> Health {
    Json(BTreeMap::from([("status", status)]))
}

/// Whether the process answers; asks nobody else
#[utoipa::path(
    get, path = "/health/live", operation_id = "live_health_live_get",
    responses((status = 200, description = "It does", body = BTreeMap<String, String>))
)]
async fn get_live() -> Health {
    health("live")
}

/// Whether the server can work: the database answers
#[utoipa::path(
    get, path = "/health/ready", operation_id = "ready_health_ready_get",
    responses(
        (status = 200, description = "It can", body = BTreeMap<String, String>),
        (status = 503, description = "The database does not answer"),
    )
)]
async fn get_ready(State(service): State<Service>) -> ApiResult<Health> {
    service.db.check().await.map_err(|error| {
        tracing::warn!(%error, "not ready");
        ApiError::Unavailable
    })?;
    Ok(health("ready"))
}
