//! `/v1/artefacts`: the current ones, one of them, its builds and versions.

use app::api::{
    ArtefactBuildResponse, ArtefactResponse, ArtefactVersionResponse, FamilyName, HTTPValidationError, Permission,
    Problems,
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
use crate::service::Service;

const VIEW: &[Permission] = &[Permission::ViewArtefact];

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(permitted(VIEW, routes!(get_artefacts)))
        .routes(permitted(VIEW, routes!(get_artefact)))
        .routes(permitted(VIEW, routes!(get_versions)))
        .routes(permitted(VIEW, routes!(get_builds)))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct ArtefactPath {
    artefact_id: Id,
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct ArtefactsQuery {
    #[deserr(default)]
    family: Option<FamilyName>,
}

impl QueryInput for ArtefactsQuery {}

/// List the current artefacts
///
/// Archived ones are left out, and of most families all but the newest of each group.
#[utoipa::path(
    get, path = "/v1/artefacts", tag = "artefacts",
    operation_id = "get_artefacts_v1_artefacts_get",
    params(("family" = Option<FamilyName>, Query)),
    responses(
        (status = 200, description = "By family, name and creation", body = Vec<ArtefactResponse>),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_artefacts(
    State(service): State<Service>,
    input: Input<Nothing, ArtefactsQuery, Nothing>,
) -> ApiResult<Json<Vec<ArtefactResponse>>> {
    Ok(Json(service.list_artefacts(input.query.family).await?))
}

/// Get an artefact
#[utoipa::path(
    get, path = "/v1/artefacts/{artefact_id}", tag = "artefacts",
    operation_id = "get_artefact_v1_artefacts__artefact_id__get",
    params(("artefact_id" = i64, Path)),
    responses(
        (status = 200, description = "The artefact, archived or not", body = ArtefactResponse),
        (status = 404, description = "There is no such artefact"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_artefact(
    State(service): State<Service>,
    input: Input<ArtefactPath, Nothing, Nothing>,
) -> ApiResult<Json<ArtefactResponse>> {
    Ok(Json(service.get_artefact(input.path.artefact_id.0).await?))
}

/// List the versions beside an artefact's own
#[utoipa::path(
    get, path = "/v1/artefacts/{artefact_id}/versions", tag = "artefacts",
    operation_id = "get_artefact_versions_v1_artefacts__artefact_id__versions_get",
    params(("artefact_id" = i64, Path)),
    responses(
        (status = 200, description = "Newest first, itself included", body = Vec<ArtefactVersionResponse>),
        (status = 404, description = "There is no such artefact"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_versions(
    State(service): State<Service>,
    input: Input<ArtefactPath, Nothing, Nothing>,
) -> ApiResult<Json<Vec<ArtefactVersionResponse>>> {
    Ok(Json(service.list_versions(input.path.artefact_id.0).await?))
}

/// List an artefact's latest builds, with every execution on them
#[utoipa::path(
    get, path = "/v1/artefacts/{artefact_id}/builds", tags = ["artefacts", "artefact-builds"],
    operation_id = "get_artefact_builds_v1_artefacts__artefact_id__builds_get",
    params(("artefact_id" = i64, Path)),
    responses(
        (status = 200, description = "One build per architecture", body = Vec<ArtefactBuildResponse>),
        (status = 404, description = "There is no such artefact"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_builds(
    State(service): State<Service>,
    input: Input<ArtefactPath, Nothing, Nothing>,
) -> ApiResult<Json<Vec<ArtefactBuildResponse>>> {
    Ok(Json(service.list_builds(input.path.artefact_id.0).await?))
}
