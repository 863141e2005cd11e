//! Who may do what: keys, permissions that are asked of nobody, and endpoints that want somebody.

use app::api::Permission;
use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::support::{both, deb};

/// Every endpoint that asks for a permission, with a request that is wrong in every other way.
const GATED: &[(&str, &str, Permission)] = &[
    ("PUT", "/v1/test-executions/start-test", Permission::ChangeTest),
    ("GET", "/v1/test-executions/x", Permission::ViewTest),
    ("PATCH", "/v1/test-executions/x", Permission::ChangeTest),
    ("GET", "/v1/test-executions/x/test-results", Permission::ViewTest),
    ("POST", "/v1/test-executions/x/test-results", Permission::ChangeTest),
    ("POST", "/v1/test-executions/x/links", Permission::ChangeTest),
    ("DELETE", "/v1/test-executions/x/links/y", Permission::ChangeTest),
    ("GET", "/v1/artefacts?family=x", Permission::ViewArtefact),
    ("GET", "/v1/artefacts/x", Permission::ViewArtefact),
    ("GET", "/v1/artefacts/x/builds", Permission::ViewArtefact),
    ("GET", "/v1/artefacts/x/versions", Permission::ViewArtefact),
];

fn method(name: &str) -> Method {
    name.parse().unwrap()
}

/// Operations that decide about rights by what the request is about.
const DECIDED_BY_USE_CASE: &[&str] = &[
    "patch_artefact_v1_artefacts__artefact_id__patch",
    "put_keep_v1_artefacts__artefact_id__keep_put",
    "delete_keep_v1_artefacts__artefact_id__keep_delete",
    "create_rerun_requests_v1_test_executions_reruns_post",
    "delete_rerun_requests_v1_test_executions_reruns_delete",
    "get_events_v1_events_get",
];

/// Every operation of the document with a permission that nobody passes without: method, a path, and that permission.
fn documented_gates() -> Vec<(Method, String, Permission)> {
    let document = serde_json::to_value(test_observer::api::document()).unwrap();
    let mut gates = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path: Vec<&str> =
            path.split('/').map(|segment| if segment.starts_with('{') { "1" } else { segment }).collect();
        for (name, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let first = operation["x-permissions"][0].as_str();
            if let (Some(first), false) = (first, DECIDED_BY_USE_CASE.contains(&id)) {
                gates.push((method(&name.to_uppercase()), path.join("/"), first.parse().unwrap()));
            }
        }
    }
    gates
}

both! {
    async fn every_documented_permission_is_asked_for(app: TestApp) {
        let gates = documented_gates();
        assert!(gates.len() > 50, "only {} operations", gates.len());
        for (method, path, permission) in gates {
            app.anonymous(method.clone(), &path, None).await.refused(403, "Insufficient permissions");
            let others: Vec<Permission> = Permission::ALL.iter().copied().filter(|other| *other != permission).collect();
            let key = app.add_application(&others).await;
            let answer = app.as_application(&key, method.clone(), &path, None).await;
            answer.refused(403, "Insufficient permissions");
        }
    }

    async fn without_the_permission_nothing_else_is_looked_at(app: TestApp) {
        for (name, path, permission) in GATED {
            let others: Vec<Permission> = Permission::ALL.iter().copied().filter(|other| other != permission).collect();
            let key = app.service.add_application(&format!("{name} {path}"), &others).await.unwrap();
            let bearer = format!("Bearer {key}");
            for headers in [vec![], vec![("authorization", bearer.as_str())], vec![("authorization", "Bearer wrong")]] {
                app.request(method(name), path, &headers, "[]").await.refused(403, "Insufficient permissions");
            }
        }
    }

    async fn the_permission_alone_opens_the_endpoint(app: TestApp) {
        for (name, path, permission) in GATED {
            let key = app.service.add_application(&format!("{name} {path}"), &[*permission]).await.unwrap();
            let bearer = format!("Bearer {key}");
            let answer = app.request(method(name), path, &[("authorization", &bearer)], "[]").await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {path}: {}", answer.text());
        }
    }

    async fn an_ignored_permission_is_asked_of_nobody(app: TestApp) {
        let app = app.with_settings(|settings| {
            settings.require_authentication = true;
            settings.ignored_permissions = [Permission::ViewTest, Permission::ViewArtefact].into();
        });
        for (name, path, permission) in GATED {
            let answer = app.request(method(name), path, &[], "[]").await;
            let expected = match permission {
                Permission::ChangeTest => StatusCode::FORBIDDEN,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            assert_eq!(answer.status, expected, "{name} {path}");
        }
    }

    async fn endpoints_for_somebody_take_any_application(app: TestApp) {
        let key = app.service.add_application("powerless", &[]).await.unwrap();
        let bearer = format!("Bearer {key}");
        let app = app.with_settings(|settings| settings.require_authentication = true);
        for path in ["/", "/v1/version", "/openapi.json", "/docs", "/v1/getting-started"] {
            let refused = app.request(Method::GET, path, &[], "").await;
            refused.refused(401, "Not authenticated");
            // Browsers would ask for a password.
            assert!(!refused.headers.contains_key("www-authenticate"), "{path}");
            let known = app.request(Method::GET, path, &[("authorization", &bearer)], "").await;
            assert_eq!(known.status, StatusCode::OK, "{path}");
        }
        let app = app.with_settings(|settings| settings.require_authentication = false);
        for path in ["/", "/v1/version", "/openapi.json", "/docs"] {
            assert_eq!(app.request(Method::GET, path, &[], "").await.status, StatusCode::OK, "{path}");
        }
    }

    async fn a_deleted_application_is_nobody_at_once(app: TestApp) {
        app.put("/v1/test-executions/start-test", &deb(&json!({}))).await.ok();
        app.raw.run("DELETE FROM application").await;
        app.put("/v1/test-executions/start-test", &deb(&json!({}))).await.refused(403, "Insufficient permissions");
    }

    async fn names_of_applications_are_unique(app: TestApp) {
        app.service.add_application("ci", &[]).await.unwrap();
        let error = app.service.add_application("ci", &[]).await.unwrap_err().to_string();
        assert_eq!(error, "Application with name 'ci' already exists");
    }

    async fn the_database_itself_refuses_unknown_permissions(app: TestApp) {
        for (table, columns, values) in [
            ("application", "name, api_key, permissions", r#"'x', 'k', '["fly"]'"#),
            ("application", "name, api_key, permissions", r#"'x', 'k', '"view_test"'"#),
            ("team", "name, permissions", r#"'x', '["view_test", "fly"]'"#),
            ("artefact_matching_rule", "family, grant_permissions", r#"'snap', '["fly"]'"#),
        ] {
            let sql = format!(
                "INSERT INTO {table} ({columns}, created_at, updated_at)
                 VALUES ({values}, '2031-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00')"
            );
            assert!(app.raw.try_run(&sql).await.is_err(), "{sql}");
        }
    }
}
