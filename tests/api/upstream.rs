//! A server that stands for those who are asked how far artefacts are, and remembers what it is asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use serde_json::json;
use test_observer::integrations::upstream::UpstreamSettings;
use tokio::sync::{OwnedRwLockWriteGuard, RwLock};

use crate::support::TestApp;

/// Longer than anything takes that happens at all.
const PATIENCE: Duration = Duration::from_secs(20);

/// By the path that they answer.
type Responses = HashMap<String, Response>;

/// What is answered, and the header by which it is known again, if any.
#[derive(Clone)]
struct Response {
    status: u16,
    body: Vec<u8>,
    mark: Option<(HeaderName, &'static str)>,
}

/// The server. What it has no answer to is not found.
#[derive(Clone, Default)]
pub(crate) struct Upstream {
    answers: Arc<Mutex<Responses>>,
    asked: Arc<Mutex<Vec<String>>>,
    gate: Arc<RwLock<()>>,
}

impl Upstream {
    /// Starts it, and lets the application ask it for everything: the archive below `/archive`, the ports below `/ports`, the
    /// trackers at `/status.json`.
    pub(crate) async fn start(app: TestApp) -> (TestApp, Self) {
        let upstream = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server = upstream.clone();
        let router = Router::new().fallback(move |uri: Uri, headers: HeaderMap| {
            let server = server.clone();
            async move { server.answer(&uri, &headers).await }
        });
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let app = app.with_settings(|settings| {
            settings.upstream = UpstreamSettings {
                deb_archive_url: format!("{base}/archive"),
                deb_ports_url: format!("{base}/ports"),
                kernel_tracker_url: format!("{base}/status.json"),
                snap_store_url: base,
            };
        });
        (app, upstream)
    }

    async fn answer(&self, uri: &Uri, headers: &HeaderMap) -> (StatusCode, HeaderMap, Vec<u8>) {
        let said = |before: &str, name: &str| {
            headers.get(name).map(|value| format!("{before}{}", value.to_str().unwrap())).unwrap_or_default()
        };
        let question = [
            uri.to_string(),
            said(" ", "snap-device-series"),
            said(" ", "snap-device-store"),
            said(" unless ", "if-none-match"),
            said(" since ", "if-modified-since"),
        ];
        self.asked.lock().unwrap().push(question.concat());
        drop(self.gate.read().await);
        let not_found = || {
            let body = json!({"error-list": [{"code": "resource-not-found", "message": "Nothing is called that"}]});
            Response { status: 404, body: body.to_string().into_bytes(), mark: None }
        };
        let response = self.answers.lock().unwrap().get(uri.path()).cloned().unwrap_or_else(not_found);
        let Some((name, value)) = response.mark else {
            return (StatusCode::from_u16(response.status).unwrap(), HeaderMap::new(), response.body);
        };
        let condition = if name == header::ETAG { header::IF_NONE_MATCH } else { header::IF_MODIFIED_SINCE };
        let marks: HeaderMap = [(name, HeaderValue::from_static(value))].into_iter().collect();
        if headers.get(condition).is_some_and(|known| known == value) {
            return (StatusCode::NOT_MODIFIED, marks, Vec::new());
        }
        (StatusCode::from_u16(response.status).unwrap(), marks, response.body)
    }

    /// Has an answer from now on.
    pub(crate) fn set(&self, path: &str, status: u16, body: impl Into<Vec<u8>>) {
        self.answers.lock().unwrap().insert(path.to_owned(), Response { status, body: body.into(), mark: None });
    }

    /// Knows an answer again by a header that it has from now on.
    pub(crate) fn mark(&self, path: &str, header: HeaderName, value: &'static str) {
        self.answers.lock().unwrap().get_mut(path).unwrap().mark = Some((header, value));
    }

    /// What was asked since the last time, sorted: path, series of devices, store, and by which mark an answer is known.
    pub(crate) fn take_asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.sort_unstable();
        asked
    }

    /// Holds back all answers until what this gives is dropped.
    pub(crate) async fn hold(&self) -> OwnedRwLockWriteGuard<()> {
        self.gate.clone().write_owned().await
    }

    /// Waits until so many questions have come.
    pub(crate) async fn wait_for_questions(&self, count: usize) {
        let come = async {
            while self.asked.lock().unwrap().len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, come).await.expect("too few questions came");
    }
}
