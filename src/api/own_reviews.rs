//! `/v1/users/me/reviews`: what waits for the caller.

use app::api::OwnReviewResponse;
use axum::extract::State;
use axum::{Extension, Json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::ApiResult;
use super::gate::about_caller;
use crate::domain::access::Caller;
use crate::service::Service;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(about_caller(routes!(get_own_reviews)))
}

/// List what waits for your review
///
/// Undecided artefacts that are not archived, of which the artefact or an environment review is yours: due first, at most 500.
#[utoipa::path(
    get, path = "/v1/users/me/reviews", tag = "users",
    operation_id = "get_own_reviews_v1_users_me_reviews_get",
    responses(
        (status = 200, description = "The artefacts; none for a caller without a session", body = Vec<OwnReviewResponse>),
        (status = 401, description = "Authentication is required, and no user calls"),
    )
)]
async fn get_own_reviews(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
) -> ApiResult<Json<Vec<OwnReviewResponse>>> {
    Ok(Json(service.list_own_reviews(&caller).await?))
}
