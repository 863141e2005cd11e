//! Metrics: the second listener, and what it tells of requests and of the process.

use std::net::TcpListener;

use reqwest::{Client, Method, StatusCode};
use serde_json::json;

use crate::support::{Database, Server};

/// A port that was free a moment ago.
pub(crate) fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

/// A server that tells metrics.
pub(crate) struct Watched {
    pub(crate) server: Server,
    pub(crate) client: Client,
    metrics: String,
}

impl Watched {
    pub(crate) fn start(database: &Database, variables: &[(&str, &str)]) -> Self {
        let port = free_port();
        let variables: Vec<_> =
            [("METRICS_PORT", port.as_str())].into_iter().chain(variables.iter().copied()).collect();
        let server = Server::start(database, &variables);
        server.wait_for_line("metrics are at");
        Self { server, client: Client::new(), metrics: format!("http://127.0.0.1:{port}") }
    }

    pub(crate) async fn scrape(&self) -> String {
        let answer = self.client.get(format!("{}/metrics", self.metrics)).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        answer.text().await.unwrap()
    }

    async fn ask(&self, method: &str, path: &str) -> StatusCode {
        let method: Method = method.parse().unwrap();
        let request = self.client.request(method, format!("{}{path}", self.server.url));
        request.header("accept", "text/html").send().await.unwrap().status()
    }
}

/// The lines of a text that begin so.
pub(crate) fn lines<'a>(text: &'a str, beginning: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.starts_with(beginning)).collect()
}

#[tokio::test]
async fn every_address_of_the_second_listener_tells_metrics_and_none_of_the_first() {
    let database = Database::sqlite();
    let watched = Watched::start(&database, &[]);
    for path in ["/", "/metrics", "/any/where?else=1"] {
        let answer = watched.client.get(format!("{}{path}", watched.metrics)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert!(
            answer.text().await.unwrap().contains("# TYPE test_observer_api_http_requests_total counter\n"),
            "{path}"
        );
    }
    assert_eq!(watched.ask("GET", "/metrics").await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_port_that_is_taken_is_no_reason_not_to_start() {
    let database = Database::sqlite();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let server = Server::start(&database, &[("METRICS_PORT", &port)]);
    assert!(server.wait_for_line("there are no metrics").contains(&port));
    assert!(reqwest::get(format!("{}/health/live", server.url)).await.unwrap().status().is_success());
}

#[tokio::test]
async fn requests_are_counted_by_the_templates_of_their_routes() {
    let database = Database::sqlite();
    let watched = Watched::start(&database, &[]);
    for (method, path, expected) in [
        ("GET", "/v1/artefacts/17", StatusCode::NOT_FOUND),
        ("GET", "/v1/artefacts/18", StatusCode::NOT_FOUND),
        ("GET", "/v1/artefacts", StatusCode::OK),
        ("DELETE", "/v1/artefacts", StatusCode::METHOD_NOT_ALLOWED),
        ("GET", "/v1/secret-place", StatusCode::NOT_FOUND),
        ("GET", "/secret-page", StatusCode::NOT_FOUND),
        ("GET", "/snaps/4711", StatusCode::NOT_FOUND),
        ("HEAD", "/v1/artefacts", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        assert_eq!(watched.ask(method, path).await, expected, "{method} {path}");
    }
    let text = watched.scrape().await;
    let mut requests = lines(&text, "test_observer_api_http_requests_total{");
    requests.retain(|line| !line.contains("handler=\"/snaps") && !line.contains("handler=\"/{"));
    let expected = [
        ("/v1/artefacts", "GET", "2xx", 1),
        ("/v1/artefacts/{artefact_id}", "GET", "4xx", 2),
        ("none", "GET", "4xx", 2),
        ("none", "HEAD", "4xx", 1),
        ("none", "DELETE", "4xx", 1),
    ]
    .map(|(handler, method, status, count)| {
        format!(r#"test_observer_api_http_requests_total{{handler="{handler}",method="{method}",status="{status}"}} {count}"#)
    });
    assert_eq!(requests, expected, "{text}");
    // The page counts once, by its own template, and what it asked the API does not count.
    assert_eq!(lines(&text, "test_observer_api_http_requests_total{").len(), expected.len() + 1, "{text}");
    for raw in ["secret", "4711", "17"] {
        assert!(
            !lines(&text, "test_observer_api").iter().any(|line| line.split(' ').next().unwrap().contains(raw)),
            "{raw}: {text}"
        );
    }
    let under_way = lines(&text, "http_requests_inprogress{");
    assert!(under_way.len() >= 5 && under_way.iter().all(|line| line.ends_with(" 0")), "{under_way:?}");
}

#[tokio::test]
async fn types_and_buckets_are_those_that_dashboards_know() {
    let database = Database::sqlite();
    let key = database.add_key();
    let watched = Watched::start(&database, &[]);
    let body = json!({"url": "https://github.com/acme/radio/issues/1"}).to_string();
    let request = watched.client.put(format!("{}/v1/issues", watched.server.url)).bearer_auth(key).body(body.clone());
    let answer = request.send().await.unwrap().error_for_status().unwrap();
    let size = answer.content_length().unwrap();
    let text = watched.scrape().await;
    for (name, kind) in [
        ("test_observer_api_http_requests_total", "counter"),
        ("test_observer_api_http_request_size_bytes", "summary"),
        ("test_observer_api_http_response_size_bytes", "summary"),
        ("test_observer_api_http_request_duration_highr_seconds", "histogram"),
        ("test_observer_api_http_request_duration_seconds", "histogram"),
        ("http_requests_inprogress", "gauge"),
        ("process_resident_memory_bytes", "gauge"),
        ("process_open_fds", "gauge"),
        ("process_start_time_seconds", "gauge"),
        ("process_cpu_seconds_total", "counter"),
        ("test_observer_db_connections", "gauge"),
    ] {
        assert_eq!(lines(&text, &format!("# TYPE {name} ")), [format!("# TYPE {name} {kind}")]);
    }
    let name = "test_observer_api_http";
    for (sample, value) in [("request", u64::try_from(body.len()).unwrap()), ("response", size)] {
        let labels = r#"{handler="/v1/issues"}"#;
        assert_eq!(
            lines(&text, &format!("{name}_{sample}_size_bytes_sum")),
            [format!("{name}_{sample}_size_bytes_sum{labels} {value}")]
        );
        assert_eq!(
            lines(&text, &format!("{name}_{sample}_size_bytes_count")),
            [format!("{name}_{sample}_size_bytes_count{labels} 1")]
        );
    }
    let bounds = |beginning: &str| -> Vec<String> {
        let buckets = lines(&text, beginning).into_iter();
        buckets.map(|line| line.split("le=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()).collect()
    };
    assert_eq!(
        bounds(&format!("{name}_request_duration_highr_seconds_bucket{{le=")).join(" "),
        "0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1.0 1.5 2.0 2.5 3.0 3.5 4.0 4.5 5.0 7.5 10.0 30.0 60.0 +Inf"
    );
    let of_route = format!("{name}_request_duration_seconds_bucket{{handler=\"/v1/issues\",method=\"PUT\",le=");
    assert_eq!(bounds(&of_route).join(" "), "0.1 0.5 1.0 +Inf");
}
