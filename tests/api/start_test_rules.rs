//! `PUT /v1/test-executions/start-test`: what fields of other families leave behind, what a known image and a known CI
//! link keep, and what decides how many reviewers are picked, and whom.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::{Map, Value, json};

use crate::support::{TestApp, both, charm, deb, image, rerun_of, snap, solution};

const START: &str = "/v1/test-executions/start-test";

type Make = fn(&Value) -> Value;

/// A body with a field set, also to null.
fn with(mut body: Value, field: &str, value: impl Into<Value>) -> Value {
    body[field] = value.into();
    body
}

/// A valid value of every field that not all families have.
fn fields_of_some_families() -> Map<String, Value> {
    let fields = json!({
        "revision": 7, "track": "a track", "store": "a store", "branch": "a branch", "series": "a series",
        "repo": "a repo", "source": "a source", "os": "an os", "release": "a release", "owner": "an owner",
        "sha256": "a checksum", "image_url": "http://images.example/",
    });
    fields.as_object().unwrap().clone()
}

/// Starts, and returns the artefact.
async fn start(app: &TestApp, body: &Value) -> i64 {
    let execution = app.start(body).await;
    app.artefact_of(execution).await
}

async fn build_of(app: &TestApp, execution: i64) -> i64 {
    app.raw.number(&format!("SELECT artefact_build_id FROM test_execution WHERE id = {execution}")).await
}

/// A build past the application; the id.
async fn add_build(app: &TestApp, artefact: i64, architecture: &str, revision: &str) -> i64 {
    let sql = format!(
        "INSERT INTO artefact_build (artefact_id, architecture, revision, created_at, updated_at)
         VALUES ({artefact}, '{architecture}', {revision}, '2031-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00')
         RETURNING id"
    );
    app.raw.number(&sql).await
}

/// The build, environment, plan and status of an execution.
async fn stored(app: &TestApp, execution: i64) -> Vec<String> {
    let sql = format!(
        "SELECT CAST(artefact_build_id AS TEXT) || ' ' || CAST(environment_id AS TEXT) || ' '
             || CAST(test_plan_id AS TEXT) || ' ' || status
         FROM test_execution WHERE id = {execution}"
    );
    app.raw.texts(&sql).await
}

/// Adds so many executions like this one.
async fn copy_execution(app: &TestApp, execution: i64, copies: i64) {
    let sql = format!(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {copies})
         INSERT INTO test_execution (artefact_build_id, environment_id, test_plan_id, status, created_at, updated_at)
         SELECT artefact_build_id, environment_id, test_plan_id, status, created_at, updated_at
         FROM test_execution CROSS JOIN numbers WHERE test_execution.id = {execution} AND n <= {copies}"
    );
    app.raw.run(&sql).await;
}

async fn reviewers(app: &TestApp, artefact: i64) -> Vec<i64> {
    let shown = app.artefact(artefact).await;
    shown["reviewers"].as_array().unwrap().iter().map(|reviewer| reviewer["id"].as_i64().unwrap()).collect()
}

/// A rule for a whole family, with a team of that many people; their ids, ascending.
async fn add_candidates(app: &TestApp, family: &str, count: usize) -> Vec<i64> {
    let mut users = Vec::new();
    for n in 0..count {
        users.push(app.add_user(&format!("u{n}")).await);
    }
    let team = app.add_team("team", &[], &users).await;
    app.add_rule(family, &json!({}), &[], &[team]).await;
    users
}

both! {
    // Families: fields of others are not stored, though they are valid; only snaps and charms have a revision.
    async fn fields_of_other_families_leave_no_trace(app: TestApp) {
        for (make, own) in [
            (snap as Make, &["revision", "track", "store", "branch"][..]),
            (charm, &["revision", "track", "branch"]),
            (deb, &["series", "repo", "source"]),
            (image, &["os", "release", "owner", "sha256", "image_url"]),
            (solution, &["track", "source"]),
        ] {
            let mut foreign = fields_of_some_families();
            foreign.retain(|name, _| !own.contains(&name.as_str()));
            let mut body = make(&json!({}));
            body.as_object_mut().unwrap().extend(foreign.clone());
            let artefact = start(&app, &body).await;
            let shown = app.artefact(artefact).await;
            for name in foreign.keys().filter(|name| *name != "revision") {
                assert_eq!(shown[name], "", "{name} of {body}");
            }
            let builds = app.get(&format!("/v1/artefacts/{artefact}/builds")).await.ok();
            let revision = if own.contains(&"revision") { body["revision"].clone() } else { Value::Null };
            assert_eq!(builds[0]["revision"], revision, "{body}");
        }
    }

    // Families: a default stands for what is absent, not for null.
    async fn what_may_be_left_out_may_not_be_null(app: TestApp) {
        for (make, field, kind) in [
            (snap as Make, "branch", "string_type"),
            (charm, "branch", "string_type"),
            (deb, "source", "string_type"),
            (deb, "execution_stage", "enum"),
        ] {
            let body = make(&json!({}));
            let expected = [(kind.to_owned(), json!(["body", body["family"], field]))];
            assert_eq!(app.put(START, &with(body, field, Value::Null)).await.problems(), expected);
        }
    }

    // Images: nothing of a known one becomes another, whatever a later start says of it.
    async fn a_known_image_keeps_its_description(app: TestApp) {
        let artefact = start(&app, &image(&json!({}))).await;
        let before = app.artefact(artefact).await;
        let other = image(&json!({
            "name": "another", "version": "9", "os": "another", "release": "another", "owner": "another",
            "image_url": "http://another.example/", "execution_stage": "current",
        }));
        assert_eq!(start(&app, &other).await, artefact);
        assert_eq!(app.artefact(artefact).await, before);
    }

    // Images: the address is normalised.
    async fn the_address_of_an_image_is_normalised(app: TestApp) {
        let body = image(&json!({"image_url": " HTTP://CDImage.Example:80/daily/noble desktop.iso"}));
        let artefact = start(&app, &body).await;
        let expected = "http://cdimage.example/daily/noble%20desktop.iso";
        assert_eq!(app.artefact(artefact).await["image_url"], expected);
    }

    // Images: several builds that share one architecture tell it; where they do not, the start chooses the build.
    async fn the_architecture_of_an_image_is_that_of_all_its_builds_or_chooses_one(app: TestApp) {
        let first = app.start(&image(&json!({}))).await;
        let (artefact, own) = (app.artefact_of(first).await, build_of(&app, first).await);
        let bare = json!({"family": "image", "sha256": "abc123", "environment": "nuc", "test_plan": "server"});
        add_build(&app, artefact, "amd64", "5").await;
        let derived = app.start(&bare).await;
        assert_eq!(app.execution(derived).await["environment"]["architecture"], "amd64");
        assert_eq!(build_of(&app, derived).await, own, "the one without a revision");
        let other = add_build(&app, artefact, "arm64", "NULL").await;
        for (arch, build) in [("arm64", other), ("amd64", own)] {
            let chosen = app.start(&with(bare.clone(), "arch", arch)).await;
            assert_eq!(app.execution(chosen).await["environment"]["architecture"], arch);
            assert_eq!(build_of(&app, chosen).await, build, "{arch}");
        }
    }

    // Images: a refused start neither adds links to the execution of its CI link nor takes its request for a rerun.
    async fn a_refused_start_leaves_the_execution_of_its_link_alone(app: TestApp) {
        let known = app.start(&snap(&json!({"ci_link": "http://ci/1"}))).await;
        app.start(&image(&json!({}))).await;
        app.raw.run(&rerun_of(known, 4)).await;
        let before = app.execution(known).await;
        for changes in [json!({"sha256": "unknown", "name": null}), json!({"arch": "arm64"})] {
            let body = with(image(&changes), "relevant_links", json!([{"label": "log", "url": "http://x"}]));
            let answer = app.put(START, &with(body, "ci_link", "http://ci/1")).await;
            assert_eq!(answer.status, 422, "{changes}");
            assert!(answer.json()["detail"].is_string(), "{changes}");
            assert_eq!(app.execution(known).await, before, "{changes}");
        }
    }

    // CI link: the execution it names keeps its build, environment, plan and status, whatever a later start says.
    async fn the_execution_of_a_known_link_stays_where_it_is(app: TestApp) {
        let id = app.start(&snap(&json!({"ci_link": "http://ci/1"}))).await;
        let before = stored(&app, id).await;
        let changes = [
            json!({"version": "2"}),
            json!({"revision": 2}),
            json!({"arch": "amd64"}),
            json!({"environment": "rpi3"}),
            json!({"test_plan": "full"}),
            json!({"initial_status": "FAILED"}),
        ];
        let mut bodies: Vec<Value> = changes.iter().map(snap).collect();
        bodies.extend([deb as Make, charm, image, solution].map(|make| make(&json!({}))));
        for body in bodies {
            let body = with(body, "ci_link", "http://ci/1");
            assert_eq!(app.start(&body).await, id, "{body}");
            assert_eq!(stored(&app, id).await, before, "{body}");
        }
    }

    // Assignment: each spelling of yes asks for reviewers, and none of no does.
    async fn a_wish_for_reviewers_means_what_it_says(app: TestApp) {
        add_candidates(&app, "snap", 1).await;
        for (spellings, count) in [
            (json!([true, 1, 1.0, "1", "true", "TRUE", "t", "T", "yes", "Yes", "y", "Y", "on", "ON"]), 1),
            (json!([false, 0, 0.0, "0", "false", "False", "f", "F", "no", "NO", "n", "N", "off", "Off"]), 0),
        ] {
            for spelling in spellings.as_array().unwrap() {
                let body = snap(&json!({"version": spelling.to_string(), "needs_assignment": spelling}));
                let artefact = start(&app, &body).await;
                assert_eq!(reviewers(&app, artefact).await.len(), count, "{spelling}");
            }
        }
    }

    // Assignment: each criterion is compared with the artefact's own field, and makes its rule the more specific one.
    async fn each_criterion_is_compared_and_counts(app: TestApp) {
        let users = [app.add_user("any").await, app.add_user("some").await];
        let any = app.add_team("any", &[], &users[..1]).await;
        let some = app.add_team("some", &[], &users[1..]).await;
        for (make, criterion, value) in [
            (snap as Make, "name", "core22"),
            (snap, "stage", "beta"),
            (snap, "track", "22"),
            (snap, "branch", "fix"),
            (snap, "store", "ubuntu"),
            (charm, "branch", "fix"),
            (deb, "series", "noble"),
            (deb, "stage", "proposed"),
            (image, "os", "ubuntu"),
            (image, "release", "noble"),
            (image, "owner", "foundations"),
            (solution, "track", "2"),
            (solution, "stage", "edge"),
        ] {
            app.raw.run("DELETE FROM artefact; DELETE FROM artefact_matching_rule").await;
            let body = make(&json!({"branch": "fix", "needs_assignment": true}));
            let family = body["family"].as_str().unwrap();
            app.add_rule(family, &json!({}), &[], &[any]).await;
            let rule = app.add_rule(family, &json!({criterion: value}), &[], &[some]).await;
            let artefact = start(&app, &body).await;
            assert_eq!(reviewers(&app, artefact).await, [users[1]], "{family} {criterion}");
            let other = format!("UPDATE artefact_matching_rule SET {criterion} = 'other' WHERE id = {rule}");
            app.raw.run(&format!("DELETE FROM artefact; {other}")).await;
            let artefact = start(&app, &body).await;
            assert_eq!(reviewers(&app, artefact).await, [users[0]], "{family} other {criterion}");
        }
    }

    // Assignment: chance decides among the candidates.
    async fn every_candidate_is_picked_sooner_or_later(app: TestApp) {
        let users = add_candidates(&app, "snap", 3).await;
        let mut seen = BTreeSet::new();
        for n in 0..30 {
            let body = snap(&json!({"version": format!("v{n}"), "needs_assignment": true}));
            let artefact = start(&app, &body).await;
            let picked = reviewers(&app, artefact).await;
            assert_eq!(picked.len(), 1, "{picked:?}");
            seen.extend(picked);
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), users);
    }

    // Assignment: a reviewer for every fifty executions begun, while there are candidates; each of them is told once.
    async fn a_reviewer_is_asked_to_look_at_fifty_executions(app: TestApp) {
        add_candidates(&app, "solution", 3).await;
        let told = "SELECT CAST(user_id AS TEXT) || ' ' || notification_type || ' ' || target_url
                    FROM notification ORDER BY user_id";
        for (executions, count) in [(2, 1), (50, 1), (51, 2), (100, 2), (101, 3), (250, 3)] {
            let body = solution(&json!({"version": format!("{executions}")}));
            let first = app.start(&body).await;
            copy_execution(&app, first, executions - 2).await;
            let artefact = start(&app, &with(body, "needs_assignment", true)).await;
            let mut picked = reviewers(&app, artefact).await;
            assert_eq!(picked.len(), count, "{executions} executions");
            picked.sort_unstable();
            let page = format!("http://localhost:30001/solutions/{artefact}");
            let tell = |user: &i64| format!("{user} USER_ASSIGNED_ARTEFACT_REVIEW {page}");
            let expected: Vec<String> = picked.iter().map(tell).collect();
            assert_eq!(app.raw.texts(told).await, expected, "{executions} executions");
            app.raw.run("DELETE FROM notification").await;
        }
    }

    // Assignment: starts at once see each other's reviewers, so that they pick one together and not one each.
    async fn starts_at_once_pick_no_more_than_are_wanted(app: TestApp) {
        add_candidates(&app, "snap", 3).await;
        let artefact = start(&app, &snap(&json!({}))).await;
        let wanting = |n: usize| snap(&json!({"environment": format!("e{n}"), "needs_assignment": true}));
        let bodies: Vec<Value> = (0..10).map(wanting).collect();
        for answer in join_all(bodies.iter().map(|body| app.put(START, body))).await {
            answer.ok();
        }
        let picked = reviewers(&app, artefact).await;
        assert_eq!(picked.len(), 1, "{picked:?}");
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM notification").await, 1);
        let reviews = app.get(&format!("/v1/artefacts/{artefact}/environment-reviews")).await.ok();
        assert_eq!(reviews.as_array().unwrap().len(), 11);
        for review in reviews.as_array().unwrap() {
            let assigned = review["reviewers"].as_array().unwrap();
            assert_eq!((assigned.len(), &assigned[0]["id"]), (1, &json!(picked[0])), "{review}");
        }
    }
}
