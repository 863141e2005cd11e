//! Gates in front of routes: every route has one, and those that clients know ask for what they have always asked for.

use serde_json::{Value, json};

/// What it takes to call each operation that clients know. Written down here, as the document and the table of rights are
/// generated: a gate that is another one in the code would be another one there, too.
const KNOWN_GATES: &[(&[&str], &[&str])] = &[
    (
        &["change_test"],
        &[
            "PUT /v1/test-executions/end-test",
            "PUT /v1/test-executions/start-test",
            "PATCH /v1/test-executions/{id}",
            "POST /v1/test-executions/{id}/links",
            "DELETE /v1/test-executions/{id}/links/{link_id}",
            "POST /v1/test-executions/{id}/status_update",
            "PUT /v1/test-executions/{id}/status_update",
            "POST /v1/test-executions/{id}/test-results",
        ],
    ),
    (
        &["view_test"],
        &[
            "GET /v1/environments",
            "GET /v1/execution-metadata",
            "GET /v1/test-cases",
            "GET /v1/test-executions",
            "GET /v1/test-executions/{id}",
            "GET /v1/test-executions/{id}/status_update",
            "GET /v1/test-executions/{id}/test-results",
            "GET /v1/test-results",
        ],
    ),
    (&["change_rerun", "change_rerun_bulk"], &["DELETE /v1/test-executions/reruns", "POST /v1/test-executions/reruns"]),
    (&["view_rerun"], &["GET /v1/test-executions/reruns"]),
    (
        &["view_artefact"],
        &[
            "GET /v1/artefacts",
            "GET /v1/artefacts/history",
            "GET /v1/artefacts/search",
            "GET /v1/artefacts/{artefact_id}",
            "GET /v1/artefacts/{artefact_id}/builds",
            "GET /v1/artefacts/{artefact_id}/versions",
        ],
    ),
    (&["change_artefact"], &["PATCH /v1/artefacts/{artefact_id}"]),
    (&["view_environment_review"], &["GET /v1/artefacts/{artefact_id}/environment-reviews"]),
    (
        &["change_environment_review"],
        &[
            "PATCH /v1/artefacts/{artefact_id}/environment-reviews",
            "PATCH /v1/artefacts/{artefact_id}/environment-reviews/{review_id}",
        ],
    ),
    (&["view_report"], &["GET /v1/reports/test-executions", "GET /v1/reports/test-results"]),
    (&["view_test_case_reported_issue"], &["GET /v1/test-cases/reported-issues"]),
    (
        &["change_test_case_reported_issue"],
        &[
            "POST /v1/test-cases/reported-issues",
            "DELETE /v1/test-cases/reported-issues/{issue_id}",
            "PUT /v1/test-cases/reported-issues/{issue_id}",
        ],
    ),
    (&["view_environment_reported_issue"], &["GET /v1/environments/reported-issues"]),
    (
        &["change_environment_reported_issue"],
        &[
            "POST /v1/environments/reported-issues",
            "DELETE /v1/environments/reported-issues/{issue_id}",
            "PUT /v1/environments/reported-issues/{issue_id}",
        ],
    ),
    (
        &["change_issue_attachment", "change_issue_attachment_bulk"],
        &["POST /v1/issues/{issue_id}/attach", "POST /v1/issues/{issue_id}/detach"],
    ),
    (
        &["change_attachment_rule"],
        &[
            "POST /v1/issues/{issue_id}/attachment-rules",
            "DELETE /v1/issues/{issue_id}/attachment-rules/{attachment_rule_id}",
            "PATCH /v1/issues/{issue_id}/attachment-rules/{attachment_rule_id}",
        ],
    ),
    (&["view_issue"], &["GET /v1/issues", "GET /v1/issues/{issue_id}"]),
    (&["change_issue"], &["PUT /v1/issues"]),
    (&["change_issue", "change_auto_rerun"], &["PATCH /v1/issues/{issue_id}"]),
    (&["view_user"], &["GET /v1/users", "GET /v1/users/{user_id}"]),
    (&["change_user"], &["DELETE /v1/users/{user_id}", "PATCH /v1/users/{user_id}"]),
    (
        &["view_team"],
        &[
            "GET /v1/artefact-matching-rules",
            "GET /v1/artefact-matching-rules/{rule_id}",
            "GET /v1/teams",
            "GET /v1/teams/{team_id}",
        ],
    ),
    (
        &["change_team"],
        &[
            "POST /v1/artefact-matching-rules",
            "DELETE /v1/artefact-matching-rules/{rule_id}",
            "PATCH /v1/artefact-matching-rules/{rule_id}",
            "POST /v1/teams",
            "PATCH /v1/teams/{team_id}",
            "DELETE /v1/teams/{team_id}/members/{user_id}",
            "POST /v1/teams/{team_id}/members/{user_id}",
        ],
    ),
    (&["view_permission"], &["GET /v1/permissions"]),
    (&["view_application"], &["GET /v1/applications", "GET /v1/applications/{application_id}"]),
    (&["add_application"], &["POST /v1/applications"]),
    (
        &["change_application"],
        &[
            "DELETE /v1/applications/{application_id}",
            "PATCH /v1/applications/{application_id}",
            "POST /v1/applications/{application_id}/rotate",
        ],
    ),
    (&["view_notification"], &["GET /v1/users/{user_id}/notifications", "GET /v1/users/{user_id}/notifications/count"]),
    (&["change_notification"], &["POST /v1/users/{user_id}/notifications/{notification_id}/dismiss"]),
    (&["view_sentry_debug"], &["GET /sentry-debug"]),
];

/// What puts a gate in front of routes.
const GATES: [&str; 10] = [
    "permitted(",
    "permitted_by_use_case(",
    "permitted_stream(",
    "about_caller(",
    "authenticated(",
    "authenticated_route(",
    "authenticated_page(",
    "local(",
    "not_an_id(",
    "not_an_artefact_id(",
];

/// Routes that are open without one: signing in and out at a SAML identity provider, which sends forms, and what the page
/// with the documentation is made of.
const OPEN: [&str; 6] = [
    "routes!(get_login))",
    "routes!(get_logout))",
    "routes!(post_acs))",
    "routes!(get_sls, post_sls))",
    "\"/docs/start.js\", get(get_script))",
    "\"/docs/assets/{file}\", get(get_asset))",
];

/// What is added to a router, from one addition to the next.
fn additions(source: &str) -> Vec<String> {
    let code: String =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let code = code.replace(".routes(", "\u{0}").replace(".route(", "\u{0}");
    code.split('\u{0}').skip(1).map(|addition| addition.split(['\n', ';']).map(str::trim).collect()).collect()
}

#[test]
fn gates_that_clients_know_stay() {
    let document = serde_json::to_value(test_observer::api::document()).unwrap();
    for (permissions, operations) in KNOWN_GATES {
        for operation in *operations {
            let (method, path) = operation.split_once(' ').unwrap();
            let named: &Value = &document["paths"][path][method.to_lowercase()]["x-permissions"];
            assert_eq!(named, &json!(permissions), "{operation}");
        }
    }
}

#[test]
fn no_route_is_without_a_gate() {
    let (mut gated, mut open) = (0, Vec::new());
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/api")).unwrap() {
        let path = entry.unwrap().path();
        let Ok(source) = std::fs::read_to_string(&path) else { continue };
        for addition in additions(&source) {
            if let Some(known) = OPEN.iter().find(|known| addition.starts_with(*known)) {
                open.push(*known);
                continue;
            }
            assert!(GATES.iter().any(|gate| addition.contains(gate)), "{}: {addition}", path.display());
            gated += 1;
        }
    }
    open.sort_unstable();
    let mut expected = OPEN.to_vec();
    expected.sort_unstable();
    assert_eq!(open, expected);
    assert!(gated > 50, "only {gated} routes");
}
