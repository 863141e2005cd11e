//! The workflows that test charms with their neighbours: `curl` in a CI job, with
//! `--fail-with-body --retry-all-errors --retry 10`, so that whatever fails or gets lost is sent again.

use app::api::Permission;
use serde_json::{Value, json};

use super::{Client, at, items, read};
use crate::support::{TestApp, both, charm};

const START: &str = r#"{
  "name": "postgresql-k8s",
  "version": "123",
  "arch": "amd64",
  "environment": "juju-lab",
  "test_plan": "charm-integration/postgresql_client/postgresql-k8s:database",
  "initial_status": "NOT_STARTED",
  "family": "charm",
  "revision": 123,
  "track": "14",
  "execution_stage": "candidate"
}"#;

const RESULTS: &str = r#"[
  {"name": "test_deploy", "status": "PASSED", "template_id": "tests.test_charm", "category": "pytest", "comment": "", "io_log": ""},
  {"name": "test_relate", "status": "FAILED", "template_id": "tests.test_charm", "category": "pytest", "comment": "AssertionError", "io_log": "Traceback (most recent call last):\n  …"},
  {"name": "test_scale", "status": "SKIPPED", "template_id": "tests.test_charm", "category": "pytest", "comment": "no quota", "io_log": ""}
]"#;

const EVENTS: [&str; 7] = [
    "job_start",
    "setup_target_failed",
    "setup_neighbor_failed",
    "test_start",
    "test_end",
    "log_collection_finished",
    "job_end",
];

/// The workflow with a key that may do no more than it has to.
async fn workflow(app: &TestApp) -> Client<'_> {
    let rights = [Permission::ChangeTest, Permission::ViewTest, Permission::ViewArtefact, Permission::ChangeRerun];
    let key = app.add_application(&rights).await;
    Client::curl(app).with_key(&key)
}

both! {
    // The whole sequence, with what is read from the answers.
    async fn a_charm_is_tested_from_registration_to_completion(app: TestApp) {
        let curl = workflow(&app).await;
        let id = curl.start(START).await;
        assert_eq!(curl.get(&at(id)).await.ok()["status"], "NOT_STARTED");
        let running = r#"{"status":"IN_PROGRESS","ci_link":"https://github.com/o/r/actions/runs/1/job/2"}"#;
        curl.patch(&at(id), running).await.ok();
        for (second, name) in EVENTS.iter().enumerate() {
            let event = format!(r#"{{"event_name":"{name}","detail":"","timestamp":"2031-01-22T08:30:{second:02}Z"}}"#);
            curl.post(&format!("{}/status_update", at(id)), &format!(r#"{{"events":[{event}]}}"#)).await.ok();
        }
        let metadata = r#"{"execution_metadata":{"charm_qa:juju":["3.6.1"],"charm_qa:neighbour":["mysql","kafka"]}}"#;
        curl.patch(&at(id), metadata).await.ok();
        curl.post(&format!("{}/test-results", at(id)), RESULTS).await.ok();
        let link = r#"{"label":"Logs","url":"https://logs.example/runs/1"}"#;
        curl.post(&format!("{}/links", at(id)), link).await.ok();
        // The appended `job_end` ends nothing; that is for the workflow to say.
        assert_eq!(curl.get(&at(id)).await.ok()["status"], "IN_PROGRESS");
        curl.patch(&at(id), r#"{"status":"COMPLETED"}"#).await.ok();
        let shown = curl.get(&at(id)).await.ok();
        assert_eq!(shown["status"], "FAILED");
        let expected = json!({"charm_qa:juju": ["3.6.1"], "charm_qa:neighbour": ["mysql", "kafka"]});
        assert_eq!(shown["execution_metadata"], expected);
        assert_eq!(shown["ci_link"], "https://github.com/o/r/actions/runs/1/job/2");
        assert_eq!(shown["relevant_links"][0]["url"], "https://logs.example/runs/1");
        let events = app.get(&format!("{}/status_update", at(id))).await.ok();
        let expected: Value = EVENTS.iter().map(|name| json!([name])).collect();
        assert_eq!(read(&events, &["/event_name"]), expected);
    }

    // Every step but the appending ones may be repeated.
    async fn whatever_is_sent_again_is_there_once(app: TestApp) {
        let curl = workflow(&app).await;
        let id = curl.start(START).await;
        let results = format!("{}/test-results", at(id));
        let mut seen = Vec::new();
        for _ in 0..3 {
            curl.patch(&at(id), r#"{"status":"IN_PROGRESS","ci_link":"https://ci.example/1"}"#).await.ok();
            curl.patch(&at(id), r#"{"execution_metadata":{"charm_qa:k":["v","w"]}}"#).await.ok();
            curl.post(&results, RESULTS).await.ok();
            curl.patch(&at(id), r#"{"status":"COMPLETED"}"#).await.ok();
            seen.push(curl.get(&at(id)).await.ok());
            let expected = json!([["test_deploy", "PASSED"], ["test_relate", "FAILED"], ["test_scale", "SKIPPED"]]);
            assert_eq!(read(&curl.get(&results).await.ok(), &["/name", "/status"]), expected);
        }
        assert!(seen.iter().all(|shown| *shown == seen[0]), "{seen:?}");
    }

    // Reruns by an id in quotes, also a second time.
    async fn a_rerun_is_asked_for_by_an_id_that_is_a_string(app: TestApp) {
        let curl = workflow(&app).await;
        let id = curl.start(START).await;
        let other = curl.start(&START.replace("juju-lab", "other-lab")).await;
        for _ in 0..2 {
            let body = format!(r#"{{"test_execution_ids":["{id}"]}}"#);
            let asked = curl.post("/v1/test-executions/reruns", &body).await.ok();
            assert_eq!(read(&asked, &["/test_execution_id", "/family"]), json!([[id, "charm"]]));
        }
        assert_eq!(curl.get(&at(id)).await.ok()["is_rerun_requested"], true);
        assert_eq!(curl.get(&at(other)).await.ok()["is_rerun_requested"], false);
    }

    // History page by page, builds with unknown parameters, results.
    async fn earlier_revisions_are_found_with_their_runs_and_results(app: TestApp) {
        let curl = workflow(&app).await;
        let mut runs = Vec::new();
        for revision in [121, 122, 123] {
            let id = curl.start(&START.replace("123", &revision.to_string())).await;
            curl.post(&format!("{}/test-results", at(id)), RESULTS).await.ok();
            runs.push((id, revision));
        }
        app.start(&charm(&json!({"name": "postgresql-k8s", "version": "9", "track": "16"}))).await;
        let mut found = Vec::new();
        for offset in 0.. {
            let query = format!("family=charm&limit=1&offset={offset}&stage=candidate&name=postgresql-k8s&track=14");
            let page = curl.get(&format!("/v1/artefacts/history?{query}")).await.ok();
            let Some(artefact) = items(&page["items"]).first() else { break };
            let artefact = artefact["artefact_id"].as_i64().unwrap();
            // The endpoint has neither of the two parameters.
            let builds = curl.get(&format!("/v1/artefacts/{artefact}/builds?limit=100&offset=0")).await.ok();
            found.push(read(&builds, &["/revision", "/test_executions/0/id"]));
            let id = builds[0]["test_executions"][0]["id"].as_i64().unwrap();
            let results = curl.get(&format!("{}/test-results", at(id))).await.ok();
            let expected = json!([["test_deploy", "PASSED"], ["test_relate", "FAILED"], ["test_scale", "SKIPPED"]]);
            assert_eq!(read(&results, &["/name", "/status"]), expected);
        }
        // The newest comes first.
        let expected: Vec<_> = runs.iter().rev().map(|(id, revision)| json!([[revision, id]])).collect();
        assert_eq!(found, expected);
    }

    // Above a mebibyte curl announces its body.
    async fn a_large_log_waits_for_a_word_before_it_comes(app: TestApp) {
        let curl = workflow(&app).await.with("Expect", "100-continue");
        let id = curl.start(START).await;
        let log = "0123456789abcdef".repeat(128 * 1024);
        let body = format!(r#"[{{"name":"test_deploy","status":"FAILED","io_log":"{log}"}}]"#);
        curl.post(&format!("{}/test-results", at(id)), &body).await.ok();
        let results = curl.get(&format!("{}/test-results", at(id))).await.ok();
        assert!(results[0]["io_log"] == json!(log), "the log came back changed");
    }
}
