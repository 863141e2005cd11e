//! `/v1/teams`: make, look, change, and who is in them.

use app::api::{HTTPValidationError, Permission, Problems, TeamCreate, TeamPatch, TeamResponse};
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

const VIEW: &[Permission] = &[Permission::ViewTeam];
const CHANGE: &[Permission] = &[Permission::ChangeTeam];

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(permitted(VIEW, routes!(get_teams)))
        .routes(permitted(CHANGE, routes!(post_team)))
        .routes(permitted(VIEW, routes!(get_team)))
        .routes(permitted(CHANGE, routes!(patch_team)))
        .routes(permitted(CHANGE, routes!(post_member)))
        .routes(permitted(CHANGE, routes!(delete_member)))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct TeamPath {
    team_id: Id,
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct MemberPath {
    team_id: Id,
    user_id: Id,
}

/// The fields of a team in the order in which their problems are told.
const FIELDS: [&str; 3] = ["name", "permissions", "artefact_matching_rules"];

/// The fields of a team's rule, likewise.
const RULE_FIELDS: [&str; 11] =
    ["name", "family", "stage", "track", "branch", "store", "series", "os", "release", "owner", "grant_permissions"];

impl FieldOrder for TeamCreate {
    const FIELDS: &'static [&'static str] = &FIELDS;
    const ITEM_FIELDS: &'static [&'static str] = &RULE_FIELDS;
}

impl FieldOrder for TeamPatch {
    const FIELDS: &'static [&'static str] = &FIELDS;
    const ITEM_FIELDS: &'static [&'static str] = &RULE_FIELDS;
}

/// List the teams
#[utoipa::path(
    get, path = "/v1/teams", tag = "teams",
    operation_id = "get_teams_v1_teams_get",
    responses((status = 200, description = "By id", body = Vec<TeamResponse>))
)]
async fn get_teams(State(service): State<Service>) -> ApiResult<Json<Vec<TeamResponse>>> {
    Ok(Json(service.list_teams().await?))
}

/// Create a team
///
/// A rule that is there already, with the same family and criteria, becomes the team's too and grants what it grants and
/// what is asked for. Nobody gives a team what they may not do themselves, neither by its permissions nor by its rules.
#[utoipa::path(
    post, path = "/v1/teams", tag = "teams",
    operation_id = "create_team_v1_teams_post",
    request_body = TeamCreate,
    responses(
        (status = 201, description = "The team", body = TeamResponse),
        (status = 409, description = "There is a team of this name"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn post_team(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Input<Nothing, Nothing, OrderedBody<TeamCreate>>,
) -> ApiResult<(StatusCode, Json<TeamResponse>)> {
    let team = service.create_team(Granter::Caller(&caller), input.body.0).await?;
    Ok((StatusCode::CREATED, Json(team)))
}

/// Get a team
#[utoipa::path(
    get, path = "/v1/teams/{team_id}", tag = "teams",
    operation_id = "get_team_v1_teams__team_id__get",
    params(("team_id" = i64, Path)),
    responses(
        (status = 200, description = "The team", body = TeamResponse),
        (status = 404, description = "There is no such team"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_team(
    State(service): State<Service>,
    input: Input<TeamPath, Nothing, Nothing>,
) -> ApiResult<Json<TeamResponse>> {
    Ok(Json(service.get_team(input.path.team_id.0).await?))
}

/// Change a team
///
/// What is absent or null stays. Permissions and rules that are given take the place of all there are. A rule that no team
/// has any longer is removed.
#[utoipa::path(
    patch, path = "/v1/teams/{team_id}", tag = "teams",
    operation_id = "update_team_v1_teams__team_id__patch",
    params(("team_id" = i64, Path)),
    request_body = TeamPatch,
    responses(
        (status = 200, description = "The team after the change", body = TeamResponse),
        (status = 404, description = "There is no such team"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn patch_team(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Input<TeamPath, Nothing, OrderedBody<TeamPatch>>,
) -> ApiResult<Json<TeamResponse>> {
    Ok(Json(service.update_team(Granter::Caller(&caller), input.path.team_id.0, input.body.0).await?))
}

/// Add a user to a team
///
/// Again it changes nothing. Nobody adds users to teams that may do more than they may themselves.
#[utoipa::path(
    post, path = "/v1/teams/{team_id}/members/{user_id}", tag = "teams",
    operation_id = "add_team_member_v1_teams__team_id__members__user_id__post",
    params(("team_id" = i64, Path), ("user_id" = i64, Path)),
    responses(
        (status = 200, description = "The team with the user in it", body = TeamResponse),
        (status = 404, description = "There is no such team, or no such user"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn post_member(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Input<MemberPath, Nothing, Nothing>,
) -> ApiResult<Json<TeamResponse>> {
    let MemberPath { team_id, user_id } = input.path;
    Ok(Json(service.add_team_member(Granter::Caller(&caller), team_id.0, user_id.0).await?))
}

/// Take a user out of a team
///
/// One who is not in it stays out.
#[utoipa::path(
    delete, path = "/v1/teams/{team_id}/members/{user_id}", tag = "teams",
    operation_id = "remove_team_member_v1_teams__team_id__members__user_id__delete",
    params(("team_id" = i64, Path), ("user_id" = i64, Path)),
    responses(
        (status = 200, description = "The team without the user", body = TeamResponse),
        (status = 404, description = "There is no such team, or no such user"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn delete_member(
    State(service): State<Service>,
    input: Input<MemberPath, Nothing, Nothing>,
) -> ApiResult<Json<TeamResponse>> {
    Ok(Json(service.delete_team_member(input.path.team_id.0, input.path.user_id.0).await?))
}
