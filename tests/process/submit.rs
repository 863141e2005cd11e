//! Reports that travel by `test-observer submit`: read, sent, kept while the server is away, and sent exactly once.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Database, PROGRAM, Server};

const WAITING: i32 = 75;
const COORDINATES: &[&str] = &[
    "--family=deb",
    "--name=hello",
    "--arch=amd64",
    "--environment=lab",
    "--test-plan=smoke",
    "--series=noble",
    "--repo=main",
    "--stage=proposed",
];
const JUNIT: &str = r#"<testsuite name="lab">
  <testcase classname="Boot" name="boots"/>
  <testcase classname="Boot" name="sleeps"><failure message="stays awake">line 7</failure><system-out>zzz</system-out></testcase>
  <testcase classname="Boot" name="flies"><skipped message="no wings"/></testcase>
</testsuite>"#;

/// A folder that lasts as long as the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("to_submit_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = Self(std::env::temp_dir().join(name));
        std::fs::create_dir_all(&folder.0).unwrap();
        folder
    }

    fn write(&self, name: &str, content: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// The spool's runs.
    fn waiting(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.0.join("spool")) else { return Vec::new() };
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A client of a server, with a spool of its own.
struct Client {
    url: String,
    key: String,
    folder: Folder,
}

impl Client {
    fn new(url: &str, key: &str) -> Self {
        Self { url: url.to_owned(), key: key.to_owned(), folder: Folder::new() }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(args).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("TEST_OBSERVER_URL", &self.url).env("TEST_OBSERVER_API_KEY", &self.key);
        command
            .env("TEST_OBSERVER_SPOOL", self.folder.0.join("spool"))
            .env("TEST_OBSERVER_RETRIES", "0")
            .env("TEST_OBSERVER_VERSION", "1.2");
        command.current_dir(&self.folder.0);
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Submits a report; the status and what was printed.
    #[track_caller]
    fn submit(&self, report: &str, more: &[&str]) -> (i32, Value) {
        let output = self.run(&[&["submit", report, "--json"][..], COORDINATES, more].concat());
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(!log.contains(&self.key), "{log}");
        (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap_or(json!(log)))
    }

    #[track_caller]
    fn flush(&self) -> (i32, Value) {
        let output = self.run(&["submit", "--flush", "--json"]);
        let log = String::from_utf8_lossy(&output.stderr);
        (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap_or(json!(log)))
    }

    async fn get(&self, path: &str) -> Value {
        let answer = reqwest::Client::new().get(format!("{}{path}", self.url)).bearer_auth(&self.key).send().await;
        answer.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    /// Every execution that the server has, oldest first, with its results.
    async fn executions(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for results in ["any", "none"] {
            let page = self.get(&format!("/v1/test-executions?limit=1000&test_result={results}")).await;
            all.extend(page["test_executions"].as_array().unwrap().clone());
        }
        all.sort_by_key(|execution| execution["id"].as_i64());
        all
    }
}

fn log_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// An address where nobody listens.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

async fn check_junit(database: &Database) {
    let server = Server::start(database, &[]);
    let client = Client::new(&server.url, &database.add_key());
    let report = client.folder.write("report.xml", JUNIT);
    let more = ["--ci-link=https://ci.example/7", "--metadata=kernel=6.8", "--link=Logs=https://logs.example/7"];
    let (status, printed) = client.submit(&report, &more);
    assert_eq!(status, 0, "{printed}");
    assert_eq!((&printed["outcome"], &printed["test_execution"]["status"]), (&json!("sent"), &json!("FAILED")));
    assert_eq!(printed["results"], json!({"passed": 1, "failed": 1, "skipped": 1}));
    let id = printed["test_execution"]["id"].as_i64().unwrap();
    let execution = client.get(&format!("/v1/test-executions/{id}")).await;
    assert_eq!(execution["ci_link"], "https://ci.example/7");
    assert_eq!(execution["execution_metadata"], json!({"kernel": ["6.8"]}));
    assert_eq!(execution["relevant_links"][0]["label"], "Logs");
    let results = client.get(&format!("/v1/test-executions/{id}/test-results")).await;
    let names: Vec<&str> = results.as_array().unwrap().iter().map(|result| result["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Boot.boots", "Boot.sleeps", "Boot.flies"]);
    let sleeps = &results[1];
    assert_eq!((&sleeps["category"], &sleeps["comment"]), (&json!("Boot"), &json!("stays awake")));
    assert_eq!(sleeps["io_log"], "[details]\nline 7\n\n[stdout]\nzzz");
    // The same job reports again: the same execution, and nothing twice.
    let (status, printed) = client.submit(&report, &more);
    assert_eq!((status, printed["test_execution"]["id"].as_i64()), (0, Some(id)), "{printed}");
    assert_eq!(client.executions().await[0]["test_results"].as_array().unwrap().len(), 3);
    assert!(client.folder.waiting().is_empty());
}

#[tokio::test]
async fn a_report_becomes_an_execution_on_sqlite() {
    check_junit(&Database::sqlite()).await;
}

#[tokio::test]
async fn a_report_becomes_an_execution_on_postgres() {
    check_junit(&Database::postgres().await).await;
}

#[test]
fn every_format_is_found_out() {
    let database = Database::sqlite();
    let server = Server::start(&database, &[]);
    let client = Client::new(&server.url, &database.add_key());
    for (name, content, expected) in [
        ("tap", "1..2\nok 1 - boots\nok 2 - sleeps # SKIP tired\n", "PASSED"),
        ("broken.tap", "1..3\nok 1 - boots\n", "ENDED_PREMATURELY"),
        ("ctrf.json", r#"{"results": {"tests": [{"name": "boots", "status": "failed"}]}}"#, "FAILED"),
        ("submission.json", r#"{"title": "x", "results": [{"id": "boots", "status": "pass"}]}"#, "PASSED"),
        ("empty.xml", "<testsuites/>", "ENDED_PREMATURELY"),
        ("skipped.tap", "1..0 # SKIP no machine\n", "NOT_TESTED"),
    ] {
        let report = client.folder.write(name, content);
        let (status, printed) = client.submit(&report, &[]);
        assert_eq!((status, &printed["test_execution"]["status"]), (0, &json!(expected)), "{name}: {printed}");
    }
    // A whole run from several files, one of them from the standard input.
    let first = client.folder.write("first.tap", "ok boots\n");
    let mut command = client.command(&[&["submit", "--json", &first, "-"][..], COORDINATES].concat());
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"ok boots\nok sleeps\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["results"], json!({"passed": 3, "failed": 0, "skipped": 0}), "{}", log_of(&output));
}

#[tokio::test]
async fn a_thousand_results_travel_in_batches() {
    let database = Database::sqlite();
    let server = Server::start(&database, &[]);
    let client = Client::new(&server.url, &database.add_key());
    let lines: Vec<String> = (0..1_200).map(|n| format!("ok - case {n}\n# {}\n", "x".repeat(2_000))).collect();
    let report = client.folder.write("long.tap", &lines.concat());
    let (status, printed) = client.submit(&report, &[]);
    assert_eq!((status, &printed["results"]["passed"]), (0, &json!(1_200)), "{printed}");
    let id = &printed["test_execution"]["id"];
    let results = client.get(&format!("/v1/test-executions/{id}/test-results")).await;
    assert_eq!(results.as_array().unwrap().len(), 1_200);
    assert_eq!(results[1_199]["name"], "case 1199");
}

#[tokio::test]
async fn runs_wait_for_a_server_that_is_down_and_are_sent_once_and_in_order() {
    let database = Database::sqlite();
    let key = database.add_key();
    let mut client = Client::new(&nowhere(), &key);
    let report = client.folder.write("report.xml", JUNIT);
    for version in ["1", "2", "3"] {
        let (status, printed) = client.submit(&report, &["--version", version]);
        assert_eq!((status, &printed["outcome"]), (WAITING, &json!("waiting")), "{printed}");
    }
    assert_eq!(client.folder.waiting().len(), 3);
    assert_eq!(client.flush(), (WAITING, json!({"sent": [], "rejected": [], "waiting": 3, "for_other_servers": 0})));
    // The server is there again, under the address that the runs are for.
    let server = Server::start_at(&database, client.url.strip_prefix("http://").unwrap());
    client.url.clone_from(&server.url);
    // Runs for another server stay, and never see this one's key.
    let elsewhere = nowhere();
    let output = client.run(&[&["submit", &report, "--server", &elsewhere][..], COORDINATES].concat());
    assert_eq!(output.status.code(), Some(WAITING));
    let (status, printed) = client.flush();
    assert_eq!((status, printed["sent"].as_array().unwrap().len()), (0, 3), "{printed}");
    assert_eq!((&printed["waiting"], &printed["for_other_servers"]), (&json!(0), &json!(1)));
    let executions = client.executions().await;
    let versions: Vec<_> = executions.iter().map(|execution| execution["artefact"]["version"].clone()).collect();
    assert_eq!(versions, ["1", "2", "3"]);
    assert!(executions.iter().all(|execution| execution["test_results"].as_array().unwrap().len() == 3));
    let (status, printed) = client.flush();
    assert_eq!((status, &printed["sent"]), (0, &json!([])));
    assert_eq!(client.executions().await.len(), 3);
    assert_eq!(client.folder.waiting().len(), 1);
}

/// Passes bytes between clients and a server, and drops the connection instead of the answer to request number `lost`.
struct LossyProxy {
    url: String,
    requests: std::sync::Arc<AtomicU32>,
}

impl LossyProxy {
    fn start(target: &str, lost: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let target = target.strip_prefix("http://").unwrap().to_owned();
        let requests = std::sync::Arc::new(AtomicU32::new(0));
        let counter = requests.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (target, counter) = (target.clone(), counter.clone());
                std::thread::spawn(move || pass(client.unwrap(), &target, &counter, lost));
            }
        });
        Self { url, requests }
    }
}

/// One request and its answer; connections are not kept.
fn pass(mut client: TcpStream, target: &str, counter: &AtomicU32, lost: u32) {
    let mut request = Vec::new();
    let mut buffer = [0; 8_192];
    let (head, length) = loop {
        let Ok(count @ 1..) = client.read(&mut buffer) else { return };
        request.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&request).to_lowercase();
        if let Some(end) = text.find("\r\n\r\n") {
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
            break (end + 4, length.unwrap_or(0_usize));
        }
    };
    while request.len() < head + length {
        let Ok(count @ 1..) = client.read(&mut buffer) else { return };
        request.extend_from_slice(&buffer[..count]);
    }
    let text = String::from_utf8(request).unwrap().replacen("\r\n", "\r\nConnection: close\r\n", 1);
    let mut server = TcpStream::connect(target).unwrap();
    server.write_all(text.as_bytes()).unwrap();
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).unwrap();
    if counter.fetch_add(1, Ordering::SeqCst) + 1 != lost {
        drop(client.write_all(&answer));
    }
}

async fn check_lost_answers(database: &Database) {
    let server = Server::start(database, &[]);
    let key = database.add_key();
    // The start, the only batch, and the end: each answer is lost in turn.
    for lost in 1..=3 {
        let proxy = LossyProxy::start(&server.url, lost);
        let client = Client::new(&proxy.url, &key);
        let direct = Client::new(&server.url, &key);
        let before = direct.executions().await.len();
        let report = client.folder.write("report.xml", JUNIT);
        let (status, printed) = client.submit(&report, &["--link=Logs=https://logs.example/7"]);
        assert_eq!(status, WAITING, "{lost}: {printed}");
        assert_eq!(proxy.requests.load(Ordering::SeqCst), lost);
        let (status, printed) = client.flush();
        assert_eq!((status, printed["sent"].as_array().unwrap().len()), (0, 1), "{lost}: {printed}");
        let executions = direct.executions().await;
        assert_eq!(executions.len(), before + 1, "{lost}");
        let execution = executions.last().unwrap();
        assert_eq!(execution["status"], "FAILED");
        assert_eq!(execution["relevant_links"].as_array().unwrap().len(), 1);
        assert_eq!(execution["test_results"].as_array().unwrap().len(), 3);
    }
    // With retries it is the same without a second call.
    let proxy = LossyProxy::start(&server.url, 1);
    let client = Client::new(&proxy.url, &key);
    let report = client.folder.write("report.xml", JUNIT);
    let direct = Client::new(&server.url, &key);
    let before = direct.executions().await.len();
    let (status, printed) = client.submit(&report, &["--retries=2"]);
    assert_eq!(status, 0, "{printed}");
    assert_eq!(direct.executions().await.len(), before + 1);
}

#[tokio::test]
async fn an_answer_that_was_lost_doubles_nothing_on_sqlite() {
    check_lost_answers(&Database::sqlite()).await;
}

#[tokio::test]
async fn an_answer_that_was_lost_doubles_nothing_on_postgres() {
    check_lost_answers(&Database::postgres().await).await;
}

/// Waits for something that another process does.
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_mins(1), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn progress_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder.join("spool")).into_iter().flatten();
    let path =
        entries.map(|entry| entry.unwrap().path()).find(|path| path.extension().is_some_and(|it| it == "progress"));
    let text = path.and_then(|path| std::fs::read(path).ok()).unwrap_or_default();
    serde_json::from_slice::<Value>(&text).map_or(0, |progress| progress["batches"].as_u64().unwrap())
}

#[tokio::test]
async fn a_client_that_is_killed_half_way_loses_and_doubles_nothing() {
    let database = Database::sqlite();
    let server = Server::start(&database, &[]);
    let client = Client::new(&server.url, &database.add_key());
    let lines: Vec<String> = (0..15_000).map(|n| format!("ok - case {n}\n")).collect();
    let report = client.folder.write("long.tap", &lines.concat());
    let mut child = client.command(&[&["submit", report.as_str()][..], COORDINATES].concat()).spawn().unwrap();
    wait_until("some batches are sent", || progress_of(&client.folder.0) >= 2);
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None, "it was killed, not done");
    assert_eq!(client.folder.waiting().len(), 1);
    // So is the one that goes on.
    let seen = progress_of(&client.folder.0);
    let mut child = client.command(&["submit", "--flush"]).spawn().unwrap();
    wait_until("some more are sent", || progress_of(&client.folder.0) > seen + 2);
    child.kill().unwrap();
    child.wait().unwrap();
    let (status, printed) = client.flush();
    assert_eq!((status, printed["sent"].as_array().unwrap().len()), (0, 1), "{printed}");
    let executions = client.executions().await;
    assert_eq!(executions.len(), 1);
    assert_eq!(
        (&executions[0]["status"], executions[0]["test_results"].as_array().unwrap().len()),
        (&json!("PASSED"), 15_000)
    );
    assert!(client.folder.waiting().is_empty());
}

#[tokio::test]
async fn those_who_flush_at_once_wait_for_each_other() {
    let database = Database::sqlite();
    let key = database.add_key();
    let client = Client::new(&nowhere(), &key);
    let report = client.folder.write("report.xml", JUNIT);
    for version in 0..12 {
        client.submit(&report, &["--version", &version.to_string()]);
    }
    let _server = Server::start_at(&database, client.url.strip_prefix("http://").unwrap());
    let children: Vec<_> = (0..4).map(|_| client.command(&["submit", "--flush", "--json"]).spawn().unwrap()).collect();
    let mut sent = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", log_of(&output));
        sent += serde_json::from_slice::<Value>(&output.stdout).unwrap()["sent"].as_array().unwrap().len();
    }
    assert_eq!((sent, client.executions().await.len(), client.folder.waiting().len()), (12, 12, 0));
}

#[tokio::test]
async fn what_the_server_does_not_want_is_told_and_blocks_nobody() {
    let database = Database::sqlite();
    let server = Server::start(&database, &[("IGNORE_PERMISSIONS", "")]);
    let mut client = Client::new(&server.url, &database.add_key());
    let report = client.folder.write("report.xml", JUNIT);
    let good = std::mem::replace(&mut client.key, "to_wrong".to_owned());
    let (status, log) = client.submit(&report, &[]);
    assert_eq!(status, 77, "{log}");
    assert!(log.as_str().unwrap().contains("Insufficient permissions"), "{log}");
    assert!(client.folder.waiting().is_empty());
    // With a wrong key runs go on waiting; nothing is wrong with them.
    let spool = client.folder.0.join("spool");
    let mut kept = Client::new(&nowhere(), &good);
    std::mem::swap(&mut kept.folder, &mut client.folder);
    for version in ["1", "2"] {
        assert_eq!(kept.submit(&report, &["--version", version]).0, WAITING);
    }
    std::mem::swap(&mut kept.folder, &mut client.folder);
    let mut files = client.folder.waiting();
    files.sort();
    for (file, old, new) in [(&files[0], "hello", "x".repeat(300)), (&files[1], "hello", "bye".to_owned())] {
        let text = std::fs::read_to_string(file).unwrap().replace(&kept.url, &client.url).replace(old, &new);
        std::fs::write(file, text).unwrap();
    }
    let (status, printed) = client.flush();
    assert_eq!((status, &printed["waiting"]), (77, &json!(2)), "{printed}");
    // With the good one, the first is refused and set aside, the second sent.
    client.key = good;
    let (status, printed) = client.flush();
    assert_eq!(
        (status, printed["sent"].as_array().unwrap().len(), &printed["waiting"]),
        (76, 1, &json!(0)),
        "{printed}"
    );
    assert_eq!(std::fs::read_dir(spool.join("rejected")).unwrap().count(), 2, "the run and the reason");
    assert_eq!(client.executions().await[0]["artefact"]["name"], "bye");
}

#[test]
fn mistakes_have_their_own_status_and_one_line() {
    let client = Client::new(&nowhere(), "to_key");
    let report = client.folder.write("report.xml", JUNIT);
    let broken = client.folder.write("broken.xml", "<testsuite>\n<testcase name='x'>");
    for (args, expected, words) in [
        (vec!["submit"], 2, "required"),
        (vec!["submit", &report, "--family=deb"], 2, "--environment: it has to be said"),
        (vec!["submit", &report, "--family=rpm"], 2, "invalid value 'rpm'"),
        (vec!["submit", &report, "--api-key=to_x"], 2, "unexpected argument '--api-key'"),
        (vec!["submit", &report, "--server=nowhere"], 2, "'nowhere' is no http or https address"),
        (vec!["submit", &report, "--api-key-file=missing"], 66, "cannot read the key from missing"),
        (vec!["submit", "missing.xml"], 66, "missing.xml: No such file"),
        (vec!["submit", &broken], 65, "broken.xml: line 2: the document ends inside <testcase>"),
        (vec!["submit", &report, "--format=tap"], 65, "no line says"),
        (
            vec!["test-results-report", "--start-date=2031.01.15", "--output-file=x"],
            2,
            "Date 2031.01.15 is not in the correct format: %Y-%m-%d",
        ),
        (
            vec!["test-results-report", "--start_date=2031-01-15", "--end_date=2031-01-14", "--output_file=x"],
            2,
            "Start date '2031-01-15' must be before end date '2031-01-14'",
        ),
        (
            vec!["test-results-report", "--start-date=2031-01-15", "--end-date=2031-01-15", "--output-file=report.xml"],
            2,
            "Output file 'report.xml' already exists",
        ),
        (vec!["common-failures", "1"], 69, "cannot reach"),
        (vec!["rerun-failing", "1", "("], 2, "'(' is no pattern"),
        (vec!["test-case-history", "http://x/submission.json", "a"], 2, "is no address of a build's submission"),
        (vec!["man", "fly"], 2, "there is no command 'fly'"),
    ] {
        let output = client.run(&args);
        let log = log_of(&output);
        let errors: Vec<&str> = log.lines().filter(|line| line.starts_with("test-observer: ")).collect();
        assert_eq!(output.status.code(), Some(expected), "{args:?}: {log}");
        assert!(matches!(errors.as_slice(), [only] if only.contains(words)), "{args:?}: {log}");
    }
    assert!(client.folder.waiting().is_empty());
    // The run is lost where nothing may be kept, and the status says so.
    let output = client.run(&[&["submit", &report, "--no-spool"][..], COORDINATES].concat());
    assert_eq!(output.status.code(), Some(69), "{}", log_of(&output));
}

#[test]
fn shells_and_manuals_know_the_commands() {
    let client = Client::new(&nowhere(), "to_key");
    for (args, words) in [
        (vec!["completions", "bash"], "--api-key-file"),
        (vec!["completions", "zsh"], "#compdef test-observer"),
        (vec!["completions", "fish"], "complete -c test-observer"),
        (vec!["man"], ".TH test-observer 1"),
        (vec!["man", "submit"], "\\-\\-api\\-key\\-file"),
    ] {
        let output = client.run(&args);
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && printed.contains(words), "{args:?}: {printed}");
    }
    assert!(client.run(&["man", "--dir", "pages"]).status.success());
    assert!(client.folder.0.join("pages/test-observer-submit.1").exists());
}
