//! Signing in at a real OpenID Connect provider: the one of the browser tests, in a process of its own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use axum::http::{Method, Request, header};
use serde_json::json;
use test_observer::integrations::http_client::{HttpClient, HttpResponse};
use test_observer::integrations::oidc::{OidcSettings, UnverifiedEmail};
use url::Url;

use crate::oidc_issuer::{LOGIN, cookie, header as header_of};
use crate::support::{Answer, TestApp, both};

const REDIRECT: &str = "http://localhost:30001/v1/auth/oidc/callback";
const CLIENT: [&str; 2] = ["test-observer", "hunter2"];

/// The provider; it ends with the test.
struct Provider {
    child: Child,
    issuer: String,
    /// What it still may have to say: it would fail if nobody held the other end.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Provider {
    fn start() -> Self {
        let mut command = Command::new("node");
        command.arg("end2end/identity/oidc-provider.mjs").args(CLIENT).arg(REDIRECT);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the test needs Node: run it with `make test`");
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut lines = output.by_ref().map_while(Result::ok);
        let issuer = lines.find_map(|line| line.strip_prefix("listening on ").map(str::to_owned));
        let issuer = issuer.expect("the provider did not start: are its packages there? `make setup`");
        Self { child, issuer, _output: output }
    }

    fn serve(&self, app: TestApp) -> TestApp {
        app.with_settings(|settings| {
            settings.oidc = Some(OidcSettings {
                issuer_url: self.issuer.clone(),
                client_id: CLIENT[0].to_owned(),
                client_secret: Some(CLIENT[1].to_owned()),
                redirect_url: REDIRECT.to_owned(),
                scopes: ["email", "profile", "groups"].map(str::to_owned).to_vec(),
                groups_claim: Some("groups".to_owned()),
                teams: ["reviewers".to_owned()].into(),
                unverified_email: UnverifiedEmail::Refused,
            });
        })
    }
}

/// A browser that goes wherever it is sent, one step at a time.
struct Browser {
    http: HttpClient,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn new() -> Self {
        Self { http: HttpClient::new().unwrap(), cookies: BTreeMap::new() }
    }

    /// Goes to an address, with a form or without; where it is sent from there.
    async fn go(&mut self, url: &Url, form: Option<&str>) -> Url {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder()
            .method(if form.is_some() { Method::POST } else { Method::GET })
            .uri(url.as_str())
            .header(header::COOKIE, cookies.join("; "))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.unwrap_or_default().as_bytes().to_vec())
            .unwrap();
        let answer = self.http.send(request).await.unwrap();
        self.keep_cookies(&answer);
        let location = answer.headers().get(header::LOCATION);
        let location = location.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(answer.body())));
        url.join(location.to_str().unwrap()).unwrap()
    }

    fn keep_cookies(&mut self, answer: &HttpResponse) {
        for set in answer.headers().get_all(header::SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// Somebody goes to the provider and fills in its form: where that leads, and the cookie to come back with.
async fn sign_in(app: &TestApp, form: &str) -> (Url, String) {
    let begun = app.request(Method::GET, &format!("{LOGIN}?return_to=/snaps"), &[], "").await;
    let mut browser = Browser::new();
    let form_page = browser.go(&Url::parse(header_of(&begun, "location")).unwrap(), None).await;
    let resume = browser.go(&form_page, Some(form)).await;
    let back = browser.go(&resume, None).await;
    assert!(back.as_str().starts_with(REDIRECT), "{back}");
    (back, cookie(&begun, "sign_in").unwrap())
}

async fn come_back(app: &TestApp, (back, kept): &(Url, String)) -> Answer {
    let path = format!("{}?{}", back.path(), back.query().unwrap());
    app.request(Method::GET, &path, &[("cookie", kept)], "").await
}

both! {
    async fn a_real_provider_signs_people_in(app: TestApp) {
        let provider = Provider::start();
        let app = provider.serve(app);
        let way = sign_in(&app, "name=ana").await;
        let answer = come_back(&app, &way).await;
        assert_eq!((answer.status.as_u16(), header_of(&answer, "location")), (303, "/snaps"), "{}", answer.text());
        let session = cookie(&answer, "session").unwrap();
        let ana = app.as_user(&session, Method::GET, "/v1/users/me", None).await.ok();
        assert_eq!((&ana["email"], &ana["name"]), (&json!("ana@example.org"), &json!("Ana Lopez")));
        let teams = ana["teams"].as_array().unwrap();
        assert_eq!((teams.len(), &teams[0]["name"]), (1, &json!("reviewers")));
        // A code is good once.
        let spent = "The identity provider does not know of this sign-in any longer; begin again";
        come_back(&app, &way).await.refused(400, spent);

        for (form, detail) in [
            ("name=eve", "The identity provider has not verified your e-mail address"),
            ("name=nobody", "The identity provider gives no e-mail address"),
            ("cancel=", "The identity provider did not sign you in"),
        ] {
            let answer = come_back(&app, &sign_in(&app, form).await).await;
            answer.refused(403, detail);
            assert_eq!(cookie(&answer, "session"), None, "{form}");
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM app_user").await, 1);
    }
}
