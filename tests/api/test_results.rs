//! `/v1/test-executions/{id}/test-results`.

use serde_json::{Value, json};

use crate::support::{both, deb, only, snap};

fn names_of(results: &Value) -> Vec<&str> {
    results.as_array().unwrap().iter().map(|result| result["name"].as_str().unwrap()).collect()
}

both! {
    async fn what_is_left_out_is_empty(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let path = format!("/v1/test-executions/{id}/test-results");
        let minimal = json!([{"name": "boot", "status": "PASSED"}]);
        assert_eq!(app.post(&path, &minimal).await.ok(), Value::Null);
        let results = app.get(&path).await.ok();
        let mut result = results[0].clone();
        assert!(result["id"].is_i64() && result["created_at"].is_string());
        result.as_object_mut().unwrap().retain(|name, _| name != "id" && name != "created_at");
        let expected = json!({
            "name": "boot", "category": "", "template_id": "", "status": "PASSED", "comment": "", "io_log": "",
            "previous_results": [], "issues": [],
        });
        assert_eq!(result, expected);
    }

    async fn texts_come_unless_other_fields_are_named(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let path = format!("/v1/test-executions/{id}/test-results");
        let batch = json!([{"name": "boot", "status": "FAILED", "comment": "seen", "io_log": "line"}]);
        app.post(&path, &batch).await.ok();
        for (query, comment, io_log) in [
            ("", "seen", "line"),
            ("?fields=", "", ""),
            ("?fields=comment", "seen", ""),
            ("?fields=id,io_log", "", "line"),
            ("?fields=comment&fields=io_log", "seen", "line"),
        ] {
            let results = app.get(&format!("{path}{query}")).await.ok();
            assert_eq!((&results[0]["comment"], &results[0]["io_log"]), (&json!(comment), &json!(io_log)), "{query}");
            assert_eq!(results[0]["name"], "boot", "{query}");
        }
        let other = app.start(&deb(&json!({"ci_link": "https://ci/other"}))).await;
        app.post(&format!("/v1/test-executions/{other}/test-results"), &batch).await.ok();
        let path = format!("/v1/test-executions/{other}/test-results");
        for (query, count) in [("", 1), ("?fields=name,previous_results", 1), ("?fields=name", 0)] {
            let results = app.get(&format!("{path}{query}")).await.ok();
            assert_eq!(results[0]["previous_results"].as_array().unwrap().len(), count, "{query}");
        }
        let problems = app.get(&format!("{path}?fields=name,log")).await.problems();
        assert_eq!(problems, [("value_error".to_owned(), json!(["query", "fields"]))]);
    }

    async fn one_result_is_read_by_its_id(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let path = format!("/v1/test-executions/{id}/test-results");
        app.report(id, &[("a", "PASSED"), ("b", "FAILED")]).await;
        let all = app.get(&path).await.ok();
        let one = app.get(&format!("{path}?test_result_id={}", all[1]["id"])).await.ok();
        assert_eq!(one, json!([all[1]]));
        assert_eq!(app.get(&format!("{path}?test_result_id=99999")).await.ok(), json!([]));
        let problems = app.get(&format!("{path}?test_result_id=x")).await.problems();
        assert_eq!(problems, [("int_parsing".to_owned(), json!(["query", "test_result_id"]))]);
    }

    async fn batches_accumulate_and_a_repeated_name_replaces(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let path = format!("/v1/test-executions/{id}/test-results");
        app.report(id, &[("a", "PASSED"), ("b", "FAILED")]).await;
        app.report(id, &[("c", "SKIPPED")]).await;
        assert_eq!(names_of(&app.get(&path).await.ok()), ["a", "b", "c"]);
        app.report(id, &[("a", "FAILED")]).await;
        let results = app.get(&path).await.ok();
        assert_eq!(names_of(&results), ["b", "c", "a"]);
        assert_eq!(results[2]["status"], "FAILED");
    }

    async fn of_a_name_twice_in_a_batch_the_last_counts(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        app.report(id, &[("a", "PASSED"), ("b", "PASSED"), ("a", "FAILED")]).await;
        let results = app.get(&format!("/v1/test-executions/{id}/test-results")).await.ok();
        assert_eq!(names_of(&results), ["b", "a"]);
        assert_eq!(results[1]["status"], "FAILED");
    }

    async fn of_a_name_twice_in_a_batch_the_first_describes_the_case(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let path = format!("/v1/test-executions/{id}/test-results");
        let item = |status: &str, word: &str| {
            json!({"name": "wifi", "status": status, "category": word, "template_id": word, "comment": word,
                   "io_log": word})
        };
        app.post(&path, &json!([item("PASSED", "first"), item("FAILED", "last")])).await.ok();
        let results = app.get(&path).await.ok();
        assert_eq!(names_of(&results), ["wifi"]);
        let expected = json!({
            "category": "first", "template_id": "first", "status": "FAILED", "comment": "last", "io_log": "last",
        });
        assert_eq!(only(&results[0], &expected), expected);
    }

    async fn a_case_keeps_the_category_and_template_of_its_first_report(app: TestApp) {
        let first = app.start(&deb(&json!({}))).await;
        let second = app.start(&deb(&json!({}))).await;
        for (id, category, template) in [(first, "net", "t1"), (second, "other", "t2")] {
            let batch = json!([{"name": "wifi", "status": "PASSED", "category": category, "template_id": template}]);
            app.post(&format!("/v1/test-executions/{id}/test-results"), &batch).await.ok();
        }
        let results = app.get(&format!("/v1/test-executions/{second}/test-results")).await.ok();
        assert_eq!((&results[0]["category"], &results[0]["template_id"]), (&json!("net"), &json!("t1")));
    }

    async fn nothing_is_stored_of_a_batch_with_a_problem(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let path = format!("/v1/test-executions/{id}/test-results");
        let batch = json!([{"name": "a", "status": "PASSED"}, {"status": "passed"}, {"name": 5, "status": "FAILED", "comment": null}]);
        let mut problems = app.post(&path, &batch).await.problems();
        problems.sort_by_key(|problem| format!("{problem:?}"));
        let expected = [
            ("enum", json!(["body", 1, "status"])),
            ("missing", json!(["body", 1, "name"])),
            ("string_type", json!(["body", 2, "comment"])),
            ("string_type", json!(["body", 2, "name"])),
        ];
        assert_eq!(problems, expected.map(|(kind, loc)| (kind.to_owned(), loc)));
        assert_eq!(app.get(&path).await.ok(), json!([]));
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_case").await, 0);
    }

    async fn an_unknown_execution_is_not_found_even_for_an_empty_batch(app: TestApp) {
        app.post("/v1/test-executions/99/test-results", &json!([])).await.refused(404, "TestExecution not found");
        app.get("/v1/test-executions/99/test-results").await.refused(404, "TestExecution not found");
    }

    async fn reporting_leaves_status_and_change_time_alone(app: TestApp) {
        let id = app.start(&deb(&json!({"initial_status": "NOT_STARTED"}))).await;
        let changed = "SELECT COUNT(*) FROM test_execution WHERE updated_at <> created_at";
        app.report(id, &[("a", "FAILED")]).await;
        assert_eq!(app.execution(id).await["status"], "NOT_STARTED");
        assert_eq!(app.raw.number(changed).await, 0);
    }

    async fn an_execution_is_triaged_when_nothing_failed_or_was_skipped_without_an_issue(app: TestApp) {
        for (results, expected) in [
            (vec![], true),
            (vec![("a", "PASSED")], true),
            (vec![("a", "PASSED"), ("b", "SKIPPED")], false),
            (vec![("a", "FAILED")], false),
        ] {
            let id = app.start(&deb(&json!({}))).await;
            app.report(id, &results).await;
            assert_eq!(app.execution(id).await["is_triaged"], expected, "{results:?}");
        }
    }

    async fn previous_results_are_earlier_runs_and_older_artefacts(app: TestApp) {
        // Artefact 1 has the executions a and d, artefact 2 has b and c, started in the order of their letters.
        let (old, new) = (snap(&json!({"version": "1"})), snap(&json!({"version": "2"})));
        let a = app.start(&old).await;
        let b = app.start(&new).await;
        let c = app.start(&new).await;
        let d = app.start(&old).await;
        for id in [a, b, c, d] {
            app.report(id, &[("wifi", "PASSED")]).await;
        }
        for (id, expected) in [(a, vec![]), (d, vec![a]), (b, vec![d, a]), (c, vec![b, d, a])] {
            let results = app.get(&format!("/v1/test-executions/{id}/test-results")).await.ok();
            let previous: Vec<i64> = results[0]["previous_results"]
                .as_array()
                .unwrap()
                .iter()
                .map(|result| result["test_execution_id"].as_i64().unwrap())
                .collect();
            assert_eq!(previous, expected);
        }
    }

    async fn previous_results_are_of_the_same_place_and_coordinates(app: TestApp) {
        for (changes, counts) in [
            (json!({"branch": "fix", "store": "other", "execution_stage": "stable", "revision": 7}), true),
            (json!({"test_plan": "full"}), true),
            (json!({"environment": "rpi3"}), false),
            (json!({"track": "latest"}), false),
            (json!({"name": "core24"}), false),
            (json!({"arch": "arm64"}), false),
        ] {
            // A snap of its own for each case, so that the older version is made first.
            let name = format!("case {changes}");
            let it = snap(&json!({"name": format!("core {changes}"), "version": "2"}));
            let mut other = it.clone();
            other["version"] = json!("1");
            for (field, value) in changes.as_object().unwrap() {
                other[field] = value.clone();
            }
            let other = app.start(&other).await;
            app.report(other, &[(&name, "FAILED")]).await;
            let id = app.start(&it).await;
            app.report(id, &[(&name, "PASSED")]).await;
            let results = app.get(&format!("/v1/test-executions/{id}/test-results")).await.ok();
            let previous = &results[0]["previous_results"];
            assert_eq!(previous.as_array().unwrap().len(), usize::from(counts), "{changes}");
            if counts {
                let found = &previous[0];
                assert_eq!((&found["status"], &found["version"]), (&json!("FAILED"), &json!("1")));
                assert_eq!(found["test_execution_id"], other);
                assert!(found["artefact_id"].is_i64() && found["test_result_id"].is_i64());
            }
        }
    }

    async fn ten_previous_results_are_shown_newest_first(app: TestApp) {
        let mut ids = Vec::new();
        for _ in 0..12 {
            let id = app.start(&snap(&json!({}))).await;
            app.report(id, &[("wifi", "PASSED")]).await;
            ids.push(id);
        }
        let results = app.get(&format!("/v1/test-executions/{}/test-results", ids[11])).await.ok();
        let previous: Vec<i64> = results[0]["previous_results"]
            .as_array().unwrap().iter().map(|result| result["test_execution_id"].as_i64().unwrap()).collect();
        let expected: Vec<i64> = ids[1..11].iter().rev().copied().collect();
        assert_eq!(previous, expected);
    }

    async fn storing_takes_the_same_statements_for_one_result_as_for_a_thousand(app: TestApp) {
        let batch = |count: usize, prefix: &str| -> Value {
            (0..count).map(|n| json!({"name": format!("{prefix}{n}"), "status": "FAILED", "io_log": "x"})).collect()
        };
        // The first upload reads the rules.
        let id = app.start(&deb(&json!({}))).await;
        app.report(id, &[("first", "PASSED")]).await;
        let mut counts = Vec::new();
        for (size, prefix) in [(1, "a"), (1_000, "b"), (1, "b"), (1_000, "b")] {
            let id = app.start(&deb(&json!({}))).await;
            let before = app.service.db.statements();
            app.post(&format!("/v1/test-executions/{id}/test-results"), &batch(size, prefix)).await.ok();
            counts.push(app.service.db.statements() - before);
        }
        assert_eq!(counts[0], counts[1], "new cases");
        assert_eq!(counts[2], counts[3], "known cases");
        assert!(counts[0] <= 10, "{counts:?}");
    }

    async fn a_log_of_ten_megabytes_is_stored_and_served_whole(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let path = format!("/v1/test-executions/{id}/test-results");
        let log: String = "0123456789abcdef\n".chars().cycle().take(10 * 1024 * 1024).collect();
        app.post(&path, &json!([{"name": "big", "status": "FAILED", "io_log": log}])).await.ok();
        let results = app.get(&path).await.ok();
        assert!(results[0]["io_log"] == json!(log), "the log came back changed");
    }

    async fn names_longer_than_an_index_takes_are_refused(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let path = format!("/v1/test-executions/{id}/test-results");
        let batch = json!([{"name": "n".repeat(501), "status": "PASSED"}]);
        assert_eq!(app.post(&path, &batch).await.problems()[0].0, "string_too_long");
        let longest: String = "\u{1f9ea}".repeat(500);
        assert_eq!(app.post(&path, &json!([{"name": longest, "status": "PASSED"}])).await.status, 200);
    }
}
