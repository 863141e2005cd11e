//! Clients parse every error as JSON and read `detail`: a text, or of malformed input a list of problems.

use axum::http::Method;
use serde_json::json;

use super::{at, items};
use crate::support::{Answer, TestApp, both, image, snap};

const START: &str = "/v1/test-executions/start-test";
const QUEUE: &str = "/v1/test-executions/reruns";

/// What is asked: method, path, type of the body, body, whether a key comes along.
type Asked<'a> = (Method, &'a str, &'a str, &'a [u8], bool);

const JSON: &str = "application/json";

async fn ask(app: &TestApp, (method, path, content_type, body, has_key): Asked<'_>) -> Answer {
    let bearer = format!("Bearer {}", app.key);
    let mut headers = vec![("content-type", content_type)];
    if has_key {
        headers.push(("authorization", bearer.as_str()));
    }
    app.request(method, path, &headers, body.to_vec()).await
}

/// Whether an answer is the error that every client can read: JSON whose `detail` is a text, or a list of problems.
#[track_caller]
fn assert_error(answer: &Answer, status: u16, is_list: bool, what: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.text());
    assert_eq!(answer.headers["content-type"], "application/json", "{what}");
    let body = answer.json();
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["detail"], "{what}");
    if is_list {
        let problems = items(&body["detail"]);
        assert!(!problems.is_empty(), "{what}");
        for problem in problems {
            assert!(problem["type"].is_string() && problem["msg"].is_string(), "{what}: {problem}");
            assert!(items(&problem["loc"]).iter().all(|part| part.is_string() || part.is_u64()), "{what}: {problem}");
        }
    } else {
        assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{what}: {body}");
    }
}

both! {
    // Errors: 400, 401, 403, 404, 405 with Allow, 409 and the rules behind 422 have a text.
    async fn a_refusal_is_json_with_a_text(app: TestApp) {
        let id = app.start(&snap(&json!({"ci_link": "http://ci/1"}))).await;
        let (second, artefact) = (app.start(&snap(&json!({}))).await, app.artefact_of(id).await);
        let (second, artefact) = (at(second), format!("/v1/artefacts/{artefact}"));
        let image = image(&json!({"name": null})).to_string();
        for (asked, status) in [
            ((Method::GET, "/v1/nonsense", JSON, &b""[..], true), 404),
            ((Method::GET, "/v1/artefacts/", JSON, b"", true), 404),
            ((Method::POST, "/v1/nonsense", JSON, b"{", false), 404),
            ((Method::GET, "/v1/test-executions/99", JSON, b"", true), 404),
            ((Method::GET, "/v1/artefacts/99999999999999999999999999", JSON, b"", true), 404),
            ((Method::GET, "/v1/test-executions/%ff", JSON, b"", true), 404),
            ((Method::PATCH, "/v1/artefacts/99", JSON, b"{}", true), 404),
            ((Method::POST, QUEUE, JSON, br#"{"test_execution_ids": ["99"]}"#, true), 404),
            ((Method::DELETE, START, JSON, b"", true), 405),
            ((Method::POST, "/v1/artefacts", JSON, b"{", false), 405),
            ((Method::OPTIONS, "/v1/artefacts", JSON, b"", false), 405),
            ((Method::PUT, START, JSON, b"{}", false), 403),
            ((Method::GET, "/v1/artefacts", JSON, b"", false), 403),
            ((Method::PATCH, artefact.as_str(), JSON, br#"{"status": "MARKED_AS_FAILED"}"#, true), 400),
            ((Method::PATCH, second.as_str(), JSON, br#"{"ci_link": "http://ci/1"}"#, true), 409),
            ((Method::PUT, START, JSON, image.as_bytes(), true), 422),
        ] {
            let what = format!("{asked:?}");
            let answer = ask(&app, asked).await;
            assert_error(&answer, status, false, &what);
            assert_eq!(answer.headers.contains_key("allow"), status == 405, "{what}");
        }
        let app = app.with_settings(|settings| settings.require_authentication = true);
        assert_error(&ask(&app, (Method::GET, "/v1/version", JSON, b"", false)).await, 401, false, "a stranger");
    }

    // Errors: whatever is malformed gives 422 with a list of problems.
    async fn malformed_input_is_json_with_a_list(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        let (change, results) = (at(id), format!("{}/test-results", at(id)));
        let big = snap(&json!({"revision": 99_999_999_999_i64})).to_string();
        let bigger = big.replace("99999999999", "99999999999999999999999999");
        let deep = format!(r#"{{"name": {}1{}}}"#, "[".repeat(5_000), "]".repeat(5_000));
        let nul = snap(&json!({"name": "a\0b"})).to_string();
        for asked in [
            (Method::PUT, START, JSON, &b""[..], true),
            (Method::PUT, START, JSON, b"{}", true),
            (Method::PUT, START, JSON, b"[]", true),
            (Method::PUT, START, JSON, big.as_bytes(), true),
            (Method::PUT, START, JSON, bigger.as_bytes(), true),
            (Method::PUT, START, JSON, br#"{"revision": 1e999}"#, true),
            (Method::PUT, START, JSON, br#"{"revision": NaN}"#, true),
            (Method::PUT, START, JSON, deep.as_bytes(), true),
            (Method::PUT, START, JSON, nul.as_bytes(), true),
            (Method::PUT, START, JSON, b"{\"name\": \"\xff\"}", true),
            (Method::PUT, START, JSON, b"{", false),
            (Method::PUT, START, "text/plain", b"{}", true),
            (Method::PUT, START, "application/x-www-form-urlencoded", b"name=x", true),
            (Method::POST, results.as_str(), JSON, br#"{"name": "a", "status": "PASSED"}"#, true),
            (Method::POST, results.as_str(), JSON, br#"[{"name": "a"}]"#, true),
            (Method::PATCH, change.as_str(), JSON, br#"{"status": "DONE"}"#, true),
            (Method::GET, "/v1/test-executions/abc", JSON, b"", true),
            (Method::GET, "/v1/test-executions/%zz", JSON, b"", true),
            (Method::GET, "/v1/artefacts?family=%zz", JSON, b"", true),
            (Method::GET, "/v1/artefacts?family=%ff", JSON, b"", true),
            (Method::GET, "/v1/artefacts/history?family=snap", JSON, b"", true),
            (Method::GET, "/v1/test-executions?limit=99999999999999999999999999", JSON, b"", true),
            (Method::GET, "/v1/test-executions?from_date=yesterday", JSON, b"", true),
            (Method::POST, QUEUE, JSON, br#"{"priority": 99999999999999999999}"#, true),
        ] {
            let what = format!("{} {} {}", asked.0, asked.1, String::from_utf8_lossy(asked.3));
            let what: String = what.chars().take(200).collect();
            assert_error(&ask(&app, asked).await, 422, true, &what);
        }
    }

    // Errors: 413, 500 and 503 are JSON with a text, too.
    async fn a_body_too_large_and_a_failure_are_json_too(app: TestApp) {
        let mut app = app;
        let id = app.start(&snap(&json!({}))).await;
        let results = format!("{}/test-results", at(id));
        app.max_body_bytes = 1_000;
        let body = json!([{"name": "a", "status": "PASSED", "io_log": "x".repeat(1_000)}]).to_string();
        let answer = ask(&app, (Method::POST, results.as_str(), JSON, body.as_bytes(), true)).await;
        assert_error(&answer, 413, false, "a body too large");
        app.raw.run("ALTER TABLE test_case RENAME TO test_case_elsewhere").await;
        let answer = app.get(&results).await;
        assert_error(&answer, 500, false, "a database without one of its tables");
        assert!(!answer.text().contains("test_case"), "what it was stands in the log only: {}", answer.text());
        app.service.db.close().await;
        assert_error(&app.get("/v1/artefacts").await, 503, false, "a database that is gone");
    }
}
