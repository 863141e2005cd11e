//! Flags, variables, and what the program prints.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Database, Server, run, run_with};

#[test]
fn a_key_is_all_that_is_printed() {
    let database = Database::sqlite();
    let (is_done, printed, _) =
        run(&["application", "add", "ci", "--permission", "change_test", "--db", &database.url]);
    assert!(is_done);
    assert!(printed.starts_with("to_") && printed.len() == 47 && printed.ends_with('\n'), "{printed:?}");
    let (is_done, nothing, log) = run(&["application", "add", "ci", "--db", &database.url]);
    assert!(!is_done && nothing.is_empty());
    assert_eq!(log, "test-observer: Application with name 'ci' already exists\n");
    let (is_done, rotated, _) = run(&["application", "rotate", "ci", "--db", &database.url]);
    assert!(is_done && rotated.starts_with("to_") && rotated.len() == 47);
    assert_ne!(rotated, printed);
}

#[test]
fn applications_are_listed_without_their_keys_and_removed_by_name() {
    let database = Database::sqlite();
    let db = ["--db", database.url.as_str()];
    let done = |args: &[&str]| {
        let (is_done, printed, log) = run(&[args, &db].concat());
        assert!(is_done, "{args:?}: {log}");
        printed
    };
    assert_eq!(done(&["application", "list"]), "");
    let key = done(&["application", "add", "ci", "--permission", "view_test", "--permission", "change_test"]);
    done(&["application", "add", "lab"]);
    let listed = done(&["application", "list"]);
    let [ci, lab] = listed.lines().collect::<Vec<_>>()[..] else { panic!("{listed}") };
    assert!(ci.ends_with(&format!("\tci\t{}…\tnever\tfor ever\tview_test, change_test", &key[..7])), "{ci}");
    assert!(lab.contains("\tlab\t") && lab.ends_with('\t'), "{lab}");
    assert!(!listed.contains(key.trim()), "{listed}");
    assert_eq!(done(&["application", "delete", "ci"]), "");
    assert_eq!(done(&["application", "list"]).lines().collect::<Vec<_>>(), [lab]);
    let (is_done, printed, log) = run(&[&["application", "delete", "ci"], &db[..]].concat());
    assert!(!is_done && printed.is_empty());
    assert_eq!(log.lines().last(), Some("test-observer: Application with name 'ci' not found"));
}

#[test]
fn what_cannot_be_meant_stops_the_start_with_one_line() {
    let database = Database::sqlite();
    let db = database.url.as_str();
    for (args, variables, expected) in [
        (vec!["serve", "--listen", "nowhere", "--db", db], vec![], "invalid value 'nowhere' for '--listen <ADDR>'"),
        (vec!["serve", "--db", "mysql://user:hunter2@host/x"], vec![], "names no database"),
        (vec!["serve"], vec![("DB_URL", "nonsense")], "'nonsense' names no database"),
        (vec!["serve", "--port", "1"], vec![], "unexpected argument '--port'"),
        (vec!["serve", "--db", db], vec![("IGNORE_PERMISSIONS", "view_tests")], "IGNORE_PERMISSIONS: 'view_tests'"),
        (vec!["serve", "--db", db], vec![("REQUIRE_AUTHENTICATION", "maybe")], "REQUIRE_AUTHENTICATION: 'maybe'"),
        (vec!["serve", "--db", db], vec![("MAX_BODY_BYTES", "big")], "MAX_BODY_BYTES: 'big'"),
        // Where strangers can connect, a secret that everybody knows will not do.
        (vec!["serve", "--db", db, "--listen", "192.0.2.1:1"], vec![], "SESSIONS_SECRET: give a secret of your own"),
        (
            vec!["serve", "--db", db, "--listen", "192.0.2.1:1"],
            vec![("SESSIONS_SECRET", "hunter2hunter2hunter2hunter2hunter2")],
            "cannot listen on 192.0.2.1:1",
        ),
        (
            vec!["serve", "--db", db, "--listen", "192.0.2.1:1"],
            vec![("SESSIONS_SECRET", "hunter2")],
            "SESSIONS_SECRET: each has to have 32 characters or more to listen on 192.0.2.1:1",
        ),
        // So can they where a proxy publishes it.
        (
            vec!["serve", "--db", db, "--listen", "127.0.0.1:0"],
            vec![("FRONTEND_URL", "https://to.example")],
            "SESSIONS_SECRET: give a secret of your own to be reached as https://to.example",
        ),
        (
            vec!["serve", "--db", db],
            vec![("SAML_IDP_METADATA_URL", "http://idp.example/metadata")],
            "SAML_IDP_METADATA_URL: 'http://idp.example/metadata' is not safe",
        ),
        (vec!["application", "add", "x", "--permission", "fly", "--db", db], vec![], "there is no such permission"),
    ] {
        let (is_done, printed, log) = run_with(&args, &variables);
        let errors: Vec<&str> = log.lines().filter(|line| line.starts_with("test-observer: ")).collect();
        assert!(!is_done && printed.is_empty(), "{args:?}");
        assert!(matches!(errors.as_slice(), [only] if only.contains(expected)), "{args:?} {variables:?}: {log}");
        assert!(!log.contains("hunter2"), "{log}");
    }
}

#[test]
fn help_tells_a_stranger_what_there_is() {
    let (is_done, printed, _) = run(&["--help"]);
    assert!(is_done);
    for command in
        ["serve", "application", "user", "team", "artefact", "seed", "migrate", "openapi", "submit", "completions"]
    {
        assert!(printed.contains(command), "{command}");
    }
}

#[tokio::test]
async fn postgres_is_migrated_on_purpose_only() {
    let migrated = Database::postgres().await;
    let fresh = format!("{}_fresh", migrated.url);
    let pool = sqlx::PgPool::connect(&migrated.url).await.unwrap();
    let name = fresh.rsplit_once('/').unwrap().1.to_owned();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&pool).await.unwrap();
    let driver = fresh.replace("postgres://", "postgresql+pg8000://");
    let (is_done, _, log) = run(&["serve", "--listen", "127.0.0.1:0", "--db", &driver]);
    assert!(!is_done && log.contains("run `test-observer migrate` first"), "{log}");
    assert!(run(&["migrate", "--db", &driver]).0);
    assert!(run(&["migrate", "--db", &driver]).0, "a second time changes nothing");
}

#[tokio::test]
async fn the_log_says_that_reads_are_open() {
    let database = Database::sqlite();
    for (variables, status) in [(vec![], 200), (vec![("IGNORE_PERMISSIONS", "")], 403)] {
        let server = Server::start(&database, &variables);
        let answer = reqwest::get(format!("{}/v1/artefacts", server.url)).await.unwrap();
        assert_eq!(answer.status(), status, "{variables:?}");
    }
}

#[tokio::test]
async fn a_server_runs_its_jobs_unless_it_is_told_not_to() {
    let database = Database::sqlite();
    let key = database.add_key();
    let jobs = async |server: &Server| -> Value {
        let request = reqwest::Client::new().get(format!("{}/v1/jobs", server.url)).bearer_auth(&key);
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    };
    let idle = Server::start(&database, &[("DISABLE_PERIODIC_TASKS", "True")]);
    idle.wait_for_line("this process runs no jobs");
    let told = jobs(&idle).await;
    assert_eq!((&told["is_enabled"], &told["jobs"][0]["next_due_at"]), (&json!(false), &Value::Null));
    drop(idle);
    let busy = Server::start(&database, &[]);
    let began = Instant::now();
    while jobs(&busy).await["jobs"][0]["next_due_at"].is_null() {
        assert!(began.elapsed() < Duration::from_secs(30), "no job is due");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(jobs(&busy).await["is_enabled"], true);
}

#[test]
fn a_server_is_asked_whether_it_is_well() {
    let database = Database::sqlite();
    let server = Server::start(&database, &[]);
    // Whatever the way to other systems is.
    let proxy = [("HTTP_PROXY", "http://127.0.0.1:1"), ("http_proxy", "http://127.0.0.1:1")];
    for (path, expected) in [("/health/live", "{\"status\":\"live\"}\n"), ("/health/ready", "{\"status\":\"ready\"}\n")]
    {
        let (is_well, printed, log) = run_with(&["health", "--url", &format!("{}{path}", server.url)], &proxy);
        assert!(is_well && printed == expected, "{printed} {log}");
    }
    let url = server.url.clone();
    let nowhere = format!("{url}/health/nowhere");
    let (is_well, printed, log) = run(&["health", "--url", &nowhere]);
    assert!(!is_well && printed.is_empty());
    assert_eq!(log, format!("test-observer: {nowhere}: the answer has the status 404\n"));
    drop(server);
    let (is_well, _, log) = run(&["health", "--url", &url]);
    assert!(!is_well && log.starts_with(&format!("test-observer: {url}: ")) && log.lines().count() == 1, "{log}");
    let (is_well, _, log) = run(&["health", "--url", "somewhere"]);
    assert!(!is_well && log == "test-observer: 'somewhere' is no http or https address\n", "{log}");
}
