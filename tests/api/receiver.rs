//! A server of the tests' own that messages are sent to: it writes down what it hears, and answers as it is told.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use test_observer::clock::Clock;
use tokio::task::JoinHandle;

use crate::support::TestApp;

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Answers with a status and a body.
    With(u16, String),
    /// Answers that what is asked for is elsewhere.
    Elsewhere(String),
    /// Never answers.
    Hang,
}

/// The server, as long as the test lasts.
pub(crate) struct Receiver {
    pub(crate) url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Heard {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

impl Receiver {
    /// Starts a server that answers so.
    pub(crate) async fn start(reply: impl Fn(&Heard) -> Reply + Clone + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let notes = heard.clone();
        let router = Router::new().fallback(move |request: Request| {
            let (reply, notes) = (reply.clone(), notes.clone());
            async move {
                let heard = note(request).await;
                let reply = reply(&heard);
                notes.lock().unwrap().push(heard);
                answer(reply).await
            }
        });
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, heard, task }
    }

    /// Starts a server that takes everything.
    pub(crate) async fn taking() -> Self {
        Self::start(|_| Reply::With(204, String::new())).await
    }

    /// Starts a server that takes nothing.
    pub(crate) async fn refusing(status: u16, body: &str) -> Self {
        let body = body.to_owned();
        Self::start(move |_| Reply::With(status, body.clone())).await
    }

    /// What it heard since the last time.
    pub(crate) fn take(&self) -> Vec<Heard> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    /// The same as objects, without what differs from run to run.
    pub(crate) fn take_objects(&self) -> Vec<Value> {
        let objects = self.take().into_iter().map(|heard| heard.json());
        objects
            .map(|mut object| {
                let fields = object.as_object_mut().unwrap();
                assert!(fields.remove("id").is_some() && fields.remove("created_at").is_some(), "{fields:?}");
                object
            })
            .collect()
    }
}

async fn note(request: Request) -> Heard {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, 1_000_000).await.unwrap();
    Heard {
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        headers: parts.headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

async fn answer(reply: Reply) -> Response {
    match reply {
        Reply::With(status, body) => (StatusCode::from_u16(status).unwrap(), body).into_response(),
        Reply::Elsewhere(url) => (StatusCode::FOUND, [("location", url)]).into_response(),
        Reply::Hang => std::future::pending().await,
    }
}

/// A clock that goes on when it is told to.
#[derive(Clone)]
pub(crate) struct Hands(Arc<Mutex<DateTime<Utc>>>);

impl Hands {
    pub(crate) fn go_on(&self, time: TimeDelta) {
        *self.0.lock().unwrap() += time;
    }
}

/// The application at a time that stands still until the hands are moved.
pub(crate) fn with_hands(app: TestApp) -> (TestApp, Hands) {
    let hands = Hands(Arc::new(Mutex::new("2031-05-04T03:02:01Z".parse().unwrap())));
    let shown = hands.0.clone();
    (app.with_clock(Clock::from_fn(move || *shown.lock().unwrap())), hands)
}

/// The application whose operator lets webhooks lead to the tests' servers.
pub(crate) fn with_local_webhooks(app: TestApp) -> TestApp {
    app.with_settings(|settings| settings.webhook_hosts = Arc::new(["127.0.0.1".to_owned()].into()))
}
