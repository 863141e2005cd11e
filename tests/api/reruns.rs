//! `/v1/test-executions/reruns`: asking for runs, the queue of those who wait, and taking them out of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::http::Method;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde_json::{Value, json};
use test_observer::clock::Clock;

use crate::support::{Answer, TestApp, both, charm, deb, image, only, snap};

const RERUNS: &str = "/v1/test-executions/reruns";

const SILENTLY: &str = "/v1/test-executions/reruns?silent=true";

const WAITING: &str = "SELECT COUNT(*) FROM test_execution_rerun_request";

const NOBODY: &str = "Didn't find test executions with provided ids";

async fn delete(app: &TestApp, body: &Value) -> Answer {
    app.as_application(&app.key, Method::DELETE, RERUNS, Some(body)).await
}

/// What asks for, or no longer asks for, reruns of these executions.
fn of(executions: &[i64]) -> Value {
    json!({"test_execution_ids": executions})
}

/// The executions that a list of requests names.
fn named(requests: &Value) -> Vec<i64> {
    requests.as_array().unwrap().iter().map(|request| request["test_execution_id"].as_i64().unwrap()).collect()
}

/// The executions that the queue names.
async fn queue(app: &TestApp, query: &str) -> Vec<i64> {
    named(&app.get(&format!("{RERUNS}{query}")).await.ok())
}

/// The priority of the request for the group of an execution; null without one.
async fn priority(app: &TestApp, execution: i64) -> Value {
    app.execution(execution).await["rerun_priority"].clone()
}

/// A clock, and the seconds that it shows after half past eight.
fn wound() -> (Clock, Arc<AtomicI64>) {
    let start: DateTime<Utc> = "2031-01-22T08:30:00Z".parse().unwrap();
    let seconds = Arc::new(AtomicI64::new(0));
    let shown = Arc::clone(&seconds);
    (Clock::from_fn(move || start + TimeDelta::seconds(shown.load(Ordering::Relaxed))), seconds)
}

both! {
    // A request is shown with the newest execution of its group, the artefact and the build, by POST and by GET.
    async fn a_request_is_shown_with_what_is_to_be_run(app: TestApp) {
        let (clock, seconds) = wound();
        let app = app.with_clock(clock);
        assert_eq!(app.get(RERUNS).await.ok(), json!([]));
        let user = app.add_user("ann").await;
        for (family, make, architecture, revision) in
            [("snap", snap as fn(&Value) -> Value, "armhf", json!(1)), ("deb", deb, "riscv64", json!(null))]
        {
            let old = app.start(&make(&json!({"ci_link": format!("http://ci/{family}/old")}))).await;
            seconds.fetch_add(100, Ordering::Relaxed);
            let link = format!("http://ci/{family}/new");
            let links = json!([{"label": "log", "url": "http://x"}]);
            let new = app.start(&make(&json!({"ci_link": link, "relevant_links": links}))).await;
            let artefact = app.artefact_of(new).await;
            let values = format!("VALUES ({artefact}, {user})");
            app.raw.run(&format!("INSERT INTO artefact_reviewers_association (artefact_id, user_id) {values}")).await;
            let metadata = json!({"execution_metadata": {"lane": ["blue"]}, "c3_link": "http://c3/"});
            app.patch(&format!("/v1/test-executions/{new}"), &metadata).await.ok();
            app.report(new, &[("wifi", "FAILED")]).await;
            seconds.fetch_add(100, Ordering::Relaxed);
            let now = app.service.clock.now().format("%Y-%m-%dT%H:%M:%S").to_string();
            let answer = app.post(RERUNS, &json!({"test_execution_ids": [old], "priority": 5})).await.ok();
            let build = app.raw.number(&format!("SELECT artefact_build_id FROM test_execution WHERE id = {new}")).await;
            let expected = json!({
                "test_execution_id": new, "ci_link": link, "family": family,
                "test_execution": app.execution(new).await, "artefact": app.artefact(artefact).await,
                "artefact_build": {"id": build, "architecture": architecture, "revision": revision},
                "priority": 5, "created_at": now,
            });
            assert_eq!(answer, json!([expected]));
            assert_eq!(app.get(RERUNS).await.ok(), answer);
            let flags = json!({"is_rerun_requested": true, "rerun_priority": 5, "is_triaged": false});
            assert_eq!(only(&answer[0]["test_execution"], &flags), flags);
            delete(&app, &of(&[old])).await.ok();
        }
    }

    // The newest by the time of its start; of several that started at once, the one with the lowest id.
    async fn the_newest_execution_of_the_group_is_named(app: TestApp) {
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(app.start(&deb(&json!({}))).await);
        }
        for (days, newest) in [([1, 2, 3], 2), ([1, 3, 2], 1), ([3, 2, 1], 0), ([2, 2, 2], 0), ([1, 2, 2], 1)] {
            for (id, day) in ids.iter().zip(days) {
                let time = format!("'2031-01-0{day}T00:00:00+00:00'");
                app.raw.run(&format!("UPDATE test_execution SET created_at = {time} WHERE id = {id}")).await;
            }
            for id in &ids {
                assert_eq!(named(&app.post(RERUNS, &of(&[*id])).await.ok()), [ids[newest]], "{days:?}");
            }
            assert_eq!(queue(&app, "").await, [ids[newest]], "{days:?}");
        }
        // An execution without a link says so.
        assert_eq!(app.get(RERUNS).await.ok()[0].get("ci_link"), Some(&Value::Null));
    }

    // There is one request per plan, build and environment; any execution of the group asks for it and revokes it.
    async fn a_group_has_one_request(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        let same = app.start(&snap(&json!({"execution_stage": "stable"}))).await;
        let mut others = Vec::new();
        for changes in [json!({"test_plan": "full"}), json!({"revision": 2}), json!({"environment": "rpi3"})] {
            others.push(app.start(&snap(&changes)).await);
        }
        for asking in [id, same, id] {
            app.post(RERUNS, &of(&[asking])).await.ok();
            app.post(SILENTLY, &of(&[asking])).await.ok();
        }
        assert_eq!(app.raw.number(WAITING).await, 1);
        assert_eq!((priority(&app, id).await, priority(&app, same).await), (json!(0), json!(0)));
        for other in others {
            assert_eq!(priority(&app, other).await, Value::Null);
            // Neither another plan nor another build or environment of the same artefact revokes it.
            delete(&app, &of(&[other])).await.ok();
            assert_eq!(priority(&app, id).await, 0);
        }
        delete(&app, &of(&[same])).await.ok();
        assert_eq!(app.raw.number(WAITING).await, 0);
        assert_eq!((priority(&app, id).await, priority(&app, same).await), (Value::Null, Value::Null));
    }

    // A given priority is set, also on an existing request; without one a new request has 0, an existing one its own.
    async fn a_priority_is_set_when_it_is_given(app: TestApp) {
        let (clock, seconds) = wound();
        let app = app.with_clock(clock);
        for (path, environment) in [(RERUNS, "aloud"), (SILENTLY, "quietly")] {
            let id = app.start(&deb(&json!({"environment": environment}))).await;
            let since = app.service.clock.now();
            for (given, expected) in [
                (None, 0),
                (Some(json!(5)), 5),
                (None, 5),
                (Some(json!(null)), 5),
                (Some(json!(-3)), -3),
                (None, -3),
                (Some(json!(0)), 0),
            ] {
                let mut body = of(&[id]);
                if let Some(given) = &given {
                    body["priority"] = given.clone();
                }
                let answer = app.post(path, &body).await.ok();
                if path == RERUNS {
                    let shown = (&answer[0]["priority"], &answer[0]["test_execution"]["rerun_priority"]);
                    assert_eq!(shown, (&json!(expected), &json!(expected)), "{given:?}");
                }
                assert_eq!(priority(&app, id).await, expected, "{path} {given:?}");
                // It still waits since it was first asked for.
                let waits = app.get(&format!("{RERUNS}?environment={environment}")).await.ok()[0]["created_at"].clone();
                assert_eq!(waits, since.format("%Y-%m-%dT%H:%M:%S").to_string(), "{path} {given:?}");
                seconds.fetch_add(1, Ordering::Relaxed);
            }
            let id = app.start(&deb(&json!({"environment": format!("{environment} 2")}))).await;
            app.post(path, &json!({"test_execution_ids": [id], "priority": 8})).await.ok();
            assert_eq!(priority(&app, id).await, 8, "{path}");
        }
    }

    // Priorities go from minus to plus a million, inclusive.
    async fn priorities_have_bounds(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        for path in [RERUNS, SILENTLY] {
            for (given, expected) in [
                (json!(1_000_000), Ok(1_000_000)),
                (json!(-1_000_000), Ok(-1_000_000)),
                (json!("7"), Ok(7)),
                (json!(8.0), Ok(8)),
                (json!(1_000_001), Err("less_than_equal")),
                (json!(-1_000_001), Err("greater_than_equal")),
                (json!(9_999_999_999_i64), Err("less_than_equal")),
                (json!(1.5), Err("int_from_float")),
                (json!("high"), Err("int_parsing")),
                (json!([1]), Err("int_type")),
            ] {
                let answer = app.post(path, &json!({"test_execution_ids": [id], "priority": given})).await;
                match expected {
                    Ok(expected) => {
                        answer.ok();
                        assert_eq!(priority(&app, id).await, expected, "{given}");
                    }
                    Err(kind) => {
                        let expected = [(kind.to_owned(), json!(["body", "priority"]))];
                        assert_eq!(answer.problems(), expected, "{given}");
                        assert_eq!(priority(&app, id).await, 8, "{given}");
                    }
                }
            }
        }
    }

    // POST tells of executions that are not there: of all 404, of some 207 with those that are; others are stored.
    async fn executions_that_are_not_there_are_told(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        for ids in [vec![], vec![99], vec![98, 99], vec![0], vec![-1]] {
            app.post(RERUNS, &of(&ids)).await.refused(404, NOBODY);
        }
        app.post(RERUNS, &json!({})).await.refused(404, NOBODY);
        app.post(RERUNS, &json!({"priority": 1})).await.refused(404, NOBODY);
        let beyond = app.post(RERUNS, &of(&[i64::MAX, 3_000_000_000])).await;
        assert!(beyond.status.is_client_error(), "{}", beyond.text());
        assert_eq!(app.raw.number(WAITING).await, 0);
        let answer = app.post(RERUNS, &of(&[99, id])).await;
        assert_eq!((answer.status.as_u16(), named(&answer.json())), (207, vec![id]));
        assert_eq!(priority(&app, id).await, 0);
        let answer = app.post(RERUNS, &of(&[id])).await;
        assert_eq!((answer.status.as_u16(), named(&answer.json())), (200, vec![id]));
    }

    // There is one entry for each execution found, in the order of their ids; two of one group give the same twice.
    async fn each_execution_that_is_found_gives_an_entry(app: TestApp) {
        let (clock, seconds) = wound();
        let app = app.with_clock(clock);
        let mut ids = Vec::new();
        for body in [deb(&json!({})), snap(&json!({})), deb(&json!({})), charm(&json!({}))] {
            ids.push(app.start(&body).await);
            seconds.fetch_add(1, Ordering::Relaxed);
        }
        let answer = app.post(RERUNS, &of(&[ids[3], ids[1], ids[2], ids[0]])).await.ok();
        assert_eq!(named(&answer), [ids[2], ids[1], ids[2], ids[3]]);
        assert_eq!(answer[0], answer[2]);
        assert_eq!(app.raw.number(WAITING).await, 3);
        let mut waiting = queue(&app, "").await;
        waiting.sort_unstable();
        assert_eq!(waiting, ids[1..]);
    }

    // Ids are integers in all their spellings, and a set: the same id twice is one.
    async fn ids_are_a_set_of_integers(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        for ids in [
            json!([id.to_string()]),
            json!([id, id]),
            json!([id, id.to_string(), format!(" +{id} ")]),
            json!([format!("{id}.0"), format!("0{id}")]),
        ] {
            let body = json!({"test_execution_ids": ids});
            assert_eq!(named(&app.post(RERUNS, &body).await.ok()), [id], "{ids}");
            delete(&app, &body).await.ok();
            assert_eq!(priority(&app, id).await, Value::Null, "{ids}");
            app.post(SILENTLY, &body).await.ok();
            assert_eq!(priority(&app, id).await, 0, "{ids}");
            delete(&app, &body).await.ok();
        }
    }

    // What is wrong with a body is told to whoever asks, before rights; places have no prefix.
    async fn a_body_is_checked_before_rights(app: TestApp) {
        let powerless = app.add_application(&[]).await;
        let content = [("content-type", "application/json")];
        for (body, kind, loc) in [
            ("", "missing", json!(["body"])),
            ("null", "missing", json!(["body"])),
            ("{", "json_invalid", json!(["body", 1])),
            ("[]", "model_attributes_type", json!(["body"])),
            ("5", "model_attributes_type", json!(["body"])),
            (r#"{"test_execution_ids": null}"#, "set_type", json!(["body", "test_execution_ids"])),
            (r#"{"test_execution_ids": 1}"#, "set_type", json!(["body", "test_execution_ids"])),
            (r#"{"test_execution_ids": ["x"]}"#, "int_parsing", json!(["body", "test_execution_ids", 0])),
            (r#"{"test_execution_ids": [1, null]}"#, "int_type", json!(["body", "test_execution_ids", 1])),
            (r#"{"test_execution_ids": [1.5]}"#, "int_from_float", json!(["body", "test_execution_ids", 0])),
            (r#"{"test_results_filters": []}"#, "model_attributes_type", json!(["body", "test_results_filters"])),
            (r#"{"test_executions_filters": 1}"#, "model_attributes_type", json!(["body", "test_executions_filters"])),
        ] {
            for (method, path) in [(Method::POST, RERUNS), (Method::POST, SILENTLY), (Method::DELETE, RERUNS)] {
                let expected = [(kind.to_owned(), loc.clone())];
                let problems = app.request(method.clone(), path, &content, body).await.problems();
                assert_eq!(problems, expected, "{method} {path} {body}");
                for key in [&powerless, &app.key] {
                    let bearer = format!("Bearer {key}");
                    let headers = [content[0], ("authorization", bearer.as_str())];
                    let problems = app.request(method.clone(), path, &headers, body).await.problems();
                    assert_eq!(problems, expected, "{method} {path} {body}");
                }
            }
        }
        // All at once; DELETE knows no priority.
        let body = json!({"test_execution_ids": ["x", 1, []], "priority": "x", "test_results_filters": 5});
        for (method, problems) in [(Method::POST, 4), (Method::DELETE, 3)] {
            let answer = app.as_application(&app.key, method, RERUNS, Some(&body)).await;
            assert_eq!(answer.problems().len(), problems, "{}", answer.text());
        }
        delete(&app, &json!({"priority": "x", "more": 1})).await.ok();
        assert_eq!(app.post(SILENTLY, &json!({"more": 1})).await.ok(), Value::Null);
    }

    // Silence is a lenient boolean, false by default.
    async fn silence_has_many_spellings(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        for (query, silent) in [
            ("", false), ("?silent=false", false), ("?silent=0", false), ("?silent=No", false), ("?silent=true", true),
            ("?silent=1", true), ("?silent=YES", true), ("?silent=on", true), ("?silent=false&silent=t", true),
            ("?quiet=true", false),
        ] {
            let answer = app.post(&format!("{RERUNS}{query}"), &of(&[id])).await.ok();
            assert_eq!(answer.is_null(), silent, "{query}");
        }
        let problems = app.post(&format!("{RERUNS}?silent=maybe"), &of(&[id])).await.problems();
        assert_eq!(problems, [("bool_parsing".to_owned(), json!(["query", "silent"]))]);
    }

    // POST in silence answers 200 with null whatever it finds, and makes all requests at one moment.
    async fn in_silence_everything_is_fine(app: TestApp) {
        let (clock, seconds) = wound();
        let app = app.with_clock(clock);
        for body in [json!({}), of(&[]), of(&[99]), of(&[98, 99])] {
            assert_eq!(app.post(SILENTLY, &body).await.ok(), Value::Null, "{body}");
        }
        assert_eq!(app.raw.number(WAITING).await, 0);
        let mut ids = Vec::new();
        for n in 0..4 {
            ids.push(app.start(&deb(&json!({"environment": format!("env {n}")}))).await);
        }
        app.post(RERUNS, &of(&[ids[2]])).await.ok();
        seconds.store(50, Ordering::Relaxed);
        assert_eq!(app.post(SILENTLY, &of(&[ids[3], ids[2], 99, ids[0]])).await.ok(), Value::Null);
        let requests = app.get(RERUNS).await.ok();
        assert_eq!(named(&requests)[0], ids[2], "it waited before");
        let times: Vec<&str> =
            requests.as_array().unwrap().iter().map(|request| request["created_at"].as_str().unwrap()).collect();
        assert_eq!(times, ["2031-01-22T08:30:00", "2031-01-22T08:30:50", "2031-01-22T08:30:50"]);
        assert_eq!(priority(&app, ids[1]).await, Value::Null);
        // A priority reaches the existing ones too; none leaves them.
        app.post(SILENTLY, &json!({"test_execution_ids": [ids[0], ids[1]], "priority": 4})).await.ok();
        app.post(SILENTLY, &of(&ids)).await.ok();
        let mut priorities = Vec::new();
        for id in ids {
            priorities.push(priority(&app, id).await);
        }
        assert_eq!(priorities, [json!(4), json!(4), json!(0), json!(0)]);
    }

    // DELETE removes the requests of the groups; what has none, is not there, or nothing at all is fine.
    async fn revoking_needs_nothing_to_be_there(app: TestApp) {
        let mut ids = Vec::new();
        for n in 0..3 {
            ids.push(app.start(&deb(&json!({"environment": format!("env {n}")}))).await);
        }
        app.post(RERUNS, &of(&ids)).await.ok();
        for body in [json!({}), of(&[]), of(&[99]), json!({"test_execution_ids": [], "test_results_filters": null})] {
            assert_eq!(delete(&app, &body).await.ok(), Value::Null, "{body}");
            assert_eq!(app.raw.number(WAITING).await, 3);
        }
        for _ in 0..2 {
            assert_eq!(delete(&app, &of(&[99, ids[0], ids[2]])).await.ok(), Value::Null);
            assert_eq!(queue(&app, "").await, [ids[1]]);
        }
    }

    // The queue can be narrowed to a family, an environment, or an architecture; all that is asked must hold.
    async fn the_queue_is_narrowed_by_query(app: TestApp) {
        let snap_id = app.start(&snap(&json!({}))).await;
        let deb_id = app.start(&deb(&json!({}))).await;
        let charm_id = app.start(&charm(&json!({}))).await;
        let image_id = app.start(&image(&json!({}))).await;
        app.raw.run("UPDATE environment SET architecture = 'host' WHERE name = 'juju'").await;
        let all = vec![snap_id, deb_id, charm_id, image_id];
        for id in &all {
            app.post(RERUNS, &of(&[*id])).await.ok();
        }
        for (query, expected) in [
            ("", all.clone()),
            ("?family=snap", vec![snap_id]),
            ("?family=image", vec![image_id]),
            ("?family=solution", vec![]),
            ("?family=snap&family=deb", vec![deb_id]),
            ("?environment=vf2-lab", vec![deb_id]),
            ("?environment=VF2-lab", vec![]),
            ("?environment=vf2", vec![]),
            ("?environment=%25", vec![]),
            ("?environment=", vec![]),
            ("?environment_architecture=host", vec![charm_id]),
            ("?environment_architecture=amd64", vec![image_id]),
            ("?build_architecture=amd64", vec![charm_id, image_id]),
            ("?build_architecture=host", vec![]),
            ("?build_architecture=amd64&environment_architecture=host&family=charm&environment=juju", vec![charm_id]),
            ("?build_architecture=amd64&environment_architecture=host&family=image", vec![]),
            ("?family=deb&environment=rpi4", vec![]),
            ("?build_architecture=amd64&limit=1", vec![charm_id]),
            ("?limit=0", vec![]),
            ("?limit=3", all[..3].to_vec()),
            ("?limit=%204.0", all.clone()),
            ("?limit=50", all.clone()),
            ("?offset=2&unknown=x", all.clone()),
        ] {
            assert_eq!(queue(&app, query).await, expected, "{query}");
        }
    }

    // What the query must not be.
    async fn the_query_of_the_queue_is_checked(app: TestApp) {
        for (query, kind, place) in [
            ("?family=flatpak", "enum", "family"),
            ("?family=Snap", "enum", "family"),
            ("?family=", "enum", "family"),
            ("?family=snap,deb", "enum", "family"),
            ("?limit=-1", "greater_than_equal", "limit"),
            ("?limit=x", "int_parsing", "limit"),
            ("?limit=", "int_parsing", "limit"),
            ("?limit=1.5", "int_parsing", "limit"),
        ] {
            let problems = app.get(&format!("{RERUNS}{query}")).await.problems();
            assert_eq!(problems, [(kind.to_owned(), json!(["query", place]))], "{query}");
        }
        assert_eq!(app.get(&format!("{RERUNS}?limit=-1&family=x")).await.problems().len(), 2);
        for limit in ["2147483648", "9223372036854775807", "99999999999999999999"] {
            let answer = app.get(&format!("{RERUNS}?limit={limit}")).await;
            assert!(!answer.status.is_server_error(), "{limit}: {}", answer.text());
        }
    }

    // The most urgent is first, then who has waited longest, then the lowest id; the limit cuts after sorting.
    async fn the_most_urgent_and_the_longest_waiting_come_first(app: TestApp) {
        let (clock, seconds) = wound();
        let app = app.with_clock(clock);
        let mut ids = Vec::new();
        // Asked for in an order that is neither that of the executions nor that of the priorities.
        for n in 0..6 {
            ids.push(app.start(&deb(&json!({"environment": format!("env {n}")}))).await);
        }
        for (index, second, priority) in [(4, 10, 0), (1, 20, 5), (0, 30, -2), (3, 40, 5), (5, 40, 0), (2, 40, 0)] {
            seconds.store(second, Ordering::Relaxed);
            app.post(RERUNS, &json!({"test_execution_ids": [ids[index]], "priority": priority})).await.ok();
        }
        let expected = [1, 3, 4, 5, 2, 0].map(|index| ids[index]);
        assert_eq!(queue(&app, "").await, expected);
        assert_eq!(queue(&app, "?limit=2").await, expected[..2]);
        assert_eq!(queue(&app, "?family=deb&limit=5").await, expected[..5]);
        // Another priority is another place, but the time of waiting stays.
        seconds.store(90, Ordering::Relaxed);
        for (index, priority, order) in [(0, 5, [1, 0, 3, 4, 5, 2]), (1, 0, [0, 3, 4, 1, 5, 2])] {
            app.post(RERUNS, &json!({"test_execution_ids": [ids[index]], "priority": priority})).await.ok();
            assert_eq!(queue(&app, "").await, order.map(|index| ids[index]));
        }
    }

    // A request whose group has no execution left is passed over, and does not count towards the limit.
    async fn a_request_without_executions_is_passed_over(app: TestApp) {
        let gone = app.start(&deb(&json!({}))).await;
        let other = app.start(&snap(&json!({}))).await;
        app.post(RERUNS, &json!({"test_execution_ids": [gone], "priority": 9})).await.ok();
        app.post(RERUNS, &of(&[other])).await.ok();
        app.raw.run(&format!("DELETE FROM test_execution WHERE id = {gone}")).await;
        assert_eq!(app.raw.number(WAITING).await, 2);
        for (query, expected) in [("", vec![other]), ("?limit=1", vec![other]), ("?family=deb", vec![])] {
            assert_eq!(queue(&app, query).await, expected, "{query}");
        }
    }

    // A request goes when a run of its group starts, and with its build, its plan, or its environment.
    async fn a_request_goes_with_what_it_is_about(app: TestApp) {
        for gone in [
            "DELETE FROM artefact_build",
            "DELETE FROM test_plan",
            "DELETE FROM test_execution; DELETE FROM environment",
        ] {
            let id = app.start(&deb(&json!({}))).await;
            app.post(RERUNS, &of(&[id])).await.ok();
            assert_eq!(app.raw.number(WAITING).await, 1);
            app.raw.run(gone).await;
            assert_eq!(app.raw.number(WAITING).await, 0, "{gone}");
        }
        let id = app.start(&deb(&json!({}))).await;
        app.post(RERUNS, &of(&[id])).await.ok();
        app.start(&deb(&json!({}))).await;
        assert_eq!(queue(&app, "").await, [0_i64; 0]);
        assert_eq!(priority(&app, id).await, Value::Null);
    }

    // Asking and revoking change nothing else of the execution, its time of change included.
    async fn asking_for_a_rerun_changes_nothing_of_the_execution(app: TestApp) {
        let (clock, seconds) = wound();
        let app = app.with_clock(clock);
        let id = app.start(&deb(&json!({"initial_status": "FAILED"}))).await;
        let before = app.execution(id).await;
        seconds.store(60, Ordering::Relaxed);
        for path in [RERUNS, SILENTLY] {
            app.post(path, &json!({"test_execution_ids": [id], "priority": 1})).await.ok();
            assert_eq!(app.execution(id).await["status"], "FAILED");
            delete(&app, &of(&[id])).await.ok();
            assert_eq!(app.execution(id).await, before);
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_execution WHERE updated_at <> created_at").await, 0);
    }

    // Other methods on this path mean an execution whose id is no integer, or nothing.
    async fn the_queue_is_no_execution(app: TestApp) {
        assert_eq!(app.patch(RERUNS, &json!({})).await.problems(), [("int_parsing".to_owned(), json!(["path", "id"]))]);
        app.put(RERUNS, &json!({})).await.refused(405, "Method Not Allowed");
        assert_eq!(app.request(Method::HEAD, RERUNS, &[], "").await.status, 405);
        app.get(&format!("{RERUNS}/")).await.refused(404, "Not Found");
    }

    async fn reruns_take_the_same_statements_for_thirty_groups_as_for_one(app: TestApp) {
        let mut counts = Vec::new();
        for size in [1, 30] {
            let mut ids = Vec::new();
            for n in 0..size {
                let body = deb(&json!({
                    "name": format!("pkg {size} {n}"), "environment": format!("env {n}"),
                    "relevant_links": [{"label": "l", "url": "http://x"}],
                }));
                ids.push(app.start(&body).await);
                let newest = app.start(&body).await;
                let metadata = json!({"execution_metadata": {"k": [format!("{n}")]}});
                app.patch(&format!("/v1/test-executions/{newest}"), &metadata).await.ok();
                ids.push(newest);
            }
            let mut of_size = Vec::new();
            // Asked for anew and again, aloud and in silence, by ids and by what finds them.
            let by_ids = json!({"test_execution_ids": ids, "priority": 3});
            let names: Vec<String> = (0..size).map(|n| format!("pkg {size} {n}")).collect();
            let by_filter = json!({"test_executions_filters": {"artefacts": names}});
            for (method, path, body) in [
                (Method::POST, RERUNS, &by_ids),
                (Method::POST, RERUNS, &by_ids),
                (Method::GET, RERUNS, &by_ids),
                (Method::DELETE, RERUNS, &by_ids),
                (Method::POST, SILENTLY, &by_ids),
                (Method::POST, SILENTLY, &by_filter),
                (Method::GET, RERUNS, &by_ids),
                (Method::DELETE, RERUNS, &by_filter),
            ] {
                let before = app.service.db.statements();
                app.as_application(&app.key, method, path, Some(body)).await.ok();
                of_size.push(app.service.db.statements() - before);
            }
            assert_eq!(app.raw.number(WAITING).await, 0);
            counts.push(of_size);
        }
        assert_eq!(counts[0], counts[1]);
        assert!(counts[0].iter().all(|count| *count <= 20), "{counts:?}");
    }

    // Parallel requests for one group all succeed, make one request, and show it.
    async fn parallel_requests_for_a_group_make_one(app: TestApp) {
        let ids = [app.start(&deb(&json!({}))).await, app.start(&deb(&json!({}))).await];
        let bodies = ids.map(|id| of(&[id]));
        let answers = join_all((0..20).map(|n| app.post(RERUNS, &bodies[n % 2]))).await;
        let shown: Vec<Value> = answers.iter().map(Answer::ok).collect();
        assert_eq!(app.raw.number(WAITING).await, 1);
        let expected = app.get(RERUNS).await.ok();
        assert!(shown.iter().all(|answer| *answer == expected), "{shown:?}");
    }

    // Requests and revocations of the same many groups at once, in whatever order, do not hinder each other.
    async fn parallel_requests_for_many_groups_all_succeed(app: TestApp) {
        let mut ids = Vec::new();
        for n in 0..20 {
            ids.push(app.start(&deb(&json!({"environment": format!("env {n}")}))).await);
        }
        let there = json!({"test_execution_ids": ids, "priority": 1});
        ids.reverse();
        let back = json!({"test_execution_ids": ids, "priority": 2});
        let asking = join_all((0..10).map(|n| {
            let path = if n % 3 == 0 { RERUNS } else { SILENTLY };
            app.post(path, if n % 2 == 0 { &there } else { &back })
        }))
        .await;
        for answer in asking {
            answer.ok();
        }
        assert_eq!(app.raw.number(WAITING).await, 20);
        let mixed = join_all((0..10).map(|n| {
            let (method, path) = if n % 2 == 0 { (Method::DELETE, RERUNS) } else { (Method::POST, SILENTLY) };
            let body = if n % 3 == 0 { &there } else { &back };
            app.as_application(&app.key, method, path, Some(body))
        }))
        .await;
        for answer in mixed {
            answer.ok();
        }
        assert!(app.raw.number(WAITING).await <= 20);
        assert_eq!(delete(&app, &there).await.ok(), Value::Null);
        assert_eq!(app.raw.number(WAITING).await, 0);
    }
}
