//! The first page of a new installation, health, version, and the API's own pages.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request};
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

both! {
    async fn the_key_is_shown_on_this_machine_only(app: TestApp) {
        let key = app.service.ensure_onboarding_key().await.unwrap();
        let app = app.with_settings(|settings| settings.onboarding_key = Some(key.clone()));
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

    async fn the_key_reports_a_result_and_stays_the_same(app: TestApp) {
        let key = app.service.ensure_onboarding_key().await.unwrap();
        assert_eq!(app.service.ensure_onboarding_key().await.unwrap(), key);
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str())];
        let body = deb(&json!({})).to_string();
        app.request(Method::PUT, "/v1/test-executions/start-test", &headers, body).await.ok();
        app.request(Method::GET, "/v1/test-executions/1", &headers, "").await.ok();
        app.request(Method::GET, "/v1/artefacts", &headers, "").await.ok();
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
