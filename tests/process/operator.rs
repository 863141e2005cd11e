//! Commands for operators: users, teams and artefacts.

use serde_json::{Value, json};

use crate::support::{Database, run, run_with};

/// Runs a command on the database that has to succeed; what it printed.
#[track_caller]
fn done(database: &Database, args: &[&str]) -> String {
    let (is_done, printed, log) = run(&[args, &["--db", database.url.as_str()]].concat());
    assert!(is_done, "{args:?}: {log}");
    printed
}

/// Runs a command on the database that has to fail and say why in one line, behind what it may log.
#[track_caller]
fn refused(database: &Database, args: &[&str], text: &str) {
    let (is_done, printed, log) = run(&[args, &["--db", database.url.as_str()]].concat());
    assert!(!is_done && printed.is_empty(), "{args:?}: {printed}");
    assert_eq!(log.lines().last(), Some(format!("test-observer: {text}").as_str()), "{args:?}");
}

fn check_users_and_teams(database: &Database) {
    let ana = done(database, &["user", "add", "ana@x.org", "--name", "Ana Lopez", "--launchpad-handle", "ana-l"]);
    let bo = done(database, &["user", "add", "bo@x.org", "--name", "Bo"]);
    let (ana, bo) = (ana.trim(), bo.trim());
    assert_ne!(ana.parse::<i64>().unwrap(), bo.parse::<i64>().unwrap());
    // One who is known stays as is.
    let (is_done, printed, log) = run(&["user", "add", "bo@x.org", "--name", "Other", "--db", &database.url]);
    assert!(is_done && printed.trim() == bo && log.contains("bo@x.org already exists"), "{printed} {log}");
    for _ in 0..2 {
        assert_eq!(done(database, &["user", "promote", "ana@x.org"]), "");
    }
    refused(database, &["user", "promote", "eve@x.org"], "User with email eve@x.org not found");
    let last = format!("User with id {ana} is the last administrator; make somebody else one first");
    refused(database, &["user", "demote", "ana@x.org"], &last);
    refused(database, &["user", "demote", "eve@x.org"], "User with email eve@x.org not found");
    done(database, &["user", "promote", "bo@x.org"]);
    for _ in 0..2 {
        assert_eq!(done(database, &["user", "demote", "bo@x.org"]), "");
    }

    let crew = done(database, &["team", "add", "crew", "--permission", "view_test", "--permission", "view_user"]);
    let idle = done(database, &["team", "add", "idle"]);
    refused(database, &["team", "add", "crew"], "Team with name 'crew' already exists");
    for _ in 0..2 {
        assert_eq!(done(database, &["team", "member-add", "crew", "bo@x.org"]), "");
        assert_eq!(done(database, &["team", "member-add", "idle", "bo@x.org"]), "");
    }
    refused(database, &["team", "member-add", "crew", "eve@x.org"], "User with email eve@x.org not found");
    refused(database, &["team", "member-remove", "nobody", "bo@x.org"], "Team with name 'nobody' not found");
    let users = format!("{ana}\tana@x.org\tAna Lopez\tana-l\tadmin\t\n{bo}\tbo@x.org\tBo\t-\t-\tcrew, idle\n");
    assert_eq!(done(database, &["user", "list"]), users);
    for _ in 0..2 {
        assert_eq!(done(database, &["team", "member-remove", "idle", "bo@x.org"]), "");
    }
    let teams = format!("{}\tcrew\t1\tview_test, view_user\n{}\tidle\t0\t\n", crew.trim(), idle.trim());
    assert_eq!(done(database, &["team", "list"]), teams);
}

#[test]
fn users_and_teams_are_kept_from_the_command_line_on_sqlite() {
    check_users_and_teams(&Database::sqlite());
}

#[tokio::test]
async fn users_and_teams_are_kept_from_the_command_line_on_postgres() {
    check_users_and_teams(&Database::postgres().await);
}

/// Launchpad, which knows Ana, and somebody without a name. Of teams it says nothing.
async fn serve_launchpad() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/devel", listener.local_addr().unwrap());
    let people = |uri: axum::http::Uri| async move {
        match uri.query().unwrap_or_default() {
            "ws.op=getByEmail&email=ana%40x.org" => r#"{"name": "ana-l", "display_name": "Ana Lopez"}"#,
            "ws.op=getByEmail&email=nameless%40x.org" => r#"{"name": "", "display_name": ""}"#,
            _ => "null",
        }
    };
    let router = axum::Router::new().route("/devel/people", axum::routing::get(people));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

fn check_launchpad(database: &Database, launchpad: &str) {
    let add = |email: &str, launchpad: &str| {
        run_with(&["user", "add", email, "--db", &database.url], &[("LAUNCHPAD_API_URL", launchpad)])
    };
    let (is_done, ana, log) = add("ana@x.org", launchpad);
    assert!(is_done, "{log}");
    // Again it changes nothing, and says so.
    let (is_done, again, log) = add("ana@x.org", launchpad);
    assert!(is_done && again == ana && log.contains("ana@x.org already exists"), "{again} {log}");
    for (email, launchpad, expected) in [
        ("eve@x.org", launchpad, "Email not registered in launchpad"),
        ("nameless@x.org", launchpad, "Launchpad cannot be asked: a person without a name"),
        ("ana@x.org", "http://127.0.0.1:1/devel", "Launchpad cannot be asked: "),
        ("ana@x.org", "http://launchpad.example/devel", "LAUNCHPAD_API_URL: "),
    ] {
        let (is_done, printed, log) = add(email, launchpad);
        assert!(!is_done && printed.is_empty(), "{email}: {printed}");
        let last = log.lines().last().unwrap_or_default();
        assert!(last.starts_with(&format!("test-observer: {expected}")), "{email}: {log}");
    }
    let users = format!("{}\tana@x.org\tAna Lopez\tana-l\t-\t\n", ana.trim());
    assert_eq!(done(database, &["user", "list"]), users);
}

#[tokio::test(flavor = "multi_thread")]
async fn launchpad_says_who_has_a_mail_address() {
    let launchpad = serve_launchpad().await;
    check_launchpad(&Database::sqlite(), &launchpad);
    check_launchpad(&Database::postgres().await, &launchpad);
}

#[test]
fn artefacts_are_named_by_id() {
    let database = Database::sqlite();
    refused(&database, &["artefact", "change-assignee", "4", "5"], "No artefact with id 4 found");
    // One that is not there is no mistake.
    assert_eq!(done(&database, &["artefact", "delete", "4"]), "");
}

#[test]
fn a_copy_names_an_installation_and_keeps_its_password() {
    let database = Database::sqlite();
    let text = "--from has to name a PostgreSQL database: postgres://USER:PASSWORD@HOST:PORT/NAME";
    refused(&database, &["import", "--from", "sqlite:data/old.db"], text);
    for from in ["postgres://u:hidden@127.0.0.1:1/old", "mysql://u:hidden@h/old"] {
        let (is_done, printed, log) = run(&["import", "--dry-run", "--from", from, "--db", &database.url]);
        assert!(!is_done && printed.is_empty() && !log.contains("hidden"), "{printed} {log}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let database = Database::sqlite();
    for (args, expected) in [
        (vec!["user", "add", "ana", "--name", "Ana"], "that is no mail address"),
        (vec!["user", "add", "ana@x.org", "--name", " "], "that is no name"),
        (vec!["user", "add", "ana@x.org", "--launchpad-handle", "ana"], "required arguments were not provided"),
        (vec!["team", "add", " "], "that is no name"),
        (vec!["team", "add", "crew", "--permission", "fly"], "there is no such permission"),
        (vec!["artefact", "delete", "x"], "invalid value 'x' for '<ARTEFACT_ID>'"),
    ] {
        let (is_done, printed, log) = run(&[args.as_slice(), &["--db", database.url.as_str()]].concat());
        assert!(!is_done && printed.is_empty(), "{args:?}");
        assert!(log.lines().count() == 1 && log.contains(expected), "{args:?}: {log}");
    }
    assert_eq!(done(&database, &["user", "list"]), "");
    assert_eq!(done(&database, &["team", "list"]), "");
}

fn check_retention(database: &Database) {
    let args = ["retention", "--db", database.url.as_str()];
    let none = json!({"logs": 0, "log_bytes": 0, "results": 0, "executions": 0});
    let families = json!({"snap": none, "deb": none, "charm": none, "image": none, "solution": none});
    for (flags, is_dry_run) in [(&["--json"][..], false), (&["--json", "--dry-run"], true)] {
        let (is_done, printed, log) = run_with(&[&args[..], flags].concat(), &[("RETENTION_LOGS_DAYS", "30")]);
        assert!(is_done, "{log}");
        let printed: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(printed, json!({"dry_run": is_dry_run, "families": families}));
    }
    let (is_done, printed, log) = run(&[&args[..], &["--dry-run"]].concat());
    assert!(is_done && printed.starts_with("would go") && printed.lines().count() == 7, "{printed}");
    assert!(log.contains("everything is kept"), "{log}");
    let disorder = [("RETENTION_LOGS_DAYS_DEB", "30"), ("RETENTION_RESULTS_DAYS", "7")];
    let server = ["serve", "--listen", "127.0.0.1:0", "--db", database.url.as_str()];
    for args in [&args[..], &server] {
        let (is_done, printed, log) = run_with(args, &disorder);
        assert!(!is_done && printed.is_empty(), "{printed}");
        let last = log.lines().last().unwrap_or_default();
        assert!(last.starts_with("test-observer: RETENTION_LOGS_DAYS_DEB: "), "{log}");
    }
}

#[test]
fn retention_says_what_goes_on_sqlite() {
    check_retention(&Database::sqlite());
}

#[tokio::test]
async fn retention_says_what_goes_on_postgres() {
    check_retention(&Database::postgres().await);
}
