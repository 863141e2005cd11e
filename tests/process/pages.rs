//! The dashboard as a browser gets it: pages, files, and what is said to programs instead.

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, IF_NONE_MATCH};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{Database, Server};

const HTML: &str = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";

/// A server with one snap, whose one execution has one failed result.
struct Dashboard {
    server: Server,
    client: Client,
    artefact: i64,
    execution: i64,
    result: i64,
    _database: Database,
}

fn server(database: &Database) -> Server {
    Server::start(database, &[("SITE_ROOT", concat!(env!("CARGO_MANIFEST_DIR"), "/public"))])
}

fn client() -> Client {
    Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

impl Dashboard {
    async fn with_a_result() -> Self {
        let database = Database::sqlite();
        let key = database.add_key();
        let server = server(&database);
        let client = client();
        let url = format!("{}/v1/test-executions", server.url);
        let snap = json!({
            "family": "snap", "name": "core22", "version": "20230531", "arch": "armhf", "environment": "rpi4",
            "test_plan": "smoke", "revision": 1, "track": "22", "store": "ubuntu", "execution_stage": "beta",
        });
        let started = client.put(format!("{url}/start-test")).bearer_auth(&key).json(&snap).send().await.unwrap();
        let started: Value = started.json().await.unwrap();
        let execution = started["id"].as_i64().unwrap();
        let results = format!("{url}/{execution}/test-results");
        let batch = json!([{"name": "wifi", "status": "FAILED", "io_log": "<b>line"}]);
        client.post(&results).bearer_auth(&key).json(&batch).send().await.unwrap().error_for_status().unwrap();
        let stored: Value = client.get(&results).send().await.unwrap().json().await.unwrap();
        let artefacts: Value =
            client.get(format!("{}/v1/artefacts", server.url)).send().await.unwrap().json().await.unwrap();
        let (artefact, result) = (artefacts[0]["id"].as_i64().unwrap(), stored[0]["id"].as_i64().unwrap());
        Self { server, client, artefact, execution, result, _database: database }
    }

    async fn ask(&self, path: &str, accept: &str) -> Response {
        self.client.get(format!("{}{path}", self.server.url)).header(ACCEPT, accept).send().await.unwrap()
    }
}

#[tokio::test]
async fn an_empty_installation_shows_how_to_start_and_keeps_the_key_to_itself() {
    let database = Database::sqlite();
    let server = server(&database);
    for path in ["/", "/getting-started"] {
        let page = client().get(format!("{}{path}", server.url)).header(ACCEPT, HTML).send().await.unwrap();
        assert_eq!((page.status(), header(&page, "cache-control")), (StatusCode::OK, "no-store"));
        let page = page.text().await.unwrap();
        assert!(page.contains(&server.url) && page.contains("to_"), "{page}");
    }
}

#[tokio::test]
async fn pages_that_are_rendered_at_once_have_each_a_head_of_its_own() {
    let dashboard = Dashboard::with_a_result().await;
    let paths = [
        "/snaps".to_owned(),
        format!("/snaps/{}", dashboard.artefact),
        "/test-results".to_owned(),
        "/issues".to_owned(),
    ];
    let asked = paths.iter().cycle().take(200).map(async |path| {
        let page = dashboard.ask(path, HTML).await.text().await.unwrap();
        // The script itself, and the one that fetches what is special of this page.
        (page.matches("modulepreload").count(), page.matches("<title>").count())
    });
    assert_eq!(futures::future::join_all(asked).await, vec![(2, 1); 200]);
}

#[tokio::test]
async fn what_the_dashboard_fetches_is_compressed_and_what_programs_fetch_is_not() {
    let dashboard = Dashboard::with_a_result().await;
    let report = "/v1/reports/test-results";
    for (path, accepted, expected) in [
        ("/v1/test-results", "gzip, deflate, br, zstd", "br"),
        ("/v1/test-results", "gzip, deflate", ""),
        ("/v1/test-results", "", ""),
        (report, "gzip, deflate, br, zstd", ""),
        ("/v1/events", "gzip, deflate, br, zstd", ""),
    ] {
        let url = format!("{}{path}", dashboard.server.url);
        let answer = dashboard.client.get(url).header(ACCEPT_ENCODING, accepted).send().await.unwrap();
        assert_eq!(
            (answer.status(), header(&answer, "content-encoding")),
            (StatusCode::OK, expected),
            "{path} {accepted}"
        );
    }
}

#[tokio::test]
async fn a_browser_is_led_to_the_first_family_and_a_program_greeted() {
    let dashboard = Dashboard::with_a_result().await;
    let page = dashboard.ask("/", HTML).await;
    assert_eq!((page.status(), header(&page, "location")), (StatusCode::FOUND, "/snaps"));
    let greeting = dashboard.ask("/", "*/*").await;
    assert!(header(&greeting, "vary").contains("accept"));
    assert_eq!(greeting.json::<Value>().await.unwrap(), "test observer api");
}

#[tokio::test]
async fn pages_are_whole_and_obey_their_own_policy() {
    let dashboard = Dashboard::with_a_result().await;
    let answer = dashboard.ask("/snaps", HTML).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let policy = header(&answer, "content-security-policy").to_owned();
    let nonce = policy.split_once("'nonce-").unwrap().1.split_once('\'').unwrap().0;
    let page = answer.text().await.unwrap();
    assert!(page.contains("<title>Snap Update Verification – Test Observer</title>"), "{page}");
    assert!(page.contains(&format!("href=\"/snaps/{}\"", dashboard.artefact)) && page.contains("1 artefact"), "{page}");
    assert_eq!(page.matches("<script").count(), page.matches(&format!("nonce=\"{nonce}\"")).count(), "{page}");
    assert!(!page.contains(" style=\"") && !page.contains(" onclick="), "{page}");
    let again = dashboard.ask("/snaps", HTML).await;
    assert_ne!(header(&again, "content-security-policy"), policy, "the nonce is the same twice");
}

#[tokio::test]
async fn every_answer_tells_browsers_what_not_to_do_with_it() {
    let dashboard = Dashboard::with_a_result().await;
    let log = format!("/logs/{}/{}", dashboard.execution, dashboard.result);
    for (path, accept, is_page) in [
        ("/", HTML, false),
        ("/snaps", HTML, true),
        ("/snaps/", HTML, false),
        ("/snaps/999", HTML, true),
        ("/nowhere", HTML, true),
        ("/docs", HTML, true),
        ("/docs/start.js", "*/*", false),
        (log.as_str(), HTML, false),
        ("/favicon.svg", "*/*", false),
        ("/pkg/nothing.js", "*/*", false),
        ("/", "*/*", false),
        ("/v1/artefacts", "*/*", false),
        ("/v1/artefacts/abc", HTML, false),
        ("/v1/nowhere", "*/*", false),
        ("/openapi.json", "*/*", false),
    ] {
        let answer = dashboard.ask(path, accept).await;
        let policy = header(&answer, "content-security-policy");
        assert!(policy.starts_with("default-src ") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        // What is no page loads nothing and runs nothing, should a browser show it.
        assert_eq!(policy.starts_with("default-src 'none'; frame-ancestors 'none'"), !is_page, "{path}: {policy}");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(&answer, "referrer-policy"), "same-origin", "{path}");
        let rules = ["cross-origin-opener-policy", "permissions-policy"].map(|name| header(&answer, name));
        assert_eq!(rules.map(|rule| !rule.is_empty()), [is_page; 2], "{path}: {rules:?}");
        assert_eq!(header(&answer, "strict-transport-security"), "", "{path}");
    }
}

#[tokio::test]
async fn browsers_that_come_over_https_are_told_to_stay_there() {
    let dashboard = Dashboard::with_a_result().await;
    for path in ["/", "/snaps", "/nowhere", "/v1/artefacts", "/v1/nowhere", "/favicon.svg"] {
        for (protocol, expected) in [("https", "max-age=31536000"), ("http", "")] {
            let request = dashboard.client.get(format!("{}{path}", dashboard.server.url));
            let answer = request.header(ACCEPT, HTML).header("x-forwarded-proto", protocol).send().await.unwrap();
            assert_eq!(header(&answer, "strict-transport-security"), expected, "{path}");
        }
    }
}

#[tokio::test]
async fn caches_give_no_page_to_another_visitor() {
    let dashboard = Dashboard::with_a_result().await;
    let log = format!("/logs/{}/{}", dashboard.execution, dashboard.result);
    for path in ["/", "/snaps", "/nowhere", log.as_str()] {
        let answer = dashboard.ask(path, HTML).await;
        let varying: Vec<&str> = answer.headers().get_all("vary").iter().map(|names| names.to_str().unwrap()).collect();
        assert!(varying.contains(&"Cookie"), "{path}: {varying:?}");
    }
}

#[tokio::test]
async fn statuses_are_real() {
    let dashboard = Dashboard::with_a_result().await;
    let artefact = format!("/snaps/{}", dashboard.artefact);
    for (path, expected) in [
        (artefact.as_str(), StatusCode::OK),
        ("/snaps/999", StatusCode::NOT_FOUND),
        ("/snaps/x", StatusCode::NOT_FOUND),
        ("/nowhere", StatusCode::NOT_FOUND),
    ] {
        let answer = dashboard.ask(path, HTML).await;
        assert_eq!(answer.status(), expected, "{path}");
        assert!(header(&answer, "content-type").starts_with("text/html"), "{path}");
        assert!(answer.text().await.unwrap().contains("<h1"), "{path}");
    }
}

#[tokio::test]
async fn who_may_not_look_is_told_so_with_the_right_status() {
    let database = Database::sqlite();
    let server = Server::start(&database, &[("IGNORE_PERMISSIONS", "")]);
    let page = client().get(format!("{}/snaps", server.url)).header(ACCEPT, HTML).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::FORBIDDEN);
    assert!(page.text().await.unwrap().contains("<h1"));
}

#[tokio::test]
async fn programs_get_the_api_s_errors() {
    let dashboard = Dashboard::with_a_result().await;
    for (path, accept) in [("/nowhere", "*/*"), ("/v1/nowhere", HTML), ("/health/nowhere", HTML)] {
        let answer = dashboard.ask(path, accept).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.json::<Value>().await.unwrap(), json!({"detail": "Not Found"}), "{path}");
    }
}

#[tokio::test]
async fn wrong_families_and_trailing_slashes_are_put_right() {
    let dashboard = Dashboard::with_a_result().await;
    let query = format!("testExecutionId={}&testResultId={}", dashboard.execution, dashboard.result);
    let answer = dashboard.ask(&format!("/debs/{}?{query}", dashboard.artefact), HTML).await;
    assert_eq!(answer.status(), StatusCode::FOUND);
    assert_eq!(header(&answer, "location"), format!("/snaps/{}?{query}", dashboard.artefact));
    assert_eq!(header(&dashboard.ask("/snaps/", HTML).await, "location"), "/snaps");
}

#[tokio::test]
async fn public_files_are_revalidated() {
    let dashboard = Dashboard::with_a_result().await;
    let file = dashboard.ask("/favicon.svg", "*/*").await;
    assert_eq!((file.status(), header(&file, "content-type")), (StatusCode::OK, "image/svg+xml"));
    let again = dashboard.client.get(file.url().clone()).header(IF_NONE_MATCH, header(&file, "etag"));
    assert_eq!(again.send().await.unwrap().status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn logs_are_plain_text_and_nothing_else() {
    let dashboard = Dashboard::with_a_result().await;
    let log = dashboard.ask(&format!("/logs/{}/{}", dashboard.execution, dashboard.result), HTML).await;
    assert_eq!((log.status(), header(&log, "content-type")), (StatusCode::OK, "text/plain; charset=utf-8"));
    assert_eq!(header(&log, "x-content-type-options"), "nosniff");
    assert_eq!(log.text().await.unwrap(), "<b>line");
    assert_eq!(
        dashboard.ask(&format!("/logs/{}/999", dashboard.execution), HTML).await.status(),
        StatusCode::NOT_FOUND
    );
}

/// Rendering has hung under load in earlier versions of the framework: every page that is asked for has to come.
#[tokio::test(flavor = "multi_thread")]
async fn no_page_hangs_when_many_ask_at_once() {
    let dashboard = Dashboard::with_a_result().await;
    let open = format!("/snaps/{}?testExecutionId={}", dashboard.artefact, dashboard.execution);
    let paths = ["/", "/snaps", "/getting-started", "/nowhere", open.as_str()];
    let visitors = (0..32).map(|visitor| {
        let dashboard = &dashboard;
        async move {
            for turn in 0..40 {
                let path = paths[(visitor + turn) % paths.len()];
                let page = tokio::time::timeout(std::time::Duration::from_secs(30), dashboard.ask(path, HTML)).await;
                assert!(page.is_ok(), "{path} never came");
            }
        }
    });
    futures::future::join_all(visitors).await;
}

/// A rendering that was dropped half-way has kept its memory in earlier versions of this program.
#[tokio::test(flavor = "multi_thread")]
async fn readers_who_leave_cost_no_memory() {
    let dashboard = Dashboard::with_a_result().await;
    let url = format!("{}/snaps/{}", dashboard.server.url, dashboard.artefact);
    let visit = |patience: u64| {
        let request = dashboard.client.get(&url).header(ACCEPT, HTML);
        async move { request.timeout(std::time::Duration::from_millis(patience)).send().await.is_ok() }
    };
    let mut memory = Vec::new();
    // The first round is what the allocator needs for so many visitors at once. What leaks grows in every further one; what a
    // busy machine has not rendered yet when it is measured does not.
    for _ in 0..3 {
        let mut left = 0;
        for _ in 0..50 {
            let visits = futures::future::join_all((0..16).map(|visitor| visit(1 + visitor))).await;
            left += visits.iter().filter(|stayed| !**stayed).count();
        }
        assert!(left > 300, "only {left} readers left early");
        // What they asked for is still rendered to its end.
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        memory.push(dashboard.server.memory("VmRSS:"));
    }
    let grown = (memory[1] - memory[0]).min(memory[2] - memory[1]);
    assert!(grown < 20 * 1024, "memory grew by at least {grown} KiB in each round: {memory:?}");
}
