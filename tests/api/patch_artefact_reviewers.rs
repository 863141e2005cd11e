//! `PATCH /v1/artefacts/{id}`: who reviews an artefact, and who is told.

use chrono::{DateTime, Utc};
use futures::future::join_all;
use serde_json::{Value, json};
use test_observer::clock::Clock;

use crate::support::{TestApp, both, charm, deb, image, snap, solution};

const BOTH: &str = "Cannot specify both reviewer_ids and reviewer_emails";
const NOTIFICATIONS: &str = "SELECT COUNT(*) FROM notification";
const TOLD: &str = "SELECT app_user.name FROM notification JOIN app_user ON app_user.id = notification.user_id
                    ORDER BY notification.id";

fn at(artefact: i64) -> String {
    format!("/v1/artefacts/{artefact}")
}

async fn start(app: &TestApp, body: &Value) -> i64 {
    let execution = app.start(body).await;
    app.artefact_of(execution).await
}

/// The ids of the reviewers that an artefact shows, in order; the first is the assignee.
fn ids_of(artefact: &Value) -> Vec<i64> {
    assert_eq!(artefact["assignee"], artefact["reviewers"].get(0).cloned().unwrap_or_default());
    artefact["reviewers"].as_array().unwrap().iter().map(|reviewer| reviewer["id"].as_i64().unwrap()).collect()
}

/// Changes an artefact; its reviewers afterwards, as the answer and a later look agree.
async fn reviewers_after(app: &TestApp, artefact: i64, body: &Value) -> Vec<i64> {
    let answer = app.patch(&at(artefact), body).await.ok();
    assert_eq!(app.artefact(artefact).await, answer, "{body}");
    ids_of(&answer)
}

async fn add_users(app: &TestApp, names: &[&str]) -> Vec<i64> {
    let mut ids = Vec::new();
    for name in names {
        ids.push(app.add_user(name).await);
    }
    ids
}

/// Who was told since last asked, in order of name.
async fn told(app: &TestApp) -> Vec<String> {
    let mut names = app.raw.texts(TOLD).await;
    names.sort_unstable();
    app.raw.run("DELETE FROM notification").await;
    names
}

both! {
    // Each of the four fields sets a reviewer, and null in it clears them all.
    async fn each_field_sets_and_null_clears(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let kim = app.add_user("kim").await;
        let nobody: [i64; 0] = [];
        for (field, value) in [
            ("reviewer_ids", json!([kim])),
            ("reviewer_emails", json!(["kim@example.org"])),
            ("assignee_id", json!(kim)),
            ("assignee_email", json!("kim@example.org")),
            ("reviewer_ids", json!([format!(" {kim} ")])),
            ("assignee_id", json!(format!("{kim}"))),
        ] {
            assert_eq!(reviewers_after(&app, artefact, &json!({field: value})).await, [kim], "{field}");
            assert_eq!(reviewers_after(&app, artefact, &json!({})).await, [kim], "{field}");
            assert_eq!(reviewers_after(&app, artefact, &json!({field: null})).await, nobody, "{field}");
        }
        for field in ["reviewer_ids", "reviewer_emails"] {
            reviewers_after(&app, artefact, &json!({"reviewer_ids": [kim]})).await;
            assert_eq!(reviewers_after(&app, artefact, &json!({field: []})).await, nobody, "{field}");
        }
    }

    // A reviewer is shown with five fields.
    async fn a_reviewer_is_shown_whole(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let kim = app.add_user("kim").await;
        let shown = app.patch(&at(artefact), &json!({"reviewer_ids": [kim]})).await.ok();
        let expected = json!({
            "id": kim, "launchpad_handle": null, "email": "kim@example.org", "launchpad_email": "kim@example.org",
            "name": "kim",
        });
        assert_eq!((&shown["reviewers"], &shown["assignee"]), (&json!([expected]), &expected));
        app.raw.run("UPDATE app_user SET launchpad_handle = 'kim-lp'").await;
        assert_eq!(app.artefact(artefact).await["assignee"]["launchpad_handle"], "kim-lp");
    }

    // Several reviewers stand in the order of the request, also when only the order changes.
    async fn reviewers_are_in_the_order_of_the_request(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let u = add_users(&app, &["a", "b", "c"]).await;
        let mail = |name: &str| format!("{name}@example.org");
        for (body, expected) in [
            (json!({"reviewer_ids": [u[2], u[0], u[1]]}), vec![u[2], u[0], u[1]]),
            (json!({"reviewer_emails": [mail("b"), mail("c"), mail("a")]}), vec![u[1], u[2], u[0]]),
            (json!({"reviewer_ids": [u[0], u[1], u[2]]}), vec![u[0], u[1], u[2]]),
            // Keeping two of three, then one joins in front.
            (json!({"reviewer_ids": [u[2], u[0]]}), vec![u[2], u[0]]),
            (json!({"reviewer_emails": [mail("b"), mail("c")]}), vec![u[1], u[2]]),
        ] {
            assert_eq!(reviewers_after(&app, artefact, &body).await, expected, "{body}");
            let listed = app.get("/v1/artefacts").await.ok();
            assert_eq!(ids_of(&listed[0]), expected, "{body}");
        }
    }

    // Both lists, even as null, even by the old names: refused.
    async fn the_two_lists_exclude_each_other(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let kim = app.add_user("kim").await;
        reviewers_after(&app, artefact, &json!({"reviewer_ids": [kim]})).await;
        let before = app.artefact(artefact).await;
        for body in [
            json!({"reviewer_ids": [kim], "reviewer_emails": ["kim@example.org"]}),
            json!({"reviewer_ids": null, "reviewer_emails": ["kim@example.org"]}),
            json!({"reviewer_ids": [kim], "reviewer_emails": null}),
            json!({"reviewer_ids": null, "reviewer_emails": null}),
            json!({"reviewer_ids": [], "reviewer_emails": []}),
            json!({"assignee_id": kim, "assignee_email": "kim@example.org"}),
            json!({"assignee_id": null, "assignee_email": null}),
            json!({"reviewer_ids": [kim], "reviewer_emails": [], "assignee_id": kim}),
        ] {
            app.patch(&at(artefact), &body).await.refused(422, BOTH);
            assert_eq!(app.artefact(artefact).await, before, "{body}");
        }
    }

    // The old names count only where neither list is present.
    async fn the_old_names_yield_to_the_lists(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let u = add_users(&app, &["kim", "ada"]).await;
        for (body, expected) in [
            (json!({"reviewer_ids": [u[0]], "assignee_id": u[1]}), vec![u[0]]),
            (json!({"reviewer_ids": [u[1]], "assignee_email": "nobody@example.org"}), vec![u[1]]),
            (json!({"reviewer_emails": ["kim@example.org"], "assignee_id": 9999}), vec![u[0]]),
            (json!({"reviewer_emails": ["ada@example.org"], "assignee_id": null, "assignee_email": null}), vec![u[1]]),
            (json!({"reviewer_ids": null, "assignee_id": u[0]}), vec![]),
            (json!({"assignee_id": u[0]}), vec![u[0]]),
            (json!({"reviewer_emails": null, "assignee_email": "ada@example.org"}), vec![]),
        ] {
            assert_eq!(reviewers_after(&app, artefact, &body).await, expected, "{body}");
        }
    }

    // A malformed old name is told where it is and where it leads; only the first when a list is there.
    async fn a_malformed_old_name_is_told_twice(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let (id, email) = (json!(["body", "assignee_id"]), json!(["body", "assignee_email"]));
        let (of_ids, of_emails) = (json!(["body", "reviewer_ids", 0]), json!(["body", "reviewer_emails", 0]));
        for (body, kind, places) in [
            (json!({"assignee_id": "x"}), "int_parsing", vec![&id, &of_ids]),
            (json!({"assignee_id": 1.5}), "int_from_float", vec![&id, &of_ids]),
            (json!({"assignee_email": 5}), "string_type", vec![&email, &of_emails]),
            (json!({"assignee_id": "x", "reviewer_ids": []}), "int_parsing", vec![&id]),
            (json!({"assignee_email": 5, "reviewer_ids": null}), "string_type", vec![&email]),
        ] {
            let expected: Vec<_> = places.into_iter().map(|place| (kind.to_owned(), place.clone())).collect();
            assert_eq!(app.patch(&at(artefact), &body).await.problems(), expected, "{body}");
        }
    }

    // A person twice, or one who does not exist: refused, the first unknown one is named, and nothing changes.
    async fn repeated_and_unknown_people_are_refused(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let kim = app.add_user("kim").await;
        reviewers_after(&app, artefact, &json!({"reviewer_ids": [kim]})).await;
        let before = app.artefact(artefact).await;
        told(&app).await;
        let ids = "Duplicate user ids are not allowed in reviewer_ids";
        let emails = "Duplicate user emails are not allowed in reviewer_emails";
        for (body, detail) in [
            (json!({"reviewer_ids": [kim, kim]}), ids),
            (json!({"reviewer_ids": [9999, 9999]}), ids),
            (json!({"reviewer_ids": [9999, kim, format!("{kim}")]}), ids),
            (json!({"reviewer_emails": ["kim@example.org", "kim@example.org"]}), emails),
            (json!({"reviewer_emails": ["x@example.org", "x@example.org"]}), emails),
            (json!({"reviewer_ids": [kim, 9999, 9998]}), "User with id 9999 not found"),
            (json!({"reviewer_ids": [0]}), "User with id 0 not found"),
            (json!({"reviewer_ids": [-1]}), "User with id -1 not found"),
            (json!({"assignee_id": 9999}), "User with id 9999 not found"),
            (json!({"reviewer_emails": ["x@example.org", "a@example.org"]}), "User with email 'x@example.org' not found"),
            (json!({"assignee_email": "nobody@example.org"}), "User with email 'nobody@example.org' not found"),
            (json!({"assignee_email": ""}), "User with email '' not found"),
            // Addresses are compared exactly.
            (json!({"reviewer_emails": ["Kim@example.org"]}), "User with email 'Kim@example.org' not found"),
            (json!({"reviewer_emails": [" kim@example.org"]}), "User with email ' kim@example.org' not found"),
            (json!({"reviewer_emails": ["kim@example.org", "KIM@example.org"]}), "User with email 'KIM@example.org' not found"),
        ] {
            let mut body = body;
            body["comment"] = json!("changed");
            app.patch(&at(artefact), &body).await.refused(422, detail);
            assert_eq!(app.artefact(artefact).await, before, "{body}");
        }
        assert_eq!(app.raw.number(NOTIFICATIONS).await, 0);
        // An id that no user can have is told as well, one way or the other.
        for id in [json!(2_147_483_648_i64), json!("99999999999999999999")] {
            assert_eq!(app.patch(&at(artefact), &json!({"reviewer_ids": [id]})).await.status, 422);
        }
    }

    // Neither due date nor the environments that somebody was given change with the reviewers.
    async fn due_date_and_environment_reviews_are_left_alone(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let u = add_users(&app, &["kim", "ada"]).await;
        reviewers_after(&app, artefact, &json!({"reviewer_ids": [u[0]]})).await;
        assert_eq!(app.artefact(artefact).await["due_date"], Value::Null);
        app.raw
            .run(&format!(
                "UPDATE artefact SET due_date = '2031-02-01';
                 INSERT INTO environment_review_reviewers_association (environment_review_id, user_id)
                 SELECT id, {} FROM artefact_build_environment_review",
                u[0]
            ))
            .await;
        for body in [json!({"reviewer_ids": [u[1]]}), json!({"reviewer_ids": null})] {
            let answer = app.patch(&at(artefact), &body).await.ok();
            assert_eq!(answer["due_date"], "2031-02-01");
            let reviews = app.get(&format!("{}/environment-reviews", at(artefact))).await.ok();
            assert_eq!(reviews[0]["reviewers"][0]["id"], u[0], "{body}");
        }
    }

    // Whoever was no reviewer before is told once; nobody else is.
    async fn only_new_reviewers_are_told(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let u = add_users(&app, &["a", "b", "c"]).await;
        let none: Vec<&str> = vec![];
        for (body, expected) in [
            (json!({"comment": "x"}), none.clone()),
            (json!({"reviewer_ids": [u[0]]}), vec!["a"]),
            (json!({"reviewer_ids": [u[0]]}), none.clone()),
            (json!({"assignee_id": u[0]}), none.clone()),
            (json!({"reviewer_emails": ["b@example.org", "a@example.org", "c@example.org"]}), vec!["b", "c"]),
            (json!({"reviewer_ids": [u[2], u[0], u[1]]}), none.clone()),
            (json!({"reviewer_ids": [u[1], u[2]]}), none.clone()),
            (json!({"reviewer_ids": null}), none.clone()),
            (json!({"reviewer_emails": []}), none.clone()),
            (json!({"assignee_email": "c@example.org"}), vec!["c"]),
            (json!({"reviewer_ids": [u[1]]}), vec!["b"]),
            // With an issue too, whatever becomes of its card.
            (json!({"reviewer_ids": [u[0]], "jira_issue": "TO-1"}), vec!["a"]),
        ] {
            app.patch(&at(artefact), &body).await.ok();
            assert_eq!(told(&app).await, expected, "{body}");
        }
    }

    // What they are told: the kind, the artefact's page, the time, unread.
    async fn a_notification_leads_to_the_page_of_the_artefact(app: TestApp) {
        let now: DateTime<Utc> = "2031-01-22T08:30:00Z".parse().unwrap();
        let app = app.with_clock(Clock::from_fn(move || now)).with_settings(|settings| {
            settings.frontend_url = "https://tests.example.org/".into();
        });
        let kim = app.add_user("kim").await;
        for (path, body) in [
            ("snaps", snap(&json!({}))),
            ("debs", deb(&json!({}))),
            ("charms", charm(&json!({}))),
            ("images", image(&json!({}))),
            ("solutions", solution(&json!({}))),
        ] {
            let artefact = start(&app, &body).await;
            app.patch(&at(artefact), &json!({"reviewer_ids": [kim]})).await.ok();
            let told = "SELECT notification_type || ' ' || target_url FROM notification
                        WHERE dismissed_at IS NULL ORDER BY id DESC LIMIT 1";
            let expected = format!("USER_ASSIGNED_ARTEFACT_REVIEW https://tests.example.org/{path}/{artefact}");
            assert_eq!(app.raw.texts(told).await, [expected]);
        }
        let now = format!("{NOTIFICATIONS} WHERE created_at = '2031-01-22T08:30:00+00:00'");
        assert_eq!(app.raw.number(&now).await, 5);
        assert_eq!(app.raw.number(NOTIFICATIONS).await, 5);
    }

    // At once: each change counts whole, and nobody is told twice of one assignment.
    async fn changes_at_once_tell_a_reviewer_once(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let u = add_users(&app, &["a", "b"]).await;
        let path = at(artefact);
        let body = json!({"reviewer_ids": [u[1], u[0]]});
        for answer in join_all((0..10).map(|_| app.patch(&path, &body))).await {
            assert_eq!(ids_of(&answer.ok()), [u[1], u[0]]);
        }
        assert_eq!(told(&app).await, ["a", "b"]);
    }

    // As many statements for thirty reviewers as for one.
    async fn assigning_takes_the_same_statements_for_one_reviewer_as_for_many(app: TestApp) {
        let names: Vec<String> = (0..30).map(|n| format!("u{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let u = add_users(&app, &names).await;
        let mut counts = Vec::new();
        for (version, ids) in [("1", &u[..1]), ("2", &u[..])] {
            let artefact = start(&app, &snap(&json!({"version": version}))).await;
            let before = app.service.db.statements();
            app.patch(&at(artefact), &json!({"reviewer_ids": ids})).await.ok();
            counts.push(app.service.db.statements() - before);
        }
        assert_eq!(counts[0], counts[1]);
    }
}
