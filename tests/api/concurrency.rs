//! Many clients at once see one outcome.

use std::sync::Arc;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{both, charm, deb, image, snap, solution};

both! {
    async fn twenty_starts_of_a_new_artefact_make_one(app: TestApp) {
        for body in [snap(&json!({})), deb(&json!({})), charm(&json!({})), image(&json!({})), solution(&json!({}))] {
            let starts = join_all((0..20).map(|n| {
                let mut body = body.clone();
                body["environment"] = json!(format!("{} {n}", body["family"]));
                let app = &app;
                async move { app.put("/v1/test-executions/start-test", &body).await }
            }))
            .await;
            let mut ids: Vec<i64> = starts.iter().map(|answer| answer.ok()["id"].as_i64().unwrap()).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), 20);
            let family = body["family"].as_str().unwrap();
            let artefacts = app.get(&format!("/v1/artefacts?family={family}")).await.ok();
            assert_eq!(artefacts.as_array().unwrap().len(), 1, "{family}");
            let builds = app.get(&format!("/v1/artefacts/{}/builds", artefacts[0]["id"])).await.ok();
            assert_eq!(builds.as_array().unwrap().len(), 1);
            assert_eq!(builds[0]["test_executions"].as_array().unwrap().len(), 20);
        }
    }

    async fn starts_with_one_ci_link_find_one_execution(app: TestApp) {
        let body = deb(&json!({"ci_link": "https://ci.example/1"}));
        let starts = join_all((0..20).map(|_| app.put("/v1/test-executions/start-test", &body))).await;
        let ids: Vec<Value> = starts.iter().map(|answer| answer.ok()["id"].clone()).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }

    async fn uploads_of_new_names_do_not_hinder_each_other(app: TestApp) {
        let app = Arc::new(app);
        let mut ids = Vec::new();
        for _ in 0..10 {
            ids.push(app.start(&deb(&json!({}))).await);
        }
        let batch = |reversed: bool| -> Value {
            let mut names: Vec<String> = (0..200).map(|n| format!("case {n}")).collect();
            if reversed {
                names.reverse();
            }
            names.iter().map(|name| json!({"name": name, "status": "PASSED"})).collect()
        };
        let uploads = join_all(ids.iter().map(|id| {
            let (app, batch, path) = (app.clone(), batch(id % 2 == 0), format!("/v1/test-executions/{id}/test-results"));
            async move { app.post(&path, &batch).await }
        }))
        .await;
        for upload in uploads {
            upload.ok();
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_case").await, 200);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_result").await, 2_000);
    }

    async fn parallel_retries_of_a_batch_double_nothing(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let batch: Value = (0..50).map(|n| json!({"name": format!("case {n}"), "status": "FAILED"})).collect();
        let path = format!("/v1/test-executions/{id}/test-results");
        for upload in join_all((0..10).map(|_| app.post(&path, &batch))).await {
            upload.ok();
        }
        assert_eq!(app.get(&path).await.ok().as_array().unwrap().len(), 50);
    }

    // An upload that has just read a rule neither fails for it, nor keeps it from being removed.
    async fn rules_can_be_removed_while_results_come_in(app: TestApp) {
        let url = |number: i64| json!({"url": format!("https://github.com/acme/radio/issues/{number}")});
        let issue = app.put("/v1/issues", &url(1)).await.ok()["id"].as_i64().unwrap();
        let lasting = app.put("/v1/issues", &url(2)).await.ok()["id"].as_i64().unwrap();
        let rules = |issue: i64| format!("/v1/issues/{issue}/attachment-rules");
        let batch: Value = (0..20).map(|n| json!({"name": format!("case {n}"), "status": "FAILED"})).collect();
        let mut paths = Vec::new();
        for _ in 0..4 {
            paths.push(format!("/v1/test-executions/{}/test-results", app.start(&deb(&json!({}))).await));
        }
        let upload = async |path: &str| {
            for _ in 0..5 {
                app.post(path, &batch).await.ok();
            }
        };
        let remove = async |path: &str| assert_eq!(app.delete(path).await.status, 204);
        app.post(&rules(lasting), &json!({})).await.ok();
        for _ in 0..4 {
            let mut removed = Vec::new();
            for _ in 0..5 {
                let rule = app.post(&rules(issue), &json!({})).await.ok();
                removed.push(format!("{}/{}", rules(issue), rule["id"]));
            }
            futures::join!(join_all(paths.iter().map(|path| upload(path))), join_all(removed.iter().map(|path| remove(path))));
        }
        // Whatever became of the rules that went, every result has the issue of the one that stayed.
        let attached = format!("SELECT COUNT(*) FROM issue_test_result_attachment WHERE issue_id = {lasting}");
        assert_eq!(app.raw.number(&attached).await, 80);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM issue_test_result_attachment_rule").await, 1);
    }

    async fn lists_take_the_same_statements_for_many_rows_as_for_one(app: TestApp) {
        let mut counts = Vec::new();
        for size in [1, 30] {
            for n in 0..size {
                for environment in 0..3 {
                    let changes = json!({
                        "name": format!("pkg {size} {n}"), "environment": format!("env {environment}"),
                        "relevant_links": [{"label": "l", "url": "http://x"}],
                    });
                    let id = app.start(&deb(&changes)).await;
                    app.patch(&format!("/v1/test-executions/{id}"), &json!({"execution_metadata": {"k": ["v"]}})).await.ok();
                }
            }
            let newest = app.newest_artefact().await;
            let mut of_size = Vec::new();
            for path in ["/v1/artefacts".to_owned(), format!("/v1/artefacts/{newest}/builds"), format!("/v1/artefacts/{newest}")] {
                let before = app.service.db.statements();
                app.get(&path).await.ok();
                of_size.push(app.service.db.statements() - before);
            }
            counts.push(of_size);
        }
        assert_eq!(counts[0], counts[1]);
        assert!(counts[0].iter().all(|count| *count <= 8), "{counts:?}");
    }
}
