//! Several server processes over one PostgreSQL server: what clients were told stays true while processes and connections end under
//! load, and what one process changes holds on all of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::postgres::PgPool;

use crate::cluster::Cluster;
use crate::support::{Database, Server};

const RUNNERS: usize = 9;
const BATCHES: i64 = 3;
const RESULTS_OF_BATCH: i64 = 12;
/// Between two disturbances.
const PAUSE: Duration = Duration::from_millis(600);
/// Between two tries of a runner.
const RETRY_PAUSE: Duration = Duration::from_millis(40);
/// Longer than anything takes that comes at all.
const PATIENCE: Duration = Duration::from_mins(1);

/// Says what it has to say again, to the next server, until it is answered: what careful clients do.
struct Runner {
    client: reqwest::Client,
    servers: Arc<Vec<String>>,
    key: String,
    place: usize,
    /// How often it had to say something again.
    repetitions: usize,
}

impl Runner {
    async fn say(&mut self, method: Method, path: &str, body: &Value, idempotency_key: Option<&str>) -> Value {
        let begin = Instant::now();
        loop {
            let url = format!("{}{path}", self.servers[self.place % self.servers.len()]);
            let mut request = self.client.request(method.clone(), url).bearer_auth(&self.key).json(body);
            if let Some(key) = idempotency_key {
                request = request.header("idempotency-key", key);
            }
            if let Some(answer) = read(path, request.send().await).await {
                return answer;
            }
            assert!(begin.elapsed() < PATIENCE, "{path} was not answered");
            self.place += 1;
            self.repetitions += 1;
            tokio::time::sleep(RETRY_PAUSE).await;
        }
    }

    /// Reports a whole run; its id.
    async fn report(&mut self, name: &str, knows_link: bool) -> i64 {
        // Half of the runs are known by their link, the others by nothing but the key of the request.
        let (link, key) =
            if knows_link { (json!(format!("https://ci.example/{name}")), None) } else { (Value::Null, Some(name)) };
        let mut body = start_body();
        body["ci_link"] = link;
        let started = self.say(Method::PUT, "/v1/test-executions/start-test", &body, key).await;
        let path = format!("/v1/test-executions/{}", started["id"]);
        for batch in 0..BATCHES {
            self.say(Method::POST, &format!("{path}/test-results"), &results(name, batch), None).await;
        }
        let link = json!({"label": name, "url": "https://logs.example"});
        self.say(Method::POST, &format!("{path}/links"), &link, Some(&format!("{name}-link"))).await;
        self.say(Method::PATCH, &path, &json!({"status": "COMPLETED"}), None).await;
        started["id"].as_i64().unwrap()
    }
}

/// The answer, if the request was done; nothing if it has to be made again. There is no third.
async fn read(path: &str, answer: reqwest::Result<reqwest::Response>) -> Option<Value> {
    let answer = answer.ok()?;
    let status = answer.status();
    let text = answer.text().await.ok()?;
    if status == StatusCode::SERVICE_UNAVAILABLE {
        return None;
    }
    assert!(status.is_success(), "{path}: {status} {text}");
    Some(serde_json::from_str(&text).unwrap())
}

fn start_body() -> Value {
    json!({
        "family": "deb", "name": "hello", "version": "1", "arch": "amd64", "environment": "lab", "test_plan": "smoke",
        "series": "noble", "repo": "main", "execution_stage": "proposed",
    })
}

/// All runners report the same cases, so that they have to agree on who makes them; each result says which run it is of.
fn results(run: &str, batch: i64) -> Value {
    let result =
        |n| json!({"name": format!("case {batch}/{n}"), "status": "PASSED", "comment": run, "io_log": "x".repeat(300)});
    (0..RESULTS_OF_BATCH).map(result).collect()
}

/// Reports runs until it is told to stop: the names of the runs by id, and how often it had to repeat itself.
async fn keep_reporting(mut runner: Runner, number: usize, is_over: Arc<AtomicBool>) -> (BTreeMap<i64, String>, usize) {
    let mut runs = BTreeMap::new();
    for n in 0.. {
        let name = format!("run-{number}-{n}");
        let id = runner.report(&name, n % 2 == 0).await;
        assert_eq!(runs.insert(id, name), None, "two runs have the id {id}");
        if is_over.load(Ordering::Relaxed) {
            break;
        }
    }
    (runs, runner.repetitions)
}

/// What is stored of a run: id, status, the counts beside it; its results, their cases, what they say at least and at most; its links.
type Stored = (i64, String, i32, i64, i64, Option<String>, Option<String>, i64);

async fn stored_runs(url: &str) -> Vec<Stored> {
    let pool = PgPool::connect(url).await.unwrap();
    let query = "SELECT execution.id, execution.status, execution.passed_count, COUNT(result.id),
             COUNT(DISTINCT result.test_case_id), MIN(result.comment), MAX(result.comment),
             (SELECT COUNT(*) FROM test_execution_relevant_link WHERE test_execution_id = execution.id)
         FROM test_execution AS execution LEFT JOIN test_result AS result ON result.test_execution_id = execution.id
         GROUP BY execution.id ORDER BY execution.id";
    sqlx::query_as(query).fetch_all(&pool).await.unwrap()
}

/// Cuts connections, kills a server process, crashes the database, and cuts connections again.
async fn disturb(cluster: &mut Cluster, victim: &mut Server) {
    tokio::time::sleep(PAUSE).await;
    assert!(cluster.cut_connections().await > 0);
    tokio::time::sleep(PAUSE).await;
    victim.send_signal("-KILL");
    victim.child.wait().unwrap();
    tokio::time::sleep(PAUSE).await;
    cluster.crash_and_start().await;
    tokio::time::sleep(PAUSE).await;
    assert!(cluster.cut_connections().await > 0);
    tokio::time::sleep(PAUSE).await;
}

/// Follows the events of a server, and writes down what is said.
async fn follow(server: &Server, key: &str) -> Arc<Mutex<String>> {
    let client = reqwest::Client::new();
    let mut stream = client.get(format!("{}/v1/events", server.url)).bearer_auth(key).send().await.unwrap();
    assert_eq!(stream.status(), 200);
    let said = Arc::new(Mutex::new(String::new()));
    let writer = said.clone();
    tokio::spawn(async move {
        while let Ok(Some(chunk)) = stream.chunk().await {
            writer.lock().unwrap().push_str(std::str::from_utf8(&chunk).unwrap());
        }
    });
    said
}

fn addresses(servers: &[Server]) -> Arc<Vec<String>> {
    Arc::new(servers.iter().map(|server| server.url.clone()).collect())
}

#[tokio::test]
async fn what_was_answered_stays_while_processes_and_connections_end_under_load() {
    let mut cluster = Cluster::start().await;
    let database = Database::made_on(&cluster.url).await;
    let key = database.add_key();
    let mut servers: Vec<Server> = (0..3).map(|_| Server::start(&database, &[])).collect();
    let said = follow(&servers[1], &key).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let runners: Vec<_> = (0..RUNNERS)
        .map(|number| {
            let (client, servers) = (reqwest::Client::new(), addresses(&servers));
            let runner = Runner { client, servers, key: key.clone(), place: number, repetitions: 0 };
            tokio::spawn(keep_reporting(runner, number, is_over.clone()))
        })
        .collect();

    disturb(&mut cluster, &mut servers[0]).await;
    is_over.store(true, Ordering::Relaxed);

    let mut expected = BTreeMap::new();
    let mut repetitions = 0;
    for runner in runners {
        let (runs, repeated) = runner.await.unwrap();
        repetitions += repeated;
        for (id, name) in runs {
            assert_eq!(expected.insert(id, name), None, "two runners have the run {id}");
        }
    }
    assert!(repetitions > 0, "nothing was disturbed");
    let results = BATCHES * RESULTS_OF_BATCH;
    let count = i32::try_from(results).unwrap();
    let expected: Vec<Stored> = expected
        .into_iter()
        .map(|(id, name)| (id, "PASSED".to_owned(), count, results, results, Some(name.clone()), Some(name), 1))
        .collect();
    assert_eq!(stored_runs(&database.url).await, expected);

    // Whoever has followed all the while knows that something was missed, and hears what comes now.
    assert!(said.lock().unwrap().contains("event: refresh"), "{}", said.lock().unwrap());
    let mut late = Runner {
        client: reqwest::Client::new(),
        servers: Arc::new(vec![servers[2].url.clone()]),
        key,
        place: 0,
        repetitions: 0,
    };
    let mut events = Vec::new();
    let begin = Instant::now();
    while !events.iter().any(|event: &String| said.lock().unwrap().contains(event)) {
        assert!(begin.elapsed() < PATIENCE, "no event came");
        // While the connection that listens is made anew, an event is told as another refresh.
        let execution = late.report(&format!("late-{}", events.len()), true).await;
        events.push(format!("\"test_execution_id\":{execution}}}"));
        tokio::time::sleep(PAUSE).await;
    }
}

/// What a request that has to succeed is answered.
async fn done(request: reqwest::RequestBuilder) -> Value {
    request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
}

/// Whether a server attaches an issue to the only result of a new run.
async fn attaches(server: &Server, key: &str) -> bool {
    let client = reqwest::Client::new();
    let executions = format!("{}/v1/test-executions", server.url);
    let started = done(client.put(format!("{executions}/start-test")).bearer_auth(key).json(&start_body())).await;
    let results = format!("{executions}/{}/test-results", started["id"]);
    let batch = json!([{"name": "flaky", "status": "FAILED"}]);
    done(client.post(&results).bearer_auth(key).json(&batch)).await;
    let stored = done(client.get(&results).bearer_auth(key)).await;
    !stored[0]["issues"].as_array().unwrap().is_empty()
}

#[tokio::test]
async fn a_rule_that_one_server_changes_the_others_obey_at_once() {
    let database = Database::postgres().await;
    let key = database.add_key();
    let servers: Vec<Server> = (0..3).map(|_| Server::start(&database, &[])).collect();
    // Each has the rules in memory before there is one.
    for server in &servers {
        assert!(!attaches(server, &key).await);
    }
    let client = reqwest::Client::new();
    let send = async |method, path: String, body: Value| {
        done(client.request(method, path).bearer_auth(&key).json(&body)).await
    };
    let url = json!({"url": "https://github.com/acme/radio/issues/7"});
    let issue = send(Method::PUT, format!("{}/v1/issues", servers[0].url), url).await["id"].clone();
    let rules = format!("/v1/issues/{issue}/attachment-rules");
    let rule = send(Method::POST, format!("{}{rules}", servers[0].url), json!({"test_case_names": ["flaky"]})).await;
    for (round, is_enabled) in [true, false, true, false, true].into_iter().enumerate() {
        if round > 0 {
            let path = format!("{}{rules}/{}", servers[round % 3].url, rule["id"]);
            send(Method::PATCH, path, json!({"enabled": is_enabled})).await;
        }
        for server in &servers {
            assert_eq!(attaches(server, &key).await, is_enabled, "in round {round}");
        }
    }
}
