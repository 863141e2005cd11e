//! Attacks on signing in: each stands in the log, in one line, with its reason, which the browser is not told.

use axum::http::Method;
use chrono::TimeDelta;
use serde_json::{Value, json};
use test_observer::clock::Clock;
use test_observer::domain::sign_in_state;

use crate::log::Log;
use crate::oidc_issuer::{CALLBACK, Issuer, Plan, Signing, come_back};
use crate::saml::{ACS, Forgery, LOGOUT, before_subject, begin, post, sign_in, with_idp};
use crate::saml_idp::{Said, Signed, form, metadata, query};
use crate::support::{TestApp, both};

const LOGIN: &str = "/v1/auth/local/login";
const CLIENT: &str = "127.0.0.1";

/// What is wrong with a token, and the words that say so.
type Lie = (fn(&mut Plan), &'static str);

const LIES: &[Lie] = &[
    (|plan| plan.claims = json!({"nonce": "another"}), "nonce mismatch"),
    (|plan| plan.claims = json!({"nonce": null}), "missing nonce claim"),
    (|plan| plan.claims = json!({"iss": "https://evil.example"}), "Invalid issuer"),
    (|plan| plan.claims = json!({"aud": "another"}), "Invalid audiences"),
    (|plan| plan.claims = json!({"exp": 1_000_000_000}), "Expired"),
    (|plan| plan.signing = Signing::Nobody, "No signature found"),
    (|plan| plan.signing = Signing::Secret, "Disallowed signature algorithm"),
    (|plan| plan.signing = Signing::Before, "Signature verification failed"),
    (|plan| plan.signing = Signing::Key(2), "signed by a key that nobody knows"),
    (|plan| plan.claims = json!({"email_verified": null}), "has not verified the mail address ana@example.org"),
    (|plan| plan.claims = json!({"email": null}), "gives no mail address"),
];

/// What is wrong with an assertion, the status, and the words that say so.
type Attack = (fn(&mut Said), u16, &'static str);

const ATTACKS: &[Attack] = &[
    (|said| said.signed = Signed::Nothing, 403, "nobody has signed it"),
    (|said| said.key = "stranger", 403, "no key of the identity provider"),
    (|said| said.audiences = vec!["https://other.example"], 403, "it is meant for somebody else"),
    (|said| said.audiences = vec![], 403, "it does not say who it is meant for"),
    (|said| said.not_on_or_after = -61, 403, "its time is over"),
    (|said| said.not_before = 120, 403, "its time has not begun"),
    (|said| said.recipient = "https://other.example", 403, "it is to be handed in at another address"),
    (|said| said.issuer = "https://evil.example", 403, "another identity provider has made it"),
    (|said| (said.answers, said.assertion_answers) = (None, None), 403, "this browser has not asked for it"),
    (|said| said.assertion_answers = Some("id-other".to_owned()), 403, "this browser has not asked for it"),
    (|said| said.version = "1.1", 400, "it is not of version 2.0"),
    (|said| said.attributes = String::new(), 400, "does not say the attribute fullname"),
];

/// What somebody makes of a signed assertion, and the words that say so.
type Wrapping = (fn(&Forgery) -> String, &'static str);

/// Pages that nobody is sent to: of another scheme, port or host, and what browsers take for one.
const FOREIGN: [&str; 7] = [
    "http://dash.example/",
    "https://dash.example:8443/",
    "https://evil.example/",
    "https://dash.example@evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "javascript://dash.example/%0aalert(1)",
];
const DESTINATION: &str = "nobody is sent to what is no page of the dashboard";
const WAITING: &str = "too many sign-ins from this address have failed";

/// A minute and a second later.
fn after_a_minute(app: TestApp) -> TestApp {
    let later = app.service.clock.now() + TimeDelta::seconds(61);
    app.with_clock(Clock::from_fn(move || later))
}

/// A password that is tried.
async fn try_password(app: &TestApp, email: &str, password: &str) -> u16 {
    let body = json!({"email": email, "password": password});
    app.anonymous(Method::POST, LOGIN, Some(&body)).await.status.as_u16()
}

both! {
    // Answers that are none to what this browser asked.
    async fn foreign_answers_of_openid_connect_stand_in_the_log(app: TestApp) {
        let issuer = Issuer::start().await;
        let app = issuer.serve(app);
        let (begun, other) = (issuer.begin(&app, None).await, issuer.begin(&app, None).await);
        let (state, of_other) = (begun.query["state"].as_str(), other.query["state"].as_str());
        let forged = sign_in_state::seal("guess", "oidc", "{}", app.service.clock.now());
        let forged = format!("sign_in={forged}");
        let log = Log::capture();
        for (cookie, answer, reason) in [
            ("", vec![("code", "c0de"), ("state", state)], "it has not begun one, or too long ago"),
            (forged.as_str(), vec![("code", "c0de"), ("state", state)], "it has not begun one, or too long ago"),
            (begun.cookie.as_str(), vec![("code", "c0de"), ("state", of_other)], "the state is not the one"),
            (begun.cookie.as_str(), vec![("code", "c0de")], "the state is not the one"),
            (begun.cookie.as_str(), vec![("code", "c0de"), ("state", state), ("iss", "https://evil.example")],
             "another issuer answers"),
            (begun.cookie.as_str(), vec![("state", state)], "there is no code"),
        ] {
            let status = come_back(&app, &[("cookie", cookie)], &answer).await.status;
            assert_eq!(status, 400, "{reason}");
            log.assert_tells(&["WARN", CLIENT, "GET", CALLBACK, "400", reason], &["c0de", state, of_other]);
        }
        let declined = [("error", "access_denied\r\nWARN forged"), ("state", state)];
        assert_eq!(come_back(&app, &[("cookie", &begun.cookie)], &declined).await.status, 403);
        log.assert_tells(&["WARN", CALLBACK, "403", "access_denied"], &[state]);
    }

    // Tokens that prove nothing.
    async fn forged_tokens_stand_in_the_log(app: TestApp) {
        let issuer = Issuer::start().await;
        let mut app = issuer.serve(app);
        let log = Log::capture();
        for (lie, reason) in LIES {
            issuer.plan(|plan| {
                (plan.claims, plan.signing) = (json!({}), Signing::Key(1));
                lie(plan);
            });
            app = issuer.serve(app);
            let begun = issuer.begin(&app, None).await;
            assert_eq!(issuer.finish(&app, &begun).await.status, 403, "{reason}");
            let secrets = [begun.query["state"].as_str(), begun.query["nonce"].as_str(), begun.cookie.as_str()];
            log.assert_tells(&["WARN", CLIENT, "GET", CALLBACK, "403", reason], &secrets);
        }
        issuer.plan(|plan| plan.instead = [("/token", (500, String::new()))].into());
        assert_eq!(issuer.sign_in(&app).await.status, 503);
        log.assert_tells(&["WARN", CALLBACK, "503", "the identity provider cannot be used"], &[]);
    }

    // Assertions that prove nothing, for us, now.
    async fn forged_assertions_stand_in_the_log(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let log = Log::capture();
        for (attack, status, reason) in ATTACKS {
            let answer = sign_in(&app, *attack).await;
            assert_eq!(answer.status.as_u16(), *status, "{reason}: {}", answer.text());
            let status = status.to_string();
            log.assert_tells(&["WARN", CLIENT, "POST", ACS, &status, "nobody was signed in", reason], &["ana@"]);
        }
    }

    // A signature that lies around what it does not sign, and the same assertion again.
    async fn wrapped_and_repeated_assertions_stand_in_the_log(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let log = Log::capture();
        let attacks: &[Wrapping] = &[
            (|f| before_subject(&f.forged, &f.signed), "something that is read is there more than once"),
            (|f| before_subject(&f.forged, &f.signature), "its signature is about another element"),
            (|f| f.signed.replace("ana@", "eve@"), "it was changed after it was signed"),
        ];
        for (forge, reason) in attacks {
            let (request, attempt) = begin(&app).await;
            let said = Said::about_ana(Some(&request), app.service.clock.now());
            let body = form(&said.response_around(&forge(&Forgery::of(&said))), None);
            assert_eq!(post(&app, &attempt, body).await.status, 403, "{reason}");
            log.assert_tells(&["WARN", CLIENT, "POST", ACS, "403", reason], &[attempt.as_str()]);
        }
        let (request, attempt) = begin(&app).await;
        let body = form(&Said::about_ana(Some(&request), app.service.clock.now()).xml(), None);
        post(&app, &attempt, body.clone()).await.ok();
        log.take();
        assert_eq!(post(&app, &attempt, body).await.status, 403);
        log.assert_tells(&["WARN", CLIENT, ACS, "403", "somebody has signed in with it before"], &[attempt.as_str()]);
        // Signing out has attackers, too.
        let message = query("SAMLResponse", "<x/>", None, None);
        let answer = app.request(Method::GET, &format!("/v1/auth/saml/sls?{message}"), &[], "").await;
        assert_eq!(answer.status, 400);
        log.assert_tells(&["WARN", "/v1/auth/saml/sls", "400", "a message about signing out was not taken"], &[]);
    }

    // Links of others that would lead somebody through signing in or out to where they like.
    async fn foreign_destinations_stand_in_the_log(app: TestApp) {
        let issuer = Issuer::start().await;
        let (app, idp) = with_idp(issuer.serve(app)).await;
        let log = Log::capture();
        for foreign in FOREIGN {
            issuer.begin(&app, Some(foreign)).await;
            log.assert_tells(&["WARN", CLIENT, "GET", "/v1/auth/oidc/login", "303", DESTINATION, foreign], &[]);
            let (request, attempt) = begin(&app).await;
            let said = Said::about_ana(Some(&request), app.service.clock.now());
            assert_eq!(post(&app, &attempt, form(&said.xml(), Some(foreign))).await.ok(), Value::Null);
            log.assert_tells(&["WARN", CLIENT, "POST", ACS, "200", DESTINATION, foreign], &[attempt.as_str()]);
        }
        // What is ours, and what nobody asked for, is not worth a line.
        let begin_again = Some("https://to.example/v1/auth/saml/login");
        for own in [None, Some(""), Some("/snaps"), Some("https://dash.example/"), begin_again] {
            issuer.begin(&app, own.filter(|own| Some(*own) != begin_again)).await;
            let (request, attempt) = begin(&app).await;
            let said = Said::about_ana(Some(&request), app.service.clock.now());
            post(&app, &attempt, form(&said.xml(), own)).await;
        }
        assert!(!log.take().contains(DESTINATION));
        // Where the identity provider has no part in signing out, nobody else would look at the address.
        idp.show(200, &metadata(&["rsa"]).replace("SingleLogoutService", "ArtifactResolutionService"));
        app.service.refresh_saml_provider().await;
        for foreign in FOREIGN {
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("return_to", foreign).finish();
            assert_eq!(app.request(Method::GET, &format!("{LOGOUT}?{query}"), &[], "").await.ok(), Value::Null);
            log.assert_tells(&["WARN", CLIENT, "GET", LOGOUT, "200", DESTINATION, foreign], &[]);
        }
    }

    // Tokens that prove nothing, one after the other: the provider is not asked about the next one for a while.
    async fn who_brings_too_many_bad_tokens_has_to_wait(app: TestApp) {
        let issuer = Issuer::start().await;
        let app = issuer.serve(app).with_settings(|settings| settings.failed_logins_per_minute = 2);
        issuer.plan(|plan| plan.signing = Signing::Nobody);
        for _ in 0..2 {
            assert_eq!(issuer.sign_in(&app).await.status, 403);
        }
        issuer.plan(|plan| plan.signing = Signing::Key(1));
        let begun = issuer.begin(&app, None).await;
        let (state, cookie) = (begun.query["state"].as_str(), begun.cookie.as_str());
        let log = Log::capture();
        let refused = issuer.finish(&app, &begun).await;
        refused.refused(429, "Too many failed attempts");
        assert!(refused.headers.contains_key("retry-after"));
        log.assert_tells(&["WARN", CLIENT, "GET", CALLBACK, "429", WAITING], &[state, cookie]);
        assert_eq!(issuer.count("/token"), 2);
        // Others do not have to.
        let elsewhere = [("cookie", cookie), ("x-forwarded-for", "198.51.100.1")];
        assert_eq!(come_back(&app, &elsewhere, &[("code", "abc"), ("state", state)]).await.status, 303);
        assert_eq!(issuer.sign_in(&after_a_minute(app)).await.status, 303);
    }

    // The same with assertions; one that has to wait is not used up.
    async fn who_brings_too_many_bad_assertions_has_to_wait(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let app = app.with_settings(|settings| settings.failed_logins_per_minute = 2);
        for _ in 0..2 {
            assert_eq!(sign_in(&app, |said| said.signed = Signed::Nothing).await.status, 403);
        }
        let (request, attempt) = begin(&app).await;
        let body = form(&Said::about_ana(Some(&request), app.service.clock.now()).xml(), None);
        let log = Log::capture();
        let refused = post(&app, &attempt, body.clone()).await;
        refused.refused(429, "Too many failed attempts");
        assert!(refused.headers.contains_key("retry-after"));
        log.assert_tells(&["WARN", CLIENT, "POST", ACS, "429", WAITING], &[attempt.as_str()]);
        post(&after_a_minute(app), &attempt, body).await.ok();
    }

    // Passwords and links that are guessed: whose they are not, and nothing of either.
    async fn guessed_passwords_and_links_stand_in_the_log(app: TestApp) {
        let app = app.with_settings(|settings| {
            settings.local_accounts = true;
            settings.failed_logins_per_minute = 2;
        });
        let ana = app.add_user("ana").await;
        app.service.set_password("ana@example.org", "correct horse battery".to_owned()).await.unwrap();
        let secrets = ["hunter2", "ana@", "eve@"];
        let log = Log::capture();
        assert_eq!(try_password(&app, "ana@example.org", "hunter2").await, 401);
        let reason = format!("a wrong password for user {ana}");
        log.assert_tells(&["WARN", CLIENT, "POST", LOGIN, "401", &reason], &secrets);
        assert_eq!(try_password(&app, "eve@example.org", "hunter2").await, 401);
        log.assert_tells(&["WARN", CLIENT, "POST", LOGIN, "401", "a password for nobody who has one"], &secrets);
        assert_eq!(try_password(&app, "ana@example.org", "correct horse battery").await, 429);
        log.assert_tells(&["WARN", CLIENT, LOGIN, "429", WAITING], &secrets);
        let token = "x".repeat(43);
        let path = format!("/v1/auth/local/link/{token}");
        assert_eq!(app.request(Method::GET, &path, &[], "").await.status, 404);
        log.assert_tells(&["WARN", CLIENT, "/v1/auth/local/link/", "404", "a link that is none"], &[token.as_str()]);
    }
}
