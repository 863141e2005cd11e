//! The order in which a request is judged, and what each refusal looks like.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, both, deb, snap};

const JSON: (&str, &str) = ("content-type", "application/json");

/// Every endpoint that takes a permission: method, path, and whether it takes a body.
const ENDPOINTS: [(Method, &str, bool); 10] = [
    (Method::PUT, "/v1/test-executions/start-test", true),
    (Method::GET, "/v1/test-executions/abc", false),
    (Method::PATCH, "/v1/test-executions/abc", true),
    (Method::GET, "/v1/test-executions/abc/test-results", false),
    (Method::POST, "/v1/test-executions/abc/test-results", true),
    (Method::POST, "/v1/test-executions/abc/links", true),
    (Method::DELETE, "/v1/test-executions/abc/links/def", false),
    (Method::GET, "/v1/artefacts?family=nonsense", false),
    (Method::GET, "/v1/artefacts/abc", false),
    (Method::GET, "/v1/artefacts/abc/builds", false),
];

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
            "/v1/artefacts/",
            "/v1/artefacts/1/",
            "/v1/artefacts/1/builds/",
            "/v1/artefacts/1/nonsense",
            "/v1/test-executions/start-test/",
            "/v1/test-executions/1/test-results/",
            "/V1/artefacts",
            "//v1/artefacts",
            "/health",
            "/redocs",
            "/metrics",
        ] {
            for method in [Method::GET, Method::PUT, Method::POST, Method::PATCH, Method::DELETE] {
                // Even with a body that is no JSON.
                let answer = app.request(method.clone(), path, &[JSON], "{").await;
                answer.refused(404, "Not Found");
                assert_eq!(answer.headers["content-type"], "application/json", "{method} {path}");
            }
        }
    }

    async fn unsupported_methods_are_told_which_ones_are(app: TestApp) {
        for (method, path, allowed) in [
            (Method::GET, "/v1/test-executions/1/links", "POST"),
            (Method::DELETE, "/v1/test-executions/1", "GET,PATCH"),
            (Method::PUT, "/v1/test-executions/1/test-results", "GET,POST"),
            (Method::POST, "/v1/test-executions/1/links/1", "DELETE"),
            (Method::POST, "/v1/artefacts", "GET"),
            (Method::DELETE, "/v1/artefacts/1", "GET,PATCH"),
            (Method::PATCH, "/v1/artefacts/1/builds", "GET"),
            (Method::POST, "/v1/artefacts/1/versions", "GET"),
            (Method::POST, "/v1/test-executions/start-test", "GET,PATCH,PUT"),
            (Method::DELETE, "/v1/test-executions/start-test", "GET,PATCH,PUT"),
        ] {
            // Before the body, and before the rights.
            let answer = app.request(method.clone(), path, &[JSON], "{").await;
            answer.refused(405, "Method Not Allowed");
            let allow = answer.headers["allow"].to_str().unwrap();
            let mut methods: Vec<&str> = allow.split(',').map(str::trim).collect();
            methods.sort_unstable();
            assert_eq!(methods.join(","), allowed, "{method} {path}");
        }
    }

    async fn there_is_no_head(app: TestApp) {
        for (path, status) in [
            ("/v1/artefacts", 405),
            ("/v1/artefacts/1", 405),
            ("/v1/test-executions/start-test", 405),
            ("/v1/test-executions/1/test-results", 405),
            ("/v1/artefacts/", 404),
            ("/v1/nonsense", 404),
        ] {
            let answer = app.request(Method::HEAD, path, &[], "").await;
            assert_eq!((answer.status.as_u16(), answer.bytes.len()), (status, 0), "{path}");
            assert_eq!(answer.headers.contains_key("allow"), status == 405, "{path}");
        }
    }

    async fn broken_json_comes_before_rights(app: TestApp) {
        for (method, path, takes_body) in ENDPOINTS {
            if !takes_body {
                continue;
            }
            let problems = app.request(method.clone(), path, &[JSON], "{\"a\": }").await.problems();
            assert_eq!(problems, [("json_invalid".to_owned(), json!(["body", 6]))], "{method} {path}");
        }
    }

    async fn rights_come_before_everything_else_that_is_wrong(app: TestApp) {
        for (method, path, takes_body) in ENDPOINTS {
            for body in ["", "null", "[]", "{}", "5", "{\"family\": \"nonsense\"}", "[{}]"] {
                let answer = app.request(method.clone(), path, &[JSON], body).await;
                answer.refused(403, "Insufficient permissions");
                let answer = app.request(method.clone(), path, &[("content-type", "text/plain")], body).await;
                answer.refused(403, "Insufficient permissions");
            }
            // The same with rights is judged on.
            let status = send(&app, method.clone(), path, &[JSON], if takes_body { "5" } else { "" }).await.status;
            assert_eq!(status, 422, "{method} {path}");
        }
    }

    async fn rights_come_before_existence(app: TestApp) {
        for path in ["/v1/test-executions/99", "/v1/artefacts/99", "/v1/artefacts/99/versions"] {
            app.request(Method::GET, path, &[], "").await.refused(403, "Insufficient permissions");
            assert_eq!(app.get(path).await.status, 404);
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
        for (method, path, takes_body) in ENDPOINTS {
            if !takes_body {
                continue;
            }
            let path = path.replace("abc", "1");
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

    async fn bodies_of_the_wrong_kind_are_refused(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        for (method, path, wrong, kind) in [
            (Method::PUT, "start-test".to_owned(), ["[]", "5", "\"x\"", "true"], "model_attributes_type"),
            (Method::PATCH, format!("{id}"), ["[]", "5", "\"x\"", "true"], "model_attributes_type"),
            (Method::POST, format!("{id}/links"), ["[]", "5", "\"x\"", "true"], "model_attributes_type"),
            (Method::POST, format!("{id}/test-results"), ["{}", "5", "\"x\"", "true"], "list_type"),
        ] {
            for body in wrong {
                let answer = send(&app, method.clone(), &format!("/v1/test-executions/{path}"), &[JSON], body).await;
                assert_eq!(answer.problems(), [(kind.to_owned(), json!(["body"]))], "{path} {body}");
            }
        }
        let answer = app.post(&format!("/v1/test-executions/{id}/test-results"), &json!([[], 5, null])).await;
        let expected = [0, 1, 2].map(|index| ("model_attributes_type".to_owned(), json!(["body", index])));
        assert_eq!(answer.problems(), expected);
    }

    async fn what_comes_with_a_get_is_not_looked_at(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        let artefact = app.artefact_of(id).await;
        for path in [
            format!("/v1/test-executions/{id}"),
            format!("/v1/test-executions/{id}/test-results"),
            "/v1/artefacts".to_owned(),
            format!("/v1/artefacts/{artefact}/builds"),
        ] {
            let plain = app.get(&path).await.ok();
            for body in ["", "{}", "{", "null", "[\u{0}"] {
                assert_eq!(send(&app, Method::GET, &path, &[JSON], body).await.ok(), plain, "{path} {body}");
            }
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
        for query in ["?", "?x", "?x=1&x=2", "?limit=0&offset=-1", "?family[]=deb", "?%00=%ff"] {
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
