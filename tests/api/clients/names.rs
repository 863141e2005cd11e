//! Client programs are generated from the API's document, and their functions, classes and fields have its names: a
//! change of one of these breaks them at their next build.

use serde_json::{Value, json};

use super::items;
use crate::support::both;

/// The operations that generated clients call, by path and method, with the ids that name their functions.
const OPERATIONS: &[(&str, &str, &str)] = &[
    ("/v1/test-executions", "get", "search_test_executions_v1_test_executions_get"),
    ("/v1/test-executions/start-test", "put", "start_test_execution_v1_test_executions_start_test_put"),
    ("/v1/test-executions/end-test", "put", "end_test_execution_v1_test_executions_end_test_put"),
    ("/v1/test-executions/reruns", "get", "get_rerun_requests_v1_test_executions_reruns_get"),
    ("/v1/test-executions/reruns", "post", "create_rerun_requests_v1_test_executions_reruns_post"),
    ("/v1/test-executions/reruns", "delete", "delete_rerun_requests_v1_test_executions_reruns_delete"),
    ("/v1/test-executions/{id}", "get", "get_test_execution_v1_test_executions__id__get"),
    ("/v1/test-executions/{id}", "patch", "patch_test_execution_v1_test_executions__id__patch"),
    ("/v1/test-executions/{id}/links", "post", "post_link_v1_test_executions__id__links_post"),
    ("/v1/test-executions/{id}/status_update", "get", "get_status_update_v1_test_executions__id__status_update_get"),
    ("/v1/test-executions/{id}/status_update", "put", "put_status_update_v1_test_executions__id__status_update_put"),
    ("/v1/test-executions/{id}/status_update", "post", "post_status_update_v1_test_executions__id__status_update_post"),
    ("/v1/test-executions/{id}/test-results", "get", "get_test_results_v1_test_executions__id__test_results_get"),
    ("/v1/test-executions/{id}/test-results", "post", "post_results_v1_test_executions__id__test_results_post"),
    ("/v1/artefacts", "get", "get_artefacts_v1_artefacts_get"),
    ("/v1/artefacts/history", "get", "get_artefact_history_v1_artefacts_history_get"),
    ("/v1/artefacts/search", "get", "search_artefacts_v1_artefacts_search_get"),
    ("/v1/artefacts/{artefact_id}", "get", "get_artefact_v1_artefacts__artefact_id__get"),
    ("/v1/artefacts/{artefact_id}", "patch", "patch_artefact_v1_artefacts__artefact_id__patch"),
    ("/v1/artefacts/{artefact_id}/builds", "get", "get_artefact_builds_v1_artefacts__artefact_id__builds_get"),
    ("/v1/artefacts/{artefact_id}/versions", "get", "get_artefact_versions_v1_artefacts__artefact_id__versions_get"),
];

/// Enumerations with their members in order: a generator makes a class of each.
const ENUMS: &[(&str, &str)] = &[
    ("ArtefactStatus", "APPROVED MARKED_AS_FAILED UNDECIDED"),
    ("C3TestResultStatus", "pass fail skip"),
    ("CharmStage", "edge beta candidate stable"),
    ("DebStage", "proposed updates"),
    ("FamilyName", "snap deb charm image solution"),
    ("ImageStage", "pending current"),
    ("SnapStage", "edge beta candidate stable"),
    ("SolutionStage", "edge beta candidate stable"),
    ("StageName", "proposed updates edge beta candidate stable pending current"),
    ("TestExecutionStatus", "NOT_STARTED IN_PROGRESS PASSED FAILED NOT_TESTED ENDED_PREMATURELY"),
    ("TestResultStatus", "PASSED FAILED SKIPPED"),
];

/// Objects with their required fields: a generator reads and writes those without asking whether they are there.
const SCHEMAS: &[(&str, &str)] = &[
    ("ArtefactBuildMinimalResponse", "id architecture revision"),
    ("ArtefactBuildResponse", "id architecture revision test_executions"),
    ("ArtefactHistoryItemResponse", "artefact_id name version stage created_at"),
    ("ArtefactHistoryResponse", "count items"),
    ("ArtefactPatch", ""),
    (
        "ArtefactResponse",
        "id name version track store branch series repo source os release owner sha256 image_url stage family status
         comment archived reviewers due_date created_at bug_link jira_issue all_environment_reviews_count
         completed_environment_reviews_count assignee",
    ),
    ("ArtefactVersionResponse", "version artefact_id"),
    ("C3TestResult", "name status category comment io_log"),
    ("DeleteReruns", ""),
    ("EndTestExecutionRequest", "ci_link test_results"),
    ("EnvironmentResponse", "id name architecture"),
    ("HTTPValidationError", ""),
    ("PendingRerun", "test_execution_id ci_link family test_execution artefact artefact_build priority created_at"),
    ("RerunRequest", ""),
    ("ReviewerResponse", "id email launchpad_email name"),
    ("StartImageTestExecutionRequest", "environment test_plan sha256"),
    ("StatusUpdateRequest", "events"),
    ("TestEventResponse", "event_name timestamp detail"),
    ("TestExecutionRelevantLinkCreate", "label url"),
    ("TestExecutionRelevantLinkResponse", "label url id"),
    (
        "TestExecutionResponse",
        "id ci_link c3_link environment status test_plan created_at execution_metadata is_triaged is_rerun_requested
         rerun_priority",
    ),
    ("TestExecutionSearchResponse", "count limit offset test_executions"),
    ("TestExecutionsPatchRequest", ""),
    ("TestResultRequest", "name status"),
    ("TestResultResponse", "id name created_at category template_id status comment io_log issues"),
    ("ValidationError", "loc msg type"),
];

both! {
    // Document: operation ids.
    async fn operations_keep_their_ids(app: TestApp) {
        let document = app.get("/openapi.json").await.ok();
        for (path, method, expected) in OPERATIONS {
            assert_eq!(document["paths"][path][method]["operationId"], *expected, "{method} {path}");
        }
    }

    // Document: names of enumerations and schemas, members and required fields.
    async fn schemas_keep_their_names_and_fields(app: TestApp) {
        let document = app.get("/openapi.json").await.ok();
        let schemas = &document["components"]["schemas"];
        for (name, members) in ENUMS {
            assert_eq!(schemas[name]["enum"], json!(members.split(' ').collect::<Vec<_>>()), "{name}");
        }
        for (name, required) in SCHEMAS {
            let schema = &schemas[name];
            assert!(schema.is_object(), "{name}");
            let mut found: Vec<&str> = match &schema["required"] {
                Value::Null => Vec::new(),
                names => items(names).iter().filter_map(Value::as_str).collect(),
            };
            let mut expected: Vec<&str> = required.split_whitespace().collect();
            found.sort_unstable();
            expected.sort_unstable();
            assert_eq!(found, expected, "{name}");
        }
        // The models of the bot that reads and archives artefacts.
        let list = &document["paths"]["/v1/artefacts"]["get"]["responses"]["200"]["content"]["application/json"];
        assert_eq!(list["schema"]["items"]["$ref"], "#/components/schemas/ArtefactResponse");
        let patch = &document["paths"]["/v1/artefacts/{artefact_id}"]["patch"];
        let body = &patch["requestBody"]["content"]["application/json"]["schema"];
        assert_eq!(body["$ref"], "#/components/schemas/ArtefactPatch");
    }
}
