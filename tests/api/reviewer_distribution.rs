//! Whom `start-test` picks in each family and stage, how the environments are spread when reviewers were cleared in
//! between, and what a later run leaves as it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde_json::{Value, json};
use test_observer::clock::Clock;

use crate::support::{TestApp, both, charm, deb, image, snap, solution};

type Make = fn(&Value) -> Value;

const FAMILIES: [(&str, Make); 5] =
    [("snap", snap), ("deb", deb), ("charm", charm), ("image", image), ("solution", solution)];
const NOTIFICATIONS: &str = "SELECT COUNT(*) FROM notification";

/// Starts a run, with or without asking for reviewers, and returns the artefact.
async fn start(app: &TestApp, body: Value, asks: bool) -> i64 {
    let mut body = body;
    if asks {
        body["needs_assignment"] = json!(true);
    }
    let execution = app.start(&body).await;
    app.artefact_of(execution).await
}

async fn reviewers(app: &TestApp, artefact: i64) -> Vec<i64> {
    let shown = app.artefact(artefact).await;
    shown["reviewers"].as_array().unwrap().iter().map(|reviewer| reviewer["id"].as_i64().unwrap()).collect()
}

/// How many of an artefact's reviews each of its reviewers has; every review has exactly one, and it is one of them.
async fn loads(app: &TestApp, artefact: i64) -> Vec<usize> {
    let people = reviewers(app, artefact).await;
    let mut loads = vec![0; people.len()];
    let reviews = app.get(&format!("/v1/artefacts/{artefact}/environment-reviews")).await.ok();
    for review in reviews.as_array().unwrap() {
        let assigned = review["reviewers"].as_array().unwrap();
        assert_eq!(assigned.len(), 1, "{review}");
        let place = people.iter().position(|id| assigned[0]["id"] == *id);
        loads[place.unwrap_or_else(|| panic!("no reviewer of the artefact: {review}"))] += 1;
    }
    loads
}

async fn clear_reviewers(app: &TestApp, artefact: i64) {
    app.patch(&format!("/v1/artefacts/{artefact}"), &json!({"reviewer_ids": null})).await.ok();
    assert!(reviewers(app, artefact).await.is_empty());
}

async fn add_users(app: &TestApp, count: usize) -> Vec<i64> {
    let mut ids = Vec::new();
    for n in 0..count {
        ids.push(app.add_user(&format!("u{n}")).await);
    }
    ids
}

/// A clock that says another day each time the test moves it on.
fn clock_of_days() -> (Clock, Arc<AtomicI64>) {
    let start: DateTime<Utc> = "2031-01-22T08:30:00Z".parse().unwrap();
    let days = Arc::new(AtomicI64::new(0));
    let read = days.clone();
    (Clock::from_fn(move || start + TimeDelta::days(read.load(Ordering::Relaxed))), days)
}

both! {
    // Who does not ask gets no reviewer, no due date and no notification, whatever rules there are.
    async fn nobody_is_assigned_unasked(app: TestApp) {
        let users = add_users(&app, 1).await;
        let team = app.add_team("team", &[], &users).await;
        for (family, make) in FAMILIES {
            app.add_rule(family, &json!({}), &[], &[team]).await;
            for refusal in [json!({}), json!({"needs_assignment": false})] {
                let artefact = start(&app, make(&refusal), false).await;
                let shown = app.artefact(artefact).await;
                assert_eq!((&shown["reviewers"], &shown["due_date"]), (&json!([]), &Value::Null), "{family}");
            }
        }
        assert_eq!(app.raw.number(NOTIFICATIONS).await, 0);
    }

    // A rule of each family assigns the member of its team, and of no other family's.
    async fn each_family_has_its_own_reviewers(app: TestApp) {
        let users = add_users(&app, 5).await;
        for ((family, _), user) in FAMILIES.into_iter().zip(&users) {
            let team = app.add_team(family, &[], &[*user]).await;
            app.add_rule(family, &json!({}), &[], &[team]).await;
        }
        for ((family, make), user) in FAMILIES.into_iter().zip(&users) {
            let artefact = start(&app, make(&json!({})), true).await;
            assert_eq!(reviewers(&app, artefact).await, [*user], "{family}");
            assert_eq!(loads(&app, artefact).await, [1], "{family}");
        }
    }

    // A rule of family and stage assigns its member; beside one of the family alone, only its member.
    async fn a_rule_with_a_stage_goes_before_one_without(app: TestApp) {
        let users = add_users(&app, 2).await;
        let broad = app.add_team("broad", &[], &users[..1]).await;
        let narrow = app.add_team("narrow", &[], &users[1..]).await;
        for (family, make, stage, other) in [
            ("snap", snap as Make, "beta", "edge"),
            ("deb", deb, "proposed", "updates"),
            ("charm", charm, "beta", "edge"),
        ] {
            let body = |version: &str, stage: &str| make(&json!({"version": version, "execution_stage": stage}));
            app.add_rule(family, &json!({"stage": stage}), &[], &[narrow]).await;
            let alone = start(&app, body("1", stage), true).await;
            assert_eq!(reviewers(&app, alone).await, [users[1]], "{family}");
            app.add_rule(family, &json!({}), &[], &[broad]).await;
            let narrow_one = start(&app, body("2", stage), true).await;
            assert_eq!(reviewers(&app, narrow_one).await, [users[1]], "{family}");
            let broad_one = start(&app, body("3", other), true).await;
            assert_eq!(reviewers(&app, broad_one).await, [users[0]], "{family}");
        }
    }

    // A more specific rule whose team is empty shadows the others: nobody is picked.
    async fn an_empty_team_shadows_less_specific_rules(app: TestApp) {
        let users = add_users(&app, 1).await;
        let team = app.add_team("team", &[], &users).await;
        let empty = app.add_team("empty", &[], &[]).await;
        app.add_rule("snap", &json!({}), &[], &[team]).await;
        app.add_rule("snap", &json!({"name": "core22"}), &[], &[empty]).await;
        app.add_rule("snap", &json!({"name": "core24"}), &[], &[]).await;
        for name in ["core22", "core24"] {
            let artefact = start(&app, snap(&json!({"name": name})), true).await;
            assert!(reviewers(&app, artefact).await.is_empty(), "{name}");
        }
    }

    // Eight environments at five a reviewer, reviewers cleared in between: two again, and each review has one of them.
    async fn cleared_reviewers_are_picked_anew(app: TestApp) {
        let app = app.with_settings(|settings| settings.executions_per_reviewer = 5);
        let users = add_users(&app, 2).await;
        let team = app.add_team("team", &[], &users).await;
        app.add_rule("snap", &json!({}), &[], &[team]).await;
        for (version, architectures) in [("1", ["amd64", "amd64"]), ("2", ["amd64", "arm64"])] {
            let body = |n: usize| {
                snap(&json!({"version": version, "environment": format!("e{n}"), "arch": architectures[n % 2]}))
            };
            let mut artefact = 0;
            for n in 0..8 {
                if n > 0 {
                    clear_reviewers(&app, artefact).await;
                }
                artefact = start(&app, body(n), true).await;
                let expected = usize::div_ceil(n + 1, 5);
                assert_eq!(reviewers(&app, artefact).await.len(), expected, "version {version}, {n}");
                assert_eq!(loads(&app, artefact).await.iter().sum::<usize>(), n + 1, "version {version}, {n}");
            }
        }
    }

    // Starting from cleared reviewers the reviews are spread evenly, though some carry an earlier assignment.
    async fn reviews_are_spread_evenly_after_reviewers_were_cleared(app: TestApp) {
        let app = app.with_settings(|settings| settings.executions_per_reviewer = 5);
        let users = add_users(&app, 3).await;
        for (name, candidates) in [("two", 2), ("three", 3)] {
            let team = app.add_team(name, &[], &users[..candidates]).await;
            app.add_rule("snap", &json!({"name": name}), &[], &[team]).await;
            for (environments, asking) in [(7, 0), (8, 0), (8, 3), (7, 1), (10, 4)] {
                let body = |n: usize| {
                    let version = format!("{environments} {asking}");
                    snap(&json!({"name": name, "version": version, "environment": format!("e{n}")}))
                };
                let mut artefact = 0;
                for n in 0..environments - 1 {
                    artefact = start(&app, body(n), n < asking).await;
                }
                clear_reviewers(&app, artefact).await;
                start(&app, body(environments - 1), true).await;
                let mut found = loads(&app, artefact).await;
                found.sort_unstable();
                let expected = [environments / 2, environments.div_ceil(2)];
                assert_eq!(found, expected, "{candidates} candidates, {asking} of {environments} asked");
            }
        }
    }

    // Seven environments one after the other at five a reviewer: two reviewers, and every review has one.
    async fn reviewers_join_as_environments_do(app: TestApp) {
        let app = app.with_settings(|settings| settings.executions_per_reviewer = 5);
        let users = add_users(&app, 3).await;
        let team = app.add_team("team", &[], &users).await;
        app.add_rule("snap", &json!({}), &[], &[team]).await;
        for n in 1..=7 {
            let artefact = start(&app, snap(&json!({"environment": format!("e{n}")})), true).await;
            let found = loads(&app, artefact).await;
            assert_eq!((found.len(), found.iter().sum::<usize>()), (usize::div_ceil(n, 5), n));
        }
    }

    // Chance decides among the candidates: in the long run it is everybody's turn.
    async fn every_candidate_is_picked_sometimes(app: TestApp) {
        let users = add_users(&app, 3).await;
        let team = app.add_team("team", &[], &users).await;
        app.add_rule("snap", &json!({}), &[], &[team]).await;
        let mut turns = vec![0; users.len()];
        for version in 0..40 {
            let artefact = start(&app, snap(&json!({"version": format!("{version}")})), true).await;
            let picked = reviewers(&app, artefact).await;
            turns[users.iter().position(|user| picked == [*user]).unwrap()] += 1;
        }
        assert!(turns.iter().all(|turns| *turns > 0), "{turns:?}");
    }

    // Runs that register at once find as many reviewers as one after the other, and each review has one of them.
    async fn runs_at_once_find_no_reviewer_too_many(app: TestApp) {
        let app = app.with_settings(|settings| settings.executions_per_reviewer = 5);
        let users = add_users(&app, 4).await;
        let team = app.add_team("team", &[], &users).await;
        app.add_rule("snap", &json!({}), &[], &[team]).await;
        let bodies: Vec<Value> = (0..10)
            .map(|n| snap(&json!({"environment": format!("e{n}"), "needs_assignment": true})))
            .collect();
        let path = "/v1/test-executions/start-test";
        for answer in join_all(bodies.iter().map(|body| app.put(path, body))).await {
            answer.ok();
        }
        let found = loads(&app, app.newest_artefact().await).await;
        assert_eq!((found.len(), found.iter().sum::<usize>()), (2, 10));
        assert_eq!(app.raw.number(NOTIFICATIONS).await, 2);
    }

    // A later environment moves no due date, and tells nobody; nor does a later reviewer move it.
    async fn the_due_date_is_that_of_the_first_assignment(app: TestApp) {
        let (clock, days) = clock_of_days();
        let app = app.with_clock(clock).with_settings(|settings| settings.executions_per_reviewer = 2);
        let users = add_users(&app, 2).await;
        let team = app.add_team("team", &[], &users).await;
        app.add_rule("snap", &json!({}), &[], &[team]).await;
        for (day, count) in [(0, 1), (3, 1), (5, 2)] {
            days.store(day, Ordering::Relaxed);
            let artefact = start(&app, snap(&json!({"environment": format!("e{day}")})), true).await;
            assert_eq!(reviewers(&app, artefact).await.len(), count, "day {day}");
            assert_eq!(app.artefact(artefact).await["due_date"], "2031-02-01", "day {day}");
            assert_eq!(app.raw.number(NOTIFICATIONS).await, i64::try_from(count).unwrap(), "day {day}");
        }
    }

    // A date that somebody else set, as a tracker does for kernels, is never erased.
    async fn a_due_date_that_is_there_stays(app: TestApp) {
        let app = app.with_settings(|settings| settings.executions_per_reviewer = 1);
        let users = add_users(&app, 2).await;
        let team = app.add_team("team", &[], &users).await;
        app.add_rule("snap", &json!({}), &[], &[team]).await;
        for name in ["pi-kernel", "core22"] {
            let artefact = start(&app, snap(&json!({"name": name})), false).await;
            app.raw.run(&format!("UPDATE artefact SET due_date = '2031-03-09' WHERE id = {artefact}")).await;
            start(&app, snap(&json!({"name": name})), true).await;
            assert_eq!(reviewers(&app, artefact).await.len(), 2, "{name}");
            assert_eq!(app.artefact(artefact).await["due_date"], "2031-03-09", "{name}");
        }
    }

    // Reviewers set by hand: a new review goes to one of them, whom nobody tells again.
    async fn reviewers_set_by_hand_get_new_reviews(app: TestApp) {
        let users = add_users(&app, 1).await;
        let artefact = start(&app, snap(&json!({})), false).await;
        app.patch(&format!("/v1/artefacts/{artefact}"), &json!({"reviewer_ids": users})).await.ok();
        assert_eq!(app.raw.number(NOTIFICATIONS).await, 1);
        start(&app, snap(&json!({"environment": "second"})), true).await;
        assert_eq!((reviewers(&app, artefact).await, loads(&app, artefact).await), (users, vec![2]));
        assert_eq!(app.raw.number(NOTIFICATIONS).await, 1);
    }
}
