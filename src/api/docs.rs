//! `/openapi.json`, and `/docs`: a page that explains the API and lets people try it, without anything from elsewhere.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Path};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use utoipa_swagger_ui::Config;

use super::ApiState;
use super::errors::ApiError;
use super::gate::{authenticated_page, authenticated_route};

const PAGE: &str = include_str!("docs.html");
/// Every call made from the page carries the header that makes the server look at the session cookie.
const SCRIPT: &str = include_str!("docs.js");

/// What the page is made of is the same for everybody, and browsers ask for it without saying for whom.
pub(super) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/openapi.json", authenticated_route(get(get_document)))
        .route("/docs", authenticated_page(get(get_page)))
        .route("/docs/start.js", get(get_script))
        .route("/docs/assets/{file}", get(get_asset))
}

async fn get_document(Extension(state): Extension<ApiState>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], state.openapi).into_response()
}

async fn get_page() -> Response {
    let policy = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; \
                  base-uri 'none'; form-action 'none'; object-src 'none'";
    ([(header::CONTENT_SECURITY_POLICY, policy), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], Html(PAGE))
        .into_response()
}

async fn get_script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], SCRIPT).into_response()
}

async fn get_asset(Path(file): Path<String>) -> Result<Response, ApiError> {
    let config: Arc<Config<'static>> = Arc::new(Config::from("/openapi.json"));
    match utoipa_swagger_ui::serve(&file, config) {
        Ok(Some(file)) => {
            let headers =
                [(header::CONTENT_TYPE, file.content_type), (header::CACHE_CONTROL, "max-age=86400".to_owned())];
            Ok((headers, file.bytes.into_owned()).into_response())
        }
        Ok(None) => Err(ApiError::NotFound("Not Found".to_owned())),
        Err(error) => {
            tracing::error!(%error, "the documentation's own files cannot be read");
            Err(ApiError::Internal)
        }
    }
}
