//! What browsers let pages of other origins read: the dashboard everything, with the visitor's cookie; everybody else
//! what is public, without one.

use app::api::Permission;
use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, both, deb};

const DASHBOARD: &str = "https://dashboard.example";
const SECOND: &str = "http://localhost:30001";
const FOREIGN: &str = "https://somebody.github.io";

const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// An installation with two origins of its own.
fn with_origins(app: TestApp) -> TestApp {
    app.with_settings(|settings| settings.cors_origins = vec![DASHBOARD.to_owned(), SECOND.to_owned()])
}

/// The same, where everybody may look at artefacts, and at nothing else.
fn with_public_artefacts(app: TestApp) -> TestApp {
    with_origins(app).with_settings(|settings| settings.ignored_permissions = [Permission::ViewArtefact].into())
}

/// A request that a page of an origin makes, with the key of the application.
async fn from(app: &TestApp, origin: &str, method: Method, path: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {}", app.key);
    let headers = [("origin", origin), ("authorization", bearer.as_str()), ("content-type", "application/json")];
    app.request(method, path, &headers, body.to_string()).await
}

/// What a browser asks before it sends such a request.
async fn preflight(app: &TestApp, origin: &str, method: &Method, path: &str, named: Option<&str>) -> Answer {
    let mut headers = vec![("origin", origin), ("access-control-request-method", method.as_str())];
    headers.extend(named.map(|named| ("access-control-request-headers", named)));
    app.request(Method::OPTIONS, path, &headers, "").await
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name).map(|value| value.to_str().unwrap())
}

/// The origin that may read the answer, and whether with the visitor's cookie.
fn readers(answer: &Answer) -> (Option<&str>, bool) {
    let credentials = header(answer, "access-control-allow-credentials");
    assert!(matches!(credentials, None | Some("true")), "{credentials:?}");
    (header(answer, "access-control-allow-origin"), credentials.is_some())
}

/// Whether caches are told that the answer depends on the origin.
fn varies(answer: &Answer) -> bool {
    let names = answer.headers.get_all("vary").iter().flat_map(|value| value.to_str().unwrap().split(','));
    names.map(str::trim).any(|name| name.eq_ignore_ascii_case("origin"))
}

both! {
    // Simple request, allowed origin.
    async fn an_allowed_origin_reads_with_the_visitors_cookie(app: TestApp) {
        let app = with_origins(app);
        let id = app.start(&deb(&json!({}))).await;
        for origin in [DASHBOARD, SECOND] {
            for (method, path, body) in [
                (Method::GET, "/v1/artefacts".to_owned(), Value::Null),
                (Method::PUT, "/v1/test-executions/start-test".to_owned(), deb(&json!({}))),
                (Method::PATCH, format!("/v1/test-executions/{id}"), json!({})),
            ] {
                let answer = from(&app, origin, method, &path, &body).await;
                answer.ok();
                assert_eq!(readers(&answer), (Some(origin), true), "{path}");
                assert!(varies(&answer), "{path}");
            }
        }
    }

    // Simple request, other origin; origins are compared exactly.
    async fn another_origin_is_served_and_reads_nothing(app: TestApp) {
        let app = with_origins(app);
        for origin in [
            FOREIGN,
            "null",
            // What resembles an allowed one is another one.
            "https://dashboard.example/",
            "https://dashboard.example:443",
            "http://dashboard.example",
            "https://www.dashboard.example",
            "https://dashboard.example.evil.example",
            "https://DASHBOARD.example",
            "http://localhost:30002",
            "https://dashboard.example, http://localhost:30001",
        ] {
            let before = app.raw.number("SELECT COUNT(*) FROM test_execution").await;
            let list = from(&app, origin, Method::GET, "/v1/artefacts", &Value::Null).await;
            let start = from(&app, origin, Method::PUT, "/v1/test-executions/start-test", &deb(&json!({}))).await;
            for answer in [list, start] {
                answer.ok();
                assert_eq!(readers(&answer), (None, true), "{origin}");
            }
            assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_execution").await, before + 1, "{origin}");
        }
    }

    // No Origin header.
    async fn without_an_origin_there_is_nothing_to_say(app: TestApp) {
        let app = with_public_artefacts(app);
        for (path, status) in [("/v1/artefacts", 200), ("/v1/artefacts/99", 404), ("/v1/nonsense", 404)] {
            let answer = app.get(path).await;
            assert_eq!((answer.status.as_u16(), readers(&answer)), (status, (None, false)), "{path}");
        }
    }

    // Preflight, allowed origin, before authentication.
    async fn a_preflight_from_an_allowed_origin_is_told_what_it_may(app: TestApp) {
        // Before anybody is asked who they are.
        let app = with_origins(app).with_settings(|settings| settings.require_authentication = true);
        for origin in [DASHBOARD, SECOND] {
            for (path, methods) in [
                ("/v1/artefacts", &METHODS[..1]),
                ("/v1/artefacts/1", &METHODS[..]),
                ("/v1/test-executions/1/status_update", &METHODS[..]),
                ("/v1/version", &METHODS[..1]),
            ] {
                for method in methods {
                    let named = "content-type, x-csrf-token,Authorization";
                    let answer = preflight(&app, origin, method, path, Some(named)).await;
                    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "OK"), "{method} {path}");
                    assert!(header(&answer, "content-type").is_some_and(|kind| kind.starts_with("text/plain")));
                    assert_eq!(readers(&answer), (Some(origin), true), "{method} {path}");
                    let methods = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";
                    assert_eq!(header(&answer, "access-control-allow-methods"), Some(methods));
                    assert_eq!(header(&answer, "access-control-max-age"), Some("600"));
                    assert_eq!(header(&answer, "access-control-allow-headers"), Some(named));
                    assert!(varies(&answer), "{method} {path}");
                }
            }
            assert_eq!(preflight(&app, origin, &Method::GET, "/v1/artefacts", None).await.status, 200);
        }
    }

    // Preflight, other origin.
    async fn a_preflight_from_another_origin_is_refused(app: TestApp) {
        let app = with_origins(app);
        for origin in [FOREIGN, "null", "https://dashboard.example/", "http://dashboard.example"] {
            for method in METHODS {
                let answer = preflight(&app, origin, &method, "/v1/artefacts/1", Some("x-csrf-token")).await;
                let expected = (400, "Disallowed CORS origin");
                assert_eq!((answer.status.as_u16(), answer.text().as_str()), expected, "{origin} {method}");
                assert_eq!(header(&answer, "access-control-allow-origin"), None, "{origin} {method}");
            }
        }
    }

    // OPTIONS without both headers of a preflight.
    async fn options_that_is_no_preflight_is_an_unsupported_method(app: TestApp) {
        let app = with_origins(app);
        let method = ("access-control-request-method", "GET");
        for headers in [&[("origin", DASHBOARD)][..], &[("origin", FOREIGN)], &[method], &[]] {
            let answer = app.request(Method::OPTIONS, "/v1/artefacts", headers, "").await;
            answer.refused(405, "Method Not Allowed");
            assert_eq!(header(&answer, "allow"), Some("GET"), "{headers:?}");
        }
    }

    // Error responses carry the headers.
    async fn refusals_can_be_read_too(app: TestApp) {
        let app = with_origins(app).with_settings(|settings| settings.require_authentication = true);
        let start = "/v1/test-executions/start-test";
        for (method, path, has_key, status) in [
            (Method::GET, "/v1/version", false, 401),
            (Method::GET, "/v1/artefacts", false, 403),
            (Method::PUT, start, false, 403),
            (Method::GET, "/v1/artefacts/99", true, 404),
            (Method::GET, "/v1/nonsense", true, 404),
            (Method::DELETE, "/v1/artefacts", true, 405),
            (Method::PUT, start, true, 422),
            (Method::GET, "/v1/artefacts/abc", true, 422),
        ] {
            let bearer = format!("Bearer {}", app.key);
            let mut headers = vec![("origin", DASHBOARD), ("content-type", "application/json")];
            if has_key {
                headers.push(("authorization", bearer.as_str()));
            }
            let answer = app.request(method.clone(), path, &headers, "{}").await;
            let expected = (status, (Some(DASHBOARD), true));
            assert_eq!((answer.status.as_u16(), readers(&answer)), expected, "{method} {path}");
            assert!(varies(&answer), "{method} {path}");
        }
        // Other origins cannot.
        for (path, status) in [("/v1/artefacts/99", 404), ("/v1/artefacts/abc", 422)] {
            let answer = from(&app, FOREIGN, Method::GET, path, &Value::Null).await;
            assert_eq!((answer.status.as_u16(), readers(&answer)), (status, (None, true)), "{path}");
        }
    }

    // Public reads: any origin, without credentials, errors included.
    async fn any_origin_reads_what_everybody_may_read(app: TestApp) {
        let app = with_public_artefacts(app);
        let id = app.start(&deb(&json!({}))).await;
        let artefact = app.artefact_of(id).await;
        for origin in [FOREIGN, "null", "http://dashboard.example"] {
            for (path, status) in [
                ("/v1/artefacts".to_owned(), 200),
                (format!("/v1/artefacts/{artefact}"), 200),
                (format!("/v1/artefacts/{artefact}/builds"), 200),
                ("/v1/artefacts/99".to_owned(), 404),
                ("/v1/artefacts/abc".to_owned(), 422),
            ] {
                let with_key = from(&app, origin, Method::GET, &path, &Value::Null).await;
                let without = app.request(Method::GET, &path, &[("origin", origin), ("x-csrf-token", "1")], "").await;
                for answer in [with_key, without] {
                    let expected = (status, (Some("*"), false));
                    assert_eq!((answer.status.as_u16(), readers(&answer)), expected, "{origin} {path}");
                }
                for named in ["x-csrf-token", "authorization", "x-csrf-token,authorization"] {
                    let answer = preflight(&app, origin, &Method::GET, &path, Some(named)).await;
                    let expected = (200, (Some("*"), false));
                    assert_eq!((answer.status.as_u16(), readers(&answer)), expected, "{origin} {path}");
                    assert_eq!(header(&answer, "access-control-allow-headers"), Some(named), "{origin} {path}");
                }
            }
        }
    }

    // Public reads: an allowed origin is still named.
    async fn an_allowed_origin_keeps_its_cookie_where_everybody_may_read(app: TestApp) {
        let app = with_public_artefacts(app);
        let answer = from(&app, DASHBOARD, Method::GET, "/v1/artefacts", &Value::Null).await;
        answer.ok();
        assert_eq!((readers(&answer), varies(&answer)), ((Some(DASHBOARD), true), true));
        let answer = preflight(&app, DASHBOARD, &Method::GET, "/v1/artefacts", Some("x-csrf-token")).await;
        assert_eq!((answer.status.as_u16(), readers(&answer)), (200, (Some(DASHBOARD), true)));
    }

    // Public reads: other reads and every write stay closed.
    async fn another_origin_reads_nothing_that_asks_for_more(app: TestApp) {
        let app = with_public_artefacts(app);
        let id = app.start(&deb(&json!({}))).await;
        // A read of another permission, and writes, whoever may look at what they change.
        let (execution, artefact) = (format!("/v1/test-executions/{id}"), app.artefact_of(id).await);
        let artefact = format!("/v1/artefacts/{artefact}");
        for (method, path, body) in [
            (Method::GET, &execution, Value::Null),
            (Method::GET, &format!("{execution}/test-results"), Value::Null),
            (Method::PATCH, &execution, json!({})),
            (Method::PATCH, &artefact, json!({})),
        ] {
            let answer = from(&app, FOREIGN, method.clone(), path, &body).await;
            answer.ok();
            assert_eq!(readers(&answer), (None, true), "{method} {path}");
            let asked = preflight(&app, FOREIGN, &method, path, Some("x-csrf-token")).await;
            let expected = (400, "Disallowed CORS origin");
            assert_eq!((asked.status.as_u16(), asked.text().as_str()), expected, "{method} {path}");
            assert_eq!(header(&asked, "access-control-allow-origin"), None, "{method} {path}");
        }
    }
}
