//! Metrics of results: counted from the database, on both, in the background.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::postgres::PgPool;

use crate::metrics::{Watched, lines};
use crate::support::Database;

const COMMON: &str = r#"family="charm",artefact_name="hello",artefact_stage="edge",track="1",series="",os="",environment_name="lab \"3\"",test_plan="smoke",test_name="boots",status="FAILED""#;

struct Caller<'a> {
    watched: &'a Watched,
    key: &'a str,
}

impl Caller<'_> {
    async fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let method: reqwest::Method = method.parse().unwrap();
        let request = self.watched.client.request(method, format!("{}{path}", self.watched.server.url));
        let answer = request.bearer_auth(self.key).json(body).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// A run of a charm in some version, with one failure; the id of the result.
    async fn report(&self, revision: i64) -> (i64, i64) {
        let charm = json!({
            "family": "charm", "name": "hello", "version": revision.to_string(), "revision": revision, "track": "1", "arch": "amd64",
            "environment": "lab \"3\"", "test_plan": "smoke", "execution_stage": "edge",
        });
        let execution = self.send("PUT", "/v1/test-executions/start-test", &charm).await["id"].as_i64().unwrap();
        let results = format!("/v1/test-executions/{execution}/test-results");
        self.send("POST", &results, &json!([{"name": "boots", "status": "FAILED"}])).await;
        let stored = self.send("GET", &results, &Value::Null).await;
        (execution, stored[0]["id"].as_i64().unwrap())
    }

    /// Waits until these are all samples of a gauge, each behind the common labels.
    async fn expect(&self, gauge: &str, samples: &[&str]) {
        let samples: Vec<String> = samples.iter().map(|sample| format!("{COMMON}{sample}")).collect();
        self.expect_whole(gauge, &samples).await;
    }

    /// The same with all labels.
    async fn expect_whole(&self, gauge: &str, samples: &[String]) {
        let beginning = format!("{gauge}{{");
        let samples: Vec<String> = samples.iter().map(|sample| format!("{beginning}{sample}")).collect();
        let began = Instant::now();
        loop {
            let text = self.watched.scrape().await;
            let found = lines(&text, &beginning);
            if found == samples {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{found:#?}, not {samples:#?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn check_gauges(database: Database) {
    let key = database.add_key();
    let watched = Watched::start(&database, &[("METRICS_REFRESH_SECONDS", "1")]);
    let caller = Caller { watched: &watched, key: &key };
    let (execution, result) = caller.report(1).await;
    // Versions are not told apart.
    caller.report(2).await;
    caller.expect("test_observer_test_results", &["} 2"]).await;
    caller.expect("test_observer_test_results_triaged", &[]).await;

    let issue = caller.send("PUT", "/v1/issues", &json!({"url": "https://github.com/acme/radio/issues/7"})).await;
    let issue = format!("/v1/issues/{}", issue["id"]);
    caller.send("POST", &format!("{issue}/attach"), &json!({"test_results": [result]})).await;
    let triaged = r#",issue_source="github",issue_project="acme/radio",issue_key="7"} 1"#;
    caller.expect("test_observer_test_results_triaged", &[triaged]).await;
    caller.send("POST", &format!("{issue}/detach"), &json!({"test_results": [result]})).await;
    caller.expect("test_observer_test_results_triaged", &[]).await;

    let metadata = json!({"execution_metadata": {"kernel": ["6.8", "6.9"]}});
    caller.send("PATCH", &format!("/v1/test-executions/{execution}"), &metadata).await;
    let pairs = [
        r#",metadata_category="kernel",metadata_value="6.8"} 1"#,
        r#",metadata_category="kernel",metadata_value="6.9"} 1"#,
    ];
    caller.expect("test_observer_test_results_metadata", &pairs).await;
    // A result that is replaced is there once.
    let results = format!("/v1/test-executions/{execution}/test-results");
    caller.send("POST", &results, &json!([{"name": "boots", "status": "FAILED", "comment": "again"}])).await;
    caller.expect("test_observer_test_results", &["} 2"]).await;
    // What is older than a month does not count.
    database.run("UPDATE test_result SET created_at = '2001-01-01T00:00:00+00:00'").await;
    for gauge in ["test_observer_test_results", "test_observer_test_results_metadata"] {
        caller.expect(gauge, &[]).await;
    }
    check_families(&caller).await;
}

/// What a family does not have is empty.
async fn check_families(caller: &Caller<'_>) {
    let deb = json!({
        "family": "deb", "name": "hello", "version": "1", "arch": "amd64", "environment": "lab", "test_plan": "smoke",
        "series": "noble", "repo": "main", "execution_stage": "proposed",
    });
    let image = json!({
        "family": "image", "name": "noble-server", "version": "1", "arch": "amd64", "environment": "rack",
        "test_plan": "boot", "os": "ubuntu", "release": "noble", "sha256": "abc", "owner": "o",
        "image_url": "https://images.example/noble", "execution_stage": "pending",
    });
    for (start, status) in [(deb, "PASSED"), (image, "SKIPPED")] {
        let execution = caller.send("PUT", "/v1/test-executions/start-test", &start).await;
        let results = format!("/v1/test-executions/{}/test-results", execution["id"]);
        caller.send("POST", &results, &json!([{"name": "boots", "status": status}])).await;
    }
    let samples = [
        r#"family="deb",artefact_name="hello",artefact_stage="proposed",track="",series="noble",os="",environment_name="lab",test_plan="smoke",test_name="boots",status="PASSED"} 1"#,
        r#"family="image",artefact_name="noble-server",artefact_stage="pending",track="",series="",os="ubuntu",environment_name="rack",test_plan="boot",test_name="boots",status="SKIPPED"} 1"#,
    ];
    caller.expect_whole("test_observer_test_results", &samples.map(str::to_owned)).await;
}

#[tokio::test]
async fn gauges_follow_the_database_on_sqlite() {
    check_gauges(Database::sqlite()).await;
}

#[tokio::test]
async fn gauges_follow_the_database_on_postgres() {
    check_gauges(Database::postgres().await).await;
}

#[tokio::test]
async fn of_too_many_series_some_are_told_and_the_rest_is_counted() {
    let database = Database::sqlite();
    let key = database.add_key();
    let watched = Watched::start(&database, &[("METRICS_REFRESH_SECONDS", "1"), ("METRICS_MAX_SERIES", "1")]);
    let caller = Caller { watched: &watched, key: &key };
    let (execution, _) = caller.report(1).await;
    let results = format!("/v1/test-executions/{execution}/test-results");
    caller
        .send("POST", &results, &json!([{"name": "sleeps", "status": "PASSED"}, {"name": "wakes", "status": "PASSED"}]))
        .await;
    caller.expect("test_observer_test_results", &["} 1"]).await;
    let dropped = r#"test_observer_metrics_series_dropped{metric="test_observer_test_results"} 2"#;
    let began = Instant::now();
    while !watched.scrape().await.lines().any(|line| line == dropped) {
        assert!(began.elapsed() < Duration::from_secs(30), "{}", watched.scrape().await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn results_are_not_counted_where_nobody_wants_it() {
    let database = Database::sqlite();
    let watched = Watched::start(&database, &[("METRICS_INIT_ENABLED", "false")]);
    watched.server.wait_for_line("results are not counted");
    assert!(!watched.scrape().await.contains("test_observer_test_results"));
}

/// As slow as can be: somebody keeps the table, and counting waits for it.
#[tokio::test]
async fn nobody_waits_for_counting() {
    let database = Database::postgres().await;
    let pool = PgPool::connect(&database.url).await.unwrap();
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE test_result IN ACCESS EXCLUSIVE MODE").execute(&mut *lock).await.unwrap();
    let began = Instant::now();
    let mut watched = Watched::start(&database, &[]);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%AS kind_id%' AND pid <> pg_backend_pid()";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&pool).await.unwrap() == 0 {
        assert!(began.elapsed() < Duration::from_mins(1), "nothing is counted");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Probes and metrics are answered meanwhile.
    let live = watched.client.get(format!("{}/health/live", watched.server.url)).timeout(Duration::from_secs(5));
    assert!(live.send().await.unwrap().status().is_success());
    assert!(watched.scrape().await.contains("http_requests_inprogress"));
    watched.server.send_signal("-TERM");
    let began = Instant::now();
    let status = watched.server.child.wait().unwrap();
    assert!(status.success() && began.elapsed() < Duration::from_secs(15), "{status} after {:?}", began.elapsed());
    drop(lock);
}
