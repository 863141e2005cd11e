//! What happens to results as they are stored: rules attach issues, and issues ask for reruns.

use serde_json::{Value, json};

use crate::support::{TestApp, both, deb, only, rerun_of, snap};

const NOW: &str = "'2031-01-01T00:00:00+00:00'";

/// An issue with that id; `(source, project, key)` as given.
async fn add_issue(app: &TestApp, id: i64, source: &str, project: &str, key: &str) {
    let sql = format!(
        "INSERT INTO issue (id, created_at, updated_at, source, project, key, title, status)
         VALUES ({id}, {NOW}, {NOW}, '{source}', '{project}', '{key}', 'Mute bug', 'OPEN')"
    );
    app.raw.run(&sql).await;
}

/// A rule with that id for an issue, with lists by column.
async fn add_rule(app: &TestApp, id: i64, issue: i64, lists: &[(&str, &str)]) {
    let columns: String = lists.iter().map(|(column, _)| format!(", {column}")).collect();
    let values: String = lists.iter().map(|(_, list)| format!(", '{list}'")).collect();
    let sql = format!(
        "INSERT INTO issue_test_result_attachment_rule (id, created_at, updated_at, issue_id, enabled{columns})
         VALUES ({id}, {NOW}, {NOW}, {issue}, TRUE{values})"
    );
    app.raw.run(&sql).await;
}

async fn add_rule_metadata(app: &TestApp, rule: i64, category: &str, value: &str) {
    let sql = format!(
        "INSERT INTO issue_test_result_attachment_rule_execution_metadata
             (created_at, updated_at, attachment_rule_id, category, value)
         VALUES ({NOW}, {NOW}, {rule}, '{category}', '{value}')"
    );
    app.raw.run(&sql).await;
}

async fn results(app: &TestApp, execution: i64) -> Value {
    app.get(&format!("/v1/test-executions/{execution}/test-results")).await.ok()
}

/// The `(issue, rule)` ids attached to the only result of an execution.
async fn attached(app: &TestApp, execution: i64) -> Vec<(Value, Value)> {
    let results = results(app, execution).await;
    let issues = results[0]["issues"].as_array().unwrap();
    issues.iter().map(|it| (it["issue"]["id"].clone(), it["attachment_rule"]["id"].clone())).collect()
}

both! {
    async fn a_rule_matches_when_each_list_is_empty_or_has_the_value(app: TestApp) {
        add_issue(&app, 501, "GITHUB", "acme/radio", "12").await;
        for (lists, matches) in [
            (vec![], true),
            (vec![("families", r#"["deb", "snap"]"#)], true),
            (vec![("families", r#"["deb"]"#)], false),
            (vec![("artefacts", r#"["core24", "core22"]"#)], true),
            (vec![("artefacts", r#"["core"]"#)], false),
            (vec![("artefact_versions", r#"["20230531"]"#)], true),
            (vec![("artefact_versions", r#"["20230530"]"#)], false),
            (vec![("artefact_stages", r#"["beta"]"#)], true),
            (vec![("artefact_stages", r#"["edge"]"#)], false),
            (vec![("artefact_tracks", r#"["22"]"#)], true),
            (vec![("artefact_tracks", r#"["latest"]"#)], false),
            (vec![("environment_names", r#"["rpi4"]"#)], true),
            (vec![("environment_names", r#"["RPI4"]"#)], false),
            (vec![("test_case_names", r#"["a/b", "audio/play"]"#)], true),
            (vec![("test_case_names", r#"["audio"]"#)], false),
            (vec![("template_ids", r#"["audio"]"#)], true),
            (vec![("template_ids", r#"["video"]"#)], false),
            (vec![("template_ids", r#"[""]"#)], false),
            (vec![("test_result_statuses", r#"["FAILED", "SKIPPED"]"#)], true),
            (vec![("test_result_statuses", r#"["PASSED"]"#)], false),
            // Exactly so, in upper and lower case, and no signs stand for others.
            (vec![("artefacts", r#"["CORE22"]"#)], false),
            (vec![("artefacts", r#"["core%"]"#)], false),
            (vec![("artefact_versions", r#"["2023"]"#)], false),
            (vec![("artefact_stages", r#"["BETA"]"#)], false),
            (vec![("artefact_tracks", r#"["2_"]"#)], false),
            (vec![("test_case_names", r#"["Audio/Play"]"#)], false),
            (vec![("template_ids", r#"["AUDIO"]"#)], false),
            (vec![("families", r#"["snap"]"#), ("test_case_names", r#"["audio/play"]"#)], true),
            (vec![("families", r#"["snap"]"#), ("test_case_names", r#"["x"]"#)], false),
        ] {
            app.raw.run("DELETE FROM issue_test_result_attachment_rule").await;
            add_rule(&app, 701, 501, &lists).await;
            let id = app.start(&snap(&json!({}))).await;
            let batch = json!([{"name": "audio/play", "status": "FAILED", "template_id": "audio"}]);
            app.post(&format!("/v1/test-executions/{id}/test-results"), &batch).await.ok();
            let expected = if matches { vec![(json!(501), json!(701))] } else { vec![] };
            assert_eq!(attached(&app, id).await, expected, "{lists:?}");
            assert_eq!(app.execution(id).await["is_triaged"], matches, "{lists:?}");
        }
    }

    // An empty text in a list is a value like others: that of what has none. An environment is known by its name alone.
    async fn an_empty_text_stands_for_what_there_is_not(app: TestApp) {
        add_issue(&app, 501, "GITHUB", "acme/radio", "12").await;
        let without_stage = deb(&json!({"execution_stage": null, "source": "ppa"}));
        for (list, start, matches) in [
            (("template_ids", r#"[""]"#), snap(&json!({})), true),
            (("artefact_tracks", r#"["22", ""]"#), deb(&json!({})), true),
            (("artefact_tracks", r#"[""]"#), snap(&json!({})), false),
            (("artefact_stages", r#"[""]"#), without_stage, true),
            (("artefact_stages", r#"[""]"#), snap(&json!({})), false),
            (("environment_names", r#"["rpi4"]"#), snap(&json!({})), true),
            (("environment_names", r#"["rpi4"]"#), snap(&json!({"arch": "arm64"})), true),
        ] {
            app.raw.run("DELETE FROM issue_test_result_attachment_rule").await;
            add_rule(&app, 701, 501, &[list]).await;
            let id = app.start(&start).await;
            app.report(id, &[("boot", "FAILED")]).await;
            assert_eq!(attached(&app, id).await.len(), usize::from(matches), "{list:?} {start}");
        }
    }

    // Rules go by results, whatever becomes of the issue in its tracker.
    async fn an_issue_is_attached_whether_it_is_open_or_not(app: TestApp) {
        add_issue(&app, 501, "GITHUB", "acme/radio", "12").await;
        add_rule(&app, 701, 501, &[]).await;
        for status in ["OPEN", "CLOSED", "UNKNOWN"] {
            app.raw.run(&format!("UPDATE issue SET status = '{status}'")).await;
            let id = app.start(&snap(&json!({}))).await;
            app.report(id, &[("boot", "FAILED")]).await;
            assert_eq!(attached(&app, id).await, [(json!(501), json!(701))], "{status}");
        }
    }

    async fn the_stored_template_counts_not_the_reported_one(app: TestApp) {
        add_issue(&app, 501, "GITHUB", "acme/radio", "12").await;
        add_rule(&app, 701, 501, &[("template_ids", r#"["first"]"#)]).await;
        for template in ["first", "second"] {
            let id = app.start(&snap(&json!({}))).await;
            let batch = json!([{"name": "t", "status": "PASSED", "template_id": template}]);
            app.post(&format!("/v1/test-executions/{id}/test-results"), &batch).await.ok();
            assert_eq!(attached(&app, id).await.len(), 1, "{template}");
        }
    }

    async fn of_each_category_of_a_rule_the_execution_has_one_value(app: TestApp) {
        add_issue(&app, 501, "GITHUB", "acme/radio", "12").await;
        add_rule(&app, 701, 501, &[]).await;
        for (category, value) in [("kernel", "6.8"), ("kernel", "6.9"), ("gadget", "pi")] {
            add_rule_metadata(&app, 701, category, value).await;
        }
        for (metadata, matches) in [
            (json!({}), false),
            (json!({"kernel": ["6.9"]}), false),
            (json!({"kernel": ["6.9"], "gadget": ["pc"]}), false),
            (json!({"kernel": ["6.9"], "gadget": ["pc", "pi"]}), true),
            (json!({"kernel": ["6.7", "6.8"], "gadget": ["pi"], "lane": ["blue"]}), true),
            (json!({"kernel": ["pi"], "gadget": ["6.8"]}), false),
        ] {
            let id = app.start(&snap(&json!({}))).await;
            app.patch(&format!("/v1/test-executions/{id}"), &json!({"execution_metadata": metadata})).await.ok();
            app.report(id, &[("t", "FAILED")]).await;
            assert_eq!(attached(&app, id).await.len(), usize::from(matches), "{metadata}");
        }
        // Facts that come later do not wake the rules.
        let id = app.start(&snap(&json!({}))).await;
        app.report(id, &[("t", "FAILED")]).await;
        let metadata = json!({"kernel": ["6.9"], "gadget": ["pi"]});
        app.patch(&format!("/v1/test-executions/{id}"), &json!({"execution_metadata": metadata})).await.ok();
        assert_eq!(attached(&app, id).await, []);
    }

    async fn of_several_rules_for_one_issue_the_lowest_enabled_id_attaches(app: TestApp) {
        add_issue(&app, 501, "GITHUB", "acme/radio", "12").await;
        add_issue(&app, 502, "JIRA", "TO", "142").await;
        // Not in the order of their ids.
        add_rule(&app, 704, 501, &[]).await;
        add_rule(&app, 703, 501, &[("families", r#"["snap"]"#)]).await;
        add_rule(&app, 702, 501, &[("families", r#"["deb"]"#)]).await;
        add_rule(&app, 701, 501, &[]).await;
        add_rule(&app, 705, 502, &[]).await;
        app.raw.run("UPDATE issue_test_result_attachment_rule SET enabled = FALSE WHERE id = 701").await;
        let id = app.start(&snap(&json!({}))).await;
        app.report(id, &[("t", "PASSED")]).await;
        assert_eq!(attached(&app, id).await, [(json!(501), json!(703)), (json!(502), json!(705))]);
    }

    async fn rules_look_at_each_result_of_a_batch_and_at_no_older_one(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        app.report(id, &[("old", "FAILED")]).await;
        add_issue(&app, 501, "GITHUB", "acme/radio", "12").await;
        add_rule(&app, 701, 501, &[("test_result_statuses", r#"["FAILED"]"#)]).await;
        app.report(id, &[("a", "FAILED"), ("b", "PASSED"), ("c", "FAILED")]).await;
        let results = results(&app, id).await;
        let found: Vec<_> = results
            .as_array()
            .unwrap()
            .iter()
            .map(|it| (it["name"].as_str().unwrap(), it["issues"].as_array().unwrap().len()))
            .collect();
        assert_eq!(found, [("old", 0), ("a", 1), ("b", 0), ("c", 1)]);
    }

    async fn a_replaced_result_takes_its_attachments_with_it(app: TestApp) {
        add_issue(&app, 501, "GITHUB", "acme/radio", "12").await;
        add_rule(&app, 701, 501, &[("test_result_statuses", r#"["FAILED"]"#)]).await;
        let id = app.start(&snap(&json!({}))).await;
        app.report(id, &[("t", "FAILED")]).await;
        assert_eq!(attached(&app, id).await.len(), 1);
        app.report(id, &[("t", "PASSED")]).await;
        assert_eq!(attached(&app, id).await, []);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM issue_test_result_attachment").await, 0);
    }

    async fn an_attachment_shows_its_issue_and_its_rule(app: TestApp) {
        add_issue(&app, 501, "GITHUB", "acme/radio", "12").await;
        let lists = [
            ("families", r#"["snap", "deb"]"#),
            ("artefacts", r#"["core22"]"#),
            ("test_result_statuses", r#"["FAILED"]"#),
        ];
        add_rule(&app, 701, 501, &lists).await;
        for (category, value) in [("kernel", "6.9"), ("kernel", "6.8"), ("gadget", "pi")] {
            add_rule_metadata(&app, 701, category, value).await;
        }
        let id = app.start(&snap(&json!({}))).await;
        let metadata = json!({"execution_metadata": {"kernel": ["6.8"], "gadget": ["pi"]}});
        app.patch(&format!("/v1/test-executions/{id}"), &metadata).await.ok();
        app.report(id, &[("t", "FAILED")]).await;
        let expected = json!([{
            "issue": {
                "id": 501, "source": "github", "project": "acme/radio", "key": "12", "title": "Mute bug",
                "status": "open", "url": "https://github.com/acme/radio/issues/12", "labels": null,
                "test_executions_count": 0,
            },
            "attachment_rule": {
                "id": 701, "enabled": true, "families": ["snap", "deb"], "artefacts": ["core22"],
                "artefact_versions": [], "artefact_stages": [], "artefact_tracks": [], "environment_names": [],
                "test_case_names": [], "template_ids": [], "test_result_statuses": ["FAILED"],
                "execution_metadata": {"gadget": ["pi"], "kernel": ["6.9", "6.8"]},
            },
        }]);
        assert_eq!(results(&app, id).await[0]["issues"], expected);
        // What a rule did outlives it.
        app.raw.run("UPDATE issue_test_result_attachment_rule SET enabled = FALSE").await;
        assert_eq!(results(&app, id).await[0]["issues"][0]["attachment_rule"]["enabled"], false);
        app.raw.run("DELETE FROM issue_test_result_attachment_rule").await;
        assert_eq!(results(&app, id).await[0]["issues"][0]["attachment_rule"], Value::Null);
    }

    async fn issues_attached_by_hand_have_no_rule_and_stand_in_the_order_of_attachment(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        app.report(id, &[("t", "SKIPPED")]).await;
        for (issue, source, project, key, url) in [
            (509, "JIRA", "TO", "142", "https://warthogs.atlassian.net/browse/TO-142"),
            (501, "LAUNCHPAD", "abc", "123", "https://bugs.launchpad.net/abc/+bug/123"),
            (505, "GITHUB", "acme/radio", "71", "https://github.com/acme/radio/issues/71"),
        ] {
            add_issue(&app, issue, source, project, key).await;
            let attach = format!(
                "INSERT INTO issue_test_result_attachment (created_at, updated_at, issue_id, test_result_id)
                 SELECT {NOW}, {NOW}, {issue}, id FROM test_result"
            );
            app.raw.run(&attach).await;
            let results = results(&app, id).await;
            let last = results[0]["issues"].as_array().unwrap().last().unwrap();
            assert_eq!(last["attachment_rule"], Value::Null);
            let expected = json!({"id": issue, "source": source.to_lowercase(), "url": url});
            assert_eq!(only(&last["issue"], &expected), expected);
        }
        assert_eq!(app.execution(id).await["is_triaged"], true);
        app.raw.run(r#"UPDATE issue SET labels = '["b", "a"]', status = 'CLOSED'"#).await;
        let expected = json!({"labels": ["b", "a"], "status": "closed"});
        assert_eq!(only(&results(&app, id).await[0]["issues"][0]["issue"], &expected), expected);
    }

    async fn only_an_issue_that_says_so_asks_for_a_rerun(app: TestApp) {
        add_issue(&app, 501, "GITHUB", "acme/radio", "12").await;
        add_rule(&app, 701, 501, &[("test_result_statuses", r#"["FAILED"]"#)]).await;
        for (enabled, status, expected) in [
            ("FALSE", "FAILED", Value::Null),
            ("TRUE", "PASSED", Value::Null),
            ("TRUE", "FAILED", json!(0)),
        ] {
            app.raw.run(&format!("UPDATE issue SET auto_rerun_enabled = {enabled}")).await;
            let id = app.start(&snap(&json!({}))).await;
            app.report(id, &[("t", status)]).await;
            let shown = app.execution(id).await;
            assert_eq!(shown["rerun_priority"], expected, "{enabled} {status}");
            assert_eq!(shown["is_rerun_requested"], !expected.is_null(), "{enabled} {status}");
        }
    }

    // Neither what is said of the issue afterwards, nor a batch of nothing, nor the end of the run asks for one.
    async fn nothing_but_a_stored_result_asks_for_a_rerun(app: TestApp) {
        let waiting = "SELECT COUNT(*) FROM test_execution_rerun_request";
        add_issue(&app, 501, "GITHUB", "acme/radio", "12").await;
        add_rule(&app, 701, 501, &[("test_result_statuses", r#"["FAILED"]"#)]).await;
        let id = app.start(&snap(&json!({}))).await;
        let execution = format!("/v1/test-executions/{id}");
        app.report(id, &[("a", "FAILED")]).await;
        app.patch("/v1/issues/501", &json!({"auto_rerun_enabled": true})).await.ok();
        app.post(&format!("{execution}/test-results"), &json!([])).await.ok();
        app.patch(&execution, &json!({"status": "COMPLETED", "execution_metadata": {"k": ["v"]}})).await.ok();
        assert_eq!(app.raw.number(waiting).await, 0);
        app.report(id, &[("b", "PASSED")]).await;
        assert_eq!(app.raw.number(waiting).await, 1);
    }

    async fn a_rerun_is_asked_for_once_per_group(app: TestApp) {
        let waiting = "SELECT COUNT(*) FROM test_execution_rerun_request";
        add_issue(&app, 501, "GITHUB", "acme/radio", "12").await;
        add_rule(&app, 701, 501, &[]).await;
        app.raw.run("UPDATE issue SET auto_rerun_enabled = TRUE").await;
        let first = app.start(&snap(&json!({}))).await;
        let second = app.start(&snap(&json!({}))).await;
        app.report(first, &[("a", "FAILED"), ("b", "FAILED")]).await;
        app.report(first, &[("c", "FAILED")]).await;
        app.report(second, &[("a", "FAILED")]).await;
        assert_eq!(app.raw.number(waiting).await, 1);
        assert_eq!(app.execution(second).await["rerun_priority"], 0);
        let other = app.start(&snap(&json!({"test_plan": "full"}))).await;
        app.report(other, &[("a", "FAILED")]).await;
        assert_eq!(app.raw.number(waiting).await, 2);
    }

    async fn a_request_that_exists_is_left_alone(app: TestApp) {
        add_issue(&app, 501, "GITHUB", "acme/radio", "12").await;
        add_rule(&app, 701, 501, &[]).await;
        app.raw.run("UPDATE issue SET auto_rerun_enabled = TRUE").await;
        let id = app.start(&snap(&json!({}))).await;
        app.raw.run(&rerun_of(id, 9)).await;
        let request = app.raw.number("SELECT id FROM test_execution_rerun_request").await;
        app.report(id, &[("a", "FAILED")]).await;
        assert_eq!(app.execution(id).await["rerun_priority"], 9);
        assert_eq!(app.raw.number("SELECT id FROM test_execution_rerun_request").await, request);
    }

    async fn all_results_of_the_execution_count_for_a_rerun(app: TestApp) {
        add_issue(&app, 501, "GITHUB", "acme/radio", "12").await;
        add_rule(&app, 701, 501, &[("test_case_names", r#"["known"]"#)]).await;
        app.raw.run("UPDATE issue SET auto_rerun_enabled = TRUE").await;
        let id = app.start(&snap(&json!({}))).await;
        app.report(id, &[("known", "FAILED")]).await;
        // A run consumes the request; the next upload to the old execution asks again.
        app.start(&snap(&json!({}))).await;
        assert_eq!(app.execution(id).await["is_rerun_requested"], false);
        app.report(id, &[("other", "PASSED")]).await;
        assert_eq!(app.execution(id).await["is_rerun_requested"], true);
    }
}
