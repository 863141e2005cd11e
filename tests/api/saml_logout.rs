//! Signing out at a SAML identity provider, and being signed out by it.

use axum::http::{Method, StatusCode};
use serde_json::Value;

use crate::saml::{FORM, LOGOUT, SESSIONS, SLS, cookie, location, set_cookies, sign_in, with_idp};
use crate::saml_idp::{BASE_URL, ENTITY_ID, SIGN_OUT_URL, attribute_of, logout, metadata, name_id, query, sent};
use crate::support::both;

both! {
    async fn signing_out_ends_the_session_here_and_asks_the_provider(app: TestApp) {
        let (app, idp) = with_idp(app).await;
        let answer = sign_in(&app, |_| {}).await;
        let session = cookie(&answer, "session").unwrap();
        // A browser that follows a link sends the cookie, and not the header that pages send.
        let answer = app.request(Method::GET, &format!("{LOGOUT}?return_to=/snaps"), &[("cookie", &session)], "").await;
        assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT);
        assert!(location(&answer).starts_with(&format!("{SIGN_OUT_URL}?SAMLRequest=")));
        let (request, state) = sent(location(&answer), "SAMLRequest");
        assert!(request.starts_with("<samlp:LogoutRequest "), "{request}");
        assert_eq!(attribute_of(&request, "Destination"), SIGN_OUT_URL);
        assert!(request.contains(":emailAddress\">ana@example.org</saml:NameID>"), "{request}");
        assert_eq!(state.as_deref(), Some("/snaps"));
        let gone = "session=null; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly; samesite=lax; secure";
        assert_eq!(set_cookies(&answer, "session"), [gone]);
        assert_eq!(app.as_user(&session, Method::GET, "/v1/users/me", None).await.ok(), Value::Null);
        assert_eq!(app.raw.number(SESSIONS).await, 0);
        // Nobody is signed in any longer, but the cookie is still there; then neither.
        for (cookie, is_cleared) in [(session.as_str(), true), ("session=x", false), ("", false)] {
            let answer = app.request(Method::GET, LOGOUT, &[("cookie", cookie)], "").await;
            let (request, state) = sent(location(&answer), "SAMLRequest");
            assert!(request.contains(&format!("nameid-format:entity\">{ENTITY_ID}</saml:NameID>")), "{request}");
            assert_eq!(state.as_deref(), Some("https://to.example/v1/auth/saml/logout"));
            assert_eq!(!set_cookies(&answer, "session").is_empty(), is_cleared, "{cookie}");
        }
        // Whatever the provider does, the session is over.
        let session = cookie(&sign_in(&app, |_| {}).await, "session").unwrap();
        let alone = metadata(&["rsa"]).replace("SingleLogoutService", "ArtifactResolutionService");
        idp.show(200, &alone);
        app.service.refresh_saml_provider().await;
        let answer = app.request(Method::GET, &format!("{LOGOUT}?return_to=/snaps"), &[("cookie", &session)], "").await;
        assert_eq!((answer.status.as_u16(), location(&answer)), (307, "/snaps"));
        assert_eq!(app.request(Method::GET, LOGOUT, &[], "").await.ok(), Value::Null);
        assert_eq!(app.raw.number(SESSIONS).await, 0);
        let user = app.add_user("kim").await;
        let session = app.session(user).await;
        let app = app.with_settings(|settings| settings.saml.idp_metadata_url = None);
        let answer = app.request(Method::GET, LOGOUT, &[("cookie", &session)], "").await;
        answer.refused(503, "SAML authentication is not configured");
        assert_eq!(set_cookies(&answer, "session"), [gone]);
        assert_eq!(app.raw.number(SESSIONS).await, 0);
    }

    async fn who_comes_back_signed_out_goes_on(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let own = "https://to.example/v1/auth/saml/sls";
        let now = app.service.clock.now();
        let success = "urn:oasis:names:tc:SAML:2.0:status:Success";
        let ok = &format!("<samlp:Status><samlp:StatusCode Value=\"{success}\"/></samlp:Status>");
        let response = logout("LogoutResponse", ENTITY_ID, own, ok, now);
        let request = logout("LogoutRequest", ENTITY_ID, own, &name_id("ana@example.org"), now);
        let by = |state, key| query("SAMLResponse", &response, state, key);
        let page = Some("/snaps");
        let signed = by(page, Some("rsa"));
        let bad = (400, Some("Logout failed"), None);
        for (name, query, (status, detail, to)) in [
            ("a response", by(page, None), (302, None, page)),
            ("a signed response", signed.clone(), (302, None, page)),
            ("a response without a page", by(None, Some("rsa")), (200, None, None)),
            ("another's page", by(Some("https://eve.example"), None), (200, None, None)),
            ("an unsigned request", query("SAMLRequest", &request, page, None), (302, None, page)),
            ("signed by a stranger", by(page, Some("stranger")), bad),
            ("signed for another page", signed.replace("%2Fsnaps", "%2Fdebs"), bad),
            ("signature without an algorithm", signed.replace("SigAlg=", "Sig="), bad),
            ("another issuer", query("SAMLResponse", &response.replace(ENTITY_ID, "https://x"), page, None), bad),
            ("another destination", query("SAMLResponse", &response.replace(own, BASE_URL), page, None), bad),
            ("failed", query("SAMLResponse", &response.replace(":Success", ":Responder"), page, None), bad),
            ("no message", "SAMLResponse=x".to_owned(), bad),
            ("both", format!("{signed}&SAMLRequest=x"), bad),
            ("neither", "RelayState=/snaps".to_owned(), (400, Some("SAMLResponse or SAMLRequest is missing"), None)),
        ] {
            for method in [Method::GET, Method::POST] {
                let answer = app.request(method, &format!("{SLS}?{query}"), &[FORM], "").await;
                assert_eq!(answer.status.as_u16(), status, "{name}: {}", answer.text());
                assert_eq!(answer.headers.get("location").map(|location| location.to_str().unwrap()), to, "{name}");
                if let Some(detail) = detail {
                    answer.refused(400, detail);
                }
            }
        }
        // A form holds no message, but it says where to go on.
        let answer = app.request(Method::POST, SLS, &[FORM], by(page, None)).await;
        answer.refused(400, "SAMLResponse or SAMLRequest is missing");
        let answer = app.request(Method::POST, &format!("{SLS}?{}", by(page, None)), &[FORM], "RelayState=/debs").await;
        assert_eq!((answer.status.as_u16(), location(&answer)), (302, "/debs"));
    }

    async fn the_provider_itself_signs_people_out_when_it_signs_that(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let session = cookie(&sign_in(&app, |_| {}).await, "session").unwrap();
        let own = "https://to.example/v1/auth/saml/sls";
        let request =
            logout("LogoutRequest", ENTITY_ID, own, &name_id("ana@example.org"), app.service.clock.now());
        let unsigned = format!("{SLS}?{}", query("SAMLRequest", &request, Some("there"), None));
        app.request(Method::GET, &unsigned, &[("cookie", &session)], "").await.ok();
        assert_eq!(app.raw.number(SESSIONS).await, 1);
        let signed = format!("{SLS}?{}", query("SAMLRequest", &request, Some("there"), Some("rsa")));
        for _ in 0..2 {
            let answer = app.request(Method::GET, &signed, &[("cookie", &session)], "").await;
            assert_eq!(answer.status, StatusCode::FOUND);
            assert_eq!(set_cookies(&answer, "session").len(), 1);
            let (response, state) = sent(location(&answer), "SAMLResponse");
            assert!(location(&answer).starts_with(&format!("{SIGN_OUT_URL}?")));
            assert_eq!((attribute_of(&response, "InResponseTo").as_str(), state.as_deref()), ("_out", Some("there")));
            assert!(response.starts_with("<samlp:LogoutResponse ") && response.contains(":status:Success\""));
            assert_eq!(app.raw.number(SESSIONS).await, 0);
        }
    }
}
