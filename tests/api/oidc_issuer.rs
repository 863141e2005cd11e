//! A small OpenID Connect provider of the tests' own, which says whatever it is told to say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::Sha256;
use test_observer::integrations::oidc::{OidcSettings, UnverifiedEmail};
use tokio::task::JoinHandle;
use url::Url;
use url::form_urlencoded::{Serializer, parse};

use crate::support::{Answer, TestApp};

pub(crate) const LOGIN: &str = "/v1/auth/oidc/login";
pub(crate) const CALLBACK: &str = "/v1/auth/oidc/callback";
pub(crate) const CLIENT_SECRET: &str = "hunter2";
const REDIRECT: &str = "http://localhost:30001/v1/auth/oidc/callback";

/// Who signs the token.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Signing {
    /// The provider, by one of its keys.
    Key(u8),
    /// Nobody: `alg` is `none`.
    Nobody,
    /// Whoever has the secret of the client.
    Secret,
    /// The provider, but the claims were changed afterwards.
    Before,
    /// The signature was cut off.
    Cut,
}

/// What the provider says.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Changes of its description; null removes.
    pub(crate) description: Value,
    /// Keys that it publishes, each under its number.
    pub(crate) keys: Vec<u8>,
    /// Changes of the token's header.
    pub(crate) header: Value,
    /// Changes of the token's claims.
    pub(crate) claims: Value,
    pub(crate) signing: Signing,
    /// What it answers to a code beside the token; null for no token.
    pub(crate) tokens: Value,
    /// What it answers to whoever has the access token.
    pub(crate) user_info: Value,
    /// Statuses and bodies in the place of the proper answers, by path.
    pub(crate) instead: BTreeMap<&'static str, (u16, String)>,
    nonce: String,
    now: i64,
    asked: Vec<String>,
    exchange: BTreeMap<String, String>,
}

impl Plan {
    fn new() -> Self {
        Self {
            description: json!({}),
            keys: vec![1],
            header: json!({}),
            claims: json!({}),
            signing: Signing::Key(1),
            tokens: json!({}),
            user_info: json!({"sub": "1"}),
            instead: BTreeMap::new(),
            nonce: String::new(),
            now: 0,
            asked: Vec::new(),
            exchange: BTreeMap::new(),
        }
    }
}

/// The provider, as long as the test lasts.
pub(crate) struct Issuer {
    pub(crate) url: String,
    plan: Arc<Mutex<Plan>>,
    task: JoinHandle<()>,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A browser that was sent to the provider.
#[derive(Clone, Debug)]
pub(crate) struct Begun {
    /// The `Cookie` header it comes back with.
    pub(crate) cookie: String,
    /// What it asks the provider for.
    pub(crate) query: BTreeMap<String, String>,
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let plan = Arc::new(Mutex::new(Plan::new()));
        let router = Router::new().fallback(answer).with_state((url.clone(), plan.clone()));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, plan, task }
    }

    /// The application with this provider, which then has not been asked yet.
    pub(crate) fn serve(&self, app: TestApp) -> TestApp {
        app.with_settings(|settings| settings.oidc = Some(self.settings()))
    }

    pub(crate) fn settings(&self) -> OidcSettings {
        OidcSettings {
            issuer_url: self.url.clone(),
            client_id: "test-observer".to_owned(),
            client_secret: Some(CLIENT_SECRET.to_owned()),
            redirect_url: REDIRECT.to_owned(),
            scopes: vec!["email".to_owned(), "profile".to_owned()],
            groups_claim: None,
            teams: BTreeSet::new(),
            unverified_email: UnverifiedEmail::Refused,
        }
    }

    /// Tells the provider what to say.
    pub(crate) fn plan(&self, change: impl FnOnce(&mut Plan)) {
        change(&mut self.plan.lock().unwrap());
    }

    /// How often a path was asked for.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.plan.lock().unwrap().asked.iter().filter(|asked| *asked == path).count()
    }

    /// The form that a code was last exchanged with, and under `authorization` that header.
    pub(crate) fn exchange(&self) -> BTreeMap<String, String> {
        self.plan.lock().unwrap().exchange.clone()
    }

    /// Sends a browser to the provider.
    pub(crate) async fn begin(&self, app: &TestApp, return_to: Option<&str>) -> Begun {
        let answer = app.request(Method::GET, &login_path(return_to), &[], "").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        let location = Url::parse(header(&answer, "location")).unwrap();
        assert_eq!(location.as_str().split('?').next(), Some(format!("{}/auth", self.url).as_str()));
        let query: BTreeMap<String, String> = location.query_pairs().into_owned().collect();
        let now = app.service.clock.now().timestamp();
        self.plan(|plan| (plan.nonce, plan.now) = (query["nonce"].clone(), now));
        Begun { cookie: cookie(&answer, "sign_in").unwrap(), query }
    }

    /// Brings the browser back with a code.
    pub(crate) async fn finish(&self, app: &TestApp, begun: &Begun) -> Answer {
        come_back(app, &[("cookie", &begun.cookie)], &[("code", "abc"), ("state", &begun.query["state"])]).await
    }

    /// There and back.
    pub(crate) async fn sign_in(&self, app: &TestApp) -> Answer {
        let begun = self.begin(app, None).await;
        self.finish(app, &begun).await
    }
}

/// Where a browser begins.
pub(crate) fn login_path(return_to: Option<&str>) -> String {
    let Some(page) = return_to else { return LOGIN.to_owned() };
    format!("{LOGIN}?{}", Serializer::new(String::new()).append_pair("return_to", page).finish())
}

/// A browser that comes back from a provider.
pub(crate) async fn come_back(app: &TestApp, headers: &[(&str, &str)], answer: &[(&str, &str)]) -> Answer {
    let query = Serializer::new(String::new()).extend_pairs(answer).finish();
    app.request(Method::GET, &format!("{CALLBACK}?{query}"), headers, "").await
}

/// The one value of a header.
#[track_caller]
pub(crate) fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    let value = answer.headers.get(name).unwrap_or_else(|| panic!("no {name}: {}", answer.text()));
    value.to_str().unwrap()
}

/// Every `Set-Cookie`.
pub(crate) fn set_cookies(answer: &Answer) -> Vec<&str> {
    answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect()
}

/// What a browser sends along after an answer that sets this cookie: `name=value`.
pub(crate) fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let set = set_cookies(answer).into_iter().find(|cookie| cookie.split('=').next() == Some(name))?;
    Some(set.split(';').next()?.to_owned())
}

async fn answer(
    State((url, plan)): State<(String, Arc<Mutex<Plan>>)>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let path = request.uri().path().to_owned();
    let body = axum::body::to_bytes(request.into_body(), 10_000).await.unwrap();
    let mut plan = plan.lock().unwrap();
    plan.asked.push(path.clone());
    if let Some((status, body)) = plan.instead.get(path.as_str()) {
        let elsewhere = [(header::LOCATION, format!("{url}/elsewhere{path}")), json_type()];
        return (StatusCode::from_u16(*status).unwrap(), elsewhere, body.clone()).into_response();
    }
    match path.trim_start_matches("/elsewhere") {
        "/.well-known/openid-configuration" => Json(changed(description(&url), &plan.description)).into_response(),
        "/keys" => Json(json!({"keys": plan.keys.iter().map(|key| jwk(*key)).collect::<Vec<_>>()})).into_response(),
        "/token" => Json(exchange(&url, &mut plan, &headers, &body)).into_response(),
        "/user-info" if headers.get(header::AUTHORIZATION).is_some_and(|value| value == "Bearer access") => {
            Json(plan.user_info.clone()).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn json_type() -> (header::HeaderName, String) {
    (header::CONTENT_TYPE, "application/json".to_owned())
}

fn description(url: &str) -> Value {
    json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/auth"),
        "token_endpoint": format!("{url}/token"),
        "userinfo_endpoint": format!("{url}/user-info"),
        "jwks_uri": format!("{url}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        // It would sign by anything.
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
    })
}

fn exchange(url: &str, plan: &mut Plan, headers: &HeaderMap, body: &Bytes) -> Value {
    plan.exchange = parse(body).into_owned().collect();
    let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
    plan.exchange.insert("authorization".to_owned(), authorization.unwrap_or_default());
    let claims = json!({
        "iss": url, "aud": "test-observer", "sub": "1", "iat": plan.now, "exp": plan.now + 300, "nonce": plan.nonce,
        "email": "ana@example.org", "email_verified": true, "name": "Ana Lopez",
    });
    let token = sign(plan.signing, &plan.header, &changed(claims, &plan.claims));
    let tokens = json!({"access_token": "access", "token_type": "Bearer", "expires_in": 60, "id_token": token});
    changed(tokens, &plan.tokens)
}

fn sign(signing: Signing, header: &Value, claims: &Value) -> String {
    let (algorithm, key) = match signing {
        Signing::Key(key) => ("ES256", key),
        Signing::Before | Signing::Cut => ("ES256", 1),
        Signing::Nobody => ("none", 0),
        Signing::Secret => ("HS256", 0),
    };
    let header = changed(json!({"alg": algorithm, "kid": key.to_string(), "typ": "JWT"}), header);
    let signed = |claims: &Value| format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let by_key = || {
        let signature: Signature = private_key(key).sign(signed(claims).as_bytes());
        encode(signature.to_bytes())
    };
    let signature = match signing {
        Signing::Key(_) | Signing::Before => by_key(),
        Signing::Nobody | Signing::Cut => String::new(),
        Signing::Secret => {
            let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(CLIENT_SECRET.as_bytes()).unwrap();
            mac.update(signed(claims).as_bytes());
            encode(mac.finalize().into_bytes())
        }
    };
    let told = match signing {
        Signing::Before => changed(claims.clone(), &json!({"email": "eve@example.org"})),
        _ => claims.clone(),
    };
    format!("{}.{signature}", signed(&told))
}

/// Keys are told apart by their number; nobody keeps these secret.
fn private_key(number: u8) -> SigningKey {
    SigningKey::from_slice(&[number; 32]).unwrap()
}

fn jwk(number: u8) -> Value {
    let point = private_key(number).verifying_key().to_sec1_point(false);
    let (x, y) = point.as_bytes()[1..].split_at(32);
    json!({
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": number.to_string(),
        "x": encode(x), "y": encode(y),
    })
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An object with some fields changed; null removes one.
fn changed(mut object: Value, changes: &Value) -> Value {
    let fields = object.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
    object
}
