//! `/sentry-debug`: fails on purpose, so that an operator sees whether somebody hears of it.

use app::api::Permission;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::gate::permitted;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(permitted(&[Permission::ViewSentryDebug], routes!(get_failure)))
}

/// Fail on purpose
///
/// Writes an error into the log and answers like an unhandled one: for trying out what watches over this server.
#[utoipa::path(
    get, path = "/sentry-debug", operation_id = "trigger_error_sentry_debug_get",
    responses((status = 500, description = "Always", body = String, content_type = "text/plain"))
)]
async fn get_failure() -> (StatusCode, &'static str) {
    tracing::error!("somebody wanted to see an error: /sentry-debug was asked for");
    (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}
