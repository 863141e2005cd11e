//! Where requests come from, by which name, and through whom: proxies that are believed, and names that are ours.

use std::net::SocketAddr;

use app::api::Permission;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use serde_json::json;
use test_observer::domain::proxies::Proxies;

use crate::log::Log;
use crate::support::{Answer, TestApp, both, deb};

const ARTEFACTS: &str = "/v1/artefacts?family=deb";
const REFUSAL: &str = "Insufficient permissions";

async fn get(app: &TestApp, path: &str, peer: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path).extension(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(Body::empty()).unwrap()).await
}

/// Reads are open because only this machine can connect.
fn opened(app: TestApp) -> TestApp {
    app.with_settings(|settings| {
        settings.public_reads = false;
        settings.ignored_permissions = [Permission::ViewArtefact].into();
        "https://to.example/app".clone_into(&mut settings.frontend_url);
    })
}

both! {
    // Whoever owns a name can make it lead to this machine: a browser there would read for the page under that name.
    async fn opened_reads_are_open_under_our_own_names_alone(app: TestApp) {
        let app = opened(app);
        app.start(&deb(&json!({}))).await;
        let key = format!("Bearer {}", app.add_application(&[Permission::ViewArtefact]).await);
        for host in ["127.0.0.1:30000", "localhost:30000", "localhost", "[::1]:30000", "to.example", "TO.EXAMPLE:8443"] {
            let shown = get(&app, ARTEFACTS, "127.0.0.1:1", &[("host", host)]).await.ok();
            assert_eq!(shown.as_array().unwrap().len(), 1, "{host}");
        }
        let log = Log::capture();
        for host in [
            "rebound.example:30000",
            "rebound.example",
            "127.0.0.1.rebound.example:30000",
            "localhost.rebound.example",
            "to.example.rebound.example",
            "192.0.2.1:30000",
            "0.0.0.0:30000",
            "[2001:db8::1]:30000",
            "",
        ] {
            get(&app, ARTEFACTS, "127.0.0.1:1", &[("host", host)]).await.refused(403, REFUSAL);
            log.assert_tells(&["INFO", "nobody in particular", "/v1/artefacts", "403"], &[]);
            // Who may read may do so under every name.
            get(&app, ARTEFACTS, "127.0.0.1:1", &[("host", host), ("authorization", key.as_str())]).await.ok();
        }
        // What sends no name is no browser.
        get(&app, ARTEFACTS, "127.0.0.1:1", &[]).await.ok();
    }

    // What the operator opened is open, whatever the installation is called.
    async fn reads_that_somebody_opened_are_open_under_every_name(app: TestApp) {
        let app = opened(app).with_settings(|settings| settings.public_reads = true);
        for host in ["rebound.example", "192.0.2.1:30000", "to.example"] {
            get(&app, ARTEFACTS, "127.0.0.1:1", &[("host", host)]).await.ok();
        }
    }

    // A proxy on another machine is believed where the operator lists it, and nobody else is.
    async fn the_log_names_whom_a_known_proxy_relays(app: TestApp) {
        let app = app.with_settings(|settings| {
            settings.proxies = Proxies::new(vec!["10.0.0.0/24".parse().unwrap(), "2001:db8::7/128".parse().unwrap()]);
        });
        let log = Log::capture();
        for (peer, relayed, client) in [
            ("10.0.0.7:1", "198.51.100.1", "198.51.100.1"),
            ("[2001:db8::7]:1", "198.51.100.1", "198.51.100.1"),
            ("127.0.0.1:1", "203.0.113.9, 198.51.100.1, 10.0.0.7", "198.51.100.1"),
            ("10.0.1.7:1", "198.51.100.1", "10.0.1.7"),
            ("[2001:db8::8]:1", "198.51.100.1", "2001:db8::8"),
        ] {
            get(&app, "/v1/teams", peer, &[("x-forwarded-for", relayed)]).await.refused(403, REFUSAL);
            log.assert_tells(&["INFO", client], &[]);
        }
        // A proxy elsewhere is not this machine, nor is what it calls its own.
        for relayed in ["127.0.0.1", "::1"] {
            let health = get(&app, "/health/live", "10.0.0.7:1", &[("x-forwarded-for", relayed)]).await;
            health.refused(403, "Forbidden");
        }
    }
}
