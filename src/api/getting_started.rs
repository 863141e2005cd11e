//! `/v1/getting-started`: what the first page of a new installation shows.

use app::api::GettingStartedResponse;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::header;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::ApiResult;
use super::gate::{authenticated, is_local_client};
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
    let host = host_of(&request).unwrap_or_else(|| "127.0.0.1:30000".to_owned());
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

fn host_of(request: &Request) -> Option<String> {
    let header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    header.or(request.uri().authority().map(axum::http::uri::Authority::as_str)).map(str::to_owned)
}

/// Whether a `Host` is a loopback address or `localhost`, with or without a port.
fn is_loopback_host(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback_host;

    #[test]
    fn only_loopback_names_are_ours() {
        for (host, expected) in [
            ("127.0.0.1:30000", true),
            ("localhost:30000", true),
            ("localhost", true),
            ("[::1]:30000", true),
            ("127.0.0.1.example.org", false),
            ("example.org:30000", false),
            ("", false),
        ] {
            assert_eq!(is_loopback_host(host), expected, "{host}");
        }
    }
}
