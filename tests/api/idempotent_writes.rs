//! `Idempotency-Key` on every write of the document: done once, answered as before, and good for that request alone.

use std::collections::BTreeSet;

use app::api::Permission;
use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, both, charm, snap};

const REUSED: &str = "The Idempotency-Key was used for another request";
const NOW: &str = "'2031-01-01T00:00:00+00:00'";

/// Writes whose answers are not kept: they hold keys, or change nothing. Other tests look at them.
const NOT_KEPT: [&str; 4] = [
    "POST /v1/applications",
    "POST /v1/applications/me/rotate",
    "POST /v1/applications/{application_id}/rotate",
    "POST /v1/issues/{issue_id}/attachment-rules/preview",
];

/// A write: its name in the document, what stands in place of its parameters, and its body.
struct Write {
    name: &'static str,
    ids: Vec<i64>,
    body: Value,
}

fn write(name: &'static str, ids: &[i64], body: Value) -> Write {
    Write { name, ids: ids.to_vec(), body }
}

impl Write {
    fn method(&self) -> Method {
        self.name.split_once(' ').unwrap().0.parse().unwrap()
    }

    fn path(&self) -> String {
        let mut ids = self.ids.iter();
        let segment = |segment: &str| {
            if segment.starts_with('{') { ids.next().unwrap().to_string() } else { segment.to_owned() }
        };
        self.name.split_once(' ').unwrap().1.split('/').map(segment).collect::<Vec<_>>().join("/")
    }
}

/// The writes of the document, without those of signing in and out.
fn documented() -> BTreeSet<String> {
    let document = serde_json::to_value(test_observer::api::document()).unwrap();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().keys().filter(|method| *method != "get");
        names.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    names.retain(|name| !name.contains(" /v1/auth/"));
    names
}

async fn send(app: &TestApp, session: &str, key: &str, method: Method, path: &str, body: &Value) -> Answer {
    let headers =
        [("cookie", session), ("x-csrf-token", "1"), ("content-type", "application/json"), ("idempotency-key", key)];
    app.request(method, path, &headers, body.to_string()).await
}

async fn notify(app: &TestApp, user: i64) -> i64 {
    let sql = format!(
        "INSERT INTO notification (user_id, notification_type, created_at, updated_at)
         VALUES ({user}, 'USER_ASSIGNED_ARTEFACT_REVIEW', {NOW}, {NOW}) RETURNING id"
    );
    app.raw.number(&sql).await
}

async fn made(app: &TestApp, method: Method, path: &str, body: &Value) -> i64 {
    let answer = app.as_application(&app.key, method, path, Some(body)).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.text());
    answer.json()["id"].as_i64().unwrap()
}

/// What has to do with executions and artefacts.
async fn writes_about_tests(app: &TestApp) -> Vec<Write> {
    let run = app.start(&snap(&json!({"ci_link": "http://ci/1"}))).await;
    app.report(run, &[("wifi", "FAILED")]).await;
    app.start(&snap(&json!({"ci_link": "http://ci/2"}))).await;
    let links = format!("/v1/test-executions/{run}/links");
    let link = made(app, Method::POST, &links, &json!({"label": "", "url": "http://x"})).await;
    let artefact = app.artefact_of(run).await;
    let review = app.raw.number("SELECT id FROM artefact_build_environment_review").await;
    let events = json!({"events": [{"event_name": "e", "timestamp": "2031-01-22T08:30:00Z", "detail": ""}]});
    let reruns = json!({"test_execution_ids": [run]});
    let end = json!({"ci_link": "http://ci/2", "test_results": [
        {"name": "boot", "status": "pass", "category": "c", "comment": "", "io_log": ""},
    ]});
    vec![
        write("PUT /v1/test-executions/start-test", &[], charm(&json!({}))),
        write("PATCH /v1/test-executions/{id}", &[run], json!({"status": "PASSED"})),
        write("POST /v1/test-executions/{id}/links", &[run], json!({"label": "", "url": "http://y"})),
        write("DELETE /v1/test-executions/{id}/links/{link_id}", &[run, link], Value::Null),
        write("PUT /v1/test-executions/{id}/status_update", &[run], events.clone()),
        write("POST /v1/test-executions/{id}/status_update", &[run], events),
        write("POST /v1/test-executions/{id}/test-results", &[run], json!([{"name": "a", "status": "PASSED"}])),
        write("POST /v1/test-executions/reruns", &[], reruns.clone()),
        write("DELETE /v1/test-executions/reruns", &[], reruns),
        write("PATCH /v1/artefacts/{artefact_id}", &[artefact], json!({"comment": "x"})),
        write(
            "PATCH /v1/artefacts/{artefact_id}/environment-reviews",
            &[artefact],
            json!([{"id": review, "review_comment": "x"}]),
        ),
        write(
            "PATCH /v1/artefacts/{artefact_id}/environment-reviews/{review_id}",
            &[artefact, review],
            json!({"review_comment": "y"}),
        ),
        write("PUT /v1/artefacts/{artefact_id}/keep", &[artefact], Value::Null),
        write("DELETE /v1/artefacts/{artefact_id}/keep", &[artefact], Value::Null),
        write("PUT /v1/test-executions/end-test", &[], end),
    ]
}

/// What has to do with what is known of failures.
async fn writes_about_issues(app: &TestApp) -> Vec<Write> {
    let case = json!({"case_name": "wifi", "description": "x", "url": "https://github.com/x"});
    let environment = json!({"environment_name": "rpi4", "description": "x", "is_confirmed": false});
    let of_case = made(app, Method::POST, "/v1/test-cases/reported-issues", &case).await;
    let of_environment = made(app, Method::POST, "/v1/environments/reported-issues", &environment).await;
    let url = |number: i64| json!({"url": format!("https://github.com/acme/radio/issues/{number}")});
    let issue = made(app, Method::PUT, "/v1/issues", &url(1)).await;
    let rules = format!("/v1/issues/{issue}/attachment-rules");
    let rule = made(app, Method::POST, &rules, &json!({"enabled": false})).await;
    let results = json!({"test_results": [app.raw.number("SELECT MIN(id) FROM test_result").await]});
    vec![
        write("POST /v1/test-cases/reported-issues", &[], case.clone()),
        write("PUT /v1/test-cases/reported-issues/{issue_id}", &[of_case], case),
        write("DELETE /v1/test-cases/reported-issues/{issue_id}", &[of_case], Value::Null),
        write("POST /v1/environments/reported-issues", &[], environment.clone()),
        write("PUT /v1/environments/reported-issues/{issue_id}", &[of_environment], environment),
        write("DELETE /v1/environments/reported-issues/{issue_id}", &[of_environment], Value::Null),
        write("PUT /v1/issues", &[], url(2)),
        write("PATCH /v1/issues/{issue_id}", &[issue], json!({"title": "x"})),
        write("POST /v1/issues/{issue_id}/attach", &[issue], results.clone()),
        write("POST /v1/issues/{issue_id}/detach", &[issue], results),
        write("POST /v1/issues/{issue_id}/attachment-rules", &[issue], json!({"enabled": false})),
        write(
            "PATCH /v1/issues/{issue_id}/attachment-rules/{attachment_rule_id}",
            &[issue, rule],
            json!({"enabled": false}),
        ),
        write(
            "PUT /v1/issues/{issue_id}/attachment-rules/{attachment_rule_id}/existing-results",
            &[issue, rule],
            Value::Null,
        ),
        write(
            "DELETE /v1/issues/{issue_id}/attachment-rules/{attachment_rule_id}/existing-results",
            &[issue, rule],
            Value::Null,
        ),
        write("DELETE /v1/issues/{issue_id}/attachment-rules/{attachment_rule_id}", &[issue, rule], Value::Null),
    ]
}

/// What has to do with people and with other systems.
async fn writes_about_people(app: &TestApp, own: i64) -> Vec<Write> {
    let (kim, ada) = (app.add_user("kim").await, app.add_user("ada").await);
    let team = app.add_team("crew", &[], &[]).await;
    let rule = app.add_rule("deb", &json!({}), &[], &[team]).await;
    app.add_application(&[]).await;
    let application = app.raw.number("SELECT MAX(id) FROM application").await;
    let hook = json!({"url": "https://chat.example/hooks/x", "events": ["execution_completed"]});
    let webhook = made(app, Method::POST, "/v1/webhooks", &hook).await;
    app.start(&snap(&json!({"initial_status": "PASSED"}))).await;
    let delivery = app.raw.number("SELECT MAX(id) FROM outbox_message").await;
    vec![
        write("POST /v1/artefact-matching-rules", &[], json!({"family": "snap", "team_ids": [team]})),
        write("PATCH /v1/artefact-matching-rules/{rule_id}", &[rule], json!({"name": "x"})),
        write("DELETE /v1/artefact-matching-rules/{rule_id}", &[rule], Value::Null),
        write("POST /v1/teams", &[], json!({"name": "another"})),
        write("PATCH /v1/teams/{team_id}", &[team], json!({"permissions": ["view_test"]})),
        write("POST /v1/teams/{team_id}/members/{user_id}", &[team, kim], Value::Null),
        write("DELETE /v1/teams/{team_id}/members/{user_id}", &[team, kim], Value::Null),
        write("PATCH /v1/applications/{application_id}", &[application], json!({"permissions": ["view_test"]})),
        write("DELETE /v1/applications/{application_id}", &[application], Value::Null),
        write("POST /v1/users/me/notifications/{notification_id}/dismiss", &[notify(app, own).await], Value::Null),
        write(
            "POST /v1/users/{user_id}/notifications/{notification_id}/dismiss",
            &[kim, notify(app, kim).await],
            Value::Null,
        ),
        write("PATCH /v1/users/{user_id}", &[kim], json!({"is_admin": true})),
        write("DELETE /v1/users/{user_id}", &[ada], Value::Null),
        write("POST /v1/webhooks", &[], hook),
        write("PATCH /v1/webhooks/{webhook_id}", &[webhook], json!({"active": true})),
        write("POST /v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver", &[webhook, delivery], Value::Null),
        write("DELETE /v1/webhooks/{webhook_id}", &[webhook], Value::Null),
    ]
}

/// All of them, each once. What one of them removes the later ones do not need.
async fn all_writes(app: &TestApp, own: i64) -> Vec<Write> {
    let mut writes = writes_about_tests(app).await;
    writes.extend(writes_about_issues(app).await);
    writes.extend(writes_about_people(app, own).await);
    let names = writes.iter().map(|write| write.name).chain(NOT_KEPT).map(str::to_owned);
    assert_eq!(names.collect::<BTreeSet<String>>(), documented());
    writes
}

both! {
    // Each write of the document is answered again as it was the first time; under its key another target is refused.
    async fn every_write_is_done_once_under_its_key(app: TestApp) {
        let own = app.add_admin("root").await;
        let session = app.session(own).await;
        for write in all_writes(&app, own).await {
            let (name, path, body) = (write.name, write.path(), &write.body);
            let first = send(&app, &session, name, write.method(), &path, body).await;
            assert!(first.status.is_success(), "{name}: {}", first.text());
            let entries = app.raw.number("SELECT COUNT(*) FROM audit_log").await;
            let again = send(&app, &session, name, write.method(), &path, body).await;
            assert_eq!((again.status, again.text()), (first.status, first.text()), "{name}");
            assert_eq!(again.headers.get("idempotency-replayed").unwrap(), "true", "{name}");
            for header in ["content-type", "etag", "x-skipped-ids"] {
                assert_eq!(again.headers.get(header), first.headers.get(header), "{name} {header}");
            }
            let other = send(&app, &session, name, write.method(), &format!("{path}?x=1"), body).await;
            other.refused(422, REUSED);
            assert_eq!(app.raw.number("SELECT COUNT(*) FROM audit_log").await, entries, "{name}");
        }
    }

    // What no key can be is told of every write.
    async fn every_write_reads_its_key(app: TestApp) {
        let own = app.add_admin("root").await;
        let session = app.session(own).await;
        for write in all_writes(&app, own).await {
            let answer = send(&app, &session, "", write.method(), &write.path(), &write.body).await;
            let expected = [("value_error".to_owned(), json!(["header", "idempotency-key"]))];
            assert_eq!(answer.problems(), expected, "{}", write.name);
        }
    }

    // Where nobody has to say who they are, keys are those of the address.
    async fn nobody_in_particular_has_keys_by_address(app: TestApp) {
        let app = app.with_settings(|settings| {
            settings.ignored_permissions = [Permission::ChangeTest].into();
        });
        let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
        let start = "/v1/test-executions/start-test";
        let mut ids = Vec::new();
        for _ in 0..2 {
            let answer = app.request(Method::PUT, start, &headers, snap(&json!({})).to_string()).await;
            ids.push(answer.ok()["id"].clone());
        }
        assert_eq!(ids[0], ids[1]);
        // An application with the same key is somebody else.
        let bearer = format!("Bearer {}", app.key);
        let headers = [headers[0], headers[1], ("authorization", bearer.as_str())];
        let answer = app.request(Method::PUT, start, &headers, snap(&json!({})).to_string()).await;
        assert_ne!(answer.ok()["id"], ids[0]);
    }
}
