//! The filters of `/v1/issues/{issue_id}/attach` and `/detach`: which results they choose, and how they may be written.

use serde_json::{Value, json};

use crate::issue_attachments::{NUMBER_OF_ATTACHMENTS, World, add_issue, by, from, to};
use crate::support::{TestApp, both, rerun_of, snap};

/// The letters of the results that a filter finds, both to attach and to detach.
async fn found(world: &World, app: &TestApp, filters: &Value) -> String {
    app.raw.run("DELETE FROM issue_test_result_attachment").await;
    app.post(&to(world.issue), &by(filters)).await.ok();
    let found = world.attached(app, world.issue).await;
    app.post(&to(world.issue), &json!({"test_results": world.ids("wdhb")})).await.ok();
    app.post(&from(world.issue), &by(filters)).await.ok();
    let left = world.attached(app, world.issue).await;
    let detached: String = "wdhb".chars().filter(|letter| !left.contains(*letter)).collect();
    assert_eq!(found, detached, "attach and detach find the same: {filters}");
    found
}

both! {
    // Every filter chooses exactly the results it speaks of; values are alternatives, filters narrow.
    async fn filters_choose_results(app: TestApp) {
        let world = World::new(&app).await;
        for (filters, expected) in [
            (json!({"families": ["snap"]}), "wd"),
            (json!({"families": ["deb", "charm", "image"]}), "hb"),
            (json!({"artefacts": ["hello", "core22"]}), "wdh"),
            (json!({"artefact_versions": ["123"]}), "b"),
            (json!({"artefact_stages": ["beta", "no stage"]}), "wd"),
            (json!({"artefact_tracks": [""]}), "h"),
            (json!({"artefact_is_archived": false}), "wdh"),
            (json!({"artefact_is_archived": true}), "b"),
            (json!({"environments": ["rpi4", "juju"]}), "wdb"),
            (json!({"environments": ["RPI4"]}), ""),
            (json!({"test_cases": ["wifi"]}), "wh"),
            (json!({"test_cases": ["disk", "boot"]}), "db"),
            // A template is a case's, not a report's.
            (json!({"template_ids": ["net/*"]}), "wh"),
            (json!({"template_ids": ["", "base"]}), "db"),
            (json!({"execution_metadata": {"kernel": ["6.7", "6.9"]}}), "wdh"),
            (json!({"execution_metadata": {"gadget": ["pi"]}}), "wdb"),
            (json!({"execution_metadata": {"gadget": ["pi"], "kernel": ["6.8"]}}), "wd"),
            (json!({"execution_metadata": {"gadget": ["6.8"]}}), ""),
            (json!({"execution_metadata": {"kernel": []}}), ""),
            (json!({"test_result_statuses": ["PASSED"]}), "dh"),
            (json!({"test_result_statuses": ["FAILED", "SKIPPED"]}), "wb"),
            (json!({"test_execution_statuses": ["FAILED"]}), "h"),
            (json!({"test_execution_statuses": ["IN_PROGRESS", "PASSED"]}), "wdb"),
            (json!({"reviewer_ids": [world.ann]}), "wd"),
            (json!({"reviewer_ids": "any"}), "wd"),
            (json!({"reviewer_ids": "none"}), "hb"),
            (json!({"assignee_ids": [world.ann]}), "wd"),
            (json!({"assignee_ids": "none", "reviewer_ids": []}), "hb"),
            (json!({"assignee_ids": "none", "reviewer_ids": null}), "hb"),
            (json!({"assignee_ids": "none", "reviewer_ids": "any"}), "wd"),
            (json!({"execution_is_latest": true}), "wdhb"),
            (json!({"execution_is_latest": false}), ""),
            (json!({"rerun_is_requested": true}), ""),
            (json!({"rerun_is_requested": false}), "wdhb"),
            (json!({"families": ["snap", "deb"], "test_cases": ["wifi"], "test_result_statuses": ["FAILED"]}), "w"),
            // Dates are those of results, and of both ends.
            (json!({"execution_is_latest": true, "from_date": "2031-02-02"}), "hb"),
            (json!({"execution_is_latest": true, "until_date": "2031-02-02T00:00:00Z"}), "wdh"),
            (json!({"execution_is_latest": true, "from_date": "2031-02-02", "until_date": "2031-02-02"}), "h"),
            (json!({"execution_is_latest": true, "from_date": "2032-01-01"}), ""),
            // The cut is one of results, in the order of their ids.
            (json!({"execution_is_latest": true, "limit": 2}), "wd"),
            (json!({"execution_is_latest": true, "offset": 1, "limit": 2}), "dh"),
            (json!({"execution_is_latest": true, "offset": 3}), "b"),
            (json!({"execution_is_latest": true, "limit": 0}), ""),
            (json!({"test_cases": ["wifi"], "offset": 1}), "h"),
        ] {
            assert_eq!(found(&world, &app, &filters).await, expected, "{filters}");
        }
    }

    // Issues as a filter are those attached before the request.
    async fn filters_look_at_the_issues_of_results(app: TestApp) {
        let world = World::new(&app).await;
        for (issues, expected) in [
            (json!("any"), "wdb"),
            (json!("none"), "h"),
            (json!([world.other]), "wd"),
            (json!([world.issue]), "b"),
            (json!([world.issue, world.other]), "wdb"),
            (json!([998]), ""),
        ] {
            let third = add_issue(&app, 3).await;
            app.raw.run("DELETE FROM issue_test_result_attachment").await;
            app.post(&to(world.other), &json!({"test_results": world.ids("wd")})).await.ok();
            app.post(&to(world.issue), &json!({"test_results": world.ids("b")})).await.ok();
            app.post(&to(third), &by(&json!({"issues": issues}))).await.ok();
            assert_eq!(world.attached(&app, third).await, expected, "{issues}");
            assert_eq!(world.attached(&app, world.other).await, "wd");
        }
        // Detaching from where it is attached leaves the others alone.
        app.post(&from(world.other), &by(&json!({"issues": [world.other], "test_cases": ["disk"]}))).await.ok();
        assert_eq!(world.attached(&app, world.other).await, "w");
        assert_eq!(world.attached(&app, world.issue).await, "b");
    }

    // Attaching three times by the same filter leaves one attachment of each result.
    async fn the_same_filter_attaches_once(app: TestApp) {
        let world = World::new(&app).await;
        for _ in 0..3 {
            app.post(&to(world.issue), &by(&json!({"families": ["snap", "deb"]}))).await.ok();
        }
        assert_eq!(app.raw.number(NUMBER_OF_ATTACHMENTS).await, 3);
    }

    // A filter that says nothing: dates, cuts and an empty alias do not say anything, false does.
    async fn a_filter_says_something(app: TestApp) {
        let world = World::new(&app).await;
        let nothing = json!({
            "families": [], "artefacts": [], "artefact_versions": [], "artefact_stages": [], "artefact_tracks": [],
            "artefact_is_archived": null, "environments": [], "test_cases": [], "template_ids": [],
            "execution_metadata": {}, "issues": [], "test_result_statuses": [], "test_execution_statuses": [],
            "reviewer_ids": [], "assignee_ids": null, "rerun_is_requested": null, "execution_is_latest": null,
            "from_date": "2031-01-01", "until_date": "2032-01-01", "offset": 0, "limit": 5, "unknown": 1,
        });
        for filters in [json!({}), nothing, json!({"assignee_ids": []}), json!({"limit": 1})] {
            for path in [to(world.issue), from(world.issue)] {
                let detail = "At least one filter must be provided in test_results_filters";
                app.post(&path, &by(&filters)).await.refused(422, detail);
                let body = json!({"test_results": [world.id('w')], "test_results_filters": filters});
                app.post(&path, &body).await.refused(422, detail);
            }
        }
        assert_eq!(app.raw.number(NUMBER_OF_ATTACHMENTS).await, 0);
        for (filters, expected) in [
            (json!({"artefact_is_archived": false}), "wdh"),
            (json!({"rerun_is_requested": false}), "wdhb"),
            (json!({"assignee_ids": "any"}), "wd"),
        ] {
            assert_eq!(found(&world, &app, &filters).await, expected, "{filters}");
        }
    }

    // Whether a rerun is wanted, and whether something newer ran, is asked of the group of the execution.
    async fn filters_look_at_reruns_and_at_newer_executions(app: TestApp) {
        let world = World::new(&app).await;
        // Without results it is the newest all the same.
        app.start(&snap(&json!({}))).await;
        app.raw.run(&rerun_of(world.runs[1], 0)).await;
        for (filters, expected) in [
            (json!({"execution_is_latest": true}), "hb"),
            (json!({"execution_is_latest": false}), "wd"),
            (json!({"rerun_is_requested": true}), "h"),
            (json!({"rerun_is_requested": false}), "wdb"),
            (json!({"rerun_is_requested": true, "execution_is_latest": true}), "h"),
            (json!({"rerun_is_requested": true, "execution_is_latest": false}), ""),
        ] {
            assert_eq!(found(&world, &app, &filters).await, expected, "{filters}");
        }
    }

    // Lists may not be null; everything else may, and then says nothing.
    async fn lists_of_a_filter_are_lists(app: TestApp) {
        let world = World::new(&app).await;
        let mut cases = vec![
            (json!({"issues": null}), "list_type", vec![json!("issues")]),
            (json!({"issues": "some"}), "enum", vec![json!("issues")]),
            (json!({"issues": "ANY"}), "enum", vec![json!("issues")]),
            (json!({"issues": ["any"]}), "int_parsing", vec![json!("issues"), json!(0)]),
            (json!({"issues": [3, "none"]}), "int_parsing", vec![json!("issues"), json!(1)]),
            (json!({"reviewer_ids": "somebody"}), "enum", vec![json!("reviewer_ids")]),
            (json!({"assignee_ids": ["none"]}), "int_parsing", vec![json!("assignee_ids"), json!(0)]),
            (json!({"execution_metadata": null}), "dict_type", vec![json!("execution_metadata")]),
            (json!({"execution_metadata": []}), "dict_type", vec![json!("execution_metadata")]),
            (json!({"execution_is_latest": "perhaps"}), "bool_parsing", vec![json!("execution_is_latest")]),
            (json!({"test_execution_statuses": ["COMPLETED"]}), "enum", vec![json!("test_execution_statuses"), json!(0)]),
        ];
        for name in [
            "families", "artefacts", "artefact_versions", "artefact_stages", "artefact_tracks", "environments",
            "test_cases", "template_ids", "test_result_statuses", "test_execution_statuses",
        ] {
            cases.push((json!({name: null}), "list_type", vec![json!(name)]));
            cases.push((json!({name: "snap"}), "list_type", vec![json!(name)]));
        }
        for (filters, kind, place) in cases {
            let place = [vec![json!("body"), json!("test_results_filters")], place].concat();
            for path in [to(world.issue), from(world.issue)] {
                let problems = app.post(&path, &by(&filters)).await.problems();
                assert_eq!(problems, [(kind.to_owned(), json!(place))], "{filters}");
            }
        }
        assert_eq!(app.raw.number(NUMBER_OF_ATTACHMENTS).await, 0);
        let nothing_more = json!({
            "families": ["deb"], "artefact_is_archived": null, "rerun_is_requested": null, "execution_is_latest": null,
            "reviewer_ids": null, "assignee_ids": null, "from_date": null, "until_date": null, "offset": null,
            "limit": null,
        });
        assert_eq!(found(&world, &app, &nothing_more).await, "h");
    }
}
