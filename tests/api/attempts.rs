//! Keys that are nobody's: so many in a minute from one address. Who has a good one never notices.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use app::api::Permission;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use test_observer::clock::Clock;

use crate::support::{Answer, TestApp, both, deb};

const PERMISSIONS: &str = "/v1/permissions";
const WRONG: (&str, &str) = ("authorization", "Bearer to_nobody");
const HERE: &str = "192.0.2.1";
const START_TEST: &str = "/v1/test-executions/start-test";

/// The second of a test.
type Second = Arc<AtomicI64>;

/// An installation where that many wrong keys in a minute are let pass.
fn limited(app: TestApp, failed_keys_per_minute: u32) -> (TestApp, Second) {
    let begin: DateTime<Utc> = "2031-01-22T08:30:00Z".parse().unwrap();
    let second = Second::default();
    let shown = second.clone();
    let app = app.with_settings(|settings| settings.failed_keys_per_minute = failed_keys_per_minute);
    let clock = Clock::from_fn(move || begin + TimeDelta::seconds(shown.load(Ordering::Relaxed)));
    (app.with_clock(clock), second)
}

/// A request from a peer with these headers.
async fn send(app: &TestApp, peer: &str, method: Method, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
    let peer = SocketAddr::new(peer.parse().unwrap(), 40_000);
    let mut request = Request::builder().method(method).uri(path).extension(ConnectInfo(peer));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(Body::from(body)).unwrap()).await
}

/// Asks for something that takes a permission.
async fn look(app: &TestApp, peer: &str, headers: &[(&str, &str)]) -> Answer {
    send(app, peer, Method::GET, PERMISSIONS, headers, String::new()).await
}

/// Guesses until that is refused; how often it was not.
async fn guess(app: &TestApp, peer: &str, headers: &[(&str, &str)]) -> usize {
    let headers = [&[WRONG], headers].concat();
    for guesses in 0..100 {
        let answer = look(app, peer, &headers).await;
        if answer.status == 429 {
            return guesses;
        }
        answer.refused(403, "Insufficient permissions");
    }
    panic!("anybody may guess");
}

both! {
    // After so many wrong keys the next one has to wait. A good key, a session, and nobody in particular do not.
    async fn too_many_wrong_keys_have_to_wait(app: TestApp) {
        let (app, second) = limited(app, 3);
        let good = format!("Bearer {}", app.add_application(&[Permission::ViewPermission]).await);
        let session = app.session(app.add_admin("root").await).await;
        assert_eq!(guess(&app, HERE, &[]).await, 3);
        for (now, seconds) in [(0, "20"), (1, "19"), (19, "1")] {
            second.store(now, Ordering::Relaxed);
            let refused = look(&app, HERE, &[WRONG]).await;
            refused.refused(429, "Too many failed attempts");
            assert_eq!(refused.headers["retry-after"], seconds);
            look(&app, HERE, &[("authorization", good.as_str())]).await.ok();
            look(&app, HERE, &[("cookie", session.as_str()), ("x-csrf-token", "1")]).await.ok();
            look(&app, HERE, &[]).await.refused(403, "Insufficient permissions");
            // What is no key at all is no guess.
            look(&app, HERE, &[("authorization", "Basic to_nobody")]).await.refused(403, "Insufficient permissions");
        }
        // Waiting helps: for one more, and after a minute for all of them.
        for (now, expected) in [(20, 1), (40, 1), (200, 3)] {
            second.store(now, Ordering::Relaxed);
            assert_eq!(guess(&app, HERE, &[]).await, expected, "{now}");
        }
    }

    // Who guesses is not excused by a session.
    async fn a_session_does_not_help_to_guess(app: TestApp) {
        let (app, _) = limited(app, 2);
        let session = app.session(app.add_admin("root").await).await;
        let headers = [("cookie", session.as_str()), ("x-csrf-token", "1"), WRONG];
        for _ in 0..2 {
            look(&app, HERE, &headers).await.ok();
        }
        look(&app, HERE, &headers).await.refused(429, "Too many failed attempts");
        look(&app, HERE, &headers[..2]).await.ok();
    }

    // Each address has its own; a proxy on this machine says whose it is, and nobody else does.
    async fn addresses_are_counted_apart(app: TestApp) {
        let (app, _) = limited(app, 3);
        let from = |client| [("x-forwarded-for", client)];
        for (peer, headers, expected) in [
            (HERE, vec![], 3),
            (HERE, vec![], 0),
            ("192.0.2.2", vec![], 3),
            // Of an IPv6 network somebody has every address.
            ("2001:db8::1", vec![], 3),
            ("2001:db8::2", vec![], 0),
            ("2001:db8:0:1::1", vec![], 3),
            ("127.0.0.1", vec![], 3),
            ("127.0.0.1", from("198.51.100.1").to_vec(), 3),
            ("127.0.0.1", from("198.51.100.2").to_vec(), 3),
            ("127.0.0.1", from("198.51.100.1").to_vec(), 0),
            // What stands before the last address anybody can write.
            ("127.0.0.1", from("198.51.100.3, 198.51.100.4").to_vec(), 3),
            ("127.0.0.1", from("198.51.100.9, 198.51.100.4").to_vec(), 0),
            ("127.0.0.1", [from("198.51.100.9"), from("198.51.100.4")].concat(), 0),
            ("::1", from("198.51.100.4").to_vec(), 0),
            ("::ffff:127.0.0.1", from("198.51.100.4").to_vec(), 0),
            // Whose address nobody can say shares one with everybody like that.
            ("127.0.0.1", from("nonsense").to_vec(), 3),
            ("127.0.0.1", from("198.51.100.3, unknown").to_vec(), 0),
            // No other peer is believed.
            ("192.0.2.3", from("198.51.100.5").to_vec(), 3),
            ("192.0.2.3", from("198.51.100.6").to_vec(), 0),
            (HERE, from("127.0.0.1").to_vec(), 0),
        ] {
            assert_eq!(guess(&app, peer, &headers).await, expected, "{peer} {headers:?}");
        }
    }

    // Wherever a key would make a difference a wrong one counts, whatever else is wrong with the request.
    async fn guesses_count_at_every_endpoint(app: TestApp) {
        let app = app.with_settings(|settings| settings.require_authentication = true);
        let (app, _) = limited(app, 7);
        let tries = [
            (Method::GET, PERMISSIONS, "", 403, 429),
            // Syntax comes before rights, as ever.
            (Method::PUT, START_TEST, "{", 422, 422),
            (Method::PUT, START_TEST, "{}", 403, 429),
            (Method::GET, "/v1/version", "", 401, 429),
            (Method::GET, "/v1/applications/me", "", 401, 429),
            (Method::POST, "/v1/applications/me/rotate", "", 401, 429),
            (Method::PATCH, "/v1/artefacts/99", "{}", 404, 429),
        ];
        for (method, path, body, expected, _) in &tries {
            let answer = send(&app, HERE, method.clone(), path, &[WRONG], (*body).to_owned()).await;
            assert_eq!(answer.status, *expected, "{method} {path}");
        }
        for (method, path, body, _, expected) in &tries {
            let answer = send(&app, HERE, method.clone(), path, &[WRONG], (*body).to_owned()).await;
            assert_eq!(answer.status, *expected, "{method} {path}");
        }
    }

    // Where everybody may pass, a key opens nothing: there an old one that nobody took out does no harm.
    async fn nobody_guesses_where_everybody_may_pass(app: TestApp) {
        let open = [Permission::ChangeTest, Permission::ViewArtefact];
        let app = app.with_settings(|settings| settings.ignored_permissions = open.into());
        let (app, _) = limited(app, 3);
        for _ in 0..10 {
            let body = deb(&json!({})).to_string();
            send(&app, HERE, Method::PUT, START_TEST, &[WRONG], body).await.ok();
            for path in ["/v1/artefacts", "/v1/version", "/"] {
                send(&app, HERE, Method::GET, path, &[WRONG], String::new()).await.ok();
            }
        }
        assert_eq!(guess(&app, HERE, &[]).await, 3);
    }

    // With 0 nobody has to wait.
    async fn the_limit_can_be_switched_off(app: TestApp) {
        let (app, _) = limited(app, 0);
        for _ in 0..50 {
            look(&app, HERE, &[WRONG]).await.refused(403, "Insufficient permissions");
        }
    }
}
