//! `/v1/issues/{issue_id}/attachment-rules`: make, switch on and off, remove.

use app::api::{
    HTTPValidationError, IssueTestResultAttachmentRulePatchRequest, IssueTestResultAttachmentRulePostRequest,
    MinimalIssueTestResultAttachmentRuleResponse, Permission, Problems,
};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use deserr::Deserr;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::ApiResult;
use super::gate::permitted;
use super::input::{FieldOrder, Id, Input, JsonBody, Nothing, OrderedBody};
use super::issues::IssuePath;
use crate::domain::access::Caller;
use crate::service::Service;

const CHANGE: &[Permission] = &[Permission::ChangeAttachmentRule];

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(permitted(CHANGE, routes!(post_attachment_rule)))
        .routes(permitted(CHANGE, routes!(patch_attachment_rule)))
        .routes(permitted(CHANGE, routes!(delete_attachment_rule)))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
pub(super) struct AttachmentRulePath {
    pub(super) issue_id: Id,
    pub(super) attachment_rule_id: Id,
}

impl FieldOrder for IssueTestResultAttachmentRulePostRequest {
    const FIELDS: &'static [&'static str] = &[
        "enabled",
        "families",
        "artefacts",
        "artefact_versions",
        "artefact_stages",
        "artefact_tracks",
        "environment_names",
        "test_case_names",
        "template_ids",
        "test_result_statuses",
        "execution_metadata",
        "io_log_pattern",
        "comment_pattern",
        "apply_to_existing",
    ];
}

/// Make a rule that attaches an issue
///
/// To results that are stored from now on; those there are stay as they are, unless `apply_to_existing` asks for them.
#[utoipa::path(
    post, path = "/v1/issues/{issue_id}/attachment-rules", tag = "issues",
    operation_id = "post_attachment_rule_v1_issues__issue_id__attachment_rules_post",
    params(("issue_id" = i64, Path)),
    request_body = IssueTestResultAttachmentRulePostRequest,
    responses(
        (status = 200, description = "The rule", body = MinimalIssueTestResultAttachmentRuleResponse),
        (status = 404, description = "There is no such issue"),
        (status = 422, description = "Malformed input, or a pattern that cannot be used", body = HTTPValidationError),
    )
)]
async fn post_attachment_rule(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Input<IssuePath, Nothing, OrderedBody<IssueTestResultAttachmentRulePostRequest>>,
) -> ApiResult<Json<MinimalIssueTestResultAttachmentRuleResponse>> {
    Ok(Json(service.create_attachment_rule(&caller, input.path.issue_id.0, input.body.0).await?))
}

/// Switch a rule on or off
///
/// What it matches cannot be changed, and what it attached stays.
#[utoipa::path(
    patch, path = "/v1/issues/{issue_id}/attachment-rules/{attachment_rule_id}", tag = "issues",
    operation_id = "patch_attachment_rule_v1_issues__issue_id__attachment_rules__attachment_rule_id__patch",
    params(("issue_id" = i64, Path), ("attachment_rule_id" = i64, Path)),
    request_body = IssueTestResultAttachmentRulePatchRequest,
    responses(
        (status = 200, description = "The rule after the change", body = MinimalIssueTestResultAttachmentRuleResponse),
        (status = 400, description = "The rule belongs to another issue"),
        (status = 404, description = "There is no such rule"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn patch_attachment_rule(
    State(service): State<Service>,
    input: Input<AttachmentRulePath, Nothing, JsonBody<IssueTestResultAttachmentRulePatchRequest>>,
) -> ApiResult<Json<MinimalIssueTestResultAttachmentRuleResponse>> {
    let AttachmentRulePath { issue_id, attachment_rule_id } = input.path;
    Ok(Json(service.update_attachment_rule(issue_id.0, attachment_rule_id.0, &input.body.0).await?))
}

/// Remove a rule
///
/// What it attached stays, as if somebody had attached it by hand. A rule that is not there is no mistake.
#[utoipa::path(
    delete, path = "/v1/issues/{issue_id}/attachment-rules/{attachment_rule_id}", tag = "issues",
    operation_id = "delete_attachment_rule_v1_issues__issue_id__attachment_rules__attachment_rule_id__delete",
    params(("issue_id" = i64, Path), ("attachment_rule_id" = i64, Path)),
    responses(
        (status = 204, description = "The rule is gone"),
        (status = 400, description = "The rule belongs to another issue"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn delete_attachment_rule(
    State(service): State<Service>,
    input: Input<AttachmentRulePath, Nothing, Nothing>,
) -> ApiResult<StatusCode> {
    let AttachmentRulePath { issue_id, attachment_rule_id } = input.path;
    service.delete_attachment_rule(issue_id.0, attachment_rule_id.0).await?;
    Ok(StatusCode::NO_CONTENT)
}
