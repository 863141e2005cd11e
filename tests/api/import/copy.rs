//! The first copy: everything arrives as it was.

use axum::http::Method;
use serde_json::{Value, json};
use test_observer::domain::session_cookie;

use super::{COPY, DRY, Installation, TABLES, count, emptied, import, imported, needed, with_key};
use crate::support::both;

fn field(list: &Value, name: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|each| each[name].as_str().unwrap().to_owned()).collect()
}

both! {
    async fn every_row_of_every_table_arrives(app: TestApp) {
        let (app, old) = (emptied(app).await, Installation::filled().await);
        let report = imported(&app, &old, COPY).await;
        assert_eq!(report.checks.len(), TABLES.len());
        for table in TABLES {
            let there = old.number(&format!("SELECT COUNT(*) FROM {table}")).await;
            assert!(there > 0, "the fixture has no {table}");
            assert_eq!(count(&app, table).await, there, "{table}");
            assert_eq!(needed(&report, table), (there.cast_unsigned(), 0, 0), "{table}");
        }
        let inspection = &report.inspection;
        assert!(inspection.missing_columns.is_empty() && inspection.unknown_columns.is_empty(), "{inspection:?}");
        assert!(inspection.missing_tables.is_empty() && inspection.unknown_tables.is_empty(), "{inspection:?}");
    }

    async fn artefacts_and_what_hangs_on_them_read_as_before(app: TestApp) {
        let (app, old) = (emptied(app).await, Installation::filled().await);
        imported(&app, &old, COPY).await;
        let app = with_key(app).await;
        let snap = app.artefact(21).await;
        for (name, expected) in [
            ("name", json!("core22")), ("due_date", json!("2031-02-28")), ("status", json!("APPROVED")),
            ("comment", json!("two\nlines\twith a tab")), ("store", json!("ubuntu")), ("archived", json!(false)),
            ("created_at", json!("2023-04-01T12:00:00.100000")), ("all_environment_reviews_count", json!(1)),
            ("completed_environment_reviews_count", json!(0)),
        ] {
            assert_eq!(snap[name], expected, "{name}");
        }
        assert_eq!(field(&snap["reviewers"], "email"), ["ana@example.org", "Bo@example.org"]);
        assert_eq!(app.artefact(22).await["completed_environment_reviews_count"], 1);
        let hash = app.raw.texts("SELECT bundled_builds_hash FROM artefact WHERE bundled_builds_hash IS NOT NULL").await;
        assert_eq!(hash, ["f6a9d4b8f3ed9ff6ef3a67c1ef2b2d4e8f6d0e1b2c3d4e5f60718293a4b5c6d7"]);
        let reviews = app.get("/v1/artefacts/22/environment-reviews").await.ok();
        let decisions = reviews[0]["review_decision"].as_array().unwrap();
        assert_eq!((decisions.len(), &decisions[0]), (5, &json!("APPROVED_INCONSISTENT_TEST")));
        assert_eq!(reviews[0]["review_comment"], "fine: 100 % \\o/");
        let run = app.execution(71).await;
        assert_eq!((&run["ci_link"], &run["status"]), (&json!("http://ci/1"), &json!("FAILED")));
        assert_eq!(run["execution_metadata"], json!({"lab": ["nord ☃", ""]}));
        assert_eq!(run["is_rerun_requested"], true);
        let numbers = "SELECT COUNT(*) FROM test_execution
             WHERE id = 71 AND passed_count = 1 AND failed_count = 1 AND skipped_count = 1 AND has_results";
        assert_eq!(app.raw.number(numbers).await, 1);
        let events = app.get("/v1/test-executions/71/status_update").await.ok();
        assert_eq!(field(&events, "event_name"), ["", "job_start", "x"]);
        assert_eq!(events[1]["timestamp"], "2015-03-21T11:08:14.859831");
    }

    async fn results_keep_their_logs_and_are_found(app: TestApp) {
        let (app, old) = (emptied(app).await, Installation::filled().await);
        imported(&app, &old, COPY).await;
        let app = with_key(app).await;
        let results = app.get("/v1/test-executions/71/test-results").await.ok();
        assert_eq!(results[0]["io_log"], "wlan0: Link is not ready\r\n\"quoted\" \\ back\n");
        assert_eq!((&results[1]["io_log"], &results[1]["name"]), (&json!(""), &json!("dïsk")));
        let long = format!("{}aardvark", "kernel: hci0 🧪 timeout ".repeat(20_000));
        assert!(results[2]["io_log"] == long, "the long log is another one");
        let packed = "SELECT COUNT(*) FROM test_result WHERE io_log = '' AND io_log_zstd IS NOT NULL";
        assert_eq!(app.raw.number(packed).await, 2);
        assert_eq!(results[0]["issues"].as_array().unwrap().len(), 2);
        // What passed is found by its test alone, as ever.
        for (word, found) in [("aardvark", 1), ("flaky", 1), ("scan", 2), ("xylophone", 0)] {
            assert_eq!(app.get(&format!("/v1/test-results?q={word}")).await.ok()["count"], found, "{word}");
        }
    }

    async fn keys_and_sessions_go_on(app: TestApp) {
        let (app, old) = (emptied(app).await, Installation::filled().await);
        imported(&app, &old, COPY).await;
        let key = "to_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB";
        let me = app.as_application(key, Method::GET, "/v1/applications/me", None).await.ok();
        assert_eq!((&me["name"], me["permissions"].as_array().unwrap().len()), (&json!("runner"), 31));
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM application WHERE api_key IS NOT NULL").await, 0);
        let cookie = |id| format!("session={}", session_cookie::sign(id, "secret", app.service.clock.now()));
        let users = app.as_user(&cookie(5), Method::GET, "/v1/users", None).await.ok();
        let ana = users["users"].as_array().unwrap().iter().find(|user| user["id"] == 3).unwrap();
        assert_eq!((&ana["name"], &ana["launchpad_handle"]), (&json!("Ana Łópez 🧪"), &json!("ana-l")));
        // That one is over.
        app.as_user(&cookie(6), Method::GET, "/v1/users", None).await.refused(403, "Insufficient permissions");
        let teams = app.as_user(&cookie(5), Method::GET, "/v1/teams/4", None).await.ok();
        assert_eq!(teams["permissions"], json!(["change_artefact", "view_artefact", "change_artefact"]));
    }

    async fn issues_and_rules_read_as_before(app: TestApp) {
        let (app, old) = (emptied(app).await, Installation::filled().await);
        imported(&app, &old, COPY).await;
        let app = with_key(app).await;
        for (id, source, labels) in [
            (111, "github", Value::Null), (112, "jira", json!([])), (113, "launchpad", json!(["a,b", "c\"d", ""])),
        ] {
            let issue = app.get(&format!("/v1/issues/{id}")).await.ok();
            assert_eq!((&issue["source"], &issue["labels"]), (&json!(source), &labels), "{id}");
        }
        let rules = app.get("/v1/issues/111").await.ok()["attachment_rules"].clone();
        assert_eq!(rules[0]["families"], json!(["snap", "deb", "charm", "image", "solution"]));
        assert_eq!((&rules[0]["artefact_versions"], &rules[0]["enabled"]), (&json!(["1,2"]), &json!(false)));
        assert_eq!(rules[0]["execution_metadata"], json!({"lab": ["nord ☃"]}));
    }

    // The newest rows were removed there; their ids are not given out again.
    async fn ids_go_on_behind_those_there(app: TestApp) {
        let (app, old) = (emptied(app).await, Installation::filled().await);
        imported(&app, &old, COPY).await;
        let app = with_key(app).await;
        assert_eq!(app.add_team("new", &[], &[]).await, 41);
        assert_eq!(app.add_user("new").await, 9);
        let run = app.start(&crate::support::snap(&json!({"name": "another"}))).await;
        assert_eq!((run, app.artefact_of(run).await), (77, 901));
        app.report(run, &[("new case", "PASSED")]).await;
        assert_eq!(app.raw.number("SELECT MAX(id) FROM test_result").await, 105);
        assert_eq!(app.raw.number("SELECT MAX(id) FROM test_case").await, 94);
    }

    async fn a_dry_run_says_what_is_to_do_and_does_nothing(app: TestApp) {
        let (app, old) = (emptied(app).await, Installation::filled().await);
        let report = import(&app, &old, DRY).await.unwrap();
        assert!(!report.is_refused() && report.checks.is_empty());
        assert_eq!(needed(&report, "test_result"), (4, 0, 0));
        assert_eq!(needed(&report, "team_users_association"), (3, 0, 0));
        for table in TABLES.iter().chain(&["import_progress"]) {
            assert_eq!(count(&app, table).await, 0, "{table}");
        }
        assert_eq!(app.add_team("first", &[], &[]).await, 1);
    }

    // Somewhat older: columns and tables that came later. Somewhat newer: what we do not know.
    async fn older_and_newer_installations_are_copied(app: TestApp) {
        let (app, old) = (emptied(app).await, Installation::filled().await);
        old.run(
            "ALTER TABLE artefact DROP COLUMN image_url; ALTER TABLE issue DROP COLUMN labels; DROP TABLE notification;
             ALTER TABLE issue_test_result_attachment_rule DROP COLUMN template_ids;
             ALTER TABLE team ADD COLUMN colour TEXT DEFAULT 'red'; CREATE TABLE extra (id INTEGER)",
        )
        .await;
        let report = imported(&app, &old, COPY).await;
        let inspection = &report.inspection;
        assert_eq!(inspection.missing_tables, ["notification"]);
        let columns = ["artefact.image_url", "issue.labels", "issue_test_result_attachment_rule.template_ids"];
        assert_eq!(inspection.missing_columns, columns);
        assert_eq!((&inspection.unknown_tables, &inspection.unknown_columns), (&vec!["extra".to_owned()], &vec!["team.colour".to_owned()]));
        assert_eq!(count(&app, "notification").await, 0);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM issue WHERE labels IS NULL").await, 3);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM artefact WHERE image_url = ''").await, 5);
    }
}
