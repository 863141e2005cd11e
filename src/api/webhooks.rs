//! `/v1/webhooks`: make, look, change, remove.

use app::api::{HTTPValidationError, Permission, Problems, WebhookPatch, WebhookRequest, WebhookResponse};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use deserr::Deserr;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::ApiResult;
use super::gate::permitted;
use super::input::{FieldOrder, Id, Input, Nothing, OrderedBody};
use crate::domain::access::{Caller, Granter};
use crate::service::Service;

const VIEW: &[Permission] = &[Permission::ViewWebhook];
const CHANGE: &[Permission] = &[Permission::ChangeWebhook];

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(permitted(CHANGE, routes!(post_webhook)))
        .routes(permitted(VIEW, routes!(get_webhooks)))
        .routes(permitted(VIEW, routes!(get_webhook)))
        .routes(permitted(CHANGE, routes!(patch_webhook)))
        .routes(permitted(CHANGE, routes!(delete_webhook)))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
pub(super) struct WebhookPath {
    pub(super) webhook_id: Id,
}

/// The fields of a webhook in the order in which their problems are told.
const FIELDS: [&str; 6] = ["url", "events", "families", "format", "secret", "active"];

impl FieldOrder for WebhookRequest {
    const FIELDS: &'static [&'static str] = &FIELDS;
}

impl FieldOrder for WebhookPatch {
    const FIELDS: &'static [&'static str] = &FIELDS;
}

/// Make a webhook
///
/// Nobody has somebody else told what they may not see themselves: it takes `view_artefact`, for `execution_completed` also
/// `view_test`, and for `rerun_requested` also `view_rerun`.
#[utoipa::path(
    post, path = "/v1/webhooks", tag = "webhooks",
    operation_id = "create_webhook_v1_webhooks_post",
    request_body = WebhookRequest,
    responses(
        (status = 201, description = "The webhook", body = WebhookResponse),
        (status = 409, description = "There are as many webhooks as there may be"),
        (status = 422, description = "Malformed input, or an address that messages cannot go to", body = HTTPValidationError),
    )
)]
async fn post_webhook(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Input<Nothing, Nothing, OrderedBody<WebhookRequest>>,
) -> ApiResult<(StatusCode, Json<WebhookResponse>)> {
    let webhook = service.create_webhook(Granter::Caller(&caller), input.body.0).await?;
    Ok((StatusCode::CREATED, Json(webhook)))
}

/// List the webhooks
#[utoipa::path(
    get, path = "/v1/webhooks", tag = "webhooks",
    operation_id = "get_webhooks_v1_webhooks_get",
    responses((status = 200, description = "By id", body = Vec<WebhookResponse>))
)]
async fn get_webhooks(State(service): State<Service>) -> ApiResult<Json<Vec<WebhookResponse>>> {
    Ok(Json(service.list_webhooks().await?))
}

/// Get a webhook
#[utoipa::path(
    get, path = "/v1/webhooks/{webhook_id}", tag = "webhooks",
    operation_id = "get_webhook_v1_webhooks__webhook_id__get",
    params(("webhook_id" = i64, Path)),
    responses(
        (status = 200, description = "The webhook", body = WebhookResponse),
        (status = 404, description = "There is no such webhook"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_webhook(
    State(service): State<Service>,
    input: Input<WebhookPath, Nothing, Nothing>,
) -> ApiResult<Json<WebhookResponse>> {
    Ok(Json(service.get_webhook(input.path.webhook_id.0).await?))
}

/// Change a webhook
///
/// What is absent stays. It takes what making it takes. When it is switched off, what waits is not sent later.
#[utoipa::path(
    patch, path = "/v1/webhooks/{webhook_id}", tag = "webhooks",
    operation_id = "update_webhook_v1_webhooks__webhook_id__patch",
    params(("webhook_id" = i64, Path)),
    request_body = WebhookPatch,
    responses(
        (status = 200, description = "The webhook after the change", body = WebhookResponse),
        (status = 404, description = "There is no such webhook"),
        (status = 422, description = "Malformed input, or an address that messages cannot go to", body = HTTPValidationError),
    )
)]
async fn patch_webhook(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Input<WebhookPath, Nothing, OrderedBody<WebhookPatch>>,
) -> ApiResult<Json<WebhookResponse>> {
    let id = input.path.webhook_id.0;
    Ok(Json(service.update_webhook(Granter::Caller(&caller), id, input.body.0).await?))
}

/// Remove a webhook
///
/// With the messages to it, also those that wait.
#[utoipa::path(
    delete, path = "/v1/webhooks/{webhook_id}", tag = "webhooks",
    operation_id = "delete_webhook_v1_webhooks__webhook_id__delete",
    params(("webhook_id" = i64, Path)),
    responses(
        (status = 204, description = "The webhook is gone"),
        (status = 404, description = "There is no such webhook"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn delete_webhook(
    State(service): State<Service>,
    input: Input<WebhookPath, Nothing, Nothing>,
) -> ApiResult<StatusCode> {
    service.delete_webhook(input.path.webhook_id.0).await?;
    Ok(StatusCode::NO_CONTENT)
}
