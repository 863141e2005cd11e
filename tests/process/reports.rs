//! Reports that are larger than the memory they take.

use serde_json::{Value, json};

use crate::support::{Database, Server};

const VERSIONS: usize = 16;
const RUNS_OF_VERSION: usize = 8;
const RESULTS_OF_RUN: usize = 25;
const EVENTS_OF_RUN: usize = 10;
/// Both reports have about so many bytes in all.
const REPORT_BYTES: usize = 64_000_000;
/// By so much at most the memory of the server may grow while one is read, in KiB.
const MOST_GROWTH: i64 = 32 * 1024;

struct Caller<'a> {
    client: reqwest::Client,
    server: &'a Server,
    key: &'a str,
}

impl Caller<'_> {
    async fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let method: reqwest::Method = method.parse().unwrap();
        let request = self.client.request(method, format!("{}{path}", self.server.url));
        let answer = request.bearer_auth(self.key).json(body).send().await.unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    }

    /// Runs of some versions, with results of the same tests.
    async fn report_runs(&self) {
        let batch: Value =
            (0..RESULTS_OF_RUN).map(|n| json!({"name": format!("case {n}"), "status": "PASSED"})).collect();
        for run in 0..VERSIONS * RUNS_OF_VERSION {
            let start = json!({
                "family": "deb", "name": "hello", "version": (run / RUNS_OF_VERSION).to_string(), "arch": "amd64",
                "environment": "lab", "test_plan": "smoke", "series": "noble", "repo": "main",
                "execution_stage": "proposed",
            });
            let started = self.send("PUT", "/v1/test-executions/start-test", &start).await;
            self.send("POST", &format!("/v1/test-executions/{}/test-results", started["id"]), &batch).await;
        }
    }

    /// The rows of a report and its bytes, none of which is kept.
    async fn read(&self, path: &str) -> (usize, usize) {
        let request = self.client.get(format!("{}{path}", self.server.url)).bearer_auth(self.key);
        let mut answer = request.send().await.unwrap().error_for_status().unwrap();
        let (mut rows, mut bytes) = (0, 0);
        while let Some(piece) = answer.chunk().await.unwrap() {
            rows += String::from_utf8_lossy(&piece).matches('\n').count();
            bytes += piece.len();
        }
        // The head is none.
        (rows - 1, bytes)
    }
}

async fn check_memory(database: Database) {
    let key = database.add_key();
    let server = Server::start(&database, &[]);
    let caller = Caller { client: reqwest::Client::new(), server: &server, key: &key };
    caller.report_runs().await;
    let runs = VERSIONS * RUNS_OF_VERSION;
    let results = runs * RESULTS_OF_RUN;
    // Longer than anybody may send, so that few rows are a large report.
    let category = "c".repeat(REPORT_BYTES / results);
    database.run(&format!("UPDATE test_case SET category = '{category}'")).await;
    let time = "'2031-05-04T03:02:01+00:00'";
    let detail = "d".repeat(REPORT_BYTES / runs / EVENTS_OF_RUN);
    let events = format!(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {EVENTS_OF_RUN})
         INSERT INTO test_event (created_at, updated_at, event_name, timestamp, detail, test_execution_id)
         SELECT {time}, {time}, 'log', {time}, '{detail}', test_execution.id FROM test_execution CROSS JOIN numbers"
    );
    database.run(&events).await;
    for (path, expected) in [("/v1/reports/test-results", results), ("/v1/reports/test-executions", runs)] {
        let before = server.memory("VmHWM:");
        let (rows, bytes) = caller.read(path).await;
        assert!(rows == expected && bytes > REPORT_BYTES, "{path}: {rows} rows, {bytes} bytes");
        let grown = server.memory("VmHWM:") - before;
        assert!(grown < MOST_GROWTH, "{path}: memory grew by {grown} KiB for {bytes} bytes");
    }
}

#[tokio::test]
async fn a_report_of_any_length_takes_the_same_memory_on_sqlite() {
    check_memory(Database::sqlite()).await;
}

#[tokio::test]
async fn a_report_of_any_length_takes_the_same_memory_on_postgres() {
    check_memory(Database::postgres().await).await;
}
