//! The server's transport: the very router that answers HTTP, called in process on behalf of the person who asked for the page.

use std::future::Future;

use axum::{
    Router,
    body::Body,
    http::{Extensions, HeaderMap, HeaderValue, Request, header},
};
use http_body_util::BodyExt;
use leptos::prelude::use_context;
use tower::ServiceExt;

use super::{Answer, Change, ClientError};

/// What of the page's request the API has to see: who asks, and under which address.
const FORWARDED_HEADERS: &[&str] =
    &["cookie", "host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-csrf-token"];

/// The API as the person who asked for the page may use it; the server provides it as context.
#[derive(Clone)]
pub struct InProcessApi {
    router: Router,
    headers: HeaderMap,
    extensions: Extensions,
}

impl InProcessApi {
    /// `extensions` holds what the server knows of the connection, and nothing of the page's own routing.
    pub fn new(router: Router, page_headers: &HeaderMap, extensions: Extensions) -> Self {
        let mut headers = HeaderMap::new();
        // Rendering only reads, so the cookie may count without the browser's proof that it is no forgery.
        headers.insert("x-csrf-token", HeaderValue::from_static("1"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        for name in FORWARDED_HEADERS {
            if page_headers.contains_key(*name) {
                headers.remove(*name);
            }
            // Every one: what a proxy adds comes behind what a visitor wrote.
            for value in page_headers.get_all(*name) {
                headers.append(*name, value.clone());
            }
        }
        Self { router, headers, extensions }
    }

    async fn get(self, path: String) -> Result<Answer, ClientError> {
        let mut request = Request::get(path).body(Body::empty()).map_err(|_| ClientError::NotFound)?;
        *request.headers_mut() = self.headers;
        *request.extensions_mut() = self.extensions;
        let Ok(response) = self.router.oneshot(request).await;
        let status = response.status().as_u16();
        let etag = response.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
        let body = response.into_body().collect().await.map_err(|_| ClientError::Unreachable)?.to_bytes();
        Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned(), etag })
    }
}

/// The API as the page's request may use it.
#[derive(Clone)]
pub(super) struct Transport(Option<InProcessApi>);

impl Transport {
    pub(super) fn current() -> Self {
        Self(use_context())
    }

    /// Asks the API with what the page's request brought.
    pub(super) fn get(&self, path: &str) -> impl Future<Output = Result<Answer, ClientError>> + Send + use<> {
        let api = self.0.clone();
        let path = path.to_owned();
        async move {
            match api {
                Some(api) => api.get(path).await,
                None => Err(ClientError::Unreachable),
            }
        }
    }
}

impl Transport {
    /// Rendering only reads; what changes something is for the browser to send.
    #[expect(clippy::unused_self, reason = "the browser's transport has the same functions")]
    pub(super) fn send(&self, _change: Change) -> impl Future<Output = Result<Answer, ClientError>> + Send + use<> {
        std::future::ready(Err(ClientError::Unreachable))
    }
}

impl From<InProcessApi> for Transport {
    fn from(api: InProcessApi) -> Self {
        Self(Some(api))
    }
}
