//! Attachment rules that look into texts, and rules and the results that were there before them.

use app::api::Permission;
use axum::http::Method;
use serde_json::{Value, json};

use test_observer::service::pattern_trials::TrialLimit;

use crate::support::{TestApp, both, deb, only, snap};

/// The issue with that number, made known.
async fn add_issue(app: &TestApp, number: i64) -> i64 {
    let body = json!({"url": format!("https://github.com/acme/radio/issues/{number}")});
    app.put("/v1/issues", &body).await.ok()["id"].as_i64().unwrap()
}

fn rules_of(issue: i64) -> String {
    format!("/v1/issues/{issue}/attachment-rules")
}

fn existing_results(issue: i64, rule: i64) -> String {
    format!("/v1/issues/{issue}/attachment-rules/{rule}/existing-results")
}

async fn create(app: &TestApp, issue: i64, body: &Value) -> Value {
    app.post(&rules_of(issue), body).await.ok()
}

fn id_of(object: &Value) -> i64 {
    object["id"].as_i64().unwrap()
}

async fn preview(app: &TestApp, issue: i64, body: &Value) -> Value {
    app.post(&format!("{}/preview", rules_of(issue)), body).await.ok()
}

/// The four counts of a preview.
fn counts(preview: &Value) -> Vec<i64> {
    let names = ["matched", "untriaged", "already_attached", "with_another_issue"];
    names.iter().map(|name| preview[name].as_i64().unwrap()).collect()
}

/// Results of an execution with logs and comments, in their order; their ids.
async fn report(app: &TestApp, execution: i64, results: &[(&str, &str, &str, &str)]) -> Vec<i64> {
    let batch: Vec<Value> = results
        .iter()
        .map(|(name, status, comment, log)| json!({"name": name, "status": status, "comment": comment, "io_log": log}))
        .collect();
    let path = format!("/v1/test-executions/{execution}/test-results");
    app.post(&path, &json!(batch)).await.ok();
    app.get(&path).await.ok().as_array().unwrap().iter().map(id_of).collect()
}

/// The names of the tests whose results have the issue, with the rule that is to blame.
async fn attached(app: &TestApp, issue: i64) -> Vec<(String, Value)> {
    let found = app.get(&format!("/v1/test-results?issues={issue}")).await.ok();
    let mut names: Vec<(String, Value)> = found["test_results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| {
            let result = &found["test_result"];
            let issues = result["issues"].as_array().unwrap();
            let own = issues.iter().find(|it| it["issue"]["id"] == issue).unwrap();
            (result["name"].as_str().unwrap().to_owned(), own["attachment_rule"]["id"].clone())
        })
        .collect();
    names.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    names
}

const RADIO: &[(&str, &str, &str, &str)] = &[
    ("wifi/scan", "FAILED", "", "wlan0: link is not ready\nno carrier\n"),
    ("wifi/join", "FAILED", "flaky since monday", "no carrier"),
    ("wifi/load", "PASSED", "", "no carrier at first"),
    ("bluetooth", "SKIPPED", "", "hci0 is not there"),
];

both! {
    async fn a_rule_looks_into_log_and_comment(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        for (patterns, expected) in [
            (json!({"io_log_pattern": "no carrier"}), vec!["wifi/join", "wifi/load", "wifi/scan"]),
            (json!({"io_log_pattern": "^no carrier$"}), vec!["wifi/join", "wifi/scan"]),
            (json!({"io_log_pattern": "(?i)HCI\\d"}), vec!["bluetooth"]),
            (json!({"comment_pattern": "flaky"}), vec!["wifi/join"]),
            (json!({"comment_pattern": "flaky", "io_log_pattern": "ready"}), vec![]),
            (json!({"io_log_pattern": "carrier", "test_result_statuses": ["PASSED"]}), vec!["wifi/load"]),
            (json!({"io_log_pattern": ""}), vec!["bluetooth", "wifi/join", "wifi/load", "wifi/scan"]),
        ] {
            let rule = create(&app, issue, &patterns).await;
            let execution = app.start(&snap(&json!({}))).await;
            report(&app, execution, RADIO).await;
            let expected: Vec<(String, Value)> =
                expected.into_iter().map(|name| (name.to_owned(), rule["id"].clone())).collect();
            assert_eq!(attached(&app, issue).await, expected, "{patterns}");
            app.raw.run("DELETE FROM test_result").await;
            app.delete(&format!("{}/{}", rules_of(issue), rule["id"])).await;
        }
    }

    async fn a_rule_shows_the_patterns_it_has(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        let with = create(&app, issue, &json!({"io_log_pattern": "a+", "comment_pattern": "b"})).await;
        assert_eq!((&with["io_log_pattern"], &with["comment_pattern"]), (&json!("a+"), &json!("b")));
        let without = create(&app, issue, &json!({"io_log_pattern": "", "comment_pattern": ""})).await;
        assert_eq!(without.as_object().unwrap().len(), 12, "{without}");
        let shown = app.get(&format!("/v1/issues/{issue}")).await.ok();
        assert_eq!(shown["attachment_rules"], json!([with, without]));
    }

    async fn a_pattern_that_cannot_be_used_is_refused_and_says_why(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        let large = "a".repeat(1_001);
        for (body, detail) in [
            (json!({"io_log_pattern": "(a"}), "io_log_pattern is not a regular expression: unclosed group"),
            (json!({"comment_pattern": "a{2,1}"}),
                "comment_pattern is not a regular expression: invalid repetition count range, the start must be <= the end"),
            (json!({"io_log_pattern": large}), "io_log_pattern is longer than 1000 bytes"),
            (json!({"io_log_pattern": "a", "comment_pattern": "(\\w{99}){99}"}),
                "comment_pattern is too complex: it repeats too much"),
        ] {
            app.post(&rules_of(issue), &body).await.refused(422, detail);
            app.post(&format!("{}/preview", rules_of(issue)), &body).await.refused(422, detail);
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM issue_test_result_attachment_rule").await, 0);
    }

    async fn a_preview_counts_what_a_rule_would_match_and_stores_nothing(app: TestApp) {
        let (issue, other) = (add_issue(&app, 1).await, add_issue(&app, 2).await);
        let execution = app.start(&snap(&json!({}))).await;
        let ids = report(&app, execution, RADIO).await;
        let elsewhere = app.start(&deb(&json!({}))).await;
        report(&app, elsewhere, RADIO).await;
        app.post(&format!("/v1/issues/{issue}/attach"), &json!({"test_results": [ids[0]]})).await.ok();
        app.post(&format!("/v1/issues/{other}/attach"), &json!({"test_results": [ids[0], ids[1]]})).await.ok();
        for (rule, expected, newest) in [
            (json!({}), vec![8, 4, 1, 2], "bluetooth"),
            (json!({"families": ["snap"]}), vec![4, 1, 1, 2], "bluetooth"),
            (json!({"families": ["snap"], "io_log_pattern": "no carrier"}), vec![3, 0, 1, 2], "wifi/load"),
            (json!({"comment_pattern": "monday"}), vec![2, 1, 0, 1], "wifi/join"),
            (json!({"test_case_names": ["bluetooth"], "test_result_statuses": ["SKIPPED"]}), vec![2, 2, 0, 0], "bluetooth"),
            (json!({"execution_metadata": {"gadget": ["pi"]}}), vec![0, 0, 0, 0], ""),
        ] {
            let preview = preview(&app, issue, &rule).await;
            assert_eq!((counts(&preview), &preview["is_complete"]), (expected, &json!(true)), "{rule}");
            let sample = preview["sample"].as_array().unwrap();
            let name = sample.first().map_or("", |found| found["test_result"]["name"].as_str().unwrap());
            assert_eq!(name, newest, "{rule}");
            assert!(sample.iter().all(|found| found["test_result"]["io_log"] == ""));
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM issue_test_result_attachment_rule").await, 0);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM issue_test_result_attachment").await, 3);
        app.post(&format!("{}/preview", rules_of(999)), &json!({})).await.refused(404, "Issue not found");
    }

    async fn a_preview_shows_ten_results(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        let execution = app.start(&snap(&json!({}))).await;
        let names: Vec<String> = (0..12).map(|number| format!("case {number}")).collect();
        let results: Vec<_> = names.iter().map(|name| (name.as_str(), "FAILED", "", "")).collect();
        let ids = report(&app, execution, &results).await;
        let preview = preview(&app, issue, &json!({})).await;
        assert_eq!(preview["matched"], 12);
        let shown: Vec<i64> =
            preview["sample"].as_array().unwrap().iter().map(|found| id_of(&found["test_result"])).collect();
        assert_eq!(shown, ids.into_iter().rev().take(10).collect::<Vec<_>>());
    }

    // Patterns are tried on 20,000 results, and it is said when there are more.
    async fn a_preview_says_when_it_has_not_seen_everything(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        let execution = app.start(&snap(&json!({}))).await;
        report(&app, execution, &[("wifi", "FAILED", "", "no carrier")]).await;
        app.raw.run(&format!(
            "INSERT INTO test_result (status, test_execution_id, test_case_id, comment, io_log, created_at, updated_at)
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 19999)
             SELECT 'PASSED', {execution}, id, '', '', '2031-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00'
             FROM n CROSS JOIN test_case"
        )).await;
        let rule = json!({"io_log_pattern": "carrier"});
        let all = preview(&app, issue, &rule).await;
        assert_eq!((&all["matched"], &all["is_complete"]), (&json!(1), &json!(true)));
        let another = app.start(&deb(&json!({}))).await;
        report(&app, another, &[("wifi", "PASSED", "", "")]).await;
        let newest = preview(&app, issue, &rule).await;
        assert_eq!((&newest["matched"], &newest["is_complete"]), (&json!(0), &json!(false)));
    }

    async fn a_rule_is_applied_to_the_past_once_and_taken_back(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        let execution = app.start(&snap(&json!({}))).await;
        let ids = report(&app, execution, RADIO).await;
        app.post(&format!("/v1/issues/{issue}/attach"), &json!({"test_results": [ids[0]]})).await.ok();
        let rule = create(&app, issue, &json!({"io_log_pattern": "no carrier"})).await;
        assert_eq!(attached(&app, issue).await, [("wifi/scan".to_owned(), Value::Null)], "not by itself");

        let path = existing_results(issue, id_of(&rule));
        let first = app.put(&path, &Value::Null).await.ok();
        assert_eq!(first, json!({"matched": 3, "attached": 2, "already_attached": 1}));
        let all = [("wifi/join", &rule["id"]), ("wifi/load", &rule["id"]), ("wifi/scan", &Value::Null)]
            .map(|(name, rule)| (name.to_owned(), rule.clone()));
        assert_eq!(attached(&app, issue).await, all);
        let again = app.put(&path, &Value::Null).await.ok();
        assert_eq!(again, json!({"matched": 3, "attached": 0, "already_attached": 3}));

        // What the rule does as results come in is not taken back.
        let later = app.start(&deb(&json!({}))).await;
        report(&app, later, &[("wifi/roam", "FAILED", "", "no carrier")]).await;
        assert_eq!(app.delete(&path).await.ok(), json!({"detached": 2}));
        let left = [("wifi/roam", &rule["id"]), ("wifi/scan", &Value::Null)]
            .map(|(name, rule)| (name.to_owned(), rule.clone()));
        assert_eq!(attached(&app, issue).await, left);
        assert_eq!(app.delete(&path).await.ok(), json!({"detached": 0}));
    }

    async fn a_new_rule_is_applied_to_the_past_when_asked(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        let execution = app.start(&snap(&json!({}))).await;
        report(&app, execution, RADIO).await;
        let body = json!({"apply_to_existing": true, "enabled": false, "test_result_statuses": ["FAILED"]});
        let rule = create(&app, issue, &body).await;
        assert_eq!(rule["existing_results"], json!({"matched": 2, "attached": 2, "already_attached": 0}));
        assert_eq!(attached(&app, issue).await.len(), 2);
        let shown = app.get(&format!("/v1/issues/{issue}")).await.ok();
        assert_eq!(shown["attachment_rules"][0].as_object().unwrap().len(), 12, "it is about the request, not the rule");
        assert_eq!(app.delete(&existing_results(issue, id_of(&rule))).await.ok(), json!({"detached": 2}));
    }

    // Beyond a number of results, or of bytes of their texts, the answer says where to go on.
    async fn a_rule_is_applied_to_very_many_results_in_several_steps(app: TestApp) {
        let app = app.with_trial_limit(TrialLimit { results: 2, bytes: usize::MAX });
        let issue = add_issue(&app, 1).await;
        let execution = app.start(&snap(&json!({}))).await;
        let names: Vec<String> = (0..5).map(|number| format!("case {number}")).collect();
        let results: Vec<_> = names.iter().map(|name| (name.as_str(), "FAILED", "", "no carrier")).collect();
        let ids = report(&app, execution, &results).await;
        let body = json!({"io_log_pattern": "carrier", "apply_to_existing": true});
        let rule = create(&app, issue, &body).await;
        let step = |matched: i64, next: Value| json!({"matched": matched, "attached": matched, "already_attached": 0, "next_before": next});
        assert_eq!(rule["existing_results"], step(2, json!(ids[3])));
        let path = existing_results(issue, id_of(&rule));
        assert_eq!(app.put(&format!("{path}?before={}", ids[3]), &Value::Null).await.ok(), step(2, json!(ids[1])));
        let last = app.put(&format!("{path}?before={}", ids[1]), &Value::Null).await.ok();
        assert_eq!(last, json!({"matched": 1, "attached": 1, "already_attached": 0}));
        assert_eq!(attached(&app, issue).await.len(), 5);
        // A rule without patterns looks into nothing.
        let all = create(&app, issue, &json!({"apply_to_existing": true})).await;
        assert_eq!(all["existing_results"], json!({"matched": 5, "attached": 0, "already_attached": 5}));
        let problems = app.put(&format!("{path}?before=x"), &Value::Null).await.problems();
        assert_eq!(problems, [("int_parsing".to_owned(), json!(["query", "before"]))]);
    }

    async fn a_rule_looks_through_so_many_bytes_of_texts(app: TestApp) {
        let app = app.with_trial_limit(TrialLimit { results: 1_000, bytes: 1_000 });
        let issue = add_issue(&app, 1).await;
        let execution = app.start(&snap(&json!({}))).await;
        let names: Vec<String> = (0..250).map(|number| format!("case {number:03}")).collect();
        let results: Vec<_> = names.iter().map(|name| (name.as_str(), "FAILED", "12 bytes each", "no carrier")).collect();
        let ids = report(&app, execution, &results).await;
        // Texts are read a hundred at a time, and what no pattern looks into does not count.
        for (pattern, matched, is_complete) in [("io_log_pattern", 100, false), ("comment_pattern", 100, false)] {
            let found = preview(&app, issue, &json!({pattern: "a"})).await;
            assert_eq!((&found["matched"], &found["is_complete"]), (&json!(matched), &json!(is_complete)), "{pattern}");
        }
        let rule = create(&app, issue, &json!({"io_log_pattern": "carrier"})).await;
        let first = app.put(&existing_results(issue, id_of(&rule)), &Value::Null).await.ok();
        assert_eq!((&first["attached"], &first["next_before"]), (&json!(100), &json!(ids[150])));
    }

    // Applying looks through texts before it writes; what is removed and reported meanwhile must not disturb it.
    async fn a_rule_is_applied_while_results_come_and_go(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        let execution = app.start(&snap(&json!({}))).await;
        let names: Vec<String> = (0..150).map(|number| format!("case {number}")).collect();
        let results: Vec<_> = names.iter().map(|name| (name.as_str(), "FAILED", "", "no carrier")).collect();
        report(&app, execution, &results).await;
        let rule = create(&app, issue, &json!({"io_log_pattern": "carrier", "enabled": false})).await;
        let path = existing_results(issue, id_of(&rule));
        let batch: Value =
            names.iter().map(|name| json!({"name": name, "status": "FAILED", "io_log": "no carrier"})).collect();
        let results = format!("/v1/test-executions/{execution}/test-results");
        let (uploads, applications) = futures::join!(
            futures::future::join_all((0..6).map(|_| app.post(&results, &batch))),
            futures::future::join_all((0..6).map(|_| app.put(&path, &Value::Null))),
        );
        for answer in uploads.into_iter().chain(applications) {
            answer.ok();
        }
        app.put(&path, &Value::Null).await.ok();
        assert_eq!(attached(&app, issue).await.len(), 50, "the first page");
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM issue_test_result_attachment").await, 150);
    }

    async fn applying_asks_for_no_reruns(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        app.patch(&format!("/v1/issues/{issue}?auto_rerun_enabled=true"), &json!({"auto_rerun_enabled": true})).await.ok();
        let execution = app.start(&snap(&json!({}))).await;
        report(&app, execution, RADIO).await;
        create(&app, issue, &json!({"apply_to_existing": true})).await;
        assert_eq!(attached(&app, issue).await.len(), 4);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_execution_rerun_request").await, 0);
    }

    async fn a_rule_that_is_not_there_is_not_applied(app: TestApp) {
        let (issue, other) = (add_issue(&app, 1).await, add_issue(&app, 2).await);
        let rule = id_of(&create(&app, issue, &json!({})).await);
        for (issue, rule, status, detail) in [
            (issue, 998, 404, "Attachment rule not found"),
            (other, rule, 400, "Attachment rule not attached to given issue"),
        ] {
            app.put(&existing_results(issue, rule), &Value::Null).await.refused(status, detail);
            app.delete(&existing_results(issue, rule)).await.refused(status, detail);
        }
    }

    async fn the_past_is_changed_by_those_who_may_attach_many(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        let rule = id_of(&create(&app, issue, &json!({})).await);
        let few = app.add_application(&[Permission::ChangeAttachmentRule, Permission::ChangeIssueAttachment]).await;
        let refusal = "Insufficient permissions";
        let path = existing_results(issue, rule);
        app.as_application(&few, Method::PUT, &path, None).await.refused(403, refusal);
        app.as_application(&few, Method::DELETE, &path, None).await.refused(403, refusal);
        let body = json!({"apply_to_existing": true});
        app.as_application(&few, Method::POST, &rules_of(issue), Some(&body)).await.refused(403, refusal);
        let preview = format!("{}/preview", rules_of(issue));
        app.as_application(&few, Method::POST, &preview, Some(&json!({}))).await.refused(403, refusal);
        app.as_application(&few, Method::POST, &rules_of(issue), Some(&json!({}))).await.ok();
        let many = [Permission::ChangeAttachmentRule, Permission::ChangeIssueAttachment, Permission::ChangeIssueAttachmentBulk];
        let many = app.add_application(&many).await;
        app.as_application(&many, Method::PUT, &path, None).await.ok();
        app.as_application(&many, Method::POST, &rules_of(issue), Some(&body)).await.ok();
    }

    async fn preview_is_no_id_of_a_rule(app: TestApp) {
        let path = format!("{}/preview", rules_of(add_issue(&app, 1).await));
        for method in [Method::PATCH, Method::DELETE] {
            let answer = app.as_application(&app.key, method, &path, Some(&json!({}))).await;
            assert_eq!(answer.problems(), [("int_parsing".to_owned(), json!(["path", "attachment_rule_id"]))]);
        }
    }

    // Rules are kept in memory; the database says when they are another server's, or nobody's, any more.
    async fn a_changed_rule_counts_from_the_next_upload_on(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        let rule = id_of(&create(&app, issue, &json!({})).await);
        let upload = async || {
            let execution = app.start(&snap(&json!({}))).await;
            report(&app, execution, &RADIO[..1]).await;
            let count = attached(&app, issue).await.len();
            app.raw.run("DELETE FROM test_result").await;
            count
        };
        assert_eq!(upload().await, 1);
        let table = "issue_test_result_attachment_rule";
        app.raw.run(&format!("UPDATE {table} SET enabled = FALSE WHERE id = {rule}")).await;
        assert_eq!(upload().await, 0);
        app.patch(&format!("{}/{rule}", rules_of(issue)), &json!({"enabled": true})).await.ok();
        assert_eq!(upload().await, 1);
        app.raw.run(&format!(
            "INSERT INTO {table}_execution_metadata (created_at, updated_at, attachment_rule_id, category, value)
             VALUES ('2031-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00', {rule}, 'gadget', 'pi')"
        )).await;
        assert_eq!(upload().await, 0);
        app.raw.run(&format!("DELETE FROM {table}_execution_metadata")).await;
        assert_eq!(upload().await, 1);
        app.raw.run(&format!("DELETE FROM {table}")).await;
        assert_eq!(upload().await, 0);
    }

    async fn the_number_of_statements_does_not_depend_on_the_number_of_results(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        let mut seen = Vec::new();
        for results in [1, 40] {
            let names: Vec<String> = (0..results).map(|number| format!("case {number}")).collect();
            let batch: Vec<_> = names.iter().map(|name| (name.as_str(), "FAILED", "", "no carrier")).collect();
            let execution = app.start(&snap(&json!({}))).await;
            report(&app, execution, &batch).await;
            let rule = json!({"io_log_pattern": "carrier", "apply_to_existing": true});
            let before = app.service.db.statements();
            preview(&app, issue, &rule).await;
            let after_preview = app.service.db.statements();
            let created = create(&app, issue, &rule).await;
            seen.push((after_preview - before, app.service.db.statements() - after_preview));
            let expected = json!({"existing_results": {"matched": results, "attached": results, "already_attached": 0}});
            assert_eq!(only(&created, &expected), expected);
            app.delete(&format!("{}/{}", rules_of(issue), created["id"])).await;
            app.raw.run("DELETE FROM test_result").await;
        }
        assert_eq!(seen[0], seen[1]);
    }
}
