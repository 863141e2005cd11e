//! `/v1/issues/{issue_id}/attach` and `/detach`: which results an issue is known to explain.

use app::api::{HTTPValidationError, IssueAttachmentRequest, IssueResponse, Permission};
use axum::extract::State;
use axum::{Extension, Json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::{ApiError, ApiResult};
use super::gate::permitted_by_use_case;
use super::input::{FieldOrder, Input, Nothing, OrderedBody};
use super::issues::IssuePath;
use crate::domain::access::Caller;
use crate::service::Service;

/// The second one for more than a single result by hand.
const CHANGE: &[Permission] = &[Permission::ChangeIssueAttachment, Permission::ChangeIssueAttachmentBulk];

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(permitted_by_use_case(CHANGE, routes!(attach_issue)))
        .routes(permitted_by_use_case(CHANGE, routes!(detach_issue)))
}

impl FieldOrder for IssueAttachmentRequest {
    const FIELDS: &'static [&'static str] = &["test_results", "test_results_filters", "attachment_rule"];
}

type AttachmentInput = Input<IssuePath, Nothing, OrderedBody<IssueAttachmentRequest>>;

/// Attach an issue to results
///
/// To those listed and to all that the filters choose. More than one id, filters or a rule need
/// `change_issue_attachment_bulk` as well. An attachment that is there already stays as it is.
#[utoipa::path(
    post, path = "/v1/issues/{issue_id}/attach", tag = "issues",
    operation_id = "add_issue_attachments_v1_issues__issue_id__attach_post",
    params(("issue_id" = i64, Path)),
    request_body = IssueAttachmentRequest,
    responses(
        (status = 200, description = "The issue; all of them are attached", body = IssueResponse),
        (status = 400, description = "The rule belongs to another issue"),
        (status = 404, description = "There is no such issue, no such rule, or no such result"),
        (status = 422, description = "Malformed input, or filters that say nothing", body = HTTPValidationError),
    )
)]
async fn attach_issue(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Result<AttachmentInput, ApiError>,
) -> ApiResult<Json<IssueResponse>> {
    // Who may attach nothing at all hears that before what is wrong with the request.
    service.check_may_attach(&caller)?;
    let input = input?;
    Ok(Json(service.attach_issue(&caller, input.path.issue_id.0, input.body.0).await?))
}

/// Detach an issue from results
///
/// From those listed and from all that the filters choose, whoever or whatever attached it. More than one id, filters
/// or a rule need `change_issue_attachment_bulk` as well.
#[utoipa::path(
    post, path = "/v1/issues/{issue_id}/detach", tag = "issues",
    operation_id = "remove_issue_attachments_v1_issues__issue_id__detach_post",
    params(("issue_id" = i64, Path)),
    request_body = IssueAttachmentRequest,
    responses(
        (status = 200, description = "The issue; none of them is attached", body = IssueResponse),
        (status = 404, description = "There is no such issue, or no such rule"),
        (status = 422, description = "Malformed input, or filters that say nothing", body = HTTPValidationError),
    )
)]
async fn detach_issue(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Result<AttachmentInput, ApiError>,
) -> ApiResult<Json<IssueResponse>> {
    service.check_may_attach(&caller)?;
    let input = input?;
    Ok(Json(service.detach_issue(&caller, input.path.issue_id.0, input.body.0).await?))
}
