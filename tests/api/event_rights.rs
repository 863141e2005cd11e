//! Who hears of what on `/v1/events`.

use std::time::Duration;

use app::api::Permission;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::event_streams::{ask, event, follow, mark};
use crate::support::{TestApp, both, snap};

/// Each kind with the permission it takes.
const KINDS: [(&str, Permission); 6] = [
    ("artefact", Permission::ViewArtefact),
    ("test_execution", Permission::ViewTest),
    ("test_result", Permission::ViewTest),
    ("environment_review", Permission::ViewEnvironmentReview),
    ("issue", Permission::ViewIssue),
    ("rerun_request", Permission::ViewRerun),
];

async fn status(app: &TestApp, query: &str, headers: &[(&str, &str)]) -> StatusCode {
    ask(app, query, headers).await.status()
}

/// Assigns a user as reviewer, which notifies that user.
async fn assign(app: &TestApp, artefact: i64, user: i64) {
    app.patch(&format!("/v1/artefacts/{artefact}"), &json!({"reviewer_ids": [user]})).await.ok();
}

both! {
    async fn each_kind_takes_the_permission_of_reading_it(app: TestApp) {
        for (kind, permission) in KINDS {
            let others: Vec<Permission> = Permission::ALL.iter().copied().filter(|other| *other != permission).collect();
            for (permissions, expected) in [(vec![permission], StatusCode::OK), (others, StatusCode::FORBIDDEN)] {
                let bearer = format!("Bearer {}", app.add_application(&permissions).await);
                let headers = [("authorization", bearer.as_str())];
                assert_eq!(status(&app, &format!("?kinds={kind}"), &headers).await, expected, "{kind}");
                // Who names no kind hears of those that are allowed.
                assert_eq!(status(&app, "", &headers).await, StatusCode::OK, "{kind}");
            }
        }
        let changer = app.add_application(&[Permission::ChangeTest]).await;
        for key in [changer.as_str(), "to_nobody"] {
            let answer = app.as_application(key, Method::GET, "/v1/events?kinds=weather", None).await;
            answer.refused(403, "Insufficient permissions");
        }
        app.anonymous(Method::GET, "/v1/events", None).await.refused(403, "Insufficient permissions");
    }

    async fn nobody_hears_of_what_they_may_not_read(app: TestApp) {
        let key = app.add_application(&[Permission::ViewArtefact, Permission::ViewIssue]).await;
        let mut stream = follow(&app, "", &[("authorization", &format!("Bearer {key}"))]).await;
        let execution = app.start(&snap(&json!({}))).await;
        app.report(execution, &[("a", "FAILED")]).await;
        app.post("/v1/test-executions/reruns", &json!({"test_execution_ids": [execution]})).await.ok();
        let marker = mark(&app, 1).await;
        let artefact = app.artefact_of(execution).await;
        let expected = [event("artefact", json!({"artefact_id": artefact, "family": "snap"}))];
        assert_eq!(stream.until_issue(marker).await, expected);
    }

    async fn notifications_are_told_to_their_user_only(app: TestApp) {
        let artefact = app.artefact_of(app.start(&snap(&json!({}))).await).await;
        let (ana, bo) = (app.add_user("ana").await, app.add_admin("bo").await);
        let (of_ana, of_bo) = (app.session(ana).await, app.session(bo).await);
        let csrf = ("x-csrf-token", "1");
        // Her own are all that somebody without permissions may hear of, so she asks for them.
        assert_eq!(status(&app, "", &[("cookie", &of_ana), csrf]).await, StatusCode::FORBIDDEN);
        let mut anas = follow(&app, "?kinds=notification", &[("cookie", &of_ana), csrf]).await;
        let mut bos = follow(&app, "?kinds=notification&kinds=issue", &[("cookie", &of_bo), csrf]).await;
        assign(&app, artefact, ana).await;
        assert_eq!(anas.next().await, Some(event("notification", json!({"user_id": ana, "is_own": false}))));
        let listed = app.as_user(&of_ana, Method::GET, "/v1/users/me/notifications", None).await.ok();
        let dismiss = format!("/v1/users/me/notifications/{}/dismiss", listed["notifications"][0]["id"]);
        app.as_user(&of_ana, Method::POST, &dismiss, Some(&Value::Null)).await.ok();
        assert_eq!(anas.next().await, Some(event("notification", json!({"user_id": ana, "is_own": true}))));
        // An administrator reads those of others elsewhere, and is not told of them.
        let marker = mark(&app, 1).await;
        assert_eq!(bos.until_issue(marker).await, []);
        // Applications have none.
        let bearer = format!("Bearer {}", app.key);
        assert_eq!(status(&app, "?kinds=notification", &[("authorization", &bearer)]).await, StatusCode::FORBIDDEN);
    }

    // Their page shows it already. Who others are, nobody hears.
    async fn users_are_told_what_they_did_themselves(app: TestApp) {
        let artefact = app.artefact_of(app.start(&snap(&json!({}))).await).await;
        let (ana, bo) = (app.add_admin("ana").await, app.add_admin("bo").await);
        let (of_ana, of_bo) = (app.session(ana).await, app.session(bo).await);
        let (csrf, bearer) = (("x-csrf-token", "1"), format!("Bearer {}", app.key));
        let kinds = "?kinds=artefact";
        let anas = follow(&app, kinds, &[("cookie", &of_ana), csrf]).await;
        let bos = follow(&app, kinds, &[("cookie", &of_bo), csrf]).await;
        let runners = follow(&app, kinds, &[("authorization", &bearer)]).await;
        let path = format!("/v1/artefacts/{artefact}");
        app.as_user(&of_ana, Method::PATCH, &path, Some(&json!({"comment": "Looks good"}))).await.ok();
        app.patch(&path, &json!({"comment": "Looks better"})).await.ok();
        for (mut stream, expected) in [
            (anas, [json!({"is_own": true}), json!({"is_own": false})]),
            (bos, [json!({"is_own": false}), json!({"is_own": false})]),
            (runners, [json!({}), json!({})]),
        ] {
            for mut data in expected {
                data["artefact_id"] = json!(artefact);
                data["family"] = json!("snap");
                assert_eq!(stream.next().await, Some(event("artefact", data)));
            }
        }
    }

    // A browser cannot send the header along when a page opens a stream.
    async fn the_cookie_counts_for_pages_of_our_own(app: TestApp) {
        let app = app.with_settings(|settings| "https://to.example/here".clone_into(&mut settings.frontend_url));
        let cookie = app.session(app.add_admin("ana").await).await;
        let (own, foreign) = ("https://to.example", "https://evil.example");
        for (headers, is_own) in [
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "same-origin"), ("origin", own)], true),
            (vec![("origin", own)], true),
            (vec![("x-csrf-token", "1"), ("origin", foreign), ("sec-fetch-site", "cross-site")], true),
            (vec![], false),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "none")], false),
            (vec![("sec-fetch-site", "cross-site"), ("origin", own)], false),
            (vec![("sec-fetch-site", "same-origin"), ("origin", foreign)], false),
            (vec![("origin", foreign)], false),
            (vec![("origin", "https://to.example:8443")], false),
            (vec![("origin", "http://to.example")], false),
            (vec![("origin", "null")], false),
        ] {
            let with_cookie = [headers.clone(), vec![("cookie", cookie.as_str())]].concat();
            let response = ask(&app, "", &with_cookie).await;
            let expected = if is_own { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(response.status(), expected, "{headers:?}");
            // No page of another origin can read even what it may ask for.
            if headers.contains(&("origin", foreign)) {
                assert!(!response.headers().contains_key("access-control-allow-origin"), "{headers:?}");
            }
            // Everywhere else the cookie alone is nobody.
            if !headers.contains(&("x-csrf-token", "1")) {
                let answer = app.request(Method::GET, "/v1/teams", &with_cookie, "").await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?}");
            }
        }
    }

    // Rights are looked at again while a stream is open.
    async fn a_stream_ends_when_its_rights_do(app: TestApp) {
        let app = app.with_settings(|settings| settings.event_recheck = Duration::from_millis(50));
        for (number, taken) in [
            "DELETE FROM user_session",
            "DELETE FROM team_users_association",
            "UPDATE team SET permissions = '[]'",
            "UPDATE user_session SET expires_at = '2001-01-01T00:00:00+00:00'",
        ]
        .iter()
        .enumerate()
        {
            let user = app.add_user(&format!("user{number}")).await;
            app.add_team(&format!("team{number}"), &[Permission::ViewArtefact], &[user]).await;
            let cookie = app.session(user).await;
            let mut stream = follow(&app, "", &[("cookie", &cookie), ("x-csrf-token", "1")]).await;
            app.start(&snap(&json!({"version": number.to_string()}))).await;
            assert_eq!(stream.next().await.unwrap().0, "artefact");
            tokio::time::sleep(Duration::from_millis(120)).await;
            app.start(&snap(&json!({"version": format!("{number}+")}))).await;
            assert_eq!(stream.next().await.unwrap().0, "artefact", "still allowed");
            app.raw.run(taken).await;
            assert_eq!(stream.next().await, None, "{taken}");
        }
    }

    // Where everybody may read, everybody may follow; what nobody else may do takes its right all the same.
    async fn open_reads_are_followed_by_everybody(app: TestApp) {
        let app = app.with_settings(|settings| settings.ignored_permissions = [Permission::ViewArtefact].into());
        for (query, expected) in [
            ("", StatusCode::OK),
            ("?kinds=artefact", StatusCode::OK),
            ("?kinds=artefact&kinds=issue", StatusCode::FORBIDDEN),
            ("?kinds=notification", StatusCode::FORBIDDEN),
        ] {
            assert_eq!(status(&app, query, &[]).await, expected, "{query}");
        }
    }
}
