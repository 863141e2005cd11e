//! `/v1/test-executions/{id}/status_update`: the events of a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use app::api::Permission;
use axum::http::Method;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde_json::{Value, json};
use test_observer::clock::Clock;

use crate::support::{TestApp, both, deb, rerun_of};

const STATUSES: [&str; 6] = ["NOT_STARTED", "IN_PROGRESS", "PASSED", "FAILED", "NOT_TESTED", "ENDED_PREMATURELY"];

fn at(id: i64) -> String {
    format!("/v1/test-executions/{id}/status_update")
}

/// An event at that minute of an hour, whose detail is its name in capitals.
fn event(name: &str, minute: u32) -> Value {
    json!({"event_name": name, "timestamp": format!("2031-01-22T08:{minute:02}:00"), "detail": name.to_uppercase()})
}

/// A body with events of these names, one a minute.
fn body_of(names: &[&str]) -> Value {
    let events: Vec<Value> = (0..).zip(names).map(|(minute, name)| event(name, minute)).collect();
    json!({"events": events})
}

/// The names of the stored events, in the order of the answer.
async fn names(app: &TestApp, execution: i64) -> Vec<String> {
    let events = app.get(&at(execution)).await.ok();
    events.as_array().unwrap().iter().map(|event| event["event_name"].as_str().unwrap().to_owned()).collect()
}

async fn status(app: &TestApp, execution: i64) -> Value {
    app.execution(execution).await["status"].clone()
}

/// The address of the machine that runs the execution.
async fn resource(app: &TestApp, execution: i64) -> String {
    app.raw.texts(&format!("SELECT resource_url FROM test_execution WHERE id = {execution}")).await.remove(0)
}

/// A clock that tells another second each time.
fn ticking() -> Clock {
    let start: DateTime<Utc> = "2031-01-22T08:30:00Z".parse().unwrap();
    let seconds = Arc::new(AtomicI64::new(0));
    Clock::from_fn(move || start + TimeDelta::seconds(seconds.fetch_add(1, Ordering::Relaxed)))
}

both! {
    // PUT replaces the stored events and may be repeated; POST appends, also what is there already.
    async fn a_put_replaces_and_a_post_appends(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let other = app.start(&deb(&json!({}))).await;
        app.put(&at(other), &body_of(&["of_another_run"])).await.ok();
        assert_eq!(app.get(&at(id)).await.ok(), json!([]));
        for (method, sent, expected) in [
            (Method::POST, vec!["a"], vec!["a"]),
            (Method::POST, vec!["b", "c"], vec!["a", "b", "c"]),
            (Method::PUT, vec!["d", "e"], vec!["d", "e"]),
            (Method::PUT, vec!["d", "e"], vec!["d", "e"]),
            (Method::PUT, vec!["d", "e", "f"], vec!["d", "e", "f"]),
            (Method::POST, vec!["d"], vec!["d", "d", "e", "f"]),
            (Method::PUT, vec!["g"], vec!["g"]),
        ] {
            let answer = app.as_application(&app.key, method.clone(), &at(id), Some(&body_of(&sent))).await;
            assert_eq!(answer.ok(), Value::Null);
            let mut found = names(&app, id).await;
            found.sort();
            assert_eq!(found, expected, "{method} {sent:?}");
        }
        assert_eq!(names(&app, other).await, ["of_another_run"]);
    }

    // GET shows name, time and detail and nothing else, by time; events of one time in the order they came.
    async fn events_are_shown_by_their_time(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let sent = json!({"events": [event("late", 50), event("z", 20), event("a", 20), event("m", 20)]});
        app.put(&at(id), &sent).await.ok();
        app.post(&at(id), &json!({"events": [event("b", 20), event("early", 10)]})).await.ok();
        let expected =
            [event("early", 10), event("z", 20), event("a", 20), event("m", 20), event("b", 20), event("late", 50)];
        assert_eq!(app.get(&at(id)).await.ok(), json!(expected));
    }

    // An agent's report: other keys, of the body and of an event, are ignored; texts may be empty and long.
    async fn what_agents_send_is_stored(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let (long, none) = ("x".repeat(20_000), "");
        let sent = json!({"agent_id": "rpi4-1", "job_queue": null, "events": [
            {"event_name": "job_start", "timestamp": "2031-01-22T08:30:00.000001+00:00", "detail": "http://agent/1",
             "id": 5, "more": {}},
            {"event_name": none, "timestamp": "2031-01-22T08:30:01Z", "detail": none},
            {"event_name": "test_start", "timestamp": "2031-01-22T08:30:02", "detail": long},
        ]});
        let expected = json!([
            {"event_name": "job_start", "timestamp": "2031-01-22T08:30:00.000001", "detail": "http://agent/1"},
            {"event_name": none, "timestamp": "2031-01-22T08:30:01", "detail": none},
            {"event_name": "test_start", "timestamp": "2031-01-22T08:30:02", "detail": long},
        ]);
        for method in [Method::PUT, Method::POST] {
            app.put(&at(id), &json!({"events": []})).await.ok();
            app.as_application(&app.key, method, &at(id), Some(&sent)).await.ok();
            assert_eq!(app.get(&at(id)).await.ok(), expected);
        }
    }

    // Times have many spellings; they are stored in UTC, cut to microseconds, and shown without an offset.
    async fn times_have_many_spellings(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        for (spelling, expected) in [
            (json!("2025-06-01T09:30:15Z"), "2025-06-01T09:30:15"),
            (json!("2025-06-01t09:30:15z"), "2025-06-01T09:30:15"),
            (json!("2025-06-01 09:30:15"), "2025-06-01T09:30:15"),
            (json!("2025-06-01_09:30:15"), "2025-06-01T09:30:15"),
            (json!("2025-06-01T09:30"), "2025-06-01T09:30:00"),
            (json!("2025-06-01"), "2025-06-01T00:00:00"),
            (json!("2025-06-01T09:30:15.125"), "2025-06-01T09:30:15.125000"),
            (json!("2025-06-01T09:30:15.1234569Z"), "2025-06-01T09:30:15.123456"),
            (json!("2025-06-01T09:30:15.000000"), "2025-06-01T09:30:15"),
            (json!("2025-06-01T11:30:15+02:00"), "2025-06-01T09:30:15"),
            (json!("2025-06-01T11:30:15+0200"), "2025-06-01T09:30:15"),
            (json!("2025-05-31T23:00:15.5-10:30"), "2025-06-01T09:30:15.500000"),
            (json!(1_748_770_215), "2025-06-01T09:30:15"),
            (json!(1_748_770_215.5), "2025-06-01T09:30:15.500000"),
            (json!("1748770215"), "2025-06-01T09:30:15"),
            (json!(1_748_770_215_125_i64), "2025-06-01T09:30:15.125000"),
            (json!("1748770215125"), "2025-06-01T09:30:15.125000"),
            (json!("1748770215.5"), "2025-06-01T09:30:15.500000"),
            (json!(0), "1970-01-01T00:00:00"),
            (json!(-1), "1969-12-31T23:59:59"),
            // The largest number that is seconds, and the first on either side that is milliseconds.
            (json!(20_000_000_000_i64), "2603-10-11T11:33:20"),
            (json!(20_000_000_001_i64), "1970-08-20T11:33:20.001000"),
            (json!(-20_000_000_001_i64), "1969-05-14T12:26:39.999000"),
        ] {
            for method in [Method::PUT, Method::POST] {
                app.put(&at(id), &json!({"events": []})).await.ok();
                let sent = json!({"events": [{"event_name": "e", "timestamp": spelling, "detail": ""}]});
                app.as_application(&app.key, method, &at(id), Some(&sent)).await.ok();
                assert_eq!(app.get(&at(id)).await.ok()[0]["timestamp"], expected, "{spelling}");
            }
        }
    }

    // What is no time is refused, and where it stands is told.
    async fn what_is_no_time_is_refused(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        app.put(&at(id), &body_of(&["old"])).await.ok();
        for (wrong, kind) in [
            (json!(null), "datetime_type"),
            (json!([]), "datetime_type"),
            (json!({}), "datetime_type"),
            (json!(""), "datetime_from_date_parsing"),
            (json!("yesterday"), "datetime_from_date_parsing"),
            (json!("2025-13-01T00:00:00"), "datetime_from_date_parsing"),
            (json!("2025-02-30T00:00:00"), "datetime_from_date_parsing"),
            (json!("2025-06-01T25:00:00"), "datetime_from_date_parsing"),
            (json!("2025-06-01T09:30:15 CET"), "datetime_from_date_parsing"),
        ] {
            let sent = json!({"events": [event("a", 0), {"event_name": "b", "timestamp": wrong, "detail": ""}]});
            let expected = [(kind.to_owned(), json!(["body", "events", 1, "timestamp"]))];
            assert_eq!(app.put(&at(id), &sent).await.problems(), expected, "{wrong}");
            assert_eq!(app.post(&at(id), &sent).await.problems(), expected, "{wrong}");
        }
        // Nor does a moment that no calendar of the databases knows end in an internal error.
        for wrong in [json!(1e300), json!(-1e300), json!("99999999999999999999")] {
            let sent = json!({"events": [{"event_name": "b", "timestamp": wrong, "detail": ""}]});
            assert_eq!(app.put(&at(id), &sent).await.status, 422, "{wrong}");
        }
        assert_eq!(names(&app, id).await, ["old"]);
    }

    // All three keys of an event are required and none may be null; nothing is stored of a body with a problem.
    async fn each_field_of_an_event_is_checked(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        app.put(&at(id), &body_of(&["old"])).await.ok();
        let mut cases = vec![
            (json!({}), "missing", json!(["events"])),
            (json!({"events": null}), "list_type", json!(["events"])),
            (json!({"events": {}}), "list_type", json!(["events"])),
            (json!({"events": ["job_end"]}), "model_attributes_type", json!(["events", 0])),
            (json!([]), "model_attributes_type", json!([])),
        ];
        for field in ["event_name", "timestamp", "detail"] {
            let mut without = event("job_end", 1);
            without.as_object_mut().unwrap().remove(field);
            cases.push((json!({"events": [event("a", 0), without]}), "missing", json!(["events", 1, field])));
        }
        for field in ["event_name", "detail"] {
            for wrong in [json!(null), json!(5), json!(["x"])] {
                let mut changed = event("job_end", 1);
                changed[field] = wrong;
                cases.push((json!({"events": [changed]}), "string_type", json!(["events", 0, field])));
            }
        }
        for (sent, kind, place) in cases {
            let mut loc = vec![json!("body")];
            loc.extend(place.as_array().unwrap().clone());
            let expected = [(kind.to_owned(), json!(loc))];
            assert_eq!(app.put(&at(id), &sent).await.problems(), expected, "{sent}");
            assert_eq!(app.post(&at(id), &sent).await.problems(), expected, "{sent}");
        }
        let all = json!({"events": [{}, {"event_name": 1, "timestamp": "x", "detail": null}]});
        assert_eq!(app.put(&at(id), &all).await.problems().len(), 6);
        assert_eq!(names(&app, id).await, ["old"]);
        assert_eq!(status(&app, id).await, "IN_PROGRESS");
    }

    // A last event `job_end` in a PUT ends the run prematurely unless it has passed or failed, whatever its detail.
    async fn a_job_that_ends_ends_the_run(app: TestApp) {
        for before in STATUSES {
            let after = if ["PASSED", "FAILED"].contains(&before) { before } else { "ENDED_PREMATURELY" };
            for detail in ["normal_exit", "failure", ""] {
                let id = app.start(&deb(&json!({"initial_status": before}))).await;
                let mut end = event("job_end", 5);
                end["detail"] = json!(detail);
                let sent = json!({"events": [event("job_start", 0), event("test_start", 1), end]});
                app.put(&at(id), &sent).await.ok();
                assert_eq!(status(&app, id).await, after, "{before} {detail}");
            }
            let id = app.start(&deb(&json!({"initial_status": before}))).await;
            app.put(&at(id), &body_of(&["job_end"])).await.ok();
            assert_eq!(status(&app, id).await, after, "{before}, nothing else");
        }
    }

    // The last of the request counts, not the latest in time; elsewhere in the list, or appended, it ends nothing.
    async fn only_a_last_event_of_a_put_ends_the_run(app: TestApp) {
        for (method, events, ends) in [
            (Method::PUT, json!([event("job_end", 0), event("test_end", 1)]), false),
            (Method::PUT, json!([event("job_end", 9), event("test_end", 1)]), false),
            (Method::PUT, json!([event("test_end", 9), event("job_end", 0)]), true),
            (Method::PUT, json!([event("job_ended", 0)]), false),
            (Method::PUT, json!([event("JOB_END", 0)]), false),
            (Method::PUT, json!([event(" job_end", 0)]), false),
            (Method::POST, json!([event("job_start", 0), event("job_end", 1)]), false),
            (Method::POST, json!([event("job_end", 1)]), false),
        ] {
            for before in ["NOT_STARTED", "IN_PROGRESS", "NOT_TESTED"] {
                let id = app.start(&deb(&json!({"initial_status": before}))).await;
                app.as_application(&app.key, method.clone(), &at(id), Some(&json!({"events": events}))).await.ok();
                let after = if ends { "ENDED_PREMATURELY" } else { before };
                assert_eq!(status(&app, id).await, after, "{method} {events}");
            }
        }
    }

    // Results do not make an ended job pass or fail.
    async fn results_do_not_decide_what_an_ended_job_is(app: TestApp) {
        for outcome in ["PASSED", "FAILED"] {
            let id = app.start(&deb(&json!({}))).await;
            app.report(id, &[("a", outcome)]).await;
            app.put(&at(id), &body_of(&["job_start", "job_end"])).await.ok();
            assert_eq!(status(&app, id).await, "ENDED_PREMATURELY", "{outcome}");
        }
    }

    // A first event `job_start` in a PUT says which machine runs the job; otherwise that is kept.
    async fn a_job_that_starts_names_its_machine(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let start = |detail: &str, minute: u32| {
            json!({"event_name": "job_start", "timestamp": format!("2031-01-22T08:{minute:02}:00"), "detail": detail})
        };
        let long = format!("http://agent/{}", "a".repeat(500));
        for (method, events, expected) in [
            (Method::POST, json!([start("http://posted", 0)]), ""),
            (Method::PUT, json!([event("setup_start", 1), start("http://second", 0)]), ""),
            (Method::PUT, json!([start("http://agent/1", 9), event("setup_start", 1)]), "http://agent/1"),
            (Method::PUT, json!([event("setup_start", 1)]), "http://agent/1"),
            (Method::PUT, json!([]), "http://agent/1"),
            (Method::PUT, json!([start("no address", 0), start("http://later", 1)]), "no address"),
            (Method::PUT, json!([start(&long, 0)]), long.as_str()),
            (Method::PUT, json!([start("", 0)]), ""),
        ] {
            let answer = app.as_application(&app.key, method, &at(id), Some(&json!({"events": events}))).await;
            answer.ok();
            assert_eq!(resource(&app, id).await, expected, "{events}");
        }
    }

    // An empty list clears the events of a PUT and leaves the status; it adds nothing to a POST.
    async fn an_empty_list_clears_or_adds_nothing(app: TestApp) {
        for before in STATUSES {
            let id = app.start(&deb(&json!({"initial_status": before}))).await;
            app.post(&at(id), &body_of(&["job_start", "job_end"])).await.ok();
            assert_eq!(app.post(&at(id), &json!({"events": []})).await.ok(), Value::Null);
            assert_eq!(names(&app, id).await, ["job_start", "job_end"]);
            for _ in 0..2 {
                assert_eq!(app.put(&at(id), &json!({"events": []})).await.ok(), Value::Null);
                assert_eq!(app.get(&at(id)).await.ok(), json!([]));
            }
            assert_eq!(status(&app, id).await, before);
        }
    }

    // Unknown executions are not found, also for nothing to store; what is no integer is told with the body's problems.
    async fn unknown_executions_are_not_found(app: TestApp) {
        app.start(&deb(&json!({}))).await;
        for id in ["99", "-1", "0", "2147483648", "9223372036854775808"] {
            let path = format!("/v1/test-executions/{id}/status_update");
            app.get(&path).await.refused(404, "TestExecution not found");
            for body in [body_of(&[]), body_of(&["job_start", "job_end"])] {
                app.put(&path, &body).await.refused(404, "TestExecution not found");
                app.post(&path, &body).await.refused(404, "TestExecution not found");
            }
        }
        let of_path = ("int_parsing".to_owned(), json!(["path", "id"]));
        let of_body = ("missing".to_owned(), json!(["body", "events"]));
        let path = "/v1/test-executions/abc/status_update";
        assert_eq!(app.get(path).await.problems(), std::slice::from_ref(&of_path));
        assert_eq!(app.put(path, &json!({})).await.problems(), [of_path.clone(), of_body.clone()]);
        assert_eq!(app.post(path, &json!({})).await.problems(), [of_path, of_body]);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_event").await, 0);
    }

    // Events change the status, by the rule of a last `job_end`, and nothing else that the execution shows.
    async fn events_leave_the_rest_of_the_execution_alone(app: TestApp) {
        let id = app.start(&deb(&json!({"ci_link": "http://ci/1"}))).await;
        let path = format!("/v1/test-executions/{id}");
        app.patch(&path, &json!({"c3_link": "http://c3/1", "execution_metadata": {"k": ["v"]}})).await.ok();
        app.report(id, &[("a", "FAILED")]).await;
        app.raw.run(&rerun_of(id, 3)).await;
        let results = app.get(&format!("{path}/test-results")).await.ok();
        let mut expected = app.execution(id).await;
        app.put(&at(id), &body_of(&["job_start", "job_end"])).await.ok();
        expected["status"] = json!("ENDED_PREMATURELY");
        assert_eq!(app.execution(id).await, expected);
        assert_eq!(app.get(&format!("{path}/test-results")).await.ok(), results);
    }

    // The time of change moves only when the status or the machine becomes another one.
    async fn the_time_of_change_moves_only_when_something_changes(app: TestApp) {
        let app = app.with_clock(ticking());
        let id = app.start(&deb(&json!({}))).await;
        let changed = "SELECT COUNT(*) FROM test_execution WHERE updated_at > created_at";
        for (method, sent, moves) in [
            (Method::POST, vec!["job_start", "job_end"], false),
            (Method::PUT, vec![], false),
            (Method::PUT, vec!["setup_start"], false),
            (Method::PUT, vec!["job_start", "setup_start"], true),
            (Method::PUT, vec!["job_start", "setup_start", "test_start"], false),
            (Method::PUT, vec!["job_start", "job_end"], true),
            (Method::PUT, vec!["job_start", "job_end"], false),
        ] {
            app.raw.run("UPDATE test_execution SET updated_at = created_at").await;
            app.as_application(&app.key, method.clone(), &at(id), Some(&body_of(&sent))).await.ok();
            assert_eq!(app.raw.number(changed).await, i64::from(moves), "{method} {sent:?}");
        }
    }

    // Rights come before everything but the syntax: reading takes `view_test`, writing `change_test`.
    async fn rights_come_first(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let body = body_of(&["job_start"]);
        for (method, permission) in [
            (Method::GET, Permission::ViewTest),
            (Method::PUT, Permission::ChangeTest),
            (Method::POST, Permission::ChangeTest),
        ] {
            let others: Vec<Permission> =
                Permission::ALL.iter().copied().filter(|other| *other != permission).collect();
            let (may_not, may) = (app.add_application(&others).await, app.add_application(&[permission]).await);
            for path in [at(id), at(99), "/v1/test-executions/abc/status_update".to_owned()] {
                for body in [&body, &json!({}), &json!({"events": [{"timestamp": "x"}]})] {
                    app.anonymous(method.clone(), &path, Some(body)).await.refused(403, "Insufficient permissions");
                    let answer = app.as_application(&may_not, method.clone(), &path, Some(body)).await;
                    answer.refused(403, "Insufficient permissions");
                }
            }
            app.as_application(&may, method, &at(id), Some(&body)).await.ok();
        }
        for method in [Method::PUT, Method::POST] {
            let answer = app.request(method, &at(id), &[("content-type", "application/json")], "{").await;
            assert_eq!(answer.problems(), [("json_invalid".to_owned(), json!(["body", 1]))]);
        }
        app.delete(&at(id)).await.refused(405, "Method Not Allowed");
        app.patch(&at(id), &body).await.refused(405, "Method Not Allowed");
    }

    async fn events_take_the_same_statements_for_one_as_for_a_thousand(app: TestApp) {
        let mut counts = Vec::new();
        for size in [1, 1_000] {
            let id = app.start(&deb(&json!({}))).await;
            let mut events = vec![event("job_start", 0)];
            events.extend((1..size).map(|n| event(&format!("event {n}"), n % 60)));
            let body = json!({"events": events});
            let mut of_size = Vec::new();
            for method in [Method::PUT, Method::PUT, Method::POST, Method::GET] {
                let before = app.service.db.statements();
                app.as_application(&app.key, method, &at(id), Some(&body)).await.ok();
                of_size.push(app.service.db.statements() - before);
            }
            assert_eq!(names(&app, id).await.len(), 2 * events.len());
            counts.push(of_size);
        }
        assert_eq!(counts[0], counts[1]);
    }

    // Agents repeat what they send: parallel replacements leave one set, and parallel additions lose none.
    async fn parallel_reports_double_and_lose_nothing(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let path = at(id);
        let body = body_of(&["job_start", "setup_start", "setup_end", "job_end"]);
        for answer in join_all((0..10).map(|_| app.put(&path, &body))).await {
            answer.ok();
        }
        assert_eq!(names(&app, id).await, ["job_start", "setup_start", "setup_end", "job_end"]);
        assert_eq!(status(&app, id).await, "ENDED_PREMATURELY");
        let more = body_of(&["test_start"]);
        for answer in join_all((0..10).map(|_| app.post(&path, &more))).await {
            answer.ok();
        }
        assert_eq!(names(&app, id).await.len(), 14);
    }
}
