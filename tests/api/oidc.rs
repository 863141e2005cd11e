//! Signing in at an OpenID Connect provider: one that lies as it is told to, and a real one.

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use test_observer::clock::Clock;
use test_observer::integrations::oidc::UnverifiedEmail;

use crate::oidc_issuer::{
    CALLBACK, CLIENT_SECRET, Issuer, LOGIN, Plan, Signing, come_back, cookie, header, set_cookies,
};
use crate::support::{Answer, TestApp, both};

const DESCRIPTION: &str = "/.well-known/openid-configuration";
const UNTRUSTED: &str = "Authentication failed";
const UNREACHABLE: &str = "The identity provider cannot be reached; try again later";
const USERS: &str = "SELECT COUNT(*) FROM app_user";
const SESSIONS: &str = "SELECT COUNT(*) FROM user_session";

/// The application with a provider of its own.
async fn with_issuer(app: TestApp) -> (TestApp, Issuer) {
    let issuer = Issuer::start().await;
    (issuer.serve(app), issuer)
}

/// Who is signed in after an answer.
async fn who(app: &TestApp, answer: &Answer) -> Value {
    assert_eq!(answer.status, 303, "{}", answer.text());
    let session = cookie(answer, "session").unwrap();
    app.as_user(&session, Method::GET, "/v1/users/me", None).await.ok()
}

/// A refusal that signs nobody in and makes nobody.
async fn check_refused(app: &TestApp, answer: &Answer, status: u16, detail: &str, name: &str) {
    let told = (answer.status.as_u16(), answer.json()["detail"].as_str().map(str::to_owned));
    assert_eq!(told, (status, Some(detail.to_owned())), "{name}");
    assert_eq!(cookie(answer, "session"), None, "{name}");
    assert_eq!(app.raw.number(USERS).await + app.raw.number(SESSIONS).await, 0, "{name}");
}

fn at(now: DateTime<Utc>) -> Clock {
    Clock::from_fn(move || now)
}

fn morning() -> DateTime<Utc> {
    "2031-01-22T08:30:00Z".parse().unwrap()
}

type Forgery = (&'static str, fn(&mut Plan));

/// Tokens of a provider that is not the one, or of a person in the middle.
const FORGERIES: &[Forgery] = &[
    ("the nonce of another attempt", |plan| plan.claims = json!({"nonce": "another"})),
    ("no nonce", |plan| plan.claims = json!({"nonce": null})),
    ("another issuer", |plan| plan.claims = json!({"iss": "https://evil.example"})),
    ("another audience", |plan| plan.claims = json!({"aud": "another"})),
    ("a second audience", |plan| plan.claims = json!({"aud": ["test-observer", "another"]})),
    ("no audience", |plan| plan.claims = json!({"aud": null})),
    ("expired", |plan| plan.claims = json!({"exp": 1_000_000_000})),
    ("no end", |plan| plan.claims = json!({"exp": null})),
    ("of the future", |plan| plan.claims = json!({"iat": 32_000_000_000_i64, "exp": 32_000_000_300_i64})),
    ("of another access token", |plan| plan.claims = json!({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"})),
    ("unsigned", |plan| plan.signing = Signing::Nobody),
    ("without its signature", |plan| plan.signing = Signing::Cut),
    ("changed afterwards", |plan| plan.signing = Signing::Before),
    ("signed with what the client knows", |plan| plan.signing = Signing::Secret),
    ("signed by a key of nobody's", |plan| plan.signing = Signing::Key(2)),
    ("signed by a stranger under the provider's key id", |plan| {
        plan.signing = Signing::Key(2);
        plan.header = json!({"kid": "1"});
    }),
    ("signed by a stranger under no key id", |plan| {
        plan.signing = Signing::Key(2);
        plan.header = json!({"kid": null});
    }),
    ("said to be signed otherwise", |plan| plan.header = json!({"alg": "none"})),
    ("an algorithm that nobody knows", |plan| plan.header = json!({"alg": "XX256"})),
    ("with an extension that has to be understood", |plan| plan.header = json!({"crit": ["b64"], "b64": false})),
    ("of another kind", |plan| plan.header = json!({"typ": "logout+jwt"})),
    ("no token at all", |plan| plan.tokens = json!({"id_token": null})),
    ("two parts of a token", |plan| plan.tokens = json!({"id_token": "e30.e30"})),
    ("not even that", |plan| plan.tokens = json!({"id_token": "\u{0}"})),
    ("an access token that is no header", |plan| {
        plan.claims = json!({"email": null});
        plan.tokens = json!({"access_token": "access\r\nx: y"});
    }),
    ("the words of somebody else", |plan| {
        plan.claims = json!({"email": null});
        plan.user_info = json!({"sub": "2", "email": "eve@example.org", "email_verified": true});
    }),
];

both! {
    async fn a_browser_is_sent_with_a_riddle(app: TestApp) {
        let (app, issuer) = with_issuer(app).await;
        let answer = app.request(Method::GET, LOGIN, &[], "").await;
        assert_eq!((answer.status.as_u16(), header(&answer, "cache-control")), (303, "no-store"));
        let set = set_cookies(&answer);
        let [set] = set[..] else { panic!("{set:?}") };
        assert!(set.ends_with("; path=/v1/auth; Max-Age=600; httponly; samesite=lax; secure"), "{set}");
        let (first, second) = (issuer.begin(&app, None).await, issuer.begin(&app, None).await);
        for (name, expected) in [
            ("response_type", "code"),
            ("client_id", "test-observer"),
            ("redirect_uri", "http://localhost:30001/v1/auth/oidc/callback"),
            ("scope", "openid email profile"),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(first.query[name], expected, "{name}");
        }
        for name in ["state", "nonce", "code_challenge"] {
            assert!(first.query[name].len() >= 22 && first.query[name] != second.query[name], "{name}");
        }
        assert_eq!(first.query.len(), 8, "{:?}", first.query);
        let app = app.with_settings(|settings| settings.secure_cookies = false);
        let answer = app.request(Method::GET, LOGIN, &[], "").await;
        assert!(set_cookies(&answer)[0].ends_with("; httponly; samesite=lax"));
    }

    async fn whom_the_provider_vouches_for_is_signed_in(app: TestApp) {
        let (app, issuer) = with_issuer(app).await;
        let begun = issuer.begin(&app, Some("/snaps?q=a")).await;
        let answer = issuer.finish(&app, &begun).await;
        assert_eq!((header(&answer, "location"), header(&answer, "cache-control")), ("/snaps?q=a", "no-store"));
        let over = "sign_in=null; path=/v1/auth; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly; samesite=lax; secure";
        assert!(set_cookies(&answer).contains(&over), "{:?}", set_cookies(&answer));
        let ana = who(&app, &answer).await;
        assert_eq!(ana["email"], "ana@example.org");
        assert_eq!((&ana["name"], &ana["is_admin"], &ana["teams"]), (&json!("Ana Lopez"), &json!(false), &json!([])));

        let exchange = issuer.exchange();
        let secret = STANDARD.encode(format!("test-observer:{CLIENT_SECRET}"));
        assert_eq!(exchange["authorization"], format!("Basic {secret}"));
        assert_eq!((exchange["grant_type"].as_str(), exchange["code"].as_str()), ("authorization_code", "abc"));
        assert_eq!(exchange["redirect_uri"], begun.query["redirect_uri"]);
        let challenge = URL_SAFE_NO_PAD.encode(&Sha256::digest(&exchange["code_verifier"])[..]);
        assert_eq!(challenge, begun.query["code_challenge"]);

        // Of one who exists, nothing is changed.
        app.raw.run("UPDATE app_user SET is_admin = TRUE").await;
        issuer.plan(|plan| plan.claims = json!({"name": "Somebody Else"}));
        let answer = issuer.sign_in(&app).await;
        assert_eq!(header(&answer, "location"), "/");
        let again = who(&app, &answer).await;
        assert_eq!((&again["id"], &again["name"], &again["is_admin"]), (&ana["id"], &ana["name"], &json!(true)));
        assert_eq!((app.raw.number(USERS).await, app.raw.number(SESSIONS).await), (1, 2));
    }

    async fn a_forged_token_signs_nobody_in(app: TestApp) {
        let (mut app, issuer) = with_issuer(app).await;
        for (name, forge) in FORGERIES {
            issuer.plan(|plan| {
                (plan.claims, plan.header, plan.tokens) = (json!({}), json!({}), json!({}));
                plan.signing = Signing::Key(1);
                forge(plan);
            });
            // Nothing that was learnt from an earlier one counts.
            app = issuer.serve(app);
            let answer = issuer.sign_in(&app).await;
            check_refused(&app, &answer, 403, UNTRUSTED, name).await;
        }
        issuer.plan(|plan| (plan.claims, plan.header, plan.tokens) = (json!({}), json!({}), json!({})));
        who(&app, &issuer.sign_in(&app).await).await;
    }

    async fn a_person_is_known_by_an_address_that_nobody_doubts(app: TestApp) {
        let (app, issuer) = with_issuer(app).await;
        let none = "The identity provider gives no e-mail address";
        let doubted = "The identity provider has not verified your e-mail address";
        let info = |verified: Value| json!({"sub": "1", "email": "ana@example.org", "email_verified": verified});
        for (name, claims, user_info, refusal) in [
            ("nobody says one", json!({"email": null}), json!({"sub": "1"}), Some(none)),
            ("it is none", json!({"email": "ana"}), json!({"sub": "1"}), Some(none)),
            ("it cannot be stored", json!({"email": "ana@example.org\u{0}"}), json!({"sub": "1"}), Some(none)),
            ("the token doubts it", json!({"email_verified": false}), json!({"sub": "1"}), Some(doubted)),
            ("as a text", json!({"email_verified": "false"}), json!({"sub": "1"}), Some(doubted)),
            ("asked, it is doubted", json!({"email_verified": null}), info(json!(false)), Some(doubted)),
            ("asked for, it is doubted", json!({"email": null}), info(json!(false)), Some(doubted)),
            ("nobody says anything of it", json!({"email_verified": null}), json!({"sub": "1"}), Some(doubted)),
            ("another address is verified", json!({"email_verified": null}),
             json!({"sub": "1", "email": "eve@example.org", "email_verified": true}), Some(doubted)),
            ("both say so", json!({"name": null}), info(json!(true)), None),
            ("asked for, it is good", json!({"email": null, "email_verified": null}), info(json!(true)), None),
        ] {
            issuer.plan(|plan| (plan.claims, plan.user_info) = (claims, user_info));
            let answer = issuer.sign_in(&app).await;
            match refusal {
                Some(detail) => check_refused(&app, &answer, 403, detail, name).await,
                None => assert_eq!(who(&app, &answer).await["email"], "ana@example.org", "{name}"),
            }
        }
    }

    // Where people cannot choose their address at the provider, the operator may say so.
    async fn an_operator_may_trust_every_address(app: TestApp) {
        let (app, issuer) = with_issuer(app).await;
        let app = app.with_settings(|settings| {
            settings.oidc.as_mut().unwrap().unverified_email = UnverifiedEmail::Taken;
        });
        for verified in [json!(null), json!(false), json!("false"), json!(true)] {
            issuer.plan(|plan| plan.claims = json!({"email_verified": verified}));
            assert_eq!(who(&app, &issuer.sign_in(&app).await).await["email"], "ana@example.org", "{verified}");
        }
        issuer.plan(|plan| plan.claims = json!({"email": null}));
        let none = issuer.sign_in(&app).await;
        none.refused(403, "The identity provider gives no e-mail address");
    }

    async fn groups_become_teams_that_exist_or_are_listed(app: TestApp) {
        let issuer = Issuer::start().await;
        let app = app.with_settings(|settings| {
            let mut oidc = issuer.settings();
            oidc.groups_claim = Some("groups".to_owned());
            oidc.teams = ["listed".to_owned()].into();
            settings.oidc = Some(oidc);
        });
        app.add_team("crew", &[], &[]).await;
        app.add_team("others", &[], &[]).await;
        let teams = async |answer: &Answer| {
            let teams = who(&app, answer).await["teams"].clone();
            teams.as_array().unwrap().iter().map(|team| team["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        issuer.plan(|plan| plan.claims = json!({"groups": ["listed", "strangers", "crew", "crew", "bad\u{0}"]}));
        assert_eq!(teams(&issuer.sign_in(&app).await).await, ["crew", "listed"]);
        // Left groups are not left teams, and a provider that says nothing in the token is asked.
        issuer.plan(|plan| {
            plan.claims = json!({});
            plan.user_info = json!({"sub": "1", "groups": "others"});
        });
        assert_eq!(teams(&issuer.sign_in(&app).await).await, ["crew", "others", "listed"]);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM team").await, 3);
    }

    async fn without_a_provider_there_is_nothing(app: TestApp) {
        for path in [LOGIN, CALLBACK] {
            let answer = app.request(Method::GET, path, &[], "").await;
            let expected = if path == LOGIN { 404 } else { 400 };
            assert_eq!(answer.status, expected, "{path}: {}", answer.text());
        }
    }

    async fn a_provider_that_cannot_be_used_is_503_and_no_more(app: TestApp) {
        let (mut app, issuer) = with_issuer(app).await;
        let large = json!({"issuer": "x".repeat(2_000_000)}).to_string();
        for (name, path, status, body) in [
            ("it fails", DESCRIPTION, 500, "{}"),
            ("it has no description", DESCRIPTION, 404, "{}"),
            ("it is elsewhere", DESCRIPTION, 302, ""),
            ("it describes nothing", DESCRIPTION, 200, "{}"),
            ("it speaks otherwise", DESCRIPTION, 200, "<html>"),
            ("it never ends", DESCRIPTION, 200, large.as_str()),
            ("its keys fail", "/keys", 502, ""),
            ("its keys are elsewhere", "/keys", 307, ""),
        ] {
            issuer.plan(|plan| plan.instead = [(path, (status, body.to_owned()))].into());
            app = issuer.serve(app);
            let answer = app.request(Method::GET, LOGIN, &[], "").await;
            check_refused(&app, &answer, 503, UNREACHABLE, name).await;
            assert_eq!(header(&answer, "retry-after"), "5", "{name}");
        }
        issuer.plan(|plan| {
            plan.instead.clear();
            plan.description = json!({"issuer": "https://evil.example"});
        });
        app = issuer.serve(app);
        check_refused(&app, &app.request(Method::GET, LOGIN, &[], "").await, 503, UNREACHABLE, "it is another").await;
        // Nobody listens at port 9 of this machine.
        app = app.with_settings(|settings| {
            "http://127.0.0.1:9".clone_into(&mut settings.oidc.as_mut().unwrap().issuer_url);
        });
        check_refused(&app, &app.request(Method::GET, LOGIN, &[], "").await, 503, UNREACHABLE, "it is not there").await;
    }

    async fn a_provider_that_fails_half_way_signs_nobody_in(app: TestApp) {
        let (app, issuer) = with_issuer(app).await;
        let spent = "The identity provider does not know of this sign-in any longer; begin again";
        issuer.plan(|plan| plan.claims = json!({"email": null}));
        for (path, status, body, expected, detail) in [
            ("/token", 500, "", 503, UNREACHABLE),
            ("/token", 400, r#"{"error": "invalid_grant"}"#, 400, spent),
            ("/token", 401, r#"{"error": "invalid_client"}"#, 403, UNTRUSTED),
            ("/token", 302, "", 403, UNTRUSTED),
            ("/token", 200, "{}", 403, UNTRUSTED),
            ("/user-info", 503, "", 503, UNREACHABLE),
            ("/user-info", 401, "", 403, UNTRUSTED),
            ("/user-info", 302, "", 403, UNTRUSTED),
            ("/user-info", 200, "[]", 403, UNTRUSTED),
        ] {
            issuer.plan(|plan| plan.instead = [(path, (status, body.to_owned()))].into());
            let answer = issuer.sign_in(&app).await;
            check_refused(&app, &answer, expected, detail, &format!("{path} {status} {body}")).await;
        }
    }

    async fn a_description_is_kept_for_an_hour_and_used_longer_when_there_is_no_other(app: TestApp) {
        let (mut app, issuer) = with_issuer(app).await;
        for (minutes, expected) in [(0, 1), (1, 1), (59, 1), (61, 2), (62, 2)] {
            app = app.with_clock(at(morning() + TimeDelta::minutes(minutes)));
            issuer.begin(&app, None).await;
            assert_eq!(issuer.count(DESCRIPTION), expected, "{minutes}");
        }
        issuer.plan(|plan| plan.instead = [(DESCRIPTION, (500, String::new()))].into());
        for (seconds, expected) in [(0, 3), (1, 3), (6, 4)] {
            app = app.with_clock(at(morning() + TimeDelta::hours(5) + TimeDelta::seconds(seconds)));
            issuer.begin(&app, None).await;
            assert_eq!(issuer.count(DESCRIPTION), expected, "{seconds}");
        }
    }

    async fn many_at_once_ask_a_provider_once(app: TestApp) {
        let (app, issuer) = with_issuer(app).await;
        join_all((0..10).map(|_| issuer.begin(&app, None))).await;
        assert_eq!((issuer.count(DESCRIPTION), issuer.count("/keys")), (1, 1));
        issuer.plan(|plan| plan.instead = [(DESCRIPTION, (500, String::new()))].into());
        let app = issuer.serve(app);
        let answers = join_all((0..10).map(|_| app.request(Method::GET, LOGIN, &[], ""))).await;
        assert!(answers.iter().all(|answer| answer.status == 503));
        assert_eq!(issuer.count(DESCRIPTION), 2);
    }

    async fn a_provider_may_change_its_keys(app: TestApp) {
        let (app, issuer) = with_issuer(app).await;
        let mut app = app.with_clock(at(morning()));
        who(&app, &issuer.sign_in(&app).await).await;
        issuer.plan(|plan| (plan.keys, plan.signing) = (vec![2, 3], Signing::Key(2)));
        for (seconds, status, fetched) in [(59, 403, 1), (60, 303, 2), (61, 303, 2)] {
            app = app.with_clock(at(morning() + TimeDelta::seconds(seconds)));
            assert_eq!(issuer.sign_in(&app).await.status, status, "{seconds}");
            assert_eq!(issuer.count("/keys"), fetched, "{seconds}");
        }
        // The old one is good no longer.
        issuer.plan(|plan| plan.signing = Signing::Key(1));
        assert_eq!(issuer.sign_in(&app).await.status, 403);
    }

    async fn what_the_provider_says_instead_of_a_code_is_not_told(app: TestApp) {
        let (app, issuer) = with_issuer(app).await;
        let begun = issuer.begin(&app, None).await;
        let state = begun.query["state"].as_str();
        let told = [("error", "access_denied"), ("error_description", "secret"), ("state", state)];
        let answer = come_back(&app, &[("cookie", &begun.cookie)], &told).await;
        check_refused(&app, &answer, 403, "The identity provider did not sign you in", "declined").await;
    }
}
