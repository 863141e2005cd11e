//! `/v1/webhooks/{webhook_id}/deliveries`: what became of the messages to a webhook, and sending one again.

use app::api::{
    Cursor, DeliveryStatus, HTTPValidationError, Permission, Problems, Ranged, WebhookDeliveriesResponse,
    WebhookDeliveryResponse,
};
use axum::Json;
use axum::extract::State;
use deserr::Deserr;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::ApiResult;
use super::gate::permitted;
use super::input::{Id, Input, Nothing, QueryInput};
use super::webhooks::WebhookPath;
use crate::service::Service;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(permitted(&[Permission::ViewWebhook], routes!(get_deliveries)))
        .routes(permitted(&[Permission::ChangeWebhook], routes!(redeliver)))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct DeliveryPath {
    webhook_id: Id,
    delivery_id: Id,
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct DeliveriesQuery {
    #[deserr(default)]
    status: Option<DeliveryStatus>,
    #[deserr(default = Ranged(50))]
    limit: Ranged<1, 1000>,
    #[deserr(default)]
    cursor: Option<Cursor>,
}

impl QueryInput for DeliveriesQuery {}

/// List the messages to a webhook
///
/// Those that were delivered are kept for three days, those that were given up for thirty.
#[utoipa::path(
    get, path = "/v1/webhooks/{webhook_id}/deliveries", tag = "webhooks",
    operation_id = "get_webhook_deliveries_v1_webhooks__webhook_id__deliveries_get",
    params(
        ("webhook_id" = i64, Path),
        ("status" = Option<DeliveryStatus>, Query),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000),
        ("cursor" = Option<String>, Query, description = "The next_cursor of the page before"),
    ),
    responses(
        (status = 200, description = "A page, newest first", body = WebhookDeliveriesResponse),
        (status = 404, description = "There is no such webhook"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_deliveries(
    State(service): State<Service>,
    input: Input<WebhookPath, DeliveriesQuery, Nothing>,
) -> ApiResult<Json<WebhookDeliveriesResponse>> {
    let query = input.query;
    let id = input.path.webhook_id.0;
    Ok(Json(service.list_deliveries(id, query.status, query.limit.0, query.cursor).await?))
}

/// Send a message to a webhook again
///
/// With the same id, so that a receiver that has it already can drop it; soon, not before the answer.
#[utoipa::path(
    post, path = "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver", tag = "webhooks",
    operation_id = "redeliver_v1_webhooks__webhook_id__deliveries__delivery_id__redeliver_post",
    params(("webhook_id" = i64, Path), ("delivery_id" = i64, Path)),
    responses(
        (status = 200, description = "The message, which waits now", body = WebhookDeliveryResponse),
        (status = 404, description = "There is no such webhook, or no such message to it"),
        (status = 409, description = "The webhook is switched off"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn redeliver(
    State(service): State<Service>,
    input: Input<DeliveryPath, Nothing, Nothing>,
) -> ApiResult<Json<WebhookDeliveryResponse>> {
    Ok(Json(service.redeliver(input.path.webhook_id.0, input.path.delivery_id.0).await?))
}
