//! Trackers of issues for tests: one server that speaks as GitHub, Jira and Launchpad do, and says what a test wants.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use chrono::TimeDelta;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use test_observer::integrations::github::GithubApp;
use test_observer::integrations::jira::JiraSettings;
use test_observer::service::jobs::issue_sync::IssueSyncSettings;

use crate::support::TestApp;

/// The private key of the app at GitHub.
pub(crate) const APP_KEY: &str = include_str!("saml_keys/rsa.key.pem");

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// `GET /path?query`
    pub(crate) line: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Value,
}

#[derive(Default)]
struct State {
    /// What is said to each request, one after the other; the last for ever.
    replies: HashMap<String, Vec<Reply>>,
    asked: Vec<Asked>,
    under_way: usize,
    most_under_way: usize,
}

/// The server.
pub(crate) struct TrackerServer {
    url: String,
    state: Arc<Mutex<State>>,
}

impl Reply {
    pub(crate) fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl TrackerServer {
    /// Lets the app in at GitHub, and knows no issue yet.
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = state.clone();
        let router = Router::new().fallback(move |request: Request| answer(shared.clone(), request));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let server = Self { url, state };
        server.show("GET /github/app/installations", &[Reply::new(200, json!([{"id": 31}, {"id": 32}]))]);
        let token = json!({"token": "ghs_x", "expires_at": "2031-01-01T00:00:00Z"});
        server.show("POST /github/app/installations/31/access_tokens", &[Reply::new(201, token)]);
        server
    }

    /// From now on says this to that request, one after the other.
    pub(crate) fn show(&self, line: &str, replies: &[Reply]) {
        self.state.lock().unwrap().replies.insert(line.to_owned(), replies.to_vec());
    }

    /// An issue of `acme/radio` at GitHub.
    pub(crate) fn show_github(&self, number: i64, title: &str, state: &str, labels: &[&str]) {
        let labels: Vec<Value> = labels.iter().map(|name| json!({"id": 1, "name": name, "color": "f00"})).collect();
        let issue = json!({"number": number, "title": title, "state": state, "state_reason": null, "labels": labels});
        self.show(&github_line(number), &[Reply::new(200, issue)]);
    }

    /// An issue at Jira.
    pub(crate) fn show_jira(&self, key: &str, summary: &str, status: &str, labels: &[&str]) {
        let fields = json!({"summary": summary, "status": {"name": status, "id": "1"}, "labels": labels});
        let line = format!("GET /jira/cloud/rest/api/3/issue/{key}?fields=summary%2Cstatus%2Clabels");
        self.show(&line, &[Reply::new(200, json!({"id": "1", "key": key, "fields": fields}))]);
    }

    /// A bug at Launchpad with its tasks, each the name of its target and its status.
    pub(crate) fn show_launchpad(&self, id: i64, title: &str, tags: &[&str], tasks: &[(&str, &str)]) {
        let bug = json!({"id": id, "title": title, "tags": tags, "web_link": format!("https://bugs/{id}")});
        self.show(&format!("GET /lp/devel/bugs/{id}"), &[Reply::new(200, bug)]);
        let task = |(name, status): &(&str, &str)| {
            json!({"bug_target_name": name, "bug_target_display_name": name, "status": status,
                   "self_link": format!("https://lp/{name}/+bug/{id}")})
        };
        let tasks: Vec<Value> = tasks.iter().map(task).collect();
        let tasks = json!({"start": 0, "total_size": tasks.len(), "entries": tasks});
        self.show(&format!("GET /lp/devel/bugs/{id}/bug_tasks"), &[Reply::new(200, tasks)]);
    }

    /// What came since this was asked last.
    pub(crate) fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }

    /// The same, the lines that ask for an issue alone, sorted.
    pub(crate) fn take_lines(&self) -> Vec<String> {
        let asked = self.take_asked().into_iter().map(|asked| asked.line);
        let mut lines: Vec<String> = asked.filter(|line| !line.contains("/app/installations")).collect();
        lines.sort();
        lines
    }

    /// As many requests were under way at once at most.
    pub(crate) fn most_under_way(&self) -> usize {
        self.state.lock().unwrap().most_under_way
    }

    /// The application with these trackers.
    pub(crate) fn serve(&self, app: TestApp) -> TestApp {
        let settings = self.settings();
        app.with_settings(|all| all.issue_sync = Some(settings))
    }

    pub(crate) fn settings(&self) -> IssueSyncSettings {
        IssueSyncSettings {
            github: GithubApp::new("77", APP_KEY),
            github_url: format!("{}/github", self.url),
            jira: Some(JiraSettings {
                base: format!("{}/jira/cloud", self.url),
                email: "bot@example.org".to_owned(),
                token: "secret".to_owned(),
            }),
            launchpad_url: format!("{}/lp/devel/", self.url),
            open_interval: Duration::from_hours(1),
            recently_closed_interval: Duration::from_hours(6),
            long_closed_interval: Duration::from_hours(168),
            long_ago: TimeDelta::days(30),
            batch_size: 50,
            retry_pause: Duration::from_millis(1),
        }
    }
}

/// The request for an issue of `acme/radio` at GitHub.
pub(crate) fn github_line(number: i64) -> String {
    format!("GET /github/repos/acme/radio/issues/{number}")
}

async fn answer(state: Arc<Mutex<State>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let line = format!("{} {}", parts.method, parts.uri);
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    let reply = {
        let mut state = state.lock().unwrap();
        state.asked.push(Asked { line: line.clone(), headers: parts.headers, body });
        state.under_way += 1;
        state.most_under_way = state.most_under_way.max(state.under_way);
        match state.replies.get_mut(&line) {
            Some(replies) if replies.len() > 1 => replies.remove(0),
            Some(replies) => replies[0].clone(),
            None => Reply::new(404, json!({"message": "Not Found"})),
        }
    };
    tokio::time::sleep(Duration::from_millis(5)).await;
    state.lock().unwrap().under_way -= 1;
    let body = if reply.status == 304 { Body::empty() } else { Body::from(reply.body.to_string()) };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap();
    for (name, value) in reply.headers {
        response.headers_mut().insert(name, HeaderValue::from_str(&value).unwrap());
    }
    response
}
