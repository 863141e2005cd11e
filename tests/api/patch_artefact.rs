//! `PATCH /v1/artefacts/{id}`: what each field does, which status and stage are possible, and what is judged first.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, both, charm, deb, image, snap, solution};

type Make = fn(&Value) -> Value;

const STATUSES: [&str; 3] = ["APPROVED", "MARKED_AS_FAILED", "UNDECIDED"];
const NOT_APPROVED: &str = "All test executions need to be approved";
const NOT_REJECTED: &str = "At least one test execution needs to be rejected";
const NO_COMMENT: &str = "Can't reject an artefact without a comment";

fn at(artefact: i64) -> String {
    format!("/v1/artefacts/{artefact}")
}

/// Starts, and returns the artefact.
async fn start(app: &TestApp, body: &Value) -> i64 {
    let execution = app.start(body).await;
    app.artefact_of(execution).await
}

/// Gives the environment reviews that fit a condition a decision, a list of JSON.
async fn decide(app: &TestApp, condition: &str, decision: &str) {
    let sql = format!(
        "UPDATE artefact_build_environment_review SET review_decision = '{decision}' WHERE id IN (
             SELECT review.id FROM artefact_build_environment_review AS review
             JOIN environment ON environment.id = review.environment_id
             JOIN artefact_build ON artefact_build.id = review.artefact_build_id WHERE {condition})"
    );
    app.raw.run(&sql).await;
}

/// An artefact with one environment review for each decision, in order.
async fn reviewed(app: &TestApp, name: &str, decisions: &[&str]) -> i64 {
    let artefact = start(app, &snap(&json!({"name": name, "environment": "e0"}))).await;
    for (n, decision) in decisions.iter().enumerate() {
        app.start(&snap(&json!({"name": name, "environment": format!("e{n}")}))).await;
        decide(app, &format!("environment.name = 'e{n}' AND artefact_id = {artefact}"), decision).await;
    }
    if decisions.is_empty() {
        app.raw.run(&format!("DELETE FROM artefact_build WHERE artefact_id = {artefact}")).await;
    }
    artefact
}

/// Changes with neither key nor session.
async fn patch_as_nobody(app: &TestApp, path: &str, body: &Value) -> Answer {
    app.anonymous(Method::PATCH, path, Some(body)).await
}

both! {
    // Each field sets itself and nothing else, and the answer is the artefact after the change.
    async fn a_field_changes_itself_and_nothing_else(app: TestApp) {
        let artefact = start(&app, &snap(&json!({"execution_stage": "candidate"}))).await;
        for (body, changed) in [
            (json!({}), json!({})),
            (json!({"archived": true}), json!({"archived": true})),
            (json!({"archived": false}), json!({"archived": false})),
            (json!({"archived": "yes"}), json!({"archived": true})),
            (json!({"archived": 0}), json!({"archived": false})),
            (json!({"stage": "stable"}), json!({"stage": "stable"})),
            (json!({"comment": "looks good"}), json!({"comment": "looks good"})),
            (json!({"jira_issue": "TO-1"}), json!({"jira_issue": "TO-1"})),
            (json!({"status": "APPROVED"}), json!(null)),
            (json!({"comment": ""}), json!({"comment": ""})),
            // No form is asked of an issue, not even that it says something.
            (json!({"jira_issue": "any words"}), json!({"jira_issue": "any words"})),
            (json!({"jira_issue": ""}), json!({"jira_issue": ""})),
            (
                json!({"stage": "edge", "comment": "a", "archived": true}),
                json!({"stage": "edge", "comment": "a", "archived": true}),
            ),
            (json!({"status": "UNDECIDED"}), json!({"status": "UNDECIDED"})),
        ] {
            let mut expected = app.artefact(artefact).await;
            let answer = app.patch(&at(artefact), &body).await;
            if changed.is_null() {
                answer.refused(400, NOT_APPROVED);
            } else {
                for (name, value) in changed.as_object().unwrap() {
                    expected[name] = value.clone();
                }
                assert_eq!(answer.ok(), expected, "{body}");
            }
            assert_eq!(app.artefact(artefact).await, expected, "{body}");
        }
    }

    // Null keeps, but clears the issue; an absent issue is kept.
    async fn null_means_no_change_except_for_the_issue(app: TestApp) {
        let artefact = reviewed(&app, "core22", &[r#"["APPROVED_ALL_TESTS_PASS"]"#]).await;
        let set = json!({
            "status": "APPROVED", "archived": true, "stage": "stable", "comment": "done", "jira_issue": "TO-1",
        });
        let expected = app.patch(&at(artefact), &set).await.ok();
        let null = json!({"status": null, "archived": null, "stage": null, "comment": null});
        assert_eq!(app.patch(&at(artefact), &null).await.ok(), expected);
        assert_eq!(app.patch(&at(artefact), &json!({"comment": "x"})).await.ok()["jira_issue"], "TO-1");
        assert_eq!(app.patch(&at(artefact), &json!({"jira_issue": null})).await.ok()["jira_issue"], Value::Null);
        assert_eq!(app.artefact(artefact).await["comment"], "x");
    }

    // The time of the change moves when a column of the artefact changes. People and bundled builds stand elsewhere, but what a
    // solution bundles is part of what it is.
    async fn the_time_of_change_moves_only_when_the_artefact_itself_changes(app: TestApp) {
        let kim = app.add_user("kim").await;
        let package = start(&app, &snap(&json!({}))).await;
        let bundle = start(&app, &solution(&json!({}))).await;
        let build = app.raw.number(&format!("SELECT id FROM artefact_build WHERE artefact_id = {package}")).await;
        for (artefact, body, expected) in [
            (package, json!({}), 0),
            (package, json!({"comment": "x"}), 1),
            (package, json!({"comment": "x", "archived": false, "stage": "beta", "status": "UNDECIDED"}), 0),
            (package, json!({"jira_issue": null}), 0),
            (package, json!({"jira_issue": ""}), 1),
            (package, json!({"archived": true}), 1),
            (package, json!({"stage": "edge"}), 1),
            (package, json!({"reviewer_ids": [kim]}), 0),
            (package, json!({"reviewer_ids": null}), 0),
            (package, json!({"bundled_builds": [build]}), 0),
            (bundle, json!({"bundled_builds": [build]}), 1),
            (bundle, json!({"bundled_builds": [build]}), 0),
            (bundle, json!({"bundled_builds": []}), 1),
        ] {
            app.raw.run("UPDATE artefact SET updated_at = '2001-01-01T00:00:00+00:00'").await;
            app.patch(&at(artefact), &body).await.ok();
            let moved = "SELECT COUNT(*) FROM artefact WHERE updated_at > '2002-01-01T00:00:00+00:00'";
            assert_eq!(app.raw.number(moved).await, expected, "{body}");
        }
    }

    // What clients may not change is ignored, whatever it says.
    async fn other_fields_are_ignored(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let before = app.artefact(artefact).await;
        let body = json!({
            "id": 9999, "name": "other", "version": 5, "track": "x", "store": "x", "branch": "x", "family": "deb",
            "due_date": "2031-01-01", "bug_link": "http://x", "created_at": "x", "assignee": {"id": 1}, "reviewers": [1],
            "all_environment_reviews_count": 7, "nonsense": null,
        });
        assert_eq!(app.patch(&at(artefact), &body).await.ok(), before);
        assert_eq!(app.artefact(artefact).await, before);
    }

    // Archiving the newest brings the previous one back to the list, and the other way round.
    async fn archiving_brings_the_previous_version_back(app: TestApp) {
        let old = start(&app, &snap(&json!({"version": "1"}))).await;
        let new = start(&app, &snap(&json!({"version": "2"}))).await;
        for (archived, current) in [(true, old), (false, new)] {
            let answer = app.patch(&at(new), &json!({"archived": archived})).await.ok();
            assert_eq!(answer["archived"], archived);
            let list = app.get("/v1/artefacts").await.ok();
            assert_eq!((list.as_array().unwrap().len(), &list[0]["id"]), (1, &json!(current)));
        }
    }

    // Approval: every review of the latest builds is approved, also when there are none.
    async fn approval_needs_every_review_approved(app: TestApp) {
        let approved = r#"["APPROVED_ALL_TESTS_PASS", "APPROVED_FAULTY_HARDWARE"]"#;
        let rejected = r#"["REJECTED"]"#;
        for (name, decisions, is_possible) in [
            ("no builds", vec![], true),
            ("undecided", vec!["[]"], false),
            ("approved", vec![approved], true),
            ("all approved", vec![approved, approved], true),
            ("one undecided", vec![approved, "[]"], false),
            ("one rejected", vec![rejected, approved], false),
        ] {
            let artefact = reviewed(&app, name, &decisions).await;
            let answer = app.patch(&at(artefact), &json!({"status": "APPROVED"})).await;
            if is_possible {
                assert_eq!(answer.ok()["status"], "APPROVED", "{name}");
            } else {
                answer.refused(400, NOT_APPROVED);
                assert_eq!(app.artefact(artefact).await["status"], "UNDECIDED", "{name}");
            }
        }
    }

    // Failure: one review of the latest builds is rejected, and there is a comment, in the request or stored.
    async fn failure_needs_a_rejection_and_a_comment(app: TestApp) {
        let approved = r#"["APPROVED_ALL_TESTS_PASS"]"#;
        let rejected = r#"["REJECTED"]"#;
        for (name, decisions, stored, comment, refusal) in [
            ("no builds", vec![], "why", json!("because"), Some(NOT_REJECTED)),
            ("undecided", vec!["[]", "[]"], "why", json!("because"), Some(NOT_REJECTED)),
            ("approved", vec![approved], "why", json!("because"), Some(NOT_REJECTED)),
            ("neither rejection nor comment", vec!["[]"], "", json!(null), Some(NOT_REJECTED)),
            ("no comment", vec![rejected, "[]"], "", json!(null), Some(NO_COMMENT)),
            ("an empty comment", vec![rejected], "", json!(""), Some(NO_COMMENT)),
            ("a comment in the request", vec![approved, rejected], "", json!("because"), None),
            ("a stored comment", vec![rejected, approved], "why", json!(null), None),
            ("a stored comment that the request empties", vec![rejected], "why", json!(""), None),
            ("both", vec![rejected], "why", json!("because"), None),
        ] {
            let artefact = reviewed(&app, name, &decisions).await;
            app.raw.run(&format!("UPDATE artefact SET comment = '{stored}' WHERE id = {artefact}")).await;
            let mut expected = app.artefact(artefact).await;
            let answer = app.patch(&at(artefact), &json!({"status": "MARKED_AS_FAILED", "comment": comment})).await;
            if let Some(refusal) = refusal {
                answer.refused(400, refusal);
            } else {
                expected["status"] = json!("MARKED_AS_FAILED");
                expected["comment"] = if comment.is_null() { json!(stored) } else { comment };
                assert_eq!(answer.ok(), expected, "{name}");
            }
            assert_eq!(app.artefact(artefact).await, expected, "{name}");
        }
        // Without the key there is no comment in the request either.
        let artefact = reviewed(&app, "absent", &[rejected]).await;
        app.patch(&at(artefact), &json!({"status": "MARKED_AS_FAILED"})).await.refused(400, NO_COMMENT);
        app.patch(&at(artefact), &json!({"comment": "why"})).await.ok();
        app.patch(&at(artefact), &json!({"status": "MARKED_AS_FAILED"})).await.ok();
    }

    // Any status follows any other whose own condition holds.
    async fn any_status_follows_any_other(app: TestApp) {
        let artefact = reviewed(&app, "core22", &["[]"]).await;
        app.patch(&at(artefact), &json!({"comment": "why"})).await.ok();
        for before in STATUSES {
            for after in STATUSES {
                app.raw.run(&format!("UPDATE artefact SET status = '{before}'")).await;
                let decision = if after == "APPROVED" { r#"["APPROVED_ALL_TESTS_PASS"]"# } else { r#"["REJECTED"]"# };
                decide(&app, "TRUE", decision).await;
                let answer = app.patch(&at(artefact), &json!({"status": after})).await.ok();
                assert_eq!(answer["status"], after, "{before}");
            }
        }
    }

    // Reviews of builds that newer ones replaced, and of other artefacts, do not count.
    async fn only_reviews_of_the_latest_builds_count(app: TestApp) {
        let approved = r#"["APPROVED_ALL_TESTS_PASS"]"#;
        let artefact = start(&app, &snap(&json!({"arch": "amd64", "revision": 1}))).await;
        for (arch, revision) in [("amd64", 2), ("arm64", 1)] {
            app.start(&snap(&json!({"arch": arch, "revision": revision}))).await;
        }
        start(&app, &snap(&json!({"version": "other"}))).await;
        let replaced = "artefact_build.architecture = 'amd64' AND revision = 1";
        decide(&app, &format!("artefact_id = {artefact} AND NOT ({replaced})"), approved).await;
        assert_eq!(app.patch(&at(artefact), &json!({"status": "APPROVED"})).await.ok()["status"], "APPROVED");
        decide(&app, replaced, r#"["REJECTED"]"#).await;
        decide(&app, &format!("artefact_id <> {artefact}"), r#"["REJECTED"]"#).await;
        let fail = json!({"status": "MARKED_AS_FAILED", "comment": "why"});
        app.patch(&at(artefact), &fail).await.refused(400, NOT_REJECTED);
        app.patch(&at(artefact), &json!({"status": "APPROVED"})).await.ok();
        decide(&app, "artefact_build.architecture = 'amd64' AND revision = 2", r#"["REJECTED"]"#).await;
        app.patch(&at(artefact), &fail).await.ok();
    }

    // The condition is looked at when the status is sent, even the one there is, and at no other time.
    async fn the_status_is_checked_only_when_it_is_sent(app: TestApp) {
        let artefact = reviewed(&app, "core22", &[r#"["APPROVED_ALL_TESTS_PASS"]"#]).await;
        app.patch(&at(artefact), &json!({"status": "APPROVED"})).await.ok();
        decide(&app, "TRUE", r#"["REJECTED"]"#).await;
        let answer = app.patch(&at(artefact), &json!({"comment": "why", "status": null})).await.ok();
        assert_eq!(answer["status"], "APPROVED");
        app.patch(&at(artefact), &json!({"status": "APPROVED"})).await.refused(400, NOT_APPROVED);
        // A failure's comment may go afterwards.
        app.patch(&at(artefact), &json!({"status": "MARKED_AS_FAILED"})).await.ok();
        let answer = app.patch(&at(artefact), &json!({"comment": ""})).await.ok();
        assert_eq!(answer["status"], "MARKED_AS_FAILED");
        app.patch(&at(artefact), &json!({"status": "MARKED_AS_FAILED"})).await.refused(400, NO_COMMENT);
    }

    // Stages are those of the family, in any order; solutions have those of charms.
    async fn the_stage_is_one_of_the_familys(app: TestApp) {
        let risks = ["edge", "beta", "candidate", "stable"];
        let stages = ["proposed", "updates", "edge", "beta", "candidate", "stable", "pending", "current"];
        for (family, make, own) in [
            ("snap", snap as Make, &risks[..]),
            ("charm", charm, &risks[..]),
            ("solution", solution, &risks[..]),
            ("deb", deb, &["proposed", "updates"][..]),
            ("image", image, &["pending", "current"][..]),
        ] {
            let artefact = start(&app, &make(&json!({}))).await;
            for stage in stages.iter().chain(stages.iter().rev()) {
                let before = app.artefact(artefact).await["stage"].clone();
                let answer = app.patch(&at(artefact), &json!({"stage": stage})).await;
                if own.contains(stage) {
                    assert_eq!(answer.ok()["stage"], *stage, "{family}");
                } else {
                    let detail = format!("Stage {stage} is invalid for artefact family {family}");
                    answer.refused(400, &detail);
                    assert_eq!(app.artefact(artefact).await["stage"], before, "{family} {stage}");
                }
            }
        }
    }

    // The empty stage cannot be set, not even where it is; it can be left.
    async fn the_empty_stage_is_no_stage(app: TestApp) {
        let artefact = start(&app, &deb(&json!({"execution_stage": null, "source": "ppa"}))).await;
        let problems = app.patch(&at(artefact), &json!({"stage": ""})).await.problems();
        assert_eq!(problems, [("enum".to_owned(), json!(["body", "stage"]))]);
        assert_eq!(app.patch(&at(artefact), &json!({"comment": "x"})).await.ok()["stage"], "");
        assert_eq!(app.patch(&at(artefact), &json!({"stage": "updates"})).await.ok()["stage"], "updates");
    }

    // The stage is part of what a solution is: where another one is already, it cannot go.
    async fn a_solution_does_not_take_the_stage_of_its_twin(app: TestApp) {
        let edge = start(&app, &solution(&json!({"execution_stage": "edge"}))).await;
        start(&app, &solution(&json!({"execution_stage": "beta"}))).await;
        let answer = app.patch(&at(edge), &json!({"stage": "beta", "comment": "x"})).await;
        assert_eq!(answer.status, 409, "{}", answer.text());
        assert!(answer.json()["detail"].is_string());
        let shown = app.artefact(edge).await;
        assert_eq!((&shown["stage"], &shown["comment"]), (&json!("edge"), &json!("")));
        assert_eq!(app.patch(&at(edge), &json!({"stage": "edge"})).await.ok()["stage"], "edge");
    }

    // Judged in this order: syntax, existence, the rest of the input, rights, rules.
    async fn existence_and_input_come_before_rights(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let (here, unknown) = (at(artefact), at(9_999));
        let headers = [("content-type", "application/json")];
        for path in [&here, &unknown] {
            let problems = app.request(Method::PATCH, path, &headers, "{\"stage\": }").await.problems();
            assert_eq!(problems, [("json_invalid".to_owned(), json!(["body", 10]))], "{path}");
        }
        let found = "Artefact with id 9999 not found";
        for body in [json!({}), json!({"stage": "nonsense"}), json!([]), json!(null), json!({"archived": true})] {
            patch_as_nobody(&app, &unknown, &body).await.refused(404, found);
            app.patch(&unknown, &body).await.refused(404, found);
        }
        for (body, kind, loc) in [
            (json!({"stage": "nonsense"}), "enum", json!(["body", "stage"])),
            (json!([]), "model_attributes_type", json!(["body"])),
            (json!(null), "missing", json!(["body"])),
        ] {
            assert_eq!(patch_as_nobody(&app, &here, &body).await.problems(), [(kind.to_owned(), loc)], "{body}");
        }
        for body in [
            json!({}),
            json!({"comment": "x"}),
            json!({"status": "APPROVED"}),
            json!({"stage": "current"}),
            json!({"reviewer_ids": [9999]}),
        ] {
            patch_as_nobody(&app, &here, &body).await.refused(403, "Insufficient permissions");
        }
        assert_eq!(app.artefact(artefact).await["comment"], "");
    }

    // An id that is no integer cannot be looked up: it joins what is wrong with the body.
    async fn an_id_that_is_no_integer_joins_the_problems_of_the_body(app: TestApp) {
        let path = ("int_parsing".to_owned(), json!(["path", "artefact_id"]));
        for anonymous in [true, false] {
            for (body, of_body) in [
                (json!({}), None),
                (json!({"stage": "x"}), Some(("enum".to_owned(), json!(["body", "stage"])))),
                (json!(null), Some(("missing".to_owned(), json!(["body"])))),
            ] {
                let answer = if anonymous {
                    patch_as_nobody(&app, "/v1/artefacts/x", &body).await
                } else {
                    app.patch("/v1/artefacts/x", &body).await
                };
                let expected: Vec<_> = [path.clone()].into_iter().chain(of_body).collect();
                assert_eq!(answer.problems(), expected, "{body}");
            }
        }
    }

    // Ids that no artefact has are not found, however large; odd spellings name what they mean.
    async fn ids_are_integers_of_any_spelling(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        for id in ["0", "-1", "2147483648", "99999999999999999999"] {
            let answer = app.patch(&format!("/v1/artefacts/{id}"), &json!({"comment": "x"})).await;
            assert_eq!(answer.status, 404, "{id}");
        }
        for spelling in [format!("+{artefact}"), format!("{artefact}.0"), format!("%20{artefact}")] {
            let answer = app.patch(&format!("/v1/artefacts/{spelling}"), &json!({"comment": spelling})).await.ok();
            assert_eq!((&answer["id"], &answer["comment"]), (&json!(artefact), &json!(spelling)));
        }
    }

    // Rules are judged field by field, and whatever is refused leaves nothing behind.
    async fn rules_are_judged_in_the_order_of_the_fields(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let kim = app.add_user("kim").await;
        let before = app.artefact(artefact).await;
        let mut body = json!({
            "archived": true, "comment": "x", "jira_issue": "TO-1", "status": "APPROVED", "stage": "current",
            "reviewer_ids": [kim, 9999], "bundled_builds": [9999],
        });
        for (status, detail, field, next) in [
            (400, NOT_APPROVED, "status", json!("UNDECIDED")),
            (400, "Stage current is invalid for artefact family snap", "stage", json!("stable")),
            (422, "User with id 9999 not found", "reviewer_ids", json!([kim])),
            (422, "ArtefactBuild with id 9999 not found", "bundled_builds", json!([])),
        ] {
            app.patch(&at(artefact), &body).await.refused(status, detail);
            assert_eq!(app.artefact(artefact).await, before, "{detail}");
            assert_eq!(app.raw.number("SELECT COUNT(*) FROM notification").await, 0, "{detail}");
            body[field] = next;
        }
        let after = app.patch(&at(artefact), &body).await.ok();
        let shown = json!([after["comment"], after["stage"], after["assignee"]["id"]]);
        assert_eq!(shown, json!(["x", "stable", kim]));
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM notification").await, 1);
    }

    // What each field takes.
    async fn each_field_has_its_type(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let before = app.artefact(artefact).await;
        for (body, kind, loc) in [
            (json!({"status": "approved"}), "enum", json!(["status"])),
            (json!({"status": ""}), "enum", json!(["status"])),
            (json!({"archived": "perhaps"}), "bool_parsing", json!(["archived"])),
            (json!({"archived": 2}), "bool_parsing", json!(["archived"])),
            (json!({"archived": []}), "bool_type", json!(["archived"])),
            (json!({"stage": "Beta"}), "enum", json!(["stage"])),
            (json!({"comment": 5}), "string_type", json!(["comment"])),
            (json!({"jira_issue": ["TO-1"]}), "string_type", json!(["jira_issue"])),
            (json!({"bundled_builds": 5}), "list_type", json!(["bundled_builds"])),
            (json!({"bundled_builds": [1, "x"]}), "int_parsing", json!(["bundled_builds", 1])),
            (json!({"bundled_builds": [null]}), "int_type", json!(["bundled_builds", 0])),
            (json!({"reviewer_ids": {"1": 2}}), "list_type", json!(["reviewer_ids"])),
            (json!({"reviewer_ids": "1"}), "list_type", json!(["reviewer_ids"])),
            (json!({"reviewer_ids": [1.5]}), "int_from_float", json!(["reviewer_ids", 0])),
            (json!({"reviewer_emails": "a@b"}), "list_type", json!(["reviewer_emails"])),
            (json!({"reviewer_emails": ["a@b", 5]}), "string_type", json!(["reviewer_emails", 1])),
        ] {
            let mut place = json!(["body"]);
            place.as_array_mut().unwrap().extend(loc.as_array().unwrap().clone());
            let mut with_others = body.clone();
            with_others["comment"] = body.get("comment").cloned().unwrap_or(json!("x"));
            assert_eq!(app.patch(&at(artefact), &with_others).await.problems(), [(kind.to_owned(), place)], "{body}");
        }
        for body in [json!({"comment": "a\0b"}), json!({"jira_issue": "\0"}), json!({"reviewer_emails": ["\0"]})] {
            assert_eq!(app.patch(&at(artefact), &body).await.status, 422, "{body}");
        }
        assert_eq!(app.artefact(artefact).await, before);
    }

    // Problems come in the order of the fields, not of the request.
    async fn problems_come_in_the_order_of_the_fields(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let body = json!({
            "reviewer_emails": 1, "reviewer_ids": 1, "assignee_email": 1, "assignee_id": "x", "bundled_builds": 1,
            "jira_issue": 1, "comment": 1, "stage": 1, "archived": [], "status": 1,
        });
        let problems = app.patch(&at(artefact), &body).await.problems();
        let fields: Vec<_> = problems.iter().map(|(_, loc)| loc[1].clone()).collect();
        let expected = json!([
            "status", "archived", "stage", "comment", "jira_issue", "bundled_builds", "assignee_id", "assignee_email",
            "reviewer_ids", "reviewer_emails",
        ]);
        assert_eq!(json!(fields), expected);
    }
}
