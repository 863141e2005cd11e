//! `/v1/getting-started`: what the first page of a new installation shows.

use app::api::GettingStartedResponse;
use axum::Json;
use axum::extract::{Request, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::client::host_of;
use super::errors::ApiResult;
use super::gate::{authenticated, is_local_client};
use crate::domain::hosts::is_loopback_host;
use crate::service::Service;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(authenticated(routes!(get_getting_started)))
}

/// How to send the first result
///
/// Has a working key only for callers on this machine, and only while the server listens to nobody else.
#[utoipa::path(
    get, path = "/v1/getting-started", operation_id = "get_getting_started_v1_getting_started_get",
    responses((status = 200, description = "Address, key and what has arrived", body = GettingStartedResponse))
)]
async fn get_getting_started(
    State(service): State<Service>,
    request: Request,
) -> ApiResult<Json<GettingStartedResponse>> {
    let host = host_of(&request).unwrap_or("127.0.0.1:30000").to_owned();
    // A page of another site whose name was made to lead here must not read the key: the name has to be ours.
    let is_relayed = RELAYED.iter().any(|name| request.headers().contains_key(*name));
    let may_see_key = is_local_client(&request) && is_loopback_host(&host) && !is_relayed;
    let families = service.list_families().await?;
    let api_key = if may_see_key { service.find_onboarding_key(&families).await? } else { None };
    Ok(Json(GettingStartedResponse { base_url: format!("http://{host}"), api_key, families }))
}

/// What proxies say of a request; the key is for who came without one.
const RELAYED: [&str; 6] =
    ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];
