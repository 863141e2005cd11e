//! Streams of events over sockets: from one server process to another, and when a server stops.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Database, Server};

/// Longer than any event takes that comes at all.
const PATIENCE: Duration = Duration::from_secs(20);

/// Opens a stream; what it said so far.
async fn follow(client: &reqwest::Client, server: &Server, key: &str) -> (reqwest::Response, String) {
    let mut stream = client.get(format!("{}/v1/events", server.url)).bearer_auth(key).send().await.unwrap();
    assert_eq!(stream.status(), 200);
    assert!(!stream.headers().contains_key("content-encoding"), "compressed");
    let said = read_until(&mut stream, "\n\n").await;
    (stream, said)
}

/// Reads until the text was said; all that was.
async fn read_until(stream: &mut reqwest::Response, text: &str) -> String {
    let mut said = String::new();
    while !said.contains(text) {
        let chunk = tokio::time::timeout(PATIENCE, stream.chunk()).await.unwrap_or_else(|_| panic!("only {said:?}"));
        said += std::str::from_utf8(&chunk.unwrap().expect("the stream ended")).unwrap();
    }
    said
}

/// Starts a run; its id.
async fn start(client: &reqwest::Client, server: &Server, key: &str) -> i64 {
    let body = json!({
        "family": "deb", "name": "hello", "version": "1", "arch": "amd64", "environment": "lab", "test_plan": "smoke",
        "series": "noble", "repo": "main", "execution_stage": "proposed",
    });
    let path = format!("{}/v1/test-executions/start-test", server.url);
    let answer = client.put(path).bearer_auth(key).json(&body).send().await.unwrap();
    answer.json::<Value>().await.unwrap()["id"].as_i64().unwrap()
}

async fn stops_in_time(server: &mut Server, mut stream: reqwest::Response) {
    let asked = Instant::now();
    server.send_signal("-TERM");
    let end = tokio::time::timeout(PATIENCE, async {
        while let Some(chunk) = stream.chunk().await.unwrap() {
            assert!(!chunk.is_empty());
        }
    });
    end.await.expect("the stream did not end");
    server.wait_for_line("stopped");
    assert!(server.child.wait().unwrap().success());
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn what_one_server_changes_the_other_one_tells() {
    let database = Database::postgres().await;
    let key = database.add_key();
    let (mut one, other) = (Server::start(&database, &[]), Server::start(&database, &[]));
    let client = reqwest::Client::new();
    let (mut stream, _) = follow(&client, &one, &key).await;
    let (mut own, _) = follow(&client, &other, &key).await;
    let execution = start(&client, &other, &key).await;
    let text = format!("\"test_execution_id\":{execution}}}\n\n");
    let (said, own_said) = (read_until(&mut stream, &text).await, read_until(&mut own, &text).await);
    assert!(said.contains("event: test_execution\ndata: {\"artefact_id\":1,\"family\":\"deb\","), "{said}");
    // An event has the same name everywhere: whoever lands on another server is told what they missed.
    assert_eq!(said, own_said);
    let last_id = said.rsplit_once("id: ").unwrap().1.lines().next().unwrap();
    drop(own);
    let second = start(&client, &one, &key).await;
    let path = format!("{}/v1/events?kinds=test_execution", other.url);
    let mut resumed = client.get(path).bearer_auth(&key).header("last-event-id", last_id).send().await.unwrap();
    let said = read_until(&mut resumed, &format!("\"test_execution_id\":{second}}}\n\n")).await;
    assert!(!said.contains("refresh") && !said.contains(&text), "{said}");
    stops_in_time(&mut one, stream).await;
}

#[tokio::test]
async fn a_server_with_open_streams_stops_in_time_on_sqlite() {
    let database = Database::sqlite();
    let key = database.add_key();
    let mut server = Server::start(&database, &[]);
    let client = reqwest::Client::new();
    let (mut stream, _) = follow(&client, &server, &key).await;
    let execution = start(&client, &server, &key).await;
    read_until(&mut stream, &format!("\"test_execution_id\":{execution}}}\n\n")).await;
    stops_in_time(&mut server, stream).await;
}
