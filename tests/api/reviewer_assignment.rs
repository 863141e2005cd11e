//! Reviewers that `start-test` finds when a run asks for them.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use test_observer::clock::Clock;

use crate::support::{TestApp, both, charm, deb, image, snap};

const NOW: &str = "'2031-01-01T00:00:00+00:00'";

/// Users with these ids, all in the team of that id.
async fn add_team(app: &TestApp, team: i64, users: &[i64]) {
    app.raw
        .run(&format!("INSERT INTO team (id, created_at, updated_at, name) VALUES ({team}, {NOW}, {NOW}, 't{team}')"))
        .await;
    for user in users {
        add_user(app, *user).await;
        app.raw.run(&format!("INSERT INTO team_users_association (user_id, team_id) VALUES ({user}, {team})")).await;
    }
}

async fn add_user(app: &TestApp, user: i64) {
    let sql = format!(
        "INSERT INTO app_user (id, created_at, updated_at, email, name)
         VALUES ({user}, {NOW}, {NOW}, 'u{user}@example.org', 'U{user}') ON CONFLICT DO NOTHING"
    );
    app.raw.run(&sql).await;
}

/// A rule of a team for a family, with criteria by column.
async fn add_rule(app: &TestApp, rule: i64, team: i64, family: &str, criteria: &[(&str, &str)]) {
    let columns: String = criteria.iter().map(|(column, _)| format!(", {column}")).collect();
    let values: String = criteria.iter().map(|(_, value)| format!(", '{value}'")).collect();
    let sql = format!(
        "INSERT INTO artefact_matching_rule (id, created_at, updated_at, family{columns})
         VALUES ({rule}, {NOW}, {NOW}, '{family}'{values});
         INSERT INTO artefact_matching_rule_team_association (artefact_matching_rule_id, team_id)
         VALUES ({rule}, {team})"
    );
    app.raw.run(&sql).await;
}

async fn add_reviewer(app: &TestApp, artefact: i64, user: i64) {
    add_user(app, user).await;
    let sql = format!("INSERT INTO artefact_reviewers_association (artefact_id, user_id) VALUES ({artefact}, {user})");
    app.raw.run(&sql).await;
}

/// A start that asks for reviewers.
fn wanting(mut body: Value) -> Value {
    body["needs_assignment"] = json!(true);
    body
}

/// Starts, and returns the artefact.
async fn start(app: &TestApp, body: &Value) -> i64 {
    let execution = app.start(body).await;
    app.artefact_of(execution).await
}

async fn reviewers(app: &TestApp, artefact: i64) -> Vec<i64> {
    let shown = app.artefact(artefact).await;
    assert_eq!(shown["assignee"], shown["reviewers"].get(0).cloned().unwrap_or_default());
    shown["reviewers"].as_array().unwrap().iter().map(|reviewer| reviewer["id"].as_i64().unwrap()).collect()
}

/// How many reviews each reviewer has, fewest first; a review has at most one.
async fn loads(app: &TestApp) -> Vec<i64> {
    let counts = "SELECT CAST(COUNT(*) AS TEXT) FROM environment_review_reviewers_association
                  GROUP BY user_id ORDER BY COUNT(*)";
    let twice = "SELECT COUNT(*) FROM (SELECT environment_review_id FROM environment_review_reviewers_association
                 GROUP BY environment_review_id HAVING COUNT(*) > 1) AS several";
    assert_eq!(app.raw.number(twice).await, 0);
    app.raw.texts(counts).await.iter().map(|count| count.parse().unwrap()).collect()
}

const NOTIFICATIONS: &str = "SELECT COUNT(*) FROM notification";

both! {
    async fn one_of_the_candidates_reviews_and_is_told_once(app: TestApp) {
        let now: DateTime<Utc> = "2031-01-22T23:59:59Z".parse().unwrap();
        let app = app.with_clock(Clock::from_fn(move || now)).with_settings(|s| {
            s.frontend_url = "https://tests.example.org/".into();
        });
        add_team(&app, 601, &[501, 502, 503]).await;
        add_rule(&app, 701, 601, "snap", &[]).await;
        let artefact = start(&app, &wanting(snap(&json!({})))).await;
        let picked = reviewers(&app, artefact).await;
        assert!(picked.len() == 1 && (501..=503).contains(&picked[0]), "{picked:?}");
        assert_eq!(app.artefact(artefact).await["due_date"], "2031-02-01");
        assert_eq!(loads(&app).await, [1]);
        // Neither repetition nor another environment picks or tells anybody again.
        start(&app, &wanting(snap(&json!({})))).await;
        start(&app, &wanting(snap(&json!({"environment": "rpi3"})))).await;
        assert_eq!(reviewers(&app, artefact).await, picked);
        assert_eq!(loads(&app).await, [2]);
        let told = "SELECT notification_type || ' ' || target_url || ' ' || CAST(user_id AS TEXT) FROM notification";
        let expected = format!("USER_ASSIGNED_ARTEFACT_REVIEW https://tests.example.org/snaps/{artefact} {}", picked[0]);
        assert_eq!(app.raw.texts(told).await, [expected]);
    }

    async fn pages_of_each_family_have_their_own_address(app: TestApp) {
        add_team(&app, 601, &[501]).await;
        for (rule, family, body) in
            [(701, "deb", deb(&json!({}))), (702, "charm", charm(&json!({}))), (703, "image", image(&json!({})))]
        {
            add_rule(&app, rule, 601, family, &[]).await;
            let artefact = start(&app, &wanting(body)).await;
            let last = app.raw.texts("SELECT target_url FROM notification ORDER BY id DESC LIMIT 1").await;
            assert_eq!(last, [format!("http://localhost:30001/{family}s/{artefact}")]);
        }
    }

    async fn kernels_have_no_due_date(app: TestApp) {
        let now: DateTime<Utc> = "2031-01-22T08:30:00Z".parse().unwrap();
        let app = app.with_clock(Clock::from_fn(move || now));
        add_team(&app, 601, &[501]).await;
        add_rule(&app, 701, 601, "snap", &[]).await;
        for (name, due) in [
            ("linux-raspi", Value::Null),
            ("pi-kernel", Value::Null),
            ("linux", json!("2031-02-01")),
            ("kernel-pi", json!("2031-02-01")),
            ("Linux-raspi", json!("2031-02-01")),
        ] {
            let artefact = start(&app, &wanting(snap(&json!({"name": name})))).await;
            assert_eq!(app.artefact(artefact).await["due_date"], due, "{name}");
            assert_eq!(reviewers(&app, artefact).await, [501], "{name}");
        }
    }

    async fn candidates_are_of_the_most_specific_matching_rules(app: TestApp) {
        let app = app.with_settings(|s| s.executions_per_reviewer = 1);
        add_team(&app, 601, &[501]).await;
        add_team(&app, 602, &[502]).await;
        add_user(&app, 509).await;
        for (first, second, expected) in [
            // Both match: the one with more criteria counts.
            (vec![], vec![("name", "core22")], vec![502]),
            (vec![("store", "ubuntu"), ("track", "22")], vec![("name", "core22")], vec![501]),
            (vec![("name", "core22"), ("stage", "beta"), ("branch", "fix")], vec![("track", "22")], vec![501]),
            // Equally specific: both count.
            (vec![("stage", "beta")], vec![("name", "core22")], vec![501, 502]),
            // A rule that does not match is not the most specific one.
            (vec![], vec![("name", "core24"), ("stage", "beta")], vec![501]),
            (vec![("stage", "edge")], vec![("series", "noble")], vec![]),
            (vec![("os", "ubuntu")], vec![("owner", "x"), ("release", "noble")], vec![]),
            (vec![("name", "Core22")], vec![("store", "brand")], vec![]),
        ] {
            app.raw.run("DELETE FROM artefact; DELETE FROM artefact_matching_rule").await;
            add_rule(&app, 701, 601, "snap", &first).await;
            add_rule(&app, 702, 602, "snap", &second).await;
            // Two executions, so that two are wanted.
            let artefact = start(&app, &snap(&json!({"branch": "fix"}))).await;
            start(&app, &wanting(snap(&json!({"branch": "fix"})))).await;
            let mut found = reviewers(&app, artefact).await;
            found.sort_unstable();
            assert_eq!(found, expected, "{first:?} {second:?}");
        }
    }

    async fn rules_of_other_families_and_users_without_a_team_do_not_count(app: TestApp) {
        add_team(&app, 601, &[501]).await;
        add_user(&app, 502).await;
        add_rule(&app, 701, 601, "charm", &[]).await;
        let artefact = start(&app, &wanting(snap(&json!({})))).await;
        assert_eq!(reviewers(&app, artefact).await, [0_i64; 0]);
        assert_eq!(app.artefact(artefact).await["due_date"], Value::Null);
        assert_eq!(app.raw.number(NOTIFICATIONS).await, 0);
    }

    async fn a_reviewer_is_added_for_every_so_many_executions_of_the_latest_builds(app: TestApp) {
        let app = app.with_settings(|s| s.executions_per_reviewer = 5);
        add_team(&app, 601, &[501, 502]).await;
        // A user in two teams of two rules is still one candidate.
        add_team(&app, 602, &[502, 503]).await;
        add_rule(&app, 701, 601, "snap", &[("name", "core22")]).await;
        add_rule(&app, 702, 602, "snap", &[("track", "22")]).await;
        let mut artefact = 0;
        for n in 1..=20 {
            artefact = start(&app, &wanting(snap(&json!({"environment": format!("e{}", n % 7)})))).await;
            let expected = usize::min(usize::div_ceil(n, 5), 3);
            assert_eq!(reviewers(&app, artefact).await.len(), expected, "{n} executions");
            assert_eq!(app.raw.number(NOTIFICATIONS).await, i64::try_from(expected).unwrap());
        }
        let picked = reviewers(&app, artefact).await;
        assert!((501..=503).all(|user| picked.contains(&user)), "{picked:?}");
    }

    async fn executions_of_older_builds_do_not_count(app: TestApp) {
        let app = app.with_settings(|s| s.executions_per_reviewer = 5);
        add_team(&app, 601, &[501, 502]).await;
        add_rule(&app, 701, 601, "snap", &[]).await;
        for n in 0..5 {
            app.start(&snap(&json!({"environment": format!("e{n}")}))).await;
        }
        let artefact = start(&app, &wanting(snap(&json!({"revision": 2})))).await;
        assert_eq!(reviewers(&app, artefact).await.len(), 1);
        // Nor do their reviews get anybody.
        assert_eq!(loads(&app).await, [1]);
        // Another architecture has a latest build of its own.
        for n in 0..5 {
            app.start(&snap(&json!({"arch": "amd64", "environment": format!("e{n}")}))).await;
        }
        start(&app, &wanting(snap(&json!({"revision": 2})))).await;
        assert_eq!(reviewers(&app, artefact).await.len(), 2);
    }

    async fn reviews_are_spread_evenly_and_open_ones_are_healed(app: TestApp) {
        let app = app.with_settings(|s| s.executions_per_reviewer = 5);
        add_team(&app, 601, &[501, 502]).await;
        add_rule(&app, 701, 601, "snap", &[]).await;
        for n in 0..9 {
            app.start(&snap(&json!({"environment": format!("e{n}")}))).await;
        }
        assert_eq!(loads(&app).await, [0_i64; 0]);
        start(&app, &wanting(snap(&json!({"environment": "last", "arch": "amd64"})))).await;
        assert_eq!(loads(&app).await, [5, 5]);
        app.start(&snap(&json!({"environment": "without"}))).await;
        assert_eq!(loads(&app).await, [5, 5]);
        start(&app, &wanting(snap(&json!({"environment": "e0"})))).await;
        assert_eq!(loads(&app).await, [5, 6]);
    }

    async fn manual_reviewers_get_reviews_but_no_word(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        add_reviewer(&app, artefact, 509).await;
        // Whether a rule matches or not.
        start(&app, &wanting(snap(&json!({"environment": "second"})))).await;
        assert_eq!(loads(&app).await, [2]);
        add_team(&app, 601, &[501]).await;
        add_rule(&app, 701, 601, "snap", &[]).await;
        start(&app, &wanting(snap(&json!({"environment": "third"})))).await;
        assert_eq!(reviewers(&app, artefact).await, [509]);
        assert_eq!(loads(&app).await, [3]);
        assert_eq!(app.raw.number(NOTIFICATIONS).await, 0);
        assert_eq!(app.artefact(artefact).await["due_date"], Value::Null);
    }

    async fn a_reviewer_of_the_team_is_not_picked_twice(app: TestApp) {
        let app = app.with_settings(|s| s.executions_per_reviewer = 1);
        add_team(&app, 601, &[501, 502]).await;
        add_rule(&app, 701, 601, "snap", &[]).await;
        let artefact = start(&app, &snap(&json!({}))).await;
        add_reviewer(&app, artefact, 502).await;
        start(&app, &wanting(snap(&json!({})))).await;
        assert_eq!(reviewers(&app, artefact).await, [502, 501], "behind those there are");
        let told = app.raw.texts("SELECT CAST(user_id AS TEXT) FROM notification").await;
        assert_eq!(told, ["501"]);
    }

    async fn a_review_stays_with_its_reviewer_and_leaves_a_stranger(app: TestApp) {
        let artefact = start(&app, &snap(&json!({"environment": "kept"}))).await;
        app.start(&snap(&json!({"environment": "strange"}))).await;
        add_reviewer(&app, artefact, 501).await;
        add_reviewer(&app, artefact, 502).await;
        add_user(&app, 509).await;
        let assign = |environment: &str, user: i64, position: i64| {
            format!(
                "INSERT INTO environment_review_reviewers_association (environment_review_id, user_id, position)
                 SELECT review.id, {user}, {position} FROM artefact_build_environment_review AS review
                 JOIN environment ON environment.id = review.environment_id WHERE environment.name = '{environment}'"
            )
        };
        // The first reviewer decides, and one that is kept keeps the others too.
        app.raw.run(&assign("kept", 502, 0)).await;
        app.raw.run(&assign("kept", 509, 1)).await;
        app.raw.run(&assign("strange", 509, 0)).await;
        app.raw.run(&assign("strange", 501, 1)).await;
        start(&app, &wanting(snap(&json!({"environment": "kept"})))).await;
        let assigned = "SELECT environment.name || ' ' || CAST(assigned.user_id AS TEXT)
             FROM environment_review_reviewers_association AS assigned
             JOIN artefact_build_environment_review AS review ON review.id = assigned.environment_review_id
             JOIN environment ON environment.id = review.environment_id ORDER BY environment.name, assigned.position";
        assert_eq!(app.raw.texts(assigned).await, ["kept 502", "kept 509", "strange 501"]);
    }

    async fn the_requested_artefact_is_assigned_not_that_of_a_known_ci_link(app: TestApp) {
        add_team(&app, 601, &[501]).await;
        add_rule(&app, 701, 601, "snap", &[]).await;
        let known = start(&app, &snap(&json!({"version": "1", "ci_link": "http://ci/1"}))).await;
        app.start(&wanting(snap(&json!({"version": "2", "ci_link": "http://ci/1"})))).await;
        assert_eq!(reviewers(&app, known).await, [0_i64; 0]);
        // It has no execution of its own yet, so it needs no reviewer.
        let requested = app.newest_artefact().await;
        assert_ne!(requested, known);
        assert_eq!(reviewers(&app, requested).await, [0_i64; 0]);
        app.start(&snap(&json!({"version": "2"}))).await;
        app.start(&wanting(snap(&json!({"version": "2", "ci_link": "http://ci/1"})))).await;
        assert_eq!(reviewers(&app, requested).await, [501]);
        assert_eq!(reviewers(&app, known).await, [0_i64; 0]);
    }
}
