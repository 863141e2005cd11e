//! Every request on its way in and out: its id, the span that carries it into the log and into traces, the line of the access log, and
//! what is counted.
//!
//! Whoever sends a sane `X-Request-Id` chooses the id, proxy or not: it finds lines of the log and proves nothing.

use std::time::Instant;

use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use futures::{StreamExt, stream};
use tracing::{Instrument, Level, Span};

use crate::metrics::{Metrics, Underway, declared_size};
use crate::traces;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Ids of requests are no longer, in characters.
const LONGEST_ID: usize = 128;

/// The span of the request that a page is rendered for, among the extensions of what the page asks the API.
#[derive(Clone, Debug)]
pub(super) struct PageSpan(pub(super) Span);

/// Gives the request its id, and writes down and counts how it was answered.
pub(super) async fn watch(State(metrics): State<Metrics>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = find_id(request.headers()).unwrap_or_else(make_id);
    // Of the highest level: whatever is logged, it is with the id.
    let span = tracing::error_span!("request", request.id = id.to_str().unwrap_or_default());
    traces::begin(&span, request.headers());
    let request_bytes = declared_size(request.headers());
    let underway = Underway::begin(&metrics, &mut request);
    let method = underway.method();
    let mut response = next.run(request).instrument(span.clone()).await;
    response.headers_mut().insert(REQUEST_ID, id);
    let (duration, status) = (began.elapsed(), response.status().as_u16());
    let route = underway.end(duration, request_bytes, &response);
    traces::end(&span, method, route.found(), response.status());
    span.in_scope(|| {
        tracing::event!(
            target: "access",
            Level::DEBUG,
            http.method = method,
            http.route = route.template(),
            http.status = status,
            duration.us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
            "answered"
        );
    });
    if response.body().size_hint().exact().is_some() { response } else { response.map(|body| log_within(body, span)) }
}

/// Lets what a page asks the API be logged with the request for the page: rendering runs in tasks of its own.
pub(super) async fn log_with_page(request: Request, next: Next) -> Response {
    let span = request.extensions().get::<PageSpan>().map_or_else(Span::none, |PageSpan(span)| span.clone());
    next.run(request).instrument(span).await
}

/// What is made while it is sent logs with the request, too.
fn log_within(body: Body, span: Span) -> Body {
    let mut pieces = body.into_data_stream();
    Body::from_stream(stream::poll_fn(move |context| span.in_scope(|| pieces.poll_next_unpin(context))))
}

/// The id that the sender has chosen, if it may stand in a log.
fn find_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let id = headers.get(REQUEST_ID)?;
    let is_sane = (1..=LONGEST_ID).contains(&id.len())
        && id.as_bytes().iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte));
    is_sane.then(|| id.clone())
}

fn make_id() -> HeaderValue {
    let id = format!("{:032x}", rand::random::<u128>());
    HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("none"))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::{REQUEST_ID, find_id, make_id};

    #[test]
    fn only_an_id_that_may_stand_in_a_log_is_taken_over() {
        let (longest, too_long) = ("a".repeat(128), "a".repeat(129));
        for (id, is_taken) in [
            ("0f-A.z_9", true),
            (longest.as_str(), true),
            (too_long.as_str(), false),
            ("", false),
            ("two words", false),
            ("a\tb", false),
            ("a=b", false),
            ("\u{e9}", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_bytes(id.as_bytes()).unwrap());
            assert_eq!(find_id(&headers).is_some(), is_taken, "{id}");
        }
        assert_eq!(find_id(&HeaderMap::new()), None);
    }

    #[test]
    fn ids_that_are_made_here_are_sane_and_different() {
        let ids = [make_id(), make_id()];
        assert_ne!(ids[0], ids[1]);
        let headers: HeaderMap = [(REQUEST_ID, ids[0].clone())].into_iter().collect();
        assert_eq!(find_id(&headers), Some(ids[0].clone()));
    }
}
