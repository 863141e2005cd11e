//! What the tests of events share: a client that reads a stream.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::support::TestApp;

/// Longer than any event takes that comes at all.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open stream.
pub(crate) struct Stream {
    body: Body,
    unread: String,
    /// The `id` of the last event.
    pub(crate) last_id: String,
}

/// Asks for a stream with these headers.
pub(crate) async fn ask(app: &TestApp, query: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::builder().uri(format!("/v1/events{query}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.open(request.body(Body::empty()).unwrap()).await
}

/// Opens a stream with these headers, which has to be allowed.
pub(crate) async fn follow(app: &TestApp, query: &str, headers: &[(&str, &str)]) -> Stream {
    let response = ask(app, query, headers).await;
    assert_eq!(response.status(), StatusCode::OK, "{query} {headers:?}");
    let mut stream = Stream { body: response.into_body(), unread: String::new(), last_id: String::new() };
    // Once it begins, nothing is missed.
    stream.read_block().await.unwrap();
    stream
}

/// Opens a stream as the application that may do everything.
pub(crate) async fn follow_all(app: &TestApp, query: &str) -> Stream {
    follow(app, query, &[("authorization", &format!("Bearer {}", app.key))]).await
}

impl Stream {
    /// The next lines up to an empty one; nothing at the end.
    async fn read_block(&mut self) -> Option<(Option<String>, Value)> {
        let block = loop {
            if let Some(length) = self.unread.find("\n\n") {
                break self.unread.drain(..length + 2).collect::<String>();
            }
            let frame = tokio::time::timeout(PATIENCE, self.body.frame()).await.expect("nothing came");
            let bytes = frame?.unwrap().into_data().unwrap();
            self.unread += std::str::from_utf8(&bytes).unwrap();
        };
        let (mut kind, mut data) = (None, Value::Null);
        for line in block.lines() {
            match line.split_once(": ").unwrap_or((line, "")) {
                ("id", id) => id.clone_into(&mut self.last_id),
                ("event", name) => kind = Some(name.to_owned()),
                ("data", text) => data = serde_json::from_str(text).unwrap(),
                ("retry" | ":" | "", _) => {}
                other => panic!("{other:?}"),
            }
        }
        Some((kind, data))
    }

    /// The next event, as its kind and its data; nothing when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let (Some(kind), data) = self.read_block().await? {
                return Some((kind, data));
            }
        }
    }

    /// The events up to a marker, which announces that issue, in their order.
    pub(crate) async fn until_issue(&mut self, issue: i64) -> Vec<(String, Value)> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            if event.0 == "issue" && event.1["issue_id"] == json!(issue) {
                return events;
            }
            events.push(event);
        }
        panic!("the stream ended: {events:?}");
    }
}

/// Makes an issue known, which announces it; the id.
pub(crate) async fn mark(app: &TestApp, number: u32) -> i64 {
    let body = json!({"url": format!("https://github.com/marker/marker/issues/{number}")});
    app.put("/v1/issues", &body).await.ok()["id"].as_i64().unwrap()
}

/// An event as the tests spell it.
pub(crate) fn event(kind: &str, data: Value) -> (String, Value) {
    (kind.to_owned(), data)
}
