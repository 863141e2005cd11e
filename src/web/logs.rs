//! The log of a test result as plain text, under an address of its own: readable without scripts, however long it is.

use app::{
    api::TestResultResponse,
    client::{Client, ClientError},
};
use axum::{
    extract::{Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::pages::Pages;

/// `/logs/{execution}/{result}`, with the rights of the person who asks.
pub(super) async fn show(State(pages): State<Pages>, path: Option<Path<(i64, i64)>>, request: Request) -> Response {
    let Some(Path((execution, result))) = path else { return refuse(&ClientError::NotFound) };
    let (parts, _) = request.into_parts();
    let client = Client::from(pages.api_for(&parts));
    let path = format!("/v1/test-executions/{execution}/test-results?fields=io_log&test_result_id={result}");
    match client.get::<Vec<TestResultResponse>>(&path).await.map(|results| results.into_iter().next()) {
        Ok(Some(result)) => (headers(), result.io_log).into_response(),
        Ok(None) => refuse(&ClientError::NotFound),
        Err(error) => refuse(&error),
    }
}

fn refuse(error: &ClientError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, headers(), format!("{}. {}\n", error.title(), error.advice())).into_response()
}

/// A log holds whatever a test printed: a browser must not take it for anything but text.
fn headers() -> [(header::HeaderName, HeaderValue); 4] {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
        (header::VARY, HeaderValue::from_static("Cookie")),
    ]
}
