//! What builds, submits and reruns images: a builder that polls its queue, a submitter in a factory's network, and the
//! prompt of a script that asks for reruns.

use app::api::Permission;
use axum::http::Method;
use serde_json::{Value, json};

use super::{Client, at, items, open_to_all, read};
use crate::support::{TestApp, both, image};

/// What the builder says of an image it built; the automatic test has a link.
const BUILT: &str = r#"{"name": "noble-desktop-amd64", "version": "20310122", "arch": "amd64", "environment": "cdimage.ubuntu.com", "ci_link": "https://launchpad.example/livefs/1", "test_plan": "Image build", "initial_status": "IN_PROGRESS", "relevant_links": [{"label": "Build log", "url": "https://launchpad.example/livefs/1/log"}], "needs_assignment": false, "family": "image", "execution_stage": "pending", "os": "ubuntu", "release": "noble", "sha256": "9f86d081884c7d65", "owner": "foundations", "image_url": "https://cdimage.example/daily/noble-desktop-amd64.iso"}"#;

/// The same image for people, whose tests have no link.
fn for_people() -> String {
    BUILT.replace(r#""ci_link": "https://launchpad.example/livefs/1", "#, "").replace("Image build", "Manual Testing")
}

/// What the builder's key may do.
const BUILDER: &[Permission] =
    &[Permission::ChangeTest, Permission::ViewRerun, Permission::ChangeRerun, Permission::ViewArtefact];

const QUEUE: &str = "/v1/test-executions/reruns";

/// Builds an image and reports it, as the builder does.
async fn build(app: &TestApp, builder: &Client<'_>) {
    let (built, manual) = (builder.start(BUILT).await, builder.start(&for_people()).await);
    assert_ne!(built, manual);
    let result =
        r#"[{"name": "livecd-rootfs", "status": "PASSED", "comment": "", "io_log": "done \u00e9\ud83e\uddea"}]"#;
    assert_eq!(builder.post(&format!("{}/test-results", at(built)), result).await.ok(), Value::Null);
    let completed = builder.patch(&at(built), r#"{"status": "COMPLETED"}"#).await.ok();
    assert_eq!(completed["status"], "PASSED");
    let results = app.get(&format!("{}/test-results", at(built))).await.ok();
    assert_eq!(read(&results, &["/io_log", "/category"]), json!([["done \u{e9}\u{1f9ea}", ""]]));
    // Both runs are of one build of one image, and wait for nobody in particular.
    let artefacts = app.get("/v1/artefacts?family=image").await.ok();
    let fields = ["/name", "/version", "/stage", "/release", "/image_url", "/reviewers"];
    let url = "https://cdimage.example/daily/noble-desktop-amd64.iso";
    assert_eq!(read(&artefacts, &fields), json!([["noble-desktop-amd64", "20310122", "pending", "noble", url, []]]));
    let builds = app.get(&format!("/v1/artefacts/{}/builds", artefacts[0]["id"])).await.ok();
    let runs = read(&builds[0]["test_executions"], &["/id", "/test_plan", "/status", "/ci_link"]);
    let expected = json!([
        [built, "Image build", "PASSED", "https://launchpad.example/livefs/1"],
        [manual, "Manual Testing", "IN_PROGRESS", null],
    ]);
    assert_eq!((items(&builds).len(), runs), (1, expected));
}

both! {
    // Two runs of one image, results, completion.
    async fn an_image_is_built_and_handed_to_people(app: TestApp) {
        let key = app.add_application(BUILDER).await;
        build(&app, &Client::requests(&app).with_key(&key)).await;
    }

    // The same without a Content-Type.
    async fn an_old_builder_does_not_say_that_it_sends_json(app: TestApp) {
        let key = app.add_application(BUILDER).await;
        build(&app, &Client::old_requests(&app).with_key(&key)).await;
    }

    // The queue by family and environment, and DELETE with a body.
    async fn a_builder_takes_its_reruns_and_drops_what_it_started(app: TestApp) {
        let key = app.add_application(BUILDER).await;
        let builder = Client::requests(&app).with_key(&key);
        let built = builder.start(BUILT).await;
        let elsewhere = app.start(&image(&json!({"environment": "xps"}))).await;
        let body = json!({"test_execution_ids": [built, elsewhere]});
        app.post(QUEUE, &body).await.ok();
        let query = format!("{QUEUE}?family=image&environment=cdimage.ubuntu.com");
        let waiting = builder.get(&query).await.ok();
        let places = [
            "/test_execution_id", "/artefact/archived", "/artefact/family", "/artefact/release", "/artefact/os",
            "/artefact/image_url", "/artefact_build/architecture",
        ];
        let url = "https://cdimage.example/daily/noble-desktop-amd64.iso";
        assert_eq!(read(&waiting, &places), json!([[built, false, "image", "noble", "ubuntu", url, "amd64"]]));
        let dropped = builder.delete(QUEUE, &format!(r#"{{"test_execution_ids": [{built}]}}"#)).await;
        assert_eq!(dropped.ok(), Value::Null);
        // Five minutes later there is nothing to do, and the others still have their own.
        assert_eq!(builder.get(&query).await.ok(), json!([]));
        assert_eq!(items(&builder.get(QUEUE).await.ok()).len(), 1);
    }

    // Every error body is parsed as JSON.
    async fn a_builder_reads_why_it_was_refused(app: TestApp) {
        let key = app.add_application(BUILDER).await;
        let (builder, stranger) = (Client::requests(&app).with_key(&key), Client::requests(&app).with_key("wrong"));
        for (client, method, path, body, status) in [
            (&stranger, Method::PUT, "/v1/test-executions/start-test", BUILT, 403),
            (&builder, Method::PUT, "/v1/test-executions/start-test", r#"{"family": "image"}"#, 422),
            (&builder, Method::PUT, "/v1/test-executions/start-tests", BUILT, 405),
            (&builder, Method::PATCH, "/v1/test-executions/99", r#"{"status": "COMPLETED"}"#, 404),
            (&builder, Method::GET, "/v1/test-executions/reruns?family=images", "", 422),
            (&builder, Method::DELETE, QUEUE, "", 422),
        ] {
            let answer = client.send(method, path, body).await;
            assert_eq!((answer.status.as_u16(), answer.json()["detail"].is_null()), (status, false), "{path} {body}");
        }
    }

    // Outcomes of a test tool, and a null that changes nothing.
    async fn a_submitter_reports_what_a_test_tool_wrote(app: TestApp) {
        // Without a key, over plain HTTP, to a port; what is not known is not sent at all.
        let app = open_to_all(app, &[Permission::ChangeTest]);
        let submitter = Client::requests(&app);
        let start = r#"{"family": "image", "name": "oem-noble", "version": "20310122-7", "arch": "amd64", "environment": "202501-1", "test_plan": "oem-sanity", "initial_status": "IN_PROGRESS", "execution_stage": "pending", "os": "ubuntu", "release": "noble", "sha256": "60303ae22b998861", "owner": "oem", "image_url": "http://images.oem.example:8080/noble.iso"}"#;
        let id = submitter.start(start).await;
        let outcomes = [("audio", "PASSED"), ("camera", "SKIPPED"), ("suspend", "FAILED"), ("crash", "FAILED")];
        let results: Vec<String> = outcomes
            .iter()
            .map(|(name, status)| format!(r#"{{"name": "{name}", "status": "{status}", "comment": "", "io_log": ""}}"#))
            .collect();
        let path = format!("{}/test-results", at(id));
        submitter.post(&path, &format!("[{}]", results.join(", "))).await.ok();
        let completed = submitter.patch(&at(id), r#"{"status": "COMPLETED", "ci_link": null}"#).await.ok();
        assert_eq!((&completed["status"], &completed["ci_link"]), (&json!("FAILED"), &Value::Null));
        assert_eq!(read(&app.get(&path).await.ok(), &["/name", "/status"]), json!(outcomes));
        let artefact = app.artefact(app.artefact_of(id).await).await;
        assert_eq!(artefact["image_url"], "http://images.oem.example:8080/noble.iso");
    }

    // Search with repeated keys, and silent reruns.
    async fn a_prompt_finds_runs_of_several_images_and_asks_for_them_again(app: TestApp) {
        let rights = [Permission::ViewTest, Permission::ChangeRerun, Permission::ChangeRerunBulk];
        let key = app.add_application(&rights).await;
        let prompt = Client::requests(&app).with_key(&key);
        let mut runs = Vec::new();
        for (name, environment) in [("core-24", "rpi4"), ("core-22", "rpi4"), ("core-20", "rpi4"), ("core-24", "nuc")] {
            let sha = format!("{name} {environment}");
            let body = image(&json!({"name": name, "version": "7", "environment": environment, "sha256": sha}));
            let id = app.start(&body).await;
            // Runs that reported nothing are not searched.
            app.report(id, &[("boot", "FAILED")]).await;
            app.patch(&at(id), &json!({"status": "COMPLETED"})).await.ok();
            runs.push((id, app.artefact_of(id).await));
        }
        let query = "families=image&environments=rpi4&artefacts=core-24&artefacts=core-22&limit=500";
        let query = &format!("/v1/test-executions?{query}");
        let places = ["/id", "/artefact/id", "/artefact/name", "/artefact/version", "/status", "/is_rerun_requested"];
        let expected = |is_requested: bool| {
            json!([
                [runs[1].0, runs[1].1, "core-22", "7", "FAILED", is_requested],
                [runs[0].0, runs[0].1, "core-24", "7", "FAILED", is_requested],
            ])
        };
        assert_eq!(read(&prompt.get(query).await.ok()["test_executions"], &places), expected(false));
        let body = format!(r#"{{"test_execution_ids": [{}, {}]}}"#, runs[0].0, runs[1].0);
        assert_eq!(prompt.post(&format!("{QUEUE}?silent=true"), &body).await.ok(), Value::Null);
        assert_eq!(read(&prompt.get(query).await.ok()["test_executions"], &places), expected(true));
    }
}
