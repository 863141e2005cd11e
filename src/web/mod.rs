//! Hosts the dashboard: its pages, its files, and behind them the API for everybody else.

mod files;
mod logs;
mod pages;

use std::{path::PathBuf, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, get_service},
};
use tower::ServiceExt;
use tower_http::{CompressionLevel, compression::CompressionLayer};

use files::{PublicFiles, find_assets, pkg};
use pages::Pages;

/// Where the built site is.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder with `pkg/` and the public files.
    pub site_root: PathBuf,
    /// The file with the hashes that are part of the names in `pkg/`.
    pub hash_file: PathBuf,
}

impl Options {
    /// The site in a folder; its hashes are in `hash.txt` beside the running program, where the build leaves them.
    pub fn new(site_root: PathBuf) -> Self {
        let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join("hash.txt")));
        Self { site_root, hash_file: beside.unwrap_or_else(|| PathBuf::from("hash.txt")) }
    }
}

/// What answers a request that no page claims.
#[derive(Clone)]
struct Rest {
    api: Router,
    pages: Router,
    files: Arc<PublicFiles>,
}

/// The router to serve: pages and files of the dashboard in front of the API. Call it inside a Tokio runtime.
pub fn router(api: Router, options: &Options) -> Router {
    let assets = find_assets(&options.hash_file);
    if assets.is_hashed && !options.site_root.join("pkg").is_dir() {
        tracing::warn!(site.root = %options.site_root.display(), "the dashboard's files are missing: its pages have no style and no scripts");
    }
    let state = Pages { api: api.clone(), assets: assets.names };
    let compression = CompressionLayer::new().quality(CompressionLevel::Precise(4));
    let log = get(logs::show).with_state(state.clone()).layer(compression.clone());
    let pages = Router::new().fallback(pages::show).with_state(state).layer(compression);
    let rest = Rest { api: api.clone(), pages: pages.clone(), files: Arc::new(PublicFiles::read(&options.site_root)) };

    let mut router = Router::new().route("/logs/{execution}/{result}", log);
    for page in leptos_axum::generate_route_list(app::App).iter().filter(|page| page.path() != "/") {
        router = router.route(page.path(), get_service(pages.clone()));
    }
    router
        .route("/", get(front_door).fallback_service(api).with_state(rest.clone()))
        .nest_service("/pkg", pkg(&options.site_root, assets.is_hashed))
        .fallback_service(axum::routing::any(everything_else).with_state(rest))
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

async fn call(service: Router, request: Request) -> Response {
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
    use std::path::Path;

    use axum::{Json, body::Body, routing::put};
    use http_body_util::BodyExt;
    use serde_json::{Value, json};

    use super::*;

    /// Just enough of the API for the pages under test.
    fn api() -> Router {
        let artefact = json!({
            "id": 5, "name": "hello", "version": "1.0", "track": "latest", "store": "ubuntu", "branch": "", "series": "", "repo": "",
            "source": "", "os": "", "release": "", "owner": "", "sha256": "", "image_url": "", "stage": "beta", "family": "snap",
            "status": "UNDECIDED", "comment": "", "archived": false, "reviewers": [], "due_date": null,
            "created_at": "2031-05-04T03:02:01", "bug_link": "", "jira_issue": null, "all_environment_reviews_count": 1,
            "completed_environment_reviews_count": 0, "bundled_builds": [], "assignee": null,
        });
        let list = json!([artefact]);
        let not_found = || async { (StatusCode::NOT_FOUND, Json(json!({"detail": "Not Found"}))) };
        Router::new()
            .route("/", get(|| async { "greeting" }))
            .route("/v1/version", get(|| async { Json(json!({"version": "9.9"})) }))
            .route("/v1/artefacts", get(move || async { Json(list) }))
            .route("/v1/artefacts/5", get(move || async { Json(artefact) }))
            .route("/v1/artefacts/5/versions", get(|| async { Json(json!([{"version": "1.0", "artefact_id": 5}])) }))
            .route("/v1/artefacts/5/builds", get(|| async { Json(json!([])) }))
            .route("/v1/artefacts/7", get(|| async { (StatusCode::FORBIDDEN, Json(json!({"detail": "needs view_artefact"}))) }))
            .route("/v1/artefacts/7/versions", get(not_found))
            .route("/v1/artefacts/7/builds", get(not_found))
            .route("/v1/getting-started", get(|headers: HeaderMap| async move {
                let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
                Json(json!({"base_url": format!("http://{host}"), "api_key": "to_key", "families": ["snap"]}))
            }))
            .route("/v1/test-executions/1/test-results", get(|| async { Json(json!([{
                "id": 2, "name": "t", "created_at": "2031-05-04T03:02:01", "category": "", "template_id": "", "status": "FAILED",
                "comment": "", "io_log": "<b>line", "previous_results": [], "issues": [],
            }])) }))
            .route("/v1/put-only", put(|| async {}))
            .fallback(not_found)
    }

    fn site() -> Router {
        let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("public");
        router(api(), &Options { site_root: site, hash_file: PathBuf::from("/nowhere") })
    }

    async fn ask(path: &str, accept: &str) -> (StatusCode, HeaderMap, String) {
        let request =
            Request::get(path).header("accept", accept).header("host", "example.com").body(Body::empty()).unwrap();
        let response = site().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        (parts.status, parts.headers, String::from_utf8(body.collect().await.unwrap().to_bytes().into()).unwrap())
    }

    const HTML: &str = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";

    #[tokio::test]
    async fn a_browser_is_led_to_the_first_family_and_a_program_greeted() {
        let (status, headers, _) = ask("/", HTML).await;
        assert_eq!((status, headers["location"].to_str().unwrap()), (StatusCode::FOUND, "/snaps"));
        let (status, headers, body) = ask("/", "*/*").await;
        assert_eq!((status, body.as_str(), headers["vary"].to_str().unwrap()), (StatusCode::OK, "greeting", "accept"));
    }

    #[tokio::test]
    async fn pages_are_whole_and_obey_their_own_policy() {
        let (status, headers, body) = ask("/snaps", HTML).await;
        assert_eq!(status, StatusCode::OK);
        assert!(body.contains("<title>Snap Update Verification – Test Observer</title>"), "{body}");
        assert!(
            body.contains("href=\"/snaps/5\"") && body.contains("1 artefact") && body.contains("Version 9.9"),
            "{body}"
        );
        let policy = headers["content-security-policy"].to_str().unwrap();
        let nonce = policy.split_once("'nonce-").unwrap().1.split_once('\'').unwrap().0;
        assert_eq!(body.matches("<script").count(), body.matches(&format!("nonce=\"{nonce}\"")).count(), "{body}");
        assert!(!body.contains(" style=\"") && !body.contains(" onclick="), "{body}");
    }

    #[tokio::test]
    async fn statuses_are_real() {
        for (path, expected) in [
            ("/snaps/5", StatusCode::OK),
            ("/snaps/6", StatusCode::NOT_FOUND),
            ("/snaps/x", StatusCode::NOT_FOUND),
            ("/snaps/7", StatusCode::FORBIDDEN),
            ("/nowhere", StatusCode::NOT_FOUND),
        ] {
            let (status, headers, body) = ask(path, HTML).await;
            assert_eq!(status, expected, "{path}");
            assert!(
                headers["content-type"].to_str().unwrap().starts_with("text/html") && body.contains("<h1"),
                "{path}: {body}"
            );
        }
    }

    #[tokio::test]
    async fn programs_get_the_api_s_errors() {
        for (path, accept) in [("/nowhere", "*/*"), ("/v1/nowhere", HTML), ("/health/nowhere", HTML)] {
            let (status, _, body) = ask(path, accept).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
            assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["detail"], "Not Found", "{path}");
        }
    }

    #[tokio::test]
    async fn wrong_families_and_trailing_slashes_are_put_right() {
        let (status, headers, _) = ask("/debs/5?testExecutionId=1&testResultId=2", HTML).await;
        assert_eq!(status, StatusCode::FOUND);
        assert_eq!(headers["location"].to_str().unwrap(), "/snaps/5?testExecutionId=1&testResultId=2");
        let (_, headers, _) = ask("/snaps/", HTML).await;
        assert_eq!(headers["location"].to_str().unwrap(), "/snaps");
        assert_eq!((without_trailing_slash("//evil.example/"), without_trailing_slash("/")), (None, None));
    }

    #[tokio::test]
    async fn the_page_with_the_key_is_kept_nowhere() {
        let (status, headers, body) = ask("/getting-started", HTML).await;
        assert_eq!((status, headers["cache-control"].to_str().unwrap()), (StatusCode::OK, "no-store"));
        assert!(body.contains("to_key") && body.contains("http://example.com"), "{body}");
    }

    #[tokio::test]
    async fn public_files_are_revalidated() {
        let (status, headers, _) = ask("/favicon.svg", "*/*").await;
        assert_eq!((status, headers["content-type"].to_str().unwrap()), (StatusCode::OK, "image/svg+xml"));
        let request =
            Request::get("/favicon.svg").header("if-none-match", &headers["etag"]).body(Body::empty()).unwrap();
        assert_eq!(site().oneshot(request).await.unwrap().status(), StatusCode::NOT_MODIFIED);
    }

    #[tokio::test]
    async fn logs_are_plain_text_and_nothing_else() {
        let (status, headers, body) = ask("/logs/1/2", HTML).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, "<b>line"));
        assert_eq!(headers["content-type"].to_str().unwrap(), "text/plain; charset=utf-8");
        assert_eq!(headers["x-content-type-options"].to_str().unwrap(), "nosniff");
        assert_eq!(ask("/logs/1/3", HTML).await.0, StatusCode::NOT_FOUND);
    }
}
