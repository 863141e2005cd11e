//! A page of another site that shows images, and bots that watch them: read only, without a key.

use axum::http::Method;
use serde_json::json;

use super::{Client, READS, at, items, open_to_all, read};
use crate::support::{Answer, TestApp, both, image};

/// Where the page comes from.
const ORIGIN: &str = "https://somebody.github.io";

/// Two versions of an image, one with a result; the ids of the newer version and its run.
async fn two_versions(app: &TestApp) -> (i64, i64) {
    app.start(&image(&json!({"version": "20310121", "sha256": "old"}))).await;
    let run = app.start(&image(&json!({"version": "20310122", "sha256": "new"}))).await;
    app.report(run, &[("boot", "FAILED"), ("install", "PASSED")]).await;
    (app.artefact_of(run).await, run)
}

/// Whether the browser gives the answer to the page.
fn is_readable(answer: &Answer) -> bool {
    let allowed = answer.headers.get("access-control-allow-origin");
    allowed.is_some_and(|origin| origin == "*" || origin == ORIGIN)
}

both! {
    // Preflight and read of every level, from another origin.
    async fn a_page_of_another_origin_reads_images_down_to_their_results(app: TestApp) {
        let (artefact, run) = two_versions(&app).await;
        let app = open_to_all(app, READS);
        let app = app.with_settings(|settings| settings.cors_origins = vec!["https://dashboard.example".to_owned()]);
        let page = Client::browser(&app, ORIGIN).with("X-CSRF-Token", "1");
        let asking = Client::browser(&app, ORIGIN)
            .with("Access-Control-Request-Method", "GET")
            .with("Access-Control-Request-Headers", "x-csrf-token");
        let places: [(String, &[&str], _); 5] = [
            ("/v1/artefacts?family=image".to_owned(), &["/id", "/version"], json!([[artefact, "20310122"]])),
            (format!("/v1/artefacts/{artefact}"), &[], json!([])),
            (format!("/v1/artefacts/{artefact}/versions"), &["/version"], json!([["20310122"], ["20310121"]])),
            (
                format!("/v1/artefacts/{artefact}/builds"),
                &["/architecture", "/test_executions/0/id", "/test_executions/0/status"],
                json!([["amd64", run, "IN_PROGRESS"]]),
            ),
            (
                format!("{}/test-results", at(run)),
                &["/name", "/status"],
                json!([["boot", "FAILED"], ["install", "PASSED"]]),
            ),
        ];
        for (path, fields, expected) in places {
            // The header makes the browser ask first.
            let preflight = asking.send(Method::OPTIONS, &path, "").await;
            assert!(preflight.status == 200 && is_readable(&preflight), "{path}: {:?}", preflight.headers);
            let allowed = preflight.headers["access-control-allow-headers"].to_str().unwrap().to_lowercase();
            assert!(allowed.split(',').any(|name| name.trim() == "x-csrf-token"), "{path}: {allowed}");
            let answer = page.get(&path).await;
            assert!(is_readable(&answer), "{path}: {:?}", answer.headers);
            if fields.is_empty() {
                assert_eq!(answer.ok()["id"], artefact);
            } else {
                assert_eq!(read(&answer.ok(), fields), expected, "{path}");
            }
        }
        // It can show what was not there, too.
        assert!(is_readable(&page.get("/v1/artefacts/99").await));
    }

    // Exactly status 200.
    async fn bots_take_200_and_nothing_else(app: TestApp) {
        let (artefact, run) = two_versions(&app).await;
        let app = open_to_all(app, READS);
        let bot = Client::go(&app);
        let list = bot.get("/v1/artefacts?family=image").await;
        assert_eq!((list.status.as_u16(), items(&list.json()).len()), (200, 1));
        assert_eq!(list.json()[0]["id"], artefact);
        let builds = bot.get(&format!("/v1/artefacts/{artefact}/builds")).await;
        assert_eq!(builds.status.as_u16(), 200);
        assert_eq!(read(&builds.json(), &["/test_executions/0/id"]), json!([[run]]));
    }
}
