//! Traces, which a collector of the test's own receives. Only with the feature `otlp`:
//! `scripts/with-postgres cargo test --features otlp --test process traces`.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use reqwest::Client;
use sqlx::postgres::PgPool;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver};

use crate::support::{Database, Server, run_with};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// Batches are sent after five seconds otherwise.
const SOON: (&str, &str) = ("OTEL_BSP_SCHEDULE_DELAY", "20");
/// What a client sends of its trace: version, trace, span, and that it is recorded.
const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Spans in protocol buffers, and the head they came with.
struct Batch {
    headers: HeaderMap,
    spans: Bytes,
}

impl Batch {
    fn has(&self, part: &[u8]) -> bool {
        self.spans.windows(part.len()).any(|window| window == part)
    }

    #[track_caller]
    fn assert_has(&self, part: &[u8]) {
        assert!(self.has(part), "{} in {}", part.escape_ascii(), self.spans.escape_ascii());
    }
}

/// A collector, on loopback.
struct Collector {
    endpoint: String,
    batches: UnboundedReceiver<Batch>,
}

impl Collector {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (sender, batches) = mpsc::unbounded_channel();
        let take = move |headers: HeaderMap, spans: Bytes| {
            // Nobody looks any longer when the test has ended.
            drop(sender.send(Batch { headers, spans }));
            std::future::ready(StatusCode::OK)
        };
        let router = Router::new().route("/v1/traces", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { endpoint, batches }
    }

    async fn receive(&mut self) -> Batch {
        tokio::time::timeout(Duration::from_mins(1), self.batches.recv()).await.expect("no spans came").unwrap()
    }
}

/// Lets a server end by itself, in good order.
fn stop(server: &mut Server) {
    server.send_signal("-TERM");
    assert!(server.child.wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_a_span_of_its_callers_trace_and_is_sent_before_the_server_ends() {
    let (database, mut collector) = (Database::sqlite(), Collector::start().await);
    let endpoint = collector.endpoint.clone();
    let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "x-collector-key=of-the-collector");
    let service = ("OTEL_SERVICE_NAME", "observer-of-the-test");
    let mut server = Server::start(&database, &[(ENDPOINT, &endpoint), headers, service, ("RUST_LOG", "info")]);
    let request = Client::new().get(format!("{}/v1/artefacts/471147?key=secret-query", server.url));
    let request = request.header("traceparent", CALLER).header("x-request-id", "the-traced-one");
    let answer = request.header("cookie", "other=secret-cookie").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    stop(&mut server);

    let batch = collector.receive().await;
    assert_eq!(batch.headers["content-type"], "application/x-protobuf");
    assert_eq!(batch.headers["x-collector-key"], "of-the-collector");
    // Each part with its number and its length before it.
    batch.assert_has(&[&[0x0a, 16][..], &0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes()[..]].concat());
    batch.assert_has(&[&[0x22, 8][..], &0xb7ad_6b71_6920_3331_u64.to_be_bytes()[..]].concat());
    let (name, of_a_server) = (b"GET /v1/artefacts/{artefact_id}", [0x30, 2]);
    batch.assert_has(&[&name[..], &of_a_server[..]].concat());
    batch.assert_has(&[&b"http.response.status_code"[..], &[0x12, 3, 0x18, 0x94, 0x03][..]].concat());
    for part in ["observer-of-the-test", "http.request.method", "http.route", "request.id", "the-traced-one"] {
        batch.assert_has(part.as_bytes());
    }
    for part in ["secret", "471147", "of-the-collector", "traceparent"] {
        assert!(!batch.has(part.as_bytes()), "{part} in {}", batch.spans.escape_ascii());
    }
    assert!(collector.batches.try_recv().is_err(), "one request is one span");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_one_span_in_a_trace_of_its_own_and_is_sent_while_the_server_runs_whatever_is_logged() {
    let (database, mut collector) = (Database::sqlite(), Collector::start().await);
    let endpoint = collector.endpoint.clone();
    let server = Server::start(&database, &[(ENDPOINT, &endpoint), SOON, ("RUST_LOG", "off,test_observer::cli=info")]);
    let page = Client::new().get(format!("{}/snaps", server.url)).header("accept", "text/html");
    assert_eq!(page.send().await.unwrap().status(), StatusCode::OK);
    let batch = collector.receive().await;
    batch.assert_has(b"GET /snaps");
    batch.assert_has(b"test-observer");
    assert!(!batch.has(b"/v1/"), "what a page asks is no span: {}", batch.spans.escape_ascii());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_of_a_server_whose_traces_are_disabled() {
    let (database, mut collector) = (Database::sqlite(), Collector::start().await);
    let endpoint = collector.endpoint.clone();
    let mut server = Server::start(&database, &[(ENDPOINT, &endpoint), ("OTEL_SDK_DISABLED", "true")]);
    let answer = Client::new().get(format!("{}/v1/version", server.url)).header("traceparent", CALLER).send().await;
    assert_eq!(answer.unwrap().status(), StatusCode::OK);
    stop(&mut server);
    assert!(collector.batches.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_is_told_and_holds_nobody_up() {
    let database = Database::sqlite();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://user:secret@{}", free.local_addr().unwrap());
    drop(free);
    let mut server = Server::start(&database, &[(ENDPOINT, &endpoint), SOON]);
    let answer = Client::new().get(format!("{}/v1/version", server.url)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let line = server.wait_for_line("traces are lost");
    assert!(line.contains("WARN") && !line.contains("secret"), "{line}");
    stop(&mut server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_never_answers_does_not_keep_a_server_from_ending() {
    let database = Database::sqlite();
    // It is connected to, and that is all.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let mut server = Server::start(&database, &[(ENDPOINT, &endpoint), SOON]);
    let answer = Client::new().get(format!("{}/v1/version", server.url)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let asked = Instant::now();
    stop(&mut server);
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    server.wait_for_line("the last traces may be lost");
}

/// Somebody keeps a table for a while, so that reading it takes long.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_statement_is_an_event_of_its_request_without_what_it_is_about() {
    let (database, mut collector) = (Database::postgres().await, Collector::start().await);
    let pool = PgPool::connect(&database.url).await.unwrap();
    let endpoint = collector.endpoint.clone();
    let mut server = Server::start(&database, &[(ENDPOINT, &endpoint), ("SLOW_STATEMENT_MS", "200")]);
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE artefact IN ACCESS EXCLUSIVE MODE").execute(&mut *lock).await.unwrap();
    let asking = tokio::spawn(Client::new().get(format!("{}/v1/artefacts/471147", server.url)).send());
    tokio::time::sleep(Duration::from_millis(500)).await;
    lock.rollback().await.unwrap();
    assert_eq!(asking.await.unwrap().unwrap().status(), StatusCode::NOT_FOUND);
    stop(&mut server);
    let batch = collector.receive().await;
    for part in ["slow statement", "FROM artefact", "GET /v1/artefacts/{artefact_id}"] {
        batch.assert_has(part.as_bytes());
    }
    assert!(!batch.has(b"471147"), "{}", batch.spans.escape_ascii());
}

#[test]
fn only_a_server_reads_where_traces_go_and_an_address_that_cannot_be_meant_is_not_shown() {
    let database = Database::sqlite();
    let variables = [(ENDPOINT, "secret@collector")];
    let (is_done, _, log) = run_with(&["serve", "--listen", "127.0.0.1:0", "--db", &database.url], &variables);
    assert!(!is_done);
    assert_eq!(log, "test-observer: OTEL_EXPORTER_OTLP_ENDPOINT: not an address of http or https\n");
    let (is_done, _, log) = run_with(&["openapi"], &variables);
    assert!(is_done, "{log}");
}
