//! The first administrator, and letting people in from the command line.

use std::io::Write;
use std::process::{Command, Stdio};

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{Database, Server, run};

const ACCOUNTS: (&str, &str) = ("LOCAL_ACCOUNTS", "true");

fn client() -> Client {
    Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// Who is signed in by an answer.
async fn who(server: &Server, answer: &Response) -> Value {
    let set = answer.headers().get(SET_COOKIE).unwrap().to_str().unwrap();
    let session = set.split(';').next().unwrap();
    let request = client().get(format!("{}/v1/users/me", server.url)).header(COOKIE, session);
    request.header("x-csrf-token", "1").send().await.unwrap().json().await.unwrap()
}

/// Gives a user a password by way of the standard input: whether that worked, and what was said.
fn set_password(database: &Database, email: &str, input: &str) -> (bool, String) {
    let program = env!("CARGO_BIN_EXE_test-observer");
    let mut command = Command::new(program);
    command.args(["user", "password", email, "--db", &database.url]).env_clear();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test]
async fn a_new_installation_lets_its_first_administrator_in() {
    let database = Database::sqlite();
    let server = Server::start(&database, &[ACCOUNTS]);
    let printed = server.wait_for_line("/v1/auth/local/link/");
    let link = printed.split_whitespace().find(|word| word.starts_with("http")).unwrap();
    assert!(link.starts_with(&server.url), "{printed}");
    let answer = client().get(link).send().await.unwrap();
    assert_eq!(
        (answer.status(), answer.headers().get(LOCATION).unwrap().to_str().unwrap()),
        (StatusCode::SEE_OTHER, "/")
    );
    assert_eq!(who(&server, &answer).await["is_admin"], true);
    assert_eq!(client().get(link).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    drop(server);

    // There is somebody now: nobody else is let in.
    let (is_done, users, _) = run(&["user", "list", "--db", &database.url]);
    assert!(is_done && users.lines().count() == 1 && users.contains("admin@localhost"), "{users}");
    drop(Server::start(&database, &[ACCOUNTS]));
    assert_eq!(run(&["user", "list", "--db", &database.url]).1, users);
}

#[test]
fn nobody_is_made_where_nobody_signs_in_like_this() {
    let database = Database::sqlite();
    drop(Server::start(&database, &[]));
    assert_eq!(run(&["user", "list", "--db", &database.url]).1, "");
}

async fn check_links_and_passwords(database: &Database) {
    let db = ["--db", database.url.as_str()];
    assert!(run(&[&["user", "add", "ana@x.org", "--name", "Ana"][..], &db].concat()).0);
    let server = Server::start(database, &[ACCOUNTS]);

    let (is_done, link, log) =
        run(&[&["user", "link", "ana@x.org", "--frontend-url", server.url.as_str()][..], &db].concat());
    assert!(is_done, "{log}");
    let answer = client().get(link.trim()).send().await.unwrap();
    assert_eq!(who(&server, &answer).await["email"], "ana@x.org");
    let (is_done, link, _) = run(&[&["user", "link", "ana@x.org"][..], &db].concat());
    assert!(is_done && link.starts_with("http://localhost:30000/v1/auth/local/link/"), "{link}");

    for (input, problem) in [
        ("short\n", "A password has 12 to 1000 characters"),
        ("", "A password has 12 to 1000 characters"),
        ("correct horse\r\nsecond line", ""),
    ] {
        let (is_done, log) = set_password(database, "ana@x.org", input);
        assert_eq!(is_done, problem.is_empty(), "{log}");
        assert!(log.contains(problem) && !log.contains("horse"), "{log}");
    }
    let login = format!("{}/v1/auth/local/login", server.url);
    let body = json!({"email": "ana@x.org", "password": "correct horse"});
    let answer = client().post(login).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(who(&server, &answer).await["email"], "ana@x.org");

    let (is_done, log) = set_password(database, "eve@x.org", "correct horse\n");
    assert!(!is_done && log.ends_with("test-observer: User with email eve@x.org not found\n"), "{log}");
    let (is_done, printed, log) = run(&[&["user", "link", "eve@x.org"][..], &db].concat());
    assert!(!is_done && printed.is_empty() && log.contains("User with email eve@x.org not found"), "{log}");
}

#[tokio::test]
async fn operators_let_people_in_on_sqlite() {
    check_links_and_passwords(&Database::sqlite()).await;
}

#[tokio::test]
async fn operators_let_people_in_on_postgres() {
    check_links_and_passwords(&Database::postgres().await).await;
}
