//! Counts of requests. What is counted is addressed by the templates of routes and by well-known methods, so there is a bound to it
//! whatever strangers ask for; counting takes one lock for reading and a few atomic additions.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::{Method, StatusCode};

use super::histogram::{Bound, Histogram};
use super::text::Text;

/// What stands for the template where a request came to no route.
pub(super) const NO_ROUTE: &str = "none";
/// The methods that are told apart; the last one stands for all others.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER"];
/// What statuses are told apart by: their first digit.
const STATUSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
/// Nobody sends that much. A length beyond it is a lie, which would spoil the sum for good.
const LARGEST_SIZE: u64 = 1 << 40;

const FEW_BOUNDS: [Bound; 3] = [(100_000, "0.1"), (500_000, "0.5"), (1_000_000, "1.0")];
const MANY_BOUNDS: [Bound; 21] = [
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (75_000, "0.075"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (750_000, "0.75"),
    (1_000_000, "1.0"),
    (1_500_000, "1.5"),
    (2_000_000, "2.0"),
    (2_500_000, "2.5"),
    (3_000_000, "3.0"),
    (3_500_000, "3.5"),
    (4_000_000, "4.0"),
    (4_500_000, "4.5"),
    (5_000_000, "5.0"),
    (7_500_000, "7.5"),
    (10_000_000, "10.0"),
    (30_000_000, "30.0"),
    (60_000_000, "60.0"),
];

/// The place of a method in what is counted by methods.
#[derive(Clone, Copy, Debug)]
pub(super) struct MethodIndex(usize);

impl MethodIndex {
    pub(super) fn of(method: &Method) -> Self {
        let known = METHODS.iter().position(|known| *known == method.as_str());
        Self(known.unwrap_or(METHODS.len() - 1))
    }

    pub(super) fn name(self) -> &'static str {
        METHODS[self.0]
    }
}

/// What is counted of the requests to one route.
#[derive(Debug, Default)]
pub(super) struct Handler {
    template: String,
    methods: [OfMethod; METHODS.len()],
    answers: AtomicU64,
    request_bytes: AtomicU64,
    response_bytes: AtomicU64,
}

#[derive(Debug, Default)]
struct OfMethod {
    in_progress: AtomicI64,
    statuses: [AtomicU64; STATUSES.len()],
    durations: Histogram<{ FEW_BOUNDS.len() }>,
}

/// A request that was answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered {
    pub(super) method: MethodIndex,
    pub(super) status: StatusCode,
    pub(super) duration: Duration,
    pub(super) request_bytes: u64,
    pub(super) response_bytes: u64,
}

impl Handler {
    fn new(template: &str) -> Self {
        Self { template: template.to_owned(), ..Self::default() }
    }

    pub(super) fn template(&self) -> &str {
        &self.template
    }

    pub(super) fn begin(&self, method: MethodIndex) {
        self.methods[method.0].in_progress.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end(&self, method: MethodIndex) {
        self.methods[method.0].in_progress.fetch_sub(1, Ordering::Relaxed);
    }

    fn count(&self, answered: &Answered) {
        let of_method = &self.methods[answered.method.0];
        let status = usize::from(answered.status.as_u16() / 100).clamp(1, STATUSES.len()) - 1;
        of_method.statuses[status].fetch_add(1, Ordering::Relaxed);
        of_method.durations.observe(&FEW_BOUNDS, answered.duration);
        self.answers.fetch_add(1, Ordering::Relaxed);
        for (sum, size) in
            [(&self.request_bytes, answered.request_bytes), (&self.response_bytes, answered.response_bytes)]
        {
            sum.fetch_add(if size > LARGEST_SIZE { 0 } else { size }, Ordering::Relaxed);
        }
    }

    /// The methods that were asked for, with what is counted of them.
    fn used(&self) -> impl Iterator<Item = (&'static str, &OfMethod)> {
        METHODS.into_iter().zip(&self.methods).filter(|(_, of_method)| of_method.is_used())
    }
}

impl OfMethod {
    fn is_used(&self) -> bool {
        self.in_progress.load(Ordering::Relaxed) != 0
            || self.statuses.iter().any(|count| count.load(Ordering::Relaxed) > 0)
    }
}

/// What is counted of all requests.
#[derive(Debug)]
pub(super) struct HttpMetrics {
    handlers: RwLock<HashMap<String, Arc<Handler>>>,
    no_route: Arc<Handler>,
    durations: Histogram<{ MANY_BOUNDS.len() }>,
}

impl Default for HttpMetrics {
    fn default() -> Self {
        let no_route = Arc::new(Handler::new(NO_ROUTE));
        Self { handlers: RwLock::default(), no_route, durations: Histogram::default() }
    }
}

impl HttpMetrics {
    pub(super) fn no_route(&self) -> Arc<Handler> {
        self.no_route.clone()
    }

    /// What is counted of a route.
    pub(super) fn handler(&self, template: &str) -> Arc<Handler> {
        // A panic elsewhere leaves the counts usable.
        if let Some(handler) = self.handlers.read().unwrap_or_else(PoisonError::into_inner).get(template) {
            return handler.clone();
        }
        let mut handlers = self.handlers.write().unwrap_or_else(PoisonError::into_inner);
        handlers.entry(template.to_owned()).or_insert_with(|| Arc::new(Handler::new(template))).clone()
    }

    pub(super) fn count(&self, handler: &Handler, answered: &Answered) {
        handler.count(answered);
        self.durations.observe(&MANY_BOUNDS, answered.duration);
    }

    /// Writes all counts, in the order of the templates.
    pub(super) fn write(&self, text: &mut Text) {
        let known = self.handlers.read().unwrap_or_else(PoisonError::into_inner);
        let mut handlers: Vec<Arc<Handler>> = known.values().cloned().chain([self.no_route.clone()]).collect();
        drop(known);
        handlers.retain(|handler| handler.used().next().is_some());
        handlers.sort_by(|a, b| a.template.cmp(&b.template));
        write_requests(&handlers, text);
        write_sizes(&handlers, text);
        let name = "test_observer_api_http_request_duration_highr_seconds";
        text.family(name, "histogram", "Time until requests were answered, in many buckets.");
        self.durations.write(&MANY_BOUNDS, name, &[], text);
        let name = "test_observer_api_http_request_duration_seconds";
        text.family(name, "histogram", "Time until requests were answered, by the template of the route.");
        for handler in &handlers {
            for (method, of_method) in handler.used() {
                let labels = [("handler", handler.template.as_str()), ("method", method)];
                of_method.durations.write(&FEW_BOUNDS, name, &labels, text);
            }
        }
    }
}

fn write_requests(handlers: &[Arc<Handler>], text: &mut Text) {
    let name = "test_observer_api_http_requests_total";
    text.family(
        name,
        "counter",
        "Requests that were answered, by the template of the route, method and kind of status.",
    );
    for handler in handlers {
        for (method, of_method) in handler.used() {
            for (status, count) in STATUSES.into_iter().zip(&of_method.statuses) {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let labels = [("handler", handler.template.as_str()), ("method", method), ("status", status)];
                    text.sample(name, &labels, count);
                }
            }
        }
    }
    let name = "http_requests_inprogress";
    text.family(name, "gauge", "Requests that are being answered.");
    for handler in handlers {
        for (method, of_method) in handler.used() {
            let labels = [("handler", handler.template.as_str()), ("method", method)];
            text.sample(name, &labels, of_method.in_progress.load(Ordering::Relaxed));
        }
    }
}

fn write_sizes(handlers: &[Arc<Handler>], text: &mut Text) {
    type Bytes = fn(&Handler) -> &AtomicU64;
    let families: [(&str, &str, Bytes); 2] = [
        (
            "test_observer_api_http_request_size_bytes",
            "Bytes of the bodies of requests, as far as their heads say so.",
            |handler| &handler.request_bytes,
        ),
        (
            "test_observer_api_http_response_size_bytes",
            "Bytes of the bodies of answers, as far as their heads say so.",
            |handler| &handler.response_bytes,
        ),
    ];
    for (name, help, bytes) in families {
        text.family(name, "summary", help);
        for handler in handlers {
            let labels = [("handler", handler.template.as_str())];
            text.sample(&format!("{name}_count"), &labels, handler.answers.load(Ordering::Relaxed));
            text.sample(&format!("{name}_sum"), &labels, bytes(handler).load(Ordering::Relaxed));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(method: &str, status: u16, request_bytes: u64) -> Answered {
        Answered {
            method: MethodIndex::of(&method.parse().unwrap()),
            status: StatusCode::from_u16(status).unwrap(),
            duration: Duration::from_millis(20),
            request_bytes,
            response_bytes: 2,
        }
    }

    fn written(metrics: &HttpMetrics) -> String {
        let mut text = Text::default();
        metrics.write(&mut text);
        text.into_string()
    }

    #[test]
    fn methods_that_strangers_invent_are_one() {
        let metrics = HttpMetrics::default();
        let (issues, none) = (metrics.handler("/v1/issues"), metrics.no_route());
        for (handler, method, status) in
            [(&issues, "GET", 200), (&issues, "GET", 304), (&none, "BREW", 405), (&none, "STEEP", 405)]
        {
            metrics.count(handler, &answered(method, status, 0));
        }
        let text = written(&metrics);
        let requests: Vec<&str> =
            text.lines().filter(|line| line.starts_with("test_observer_api_http_requests")).collect();
        assert_eq!(
            requests,
            [
                r#"test_observer_api_http_requests_total{handler="/v1/issues",method="GET",status="2xx"} 1"#,
                r#"test_observer_api_http_requests_total{handler="/v1/issues",method="GET",status="3xx"} 1"#,
                r#"test_observer_api_http_requests_total{handler="none",method="OTHER",status="4xx"} 2"#,
            ]
        );
        assert!(text.contains("test_observer_api_http_request_duration_highr_seconds_count 4\n"), "{text}");
    }

    #[test]
    fn a_length_that_nobody_sends_does_not_spoil_the_sum() {
        let metrics = HttpMetrics::default();
        for size in [10, u64::MAX, 30] {
            metrics.count(&metrics.handler("/v1/issues"), &answered("PUT", 200, size));
        }
        let text = written(&metrics);
        for (name, value) in
            [("request_size_bytes_sum", 40), ("request_size_bytes_count", 3), ("response_size_bytes_sum", 6)]
        {
            let line = format!("test_observer_api_http_{name}{{handler=\"/v1/issues\"}} {value}\n");
            assert!(text.contains(&line), "{line}: {text}");
        }
    }

    #[test]
    fn what_is_under_way_is_shown_until_it_ends() {
        let metrics = HttpMetrics::default();
        let (issues, method) = (metrics.handler("/v1/issues"), MethodIndex::of(&Method::GET));
        issues.begin(method);
        let line = r#"http_requests_inprogress{handler="/v1/issues",method="GET"}"#;
        assert!(written(&metrics).contains(&format!("{line} 1\n")));
        metrics.count(&issues, &answered("GET", 200, 0));
        issues.end(method);
        assert!(written(&metrics).contains(&format!("{line} 0\n")));
    }
}
