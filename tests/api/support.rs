//! What the tests share: an application over a database of its own, and requests through its router.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use app::api::Permission;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use test_observer::clock::Clock;
use test_observer::service::pattern_trials::{TrialLimit, TrialLimits};
use test_observer::service::{Service, Settings};
use test_observer::store::{Db, DbUrl};
use tokio::sync::Mutex;
use tower::ServiceExt;

/// Declares tests that run on both databases: `both! { async fn name(app: TestApp) { … } }`.
macro_rules! both {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident: TestApp) $body:block)+) => {
        $(
            $(#[$meta])*
            async fn $name($app: crate::support::TestApp) $body

            mod $name {
                #[tokio::test]
                async fn sqlite() {
                    super::$name(crate::support::TestApp::on_sqlite().await).await;
                }

                #[tokio::test]
                async fn postgres() {
                    super::$name(crate::support::TestApp::on_postgres().await).await;
                }
            }
        )+
    };
}

pub(crate) use both;

/// An application over a database that no other test uses.
pub(crate) struct TestApp {
    pub(crate) service: Service,
    pub(crate) raw: Raw,
    pub(crate) key: String,
    /// Largest body, in bytes.
    pub(crate) max_body_bytes: usize,
    /// The router for that limit: describing every route takes longer than answering.
    router: OnceLock<(usize, Router)>,
    _folder: Option<Folder>,
}

/// The same database past the application: for what no endpoint can set up.
pub(crate) enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// When rows that a test writes itself were made.
const LONG_AGO: &str = "2031-01-01T00:00:00+00:00";

static NEXT: AtomicU32 = AtomicU32::new(0);

fn unique_name() -> String {
    format!("to_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

impl TestApp {
    pub(crate) async fn on_sqlite() -> Self {
        let folder = std::env::temp_dir().join(unique_name());
        let path = folder.join("test.db");
        let db = Db::connect(&DbUrl::Sqlite(path.clone())).await.unwrap();
        db.migrate().await.unwrap();
        let raw =
            SqlitePool::connect_with(SqliteConnectOptions::new().filename(path).foreign_keys(true)).await.unwrap();
        Self::over(db, Raw::Sqlite(raw), Some(Folder(folder))).await
    }

    pub(crate) async fn on_postgres() -> Self {
        let name = create_postgres_database().await;
        let server = postgres_url();
        let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
        let db = Db::connect(&DbUrl::from_str(&url).unwrap()).await.unwrap();
        let raw = PgPool::connect(&url).await.unwrap();
        Self::over(db, Raw::Postgres(raw), None).await
    }

    async fn over(db: Db, raw: Raw, folder: Option<Folder>) -> Self {
        // Tests of everything else try wrong keys as often as they like.
        let settings = Settings { failed_keys_per_minute: 0, failed_logins_per_minute: 0, ..Settings::default() };
        let service = Service::new(db, Clock::system(), settings).with_seed(1);
        let key = service.add_application("tests", Permission::ALL).await.unwrap();
        Self {
            service,
            raw,
            key,
            max_body_bytes: test_observer::api::DEFAULT_MAX_BODY_BYTES,
            router: OnceLock::new(),
            _folder: folder,
        }
    }

    /// The same database under other settings.
    pub(crate) fn with_settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = (*self.service.settings).clone();
        change(&mut settings);
        self.router = OnceLock::new();
        self.service = Service::new(self.service.db.clone(), self.service.clock.clone(), settings).with_seed(1);
        self
    }

    /// The same database under another limit to what applying a rule, or a look at one, may look through.
    pub(crate) fn with_trial_limit(mut self, limit: TrialLimit) -> Self {
        self.router = OnceLock::new();
        self.service = self.service.with_trial_limits(TrialLimits { preview: limit, application: limit });
        self
    }

    /// The same database at another time.
    pub(crate) fn with_clock(mut self, clock: Clock) -> Self {
        self.router = OnceLock::new();
        self.service.clock = clock;
        self
    }

    fn router(&self) -> Router {
        let make = || test_observer::api::router(self.service.clone(), self.max_body_bytes);
        let (limit, router) = self.router.get_or_init(|| (self.max_body_bytes, make()));
        if *limit == self.max_body_bytes { router.clone() } else { make() }
    }

    /// Sends a request as it is, and reads nothing of the answer's body yet.
    pub(crate) async fn open(&self, request: Request<Body>) -> Response<Body> {
        let mut request = request;
        if request.extensions().get::<ConnectInfo<SocketAddr>>().is_none() {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000))));
        }
        self.router().oneshot(request).await.unwrap()
    }

    /// Sends a request as it is. Of an answer without end nothing is read.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.open(request).await.into_parts();
        let is_endless = parts.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let bytes = if is_endless { Bytes::new() } else { body.collect().await.unwrap().to_bytes() };
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// Sends a request with these headers and this body.
    pub(crate) async fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::new(body.into());
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().unwrap();
        for (name, value) in headers {
            let name = HeaderName::from_str(name).unwrap();
            request.headers_mut().append(name, HeaderValue::from_str(value).unwrap());
        }
        self.send(request).await
    }

    async fn with_key(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {}", self.key);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.request(method, path, &headers, body.map(Value::to_string).unwrap_or_default()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.with_key(Method::GET, path, None).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.with_key(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.with_key(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.with_key(Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.with_key(Method::DELETE, path, None).await
    }

    /// Sends a request with neither key nor session.
    pub(crate) async fn anonymous(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let headers = [("content-type", "application/json")];
        self.request(method, path, &headers, body.map(Value::to_string).unwrap_or_default()).await
    }

    /// Sends a request as an application with that key.
    pub(crate) async fn as_application(&self, key: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.request(method, path, &headers, body.map(Value::to_string).unwrap_or_default()).await
    }

    /// Sends a request as a browser that is in that session.
    pub(crate) async fn as_user(&self, session: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let headers = [("cookie", session), ("x-csrf-token", "1"), ("content-type", "application/json")];
        self.request(method, path, &headers, body.map(Value::to_string).unwrap_or_default()).await
    }

    /// Adds an application that may do these things; its key.
    pub(crate) async fn add_application(&self, permissions: &[Permission]) -> String {
        self.service.add_application(&unique_name(), permissions).await.unwrap()
    }

    /// Adds a person called `name`, with the mail address `name@example.org`; the id.
    pub(crate) async fn add_user(&self, name: &str) -> i64 {
        let sql = format!(
            "INSERT INTO app_user (email, name, created_at, updated_at)
             VALUES ('{name}@example.org', '{name}', '{LONG_AGO}', '{LONG_AGO}') RETURNING id"
        );
        self.raw.number(&sql).await
    }

    /// Adds an administrator; the id.
    pub(crate) async fn add_admin(&self, name: &str) -> i64 {
        let user = self.add_user(name).await;
        self.raw.run(&format!("UPDATE app_user SET is_admin = TRUE WHERE id = {user}")).await;
        user
    }

    /// Adds a team with these permissions and members; the id.
    pub(crate) async fn add_team(&self, name: &str, permissions: &[Permission], members: &[i64]) -> i64 {
        let permissions = json!(permissions);
        let sql = format!(
            "INSERT INTO team (name, permissions, created_at, updated_at)
             VALUES ('{name}', '{permissions}', '{LONG_AGO}', '{LONG_AGO}') RETURNING id"
        );
        let team = self.raw.number(&sql).await;
        for user in members {
            self.raw
                .run(&format!("INSERT INTO team_users_association (user_id, team_id) VALUES ({user}, {team})"))
                .await;
        }
        team
    }

    /// Adds a matching rule of the family for these teams; `criteria` names what artefacts must have. The id.
    pub(crate) async fn add_rule(&self, family: &str, criteria: &Value, grants: &[Permission], teams: &[i64]) -> i64 {
        let criteria = criteria.as_object().unwrap();
        let columns: String = criteria.keys().map(|name| format!("{name}, ")).collect();
        let values: String = criteria.values().map(|value| format!("'{}', ", value.as_str().unwrap())).collect();
        let grants = json!(grants);
        let sql = format!(
            "INSERT INTO artefact_matching_rule (family, {columns} grant_permissions, created_at, updated_at)
             VALUES ('{family}', {values} '{grants}', '{LONG_AGO}', '{LONG_AGO}') RETURNING id"
        );
        let rule = self.raw.number(&sql).await;
        for team in teams {
            let sql = format!(
                "INSERT INTO artefact_matching_rule_team_association (artefact_matching_rule_id, team_id)
                 VALUES ({rule}, {team})"
            );
            self.raw.run(&sql).await;
        }
        rule
    }

    /// Opens a session for a person; the `Cookie` header of their browser.
    pub(crate) async fn session(&self, user: i64) -> String {
        let sql = format!(
            "INSERT INTO user_session (user_id, expires_at, created_at, updated_at)
             VALUES ({user}, '2099-01-01T00:00:00+00:00', '{LONG_AGO}', '{LONG_AGO}') RETURNING id"
        );
        let session = self.raw.number(&sql).await;
        let secret = &self.service.settings.session_secrets[0];
        let value = test_observer::domain::session_cookie::sign(session, secret, self.service.clock.now());
        format!("session={value}")
    }

    /// Starts an execution and returns its id.
    pub(crate) async fn start(&self, body: &Value) -> i64 {
        let answer = self.put("/v1/test-executions/start-test", body).await;
        answer.ok()["id"].as_i64().unwrap()
    }

    /// Reports results, each `(name, status)`.
    pub(crate) async fn report(&self, execution: i64, results: &[(&str, &str)]) {
        let results: Vec<Value> =
            results.iter().map(|(name, status)| json!({"name": name, "status": status})).collect();
        self.post(&format!("/v1/test-executions/{execution}/test-results"), &json!(results)).await.ok();
    }

    /// The execution as the API shows it.
    pub(crate) async fn execution(&self, id: i64) -> Value {
        self.get(&format!("/v1/test-executions/{id}")).await.ok()
    }

    /// The artefact as the API shows it.
    pub(crate) async fn artefact(&self, id: i64) -> Value {
        self.get(&format!("/v1/artefacts/{id}")).await.ok()
    }

    /// The artefact an execution ran on.
    pub(crate) async fn artefact_of(&self, execution: i64) -> i64 {
        let query = "SELECT artefact_id FROM artefact_build JOIN test_execution
                     ON test_execution.artefact_build_id = artefact_build.id WHERE test_execution.id =";
        self.raw.number(&format!("{query} {execution}")).await
    }

    /// The id of the artefact that is alone in its family, or the newest in it.
    pub(crate) async fn newest_artefact(&self) -> i64 {
        self.raw.number("SELECT MAX(id) FROM artefact").await
    }
}

impl Answer {
    /// The body of a success.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        self.json()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The keys of the body, in the order in which they come, with blanks between them. No text in it may have quotation marks.
    pub(crate) fn keys(&self) -> String {
        let text = self.text();
        let parts: Vec<&str> = text.split('"').collect();
        let strings = parts.windows(2).skip(1).step_by(2);
        let keys: Vec<&str> = strings.filter(|pair| pair[1].starts_with(':')).map(|pair| pair[0]).collect();
        keys.join(" ")
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// A refusal whose detail is this text.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, detail: &str) {
        assert_eq!((self.status.as_u16(), self.json()), (status, json!({"detail": detail})));
    }

    /// The `(type, loc)` of each problem of malformed input.
    #[track_caller]
    pub(crate) fn problems(&self) -> Vec<(String, Value)> {
        assert_eq!(self.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", self.text());
        let body = self.json();
        let problems = body["detail"].as_array().unwrap_or_else(|| panic!("no list: {body}"));
        problems.iter().map(|problem| (problem["type"].as_str().unwrap().to_owned(), problem["loc"].clone())).collect()
    }
}

impl Raw {
    /// Runs statements that both databases understand.
    pub(crate) async fn run(&self, sql: &str) {
        self.try_run(sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    pub(crate) async fn try_run(&self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Sqlite(pool) => sql.execute(pool).await.map(|_| ()),
            Self::Postgres(pool) => sql.execute(pool).await.map(|_| ()),
        }
    }

    /// The one number a query gives.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let query = sqlx::AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(pool) => sqlx::query_scalar(query).fetch_one(pool).await.unwrap(),
            Self::Postgres(pool) => sqlx::query_scalar(query).fetch_one(pool).await.unwrap(),
        }
    }

    /// The texts a query gives.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        let query = sqlx::AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(pool) => sqlx::query_scalar(query).fetch_all(pool).await.unwrap(),
            Self::Postgres(pool) => sqlx::query_scalar(query).fetch_all(pool).await.unwrap(),
        }
    }
}

/// Statements that ask for a rerun of the group of an execution, with a priority.
pub(crate) fn rerun_of(execution: i64, priority: i64) -> String {
    format!(
        "INSERT INTO test_execution_rerun_request
             (test_plan_id, artefact_build_id, environment_id, priority, created_at, updated_at)
         SELECT test_plan_id, artefact_build_id, environment_id, {priority}, created_at, updated_at
         FROM test_execution WHERE id = {execution}"
    )
}

/// The fields of an object that the expectation names, to compare with it.
pub(crate) fn only(object: &Value, expected: &Value) -> Value {
    let names = expected.as_object().unwrap().keys();
    names.map(|name| (name.clone(), object[name].clone())).collect::<serde_json::Map<_, _>>().into()
}

/// A snap's start, with some fields changed; null removes one.
pub(crate) fn snap(changes: &Value) -> Value {
    let body = json!({
        "family": "snap", "name": "core22", "version": "20230531", "arch": "armhf", "environment": "rpi4",
        "test_plan": "smoke", "revision": 1, "track": "22", "store": "ubuntu", "execution_stage": "beta",
    });
    changed(body, changes)
}

/// A Debian package's start, with some fields changed; null removes one.
pub(crate) fn deb(changes: &Value) -> Value {
    let body = json!({
        "family": "deb", "name": "hello", "version": "2.10-3", "arch": "riscv64", "environment": "vf2-lab",
        "test_plan": "smoke", "series": "noble", "repo": "universe", "execution_stage": "proposed",
    });
    changed(body, changes)
}

/// A charm's start, with some fields changed; null removes one.
pub(crate) fn charm(changes: &Value) -> Value {
    let body = json!({
        "family": "charm", "name": "postgresql-k8s", "version": "123", "arch": "amd64", "environment": "juju",
        "test_plan": "integration", "revision": 123, "track": "14", "execution_stage": "candidate",
    });
    changed(body, changes)
}

/// An image's start, with some fields changed; null removes one.
pub(crate) fn image(changes: &Value) -> Value {
    let body = json!({
        "family": "image", "name": "noble-live-desktop-amd64", "version": "20240827", "arch": "amd64",
        "environment": "xps", "test_plan": "desktop", "os": "ubuntu", "release": "noble", "sha256": "abc123",
        "owner": "foundations", "image_url": "https://cdimage.example.org/noble.iso", "execution_stage": "pending",
    });
    changed(body, changes)
}

/// A solution's start, with some fields changed; null removes one.
pub(crate) fn solution(changes: &Value) -> Value {
    let body = json!({
        "family": "solution", "name": "stack", "version": "2", "arch": "amd64", "environment": "rack",
        "test_plan": "end-to-end", "track": "2", "source": "store", "execution_stage": "edge",
    });
    changed(body, changes)
}

fn changed(mut body: Value, changes: &Value) -> Value {
    let fields = body.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
    body
}

fn postgres_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        std::env::var("TEST_POSTGRES_URL").expect(
            "the tests need a PostgreSQL server: run them with `make test` or `scripts/with-postgres cargo test`",
        )
    })
}

/// An empty database beside the application's; its URL.
pub(crate) async fn create_database() -> String {
    let (server, name) = (PgPool::connect(postgres_url()).await.unwrap(), unique_name());
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&server).await.unwrap();
    server.close().await;
    format!("{}/{name}", postgres_url().rsplit_once('/').unwrap().0)
}

/// A database like the migrated one, which is made once and copied for each test.
async fn create_postgres_database() -> String {
    static TEMPLATE: Mutex<Option<String>> = Mutex::const_new(None);
    let options = PgConnectOptions::from_str(postgres_url()).unwrap();
    let server = PgPool::connect_with(options).await.unwrap();
    let create = |sql: String| {
        let server = server.clone();
        async move { sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&server).await.unwrap() }
    };
    // One copy at a time: PostgreSQL refuses to copy a database that somebody is connected to.
    let mut template = TEMPLATE.lock().await;
    if template.is_none() {
        let name = format!("{}_template", unique_name());
        create(format!("CREATE DATABASE {name}")).await;
        let url = format!("{}/{name}", postgres_url().rsplit_once('/').unwrap().0);
        let db = Db::connect(&DbUrl::from_str(&url).unwrap()).await.unwrap();
        db.migrate().await.unwrap();
        db.close().await;
        *template = Some(name);
    }
    let name = unique_name();
    create(format!("CREATE DATABASE {name} TEMPLATE {}", template.as_ref().unwrap())).await;
    server.close().await;
    name
}
