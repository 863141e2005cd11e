//! Which earlier results a result is shown with, which results it replaces, and what its fields may be.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{TestApp, both, charm, deb, image, snap, solution};

fn at(execution: i64) -> String {
    format!("/v1/test-executions/{execution}/test-results")
}

async fn results(app: &TestApp, execution: i64) -> Vec<Value> {
    app.get(&at(execution)).await.ok().as_array().unwrap().clone()
}

/// The executions that the earlier results of a result belong to, in the order of the answer.
fn history(result: &Value) -> Vec<i64> {
    let earlier = result["previous_results"].as_array().unwrap();
    earlier.iter().map(|result| result["test_execution_id"].as_i64().unwrap()).collect()
}

/// Starts an execution with a result of the case that all of these have.
async fn run(app: &TestApp, body: &Value) -> i64 {
    let id = app.start(body).await;
    app.report(id, &[("wifi", "PASSED")]).await;
    id
}

/// The history of the only result of an execution.
async fn history_of(app: &TestApp, execution: i64) -> Vec<i64> {
    let results = results(app, execution).await;
    assert_eq!(results.len(), 1);
    history(&results[0])
}

/// An execution that has two results of the case that all of these have: older runners can report that.
async fn run_with_two_results(app: &TestApp) -> i64 {
    let id = app.start(&deb(&json!({"ci_link": "http://ci/1"}))).await;
    let item = |status: &str| json!({"name": "wifi", "status": status, "category": "", "comment": "", "io_log": ""});
    let body = json!({"ci_link": "http://ci/1", "test_results": [item("pass"), item("fail")]});
    app.put("/v1/test-executions/end-test", &body).await.ok();
    id
}

both! {
    // Earlier results are those of the same case, ten of each at most.
    async fn each_case_has_a_history_of_its_own(app: TestApp) {
        let mut ids = Vec::new();
        for n in 0..12 {
            let id = app.start(&snap(&json!({}))).await;
            let seldom = if n == 0 { "rare" } else { "other" };
            app.report(id, &[(seldom, "FAILED"), ("frequent", "PASSED")]).await;
            ids.push(id);
        }
        let id = app.start(&snap(&json!({}))).await;
        app.report(id, &[("frequent", "PASSED"), ("new", "PASSED"), ("rare", "PASSED")]).await;
        let shown = results(&app, id).await;
        let histories: Vec<Vec<i64>> = shown.iter().map(history).collect();
        let last_ten: Vec<i64> = ids[2..].iter().rev().copied().collect();
        assert_eq!(histories, [last_ten, vec![], vec![ids[0]]]);
        assert_eq!(shown[2]["previous_results"][0]["status"], "FAILED");
    }

    // What is shown of an earlier result: status, version, artefact, execution and result, and nothing else.
    async fn an_earlier_result_says_where_it_is_found(app: TestApp) {
        // Runs of something else, so that ids of different kinds are different numbers.
        let other = app.start(&deb(&json!({}))).await;
        app.start(&deb(&json!({}))).await;
        app.report(other, &[("a", "PASSED"), ("b", "PASSED"), ("c", "PASSED"), ("d", "PASSED")]).await;
        let old = app.start(&snap(&json!({"version": "1"}))).await;
        app.report(old, &[("wifi", "SKIPPED")]).await;
        let new = run(&app, &snap(&json!({"version": "2"}))).await;
        let artefact = app.artefact_of(old).await;
        let result = results(&app, old).await[0]["id"].as_i64().unwrap();
        assert_eq!(BTreeSet::from([artefact, old, result]).len(), 3);
        let expected = json!([{
            "status": "SKIPPED", "version": "1", "artefact_id": artefact, "test_execution_id": old,
            "test_result_id": result,
        }]);
        assert_eq!(results(&app, new).await[0]["previous_results"], expected);
    }

    // Order: the newer artefact, then the newer result, whichever execution started first; after that ten are kept.
    async fn newer_artefacts_come_before_newer_results(app: TestApp) {
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            old.push(app.start(&snap(&json!({"version": "1"}))).await);
        }
        for _ in 0..9 {
            new.push(app.start(&snap(&json!({"version": "2"}))).await);
        }
        let id = app.start(&snap(&json!({"version": "2"}))).await;
        // Who started first reports last, and the older artefact after the newer one.
        for execution in new.iter().rev().chain(old.iter().rev()) {
            app.report(*execution, &[("wifi", "PASSED")]).await;
        }
        app.report(id, &[("wifi", "PASSED")]).await;
        let expected: Vec<i64> = new.iter().chain(&old[..1]).copied().collect();
        assert_eq!(history_of(&app, id).await, expected);
    }

    // Earlier runs of the artefact itself count, of any plan and of any build for the architecture.
    async fn plan_and_revision_do_not_matter(app: TestApp) {
        let plan = run(&app, &snap(&json!({"test_plan": "full"}))).await;
        let revision = run(&app, &snap(&json!({"revision": 7}))).await;
        let id = run(&app, &snap(&json!({}))).await;
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM artefact").await, 1);
        assert_eq!(history_of(&app, id).await, [revision, plan]);
        assert_eq!(history_of(&app, revision).await, [plan]);
        assert_eq!(history_of(&app, plan).await, [0_i64; 0]);
    }

    // Name, track, series, repo and os are the same. Family, version, stage, source, release and owner do not matter,
    // nor whether the artefact is archived, nor the status of the execution.
    async fn what_an_earlier_artefact_has_in_common(app: TestApp) {
        let like_the_snap = json!({"name": "core22", "track": "22", "arch": "armhf"});
        for (n, (old, new, counts)) in [
            (charm(&like_the_snap), snap(&json!({})), true),
            (snap(&json!({})), charm(&like_the_snap), true),
            (snap(&json!({"initial_status": "NOT_TESTED"})), snap(&json!({"initial_status": "FAILED"})), true),
            (deb(&json!({})), deb(&json!({"execution_stage": "updates"})), true),
            (deb(&json!({})), deb(&json!({"execution_stage": "", "source": "ppa"})), true),
            (deb(&json!({})), deb(&json!({"series": "jammy"})), false),
            (deb(&json!({})), deb(&json!({"repo": "main"})), false),
            (image(&json!({})), image(&json!({"release": "jammy", "owner": "a", "execution_stage": "current"})), true),
            (image(&json!({})), image(&json!({"os": "core"})), false),
            (solution(&json!({})), solution(&json!({"source": "shop", "execution_stage": "beta"})), true),
            (solution(&json!({})), solution(&json!({"track": "3"})), false),
        ]
        .into_iter()
        .enumerate()
        {
            // Artefacts and an environment of their own for each pair, so that no other pair has to do with it.
            let of_pair = |body: &Value, which: &str| {
                let mut body = body.clone();
                body["environment"] = json!(format!("env {n}"));
                body["version"] = json!(format!("{which} {n}"));
                body["sha256"] = json!(format!("{which} {n}"));
                body
            };
            let earlier = run(&app, &of_pair(&old, "old")).await;
            let artefact = app.artefact_of(earlier).await;
            app.raw.run(&format!("UPDATE artefact SET archived = TRUE WHERE id = {artefact}")).await;
            let id = run(&app, &of_pair(&new, "new")).await;
            let expected = if counts { vec![earlier] } else { vec![] };
            assert_eq!(history_of(&app, id).await, expected, "{old} {new}");
        }
    }

    // The environment is the same, and the architecture of the build as well: neither of the two is enough.
    async fn environment_and_architecture_count_each_by_itself(app: TestApp) {
        let old = run(&app, &snap(&json!({"version": "1", "arch": "arm64"}))).await;
        let id = run(&app, &snap(&json!({"version": "2"}))).await;
        let build = app.raw.number(&format!("SELECT artefact_build_id FROM test_execution WHERE id = {old}")).await;
        let place = app.raw.number(&format!("SELECT environment_id FROM test_execution WHERE id = {id}")).await;
        for (change, expected) in [
            (format!("UPDATE artefact_build SET architecture = 'armhf' WHERE id = {build}"), vec![]),
            (format!("UPDATE test_execution SET environment_id = {place} WHERE id = {old}"), vec![old]),
            (format!("UPDATE artefact_build SET architecture = 'arm64' WHERE id = {build}"), vec![]),
        ] {
            app.raw.run(&change).await;
            assert_eq!(history_of(&app, id).await, expected, "{change}");
        }
    }

    // A case that is twice in an execution has its history twice.
    async fn two_results_of_a_case_have_the_same_history(app: TestApp) {
        let old = run(&app, &deb(&json!({}))).await;
        let id = run_with_two_results(&app).await;
        let histories: Vec<Vec<i64>> = results(&app, id).await.iter().map(history).collect();
        assert_eq!(histories, [[old], [old]]);
    }

    // A new result replaces all that the execution has of the case, and none of another execution.
    async fn a_result_replaces_every_one_of_its_case(app: TestApp) {
        let other = run(&app, &deb(&json!({}))).await;
        let before = results(&app, other).await;
        let id = run_with_two_results(&app).await;
        assert_eq!(results(&app, id).await.len(), 2);
        app.report(id, &[("wifi", "SKIPPED")]).await;
        let left = results(&app, id).await;
        assert_eq!((left.len(), &left[0]["status"]), (1, &json!("SKIPPED")));
        assert_eq!(results(&app, other).await, before);
    }

    // What may be left out may not be null; a status is one of three words, spelt exactly.
    async fn each_field_of_a_result_is_checked(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let mut cases = Vec::new();
        for field in ["name", "template_id", "category", "comment", "io_log"] {
            for wrong in [json!(null), json!(5), json!(["x"])] {
                cases.push((field, wrong, "string_type"));
            }
        }
        for wrong in [json!(null), json!(1), json!(""), json!("Passed"), json!("pass"), json!("NOT_TESTED")] {
            cases.push(("status", wrong, "enum"));
        }
        for (field, wrong, kind) in cases {
            let good = json!({"name": "a", "status": "PASSED"});
            let mut result = good.clone();
            result[field] = wrong;
            let problems = app.post(&at(id), &json!([good, result])).await.problems();
            assert_eq!(problems, [(kind.to_owned(), json!(["body", 1, field]))], "{result}");
        }
        assert!(results(&app, id).await.is_empty());
    }
}
