//! `GET /v1/test-executions`: what the answer looks like, its order and pages, and which requests are refused.

use app::api::Permission;
use axum::http::Method;
use serde_json::{Value, json};

use crate::search_executions::{NOW, PATH, describe, found, result_ids, results_of, run, search};
use crate::support::{both, charm, deb, rerun_of, snap};

both! {
    // The answer's shape: all of the execution, its artefact, build and results; results are not followed back.
    async fn what_is_found_is_shown_whole(app: TestApp) {
        let earlier = run(&app, &snap(&json!({"version": "1"}))).await;
        let links = json!([{"label": "log", "url": "http://x/"}]);
        let changes = json!({"version": "2", "revision": 7, "relevant_links": links, "ci_link": "http://ci/1"});
        let id = app.start(&snap(&changes)).await;
        let batch = json!([{
            "name": "boot", "status": "FAILED", "category": "start", "template_id": "t", "comment": "c", "io_log": "log",
        }]);
        app.post(&format!("{PATH}/{id}/test-results"), &batch).await.ok();
        describe(&app, id, &json!({"lane": ["blue", "red"]})).await;
        app.raw.run(&rerun_of(id, 3)).await;
        let shown = app.get(&format!("{PATH}/{id}/test-results")).await.ok();
        assert_eq!(shown[0]["previous_results"][0]["test_execution_id"], earlier);
        let mut results = shown.clone();
        results[0]["previous_results"] = json!([]);
        let mut item = app.execution(id).await;
        item["artefact"] = app.artefact(app.artefact_of(id).await).await;
        let build = app.raw.number(&format!("SELECT artefact_build_id FROM test_execution WHERE id = {id}")).await;
        item["artefact_build"] = json!({"id": build, "architecture": "armhf", "revision": 7});
        item["test_results"] = results;
        let expected = json!({"count": 1, "limit": 50, "offset": 0, "test_executions": [item]});
        assert_eq!(search(&app, "artefact_versions=2").await, expected);
        assert_eq!(expected["test_executions"][0]["rerun_priority"], 3);
    }

    // The issues of results are shown with their rules, and count nothing.
    async fn issues_are_shown_with_the_results(app: TestApp) {
        let rule = r#"["boot"]"#;
        app.raw
            .run(&format!(
                "INSERT INTO issue (id, created_at, updated_at, source, project, key, title, status) VALUES
                     (501, {NOW}, {NOW}, 'GITHUB', 'acme/radio', '12', 'Mute bug', 'OPEN'),
                     (502, {NOW}, {NOW}, 'JIRA', 'TO', '142', '', 'UNKNOWN');
                 INSERT INTO issue_test_result_attachment_rule
                     (id, created_at, updated_at, issue_id, enabled, test_case_names)
                 VALUES (701, {NOW}, {NOW}, 501, TRUE, '{rule}')"
            ))
            .await;
        let id = app.start(&snap(&json!({}))).await;
        app.report(id, &[("boot", "FAILED"), ("wifi", "PASSED")]).await;
        let by_hand = format!(
            "INSERT INTO issue_test_result_attachment (created_at, updated_at, issue_id, test_result_id)
             SELECT {NOW}, {NOW}, 502, MIN(id) FROM test_result"
        );
        app.raw.run(&by_hand).await;
        let answer = search(&app, "").await;
        let results = &answer["test_executions"][0]["test_results"];
        assert_eq!((&results[0]["name"], &results[1]["name"]), (&json!("wifi"), &json!("boot")));
        assert_eq!(results[0]["issues"], json!([]));
        let shown = app.get(&format!("{PATH}/{id}/test-results")).await.ok();
        assert_eq!(results[1]["issues"], shown[0]["issues"]);
        let issues = results[1]["issues"].as_array().unwrap();
        assert_eq!((issues.len(), &issues[0]["attachment_rule"]["id"]), (2, &json!(701)));
        assert_eq!(issues[0]["attachment_rule"]["test_case_names"], json!(["boot"]));
        assert_eq!(issues[0]["attachment_rule"]["execution_metadata"], json!({}));
        assert_eq!(issues[1]["attachment_rule"], Value::Null);
        assert!(issues.iter().all(|it| it["issue"]["test_executions_count"] == 0));
        assert_eq!(answer["test_executions"][0]["is_triaged"], true);
    }

    // Nothing found is no error.
    async fn no_match_is_an_empty_page(app: TestApp) {
        let empty = json!({"count": 0, "limit": 50, "offset": 0, "test_executions": []});
        assert_eq!(search(&app, "").await, empty);
        run(&app, &snap(&json!({}))).await;
        assert_eq!(search(&app, "families=deb").await, empty);
    }

    // Executions: newest first, then the higher id; the same for their results.
    async fn the_newest_come_first(app: TestApp) {
        let mut ids = Vec::new();
        for version in ["1", "2", "3", "4"] {
            let id = app.start(&snap(&json!({"version": version}))).await;
            app.report(id, &[("a", "PASSED"), ("b", "PASSED"), ("c", "PASSED")]).await;
            ids.push(id);
        }
        app.raw.run(&format!("UPDATE test_execution SET created_at = {NOW}; UPDATE test_result SET created_at = {NOW}")).await;
        let late = "'2031-01-02T00:00:00+00:00'";
        app.raw.run(&format!("UPDATE test_execution SET created_at = {late} WHERE id = {}", ids[1])).await;
        assert_eq!(found(&app, "").await, [ids[1], ids[3], ids[2], ids[0]]);
        let results = result_ids(&app, ids[0]).await;
        app.raw.run(&format!("UPDATE test_result SET created_at = {late} WHERE id = {}", results[1])).await;
        let shown = results_of(&search(&app, "artefact_versions=1").await);
        assert_eq!(shown, [results[1], results[2], results[0]]);
    }

    // The page is cut from what matches; the count is of all of it.
    async fn pages_are_cut_from_the_matching_executions(app: TestApp) {
        let mut ids = Vec::new();
        for n in 0..5 {
            let id = run(&app, &snap(&json!({"version": format!("{n}")}))).await;
            app.report(id, &[("a", "PASSED"), ("b", "PASSED")]).await;
            ids.insert(0, id);
        }
        run(&app, &deb(&json!({}))).await;
        for (query, limit, offset, expected) in [
            ("limit=2", 2, 0, &ids[..2]),
            ("limit=2&offset=1", 2, 1, &ids[1..3]),
            ("limit=2&offset=4", 2, 4, &ids[4..]),
            ("offset=5", 50, 5, &ids[..0]),
            ("limit=0", 0, 0, &ids[..0]),
            ("limit=0&offset=3", 0, 3, &ids[..0]),
            ("limit=1000", 1_000, 0, &ids[..]),
            ("limit=%203%20", 3, 0, &ids[..3]),
            ("limit=x&limit=1", 1, 0, &ids[..1]),
        ] {
            let answer = search(&app, &format!("families=snap&{query}")).await;
            let echoed = json!([answer["count"], answer["limit"], answer["offset"]]);
            assert_eq!(echoed, json!([5, limit, offset]), "{query}");
            assert_eq!(found(&app, &format!("families=snap&{query}")).await, expected, "{query}");
        }
    }

    // Fifty are shown when nobody says how many.
    async fn fifty_are_shown_by_default(app: TestApp) {
        for n in 0..51 {
            app.start(&deb(&json!({"environment": format!("e{n}")}))).await;
        }
        let answer = search(&app, "test_result=none").await;
        assert_eq!((&answer["count"], answer["test_executions"].as_array().unwrap().len()), (&json!(51), 50));
    }

    // Malformed parameters: all of them at once, each with its place.
    async fn every_malformed_parameter_is_named(app: TestApp) {
        let query = "families=snap&families=x&artefact_is_archived=perhaps&test_execution_statuses=DONE\
                     &rerun_is_requested=2&execution_is_latest=&from_date=x&limit=1001&offset=-1";
        let mut problems = app.get(&format!("{PATH}?{query}")).await.problems();
        problems.sort_by_key(|(kind, loc)| (kind.clone(), loc.to_string()));
        let expected = [
            ("bool_parsing", json!(["query", "artefact_is_archived"])),
            ("bool_parsing", json!(["query", "execution_is_latest"])),
            ("bool_parsing", json!(["query", "rerun_is_requested"])),
            ("datetime_from_date_parsing", json!(["query", "from_date"])),
            ("enum", json!(["query", "families", 1])),
            ("enum", json!(["query", "test_execution_statuses", 0])),
            ("greater_than_equal", json!(["query", "offset"])),
            ("less_than_equal", json!(["query", "limit"])),
        ];
        assert_eq!(problems, expected.map(|(kind, loc)| (kind.to_owned(), loc)));
        for (query, kind, loc) in [
            ("limit=-1", "greater_than_equal", json!(["query", "limit"])),
            ("limit=", "int_parsing", json!(["query", "limit"])),
            ("limit=5.5", "int_parsing", json!(["query", "limit"])),
            ("families=snap,deb", "enum", json!(["query", "families", 0])),
            ("families=", "enum", json!(["query", "families", 0])),
            ("families=Snap", "enum", json!(["query", "families", 0])),
            ("test_execution_statuses=COMPLETED", "enum", json!(["query", "test_execution_statuses", 0])),
        ] {
            let problems = app.get(&format!("{PATH}?{query}")).await.problems();
            assert_eq!(problems, [(kind.to_owned(), loc)], "{query}");
        }
        // An offset that no number holds is told, not failed at; beyond the last execution there is nothing.
        assert_eq!(app.get(&format!("{PATH}?offset=99999999999999999999")).await.status, 422);
        run(&app, &snap(&json!({}))).await;
        let beyond = search(&app, "offset=9223372036854775807&limit=1000").await;
        assert_eq!((&beyond["count"], &beyond["test_executions"]), (&json!(1), &json!([])));
    }

    // Rights: `view_test` and nothing else, before anything that is wrong.
    async fn searching_needs_the_right_to_view_tests(app: TestApp) {
        let id = run(&app, &snap(&json!({}))).await;
        let others: Vec<Permission> = Permission::ALL.iter().copied().filter(|it| *it != Permission::ViewTest).collect();
        let key = app.add_application(&others).await;
        for path in [PATH.to_owned(), format!("{PATH}?limit=-1&families=x")] {
            app.anonymous(Method::GET, &path, None).await.refused(403, "Insufficient permissions");
            app.as_application(&key, Method::GET, &path, None).await.refused(403, "Insufficient permissions");
        }
        let key = app.add_application(&[Permission::ViewTest]).await;
        let answer = app.as_application(&key, Method::GET, PATH, None).await.ok();
        assert_eq!(answer["test_executions"][0]["id"], id);
    }

    // The path is exact, and there is only one method.
    async fn the_search_has_one_path_and_one_method(app: TestApp) {
        app.get("/v1/test-executions/").await.refused(404, "Not Found");
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = app.anonymous(method, PATH, None).await;
            answer.refused(405, "Method Not Allowed");
            assert_eq!(answer.headers["allow"], "GET");
        }
    }

    // As many statements for thirty executions as for one.
    async fn a_search_takes_the_same_statements_for_one_execution_as_for_many(app: TestApp) {
        let mut counts = Vec::new();
        for (name, size) in [("one", 1), ("many", 30)] {
            for n in 0..size {
                let body = charm(&json!({
                    "name": name, "version": format!("{n}"), "environment": format!("e{n}"),
                    "relevant_links": [{"label": "l", "url": "http://x"}],
                }));
                let id = app.start(&body).await;
                app.report(id, &[("a", "PASSED"), ("b", "FAILED")]).await;
                describe(&app, id, &json!({"lane": [format!("{n}")]})).await;
            }
            let before = app.service.db.statements();
            assert_eq!(found(&app, &format!("artefacts={name}")).await.len(), size);
            counts.push(app.service.db.statements() - before);
        }
        assert_eq!(counts[0], counts[1]);
    }
}
