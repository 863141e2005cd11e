//! `/v1/permissions`: what there is to be allowed.

use app::api::Permission;
use axum::Json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::gate::permitted;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(permitted(&[Permission::ViewPermission], routes!(get_permissions)))
}

/// List the permissions there are
#[utoipa::path(
    get, path = "/v1/permissions", tag = "permissions",
    operation_id = "get_permissions_v1_permissions_get",
    responses((status = 200, description = "All of them, always in the same order", body = Vec<Permission>))
)]
async fn get_permissions() -> Json<&'static [Permission]> {
    Json(Permission::ALL)
}
