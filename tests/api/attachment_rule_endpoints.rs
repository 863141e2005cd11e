//! `/v1/issues/{issue_id}/attachment-rules`: make, switch on and off, remove.

use app::api::Permission;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApp, both, deb, snap};

const REFUSAL: &str = "Insufficient permissions";

const UNKNOWN: &str = "Attachment rule not found";

const FOREIGN: &str = "Attachment rule not attached to given issue";

const NUMBER_OF_RULES: &str = "SELECT COUNT(*) FROM issue_test_result_attachment_rule";

/// The lists of a rule that are free text.
const TEXTS: [&str; 7] = [
    "artefacts",
    "artefact_versions",
    "artefact_stages",
    "artefact_tracks",
    "environment_names",
    "test_case_names",
    "template_ids",
];

fn rules_of(issue: i64) -> String {
    format!("/v1/issues/{issue}/attachment-rules")
}

fn path_of(issue: i64, rule: i64) -> String {
    format!("/v1/issues/{issue}/attachment-rules/{rule}")
}

/// The issue with that number, made known.
async fn add_issue(app: &TestApp, number: i64) -> i64 {
    let body = json!({"url": format!("https://github.com/acme/radio/issues/{number}")});
    app.put("/v1/issues", &body).await.ok()["id"].as_i64().unwrap()
}

/// Makes a rule and returns it.
async fn create(app: &TestApp, issue: i64, body: &Value) -> Value {
    app.post(&rules_of(issue), body).await.ok()
}

fn id_of(rule: &Value) -> i64 {
    rule["id"].as_i64().unwrap()
}

/// The rules an issue shows.
async fn shown(app: &TestApp, issue: i64) -> Value {
    app.get(&format!("/v1/issues/{issue}")).await.ok()["attachment_rules"].clone()
}

/// An object with some fields set.
fn with(object: &Value, changes: &Value) -> Value {
    let mut object = object.clone();
    for (name, value) in changes.as_object().unwrap() {
        object[name] = value.clone();
    }
    object
}

/// The `(issue, rule)` ids attached to each result of an execution, by the order of upload.
async fn attached(app: &TestApp, execution: i64) -> Vec<Vec<(Value, Value)>> {
    let results = app.get(&format!("/v1/test-executions/{execution}/test-results")).await.ok();
    let ids = |it: &Value| (it["issue"]["id"].clone(), it["attachment_rule"]["id"].clone());
    let results = results.as_array().unwrap().iter();
    results.map(|result| result["issues"].as_array().unwrap().iter().map(ids).collect()).collect()
}

both! {
    // POST: 200 with exactly the twelve keys; without a body's fields the rule is enabled and matches everything.
    async fn a_rule_shows_its_twelve_keys_in_order(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        let answer = app.post(&rules_of(issue), &json!({})).await;
        let id = id_of(&answer.ok());
        let expected = format!(
            "{{\"id\":{id},\"enabled\":true,\"families\":[],\"artefacts\":[],\"artefact_versions\":[],\
             \"artefact_stages\":[],\"artefact_tracks\":[],\"environment_names\":[],\"test_case_names\":[],\
             \"template_ids\":[],\"test_result_statuses\":[],\"execution_metadata\":{{}}}}"
        );
        assert_eq!(answer.text(), expected);
        assert_eq!(shown(&app, issue).await.to_string(), format!("[{}]", answer.json()));
    }

    // Lists are kept as they are, in their order and with what repeats; stages and tracks are free text.
    async fn a_rule_keeps_what_it_was_told(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        let mut body = json!({
            "enabled": false, "families": ["snap", "deb", "snap"],
            "test_result_statuses": ["SKIPPED", "FAILED", "SKIPPED"],
            "execution_metadata": {"kernel": ["6.9", "6.8"], "gadget": ["pi"]},
        });
        for (n, name) in TEXTS.iter().enumerate() {
            body[name] = json!([format!("z {n}"), "", "a", "\u{e9} \"'\\ %", "a"]);
        }
        let rule = create(&app, issue, &with(&body, &json!({"unknown": 1, "id": 998}))).await;
        assert_ne!(rule["id"], 998);
        assert_eq!(rule, with(&body, &json!({"id": rule["id"]})));
        assert_eq!(shown(&app, issue).await, json!([rule]));
    }

    // Metadata: the same pair counts once, a category without values not at all.
    async fn pairs_of_metadata_count_once(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        let longest = "\u{1f9ea}".repeat(200);
        let longest = longest.as_str();
        for (sent, kept) in [
            (json!({"k": ["v", "w", "v", "v"]}), json!({"k": ["v", "w"]})),
            (json!({"k": ["v"], "l": ["v"]}), json!({"k": ["v"], "l": ["v"]})),
            (json!({"k": []}), json!({})),
            (json!({"k": [], "l": ["w", "w"]}), json!({"l": ["w"]})),
            (json!({longest: [longest]}), json!({longest: [longest]})),
        ] {
            let rule = create(&app, issue, &json!({"execution_metadata": sent})).await;
            assert_eq!(rule["execution_metadata"], kept, "{sent}");
            let rules = shown(&app, issue).await;
            assert_eq!(rules.as_array().unwrap().last(), Some(&rule));
        }
    }

    // Identical rules are two rules; an issue shows all of its own, switched on or not, by id.
    async fn an_issue_shows_its_rules_by_id(app: TestApp) {
        let (issue, other) = (add_issue(&app, 1).await, add_issue(&app, 2).await);
        let body = json!({"artefacts": ["core22"], "execution_metadata": {"k": ["v"]}});
        let mut rules = vec![
            create(&app, issue, &body).await, create(&app, issue, &body).await,
            create(&app, issue, &with(&body, &json!({"enabled": false}))).await,
        ];
        let foreign = create(&app, other, &body).await;
        assert_eq!(app.raw.number(NUMBER_OF_RULES).await, 4);
        app.patch(&path_of(issue, id_of(&rules[0])), &json!({"enabled": false})).await.ok();
        rules[0]["enabled"] = json!(false);
        assert_eq!(shown(&app, issue).await, json!(rules));
        assert_eq!(shown(&app, other).await, json!([foreign]));
    }

    // PATCH: only `enabled` has an effect; what is absent or null leaves it, and criteria are immutable.
    async fn a_rule_is_switched_on_and_off(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        let lists = json!({"families": ["snap"], "artefacts": ["core22"], "execution_metadata": {"k": ["v", "w"]}});
        let mut rule = create(&app, issue, &lists).await;
        let neighbour = create(&app, issue, &lists).await;
        let path = path_of(issue, id_of(&rule));
        for (patch, enabled) in [
            (json!({"enabled": false}), false),
            (json!({}), false),
            (json!({"enabled": null}), false),
            (json!({"enabled": false}), false),
            (json!({"enabled": "yes", "id": 998}), true),
            (json!({"families": ["deb"], "artefacts": null, "execution_metadata": 5}), true),
            (json!({"enabled": true}), true),
        ] {
            rule["enabled"] = json!(enabled);
            assert_eq!(app.patch(&path, &patch).await.ok(), rule, "{patch}");
            assert_eq!(shown(&app, issue).await, json!([rule, neighbour]), "{patch}");
        }
        for (body, kind, loc) in [
            (json!({"enabled": "maybe"}), "bool_parsing", json!(["body", "enabled"])),
            (json!({"enabled": []}), "bool_type", json!(["body", "enabled"])),
            (json!([]), "model_attributes_type", json!(["body"])),
            (json!(null), "missing", json!(["body"])),
        ] {
            assert_eq!(app.patch(&path, &body).await.problems(), [(kind.to_owned(), loc)], "{body}");
        }
    }

    // What is not there: an unknown rule is 404 to change and 204 to remove; another issue's is 400 to both.
    async fn a_rule_is_reached_through_its_issue(app: TestApp) {
        let (issue, other) = (add_issue(&app, 1).await, add_issue(&app, 2).await);
        let rule = id_of(&create(&app, issue, &json!({})).await);
        for rule in [0, -1, 998, i64::MAX] {
            for issue in [issue, 998] {
                app.patch(&path_of(issue, rule), &json!({"enabled": false})).await.refused(404, UNKNOWN);
                let answer = app.delete(&path_of(issue, rule)).await;
                assert_eq!((answer.status, answer.text().as_str()), (StatusCode::NO_CONTENT, ""));
            }
        }
        for issue in [other, 998, i64::MAX] {
            app.patch(&path_of(issue, rule), &json!({"enabled": false})).await.refused(400, FOREIGN);
            app.delete(&path_of(issue, rule)).await.refused(400, FOREIGN);
        }
        assert_eq!(shown(&app, issue).await[0]["enabled"], true);
        for issue in [0, 998, i64::MAX] {
            app.post(&rules_of(issue), &json!({})).await.refused(404, "Issue not found");
        }
        let expected = [("int_parsing".to_owned(), json!(["path", "issue_id"]))];
        assert_eq!(app.post("/v1/issues/x/attachment-rules", &json!({})).await.problems(), expected);
        let places = app.delete("/v1/issues/x/attachment-rules/y").await.problems();
        let places: Vec<Value> = places.into_iter().map(|(_, loc)| loc).collect();
        assert!(places.contains(&json!(["path", "issue_id"])), "{places:?}");
        assert!(places.contains(&json!(["path", "attachment_rule_id"])), "{places:?}");
        // A removed rule is gone, and may be removed again.
        for _ in 0..2 {
            assert_eq!(app.delete(&path_of(issue, rule)).await.status, StatusCode::NO_CONTENT);
            assert_eq!(shown(&app, issue).await, json!([]));
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM issue").await, 2);
    }

    // Malformed rules: null is not allowed anywhere, and problems are told in the order of the fields.
    async fn malformed_rules_are_refused(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        let long = "x".repeat(201);
        let long = long.as_str();
        let mut cases = vec![
            (json!({"enabled": null}), "bool_type", json!(["body", "enabled"])),
            (json!({"enabled": "maybe"}), "bool_parsing", json!(["body", "enabled"])),
            (json!({"families": null}), "list_type", json!(["body", "families"])),
            (json!({"families": ["snap", "rock"]}), "enum", json!(["body", "families", 1])),
            (json!({"test_result_statuses": null}), "list_type", json!(["body", "test_result_statuses"])),
            (json!({"test_result_statuses": ["failed"]}), "enum", json!(["body", "test_result_statuses", 0])),
            (json!({"execution_metadata": null}), "dict_type", json!(["body", "execution_metadata"])),
            (json!({"execution_metadata": {"k": null}}), "list_type", json!(["body", "execution_metadata", "k"])),
            (json!({"execution_metadata": {"k": [""]}}), "string_too_short",
             json!(["body", "execution_metadata", "k", 0])),
            (json!({"execution_metadata": {"k": [long]}}), "string_too_long",
             json!(["body", "execution_metadata", "k", 0])),
            (json!({"execution_metadata": {long: ["v"]}}), "string_too_long",
             json!(["body", "execution_metadata", long, "[key]"])),
            (json!({"execution_metadata": {"k": ["a\u{0}"]}}), "value_error",
             json!(["body", "execution_metadata", "k", 0])),
            (json!([]), "model_attributes_type", json!(["body"])),
            (json!(null), "missing", json!(["body"])),
        ];
        for name in TEXTS {
            cases.push((json!({name: null}), "list_type", json!(["body", name])));
            cases.push((json!({name: ["a", 5]}), "string_type", json!(["body", name, 1])));
            cases.push((json!({name: ["a\u{0}b"]}), "value_error", json!(["body", name, 0])));
        }
        for (body, kind, loc) in cases {
            assert_eq!(app.post(&rules_of(issue), &body).await.problems(), [(kind.to_owned(), loc)], "{body}");
        }
        let mut body = json!({"enabled": 5, "families": 5, "test_result_statuses": 5, "execution_metadata": 5});
        for name in TEXTS {
            body[name] = json!(5);
        }
        let problems = app.post(&rules_of(issue), &body).await.problems();
        let places: Vec<&str> = problems.iter().map(|(_, loc)| loc[1].as_str().unwrap()).collect();
        let mut expected = vec!["enabled", "families"];
        expected.extend(TEXTS);
        expected.extend(["test_result_statuses", "execution_metadata"]);
        assert_eq!(places, expected);
        assert_eq!(app.raw.number(NUMBER_OF_RULES).await, 0);
    }

    // All of it takes `change_attachment_rule`, before anything else is looked at.
    async fn rules_are_for_those_who_may(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        let rule = id_of(&create(&app, issue, &json!({})).await);
        let others: Vec<Permission> =
            Permission::ALL.iter().copied().filter(|it| *it != Permission::ChangeAttachmentRule).collect();
        let others = app.add_application(&others).await;
        let may = app.add_application(&[Permission::ChangeAttachmentRule]).await;
        let (good, bad) = (json!({"enabled": false}), json!({"enabled": "maybe"}));
        for (method, path, body, status) in [
            (Method::POST, rules_of(issue), Some(&good), 200_u16),
            (Method::POST, rules_of(issue), Some(&bad), 422),
            (Method::POST, rules_of(998), Some(&good), 404),
            (Method::PATCH, path_of(issue, rule), Some(&good), 200),
            (Method::PATCH, path_of(issue, rule), Some(&bad), 422),
            (Method::PATCH, path_of(998, rule), Some(&good), 400),
            (Method::DELETE, path_of(998, rule), None, 400),
            (Method::DELETE, path_of(issue, rule), None, 204),
        ] {
            app.anonymous(method.clone(), &path, body).await.refused(403, REFUSAL);
            app.as_application(&others, method.clone(), &path, body).await.refused(403, REFUSAL);
            assert_eq!(app.as_application(&may, method, &path, body).await.status, status, "{path}");
        }
    }

    // A rule is for results stored from now on, while it is switched on; what it attached outlives it.
    async fn a_rule_attaches_from_now_on(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        let id = app.start(&snap(&json!({}))).await;
        app.patch(&format!("/v1/test-executions/{id}"), &json!({"execution_metadata": {"kernel": ["6.9"]}})).await.ok();
        app.report(id, &[("a", "FAILED")]).await;
        let body = json!({"families": ["snap"], "test_result_statuses": ["FAILED"],
                          "execution_metadata": {"kernel": ["6.8", "6.9"], "gadget": []}});
        let rule = id_of(&create(&app, issue, &body).await);
        let by_rule = vec![(json!(issue), json!(rule))];
        // Results that are there already stay as they are.
        assert_eq!(attached(&app, id).await, [vec![]]);
        app.report(id, &[("b", "FAILED"), ("c", "PASSED")]).await;
        let mut expected = vec![vec![], by_rule.clone(), vec![]];
        assert_eq!(attached(&app, id).await, expected);
        let other = app.start(&deb(&json!({}))).await;
        app.report(other, &[("b", "FAILED")]).await;
        assert_eq!(attached(&app, other).await, [vec![]]);
        // Switched off it attaches nothing new, and detaches nothing.
        app.patch(&path_of(issue, rule), &json!({"enabled": false})).await.ok();
        app.report(id, &[("d", "FAILED")]).await;
        expected.push(vec![]);
        assert_eq!(attached(&app, id).await, expected);
        // Switched on again it does not look back either.
        app.patch(&path_of(issue, rule), &json!({"enabled": true})).await.ok();
        assert_eq!(attached(&app, id).await, expected);
        app.report(id, &[("e", "FAILED")]).await;
        expected.push(by_rule);
        assert_eq!(attached(&app, id).await, expected);
        // Gone, its attachments are as if somebody had made them by hand.
        assert_eq!(app.delete(&path_of(issue, rule)).await.status, StatusCode::NO_CONTENT);
        let by_hand = vec![(json!(issue), Value::Null)];
        assert_eq!(attached(&app, id).await, [vec![], by_hand.clone(), vec![], vec![], by_hand]);
        let left = "SELECT COUNT(*) FROM issue_test_result_attachment_rule_execution_metadata";
        assert_eq!(app.raw.number(left).await, 0);
    }

    // A request takes as many statements for thirty values as for one.
    async fn rules_take_the_same_statements_for_many_values_as_for_one(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        let mut counts = Vec::new();
        for size in [1, 30] {
            let values: Vec<String> = (0..size).map(|n| format!("value {n}")).collect();
            let body = json!({"artefacts": values, "execution_metadata": {"k": values}});
            let before = app.service.db.statements();
            let rule = id_of(&create(&app, issue, &body).await);
            let created = app.service.db.statements();
            app.patch(&path_of(issue, rule), &json!({"enabled": false})).await.ok();
            let changed = app.service.db.statements();
            app.delete(&path_of(issue, rule)).await;
            let removed = app.service.db.statements();
            counts.push([created - before, changed - created, removed - changed]);
        }
        assert_eq!(counts[0], counts[1]);
        // One of each is the look-up of the caller, one notes down what was done; of a removal one waits for uploads and, on
        // PostgreSQL, two lock and announce.
        assert!(counts[0].iter().all(|count| *count <= 9), "{counts:?}");
    }
}
