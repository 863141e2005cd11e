//! What a span tells of a request: method, template of the route, status and id. Neither addresses nor queries nor headers: there may be
//! keys in them.

use axum::http::{HeaderMap, StatusCode};
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanBuilder, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;
use tracing::{Level, Metadata, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Lets the span of a request go on with the trace of the caller, if its `traceparent` names one. Before the span is entered.
pub fn begin(span: &Span, headers: &HeaderMap) {
    let caller = TraceContextPropagator::new().extract_with_context(&Context::new(), &HeaderExtractor(headers));
    if caller.span().span_context().is_valid() {
        // It fails where nobody wants traces: there is nothing to go on with.
        let _ = span.set_parent(caller);
    }
}

/// Tells the span of a request how it was answered; `route` is the template of its route, if it came to one.
pub fn end(span: &Span, method: &'static str, route: Option<&str>, status: StatusCode) {
    span.set_attribute("http.request.method", method);
    span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.set_status(Status::error(""));
    }
    let name = route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}"));
    if let Some(route) = route {
        span.set_attribute("http.route", route.to_owned());
    }
    span.context().span().update_name(name);
}

/// What belongs into a trace: the spans of requests, and within them warnings about slow statements.
pub(super) fn is_traced(metadata: &Metadata<'_>) -> bool {
    if metadata.is_span() {
        return metadata.name() == "request" && metadata.target().starts_with("test_observer::");
    }
    metadata.target() == "sqlx::query" && *metadata.level() <= Level::WARN
}

/// Makes spans of those who answer: collectors tell them from those who ask.
#[derive(Debug)]
pub(super) struct ServerTracer(pub(super) SdkTracer);

impl Tracer for ServerTracer {
    type Span = <SdkTracer as Tracer>::Span;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> Self::Span {
        self.0.build_with_context(builder.with_kind(SpanKind::Server), parent)
    }
}
