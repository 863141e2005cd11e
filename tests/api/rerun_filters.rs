//! Reruns of whatever filters find: `test_results_filters` and `test_executions_filters` of POST and DELETE.

use app::api::Permission;
use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, both, charm, deb, image, snap, solution};

const RERUNS: &str = "/v1/test-executions/reruns";

const SILENTLY: &str = "/v1/test-executions/reruns?silent=true";

const WAITING: &str = "SELECT COUNT(*) FROM test_execution_rerun_request";

const RESULTS: &str = "test_results_filters";

const EXECUTIONS: &str = "test_executions_filters";

const NOW: &str = "'2031-01-01T00:00:00+00:00'";

/// Five runs of five groups, called by a letter: a (s)nap, a (d)eb, a (c)harm, an (i)mage and a s(o)lution.
///
/// The first three have results. All that filters look at differs between them.
struct World {
    runs: Vec<(char, i64)>,
    ann: i64,
    bob: i64,
}

impl World {
    async fn new(app: &TestApp) -> Self {
        let wifi = |status: &str| json!({"name": "wifi", "status": status, "template_id": "net/*"});
        let disk = json!({"name": "disk", "status": "PASSED"});
        let boot = json!({"name": "boot", "status": "SKIPPED", "template_id": "base"});
        let in_status = |status: &str| json!({"initial_status": status});
        let kernels = json!({"kernel": ["6.8", "6.7"], "gadget": ["pi"]});
        let mut runs = Vec::new();
        for (number, letter, body, metadata, results) in [
            (1, 's', snap(&json!({})), kernels, json!([wifi("FAILED"), disk])),
            (2, 'd', deb(&in_status("FAILED")), json!({"kernel": ["6.9"]}), json!([wifi("PASSED")])),
            (3, 'c', charm(&in_status("PASSED")), json!({"gadget": ["pc", "pi"]}), json!([boot])),
            (4, 'i', image(&in_status("NOT_STARTED")), json!({}), json!([])),
            (5, 'o', solution(&json!({})), json!({"gadget": ["pi"]}), json!([])),
        ] {
            let id = app.start(&body).await;
            let path = format!("/v1/test-executions/{id}");
            app.patch(&path, &json!({"execution_metadata": metadata})).await.ok();
            app.post(&format!("{path}/test-results"), &results).await.ok();
            let times = format!(
                "UPDATE test_execution SET updated_at = '2031-01-0{number}T00:00:00+00:00' WHERE id = {id};
                 UPDATE test_result SET created_at = '2031-02-0{number}T00:00:00+00:00' WHERE test_execution_id = {id}"
            );
            app.raw.run(&times).await;
            runs.push((letter, id));
        }
        let (ann, bob) = (app.add_user("ann").await, app.add_user("bob").await);
        let reviewed = [app.artefact_of(runs[0].1).await, app.artefact_of(runs[1].1).await];
        for (artefact, user) in [(reviewed[0], ann), (reviewed[0], bob), (reviewed[1], ann)] {
            let values = format!("VALUES ({artefact}, {user})");
            app.raw.run(&format!("INSERT INTO artefact_reviewers_association (artefact_id, user_id) {values}")).await;
        }
        for (issue, execution, case) in [(501, runs[0].1, "wifi"), (502, runs[2].1, "boot")] {
            let sql = format!(
                "INSERT INTO issue (id, created_at, updated_at, source, project, key, title, status)
                 VALUES ({issue}, {NOW}, {NOW}, 'GITHUB', 'acme/radio', '{issue}', 'Mute bug', 'OPEN');
                 INSERT INTO issue_test_result_attachment (created_at, updated_at, issue_id, test_result_id)
                 SELECT {NOW}, {NOW}, {issue}, test_result.id FROM test_result
                 JOIN test_case ON test_case.id = test_result.test_case_id
                 WHERE test_result.test_execution_id = {execution} AND test_case.name = '{case}'"
            );
            app.raw.run(&sql).await;
        }
        let last = "UPDATE artefact SET archived = TRUE WHERE family = 'charm';
                    UPDATE test_result SET created_at = '2031-02-05T00:00:00+00:00'
                    WHERE test_case_id = (SELECT id FROM test_case WHERE name = 'disk')";
        app.raw.run(last).await;
        Self { runs, ann, bob }
    }

    /// The letters of the runs whose group waits.
    async fn waiting(&self, app: &TestApp) -> String {
        let sql = "SELECT CAST(execution.id AS TEXT) FROM test_execution AS execution
                   JOIN test_execution_rerun_request AS request ON request.test_plan_id = execution.test_plan_id
                   AND request.artefact_build_id = execution.artefact_build_id
                   AND request.environment_id = execution.environment_id";
        let ids = app.raw.texts(sql).await;
        self.runs.iter().filter(|(_, id)| ids.contains(&id.to_string())).map(|(letter, _)| letter).collect()
    }

    /// The letters of the runs that criteria find, for which POST asks for reruns and DELETE revokes them.
    async fn found(&self, app: &TestApp, criteria: &Value) -> String {
        app.raw.run("DELETE FROM test_execution_rerun_request").await;
        assert_eq!(app.post(SILENTLY, criteria).await.ok(), Value::Null);
        let found = self.waiting(app).await;
        let all: Vec<i64> = self.runs.iter().map(|(_, id)| *id).collect();
        app.post(SILENTLY, &json!({"test_execution_ids": all})).await.ok();
        assert_eq!(delete(app, criteria).await.ok(), Value::Null);
        let left = self.waiting(app).await;
        let revoked: String = "sdcio".chars().filter(|letter| !left.contains(*letter)).collect();
        assert_eq!(found, revoked, "POST and DELETE find the same: {criteria}");
        found
    }
}

async fn delete(app: &TestApp, body: &Value) -> Answer {
    app.as_application(&app.key, Method::DELETE, RERUNS, Some(body)).await
}

/// A body with one filter object.
fn by(kind: &str, filter: &Value) -> Value {
    json!({kind: filter})
}

both! {
    // What both filter objects know: values of a field are alternatives, fields narrow; results are of three runs only.
    async fn filters_look_at_the_artefact_and_the_execution(app: TestApp) {
        let world = World::new(&app).await;
        for (filter, expected) in [
            (json!({"families": ["snap"]}), "s"),
            (json!({"families": ["solution", "deb", "image", "charm"]}), "dcio"),
            (json!({"artefacts": ["hello"]}), "d"),
            (json!({"artefacts": ["hello", "core22", "stack", "nothing"]}), "sdo"),
            (json!({"artefacts": ["HELLO", "hell", "%", ""]}), ""),
            (json!({"artefact_versions": ["123", "2.10-3", "2"]}), "dco"),
            (json!({"artefact_stages": ["beta"]}), "s"),
            (json!({"artefact_stages": ["edge", "candidate", "no stage"]}), "co"),
            (json!({"artefact_tracks": ["22", "2"]}), "so"),
            (json!({"artefact_tracks": [""]}), "di"),
            (json!({"artefact_is_archived": true}), "c"),
            (json!({"artefact_is_archived": "yes"}), "c"),
            (json!({"artefact_is_archived": false}), "sdio"),
            (json!({"environments": ["rpi4", "juju", "xps"]}), "sci"),
            (json!({"environments": ["RPI4", "rpi"]}), ""),
            (json!({"test_execution_statuses": ["FAILED"]}), "d"),
            (json!({"test_execution_statuses": ["NOT_STARTED", "IN_PROGRESS"]}), "sio"),
            (json!({"execution_is_latest": true}), "sdcio"),
            (json!({"execution_is_latest": false}), ""),
            (json!({"families": ["snap", "deb", "image"], "environments": ["rpi4", "xps", "rack"]}), "si"),
            (json!({"families": ["snap", "deb"], "test_execution_statuses": ["PASSED"]}), ""),
            (json!({"families": ["snap"], "artefacts": [], "artefact_is_archived": null, "from_date": null}), "s"),
        ] {
            assert_eq!(world.found(&app, &by(EXECUTIONS, &filter)).await, expected, "{filter}");
            let with_results: String = expected.chars().filter(|letter| "sdc".contains(*letter)).collect();
            assert_eq!(world.found(&app, &by(RESULTS, &filter)).await, with_results, "{filter}");
        }
    }

    // Of each category of metadata the execution has one of the values; an empty list of values finds nothing.
    async fn filters_look_at_metadata(app: TestApp) {
        let world = World::new(&app).await;
        for (metadata, expected) in [
            (json!({"kernel": ["6.7"]}), "s"),
            (json!({"kernel": ["6.8", "6.9"]}), "sd"),
            (json!({"gadget": ["pi"]}), "sco"),
            (json!({"gadget": ["pi"], "kernel": ["6.9", "6.8"]}), "s"),
            (json!({"gadget": ["pi"], "kernel": ["6.9"]}), ""),
            (json!({"gadget": ["6.8"], "kernel": ["pi"]}), ""),
            (json!({"kernel": []}), ""),
            (json!({"gadget": ["pi"], "kernel": []}), ""),
        ] {
            let filter = json!({"execution_metadata": metadata});
            assert_eq!(world.found(&app, &by(EXECUTIONS, &filter)).await, expected, "{filter}");
            let with_results = expected.replace('o', "");
            assert_eq!(world.found(&app, &by(RESULTS, &filter)).await, with_results, "{filter}");
        }
    }

    // Reviewers are those of the artefact: one of some, any, none. The old name counts where the new one says nothing.
    async fn filters_look_at_reviewers(app: TestApp) {
        let world = World::new(&app).await;
        let World { ann, bob, .. } = world;
        for (filter, expected) in [
            (json!({"reviewer_ids": [ann]}), "sd"),
            (json!({"reviewer_ids": [bob]}), "s"),
            (json!({"reviewer_ids": [bob, ann, 9_999]}), "sd"),
            (json!({"reviewer_ids": [bob.to_string()]}), "s"),
            (json!({"reviewer_ids": [9_999]}), ""),
            (json!({"reviewer_ids": "any"}), "sd"),
            (json!({"reviewer_ids": "none"}), "cio"),
            (json!({"assignee_ids": [bob]}), "s"),
            (json!({"assignee_ids": "any"}), "sd"),
            (json!({"assignee_ids": "none"}), "cio"),
            (json!({"assignee_ids": [bob], "reviewer_ids": []}), "s"),
            (json!({"assignee_ids": [bob], "reviewer_ids": null}), "s"),
            (json!({"assignee_ids": [bob], "reviewer_ids": [ann]}), "sd"),
            (json!({"assignee_ids": "none", "reviewer_ids": "any"}), "sd"),
            (json!({"assignee_ids": null, "reviewer_ids": [bob]}), "s"),
            (json!({"reviewer_ids": "none", "families": ["charm", "snap"]}), "c"),
        ] {
            assert_eq!(world.found(&app, &by(EXECUTIONS, &filter)).await, expected, "{filter}");
            let with_results: String = expected.chars().filter(|letter| "sdc".contains(*letter)).collect();
            assert_eq!(world.found(&app, &by(RESULTS, &filter)).await, with_results, "{filter}");
        }
    }

    // All conditions on results must hold for one and the same result.
    async fn filters_look_at_results(app: TestApp) {
        let world = World::new(&app).await;
        for (filter, expected) in [
            (json!({"test_cases": ["wifi"]}), "sd"),
            (json!({"test_cases": ["disk", "boot"]}), "sc"),
            (json!({"test_cases": ["Wifi", "wi", "%"]}), ""),
            (json!({"template_ids": ["net/*"]}), "sd"),
            (json!({"template_ids": ["base", ""]}), "sc"),
            (json!({"test_result_statuses": ["FAILED"]}), "s"),
            (json!({"test_result_statuses": ["PASSED", "SKIPPED"]}), "sdc"),
            (json!({"issues": [501]}), "s"),
            (json!({"issues": [501, "502", 9_999]}), "sc"),
            (json!({"issues": [9_999]}), ""),
            (json!({"issues": "any"}), "sc"),
            (json!({"issues": "none"}), "sd"),
            (json!({"test_cases": ["wifi"], "test_result_statuses": ["FAILED"]}), "s"),
            (json!({"test_cases": ["disk"], "test_result_statuses": ["FAILED"]}), ""),
            (json!({"test_cases": ["disk"], "issues": "any"}), ""),
            (json!({"test_cases": ["wifi"], "issues": "none"}), "d"),
            (json!({"template_ids": ["net/*"], "test_result_statuses": ["PASSED"]}), "d"),
            (json!({"test_cases": ["wifi"], "families": ["deb", "charm"]}), "d"),
        ] {
            assert_eq!(world.found(&app, &by(RESULTS, &filter)).await, expected, "{filter}");
        }
    }

    // Dates are inclusive; those of results are their own, those of executions are of the last change.
    async fn filters_look_at_dates(app: TestApp) {
        let world = World::new(&app).await;
        for (filter, expected) in [
            (json!({"from_date": "2031-01-03T00:00:00Z"}), "cio"),
            (json!({"from_date": "2031-01-03T00:00:00.000001Z"}), "io"),
            (json!({"until_date": "2031-01-02"}), "sd"),
            (json!({"until_date": "2031-01-01T23:59:59.999999"}), "s"),
            (json!({"from_date": "2031-01-04T02:00:00+02:00", "until_date": "2031-01-04T00:00:00"}), "i"),
            (json!({"from_date": "2031-01-04", "until_date": "2031-01-03"}), ""),
            (json!({"from_date": "2031-01-02", "families": ["snap", "deb", "solution"]}), "do"),
        ] {
            assert_eq!(world.found(&app, &by(EXECUTIONS, &filter)).await, expected, "{filter}");
        }
        for (mut filter, expected) in [
            (json!({"from_date": "2031-02-02T00:00:00Z"}), "sdc"),
            (json!({"from_date": "2031-02-02T00:00:00Z", "test_cases": ["wifi", "boot"]}), "dc"),
            (json!({"from_date": "2031-02-03T00:00:00.000001Z"}), "s"),
            (json!({"from_date": "2031-02-03", "test_result_statuses": ["FAILED"]}), ""),
            (json!({"until_date": "2031-02-02T02:00:00+02:00"}), "sd"),
            (json!({"until_date": "2031-02-01T00:00:00"}), "s"),
            (json!({"until_date": "2031-01-31"}), ""),
        ] {
            filter["artefact_versions"] = json!(["20230531", "2.10-3", "123"]);
            assert_eq!(world.found(&app, &by(RESULTS, &filter)).await, expected, "{filter}");
        }
    }

    // Offset and limit cut the executions that a filter of results finds, each counted once, in some order.
    async fn a_filter_of_results_can_be_cut(app: TestApp) {
        let world = World::new(&app).await;
        for (mut filter, expected) in [
            (json!({}), 3),
            (json!({"limit": 0}), 0),
            (json!({"limit": 1}), 1),
            (json!({"limit": "2"}), 2),
            (json!({"limit": 3}), 3),
            (json!({"limit": 2_000}), 3),
            (json!({"limit": null, "offset": null}), 3),
            (json!({"offset": 0}), 3),
            (json!({"offset": 1}), 2),
            (json!({"offset": 3}), 0),
            (json!({"offset": 1, "limit": 1}), 1),
            (json!({"offset": 2, "limit": 5}), 1),
        ] {
            filter["families"] = json!(["snap", "deb", "charm", "image"]);
            app.raw.run("DELETE FROM test_execution_rerun_request").await;
            app.post(SILENTLY, &by(RESULTS, &filter)).await.ok();
            assert_eq!(world.waiting(&app).await.len(), expected, "{filter}");
        }
    }

    // A filter of executions ignores what only a filter of results or a search knows.
    async fn a_filter_of_executions_ignores_what_it_does_not_know(app: TestApp) {
        let world = World::new(&app).await;
        let filter = json!({
            "families": ["snap", "image"], "limit": 0, "offset": 50, "event_names": ["x"], "test_cases": ["x"],
            "template_ids": ["x"], "issues": [1], "test_result_statuses": ["SKIPPED"], "unknown": null,
        });
        assert_eq!(world.found(&app, &by(EXECUTIONS, &filter)).await, "si");
        let filter = json!({"families": ["snap", "image"], "event_names": ["x"], "unknown": null});
        assert_eq!(world.found(&app, &by(RESULTS, &filter)).await, "s");
    }

    // An execution is affected when its id is listed, or one filter finds it, or the other.
    async fn criteria_are_alternatives(app: TestApp) {
        let world = World::new(&app).await;
        let (snap_id, image_id) = (world.runs[0].1, world.runs[3].1);
        let (results, executions) = (json!({"test_cases": ["boot"]}), json!({"families": ["deb"]}));
        for (criteria, expected) in [
            (json!({"test_execution_ids": [image_id], RESULTS: results}), "ci"),
            (json!({"test_execution_ids": [image_id], EXECUTIONS: executions}), "di"),
            (json!({RESULTS: results, EXECUTIONS: executions}), "dc"),
            (json!({"test_execution_ids": [snap_id, image_id], RESULTS: results, EXECUTIONS: executions}), "sdci"),
            (json!({"test_execution_ids": [99_999], RESULTS: results}), "c"),
            (json!({"test_execution_ids": [image_id], RESULTS: null, EXECUTIONS: null}), "i"),
            (json!({"test_execution_ids": [], RESULTS: {"test_cases": ["x"]}, EXECUTIONS: {"artefacts": ["x"]}}), ""),
        ] {
            assert_eq!(world.found(&app, &criteria).await, expected, "{criteria}");
        }
    }

    // A priority reaches all requests of the affected groups, new and old; without one the old ones keep theirs.
    async fn a_priority_is_for_all_that_filters_find(app: TestApp) {
        let world = World::new(&app).await;
        let of_run = |index: usize| format!("/v1/test-executions/{}", world.runs[index].1);
        app.post(RERUNS, &json!({"test_execution_ids": [world.runs[0].1], "priority": 2})).await.ok();
        for (priority, expected) in [(json!(null), [json!(2), json!(0)]), (json!(7), [json!(7), json!(7)])] {
            let body = json!({EXECUTIONS: {"families": ["snap", "deb"]}, "priority": priority});
            app.post(SILENTLY, &body).await.ok();
            for (index, expected) in expected.iter().enumerate() {
                assert_eq!(app.get(&of_run(index)).await.ok()["rerun_priority"], *expected, "{priority}");
            }
            assert_eq!(app.get(&of_run(2)).await.ok()["rerun_priority"], Value::Null);
        }
    }

    // The latest execution of a group is the one with the highest id, whatever its status and its dates.
    async fn filters_look_for_the_latest_of_a_group(app: TestApp) {
        let old = app.start(&snap(&json!({"initial_status": "FAILED"}))).await;
        let new = app.start(&snap(&json!({}))).await;
        let mut ids = vec![new];
        for (field, value) in [("test_plan", json!("full")), ("revision", json!(2)), ("environment", json!("rpi3"))] {
            ids.push(app.start(&snap(&json!({"initial_status": "FAILED", field: value}))).await);
        }
        for id in ids.iter().chain([&old]) {
            app.report(*id, &[("wifi", "FAILED")]).await;
        }
        let late = "'2032-01-01T00:00:00+00:00'";
        let times = format!("UPDATE test_execution SET created_at = {late}, updated_at = {late} WHERE id = {old}");
        app.raw.run(&times).await;
        let (group, others) = (&ids[..1], &ids[1..]);
        for (latest, statuses, expected) in [
            (true, json!([]), &ids[..]),
            (true, json!(["FAILED"]), others),
            (true, json!(["IN_PROGRESS"]), group),
            (false, json!([]), group),
            (false, json!(["FAILED"]), group),
            (false, json!(["IN_PROGRESS"]), &ids[..0]),
        ] {
            for kind in [EXECUTIONS, RESULTS] {
                let filter = json!({"execution_is_latest": latest, "test_execution_statuses": statuses});
                app.post(SILENTLY, &by(kind, &filter)).await.ok();
                let mut waiting = Vec::new();
                for id in &ids {
                    if app.execution(*id).await["is_rerun_requested"] == true {
                        waiting.push(*id);
                    }
                }
                assert_eq!(waiting, expected, "{kind} {filter}");
                app.raw.run("DELETE FROM test_execution_rerun_request").await;
            }
        }
    }

    // A request is one for the group: every execution of it counts as requested, and both answers can be asked for.
    async fn filters_look_for_requests(app: TestApp) {
        let world = World::new(&app).await;
        app.start(&snap(&json!({}))).await;
        for kind in [EXECUTIONS, RESULTS] {
            app.raw.run("DELETE FROM test_execution_rerun_request").await;
            app.post(RERUNS, &json!({"test_execution_ids": [world.runs[0].1]})).await.ok();
            let old = json!({"rerun_is_requested": true, "artefact_is_archived": false});
            app.post(SILENTLY, &json!({kind: old, "priority": 3})).await.ok();
            assert_eq!(world.waiting(&app).await, "s");
            let new = json!({"rerun_is_requested": false, "families": ["snap", "deb", "charm"]});
            app.post(SILENTLY, &json!({kind: new, "priority": 5})).await.ok();
            assert_eq!(world.waiting(&app).await, "sdc");
            let mut priorities = Vec::new();
            for (_, id) in &world.runs[..3] {
                priorities.push(app.execution(*id).await["rerun_priority"].clone());
            }
            assert_eq!(priorities, [3, 5, 5]);
            for (requested, left) in [(false, "sdc"), (true, "c")] {
                let filter = json!({"rerun_is_requested": requested, "families": ["snap", "deb"]});
                delete(&app, &by(kind, &filter)).await.ok();
                assert_eq!(world.waiting(&app).await, left, "{kind}");
            }
        }
    }

    // Reruns of what filters find are asked for in silence only, even where the filter is empty.
    async fn filters_are_for_silence(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        let detail = "Creating rerun requests from filters must be done silently";
        for kind in [EXECUTIONS, RESULTS] {
            for filter in [json!({"families": ["snap"]}), json!({})] {
                app.post(RERUNS, &by(kind, &filter)).await.refused(422, detail);
                app.post(RERUNS, &json!({"test_execution_ids": [id], kind: filter})).await.refused(422, detail);
            }
            app.post(RERUNS, &json!({"test_execution_ids": [id], kind: null})).await.ok();
            delete(&app, &json!({"test_execution_ids": [id]})).await.ok();
        }
        assert_eq!(app.raw.number(WAITING).await, 0);
    }

    // A filter that says nothing is refused; dates say something about executions, not about results.
    async fn a_filter_says_something(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        let dates = json!({"from_date": "2031-01-01", "until_date": "2031-01-02"});
        let nothing = json!({
            "families": [], "artefacts": [], "artefact_versions": [], "artefact_stages": [], "artefact_tracks": [],
            "artefact_is_archived": null, "environments": [], "test_execution_statuses": [], "execution_metadata": {},
            "reviewer_ids": [], "assignee_ids": null, "rerun_is_requested": null, "execution_is_latest": null,
            "from_date": null, "until_date": null, "test_cases": [], "template_ids": [], "issues": [],
            "test_result_statuses": [], "offset": 0, "limit": 5, "event_names": ["x"], "unknown": 1,
        });
        let only_of_results = json!({"test_cases": ["wifi"], "issues": "any"});
        for (kind, filters) in [
            (RESULTS, [json!({}), json!({"assignee_ids": []}), nothing.clone(), dates.clone()]),
            (EXECUTIONS, [json!({}), json!({"assignee_ids": []}), nothing, only_of_results]),
        ] {
            let detail = format!("At least one filter must be provided in {kind}");
            for filter in filters {
                for body in [by(kind, &filter), json!({"test_execution_ids": [id], kind: filter})] {
                    app.post(SILENTLY, &body).await.refused(422, &detail);
                    delete(&app, &body).await.refused(422, &detail);
                }
            }
        }
        // One that says something does not make up for the other.
        let half = json!({RESULTS: {"families": ["snap"]}, EXECUTIONS: {}});
        app.post(SILENTLY, &half).await.refused(422, "At least one filter must be provided in test_executions_filters");
        assert_eq!(app.raw.number(WAITING).await, 0);
        for kind in [EXECUTIONS, RESULTS] {
            for filter in [
                json!({"artefact_is_archived": false}),
                json!({"rerun_is_requested": false}),
                json!({"execution_is_latest": false}),
                json!({"execution_metadata": {"k": []}}),
                json!({"reviewer_ids": "none"}),
                json!({"assignee_ids": "any"}),
                json!({"assignee_ids": [1]}),
            ] {
                app.post(SILENTLY, &by(kind, &filter)).await.ok();
                delete(&app, &by(kind, &filter)).await.ok();
            }
        }
        app.post(SILENTLY, &by(EXECUTIONS, &dates)).await.ok();
    }

    // What is wrong in a filter is told with its place, to whoever asks.
    async fn each_field_of_a_filter_is_checked(app: TestApp) {
        let long = "x".repeat(201);
        let of_both = [
            (json!({"families": ["snap", "flatpak"]}), "enum", json!(["families", 1])),
            (json!({"families": null}), "list_type", json!(["families"])),
            (json!({"families": "snap"}), "list_type", json!(["families"])),
            (json!({"artefacts": null}), "list_type", json!(["artefacts"])),
            (json!({"artefacts": [5]}), "string_type", json!(["artefacts", 0])),
            (json!({"artefact_versions": {}}), "list_type", json!(["artefact_versions"])),
            (json!({"artefact_stages": [null]}), "string_type", json!(["artefact_stages", 0])),
            (json!({"artefact_tracks": [22]}), "string_type", json!(["artefact_tracks", 0])),
            (json!({"artefact_is_archived": "maybe"}), "bool_parsing", json!(["artefact_is_archived"])),
            (json!({"environments": null}), "list_type", json!(["environments"])),
            (json!({"test_execution_statuses": ["COMPLETED"]}), "enum", json!(["test_execution_statuses", 0])),
            (json!({"test_execution_statuses": null}), "list_type", json!(["test_execution_statuses"])),
            (json!({"execution_metadata": []}), "dict_type", json!(["execution_metadata"])),
            (json!({"execution_metadata": {"k": "x"}}), "list_type", json!(["execution_metadata", "k"])),
            (json!({"execution_metadata": {"k": [5]}}), "string_type", json!(["execution_metadata", "k", 0])),
            (json!({"execution_metadata": {"k": [long]}}), "string_too_long", json!(["execution_metadata", "k", 0])),
            (json!({"execution_metadata": {"": []}}), "string_too_short", json!(["execution_metadata", "", "[key]"])),
            (json!({"rerun_is_requested": 2}), "bool_parsing", json!(["rerun_is_requested"])),
            (json!({"execution_is_latest": []}), "bool_type", json!(["execution_is_latest"])),
            (json!({"from_date": "soon"}), "datetime_from_date_parsing", json!(["from_date"])),
            (json!({"until_date": []}), "datetime_type", json!(["until_date"])),
        ];
        let of_results = [
            (json!({"test_cases": null}), "list_type", json!(["test_cases"])),
            (json!({"template_ids": [1]}), "string_type", json!(["template_ids", 0])),
            (json!({"test_result_statuses": ["pass"]}), "enum", json!(["test_result_statuses", 0])),
            (json!({"limit": "x"}), "int_parsing", json!(["limit"])),
            (json!({"limit": -1}), "greater_than_equal", json!(["limit"])),
            (json!({"offset": -1}), "greater_than_equal", json!(["offset"])),
            (json!({"offset": 1.5}), "int_from_float", json!(["offset"])),
        ];
        for (kind, cases) in [(EXECUTIONS, of_both.to_vec()), (RESULTS, [&of_both[..], &of_results].concat())] {
            for (filter, problem, place) in cases {
                let mut loc = vec![json!("body"), json!(kind)];
                loc.extend(place.as_array().unwrap().clone());
                let expected = [(problem.to_owned(), json!(loc))];
                let body = by(kind, &filter);
                assert_eq!(app.post(SILENTLY, &body).await.problems(), expected, "{filter}");
                assert_eq!(app.anonymous(Method::DELETE, RERUNS, Some(&body)).await.problems(), expected, "{filter}");
            }
        }
    }

    // Numbers that no row has and no column holds are refused or find nothing.
    async fn numbers_beyond_everything_are_no_failure(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        app.report(id, &[("wifi", "FAILED")]).await;
        for number in [
            json!(i32::MAX),
            json!(i64::from(i32::MAX) + 1),
            json!(i64::from(i32::MIN) - 1),
            json!(i64::MAX),
            json!("99999999999999999999"),
            json!(1e30),
        ] {
            for (kind, changes) in [
                (EXECUTIONS, json!({"reviewer_ids": [number]})),
                (EXECUTIONS, json!({"assignee_ids": [number]})),
                (RESULTS, json!({"reviewer_ids": [number]})),
                (RESULTS, json!({"issues": [number]})),
                (RESULTS, json!({"offset": number})),
                (RESULTS, json!({"offset": number, "limit": number})),
            ] {
                let mut filter = json!({"families": ["snap"]});
                filter.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
                let body = by(kind, &filter);
                for answer in [app.post(SILENTLY, &body).await, delete(&app, &body).await] {
                    assert!(matches!(answer.status.as_u16(), 200 | 422), "{body}: {}", answer.text());
                }
                assert_eq!(app.raw.number(WAITING).await, 0, "{body}");
            }
            // As many as there are is no number too large.
            let answer = app.post(SILENTLY, &by(RESULTS, &json!({"families": ["snap"], "limit": number}))).await;
            assert!(matches!(answer.status.as_u16(), 200 | 422), "{number}: {}", answer.text());
            assert_eq!(app.raw.number(WAITING).await, i64::from(answer.status == 200), "{number}");
            app.raw.run("DELETE FROM test_execution_rerun_request").await;
        }
    }

    // Where ids or a word may stand, nothing else may; the field is named.
    async fn ids_are_not_mixed_with_words(app: TestApp) {
        for (kind, field) in [
            (EXECUTIONS, "reviewer_ids"),
            (EXECUTIONS, "assignee_ids"),
            (RESULTS, "reviewer_ids"),
            (RESULTS, "assignee_ids"),
            (RESULTS, "issues"),
        ] {
            for wrong in [json!("all"), json!("ANY"), json!(""), json!(["any"]), json!([1, "none"]), json!({})] {
                let body = json!({kind: {"families": ["snap"], field: wrong}});
                let problems = app.post(SILENTLY, &body).await.problems();
                assert!(!problems.is_empty());
                for (_, loc) in problems {
                    assert_eq!((&loc[0], &loc[1], &loc[2]), (&json!("body"), &json!(kind), &json!(field)), "{body}");
                }
            }
        }
        let body = by(RESULTS, &json!({"issues": null}));
        assert_eq!(app.post(SILENTLY, &body).await.status, 422);
    }

    // Filters are for those who may ask in bulk; what they find does not matter.
    async fn filters_are_bulk(app: TestApp) {
        let single = app.add_application(&[Permission::ChangeRerun]).await;
        let bulk = app.add_application(&[Permission::ChangeRerun, Permission::ChangeRerunBulk]).await;
        for kind in [EXECUTIONS, RESULTS] {
            let body = by(kind, &json!({"families": ["snap"]}));
            for (method, path) in [(Method::POST, SILENTLY), (Method::DELETE, RERUNS)] {
                for body in [&body, &by(kind, &json!({}))] {
                    let answer = app.as_application(&single, method.clone(), path, Some(body)).await;
                    answer.refused(403, "Insufficient permissions");
                }
                app.as_application(&bulk, method.clone(), path, Some(&body)).await.ok();
                let none = json!({kind: null});
                app.as_application(&single, method, path, Some(&none)).await.ok();
            }
        }
    }
}
