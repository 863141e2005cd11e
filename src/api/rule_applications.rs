//! `/v1/issues/{issue_id}/attachment-rules`: what a rule means for the results there are.

use app::api::{
    HTTPValidationError, IssueTestResultAttachmentRulePostRequest, Permission, Problems, RuleApplicationResponse,
    RuleApplicationUndoneResponse, RulePreviewResponse,
};
use axum::Json;
use axum::extract::State;
use axum::routing::MethodFilter;
use deserr::Deserr;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::attachment_rules::AttachmentRulePath;
use super::errors::ApiResult;
use super::gate::{not_an_id, permitted};
use super::input::{Id, Input, Nothing, OrderedBody, QueryInput};
use super::issues::IssuePath;
use crate::service::Service;

/// Where applying a rule goes on.
#[derive(Deserr, IntoParams)]
#[into_params(parameter_in = Query)]
#[deserr(error = Problems)]
struct ApplicationQuery {
    /// `next_before` of an answer: a rule with patterns is tried on results with lower ids only. Without patterns it says nothing.
    #[deserr(default)]
    #[param(value_type = Option<i64>)]
    before: Option<Id>,
}

impl QueryInput for ApplicationQuery {}

const PREVIEW_PATH: &str = "/v1/issues/{issue_id}/attachment-rules/preview";

const CHANGE: &[Permission] = &[Permission::ChangeAttachmentRule];
const PREVIEW: &[Permission] = &[Permission::ChangeAttachmentRule, Permission::ViewTest];
const APPLY: &[Permission] =
    &[Permission::ChangeAttachmentRule, Permission::ChangeIssueAttachment, Permission::ChangeIssueAttachmentBulk];

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(permitted(PREVIEW, routes!(preview_rule)))
        .route(PREVIEW_PATH, not_an_id(MethodFilter::PATCH, "attachment_rule_id", CHANGE))
        .route(PREVIEW_PATH, not_an_id(MethodFilter::DELETE, "attachment_rule_id", CHANGE))
        .routes(permitted(APPLY, routes!(apply_rule)))
        .routes(permitted(APPLY, routes!(undo_rule)))
}

/// Look at what a rule would match
///
/// Among the results there are: how many, how many of them nobody has explained yet, how many have another issue, and the newest
/// ten. Nothing is stored.
#[utoipa::path(
    post, path = "/v1/issues/{issue_id}/attachment-rules/preview", tag = "issues",
    operation_id = "preview_attachment_rule_v1_issues__issue_id__attachment_rules_preview_post",
    params(("issue_id" = i64, Path)),
    request_body = IssueTestResultAttachmentRulePostRequest,
    responses(
        (status = 200, description = "What it would match", body = RulePreviewResponse),
        (status = 404, description = "There is no such issue"),
        (status = 422, description = "Malformed input, or a pattern that cannot be used", body = HTTPValidationError),
    )
)]
async fn preview_rule(
    State(service): State<Service>,
    input: Input<IssuePath, Nothing, OrderedBody<IssueTestResultAttachmentRulePostRequest>>,
) -> ApiResult<Json<RulePreviewResponse>> {
    Ok(Json(service.preview_attachment_rule(input.path.issue_id.0, input.body.0).await?))
}

/// Apply a rule to the results there are
///
/// Attaches its issue to all that it matches, whether it is switched on or not. Doing it again attaches it to what has come to match
/// since; what has the issue already stays as it is.
#[utoipa::path(
    put, path = "/v1/issues/{issue_id}/attachment-rules/{attachment_rule_id}/existing-results", tag = "issues",
    operation_id = "apply_attachment_rule_v1_issues__issue_id__attachment_rules__attachment_rule_id__existing_results_put",
    params(("issue_id" = i64, Path), ("attachment_rule_id" = i64, Path), ApplicationQuery),
    responses(
        (status = 200, description = "What it did", body = RuleApplicationResponse),
        (status = 400, description = "The rule belongs to another issue"),
        (status = 404, description = "There is no such rule"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn apply_rule(
    State(service): State<Service>,
    input: Input<AttachmentRulePath, ApplicationQuery, Nothing>,
) -> ApiResult<Json<RuleApplicationResponse>> {
    let AttachmentRulePath { issue_id, attachment_rule_id } = input.path;
    let before = input.query.before.map(|id| id.0);
    Ok(Json(service.apply_attachment_rule(issue_id.0, attachment_rule_id.0, before).await?))
}

/// Take back that a rule was applied to the results there were
///
/// Detaches its issue from the results to which that attached it. What the rule attached as results were stored, and what people
/// attached, stays.
#[utoipa::path(
    delete, path = "/v1/issues/{issue_id}/attachment-rules/{attachment_rule_id}/existing-results", tag = "issues",
    operation_id = "undo_attachment_rule_v1_issues__issue_id__attachment_rules__attachment_rule_id__existing_results_delete",
    params(("issue_id" = i64, Path), ("attachment_rule_id" = i64, Path)),
    responses(
        (status = 200, description = "What was taken back", body = RuleApplicationUndoneResponse),
        (status = 400, description = "The rule belongs to another issue"),
        (status = 404, description = "There is no such rule"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn undo_rule(
    State(service): State<Service>,
    input: Input<AttachmentRulePath, Nothing, Nothing>,
) -> ApiResult<Json<RuleApplicationUndoneResponse>> {
    let AttachmentRulePath { issue_id, attachment_rule_id } = input.path;
    Ok(Json(service.undo_attachment_rule(issue_id.0, attachment_rule_id.0).await?))
}
