//! Attacks that need no sign-in: each is refused with the right status, changes nothing, and stands in the log.

use app::api::Permission;
use axum::http::{Method, StatusCode};
use chrono::TimeDelta;
use serde_json::{Value, json};
use test_observer::domain::session_cookie::{LIFETIME_SECONDS, sign};

use crate::log::Log;
use crate::support::{TestApp, both};

const TEAMS: &str = "/v1/teams";
const REFUSAL: &str = "Insufficient permissions";
const CSRF: (&str, &str) = ("x-csrf-token", "1");
const FOREIGN: &str = "https://evil.example";
const NUMBER_OF_TEAMS: &str = "SELECT COUNT(*) FROM team";

/// An administrator's session: its number, and the value of the cookie that names it.
async fn admin_session(app: &TestApp) -> (i64, String) {
    let admin = app.add_admin("root").await;
    let cookie = app.session(admin).await;
    let session = app.raw.number("SELECT MAX(id) FROM user_session").await;
    (session, cookie.strip_prefix("session=").unwrap().to_owned())
}

/// Another text of the same length: one letter of it differs.
fn with_another_letter(text: &str, place: usize) -> String {
    let other = if text.as_bytes()[place] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &text[..place], &text[place + 1..])
}

both! {
    // Cookies that nobody signed, or not for now: forged, cut, put together from others, expired, from the future.
    async fn only_a_genuine_cookie_of_now_is_a_session(app: TestApp) {
        let (session, genuine) = admin_session(&app).await;
        let now = app.service.clock.now();
        let (payload, rest) = genuine.split_once('.').unwrap();
        let (time, signature) = rest.split_once('.').unwrap();
        let stranger = sign(session + 1, "secret", now);
        let (other_payload, other_rest) = stranger.split_once('.').unwrap();
        let other_signature = other_rest.split_once('.').unwrap().1;
        let lifetime = TimeDelta::seconds(LIFETIME_SECONDS);
        let log = Log::capture();
        for forged in [
            sign(session, "guess", now),
            sign(session, "", now),
            format!("{payload}.{time}.{other_signature}"),
            format!("{other_payload}.{time}.{signature}"),
            format!("{payload}.{}.{signature}", with_another_letter(time, time.len() - 1)),
            format!("{payload}.{time}.{}", with_another_letter(signature, 5)),
            format!("{payload}.{time}.{}", &signature[..10]),
            format!("{payload}.{time}."),
            format!("{payload}.{time}"),
            payload.to_owned(),
            format!("{payload}..{signature}"),
            format!(".{time}.{signature}"),
            format!("{genuine}.{signature}"),
            session.to_string(),
            "null".to_owned(),
            "\"\"".to_owned(),
            // Genuine once, and genuine one day.
            sign(session, "secret", now - lifetime - TimeDelta::seconds(1)),
            sign(session, "secret", now + TimeDelta::hours(1)),
        ] {
            let cookie = format!("session={forged}");
            let answer = app.request(Method::GET, TEAMS, &[("cookie", &cookie), CSRF], "").await;
            answer.refused(403, REFUSAL);
            assert!(!answer.headers.contains_key("set-cookie"), "{forged}");
            log.assert_tells(&["WARN", "a session cookie that is not good", "127.0.0.1", TEAMS, "403"], &[signature]);
        }
        // Another cookie's name, or another letter case of this one, is no session at all.
        for cookie in [format!("Session={genuine}"), format!("xsession={genuine}"), format!("session%20={genuine}")] {
            app.request(Method::GET, TEAMS, &[("cookie", &cookie), CSRF], "").await.refused(403, REFUSAL);
            log.assert_tells(&["INFO", "nobody in particular", TEAMS], &[signature]);
        }
        // One that is good stays as it is: only signing in and out write it.
        let answer = app.request(Method::GET, TEAMS, &[("cookie", &format!("session={genuine}")), CSRF], "").await;
        answer.ok();
        assert!(!answer.headers.contains_key("set-cookie"));
        assert!(!log.take().contains("refused"), "what is allowed is not written down");
    }

    // A foreign page can make a browser send the cookie, with any body, but not the header.
    async fn a_foreign_page_does_nothing_with_a_visitors_cookie(app: TestApp) {
        let (_, value) = admin_session(&app).await;
        let cookie = format!("session={value}");
        let log = Log::capture();
        let body = json!({"name": "crew", "permissions": Permission::ALL});
        for (method, path) in [
            (Method::POST, TEAMS),
            (Method::POST, "/v1/applications"),
            (Method::PATCH, "/v1/users/1"),
            (Method::DELETE, "/v1/users/1"),
            (Method::GET, "/v1/users"),
        ] {
            for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json"] {
                let headers = [("cookie", cookie.as_str()), ("origin", FOREIGN), ("content-type", kind)];
                let answer = app.request(method.clone(), path, &headers, body.to_string()).await;
                answer.refused(403, REFUSAL);
                assert!(!answer.headers.contains_key("access-control-allow-origin"), "{method} {path}");
                let words = ["WARN", "a session cookie without X-CSRF-Token", method.as_str(), path];
                log.assert_tells(&words, &[value.as_str()]);
            }
            // To send the header, or to read an answer, the page would have to be let.
            for named in ["x-csrf-token", "authorization", "content-type"] {
                let headers = [
                    ("origin", FOREIGN),
                    ("access-control-request-method", method.as_str()),
                    ("access-control-request-headers", named),
                ];
                let answer = app.request(Method::OPTIONS, path, &headers, "").await;
                assert_eq!((answer.status.as_u16(), answer.text().as_str()), (400, "Disallowed CORS origin"));
                assert!(!answer.headers.contains_key("access-control-allow-origin"), "{method} {path}");
                log.assert_tells(&["WARN", "a page of another origin", "OPTIONS", path, "400"], &[]);
            }
        }
        assert_eq!(app.raw.number(NUMBER_OF_TEAMS).await, 0);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM app_user WHERE is_admin").await, 1);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM application").await, 1);
    }

    // Keys that are nobody's any longer, or never were. Who tries too many is told so, and so is the operator.
    async fn dead_and_guessed_keys_stand_in_the_log(app: TestApp) {
        let dead = app.add_application(Permission::ALL).await;
        let id = app.raw.number("SELECT MAX(id) FROM application").await;
        app.as_application(&dead, Method::GET, TEAMS, None).await.ok();
        assert_eq!(app.delete(&format!("/v1/applications/{id}")).await.status, StatusCode::NO_CONTENT);
        let app = app.with_settings(|settings| settings.failed_keys_per_minute = 2);
        let log = Log::capture();
        for (key, status) in [(dead.clone(), 403), ("to_guessed".to_owned(), 403), (dead, 429)] {
            let answer = app.as_application(&key, Method::GET, TEAMS, None).await;
            assert_eq!(answer.status, status);
            log.assert_tells(&["WARN", "a wrong key", TEAMS, &status.to_string()], &[key.as_str()]);
        }
    }

    // Members and applications that may do everything but change rights give none to themselves.
    async fn nobody_raises_their_own_rights(app: TestApp) {
        let managing = [
            Permission::ChangeTeam,
            Permission::ChangeUser,
            Permission::ChangeApplication,
            Permission::AddApplication,
        ];
        let modest: Vec<Permission> = Permission::ALL.iter().copied().filter(|it| !managing.contains(it)).collect();
        let user = app.add_user("kim").await;
        let team = app.add_team("crew", &modest, &[user]).await;
        let other = app.add_team("admins", Permission::ALL, &[]).await;
        let session = app.session(user).await;
        let key = app.add_application(&modest).await;
        let application = app.raw.number("SELECT MAX(id) FROM application").await;
        let everything = json!({"permissions": Permission::ALL});
        let log = Log::capture();
        for (method, path, body) in [
            (Method::PATCH, format!("{TEAMS}/{team}"), everything.clone()),
            (Method::PATCH, format!("{TEAMS}/{team}"), json!({"artefact_matching_rules": [
                {"family": "deb", "grant_permissions": ["change_artefact"]},
            ]})),
            (Method::POST, format!("{TEAMS}/{other}/members/{user}"), Value::Null),
            (Method::POST, TEAMS.to_owned(), json!({"name": "mine", "permissions": Permission::ALL})),
            (Method::POST, "/v1/artefact-matching-rules".to_owned(), json!({
                "family": "deb", "team_ids": [team], "grant_permissions": ["change_artefact"],
            })),
            (Method::PATCH, format!("/v1/users/{user}"), json!({"is_admin": true})),
            (Method::PATCH, "/v1/users/me".to_owned(), json!({"is_admin": true})),
            (Method::PATCH, format!("/v1/applications/{application}"), everything.clone()),
            (Method::PATCH, "/v1/applications/me".to_owned(), everything.clone()),
            (Method::POST, format!("/v1/applications/{application}/rotate"), Value::Null),
            (Method::POST, "/v1/applications".to_owned(), json!({"name": "mine", "permissions": Permission::ALL})),
        ] {
            app.as_user(&session, method.clone(), &path, Some(&body)).await.refused(403, REFUSAL);
            let who = format!("user {user}");
            log.assert_tells(&["WARN", &who, method.as_str(), &path, "403"], &[session.as_str()]);
            app.as_application(&key, method.clone(), &path, Some(&body)).await.refused(403, REFUSAL);
            let who = format!("application {application}");
            log.assert_tells(&["WARN", &who, method.as_str(), &path, "403"], &[key.as_str()]);
        }
        for (sql, expected) in [
            (NUMBER_OF_TEAMS, 2),
            ("SELECT COUNT(*) FROM application", 2),
            ("SELECT COUNT(*) FROM app_user WHERE is_admin", 0),
            ("SELECT COUNT(*) FROM team_users_association", 1),
            ("SELECT COUNT(*) FROM artefact_matching_rule", 0),
        ] {
            assert_eq!(app.raw.number(sql).await, expected, "{sql}");
        }
        let held = app.raw.texts("SELECT CAST(permissions AS TEXT) FROM team WHERE name = 'crew'").await.remove(0);
        assert_eq!(serde_json::from_str::<Value>(&held).unwrap(), json!(modest));
    }

    // A path is what it is, letter by letter: no other spelling of it leads there, or around its gate.
    async fn other_spellings_of_a_path_lead_nowhere(app: TestApp) {
        let log = Log::capture();
        for path in [
            "/v1//artefacts",
            "/v1/./artefacts",
            "/./v1/artefacts",
            "/v1/../v1/artefacts",
            "/v1/version/../artefacts",
            "/v1/%2e/artefacts",
            "/v1/version/%2e%2e/artefacts",
            "/v1/version/..%2fartefacts",
            "/v1/..;/v1/artefacts",
            "/%761/artefacts",
            "/v1/artefact%73",
            "/v1%2fartefacts",
            "/v1%252fartefacts",
            "/v1/artefacts%2f",
            "/v1/artefacts%3ffamily=deb",
            "/v1/artefacts%00",
            "/v1/artefacts%20",
            "/v1/artefacts;x=1",
            "/v1;x=1/artefacts",
            "/v1/artefacts.json",
            "/v1/artefacts:batch",
            "/v1/Artefacts",
            "/v1\\artefacts",
            "/v1/artefacts/1/BUILDS",
            "/v1/health/live",
            "/health%2flive",
        ] {
            for method in [Method::GET, Method::POST] {
                app.anonymous(method.clone(), path, None).await.refused(404, "Not Found");
                log.assert_tells(&["INFO", "there is no such address", method.as_str(), "404"], &[]);
                // Not for anybody: there is nothing behind it.
                app.as_application(&app.key, method, path, None).await.refused(404, "Not Found");
                log.take();
            }
        }
        // In the place of an id it is an id, and behind the gate of the path that has it.
        for path in ["/v1/teams/..%2fusers", "/v1/teams/%2e%2e", "/v1/teams/..", "/v1/teams/1;x=1", "/v1/teams/1%00"] {
            app.anonymous(Method::GET, path, None).await.refused(403, REFUSAL);
            log.assert_tells(&["INFO", "nobody in particular", "403"], &[]);
            let problems = app.get(path).await.problems();
            assert_eq!(problems, [("int_parsing".to_owned(), json!(["path", "team_id"]))], "{path}");
        }
    }

    // The method is the one of the request line, and the path is, too, whatever headers or parameters say.
    async fn headers_do_not_change_what_is_asked_for(app: TestApp) {
        let viewer = app.add_application(&[Permission::ViewApplication]).await;
        let id = app.raw.number("SELECT MAX(id) FROM application").await;
        let bearer = format!("Bearer {viewer}");
        for (name, value) in [
            ("x-http-method-override", "DELETE"),
            ("x-http-method", "DELETE"),
            ("x-method-override", "DELETE"),
            ("x-original-url", "/v1/permissions"),
            ("x-rewrite-url", "/v1/permissions"),
            ("x-forwarded-uri", "/v1/permissions"),
            ("x-forwarded-prefix", "/v1/permissions"),
        ] {
            let headers = [("authorization", bearer.as_str()), (name, value)];
            let path = format!("/v1/applications/{id}?_method=DELETE");
            let shown = app.request(Method::GET, &path, &headers, "_method=DELETE").await.ok();
            assert_eq!(shown["id"], id, "{name}");
            let answer = app.request(Method::POST, &path, &headers, "_method=DELETE").await;
            answer.refused(405, "Method Not Allowed");
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM application").await, 2);
    }

    // Methods that no path has do nothing, and repeat nothing of the request.
    async fn unusual_methods_are_refused(app: TestApp) {
        let log = Log::capture();
        for name in ["TRACE", "TRACK", "CONNECT", "PROPFIND", "MOVE", "DEBUG", "get", "Get"] {
            let method: Method = name.parse().unwrap();
            for path in ["/", "/v1/artefacts", "/v1/artefacts/1", "/openapi.json", "/health/live"] {
                let bearer = format!("Bearer {}", app.key);
                let headers = [("authorization", bearer.as_str()), ("cookie", "session=stolen")];
                let answer = app.request(method.clone(), path, &headers, "echo").await;
                answer.refused(405, "Method Not Allowed");
                log.assert_tells(&["INFO", "there is no such method", name, path], &[app.key.as_str(), "stolen"]);
            }
            app.request(method, "/v1/nonsense", &[], "").await.refused(404, "Not Found");
            log.take();
        }
    }

    // Only this machine is told how the server is; others who ask stand in the log.
    async fn others_who_look_at_the_health_stand_in_the_log(app: TestApp) {
        let log = Log::capture();
        for path in ["/health/live", "/health/ready"] {
            let headers = [("x-forwarded-for", "198.51.100.7")];
            app.request(Method::GET, path, &headers, "").await.refused(403, "Forbidden");
            log.assert_tells(&["WARN", "another machine", "198.51.100.7", path], &[]);
        }
    }

    // An answer that depends on who is signed in says so to caches: what looked into a session, and nothing else.
    async fn caches_are_told_what_depends_on_a_session(app: TestApp) {
        let session = app.session(app.add_admin("root").await).await;
        let app = app.with_settings(|settings| settings.ignored_permissions = [Permission::ViewArtefact].into());
        let cookie = ("cookie", session.as_str());
        for (method, path, headers, expected) in [
            (Method::GET, TEAMS, vec![cookie, CSRF], true),
            (Method::GET, TEAMS, vec![CSRF], true),
            (Method::GET, "/v1/teams/99", vec![cookie, CSRF], true),
            (Method::GET, "/v1/teams/abc", vec![cookie, CSRF], true),
            (Method::POST, TEAMS, vec![cookie, CSRF], true),
            (Method::GET, "/v1/users/me", vec![cookie, CSRF], true),
            // The cookie alone is not looked at.
            (Method::GET, TEAMS, vec![cookie], false),
            (Method::GET, "/v1/users/me", vec![], false),
            // But where browsers come by themselves.
            (Method::POST, "/v1/auth/saml/acs", vec![cookie], true),
            (Method::GET, "/v1/auth/saml/logout", vec![cookie], true),
            (Method::GET, "/docs", vec![cookie], true),
            (Method::GET, "/docs", vec![], true),
            (Method::GET, "/docs/start.js", vec![cookie, CSRF], false),
            // Nor is anything where it does not matter who asks.
            (Method::GET, "/v1/artefacts", vec![cookie, CSRF], false),
            (Method::GET, "/v1/version", vec![cookie, CSRF], false),
            (Method::GET, "/v1/nonsense", vec![cookie, CSRF], false),
        ] {
            let headers = [headers, vec![("origin", "http://localhost:30001")]].concat();
            let answer = app.request(method.clone(), path, &headers, "").await;
            let mut varying = answer.headers.get_all("vary").iter();
            assert_eq!(varying.any(|name| name == "Cookie"), expected, "{method} {path} {headers:?}");
            assert!(answer.headers.get_all("vary").iter().any(|name| name == "Origin"), "{method} {path}");
        }
    }
}
