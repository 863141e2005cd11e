//! The document that describes the API: committed, so that every change of it is seen.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::TestApp;

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

#[tokio::test]
async fn the_document_is_served_as_json() {
    let app = TestApp::on_sqlite().await;
    let served = app.get("/openapi.json").await;
    assert_eq!(served.headers["content-type"], "application/json");
    assert_eq!(served.ok(), document());
}
