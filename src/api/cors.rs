//! Which pages of other origins may use the API from a browser.
//!
//! Pages of the dashboard's origin, and of those the operator lists, may do so with their visitors' cookies. Pages of any
//! other origin may read what everybody may read, without cookies.

use std::sync::Arc;

use app::api::Permission;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::OpenApi;

use super::refusals::Remark;
use crate::service::Service;

/// As long as a browser remembers an answer to its question, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");
const METHODS: HeaderValue = HeaderValue::from_static("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
const PUBLIC_METHODS: HeaderValue = HeaderValue::from_static("GET");
const TRUE: HeaderValue = HeaderValue::from_static("true");
/// Answers of ours that pages may look at.
const EXPOSED: HeaderValue = HeaderValue::from_static("etag, idempotency-replayed, x-skipped-ids");

/// What decides which origins may do what.
#[derive(Clone)]
pub(super) struct Origins {
    service: Service,
    reads: Arc<Vec<Read>>,
}

/// A path that can be read, and what that takes.
struct Read {
    segments: Vec<String>,
    permissions: Vec<Permission>,
}

impl Origins {
    /// The rules over a description of the API.
    pub(super) fn new(service: Service, document: &OpenApi) -> Self {
        let reads = document.paths.paths.iter().filter_map(|(path, item)| {
            let named = item.get.as_ref()?.extensions.as_ref()?.get("x-permissions")?;
            let permissions = serde_json::from_value(named.clone()).ok()?;
            Some(Read { segments: path.split('/').map(str::to_owned).collect(), permissions })
        });
        Self { service, reads: Arc::new(reads.collect()) }
    }

    fn is_listed(&self, origin: &HeaderValue) -> bool {
        origin.to_str().is_ok_and(|origin| self.service.settings.cors_origins.iter().any(|own| own == origin))
    }

    /// Whether everybody may read the path. What needs no permission is not meant: that can be about who asks, or where.
    fn is_public(&self, path: &str) -> bool {
        let settings = &self.service.settings;
        let segments: Vec<&str> = path.split('/').collect();
        settings.public_reads
            && self.find_read(&segments).is_some_and(|read| {
                read.permissions.iter().all(|permission| settings.ignored_permissions.contains(permission))
            })
    }

    /// The most literal path that fits.
    fn find_read(&self, segments: &[&str]) -> Option<&Read> {
        let is_parameter = |segment: &String| segment.starts_with('{');
        let fits = |read: &&Read| {
            read.segments.len() == segments.len()
                && read.segments.iter().zip(segments).all(|(own, found)| is_parameter(own) || own == found)
        };
        self.reads.iter().filter(fits).min_by_key(|read| read.segments.iter().filter(|own| is_parameter(own)).count())
    }
}

/// Answers a browser's question whether a page may send a request, and marks the answers it may read.
pub(super) async fn allow_origins(State(origins): State<Origins>, request: Request, next: Next) -> Response {
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else { return next.run(request).await };
    let is_listed = origins.is_listed(&origin);
    let is_public = origins.is_public(request.uri().path());
    if request.method() == Method::OPTIONS
        && let Some(method) = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD)
    {
        return answer_preflight(&origin, is_listed, is_public && method == "GET", request.headers());
    }
    let is_public = is_public && request.method() == Method::GET;
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if is_listed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    } else if is_public {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    if is_listed || !is_public {
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
    }
    if is_listed || is_public {
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    response
}

fn answer_preflight(origin: &HeaderValue, is_listed: bool, is_public: bool, asked: &HeaderMap) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    let (allowed, methods) = match (is_listed, is_public) {
        (true, _) => (origin.clone(), METHODS),
        (false, true) => (HeaderValue::from_static("*"), PUBLIC_METHODS),
        (false, false) => {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
            let remark = Extension(Remark::foreign_page());
            return (StatusCode::BAD_REQUEST, headers, remark, "Disallowed CORS origin").into_response();
        }
    };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    if is_listed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
    }
    let asked_headers: HeaderName = header::ACCESS_CONTROL_REQUEST_HEADERS;
    if let Some(names) = asked.get(asked_headers) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    (StatusCode::OK, headers, "OK").into_response()
}
