//! The document that describes the API: committed, so that every change of it is seen.

use std::collections::BTreeSet;

use app::api::TestExecutionStatus;
use serde_json::{Value, json};

use crate::support::{TestApp, charm, deb, image, snap, solution};

const COMMITTED: &str = "openapi.json";

fn document() -> Value {
    serde_json::to_value(test_observer::api::document()).unwrap()
}

/// Operations without a permission, as everybody may call them or as their gate is another one.
const UNGATED: &[&str] = &[
    "root__get",
    "get_version_v1_version_get",
    "live_health_live_get",
    "ready_health_ready_get",
    "get_getting_started_v1_getting_started_get",
    "get_authenticated_application_v1_applications_me_get",
    "rotate_own_api_key_v1_applications_me_rotate_post",
    "get_own_reviews_v1_users_me_reviews_get",
    "get_session_v1_session_get",
    "get_authenticated_user_v1_users_me_get",
    "sign_in_with_password_v1_auth_local_login_post",
    "sign_in_with_link_v1_auth_local_link__token__get",
    "sign_out_v1_auth_logout_post",
    "begin_oidc_v1_auth_oidc_login_get",
    "finish_oidc_v1_auth_oidc_callback_get",
    "saml_login_v1_auth_saml_login_get",
    "saml_logout_v1_auth_saml_logout_get",
    "saml_login_callback_v1_auth_saml_acs_post",
    "saml_logout_callback_v1_auth_saml_sls_get",
    "saml_logout_callback_v1_auth_saml_sls_post",
    "get_own_notifications_v1_users_me_notifications_get",
    "get_own_notification_count_v1_users_me_notifications_count_get",
    "mark_own_notification_as_read_v1_users_me_notifications__notification_id__dismiss_post",
];

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((method.clone(), path.clone(), operation.clone()));
        }
    }
    operations
}

#[test]
fn the_committed_document_is_the_one_that_is_served() {
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(COMMITTED).unwrap()).unwrap();
    assert!(committed == document(), "{COMMITTED} is stale: write it anew with `make openapi`");
}

#[test]
fn every_operation_names_its_permissions() {
    for (method, path, operation) in operations(&document()) {
        let id = operation["operationId"].as_str().unwrap();
        let is_gated = operation["x-permissions"].as_array().is_some_and(|names| !names.is_empty());
        assert_ne!(is_gated, UNGATED.contains(&id), "{method} {path}");
    }
}

/// What operations are about, as older clients know it; ours has more.
const TAGS: [&str; 17] = [
    "test-executions",
    "artefacts",
    "environment-reviews",
    "artefact-builds",
    "reports",
    "test-cases",
    "environments",
    "issues",
    "test-results",
    "execution-metadata",
    "authentication",
    "users",
    "teams",
    "permissions",
    "applications",
    "notifications",
    "artefact-matching-rules",
];

#[test]
fn the_document_says_what_it_describes() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    // The version of the description, not of the build.
    assert_eq!((&document["info"]["title"], &document["info"]["version"]), (&json!("Test Observer"), &json!("0.1.0")));
    assert!(document["components"].get("securitySchemes").is_none());
    assert!(document["paths"].get("/docs").is_none() && document["paths"].get("/openapi.json").is_none());
    let mut tags = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let own: Vec<&str> = operation["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let is_about_the_server = path == "/" || path.starts_with("/health/");
        let is_untagged =
            is_about_the_server || ["/v1/version", "/v1/getting-started", "/sentry-debug"].contains(&&*path);
        assert_eq!(own.is_empty(), is_untagged, "{method} {path}");
        tags.extend(own.into_iter().map(str::to_owned));
    }
    assert!(TAGS.iter().all(|tag| tags.contains(*tag)), "{tags:?}");
}

#[test]
fn operation_ids_follow_path_and_method() {
    let ids: Vec<String> = operations(&document())
        .iter()
        .map(|(method, path, operation)| {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            let tail: String = path.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
            assert!(id.ends_with(&format!("{tail}_{method}")), "{id}");
            id
        })
        .collect();
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "an id is there twice");
}

#[test]
fn requests_name_their_required_fields() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let common = ["family", "name", "version", "arch", "environment", "test_plan"];
    for (name, own) in [
        ("StartSnapTestExecutionRequest", vec!["revision", "track", "store", "execution_stage"]),
        ("StartCharmTestExecutionRequest", vec!["revision", "track", "execution_stage"]),
        ("StartDebTestExecutionRequest", vec!["series", "repo"]),
        ("StartSolutionTestExecutionRequest", vec!["track", "source", "execution_stage"]),
    ] {
        let required: BTreeSet<&str> =
            schemas[name]["required"].as_array().unwrap().iter().map(|field| field.as_str().unwrap()).collect();
        assert_eq!(required, common.into_iter().chain(own).collect(), "{name}");
    }
    assert_eq!(schemas["FamilyName"]["enum"], json!(["snap", "deb", "charm", "image", "solution"]));
}

/// What a schema refers to, or the schema itself.
fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn items(list: &Value) -> &[Value] {
    list.as_array().unwrap()
}

/// Whether a value fits a schema, going by those of its words that tell the bodies below apart.
fn fits(document: &Value, schema: &Value, value: &Value) -> bool {
    let words = resolve(document, schema).as_object().unwrap();
    words.iter().all(|(word, rule)| match word.as_str() {
        "allOf" => items(rule).iter().all(|one| fits(document, one, value)),
        "anyOf" => items(rule).iter().any(|one| fits(document, one, value)),
        "const" => rule == value,
        "enum" => items(rule).contains(value),
        "type" if rule.is_array() => items(rule).contains(&json!(type_of(value))),
        "type" => rule == type_of(value),
        "required" => items(rule).iter().all(|name| value.get(name.as_str().unwrap()).is_some()),
        "properties" => {
            let mut fields = rule.as_object().unwrap().iter();
            fields.all(|(name, field)| value.get(name).is_none_or(|value| fits(document, field, value)))
        }
        _ => true,
    })
}

#[test]
fn a_start_fits_the_request_of_its_family_alone() {
    let document = document();
    let body = &document["paths"]["/v1/test-executions/start-test"]["put"]["requestBody"];
    let schema = &body["content"]["application/json"]["schema"];
    assert_eq!(schema["discriminator"]["propertyName"], "family");
    for start in [snap, deb, charm, image, solution].map(|start| start(&json!({}))) {
        let family = start["family"].as_str().unwrap();
        let requests = items(&schema["oneOf"]);
        let fitting: Vec<&Value> = requests.iter().filter(|one| fits(&document, one, &start)).collect();
        let [request] = fitting[..] else { panic!("{family}: {fitting:?}") };
        assert_eq!(request["$ref"], schema["discriminator"]["mapping"][family], "{family}");
        assert_eq!(resolve(&document, request)["properties"]["family"]["const"], family);
    }
}

#[test]
fn a_package_comes_from_a_pocket_or_from_none() {
    let document = document();
    let request = &document["components"]["schemas"]["StartDebTestExecutionRequest"];
    for (stage, is_known) in [("proposed", true), ("updates", true), ("", true), ("edge", false)] {
        let start = deb(&json!({"execution_stage": stage}));
        assert_eq!(fits(&document, request, &start), is_known, "{stage:?}");
    }
    assert_eq!(request["properties"]["execution_stage"]["default"], "");
}

#[test]
fn a_status_is_set_or_worked_out_or_left() {
    let document = document();
    let status = &document["components"]["schemas"]["TestExecutionsPatchRequest"]["properties"]["status"];
    assert_eq!(status["anyOf"][0]["$ref"], "#/components/schemas/TestExecutionStatus");
    for known in TestExecutionStatus::ALL.iter().map(|status| json!(status)).chain([json!("COMPLETED"), Value::Null]) {
        assert!(fits(&document, status, &known), "{known}");
    }
    assert!(!fits(&document, status, &json!("RUNNING")));
}

#[test]
fn a_parameter_without_a_default_that_may_be_left_out_may_be_null() {
    let mut nullable = 0;
    for (method, path, operation) in operations(&document()) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let (name, schema) = (&parameter["name"], &parameter["schema"]);
            let kinds = schema["anyOf"].as_array();
            let is_nullable = kinds.is_some_and(|kinds| kinds.contains(&json!({"type": "null"})));
            let is_optional = parameter["in"] == "query" && parameter["required"] == false;
            assert_eq!(is_nullable, is_optional && schema["default"].is_null(), "{method} {path} {name}");
            nullable += usize::from(is_nullable);
        }
    }
    assert!(nullable > 50, "only {nullable} parameters");
}

#[test]
fn lists_of_what_is_chosen_may_be_a_word_for_all_or_none() {
    let document = document();
    let list = |items: Value| json!({"type": "array", "items": items});
    let word = |word: &str| list(json!({"type": "string", "const": word}));
    for (path, name, kind) in [
        ("/v1/test-executions", "reviewer_ids", "integer"),
        ("/v1/test-executions", "assignee_ids", "integer"),
        ("/v1/test-executions", "test_result", "integer"),
        ("/v1/test-executions", "event_names", "string"),
        ("/v1/test-results", "reviewer_ids", "integer"),
        ("/v1/test-results", "assignee_ids", "integer"),
        ("/v1/test-results", "issues", "integer"),
    ] {
        let parameters = items(&document["paths"][path]["get"]["parameters"]);
        let parameter = parameters.iter().find(|parameter| parameter["name"] == name).unwrap();
        let kinds = json!([list(json!({"type": kind})), word("any"), word("none"), {"type": "null"}]);
        assert_eq!(parameter["schema"]["anyOf"], kinds, "{path} {name}");
        assert!(parameter["description"].is_string(), "{path} {name}");
    }
}

#[test]
fn answers_are_json_but_for_reports_streams_and_pictures() {
    for (method, path, operation) in operations(&document()) {
        let Some(answer) = operation["responses"].get("200") else { continue };
        let types: Vec<&str> = answer["content"].as_object().unwrap().keys().map(String::as_str).collect();
        let expected = match path.as_str() {
            "/v1/events" => "text/event-stream",
            path if path.starts_with("/v1/reports/") => "text/csv",
            path if path.ends_with("badge.svg") => "image/svg+xml",
            _ => "application/json",
        };
        assert_eq!(types, [expected], "{method} {path}");
    }
}

#[test]
fn client_generators_find_limits_and_names() {
    let document = document();
    let label = json!({"type": "string", "minLength": 1, "maxLength": 200});
    for (place, expected) in [
        ("/components/schemas/ExecutionMetadata/propertyNames", label.clone()),
        ("/components/schemas/ExecutionMetadata/additionalProperties/items", label),
        ("/components/schemas/StartSnapTestExecutionRequest/properties/ci_link/minLength", json!(1)),
        ("/components/schemas/StartSnapTestExecutionRequest/properties/ci_link/maxLength", json!(2083)),
        ("/components/schemas/StartImageTestExecutionRequest/properties/family/default", json!("image")),
        ("/components/schemas/StartImageTestExecutionRequest/properties/image_url/minLength", json!(1)),
        ("/components/schemas/StartImageTestExecutionRequest/properties/image_url/maxLength", json!(2083)),
        ("/components/schemas/ValidationError/properties/ctx/type", json!("object")),
        ("/components/schemas/ValidationError/properties/ctx/title", json!("Context")),
    ] {
        assert_eq!(document.pointer(place), Some(&expected), "{place}");
    }
    for path in ["/health/live", "/health/ready"] {
        let answer = &document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        assert_eq!((&answer["type"], &answer["additionalProperties"]["type"]), (&json!("object"), &json!("string")));
    }
}

#[tokio::test]
async fn the_document_is_served_as_json() {
    let app = TestApp::on_sqlite().await;
    let served = app.get("/openapi.json").await;
    assert_eq!(served.headers["content-type"], "application/json");
    assert_eq!(served.ok(), document());
}
