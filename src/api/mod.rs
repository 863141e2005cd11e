//! The REST API: routes, what they read, and what they answer.

mod applications;
mod artefacts;
mod attachment_rules;
mod audit_log;
mod badges;
mod client;
mod cors;
mod docs;
mod environment_reviews;
mod environments;
mod errors;
mod events;
mod execution_metadata;
mod gate;
mod getting_started;
mod health;
mod idempotency;
mod input;
mod issue_attachments;
mod issues;
mod jobs;
mod kept_artefacts;
mod local_accounts;
mod matching_rules;
mod notifications;
mod oidc;
mod openapi;
mod own_reviews;
mod permissions;
mod preconditions;
mod refusals;
mod reported_issues;
mod reports;
mod rerun_requests;
mod rule_applications;
mod saml;
mod search_query;
mod sentry_debug;
mod session;
mod session_cookies;
mod sign_out;
mod status_updates;
mod teams;
mod test_cases;
mod test_execution_search;
mod test_executions;
mod test_result_search;
mod test_results;
mod users;
mod version;
mod webhook_deliveries;
mod webhooks;

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router, middleware};
use tower::Layer;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;

pub use openapi::document;

use crate::metrics::note_route;
use crate::service::Service;
use errors::ApiError;

/// Largest body of a request when the operator says nothing else, in bytes.
pub const DEFAULT_MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

/// What every handler can reach.
#[derive(Clone)]
pub struct ApiState {
    service: Service,
    max_body_bytes: usize,
    openapi: &'static str,
}

impl axum::extract::FromRef<ApiState> for Service {
    fn from_ref(state: &ApiState) -> Self {
        state.service.clone()
    }
}

/// Every route, with its description.
fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(openapi::base())
        .merge(test_executions::routes())
        .merge(test_execution_search::routes())
        .merge(status_updates::routes())
        .merge(rerun_requests::routes())
        .merge(test_results::routes())
        .merge(artefacts::routes())
        .merge(badges::routes())
        .merge(kept_artefacts::routes())
        .merge(environment_reviews::routes())
        .merge(issues::routes())
        .merge(issue_attachments::routes())
        .merge(attachment_rules::routes())
        .merge(rule_applications::routes())
        .merge(test_result_search::routes())
        .merge(reports::routes())
        .merge(matching_rules::routes())
        .merge(environments::routes())
        .merge(test_cases::routes())
        .merge(reported_issues::routes())
        .merge(execution_metadata::routes())
        .merge(notifications::routes())
        .merge(session::routes())
        .merge(own_reviews::routes())
        .merge(users::routes())
        .merge(teams::routes())
        .merge(applications::routes())
        .merge(permissions::routes())
        .merge(local_accounts::routes())
        .merge(oidc::routes())
        .merge(saml::routes())
        .merge(sign_out::routes())
        .merge(audit_log::routes())
        .merge(jobs::routes())
        .merge(events::routes())
        .merge(webhooks::routes())
        .merge(webhook_deliveries::routes())
        .merge(getting_started::routes())
        .merge(version::routes())
        .merge(health::routes())
        .merge(sentry_debug::routes())
}

/// The whole API, ready to serve.
pub fn router(service: Service, max_body_bytes: usize) -> Router {
    let (router, document) = routes().split_for_parts();
    let origins = cors::Origins::new(service.clone(), &document);
    let cors = middleware::from_fn_with_state(origins, cors::allow_origins);
    let client = middleware::from_fn_with_state(service.settings.proxies.clone(), client::note_address);
    let state = ApiState { service, max_body_bytes, openapi: openapi::text() };
    let router = router
        .merge(docs::routes())
        .route_layer(middleware::from_fn(note_route))
        .fallback(|| async { refusals::no_address() })
        .method_not_allowed_fallback(|| async { refusals::no_method() })
        .layer(Extension(state.clone()))
        .layer(CatchPanicLayer::custom(|_panic: Box<dyn std::any::Any + Send>| ApiError::Internal.into_response()))
        .with_state(state);
    // A router's own layers run behind its choice of a handler; this one has to come before it.
    let answering = cors.layer(middleware::from_fn(refuse_head).layer(router));
    Router::new().fallback_service(client.layer(middleware::from_fn(refusals::write_down).layer(answering)))
}

/// The API has no HEAD: it is an unsupported method of known paths. `Allow` names every method of the path but HEAD,
/// which the router adds to each GET.
async fn refuse_head(mut request: Request, next: Next) -> Response {
    let is_head = request.method() == Method::HEAD;
    if is_head {
        // No path has TRACE, so this finds out whether the path is known, and what it allows.
        *request.method_mut() = Method::TRACE;
    }
    let mut response = next.run(request).await;
    if response.status() == StatusCode::METHOD_NOT_ALLOWED
        && let Some(allow) = response.headers().get(header::ALLOW).and_then(|allow| allow.to_str().ok())
    {
        let methods: Vec<&str> = allow.split(',').map(str::trim).filter(|method| *method != "HEAD").collect();
        if let Ok(methods) = HeaderValue::from_str(&methods.join(", ")) {
            response.headers_mut().insert(header::ALLOW, methods);
        }
    }
    if is_head {
        let (parts, _) = response.into_parts();
        return Response::from_parts(parts, axum::body::Body::empty());
    }
    response
}
