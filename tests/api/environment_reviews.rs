//! `/v1/artefacts/{id}/environment-reviews`: what people decided about each environment, one at a time or many.

use app::api::Permission;
use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, both, snap};

const APPROVED: &str = "APPROVED_ALL_TESTS_PASS";
const FAULTY: &str = "APPROVED_FAULTY_HARDWARE";

fn at(artefact: i64) -> String {
    format!("/v1/artefacts/{artefact}/environment-reviews")
}

fn one(artefact: i64, review: i64) -> String {
    format!("{}/{review}", at(artefact))
}

async fn start(app: &TestApp, changes: &Value) -> i64 {
    let execution = app.start(&snap(changes)).await;
    app.artefact_of(execution).await
}

/// An artefact with that many environments, and the ids of their reviews.
async fn reviewed(app: &TestApp, version: &str, environments: usize) -> (i64, Vec<i64>) {
    let mut artefact = 0;
    for n in 0..environments {
        artefact = start(app, &json!({"version": version, "environment": format!("e{n}")})).await;
    }
    (artefact, ids_of(&list(app, artefact).await))
}

async fn list(app: &TestApp, artefact: i64) -> Value {
    app.get(&at(artefact)).await.ok()
}

fn ids_of(reviews: &Value) -> Vec<i64> {
    reviews.as_array().unwrap().iter().map(|review| review["id"].as_i64().unwrap()).collect()
}

/// The decisions and the comment of a review.
fn said(review: &Value) -> Value {
    json!([review["review_decision"], review["review_comment"]])
}

async fn assign(app: &TestApp, review: i64, users: &[(i64, i64)]) {
    for (user, position) in users {
        let sql = format!(
            "INSERT INTO environment_review_reviewers_association (environment_review_id, user_id, position)
             VALUES ({review}, {user}, {position})"
        );
        app.raw.run(&sql).await;
    }
}

/// The ids that a bulk answer says it skipped; none when it says nothing.
fn skipped(answer: &Answer) -> Option<Vec<String>> {
    let value = answer.headers.get("x-skipped-ids")?;
    Some(value.to_str().unwrap().split(',').map(|id| id.trim().to_owned()).collect())
}

both! {
    // The list: every key, and the reviewers with theirs.
    async fn a_review_is_shown_with_every_key(app: TestApp) {
        let artefact = start(&app, &json!({"revision": 7})).await;
        let kim = app.add_user("kim").await;
        let review = ids_of(&list(&app, artefact).await)[0];
        let number = |name: &'static str| format!("SELECT id FROM {name}");
        let expected = json!({
            "id": review, "review_decision": [], "review_comment": "",
            "environment": {
                "id": app.raw.number(&number("environment")).await, "name": "rpi4", "architecture": "armhf",
            },
            "artefact_build": {
                "id": app.raw.number(&number("artefact_build")).await, "architecture": "armhf", "revision": 7,
            },
            "reviewers": [],
        });
        assert_eq!(list(&app, artefact).await, json!([expected]));
        assert_eq!(app.get(&one(artefact, review)).await.ok(), expected);
        assign(&app, review, &[(kim, 0)]).await;
        let mut expected = expected;
        expected["reviewers"] = json!([{
            "id": kim, "launchpad_handle": null, "email": "kim@example.org", "launchpad_email": "kim@example.org",
            "name": "kim",
        }]);
        assert_eq!(list(&app, artefact).await, json!([expected]));
        assert_eq!(app.get(&one(artefact, review)).await.ok(), expected);
    }

    // The list: by build, then by id, also after a row was changed; the reviewers in the order of assignment.
    async fn reviews_and_reviewers_have_an_order(app: TestApp) {
        let mut artefact = 0;
        for (arch, environment) in [("amd64", "z"), ("arm64", "a"), ("amd64", "a"), ("arm64", "z"), ("amd64", "m")] {
            artefact = start(&app, &json!({"arch": arch, "environment": environment})).await;
        }
        let places = |reviews: &Value| -> Vec<String> {
            let place = |review: &Value| {
                let (build, environment) = (&review["artefact_build"], &review["environment"]);
                format!("{} {}", build["architecture"].as_str().unwrap(), environment["name"].as_str().unwrap())
            };
            reviews.as_array().unwrap().iter().map(place).collect()
        };
        let expected = ["amd64 z", "amd64 a", "amd64 m", "arm64 a", "arm64 z"];
        assert_eq!(places(&list(&app, artefact).await), expected);
        let ids = ids_of(&list(&app, artefact).await);
        app.patch(&one(artefact, ids[0]), &json!({"review_comment": "x"})).await.ok();
        app.patch(&one(artefact, ids[3]), &json!({"review_comment": "x"})).await.ok();
        assert_eq!(places(&list(&app, artefact).await), expected);
        let (kim, ada) = (app.add_user("kim").await, app.add_user("ada").await);
        assign(&app, ids[0], &[(kim, 1), (ada, 0)]).await;
        // Of those assigned together the lower id comes first.
        assign(&app, ids[1], &[(ada, 0), (kim, 0)]).await;
        let reviews = list(&app, artefact).await;
        for (index, expected) in [(0_usize, [ada, kim]), (1, [kim, ada])] {
            let found: Vec<_> = reviews[index]["reviewers"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
            assert_eq!(json!(found), json!(expected));
        }
    }

    // The list: latest builds only; nothing when there are none.
    async fn reviews_of_replaced_builds_are_not_listed(app: TestApp) {
        let artefact = start(&app, &json!({"revision": 1})).await;
        let old = ids_of(&list(&app, artefact).await);
        start(&app, &json!({"revision": 2})).await;
        let new = ids_of(&list(&app, artefact).await);
        assert_eq!(new.len(), 1);
        assert_ne!(new, old);
        let other = start(&app, &json!({"version": "other"})).await;
        assert_eq!(list(&app, artefact).await.as_array().unwrap().len(), 1);
        app.raw.run(&format!("DELETE FROM artefact_build WHERE artefact_id = {other}")).await;
        assert_eq!(list(&app, other).await, json!([]));
    }

    // What does not exist, or belongs elsewhere.
    async fn unknown_and_foreign_reviews_are_told_apart(app: TestApp) {
        let (artefact, reviews) = reviewed(&app, "1", 1).await;
        let (other, _) = reviewed(&app, "2", 1).await;
        app.get(&at(9_999)).await.refused(404, "Artefact with id 9999 not found");
        let review = reviews[0];
        let body = json!({});
        for (artefact, review, status, detail) in [
            (artefact, 9_999, 404, "Environment review 9999 doesn't exist".to_owned()),
            (9_999, 9_999, 404, "Environment review 9999 doesn't exist".to_owned()),
            (other, review, 422, format!("Environment review {review} doesn't belong to artefact {other}")),
            (9_998, review, 422, format!("Environment review {review} doesn't belong to artefact 9998")),
            (artefact, -1, 404, "Environment review -1 doesn't exist".to_owned()),
        ] {
            app.get(&one(artefact, review)).await.refused(status, &detail);
            app.patch(&one(artefact, review), &body).await.refused(status, &detail);
            app.patch(&one(artefact, review), &json!({"review_decision": [APPROVED]})).await.refused(status, &detail);
        }
        for id in ["2147483648", "99999999999999999999"] {
            assert_eq!(app.get(&format!("/v1/artefacts/{id}/environment-reviews")).await.status, 404, "{id}");
            assert_eq!(app.get(&format!("{}/{id}", at(artefact))).await.status, 404, "{id}");
            assert_eq!(app.patch(&format!("{}/{id}", at(artefact)), &body).await.status, 404, "{id}");
        }
        assert_eq!(said(&app.get(&one(artefact, review)).await.ok()), json!([[], ""]));
    }

    // Ids in the path are integers; their problems come before those of the body.
    async fn ids_that_are_no_integers_are_named(app: TestApp) {
        let (artefact, _) = reviewed(&app, "1", 1).await;
        let loc = |name: &str| ("int_parsing".to_owned(), json!(["path", name]));
        let list = "/v1/artefacts/x/environment-reviews";
        assert_eq!(app.get(list).await.problems(), [loc("artefact_id")]);
        assert_eq!(app.patch(list, &json!([])).await.problems(), [loc("artefact_id")]);
        assert_eq!(app.get(&format!("{}/y", at(artefact))).await.problems(), [loc("review_id")]);
        let problems = app.patch(&format!("{list}/y"), &json!({"review_comment": 5})).await.problems();
        let of_body = ("string_type".to_owned(), json!(["body", "review_comment"]));
        assert_eq!(problems, [loc("artefact_id"), loc("review_id"), of_body]);
    }

    // One review: what is sent replaces, what is absent or null is kept, empty resets.
    async fn a_review_keeps_what_is_not_sent(app: TestApp) {
        let (artefact, reviews) = reviewed(&app, "1", 2).await;
        let kim = app.add_user("kim").await;
        assign(&app, reviews[0], &[(kim, 0)]).await;
        let untouched = list(&app, artefact).await[1].clone();
        let rest =
            ["APPROVED_INCONSISTENT_TEST", "APPROVED_UNSTABLE_PHYSICAL_INFRA", "APPROVED_CUSTOMER_PREREQUISITE_FAIL"];
        for (body, decisions, comment) in [
            (json!({}), json!([]), ""),
            (json!({"review_decision": [APPROVED], "review_comment": "fine"}), json!([APPROVED]), "fine"),
            (json!({}), json!([APPROVED]), "fine"),
            (json!({"review_decision": null, "review_comment": null}), json!([APPROVED]), "fine"),
            (json!({"review_comment": "better"}), json!([APPROVED]), "better"),
            // Several approvals, repeated ones too, stay in the order given.
            (json!({"review_decision": [FAULTY, APPROVED, FAULTY]}), json!([FAULTY, APPROVED, FAULTY]), "better"),
            (json!({"review_decision": ["REJECTED"]}), json!(["REJECTED"]), "better"),
            (json!({"review_comment": ""}), json!(["REJECTED"]), ""),
            (json!({"review_decision": []}), json!([]), ""),
            (json!({"review_decision": rest}), json!(rest), ""),
            (json!({"review_decision": [], "review_comment": ""}), json!([]), ""),
        ] {
            let answer = app.patch(&one(artefact, reviews[0]), &body).await.ok();
            assert_eq!(said(&answer), json!([decisions, comment]), "{body}");
            assert_eq!(answer["reviewers"][0]["id"], kim, "{body}");
            assert_eq!(app.get(&one(artefact, reviews[0])).await.ok(), answer, "{body}");
            assert_eq!(list(&app, artefact).await, json!([answer, untouched]), "{body}");
        }
    }

    // Rejection stands alone in the list.
    async fn a_review_is_either_rejected_or_approved(app: TestApp) {
        let (artefact, reviews) = reviewed(&app, "1", 1).await;
        let before = list(&app, artefact).await;
        for decisions in [
            json!(["REJECTED", APPROVED]),
            json!([APPROVED, "REJECTED"]),
            json!([APPROVED, FAULTY, "REJECTED"]),
            json!(["REJECTED", "REJECTED"]),
        ] {
            let body = json!({"review_decision": decisions, "review_comment": "x"});
            let answer = app.patch(&one(artefact, reviews[0]), &body).await;
            assert_eq!(answer.problems(), [("value_error".to_owned(), json!(["body", "review_decision"]))], "{body}");
            let problem = answer.json()["detail"][0].clone();
            assert_eq!(problem["msg"], "Value error, Environment review can either be rejected or approved");
            let bulk = json!([{"id": reviews[0], "review_comment": "y"}, {"id": reviews[0], "review_decision": decisions}]);
            let answer = app.patch(&at(artefact), &bulk).await;
            assert_eq!(answer.problems(), [("value_error".to_owned(), json!(["body", 1, "review_decision"]))], "{body}");
            assert_eq!(list(&app, artefact).await, before, "{body}");
        }
    }

    // What each field takes; and input is judged before existence.
    async fn each_field_has_its_type(app: TestApp) {
        let (artefact, reviews) = reviewed(&app, "1", 1).await;
        let before = list(&app, artefact).await;
        for (body, kind, rest) in [
            (json!({"review_decision": [APPROVED, "APPROVED"]}), "enum", json!(["review_decision", 1])),
            (json!({"review_decision": ["rejected"]}), "enum", json!(["review_decision", 0])),
            (json!({"review_decision": [""]}), "enum", json!(["review_decision", 0])),
            (json!({"review_decision": APPROVED}), "list_type", json!(["review_decision"])),
            (json!({"review_comment": 5}), "string_type", json!(["review_comment"])),
            (json!({"id": "x"}), "int_parsing", json!(["id"])),
            (json!({"id": []}), "int_type", json!(["id"])),
        ] {
            let place = |start: Value| {
                let mut place = start;
                place.as_array_mut().unwrap().extend(rest.as_array().unwrap().clone());
                vec![(kind.to_owned(), place)]
            };
            for path in [one(artefact, reviews[0]), one(artefact, 9_999)] {
                assert_eq!(app.patch(&path, &body).await.problems(), place(json!(["body"])), "{body}");
            }
            let bulk = json!([{}, body]);
            assert_eq!(app.patch(&at(artefact), &bulk).await.problems(), place(json!(["body", 1])), "{body}");
        }
        for (path, body, kind, place) in [
            (one(artefact, reviews[0]), json!([]), "model_attributes_type", json!(["body"])),
            (one(artefact, reviews[0]), json!(null), "missing", json!(["body"])),
            (at(artefact), json!({}), "list_type", json!(["body"])),
            (at(artefact), json!(null), "missing", json!(["body"])),
            (at(artefact), json!([{}, 5]), "model_attributes_type", json!(["body", 1])),
            (at(artefact), json!([null]), "model_attributes_type", json!(["body", 0])),
        ] {
            assert_eq!(app.patch(&path, &body).await.problems(), [(kind.to_owned(), place)], "{path} {body}");
        }
        assert_eq!(app.patch(&one(artefact, reviews[0]), &json!({"review_comment": "a\0"})).await.status, 422);
        assert_eq!(list(&app, artefact).await, before);
    }

    // An id in the body of a single review means nothing, taken or not.
    async fn an_id_in_the_body_of_one_review_is_ignored(app: TestApp) {
        let (artefact, reviews) = reviewed(&app, "1", 2).await;
        for (id, comment) in [(json!(reviews[1]), "a"), (json!(777), "b"), (json!(null), "c"), (json!("5"), "d")] {
            let body = json!({"id": id, "review_comment": comment, "nonsense": 1, "environment": {"id": 3}});
            let answer = app.patch(&one(artefact, reviews[0]), &body).await.ok();
            assert_eq!((&answer["id"], &answer["review_comment"]), (&json!(reviews[0]), &json!(comment)));
        }
        let after = list(&app, artefact).await;
        assert_eq!(ids_of(&after), reviews);
        assert_eq!(said(&after[1]), json!([[], ""]));
    }

    // Reviews of replaced builds may still be changed, one at a time and many.
    async fn reviews_of_replaced_builds_may_be_changed(app: TestApp) {
        let (artefact, reviews) = reviewed(&app, "1", 1).await;
        start(&app, &json!({"version": "1", "environment": "e0", "revision": 2})).await;
        let answer = app.patch(&one(artefact, reviews[0]), &json!({"review_decision": [APPROVED]})).await.ok();
        assert_eq!((said(&answer), &answer["artefact_build"]["revision"]), (json!([[APPROVED], ""]), &json!(1)));
        let bulk = app.patch(&at(artefact), &json!([{"id": reviews[0], "review_comment": "old"}])).await.ok();
        assert_eq!(said(&bulk[0]), json!([[APPROVED], "old"]));
        assert_eq!(app.get(&one(artefact, reviews[0])).await.ok(), bulk[0]);
    }

    // A decision counts as completed; nothing else of the artefact follows from it, and nobody is told.
    async fn deciding_has_no_side_effects(app: TestApp) {
        let (artefact, reviews) = reviewed(&app, "1", 1).await;
        let kim = app.add_user("kim").await;
        let path = format!("/v1/artefacts/{artefact}");
        app.patch(&path, &json!({"reviewer_ids": [kim]})).await.ok();
        app.raw.run("DELETE FROM notification").await;
        let mut expected = app.artefact(artefact).await;
        assert_eq!(expected["completed_environment_reviews_count"], 0);
        app.patch(&one(artefact, reviews[0]), &json!({"review_decision": [APPROVED]})).await.ok();
        expected["completed_environment_reviews_count"] = json!(1);
        assert_eq!(app.artefact(artefact).await, expected);
        assert_eq!(app.patch(&path, &json!({"status": "APPROVED"})).await.ok()["status"], "APPROVED");
        // Approved stays approved, though a review turns.
        expected["status"] = json!("APPROVED");
        app.patch(&one(artefact, reviews[0]), &json!({"review_decision": ["REJECTED"]})).await.ok();
        assert_eq!(app.artefact(artefact).await, expected);
        app.patch(&at(artefact), &json!([{"id": reviews[0], "review_decision": []}])).await.ok();
        expected["completed_environment_reviews_count"] = json!(0);
        assert_eq!(app.artefact(artefact).await, expected);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM notification").await, 0);
    }

    // Bulk: each entry is applied as alone, and the answer follows the request.
    async fn many_reviews_are_changed_at_once(app: TestApp) {
        let (artefact, r) = reviewed(&app, "1", 3).await;
        let kim = app.add_user("kim").await;
        assign(&app, r[1], &[(kim, 0)]).await;
        let body = json!([
            {"id": r[2], "review_decision": ["REJECTED"], "review_comment": "broken"},
            {"id": format!("{}", r[1]), "review_decision": [APPROVED, FAULTY]},
        ]);
        let answer = app.patch(&at(artefact), &body).await;
        assert_eq!(skipped(&answer), None);
        let answer = answer.ok();
        assert_eq!(ids_of(&answer), [r[2], r[1]]);
        assert_eq!((said(&answer[0]), said(&answer[1])), (json!([["REJECTED"], "broken"]), json!([[APPROVED, FAULTY], ""])));
        assert_eq!(answer[1]["reviewers"][0]["id"], kim);
        let after = list(&app, artefact).await;
        assert_eq!((&after[1], &after[2], said(&after[0])), (&answer[1], &answer[0], json!([[], ""])));
        // A comment alone keeps the decisions; empty resets.
        let comments = json!([
            {"id": r[1], "review_comment": "why"},
            {"id": r[2], "review_decision": null, "review_comment": "how"},
        ]);
        let answer = app.patch(&at(artefact), &comments).await.ok();
        assert_eq!((said(&answer[0]), said(&answer[1])), (json!([[APPROVED, FAULTY], "why"]), json!([["REJECTED"], "how"])));
        let reset: Value = r.iter().map(|id| json!({"id": id, "review_decision": [], "review_comment": ""})).collect();
        let answer = app.patch(&at(artefact), &reset).await.ok();
        assert_eq!(answer, list(&app, artefact).await);
        assert!(answer.as_array().unwrap().iter().all(|review| said(review) == json!([[], ""])));
        assert_eq!(app.patch(&at(artefact), &json!([])).await.ok(), json!([]));
    }

    // Bulk: an id twice is applied twice, and shown twice as it is in the end.
    async fn a_review_named_twice_is_shown_twice_in_its_final_state(app: TestApp) {
        let (artefact, r) = reviewed(&app, "1", 2).await;
        let body = json!([
            {"id": r[0], "review_decision": ["REJECTED"], "review_comment": "first"},
            {"id": r[1], "review_comment": "other"},
            {"id": r[0], "review_decision": [APPROVED]},
        ]);
        let answer = app.patch(&at(artefact), &body).await.ok();
        assert_eq!(ids_of(&answer), [r[0], r[1], r[0]]);
        assert_eq!(answer[0], answer[2]);
        assert_eq!(said(&answer[0]), json!([[APPROVED], "first"]));
        assert_eq!(app.get(&one(artefact, r[0])).await.ok(), answer[0]);
    }

    // Bulk: a foreign or unknown review is skipped, and named in a header; one without id is skipped alone.
    async fn foreign_and_unknown_reviews_are_skipped_and_named(app: TestApp) {
        let (artefact, r) = reviewed(&app, "1", 1).await;
        let (other, foreign) = reviewed(&app, "2", 1).await;
        let change = |id: Value| json!({"id": id, "review_comment": "changed"});
        let body = json!([
            change(json!(9999)), change(json!(r[0])), change(json!(foreign[0])), change(json!(null)),
            {"review_comment": "x"},
        ]);
        let answer = app.patch(&at(artefact), &body).await;
        assert_eq!(skipped(&answer), Some(vec!["9999".to_owned(), foreign[0].to_string()]));
        let shown = answer.ok();
        assert_eq!((ids_of(&shown), said(&shown[0])), (r.clone(), json!([[], "changed"])));
        assert_eq!(said(&list(&app, other).await[0]), json!([[], ""]));
        // So is whoever asks again under the same key.
        let bearer = format!("Bearer {}", app.key);
        let headers =
            [("authorization", bearer.as_str()), ("content-type", "application/json"), ("idempotency-key", "k")];
        for _ in 0..2 {
            let answer = app.request(Method::PATCH, &at(artefact), &headers, body.to_string()).await;
            assert_eq!(skipped(&answer), Some(vec!["9999".to_owned(), foreign[0].to_string()]));
        }
        // Without an id there is nothing to name.
        let answer = app.patch(&at(artefact), &json!([{}, {"id": null}])).await;
        assert_eq!((skipped(&answer), answer.ok()), (None, json!([])));
        // An unknown artefact has no reviews, so all are skipped.
        let answer = app.patch(&at(9_999), &json!([change(json!(r[0]))])).await;
        assert_eq!((skipped(&answer), answer.ok()), (Some(vec![r[0].to_string()]), json!([])));
        assert_eq!(app.patch(&at(9_999), &json!([])).await.ok(), json!([]));
    }

    // Rights: one permission to look, one to change, and they come before all that is wrong.
    async fn reviews_have_two_permissions(app: TestApp) {
        let (artefact, r) = reviewed(&app, "1", 1).await;
        let (view, change) = (Permission::ViewEnvironmentReview, Permission::ChangeEnvironmentReview);
        for (permission, method, path, good, bad) in [
            (view, Method::GET, at(artefact), json!(null), json!(null)),
            (view, Method::GET, one(artefact, r[0]), json!(null), json!(null)),
            (change, Method::PATCH, at(artefact), json!([{"id": r[0]}]), json!({"id": "x"})),
            (change, Method::PATCH, one(artefact, r[0]), json!({}), json!({"review_comment": 5})),
        ] {
            let others: Vec<Permission> = Permission::ALL.iter().copied().filter(|it| *it != permission).collect();
            let powerless = app.add_application(&others).await;
            let able = app.add_application(&[permission]).await;
            let elsewhere = path.replace(&format!("artefacts/{artefact}"), "artefacts/x");
            for (path, body) in [(&path, &good), (&path, &bad), (&elsewhere, &bad)] {
                app.anonymous(method.clone(), path, Some(body)).await.refused(403, "Insufficient permissions");
                let answer = app.as_application(&powerless, method.clone(), path, Some(body)).await;
                answer.refused(403, "Insufficient permissions");
            }
            app.as_application(&able, method, &path, Some(&good)).await.ok();
        }
    }

    // As many statements for thirty reviews as for one, to look and to change.
    async fn reviews_take_the_same_statements_for_one_as_for_many(app: TestApp) {
        let kim = app.add_user("kim").await;
        let mut counts = Vec::new();
        for (version, size) in [("1", 1), ("2", 30)] {
            let (artefact, reviews) = reviewed(&app, version, size).await;
            for review in &reviews {
                assign(&app, *review, &[(kim, 0)]).await;
            }
            let before = app.service.db.statements();
            assert_eq!(list(&app, artefact).await.as_array().unwrap().len(), size);
            let between = app.service.db.statements();
            let change = |id: &i64| json!({"id": id, "review_decision": [APPROVED], "review_comment": "x"});
            let body: Value = reviews.iter().map(change).collect();
            app.patch(&at(artefact), &body).await.ok();
            counts.push((between - before, app.service.db.statements() - between));
        }
        assert_eq!(counts[0], counts[1]);
    }
}
