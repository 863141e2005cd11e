//! What the habits of the clients impose on the API, a test for each rule. What refusals look like and the names in the
//! API's document have files of their own.

use std::collections::BTreeSet;

use app::api::Permission;
use axum::http::Method;
use futures::future::join_all;
use serde_json::{Value, json};

use super::{Client, READS, at, items, open_to_all, read, standing_at};
use crate::support::{TestApp, both, charm, deb, image, only, snap, solution};

const START: &str = "/v1/test-executions/start-test";
const QUEUE: &str = "/v1/test-executions/reruns";

/// Every kind of write that clients send, with what it takes to succeed.
async fn writes(app: &TestApp) -> Vec<(Method, String, Value)> {
    let id = app.start(&snap(&json!({"ci_link": "http://ci.example/1"}))).await;
    let artefact = app.artefact_of(id).await;
    let event = json!({"event_name": "test_start", "timestamp": "2031-01-22T08:30:00Z", "detail": ""});
    let case = json!({"name": "boot", "status": "pass", "category": "", "comment": "", "io_log": ""});
    vec![
        (Method::PUT, START.to_owned(), charm(&json!({}))),
        (Method::PATCH, at(id), json!({"status": "IN_PROGRESS"})),
        (Method::POST, format!("{}/test-results", at(id)), json!([{"name": "boot", "status": "PASSED"}])),
        (Method::POST, format!("{}/links", at(id)), json!({"label": "log", "url": "http://logs.example/1"})),
        (Method::PUT, format!("{}/status_update", at(id)), json!({"events": [event]})),
        (Method::POST, format!("{}/status_update", at(id)), json!({"events": [event]})),
        (Method::POST, QUEUE.to_owned(), json!({"test_execution_ids": [id]})),
        (Method::POST, format!("{QUEUE}?silent=true"), json!({"test_execution_ids": [id]})),
        (Method::DELETE, QUEUE.to_owned(), json!({"test_execution_ids": [id]})),
        (
            Method::PUT,
            "/v1/test-executions/end-test".to_owned(),
            json!({"ci_link": "http://ci.example/1", "test_results": [case]}),
        ),
        (Method::PATCH, format!("/v1/artefacts/{artefact}"), json!({"comment": "seen"})),
    ]
}

both! {
    // Ids: strings stand for integers in JSON sets and in queries.
    async fn ids_may_be_strings(app: TestApp) {
        let key = app.add_application(&[Permission::ChangeRerun]).await;
        let client = Client::curl(&app).with_key(&key);
        let id = app.start(&snap(&json!({}))).await;
        app.report(id, &[("boot", "FAILED")]).await;
        for ids in [format!(r#"["{id}"]"#), format!(r#"[" {id} "]"#), format!(r#"["{id}", {id}, "{id}.0"]"#)] {
            let body = format!(r#"{{"test_execution_ids": {ids}}}"#);
            // Spelt three ways it is still one id, for which nobody needs the right to do many at once.
            let asked = client.post(QUEUE, &body).await.ok();
            assert_eq!(read(&asked, &["/test_execution_id"]), json!([[id]]), "{ids}");
            client.delete(QUEUE, &body).await.ok();
            assert_eq!(app.get(QUEUE).await.ok(), json!([]), "{ids}");
        }
        let result = app.get(&format!("{}/test-results", at(id))).await.ok()[0]["id"].clone();
        for (query, count) in [(format!("test_result={result}"), 1), (format!("test_result={result}0"), 0)] {
            assert_eq!(app.get(&format!("/v1/test-executions?{query}")).await.ok()["count"], count, "{query}");
        }
    }

    // Bodies: a missing Content-Type means JSON.
    async fn a_body_without_a_type_is_json(app: TestApp) {
        let client = Client::old_requests(&app).with_key(&app.key);
        for (method, path, body) in writes(&app).await {
            client.send(method, &path, &body.to_string()).await.ok();
        }
    }

    // Bodies: that of a GET is ignored, that of a DELETE is read.
    async fn a_get_ignores_its_body_and_a_delete_has_one(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        let artefact = app.artefact_of(id).await;
        app.report(id, &[("boot", "PASSED")]).await;
        app.post(QUEUE, &json!({"test_execution_ids": [id]})).await.ok();
        let client = Client::curl(&app).with_key(&app.key);
        for path in [
            at(id),
            format!("{}/test-results", at(id)),
            format!("{}/status_update", at(id)),
            "/v1/test-executions?families=snap".to_owned(),
            QUEUE.to_owned(),
            "/v1/artefacts".to_owned(),
            "/v1/artefacts/search".to_owned(),
            "/v1/artefacts/history?family=snap&name=core22&track=22".to_owned(),
            format!("/v1/artefacts/{artefact}"),
            format!("/v1/artefacts/{artefact}/versions"),
            format!("/v1/artefacts/{artefact}/builds"),
        ] {
            let plain = app.get(&path).await.ok();
            for body in ["", "{}", "null", "{", "[1, 2]"] {
                assert_eq!(client.send(Method::GET, &path, body).await.ok(), plain, "{path} {body}");
            }
        }
        client.delete(QUEUE, &format!(r#"{{"test_execution_ids": [{id}]}}"#)).await.ok();
        assert_eq!(app.get(QUEUE).await.ok(), json!([]));
    }

    // Leniency: unknown query parameters and body fields are ignored.
    async fn unknown_parameters_and_fields_are_ignored(app: TestApp) {
        for (method, path, mut body) in writes(&app).await {
            let unknown = json!({"id_of_nobody": 1, "agent_id": "rpi4-07", "job_queue": ["x"], "limit": "many"});
            let target = if body.is_array() { &mut body[0] } else { &mut body };
            target.as_object_mut().unwrap().extend(unknown.as_object().unwrap().clone());
            let query = if path.contains('?') { "&" } else { "?" };
            let path = format!("{path}{query}limit=-1&unknown&unknown=%ff&q[]=");
            app.as_application(&app.key, method, &path, Some(&body)).await.ok();
        }
        let id = app.start(&snap(&json!({"name": "other"}))).await;
        let artefact = app.artefact_of(id).await;
        for path in [
            format!("{}?limit=-1&unknown=1", at(id)),
            format!("{}/test-results?limit=1&offset=x", at(id)),
            format!("{}/status_update?limit=x", at(id)),
            format!("{QUEUE}?unknown=1&offset=x"),
            "/v1/test-executions?unknown=1&family=nonsense".to_owned(),
            "/v1/artefacts?limit=-1&offset=x&families=nonsense".to_owned(),
            "/v1/artefacts/history?family=snap&name=other&track=22&unknown=1".to_owned(),
            format!("/v1/artefacts/{artefact}?x"),
            format!("/v1/artefacts/{artefact}/builds?limit=100&offset=0"),
            format!("/v1/artefacts/{artefact}/versions?limit=0"),
        ] {
            app.get(&path).await.ok();
        }
    }

    // Writes: 200 with a JSON body; no redirects, none for trailing slashes either.
    async fn a_write_answers_200_with_json_and_nothing_is_elsewhere(app: TestApp) {
        for (method, path, body) in writes(&app).await {
            let answer = app.as_application(&app.key, method.clone(), &path, Some(&body)).await;
            assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
            assert_eq!(answer.headers["content-type"], "application/json", "{method} {path}");
            answer.json();
            // A slash at the end is another path, not a way to this one.
            let (bare, query) = path.split_once('?').unwrap_or((&path, ""));
            for slashed in [format!("{bare}/?{query}"), format!("/{bare}?{query}"), bare.replacen("/v1/", "/v1//", 1)] {
                let answer = app.as_application(&app.key, method.clone(), &slashed, Some(&body)).await;
                answer.refused(404, "Not Found");
                assert!(!answer.headers.contains_key("location"), "{method} {slashed}");
            }
        }
    }

    // Changes: null in an optional field keeps what is stored.
    async fn null_in_a_change_means_no_change(app: TestApp) {
        let id = app.start(&snap(&json!({"initial_status": "FAILED"}))).await;
        let links = json!({"ci_link": "http://ci/1", "c3_link": "http://c3/1", "execution_metadata": {"k": ["v"]}});
        let before = app.patch(&at(id), &links).await.ok();
        let nulls = json!({"ci_link": null, "c3_link": null, "status": null, "execution_metadata": null});
        assert_eq!(app.patch(&at(id), &nulls).await.ok(), before);
        let path = format!("/v1/artefacts/{}", app.artefact_of(id).await);
        let before = app.patch(&path, &json!({"comment": "seen", "archived": true, "stage": "stable"})).await.ok();
        let nulls = json!({"status": null, "archived": null, "stage": null, "comment": null});
        assert_eq!(app.patch(&path, &nulls).await.ok(), before);
        assert_eq!((&before["comment"], &before["stage"]), (&json!("seen"), &json!("stable")));
    }

    // Status: COMPLETED is an instruction; the server works out what it comes to.
    async fn completed_goes_in_and_never_comes_out(app: TestApp) {
        for (results, expected) in [
            (vec![], "ENDED_PREMATURELY"),
            (vec![("a", "PASSED"), ("b", "SKIPPED")], "PASSED"),
            (vec![("a", "PASSED"), ("b", "FAILED")], "FAILED"),
        ] {
            let id = app.start(&deb(&json!({}))).await;
            app.report(id, &results).await;
            assert_eq!(app.patch(&at(id), &json!({"status": "COMPLETED"})).await.ok()["status"], expected);
            assert_eq!(app.execution(id).await["status"], expected);
        }
        let start = app.put(START, &deb(&json!({"initial_status": "COMPLETED"}))).await;
        assert_eq!(start.problems(), [("enum".to_owned(), json!(["body", "deb", "initial_status"]))]);
        let search = app.get("/v1/test-executions?test_execution_statuses=COMPLETED").await;
        assert_eq!(search.problems().len(), 1);
    }

    // Events: PUT replaces, POST appends.
    async fn events_are_replaced_by_put_and_appended_by_post(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let path = format!("{}/status_update", at(id));
        for (method, name, second, expected) in [
            (Method::PUT, "a", 1, json!([["a"]])),
            (Method::POST, "b", 2, json!([["a"], ["b"]])),
            (Method::POST, "b", 2, json!([["a"], ["b"], ["b"]])),
            (Method::PUT, "c", 3, json!([["c"]])),
            (Method::PUT, "c", 3, json!([["c"]])),
            (Method::POST, "d", 0, json!([["d"], ["c"]])),
        ] {
            let event = json!({"event_name": name, "timestamp": format!("2031-01-22T08:30:0{second}Z"), "detail": ""});
            app.as_application(&app.key, method, &path, Some(&json!({"events": [event]}))).await.ok();
            assert_eq!(read(&app.get(&path).await.ok(), &["/event_name"]), expected);
        }
    }

    // Results: one per execution and case, one row or many a call, also under parallel retries.
    async fn results_are_one_per_case_however_they_are_sent(app: TestApp) {
        let names: Vec<String> = (0..10).map(|n| format!("case {n}")).collect();
        let row = |name: &String, status: &str| json!({"name": name, "status": status});
        let all: Value = names.iter().map(|name| row(name, "FAILED")).collect();
        let singles: Vec<Value> = names.iter().map(|name| json!([row(name, "FAILED")])).collect();
        let id = app.start(&deb(&json!({}))).await;
        let other = app.start(&deb(&json!({}))).await;
        let path = format!("{}/test-results", at(id));
        // One at a time and all at once, each four times, and everything together.
        let bodies = singles.iter().chain([&all]);
        let uploads = join_all(bodies.flat_map(|body| std::iter::repeat_n(body, 4)).map(|body| app.post(&path, body)));
        for upload in uploads.await {
            upload.ok();
        }
        app.report(other, &[("case 0", "PASSED")]).await;
        let stored = app.get(&path).await.ok();
        let mut stored: Vec<Value> = items(&read(&stored, &["/name", "/status"])).to_vec();
        stored.sort_by_key(Value::to_string);
        assert_eq!(stored, names.iter().map(|name| json!([name, "FAILED"])).collect::<Vec<_>>());
        // A later word on one case leaves the others alone.
        app.report(id, &[("case 3", "PASSED")]).await;
        let stored = app.get(&path).await.ok();
        assert_eq!(items(&stored).len(), names.len());
        let passed: Vec<&Value> = items(&stored).iter().filter(|result| result["status"] == "PASSED").collect();
        assert_eq!((passed.len(), &passed[0]["name"]), (1, &json!("case 3")));
        assert_eq!(items(&app.get(&format!("{}/test-results", at(other))).await.ok()).len(), 1);
    }

    // Start: the same CI link is the same execution; without one each start is a new one.
    async fn a_ci_link_starts_one_execution(app: TestApp) {
        for body in [snap(&json!({})), deb(&json!({})), charm(&json!({})), image(&json!({})), solution(&json!({}))] {
            let mut linked = body.clone();
            linked["ci_link"] = json!(format!("http://ci.example/{}", body["family"]));
            assert_eq!(app.start(&linked).await, app.start(&linked).await);
            // Without one, and unless the operator wants it otherwise, each start is another execution.
            assert_ne!(app.start(&body).await, app.start(&body).await);
        }
    }

    // Start: with folding on, the same bytes from the same key are one execution.
    async fn identical_starts_within_a_window_are_one_if_the_operator_wants_it(app: TestApp) {
        let other = app.add_application(&[Permission::ChangeTest]).await;
        let app = app.with_settings(|settings| settings.fold_start_test_seconds = 60);
        let app = app.with_clock(standing_at("2031-01-22T08:30:00Z"));
        let body = charm(&json!({"relevant_links": [{"label": "log", "url": "http://logs.example/1"}]})).to_string();
        let spaced = format!("{body} ");
        let curl = Client::curl(&app).with_key(&app.key);
        let first = curl.start(&body).await;
        // What differs in a single byte, or comes from another key, is another run.
        let (of_other, of_spaced) = (Client::curl(&app).with_key(&other).start(&body).await, curl.start(&spaced).await);
        assert!(first != of_other && first != of_spaced && of_other != of_spaced);
        let app = app.with_clock(standing_at("2031-01-22T08:30:50Z"));
        let curl = Client::curl(&app).with_key(&app.key);
        assert_eq!((curl.start(&body).await, curl.start(&spaced).await), (first, of_spaced));
        assert_eq!(Client::curl(&app).with_key(&other).start(&body).await, of_other);
        // The repetition did nothing at all.
        assert_eq!(items(&app.execution(first).await["relevant_links"]).len(), 1);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_execution").await, 3);
    }

    // Start: folding ends with its window.
    async fn the_window_closes(app: TestApp) {
        let app = app.with_settings(|settings| settings.fold_start_test_seconds = 60);
        let body = charm(&json!({})).to_string();
        let app = app.with_clock(standing_at("2031-01-22T08:30:00Z"));
        let first = Client::curl(&app).with_key(&app.key).start(&body).await;
        let app = app.with_clock(standing_at("2031-01-22T08:31:10Z"));
        let second = Client::curl(&app).with_key(&app.key).start(&body).await;
        assert_ne!(first, second);
        let app = app.with_clock(standing_at("2031-01-22T08:31:20Z"));
        assert_eq!(Client::curl(&app).with_key(&app.key).start(&body).await, second);
    }

    // Start: folding holds for retries that overtake each other.
    async fn identical_starts_at_one_moment_are_one(app: TestApp) {
        let app = app.with_settings(|settings| settings.fold_start_test_seconds = 60);
        let body = charm(&json!({})).to_string();
        let curl = Client::curl(&app).with_key(&app.key);
        let ids = join_all((0..10).map(|_| curl.start(&body))).await;
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_execution").await, 1);
    }

    // CORS: any origin reads public data; X-CSRF-Token and Authorization are allowed headers.
    async fn any_origin_reads_what_is_public(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        let app = open_to_all(app, READS);
        for origin in ["https://somebody.github.io", "http://localhost:8000", "null"] {
            for path in ["/v1/artefacts".to_owned(), at(id), format!("{}/test-results", at(id))] {
                for named in ["x-csrf-token", "authorization", "authorization,x-csrf-token"] {
                    let preflight = Client::browser(&app, origin)
                        .with("Access-Control-Request-Method", "GET")
                        .with("Access-Control-Request-Headers", named);
                    let preflight = preflight.send(Method::OPTIONS, &path, "").await;
                    assert_eq!(preflight.status, 200, "{origin} {path} {named}: {}", preflight.text());
                    assert_eq!(preflight.headers["access-control-allow-origin"], "*", "{origin} {path}");
                    assert_eq!(preflight.headers["access-control-allow-headers"], named, "{origin} {path}");
                }
                for client in [Client::browser(&app, origin), Client::browser(&app, origin).with_key(&app.key)] {
                    let answer = client.with("X-CSRF-Token", "1").get(&path).await;
                    answer.ok();
                    assert_eq!(answer.headers["access-control-allow-origin"], "*", "{origin} {path}");
                    assert!(!answer.headers.contains_key("access-control-allow-credentials"), "{origin} {path}");
                }
            }
        }
    }

    // Artefacts: the list without paging is complete, and its cost does not grow by statements.
    async fn the_list_of_artefacts_is_complete_and_costs_the_same_for_many(app: TestApp) {
        for body in [snap(&json!({})), deb(&json!({})), image(&json!({})), solution(&json!({}))] {
            app.start(&body).await;
        }
        let id = app.start(&charm(&json!({"version": "0"}))).await;
        let before = app.service.db.statements();
        assert_eq!(items(&app.get("/v1/artefacts").await.ok()).len(), 5);
        let statements = app.service.db.statements() - before;
        // Every version of a charm is current until it is archived.
        let artefact = app.artefact_of(id).await;
        app.raw
            .run(&format!(
                "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2000)
                 INSERT INTO artefact (name, version, stage, family, track, created_at, updated_at)
                 SELECT name, CAST(n AS TEXT), stage, family, track, created_at, updated_at
                 FROM artefact CROSS JOIN numbers WHERE artefact.id = {artefact}"
            ))
            .await;
        let before = app.service.db.statements();
        let list = app.get("/v1/artefacts?limit=50&offset=10").await.ok();
        assert_eq!((items(&list).len(), app.service.db.statements() - before), (2_005, statements));
        let charms = app.get("/v1/artefacts?family=charm").await.ok();
        let versions: BTreeSet<&str> = items(&charms).iter().filter_map(|charm| charm["version"].as_str()).collect();
        assert_eq!((items(&charms).len(), versions.len()), (2_001, 2_001));
    }

    // Times: with Z, with an offset and microseconds, or with neither.
    async fn times_have_many_spellings(app: TestApp) {
        let app = app.with_clock(standing_at("2031-01-22T08:30:00Z"));
        let id = app.start(&deb(&json!({}))).await;
        app.report(id, &[("boot", "PASSED")]).await;
        let path = format!("{}/status_update", at(id));
        for (spelling, expected) in [
            ("2031-01-22T08:30:00Z", "2031-01-22T08:30:00"),
            ("2031-01-22T08:30:00.123456+00:00", "2031-01-22T08:30:00.123456"),
            ("2031-01-22T10:30:00.5+02:00", "2031-01-22T08:30:00.500000"),
            ("2031-01-22T03:00:00-05:30", "2031-01-22T08:30:00"),
            ("2031-01-22T08:30:00", "2031-01-22T08:30:00"),
            ("2031-01-22T08:30:00.000001", "2031-01-22T08:30:00.000001"),
            ("2031-01-22T08:30:00.1234569Z", "2031-01-22T08:30:00.123456"),
            ("2031-01-22 08:30:00", "2031-01-22T08:30:00"),
        ] {
            let event = json!({"event_name": "test_start", "timestamp": spelling, "detail": ""});
            app.put(&path, &json!({"events": [event]})).await.ok();
            assert_eq!(read(&app.get(&path).await.ok(), &["/timestamp"]), json!([[expected]]), "{spelling}");
        }
        // The same in a query, where a plus is written as its code: found from this moment on, and not from the next.
        for (from, count) in [
            ("2031-01-22T08:30:00Z", 1),
            ("2031-01-22T10:30:00%2B02:00", 1),
            ("2031-01-22T08:30:00", 1),
            ("2031-01-22T08:30:00.000001%2B00:00", 0),
            ("2031-01-22T08:29:59-00:01", 0),
            ("2031-01-22T08:30:01", 0),
        ] {
            let found = app.get(&format!("/v1/test-executions?from_date={from}")).await.ok();
            assert_eq!(found["count"], count, "{from}");
        }
    }

    // Transport: plain HTTP on a port of its own is neither redirected nor forbidden for later.
    async fn plain_http_on_a_port_is_served_as_it_is(app: TestApp) {
        let bearer = format!("Bearer {}", app.key);
        for host in ["test-observer.internal:30000", "10.0.0.5:30000", "localhost:8080"] {
            let headers = [("host", host), ("authorization", bearer.as_str()), ("x-forwarded-proto", "http")];
            let body = deb(&json!({})).to_string();
            let started = app.request(Method::PUT, START, &headers, body).await;
            let list = app.request(Method::GET, "/v1/artefacts", &headers, "").await;
            for answer in [started, list] {
                answer.ok();
                for name in ["location", "strict-transport-security"] {
                    assert!(!answer.headers.contains_key(name), "{host} {name}");
                }
            }
        }
    }

    // Results: template, category, comment and log default to empty texts.
    async fn what_a_result_leaves_out_is_empty(app: TestApp) {
        let id = app.start(&image(&json!({}))).await;
        let path = format!("{}/test-results", at(id));
        let places = ["/name", "/template_id", "/category", "/comment", "/io_log"];
        app.post(&path, &json!([{"name": "a", "status": "PASSED"}])).await.ok();
        app.post(&path, &json!([{"name": "b", "status": "FAILED", "comment": "c", "io_log": "l"}])).await.ok();
        let expected = json!([["a", "", "", "", ""], ["b", "", "", "c", "l"]]);
        assert_eq!(read(&app.get(&path).await.ok(), &places), expected);
    }

    // Reruns: 207 where only some are known, and the silent mode.
    async fn reruns_tell_of_some_or_are_silent(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        let silent = format!("{QUEUE}?silent=true");
        for (path, body, status) in [
            (QUEUE, json!({"test_execution_ids": [id]}), 200),
            (QUEUE, json!({"test_execution_ids": [id, 999]}), 207),
            (QUEUE, json!({"test_execution_ids": [999]}), 404),
            (QUEUE, json!({"test_executions_filters": {"families": ["snap"]}}), 422),
            (silent.as_str(), json!({"test_execution_ids": [id, 999]}), 200),
            (silent.as_str(), json!({"test_execution_ids": [999]}), 200),
            (silent.as_str(), json!({"test_executions_filters": {"families": ["snap"]}}), 200),
        ] {
            let answer = app.post(path, &body).await;
            assert_eq!(answer.status, status, "{path} {body}");
            match (path == silent, status) {
                (true, _) => assert_eq!(answer.json(), Value::Null, "{body}"),
                (false, 200 | 207) => assert_eq!(read(&answer.json(), &["/test_execution_id"]), json!([[id]])),
                (false, 404) => answer.refused(404, "Didn't find test executions with provided ids"),
                (false, _) => answer.refused(422, "Creating rerun requests from filters must be done silently"),
            }
            let is_asked = matches!(status, 200 | 207) && body != json!({"test_execution_ids": [999]});
            assert_eq!(app.execution(id).await["is_rerun_requested"], is_asked, "{path} {body}");
            app.raw.run("DELETE FROM test_execution_rerun_request").await;
        }
    }

    // Links: those of a PATCH come back normalised, a bare host with a final slash.
    async fn links_of_a_change_come_back_normalised(app: TestApp) {
        let id = app.start(&deb(&json!({"ci_link": "http://ci.example"}))).await;
        assert_eq!(app.execution(id).await["ci_link"], "http://ci.example", "that of the start stays as it is");
        for (link, expected) in [
            ("http://ci.example", "http://ci.example/"),
            ("HTTPS://CI.example:443/job/1", "https://ci.example/job/1"),
            ("http://jenkins.example:8080/job/NAME/7/", "http://jenkins.example:8080/job/NAME/7/"),
        ] {
            let shown = app.patch(&at(id), &json!({"ci_link": link, "c3_link": link})).await.ok();
            let links = json!({"ci_link": expected, "c3_link": expected});
            assert_eq!(only(&shown, &links), links);
        }
    }
}
