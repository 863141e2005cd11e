//! Mixed load: what runners, programs and people ask of a server, again and again about the same runs, so that the database
//! does not grow beside the server.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// Results of a run.
const RESULTS: usize = 20;
/// Size of a log, in bytes.
const LOG_BYTES: usize = 1_000;
/// Runs of an artefact.
const RUNS_OF_ARTEFACT: usize = 10;
/// As many pieces of a stream of events are read, before another one is opened.
const PIECES: usize = 50;
/// As long as somebody who follows events waits for one.
const PATIENCE: Duration = Duration::from_secs(2);

/// Workers that keep a server busy.
pub(crate) struct Load {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

struct Shared {
    client: reqwest::Client,
    url: String,
    key: String,
    /// Ids of what is read.
    artefacts: Vec<i64>,
    executions: Vec<i64>,
    next: AtomicUsize,
    is_over: AtomicBool,
    tally: Mutex<Tally>,
}

/// How requests were answered.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// How many, by the class of the status.
    classes: BTreeMap<&'static str, usize>,
    /// How long each took until its first byte, or all of it.
    times: Vec<Duration>,
}

impl Load {
    /// Makes so many runs, then begins to ask, with so many workers.
    pub(crate) async fn start(url: &str, key: &str, workers: usize, runs: usize) -> anyhow::Result<Self> {
        let mut shared = Shared {
            client: reqwest::Client::new(),
            url: url.to_owned(),
            key: key.to_owned(),
            artefacts: Vec::new(),
            executions: Vec::new(),
            next: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            tally: Mutex::default(),
        };
        for run in 0..runs {
            let id = shared.report(run, run).await.with_context(|| format!("run {run} could not be reported"))?;
            shared.executions.push(id);
        }
        let artefacts = shared.send(Method::GET, "/v1/artefacts?family=deb", None).await.context("no artefacts")?;
        shared.artefacts = artefacts.as_array().into_iter().flatten().filter_map(|it| it["id"].as_i64()).collect();
        shared.take();
        let shared = Arc::new(shared);
        let workers = (0..workers).map(|number| tokio::spawn(work(shared.clone(), number))).collect();
        Ok(Self { shared, workers })
    }

    /// What happened since the last time.
    pub(crate) fn take(&self) -> Tally {
        self.shared.take()
    }

    /// Waits until all have been answered.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.shared.is_over.store(true, Ordering::Relaxed);
        for worker in self.workers {
            worker.await?;
        }
        Ok(())
    }
}

impl Tally {
    /// How many requests were not answered as they should be.
    pub(crate) fn failures(&self) -> usize {
        self.classes.iter().filter(|(class, _)| !matches!(**class, "2xx" | "3xx")).map(|(_, count)| count).sum()
    }

    /// How many requests there were.
    pub(crate) fn requests(&self) -> usize {
        self.times.len()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut times = self.times.clone();
        times.sort_unstable();
        let ms = |percent: usize| times.get(times.len() * percent / 100).map_or(0.0, |time| time.as_secs_f64() * 1e3);
        write!(f, "{:>8} requests, p50 {:>7.1} ms, p99 {:>7.1} ms,", times.len(), ms(50), ms(99))?;
        self.classes.iter().try_for_each(|(class, count)| write!(f, " {class}: {count}"))
    }
}

/// Of eight workers four report, two read, one looks at pages, and one follows events.
async fn work(shared: Arc<Shared>, number: usize) {
    while !shared.is_over.load(Ordering::Relaxed) {
        let turn = shared.next.fetch_add(1, Ordering::Relaxed);
        match number % 8 {
            0..=3 => drop(shared.report(turn % shared.executions.len(), turn).await),
            4 | 5 => shared.read(turn).await,
            6 => shared.look(turn).await,
            _ => shared.follow().await,
        }
    }
}

impl Shared {
    fn take(&self) -> Tally {
        std::mem::take(&mut *self.tally.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self, class: &'static str, time: Duration) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        *tally.classes.entry(class).or_default() += 1;
        tally.times.push(time);
    }

    /// Reports a run, whole, with the results of a turn; its id, unless something went wrong.
    async fn report(&self, run: usize, turn: usize) -> Option<i64> {
        let start = json!({
            "family": "deb", "name": format!("package-{}", run / RUNS_OF_ARTEFACT), "version": "1", "arch": "amd64",
            "environment": format!("machine {}", run % RUNS_OF_ARTEFACT), "test_plan": "soak", "series": "noble",
            "repo": "main", "execution_stage": "proposed", "ci_link": format!("https://ci.example/{run}"),
        });
        let started = self.send(Method::PUT, "/v1/test-executions/start-test", Some(&start)).await?;
        let id = started["id"].as_i64()?;
        let results: Value = (0..RESULTS).map(|n| result(turn, n)).collect();
        self.send(Method::POST, &format!("/v1/test-executions/{id}/test-results"), Some(&results)).await?;
        let end = json!({"status": "COMPLETED"});
        self.send(Method::PATCH, &format!("/v1/test-executions/{id}"), Some(&end)).await?;
        Some(id)
    }

    /// Reads something through the API.
    async fn read(&self, turn: usize) {
        let (artefact, execution) = self.pick(turn);
        let path = match turn % 7 {
            0 => "/v1/artefacts?family=deb".to_owned(),
            1 => format!("/v1/artefacts/{artefact}/builds"),
            2 => format!("/v1/test-executions/{execution}"),
            3 => format!("/v1/test-executions/{execution}/test-results"),
            4 => "/v1/test-executions?limit=20&families=deb".to_owned(),
            5 => "/v1/test-results?limit=20&test_result_statuses=FAILED".to_owned(),
            _ => format!("/v1/artefacts/{artefact}/environment-reviews"),
        };
        self.send(Method::GET, &path, None).await;
    }

    /// Looks at a page of the dashboard.
    async fn look(&self, turn: usize) {
        let (artefact, _) = self.pick(turn);
        let path = match turn % 4 {
            0 => "/debs".to_owned(),
            1 => format!("/debs/{artefact}"),
            2 => "/test-results".to_owned(),
            _ => "/".to_owned(),
        };
        let request = self.client.get(format!("{}{path}", self.url)).header("accept", "text/html");
        self.ask(request).await;
    }

    /// Follows events for a while.
    async fn follow(&self) {
        let begin = Instant::now();
        let answer = self.client.get(format!("{}/v1/events", self.url)).bearer_auth(&self.key).send().await;
        self.count(class_of(answer.as_ref().ok().map(reqwest::Response::status)), begin.elapsed());
        let Ok(mut stream) = answer else { return };
        for _ in 0..PIECES {
            let is_over = self.is_over.load(Ordering::Relaxed);
            // Nothing for a while, or the end: both are no failure.
            if is_over || !matches!(tokio::time::timeout(PATIENCE, stream.chunk()).await, Ok(Ok(Some(_)))) {
                return;
            }
        }
    }

    fn pick(&self, turn: usize) -> (i64, i64) {
        let at = |ids: &[i64]| ids.get(turn % ids.len().max(1)).copied().unwrap_or_default();
        (at(&self.artefacts), at(&self.executions))
    }

    /// The answer as JSON, unless something went wrong.
    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Option<Value> {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.json(body);
        }
        serde_json::from_slice(&self.ask(request).await?).ok()
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> Option<Vec<u8>> {
        let begin = Instant::now();
        let answer = async {
            let answer = request.send().await?;
            let status = answer.status();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        };
        let answer = answer.await.ok();
        self.count(class_of(answer.as_ref().map(|(status, _)| *status)), begin.elapsed());
        answer.filter(|(status, _)| status.is_success()).map(|(_, body)| body.to_vec())
    }
}

/// One in twenty fails. The log is another one each time, as it would be.
fn result(turn: usize, number: usize) -> Value {
    let status = if (turn + number).is_multiple_of(20) { "FAILED" } else { "PASSED" };
    let line = format!("{turn} {number} the quick brown fox jumps over the lazy dog\n");
    let log = line.repeat(LOG_BYTES / line.len() + 1);
    json!({"name": format!("case {number}"), "status": status, "category": "soak", "io_log": log})
}

fn class_of(status: Option<reqwest::StatusCode>) -> &'static str {
    match status.map(|status| status.as_u16()) {
        None => "no answer",
        Some(200..=299) => "2xx",
        Some(300..=399) => "3xx",
        Some(400..=499) => "4xx",
        Some(500..=599) => "5xx",
        Some(_) => "other",
    }
}
