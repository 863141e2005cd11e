//! A server process of its own for each test.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use sqlx::postgres::PgPool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_test-observer");

/// HTTP clients ask for it even where nothing is encrypted. Once is enough; again is no mistake.
fn prepare_tls() {
    drop(rustls::crypto::ring::default_provider().install_default());
}

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A database that lasts as long as the test.
pub(crate) struct Database {
    pub(crate) url: String,
    folder: Option<PathBuf>,
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            drop(std::fs::remove_dir_all(folder));
        }
    }
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        prepare_tls();
        let folder = std::env::temp_dir().join(unique_name());
        Self { url: format!("sqlite:{}", folder.join("test.db").display()), folder: Some(folder) }
    }

    pub(crate) async fn postgres() -> Self {
        let server = std::env::var("TEST_POSTGRES_URL").expect(
            "the tests need a PostgreSQL server: run them with `make test` or `scripts/with-postgres cargo test`",
        );
        Self::made_on(&server).await
    }

    /// A new database on the server that the URL names a database of.
    pub(crate) async fn made_on(server: &str) -> Self {
        prepare_tls();
        let name = unique_name();
        let pool = PgPool::connect(server).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&pool).await.unwrap();
        let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
        assert!(run(&["migrate", "--db", &url]).0);
        Self { url, folder: None }
    }

    /// Runs a statement past the servers, for what no endpoint can set up.
    pub(crate) async fn run(&self, sql: &str) {
        let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()));
        let done = match self.url.strip_prefix("sqlite:") {
            Some(path) => {
                let options = SqliteConnectOptions::new().filename(path).foreign_keys(true);
                sql.execute(&SqlitePool::connect_with(options).await.unwrap()).await.map(|_| ())
            }
            None => sql.execute(&PgPool::connect(&self.url).await.unwrap()).await.map(|_| ()),
        };
        done.unwrap();
    }

    /// A key that may do everything.
    pub(crate) fn add_key(&self) -> String {
        let (is_done, key, log) = run(&["application", "add", &unique_name(), "--all-permissions", "--db", &self.url]);
        assert!(is_done, "{log}");
        key.trim().to_owned()
    }
}

pub(crate) fn unique_name() -> String {
    format!("to_process_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Runs the program to its end: whether it succeeded, what it printed, what it logged.
pub(crate) fn run(args: &[&str]) -> (bool, String, String) {
    run_with(args, &[])
}

pub(crate) fn run_with(args: &[&str], variables: &[(&str, &str)]) -> (bool, String, String) {
    let output = command(args, variables).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

fn command(args: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(PROGRAM);
    // Servers that run side by side cannot all have the usual port for metrics.
    let variables = [("METRICS_PORT", "0")].into_iter().chain(variables.iter().copied());
    command.args(args).env_clear().envs(variables).stdin(Stdio::null());
    command
}

/// A server that listens; killed when the test ends.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) url: String,
    log: mpsc::Receiver<String>,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    pub(crate) fn start(database: &Database, variables: &[(&str, &str)]) -> Self {
        Self::start_with(database, "127.0.0.1:0", variables)
    }

    /// A server at an address that was free a moment ago.
    pub(crate) fn start_at(database: &Database, address: &str) -> Self {
        Self::start_with(database, address, &[])
    }

    fn start_with(database: &Database, address: &str, variables: &[(&str, &str)]) -> Self {
        let args = ["serve", "--listen", address, "--db", &database.url];
        let mut child = command(&args, variables).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, log) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                drop(sender.send(line));
            }
        });
        let mut server = Self { child, url: String::new(), log };
        let line = server.wait_for_line("listening on ");
        // In JSON there is more behind it.
        let url = line.rsplit_once("listening on ").unwrap().1.split('"').next().unwrap();
        url.clone_into(&mut server.url);
        server
    }

    /// The next line of the log that has the text in it.
    pub(crate) fn wait_for_line(&self, text: &str) -> String {
        let mut seen = Vec::new();
        loop {
            match self.log.recv_timeout(Duration::from_mins(1)) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => seen.push(line),
                Err(error) => panic!("no '{text}' in the log ({error}): {seen:#?}"),
            }
        }
    }

    /// A line of the kernel's account of the process, in KiB: `VmRSS:` for its memory now, `VmHWM:` for the most so far.
    pub(crate) fn memory(&self, line: &str) -> i64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|other| other.starts_with(line)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn send_signal(&self, signal: &str) {
        let done = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(done.success());
    }
}
