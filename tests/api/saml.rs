//! Signing in at a SAML identity provider, and whom nothing makes us believe.

use axum::http::{Method, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde_json::{Value, json};
use test_observer::clock::Clock;
use test_observer::domain::saml::Unsolicited;
use test_observer::service::Service;
use tower::ServiceExt;

use crate::saml_idp::{
    BASE_URL, CONSUMER_URL, Idp, SIGN_IN_URL, Said, Signed, attribute, attribute_of, form, metadata, name_id, sent,
    serve, time,
};
use crate::support::{Answer, TestApp, both};

const LOGIN: &str = "/v1/auth/saml/login";
pub(crate) const LOGOUT: &str = "/v1/auth/saml/logout";
pub(crate) const ACS: &str = "/v1/auth/saml/acs";
pub(crate) const SLS: &str = "/v1/auth/saml/sls";
const DASHBOARD: &str = "https://dash.example";
pub(crate) const SESSIONS: &str = "SELECT COUNT(*) FROM user_session";
const REFUSED: &str = "Authentication failed";
pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// An installation whose people sign in at a provider.
pub(crate) async fn with_idp(app: TestApp) -> (TestApp, Idp) {
    let idp = Idp::start().await;
    let app = app.with_settings(|settings| {
        DASHBOARD.clone_into(&mut settings.frontend_url);
        settings.secure_cookies = true;
        BASE_URL.clone_into(&mut settings.saml.sp_base_url);
        settings.saml.idp_metadata_url = Some(idp.metadata_url.clone());
    });
    (app, idp)
}

/// Each `Set-Cookie` of an answer for the cookie.
pub(crate) fn set_cookies(answer: &Answer, name: &str) -> Vec<String> {
    let cookies = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned());
    cookies.filter(|cookie| cookie.starts_with(&format!("{name}="))).collect()
}

/// The cookie that an answer sets, as a browser sends it back.
pub(crate) fn cookie(answer: &Answer, name: &str) -> Option<String> {
    set_cookies(answer, name).first().and_then(|cookie| cookie.split(';').next()).map(str::to_owned)
}

pub(crate) fn location(answer: &Answer) -> &str {
    answer.headers["location"].to_str().unwrap()
}

/// A browser that was sent to the provider: the id of what it asks there, and its cookie.
pub(crate) async fn begin(app: &TestApp) -> (String, String) {
    let answer = app.request(Method::GET, LOGIN, &[], "").await;
    assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT, "{}", answer.text());
    let (request, _) = sent(location(&answer), "SAMLRequest");
    (attribute_of(&request, "ID"), cookie(&answer, "sign_in").unwrap())
}

/// A browser that comes back with an answer.
pub(crate) async fn post(app: &TestApp, cookie: &str, form: String) -> Answer {
    app.request(Method::POST, ACS, &[FORM, ("cookie", cookie)], form).await
}

/// The whole way: sent there, and back with what the provider says.
pub(crate) async fn sign_in(app: &TestApp, change: impl FnOnce(&mut Said)) -> Answer {
    let (request, attempt) = begin(app).await;
    let mut said = Said::about_ana(Some(&request), app.service.clock.now());
    change(&mut said);
    post(app, &attempt, form(&said.xml(), None)).await
}

/// Who is signed in, by the cookie of an answer.
pub(crate) async fn user_of(app: &TestApp, answer: &Answer) -> Value {
    let session = cookie(answer, "session").unwrap_or_else(|| panic!("no session: {}", answer.text()));
    app.as_user(&session, Method::GET, "/v1/users/me", None).await.ok()
}

/// Holds that an answer signed nobody in.
#[track_caller]
fn assert_refused(answer: &Answer, status: u16, attack: &str) {
    assert_eq!(answer.status.as_u16(), status, "{attack}: {}", answer.text());
    if status == 403 {
        assert_eq!(answer.json(), json!({"detail": REFUSED}), "{attack}");
    }
    assert!(set_cookies(answer, "session").is_empty(), "{attack}");
}

/// An application at a time that a test sets.
fn at(app: TestApp, now: DateTime<Utc>) -> TestApp {
    app.with_clock(Clock::from_fn(move || now))
}

fn now() -> DateTime<Utc> {
    "2031-05-04T03:02:01Z".parse().unwrap()
}

/// What is done, how, and the status it is answered with.
type Attack<F> = (&'static str, F, u16);
type Forge = fn(&Forgery) -> String;

both! {
    async fn a_browser_is_sent_to_the_provider(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        for (query, state) in [
            ("", Some("https://to.example/v1/auth/saml/login")),
            ("?return_to=https%3A%2F%2Fdash.example%2Fsnaps%3Fq%3D%C3%BC", Some("https://dash.example/snaps?q=ü")),
            ("?return_to=https%3A%2F%2Feve.example", Some("https://eve.example")),
            ("?return_to=a&return_to=b", Some("b")),
            ("?return_to=", None),
        ] {
            let answer = app.request(Method::GET, &format!("{LOGIN}{query}"), &[], "").await;
            assert_eq!((answer.status.as_u16(), answer.text().as_str()), (307, ""));
            assert_eq!(answer.headers["cache-control"], "no-store");
            let location = location(&answer);
            assert!(location.starts_with(&format!("{SIGN_IN_URL}&SAMLRequest=")), "{location}");
            let (request, relay_state) = sent(location, "SAMLRequest");
            assert_eq!(relay_state.as_deref(), state, "{query}");
            assert_eq!(attribute_of(&request, "Destination"), SIGN_IN_URL);
            assert_eq!(attribute_of(&request, "AssertionConsumerServiceURL"), CONSUMER_URL);
            assert!(request.contains(&format!("<saml:Issuer>{BASE_URL}</saml:Issuer>")), "{request}");
            for part in [
                " ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\"",
                ":1.1:nameid-format:emailAddress\" AllowCreate=\"true\"/>",
                "<samlp:RequestedAuthnContext Comparison=\"exact\">",
                ":PasswordProtectedTransport</saml:AuthnContextClassRef>",
            ] {
                assert!(request.contains(part), "{part}: {request}");
            }
        }
        let (first, _) = begin(&app).await;
        let (second, _) = begin(&app).await;
        assert!(first != second && first.starts_with("id-") && first.len() == 35, "{first}");
    }

    // What we are called there is what the operator wrote, letter by letter; paths go below it.
    async fn the_entity_id_is_the_base_address_as_it_is_written(app: TestApp) {
        let (mut app, _idp) = with_idp(app).await;
        for base in ["https://to.example", "https://to.example/", "https://TO.example/app/"] {
            app = app.with_settings(|settings| base.clone_into(&mut settings.saml.sp_base_url));
            let answer = app.request(Method::GET, LOGIN, &[], "").await;
            let (request, state) = sent(location(&answer), "SAMLRequest");
            assert!(request.contains(&format!("<saml:Issuer>{base}</saml:Issuer>")), "{request}");
            let below = base.trim_end_matches('/');
            assert_eq!(attribute_of(&request, "AssertionConsumerServiceURL"), format!("{below}{ACS}"));
            assert_eq!(state, Some(format!("{below}{LOGIN}")));
        }
    }

    async fn the_attempt_comes_along_with_a_post_from_the_provider(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let set = |answer: &Answer| set_cookies(answer, "sign_in")[0].split_once("; ").unwrap().1.to_owned();
        let answer = app.request(Method::GET, LOGIN, &[], "").await;
        assert_eq!(set(&answer), "path=/v1/auth; Max-Age=600; httponly; samesite=none; secure");
        let app = app.with_settings(|settings| settings.secure_cookies = false);
        let answer = app.request(Method::GET, LOGIN, &[], "").await;
        assert_eq!(set(&answer), "path=/v1/auth; Max-Age=600; httponly");
    }

    async fn whom_the_provider_vouches_for_is_signed_in(app: TestApp) {
        let (app, idp) = with_idp(app).await;
        idp.show(200, &metadata(&["stranger", "rsa", "p256"]));
        let changes: [fn(&mut Said); 7] = [
            |_| {},
            |said| said.signed = Signed::Response,
            |said| said.signed = Signed::Both,
            |said| (said.algorithm, said.digest) = ("rsa-sha512", "http://www.w3.org/2001/04/xmlenc#sha512"),
            |said| (said.key, said.algorithm) = ("p256", "ecdsa-sha256"),
            |said| said.audiences = vec!["https://other.example", BASE_URL],
            |said| said.destination = None,
        ];
        for change in changes {
            let answer = sign_in(&app, change).await;
            assert_eq!(answer.ok(), json!({"message": "Authentication successful"}));
            let session = &set_cookies(&answer, "session")[0];
            assert!(session.ends_with("; path=/; Max-Age=1209600; httponly; samesite=lax; secure"), "{session}");
            assert!(set_cookies(&answer, "sign_in")[0].starts_with("sign_in=null;"));
            let ana = user_of(&app, &answer).await;
            let shown = json!([ana["email"], ana["name"], ana["launchpad_handle"], ana["teams"], ana["is_admin"]]);
            assert_eq!(shown, json!(["ana@example.org", "Ana Example", null, [], false]));
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM app_user").await, 1);
        assert_eq!(app.raw.number(SESSIONS).await, 7);
    }

    // The name of somebody who is known stays; upper and lower case, and spaces, are other addresses.
    async fn a_user_is_known_by_the_name_id_as_it_stands(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let known = app.add_user("ana").await;
        app.raw.run("UPDATE app_user SET is_admin = TRUE, launchpad_handle = 'ana-e'").await;
        for (email, fullname, expected) in [
            ("ana@example.org", "Ana Renamed", json!(["ana@example.org", "ana", "ana-e", true])),
            ("Ana@example.org", "Ana &amp; Co", json!(["Ana@example.org", "Ana & Co", null, false])),
            (" ana@example.org", "Ana", json!([" ana@example.org", "Ana", null, false])),
            ("ana@example.org<!---->.eve.example", "Eve", json!(["ana@example.org.eve.example", "Eve", null, false])),
        ] {
            // A comment is no part of what is signed, so it is not there when that is done.
            let answer = sign_in_as(&app, email, fullname).await;
            let user = user_of(&app, &answer).await;
            assert_eq!(json!([user["email"], user["name"], user["launchpad_handle"], user["is_admin"]]), expected);
            assert_eq!(user["id"] == known, fullname == "Ana Renamed");
        }
    }

    async fn a_browser_goes_on_to_pages_of_the_dashboard_alone(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        for (state, expected) in [
            ("https://dash.example/snaps/1?q=%C3%BC#run-2", Some("https://dash.example/snaps/1?q=%C3%BC#run-2")),
            ("/snaps", Some("/snaps")),
            ("https://dash.example", Some("https://dash.example")),
            ("http://dash.example/snaps", None),
            ("https://dash.example:8443/", None),
            ("https://eve.example/", None),
            ("https://dash.example@eve.example/", None),
            ("https://dash.example.eve.example/", None),
            ("//eve.example", None),
            ("/\\eve.example", None),
            ("javascript://dash.example/%0aalert(1)", None),
            ("data:text/html,x", None),
            ("snaps", None),
            // Where it came from: it would begin again.
            ("https://dash.example/v1/auth/saml/login", None),
            ("/v1/auth/saml/logout?return_to=x", None),
            ("https://to.example/v1/auth/saml/login", None),
        ] {
            let (request, attempt) = begin(&app).await;
            let said = Said::about_ana(Some(&request), app.service.clock.now());
            let answer = post(&app, &attempt, form(&said.xml(), Some(state))).await;
            assert!(cookie(&answer, "session").is_some(), "{state}");
            match expected {
                Some(page) => assert_eq!((answer.status.as_u16(), location(&answer)), (302, page)),
                None => assert_eq!(answer.ok(), Value::Null, "{state}"),
            }
        }
        let (request, attempt) = begin(&app).await;
        let said = Said::about_ana(Some(&request), app.service.clock.now());
        let answer = post(&app, &attempt, form(&said.xml(), Some(""))).await;
        assert_eq!(answer.ok(), json!({"message": "Authentication successful"}));
    }

    /// Each differs in one thing from what is believed above.
    async fn what_is_not_true_for_us_now_is_refused(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let attacks: &[Attack<fn(&mut Said)>] = &[
            ("unsigned", |said| said.signed = Signed::Nothing, 403),
            ("signed by a stranger", |said| said.key = "stranger", 403),
            ("assertion by a stranger", |said| (said.key, said.signed) = ("stranger", Signed::Both), 403),
            ("an unknown algorithm", |said| said.algorithm = "hmac-sha256", 403),
            ("a weak digest", |said| said.digest = "http://www.w3.org/2000/09/xmldsig#sha1", 403),
            ("another issuer", |said| said.issuer = "https://eve.example", 403),
            ("another issuer of the assertion", |said| said.assertion_issuer = "https://eve.example", 403),
            ("another destination", |said| said.destination = Some("https://other.example/v1/auth/saml/acs"), 403),
            ("our login as destination", |said| said.destination = Some("https://to.example/v1/auth/saml/login"), 403),
            ("signed without a destination", |said| {
                (said.destination, said.signed) = (None, Signed::Response);
            }, 403),
            ("another recipient", |said| said.recipient = "https://other.example/v1/auth/saml/acs", 403),
            ("another audience", |said| said.audiences = vec!["https://other.example"], 403),
            ("an audience that begins like us", |said| said.audiences = vec!["https://to.example.eve.example"], 403),
            ("no audience", |said| said.audiences = vec![], 403),
            ("not yet valid", |said| said.not_before = 120, 403),
            ("expired", |said| said.not_on_or_after = -61, 403),
            ("too late to hand in", |said| said.confirmed_until = Some(-61), 403),
            ("no time to hand in", |said| said.confirmed_until = None, 403),
            ("not for the bearer", |said| said.method = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key", 403),
            ("an answer to another question", |said| said.answers = Some("id-other".to_owned()), 403),
            ("an assertion for another question", |said| said.assertion_answers = Some("id-other".to_owned()), 403),
            ("an assertion for no question", |said| said.assertion_answers = None, 403),
            ("nobody signed in", |said| said.status = "urn:oasis:names:tc:SAML:2.0:status:Responder", 403),
            ("no statement of a sign-in", |said| said.statement = String::new(), 403),
            ("the session there is over", |said| {
                let over = format!(" SessionNotOnOrAfter=\"{}\">", time(said.now, -61));
                said.statement = said.statement.replacen('>', &over, 1);
            }, 403),
            ("another version", |said| said.version = "1.1", 400),
            ("the same id twice", |said| said.response_id.clone_from(&said.assertion_id), 403),
            ("an endless id", |said| said.assertion_id = format!("_{}", "a".repeat(300)), 400),
            ("no name id", |said| said.subject = String::new(), 400),
            ("an empty name id", |said| said.subject = name_id(""), 400),
            ("a name id with parts", |said| said.subject = name_id("ana<b></b>@example.org"), 400),
            ("two name ids", |said| said.subject = [name_id("ana@x.org"), name_id("eve@x.org")].concat(), 400),
            ("no fullname", |said| said.attributes = attribute("email", "ana@example.org"), 400),
            ("an empty fullname", |said| said.attributes = attribute("fullname", " "), 400),
        ];
        for (attack, change, status) in attacks {
            assert_refused(&sign_in(&app, *change).await, *status, attack);
        }
        assert_eq!(app.raw.number(SESSIONS).await, 0);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM app_user").await, 0);
        sign_in(&app, |_| {}).await.ok();
    }

    /// The signature is good, and lies somewhere in the message: it is good for nothing else there.
    async fn a_signature_covers_nothing_but_what_it_signs(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let attacks: &[Attack<Forge>] = &[
            ("forged before", |f| [f.forged.as_str(), &f.signed].concat(), 400),
            ("forged after", |f| [f.signed.as_str(), &f.forged].concat(), 400),
            ("signed inside forged", |f| before_subject(&f.forged, &f.signed), 403),
            ("signed in an extension", |f| {
                format!("<samlp:Extensions>{}</samlp:Extensions>{}", f.signed, f.forged)
            }, 403),
            ("signed in a stranger's element", |f| format!("<x>{}</x>{}", f.signed, f.forged), 403),
            ("signature moved over", |f| before_subject(&f.forged, &f.signature), 403),
            ("signature moved over, with the id", |f| before_subject(&f.with_id, &f.signature), 403),
            ("signed hidden in the signature", |f| {
                let hidden = format!("<ds:Object>{}</ds:Object></ds:Signature>", f.unsigned);
                before_subject(&f.forged, &f.signature.replace("</ds:Signature>", &hidden))
            }, 403),
            ("two signatures", |f| before_subject(&f.signed, &f.signature), 400),
            ("signed text changed", |f| f.signed.replace("ana@", "eve@"), 403),
            ("signed text added", |f| f.signed.replace("<saml:AttributeStatement>", &format!(
                "<saml:AttributeStatement>{}", attribute("fullname", "Eve"),
            )), 403),
            ("encrypted, and we have no key", |f| {
                let opened = f.unsigned.split_once(" ID=").unwrap().0.replace("Assertion", "EncryptedAssertion");
                format!("{opened}/>")
            }, 403),
            ("nothing", |_| String::new(), 400),
        ];
        for (attack, forge, status) in attacks {
            let (request, attempt) = begin(&app).await;
            let said = Said::about_ana(Some(&request), app.service.clock.now());
            let answer = post(&app, &attempt, form(&said.response_around(&forge(&Forgery::of(&said))), None)).await;
            assert_refused(&answer, *status, attack);
        }
        assert_eq!(app.raw.number(SESSIONS).await, 0);
    }

    async fn what_is_no_message_is_told_so(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let (request, attempt) = begin(&app).await;
        let xml = Said::about_ana(Some(&request), app.service.clock.now()).xml();
        let entity = format!("<!DOCTYPE r [<!ENTITY e 'x'>]>{xml}");
        for (body, detail) in [
            (String::new(), "SAMLResponse is missing"),
            ("RelayState=x".to_owned(), "SAMLResponse is missing"),
            (json!({"SAMLResponse": "x"}).to_string(), "SAMLResponse is missing"),
            ("SAMLResponse=".to_owned(), "SAMLResponse cannot be read"),
            ("SAMLResponse=%FF".to_owned(), "SAMLResponse cannot be read"),
            (form("<html>", None), "SAMLResponse cannot be read"),
            (form("<a/>", None), "SAMLResponse cannot be read"),
            (form(&entity, None), "SAMLResponse cannot be read"),
            (form(&xml.replace("</samlp:Response>", ""), None), "SAMLResponse cannot be read"),
            (form(&"<a>".repeat(10_000), None), "SAMLResponse cannot be read"),
        ] {
            post(&app, &attempt, body).await.refused(400, detail);
        }
        let answer = post(&app, &attempt, format!("SAMLResponse={}", "A".repeat(1024 * 1024))).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(app.raw.number(SESSIONS).await, 0);
        // Meanwhile the answer is still good.
        post(&app, &attempt, form(&xml, None)).await.ok();
    }

    async fn an_answer_is_good_once_on_all_servers_together(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let app = at(app, now());
        let (request, attempt) = begin(&app).await;
        let said = Said::about_ana(Some(&request), now());
        let body = form(&said.xml(), None);
        let others = [another_server(&app), another_server(&app)];
        let posts = others.iter().chain([&app.service]).flat_map(|service| [service, service]);
        let answers = join_all(posts.map(|service| post_to(service, &attempt, body.clone()))).await;
        let good = answers.iter().filter(|status| **status == 200).count();
        assert_eq!((good, answers.iter().filter(|status| **status == 403).count()), (1, 5), "{answers:?}");
        assert_refused(&post(&app, &attempt, body.clone()).await, 403, "again");
        // The same assertion in another response is the same assertion.
        let wrapped = Said { response_id: "_other".to_owned(), ..said.clone() };
        assert_refused(&post(&app, &attempt, form(&wrapped.xml(), None)).await, 403, "in another response");
        assert_eq!(app.raw.number(SESSIONS).await, 1);
        // It is remembered as long as it would be believed, and no longer.
        let app = at(app, now() + TimeDelta::seconds(359));
        assert_refused(&post(&app, &attempt, body.clone()).await, 403, "in the last second");
        let app = at(app, now() + TimeDelta::seconds(360));
        sign_in(&app, |_| {}).await.ok();
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM saml_assertion").await, 1);
        assert_refused(&post(&app, &attempt, body).await, 403, "too late");
    }

    async fn nobody_is_signed_in_who_did_not_ask(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let app = at(app, now());
        let (request, attempt) = begin(&app).await;
        let answers = |request: Option<&str>| form(&Said::about_ana(request, now()).xml(), None);
        let (other, _) = begin(&app).await;
        for (attack, cookie, body) in [
            ("an answer that nobody asked for", attempt.as_str(), answers(None)),
            ("the answer to somebody else", attempt.as_str(), answers(Some(&other))),
            ("without the cookie of the attempt", "", answers(Some(&request))),
            ("with a forged cookie", "sign_in=1988766121.aWQtMQ.AAAA", answers(Some("id-1"))),
        ] {
            assert_refused(&post(&app, cookie, body).await, 403, attack);
        }
        let later = at(app, now() + TimeDelta::seconds(601));
        let late = Said::about_ana(Some(&request), later.service.clock.now()).xml();
        assert_refused(&post(&later, &attempt, form(&late, None)).await, 403, "after ten minutes");
        assert_eq!(later.raw.number(SESSIONS).await, 0);
    }

    async fn people_may_come_from_the_provider_where_that_is_wanted(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let app = app.with_settings(|settings| settings.saml.unsolicited = Unsolicited::Taken);
        let (request, attempt) = begin(&app).await;
        let now = app.service.clock.now();
        let unasked = Said::about_ana(None, now).xml();
        user_of(&app, &post(&app, "", form(&unasked, None)).await).await;
        assert_refused(&post(&app, "", form(&unasked, None)).await, 403, "again");
        user_of(&app, &post(&app, &attempt, form(&Said::about_ana(None, now).xml(), None)).await).await;
        // What answers a question still has to be asked by this browser.
        for (cookie, request) in [("", request.as_str()), (attempt.as_str(), "id-other")] {
            let answer = post(&app, cookie, form(&Said::about_ana(Some(request), now).xml(), None)).await;
            assert_refused(&answer, 403, request);
        }
        assert_eq!(app.raw.number(SESSIONS).await, 2);
    }

    async fn new_keys_are_learnt_and_old_ones_forgotten(app: TestApp) {
        let (app, idp) = with_idp(app).await;
        let app = at(app, now());
        sign_in(&app, |_| {}).await.ok();
        idp.show(200, &metadata(&["stranger"]));
        // Nobody makes us ask again and again.
        for _ in 0..3 {
            assert_refused(&sign_in(&app, |said| said.key = "stranger").await, 403, "not known yet");
        }
        assert_eq!(idp.times_asked(), 1);
        let app = at(app, now() + TimeDelta::seconds(61));
        sign_in(&app, |said| said.key = "stranger").await.ok();
        assert_refused(&sign_in(&app, |_| {}).await, 403, "the old key");
        assert_eq!(idp.times_asked(), 2);
        // In the background; a provider that does not answer is used as it was known last.
        idp.show(503, "down");
        app.service.refresh_saml_provider().await;
        sign_in(&app, |said| said.key = "stranger").await.ok();
        idp.show(200, &metadata(&["rsa"]));
        app.service.refresh_saml_provider().await;
        sign_in(&app, |_| {}).await.ok();
        assert_eq!(idp.times_asked(), 4);
    }

    async fn without_a_provider_nobody_signs_in(app: TestApp) {
        let (app, idp) = with_idp(app).await;
        let app = at(app, now());
        let unsaid = "SAML authentication is not configured";
        let (get, post) = (Method::GET, Method::POST);
        let all = [(&get, LOGIN), (&get, LOGOUT), (&post, ACS), (&get, SLS), (&post, SLS)];
        let old = metadata(&["rsa"]).replace(" entityID", " validUntil=\"2031-05-04T03:02:00Z\" entityID");
        for (round, (status, text)) in
            [(503, "down"), (404, "<html/>"), (200, "<html/>"), (200, ""), (200, old.as_str())].into_iter().enumerate()
        {
            idp.show(status, text);
            for (method, path) in all {
                app.request(method.clone(), path, &[FORM], form("<a/>", None)).await.refused(503, unsaid);
            }
            // It was asked once, and is then left alone for a while.
            assert_eq!(idp.times_asked(), round + 1);
            app.service.refresh_saml_provider().await;
            assert_eq!(idp.times_asked(), round + 2);
        }
        let app = app.with_settings(|settings| settings.saml.idp_metadata_url = None);
        for (method, path) in all {
            app.request(method.clone(), path, &[FORM], form("<a/>", None)).await.refused(503, unsaid);
        }
        let app = app.with_settings(|settings| settings.saml.idp_metadata_url = Some("http://127.0.0.1:1/".to_owned()));
        app.request(Method::GET, LOGIN, &[], "").await.refused(503, unsaid);
        let app = app.with_settings(|settings| settings.saml.idp_metadata_url = Some(idp.metadata_url.clone()));
        idp.show(200, &metadata(&["rsa"]));
        sign_in(&app, |_| {}).await.ok();
    }

    async fn without_launchpad_people_sign_in_without_its_teams(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let mut app = app;
        let nameless = r#"{"name": "", "display_name": ""}"#;
        for (status, text) in [(503, "down"), (200, "<html>"), (200, nameless), (404, "")] {
            let launchpad = serve(move |_| (status, text.to_owned())).await;
            app = app.with_settings(|settings| settings.launchpad_api_url = Some(launchpad));
            let ana = user_of(&app, &sign_in(&app, |_| {}).await).await;
            assert_eq!((&ana["launchpad_handle"], &ana["teams"]), (&Value::Null, &json!([])), "{text}");
        }
    }
}

/// Signs in as somebody whose texts may hold comments: they are no part of what is signed.
async fn sign_in_as(app: &TestApp, email: &str, fullname: &str) -> Answer {
    let (request, attempt) = begin(app).await;
    let mut said = Said::about_ana(Some(&request), app.service.clock.now());
    said.subject = name_id(&email.replace("<!---->", ""));
    said.attributes = attribute("fullname", fullname);
    let xml = said.xml().replace(&name_id(&email.replace("<!---->", "")), &name_id(email));
    post(app, &attempt, form(&xml, None)).await
}

/// What somebody has who once got a signed assertion: it, its signature, and others that look like it.
pub(crate) struct Forgery {
    pub(crate) signed: String,
    pub(crate) signature: String,
    unsigned: String,
    pub(crate) forged: String,
    with_id: String,
}

impl Forgery {
    pub(crate) fn of(said: &Said) -> Self {
        let unsigned = said.assertion();
        let with_id = unsigned.replace("ana@", "eve@");
        Self {
            signed: said.sign(&unsigned, &said.assertion_id),
            signature: said.signature(&unsigned, &said.assertion_id),
            forged: with_id.replace(&format!("\"{}\"", said.assertion_id), "\"_forged\""),
            with_id,
            unsigned,
        }
    }
}

/// An assertion with something in front of its subject, where a signature lies.
pub(crate) fn before_subject(assertion: &str, content: &str) -> String {
    assertion.replace("<saml:Subject>", &format!("{content}<saml:Subject>"))
}

/// Another server on the same database.
fn another_server(app: &TestApp) -> Service {
    Service::new(app.service.db.clone(), app.service.clock.clone(), (*app.service.settings).clone())
}

/// The status that a server gives to an answer of the provider.
async fn post_to(service: &Service, cookie: &str, body: String) -> u16 {
    let request = axum::http::Request::post(ACS).header("cookie", cookie).header(FORM.0, FORM.1);
    let router = test_observer::api::router(service.clone(), test_observer::api::DEFAULT_MAX_BODY_BYTES);
    router.oneshot(request.body(axum::body::Body::from(body)).unwrap()).await.unwrap().status().as_u16()
}
