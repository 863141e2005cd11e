//! Sessions: how they begin and end, what their cookies look like, and what is none.

use axum::http::Method;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde_json::{Value, json};
use test_observer::clock::Clock;
use test_observer::domain::{session_cookie, sign_in_state};
use test_observer::service::sign_in::{Identity, SignInMeans, SignedIn};

use crate::oidc_issuer::{Begun, Issuer, come_back, cookie, header, set_cookies};
use crate::support::{Answer, TestApp, both};

const LOGOUT: &str = "/v1/auth/logout";
const ME: &str = "/v1/users/me";
const SESSIONS: &str = "SELECT COUNT(*) FROM user_session";
const SECRET: &str = "secret";
const CLEARED: &str = "session=null; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly; samesite=lax";
const UNASKED: &str = "This sign-in was not begun in this browser, or more than ten minutes ago; begin again";

fn at(now: DateTime<Utc>) -> Clock {
    Clock::from_fn(move || now)
}

fn morning() -> DateTime<Utc> {
    "2031-01-22T08:30:00Z".parse().unwrap()
}

fn ana(teams: &[&str]) -> Identity {
    Identity {
        email: "ana@example.org".to_owned(),
        name: "Ana".to_owned(),
        launchpad_handle: Some("ana-l".to_owned()),
        teams: teams.iter().map(|team| (*team).to_owned()).collect(),
        means: SignInMeans::Oidc,
    }
}

/// The `Cookie` header of a browser in that session.
fn browser(app: &TestApp, signed_in: SignedIn) -> String {
    format!("session={}", session_cookie::sign(signed_in.session_id, SECRET, app.service.clock.now()))
}

async fn who(app: &TestApp, session: &str) -> Value {
    app.as_user(session, Method::GET, ME, None).await.ok()
}

async fn log_out(app: &TestApp, headers: &[(&str, &str)]) -> Answer {
    app.request(Method::POST, LOGOUT, headers, "").await
}

/// A link that signs Ana in, followed.
async fn follow_link(app: &TestApp) -> Answer {
    let token = app.service.make_sign_in_link("ana@example.org").await.unwrap();
    app.request(Method::GET, &format!("/v1/auth/local/link/{token}"), &[], "").await
}

/// What the browser keeps of an attempt.
fn state_of(app: &TestApp, begun: &Begun) -> String {
    let sealed = begun.cookie.strip_prefix("sign_in=").unwrap();
    sign_in_state::open(&app.service.settings.session_secrets, "oidc", sealed, app.service.clock.now()).unwrap()
}

/// How many statements a sign-in takes.
async fn statements(app: &TestApp, identity: &Identity) -> u64 {
    let before = app.service.db.statements();
    app.service.sign_in(identity).await.unwrap();
    app.service.db.statements() - before
}

both! {
    async fn the_session_cookie_is_the_one_that_is_known(app: TestApp) {
        let mut app = app.with_settings(|settings| settings.local_accounts = true).with_clock(at(morning()));
        app.add_user("ana").await;
        for (is_secure, end) in [(true, "; secure"), (false, "")] {
            app = app.with_settings(|settings| settings.secure_cookies = is_secure);
            let answer = follow_link(&app).await;
            let id = app.raw.number("SELECT id FROM user_session").await;
            let value = session_cookie::sign(id, SECRET, morning());
            let expected = format!("session={value}; path=/; Max-Age=1209600; httponly; samesite=lax{end}");
            assert_eq!(set_cookies(&answer), [expected.as_str()]);
            let session = format!("session={value}");
            let answer = log_out(&app, &[("cookie", &session), ("x-csrf-token", "")]).await;
            assert_eq!(set_cookies(&answer), [format!("{CLEARED}{end}")]);
        }
    }

    async fn the_first_secret_signs_and_all_are_believed(app: TestApp) {
        let secrets = |secrets: [&str; 2]| secrets.map(str::to_owned).to_vec();
        let mut app = app.with_settings(|settings| {
            settings.local_accounts = true;
            settings.session_secrets = secrets(["new", "old"]);
        });
        app.add_user("ana").await;
        let session = cookie(&follow_link(&app).await, "session").unwrap();
        for (believed, is_open) in [(["new", "x"], true), (["x", "new"], true), (["old", "x"], false)] {
            app = app.with_settings(|settings| settings.session_secrets = secrets(believed));
            assert_eq!(who(&app, &session).await.is_object(), is_open, "{believed:?}");
        }
    }

    async fn a_session_lasts_for_two_weeks_however_it_is_used(app: TestApp) {
        let mut app = app.with_clock(at(morning()));
        let signed_in = app.service.sign_in(&ana(&[])).await.unwrap();
        let session = browser(&app, signed_in);
        for (seconds, is_open) in [(0, true), (1_209_599, true), (1_209_600, true), (1_209_601, false)] {
            app = app.with_clock(at(morning() + TimeDelta::seconds(seconds)));
            assert_eq!(who(&app, &session).await.is_object(), is_open, "{seconds}");
        }
        // Looking neither makes it longer nor clears it away.
        let kept = format!("{SESSIONS} WHERE expires_at = '2031-02-05T08:30:00+00:00'");
        assert_eq!(app.raw.number(&kept).await, 1);
    }

    // Whatever is wrong with a cookie: it is nobody's, and ends nobody's session either.
    async fn a_forged_cookie_is_none(app: TestApp) {
        let app = app.with_clock(at(morning()));
        let id = app.service.sign_in(&ana(&[])).await.unwrap().session_id;
        let sign = |secret, now| session_cookie::sign(id, secret, now);
        let payload = format!("{{\"id\": {id}}}");
        let genuine = sign(SECRET, morning());
        let of_another = session_cookie::sign(id ^ 1, SECRET, morning());
        let swapped = format!("{}.{}", genuine.rsplit_once('.').unwrap().0, of_another.rsplit_once('.').unwrap().1);
        for (name, forged) in [
            ("signed with another secret", sign("guess", morning())),
            ("signed with no secret", sign("", morning())),
            ("of tomorrow", sign(SECRET, morning() + TimeDelta::seconds(1))),
            ("too old", sign(SECRET, morning() - TimeDelta::seconds(1_209_601))),
            ("another session's", of_another),
            ("with another one's signature", swapped),
            ("without its signature", format!("{}.", genuine.rsplit_once('.').unwrap().0)),
            ("sealed for another purpose", sign_in_state::seal(SECRET, "session", &payload, morning())),
            ("the number alone", id.to_string()),
            ("what a cleared one says", "null".to_owned()),
            ("nothing", String::new()),
        ] {
            let session = format!("session={forged}");
            assert_eq!(who(&app, &session).await, Value::Null, "{name}");
            let answer = log_out(&app, &[("cookie", &session), ("x-csrf-token", "1")]).await;
            assert_eq!((answer.status.as_u16(), app.raw.number(SESSIONS).await), (204, 1), "{name}");
        }
        assert_eq!(who(&app, &format!("session={genuine}")).await["email"], "ana@example.org");
    }

    async fn signing_out_ends_this_session_alone(app: TestApp) {
        let first = browser(&app, app.service.sign_in(&ana(&[])).await.unwrap());
        let second = browser(&app, app.service.sign_in(&ana(&[])).await.unwrap());
        log_out(&app, &[("cookie", &first)]).await.refused(403, "Forbidden");
        assert!(who(&app, &first).await.is_object());
        let bearer = format!("Bearer {}", app.key);
        let csrf = ("x-csrf-token", "");
        for (name, headers, left) in [
            ("somebody who is not signed in", vec![csrf], 2),
            ("an application", vec![csrf, ("authorization", bearer.as_str())], 2),
            ("the user", vec![csrf, ("cookie", first.as_str())], 1),
            ("the user again", vec![csrf, ("cookie", first.as_str())], 1),
        ] {
            let answer = log_out(&app, &headers).await;
            assert_eq!((answer.status.as_u16(), answer.text().as_str()), (204, ""), "{name}");
            assert_eq!(set_cookies(&answer), [format!("{CLEARED}; secure")], "{name}");
            assert!(header(&answer, "vary").contains("Cookie"), "{name}");
            assert_eq!(app.raw.number(SESSIONS).await, left, "{name}");
        }
        assert_eq!(who(&app, &first).await, Value::Null);
        assert_eq!(who(&app, &second).await["email"], "ana@example.org");
    }

    async fn of_a_user_who_exists_nothing_is_changed(app: TestApp) {
        let known = app.add_admin("ana").await;
        app.add_team("by hand", &[], &[known]).await;
        let crew = app.add_team("crew", &[], &[]).await;
        let signed_in = app.service.sign_in(&ana(&["new", "crew", "new"])).await.unwrap();
        assert_eq!(signed_in.user_id, known);
        let shown = who(&app, &browser(&app, signed_in)).await;
        assert_eq!((&shown["name"], &shown["launchpad_handle"]), (&json!("ana"), &Value::Null));
        assert_eq!(shown["is_admin"], true);
        let teams = shown["teams"].as_array().unwrap();
        let names: Vec<&str> = teams.iter().map(|team| team["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["by hand", "crew", "new"]);
        assert_eq!((&teams[1]["id"], &teams[2]["permissions"]), (&json!(crew), &json!([])));
        // Teams that are not named any longer are not left.
        app.service.sign_in(&ana(&[])).await.unwrap();
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM team_users_association").await, 3);
    }

    async fn a_new_user_is_made_and_addresses_are_compared_as_they_are(app: TestApp) {
        let first = app.service.sign_in(&ana(&[])).await.unwrap();
        let shown = who(&app, &browser(&app, first)).await;
        assert_eq!((&shown["name"], &shown["launchpad_handle"]), (&json!("Ana"), &json!("ana-l")));
        assert_eq!((&shown["is_admin"], &shown["teams"]), (&json!(false), &json!([])));
        let other = Identity { email: "Ana@example.org".to_owned(), ..ana(&[]) };
        assert_ne!(app.service.sign_in(&other).await.unwrap().user_id, first.user_id);
        let again = app.service.sign_in(&ana(&[])).await.unwrap();
        assert_eq!(again.user_id, first.user_id);
        assert_ne!(again.session_id, first.session_id);
    }

    async fn many_who_sign_in_at_once_are_one_user(app: TestApp) {
        let (ahead, back) = (ana(&["a", "b", "c"]), ana(&["c", "b", "a"]));
        let signing_in = (0..10).map(|n| app.service.sign_in(if n % 2 == 0 { &ahead } else { &back }));
        let users: Vec<i64> = join_all(signing_in).await.into_iter().map(|done| done.unwrap().user_id).collect();
        assert!(users.iter().all(|user| *user == users[0]), "{users:?}");
        for (table, expected) in [("app_user", 1), ("team", 3), ("team_users_association", 3), ("user_session", 10)] {
            assert_eq!(app.raw.number(&format!("SELECT COUNT(*) FROM {table}")).await, expected, "{table}");
        }
    }

    async fn a_sign_in_takes_as_many_statements_for_any_number_of_teams(app: TestApp) {
        app.service.sign_in(&ana(&[])).await.unwrap();
        let many: Vec<String> = (0..50).map(|n| format!("team {n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(statements(&app, &ana(&["one"])).await, statements(&app, &ana(&many)).await);
    }

    async fn what_is_over_is_cleared_away(app: TestApp) {
        let mut app = app.with_settings(|settings| settings.local_accounts = true).with_clock(at(morning()));
        app.service.sign_in(&ana(&[])).await.unwrap();
        app.service.make_sign_in_link("ana@example.org").await.unwrap();
        app = app.with_clock(at(morning() + TimeDelta::days(10)));
        app.service.sign_in(&ana(&[])).await.unwrap();
        app.service.make_sign_in_link("ana@example.org").await.unwrap();
        follow_link(&app).await;
        for (days, sessions, links) in [(10, 3, 1), (11, 3, 0), (14, 3, 0), (15, 2, 0), (25, 0, 0)] {
            app = app.with_clock(at(morning() + TimeDelta::days(days)));
            app.service.forget_expired_sessions().await.unwrap();
            let left = (app.raw.number(SESSIONS).await, app.raw.number("SELECT COUNT(*) FROM sign_in_link").await);
            assert_eq!(left, (sessions, links), "{days}");
        }
    }

    // The way there and back by a provider: the page to go to travels in the browser's own cookie.
    async fn a_browser_goes_back_to_own_pages_alone(app: TestApp) {
        let issuer = Issuer::start().await;
        let app = issuer.serve(app);
        let long = format!("/{}", "x".repeat(2000));
        for (return_to, expected) in [
            (None, "/"),
            (Some(""), "/"),
            (Some("/"), "/"),
            (Some("/snaps?q=a&b=c#top"), "/snaps?q=a&b=c#top"),
            (Some("/snaps?q=\u{e9} a"), "/snaps?q=%C3%A9%20a"),
            (Some("http://localhost:30001"), "http://localhost:30001"),
            (Some("http://localhost:30001/debs/7?x=1"), "http://localhost:30001/debs/7?x=1"),
            (Some("https://localhost:30001/"), "/"),
            (Some("http://localhost:30002/"), "/"),
            (Some("http://localhost/"), "/"),
            (Some("http://evil.example/"), "/"),
            (Some("http://localhost:30001.evil.example/"), "/"),
            (Some("http://localhost:30001@evil.example/"), "/"),
            (Some("http://somebody@localhost:30001/"), "/"),
            (Some("http://evil.example\\@localhost:30001/"), "/"),
            (Some("//evil.example/"), "/"),
            (Some("//localhost:30001/"), "/"),
            (Some("/\\evil.example/"), "/"),
            (Some("\\\\evil.example/"), "/"),
            (Some("/\t/evil.example/"), "/"),
            (Some("/..//evil.example/"), "/"),
            (Some("/x\r\nset-cookie: session=1"), "/"),
            (Some("http:/localhost:30001/"), "/"),
            (Some("javascript://localhost:30001/%0aalert(1)"), "/"),
            (Some("javascript:alert(1)"), "/"),
            (Some("data:text/html,x"), "/"),
            (Some("snaps"), "/"),
            (Some(long.as_str()), "/"),
        ] {
            let begun = issuer.begin(&app, return_to).await;
            let answer = issuer.finish(&app, &begun).await;
            assert_eq!((answer.status.as_u16(), header(&answer, "location")), (303, expected), "{return_to:?}");
        }
    }

    async fn only_an_answer_to_the_browsers_own_attempt_counts(app: TestApp) {
        let issuer = Issuer::start().await;
        let app = issuer.serve(app).with_clock(at(morning()));
        let (begun, of_another) = (issuer.begin(&app, None).await, issuer.begin(&app, None).await);
        let (state, kept) = (begun.query["state"].as_str(), state_of(&app, &begun));
        let sealed = |secret, purpose, seconds| {
            let cookie = sign_in_state::seal(secret, purpose, &kept, morning() + TimeDelta::seconds(seconds));
            format!("sign_in={cookie}")
        };
        let own = begun.cookie.as_str();
        let session = format!("sign_in={}", session_cookie::sign(1, SECRET, morning()));
        let good = [("code", "abc"), ("state", state)];
        let of_evil = [("code", "abc"), ("state", state), ("iss", "https://evil.example")];
        for (name, cookie, answer) in [
            ("no cookie", String::new(), good.to_vec()),
            ("the cookie of another attempt", of_another.cookie.clone(), good.to_vec()),
            ("a cookie of no attempt", "sign_in=null".to_owned(), good.to_vec()),
            ("sealed with another secret", sealed("guess", "oidc", 0), good.to_vec()),
            ("sealed for another purpose", sealed(SECRET, "saml", 0), good.to_vec()),
            ("of tomorrow", sealed(SECRET, "oidc", 1), good.to_vec()),
            ("too old", sealed(SECRET, "oidc", -601), good.to_vec()),
            ("what a session's cookie is", session, good.to_vec()),
            ("no state", own.to_owned(), vec![("code", "abc")]),
            ("another state", own.to_owned(), vec![("code", "abc"), ("state", of_another.query["state"].as_str())]),
            ("an empty state", own.to_owned(), vec![("code", "abc"), ("state", "")]),
            ("no code", own.to_owned(), vec![("state", state)]),
            ("an empty code", own.to_owned(), vec![("code", ""), ("state", state)]),
            ("the answer of another issuer", own.to_owned(), of_evil.to_vec()),
            ("a refusal to somebody else", own.to_owned(), vec![("error", "access_denied"), ("state", "x")]),
        ] {
            let answer = come_back(&app, &[("cookie", &cookie)], &answer).await;
            answer.refused(400, UNASKED);
            assert!(set_cookies(&answer).is_empty(), "{name}");
        }
        assert_eq!((issuer.count("/token"), app.raw.number(SESSIONS).await), (0, 0), "nothing is asked before that");

        // The second attempt was begun in another tab: it counts, and so does one that took its ten minutes.
        issuer.plan(|plan| plan.claims = json!({"nonce": begun.query["nonce"], "exp": 32_000_000_000_i64}));
        let app = app.with_clock(at(morning() + TimeDelta::seconds(600)));
        let both_cookies = format!("a=b; sign_in=null; {own}");
        let answer = [("code", "abc"), ("state", state), ("iss", issuer.url.as_str())];
        let answer = come_back(&app, &[("cookie", &both_cookies)], &answer).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
    }

    // Teams carry rights: whoever comes to be in one by signing in is in the audit log with it.
    async fn who_is_new_and_what_is_joined_is_noted_down(app: TestApp) {
        let kernel = app.add_team("kernel", &[], &[]).await;
        let signed_in = app.service.sign_in(&ana(&["radio", "kernel"])).await.unwrap();
        app.service.sign_in(&ana(&["kernel"])).await.unwrap();
        let radio = app.raw.number("SELECT id FROM team WHERE name = 'radio'").await;
        let user = signed_in.user_id;
        let log = app.get("/v1/audit-log?actor_kind=user").await.ok();
        let mut found: Vec<Value> = log["entries"].as_array().unwrap().iter().map(|entry| {
            json!([entry["actor_kind"], entry["actor_id"], entry["action"], entry["subject_kind"], entry["subject_id"], entry["after"]])
        }).collect();
        found.reverse();
        let ana = json!({"email": "ana@example.org", "name": "Ana", "launchpad_handle": "ana-l"});
        let joined = json!({"user_id": user});
        let mut expected = vec![
            json!(["user", user, "create", "user", user, ana]),
            json!(["user", user, "create", "team", radio, {"name": "radio"}]),
            json!(["user", user, "add_member", "team", kernel, joined]),
            json!(["user", user, "add_member", "team", radio, joined]),
            json!(["user", user, "sign_in", "user", user, {"means": "oidc"}]),
            json!(["user", user, "sign_in", "user", user, {"means": "oidc"}]),
        ];
        let by_text = |value: &Value| value.to_string();
        found.sort_by_key(by_text);
        expected.sort_by_key(by_text);
        assert_eq!(found, expected);
    }
}
