//! The first page of a new installation, health, version, and the API's own pages.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, both, deb, snap};

/// A GET as it arrives from a peer.
async fn get_from(app: &TestApp, path: &str, peer: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path).extension(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(Body::empty()).unwrap()).await
}

/// The key that the page shows on this machine.
async fn shown_key(app: &TestApp) -> Option<String> {
    let shown = get_from(app, "/v1/getting-started", "127.0.0.1:1", &[("host", "127.0.0.1:30000")]).await.ok();
    shown["api_key"].as_str().map(str::to_owned)
}

both! {
    async fn the_key_is_shown_on_this_machine_only(app: TestApp) {
        let app = app.with_settings(|settings| settings.shows_onboarding_key = true);
        let key = shown_key(&app).await.unwrap();
        for (peer, headers, is_shown) in [
            ("127.0.0.1:1", vec![("host", "127.0.0.1:30000")], true),
            ("127.0.0.1:1", vec![("host", "localhost:30000")], true),
            ("[::1]:1", vec![("host", "[::1]:30000")], true),
            ("10.0.0.7:1", vec![("host", "127.0.0.1:30000")], false),
            ("127.0.0.1:1", vec![("host", "rebound.example:30000")], false),
            ("127.0.0.1:1", vec![("host", "127.0.0.1:30000"), ("x-forwarded-for", "10.0.0.7")], false),
        ] {
            let shown = get_from(&app, "/v1/getting-started", peer, &headers).await.ok();
            assert_eq!(shown["api_key"], if is_shown { json!(key) } else { Value::Null }, "{peer} {headers:?}");
            assert_eq!(shown["base_url"], format!("http://{}", headers[0].1));
        }
    }

    async fn who_may_not_see_the_key_makes_none(app: TestApp) {
        let mut app = app;
        for (shows_onboarding_key, peer) in [(false, "127.0.0.1:1"), (true, "10.0.0.7:1")] {
            app = app.with_settings(|settings| settings.shows_onboarding_key = shows_onboarding_key);
            let answer = get_from(&app, "/v1/getting-started", peer, &[("host", "127.0.0.1:30000")]).await;
            assert_eq!(answer.ok()["api_key"], Value::Null, "{peer}");
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM application").await, 1);
    }

    async fn the_key_reports_a_result_and_stays_the_same(app: TestApp) {
        let app = app.with_settings(|settings| settings.shows_onboarding_key = true);
        let key = shown_key(&app).await.unwrap();
        assert_eq!(shown_key(&app).await.as_ref(), Some(&key));
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str())];
        let body = deb(&json!({})).to_string();
        app.request(Method::PUT, "/v1/test-executions/start-test", &headers, body).await.ok();
        app.request(Method::GET, "/v1/test-executions/1", &headers, "").await.ok();
        app.request(Method::GET, "/v1/artefacts", &headers, "").await.ok();
        // Who sees the first result arrive can go on with the steps.
        assert_eq!(shown_key(&app).await.as_ref(), Some(&key));
    }

    // Keys are stored as hashes: the next process cannot know the one that was shown, and makes another, as long as
    // nothing has arrived. Whoever copied the older one goes on with it.
    async fn every_process_shows_a_key_of_its_own(app: TestApp) {
        let app = app.with_settings(|settings| settings.shows_onboarding_key = true);
        let first = shown_key(&app).await.unwrap();
        let app = app.with_settings(|_| {});
        let second = shown_key(&app).await.unwrap();
        assert_ne!(first, second);
        for key in [&first, &second] {
            let own = app.as_application(key, Method::GET, "/v1/applications/me", None).await.ok();
            assert_eq!((&own["name"], &own["api_key"]), (&json!("getting-started"), &json!(key)));
        }
        app.start(&deb(&json!({}))).await;
        assert_eq!(shown_key(&app).await, Some(second));
        let app = app.with_settings(|_| {});
        assert_eq!(shown_key(&app).await, None);
    }

    async fn a_key_that_somebody_took_back_is_not_shown(app: TestApp) {
        let app = app.with_settings(|settings| settings.shows_onboarding_key = true);
        let first = shown_key(&app).await.unwrap();
        let id = app.raw.number("SELECT MAX(id) FROM application").await;
        app.delete(&format!("/v1/applications/{id}")).await;
        let second = shown_key(&app).await.unwrap();
        assert_ne!(first, second);
        app.as_application(&second, Method::PUT, "/v1/test-executions/start-test", Some(&deb(&json!({})))).await.ok();
        let id = app.raw.number("SELECT MAX(id) FROM application").await;
        app.post(&format!("/v1/applications/{id}/rotate"), &Value::Null).await.ok();
        assert_eq!(shown_key(&app).await, None);
    }

    async fn many_who_look_at_once_see_one_key(app: TestApp) {
        let app = app.with_settings(|settings| settings.shows_onboarding_key = true);
        let keys = join_all((0..10).map(|_| shown_key(&app))).await;
        assert!(keys[0].is_some() && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    }

    async fn families_with_an_artefact_are_listed_in_order(app: TestApp) {
        assert_eq!(app.get("/v1/getting-started").await.ok()["families"], json!([]));
        app.start(&deb(&json!({}))).await;
        app.start(&snap(&json!({}))).await;
        assert_eq!(app.get("/v1/getting-started").await.ok()["families"], json!(["snap", "deb"]));
        app.raw.run("UPDATE artefact SET archived = TRUE WHERE family = 'snap'").await;
        assert_eq!(app.get("/v1/getting-started").await.ok()["families"], json!(["deb"]));
    }

    async fn health_is_for_this_machine(app: TestApp) {
        for (path, expected) in [("/health/live", "live"), ("/health/ready", "ready")] {
            assert_eq!(get_from(&app, path, "127.0.0.1:1", &[]).await.ok(), json!({"status": expected}));
            assert_eq!(get_from(&app, path, "[::1]:1", &[]).await.ok(), json!({"status": expected}));
            get_from(&app, path, "10.0.0.7:1", &[]).await.refused(403, "Forbidden");
            get_from(&app, path, "127.0.0.1:1", &[("x-forwarded-for", "10.0.0.7")]).await.refused(403, "Forbidden");
            get_from(&app, path, "127.0.0.2:1", &[]).await.refused(403, "Forbidden");
        }
        app.get("/health").await.refused(404, "Not Found");
    }

    async fn without_its_database_the_server_is_live_and_not_ready(app: TestApp) {
        app.service.db.close().await;
        app.get("/health/live").await.ok();
        app.get("/health/ready").await.refused(503, "Database connection failed");
        app.get("/").await.refused(503, "Database connection failed");
    }

    async fn the_api_says_what_it_is(app: TestApp) {
        assert_eq!(app.get("/v1/version").await.ok(), json!({"version": "0.0.0"}), "when nobody says another one");
        let app = app.with_settings(|settings| settings.version = "1.2.3".into());
        assert_eq!(app.get("/").await.ok(), json!("test observer api"));
        assert_eq!(app.get("/v1/version").await.ok(), json!({"version": "1.2.3"}));
        let docs = app.get("/docs").await;
        assert_eq!(docs.headers["content-type"], "text/html; charset=utf-8");
        assert!(docs.text().contains("<title>API Documentation</title>"));
        // Whatever the page loads comes from this server.
        for part in docs.text().split(['"', '\'']).filter(|part| part.starts_with('/') || part.starts_with("http")) {
            assert_eq!(app.get(part).await.status, 200, "{part}");
        }
    }
}
