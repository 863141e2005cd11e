//! What was answered is there after the process ended, however it ended.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Database, Server};

async fn start(client: &reqwest::Client, url: &str, key: &str) -> reqwest::Result<i64> {
    let body = json!({
        "family": "deb", "name": "hello", "version": "1", "arch": "amd64", "environment": "lab", "test_plan": "smoke",
        "series": "noble", "repo": "main", "execution_stage": "proposed",
    });
    let answer = client.put(format!("{url}/v1/test-executions/start-test")).bearer_auth(key).json(&body).send().await?;
    let answer: Value = answer.error_for_status()?.json().await?;
    Ok(answer["id"].as_i64().unwrap())
}

/// Reports batches, one after the other, until the server is gone; the batches that were answered.
async fn report_until_gone(url: String, key: String, execution: i64) -> usize {
    let client = reqwest::Client::new();
    for number in 0.. {
        let batch: Vec<Value> = (0..20)
            .map(
                |n| json!({"name": format!("{execution}-{number}-{n}"), "status": "PASSED", "io_log": "x".repeat(500)}),
            )
            .collect();
        let path = format!("{url}/v1/test-executions/{execution}/test-results");
        let answer = client.post(path).bearer_auth(&key).json(&batch).send().await;
        if !answer.is_ok_and(|answer| answer.status().is_success()) {
            return number;
        }
    }
    0
}

async fn survives_kill(database: Database) {
    let key = database.add_key();
    let client = reqwest::Client::new();
    let mut answered = Vec::new();
    for patience in [40, 170, 410] {
        let mut server = Server::start(&database, &[]);
        let mut reports = Vec::new();
        for _ in 0..4 {
            let execution = start(&client, &server.url, &key).await.unwrap();
            let report = tokio::spawn(report_until_gone(server.url.clone(), key.clone(), execution));
            reports.push((execution, report));
        }
        tokio::time::sleep(Duration::from_millis(patience)).await;
        server.send_signal("-KILL");
        server.child.wait().unwrap();
        for (execution, report) in reports {
            answered.push((execution, report.await.unwrap()));
        }
    }
    assert!(answered.iter().any(|(_, batches)| *batches > 0), "the server was killed before it answered anything");
    let server = Server::start(&database, &[]);
    for (execution, batches) in answered {
        let path = format!("{}/v1/test-executions/{execution}/test-results", server.url);
        let stored: Value = client.get(path).bearer_auth(&key).send().await.unwrap().json().await.unwrap();
        let stored = stored.as_array().unwrap().len();
        // A batch whose answer never arrived may be there, but whole.
        assert!(stored == batches * 20 || stored == (batches + 1) * 20, "{stored} results of {batches} batches");
    }
}

#[tokio::test]
async fn answered_results_survive_kill_9_on_sqlite() {
    survives_kill(Database::sqlite()).await;
}

#[tokio::test]
async fn answered_results_survive_kill_9_on_postgres() {
    survives_kill(Database::postgres().await).await;
}

#[tokio::test]
async fn sigterm_lets_requests_end_and_takes_no_new_ones() {
    let database = Database::sqlite();
    let key = database.add_key();
    let mut server = Server::start(&database, &[]);
    let client = reqwest::Client::new();
    let execution = start(&client, &server.url, &key).await.unwrap();
    // A request whose body is still on its way when the signal comes.
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel::<Result<&'static str, std::io::Error>>();
    let body = reqwest::Body::wrap_stream(futures::stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|part| (part, receiver))
    }));
    let path = format!("{}/v1/test-executions/{execution}/test-results", server.url);
    let slow = tokio::spawn(client.post(path).bearer_auth(&key).body(body).send());
    sender.send(Ok(r#"[{"name": "slow", "#)).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.send_signal("-TERM");
    server.wait_for_line("stopping");
    sender.send(Ok(r#""status": "PASSED"}]"#)).unwrap();
    drop(sender);
    assert_eq!(slow.await.unwrap().unwrap().status(), 200);
    server.wait_for_line("stopped");
    assert!(server.child.wait().unwrap().success());
    assert!(reqwest::get(format!("{}/v1/version", server.url)).await.is_err());
}

#[tokio::test]
async fn a_body_of_a_hundred_megabytes_is_refused_and_not_kept() {
    let database = Database::sqlite();
    let key = database.add_key();
    let server = Server::start(&database, &[]);
    let client = reqwest::Client::new();
    let execution = start(&client, &server.url, &key).await.unwrap();
    let before = server.memory("VmHWM:");
    let path = format!("{}/v1/test-executions/{execution}/test-results", server.url);
    let body = vec![b' '; 100 * 1024 * 1024];
    let answer = client.post(path).bearer_auth(&key).body(body).send().await.unwrap();
    assert_eq!(answer.status(), 413);
    let answer: Value = answer.json().await.unwrap();
    assert!(answer["detail"].as_str().unwrap().contains("67108864 bytes"), "{answer}");
    let grown = server.memory("VmHWM:") - before;
    assert!(grown < 20 * 1024, "memory grew by {grown} KiB");
}
