//! `PUT /v1/test-executions/end-test`: all results of a run at once, and its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use app::api::Permission;
use axum::http::Method;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde_json::{Value, json};
use test_observer::clock::Clock;

use crate::support::{TestApp, both, deb, only, rerun_of, snap};

const END: &str = "/v1/test-executions/end-test";

const LINK: &str = "http://ci/1";

const NOW: &str = "'2031-01-01T00:00:00+00:00'";

const STATUSES: [&str; 6] = ["NOT_STARTED", "IN_PROGRESS", "PASSED", "FAILED", "NOT_TESTED", "ENDED_PREMATURELY"];

/// One result in the format of this endpoint.
fn item(name: &str, status: &str) -> Value {
    json!({"name": name, "status": status, "category": "c", "comment": "", "io_log": ""})
}

/// The end of the run with that link, with results `(name, status)`.
fn end_of(link: &str, results: &[(&str, &str)]) -> Value {
    let results: Vec<Value> = results.iter().map(|(name, status)| item(name, status)).collect();
    json!({"ci_link": link, "test_results": results})
}

/// A body with a field set, also to null.
fn with(mut body: Value, field: &str, value: impl Into<Value>) -> Value {
    body[field] = value.into();
    body
}

/// A body without a field.
fn without(mut body: Value, field: &str) -> Value {
    body.as_object_mut().unwrap().remove(field);
    body
}

/// A run with the link that the bodies of these tests name.
async fn started(app: &TestApp) -> i64 {
    app.start(&deb(&json!({"ci_link": LINK}))).await
}

async fn results(app: &TestApp, execution: i64) -> Vec<Value> {
    let results = app.get(&format!("/v1/test-executions/{execution}/test-results")).await.ok();
    results.as_array().unwrap().clone()
}

/// The `(name, status)` of the results of an execution.
async fn outcomes(app: &TestApp, execution: i64) -> Vec<(String, String)> {
    let text = |result: &Value, field: &str| result[field].as_str().unwrap().to_owned();
    results(app, execution).await.iter().map(|result| (text(result, "name"), text(result, "status"))).collect()
}

/// An issue with that id.
async fn add_issue(app: &TestApp, id: i64, asks_for_reruns: bool) {
    let sql = format!(
        "INSERT INTO issue (id, created_at, updated_at, source, project, key, title, status, auto_rerun_enabled)
         VALUES ({id}, {NOW}, {NOW}, 'GITHUB', 'acme/radio', '{id}', 'Mute bug', 'OPEN', {asks_for_reruns})"
    );
    app.raw.run(&sql).await;
}

/// A rule for an issue, with one list.
async fn add_attachment_rule(app: &TestApp, issue: i64, column: &str, list: &str) {
    let sql = format!(
        "INSERT INTO issue_test_result_attachment_rule (created_at, updated_at, issue_id, enabled, {column})
         VALUES ({NOW}, {NOW}, {issue}, TRUE, '{list}')"
    );
    app.raw.run(&sql).await;
}

/// Attaches an issue by hand to every result there is.
async fn attach_to_all(app: &TestApp, issue: i64) {
    let sql = format!(
        "INSERT INTO issue_test_result_attachment (created_at, updated_at, issue_id, test_result_id)
         SELECT {NOW}, {NOW}, {issue}, id FROM test_result"
    );
    app.raw.run(&sql).await;
}

/// A clock that tells another second each time.
fn ticking() -> Clock {
    let start: DateTime<Utc> = "2031-01-22T08:30:00Z".parse().unwrap();
    let seconds = Arc::new(AtomicI64::new(0));
    Clock::from_fn(move || start + TimeDelta::seconds(seconds.fetch_add(1, Ordering::Relaxed)))
}

both! {
    // The results are stored in their order, with every field, under the statuses of the rest of the API.
    async fn results_are_stored_as_they_are_sent(app: TestApp) {
        let id = started(&app).await;
        let body = json!({"ci_link": LINK, "test_results": [
            {"name": "disk/write", "status": "pass", "category": "disk", "comment": "fine", "io_log": "ok\n",
             "template_id": "disk/*"},
            {"name": "audio", "status": "fail", "category": "", "comment": "", "io_log": "no sound"},
            {"name": "boot", "status": "skip", "category": "base", "comment": "later", "io_log": "",
             "template_id": null},
        ]});
        assert_eq!(app.put(END, &body).await.ok(), Value::Null);
        let expected = [
            json!({"name": "disk/write", "status": "PASSED", "category": "disk", "comment": "fine", "io_log": "ok\n",
                   "template_id": "disk/*", "issues": []}),
            json!({"name": "audio", "status": "FAILED", "category": "", "comment": "", "io_log": "no sound",
                   "template_id": "", "issues": []}),
            json!({"name": "boot", "status": "SKIPPED", "category": "base", "comment": "later", "io_log": "",
                   "template_id": "", "issues": []}),
        ];
        let stored = results(&app, id).await;
        assert_eq!(stored.len(), expected.len());
        for (result, expected) in stored.iter().zip(expected) {
            assert_eq!(only(result, &expected), expected);
        }
    }

    // The status afterwards: FAILED if a stored result failed, else PASSED, also without results; whatever it was.
    async fn the_results_decide_the_status(app: TestApp) {
        let mut runs = 0;
        for (results, expected) in [
            (vec![], "PASSED"),
            (vec![("a", "pass")], "PASSED"),
            (vec![("a", "skip"), ("b", "skip")], "PASSED"),
            (vec![("a", "fail"), ("b", "pass")], "FAILED"),
            (vec![("a", "skip"), ("b", "fail")], "FAILED"),
        ] {
            for before in STATUSES {
                runs += 1;
                let link = format!("http://ci/run/{runs}");
                let id = app.start(&deb(&json!({"ci_link": link, "initial_status": before}))).await;
                app.put(END, &end_of(&link, &results)).await.ok();
                assert_eq!(app.execution(id).await["status"], expected, "{before} {results:?}");
            }
        }
    }

    // Only the results of this call count: not those they replace, and not those of another run.
    async fn replaced_results_and_those_of_others_do_not_decide(app: TestApp) {
        let id = started(&app).await;
        let other = app.start(&deb(&json!({"initial_status": "NOT_TESTED"}))).await;
        app.report(other, &[("a", "FAILED")]).await;
        app.report(id, &[("a", "FAILED"), ("old", "FAILED")]).await;
        app.put(END, &end_of(LINK, &[("a", "pass")])).await.ok();
        assert_eq!(app.execution(id).await["status"], "PASSED");
        assert_eq!(outcomes(&app, id).await, [("a".to_owned(), "PASSED".to_owned())]);
        assert_eq!(app.execution(other).await["status"], "NOT_TESTED");
        assert_eq!(outcomes(&app, other).await, [("a".to_owned(), "FAILED".to_owned())]);
    }

    // A run is found by its link as it is written, any text; there is no other way, and nothing is stored without one.
    async fn the_run_is_found_by_its_exact_link(app: TestApp) {
        started(&app).await;
        app.start(&deb(&json!({}))).await;
        for link in ["http://ci/1/", "HTTP://ci/1", " http://ci/1", "http://ci/2", "", "null"] {
            app.put(END, &end_of(link, &[("a", "pass")])).await.refused(404, "Related TestExecution not found");
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_case").await, 0);
        for link in ["not a url", "HTTP://Mixed.Example:80/a b"] {
            let id = app.start(&deb(&json!({"ci_link": link}))).await;
            app.put(END, &end_of(link, &[("a", "pass")])).await.ok();
            assert_eq!(app.execution(id).await["status"], "PASSED", "{link}");
        }
    }

    // c3_link: any text is stored untouched, the empty one too; null and absent keep the old one.
    async fn a_c3_link_stays_until_another_one_comes(app: TestApp) {
        let id = started(&app).await;
        for (body, expected) in [
            (end_of(LINK, &[]), Value::Null),
            (with(end_of(LINK, &[]), "c3_link", "HTTP://C3.example"), json!("HTTP://C3.example")),
            (end_of(LINK, &[]), json!("HTTP://C3.example")),
            (with(end_of(LINK, &[]), "c3_link", Value::Null), json!("HTTP://C3.example")),
            (with(end_of(LINK, &[]), "c3_link", "not a url"), json!("not a url")),
            (with(end_of(LINK, &[]), "c3_link", ""), json!("")),
        ] {
            app.put(END, &body).await.ok();
            assert_eq!(app.execution(id).await["c3_link"], expected, "{body}");
        }
    }

    // checkbox_version is overwritten each time: what is not sent is forgotten.
    async fn the_version_of_checkbox_is_always_that_of_the_last_call(app: TestApp) {
        started(&app).await;
        let stored = "SELECT COALESCE(checkbox_version, 'none') FROM test_execution";
        for (body, expected) in [
            (end_of(LINK, &[]), "none"),
            (with(end_of(LINK, &[]), "checkbox_version", "4.0"), "4.0"),
            (end_of(LINK, &[]), "none"),
            (with(end_of(LINK, &[]), "checkbox_version", ""), ""),
            (with(end_of(LINK, &[]), "checkbox_version", "5.1-dev2"), "5.1-dev2"),
            (with(end_of(LINK, &[]), "checkbox_version", Value::Null), "none"),
        ] {
            app.put(END, &body).await.ok();
            assert_eq!(app.raw.texts(stored).await, [expected], "{body}");
        }
    }

    // All results are deleted first, with their attachments, those made by hand too.
    async fn replaced_results_take_their_attachments_with_them(app: TestApp) {
        let id = started(&app).await;
        app.report(id, &[("a", "FAILED"), ("b", "FAILED")]).await;
        add_issue(&app, 501, false).await;
        attach_to_all(&app, 501).await;
        assert_eq!(app.execution(id).await["is_triaged"], true);
        app.put(END, &end_of(LINK, &[("b", "fail")])).await.ok();
        let stored = results(&app, id).await;
        assert_eq!((stored.len(), &stored[0]["issues"]), (1, &json!([])));
        assert_eq!(app.execution(id).await["is_triaged"], false);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM issue_test_result_attachment").await, 0);
    }

    // A known case takes over a template that is not empty, for all its results; its category never changes.
    async fn a_known_case_changes_its_template_only(app: TestApp) {
        let id = started(&app).await;
        let other = app.start(&deb(&json!({}))).await;
        let batch = json!([{"name": "wifi", "status": "PASSED", "category": "net", "template_id": "t1"}]);
        app.post(&format!("/v1/test-executions/{other}/test-results"), &batch).await.ok();
        for (template, expected) in [
            (None, "t1"),
            (Some(json!("")), "t1"),
            (Some(json!(null)), "t1"),
            (Some(json!("t2")), "t2"),
            (None, "t2"),
            (Some(json!("t3")), "t3"),
        ] {
            let mut result = with(item("wifi", "pass"), "category", "other");
            if let Some(template) = template {
                result["template_id"] = template;
            }
            app.put(END, &json!({"ci_link": LINK, "test_results": [result]})).await.ok();
            for execution in [id, other] {
                let stored = results(&app, execution).await;
                let case = (&stored[0]["category"], &stored[0]["template_id"]);
                assert_eq!(case, (&json!("net"), &json!(expected)), "{result}");
            }
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_case").await, 1);
    }

    // Attachment rules run on what is stored, and so see the template that this call brought.
    async fn rules_attach_issues_to_the_new_results(app: TestApp) {
        let id = started(&app).await;
        app.report(id, &[("wifi", "FAILED")]).await;
        add_issue(&app, 501, false).await;
        add_issue(&app, 502, false).await;
        add_attachment_rule(&app, 501, "template_ids", r#"["net/*"]"#).await;
        add_attachment_rule(&app, 502, "test_result_statuses", r#"["FAILED"]"#).await;
        for (template, status, expected) in [
            (json!(null), "skip", vec![]),
            (json!(null), "fail", vec![502]),
            (json!("net/*"), "pass", vec![501]),
            (json!(null), "fail", vec![501, 502]),
        ] {
            let result = with(item("wifi", status), "template_id", template);
            app.put(END, &json!({"ci_link": LINK, "test_results": [result]})).await.ok();
            let stored = results(&app, id).await;
            let issues = stored[0]["issues"].as_array().unwrap();
            let mut attached: Vec<i64> = issues.iter().map(|it| it["issue"]["id"].as_i64().unwrap()).collect();
            attached.sort_unstable();
            assert_eq!(attached, expected, "{result}");
            assert!(issues.iter().all(|it| it["attachment_rule"]["id"].is_i64()), "{result}");
        }
    }

    // An issue that a rule attaches may ask for a rerun; one whose result is replaced no longer does.
    async fn attached_issues_ask_for_reruns_while_their_results_are_there(app: TestApp) {
        let id = started(&app).await;
        app.report(id, &[("old", "FAILED")]).await;
        add_issue(&app, 501, true).await;
        attach_to_all(&app, 501).await;
        app.put(END, &end_of(LINK, &[("a", "fail")])).await.ok();
        assert_eq!(app.execution(id).await["is_rerun_requested"], false);
        add_attachment_rule(&app, 501, "test_result_statuses", r#"["FAILED"]"#).await;
        app.put(END, &end_of(LINK, &[("a", "fail"), ("b", "fail")])).await.ok();
        assert_eq!(app.execution(id).await["rerun_priority"], 0);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_execution_rerun_request").await, 1);
    }

    // Twice the same call leaves one set of results.
    async fn a_repeated_end_doubles_nothing(app: TestApp) {
        let id = started(&app).await;
        let body = end_of(LINK, &[("a", "pass"), ("b", "fail")]);
        app.put(END, &body).await.ok();
        let before = (app.execution(id).await, outcomes(&app, id).await);
        app.put(END, &body).await.ok();
        assert_eq!((app.execution(id).await, outcomes(&app, id).await), before);
        assert_eq!(before.1.len(), 2);
    }

    // A name twice in one call is two results of one case, unlike in a batch of results.
    async fn a_name_twice_is_two_results(app: TestApp) {
        let id = started(&app).await;
        app.put(END, &end_of(LINK, &[("a", "fail"), ("b", "pass"), ("a", "pass")])).await.ok();
        let expected = [("a", "FAILED"), ("b", "PASSED"), ("a", "PASSED")];
        let expected = expected.map(|(name, status)| (name.to_owned(), status.to_owned()));
        assert_eq!(outcomes(&app, id).await, expected);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_case").await, 2);
        assert_eq!(app.execution(id).await["status"], "FAILED");
    }

    // Of a new name that is there several times the first result says the category, and the last one that has any, the
    // template.
    async fn the_results_of_a_name_describe_its_case_in_their_order(app: TestApp) {
        let id = started(&app).await;
        let result = |category: &str, template: &str| {
            with(with(item("a", "pass"), "category", category), "template_id", template)
        };
        let batch = json!([result("one", ""), result("two", "t1"), result("one", "t2"), result("three", "")]);
        let body = json!({"ci_link": LINK, "test_results": batch});
        app.put(END, &body).await.ok();
        let stored = results(&app, id).await;
        assert_eq!(stored.len(), 4);
        for result in stored {
            assert_eq!((&result["category"], &result["template_id"]), (&json!("one"), &json!("t2")), "{result}");
        }
    }

    // Links, metadata, events and the request for a rerun are left alone; unknown fields, also links, are ignored.
    async fn everything_else_of_the_run_stays(app: TestApp) {
        let id = started(&app).await;
        let path = format!("/v1/test-executions/{id}");
        let event = json!({"event_name": "test_start", "timestamp": "2031-01-01T00:00:00", "detail": "d"});
        app.post(&format!("{path}/links"), &json!({"label": "log", "url": "http://x"})).await.ok();
        app.patch(&path, &json!({"status": "PASSED", "execution_metadata": {"kernel": ["6.9"]}})).await.ok();
        app.post(&format!("{path}/status_update"), &json!({"events": [event]})).await.ok();
        app.raw.run(&rerun_of(id, 7)).await;
        let before = app.execution(id).await;
        let body = with(end_of(LINK, &[("a", "pass")]), "relevant_links", json!([{"label": "x", "url": "http://y"}]));
        for body in [&body, &with(body.clone(), "execution_metadata", json!({"kernel": ["7"]}))] {
            app.put(END, body).await.ok();
            assert_eq!(app.execution(id).await, before);
            assert_eq!(app.get(&format!("{path}/status_update")).await.ok(), json!([event]));
        }
    }

    // The time of change moves only when a stored value of the execution itself becomes another one.
    async fn the_time_of_change_moves_only_when_something_changes(app: TestApp) {
        let app = app.with_clock(ticking());
        started(&app).await;
        let changed = "SELECT COUNT(*) FROM test_execution WHERE updated_at > created_at";
        for (body, moves) in [
            (end_of(LINK, &[]), true),
            (end_of(LINK, &[("a", "pass")]), false),
            (end_of(LINK, &[("a", "fail")]), true),
            (with(end_of(LINK, &[("a", "fail")]), "c3_link", "http://c3"), true),
            (with(end_of(LINK, &[("a", "fail")]), "c3_link", "http://c3"), false),
            (with(end_of(LINK, &[("a", "fail")]), "checkbox_version", "4.0"), true),
            (with(end_of(LINK, &[("b", "fail")]), "checkbox_version", "4.0"), false),
            (end_of(LINK, &[("a", "fail")]), true),
        ] {
            app.raw.run("UPDATE test_execution SET updated_at = created_at").await;
            app.put(END, &body).await.ok();
            assert_eq!(app.raw.number(changed).await, i64::from(moves), "{body}");
        }
    }

    // What is wrong with the fields of the call; the optional ones may be null.
    async fn each_field_is_checked(app: TestApp) {
        started(&app).await;
        let body = end_of(LINK, &[("a", "pass")]);
        for (body, kind, place) in [
            (without(body.clone(), "ci_link"), "missing", "ci_link"),
            (with(body.clone(), "ci_link", Value::Null), "url_type", "ci_link"),
            (with(body.clone(), "ci_link", 5), "url_type", "ci_link"),
            (with(body.clone(), "c3_link", 5), "url_type", "c3_link"),
            (with(body.clone(), "c3_link", json!(["http://c3"])), "url_type", "c3_link"),
            (with(body.clone(), "checkbox_version", 4), "string_type", "checkbox_version"),
            (without(body.clone(), "test_results"), "missing", "test_results"),
            (with(body.clone(), "test_results", Value::Null), "list_type", "test_results"),
            (with(body.clone(), "test_results", json!({})), "list_type", "test_results"),
        ] {
            let problems = app.put(END, &body).await.problems();
            assert_eq!(problems, [(kind.to_owned(), json!(["body", place]))], "{body}");
        }
        let nulls = with(with(body, "c3_link", Value::Null), "checkbox_version", Value::Null);
        app.put(END, &nulls).await.ok();
    }

    // What is wrong with a result: five fields are required, and the statuses are the three short words.
    async fn each_field_of_a_result_is_checked(app: TestApp) {
        started(&app).await;
        let good = item("a", "pass");
        let mut cases = vec![(json!("a"), "model_attributes_type", json!([]))];
        for field in ["name", "status", "category", "comment", "io_log"] {
            cases.push((without(good.clone(), field), "missing", json!([field])));
        }
        for field in ["name", "category", "comment", "io_log"] {
            cases.push((with(good.clone(), field, Value::Null), "string_type", json!([field])));
            cases.push((with(good.clone(), field, 5), "string_type", json!([field])));
        }
        cases.push((with(good.clone(), "template_id", 5), "string_type", json!(["template_id"])));
        for status in [json!("PASSED"), json!("Pass"), json!("passed"), json!(""), json!(null), json!(1)] {
            cases.push((with(good.clone(), "status", status), "enum", json!(["status"])));
        }
        for (result, kind, place) in cases {
            let body = json!({"ci_link": LINK, "test_results": [good, result]});
            let mut loc = vec![json!("body"), json!("test_results"), json!(1)];
            loc.extend(place.as_array().unwrap().clone());
            assert_eq!(app.put(END, &body).await.problems(), [(kind.to_owned(), json!(loc))], "{result}");
        }
        let message = app.put(END, &end_of(LINK, &[("a", "FAILED")])).await.json()["detail"][0]["msg"].clone();
        assert_eq!(message, "Input should be 'pass', 'fail' or 'skip'");
    }

    // All problems are told at once, before the run is looked for, and nothing is stored.
    async fn a_call_with_problems_stores_nothing(app: TestApp) {
        let id = started(&app).await;
        app.report(id, &[("old", "FAILED")]).await;
        let before = (app.execution(id).await, results(&app, id).await);
        for link in [LINK, "http://ci/unknown"] {
            let body = json!({
                "ci_link": link, "c3_link": 5,
                "test_results": [item("a", "pass"), item("b", "broken"), without(item("c", "pass"), "io_log")],
            });
            let mut problems = app.put(END, &body).await.problems();
            problems.sort_by_key(|(kind, _)| kind.clone());
            let expected = [
                ("enum", json!(["body", "test_results", 1, "status"])),
                ("missing", json!(["body", "test_results", 2, "io_log"])),
                ("url_type", json!(["body", "c3_link"])),
            ];
            assert_eq!(problems, expected.map(|(kind, loc)| (kind.to_owned(), loc)), "{link}");
        }
        assert_eq!((app.execution(id).await, results(&app, id).await), before);
    }

    // Texts that the storage cannot hold are refused, not an internal error; limits count characters.
    async fn texts_have_limits(app: TestApp) {
        let (longest, too_long) = ("\u{e9}".repeat(200), "\u{e9}".repeat(201));
        app.start(&deb(&json!({"ci_link": longest}))).await;
        let body = end_of(&longest, &[]);
        for field in ["ci_link", "c3_link", "checkbox_version"] {
            let problems = app.put(END, &with(body.clone(), field, too_long.clone())).await.problems();
            assert_eq!(problems, [("string_too_long".to_owned(), json!(["body", field]))]);
            app.put(END, &with(body.clone(), field, longest.clone())).await.ok();
        }
        for field in ["name", "category", "template_id"] {
            let result = with(item("a", "pass"), field, "n".repeat(501));
            let problems = app.put(END, &with(body.clone(), "test_results", json!([result]))).await.problems();
            assert_eq!(problems, [("string_too_long".to_owned(), json!(["body", "test_results", 0, field]))]);
        }
        for field in ["comment", "io_log"] {
            let result = with(item("a", "pass"), field, "n".repeat(100_000));
            app.put(END, &with(body.clone(), "test_results", json!([result]))).await.ok();
        }
    }

    // Rights come before everything but the syntax of the body, and `change_test` is all it takes.
    async fn only_who_may_change_tests_ends_one(app: TestApp) {
        started(&app).await;
        let others: Vec<Permission> =
            Permission::ALL.iter().copied().filter(|permission| *permission != Permission::ChangeTest).collect();
        let (may_not, may) = (app.add_application(&others).await, app.add_application(&[Permission::ChangeTest]).await);
        for body in [end_of(LINK, &[]), end_of("http://ci/unknown", &[]), json!({}), json!([])] {
            app.anonymous(Method::PUT, END, Some(&body)).await.refused(403, "Insufficient permissions");
            let answer = app.as_application(&may_not, Method::PUT, END, Some(&body)).await;
            answer.refused(403, "Insufficient permissions");
        }
        app.as_application(&may, Method::PUT, END, Some(&end_of(LINK, &[]))).await.ok();
        let answer = app.request(Method::PUT, END, &[("content-type", "application/json")], "{").await;
        assert_eq!(answer.problems()[0].0, "json_invalid");
        assert_eq!(app.put(END, &json!([])).await.problems(), [("model_attributes_type".to_owned(), json!(["body"]))]);
    }

    // Other methods on this path mean an execution whose id is no integer, or nothing.
    async fn the_end_is_no_execution(app: TestApp) {
        let expected = [("int_parsing".to_owned(), json!(["path", "id"]))];
        assert_eq!(app.get(END).await.problems(), expected);
        assert_eq!(app.patch(END, &json!({})).await.problems(), expected);
        app.post(END, &json!({})).await.refused(405, "Method Not Allowed");
    }

    async fn ending_takes_the_same_statements_for_one_result_as_for_a_thousand(app: TestApp) {
        // The first results read the rules.
        let first = app.start(&snap(&json!({}))).await;
        app.report(first, &[("first", "PASSED")]).await;
        let mut counts = Vec::new();
        // New cases, known ones with another template, and the replacement of many.
        for (size, prefix, template) in [
            (1, "a", "t1"), (1_000, "b", "t1"), (1, "b", "t2"), (1_000, "b", "t3"), (1_000, "b", "t3"),
        ] {
            let link = format!("http://ci/{}", counts.len());
            app.start(&snap(&json!({"ci_link": link}))).await;
            let result = |n: usize| with(item(&format!("{prefix}{n}"), "fail"), "template_id", template);
            let body = json!({"ci_link": link, "test_results": (0..size).map(result).collect::<Vec<_>>()});
            let before = app.service.db.statements();
            app.put(END, &body).await.ok();
            let first = app.service.db.statements() - before;
            app.put(END, &body).await.ok();
            counts.push((first, app.service.db.statements() - before - first));
        }
        assert_eq!(counts[0], counts[1], "new cases: {counts:?}");
        assert_eq!(counts[2], counts[3], "known cases: {counts:?}");
        assert!(counts.iter().all(|(first, again)| *first <= 20 && *again <= 20), "{counts:?}");
    }

    // Ends of one run at once queue up: the last one's results are there, once.
    async fn parallel_ends_of_one_run_double_nothing(app: TestApp) {
        let id = started(&app).await;
        let names: Vec<String> = (0..50).map(|n| format!("case {n}")).collect();
        let items: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "fail")).collect();
        let body = end_of(LINK, &items);
        for answer in join_all((0..10).map(|_| app.put(END, &body))).await {
            answer.ok();
        }
        assert_eq!(results(&app, id).await.len(), 50);
        assert_eq!(app.execution(id).await["status"], "FAILED");
    }

    // Ends of different runs that bring the same new cases, in whatever order, do not hinder each other.
    async fn parallel_ends_with_the_same_new_cases_all_succeed(app: TestApp) {
        let mut bodies = Vec::new();
        for n in 0..10 {
            let link = format!("http://ci/{n}");
            app.start(&deb(&json!({"ci_link": link}))).await;
            let mut results: Vec<Value> = (0..100)
                .map(|case| with(item(&format!("case {case}"), "pass"), "template_id", format!("t{n}")))
                .collect();
            if n % 2 == 0 {
                results.reverse();
            }
            bodies.push(json!({"ci_link": link, "test_results": results}));
        }
        // The second round finds every case, and each run wants another template for it.
        for _ in 0..2 {
            for answer in join_all(bodies.iter().map(|body| app.put(END, body))).await {
                answer.ok();
            }
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_case").await, 100);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_result").await, 1_000);
    }
}
