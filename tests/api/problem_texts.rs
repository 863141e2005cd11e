//! Problems of malformed input, whole: the machine's name, the place, the words for people, the value, and what they speak of.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{TestApp, both};

const ISSUES: &str = "/v1/issues";
const RADIO: &str = "https://github.com/acme/radio/issues/71";
const START: &str = "/v1/test-executions/start-test";
const FAMILIES: &str = "'snap', 'deb', 'charm', 'image', 'solution'";

/// The only problem of a request.
async fn problem(app: &TestApp, method: Method, path: &str, body: Option<&Value>) -> Value {
    let answer = app.as_application(&app.key, method, path, body).await;
    assert_eq!(answer.problems().len(), 1, "{path}: {}", answer.text());
    answer.json()["detail"][0].clone()
}

/// A problem as it is told.
fn told(kind: &str, loc: &Value, msg: &str, input: &Value) -> Value {
    json!({"type": kind, "loc": loc, "msg": msg, "input": input})
}

/// The same with what its words speak of.
fn told_with(kind: &str, loc: &Value, msg: &str, input: &Value, ctx: &Value) -> Value {
    json!({"type": kind, "loc": loc, "msg": msg, "input": input, "ctx": ctx})
}

both! {
    async fn values_of_the_wrong_kind_are_told_in_words(app: TestApp) {
        let issue = app.put(ISSUES, &json!({"url": RADIO})).await.ok()["id"].clone();
        let attach = format!("{ISSUES}/{issue}/attach");
        let rules = format!("{ISSUES}/{issue}/attachment-rules");
        let reruns = "/v1/test-executions/reruns".to_owned();
        let statuses = "'unknown', 'open' or 'closed'";
        for (method, path, body, expected) in [
            (Method::PUT, ISSUES.to_owned(), json!({"url": RADIO, "title": 5}),
             told("string_type", &json!(["body", "title"]), "Input should be a valid string", &json!(5))),
            (Method::PUT, ISSUES.to_owned(), json!({"url": RADIO, "status": "done"}),
             told_with("enum", &json!(["body", "status"]), &format!("Input should be {statuses}"), &json!("done"),
                       &json!({"expected": statuses}))),
            (Method::PUT, ISSUES.to_owned(), json!({"url": RADIO, "auto_rerun_enabled": "maybe"}),
             told("bool_parsing", &json!(["body", "auto_rerun_enabled"]),
                  "Input should be a valid boolean, unable to interpret input", &json!("maybe"))),
            (Method::POST, rules.clone(), json!({"enabled": null}),
             told("bool_type", &json!(["body", "enabled"]), "Input should be a valid boolean", &Value::Null)),
            (Method::POST, rules, json!({"execution_metadata": 5}),
             told("dict_type", &json!(["body", "execution_metadata"]), "Input should be a valid dictionary", &json!(5))),
            (Method::POST, attach.clone(), json!({"test_results": "x"}),
             told("list_type", &json!(["body", "test_results"]), "Input should be a valid list", &json!("x"))),
            (Method::POST, reruns, json!({"test_execution_ids": 5}),
             told("set_type", &json!(["body", "test_execution_ids"]), "Input should be a valid set", &json!(5))),
            (Method::POST, attach.clone(), json!({"test_results": [1, "x"]}),
             told("int_parsing", &json!(["body", "test_results", 1]),
                  "Input should be a valid integer, unable to parse string as an integer", &json!("x"))),
            (Method::POST, attach.clone(), json!({"test_results": [null]}),
             told("int_type", &json!(["body", "test_results", 0]), "Input should be a valid integer", &Value::Null)),
            (Method::POST, attach.clone(), json!({"test_results": [1.5]}),
             told("int_from_float", &json!(["body", "test_results", 0]),
                  "Input should be a valid integer, got a number with a fractional part", &json!(1.5))),
            (Method::POST, attach.clone(), json!({"test_results_filters": 5}),
             told("model_attributes_type", &json!(["body", "test_results_filters"]),
                  "Input should be a valid dictionary or object to extract fields from", &json!(5))),
            (Method::POST, attach, json!([1]),
             told("model_attributes_type", &json!(["body"]),
                  "Input should be a valid dictionary or object to extract fields from", &json!([1]))),
        ] {
            assert_eq!(problem(&app, method, &path, Some(&body)).await, expected, "{path} {body}");
        }
    }

    async fn values_beyond_their_limits_are_told_in_words(app: TestApp) {
        let issue = app.put(ISSUES, &json!({"url": RADIO})).await.ok()["id"].clone();
        let attach = format!("{ISSUES}/{issue}/attach");
        let by = |metadata: Value| json!({"test_results_filters": {"execution_metadata": metadata}});
        let place = |rest: Value| {
            let rest = rest.as_array().unwrap().clone();
            let field = vec![json!("body"), json!("test_results_filters"), json!("execution_metadata")];
            Value::Array([field, rest].concat())
        };
        let long = "x".repeat(201);
        let long = long.as_str();
        // Answers repeat what was wrong, but not all of it.
        let shortened = format!("{}…", "x".repeat(200));
        let too_long = "String should have at most 200 characters";
        for (body, expected) in [
            (json!({"test_results": [2_147_483_648_i64]}),
             told_with("less_than_equal", &json!(["body", "test_results", 0]),
                       "Input should be less than or equal to 2147483647", &json!(2_147_483_648_i64),
                       &json!({"le": 2_147_483_647}))),
            (json!({"test_results_filters": {"limit": -1}}),
             told_with("greater_than_equal", &json!(["body", "test_results_filters", "limit"]),
                       "Input should be greater than or equal to 0", &json!(-1), &json!({"ge": 0}))),
            (by(json!({"k": [""]})),
             told_with("string_too_short", &place(json!(["k", 0])), "String should have at least 1 character",
                       &json!(""), &json!({"min_length": 1}))),
            (by(json!({"k": [long]})),
             told_with("string_too_long", &place(json!(["k", 0])), too_long, &json!(shortened),
                       &json!({"max_length": 200}))),
            (by(json!({long: ["v"]})),
             told_with("string_too_long", &place(json!([long, "[key]"])), too_long, &json!(shortened),
                       &json!({"max_length": 200}))),
        ] {
            assert_eq!(problem(&app, Method::POST, &attach, Some(&body)).await, expected, "{body}");
        }
    }

    async fn addresses_times_and_families_are_told_in_words(app: TestApp) {
        let url = json!(["body", "url"]);
        let relative = "relative URL without a base";
        let zzz = format!("Input tag 'zzz' found using 'family' does not match any of the expected tags: {FAMILIES}");
        let number = "Input should be a valid integer, unable to parse string as an integer";
        for (method, path, body, expected) in [
            (Method::PUT, ISSUES, json!({"url": 5}), told("url_type", &url, "URL input should be a string or URL", &json!(5))),
            (Method::PUT, ISSUES, json!({"url": "x/y"}),
             told_with("url_parsing", &url, &format!("Input should be a valid URL, {relative}"), &json!("x/y"),
                       &json!({"error": relative}))),
            (Method::PUT, ISSUES, json!({"url": "ftp://x/y"}),
             told_with("url_scheme", &url, "URL scheme should be 'http' or 'https'", &json!("ftp://x/y"),
                       &json!({"expected_schemes": "'http' or 'https'"}))),
            (Method::PUT, START, json!({"name": "x"}),
             told_with("union_tag_not_found", &json!(["body"]), "Unable to extract tag using discriminator 'family'",
                       &json!({"name": "x"}), &json!({"discriminator": "'family'"}))),
            (Method::PUT, START, json!({"family": "zzz"}),
             told_with("union_tag_invalid", &json!(["body"]), &zzz, &json!({"family": "zzz"}),
                       &json!({"discriminator": "'family'", "tag": "zzz", "expected_tags": FAMILIES}))),
            (Method::GET, "/v1/test-results?from_date=x", Value::Null,
             told_with("datetime_from_date_parsing", &json!(["query", "from_date"]),
                       "Input should be a valid datetime or date, input is too short", &json!("x"),
                       &json!({"error": "input is too short"}))),
            // Of a parameter the text is repeated as it was sent.
            (Method::GET, "/v1/issues?limit=1001", Value::Null,
             told_with("less_than_equal", &json!(["query", "limit"]), "Input should be less than or equal to 1000",
                       &json!("1001"), &json!({"le": 1_000}))),
            (Method::GET, "/v1/issues/x", Value::Null,
             told("int_parsing", &json!(["path", "issue_id"]), number, &json!("x"))),
            (Method::GET, "/v1/issues?q=a%00", Value::Null,
             json!({"type": "value_error", "loc": ["query", "q"], "input": "a\0", "ctx": {"error": {}},
                    "msg": "Value error, Text must not contain the character U+0000"})),
        ] {
            let body = Some(&body).filter(|body| !body.is_null());
            assert_eq!(problem(&app, method, path, body).await, expected, "{path} {body:?}");
        }
    }
}
