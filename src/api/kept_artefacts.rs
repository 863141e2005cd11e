//! `/v1/artefacts/{artefact_id}/keep`: artefacts that somebody keeps.

use app::api::{HTTPValidationError, KeptArtefactResponse, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::artefacts::ArtefactPath;
use super::errors::ApiResult;
use super::gate::{permitted, permitted_by_use_case};
use super::input::{Input, Nothing};
use crate::domain::access::Caller;
use crate::service::Service;

const CHANGE: &[Permission] = &[Permission::ChangeArtefact];

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(permitted(&[Permission::ViewArtefact], routes!(get_keep)))
        .routes(permitted_by_use_case(CHANGE, routes!(put_keep)))
        .routes(permitted_by_use_case(CHANGE, routes!(delete_keep)))
}

/// Ask whether an artefact is kept
///
/// Nothing of an artefact that is kept goes because it is old.
#[utoipa::path(
    get, path = "/v1/artefacts/{artefact_id}/keep", tag = "artefacts",
    operation_id = "get_keep_v1_artefacts__artefact_id__keep_get",
    params(("artefact_id" = i64, Path)),
    responses(
        (status = 200, description = "Whether it is", body = KeptArtefactResponse),
        (status = 404, description = "There is no such artefact"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_keep(
    State(service): State<Service>,
    input: Input<ArtefactPath, Nothing, Nothing>,
) -> ApiResult<Json<KeptArtefactResponse>> {
    Ok(Json(service.get_kept_artefact(input.path.artefact_id.0).await?))
}

/// Keep an artefact
///
/// Nothing of it goes because it is old. A matching rule may grant this to the members of its teams, like every change of the
/// artefacts it matches.
#[utoipa::path(
    put, path = "/v1/artefacts/{artefact_id}/keep", tag = "artefacts",
    operation_id = "put_keep_v1_artefacts__artefact_id__keep_put",
    params(("artefact_id" = i64, Path)),
    responses(
        (status = 204, description = "It is kept"),
        (status = 404, description = "There is no such artefact"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn put_keep(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Input<ArtefactPath, Nothing, Nothing>,
) -> ApiResult<StatusCode> {
    service.keep_artefact(&caller, input.path.artefact_id.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keep an artefact no longer
///
/// It gets old like others again. A matching rule may grant this to the members of its teams.
#[utoipa::path(
    delete, path = "/v1/artefacts/{artefact_id}/keep", tag = "artefacts",
    operation_id = "delete_keep_v1_artefacts__artefact_id__keep_delete",
    params(("artefact_id" = i64, Path)),
    responses(
        (status = 204, description = "It is not kept"),
        (status = 404, description = "There is no such artefact"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn delete_keep(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Input<ArtefactPath, Nothing, Nothing>,
) -> ApiResult<StatusCode> {
    service.release_artefact(&caller, input.path.artefact_id.0).await?;
    Ok(StatusCode::NO_CONTENT)
}
