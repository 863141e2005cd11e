//! A request while it is under way: which route it takes is known to the layers that it passes, and counted where it ends.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::HttpBody;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::Metrics;
use super::http::{Answered, Handler, HttpMetrics, MethodIndex, NO_ROUTE};

/// A request under way. When it is dropped, the request is not under way any longer, whether it was answered or given up.
#[derive(Debug)]
pub struct Underway(Arc<Place>);

/// Where a request is: in its extensions.
#[derive(Clone, Debug)]
struct Passing(Arc<Place>);

#[derive(Debug)]
struct Place {
    http: Arc<HttpMetrics>,
    method: MethodIndex,
    /// The route it has come to; nothing when it is over.
    handler: Mutex<Option<Arc<Handler>>>,
}

impl Place {
    /// Moves on, or leaves; where it was.
    fn go_to(&self, next: Option<Arc<Handler>>) -> Option<Arc<Handler>> {
        let mut handler = self.handler.lock().unwrap_or_else(PoisonError::into_inner);
        let previous = handler.take()?;
        previous.end(self.method);
        if let Some(next) = &next {
            next.begin(self.method);
        }
        *handler = next;
        Some(previous)
    }
}

impl Underway {
    /// Begins to count a request, and lets the layers that it passes say which route it takes.
    pub fn begin(metrics: &Metrics, request: &mut Request) -> Self {
        let (http, method) = (metrics.http.clone(), MethodIndex::of(request.method()));
        let handler = http.no_route();
        handler.begin(method);
        let place = Arc::new(Place { http, method, handler: Mutex::new(Some(handler)) });
        request.extensions_mut().insert(Passing(place.clone()));
        Self(place)
    }

    /// The request's method; `OTHER` where it is none of the well-known ones.
    pub fn method(&self) -> &'static str {
        self.0.method.name()
    }

    /// Counts the answer, and says which route gave it.
    pub fn end(self, duration: Duration, request_bytes: u64, response: &Response) -> Route {
        let answered = Answered {
            method: self.0.method,
            status: response.status(),
            duration,
            request_bytes,
            response_bytes: response.body().size_hint().exact().unwrap_or_else(|| declared_size(response.headers())),
        };
        let http = &self.0.http;
        let came_to = self.0.go_to(None).unwrap_or_else(|| http.no_route());
        // The address is there, but not for this method: such a request came to no route.
        let is_refused = answered.status == StatusCode::METHOD_NOT_ALLOWED;
        let route = Route(if is_refused { http.no_route() } else { came_to });
        http.count(&route.0, &answered);
        route
    }
}

/// The route that gave an answer.
#[derive(Clone, Debug)]
pub struct Route(Arc<Handler>);

impl Route {
    /// Its template; `none` where there was no route.
    pub fn template(&self) -> &str {
        self.0.template()
    }

    /// Its template, if there was a route.
    pub fn found(&self) -> Option<&str> {
        Some(self.template()).filter(|template| *template != NO_ROUTE)
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.0.go_to(None);
    }
}

/// How long the head says that the body is, in bytes; 0 when it says nothing.
pub fn declared_size(headers: &HeaderMap) -> u64 {
    let size = headers.get(header::CONTENT_LENGTH).and_then(|size| size.to_str().ok());
    size.and_then(|size| size.parse().ok()).unwrap_or_default()
}

/// Notes down which route a request has come to. A layer of routes, as only these know it.
pub async fn note_route(request: Request, next: Next) -> Response {
    let extensions = request.extensions();
    if let (Some(Passing(place)), Some(path)) = (extensions.get::<Passing>(), extensions.get::<MatchedPath>()) {
        place.go_to(Some(place.http.handler(path.as_str())));
    }
    next.run(request).await
}
