//! `/openapi.json`, and `/docs`: a page that explains the API and lets people try it, without anything from elsewhere.

use std::sync::Arc;

use axum::extract::{Extension, Path};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use utoipa_swagger_ui::Config;

use super::ApiState;
use super::errors::ApiError;
use super::gate::authenticate;

const PAGE: &str = include_str!("docs.html");
/// Every call made from the page carries the header that makes the server look at the session cookie.
const SCRIPT: &str = include_str!("docs.js");

pub(super) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/openapi.json", get(get_document))
        .route("/docs", get(get_page))
        .route("/docs/start.js", get(get_script))
        .route("/docs/assets/{file}", get(get_asset))
        .route_layer(middleware::from_fn(authenticate))
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
