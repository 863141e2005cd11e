//! `/docs`, which browsers open by going there, and `/sentry-debug`, which fails on purpose.

use app::api::Permission;
use axum::http::Method;

use crate::log::Log;
use crate::oidc_issuer::header;
use crate::support::{Answer, TestApp, both};

const DOCS: &str = "/docs";
const SENTRY_DEBUG: &str = "/sentry-debug";
const ASSETS: [&str; 3] = ["/docs/start.js", "/docs/assets/swagger-ui.css", "/docs/assets/swagger-ui-bundle.js"];

async fn get(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Answer {
    app.request(Method::GET, path, headers, "").await
}

fn depends_on_cookie(answer: &Answer) -> bool {
    answer.headers.get_all("vary").iter().any(|name| name == "Cookie")
}

both! {
    // A browser that goes to a page sends its cookie, and cannot send a header: for that page alone the cookie suffices.
    async fn the_page_takes_the_cookie_of_a_session_alone(app: TestApp) {
        let app = app.with_settings(|settings| settings.require_authentication = true);
        let session = app.session(app.add_user("kim").await).await;
        let alone = [("cookie", session.as_str())];
        let proven = [("cookie", session.as_str()), ("x-csrf-token", "1")];
        let key = format!("Bearer {}", app.add_application(&[]).await);
        for headers in [alone.as_slice(), proven.as_slice(), &[("authorization", key.as_str())]] {
            let answer = get(&app, DOCS, headers).await;
            assert_eq!(answer.status, 200, "{headers:?}");
            assert!(answer.text().contains("<title>API Documentation</title>") && depends_on_cookie(&answer));
        }
        let forged = format!("{session}x");
        for headers in [vec![], vec![("cookie", "session=x")], vec![("cookie", forged.as_str())], vec![("authorization", "Bearer x")]] {
            let answer = get(&app, DOCS, &headers).await;
            answer.refused(401, "Not authenticated");
            assert!(depends_on_cookie(&answer), "{headers:?}");
        }
        for path in ["/", "/v1/version", "/openapi.json", "/v1/users/me"] {
            get(&app, path, &alone).await.refused(401, "Not authenticated");
            get(&app, path, &proven).await.ok();
        }
        // Which page it is, is for the request line to say.
        for host in ["localhost/docs", "localhost/docs?", "localhost/docs#"] {
            let headers = [alone[0], ("host", host), ("x-original-url", DOCS), ("x-forwarded-prefix", DOCS)];
            get(&app, "/v1/users/me", &headers).await.refused(401, "Not authenticated");
        }
        for path in ["/docs/", "/docs/x", "//docs", "/v1/docs"] {
            get(&app, path, &alone).await.refused(404, "Not Found");
        }
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            app.request(method, DOCS, &alone, "").await.refused(405, "Method Not Allowed");
        }
    }

    // What the page is made of is for everybody: it says nothing, and browsers ask for it as nobody.
    async fn what_the_page_is_made_of_is_open(app: TestApp) {
        let mut app = app;
        for required in [true, false] {
            app = app.with_settings(|settings| settings.require_authentication = required);
            for path in ASSETS {
                let answer = get(&app, path, &[]).await;
                assert_eq!((answer.status.as_u16(), depends_on_cookie(&answer)), (200, false), "{path}");
            }
            get(&app, "/docs/assets/nothing.js", &[]).await.refused(404, "Not Found");
        }
        let answer = get(&app, DOCS, &[]).await;
        assert_eq!((answer.status.as_u16(), depends_on_cookie(&answer)), (200, true));
    }

    // Always the answer of an unhandled failure, to those who may see it; the log has it as an error.
    async fn an_error_on_purpose_is_an_error(app: TestApp) {
        let able = format!("Bearer {}", app.add_application(&[Permission::ViewSentryDebug]).await);
        let others: Vec<Permission> =
            Permission::ALL.iter().copied().filter(|other| *other != Permission::ViewSentryDebug).collect();
        let powerless = format!("Bearer {}", app.add_application(&others).await);
        let log = Log::capture();
        for headers in [vec![], vec![("authorization", powerless.as_str())]] {
            get(&app, SENTRY_DEBUG, &headers).await.refused(403, "Insufficient permissions");
            assert!(!log.take().contains("ERROR"));
        }
        let answer = get(&app, SENTRY_DEBUG, &[("authorization", able.as_str())]).await;
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (500, "Internal Server Error"));
        assert_eq!(header(&answer, "content-type"), "text/plain; charset=utf-8");
        log.assert_tells(&["ERROR", SENTRY_DEBUG], &[able.as_str()]);
        app.request(Method::POST, SENTRY_DEBUG, &[], "").await.refused(405, "Method Not Allowed");
    }
}
