//! `GET /v1/artefacts/{artefact_id}/badge.svg`: what an artefact has come to, as a small picture.

use app::api::{HTTPValidationError, Permission};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::artefacts::ArtefactPath;
use super::errors::ApiResult;
use super::gate::permitted;
use super::input::{Input, Nothing};
use super::preconditions::Conditions;
use crate::service::Service;

const SVG: HeaderValue = HeaderValue::from_static("image/svg+xml");
/// Pages with badges are looked at often; a decision shows within a minute.
const FRESH: HeaderValue = HeaderValue::from_static("max-age=60");

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(permitted(&[Permission::ViewArtefact], routes!(get_badge)))
}

/// Get the badge of an artefact
///
/// The decision; where there is none, how the last runs on the latest builds went. To be shown on pages of other sites, reading
/// artefacts has to be open to everybody.
#[utoipa::path(
    get, path = "/v1/artefacts/{artefact_id}/badge.svg", tag = "artefacts",
    operation_id = "get_artefact_badge_v1_artefacts__artefact_id__badge_svg_get",
    params(("artefact_id" = i64, Path)),
    responses(
        (status = 200, description = "The badge, good for a minute", body = String, content_type = "image/svg+xml"),
        (status = 304, description = "Nothing has changed since the state that `If-None-Match` names"),
        (status = 404, description = "There is no such artefact"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_badge(
    State(service): State<Service>,
    conditions: Conditions,
    input: Input<ArtefactPath, Nothing, Nothing>,
) -> ApiResult<Response> {
    let badge = service.draw_badge(input.path.artefact_id.0).await?;
    let mut response = conditions.answer_text(SVG, badge.into_bytes());
    response.headers_mut().insert(header::CACHE_CONTROL, FRESH);
    Ok(response)
}
