//! Hours of load in minutes: `make soak`. A server process on each database is asked for everything at once, and must neither fail nor
//! grow.

mod load;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use load::Load;
use sqlx::{ConnectOptions, postgres::PgConnectOptions};

const PROGRAM: &str = env!("CARGO_BIN_EXE_test-observer");
const WORKERS: usize = 64;
/// As many runs are reported again and again.
const RUNS: usize = 1_000;
const DEFAULT_MINUTES: usize = 10;
/// By as much the memory of a server may grow, in hundredths, from the second minute, when everything is warm, to the last.
const GROWTH: usize = 10;

fn main() -> anyhow::Result<()> {
    let minutes = match std::env::args().skip(1).find(|argument| !argument.starts_with('-')) {
        Some(minutes) => minutes.parse().with_context(|| format!("'{minutes}' is no number of minutes"))?,
        None => DEFAULT_MINUTES,
    };
    ensure!(minutes > 0, "a soak takes a minute or more");
    drop(rustls::crypto::ring::default_provider().install_default());
    tokio::runtime::Runtime::new()?.block_on(async {
        let folder = std::env::temp_dir().join(format!("to_soak_{}", std::process::id()));
        let soaked = soak("SQLite", &format!("sqlite:{}", folder.join("soak.db").display()), minutes).await;
        drop(std::fs::remove_dir_all(&folder));
        // Both databases are looked at, whatever the first one brought.
        let other = soak("PostgreSQL", &create_database().await?, minutes).await;
        soaked.and(other)
    })
}

/// A new database on the server for tests.
async fn create_database() -> anyhow::Result<String> {
    let server = std::env::var("TEST_POSTGRES_URL").context("no PostgreSQL server: run `make soak`")?;
    let mut connection = server.parse::<PgConnectOptions>()?.connect().await?;
    sqlx::raw_sql("CREATE DATABASE soak").execute(&mut connection).await?;
    let (address, _) = server.rsplit_once('/').context("no database in the URL")?;
    Ok(format!("{address}/soak"))
}

async fn soak(name: &str, database: &str, minutes: usize) -> anyhow::Result<()> {
    call(&["migrate", "--db", database])?;
    let key = call(&["application", "add", "soak", "--all-permissions", "--db", database])?;
    let server = Server::start(database)?;
    let load = Load::start(&server.url, key.trim(), WORKERS, RUNS).await?;
    let mut memory = Vec::new();
    let (mut requests, mut failures) = (0, 0);
    for minute in 1..=minutes {
        let used = server.watch_memory(Duration::from_mins(1)).await?;
        let tally = load.take();
        println!("{name:<10} minute {minute:>3}: {tally}; memory {} MiB", used / 1024);
        requests += tally.requests();
        failures += tally.failures();
        memory.push(used);
    }
    load.stop().await?;
    ensure!(failures == 0, "{name}: {failures} of {requests} requests were not answered as they should be");
    if let [_, second, .., last] = memory.as_slice() {
        ensure!(last * 100 <= second * (100 + GROWTH), "{name}: memory grew from {second} to {last} KiB");
    }
    Ok(())
}

/// Runs the program to its end; what it printed.
fn call(args: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(PROGRAM).args(args).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "test-observer {} failed", args[0]);
    Ok(String::from_utf8(output.stdout)?)
}

/// A server process; killed at the end.
struct Server {
    child: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    fn start(database: &str) -> anyhow::Result<Self> {
        let mut command = Command::new(PROGRAM);
        command.args(["serve", "--listen", "127.0.0.1:0", "--db", database]).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let mut lines = BufReader::new(child.stderr.take().context("no log")?).lines().map_while(Result::ok);
        let mut server = Self { child, url: String::new() };
        let Some(line) = lines.find(|line| line.contains("listening on ")) else { bail!("the server did not start") };
        line.rsplit_once("listening on ").unwrap_or_default().1.clone_into(&mut server.url);
        // What it has to say is part of the result.
        std::thread::spawn(move || lines.for_each(|line| eprintln!("{line}")));
        Ok(server)
    }

    /// The memory it holds, in KiB: the mean over a time.
    async fn watch_memory(&self, time: Duration) -> anyhow::Result<usize> {
        let begin = std::time::Instant::now();
        let mut samples = Vec::new();
        while begin.elapsed() < time {
            tokio::time::sleep(Duration::from_secs(1)).await;
            samples.push(self.memory()?);
        }
        Ok(samples.iter().sum::<usize>() / samples.len().max(1))
    }

    fn memory(&self) -> anyhow::Result<usize> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("the server has ended")?;
        Ok(line.split_whitespace().nth(1).context("no number")?.parse()?)
    }
}
