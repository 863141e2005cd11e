//! `/v1/test-cases/reported-issues` and `/v1/environments/reported-issues`.

use app::api::Permission;
use axum::http::Method;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use test_observer::clock::Clock;

use crate::support::{TestApp, both, only, snap};

const CASES: &str = "/v1/test-cases/reported-issues";
const ENVIRONMENTS: &str = "/v1/environments/reported-issues";

/// A report of a test case, with some fields changed; null removes one.
fn case(changes: &Value) -> Value {
    let body = json!({
        "template_id": "radio", "case_name": "wifi", "description": "drops out",
        "url": "https://github.com/acme/radio/issues/71",
    });
    changed(body, changes)
}

/// A report of an environment, with some fields changed; null removes one.
fn environment(changes: &Value) -> Value {
    let body = json!({
        "environment_name": "rpi4", "description": "gets hot", "is_confirmed": true,
        "url": "https://bugs.launchpad.net/rack/+bug/7",
    });
    changed(body, changes)
}

fn changed(mut body: Value, changes: &Value) -> Value {
    let fields = body.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        fields.insert(name.clone(), value.clone());
        if value.is_null() {
            fields.remove(name);
        }
    }
    body
}

/// Either registry, with a report that it takes.
fn registries() -> [(&'static str, Value); 2] {
    [(CASES, case(&json!({}))), (ENVIRONMENTS, environment(&json!({})))]
}

async fn add(app: &TestApp, path: &str, body: &Value) -> i64 {
    app.post(path, body).await.ok()["id"].as_i64().unwrap()
}

async fn ids(app: &TestApp, path: &str) -> Vec<i64> {
    let list = app.get(path).await.ok();
    list.as_array().unwrap().iter().map(|issue| issue["id"].as_i64().unwrap()).collect()
}

fn clock_at(time: &str) -> Clock {
    let now: DateTime<Utc> = time.parse().unwrap();
    Clock::from_fn(move || now)
}

/// The problems of an answer by name and place, in an order of their own.
fn sorted(mut problems: Vec<(String, Value)>) -> Vec<(String, Value)> {
    problems.sort_by_key(|(kind, loc)| (loc.to_string(), kind.clone()));
    problems
}

both! {
    // Reported issues: nothing at first; a report is answered with 200 and shown with every key and no other.
    async fn a_report_is_stored_and_shown_with_every_key(app: TestApp) {
        let app = app.with_clock(clock_at("2031-05-04T03:02:01Z"));
        for (path, body) in registries() {
            assert_eq!(app.get(path).await.ok(), json!([]), "{path}");
            let stored = app.post(path, &body).await.ok();
            assert!(stored["id"].is_i64());
            let now = "2031-05-04T03:02:01";
            let own = json!({"id": stored["id"], "created_at": now, "updated_at": now});
            assert_eq!(stored, changed(body, &own), "{path}");
            assert_eq!(app.get(path).await.ok(), json!([stored]), "{path}");
        }
    }

    // Reported issues: the fields without which there is no report, each missing alone and all together.
    async fn what_has_to_be_said_is_missed(app: TestApp) {
        for (path, body, required) in [
            (CASES, case(&json!({})), vec!["description", "url"]),
            (ENVIRONMENTS, environment(&json!({})), vec!["description", "environment_name", "is_confirmed"]),
        ] {
            let missing = |field: &str| ("missing".to_owned(), json!(["body", field]));
            for field in &required {
                let mut body = body.clone();
                body.as_object_mut().unwrap().remove(*field);
                assert_eq!(app.post(path, &body).await.problems(), [missing(field)], "{path}");
            }
            let all: Vec<_> = required.iter().map(|field| missing(field)).collect();
            assert_eq!(sorted(app.post(path, &json!({})).await.problems()), all, "{path}");
            assert_eq!(app.post(path, &Value::Null).await.problems(), [("missing".to_owned(), json!(["body"]))]);
            assert_eq!(ids(&app, path).await, [0_i64; 0], "{path}");
        }
    }

    // Reported issues: fields of the wrong kind.
    async fn fields_of_the_wrong_kind_are_refused(app: TestApp) {
        for (path, body, field, kind) in [
            (CASES, case(&json!({"template_id": 5})), "template_id", "string_type"),
            (CASES, case(&json!({"case_name": ["a"]})), "case_name", "string_type"),
            (CASES, case(&json!({"description": 5})), "description", "string_type"),
            (CASES, case(&json!({"case_name": "n".repeat(501)})), "case_name", "string_too_long"),
            (ENVIRONMENTS, environment(&json!({"environment_name": true})), "environment_name", "string_type"),
            (ENVIRONMENTS, environment(&json!({"is_confirmed": "maybe"})), "is_confirmed", "bool_parsing"),
            (ENVIRONMENTS, environment(&json!({"is_confirmed": []})), "is_confirmed", "bool_type"),
        ] {
            assert_eq!(app.post(path, &body).await.problems(), [(kind.to_owned(), json!(["body", field]))], "{body}");
        }
        let mut body = case(&json!({}));
        body["template_id"] = Value::Null;
        let expected = [("string_type".to_owned(), json!(["body", "template_id"]))];
        assert_eq!(app.post(CASES, &body).await.problems(), expected);
        // Nor does null stand for what has to be said.
        for (path, body, field, kind) in [
            (CASES, case(&json!({})), "case_name", "string_type"),
            (CASES, case(&json!({})), "description", "string_type"),
            (ENVIRONMENTS, environment(&json!({})), "environment_name", "string_type"),
            (ENVIRONMENTS, environment(&json!({})), "description", "string_type"),
            (ENVIRONMENTS, environment(&json!({})), "is_confirmed", "bool_type"),
        ] {
            let mut body = body;
            body[field] = Value::Null;
            let expected = [(kind.to_owned(), json!(["body", field]))];
            assert_eq!(app.post(path, &body).await.problems(), expected, "{path} {field}");
        }
        let confirmed = app.post(ENVIRONMENTS, &environment(&json!({"is_confirmed": "yes"}))).await.ok();
        assert_eq!(confirmed["is_confirmed"], true);
    }

    // Reported issues: addresses are stored as browsers normalise them.
    async fn addresses_are_normalised(app: TestApp) {
        for (sent, stored) in [
            ("https://GitHub.com", "https://github.com/"),
            ("  HTTP://bugs.Launchpad.net:80/a b\n", "http://bugs.launchpad.net/a%20b"),
            ("https://warthogs.atlassian.net:443/TO-1?x=1#y", "https://warthogs.atlassian.net/TO-1?x=1#y"),
            ("https://me:word@github.com:8443/x", "https://me:word@github.com:8443/x"),
        ] {
            for (path, body) in registries() {
                let body = changed(body, &json!({"url": sent}));
                assert_eq!(app.post(path, &body).await.ok()["url"], stored, "{path} {sent}");
            }
        }
    }

    // Reported issues: what is no address of a tracker, with name, message and context of the problem.
    async fn addresses_that_are_none_are_refused(app: TestApp) {
        let not_a_url = |reason: &str| {
            ("url_parsing", format!("Input should be a valid URL, {reason}"), json!({"error": reason}))
        };
        let scheme = "URL scheme should be 'http' or 'https'".to_owned();
        let long = "URL should have at most 2083 characters".to_owned();
        let longest = format!("https://github.com/{}", "a".repeat(2083 - "https://github.com/".len()));
        for (url, (kind, msg, ctx)) in [
            (json!("invalid url"), not_a_url("relative URL without a base")),
            (json!("github.com/acme"), not_a_url("relative URL without a base")),
            (json!(""), not_a_url("input is empty")),
            (json!(" "), not_a_url("input is empty")),
            (json!("https://"), not_a_url("empty host")),
            (json!("https://github.com:port/"), not_a_url("invalid port number")),
            (json!("ftp://github.com/x"), ("url_scheme", scheme, json!({"expected_schemes": "'http' or 'https'"}))),
            (json!(format!("{longest}a")), ("url_too_long", long, json!({"max_length": 2083}))),
            (json!(5), ("url_type", "URL input should be a string or URL".to_owned(), Value::Null)),
        ] {
            for (path, body) in registries() {
                let answer = app.post(path, &changed(body, &json!({"url": url}))).await;
                assert_eq!(answer.status, 422, "{path} {url}");
                let problem = answer.json()["detail"][0].clone();
                let expected = json!({"type": kind, "loc": ["body", "url"], "msg": msg, "ctx": ctx});
                assert_eq!(only(&problem, &expected), expected, "{path} {url}");
            }
        }
        let mut body = case(&json!({}));
        body["url"] = Value::Null;
        assert_eq!(app.post(CASES, &body).await.problems(), [("url_type".to_owned(), json!(["body", "url"]))]);
        for (path, body) in registries() {
            app.post(path, &changed(body, &json!({"url": longest}))).await.ok();
        }
    }

    // Reported issues: the host is one of three, and of nothing below them.
    async fn addresses_elsewhere_are_refused(app: TestApp) {
        for url in [
            "https://chat.canonical.com/canonical/pl/x",
            "https://api.github.com/",
            "https://www.github.com/",
            "https://github.com.example.org/",
            "https://github.com@example.org/",
            "https://launchpad.net/",
            "https://127.0.0.1/github.com",
        ] {
            for (path, body, loc) in [
                (CASES, case(&json!({"url": url})), json!(["body", "url"])),
                (ENVIRONMENTS, environment(&json!({"url": url})), json!(["body"])),
                (ENVIRONMENTS, environment(&json!({"url": url, "is_confirmed": false})), json!(["body"])),
            ] {
                let answer = app.post(path, &body).await;
                assert_eq!(answer.problems(), [("value_error".to_owned(), loc)], "{path} {url}");
                let problem = answer.json()["detail"][0].clone();
                let msg = problem["msg"].as_str().unwrap();
                let hosts = msg.strip_prefix("Value error, Issue url must belong to one of {").unwrap();
                let mut hosts: Vec<&str> = hosts.strip_suffix('}').unwrap().split(", ").collect();
                hosts.sort_unstable();
                assert_eq!(hosts, ["'bugs.launchpad.net'", "'github.com'", "'warthogs.atlassian.net'"]);
                assert_eq!(problem["ctx"], json!({"error": {}}));
            }
        }
    }

    // Reported issues: one about a test names a case, a template, or both; that is looked at when the fields are valid.
    async fn a_report_of_a_test_names_a_case_or_a_template(app: TestApp) {
        for (changes, names) in [
            (json!({"template_id": null}), json!({"template_id": "", "case_name": "wifi"})),
            (json!({"case_name": null}), json!({"template_id": "radio", "case_name": ""})),
            (json!({"case_name": ""}), json!({"template_id": "radio", "case_name": ""})),
            (json!({"description": ""}), json!({"template_id": "radio", "case_name": "wifi", "description": ""})),
        ] {
            let stored = app.post(CASES, &case(&changes)).await.ok();
            assert_eq!(only(&stored, &names), names);
        }
        for nothing in [json!({"template_id": null, "case_name": null}), json!({"template_id": "", "case_name": ""})] {
            let answer = app.post(CASES, &case(&nothing)).await;
            assert_eq!(answer.problems(), [("value_error".to_owned(), json!(["body"]))]);
            let msg = answer.json()["detail"][0]["msg"].clone();
            assert_eq!(msg, "Value error, Either case_name or template_id is required");
        }
        let mut body = case(&json!({"url": "https://example.org/", "description": 5}));
        body["template_id"] = json!("");
        body["case_name"] = json!("");
        let expected = [
            ("string_type".to_owned(), json!(["body", "description"])),
            ("value_error".to_owned(), json!(["body", "url"])),
        ];
        assert_eq!(sorted(app.post(CASES, &body).await.problems()), expected);
    }

    // Reported issues: one about an environment has an address when it is confirmed, and may have one otherwise.
    async fn a_confirmed_report_of_an_environment_is_tracked(app: TestApp) {
        for is_confirmed in [json!(true), json!(1)] {
            let mut body = environment(&json!({"url": null, "is_confirmed": is_confirmed}));
            for _ in 0..2 {
                let answer = app.post(ENVIRONMENTS, &body).await;
                assert_eq!(answer.problems(), [("value_error".to_owned(), json!(["body"]))]);
                let msg = answer.json()["detail"][0]["msg"].clone();
                assert_eq!(msg, "Value error, A URL is required if the issue is confirmed");
                // Once without the field, once with null in it.
                body["url"] = Value::Null;
            }
        }
        let mut body = environment(&json!({"url": null, "is_confirmed": false}));
        assert_eq!(app.post(ENVIRONMENTS, &body).await.ok()["url"], Value::Null);
        body["url"] = Value::Null;
        assert_eq!(app.post(ENVIRONMENTS, &body).await.ok()["url"], Value::Null);
        body["url"] = json!("https://github.com/x");
        let stored = app.post(ENVIRONMENTS, &body).await.ok();
        assert_eq!((&stored["url"], &stored["is_confirmed"]), (&json!("https://github.com/x"), &json!(false)));
    }

    // Reported issues: listed in the order of the reports, also after one of them was changed.
    async fn reports_are_listed_in_their_order(app: TestApp) {
        for (path, body) in registries() {
            let mut expected = Vec::new();
            for description in ["c", "a", "b"] {
                expected.push(add(&app, path, &changed(body.clone(), &json!({"description": description}))).await);
            }
            assert_eq!(ids(&app, path).await, expected, "{path}");
            app.put(&format!("{path}/{}", expected[0]), &body).await.ok();
            assert_eq!(ids(&app, path).await, expected, "{path}");
        }
    }

    // Reported issues: those of tests are filtered by exactly the template and exactly the case; empty filters nothing.
    async fn reports_of_tests_are_filtered_by_template_and_case(app: TestApp) {
        let mut all = Vec::new();
        for (template, name) in [("radio", "wifi"), ("radio", "bt 5"), ("", "wifi"), ("radio", "")] {
            all.push(add(&app, CASES, &case(&json!({"template_id": template, "case_name": name}))).await);
        }
        for (query, expected) in [
            ("", vec![0, 1, 2, 3]),
            ("?template_id=radio", vec![0, 1, 3]),
            ("?case_name=wifi", vec![0, 2]),
            ("?template_id=radio&case_name=wifi", vec![0]),
            ("?case_name=bt+5", vec![1]),
            ("?template_id=&case_name=", vec![0, 1, 2, 3]),
            ("?template_id=radio&case_name=", vec![0, 1, 3]),
            ("?template_id=rad", vec![]),
            ("?template_id=RADIO", vec![]),
            ("?case_name=%25", vec![]),
            ("?case_name=%20wifi", vec![]),
            ("?limit=1&offset=2", vec![0, 1, 2, 3]),
        ] {
            let expected: Vec<i64> = expected.into_iter().map(|place: usize| all[place]).collect();
            assert_eq!(ids(&app, &format!("{CASES}{query}")).await, expected, "{query}");
        }
        for field in ["template_id", "case_name"] {
            let problems = app.get(&format!("{CASES}?{field}=%00")).await.problems();
            assert_eq!(problems, [("value_error".to_owned(), json!(["query", field]))]);
        }
    }

    // Reported issues: those of environments are filtered by whether they are confirmed.
    async fn reports_of_environments_are_filtered_by_confirmation(app: TestApp) {
        let confirmed = add(&app, ENVIRONMENTS, &environment(&json!({}))).await;
        let rumour = add(&app, ENVIRONMENTS, &environment(&json!({"is_confirmed": false}))).await;
        for (query, expected) in [
            ("", vec![confirmed, rumour]),
            ("?is_confirmed=false", vec![rumour]),
            ("?is_confirmed=true", vec![confirmed]),
            ("?is_confirmed=No", vec![rumour]),
            ("?is_confirmed=false&is_confirmed=1", vec![confirmed]),
        ] {
            assert_eq!(ids(&app, &format!("{ENVIRONMENTS}{query}")).await, expected, "{query}");
        }
        for word in ["", "maybe", "+true"] {
            let problems = app.get(&format!("{ENVIRONMENTS}?is_confirmed={word}")).await.problems();
            assert_eq!(problems, [("bool_parsing".to_owned(), json!(["query", "is_confirmed"]))], "{word}");
        }
    }

    // Reported issues of environments: an artefact leaves those of the environments that it was tested in, or is to be reviewed in.
    async fn environments_of_an_artefact_are_asked_for(app: TestApp) {
        let run = app.start(&snap(&json!({"environment": "rpi4"}))).await;
        let artefact = app.artefact_of(run).await;
        let [here, there] = [json!({}), json!({"environment_name": "elsewhere"})].map(|changes| environment(&changes));
        let here = add(&app, ENVIRONMENTS, &here).await;
        add(&app, ENVIRONMENTS, &there).await;
        assert_eq!(ids(&app, &format!("{ENVIRONMENTS}?artefact_id={artefact}")).await, [here]);
        assert_eq!(ids(&app, &format!("{ENVIRONMENTS}?artefact_id={artefact}&is_confirmed=false")).await, [0_i64; 0]);
        app.raw.run("DELETE FROM test_execution").await;
        assert_eq!(ids(&app, &format!("{ENVIRONMENTS}?artefact_id={artefact}")).await, [here], "its review is kept");
        assert_eq!(ids(&app, &format!("{ENVIRONMENTS}?artefact_id=99999")).await, [0_i64; 0]);
    }

    // Reported issues: a PUT with the whole object replaces all that can be said, and bumps the time of the change.
    async fn a_report_is_replaced(app: TestApp) {
        let mut app = app;
        let a_case = json!({"template_id": "new", "case_name": "", "description": "x", "url": "https://github.com/y"});
        let an_environment = json!({"environment_name": "b", "description": "x", "url": null, "is_confirmed": false});
        for ((path, body), replacement) in registries().into_iter().zip([a_case, an_environment]) {
            app = app.with_clock(clock_at("2031-05-04T03:02:01Z"));
            let beside = app.post(path, &body).await.ok();
            let stored = app.post(path, &body).await.ok();
            app = app.with_clock(clock_at("2031-05-04T03:02:02.5Z"));
            // What the client cannot change is ignored.
            let mut sent = stored.clone();
            for (field, value) in replacement.as_object().unwrap() {
                sent[field] = value.clone();
            }
            sent["id"] = json!(9_999);
            sent["created_at"] = json!("nonsense");
            let changed = app.put(&format!("{path}/{}", stored["id"]), &sent).await.ok();
            let mut expected = sent.clone();
            expected["id"] = stored["id"].clone();
            expected["created_at"] = json!("2031-05-04T03:02:01");
            expected["updated_at"] = json!("2031-05-04T03:02:02.500000");
            assert_eq!(changed, expected, "{path}");
            assert_eq!(app.get(path).await.ok(), json!([beside, expected]), "{path}");
        }
    }

    // Reported issues: what a PUT leaves out becomes empty.
    async fn what_a_replacement_leaves_out_is_empty(app: TestApp) {
        let id = add(&app, CASES, &case(&json!({}))).await;
        let stored = app.put(&format!("{CASES}/{id}"), &case(&json!({"case_name": null}))).await.ok();
        assert_eq!((&stored["template_id"], &stored["case_name"]), (&json!("radio"), &json!("")));
        let id = add(&app, ENVIRONMENTS, &environment(&json!({}))).await;
        let rumour = environment(&json!({"url": null, "is_confirmed": false}));
        assert_eq!(app.put(&format!("{ENVIRONMENTS}/{id}"), &rumour).await.ok()["url"], Value::Null);
    }

    // Reported issues: a PUT is judged like a POST.
    async fn a_replacement_is_judged_like_a_report(app: TestApp) {
        let a_case = add(&app, CASES, &case(&json!({}))).await;
        let an_environment = add(&app, ENVIRONMENTS, &environment(&json!({}))).await;
        let empty = case(&json!({"template_id": "", "case_name": ""}));
        for (path, id, body, kind, loc) in [
            (CASES, a_case, case(&json!({"url": "invalid url"})), "url_parsing", json!(["body", "url"])),
            (CASES, a_case, empty, "value_error", json!(["body"])),
            (CASES, a_case, case(&json!({"description": null})), "missing", json!(["body", "description"])),
            (ENVIRONMENTS, an_environment, environment(&json!({"url": null})), "value_error", json!(["body"])),
            // Whether there is such a report comes later.
            (CASES, 99_999, case(&json!({"url": null})), "missing", json!(["body", "url"])),
            (ENVIRONMENTS, 99_999, environment(&json!({"url": null})), "value_error", json!(["body"])),
        ] {
            let problems = app.put(&format!("{path}/{id}"), &body).await.problems();
            assert_eq!(problems, [(kind.to_owned(), loc)], "{path} {body}");
        }
        let expected = [("int_parsing", json!(["path", "issue_id"])), ("missing", json!(["body"]))];
        let expected = expected.map(|(kind, loc)| (kind.to_owned(), loc));
        for path in [CASES, ENVIRONMENTS] {
            assert_eq!(app.put(&format!("{path}/x"), &Value::Null).await.problems(), expected);
        }
    }

    // Reported issues: a DELETE is answered with 200 and null, and removes no other.
    async fn a_report_is_removed(app: TestApp) {
        for (path, body) in registries() {
            let ids_before = [add(&app, path, &body).await, add(&app, path, &body).await];
            assert_eq!(app.delete(&format!("{path}/{}", ids_before[0])).await.ok(), Value::Null, "{path}");
            assert_eq!(ids(&app, path).await, [ids_before[1]], "{path}");
            assert_eq!(app.delete(&format!("{path}/{}", ids_before[1])).await.ok(), Value::Null, "{path}");
            assert_eq!(app.get(path).await.ok(), json!([]), "{path}");
        }
    }

    // Reported issues: an id that is none is not found, and nothing is stored under it.
    async fn unknown_reports_are_not_found(app: TestApp) {
        for (path, body) in registries() {
            let gone = add(&app, path, &body).await.to_string();
            app.delete(&format!("{path}/{gone}")).await.ok();
            for id in [gone.as_str(), "0", "-1", "2147483648", "99999999999999999999"] {
                let it = format!("{path}/{id}");
                for answer in [app.put(&it, &body).await, app.delete(&it).await] {
                    assert_eq!(answer.status, 404, "{path} {id}");
                    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
                    assert!(detail.starts_with("Reported issue ") && detail.ends_with(" not found"), "{detail}");
                }
            }
            let expected = [("int_parsing".to_owned(), json!(["path", "issue_id"]))];
            assert_eq!(app.delete(&format!("{path}/x")).await.problems(), expected);
            assert_eq!(app.get(path).await.ok(), json!([]), "{path}");
        }
    }

    // Reported issues: the two registries know nothing of each other.
    async fn the_registries_are_apart(app: TestApp) {
        let id = add(&app, CASES, &case(&json!({}))).await;
        assert_eq!(app.get(ENVIRONMENTS).await.ok(), json!([]));
        assert_eq!(app.delete(&format!("{ENVIRONMENTS}/{id}")).await.status, 404);
        assert_eq!(ids(&app, CASES).await, [id]);
    }

    // Reported issues: a single one cannot be read.
    async fn a_single_report_cannot_be_read(app: TestApp) {
        for (path, body) in registries() {
            let id = add(&app, path, &body).await;
            let answer = app.get(&format!("{path}/{id}")).await;
            answer.refused(405, "Method Not Allowed");
            let allow = answer.headers["allow"].to_str().unwrap();
            let mut methods: Vec<&str> = allow.split(',').map(str::trim).collect();
            methods.sort_unstable();
            assert_eq!(methods, ["DELETE", "PUT"], "{path}");
        }
    }

    // Reported issues: each endpoint takes its one permission, before anything else that is wrong.
    async fn each_endpoint_takes_its_permission(app: TestApp) {
        let cases = (CASES, Permission::ViewTestCaseReportedIssue, Permission::ChangeTestCaseReportedIssue);
        let environments =
            (ENVIRONMENTS, Permission::ViewEnvironmentReportedIssue, Permission::ChangeEnvironmentReportedIssue);
        for (path, view, change) in [cases, environments] {
            for (method, path, permission, allowed) in [
                (Method::GET, path.to_owned(), view, 200),
                (Method::POST, path.to_owned(), change, 422),
                (Method::PUT, format!("{path}/x"), change, 422),
                (Method::DELETE, format!("{path}/99"), change, 404),
            ] {
                let body = (method != Method::GET).then(|| json!({}));
                let body = body.as_ref();
                let answer = app.anonymous(method.clone(), &path, body).await;
                answer.refused(403, "Insufficient permissions");
                let others: Vec<Permission> = Permission::ALL.iter().copied().filter(|it| *it != permission).collect();
                let key = app.add_application(&others).await;
                let answer = app.as_application(&key, method.clone(), &path, body).await;
                answer.refused(403, "Insufficient permissions");
                let key = app.add_application(&[permission]).await;
                let answer = app.as_application(&key, method.clone(), &path, body).await;
                assert_eq!(answer.status, allowed, "{method} {path}: {}", answer.text());
            }
        }
        for path in [format!("{CASES}?template_id=%00"), format!("{ENVIRONMENTS}?is_confirmed=maybe")] {
            app.anonymous(Method::GET, &path, None).await.refused(403, "Insufficient permissions");
        }
    }

    // Reported issues: reading costs the same whatever is there.
    async fn reading_takes_the_same_statements_for_one_report_as_for_thirty(app: TestApp) {
        for (path, body) in registries() {
            let mut counts = Vec::new();
            for total in [1, 30] {
                while ids(&app, path).await.len() < total {
                    add(&app, path, &body).await;
                }
                let before = app.service.db.statements();
                assert_eq!(ids(&app, path).await.len(), total);
                counts.push(app.service.db.statements() - before);
            }
            assert_eq!(counts[0], counts[1], "{path}");
        }
    }
}
