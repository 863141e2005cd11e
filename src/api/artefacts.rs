//! `/v1/artefacts`: the current ones, search and history, one of them, its builds and versions, changing it.

use app::api::{
    ArtefactBuildResponse, ArtefactHistoryResponse, ArtefactPatch, ArtefactResponse, ArtefactSearchResponse,
    ArtefactVersionResponse, FamilyName, HTTPValidationError, Int, Offset, Permission, Problems, Ranged, StageName,
};
use axum::extract::{RawPathParams, State};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter};
use axum::{Extension, Json};
use deserr::Deserr;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::{ApiError, ApiResult};
use super::gate::{not_an_id, permitted, permitted_by_use_case};
use super::input::{FieldOrder, Id, Input, Nothing, OrderedBody, QueryInput};
use super::preconditions::{Conditions, tagged};
use crate::domain::access::Caller;
use crate::domain::text_search::contains_pattern;
use crate::service::Service;
use crate::store::artefacts::{HistoryFilter, NameFilter};

const VIEW: &[Permission] = &[Permission::ViewArtefact];

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(permitted(VIEW, routes!(get_artefacts)))
        .routes(permitted(VIEW, routes!(search_artefacts)))
        .routes(permitted(VIEW, routes!(get_history)))
        .routes(permitted(VIEW, routes!(get_artefact)))
        .routes(permitted_by_use_case(&[Permission::ChangeArtefact], routes!(patch_artefact)))
        .routes(permitted(VIEW, routes!(get_versions)))
        .routes(permitted(VIEW, routes!(get_builds)))
        // The paths of the searches are paths with an id too, for the methods that has.
        .route("/v1/artefacts/search", not_an_artefact_id())
        .route("/v1/artefacts/history", not_an_artefact_id())
}

fn not_an_artefact_id() -> MethodRouter<ApiState> {
    not_an_id(MethodFilter::PATCH, "artefact_id", &[])
}

#[derive(Deserr)]
#[deserr(error = Problems)]
pub(super) struct ArtefactPath {
    pub(super) artefact_id: Id,
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct ArtefactsQuery {
    #[deserr(default)]
    family: Option<FamilyName>,
}

impl QueryInput for ArtefactsQuery {
    const PARAMETERS: Option<&'static [&'static str]> = Some(&["family"]);
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct SearchQuery {
    #[deserr(default)]
    q: Option<String>,
    #[deserr(default)]
    families: Vec<FamilyName>,
    #[deserr(default = Ranged(50))]
    limit: Ranged<1, 1000>,
    #[deserr(default = Ranged(0))]
    offset: Offset,
}

impl QueryInput for SearchQuery {
    const LISTS: &'static [&'static str] = &["families"];
    const PARAMETERS: Option<&'static [&'static str]> = Some(&["q", "families", "limit", "offset"]);
}

fn latest() -> String {
    "latest".to_owned()
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct HistoryQuery {
    name: String,
    family: FamilyName,
    #[deserr(default = latest())]
    track: String,
    #[deserr(default)]
    stage: Option<StageName>,
    #[deserr(default = Ranged(10))]
    limit: Ranged<1, 500>,
    #[deserr(default = Ranged(0))]
    offset: Offset,
}

impl QueryInput for HistoryQuery {
    const PARAMETERS: Option<&'static [&'static str]> = Some(&["name", "family", "track", "stage", "limit", "offset"]);
}

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

impl FieldOrder for ArtefactPatch {
    const FIELDS: &'static [&'static str] = &[
        "status",
        "archived",
        "stage",
        "comment",
        "jira_issue",
        "bundled_builds",
        "assignee_id",
        "assignee_email",
        "reviewer_ids",
        "reviewer_emails",
    ];
}

/// Search names of artefacts
#[utoipa::path(
    get, path = "/v1/artefacts/search", tag = "artefacts",
    operation_id = "search_artefacts_v1_artefacts_search_get",
    params(
        ("q" = Option<String>, Query, description = "Part of the name, in any case"),
        ("families" = Option<Vec<FamilyName>>, Query),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000),
        ("offset" = Option<i64>, Query, minimum = 0),
    ),
    responses(
        (status = 200, description = "Distinct names, ascending", body = ArtefactSearchResponse),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn search_artefacts(
    State(service): State<Service>,
    input: Input<Nothing, SearchQuery, Nothing>,
) -> ApiResult<Json<ArtefactSearchResponse>> {
    let query = input.query;
    let filter = NameFilter { pattern: query.q.as_deref().and_then(contains_pattern), families: query.families };
    Ok(Json(service.search_artefacts(&filter, query.limit.0, query.offset.0).await?))
}

/// List the versions of a name over time
///
/// Archived ones too. Debs and images have an empty track, so `track=` finds them.
#[utoipa::path(
    get, path = "/v1/artefacts/history", tag = "artefacts",
    operation_id = "get_artefact_history_v1_artefacts_history_get",
    params(
        ("name" = String, Query),
        ("family" = FamilyName, Query),
        ("track" = Option<String>, Query, description = "`latest` when not said"),
        ("stage" = Option<StageName>, Query),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 500),
        ("offset" = Option<i64>, Query, minimum = 0),
    ),
    responses(
        (status = 200, description = "The last registered first", body = ArtefactHistoryResponse),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_history(
    State(service): State<Service>,
    input: Input<Nothing, HistoryQuery, Nothing>,
) -> ApiResult<Json<ArtefactHistoryResponse>> {
    let query = input.query;
    let filter = HistoryFilter { family: query.family, name: query.name, track: query.track, stage: query.stage };
    Ok(Json(service.list_history(&filter, query.limit.0, query.offset.0).await?))
}

/// Get an artefact
#[utoipa::path(
    get, path = "/v1/artefacts/{artefact_id}", tag = "artefacts",
    operation_id = "get_artefact_v1_artefacts__artefact_id__get",
    params(("artefact_id" = i64, Path)),
    responses(
        (status = 200, description = "The artefact, archived or not", body = ArtefactResponse),
        (status = 304, description = "Nothing has changed since the state that `If-None-Match` names"),
        (status = 404, description = "There is no such artefact"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_artefact(
    State(service): State<Service>,
    conditions: Conditions,
    input: Input<ArtefactPath, Nothing, Nothing>,
) -> ApiResult<Response> {
    Ok(conditions.answer(&service.get_artefact(input.path.artefact_id.0).await?))
}

/// Change an artefact
///
/// All or nothing. A matching rule may grant this to the members of its teams for the artefacts it matches.
#[utoipa::path(
    patch, path = "/v1/artefacts/{artefact_id}", tag = "artefacts",
    operation_id = "patch_artefact_v1_artefacts__artefact_id__patch",
    params(
        ("artefact_id" = i64, Path),
        ("if-match" = Option<String>, Header, description = "Change only the state with this `ETag`"),
    ),
    request_body = ArtefactPatch,
    responses(
        (status = 200, description = "The artefact after the change", body = ArtefactResponse),
        (status = 400, description = "The decision does not agree with the reviews, or the stage with the family"),
        (status = 404, description = "There is no such artefact"),
        (status = 409, description = "Another solution bundles the same builds"),
        (status = 412, description = "Somebody has changed it since the state that `If-Match` names"),
        (status = 422, description = "Malformed input, or somebody or something unknown", body = HTTPValidationError),
    )
)]
async fn patch_artefact(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    params: RawPathParams,
    conditions: Conditions,
    input: Result<Input<ArtefactPath, Nothing, OrderedBody<ArtefactPatch>>, ApiError>,
) -> ApiResult<Response> {
    let input = match input {
        Ok(input) => input,
        // That there is no such artefact goes before everything that is wrong with the change.
        Err(error) => {
            if let Some(id) = params.iter().next().and_then(|(_, id)| Int::from_text(id)) {
                service.check_artefact(i64::try_from(id).unwrap_or(i64::MAX)).await?;
            }
            return Err(error);
        }
    };
    let id = input.path.artefact_id.0;
    Ok(tagged(&service.update_artefact(&caller, id, &input.body.0, &conditions.if_match).await?))
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
