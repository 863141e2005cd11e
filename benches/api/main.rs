//! How fast the API is, next to how fast its database is with the same rows: `make bench`.
//!
//! A server in this process answers over HTTP on loopback; each of its requests takes turns with the raw statement it
//! is compared with, so that a noisy machine slows both.

mod large;
mod logs;
mod rules;

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::Context;
use app::api::Permission;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use test_observer::clock::Clock;
use test_observer::service::{Service, Settings};
use test_observer::store::{Db, DbUrl};

/// Size of a log, in bytes.
const LOG_BYTES: usize = 2_000;
/// Artefacts of the list.
const ARTEFACTS: usize = 1_000;
/// Environments of the artefact whose builds are read.
const ENVIRONMENTS: usize = 50;

fn main() -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        if is_wanted("rules") {
            rules::measure();
        }
        println!("{:<46} {:>8} {:>8} {:>8} {:>9} {:>7}", "", "req/s", "p50 ms", "p95 ms", "raw p50", "ratio");
        let folder = std::env::temp_dir().join(format!("to_bench_{}", std::process::id()));
        let sqlite = |name: &str| DbUrl::Sqlite(folder.join(name));
        let measured = measure("SQLite", &sqlite("small.db"), &sqlite("large.db")).await;
        drop(std::fs::remove_dir_all(&folder));
        measured?;
        let server = std::env::var("TEST_POSTGRES_URL").context("no PostgreSQL server: run `make bench`")?;
        let large = create_database(&server, "large").await?;
        measure("PostgreSQL", &DbUrl::from_str(&server)?, &large).await
    })
}

/// A new database beside the one that the URL names.
async fn create_database(server: &str, name: &str) -> anyhow::Result<DbUrl> {
    let mut connection = PgConnectOptions::from_str(server)?.connect().await?;
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await?;
    let (address, _) = server.rsplit_once('/').context("no database in the URL")?;
    Ok(DbUrl::from_str(&format!("{address}/{name}"))?)
}

/// The logs of a batch. One in two hundred has an error that one of the large installation's rules looks for.
fn reported_logs(size: usize) -> Vec<String> {
    let make = |number: usize| {
        let error = if number % 200 == 3 { logs::error_line(3 + number / 200 * 4) } else { String::new() };
        logs::make_log(u64::try_from(number).unwrap_or_default(), LOG_BYTES) + &error
    };
    (0..size).map(make).collect()
}

/// How the test of a reported result ended: one in twenty failed.
fn status_of(number: usize) -> &'static str {
    if number.is_multiple_of(20) { "FAILED" } else { "PASSED" }
}

/// Whether the command line asks for a part: for none in particular, or for this one by name.
fn is_wanted(part: &str) -> bool {
    let mut named = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).peekable();
    named.peek().is_none() || named.any(|name| name == part)
}

async fn measure(name: &str, small: &DbUrl, large: &DbUrl) -> anyhow::Result<()> {
    if is_wanted("small") {
        measure_small(name, small).await?;
    }
    if is_wanted("large") {
        let mut bench = Bench::start(&format!("{name}, large"), large).await?;
        bench.large().await?;
        bench.db.close().await;
    }
    Ok(())
}

async fn measure_small(name: &str, url: &DbUrl) -> anyhow::Result<()> {
    let mut bench = Bench::start(name, url).await?;
    bench.start_test().await?;
    bench.report(100, 60, None).await?;
    bench.report(1_000, 40, None).await?;
    bench.complete().await?;
    bench.builds().await?;
    bench.artefacts().await?;
    bench.db.close().await;
    Ok(())
}

struct Bench {
    name: String,
    url: String,
    key: String,
    client: reqwest::Client,
    db: Db,
    raw: Raw,
}

/// What a percentile of the requests' times must not go beyond.
#[derive(Clone, Copy)]
struct Limit {
    percentile: usize,
    ms: f64,
}

/// How long each turn of a request and of its raw statement took.
#[derive(Default)]
struct Times {
    request: Vec<Duration>,
    raw: Vec<Duration>,
}

impl Times {
    fn print(self, database: &str, case: &str) {
        self.print_with_limit(database, case, None);
    }

    fn print_with_limit(mut self, database: &str, case: &str, limit: Option<Limit>) {
        self.request.sort_unstable();
        self.raw.sort_unstable();
        let ms = |times: &[Duration], part: usize| {
            times[(times.len() * part / 100).min(times.len() - 1)].as_secs_f64() * 1e3
        };
        let (p50, p95, raw) = (ms(&self.request, 50), ms(&self.request, 95), ms(&self.raw, 50));
        let total: Duration = self.request.iter().sum();
        let rate = f64::from(u32::try_from(self.request.len()).unwrap_or(u32::MAX)) / total.as_secs_f64();
        let label = format!("{database}: {case}");
        let judgement = limit.map_or_else(String::new, |limit| {
            let word = if ms(&self.request, limit.percentile) > limit.ms { "beyond" } else { "within" };
            format!("  p{} {word} {} ms", limit.percentile, limit.ms)
        });
        println!("{label:<46} {rate:>8.0} {p50:>8.2} {p95:>8.2} {raw:>9.2} {:>7.2}{judgement}", raw / p50);
    }
}

fn start_body(number: usize, environment: &str) -> Value {
    json!({
        "family": "deb", "name": format!("package-{number}"), "version": "1.0", "arch": "amd64",
        "environment": environment, "test_plan": "bench", "series": "noble", "repo": "main", "execution_stage": "proposed",
    })
}

impl Bench {
    async fn start(name: &str, url: &DbUrl) -> anyhow::Result<Self> {
        let db = Db::connect(url).await?;
        db.migrate().await?;
        let service = Service::new(db.clone(), Clock::system(), Settings::default());
        let key = service.add_application("bench", Permission::ALL).await?;
        let router = test_observer::api::router(service, test_observer::api::DEFAULT_MAX_BODY_BYTES);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let server = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>());
        tokio::spawn(server.into_future());
        let raw = Raw::connect(url).await?;
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::new();
        Ok(Self { name: name.to_owned(), url: format!("http://{address}"), key, client, db, raw })
    }

    async fn send(&self, method: reqwest::Method, path: &str, body: Vec<u8>) -> anyhow::Result<Vec<u8>> {
        let request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.key);
        let answer = request.header("content-type", "application/json").body(body).send().await?.error_for_status()?;
        // Reading the answer is the client's work, but waiting for all of it is the server's time.
        Ok(answer.bytes().await?.to_vec())
    }

    async fn start_execution(&self, body: &Value) -> anyhow::Result<i64> {
        let answer =
            self.send(reqwest::Method::PUT, "/v1/test-executions/start-test", serde_json::to_vec(body)?).await?;
        let answer: Value = serde_json::from_slice(&answer)?;
        answer["id"].as_i64().context("no id")
    }

    /// A run on a known artefact: one new row.
    async fn start_test(&mut self) -> anyhow::Result<()> {
        let body = start_body(0, "start");
        self.start_execution(&body).await?;
        let mut times = Times::default();
        for _ in 0..300 {
            let begin = Instant::now();
            self.start_execution(&body).await?;
            times.request.push(begin.elapsed());
            let begin = Instant::now();
            self.raw.insert_execution().await?;
            times.raw.push(begin.elapsed());
        }
        times.print(&self.name, "start-test (raw: its one new row)");
        Ok(())
    }

    /// A batch of results with logs, of cases that are known, to a new execution.
    async fn report(&mut self, size: usize, rounds: usize, limit: Option<Limit>) -> anyhow::Result<()> {
        let logs = reported_logs(size);
        let batch: Vec<Value> = logs
            .iter()
            .enumerate()
            .map(|(n, log)| json!({"name": format!("case/{n}"), "status": status_of(n), "category": "bench", "comment": "ok", "io_log": log}))
            .collect();
        let body = serde_json::to_vec(&batch)?;
        let insert = self.raw.insert_results_sql(size);
        let mut times = Times::default();
        for round in 0..=rounds {
            let execution = self.start_execution(&start_body(0, "report")).await?;
            let begin = Instant::now();
            self.send(reqwest::Method::POST, &format!("/v1/test-executions/{execution}/test-results"), body.clone())
                .await?;
            let request = begin.elapsed();
            let raw_execution = self.start_execution(&start_body(0, "report")).await?;
            let cases = self.raw.case_ids(size).await?;
            let begin = Instant::now();
            self.raw.insert_results(&insert, raw_execution, &cases, &logs).await?;
            let raw = begin.elapsed();
            // The first round makes the cases and prepares the statements.
            if round > 0 {
                times.request.push(request);
                times.raw.push(raw);
            }
        }
        times.print_with_limit(&self.name, &format!("{size} results of 2 kB (raw: the same rows)"), limit);
        Ok(())
    }

    /// The end of an execution with 100 results.
    async fn complete(&mut self) -> anyhow::Result<()> {
        let batch: Vec<Value> = (0..100).map(|n| json!({"name": format!("case/{n}"), "status": "PASSED"})).collect();
        let mut times = Times::default();
        for _ in 0..100 {
            let execution = self.start_execution(&start_body(0, "complete")).await?;
            let results = format!("/v1/test-executions/{execution}/test-results");
            self.send(reqwest::Method::POST, &results, serde_json::to_vec(&batch)?).await?;
            let begin = Instant::now();
            let path = format!("/v1/test-executions/{execution}");
            self.send(reqwest::Method::PATCH, &path, br#"{"status": "COMPLETED"}"#.to_vec()).await?;
            times.request.push(begin.elapsed());
            let begin = Instant::now();
            self.raw.update_execution(execution).await?;
            times.raw.push(begin.elapsed());
        }
        times.print(&self.name, "complete (raw: its one changed row)");
        Ok(())
    }

    async fn builds(&mut self) -> anyhow::Result<()> {
        for n in 0..ENVIRONMENTS {
            let execution = self.start_execution(&start_body(1, &format!("environment {n}"))).await?;
            let batch = json!([{"name": "case/0", "status": "FAILED"}, {"name": "case/1", "status": "PASSED"}]);
            let path = format!("/v1/test-executions/{execution}/test-results");
            self.send(reqwest::Method::POST, &path, batch.to_string().into_bytes()).await?;
        }
        let artefacts = self.send(reqwest::Method::GET, "/v1/artefacts", Vec::new()).await?;
        let artefacts: Value = serde_json::from_slice(&artefacts)?;
        let all = artefacts.as_array().context("no list")?;
        let id = all.iter().find(|it| it["name"] == "package-1").context("no artefact")?["id"].clone();
        let mut times = Times::default();
        for _ in 0..200 {
            let begin = Instant::now();
            self.send(reqwest::Method::GET, &format!("/v1/artefacts/{id}/builds"), Vec::new()).await?;
            times.request.push(begin.elapsed());
            let begin = Instant::now();
            self.raw
                .select(
                    "SELECT execution.id, execution.status, environment.name FROM test_execution AS execution
                 JOIN environment ON environment.id = execution.environment_id
                 JOIN artefact_build AS build ON build.id = execution.artefact_build_id
                 JOIN artefact ON artefact.id = build.artefact_id WHERE artefact.name = 'package-1'",
                )
                .await?;
            times.raw.push(begin.elapsed());
        }
        times.print(&self.name, "builds, 50 environments (raw: the executions)");
        Ok(())
    }

    async fn artefacts(&mut self) -> anyhow::Result<()> {
        for n in 2..ARTEFACTS {
            self.start_execution(&start_body(n, "list")).await?;
        }
        // What PostgreSQL does by itself within a minute: before that it plans for an empty table.
        self.raw.execute("ANALYZE".to_owned()).await?;
        let mut times = Times::default();
        for _ in 0..100 {
            let begin = Instant::now();
            self.send(reqwest::Method::GET, "/v1/artefacts?family=deb", Vec::new()).await?;
            times.request.push(begin.elapsed());
            let begin = Instant::now();
            self.raw.select("SELECT * FROM artefact WHERE NOT archived AND family = 'deb' ORDER BY name").await?;
            times.raw.push(begin.elapsed());
        }
        times.print(&self.name, "1,000 artefacts (raw: the artefacts)");
        Ok(())
    }
}

/// The database without us: one connection, prepared statements, the same durability.
enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Runs a query in a transaction of its own.
macro_rules! raw {
    ($raw:expr, |$conn:ident| $run:expr) => {
        match $raw {
            Raw::Sqlite(connection) => {
                let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
                let $conn = &mut *tx;
                $run.await.map(drop)?;
                tx.commit().await?;
            }
            Raw::Postgres(connection) => {
                let mut tx = connection.begin().await?;
                let $conn = &mut *tx;
                $run.await.map(drop)?;
                tx.commit().await?;
            }
        }
    };
}

impl Raw {
    async fn connect(url: &DbUrl) -> anyhow::Result<Self> {
        Ok(match url {
            DbUrl::Sqlite(path) => {
                let options = SqliteConnectOptions::new().filename(path).journal_mode(SqliteJournalMode::Wal);
                let options = options.synchronous(SqliteSynchronous::Full).foreign_keys(true);
                Self::Sqlite(options.busy_timeout(Duration::from_secs(30)).connect().await?)
            }
            DbUrl::Postgres(url) => Self::Postgres(PgConnectOptions::from_str(url)?.connect().await?),
        })
    }

    /// Each database gets the placeholders it is fast with: SQLite looks every numbered one up among those before it.
    fn insert_results_sql(&self, size: usize) -> String {
        let placeholder = |number: usize| match self {
            Self::Sqlite(_) => "?".to_owned(),
            Self::Postgres(_) => format!("${number}"),
        };
        let row =
            |row: usize| format!("({})", (1..=7).map(|n| placeholder(row * 7 + n)).collect::<Vec<_>>().join(", "));
        let rows: Vec<String> = (0..size).map(row).collect();
        format!(
            "INSERT INTO test_result (status, test_execution_id, test_case_id, comment, io_log, created_at, updated_at)
             VALUES {}",
            rows.join(", ")
        )
    }

    async fn case_ids(&mut self, count: usize) -> anyhow::Result<Vec<i64>> {
        let sql = "SELECT id FROM test_case ORDER BY id LIMIT $1";
        let count = i64::try_from(count)?;
        Ok(match self {
            Self::Sqlite(connection) => sqlx::query_scalar(sql).bind(count).fetch_all(connection).await?,
            Self::Postgres(connection) => sqlx::query_scalar(sql).bind(count).fetch_all(connection).await?,
        })
    }

    async fn insert_results(
        &mut self,
        sql: &str,
        execution: i64,
        cases: &[i64],
        logs: &[String],
    ) -> anyhow::Result<()> {
        let now = now();
        macro_rules! bound {
            () => {{
                let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
                for (n, (case, log)) in cases.iter().zip(logs).enumerate() {
                    query = query.bind(status_of(n)).bind(execution).bind(*case).bind("ok").bind(log.as_str());
                    query = query.bind(now).bind(now);
                }
                query
            }};
        }
        raw!(self, |conn| bound!().execute(conn));
        Ok(())
    }

    async fn insert_execution(&mut self) -> anyhow::Result<()> {
        let sql = "INSERT INTO test_execution (artefact_build_id, environment_id, test_plan_id, status, created_at, updated_at)
                   VALUES (1, 1, 1, 'IN_PROGRESS', $1, $1)";
        raw!(self, |conn| sqlx::query(sql).bind(now()).execute(conn));
        Ok(())
    }

    async fn update_execution(&mut self, id: i64) -> anyhow::Result<()> {
        let sql = "UPDATE test_execution SET status = 'FAILED', updated_at = $2 WHERE id = $1";
        raw!(self, |conn| sqlx::query(sql).bind(id).bind(now()).execute(conn));
        Ok(())
    }

    async fn execute(&mut self, sql: String) -> anyhow::Result<()> {
        raw!(self, |conn| sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn));
        Ok(())
    }

    async fn select(&mut self, sql: &'static str) -> anyhow::Result<usize> {
        Ok(match self {
            Self::Sqlite(connection) => sqlx::query(sql).fetch_all(connection).await?.len(),
            Self::Postgres(connection) => sqlx::query(sql).fetch_all(connection).await?.len(),
        })
    }
}

fn now() -> DateTime<Utc> {
    Clock::system().now()
}
