//! `GET /v1/artefacts/{artefact_id}/badge.svg`: what an artefact has come to, as a small picture.

use app::api::Permission;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, both, snap};

fn at(artefact: i64) -> String {
    format!("/v1/artefacts/{artefact}/badge.svg")
}

/// What the picture is called.
fn title(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.headers["content-type"], "image/svg+xml");
    let text = answer.text();
    let tree = roxmltree::Document::parse(&text).unwrap();
    let root = tree.root_element();
    assert_eq!(root.tag_name().name(), "svg");
    let title = root.children().find(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "title"))).unwrap();
    assert_eq!(root.attribute("aria-label"), title.text());
    title.text().unwrap().to_owned()
}

async fn badge(app: &TestApp, artefact: i64) -> String {
    title(&app.get(&at(artefact)).await)
}

both! {
    async fn a_badge_says_what_an_artefact_has_come_to(app: TestApp) {
        let run = async |changes: Value| app.start(&snap(&changes)).await;
        let first = run(json!({"initial_status": "NOT_TESTED"})).await;
        let artefact = app.artefact_of(first).await;
        assert_eq!(badge(&app, artefact).await, "core22 20230531: not tested");
        let going = run(json!({"environment": "a", "ci_link": "http://ci/1"})).await;
        assert_eq!(badge(&app, artefact).await, "core22 20230531: in progress");
        app.report(going, &[("t", "FAILED")]).await;
        app.patch(&format!("/v1/test-executions/{going}"), &json!({"status": "COMPLETED"})).await.ok();
        run(json!({"environment": "b", "ci_link": "http://ci/2", "initial_status": "ENDED_PREMATURELY"})).await;
        assert_eq!(badge(&app, artefact).await, "core22 20230531: 2 failed");
        // Only the last run of a plan in an environment counts.
        run(json!({"environment": "a", "ci_link": "http://ci/3", "initial_status": "PASSED"})).await;
        run(json!({"environment": "b", "ci_link": "http://ci/4", "initial_status": "PASSED"})).await;
        assert_eq!(badge(&app, artefact).await, "core22 20230531: 2 passed");
        app.raw.run(&format!("UPDATE artefact SET status = 'APPROVED' WHERE id = {artefact}")).await;
        assert_eq!(badge(&app, artefact).await, "core22 20230531: approved");
        app.raw.run(&format!("UPDATE artefact SET status = 'MARKED_AS_FAILED' WHERE id = {artefact}")).await;
        assert_eq!(badge(&app, artefact).await, "core22 20230531: rejected");
    }

    // What runners call things is text.
    async fn names_are_escaped(app: TestApp) {
        let name = "<script>alert(1)</script>&\"'";
        let execution = app.start(&snap(&json!({"name": name}))).await;
        let artefact = app.artefact_of(execution).await;
        assert_eq!(badge(&app, artefact).await, format!("{name} 20230531: in progress"));
        assert!(!app.get(&at(artefact)).await.text().contains("<script"));
    }

    async fn a_badge_is_kept_for_a_minute_and_asked_for_by_its_tag(app: TestApp) {
        let execution = app.start(&snap(&json!({}))).await;
        let artefact = app.artefact_of(execution).await;
        let bearer = format!("Bearer {}", app.key);
        let ask = async |tag: &str| {
            let headers = [("authorization", bearer.as_str()), ("if-none-match", tag)];
            app.request(Method::GET, &at(artefact), &headers, "").await
        };
        let answer = ask("\"x\"").await;
        assert_eq!((answer.status.as_u16(), &answer.headers["cache-control"]), (200, &"max-age=60".parse().unwrap()));
        let tag = answer.headers["etag"].to_str().unwrap().to_owned();
        let again = ask(&tag).await;
        assert_eq!((again.status.as_u16(), again.text().as_str(), &again.headers["etag"]), (304, "", &answer.headers["etag"]));
        app.start(&snap(&json!({"environment": "b", "initial_status": "FAILED"}))).await;
        let changed = ask(&tag).await;
        assert_eq!(title(&changed), "core22 20230531: 1 failed");
    }

    // Whoever may read the artefact.
    async fn a_badge_takes_what_reading_the_artefact_takes(app: TestApp) {
        let execution = app.start(&snap(&json!({}))).await;
        let artefact = app.artefact_of(execution).await;
        let view = Permission::ViewArtefact;
        let others: Vec<Permission> = Permission::ALL.iter().copied().filter(|it| *it != view).collect();
        let (able, powerless) = (app.add_application(&[view]).await, app.add_application(&others).await);
        app.anonymous(Method::GET, &at(artefact), None).await.refused(403, "Insufficient permissions");
        app.as_application(&powerless, Method::GET, &at(artefact), None).await.refused(403, "Insufficient permissions");
        title(&app.as_application(&able, Method::GET, &at(artefact), None).await);
        app.get(&at(artefact + 1)).await.refused(404, &format!("Artefact with id {} not found", artefact + 1));
        let problems = app.get("/v1/artefacts/x/badge.svg").await.problems();
        assert_eq!(problems, [("int_parsing".to_owned(), json!(["path", "artefact_id"]))]);
        let app = app.with_settings(|settings| settings.ignored_permissions = [view].into());
        title(&app.anonymous(Method::GET, &at(artefact), None).await);
    }

    async fn a_badge_takes_a_fixed_number_of_statements(app: TestApp) {
        let mut counts = Vec::new();
        for runs in [1, 30] {
            for number in 0..runs {
                app.start(&snap(&json!({"environment": format!("e{number}"), "arch": format!("a{number}")}))).await;
            }
            let artefact = app.newest_artefact().await;
            let before = app.service.db.statements();
            badge(&app, artefact).await;
            counts.push(app.service.db.statements() - before);
        }
        // The caller, the artefact, its latest builds, their runs.
        assert_eq!(counts, [4, 4]);
    }
}
