//! `docs/permissions.md`: who may do what, found out by asking every endpoint as everybody.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;

use app::api::Permission;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::support::{TestApp, both, deb};

const COMMITTED: &str = "docs/permissions.md";
/// The variable that has the page written anew instead of compared.
const UPDATE: &str = "UPDATE_DOCS";
const COMMAND: &str = "UPDATE_DOCS=1 scripts/with-postgres cargo test --test api permission_table";

const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// What is served beside the document.
const UNDOCUMENTED: [&str; 4] = ["/docs", "/docs/assets/{file}", "/docs/start.js", "/openapi.json"];

/// Who asks: the columns of the table.
const COLUMNS: usize = 6;

/// Everything an endpoint is asked with.
struct Endpoint {
    method: Method,
    /// With the names of parameters in braces.
    path: String,
    permissions: Vec<Permission>,
}

/// A caller, as the headers that say who it is.
type Caller = Vec<(&'static str, String)>;

/// Callers by the permissions that the second of each kind has.
type Callers = BTreeMap<Vec<Permission>, [Caller; COLUMNS]>;

/// Where endpoints decide about rights by what a request is about, there has to be something.
struct Targets {
    artefact: i64,
    execution: i64,
}

impl Endpoint {
    /// A request target and a body: about nothing that exists, unless rights depend on what that is.
    fn example(&self, targets: &Targets) -> (String, Value) {
        match (self.method.as_str(), self.path.as_str()) {
            ("PATCH", "/v1/artefacts/{artefact_id}") => (format!("/v1/artefacts/{}", targets.artefact), json!({})),
            ("PUT" | "DELETE", "/v1/artefacts/{artefact_id}/keep") => {
                (format!("/v1/artefacts/{}/keep", targets.artefact), Value::Null)
            }
            ("POST" | "DELETE", "/v1/test-executions/reruns") => {
                (self.path.clone(), json!({"test_execution_ids": [targets.execution]}))
            }
            _ => {
                let segments = self.path.split('/').map(|segment| if segment.starts_with('{') { "0" } else { segment });
                (segments.collect::<Vec<_>>().join("/"), Value::Null)
            }
        }
    }

    fn named_permissions(&self) -> String {
        if self.permissions.is_empty() {
            return "–".to_owned();
        }
        let names: Vec<String> = self.permissions.iter().map(|permission| format!("`{permission}`")).collect();
        names.join(", ")
    }
}

/// Every endpoint, by path and method.
fn endpoints() -> Vec<Endpoint> {
    let document = serde_json::to_value(test_observer::api::document()).unwrap();
    let mut endpoints: Vec<Endpoint> = UNDOCUMENTED
        .iter()
        .map(|path| Endpoint { method: Method::GET, path: (*path).to_owned(), permissions: Vec::new() })
        .collect();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (name, operation) in item.as_object().unwrap() {
            let method = name.to_uppercase().parse().unwrap();
            let permissions = serde_json::from_value(operation["x-permissions"].clone()).unwrap_or_default();
            endpoints.push(Endpoint { method, path: path.clone(), permissions });
        }
    }
    let place = |method: &Method| METHODS.iter().position(|other| other == method);
    endpoints.sort_by_key(|endpoint| (endpoint.path.clone(), place(&endpoint.method)));
    endpoints
}

fn application(key: &str) -> Caller {
    vec![("authorization", format!("Bearer {key}"))]
}

fn user(session: String) -> Caller {
    vec![("cookie", session), ("x-csrf-token", "1".to_owned())]
}

/// Nobody, applications and users without and with the permissions, and an administrator.
async fn make_callers(app: &TestApp, permissions: &[Permission]) -> [Caller; COLUMNS] {
    let number = app.raw.number("SELECT COUNT(*) FROM app_user").await;
    let without = app.add_user(&format!("without{number}")).await;
    let with = app.add_user(&format!("with{number}")).await;
    let admin = app.add_admin(&format!("admin{number}")).await;
    app.add_team(&format!("team{number}"), permissions, &[with]).await;
    [
        Vec::new(),
        application(&app.add_application(&[]).await),
        application(&app.add_application(permissions).await),
        user(app.session(without).await),
        user(app.session(with).await),
        user(app.session(admin).await),
    ]
}

/// Asks an endpoint from another machine; the status.
async fn ask(app: &TestApp, endpoint: &Endpoint, caller: &[(&str, String)], targets: &Targets) -> u16 {
    let (path, body) = endpoint.example(targets);
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let peer = SocketAddr::from(([192, 0, 2, 1], 40_000));
    let mut request = Request::builder().method(endpoint.method.clone()).uri(&path).extension(ConnectInfo(peer));
    for (name, value) in caller {
        request = request.header(*name, value);
    }
    let answer = app.send(request.body(body).unwrap()).await;
    // Nobody has said where people sign in: 503. One endpoint is there to fail.
    let is_unset = path.starts_with("/v1/auth/") && answer.status == 503;
    let is_expected = !answer.status.is_server_error() || is_unset || path == "/sentry-debug";
    assert!(is_expected, "{} {path}: {}", endpoint.method, answer.text());
    answer.status.as_u16()
}

/// How each endpoint answers each caller.
async fn ask_all(
    app: &TestApp,
    endpoints: &[Endpoint],
    callers: &mut Callers,
    targets: &Targets,
) -> Vec<[u16; COLUMNS]> {
    let mut answers = Vec::new();
    for endpoint in endpoints {
        // Where no permission is asked for it is about the caller, who may have another key afterwards, or no session.
        if endpoint.permissions.is_empty() || !callers.contains_key(&endpoint.permissions) {
            callers.insert(endpoint.permissions.clone(), make_callers(app, &endpoint.permissions).await);
        }
        let mut statuses = [0; COLUMNS];
        for (status, caller) in statuses.iter_mut().zip(&callers[&endpoint.permissions]) {
            *status = ask(app, endpoint, caller, targets).await;
        }
        answers.push(statuses);
    }
    answers
}

/// Whatever the committed page says: an endpoint with permissions is closed to those without them, and to nobody else.
fn assert_permissions_decide(endpoints: &[Endpoint], answers: &[[u16; COLUMNS]]) {
    let asked: Vec<_> =
        endpoints.iter().zip(answers).filter(|(endpoint, _)| !endpoint.permissions.is_empty()).collect();
    assert!(asked.len() > 50, "only {} endpoints", asked.len());
    for (endpoint, statuses) in asked {
        let is_refused = statuses.map(|status| status == 403);
        let expected = [true, true, false, true, false, false];
        assert_eq!(is_refused, expected, "{} {}: {statuses:?}", endpoint.method, endpoint.path);
    }
}

fn row(endpoint: &Endpoint, statuses: &[u16; COLUMNS]) -> String {
    let cells = statuses.map(|status| {
        let is_refused = matches!(status, 401 | 403);
        if is_refused { format!(" {status} |") } else { format!(" ✓ {status} |") }
    });
    let (method, path, permissions) = (&endpoint.method, &endpoint.path, endpoint.named_permissions());
    format!("| `{method} {path}` | {permissions} |{}\n", cells.concat())
}

const HEAD: &str = "\
| Endpoint | Permissions | Nobody | Application without | Application with | User without | User with | Administrator |
|---|---|---|---|---|---|---|---|
";

/// The page: everything where only permissions are asked for, and what else is refused where authentication is required.
fn page(endpoints: &[Endpoint], open: &[[u16; COLUMNS]], closed: &[[u16; COLUMNS]]) -> String {
    let mut page = format!(
        "# Who may do what\n
This page is written by a test, which asks every endpoint as each of these callers. After a change of rights write it anew:
`{COMMAND}`.\n
- **Nobody** shows neither a key nor a session. An **application** shows its key, a **user** a session. **Without** means that they
  hold no permission at all; **with**, that they hold those which the row names and no other one: an application by itself, a user
  through a team. An **administrator** is a user who holds every permission. What a user and an application of the same request hold
  adds up.
- **✓** means that the caller may. A number alone, 401 or 403, means that the caller is refused. The requests say nothing, and are about
  things that do not exist: the number behind a ✓ is the answer to that, often 404 or 422. They come from another machine: `/health`
  answers callers on its own, whoever they are.
- Of several permissions, some endpoints ask for the second one only when the request is about many things at once, or about reruns;
  [the API's description](../openapi.json) says when.
- A matching rule can give `change_artefact` and `change_rerun` to the users of its teams, for the artefacts it matches.
- Nobody hands out permissions that they do not hold: whoever gives some to a team, an application or a matching rule, adds somebody to a
  team, or gives an application a new key, has to hold what is given. Only `change_user` is worth more: who holds it makes administrators.
- A user is shown here as a browser with `X-CSRF-Token`. At `/docs` the session's cookie alone suffices.
- Permissions that `IGNORE_PERMISSIONS` lists are asked of nobody. Here it lists none.\n
{HEAD}"
    );
    for (endpoint, statuses) in endpoints.iter().zip(open) {
        page += &row(endpoint, statuses);
    }
    write!(page, "\n## With `REQUIRE_AUTHENTICATION=true`\n\nWhat is different then:\n\n{HEAD}").unwrap();
    for ((endpoint, before), after) in endpoints.iter().zip(open).zip(closed) {
        if before != after {
            page += &row(endpoint, after);
        }
    }
    page
}

both! {
    async fn the_committed_table_says_who_may_do_what(app: TestApp) {
        let endpoints = endpoints();
        let execution = app.start(&deb(&json!({}))).await;
        let targets = Targets { artefact: app.artefact_of(execution).await, execution };
        let mut callers = Callers::new();
        let open = ask_all(&app, &endpoints, &mut callers, &targets).await;
        let app = app.with_settings(|settings| settings.require_authentication = true);
        let closed = ask_all(&app, &endpoints, &mut callers, &targets).await;
        assert_permissions_decide(&endpoints, &open);
        assert_permissions_decide(&endpoints, &closed);
        let page = page(&endpoints, &open, &closed);
        if std::env::var_os(UPDATE).is_some() {
            std::fs::write(COMMITTED, &page).unwrap();
        }
        let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
        let differences = committed.lines().zip(page.lines()).filter(|(committed, found)| committed != found);
        let first = differences.map(|(committed, found)| format!("{committed}\n{found}")).next();
        assert!(committed == page, "{COMMITTED} is stale: write it anew with `{COMMAND}`. {}", first.unwrap_or_default());
    }
}
