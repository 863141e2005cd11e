//! The order in which a request is judged, and what each refusal looks like.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, both, deb, snap};

const JSON: (&str, &str) = ("content-type", "application/json");

const TEXT: (&str, &str) = ("content-type", "text/plain");

const METHODS: [Method; 5] = [Method::GET, Method::PUT, Method::POST, Method::PATCH, Method::DELETE];

/// Paths that are served beside those of the document, all of them to be read only.
const UNDOCUMENTED: [&str; 4] = ["/openapi.json", "/docs", "/docs/start.js", "/docs/assets/1"];

/// Fails on purpose, for whoever may see that.
const SENTRY_DEBUG: &str = "/sentry-debug";

/// Operations that look at what a request is about before they decide about rights.
const DECIDED_LATER: [&str; 5] = [
    "patch_artefact_v1_artefacts__artefact_id__patch",
    "put_keep_v1_artefacts__artefact_id__keep_put",
    "delete_keep_v1_artefacts__artefact_id__keep_delete",
    "create_rerun_requests_v1_test_executions_reruns_post",
    "delete_rerun_requests_v1_test_executions_reruns_delete",
];

/// An operation of the document: the tests take them from there, so that none is forgotten.
struct Endpoint {
    method: Method,
    /// With the names of parameters in braces.
    path: String,
    operation: Value,
}

impl Endpoint {
    /// Its path with this in place of each parameter.
    fn at(&self, id: &str) -> String {
        let segments = self.path.split('/').map(|segment| if segment.starts_with('{') { id } else { segment });
        segments.collect::<Vec<_>>().join("/")
    }

    /// A request target that is wrong in every parameter: ids that are no integers, and texts that nothing may be.
    fn wrong(&self) -> String {
        let query: Vec<String> = self.parameters("query").iter().map(|name| format!("{name}=%00")).collect();
        format!("{}?{}", self.at("abc"), query.join("&"))
    }

    /// Whether a path is one of its own.
    fn fits(&self, path: &str) -> bool {
        let (own, found): (Vec<&str>, Vec<&str>) = (self.path.split('/').collect(), path.split('/').collect());
        own.len() == found.len() && own.iter().zip(&found).all(|(own, found)| own.starts_with('{') || own == found)
    }

    /// The names of its parameters in the `path` or the `query`.
    fn parameters(&self, place: &str) -> Vec<&str> {
        let all = self.operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        all.iter().filter(|it| it["in"] == place).map(|it| it["name"].as_str().unwrap()).collect()
    }

    fn takes_body(&self) -> bool {
        self.operation["requestBody"].is_object()
    }

    fn takes_list(&self) -> bool {
        self.operation["requestBody"]["content"]["application/json"]["schema"]["type"] == "array"
    }

    /// Whether rights are the first thing that is looked at.
    fn is_gated(&self) -> bool {
        let id = self.operation["operationId"].as_str().unwrap();
        self.operation["x-permissions"].is_array() && !DECIDED_LATER.contains(&id)
    }
}

/// The operations like that.
fn endpoints(is_meant: impl Fn(&Endpoint) -> bool) -> Vec<Endpoint> {
    let document = serde_json::to_value(test_observer::api::document()).unwrap();
    let mut endpoints = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (name, operation) in item.as_object().unwrap() {
            let method = name.to_uppercase().parse().unwrap();
            endpoints.push(Endpoint { method, path: path.clone(), operation: operation.clone() });
        }
    }
    endpoints.retain(is_meant);
    assert!(endpoints.len() > 10, "only {} operations", endpoints.len());
    endpoints
}

/// Every path that is served, with an id in place of each parameter, and its methods. Where other operations have an id
/// there can be a fixed word: then their methods are methods of its path too.
fn served_paths() -> Vec<(String, BTreeSet<String>)> {
    let all = endpoints(|_| true);
    let paths: BTreeSet<String> = all.iter().map(|endpoint| endpoint.at("1")).collect();
    let mut served = Vec::from(UNDOCUMENTED.map(|path| (path.to_owned(), BTreeSet::from(["GET".to_owned()]))));
    for path in paths {
        let own = all.iter().filter(|endpoint| endpoint.fits(&path));
        let methods = own.map(|endpoint| endpoint.method.to_string()).collect();
        served.push((path, methods));
    }
    served
}

/// The methods that an answer says are supported.
fn allowed(answer: &Answer) -> BTreeSet<String> {
    answer.headers["allow"].to_str().unwrap().split(',').map(|method| method.trim().to_owned()).collect()
}

/// Sends bytes with the key of the application, and these headers beside it.
async fn send(app: &TestApp, method: Method, path: &str, headers: &[(&str, &str)], body: &'static str) -> Answer {
    let bearer = format!("Bearer {}", app.key);
    let headers = [&[("authorization", bearer.as_str())], headers].concat();
    app.request(method, path, &headers, body).await
}

both! {
    async fn unknown_paths_are_not_found_for_anybody(app: TestApp) {
        app.start(&deb(&json!({}))).await;
        for path in [
            "/v1",
            "/v1/",
            "/v1/nonsense",
            "/v1/artefacts/1/nonsense",
            "/V1/artefacts",
            "//v1/artefacts",
            "/health",
            "/redocs",
            "/metrics",
        ] {
            for method in METHODS {
                // Even with a body that is no JSON.
                let answer = app.request(method.clone(), path, &[JSON], "{").await;
                answer.refused(404, "Not Found");
                assert_eq!(answer.headers["content-type"], "application/json", "{method} {path}");
            }
        }
    }

    async fn what_nearly_is_a_path_is_unknown(app: TestApp) {
        let known = endpoints(|_| true);
        for path in known.iter().map(|endpoint| endpoint.at("1")).collect::<BTreeSet<_>>() {
            let segments: Vec<&str> = path.split('/').skip(1).collect();
            let mut near = vec![format!("{path}/nonsense")];
            for (place, segment) in segments.iter().enumerate() {
                let misspelt = format!("{segment}x");
                let mut others = segments.clone();
                others[place] = misspelt.as_str();
                near.push(format!("/{}", others.join("/")));
            }
            // In the place of an id it is an id.
            near.retain(|path| !known.iter().any(|endpoint| endpoint.fits(path)));
            assert!(!near.is_empty(), "{path}");
            for (path, method) in near.iter().flat_map(|path| METHODS.map(|method| (path, method))) {
                let answer = app.request(method.clone(), path, &[JSON], "{").await;
                assert_eq!(answer.status, 404, "{method} {path}");
                answer.refused(404, "Not Found");
                assert_eq!(answer.headers["content-type"], "application/json", "{method} {path}");
                assert!(!answer.headers.contains_key("allow"), "{method} {path}");
            }
        }
    }

    async fn a_slash_at_the_end_makes_a_path_unknown(app: TestApp) {
        app.start(&deb(&json!({}))).await;
        for (path, methods) in served_paths() {
            if path == "/" {
                continue;
            }
            for method in methods {
                let answer = app.request(method.parse().unwrap(), &format!("{path}/"), &[JSON], "{").await;
                answer.refused(404, "Not Found");
            }
        }
    }

    async fn unsupported_methods_are_told_which_ones_are(app: TestApp) {
        for (path, methods) in served_paths() {
            for method in METHODS {
                if methods.contains(method.as_str()) {
                    continue;
                }
                // Before the body, and before the rights.
                let answer = app.request(method.clone(), &path, &[JSON], "{").await;
                answer.refused(405, "Method Not Allowed");
                assert_eq!(allowed(&answer), methods, "{method} {path}");
            }
        }
    }

    async fn there_is_no_head(app: TestApp) {
        for (path, methods) in served_paths() {
            let answer = app.request(Method::HEAD, &path, &[], "").await;
            assert_eq!((answer.status.as_u16(), answer.bytes.len()), (405, 0), "{path}");
            assert_eq!(allowed(&answer), methods, "{path}");
        }
        for path in ["/v1/artefacts/", "/v1/nonsense"] {
            let answer = app.request(Method::HEAD, path, &[], "").await;
            assert_eq!((answer.status.as_u16(), answer.bytes.len()), (404, 0), "{path}");
            assert!(!answer.headers.contains_key("allow"), "{path}");
        }
    }

    async fn broken_json_comes_before_rights(app: TestApp) {
        for endpoint in endpoints(Endpoint::takes_body) {
            let (method, path) = (endpoint.method.clone(), endpoint.wrong());
            let problems = app.request(method.clone(), &path, &[JSON], "{\"a\": }").await.problems();
            assert_eq!(problems, [("json_invalid".to_owned(), json!(["body", 6]))], "{method} {path}");
        }
    }

    async fn rights_come_before_everything_else_that_is_wrong(app: TestApp) {
        let bodies = ["", "null", "[]", "{}", "5", "{\"family\": \"nonsense\"}", "[{}]"];
        for endpoint in endpoints(Endpoint::is_gated) {
            let (method, path, takes_body) = (endpoint.method.clone(), endpoint.wrong(), endpoint.takes_body());
            let bodies = if takes_body { &bodies[..] } else { &bodies[..1] };
            for body in bodies {
                let answer = app.request(method.clone(), &path, &[JSON], *body).await;
                answer.refused(403, "Insufficient permissions");
            }
            let answer = app.request(method.clone(), &path, &[TEXT], "{").await;
            answer.refused(403, "Insufficient permissions");
            // The same with rights is judged on; what takes nothing has nothing wrong.
            let takes_parameters = ["path", "query"].iter().any(|place| !endpoint.parameters(place).is_empty());
            let sound = if endpoint.path == SENTRY_DEBUG { 500 } else { 200 };
            let expected = if takes_body || takes_parameters { 422 } else { sound };
            let status = send(&app, method.clone(), &path, &[JSON], if takes_body { "5" } else { "" }).await.status;
            assert_eq!(status, expected, "{method} {path}");
        }
    }

    async fn rights_come_before_existence(app: TestApp) {
        let looks_up = |it: &Endpoint| it.operation["responses"]["404"].is_object();
        for endpoint in endpoints(|it| it.is_gated() && looks_up(it) && !it.takes_body()) {
            let (method, path) = (endpoint.method.clone(), endpoint.at("99"));
            app.request(method.clone(), &path, &[], "").await.refused(403, "Insufficient permissions");
            assert_eq!(send(&app, method.clone(), &path, &[], "").await.status, 404, "{method} {path}");
        }
    }

    async fn every_bad_id_is_told_together_with_the_body(app: TestApp) {
        for endpoint in endpoints(|it| it.takes_body() && !it.parameters("path").is_empty()) {
            let (method, path) = (endpoint.method.clone(), endpoint.at("abc"));
            let ids = endpoint.parameters("path").into_iter().map(|name| ("int_parsing", json!(["path", name])));
            let mut expected: Vec<_> = ids.chain([("missing", json!(["body"]))]).collect();
            expected.sort_by_key(|problem| format!("{problem:?}"));
            let mut problems = send(&app, method.clone(), &path, &[JSON], "").await.problems();
            problems.sort_by_key(|problem| format!("{problem:?}"));
            let expected: Vec<_> = expected.into_iter().map(|(kind, loc)| (kind.to_owned(), loc)).collect();
            assert_eq!(problems, expected, "{method} {path}");
        }
    }

    async fn problems_of_path_and_body_are_told_together(app: TestApp) {
        for (method, path, body, expected) in [
            (Method::PATCH, "/v1/test-executions/x", "{\"status\": 1}", vec![
                ("int_parsing", json!(["path", "id"])),
                ("enum", json!(["body", "status"])),
            ]),
            (Method::PATCH, "/v1/test-executions/start-test", "{\"status\": 1}", vec![
                ("int_parsing", json!(["path", "id"])),
            ]),
            (Method::POST, "/v1/test-executions/x/test-results", "[{\"name\": \"a\"}]", vec![
                ("int_parsing", json!(["path", "id"])),
                ("missing", json!(["body", 0, "status"])),
            ]),
            (Method::POST, "/v1/test-executions/x/links", "", vec![
                ("int_parsing", json!(["path", "id"])),
                ("missing", json!(["body"])),
            ]),
        ] {
            let problems = send(&app, method, path, &[JSON], body).await.problems();
            let expected: Vec<_> = expected.into_iter().map(|(kind, loc)| (kind.to_owned(), loc)).collect();
            assert_eq!(problems, expected, "{path}");
        }
    }

    async fn a_problem_has_the_shape_that_clients_read(app: TestApp) {
        let body = json!({"label": 5, "url": "ftp://x/"});
        let answer = app.post("/v1/test-executions/1/links", &body).await;
        assert_eq!(answer.headers["content-type"], "application/json");
        let mut detail = answer.json()["detail"].as_array().unwrap().clone();
        detail.sort_by_key(|problem| problem["type"].to_string());
        let expected = json!([
            {"type": "string_type", "loc": ["body", "label"], "msg": "Input should be a valid string", "input": 5},
            {"type": "url_scheme", "loc": ["body", "url"], "msg": "URL scheme should be 'http' or 'https'",
             "input": "ftp://x/", "ctx": {"expected_schemes": "'http' or 'https'"}},
        ]);
        assert_eq!(json!(detail), expected);
    }

    async fn an_absent_body_is_missing(app: TestApp) {
        // That there is no such artefact would come before what is wrong with the change of one.
        app.start(&snap(&json!({}))).await;
        for endpoint in endpoints(Endpoint::takes_body) {
            let (method, path) = (endpoint.method.clone(), endpoint.at("1"));
            for (headers, body) in [(&[JSON][..], ""), (&[], ""), (&[JSON], "null"), (&[], " null ")] {
                let answer = send(&app, method.clone(), &path, headers, body).await;
                assert_eq!(answer.problems(), [("missing".to_owned(), json!(["body"]))], "{path}");
                let problem = answer.json()["detail"][0].clone();
                assert_eq!(problem.get("input"), Some(&Value::Null), "{path}");
                assert_eq!(problem["msg"], "Field required");
            }
        }
    }

    async fn bodies_are_json_by_their_type_or_without_one(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let change = format!("/v1/test-executions/{id}");
        let report = format!("{change}/test-results");
        for (content_type, is_json) in [
            (None, true),
            (Some("application/json"), true),
            (Some("application/json; charset=utf-8"), true),
            (Some("Application/JSON"), true),
            (Some("application/merge-patch+json"), true),
            (Some("text/plain"), false),
            (Some("text/json"), false),
            (Some("application/x-www-form-urlencoded"), false),
            (Some("multipart/form-data; boundary=x"), false),
        ] {
            let headers: Vec<_> = content_type.iter().map(|value| ("content-type", *value)).collect();
            for (method, path, body, kind) in [
                (Method::PATCH, &change, "{}", "model_attributes_type"),
                (Method::POST, &report, "[]", "list_type"),
            ] {
                let answer = send(&app, method.clone(), path, &headers, body).await;
                if is_json {
                    answer.ok();
                    continue;
                }
                assert_eq!(answer.problems(), [(kind.to_owned(), json!(["body"]))], "{content_type:?}");
                // What calls itself something else is not read as JSON, broken or not.
                let answer = send(&app, method, path, &headers, "{").await;
                assert_eq!(answer.problems(), [(kind.to_owned(), json!(["body"]))], "{content_type:?}");
            }
        }
    }

    async fn broken_json_is_placed_by_character(app: TestApp) {
        for (body, offset) in [
            ("{", 1),
            ("{\"a\": }", 6),
            ("{\"a\": 1,}", 8),
            ("{} x", 3),
            ("x", 0),
            ("{\"\u{e9}\u{1f9ea}\": }", 7),
            ("{\n\"a\":\n }", 8),
            ("{\"a\": 1", 7),
            ("[1, 2", 5),
            ("{\n", 2),
        ] {
            let answer = send(&app, Method::PUT, "/v1/test-executions/start-test", &[JSON], body).await;
            let problem = answer.json()["detail"][0].clone();
            assert_eq!((answer.status.as_u16(), &problem["type"]), (422, &json!("json_invalid")), "{body}");
            assert_eq!((&problem["msg"], &problem["input"]), (&json!("JSON decode error"), &json!({})), "{body}");
            assert!(problem["ctx"]["error"].is_string(), "{body}");
            let found = problem["loc"][1].as_i64().unwrap();
            assert_eq!((&problem["loc"][0], found), (&json!("body"), offset), "{body}");
        }
    }

    async fn what_is_no_number_is_no_json(app: TestApp) {
        for word in ["NaN", "Infinity", "-Infinity", "01", "'x'", "1e999"] {
            let body: &'static str = format!("{{\"revision\": {word}}}").leak();
            let answer = send(&app, Method::PUT, "/v1/test-executions/start-test", &[JSON], body).await;
            assert_eq!(answer.problems()[0].0, "json_invalid", "{word}");
        }
        // Text that is no UTF-8 is none either, nor is half a character.
        for body in [&b"{\"a\": \"\xff\"}"[..], b"{\"a\": \"\\ud800\"}"] {
            let bearer = format!("Bearer {}", app.key);
            let headers = [("authorization", bearer.as_str()), JSON];
            let answer = app.request(Method::PUT, "/v1/test-executions/start-test", &headers, body).await;
            assert_eq!(answer.problems()[0].0, "json_invalid");
        }
    }

    async fn no_text_of_a_body_holds_the_character_nul(app: TestApp) {
        for endpoint in endpoints(Endpoint::takes_body) {
            let (method, path) = (endpoint.method.clone(), endpoint.at("1"));
            // In values and in names, known or not, at any depth.
            for (body, loc) in [
                ("{\"a\": {\"b\": [\"x\", \"y\\u0000\"]}}", json!(["body", "a", "b", 1])),
                ("{\"execution_metadata\": {\"k\\u0000\": [\"v\"]}}", json!(["body", "execution_metadata", "k\0"])),
                ("[{\"name\": \"\\u0000\"}]", json!(["body", 0, "name"])),
            ] {
                let problems = send(&app, method.clone(), &path, &[JSON], body).await.problems();
                assert_eq!(problems, [("value_error".to_owned(), loc)], "{method} {path} {body}");
            }
        }
    }

    async fn every_documented_parameter_is_read(app: TestApp) {
        // Nobody has said where people sign in.
        for endpoint in endpoints(|it| it.method == Method::GET && !it.path.starts_with("/v1/auth/")) {
            for name in endpoint.parameters("query") {
                let path = format!("{}?{name}=%00", endpoint.at("1"));
                assert_eq!(app.get(&path).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
            }
        }
    }

    async fn bodies_of_the_wrong_kind_are_refused(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        for endpoint in endpoints(Endpoint::takes_body) {
            let (method, path) = (endpoint.method.clone(), endpoint.at("1"));
            let (kind, other) =
                if endpoint.takes_list() { ("list_type", "{}") } else { ("model_attributes_type", "[]") };
            // What does not call itself JSON is neither an object nor a list.
            for (header, body) in
                [(JSON, other), (JSON, "5"), (JSON, "\"x\""), (JSON, "true"), (TEXT, "{}"), (TEXT, "[]")]
            {
                let answer = send(&app, method.clone(), &path, &[header], body).await;
                assert_eq!(answer.problems(), [(kind.to_owned(), json!(["body"]))], "{method} {path} {body}");
            }
        }
        let answer = app.post(&format!("/v1/test-executions/{id}/test-results"), &json!([[], 5, null])).await;
        let expected = [0, 1, 2].map(|index| ("model_attributes_type".to_owned(), json!(["body", index])));
        assert_eq!(answer.problems(), expected);
    }

    async fn what_comes_with_a_get_is_not_looked_at(app: TestApp) {
        // The ids of whatever it makes are 1.
        app.start(&snap(&json!({}))).await;
        // Nobody has said where people sign in.
        for endpoint in endpoints(|it| it.method == Method::GET && !it.path.starts_with("/v1/auth/")) {
            let path = endpoint.at("1");
            let plain = app.get(&path).await;
            assert_eq!(plain.status.is_server_error(), path == SENTRY_DEBUG, "{path}");
            for body in ["{}", "{", "[\u{0}"] {
                let answer = send(&app, Method::GET, &path, &[JSON], body).await;
                assert_eq!((answer.status, &answer.bytes), (plain.status, &plain.bytes), "{path} {body}");
            }
        }
        for path in ["/v1/test-executions/1", "/v1/test-executions/1/test-results", "/v1/artefacts/1/builds"] {
            send(&app, Method::GET, path, &[JSON], "{").await.ok();
        }
    }

    async fn a_delete_may_have_a_body(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        for body in ["", "{}", "null", "{\"test_execution_ids\": [1]}"] {
            let link = app.post(&format!("/v1/test-executions/{id}/links"), &json!({"label": "", "url": "http://x"})).await.ok();
            let path = format!("/v1/test-executions/{id}/links/{}", link["id"]);
            assert_eq!(send(&app, Method::DELETE, &path, &[JSON], body).await.status, 204, "{body}");
        }
    }

    async fn unknown_query_parameters_are_ignored(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        for query in ["?", "?x", "?x=1&x=2", "?limit=0&offset=-1", "?family[]=deb", "?%00=%ff", "?nonsense=a%00"] {
            assert_eq!(app.get(&format!("/v1/artefacts{query}")).await.ok().as_array().unwrap().len(), 1, "{query}");
            app.get(&format!("/v1/test-executions/{id}{query}")).await.ok();
            app.patch(&format!("/v1/test-executions/{id}{query}"), &json!({})).await.ok();
        }
    }

    async fn the_start_is_no_execution(app: TestApp) {
        let expected = [("int_parsing".to_owned(), json!(["path", "id"]))];
        let start = "/v1/test-executions/start-test";
        assert_eq!(app.get(start).await.problems(), expected);
        assert_eq!(app.patch(start, &json!({})).await.problems(), expected);
        assert_eq!(app.get(&format!("{start}/test-results")).await.problems(), expected);
        assert_eq!(app.get(start).await.json()["detail"][0]["input"], "start-test");
        for method in [Method::GET, Method::PATCH] {
            app.request(method, start, &[JSON], "{}").await.refused(403, "Insufficient permissions");
        }
    }

    async fn search_and_history_are_no_artefacts(app: TestApp) {
        for path in ["/v1/artefacts/search", "/v1/artefacts/history"] {
            let problems = app.patch(path, &json!({})).await.problems();
            assert_eq!(problems, [("int_parsing".to_owned(), json!(["path", "artefact_id"]))], "{path}");
        }
    }

    async fn a_body_beyond_the_limit_is_refused_and_nothing_of_it_is_stored(app: TestApp) {
        let mut app = app;
        let id = app.start(&deb(&json!({}))).await;
        let path = format!("/v1/test-executions/{id}/test-results");
        let batch = |size: usize| {
            let frame = json!([{"name": "t", "status": "PASSED", "io_log": ""}]).to_string().len();
            json!([{"name": "t", "status": "PASSED", "io_log": "x".repeat(size - frame)}])
        };
        app.max_body_bytes = 2_000;
        assert_eq!(batch(2_000).to_string().len(), 2_000);
        let answer = app.post(&path, &batch(2_001)).await;
        assert_eq!(answer.status, 413);
        assert!(answer.json()["detail"].as_str().unwrap().contains("2000"), "{}", answer.text());
        assert_eq!(app.get(&path).await.ok(), json!([]));
        // One that announces its size is refused by that; one that does not, by what it sends.
        let bearer = format!("Bearer {}", app.key);
        let headers = [("authorization", bearer.as_str()), JSON, ("content-length", "2001")];
        assert_eq!(app.request(Method::POST, &path, &headers, batch(2_001).to_string()).await.status, 413);
        // Whoever may not send it hears that.
        app.request(Method::POST, &path, &[JSON], batch(2_001).to_string()).await.refused(403, "Insufficient permissions");
        app.post(&path, &batch(2_000)).await.ok();
        assert_eq!(app.get(&path).await.ok().as_array().unwrap().len(), 1);
    }
}
