//! `PATCH /v1/test-executions/{id}`: changes that come at once; and what leaves the status of an execution alone.

use axum::http::Method;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{TestApp, both, deb, snap};

const STATUSES: [&str; 6] = ["NOT_STARTED", "IN_PROGRESS", "PASSED", "FAILED", "NOT_TESTED", "ENDED_PREMATURELY"];
const RERUNS: &str = "/v1/test-executions/reruns";

fn at(id: i64) -> String {
    format!("/v1/test-executions/{id}")
}

/// The paths of so many new executions.
async fn started(app: &TestApp, count: usize) -> Vec<String> {
    let mut paths = Vec::new();
    for _ in 0..count {
        paths.push(at(app.start(&deb(&json!({}))).await));
    }
    paths
}

/// The values that an execution has in the category `k`, sorted.
async fn values(app: &TestApp, path: &str) -> Vec<String> {
    let shown = app.get(path).await.ok();
    let values = shown["execution_metadata"]["k"].as_array().unwrap();
    let mut values: Vec<String> = values.iter().map(|value| value.as_str().unwrap().to_owned()).collect();
    values.sort_unstable();
    values
}

both! {
    // Status: results, links, metadata, appended events, reruns and a repeated start leave it as it is.
    async fn what_is_no_change_of_the_status_leaves_it_alone(app: TestApp) {
        for before in STATUSES {
            let link = format!("http://ci/{before}");
            let id = app.start(&snap(&json!({"initial_status": before, "ci_link": link}))).await;
            let execution = at(id);
            let event = json!({"event_name": "job_end", "timestamp": "2031-01-22T08:30:00", "detail": ""});
            let other = if before == "PASSED" { "FAILED" } else { "PASSED" };
            for (method, path, body) in [
                (Method::POST, format!("{execution}/test-results"), json!([{"name": "a", "status": "FAILED"}])),
                (Method::POST, format!("{execution}/links"), json!({"label": "log", "url": "http://x"})),
                (Method::POST, format!("{execution}/status_update"), json!({"events": [event]})),
                (Method::PATCH, execution.clone(), json!({"execution_metadata": {"k": ["v"]}})),
                (Method::PATCH, execution.clone(), json!({"c3_link": "http://c3/1"})),
                (Method::POST, RERUNS.to_owned(), json!({"test_execution_ids": [id]})),
                (Method::DELETE, RERUNS.to_owned(), json!({"test_execution_ids": [id]})),
                (
                    Method::PUT,
                    "/v1/test-executions/start-test".to_owned(),
                    snap(&json!({"initial_status": other, "ci_link": link})),
                ),
            ] {
                app.as_application(&app.key, method.clone(), &path, Some(&body)).await.ok();
                assert_eq!(app.execution(id).await["status"], before, "{method} {path} {body}");
            }
        }
    }

    // Triage: every failed and every skipped result needs an issue of its own; of a passed one it does not count.
    async fn an_execution_is_triaged_when_each_failure_has_an_issue(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        app.report(id, &[("fails", "FAILED"), ("skips", "SKIPPED"), ("passes", "PASSED")]).await;
        let results = app.get(&format!("{}/test-results", at(id))).await.ok();
        let issue = app.put("/v1/issues", &json!({"url": "https://github.com/acme/radio/issues/1"})).await.ok();
        for (action, result, expected) in [
            ("attach", 2_usize, false),
            ("attach", 0, false),
            ("attach", 1, true),
            ("detach", 0, false),
            ("attach", 0, true),
            ("detach", 2, true),
            ("detach", 1, false),
        ] {
            let body = json!({"test_results": [results[result]["id"]]});
            app.post(&format!("/v1/issues/{}/{action}", issue["id"]), &body).await.ok();
            assert_eq!(app.execution(id).await["is_triaged"], expected, "{action} {result}");
        }
    }

    // CI link: of those who take a free one at once exactly one gets it, and the others hear that it is taken.
    async fn of_those_who_take_a_link_at_once_one_gets_it(app: TestApp) {
        let paths = started(&app, 10).await;
        let body = json!({"ci_link": "http://ci/1", "status": "PASSED"});
        let answers = join_all(paths.iter().map(|path| app.patch(path, &body))).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409, 409, 409]);
        for (path, answer) in paths.iter().zip(&answers) {
            let shown = app.get(path).await.ok();
            let (link, status) =
                if answer.status == 200 { (json!("http://ci/1"), "PASSED") } else { (Value::Null, "IN_PROGRESS") };
            assert_eq!((&shown["ci_link"], &shown["status"]), (&link, &json!(status)), "{}", answer.text());
        }
    }

    // Metadata: what comes at once for one execution is all kept, and what comes twice is there once.
    async fn metadata_that_comes_at_once_is_all_kept(app: TestApp) {
        let path = started(&app, 1).await.remove(0);
        let bodies: Vec<Value> =
            (0..10).map(|n| json!({"execution_metadata": {"k": ["all", format!("only {n}")]}})).collect();
        for answer in join_all(bodies.iter().map(|body| app.patch(&path, body))).await {
            answer.ok();
        }
        let mut expected: Vec<String> = (0..10).map(|n| format!("only {n}")).collect();
        expected.insert(0, "all".to_owned());
        assert_eq!(values(&app, &path).await, expected);
    }

    // Metadata: several executions that bring the same new values at once, in whatever order, do not hinder each other.
    async fn new_metadata_of_many_executions_at_once_is_all_kept(app: TestApp) {
        let paths = started(&app, 10).await;
        let there: Vec<String> = (0..1_000).map(|n| format!("value {n:04}")).collect();
        let back: Vec<String> = there.iter().rev().cloned().collect();
        let bodies = [&there, &back].map(|values| json!({"execution_metadata": {"k": values}}));
        let changes = paths.iter().zip(bodies.iter().cycle()).map(|(path, body)| app.patch(path, body));
        for answer in join_all(changes).await {
            answer.ok();
        }
        for path in &paths {
            assert_eq!(values(&app, path).await, there, "{path}");
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_execution_metadata").await, 1_000);
    }
}
