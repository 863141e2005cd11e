//! `/v1/issues`: making issues known by their address, reading and changing them.

use app::api::Permission;
use axum::http::Method;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{TestApp, both, only, snap};

pub(crate) const ISSUES: &str = "/v1/issues";

pub(crate) const RADIO: &str = "https://github.com/acme/radio/issues/71";

const NUMBER_OF_ISSUES: &str = "SELECT COUNT(*) FROM issue";

const WRITTEN: &str = "SELECT CAST(updated_at AS TEXT) FROM issue ORDER BY id";

const REFUSAL: &str = "Insufficient permissions";

fn path_of(issue: i64) -> String {
    format!("{ISSUES}/{issue}")
}

/// Makes an issue known and returns it.
pub(crate) async fn put(app: &TestApp, body: &Value) -> Value {
    app.put(ISSUES, body).await.ok()
}

/// Makes the issue at an address known; its id.
pub(crate) async fn add(app: &TestApp, url: &str) -> i64 {
    put(app, &json!({"url": url})).await["id"].as_i64().unwrap()
}

/// An object with some fields set.
fn with(object: &Value, changes: &Value) -> Value {
    let mut object = object.clone();
    for (name, value) in changes.as_object().unwrap() {
        object[name] = value.clone();
    }
    object
}

/// The results of an execution, by id.
pub(crate) async fn results_of(app: &TestApp, execution: i64) -> Vec<i64> {
    let results = app.get(&format!("/v1/test-executions/{execution}/test-results")).await.ok();
    results.as_array().unwrap().iter().map(|result| result["id"].as_i64().unwrap()).collect()
}

pub(crate) async fn attach(app: &TestApp, issue: i64, results: &[i64]) {
    app.post(&format!("{ISSUES}/{issue}/attach"), &json!({"test_results": results})).await.ok();
}

pub(crate) fn problems(expected: &[(&str, Value)]) -> Vec<(String, Value)> {
    expected.iter().map(|(kind, loc)| ((*kind).to_owned(), loc.clone())).collect()
}

/// Everything but one permission.
fn all_but(missing: Permission) -> Vec<Permission> {
    Permission::ALL.iter().copied().filter(|permission| *permission != missing).collect()
}

both! {
    // PUT: 200 with the ten keys in order; a new issue has an empty title, is unknown, and asks for no reruns.
    async fn an_issue_is_made_known_by_its_address(app: TestApp) {
        let answer = app.put(ISSUES, &json!({"url": RADIO})).await;
        let id = answer.ok()["id"].as_i64().unwrap();
        let expected = format!(
            "{{\"id\":{id},\"source\":\"github\",\"project\":\"acme/radio\",\"key\":\"71\",\"title\":\"\",\
             \"status\":\"unknown\",\"url\":\"{RADIO}\",\"labels\":null,\"auto_rerun_enabled\":false,\
             \"attachment_rules\":[]}}"
        );
        assert_eq!(answer.text(), expected);
        assert_eq!(app.get(&path_of(id)).await.text(), expected);
        // With everything that can be said at once; what cannot be said is ignored.
        let body = json!({
            "url": "https://warthogs.atlassian.net/browse/ABC-17", "title": "wifi drops", "status": "open",
            "auto_rerun_enabled": true, "labels": ["net"], "unknown": 1,
        });
        let shown = put(&app, &body).await;
        let expected = json!({
            "id": shown["id"], "source": "jira", "project": "ABC", "key": "17", "title": "wifi drops", "status": "open",
            "url": "https://warthogs.atlassian.net/browse/ABC-17", "labels": null, "auto_rerun_enabled": true,
            "attachment_rules": [],
        });
        assert_eq!(shown, expected);
        assert_eq!(app.get(&path_of(shown["id"].as_i64().unwrap())).await.ok(), expected);
    }

    // PUT again: idempotent; the address alone changes nothing; each field is set if it is not null.
    async fn an_issue_that_is_known_is_changed_by_what_is_said(app: TestApp) {
        let known = put(&app, &json!({"url": RADIO, "title": "mute", "status": "open"})).await;
        let written = app.raw.texts(WRITTEN).await;
        for nothing_new in [
            json!({"url": RADIO, "title": "mute", "status": "open"}),
            json!({"url": RADIO}),
            json!({"url": RADIO, "title": null, "status": null, "auto_rerun_enabled": null}),
            json!({"url": RADIO, "auto_rerun_enabled": false}),
        ] {
            assert_eq!(put(&app, &nothing_new).await, known, "{nothing_new}");
        }
        assert_eq!(app.raw.texts(WRITTEN).await, written);
        let mut expected = known;
        for change in [
            json!({"title": "loud"}),
            json!({"status": "closed"}),
            json!({"auto_rerun_enabled": true}),
            json!({"auto_rerun_enabled": "no", "title": "", "status": "unknown"}),
        ] {
            expected = with(&expected, &change);
            if expected["auto_rerun_enabled"] == "no" {
                expected["auto_rerun_enabled"] = json!(false);
            }
            assert_eq!(put(&app, &with(&change, &json!({"url": RADIO}))).await, expected, "{change}");
        }
        assert_ne!(app.raw.texts(WRITTEN).await, written);
        assert_eq!(app.raw.number(NUMBER_OF_ISSUES).await, 1);
    }

    // Addresses: case, scheme, port, query, fragment and package do not matter; leading zeros of the key do.
    async fn an_issue_has_many_spellings_of_one_address(app: TestApp) {
        for (spellings, source, project, key, url) in [
            (
                vec![
                    "https://github.com/a/b/issues/2", "http://GitHub.com/A/b/issues/2?x=1#y",
                    "https://github.com:8443/a/b/issues/2", " https://me:secret@github.com/x/../a/B/issues/2 ",
                ],
                "github", "a/b", "2", "https://github.com/a/b/issues/2",
            ),
            (
                vec!["https://warthogs.atlassian.net/browse/ts-14", "https://warthogs.atlassian.net/browse/TS-14"],
                "jira", "TS", "14", "https://warthogs.atlassian.net/browse/TS-14",
            ),
            (
                vec![
                    "https://bugs.launchpad.net/ubuntu/+source/linux-meta/+bug/99",
                    "https://bugs.launchpad.net/Ubuntu/+bug/99",
                ],
                "launchpad", "ubuntu", "99", "https://bugs.launchpad.net/ubuntu/+bug/99",
            ),
            (
                vec!["https://github.com/a/b/issues/002"],
                "github", "a/b", "002", "https://github.com/a/b/issues/002",
            ),
        ] {
            let first = add(&app, spellings[0]).await;
            for spelling in spellings {
                let expected = json!({"id": first, "source": source, "project": project, "key": key, "url": url});
                assert_eq!(only(&put(&app, &json!({"url": spelling})).await, &expected), expected, "{spelling}");
            }
        }
        assert_eq!(app.raw.number(NUMBER_OF_ISSUES).await, 4);
    }

    // An address of nothing is refused with a text that says what was understood.
    async fn an_address_of_no_issue_is_refused(app: TestApp) {
        for (url, host, path) in [
            ("https://Example.org:8443/x?y#z", "example.org", "/x"),
            ("https://github.com/acme/radio/issues/71/", "github.com", "/acme/radio/issues/71/"),
            ("https://github.com/acme/radio/pull/71", "github.com", "/acme/radio/pull/71"),
            ("https://github.com/radio/issues/71", "github.com", "/radio/issues/71"),
            ("https://www.github.com/acme/radio/issues/71", "www.github.com", "/acme/radio/issues/71"),
            ("https://warthogs.atlassian.net/browse/T2O-1", "warthogs.atlassian.net", "/browse/T2O-1"),
            ("https://warthogs.atlassian.net/browse/000-142", "warthogs.atlassian.net", "/browse/000-142"),
            ("https://launchpad.net/bugs/1", "launchpad.net", "/bugs/1"),
            ("https://bugs.launchpad.net/bugs/1", "bugs.launchpad.net", "/bugs/1"),
        ] {
            let detail = format!(
                "Unrecognized issue URL format:\n  host = '{host}'\n  path = '{path}'\n\nExpected formats:\n  \
                 GitHub:     https://github.com/<owner>/<repo>/issues/<number>\n  \
                 JIRA:       https://warthogs.atlassian.net/browse/<PROJECT-123>\n  \
                 Launchpad:  https://bugs.launchpad.net/<project>/+bug/<number>"
            );
            app.put(ISSUES, &json!({"url": url, "title": "x"})).await.refused(422, &detail);
        }
        // As long as the columns are, and no longer.
        let long = |part: usize| format!("https://bugs.launchpad.net/{}/+bug/{}", "p".repeat(part), "1".repeat(part));
        let detail = "The project and the number of an issue have at most 200 characters each";
        app.put(ISSUES, &json!({"url": long(201)})).await.refused(422, detail);
        assert_eq!(app.raw.number(NUMBER_OF_ISSUES).await, 0);
        add(&app, &long(200)).await;
    }

    // Malformed bodies of PUT, each problem in its place and all of them in the order of the fields.
    async fn malformed_issues_are_refused(app: TestApp) {
        for (body, expected) in [
            (json!({}), vec![("missing", json!(["body", "url"]))]),
            (json!({"url": null}), vec![("url_type", json!(["body", "url"]))]),
            (json!({"url": 5}), vec![("url_type", json!(["body", "url"]))]),
            (json!({"url": ""}), vec![("url_parsing", json!(["body", "url"]))]),
            (json!({"url": "/acme/radio/issues/71"}), vec![("url_parsing", json!(["body", "url"]))]),
            (json!({"url": "ftp://github.com/acme/radio/issues/71"}), vec![("url_scheme", json!(["body", "url"]))]),
            (json!({"url": format!("{RADIO}?{}", "x".repeat(2_100))}), vec![("url_too_long", json!(["body", "url"]))]),
            (json!({"url": RADIO, "status": "done"}), vec![("enum", json!(["body", "status"]))]),
            (json!({"url": RADIO, "status": "OPEN"}), vec![("enum", json!(["body", "status"]))]),
            (json!({"url": RADIO, "title": 5}), vec![("string_type", json!(["body", "title"]))]),
            (json!({"url": RADIO, "title": "a\u{0}b"}), vec![("value_error", json!(["body", "title"]))]),
            (json!({"url": RADIO, "auto_rerun_enabled": "maybe"}),
             vec![("bool_parsing", json!(["body", "auto_rerun_enabled"]))]),
            (json!({"url": 1, "auto_rerun_enabled": [], "status": 2, "title": {}}), vec![
                ("string_type", json!(["body", "title"])), ("enum", json!(["body", "status"])),
                ("bool_type", json!(["body", "auto_rerun_enabled"])), ("url_type", json!(["body", "url"])),
            ]),
            (json!([]), vec![("model_attributes_type", json!(["body"]))]),
            (json!(null), vec![("missing", json!(["body"]))]),
        ] {
            assert_eq!(app.put(ISSUES, &body).await.problems(), problems(&expected), "{body}");
        }
        for (body, text) in [
            (json!({"url": 5}), "URL input should be a string or URL"),
            (json!({"url": "x/y"}), "Input should be a valid URL, relative URL without a base"),
            (json!({"url": ""}), "Input should be a valid URL, input is empty"),
            (json!({"url": "mailto:a@b"}), "URL scheme should be 'http' or 'https'"),
            (json!({"url": RADIO, "status": ""}), "Input should be 'unknown', 'open' or 'closed'"),
        ] {
            assert_eq!(app.put(ISSUES, &body).await.json()["detail"][0]["msg"], text, "{body}");
        }
        assert_eq!(app.raw.number(NUMBER_OF_ISSUES).await, 0);
    }

    // Many clients at once that make one issue known see one issue.
    async fn twenty_puts_of_a_new_address_make_one_issue(app: TestApp) {
        let answers = join_all((0..20).map(|n| {
            let (app, body) = (&app, json!({"url": RADIO, "title": format!("title {n}")}));
            async move { app.put(ISSUES, &body).await }
        }))
        .await;
        let ids: Vec<Value> = answers.iter().map(|answer| answer.ok()["id"].clone()).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        for (n, answer) in answers.iter().enumerate() {
            assert_eq!(answer.json()["title"], format!("title {n}"));
        }
        assert_eq!(app.raw.number(NUMBER_OF_ISSUES).await, 1);
    }

    // GET one: labels as they were learnt; an id that names nothing is 404 however large, one that is none 422.
    async fn one_issue_is_read(app: TestApp) {
        let id = add(&app, RADIO).await;
        for labels in [json!([]), json!(["b", "a"])] {
            app.raw.run(&format!("UPDATE issue SET labels = '{labels}'")).await;
            assert_eq!(app.get(&path_of(id)).await.ok()["labels"], labels);
        }
        for missing in ["0", "-1", "998", "4294967296", "99999999999999999999999"] {
            app.get(&format!("{ISSUES}/{missing}")).await.refused(404, "Issue not found");
        }
        let expected = problems(&[("int_parsing", json!(["path", "issue_id"]))]);
        assert_eq!(app.get(&format!("{ISSUES}/x")).await.problems(), expected);
    }

    // PATCH: what is absent or null stays, and nothing else changes.
    async fn an_issue_is_changed_field_by_field(app: TestApp) {
        let id = add(&app, RADIO).await;
        let other = add(&app, "https://bugs.launchpad.net/abc/+bug/1").await;
        let untouched = app.get(&path_of(other)).await.ok();
        let mut expected = app.get(&path_of(id)).await.ok();
        for (patch, change) in [
            (json!({"title": "mute"}), json!({"title": "mute"})),
            (json!({"status": "open"}), json!({"status": "open"})),
            (json!({"auto_rerun_enabled": true}), json!({"auto_rerun_enabled": true})),
            (json!({}), json!({})),
            (json!({"title": null, "status": null, "auto_rerun_enabled": null}), json!({})),
            (json!({"url": "https://example.org", "key": "9", "id": 9, "labels": ["x"]}), json!({})),
            (json!({"title": "", "status": "closed", "auto_rerun_enabled": 0}),
             json!({"title": "", "status": "closed", "auto_rerun_enabled": false})),
        ] {
            expected = with(&expected, &change);
            let written = app.raw.texts(WRITTEN).await;
            assert_eq!(app.patch(&path_of(id), &patch).await.ok(), expected, "{patch}");
            assert_eq!(app.get(&path_of(id)).await.ok(), expected, "{patch}");
            assert_eq!(app.raw.texts(WRITTEN).await == written, change == json!({}), "{patch}");
        }
        assert_eq!(app.get(&path_of(other)).await.ok(), untouched);
        app.patch(&path_of(998), &json!({"title": "x"})).await.refused(404, "Issue not found");
        for (body, expected) in [
            (json!({"status": "done"}), vec![("enum", json!(["body", "status"]))]),
            (json!({"auto_rerun_enabled": 2, "status": 1, "title": 5}), vec![
                ("string_type", json!(["body", "title"])), ("enum", json!(["body", "status"])),
                ("bool_parsing", json!(["body", "auto_rerun_enabled"])),
            ]),
            (json!({"title": "\u{0}"}), vec![("value_error", json!(["body", "title"]))]),
            (json!(null), vec![("missing", json!(["body"]))]),
        ] {
            assert_eq!(app.patch(&path_of(id), &body).await.problems(), problems(&expected), "{body}");
        }
        let key = app.key.clone();
        let without_body = app.as_application(&key, Method::PATCH, &path_of(id), None).await;
        assert_eq!(without_body.problems(), problems(&[("missing", json!(["body"]))]));
    }

    // The query of PATCH is checked and has no effect; only `auto_rerun_enabled` in it takes `change_auto_rerun`.
    async fn the_query_of_a_change_is_checked_and_has_no_effect(app: TestApp) {
        let id = add(&app, RADIO).await;
        let before = app.get(&path_of(id)).await.ok();
        let change = app.add_application(&[Permission::ChangeIssue]).await;
        let both = app.add_application(&[Permission::ChangeIssue, Permission::ChangeAutoRerun]).await;
        let only_reruns = app.add_application(&[Permission::ChangeAutoRerun]).await;
        let send = async |key: &str, query: &str, body: &Value| {
            app.as_application(key, Method::PATCH, &format!("{}?{query}", path_of(id)), Some(body)).await
        };
        let nothing = json!({});
        assert_eq!(send(&change, "title=x&status=closed", &nothing).await.ok(), before);
        for query in ["auto_rerun_enabled=true", "auto_rerun_enabled=false", "title=x&auto_rerun_enabled=1"] {
            assert_eq!(send(&both, query, &nothing).await.ok(), before, "{query}");
            send(&change, query, &nothing).await.refused(403, REFUSAL);
            send(&only_reruns, query, &nothing).await.refused(403, REFUSAL);
        }
        // The refusal goes before what is wrong with the value, or with the body.
        for query in ["auto_rerun_enabled=maybe", "auto_rerun_enabled=", "auto_rerun_enabled"] {
            send(&change, query, &json!({"status": 5})).await.refused(403, REFUSAL);
            let expected = problems(&[("bool_parsing", json!(["query", "auto_rerun_enabled"]))]);
            assert_eq!(send(&both, query, &nothing).await.problems(), expected, "{query}");
        }
        for status in ["done", ""] {
            let expected = problems(&[("enum", json!(["query", "status"]))]);
            assert_eq!(send(&change, &format!("status={status}"), &nothing).await.problems(), expected);
        }
        // In the body it takes `change_issue` alone, here and in PUT.
        let body = json!({"auto_rerun_enabled": true});
        assert_eq!(send(&change, "", &body).await.ok()["auto_rerun_enabled"], true);
        let body = json!({"url": RADIO, "auto_rerun_enabled": false});
        let answer = app.as_application(&change, Method::PUT, ISSUES, Some(&body)).await;
        assert_eq!(answer.ok()["auto_rerun_enabled"], false);
    }

    // Reading takes `view_issue`, changing `change_issue`; the refusal goes before everything that is malformed.
    async fn issues_are_for_those_who_may(app: TestApp) {
        let id = add(&app, RADIO).await;
        let one = path_of(id);
        let good = json!({"url": RADIO});
        let bad = json!({"url": 5, "status": 5});
        for (permission, method, path, body) in [
            (Permission::ViewIssue, Method::GET, ISSUES, None),
            (Permission::ViewIssue, Method::GET, "/v1/issues?limit=x", None),
            (Permission::ViewIssue, Method::GET, one.as_str(), None),
            (Permission::ViewIssue, Method::GET, "/v1/issues/x", None),
            (Permission::ViewIssue, Method::GET, "/v1/issues/998", None),
            (Permission::ChangeIssue, Method::PUT, ISSUES, Some(&good)),
            (Permission::ChangeIssue, Method::PUT, ISSUES, Some(&bad)),
            (Permission::ChangeIssue, Method::PATCH, one.as_str(), Some(&good)),
            (Permission::ChangeIssue, Method::PATCH, "/v1/issues/x?status=x", Some(&bad)),
            (Permission::ChangeIssue, Method::PATCH, "/v1/issues/998", Some(&good)),
        ] {
            let others = app.add_application(&all_but(permission)).await;
            let alone = app.add_application(&[permission]).await;
            app.anonymous(method.clone(), path, body).await.refused(403, REFUSAL);
            app.as_application(&others, method.clone(), path, body).await.refused(403, REFUSAL);
            assert_ne!(app.as_application(&alone, method, path, body).await.status, 403, "{path}");
        }
        assert_eq!(app.get(&one).await.ok()["title"], "");
    }

    // A request takes as many statements for thirty issues, rules and attachments as for one of each.
    async fn issues_take_the_same_statements_for_many_rows_as_for_one(app: TestApp) {
        let id = add(&app, RADIO).await;
        let execution = app.start(&snap(&json!({}))).await;
        let mut counts = Vec::new();
        for size in [1, 30] {
            for n in app.raw.number("SELECT COUNT(*) FROM issue_test_result_attachment_rule").await..size {
                let rule = json!({"artefacts": ["x"], "execution_metadata": {"k": ["1", "2"]}});
                app.post(&format!("{ISSUES}/{id}/attachment-rules"), &rule).await.ok();
                app.report(execution, &[(&format!("case {n}"), "FAILED")]).await;
                let issue = add(&app, &format!("https://github.com/acme/radio/issues/{}", 100 + n)).await;
                attach(&app, issue, &results_of(&app, execution).await[..1]).await;
            }
            let mut of_size = Vec::new();
            for (method, path, body) in [
                (Method::GET, "/v1/issues?q=acme&families=snap&status=unknown".to_owned(), None),
                (Method::GET, path_of(id), None),
                (Method::PATCH, path_of(id), Some(json!({"title": format!("title {size}")}))),
                (Method::PUT, ISSUES.to_owned(), Some(json!({"url": RADIO, "title": format!("name {size}")}))),
            ] {
                let before = app.service.db.statements();
                app.as_application(&app.key, method, &path, body.as_ref()).await.ok();
                of_size.push(app.service.db.statements() - before);
            }
            counts.push(of_size);
        }
        assert_eq!(counts[0], counts[1]);
        // One of each is the look-up of the caller; of a change one notes it down, and on PostgreSQL one announces it.
        assert!(counts[0].iter().all(|count| *count <= 7), "{counts:?}");
    }
}
