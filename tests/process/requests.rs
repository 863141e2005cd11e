//! Ids of requests, and the log in which they are found again.

use std::time::Duration;

use reqwest::Client;
use serde_json::Value;
use sqlx::postgres::PgPool;

use crate::support::{Database, Server, run_with};

const SITE: (&str, &str) = ("SITE_ROOT", concat!(env!("CARGO_MANIFEST_DIR"), "/public"));
const JSON: (&str, &str) = ("LOG_FORMAT", "json");

/// The id of the answer to a request with or without one of its own.
async fn id_of(url: &str, own: Option<&str>) -> String {
    let mut request = Client::new().get(url).header("accept", "text/html");
    if let Some(own) = own {
        request = request.header("x-request-id", own);
    }
    request.send().await.unwrap().headers()["x-request-id"].to_str().unwrap().to_owned()
}

/// The next line of the log with the text in it, read as JSON.
fn next_line(server: &Server, text: &str) -> Value {
    let line = server.wait_for_line(text);
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[tokio::test]
async fn every_answer_has_an_id_and_a_sane_one_is_kept() {
    let database = Database::sqlite();
    let server = Server::start(&database, &[SITE]);
    let mut made = Vec::new();
    for path in
        ["/v1/artefacts", "/v1/artefacts/x", "/v1/nowhere", "/snaps", "/nowhere", "/favicon.svg", "/sentry-debug"]
    {
        let url = format!("{}{path}", server.url);
        assert_eq!(id_of(&url, Some("ci-4711.a_B")).await, "ci-4711.a_B", "{path}");
        made.push(id_of(&url, None).await);
        let long = "a".repeat(129);
        for odd in ["two words", "a=b", "", &long] {
            let id = id_of(&url, Some(odd)).await;
            assert_ne!(id, odd, "{path}");
            made.push(id);
        }
    }
    assert!(made.iter().all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())), "{made:?}");
    let count = made.len();
    made.sort();
    made.dedup();
    assert_eq!(made.len(), count, "ids were made twice");
}

#[tokio::test]
async fn what_is_logged_of_a_request_has_its_id_also_for_what_a_page_asks() {
    let database = Database::sqlite();
    let server =
        Server::start(&database, &[SITE, JSON, ("RUST_LOG", "warn,test_observer=info"), ("IGNORE_PERMISSIONS", "")]);
    for (path, id) in [("/v1/artefacts", "for-the-api"), ("/snaps", "for-a-page")] {
        assert_eq!(id_of(&format!("{}{path}?secret=1", server.url), Some(id)).await, id);
        let line = next_line(&server, "refused nobody");
        assert_eq!((&line["span"]["request.id"], &line["level"]), (&Value::from(id), &Value::from("INFO")), "{line}");
        assert!(line["timestamp"].is_string() && line["message"].is_string() && line["http.status"] == 403, "{line}");
    }
}

#[tokio::test]
async fn the_access_log_tells_routes_and_no_queries() {
    let database = Database::sqlite();
    let server = Server::start(&database, &[JSON, ("RUST_LOG", "info,access=debug")]);
    assert_eq!(id_of(&format!("{}/v1/artefacts/17?key=secret", server.url), Some("one")).await, "one");
    let line = next_line(&server, "answered");
    for (name, value) in [
        ("target", Value::from("access")),
        ("http.method", "GET".into()),
        ("http.route", "/v1/artefacts/{artefact_id}".into()),
        ("http.status", 404.into()),
    ] {
        assert_eq!(line[name], value, "{line}");
    }
    assert_eq!(line["span"]["request.id"], "one", "{line}");
    assert!(line["duration.us"].is_u64() && !line.to_string().contains("secret"), "{line}");
}

#[test]
fn a_format_that_there_is_not_is_named() {
    let (is_done, _, log) = run_with(&["openapi"], &[("LOG_FORMAT", "xml")]);
    assert!(!is_done && log == "test-observer: LOG_FORMAT: 'xml' is neither text nor json\n", "{log}");
}

#[cfg(not(feature = "otlp"))]
#[test]
fn who_wants_traces_of_a_program_without_them_is_told() {
    let wanted = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:secret@collector:4318");
    // With that it does not start, and the log comes to an end.
    let (is_done, _, log) = run_with(&["serve", "--listen", "127.0.0.1:0"], &[wanted, ("MAX_BODY_BYTES", "many")]);
    assert!(!is_done && log.contains("there are no traces: OTEL_EXPORTER_OTLP_ENDPOINT is set"), "{log}");
    assert!(log.contains("MAX_BODY_BYTES") && !log.contains("secret"), "{log}");
}

/// Somebody keeps a table for a while, so that reading it takes long.
#[tokio::test]
async fn a_slow_statement_is_logged_without_what_it_is_about() {
    let database = Database::postgres().await;
    let pool = PgPool::connect(&database.url).await.unwrap();
    let server = Server::start(&database, &[JSON, ("SLOW_STATEMENT_MS", "200")]);
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE artefact IN ACCESS EXCLUSIVE MODE").execute(&mut *lock).await.unwrap();
    let url = format!("{}/v1/artefacts/471147", server.url);
    let asking = tokio::spawn(async move { id_of(&url, Some("slow-one")).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    lock.rollback().await.unwrap();
    assert_eq!(asking.await.unwrap(), "slow-one");
    let line = next_line(&server, "slow-one");
    assert_eq!(line["level"], "WARN", "{line}");
    assert!(line["message"].as_str().unwrap().starts_with("slow statement"), "{line}");
    let statement = line["db.statement"].as_str().unwrap();
    assert!(statement.contains("FROM artefact") && !line.to_string().contains("471147"), "{line}");
}
