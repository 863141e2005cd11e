//! Signing in with a password, or with a link that is good once.

use std::time::{Duration, Instant};

use axum::http::Method;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde_json::{Value, json};
use test_observer::clock::Clock;
use test_observer::domain::passwords::verify_password;

use crate::oidc_issuer::{cookie, header, set_cookies};
use crate::support::{Answer, TestApp, both};

const LOGIN: &str = "/v1/auth/local/login";
const ME: &str = "/v1/users/me";
const PASSWORD: &str = "correct horse battery";
const WRONG: &str = "E-mail or password is wrong";
const SPENT: &str = "This link has been used, is too old, or never was one; ask for a new one";
const SESSIONS: &str = "SELECT COUNT(*) FROM user_session";

/// The application with people who sign in here.
fn with_accounts(app: TestApp) -> TestApp {
    app.with_settings(|settings| settings.local_accounts = true)
}

/// The same, with Ana, who has a password, and Kim, who has none.
async fn with_ana(app: TestApp) -> TestApp {
    let app = with_accounts(app);
    app.add_user("ana").await;
    app.add_user("kim").await;
    app.service.set_password("ana@example.org", PASSWORD.to_owned()).await.unwrap();
    app
}

async fn log_in(app: &TestApp, email: &str, password: &str) -> Answer {
    app.anonymous(Method::POST, LOGIN, Some(&json!({"email": email, "password": password}))).await
}

async fn follow(app: &TestApp, token: &str) -> Answer {
    app.request(Method::GET, &format!("/v1/auth/local/link/{token}"), &[], "").await
}

async fn who(app: &TestApp, answer: &Answer) -> Value {
    let session = cookie(answer, "session").unwrap();
    app.as_user(&session, Method::GET, ME, None).await.ok()
}

fn at(now: DateTime<Utc>) -> Clock {
    Clock::from_fn(move || now)
}

fn morning() -> DateTime<Utc> {
    "2031-01-22T08:30:00Z".parse().unwrap()
}

/// How long it takes to be refused.
async fn refusal_time(app: &TestApp, email: &str) -> Duration {
    let begin = Instant::now();
    log_in(app, email, "wrong").await.refused(401, WRONG);
    begin.elapsed()
}

both! {
    async fn the_right_password_signs_in(app: TestApp) {
        let app = with_ana(app).await;
        let answer = log_in(&app, "ana@example.org", PASSWORD).await;
        let shown = answer.ok();
        assert_eq!(shown["email"], "ana@example.org");
        assert_eq!(who(&app, &answer).await, shown);
        assert_eq!(header(&answer, "cache-control"), "no-store");
        let [set] = set_cookies(&answer)[..] else { panic!("{:?}", answer.headers) };
        assert!(set.ends_with("; path=/; Max-Age=1209600; httponly; samesite=lax; secure"), "{set}");
    }

    async fn everything_else_is_wrong_and_says_no_more(app: TestApp) {
        let app = with_ana(app).await;
        for (email, password) in [
            ("ana@example.org", "correct horse batterz"),
            ("ana@example.org", "correct horse battery "),
            ("ana@example.org", ""),
            ("Ana@example.org", PASSWORD),
            ("kim@example.org", PASSWORD),
            ("kim@example.org", ""),
            ("nobody@example.org", PASSWORD),
            ("", ""),
            ("' OR 1=1 --", "' OR 1=1 --"),
        ] {
            let answer = log_in(&app, email, password).await;
            answer.refused(401, WRONG);
            assert!(set_cookies(&answer).is_empty(), "{email}");
        }
        assert_eq!(app.raw.number(SESSIONS).await, 0);
    }

    // Whoever measures learns nothing: also for users who do not exist a password is compared.
    async fn the_time_does_not_tell_who_has_a_password(app: TestApp) {
        let app = with_ana(app).await;
        let emails = ["ana@example.org", "kim@example.org", "nobody@example.org"];
        // The shortest of several, taken in turns: the machine has more to do than this.
        let (mut comparing, mut fastest) = (Duration::MAX, [Duration::MAX; 3]);
        for _ in 0..5 {
            let begin = Instant::now();
            assert!(!verify_password("wrong", None));
            comparing = comparing.min(begin.elapsed());
            for (fastest, email) in fastest.iter_mut().zip(emails) {
                *fastest = refusal_time(&app, email).await.min(*fastest);
            }
        }
        assert!(fastest.iter().all(|time| *time > comparing / 2), "{fastest:?}, but {comparing:?} to compare one");
    }

    async fn unless_the_operator_wants_it_there_is_nothing(app: TestApp) {
        let app = with_ana(app).await;
        let token = app.service.make_sign_in_link("ana@example.org").await.unwrap();
        let app = app.with_settings(|settings| *settings = test_observer::service::Settings::default());
        log_in(&app, "ana@example.org", PASSWORD).await.refused(404, "Not Found");
        follow(&app, &token).await.refused(404, "Not Found");
        assert_eq!(app.service.make_first_administrator().await.unwrap(), None);
        // It was not used up.
        assert_eq!(follow(&with_accounts(app), &token).await.status, 303);
    }

    async fn malformed_input_is_refused_without_repeating_the_password(app: TestApp) {
        let app = with_ana(app).await;
        let long = "hunter2 ".repeat(200);
        for (body, kind, field) in [
            (json!({"email": "ana@example.org"}), "missing", "password"),
            (json!({"password": "hunter2"}), "missing", "email"),
            (json!({"email": 1, "password": "x"}), "string_type", "email"),
            (json!({"email": "ana@example.org", "password": ["hunter2"]}), "string_type", "password"),
            (json!({"email": "ana@example.org", "password": null}), "string_type", "password"),
            (json!({"email": "ana@example.org", "password": long}), "string_too_long", "password"),
            (json!({"email": "a".repeat(501), "password": "x"}), "string_too_long", "email"),
        ] {
            let answer = app.anonymous(Method::POST, LOGIN, Some(&body)).await;
            assert_eq!(answer.problems(), [(kind.to_owned(), json!(["body", field]))], "{body}");
            if field == "password" {
                assert!(!answer.text().contains("hunter2"), "{}", answer.text());
            }
        }
    }

    // A stored hash of the request would be a fast way to guess the password in it.
    async fn signing_in_is_not_remembered_under_a_key(app: TestApp) {
        let app = with_ana(app).await;
        let body = json!({"email": "ana@example.org", "password": PASSWORD}).to_string();
        let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
        for sessions in 1..=2 {
            let answer = app.request(Method::POST, LOGIN, &headers, body.clone()).await;
            assert_eq!(who(&app, &answer).await, answer.ok());
            assert_eq!(app.raw.number(SESSIONS).await, sessions);
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM idempotency_key").await, 0);
    }

    async fn a_new_password_takes_the_place_of_the_old_one(app: TestApp) {
        let app = with_ana(app).await;
        let before = log_in(&app, "ana@example.org", PASSWORD).await;
        let of_kim = app.session(app.raw.number("SELECT id FROM app_user WHERE name = 'kim'").await).await;
        app.service.set_password("ana@example.org", "staple staple staple".to_owned()).await.unwrap();
        log_in(&app, "ana@example.org", PASSWORD).await.refused(401, WRONG);
        log_in(&app, "ana@example.org", "staple staple staple").await.ok();
        // Who was in by the old one is out.
        assert_eq!(who(&app, &before).await, Value::Null);
        assert_eq!(app.as_user(&of_kim, Method::GET, ME, None).await.ok()["name"], "kim");
        let hashes = app.raw.texts("SELECT password_hash FROM local_account").await;
        assert!(hashes.len() == 1 && hashes[0].starts_with("$argon2id$v=19$"), "{hashes:?}");
    }

    async fn a_password_is_neither_short_nor_endless(app: TestApp) {
        let app = with_accounts(app);
        app.add_user("ana").await;
        for (password, is_good) in [
            ("elevenchars".to_owned(), false),
            ("twelve chars".to_owned(), true),
            ("\u{e9}".repeat(11), false),
            ("\u{e9}".repeat(12), true),
            ("x".repeat(1000), true),
            ("x".repeat(1001), false),
        ] {
            let length = password.chars().count();
            let set = app.service.set_password("ana@example.org", password.clone()).await;
            assert_eq!(set.is_ok(), is_good, "{length}");
            let expected = if is_good { 200 } else { 401 };
            if length <= 1000 {
                assert_eq!(log_in(&app, "ana@example.org", &password).await.status, expected, "{length}");
            }
        }
        let unknown = app.service.set_password("eve@example.org", PASSWORD.to_owned()).await.unwrap_err();
        assert_eq!(unknown.to_string(), "User with email eve@example.org not found");
    }

    async fn a_link_signs_in_once(app: TestApp) {
        let app = with_ana(app).await;
        let token = app.service.make_sign_in_link("kim@example.org").await.unwrap();
        let answer = follow(&app, &token).await;
        assert_eq!((answer.status.as_u16(), header(&answer, "location")), (303, "/"));
        assert_eq!((header(&answer, "cache-control"), header(&answer, "referrer-policy")), ("no-store", "no-referrer"));
        assert_eq!(who(&app, &answer).await["email"], "kim@example.org");
        for token in [token.as_str(), "x", "%00", "..%2F..", &"x".repeat(5000)] {
            let answer = follow(&app, token).await;
            answer.refused(404, SPENT);
            assert!(set_cookies(&answer).is_empty());
        }
        let kept = app.raw.texts("SELECT token_hash FROM sign_in_link").await;
        assert!(kept.len() == 1 && kept[0] != token, "{kept:?}");
        let unknown = app.service.make_sign_in_link("eve@example.org").await.unwrap_err();
        assert_eq!(unknown.to_string(), "User with email eve@example.org not found");
    }

    async fn a_link_is_good_for_a_day(app: TestApp) {
        let mut app = with_ana(app).await;
        for (seconds, expected) in [(86_399, 303), (86_400, 404)] {
            app = app.with_clock(at(morning()));
            let token = app.service.make_sign_in_link("ana@example.org").await.unwrap();
            app = app.with_clock(at(morning() + TimeDelta::seconds(seconds)));
            assert_eq!(follow(&app, &token).await.status, expected, "{seconds}");
        }
    }

    async fn of_many_who_follow_a_link_one_gets_in(app: TestApp) {
        let app = with_ana(app).await;
        let token = app.service.make_sign_in_link("ana@example.org").await.unwrap();
        let answers = join_all((0..10).map(|_| follow(&app, &token))).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        let count = |status| statuses.iter().filter(|other| **other == status).count();
        assert_eq!((count(303), count(404), app.raw.number(SESSIONS).await), (1, 9, 1), "{statuses:?}");
    }

    async fn with_the_user_go_password_and_links(app: TestApp) {
        let app = with_ana(app).await;
        let token = app.service.make_sign_in_link("ana@example.org").await.unwrap();
        let ana = app.raw.number("SELECT id FROM app_user WHERE name = 'ana'").await;
        assert_eq!(app.delete(&format!("/v1/users/{ana}")).await.status, 204);
        log_in(&app, "ana@example.org", PASSWORD).await.refused(401, WRONG);
        follow(&app, &token).await.refused(404, SPENT);
    }

    async fn an_installation_begins_with_one_administrator(app: TestApp) {
        let app = with_accounts(app);
        let token = app.service.make_first_administrator().await.unwrap().unwrap();
        assert_eq!(app.service.make_first_administrator().await.unwrap(), None, "there is a user now");
        let shown = who(&app, &follow(&app, &token).await).await;
        assert_eq!((&shown["email"], &shown["is_admin"]), (&json!("admin@localhost"), &json!(true)));
        follow(&app, &token).await.refused(404, SPENT);
    }

    // Whoever guesses has to wait; others, and the right password afterwards, do not.
    async fn passwords_are_guessed_slowly(app: TestApp) {
        let app = with_ana(app.with_settings(|settings| settings.failed_logins_per_minute = 3)).await;
        for _ in 0..3 {
            log_in(&app, "ana@example.org", "guess").await.refused(401, WRONG);
        }
        let refused = log_in(&app, "ana@example.org", PASSWORD).await;
        refused.refused(429, "Too many failed attempts");
        let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=20).contains(&wait), "{wait}");
        let elsewhere = [("x-forwarded-for", "198.51.100.1"), ("content-type", "application/json")];
        let body = json!({"email": "ana@example.org", "password": PASSWORD}).to_string();
        app.request(Method::POST, LOGIN, &elsewhere, body).await.ok();
        let now = app.service.clock.now() + TimeDelta::seconds(61);
        let later = app.with_clock(at(now));
        log_in(&later, "ana@example.org", PASSWORD).await.ok();
    }

    // Who waits for a turn hears how those before fared, also with the right password: it would be one more guess.
    async fn who_waits_behind_too_many_guesses_is_not_let_in(app: TestApp) {
        let app = with_ana(app.with_settings(|settings| settings.failed_logins_per_minute = 1)).await;
        // More of them than have a turn at the same time, and all of them before anybody has failed.
        let guesses = join_all((0..8).map(|_| log_in(&app, "ana@example.org", "guess")));
        let later = async {
            // The guesses come first; comparing one takes longer than this.
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
            log_in(&app, "ana@example.org", PASSWORD).await
        };
        let (guesses, right) = futures::join!(guesses, later);
        right.refused(429, "Too many failed attempts");
        let tried = guesses.iter().filter(|answer| answer.status == 401).count();
        assert_eq!((tried, app.raw.number(SESSIONS).await), (1, 0));
    }

    async fn guesses_at_once_are_counted_like_any_others(app: TestApp) {
        let app = with_ana(app.with_settings(|settings| settings.failed_logins_per_minute = 3)).await;
        let answers = join_all((0..20).map(|_| log_in(&app, "ana@example.org", "guess"))).await;
        let tried = answers.iter().filter(|answer| answer.status == 401).count();
        assert!(tried <= 4, "{tried} passwords were tried");
    }
}
