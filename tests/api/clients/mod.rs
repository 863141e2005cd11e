//! Programs that talk to this API already: each sends here what it sends in the field, byte for byte, and reads of the
//! answers what it reads there. What their habits impose on the API stands in `rules`, `refusals` and `names`.

mod charm_workflow;
mod generated;
mod images;
mod names;
mod pages;
mod refusals;
mod reports;
mod rules;
mod scripts;
mod testflinger;

use app::api::Permission;
use axum::http::Method;
use chrono::{DateTime, Utc};
use serde_json::Value;
use test_observer::clock::Clock;

use crate::support::{Answer, TestApp};

/// Where the clients believe the server to be.
const HOST: &str = "test-observer.example";

/// What everybody may do where reads are public.
const READS: &[Permission] = &[Permission::ViewArtefact, Permission::ViewTest, Permission::ViewRerun];

/// When a client says that it sends JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SaysJson {
    /// With every request, also where nothing follows.
    Always,
    /// Where something follows.
    WithABody,
    /// Not at all.
    Never,
}

/// A program, with the headers that it sends every time.
struct Client<'a> {
    app: &'a TestApp,
    says_json: SaysJson,
    headers: Vec<(&'static str, String)>,
}

impl<'a> Client<'a> {
    fn new(app: &'a TestApp, says_json: SaysJson, headers: &[(&'static str, &str)]) -> Self {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { app, says_json, headers }
    }

    /// `curl -H "Content-Type: application/json" -d BODY`: a type and a length every time, also with a GET.
    fn curl(app: &'a TestApp) -> Self {
        Self::new(app, SaysJson::Always, &[("Host", HOST), ("User-Agent", "curl/8.5.0"), ("Accept", "*/*")])
    }

    /// Python's `requests`, with `json=…`.
    fn requests(app: &'a TestApp) -> Self {
        let headers = [
            ("Host", HOST),
            ("User-Agent", "python-requests/2.31.0"),
            ("Accept-Encoding", "gzip, deflate"),
            ("Accept", "*/*"),
            ("Connection", "keep-alive"),
        ];
        Self::new(app, SaysJson::WithABody, &headers)
    }

    /// Python's `requests`, with `data=json.dumps(…)`: nothing says that it is JSON.
    fn old_requests(app: &'a TestApp) -> Self {
        Self { says_json: SaysJson::Never, ..Self::requests(app) }
    }

    /// Python's `httpx`, below a client that was generated from the API's document.
    fn httpx(app: &'a TestApp) -> Self {
        let headers = [
            ("Host", HOST),
            ("Accept", "*/*"),
            ("Accept-Encoding", "gzip, deflate"),
            ("Connection", "keep-alive"),
            ("User-Agent", "python-httpx/0.27.0"),
        ];
        Self::new(app, SaysJson::WithABody, &headers)
    }

    /// Go's `net/http`, which spells the header's name its own way.
    fn go(app: &'a TestApp) -> Self {
        let headers =
            [("Host", HOST), ("User-Agent", "Go-http-client/1.1"), ("X-Csrf-Token", "1"), ("Accept-Encoding", "gzip")];
        Self::new(app, SaysJson::Never, &headers)
    }

    /// A browser that shows a page of another origin.
    fn browser(app: &'a TestApp, origin: &str) -> Self {
        let headers = [
            ("Host", HOST),
            ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
            ("Accept", "*/*"),
            ("Accept-Language", "en-GB,en;q=0.5"),
            ("Accept-Encoding", "gzip, deflate, br, zstd"),
            ("Origin", origin),
            ("Sec-Fetch-Dest", "empty"),
            ("Sec-Fetch-Mode", "cors"),
            ("Sec-Fetch-Site", "cross-site"),
        ];
        Self::new(app, SaysJson::WithABody, &headers)
    }

    /// The same with one more header.
    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with a key.
    fn with_key(self, key: &str) -> Self {
        self.with("Authorization", format!("Bearer {key}"))
    }

    async fn send(&self, method: Method, path: &str, body: &str) -> Answer {
        let length = body.len().to_string();
        let mut headers: Vec<(&str, &str)> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let is_always = self.says_json == SaysJson::Always;
        if is_always || (self.says_json == SaysJson::WithABody && !body.is_empty()) {
            headers.push(("Content-Type", "application/json"));
        }
        if is_always || !body.is_empty() || !matches!(method, Method::GET | Method::OPTIONS) {
            headers.push(("Content-Length", length.as_str()));
        }
        self.app.request(method, path, &headers, body.to_owned()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "").await
    }

    async fn put(&self, path: &str, body: &str) -> Answer {
        self.send(Method::PUT, path, body).await
    }

    async fn post(&self, path: &str, body: &str) -> Answer {
        self.send(Method::POST, path, body).await
    }

    async fn patch(&self, path: &str, body: &str) -> Answer {
        self.send(Method::PATCH, path, body).await
    }

    async fn delete(&self, path: &str, body: &str) -> Answer {
        self.send(Method::DELETE, path, body).await
    }

    /// Starts a run and reads the id.
    async fn start(&self, body: &str) -> i64 {
        let answer = self.put("/v1/test-executions/start-test", body).await.ok();
        answer["id"].as_i64().unwrap_or_else(|| panic!("no id: {answer}"))
    }
}

/// An installation that asks nobody for these permissions.
fn open_to_all(app: TestApp, permissions: &[Permission]) -> TestApp {
    app.with_settings(|settings| settings.ignored_permissions = permissions.iter().copied().collect())
}

/// A clock that stands still.
fn standing_at(time: &str) -> Clock {
    let now: DateTime<Utc> = time.parse().unwrap();
    Clock::from_fn(move || now)
}

/// The path of an execution.
fn at(id: i64) -> String {
    format!("/v1/test-executions/{id}")
}

/// The items of a list.
#[track_caller]
fn items(list: &Value) -> &[Value] {
    list.as_array().unwrap_or_else(|| panic!("no list: {list}"))
}

/// What a client reads of each item of a list: a list of what stands at these places, and each has to be there.
#[track_caller]
fn read(list: &Value, places: &[&str]) -> Value {
    let place_in =
        |item: &Value, place: &str| item.pointer(place).unwrap_or_else(|| panic!("no {place}: {item}")).clone();
    let read_item = |item: &Value| places.iter().map(|place| place_in(item, place)).collect::<Vec<Value>>();
    items(list).iter().map(read_item).collect()
}
