//! What is announced on `/v1/events`, request by request.

use axum::http::Method;
use serde_json::{Value, json};

use crate::event_streams::{Stream, event, follow_all, mark};
use crate::support::{TestApp, both, deb, snap};

/// What one request announces.
struct Watch<'a> {
    app: &'a TestApp,
    stream: Stream,
    markers: u32,
}

impl<'a> Watch<'a> {
    async fn begin(app: &'a TestApp) -> Self {
        Self { app, stream: follow_all(app, "").await, markers: 1_000 }
    }

    /// The events since the last time.
    async fn since(&mut self) -> Vec<(String, Value)> {
        self.markers += 1;
        let marker = mark(self.app, self.markers).await;
        self.stream.until_issue(marker).await
    }
}

async fn write(app: &TestApp, method: Method, path: &str, body: &Value) {
    let answer = app.as_application(&app.key, method, path, Some(body)).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.text());
}

both! {
    async fn runs_are_announced(app: TestApp) {
        let mut watch = Watch::begin(&app).await;
        let body = snap(&json!({"ci_link": "http://ci/1"}));
        let id = app.start(&body).await;
        let artefact = app.artefact_of(id).await;
        let of_artefact = json!({"artefact_id": artefact, "family": "snap"});
        let of_run = json!({"artefact_id": artefact, "family": "snap", "test_execution_id": id});
        let run = || event("test_execution", of_run.clone());
        assert_eq!(watch.since().await, [event("artefact", of_artefact.clone()), run()]);
        // The same start again changes nothing.
        app.start(&body).await;
        assert_eq!(watch.since().await, []);
        let path = format!("/v1/test-executions/{id}");
        let update = json!({"agent_id": "a", "job_queue": "q", "events": [
            {"event_name": "setup", "timestamp": "2031-01-01T00:00:00", "detail": ""}]});
        let link = json!({"label": "log", "url": "http://log/1"});
        for (method, path, body, expected) in [
            (Method::PATCH, path.clone(), json!({"status": "PASSED"}), vec![run()]),
            (Method::PATCH, path.clone(), json!({"status": "PASSED"}), vec![]),
            (Method::PATCH, path.clone(), json!({"execution_metadata": {"kernel": ["6.9"]}}), vec![run()]),
            (Method::PUT, format!("{path}/status_update"), update, vec![run()]),
            (Method::POST, format!("{path}/links"), link, vec![run()]),
            (
                Method::POST,
                format!("{path}/test-results"),
                json!([{"name": "a", "status": "PASSED"}]),
                vec![event("test_result", of_run.clone())],
            ),
            (
                Method::PUT,
                "/v1/test-executions/end-test".to_owned(),
                json!({"ci_link": "http://ci/1", "test_results": [
                    {"name": "a", "status": "fail", "category": "c", "comment": "", "io_log": ""}]}),
                vec![event("test_result", of_run.clone()), run()],
            ),
        ] {
            write(&app, method, &path, &body).await;
            assert_eq!(watch.since().await, expected, "{path} {body}");
        }
    }

    async fn reruns_are_announced(app: TestApp) {
        let first = app.start(&snap(&json!({"ci_link": "http://ci/1"}))).await;
        let second = app.start(&deb(&json!({"ci_link": "http://ci/2"}))).await;
        let (one, two) = (app.artefact_of(first).await, app.artefact_of(second).await);
        let mut watch = Watch::begin(&app).await;
        let reruns = "/v1/test-executions/reruns";
        let both = json!({"test_execution_ids": [first, second]});
        let of_one = event("rerun_request", json!({"artefact_id": one, "family": "snap"}));
        let of_two = event("rerun_request", json!({"artefact_id": two, "family": "deb"}));
        for (method, path, body, expected) in [
            (Method::POST, reruns, both.clone(), vec![of_one.clone(), of_two.clone()]),
            (Method::POST, reruns, both, vec![]),
            (Method::POST, "/v1/test-executions/reruns?silent=true", json!({"test_execution_ids": [first], "priority": 5}), vec![of_one.clone()]),
            (Method::DELETE, reruns, json!({"test_execution_ids": [second]}), vec![of_two]),
        ] {
            write(&app, method, path, &body).await;
            assert_eq!(watch.since().await, expected, "{path} {body}");
        }
        // A run that starts is what somebody waited for.
        let again = app.start(&snap(&json!({"ci_link": "http://ci/3"}))).await;
        let of_run = json!({"artefact_id": one, "family": "snap", "test_execution_id": again});
        assert_eq!(watch.since().await, [event("test_execution", of_run.clone()), event("rerun_request", of_run)]);
    }

    async fn decisions_are_announced(app: TestApp) {
        let execution = app.start(&snap(&json!({}))).await;
        app.start(&snap(&json!({"environment": "other"}))).await;
        let id = app.artefact_of(execution).await;
        let user = app.add_user("ana").await;
        let path = format!("/v1/artefacts/{id}");
        let reviews = format!("{path}/environment-reviews");
        let ids: Vec<i64> = app.get(&reviews).await.ok().as_array().unwrap().iter().map(|review| review["id"].as_i64().unwrap()).collect();
        let of_artefact = event("artefact", json!({"artefact_id": id, "family": "snap"}));
        let of_review = |review: i64| event("environment_review", json!({"artefact_id": id, "family": "snap", "environment_review_id": review}));
        let mut watch = Watch::begin(&app).await;
        for (path, body, expected) in [
            (path.clone(), json!({"comment": "looks good"}), vec![of_artefact.clone()]),
            (path.clone(), json!({"comment": "looks good"}), vec![]),
            (path.clone(), json!({"reviewer_ids": [user]}), vec![of_artefact]),
            (format!("{reviews}/{}", ids[0]), json!({"review_comment": "x"}), vec![of_review(ids[0])]),
            (reviews.clone(), json!([{"id": ids[0], "review_comment": "x"}, {"id": ids[1], "review_comment": "y"}]), vec![of_review(ids[1])]),
            (reviews.clone(), json!([{"id": ids[0], "review_comment": "z"}, {"id": ids[1], "review_comment": "z"}]), vec![of_review(ids[0]), of_review(ids[1])]),
        ] {
            write(&app, Method::PATCH, &path, &body).await;
            let mut found = watch.since().await;
            found.sort_by_key(|(_, data)| data.to_string());
            assert_eq!(found, expected, "{path} {body}");
        }
    }

    async fn issues_are_announced_with_what_they_are_attached_to(app: TestApp) {
        let execution = app.start(&snap(&json!({}))).await;
        let artefact = app.artefact_of(execution).await;
        app.report(execution, &[("a", "FAILED"), ("b", "FAILED")]).await;
        let results = app.get(&format!("/v1/test-executions/{execution}/test-results")).await.ok();
        let result = results[0]["id"].as_i64().unwrap();
        let issue = mark(&app, 1).await;
        let path = format!("/v1/issues/{issue}");
        let of_issue = event("issue", json!({"issue_id": issue}));
        let of_run = json!({"artefact_id": artefact, "family": "snap", "test_execution_id": execution});
        let of_results = event("test_result", of_run.clone());
        let attached = vec![of_issue.clone(), of_results.clone()];
        let ids = json!({"test_results": [result]});
        let all = json!({"test_results_filters": {"families": ["snap"]}});
        let mut watch = Watch::begin(&app).await;
        for (method, path, body, expected) in [
            (Method::PATCH, path.clone(), json!({"title": "no carrier"}), vec![of_issue.clone()]),
            (Method::PATCH, path.clone(), json!({"title": "no carrier"}), vec![]),
            (Method::POST, format!("{path}/attach"), ids.clone(), attached.clone()),
            (Method::POST, format!("{path}/attach"), ids, vec![]),
            (Method::POST, format!("{path}/attach"), all.clone(), attached.clone()),
            (Method::POST, format!("{path}/detach"), all, attached.clone()),
            (Method::POST, format!("{path}/attachment-rules"), json!({"families": ["deb"]}), vec![of_issue.clone()]),
            (Method::POST, format!("{path}/attachment-rules"), json!({"families": ["snap"], "apply_to_existing": true}), attached.clone()),
        ] {
            write(&app, method, &path, &body).await;
            assert_eq!(watch.since().await, expected, "{path} {body}");
        }
        // What a rule attaches to new results, and the reruns that the issue asks for.
        write(&app, Method::PATCH, &path, &json!({"auto_rerun_enabled": true})).await;
        watch.since().await;
        app.report(execution, &[("c", "FAILED"), ("d", "FAILED")]).await;
        assert_eq!(watch.since().await, [of_issue, of_results, event("rerun_request", of_run)]);
    }

    // The database is asked once more, however much is announced.
    async fn announcing_takes_one_statement_at_most(app: TestApp) {
        let mut counts = Vec::new();
        for events in [0, 1, 90, 5_000] {
            let before = app.service.db.statements();
            let mut tx = app.service.db.write().await.unwrap();
            (0..events).for_each(|id| tx.announce(test_observer::domain::events::Event::of_notification(id)));
            tx.commit().await.unwrap();
            counts.push(app.service.db.statements() - before);
        }
        let expected = if matches!(app.raw, crate::support::Raw::Postgres(_)) { [0, 1, 1, 1] } else { [0; 4] };
        assert_eq!(counts, expected);
    }
}
