//! Client subcommands for people who look after failures and reports.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Database, PROGRAM, Server, run_with};

/// A server with an artefact, and a folder to work in.
struct Site {
    server: Server,
    key: String,
    folder: PathBuf,
    _database: Database,
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

impl Site {
    fn new(name: &str) -> Self {
        let database = Database::sqlite();
        let server = Server::start(&database, &[("IGNORE_PERMISSIONS", "")]);
        let folder = std::env::temp_dir().join(format!("to_scripts_{}_{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self { key: database.add_key(), server, folder, _database: database }
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = reqwest::Client::new().request(method, format!("{}{path}", self.server.url));
        let answer = request.bearer_auth(&self.key).json(body).send().await.unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    }

    /// An execution in an environment with results; its id.
    async fn execution(&self, environment: &str, results: &[(&str, &str, &str)]) -> i64 {
        let start = json!({
            "family": "snap", "name": "hello", "version": "1", "arch": "amd64", "environment": environment,
            "test_plan": "smoke", "revision": 1, "track": "latest", "store": "ubuntu", "execution_stage": "beta",
        });
        let started = self.ask(Method::PUT, "/v1/test-executions/start-test", &start).await;
        let id = started["id"].as_i64().unwrap();
        let results: Vec<Value> = results
            .iter()
            .map(|(name, template, status)| json!({"name": name, "template_id": template, "status": status}))
            .collect();
        self.ask(Method::POST, &format!("/v1/test-executions/{id}/test-results"), &json!(results)).await;
        self.ask(Method::PATCH, &format!("/v1/test-executions/{id}"), &json!({"status": "COMPLETED"})).await;
        id
    }

    fn run(&self, args: &[&str], input: &str) -> Output {
        let mut command = Command::new(PROGRAM);
        command.args(args).env_clear().current_dir(&self.folder);
        // What older scripts call it.
        command.env("TO_API_URL", &self.server.url).env("TEST_OBSERVER_API_KEY", &self.key);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // One that does not ask may have ended before.
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        child.wait_with_output().unwrap()
    }

    #[track_caller]
    fn done(&self, args: &[&str], input: &str) -> String {
        let output = self.run(args, input);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

#[tokio::test]
async fn failures_are_counted_and_run_again_unless_somebody_decided() {
    let site = Site::new("failures");
    let radio = site.execution("lab-1", &[("radio/a", "radio", "FAILED"), ("boot", "", "PASSED")]).await;
    let boot = site.execution("lab-2", &[("boot", "", "FAILED"), ("radio/b", "radio", "FAILED")]).await;
    let other = site.execution("lab-3", &[("boot", "", "FAILED")]).await;
    site.execution("lab-4", &[("boot", "", "PASSED")]).await;
    let decided = site.execution("lab-5", &[("radio/a", "radio", "FAILED")]).await;
    let artefact = site.ask(Method::GET, "/v1/artefacts", &json!({})).await[0]["id"].to_string();
    let reviews = site.ask(Method::GET, &format!("/v1/artefacts/{artefact}/environment-reviews"), &json!({})).await;
    let review = reviews.as_array().unwrap().iter().find(|review| review["environment"]["name"] == "lab-5").unwrap();
    let path = format!("/v1/artefacts/{artefact}/environment-reviews/{}", review["id"]);
    site.ask(Method::PATCH, &path, &json!({"review_decision": ["REJECTED"]})).await;

    assert_eq!(site.done(&["common-failures", &artefact], ""), "2\tboot\n2\tradio\n");
    // Nobody says yes: nothing happens.
    let printed = site.done(&["rerun-failing", &artefact, "radio/"], "\n");
    assert!(
        printed.starts_with(&format!("{radio}: smoke on lab-1")) && printed.contains(&format!("\n{boot}: ")),
        "{printed}"
    );
    assert!(!printed.contains(&format!("{decided}: ")) && !printed.contains(&format!("{other}: ")), "{printed}");
    assert_eq!(site.ask(Method::GET, "/v1/test-executions/reruns", &json!({})).await, json!([]));
    // The pattern has to match from the beginning.
    assert_eq!(site.done(&["rerun-failing", &artefact, "adio"], "y\n"), "nothing to run again\n");
    assert!(site.done(&["rerun-failing", &artefact, "radio/", "--reversed"], "y\n").contains("1 reruns requested"));
    assert!(site.done(&["rerun-failing", &artefact, "boot", "--yes"], "").contains("1 reruns requested"));
    let reruns = site.ask(Method::GET, "/v1/test-executions/reruns", &json!({})).await;
    let mut ids: Vec<_> = reruns.as_array().unwrap().iter().map(|rerun| rerun["test_execution_id"].as_i64()).collect();
    ids.sort_unstable();
    assert_eq!(ids, [Some(boot), Some(other)]);
}

#[tokio::test]
async fn results_of_days_are_summed_up() {
    let site = Site::new("report");
    site.execution("lab", &[("camera/detect", "", "PASSED"), ("mir/opens", "", "FAILED")]).await;
    let report = ["test-results-report", "--start_date", "2020-01-01", "--output_file"];
    // Days that are over are asked for once, and then read from the folder.
    let folder = site.folder.join("test-results-reports");
    std::fs::create_dir_all(&folder).unwrap();
    let head = "Artefact.family,TestCase.template_id,TestCase.name,TestResult.status\r\n";
    std::fs::write(folder.join("2020-01-01.csv"), format!("{head}deb,wifi,wifi/1,FAILED\r\n")).unwrap();
    site.done(&[&report[..], &["old.csv", "--end_date", "2020-01-02"]].concat(), "");
    let old = std::fs::read_to_string(site.folder.join("old.csv")).unwrap();
    assert_eq!(old, "Test Identifier,ALL,FAIL,PASS,SKIP\r\nwifi,1,1,0,0\r\n");
    assert!(folder.join("2020-01-02.csv").exists());
    // The server's clock is this machine's: the artefact is of today or, around midnight, of yesterday.
    let artefacts = site.ask(Method::GET, "/v1/artefacts", &json!({})).await;
    let today = artefacts[0]["created_at"].as_str().unwrap().split('T').next().unwrap();
    site.done(&["test-results-report", "--start-date", today, "--output-file", "new.csv"], "");
    let new = std::fs::read_to_string(site.folder.join("new.csv")).unwrap();
    assert_eq!(new, "Test Identifier,ALL,FAIL,PASS,SKIP\r\ncamera/detect,1,0,1,0\r\n");
}

#[test]
fn a_report_that_cannot_be_meant_is_not_begun() {
    let site = Site::new("no-report");
    std::fs::write(site.folder.join("old.csv"), "kept").unwrap();
    for (args, expected) in [
        ("--output_file new.csv", "required arguments were not provided"),
        ("--start_date 2031-01-15", "required arguments were not provided"),
        ("--start_date 2031.01.15 --output_file new.csv", "Date 2031.01.15 is not in the correct format: %Y-%m-%d"),
        (
            "--start_date 2031-01-15 --end_date tomorrow --output_file new.csv",
            "Date tomorrow is not in the correct format: %Y-%m-%d",
        ),
        (
            "--start_date 2031-01-16 --end_date 2031-01-15 --output_file new.csv",
            "Start date '2031-01-16' must be before end date '2031-01-15'",
        ),
        ("--start_date 2031-01-15 --end_date 2031-01-15 --output_file old.csv", "Output file 'old.csv' already exists"),
    ] {
        let args: Vec<&str> = ["test-results-report"].into_iter().chain(args.split(' ')).collect();
        let output = site.run(&args, "");
        let log = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {log}");
        assert!(log.contains(expected) && output.stdout.is_empty(), "{args:?}: {log}");
    }
    assert_eq!(std::fs::read_to_string(site.folder.join("old.csv")).unwrap(), "kept");
    assert!(!site.folder.join("new.csv").exists() && !site.folder.join("test-results-reports").exists());
}

/// A server that has some submissions, and says on which requests it saw a key.
fn serve_submissions() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            while !request.ends_with(b"\r\n\r\n") {
                let Ok(count @ 1..) = client.read(&mut buffer) else { break };
                request.extend_from_slice(&buffer[..count]);
            }
            let text = String::from_utf8_lossy(&request).to_lowercase();
            let (status, body) = if text.contains("authorization") {
                ("500 A key", "")
            } else if text.starts_with("get /job/x/7/") {
                ("200 OK", r#"{"results": [{"id": "a", "status": "pass"}, {"id": "b", "status": "fail"}]}"#)
            } else if text.starts_with("get /job/x/5/") {
                ("200 OK", r#"{"results": [{"id": "a", "status": "skip"}, {"id": "c", "status": "pass"}]}"#)
            } else {
                ("404 Not Found", "")
            };
            let answer =
                format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
            drop(client.write_all(answer.as_bytes()));
        }
    });
    url
}

#[test]
fn submissions_elsewhere_are_compared() {
    let site = Site::new("submissions");
    let url = serve_submissions();
    let submission = |build: u64| format!("{url}/job/x/{build}/artifact/artifacts/submission.json");
    let newest = submission(7);
    let args = ["test-case-history", &newest, "a", "z", "--number-of-jenkins-jobs", "3"];
    assert_eq!(site.done(&args, ""), "test\t7\t6\t5\na\tpass\t-\tskip\nz\t-\t-\t-\n");
    let printed = site.done(&["compare-submissions", &submission(7), &submission(5)], "");
    let expected =
        json!({"only_in_1": {"b": "fail"}, "different": {"a": ["pass", "skip"]}, "only_in_2": {"c": "pass"}});
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap(), expected);
    let output = site.run(&["compare-submissions", &submission(7), &submission(6)], "");
    assert_eq!(output.status.code(), Some(69));
}

#[test]
fn the_way_to_other_systems_is_the_operator_s() {
    let url = serve_submissions();
    // Nobody has that name: only who takes the way through the proxy gets an answer, which is that there is nothing.
    let elsewhere = "http://jenkins.invalid/job/x/2/artifact/artifacts/submission.json";
    for name in ["HTTP_PROXY", "http_proxy"] {
        let (is_done, printed, log) = run_with(&["test-case-history", elsewhere, "a"], &[(name, &url)]);
        assert!(is_done && printed == "test\t2\t1\na\t-\t-\n", "{name}: {printed} {log}");
    }
    let here = format!("{url}/job/x/7/artifact/artifacts/submission.json");
    let args = ["test-case-history", here.as_str(), "a", "--number-of-jenkins-jobs", "1"];
    let nowhere = ("HTTP_PROXY", "http://127.0.0.1:1");
    for name in ["NO_PROXY", "no_proxy"] {
        let (is_done, printed, log) = run_with(&args, &[nowhere, (name, "127.0.0.1")]);
        assert!(is_done && printed == "test\t7\na\tpass\n", "{name}: {printed} {log}");
    }
    assert!(!run_with(&args, &[nowhere]).0);
}

#[test]
fn operations_without_permissions_are_named() {
    let site = Site::new("permissions");
    let silent = r#"{"paths": {"/a": {"get": {"x-permissions": []}, "put": {}}}}"#;
    std::fs::write(site.folder.join("silent.json"), silent).unwrap();
    let output = site.run(&["check-permissions", "silent.json"], "");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), b"put /a\n".as_slice()));
    std::fs::write(site.folder.join("good.json"), silent.replace("{}", r#"{"x-permissions": []}"#)).unwrap();
    assert_eq!(site.done(&["check-permissions", "good.json"], ""), "All endpoints have permissions defined.\n");
}
