//! A few seconds of the load that `make soak` lays on a server for minutes.

#[path = "../../benches/soak/load.rs"]
mod load;

use std::time::Duration;

use load::Load;
use serde_json::Value;

use crate::support::{Database, Server};

const RUNS: usize = 20;

/// Everything at once, about the same runs.
async fn serves_mixed_load(database: &Database) {
    let key = database.add_key();
    let server = Server::start(database, &[]);
    let load = Load::start(&server.url, &key, 16, RUNS).await.unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    let tally = load.take();
    load.stop().await.unwrap();
    assert!(tally.failures() == 0 && tally.requests() > 50, "{tally}");
    // Reports that come again and again, at once with others, double nothing.
    let path = format!("{}/v1/test-executions?limit=1", server.url);
    let found: Value = reqwest::Client::new().get(path).bearer_auth(&key).send().await.unwrap().json().await.unwrap();
    assert_eq!(found["count"], RUNS);
}

#[tokio::test(flavor = "multi_thread")]
async fn mixed_load_is_served_without_a_failure_on_sqlite() {
    serves_mixed_load(&Database::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mixed_load_is_served_without_a_failure_on_postgres() {
    serves_mixed_load(&Database::postgres().await).await;
}
