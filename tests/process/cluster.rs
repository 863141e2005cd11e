//! A PostgreSQL server of a test's own: other tests' server must not end, this one may.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sqlx::postgres::PgPool;

use crate::support::unique_name;

/// As long as it may take to start.
const PATIENCE: Duration = Duration::from_mins(1);

/// A PostgreSQL server in a temporary folder; it ends with the test.
pub(crate) struct Cluster {
    /// A database that is always there, without a slash at the end: `postgres://…/postgres`.
    pub(crate) url: String,
    folder: PathBuf,
    port: u16,
    server: Child,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.crash();
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

impl Cluster {
    pub(crate) async fn start() -> Self {
        let folder = std::env::temp_dir().join(unique_name());
        std::fs::create_dir_all(&folder).unwrap();
        if is_root() {
            done(Command::new("chown").arg("postgres:").arg(&folder));
        }
        let data = folder.join("data");
        done(as_postgres("initdb").arg("--pgdata").arg(data).args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ]));
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = spawn(&folder, port);
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        let mut cluster = Self { url, folder, port, server };
        cluster.wait_until_ready().await;
        cluster
    }

    /// Ends the server as a power cut would, but for the disk; its clients are told nothing. Then starts it again.
    pub(crate) async fn crash_and_start(&mut self) {
        self.crash();
        self.server = spawn(&self.folder, self.port);
        self.wait_until_ready().await;
    }

    /// Ends all connections of our servers; how many there were.
    pub(crate) async fn cut_connections(&self) -> i64 {
        let pool = PgPool::connect(&self.url).await.unwrap();
        let cut = sqlx::query_scalar(
            "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'test-observer'",
        );
        cut.fetch_one(&pool).await.unwrap()
    }

    fn crash(&mut self) {
        drop(Command::new("kill").args(["-QUIT", &self.server.id().to_string()]).status());
        drop(self.server.wait());
    }

    async fn wait_until_ready(&mut self) {
        let start = std::time::Instant::now();
        while let Err(error) = PgPool::connect(&self.url).await {
            let ended = self.server.try_wait().unwrap();
            assert!(ended.is_none() && start.elapsed() < PATIENCE, "PostgreSQL did not start: {error} {ended:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// What is committed is written to the operating system at once, so that it survives the end of the server; nothing waits for the disk.
fn spawn(folder: &Path, port: u16) -> Child {
    let mut command = as_postgres("postgres");
    command.arg("-D").arg(folder.join("data")).args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]);
    command.args(["-c", &format!("port={port}"), "-c", &format!("unix_socket_directories={}", folder.display())]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// A program of PostgreSQL, which refuses to run as root, and does not outlive the test.
fn as_postgres(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.arg("--pdeathsig=INT");
    if is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    }
    command.arg(program);
    command
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

fn done(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
