//! `/v1/permissions`: what there is to be allowed; and how what a person and an application may do adds up.

use app::api::Permission;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApp, both};

const PERMISSIONS: &str = "/v1/permissions";
const VIEW: &[Permission] = &[Permission::ViewPermission];

/// The 31 names that clients know, and behind them those of our own: the audit log, jobs and webhooks, which the system that this
/// one replaces does not show. Their place at the end leaves the others where clients expect them.
const EXPECTED: &[&str] = &[
    "view_user",
    "change_user",
    "view_team",
    "change_team",
    "add_application",
    "change_application",
    "view_application",
    "view_permission",
    "view_issue",
    "change_issue",
    "change_issue_attachment",
    "change_issue_attachment_bulk",
    "change_attachment_rule",
    "change_auto_rerun",
    "view_test",
    "change_test",
    "view_rerun",
    "change_rerun",
    "change_rerun_bulk",
    "view_artefact",
    "change_artefact",
    "view_environment_review",
    "change_environment_review",
    "view_report",
    "view_test_case_reported_issue",
    "change_test_case_reported_issue",
    "view_environment_reported_issue",
    "change_environment_reported_issue",
    "view_notification",
    "change_notification",
    "view_sentry_debug",
    "view_audit_log",
    "view_jobs",
    "view_webhook",
    "change_webhook",
];

fn others() -> Vec<Permission> {
    Permission::ALL.iter().copied().filter(|permission| !VIEW.contains(permission)).collect()
}

/// Asks with these headers; whether that is enough.
async fn may_look(app: &TestApp, headers: &[(&str, &str)]) -> bool {
    let answer = app.request(Method::GET, PERMISSIONS, headers, "").await;
    if answer.status != StatusCode::OK {
        answer.refused(403, "Insufficient permissions");
    }
    answer.status == StatusCode::OK
}

both! {
    // All names in their order, whatever else the query says.
    async fn all_permissions_are_listed_in_order(app: TestApp) {
        let viewer = app.add_application(VIEW).await;
        for path in [PERMISSIONS, "/v1/permissions?limit=1&q=view"] {
            let answer = app.as_application(&viewer, Method::GET, path, None).await;
            assert_eq!(answer.ok(), json!(EXPECTED), "{path}");
            assert_eq!(answer.text(), json!(EXPECTED).to_string());
        }
    }

    // Problems list the names in the same order.
    async fn an_unknown_permission_is_answered_with_the_known_ones(app: TestApp) {
        let body = json!({"name": "x", "permissions": ["fly"]});
        let problem = app.post("/v1/applications", &body).await.json()["detail"][0].clone();
        let (last, before) = EXPECTED.split_last().unwrap();
        let expected = format!("'{}' or '{last}'", before.join("', '"));
        assert_eq!((&problem["type"], &problem["ctx"]), (&json!("enum"), &json!({"expected": expected})));
    }

    // The permission is asked for: of anonymous callers too, whether authentication is required or not.
    async fn who_lacks_the_permission_is_refused(app: TestApp) {
        let with = format!("Bearer {}", app.add_application(VIEW).await);
        let without = format!("Bearer {}", app.add_application(&others()).await);
        let mut app = app;
        for required in [false, true] {
            app = app.with_settings(|settings| settings.require_authentication = required);
            for (authorization, expected) in [
                (None, false),
                (Some("Bearer to_nobody"), false),
                (Some(without.as_str()), false),
                (Some(with.as_str()), true),
            ] {
                let headers: Vec<_> = authorization.into_iter().map(|value| ("authorization", value)).collect();
                assert_eq!(may_look(&app, &headers).await, expected, "{authorization:?} {required}");
            }
        }
    }

    // A permission that is ignored is asked of nobody, also where authentication is required.
    async fn an_ignored_permission_is_not_asked_for(app: TestApp) {
        let mut app = app.with_settings(|settings| settings.require_authentication = true);
        for (ignored, expected) in [
            (Permission::ViewPermission, true),
            (Permission::ViewApplication, false),
        ] {
            app = app.with_settings(|settings| settings.ignored_permissions = [ignored].into());
            assert_eq!(may_look(&app, &[]).await, expected, "{ignored}");
        }
    }

    // What the teams of a person and an application may do adds up; administrators may everything; a key or cookie that
    // is none leaves the other one as it is.
    async fn a_person_and_an_application_add_up(app: TestApp) {
        let (member, stranger, admin) =
            (app.add_user("kim").await, app.add_user("ada").await, app.add_admin("root").await);
        app.add_team("viewers", VIEW, &[member]).await;
        app.add_team("others", &others(), &[member, stranger]).await;
        let (of_member, of_stranger, of_admin) =
            (app.session(member).await, app.session(stranger).await, app.session(admin).await);
        let with = format!("Bearer {}", app.add_application(VIEW).await);
        let without = format!("Bearer {}", app.add_application(&others()).await);
        for (session, authorization, expected) in [
            (of_member.as_str(), "", true),
            (of_member.as_str(), without.as_str(), true),
            (of_member.as_str(), "Bearer to_nobody", true),
            (of_stranger.as_str(), "", false),
            (of_stranger.as_str(), without.as_str(), false),
            (of_stranger.as_str(), "Bearer to_nobody", false),
            (of_stranger.as_str(), with.as_str(), true),
            (of_admin.as_str(), "", true),
            ("session=forged.a.b", with.as_str(), true),
            ("session=forged.a.b", "", false),
        ] {
            let mut headers = vec![("cookie", session), ("x-csrf-token", "")];
            if !authorization.is_empty() {
                headers.push(("authorization", authorization));
            }
            assert_eq!(may_look(&app, &headers).await, expected, "{session} {authorization}");
        }
        // Without the header that no foreign page can send, a cookie is nobody.
        assert!(!may_look(&app, &[("cookie", of_admin.as_str())]).await);
    }

    // The list can only be read.
    async fn permissions_can_only_be_read(app: TestApp) {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = app.as_application(&app.key, method.clone(), PERMISSIONS, Some(&Value::Null)).await;
            answer.refused(405, "Method Not Allowed");
            assert_eq!(answer.headers["allow"], "GET", "{method}");
        }
        app.get("/v1/permissions/").await.refused(404, "Not Found");
    }
}
