//! Client programs are generated from the API's document, and their functions, classes and fields have its names: a
//! change of one of these breaks them at their next build.

use serde_json::{Value, json};

use super::items;
use crate::support::both;

/// The operations that generated clients have functions for: what their names begin with, method and path. The id of an
/// operation is that beginning, its path with `_` for everything but letters and digits, and its method.
const OPERATIONS: &str = "
    root get /
    live get /health/live
    ready get /health/ready
    trigger_error get /sentry-debug
    get_applications get /v1/applications
    create_application post /v1/applications
    get_authenticated_application get /v1/applications/me
    rotate_own_api_key post /v1/applications/me/rotate
    get_application get /v1/applications/{application_id}
    delete_application delete /v1/applications/{application_id}
    update_application patch /v1/applications/{application_id}
    rotate_api_key post /v1/applications/{application_id}/rotate
    create_artefact_matching_rule post /v1/artefact-matching-rules
    get_artefact_matching_rules get /v1/artefact-matching-rules
    get_artefact_matching_rule get /v1/artefact-matching-rules/{rule_id}
    update_artefact_matching_rule patch /v1/artefact-matching-rules/{rule_id}
    delete_artefact_matching_rule delete /v1/artefact-matching-rules/{rule_id}
    get_artefacts get /v1/artefacts
    get_artefact_history get /v1/artefacts/history
    search_artefacts get /v1/artefacts/search
    get_artefact get /v1/artefacts/{artefact_id}
    patch_artefact patch /v1/artefacts/{artefact_id}
    get_artefact_builds get /v1/artefacts/{artefact_id}/builds
    get_environment_reviews get /v1/artefacts/{artefact_id}/environment-reviews
    bulk_update_environment_reviews patch /v1/artefacts/{artefact_id}/environment-reviews
    update_environment_review patch /v1/artefacts/{artefact_id}/environment-reviews/{review_id}
    get_artefact_versions get /v1/artefacts/{artefact_id}/versions
    saml_login_callback post /v1/auth/saml/acs
    saml_login get /v1/auth/saml/login
    saml_logout get /v1/auth/saml/logout
    saml_logout_callback get /v1/auth/saml/sls
    saml_logout_callback post /v1/auth/saml/sls
    get_environments get /v1/environments
    get_reported_issues get /v1/environments/reported-issues
    create_reported_issue post /v1/environments/reported-issues
    update_reported_issue put /v1/environments/reported-issues/{issue_id}
    delete_reported_issue delete /v1/environments/reported-issues/{issue_id}
    get_execution_metadata get /v1/execution-metadata
    get_issues get /v1/issues
    create_or_update_issue put /v1/issues
    get_issue get /v1/issues/{issue_id}
    patch_issue patch /v1/issues/{issue_id}
    add_issue_attachments post /v1/issues/{issue_id}/attach
    post_attachment_rule post /v1/issues/{issue_id}/attachment-rules
    patch_attachment_rule patch /v1/issues/{issue_id}/attachment-rules/{attachment_rule_id}
    delete_attachment_rule delete /v1/issues/{issue_id}/attachment-rules/{attachment_rule_id}
    remove_issue_attachments post /v1/issues/{issue_id}/detach
    get_permissions get /v1/permissions
    get_test_execution_reports get /v1/reports/test-executions
    get_testresults_report get /v1/reports/test-results
    get_teams get /v1/teams
    create_team post /v1/teams
    get_team get /v1/teams/{team_id}
    update_team patch /v1/teams/{team_id}
    add_team_member post /v1/teams/{team_id}/members/{user_id}
    remove_team_member delete /v1/teams/{team_id}/members/{user_id}
    get_test_cases get /v1/test-cases
    get_reported_issues get /v1/test-cases/reported-issues
    create_reported_issue post /v1/test-cases/reported-issues
    update_reported_issue put /v1/test-cases/reported-issues/{issue_id}
    delete_reported_issue delete /v1/test-cases/reported-issues/{issue_id}
    search_test_executions get /v1/test-executions
    end_test_execution put /v1/test-executions/end-test
    create_rerun_requests post /v1/test-executions/reruns
    get_rerun_requests get /v1/test-executions/reruns
    delete_rerun_requests delete /v1/test-executions/reruns
    start_test_execution put /v1/test-executions/start-test
    get_test_execution get /v1/test-executions/{id}
    patch_test_execution patch /v1/test-executions/{id}
    post_link post /v1/test-executions/{id}/links
    delete_link delete /v1/test-executions/{id}/links/{link_id}
    put_status_update put /v1/test-executions/{id}/status_update
    get_status_update get /v1/test-executions/{id}/status_update
    post_status_update post /v1/test-executions/{id}/status_update
    get_test_results get /v1/test-executions/{id}/test-results
    post_results post /v1/test-executions/{id}/test-results
    search_test_results get /v1/test-results
    get_users get /v1/users
    get_authenticated_user get /v1/users/me
    get_own_notifications get /v1/users/me/notifications
    get_own_notification_count get /v1/users/me/notifications/count
    mark_own_notification_as_read post /v1/users/me/notifications/{notification_id}/dismiss
    get_user get /v1/users/{user_id}
    delete_user delete /v1/users/{user_id}
    update_user patch /v1/users/{user_id}
    get_notifications get /v1/users/{user_id}/notifications
    get_notification_count get /v1/users/{user_id}/notifications/count
    mark_notification_as_read post /v1/users/{user_id}/notifications/{notification_id}/dismiss
    get_version get /v1/version
";

/// The parameters of queries, which are arguments of those functions, by path and method; there may be more.
const QUERIES: &[(&str, &str)] = &[
    ("get /v1/artefact-matching-rules", "family"),
    ("get /v1/artefacts", "family"),
    ("get /v1/artefacts/history", "name family track stage limit offset"),
    ("get /v1/artefacts/search", "q families limit offset"),
    ("get /v1/auth/saml/login", "return_to"),
    ("get /v1/auth/saml/logout", "return_to"),
    ("get /v1/environments", "q families limit offset"),
    ("get /v1/environments/reported-issues", "is_confirmed"),
    ("get /v1/issues", "source project status families limit offset q"),
    ("patch /v1/issues/{issue_id}", "title status auto_rerun_enabled"),
    ("get /v1/reports/test-executions", "start_date end_date"),
    ("get /v1/reports/test-results", "start_date end_date"),
    ("get /v1/test-cases", "q families limit offset"),
    ("get /v1/test-cases/reported-issues", "template_id case_name"),
    (
        "get /v1/test-executions",
        "families artefacts artefact_versions artefact_stages artefact_tracks artefact_is_archived
         environments test_execution_statuses reviewer_ids assignee_ids rerun_is_requested
         execution_is_latest test_result event_names from_date until_date limit offset execution_metadata",
    ),
    ("post /v1/test-executions/reruns", "silent"),
    ("get /v1/test-executions/reruns", "family limit environment environment_architecture build_architecture"),
    (
        "get /v1/test-results",
        "families artefacts artefact_versions artefact_stages artefact_tracks artefact_is_archived
         environments test_cases template_ids issues test_result_statuses test_execution_statuses
         reviewer_ids assignee_ids rerun_is_requested execution_is_latest from_date until_date limit offset
         execution_metadata",
    ),
    ("get /v1/users", "limit offset q"),
    ("get /v1/users/me/notifications", "limit offset unread_only"),
    ("get /v1/users/me/notifications/count", "unread_only"),
    ("get /v1/users/{user_id}/notifications", "limit offset unread_only"),
    ("get /v1/users/{user_id}/notifications/count", "unread_only"),
];

/// Enumerations with their members in order: a generator makes a class of each.
const ENUMS: &[(&str, &str)] = &[
    (
        "ArtefactBuildEnvironmentReviewDecision",
        "REJECTED APPROVED_INCONSISTENT_TEST APPROVED_UNSTABLE_PHYSICAL_INFRA
         APPROVED_CUSTOMER_PREREQUISITE_FAIL APPROVED_FAULTY_HARDWARE APPROVED_ALL_TESTS_PASS",
    ),
    ("ArtefactStatus", "APPROVED MARKED_AS_FAILED UNDECIDED"),
    ("C3TestResultStatus", "pass fail skip"),
    ("CharmStage", "edge beta candidate stable"),
    ("DebStage", "proposed updates"),
    ("FamilyName", "snap deb charm image solution"),
    ("ImageStage", "pending current"),
    ("IssueSource", "jira github launchpad"),
    ("IssueStatus", "unknown open closed"),
    ("NotificationType", "USER_ASSIGNED_ARTEFACT_REVIEW USER_ASSIGNED_ENVIRONMENT_REVIEW"),
    ("SnapStage", "edge beta candidate stable"),
    ("SolutionStage", "edge beta candidate stable"),
    ("StageName", "proposed updates edge beta candidate stable pending current"),
    ("TestExecutionStatus", "NOT_STARTED IN_PROGRESS PASSED FAILED NOT_TESTED ENDED_PREMATURELY"),
    ("TestResultStatus", "PASSED FAILED SKIPPED"),
];

/// Permissions in order; there may be more behind them.
const PERMISSIONS: &str = "
    view_user change_user view_team change_team add_application change_application view_application
    view_permission view_issue change_issue change_issue_attachment change_issue_attachment_bulk
    change_attachment_rule change_auto_rerun view_test change_test view_rerun change_rerun change_rerun_bulk
    view_artefact change_artefact view_environment_review change_environment_review view_report
    view_test_case_reported_issue change_test_case_reported_issue view_environment_reported_issue
    change_environment_reported_issue view_notification change_notification view_sentry_debug
";

/// Objects with their required fields: a generator reads and writes those without asking whether they are there.
const SCHEMAS: &[(&str, &str)] = &[
    ("ApplicationPatch", ""),
    ("ApplicationPost", "name permissions"),
    ("ApplicationResponse", "id name permissions api_key expires_at last_used_at"),
    ("ArtefactBuildEnvironmentReviewResponse", "id review_decision review_comment environment artefact_build"),
    ("ArtefactBuildMinimalResponse", "id architecture revision"),
    ("ArtefactBuildResponse", "id architecture revision test_executions"),
    ("ArtefactHistoryItemResponse", "artefact_id name version stage created_at"),
    ("ArtefactHistoryResponse", "count items"),
    ("ArtefactMatchingRuleBase", "family"),
    (
        "ArtefactMatchingRuleInResponse",
        "id name family stage track branch store series os release owner grant_permissions",
    ),
    ("ArtefactMatchingRulePatch", ""),
    ("ArtefactMatchingRuleRequest", "family team_ids"),
    (
        "ArtefactMatchingRuleResponse",
        "id name family stage track branch store series os release owner teams grant_permissions",
    ),
    ("ArtefactMinimalResponse", "id name version family"),
    ("ArtefactPatch", ""),
    (
        "ArtefactResponse",
        "id name version track store branch series repo source os release owner sha256 image_url stage family
         status comment archived reviewers due_date created_at bug_link jira_issue
         all_environment_reviews_count completed_environment_reviews_count assignee",
    ),
    ("ArtefactSearchResponse", "artefacts count limit offset"),
    ("ArtefactVersionResponse", "version artefact_id"),
    ("C3TestResult", "name status category comment io_log"),
    ("DeleteReruns", ""),
    ("EndTestExecutionRequest", "ci_link test_results"),
    ("EnvironmentReportedIssueRequest", "environment_name description is_confirmed"),
    ("EnvironmentReportedIssueResponse", "id environment_name description url is_confirmed created_at updated_at"),
    ("EnvironmentResponse", "id name architecture"),
    ("EnvironmentReviewPatch", ""),
    ("EnvironmentsResponse", "environments count limit offset"),
    ("ExecutionMetadata", ""),
    ("ExecutionMetadataGetResponse", "execution_metadata"),
    ("HTTPValidationError", ""),
    ("IssueAttachmentRequest", ""),
    ("IssuePatchRequest", ""),
    ("IssuePutRequest", "url"),
    ("IssueResponse", "id source project key title status url auto_rerun_enabled attachment_rules"),
    ("IssueTestResultAttachmentRulePatchRequest", ""),
    ("IssueTestResultAttachmentRulePostRequest", ""),
    ("IssuesGetResponse", "issues count limit offset"),
    ("MinimalIssueResponse", "id source project key title status url"),
    ("MinimalIssueTestResultAttachmentResponse", "issue attachment_rule"),
    (
        "MinimalIssueTestResultAttachmentRuleResponse",
        "id enabled families artefacts artefact_versions artefact_stages artefact_tracks environment_names
         test_case_names template_ids test_result_statuses execution_metadata",
    ),
    ("NotificationResponse", "id user_id notification_type target_url created_at dismissed_at"),
    ("NotificationsResponse", "notifications count limit offset"),
    ("PendingRerun", "test_execution_id ci_link family test_execution artefact artefact_build priority created_at"),
    ("PreviousTestResult", "status version artefact_id test_execution_id test_result_id"),
    ("RerunRequest", ""),
    ("ReviewerResponse", "id email launchpad_email name"),
    ("StartCharmTestExecutionRequest", "environment test_plan family name version arch revision track execution_stage"),
    ("StartDebTestExecutionRequest", "environment test_plan family name version arch series repo"),
    ("StartImageTestExecutionRequest", "environment test_plan sha256"),
    (
        "StartSnapTestExecutionRequest",
        "environment test_plan family name version arch revision track store execution_stage",
    ),
    (
        "StartSolutionTestExecutionRequest",
        "environment test_plan family name version arch track source execution_stage",
    ),
    ("StatusUpdateRequest", "events"),
    ("TeamCreate", "name"),
    ("TeamMinimal", "id name"),
    ("TeamMinimalResponse", "id name permissions"),
    ("TeamPatch", ""),
    ("TeamResponse", "id name permissions members artefact_matching_rules"),
    ("TestCaseInfo", "test_case template_id"),
    ("TestCasesResponse", "test_cases"),
    ("TestEventResponse", "event_name timestamp detail"),
    ("TestExecutionRelevantLinkCreate", "label url"),
    ("TestExecutionRelevantLinkResponse", "label url id"),
    ("TestExecutionRerunFilters", ""),
    (
        "TestExecutionResponse",
        "id ci_link c3_link environment status test_plan created_at execution_metadata is_triaged
         is_rerun_requested rerun_priority",
    ),
    (
        "TestExecutionResponseWithContext",
        "id ci_link c3_link environment status test_plan created_at execution_metadata is_triaged
         is_rerun_requested rerun_priority artefact artefact_build",
    ),
    ("TestExecutionSearchResponse", "count limit offset test_executions"),
    ("TestExecutionsPatchRequest", ""),
    ("TestReportedIssueRequest", "description url"),
    ("TestReportedIssueResponse", "id description url created_at updated_at"),
    ("TestResultRequest", "name status"),
    ("TestResultResponse", "id name created_at category template_id status comment io_log issues"),
    ("TestResultResponseWithContext", "test_result test_execution artefact artefact_build"),
    ("TestResultSearchFilters", ""),
    ("TestResultSearchResponseWithContext", "count limit offset test_results"),
    ("UserMinimalResponse", "id email name is_admin"),
    ("UserPatch", ""),
    ("UserResponse", "id email name teams is_admin"),
    ("UsersResponse", "users count limit offset"),
    ("ValidationError", "type loc msg"),
];

/// The words of a text, in alphabetical order.
fn sorted_words(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.sort_unstable();
    words
}

/// The texts of a list, in alphabetical order; none of null.
fn sorted_texts(list: &Value) -> Vec<&str> {
    let list = list.as_array().map_or(&[][..], Vec::as_slice);
    let mut texts: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    texts.sort_unstable();
    texts
}

both! {
    // Document: operation ids.
    async fn operations_keep_their_ids(app: TestApp) {
        let document = app.get("/openapi.json").await.ok();
        let operations: Vec<&str> = OPERATIONS.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert!(operations.len() > 80, "only {} operations", operations.len());
        for line in operations {
            let mut words = line.split(' ');
            let (name, method, path) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
            let tail: String = path.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
            let expected = format!("{name}{tail}_{method}");
            assert_eq!(document["paths"][path][method]["operationId"], expected, "{line}");
        }
    }

    // Document: names of parameters; none becomes required that was not.
    async fn queries_keep_their_parameters(app: TestApp) {
        let document = app.get("/openapi.json").await.ok();
        let mut required = Vec::new();
        for (operation, expected) in QUERIES {
            let (method, path) = operation.split_once(' ').unwrap();
            let parameters = items(&document["paths"][path][method]["parameters"]);
            let in_query: Vec<&Value> = parameters.iter().filter(|parameter| parameter["in"] == "query").collect();
            for name in expected.split_whitespace() {
                assert!(in_query.iter().any(|parameter| parameter["name"] == name), "{operation}: {name}");
            }
            let needed = in_query.into_iter().filter(|parameter| parameter["required"] == true);
            required.extend(needed.map(|parameter| (*operation, parameter["name"].as_str().unwrap())));
        }
        required.sort_unstable();
        assert_eq!(required, ["family", "name"].map(|name| ("get /v1/artefacts/history", name)));
    }

    // Document: names of enumerations and schemas, members and required fields.
    async fn schemas_keep_their_names_and_fields(app: TestApp) {
        let document = app.get("/openapi.json").await.ok();
        let schemas = &document["components"]["schemas"];
        for (name, members) in ENUMS {
            assert_eq!(schemas[name]["enum"], json!(members.split_whitespace().collect::<Vec<_>>()), "{name}");
        }
        let permissions: Vec<Value> = PERMISSIONS.split_whitespace().map(|name| json!(name)).collect();
        assert!(items(&schemas["Permission"]["enum"]).starts_with(&permissions));
        for (name, required) in SCHEMAS {
            assert!(schemas[name].is_object(), "{name}");
            assert_eq!(sorted_texts(&schemas[name]["required"]), sorted_words(required), "{name}");
        }
        // The models of the bot that reads and archives artefacts.
        let list = &document["paths"]["/v1/artefacts"]["get"]["responses"]["200"]["content"]["application/json"];
        assert_eq!(list["schema"]["items"]["$ref"], "#/components/schemas/ArtefactResponse");
        let patch = &document["paths"]["/v1/artefacts/{artefact_id}"]["patch"];
        let body = &patch["requestBody"]["content"]["application/json"]["schema"];
        assert_eq!(body["$ref"], "#/components/schemas/ArtefactPatch");
    }
}
