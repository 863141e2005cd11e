//! Scripts around the API: rerunners of a lab, a small helper that sends every field it knows, and the scripts of old
//! test tools that report a whole run at once.

use app::api::Permission;
use serde_json::{Value, json};

use super::{Client, READS, at, items, open_to_all, read};
use crate::support::{TestApp, both, deb, snap};

const QUEUE: &str = "/v1/test-executions/reruns";

/// Asks for reruns of two snaps and a Debian package, whose jobs run on Jenkins.
async fn ask_for_reruns(app: &TestApp) -> (Vec<i64>, i64) {
    let job = |name: &str| format!("http://jenkins.example:8080/job/{name}/7/");
    let mut snaps = Vec::new();
    for environment in ["rpi3", "rpi4"] {
        let body = snap(&json!({"environment": environment, "ci_link": job(environment)}));
        snaps.push(app.start(&body).await);
    }
    let package = app.start(&deb(&json!({"ci_link": job("deb")}))).await;
    for id in [snaps[0], snaps[1], package] {
        app.post(QUEUE, &json!({"test_execution_ids": [id]})).await.ok();
    }
    (snaps, package)
}

/// Takes requests as the rerunner does, and drops those whose jobs it started.
async fn rerun(app: &TestApp, rerunner: &Client<'_>) {
    let (snaps, package) = ask_for_reruns(app).await;
    let places = ["/test_execution_id", "/ci_link", "/family"];
    let one = rerunner.get(&format!("{QUEUE}?family=snap&limit=1")).await.ok();
    let first = json!([snaps[0], "http://jenkins.example:8080/job/rpi3/7/", "snap"]);
    assert_eq!(read(&one, &places), json!([first]));
    let all = rerunner.get(&format!("{QUEUE}?family=snap&limit=50")).await.ok();
    assert_eq!(read(&all, &places), json!([first, [snaps[1], "http://jenkins.example:8080/job/rpi4/7/", "snap"]]));
    let done = format!(r#"{{"test_execution_ids": [{}, {}]}}"#, snaps[0], snaps[1]);
    // The second time nothing is there any more.
    for _ in 0..2 {
        assert_eq!(rerunner.delete(QUEUE, &done).await.ok(), Value::Null);
        assert_eq!(rerunner.get(&format!("{QUEUE}?family=snap&limit=50")).await.ok(), json!([]));
    }
    let debs = rerunner.get(&format!("{QUEUE}?family=deb&limit=50")).await.ok();
    assert_eq!(read(&debs, &places), json!([[package, "http://jenkins.example:8080/job/deb/7/", "deb"]]));
}

both! {
    // The queue by family and limit, with a key.
    async fn a_rerunner_with_a_key_takes_requests_and_drops_them(app: TestApp) {
        let rights = [Permission::ViewRerun, Permission::ChangeRerun, Permission::ChangeRerunBulk];
        let key = app.add_application(&rights).await;
        rerun(&app, &Client::requests(&app).with_key(&key)).await;
    }

    // The same without a key.
    async fn a_rerunner_without_a_key_does_so_where_nobody_needs_one(app: TestApp) {
        let app = open_to_all(app, &[Permission::ViewRerun, Permission::ChangeRerun, Permission::ChangeRerunBulk]);
        rerun(&app, &Client::requests(&app)).await;
    }

    // Empty branch, revision 0, nulls in changes.
    async fn a_helper_sends_every_field_and_null_for_what_it_does_not_know(app: TestApp) {
        let app = open_to_all(app, &[READS, &[Permission::ChangeTest]].concat());
        let helper = Client::requests(&app);
        let start = r#"{"family": "snap", "name": "hello", "version": "2.10", "revision": 0, "track": "latest", "store": "ubuntu", "branch": "", "arch": "amd64", "execution_stage": "edge", "environment": "vm", "test_plan": "smoke", "ci_link": "http://ci.example/job/hello/1", "initial_status": "NOT_STARTED"}"#;
        let id = helper.start(start).await;
        for status in ["IN_PROGRESS", "NOT_TESTED", "FAILED", "PASSED"] {
            let body = format!(r#"{{"c3_link": null, "ci_link": null, "status": "{status}"}}"#);
            let shown = helper.patch(&at(id), &body).await.ok();
            let expected = (&json!(status), &json!("http://ci.example/job/hello/1"), &Value::Null);
            assert_eq!((&shown["status"], &shown["ci_link"], &shown["c3_link"]), expected);
        }
        let artefacts = helper.get("/v1/artefacts?family=snap").await.ok();
        assert_eq!(read(&artefacts, &["/name", "/version", "/branch"]), json!([["hello", "2.10", ""]]));
        let builds = helper.get(&format!("/v1/artefacts/{}/builds", artefacts[0]["id"])).await.ok();
        let runs = read(&builds, &["/architecture", "/revision", "/test_executions/0/id", "/test_executions/0/status"]);
        assert_eq!(runs, json!([["amd64", 0, id, "PASSED"]]));
    }

    // The one-shot upload, sent twice.
    async fn an_old_test_tool_reports_a_whole_run_at_once(app: TestApp) {
        let app = open_to_all(app, &[Permission::ChangeTest]);
        let tool = Client::requests(&app);
        let id = app.start(&snap(&json!({"ci_link": "http://jenkins.example/job/core22/3/"}))).await;
        let report = r#"{"ci_link": "http://jenkins.example/job/core22/3/", "c3_link": "https://certification.example/submissions/8", "checkbox_version": "4.0.0", "test_results": [{"name": "audio/playback", "template_id": "audio/{interface}", "status": "pass", "category": "audio", "comment": "", "io_log": "ok"}, {"name": "camera/detect", "template_id": "", "status": "fail", "category": "camera", "comment": "black", "io_log": "no frames"}, {"name": "wwan/connect", "template_id": null, "status": "skip", "category": "wwan", "comment": "no card", "io_log": ""}]}"#;
        for _ in 0..2 {
            tool.put("/v1/test-executions/end-test", report).await.ok();
            let results = app.get(&format!("{}/test-results", at(id))).await.ok();
            let places = ["/name", "/template_id", "/status", "/category", "/comment", "/io_log"];
            let expected = json!([
                ["audio/playback", "audio/{interface}", "PASSED", "audio", "", "ok"],
                ["camera/detect", "", "FAILED", "camera", "black", "no frames"],
                ["wwan/connect", "", "SKIPPED", "wwan", "no card", ""],
            ]);
            assert_eq!(read(&results, &places), expected);
        }
        let shown = app.execution(id).await;
        let expected = (&json!("FAILED"), &json!("https://certification.example/submissions/8"));
        assert_eq!((&shown["status"], &shown["c3_link"]), expected);
        assert_eq!(app.raw.texts("SELECT checkbox_version FROM test_execution").await, ["4.0.0"]);
    }

    // Builds, results, and one request for all runs found.
    async fn a_script_reruns_what_failed_in_one_case(app: TestApp) {
        let app = open_to_all(app, &[READS, &[Permission::ChangeRerun, Permission::ChangeRerunBulk]].concat());
        let script = Client::requests(&app);
        let mut runs = Vec::new();
        for (environment, case, status) in [
            ("e1", "wifi/scan", "FAILED"),
            ("e2", "wifi/scan", "PASSED"),
            ("e3", "audio", "FAILED"),
            ("e4", "wifi/scan", "FAILED"),
        ] {
            let id = app.start(&snap(&json!({"environment": environment}))).await;
            app.report(id, &[(case, status)]).await;
            app.patch(&at(id), &json!({"status": "COMPLETED"})).await.ok();
            runs.push(id);
        }
        let artefact = app.artefact_of(runs[0]).await;
        let mut failing = Vec::new();
        for build in items(&script.get(&format!("/v1/artefacts/{artefact}/builds")).await.ok()) {
            for run in items(&build["test_executions"]) {
                let id = run["id"].as_i64().unwrap();
                let is_waiting = run["is_rerun_requested"].as_bool().unwrap();
                let results = script.get(&format!("{}/test-results", at(id))).await.ok();
                let found = read(&results, &["/name", "/status"]);
                if run["status"] == "FAILED" && !is_waiting && found == json!([["wifi/scan", "FAILED"]]) {
                    failing.push(id);
                }
            }
        }
        assert_eq!(failing, [runs[0], runs[3]]);
        let body = format!(r#"{{"test_execution_ids": [{}, {}]}}"#, failing[0], failing[1]);
        let asked = script.post(QUEUE, &body).await.ok();
        assert_eq!(read(&asked, &["/test_execution_id"]), json!([[runs[0]], [runs[3]]]));
    }
}
