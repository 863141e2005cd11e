//! Hosts the dashboard: its pages, its files, and behind them the API for everybody else.

mod browser_rules;
mod connections;
mod embedded;
mod files;
mod logs;
mod pages;
mod requests;
mod site;

use std::sync::{Arc, OnceLock};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware,
    response::{IntoResponse, Redirect, Response},
    routing::{get, get_service},
};
use tower::ServiceExt;
use tower_http::{
    CompressionLevel,
    compression::{
        CompressionLayer,
        predicate::{DefaultPredicate, NotForContentType, Predicate},
    },
};

use crate::domain::proxies::Proxies;
use crate::metrics::{Metrics, note_route};
pub use connections::serve;
use files::{PublicFiles, find_assets, pkg};
use pages::Pages;
pub use site::{EmbeddedSite, Site};

/// What the dashboard needs to know.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where its files are.
    pub site: Site,
    /// Proxies whose word about how requests came counts.
    pub proxies: Proxies,
}

/// What answers a request that no page claims.
#[derive(Clone)]
struct Rest {
    api: Router,
    pages: Router,
    files: Arc<PublicFiles>,
}

/// The router to serve: pages and files of the dashboard in front of the API. Call it inside a Tokio runtime.
pub fn router(api: Router, options: &Options, metrics: Metrics) -> Router {
    let assets = find_assets(&options.site);
    if let Some(root) = options.site.missing().filter(|_| assets.is_hashed) {
        tracing::warn!(site.root = %root.display(), "the dashboard's files are missing: its pages have no style and no scripts");
    }
    let state = Pages { api: api.clone().layer(middleware::from_fn(requests::log_with_page)), assets: assets.names };
    let compression = CompressionLayer::new().quality(CompressionLevel::Precise(4));
    let log = get(logs::show).with_state(state.clone()).layer(compression.clone());
    let pages = Router::new().fallback(pages::show).with_state(state).layer(compression);
    let api = api.layer(compression_for_browsers());
    let rest = Rest { api: api.clone(), pages: pages.clone(), files: Arc::new(PublicFiles::read(&options.site)) };

    let mut router = Router::new().route("/logs/{execution}/{result}", log);
    for page in page_paths() {
        router = router.route(page, get_service(pages.clone()));
    }
    router
        .route("/", get(front_door).fallback_service(api).with_state(rest.clone()))
        .nest_service("/pkg", pkg(&options.site, assets.is_hashed))
        .route_layer(middleware::from_fn(note_route))
        .fallback_service(axum::routing::any(everything_else).with_state(rest))
        .layer(middleware::from_fn_with_state(options.proxies.clone(), browser_rules::add))
        .layer(middleware::from_fn_with_state(metrics, requests::watch))
}

/// Compresses what the dashboard fetches: lists repeat themselves. Brotli is what browsers ask for and
/// programs do not; these stand beside the server, mostly, and get what they always got. Reports are sent as they come.
fn compression_for_browsers() -> CompressionLayer<impl Predicate> {
    let kinds = DefaultPredicate::new().and(NotForContentType::const_new("text/csv"));
    CompressionLayer::new().gzip(false).quality(CompressionLevel::Precise(4)).compress_when(kinds)
}

/// The paths of the pages but the front door, as the app itself lists them.
///
/// Asked once per process: while one thread asks, pages that another renders may never end (leptos 0.8.23), which tests would meet.
fn page_paths() -> impl Iterator<Item = &'static str> {
    static PATHS: OnceLock<Vec<String>> = OnceLock::new();
    let paths = PATHS
        .get_or_init(|| leptos_axum::generate_route_list(app::App).iter().map(|page| page.path().to_owned()).collect());
    paths.iter().map(String::as_str).filter(|path| *path != "/")
}

/// A browser gets the dashboard, everybody else the API's greeting.
async fn front_door(State(rest): State<Rest>, request: Request) -> Response {
    let service = if accepts_html(request.headers()) { rest.pages } else { rest.api };
    let mut response = call(service, request).await;
    response.headers_mut().append(header::VARY, header::HeaderValue::from_static("accept"));
    response
}

/// Public files, then the API; what that does not know either is, for a browser, a page that says so.
async fn everything_else(State(rest): State<Rest>, request: Request) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_read && let Some(file) = rest.files.find(request.uri().path()) {
        return file.respond(request.headers());
    }
    if !(is_read && accepts_html(request.headers())) || is_for_programs(request.uri().path()) {
        return call(rest.api, request).await;
    }
    let (parts, body) = request.into_parts();
    let page = Request::from_parts(parts.clone(), axum::body::Body::empty());
    let response = call(rest.api, Request::from_parts(parts, body)).await;
    if response.status() != StatusCode::NOT_FOUND {
        return response;
    }
    match without_trailing_slash(page.uri().path()) {
        Some(path) => Redirect::permanent(path).into_response(),
        None => call(rest.pages, page).await,
    }
}

async fn call(service: Router, mut request: Request) -> Response {
    // The template of a route in front of the API is no part of the API's own.
    request.extensions_mut().remove::<MatchedPath>();
    let Ok(response) = service.oneshot(request).await;
    response
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|kind| kind.trim_start().starts_with("text/html"))
}

/// Addresses that programs use: their errors stay JSON, whoever asks.
fn is_for_programs(path: &str) -> bool {
    ["/v1", "/health"]
        .iter()
        .any(|prefix| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// `/snaps/` is `/snaps`. A path of nothing but slashes, or one that a browser reads as another host, is left alone.
fn without_trailing_slash(path: &str) -> Option<&str> {
    let shorter = path.strip_suffix('/')?;
    let is_plain =
        !shorter.is_empty() && !shorter.starts_with("//") && !shorter.ends_with('/') && !shorter.contains('\\');
    is_plain.then_some(shorter)
}

#[cfg(test)]
mod tests {
    use super::without_trailing_slash;

    #[test]
    fn only_a_plain_path_loses_its_slash() {
        for (path, expected) in
            [("/snaps/", Some("/snaps")), ("/snaps", None), ("/", None), ("//evil.example/", None), ("/snaps//", None)]
        {
            assert_eq!(without_trailing_slash(path), expected, "{path}");
        }
    }
}
