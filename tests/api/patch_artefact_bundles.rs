//! `PATCH /v1/artefacts/{id}`: the builds that an artefact bundles.

use futures::future::join_all;
use serde_json::{Value, json};
use test_observer::domain::bundle::bundle_hash;

use crate::support::{TestApp, both, charm, deb, image, snap, solution};

type Make = fn(&Value) -> Value;

fn at(artefact: i64) -> String {
    format!("/v1/artefacts/{artefact}")
}

async fn start(app: &TestApp, body: &Value) -> i64 {
    let execution = app.start(body).await;
    app.artefact_of(execution).await
}

/// Builds of one snap, one per architecture; their ids.
async fn builds(app: &TestApp, architectures: &[&str]) -> Vec<i64> {
    let mut ids = Vec::new();
    for architecture in architectures {
        let execution = app.start(&snap(&json!({"arch": architecture}))).await;
        let query = format!("SELECT artefact_build_id FROM test_execution WHERE id = {execution}");
        ids.push(app.raw.number(&query).await);
    }
    ids
}

/// The ids of the builds that an artefact shows as bundled, in order.
async fn bundled(app: &TestApp, artefact: i64) -> Vec<i64> {
    ids_of(&app.artefact(artefact).await)
}

fn ids_of(artefact: &Value) -> Vec<i64> {
    artefact["bundled_builds"].as_array().unwrap().iter().map(|build| build["id"].as_i64().unwrap()).collect()
}

async fn hash(app: &TestApp, artefact: i64) -> String {
    let query = format!("SELECT COALESCE(bundled_builds_hash, 'none') FROM artefact WHERE id = {artefact}");
    app.raw.texts(&query).await.remove(0)
}

/// Two solutions that differ in what they bundle only: the first bundles `build`, the second nothing.
async fn twins(app: &TestApp, build: &[i64]) -> (i64, i64) {
    let first = start(app, &solution(&json!({"version": "2"}))).await;
    let second = start(app, &solution(&json!({"version": "3"}))).await;
    app.patch(&at(first), &json!({"bundled_builds": build})).await.ok();
    app.raw.run(&format!("UPDATE artefact SET version = '2' WHERE id = {second}")).await;
    (first, second)
}

both! {
    // Set, replaced, cleared by null and by an empty list, kept when absent; in the order of the request.
    async fn builds_are_bundled_in_the_order_of_the_request(app: TestApp) {
        let bundling = start(&app, &solution(&json!({}))).await;
        let b = builds(&app, &["amd64", "arm64", "armhf"]).await;
        for (body, expected) in [
            (json!({"bundled_builds": [b[2], b[0], b[1]]}), vec![b[2], b[0], b[1]]),
            (json!({}), vec![b[2], b[0], b[1]]),
            (json!({"comment": "x"}), vec![b[2], b[0], b[1]]),
            (json!({"bundled_builds": [b[0], b[1], b[2]]}), vec![b[0], b[1], b[2]]),
            (json!({"bundled_builds": [b[1]]}), vec![b[1]]),
            (json!({"bundled_builds": null}), vec![]),
            (json!({"bundled_builds": [format!("{}", b[1]), b[0]]}), vec![b[1], b[0]]),
            (json!({"bundled_builds": []}), vec![]),
        ] {
            let answer = app.patch(&at(bundling), &body).await.ok();
            assert_eq!(ids_of(&answer), expected, "{body}");
            assert_eq!(bundled(&app, bundling).await, expected, "{body}");
        }
        let answer = app.patch(&at(bundling), &json!({"bundled_builds": [b[2]]})).await.ok();
        assert_eq!(answer["bundled_builds"], json!([{"id": b[2], "architecture": "armhf", "revision": 1}]));
        assert_eq!(app.get("/v1/artefacts?family=solution").await.ok()[0]["bundled_builds"], answer["bundled_builds"]);
    }

    // The build names who bundles it, and no longer when it is let go.
    async fn a_build_names_the_artefacts_that_bundle_it(app: TestApp) {
        let b = builds(&app, &["amd64"]).await;
        let bundled_snap = app.newest_artefact().await;
        let one = start(&app, &solution(&json!({"name": "one"}))).await;
        let two = start(&app, &charm(&json!({"name": "two"}))).await;
        for bundling in [one, two] {
            app.patch(&at(bundling), &json!({"bundled_builds": [b[0]]})).await.ok();
        }
        let path = format!("{}/builds", at(bundled_snap));
        let named = json!([
            {"id": one, "name": "one", "version": "2", "family": "solution"},
            {"id": two, "name": "two", "version": "123", "family": "charm"},
        ]);
        assert_eq!(app.get(&path).await.ok()[0]["bundled_in"], named);
        app.patch(&at(one), &json!({"bundled_builds": null})).await.ok();
        assert_eq!(app.get(&path).await.ok()[0]["bundled_in"], json!([named[1]]));
    }

    // Builds of any artefact, by every family, also one's own; the hash is a solution's alone.
    async fn every_family_bundles_and_solutions_are_told_apart_by_it(app: TestApp) {
        let b = builds(&app, &["amd64", "arm64"]).await;
        for make in [snap as Make, deb, charm, image] {
            let artefact = start(&app, &make(&json!({"name": "bundling", "arch": "amd64"}))).await;
            let own = app.raw.number(&format!("SELECT id FROM artefact_build WHERE artefact_id = {artefact}")).await;
            app.patch(&at(artefact), &json!({"bundled_builds": [own, b[0]]})).await.ok();
            assert_eq!(bundled(&app, artefact).await, [own, b[0]]);
            assert_eq!(hash(&app, artefact).await, "none");
        }
        let artefact = start(&app, &solution(&json!({}))).await;
        for ids in [vec![b[1], b[0]], vec![b[0], b[1]], vec![b[1]], vec![]] {
            app.patch(&at(artefact), &json!({"bundled_builds": ids})).await.ok();
            assert_eq!(hash(&app, artefact).await, bundle_hash(&ids), "{ids:?}");
        }
    }

    // A build twice, or one that does not exist: refused, and nothing changes.
    async fn repeated_and_unknown_builds_are_refused(app: TestApp) {
        let bundling = start(&app, &solution(&json!({}))).await;
        let b = builds(&app, &["amd64"]).await;
        app.patch(&at(bundling), &json!({"bundled_builds": b})).await.ok();
        let before = app.artefact(bundling).await;
        let repeated = "Duplicate build ids are not allowed in bundled_builds";
        for (ids, detail) in [
            (json!([b[0], b[0]]), repeated),
            (json!([9999, 9999]), repeated),
            (json!([b[0], 9998, format!("{}", b[0])]), repeated),
            (json!([9999]), "ArtefactBuild with id 9999 not found"),
            (json!([b[0], 9999, 9998]), "ArtefactBuild with id 9999 not found"),
            (json!([0]), "ArtefactBuild with id 0 not found"),
            (json!([-1, 9999]), "ArtefactBuild with id -1 not found"),
        ] {
            let body = json!({"comment": "x", "bundled_builds": ids});
            app.patch(&at(bundling), &body).await.refused(422, detail);
            assert_eq!(app.artefact(bundling).await, before, "{ids}");
        }
    }

    // Two solutions that differ in nothing cannot be: the later change is refused.
    async fn a_solution_does_not_take_the_bundle_of_its_twin(app: TestApp) {
        let b = builds(&app, &["amd64", "arm64"]).await;
        let (first, second) = twins(&app, &b).await;
        for (artefact, ids) in
            [(second, json!([b[0], b[1]])), (second, json!([b[1], b[0]])), (first, json!([])), (first, json!(null))]
        {
            let before = app.artefact(artefact).await;
            let answer = app.patch(&at(artefact), &json!({"comment": "x", "bundled_builds": ids})).await;
            assert_eq!(answer.status, 409, "{ids}: {}", answer.text());
            assert!(answer.json()["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{}", answer.text());
            assert_eq!(app.artefact(artefact).await, before, "{ids}");
        }
        // What is already its own may be said again, and a part of the other's bundle is another bundle.
        app.patch(&at(first), &json!({"bundled_builds": [b[1], b[0]]})).await.ok();
        app.patch(&at(second), &json!({"bundled_builds": [b[1]]})).await.ok();
        app.patch(&at(first), &json!({"bundled_builds": []})).await.ok();
    }

    // Of solutions that differ in nothing else, one of those that take the same bundle at once gets it.
    async fn of_twins_at_once_one_takes_the_bundle(app: TestApp) {
        let b = builds(&app, &["a0", "a1", "a2", "a3", "a4"]).await;
        let mut twins = Vec::new();
        for (n, build) in b.iter().enumerate() {
            let twin = start(&app, &solution(&json!({"version": format!("{n}")}))).await;
            app.patch(&at(twin), &json!({"bundled_builds": [build]})).await.ok();
            twins.push(twin);
        }
        app.raw.run("UPDATE artefact SET version = '1' WHERE family = 'solution'").await;
        let paths: Vec<String> = twins.iter().map(|twin| at(*twin)).collect();
        let body = json!({"bundled_builds": b});
        let answers = join_all(paths.iter().map(|path| app.patch(path, &body))).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409, 409, 409]);
        let taken = format!("SELECT COUNT(*) FROM artefact WHERE bundled_builds_hash = '{}'", bundle_hash(&b));
        assert_eq!(app.raw.number(&taken).await, 1);
    }

    // Versions are compared by what they bundle.
    async fn versions_are_those_with_the_same_bundle(app: TestApp) {
        let b = builds(&app, &["amd64"]).await;
        let one = start(&app, &solution(&json!({"version": "1"}))).await;
        let two = start(&app, &solution(&json!({"version": "2"}))).await;
        let versions = |list: Value| -> Vec<i64> {
            list.as_array().unwrap().iter().map(|version| version["artefact_id"].as_i64().unwrap()).collect()
        };
        for (body, expected) in [
            (json!({}), vec![two, one]),
            (json!({"bundled_builds": b}), vec![one]),
            (json!({"bundled_builds": null}), vec![two, one]),
        ] {
            app.patch(&at(one), &body).await.ok();
            let found = versions(app.get(&format!("{}/versions", at(one))).await.ok());
            assert_eq!(found, expected, "{body}");
        }
    }

    // As many statements for thirty builds as for one.
    async fn bundling_takes_the_same_statements_for_one_build_as_for_many(app: TestApp) {
        let architectures: Vec<String> = (0..30).map(|n| format!("a{n}")).collect();
        let architectures: Vec<&str> = architectures.iter().map(String::as_str).collect();
        let b = builds(&app, &architectures).await;
        let mut counts = Vec::new();
        for (name, ids) in [("one", &b[..1]), ("many", &b[..])] {
            let bundling = start(&app, &solution(&json!({"name": name}))).await;
            let before = app.service.db.statements();
            app.patch(&at(bundling), &json!({"bundled_builds": ids})).await.ok();
            counts.push(app.service.db.statements() - before);
        }
        assert_eq!(counts[0], counts[1]);
    }
}
