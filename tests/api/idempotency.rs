//! `Idempotency-Key`: a write that is sent again has been done already, and is answered as it was the first time.

use app::api::Permission;
use axum::http::Method;
use chrono::{DateTime, Utc};
use futures::future::join_all;
use serde_json::{Value, json};
use test_observer::clock::Clock;

use crate::support::{Answer, TestApp, both, charm, deb, image, snap};

const START: &str = "/v1/test-executions/start-test";
const QUEUE: &str = "/v1/test-executions/reruns";
const REUSED: &str = "The Idempotency-Key was used for another request";
const JSON: (&str, &str) = ("content-type", "application/json");
const EXECUTIONS: &str = "SELECT COUNT(*) FROM test_execution";

/// A write under a key, by the application of the tests.
async fn keyed(app: &TestApp, key: &str, method: Method, path: &str, body: &Value) -> Answer {
    by(app, &format!("Bearer {}", app.key), key, method, path, body).await
}

/// A write under a key, by whom an `Authorization` header names.
async fn by(app: &TestApp, authorization: &str, key: &str, method: Method, path: &str, body: &Value) -> Answer {
    let headers = [("authorization", authorization), JSON, ("idempotency-key", key)];
    app.request(method, path, &headers, body.to_string()).await
}

/// A write under a key, by the person whose session it is.
async fn by_user(app: &TestApp, session: &str, key: &str, path: &str, body: &Value) -> Answer {
    let headers = [("cookie", session), ("x-csrf-token", "1"), JSON, ("idempotency-key", key)];
    app.request(Method::PUT, path, &headers, body.to_string()).await
}

fn is_replayed(answer: &Answer) -> bool {
    let header = answer.headers.get("idempotency-replayed");
    assert!(header.is_none_or(|value| value == "true"), "{header:?}");
    header.is_some()
}

/// Whether a second answer is the first one again.
#[track_caller]
fn assert_replay(first: &Answer, second: &Answer, what: &str) {
    assert!(first.status.is_success(), "{what}: {}", first.text());
    assert_eq!((second.status, second.text()), (first.status, first.text()), "{what}");
    assert_eq!(second.headers.get("content-type"), first.headers.get("content-type"), "{what}");
    assert_eq!((is_replayed(first), is_replayed(second)), (false, true), "{what}");
}

/// A clock that stands still.
fn standing_at(time: &str) -> Clock {
    let now: DateTime<Utc> = time.parse().unwrap();
    Clock::from_fn(move || now)
}

fn at(id: i64) -> String {
    format!("/v1/test-executions/{id}")
}

both! {
    // One execution per key.
    async fn a_start_without_a_link_that_is_sent_again_is_one_execution(app: TestApp) {
        let first = keyed(&app, "k", Method::PUT, START, &deb(&json!({}))).await;
        for _ in 0..3 {
            let again = keyed(&app, "k", Method::PUT, START, &deb(&json!({}))).await;
            assert_replay(&first, &again, "start");
        }
        assert_eq!(app.raw.number(EXECUTIONS).await, 1);
        // Under another key, or none, it is another one.
        let other = keyed(&app, "K", Method::PUT, START, &deb(&json!({}))).await;
        assert!(!is_replayed(&other) && other.ok()["id"] != first.ok()["id"]);
        assert!(!is_replayed(&app.put(START, &deb(&json!({}))).await));
        assert_eq!(app.raw.number(EXECUTIONS).await, 3);
    }

    // PUT, POST, PATCH and DELETE; 200, 201, 204 and 207.
    async fn every_kind_of_write_is_answered_as_before_and_done_once(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        let team = app.add_team("kernel", &[], &[]).await;
        let link = app.post(&format!("{}/links", at(id)), &json!({"label": "", "url": "http://x"})).await.ok();
        let event = json!({"event_name": "test_start", "timestamp": "2031-01-22T08:30:00Z", "detail": ""});
        let rows = |table: &str| format!("SELECT COUNT(*) FROM {table}");
        let links = rows("test_execution_relevant_link");
        let reruns = rows("test_execution_rerun_request");
        for (method, path, body, status, count, expected) in [
            (Method::PUT, START.to_owned(), charm(&json!({})), 200, rows("test_execution"), 2),
            (Method::POST, format!("{}/links", at(id)), json!({"label": "", "url": "http://y"}), 200, links.clone(), 2),
            (Method::DELETE, format!("{}/links/{}", at(id), link["id"]), Value::Null, 204, links, 1),
            (Method::POST, format!("{}/status_update", at(id)), json!({"events": [event]}), 200, rows("test_event"), 1),
            (
                Method::POST,
                format!("{}/test-results", at(id)),
                json!([{"name": "boot", "status": "PASSED"}]),
                200,
                rows("test_result"),
                1,
            ),
            (Method::PATCH, at(id), json!({"status": "COMPLETED"}), 200, rows("test_result"), 1),
            (Method::POST, QUEUE.to_owned(), json!({"test_execution_ids": [id, 999]}), 207, reruns.clone(), 1),
            (Method::DELETE, QUEUE.to_owned(), json!({"test_execution_ids": [id]}), 200, reruns, 0),
            (
                Method::POST,
                "/v1/artefact-matching-rules".to_owned(),
                json!({"family": "snap", "team_ids": [team]}),
                201,
                rows("artefact_matching_rule"),
                1,
            ),
        ] {
            let (what, key) = (format!("{method} {path}"), format!("of {method} {path}"));
            let first = keyed(&app, &key, method.clone(), &path, &body).await;
            assert_eq!(first.status, status, "{what}: {}", first.text());
            assert_replay(&first, &keyed(&app, &key, method, &path, &body).await, &what);
            assert_eq!(app.raw.number(&count).await, expected, "{what}");
        }
    }

    // A repetition undoes nothing that came later.
    async fn a_repetition_has_no_effect_of_its_own(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let first = keyed(&app, "k", Method::PATCH, &at(id), &json!({"status": "FAILED"})).await;
        app.patch(&at(id), &json!({"status": "PASSED"})).await.ok();
        let again = keyed(&app, "k", Method::PATCH, &at(id), &json!({"status": "FAILED"})).await;
        assert_replay(&first, &again, "change");
        assert_eq!((&again.json()["status"], &app.execution(id).await["status"]), (&json!("FAILED"), &json!("PASSED")));
        // A result that is reported again would be another row.
        let (path, batch) = (format!("{}/test-results", at(id)), json!([{"name": "boot", "status": "FAILED"}]));
        let first = keyed(&app, "r", Method::POST, &path, &batch).await;
        let stored = app.get(&path).await.ok();
        assert_replay(&first, &keyed(&app, "r", Method::POST, &path, &batch).await, "report");
        assert_eq!(app.get(&path).await.ok(), stored);
    }

    // The answer outlives what it speaks of.
    async fn what_was_deleted_since_is_answered_all_the_same(app: TestApp) {
        let first = keyed(&app, "k", Method::PUT, START, &deb(&json!({}))).await;
        app.raw.run("DELETE FROM artefact").await;
        assert_replay(&first, &keyed(&app, "k", Method::PUT, START, &deb(&json!({}))).await, "start");
        assert_eq!(app.raw.number(EXECUTIONS).await, 0);
    }

    // Another body, query, path or method under a used key is refused.
    async fn a_key_is_good_for_one_request(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let other = app.start(&deb(&json!({"test_plan": "another"}))).await;
        let body = json!({"test_execution_ids": [id]});
        let first = keyed(&app, "k", Method::POST, QUEUE, &body).await;
        first.ok();
        let silent = format!("{QUEUE}?silent=true");
        for (method, path, body) in [
            (Method::POST, QUEUE, json!({"test_execution_ids": [other]})),
            (Method::POST, QUEUE, json!({"test_execution_ids": [id], "priority": 5})),
            (Method::POST, silent.as_str(), body.clone()),
            (Method::DELETE, QUEUE, body.clone()),
            (Method::PUT, START, deb(&json!({}))),
            (Method::PATCH, at(id).as_str(), json!({"status": "PASSED"})),
        ] {
            let answer = keyed(&app, "k", method.clone(), path, &body).await;
            answer.refused(422, REUSED);
            assert!(!is_replayed(&answer), "{method} {path}");
        }
        // None of them was done, and the first is still known.
        assert_eq!(app.raw.number(EXECUTIONS).await, 2);
        let executions = [app.execution(id).await, app.execution(other).await];
        let found = executions.map(|it| json!([it["status"], it["rerun_priority"]]));
        assert_eq!(json!(found), json!([["IN_PROGRESS", 0], ["IN_PROGRESS", null]]));
        assert_replay(&first, &keyed(&app, "k", Method::POST, QUEUE, &body).await, "rerun");
    }

    // Applications and users do not share keys; sessions of one user do.
    async fn each_principal_has_keys_of_its_own(app: TestApp) {
        let may = [Permission::ChangeTest];
        let (ada, kim) = (app.add_user("ada").await, app.add_user("kim").await);
        app.add_team("runners", &may, &[ada, kim]).await;
        let application = format!("Bearer {}", app.add_application(&may).await);
        let body = deb(&json!({}));
        let first = keyed(&app, "k", Method::PUT, START, &body).await;
        let mut ids = vec![first.ok()["id"].clone()];
        let second = by(&app, &application, "k", Method::PUT, START, &body).await;
        ids.push(second.ok()["id"].clone());
        let (of_ada, of_kim) = (app.session(ada).await, app.session(kim).await);
        for session in [&of_ada, &of_kim] {
            let answer = by_user(&app, session, "k", START, &body).await;
            assert!(!is_replayed(&answer));
            ids.push(answer.ok()["id"].clone());
        }
        assert!(!is_replayed(&second));
        assert_eq!(app.raw.number(EXECUTIONS).await, 4);
        // Another body under the key of somebody else is nobody's business.
        let other = format!("Bearer {}", app.add_application(&may).await);
        by(&app, &other, "k", Method::PUT, START, &snap(&json!({}))).await.ok();
        // Each hears their own answer; a person in whatever session they are.
        assert_replay(&second, &by(&app, &application, "k", Method::PUT, START, &body).await, "application");
        let elsewhere = app.session(ada).await;
        for (session, id) in [(&of_ada, &ids[2]), (&elsewhere, &ids[2]), (&of_kim, &ids[3])] {
            let answer = by_user(&app, session, "k", START, &body).await;
            assert_eq!((is_replayed(&answer), &answer.ok()["id"]), (true, id));
        }
        let distinct: std::collections::BTreeSet<String> = ids.iter().map(Value::to_string).collect();
        assert_eq!(distinct.len(), 4);
    }

    // Only successes are kept: 404, 422 of both kinds and 403 are not.
    async fn what_was_refused_may_be_tried_again(app: TestApp) {
        // Not found, until the run is registered.
        let end = json!({"ci_link": "http://ci/1", "test_results": []});
        let path = "/v1/test-executions/end-test";
        keyed(&app, "a", Method::PUT, path, &end).await.refused(404, "Related TestExecution not found");
        app.start(&deb(&json!({"ci_link": "http://ci/1"}))).await;
        let first = keyed(&app, "a", Method::PUT, path, &end).await;
        assert_replay(&first, &keyed(&app, "a", Method::PUT, path, &end).await, "end");
        // Against a rule, until the image is known.
        let bare = json!({"family": "image", "sha256": "abc123", "environment": "nuc", "test_plan": "server"});
        assert_eq!(keyed(&app, "b", Method::PUT, START, &bare).await.status, 422);
        app.start(&image(&json!({}))).await;
        let first = keyed(&app, "b", Method::PUT, START, &bare).await;
        assert_replay(&first, &keyed(&app, "b", Method::PUT, START, &bare).await, "image");
        // Malformed, until it is corrected: a key that led to nothing is free for another body.
        assert!(!keyed(&app, "c", Method::PUT, START, &json!({"family": "deb"})).await.problems().is_empty());
        let first = keyed(&app, "c", Method::PUT, START, &deb(&json!({}))).await;
        assert_replay(&first, &keyed(&app, "c", Method::PUT, START, &deb(&json!({}))).await, "start");
        // Without the right, until somebody grants it.
        let stranger = format!("Bearer {}", app.add_application(&[]).await);
        let refused = by(&app, &stranger, "d", Method::PUT, START, &deb(&json!({}))).await;
        refused.refused(403, "Insufficient permissions");
        app.raw.run(r#"UPDATE application SET permissions = '["change_test"]'"#).await;
        let first = by(&app, &stranger, "d", Method::PUT, START, &deb(&json!({}))).await;
        assert_replay(&first, &by(&app, &stranger, "d", Method::PUT, START, &deb(&json!({}))).await, "start");
    }

    // Rights come before old answers.
    async fn who_lost_the_right_hears_no_old_answers(app: TestApp) {
        let first = keyed(&app, "k", Method::PUT, START, &deb(&json!({}))).await;
        first.ok();
        app.raw.run(r#"UPDATE application SET permissions = '["view_test"]'"#).await;
        let again = keyed(&app, "k", Method::PUT, START, &deb(&json!({}))).await;
        again.refused(403, "Insufficient permissions");
    }

    // Parallel repetitions: one effect, one answer.
    async fn ten_at_once_are_one(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        let links = format!("{}/links", at(id));
        for (key, method, path, body, count, expected) in [
            ("a", Method::PUT, START, deb(&json!({})), EXECUTIONS, 2),
            (
                "b",
                Method::POST,
                links.as_str(),
                json!({"label": "log", "url": "http://logs.example/1"}),
                "SELECT COUNT(*) FROM test_execution_relevant_link",
                1,
            ),
        ] {
            let answers = join_all((0..10).map(|_| keyed(&app, key, method.clone(), path, &body))).await;
            let first = answers.iter().find(|answer| !is_replayed(answer));
            let first = first.unwrap_or_else(|| panic!("nobody did it: {}", answers[0].text()));
            assert!(answers.iter().all(|answer| answer.ok() == first.ok()), "{path}");
            assert_eq!(answers.iter().filter(|answer| is_replayed(answer)).count(), 9, "{path}");
            assert_eq!(app.raw.number(count).await, expected, "{path}");
        }
    }

    // Parallel requests under one key: the first has it.
    async fn ten_at_once_with_different_bodies_are_one_and_nine_refusals(app: TestApp) {
        let bodies: Vec<Value> = (0..10).map(|n| deb(&json!({"version": format!("{n}")}))).collect();
        let answers = join_all(bodies.iter().map(|body| keyed(&app, "k", Method::PUT, START, body))).await;
        let refused: Vec<&Answer> = answers.iter().filter(|answer| answer.status != 200).collect();
        assert_eq!((refused.len(), app.raw.number(EXECUTIONS).await), (9, 1));
        for answer in refused {
            answer.refused(422, REUSED);
        }
    }

    // 24 hours from the first request.
    async fn a_key_is_free_again_after_a_day(app: TestApp) {
        let body = deb(&json!({}));
        let app = app.with_clock(standing_at("2031-01-22T08:30:00Z"));
        let first = keyed(&app, "k", Method::PUT, START, &body).await;
        let app = app.with_clock(standing_at("2031-01-23T08:29:00Z"));
        assert_replay(&first, &keyed(&app, "k", Method::PUT, START, &body).await, "within a day");
        keyed(&app, "k", Method::PUT, START, &snap(&json!({}))).await.refused(422, REUSED);
        // It counts from the first request, not from the last.
        let app = app.with_clock(standing_at("2031-01-23T08:31:00Z"));
        let second = keyed(&app, "k", Method::PUT, START, &snap(&json!({}))).await;
        assert!(!is_replayed(&second) && second.ok()["id"] != first.ok()["id"]);
        assert_replay(&second, &keyed(&app, "k", Method::PUT, START, &snap(&json!({}))).await, "the next day");
        keyed(&app, "k", Method::PUT, START, &body).await.refused(422, REUSED);
        assert_eq!(app.raw.number(EXECUTIONS).await, 2);
    }

    // Keys that are none: 422, behind 403 only.
    async fn a_key_has_1_to_255_characters(app: TestApp) {
        let (longest, longer) = ("k".repeat(255), "k".repeat(256));
        let body = deb(&json!({}));
        for key in ["", &longer] {
            for (method, path, body) in [
                (Method::PUT, START, &body),
                (Method::PATCH, "/v1/test-executions/1", &json!({})),
                (Method::DELETE, "/v1/test-executions/1/links/1", &Value::Null),
            ] {
                let problems = keyed(&app, key, method, path, body).await.problems();
                let places: Vec<&Value> = problems.iter().map(|(_, loc)| loc).collect();
                assert_eq!(places, [&json!(["header", "idempotency-key"])], "{path}");
            }
            // Who may not do it at all hears that first.
            let stranger = by(&app, "Bearer wrong", key, Method::PUT, START, &body).await;
            stranger.refused(403, "Insufficient permissions");
        }
        assert_eq!(app.raw.number(EXECUTIONS).await, 0);
        for key in ["k", &longest] {
            let first = keyed(&app, key, Method::PUT, START, &body).await;
            assert_replay(&first, &keyed(&app, key, Method::PUT, START, &body).await, key);
        }
        assert_eq!(app.raw.number(EXECUTIONS).await, 2);
    }

    // Reads ignore the header.
    async fn a_get_does_not_look_at_it(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        keyed(&app, "k", Method::PATCH, &at(id), &json!({"status": "FAILED"})).await.ok();
        for key in ["k", "g", "", &"k".repeat(256)] {
            for status in ["PASSED", "FAILED"] {
                app.patch(&at(id), &json!({"status": status})).await.ok();
                let shown = keyed(&app, key, Method::GET, &at(id), &Value::Null).await;
                assert_eq!((is_replayed(&shown), &shown.ok()["status"]), (false, &json!(status)));
            }
        }
        // What a GET carried is not used up.
        keyed(&app, "g", Method::PUT, START, &deb(&json!({}))).await.ok();
    }
}
