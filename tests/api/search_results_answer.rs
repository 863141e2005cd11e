//! `GET /v1/test-results`: what the answer looks like, its order and pages, and which requests are refused.

use app::api::Permission;
use axum::http::Method;
use serde_json::{Value, json};

use crate::search_executions::{NOW, describe};
use crate::search_results::{PATH, add_issues, attach, names, result_of, search};
use crate::support::{Raw, TestApp, both, charm, deb, only, rerun_of, snap};

/// The ids of the results of an answer.
fn ids(answer: &Value) -> Vec<i64> {
    let items = answer["test_results"].as_array().unwrap();
    items.iter().map(|item| item["test_result"]["id"].as_i64().unwrap()).collect()
}

/// Starts an execution with as many results as there are names, in that order; the ids of the results, newest first.
async fn run(app: &TestApp, body: &Value, names: &[&str]) -> Vec<i64> {
    let id = app.start(body).await;
    let results: Vec<(&str, &str)> = names.iter().map(|name| (*name, "PASSED")).collect();
    app.report(id, &results).await;
    let stored = app.get(&format!("/v1/test-executions/{id}/test-results")).await.ok();
    stored.as_array().unwrap().iter().rev().map(|result| result["id"].as_i64().unwrap()).collect()
}

both! {
    // The answer's shape: the result, not followed back, its execution, artefact and build.
    async fn what_is_found_is_shown_whole(app: TestApp) {
        let links = json!([{"label": "log", "url": "http://x/"}]);
        let changes = json!({"version": "2", "revision": 7, "relevant_links": links, "ci_link": "http://ci/1"});
        let texts = json!({"category": "start", "template_id": "t", "comment": "c", "io_log": "log"});
        let mut batch = json!([{"name": "boot", "status": "FAILED"}]);
        batch[0].as_object_mut().unwrap().extend(texts.as_object().unwrap().clone());
        // An earlier version says the same: its result is told as a previous one, but not here.
        let earlier = app.start(&snap(&json!({"version": "1"}))).await;
        app.post(&format!("/v1/test-executions/{earlier}/test-results"), &batch).await.ok();
        let id = app.start(&snap(&changes)).await;
        let results = format!("/v1/test-executions/{id}/test-results");
        app.post(&results, &batch).await.ok();
        describe(&app, id, &json!({"lane": ["blue", "red"]})).await;
        app.raw.run(&rerun_of(id, 3)).await;
        let mut result = app.get(&results).await.ok()[0].clone();
        assert_eq!(result["previous_results"].as_array().unwrap().len(), 1);
        result["previous_results"] = json!([]);
        let build = app.raw.number(&format!("SELECT artefact_build_id FROM test_execution WHERE id = {id}")).await;
        let item = json!({
            "test_result": result,
            "test_execution": app.execution(id).await,
            "artefact": app.artefact(app.artefact_of(id).await).await,
            "artefact_build": {"id": build, "architecture": "armhf", "revision": 7},
        });
        let expected = json!({"count": 1, "limit": 50, "offset": 0, "test_results": [item], "next_cursor": null});
        assert_eq!(search(&app, "artefact_versions=2").await, expected);
        let shown = &expected["test_results"][0];
        assert_eq!(only(&shown["test_result"], &texts), texts);
        let execution = json!({"rerun_priority": 3, "is_rerun_requested": true, "is_triaged": false});
        assert_eq!(only(&shown["test_execution"], &execution), execution);
    }

    // Issues: those of the result itself with their rules, counting nothing.
    async fn each_result_shows_its_own_issues(app: TestApp) {
        add_issues(&app, &[501, 502]).await;
        app.raw
            .run(&format!(
                "INSERT INTO issue_test_result_attachment_rule
                     (id, created_at, updated_at, issue_id, enabled, test_case_names)
                 VALUES (701, {NOW}, {NOW}, 501, TRUE, '[\"boot\"]')"
            ))
            .await;
        let id = app.start(&snap(&json!({}))).await;
        app.report(id, &[("boot", "FAILED"), ("wifi", "PASSED")]).await;
        attach(&app, 502, result_of(&app, "boot").await).await;
        let answer = search(&app, "").await;
        assert_eq!(names(&answer), ["wifi", "boot"]);
        let shown = app.get(&format!("/v1/test-executions/{id}/test-results")).await.ok();
        let issues_of = |place: usize| &answer["test_results"][place]["test_result"]["issues"];
        assert_eq!((issues_of(0), issues_of(1)), (&json!([]), &shown[0]["issues"]));
        let issues = issues_of(1).as_array().unwrap();
        assert_eq!((issues.len(), &issues[0]["attachment_rule"]["id"]), (2, &json!(701)));
        assert_eq!(issues[1]["attachment_rule"], Value::Null);
        assert!(issues.iter().all(|it| it["issue"]["test_executions_count"] == 0));
    }

    // Nothing found is no error.
    async fn no_match_is_an_empty_page(app: TestApp) {
        let empty = json!({"count": 0, "limit": 50, "offset": 0, "test_results": [], "next_cursor": null});
        assert_eq!(search(&app, "").await, empty);
        run(&app, &snap(&json!({})), &["a"]).await;
        let status = "test_result_statuses=SKIPPED";
        for query in ["families=deb", "test_cases=b", "issues=any", status, "from_date=2099-01-01"] {
            assert_eq!(search(&app, query).await, empty, "{query}");
        }
    }

    // Order: newest first, then the higher id; whichever way the page is found.
    async fn the_newest_come_first(app: TestApp) {
        let first = run(&app, &snap(&json!({"version": "1"})), &["a", "b", "c"]).await;
        let second = run(&app, &snap(&json!({"version": "2"})), &["a", "b"]).await;
        app.raw.run(&format!("UPDATE test_result SET created_at = {NOW}")).await;
        let late = "'2031-01-02T00:00:00+00:00'";
        for result in [first[1], second[1]] {
            app.raw.run(&format!("UPDATE test_result SET created_at = {late} WHERE id = {result}")).await;
        }
        let expected = [second[1], first[1], second[0], first[0], first[2]];
        let cases = "test_cases=a&test_cases=b&test_cases=c";
        for query in ["", "families=snap", cases, "issues=none", "from_date=2031-01-01"] {
            assert_eq!(ids(&search(&app, query).await), expected, "{query}");
        }
    }

    // Pages: cut from what matches, not overlapping; the count is of all of it; limit and offset are echoed.
    async fn pages_are_cut_from_the_matching_results(app: TestApp) {
        let found = run(&app, &snap(&json!({})), &["a", "b", "c", "d", "e"]).await;
        run(&app, &deb(&json!({})), &["a", "z"]).await;
        let cases = "families=snap&test_cases=a&test_cases=b&test_cases=c&test_cases=d&test_cases=e";
        for filter in ["families=snap", cases] {
            for (query, limit, offset, expected) in [
                ("limit=2", 2, 0, &found[..2]),
                ("limit=2&offset=2", 2, 2, &found[2..4]),
                ("limit=2&offset=4", 2, 4, &found[4..]),
                // Past the end the count stays.
                ("offset=5", 50, 5, &found[..0]),
                ("offset=1000000", 50, 1_000_000, &found[..0]),
                // No page at all, and yet a count.
                ("limit=0", 0, 0, &found[..0]),
                ("limit=0&offset=3", 0, 3, &found[..0]),
                ("limit=1000", 1_000, 0, &found[..]),
                ("limit=x&limit=1", 1, 0, &found[..1]),
            ] {
                let answer = search(&app, &format!("{filter}&{query}")).await;
                let echoed = json!([answer["count"], answer["limit"], answer["offset"]]);
                assert_eq!(echoed, json!([5, limit, offset]), "{filter} {query}");
                assert_eq!(ids(&answer), expected, "{filter} {query}");
            }
        }
    }

    // Fifty are shown when nobody says how many.
    async fn fifty_are_shown_by_default(app: TestApp) {
        let all: Vec<String> = (0..51).map(|n| format!("case {n}")).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        run(&app, &snap(&json!({})), &all).await;
        let answer = search(&app, "").await;
        assert_eq!((&answer["count"], ids(&answer).len()), (&json!(51), 50));
    }

    // Cursors: page by page everything, once and in order; an offset beside one has no meaning.
    async fn cursors_lead_through_everything(app: TestApp) {
        let older = run(&app, &snap(&json!({})), &["a", "b", "c", "d"]).await;
        let newer = run(&app, &snap(&json!({"version": "2"})), &["a", "b", "c"]).await;
        let all = [newer, older].concat();
        // Ties within pages and across them.
        app.raw.run(&format!("UPDATE test_result SET created_at = {NOW}")).await;
        let late = "'2031-01-02T00:00:00+00:00'";
        app.raw.run(&format!("UPDATE test_result SET created_at = {late} WHERE id = {}", all[0])).await;
        for filter in ["", "families=snap", "issues=none", "test_cases=a&test_cases=b&test_cases=c&test_cases=d"] {
            for limit in 1..=8 {
                let mut found = Vec::new();
                let mut cursor = String::new();
                loop {
                    let answer = search(&app, &format!("{filter}&limit={limit}{cursor}")).await;
                    assert_eq!(answer["count"], 7, "{filter} {cursor}");
                    assert!(ids(&answer).len() == limit || answer["next_cursor"].is_null(), "{filter} {cursor}");
                    found.extend(ids(&answer));
                    let Some(next) = answer["next_cursor"].as_str() else { break };
                    cursor = format!("&offset=3&cursor={next}");
                }
                assert_eq!(found, all, "{filter} {limit}");
            }
        }
    }

    // Cursors: results that come later do not move the pages that follow; an empty page leads nowhere.
    async fn cursors_stay_where_they_are(app: TestApp) {
        let old = run(&app, &snap(&json!({})), &["a", "b", "c", "d"]).await;
        let first = search(&app, "limit=2").await;
        assert_eq!(ids(&first), &old[..2]);
        run(&app, &snap(&json!({})), &["a", "b", "c"]).await;
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = search(&app, &format!("limit=2&cursor={cursor}")).await;
        assert_eq!(ids(&second), &old[2..]);
        assert_eq!((&second["count"], &second["next_cursor"]), (&json!(7), &Value::Null));
        for query in [format!("limit=0&cursor={cursor}"), "limit=0".to_owned(), "offset=7".to_owned()] {
            let answer = search(&app, &query).await;
            assert_eq!((ids(&answer).len(), &answer["next_cursor"]), (0, &Value::Null), "{query}");
        }
        for cursor in ["", "x", "1_x", "99999999999999999999_1"] {
            let problems = app.get(&format!("{PATH}?cursor={cursor}")).await.problems();
            assert_eq!(problems, [("value_error".to_owned(), json!(["query", "cursor"]))], "{cursor}");
        }
    }

    // Fields: where they are named, the long texts have to be among them.
    async fn long_texts_are_left_out_unless_they_are_named(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        let batch = json!([{"name": "boot", "status": "FAILED", "comment": "seen", "io_log": "line"}]);
        app.post(&format!("/v1/test-executions/{id}/test-results"), &batch).await.ok();
        let whole = search(&app, "").await;
        for (query, comment, log) in [
            ("fields=status,name", "", ""),
            ("fields=", "", ""),
            ("fields=comment", "seen", ""),
            ("fields=id,io_log", "", "line"),
            ("fields=status,%20comment,io_log", "seen", "line"),
            ("fields=comment&fields=io_log", "seen", "line"),
        ] {
            let mut expected = whole.clone();
            expected["test_results"][0]["test_result"]["comment"] = json!(comment);
            expected["test_results"][0]["test_result"]["io_log"] = json!(log);
            assert_eq!(search(&app, query).await, expected, "{query}");
        }
        let problems = app.get(&format!("{PATH}?fields=name,log")).await.problems();
        assert_eq!(problems, [("value_error".to_owned(), json!(["query", "fields"]))]);
    }

    // Malformed parameters: all of them at once, each with its place.
    async fn every_malformed_parameter_is_named(app: TestApp) {
        let query = "families=snap&families=x&artefact_is_archived=perhaps&test_execution_statuses=DONE\
                     &test_result_statuses=failed&rerun_is_requested=2&execution_is_latest=&from_date=x\
                     &limit=1001&offset=-1";
        let mut problems = app.get(&format!("{PATH}?{query}")).await.problems();
        problems.sort_by_key(|(kind, loc)| (kind.clone(), loc.to_string()));
        let expected = [
            ("bool_parsing", json!(["query", "artefact_is_archived"])),
            ("bool_parsing", json!(["query", "execution_is_latest"])),
            ("bool_parsing", json!(["query", "rerun_is_requested"])),
            ("datetime_from_date_parsing", json!(["query", "from_date"])),
            ("enum", json!(["query", "families", 1])),
            ("enum", json!(["query", "test_execution_statuses", 0])),
            ("enum", json!(["query", "test_result_statuses", 0])),
            ("greater_than_equal", json!(["query", "offset"])),
            ("less_than_equal", json!(["query", "limit"])),
        ];
        assert_eq!(problems, expected.map(|(kind, loc)| (kind.to_owned(), loc)));
        for (query, kind, loc) in [
            ("limit=1001", "less_than_equal", json!(["query", "limit"])),
            ("limit=-1", "greater_than_equal", json!(["query", "limit"])),
            ("limit=", "int_parsing", json!(["query", "limit"])),
            ("offset=-1", "greater_than_equal", json!(["query", "offset"])),
            // Empty texts are no members, and commas do not separate.
            ("families=", "enum", json!(["query", "families", 0])),
            ("families=snap,deb", "enum", json!(["query", "families", 0])),
            ("test_result_statuses=", "enum", json!(["query", "test_result_statuses", 0])),
            ("test_execution_statuses=", "enum", json!(["query", "test_execution_statuses", 0])),
            ("test_execution_statuses=COMPLETED", "enum", json!(["query", "test_execution_statuses", 0])),
        ] {
            let problems = app.get(&format!("{PATH}?{query}")).await.problems();
            assert_eq!(problems, [(kind.to_owned(), loc)], "{query}");
        }
    }

    // Rights: `view_test` and nothing else, before anything that is wrong.
    async fn searching_needs_the_right_to_view_tests(app: TestApp) {
        run(&app, &snap(&json!({})), &["a"]).await;
        let others = Permission::ALL.iter().copied().filter(|it| *it != Permission::ViewTest);
        let key = app.add_application(&others.collect::<Vec<_>>()).await;
        for path in [PATH.to_owned(), format!("{PATH}?limit=-1&families=x")] {
            app.anonymous(Method::GET, &path, None).await.refused(403, "Insufficient permissions");
            app.as_application(&key, Method::GET, &path, None).await.refused(403, "Insufficient permissions");
        }
        let key = app.add_application(&[Permission::ViewTest]).await;
        assert_eq!(names(&app.as_application(&key, Method::GET, PATH, None).await.ok()), ["a"]);
    }

    // The path is exact, and there is only one method.
    async fn the_search_has_one_path_and_one_method(app: TestApp) {
        app.get("/v1/test-results/").await.refused(404, "Not Found");
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = app.anonymous(method, PATH, None).await;
            answer.refused(405, "Method Not Allowed");
            assert_eq!(answer.headers["allow"], "GET");
        }
    }

    // As many statements for the results of thirty executions as for one.
    async fn a_search_takes_the_same_statements_for_one_result_as_for_many(app: TestApp) {
        add_issues(&app, &[1]).await;
        for filter in ["artefacts", "test_cases"] {
            let mut counts = Vec::new();
            for (name, size) in [("one", 1), ("many", 30)] {
                for n in 0..size {
                    let body = charm(&json!({
                        "name": name, "version": format!("{filter} {n}"), "environment": format!("e{n}"),
                        "relevant_links": [{"label": "l", "url": "http://x"}],
                    }));
                    let results = run(&app, &body, &[name]).await;
                    attach(&app, 1, results[0]).await;
                }
                let before = app.service.db.statements();
                let count = search(&app, &format!("{filter}={name}&limit=10")).await["count"].as_i64();
                assert!(count >= Some(size), "{filter} {name} {count:?}");
                counts.push(app.service.db.statements() - before);
            }
            assert_eq!(counts[0], counts[1], "{filter}");
        }
    }

    // Of very many results the page is found another way: the same answer.
    async fn very_many_results_are_found_like_few(app: TestApp) {
        add_issues(&app, &[1]).await;
        let recent = run(&app, &snap(&json!({"version": "2"})), &["boot", "wifi"]).await;
        let id = app.start(&snap(&json!({"version": "1"}))).await;
        app.report(id, &[("boot", "FAILED")]).await;
        // Copies of it, each a second older than the one before.
        let time = match &app.raw {
            Raw::Sqlite(_) => "strftime('%Y-%m-%dT%H:%M:%S+00:00', '2021-01-01', '-' || n || ' seconds')",
            Raw::Postgres(_) => "TIMESTAMPTZ '2021-01-01 00:00:00+00' - n * INTERVAL '1 second'",
        };
        app.raw
            .run(&format!(
                "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 31000)
                 INSERT INTO test_result
                     (test_execution_id, test_case_id, status, comment, io_log, created_at, updated_at)
                 SELECT test_execution_id, test_case_id, status, '', '', {time}, {NOW}
                 FROM test_result CROSS JOIN numbers WHERE test_execution_id = {id} ORDER BY n"
            ))
            .await;
        let sql = format!(
            "INSERT INTO issue_test_result_attachment (created_at, updated_at, issue_id, test_result_id)
             SELECT {NOW}, {NOW}, 1, id FROM test_result WHERE test_execution_id = {id}"
        );
        app.raw.run(&sql).await;
        let newest = app.raw.number(&format!("SELECT MIN(id) FROM test_result WHERE test_execution_id = {id}")).await;
        for (query, count) in [
            ("artefact_versions=1", 31_001),
            ("test_cases=boot&artefact_versions=1", 31_001),
            ("test_cases=boot&test_cases=wifi&test_result_statuses=FAILED", 31_001),
            ("issues=1", 31_001),
            ("issues=any&families=snap&execution_is_latest=true", 31_001),
            ("test_result_statuses=FAILED&artefact_is_archived=false", 31_001),
            ("artefact_versions=1&until_date=2021-06-01", 31_000),
        ] {
            let first = search(&app, &format!("{query}&limit=3&fields=name")).await;
            assert_eq!(first["count"], count, "{query}");
            // The copies are in the order of their ids.
            let begin = newest + 31_001 - count;
            assert_eq!(ids(&first), [begin, begin + 1, begin + 2], "{query}");
            // Deeper pages, by cursor and by offset.
            let cursor = first["next_cursor"].as_str().unwrap();
            let by_cursor = search(&app, &format!("{query}&limit=2&fields=name&cursor={cursor}")).await;
            let by_offset = search(&app, &format!("{query}&limit=2&fields=name&offset=3")).await;
            assert_eq!(ids(&by_cursor), [begin + 3, begin + 4], "{query}");
            assert_eq!(by_cursor["test_results"], by_offset["test_results"], "{query}");
        }
        assert_eq!(ids(&search(&app, "artefact_versions=2").await), recent);
    }
}
