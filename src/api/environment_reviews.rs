//! `/v1/artefacts/{artefact_id}/environment-reviews`: what people say about a build in an environment.

use app::api::{
    ArtefactBuildEnvironmentReviewResponse, EnvironmentReviewPatch, HTTPValidationError, Permission, Problems,
};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::artefacts::ArtefactPath;
use super::errors::ApiResult;
use super::gate::permitted;
use super::input::{FieldOrder, Id, Input, Nothing, OrderedBody};
use super::preconditions::{Conditions, set_tag, tagged};
use crate::service::Service;

const VIEW: &[Permission] = &[Permission::ViewEnvironmentReview];
const CHANGE: &[Permission] = &[Permission::ChangeEnvironmentReview];
/// Names the entries of a bulk change that name no review of the artefact.
pub(super) const SKIPPED: HeaderName = HeaderName::from_static("x-skipped-ids");

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(permitted(VIEW, routes!(get_reviews)))
        .routes(permitted(CHANGE, routes!(patch_reviews)))
        .routes(permitted(VIEW, routes!(get_review)))
        .routes(permitted(CHANGE, routes!(patch_review)))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct ReviewPath {
    artefact_id: Id,
    review_id: Id,
}

/// The fields of a change in the order in which their problems are told.
const FIELDS: [&str; 3] = ["id", "review_decision", "review_comment"];

impl FieldOrder for EnvironmentReviewPatch {
    const FIELDS: &'static [&'static str] = &FIELDS;
}

impl FieldOrder for Vec<EnvironmentReviewPatch> {
    const FIELDS: &'static [&'static str] = &[];
    const ITEM_FIELDS: &'static [&'static str] = &FIELDS;
}

/// List the environment reviews of an artefact's latest builds
#[utoipa::path(
    get, path = "/v1/artefacts/{artefact_id}/environment-reviews", tags = ["artefacts", "environment-reviews"],
    operation_id = "get_environment_reviews_v1_artefacts__artefact_id__environment_reviews_get",
    params(("artefact_id" = i64, Path)),
    responses(
        (status = 200, description = "By build, then by id", body = Vec<ArtefactBuildEnvironmentReviewResponse>),
        (status = 304, description = "Nothing has changed since the state that `If-None-Match` names"),
        (status = 404, description = "There is no such artefact"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_reviews(
    State(service): State<Service>,
    conditions: Conditions,
    input: Input<ArtefactPath, Nothing, Nothing>,
) -> ApiResult<Response> {
    Ok(conditions.answer(&service.list_environment_reviews(input.path.artefact_id.0).await?))
}

/// Change several environment reviews of an artefact
///
/// All or nothing. Entries that name no review of the artefact are skipped, and named in the header `X-Skipped-Ids`.
#[utoipa::path(
    patch, path = "/v1/artefacts/{artefact_id}/environment-reviews", tags = ["artefacts", "environment-reviews"],
    operation_id = "bulk_update_environment_reviews_v1_artefacts__artefact_id__environment_reviews_patch",
    params(
        ("artefact_id" = i64, Path),
        ("if-match" = Option<String>, Header, description = "Change only the state of the list with this `ETag`"),
    ),
    request_body = Vec<EnvironmentReviewPatch>,
    responses(
        (status = 200, description = "One for each entry that was applied, in the order of the request",
            body = Vec<ArtefactBuildEnvironmentReviewResponse>),
        (status = 412, description = "Somebody has changed a review since the state that `If-Match` names"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn patch_reviews(
    State(service): State<Service>,
    conditions: Conditions,
    input: Input<ArtefactPath, Nothing, OrderedBody<Vec<EnvironmentReviewPatch>>>,
) -> ApiResult<Response> {
    let artefact_id = input.path.artefact_id.0;
    let done = service.update_environment_reviews(artefact_id, input.body.0, &conditions.if_match).await?;
    let mut response = Json(done.changed).into_response();
    set_tag(&mut response, &done.tag);
    let skipped = done.skipped.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    if !skipped.is_empty()
        && let Ok(skipped) = HeaderValue::from_str(&skipped)
    {
        response.headers_mut().insert(SKIPPED, skipped);
    }
    Ok(response)
}

/// Get an environment review
#[utoipa::path(
    get, path = "/v1/artefacts/{artefact_id}/environment-reviews/{review_id}", tags = ["artefacts", "environment-reviews"],
    operation_id = "get_environment_review_v1_artefacts__artefact_id__environment_reviews__review_id__get",
    params(("artefact_id" = i64, Path), ("review_id" = i64, Path)),
    responses(
        (status = 200, description = "The review", body = ArtefactBuildEnvironmentReviewResponse),
        (status = 304, description = "Nothing has changed since the state that `If-None-Match` names"),
        (status = 404, description = "There is no such review"),
        (status = 422, description = "Malformed input, or a review of another artefact", body = HTTPValidationError),
    )
)]
async fn get_review(
    State(service): State<Service>,
    conditions: Conditions,
    input: Input<ReviewPath, Nothing, Nothing>,
) -> ApiResult<Response> {
    let review = service.get_environment_review(input.path.artefact_id.0, input.path.review_id.0).await?;
    Ok(conditions.answer(&review))
}

/// Change an environment review
///
/// Nothing but the review changes: the artefact's own decision stays as it is.
#[utoipa::path(
    patch, path = "/v1/artefacts/{artefact_id}/environment-reviews/{review_id}", tags = ["artefacts", "environment-reviews"],
    operation_id = "update_environment_review_v1_artefacts__artefact_id__environment_reviews__review_id__patch",
    params(
        ("artefact_id" = i64, Path), ("review_id" = i64, Path),
        ("if-match" = Option<String>, Header, description = "Change only the state with this `ETag`"),
    ),
    request_body = EnvironmentReviewPatch,
    responses(
        (status = 200, description = "The review after the change", body = ArtefactBuildEnvironmentReviewResponse),
        (status = 404, description = "There is no such review"),
        (status = 412, description = "Somebody has changed it since the state that `If-Match` names"),
        (status = 422, description = "Malformed input, or a review of another artefact", body = HTTPValidationError),
    )
)]
async fn patch_review(
    State(service): State<Service>,
    conditions: Conditions,
    input: Input<ReviewPath, Nothing, OrderedBody<EnvironmentReviewPatch>>,
) -> ApiResult<Response> {
    let (artefact_id, review_id) = (input.path.artefact_id.0, input.path.review_id.0);
    let review = service.update_environment_review(artefact_id, review_id, input.body.0, &conditions.if_match).await?;
    Ok(tagged(&review))
}
