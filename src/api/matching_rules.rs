//! `/v1/artefact-matching-rules`: make, look, change, remove.

use app::api::{
    ArtefactMatchingRulePatch, ArtefactMatchingRuleRequest, ArtefactMatchingRuleResponse, FamilyName,
    HTTPValidationError, Permission, Problems,
};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use deserr::Deserr;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::ApiResult;
use super::gate::permitted;
use super::input::{FieldOrder, Id, Input, Nothing, OrderedBody, QueryInput};
use crate::domain::access::{Caller, Granter};
use crate::service::Service;

const VIEW: &[Permission] = &[Permission::ViewTeam];
const CHANGE: &[Permission] = &[Permission::ChangeTeam];

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(permitted(CHANGE, routes!(post_rule)))
        .routes(permitted(VIEW, routes!(get_rules)))
        .routes(permitted(VIEW, routes!(get_rule)))
        .routes(permitted(CHANGE, routes!(patch_rule)))
        .routes(permitted(CHANGE, routes!(delete_rule)))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct RulePath {
    rule_id: Id,
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct RulesQuery {
    #[deserr(default)]
    family: Option<FamilyName>,
}

impl QueryInput for RulesQuery {
    const PARAMETERS: Option<&'static [&'static str]> = Some(&["family"]);
}

/// The fields of a rule in the order in which their problems are told.
const FIELDS: [&str; 12] = [
    "name",
    "family",
    "stage",
    "track",
    "branch",
    "store",
    "series",
    "os",
    "release",
    "owner",
    "grant_permissions",
    "team_ids",
];

impl FieldOrder for ArtefactMatchingRuleRequest {
    const FIELDS: &'static [&'static str] = &FIELDS;
}

impl FieldOrder for ArtefactMatchingRulePatch {
    const FIELDS: &'static [&'static str] = &FIELDS;
}

/// Create a matching rule
///
/// Nobody grants what they may not do themselves.
#[utoipa::path(
    post, path = "/v1/artefact-matching-rules", tag = "artefact-matching-rules",
    operation_id = "create_artefact_matching_rule_v1_artefact_matching_rules_post",
    request_body = ArtefactMatchingRuleRequest,
    responses(
        (status = 201, description = "The rule", body = ArtefactMatchingRuleResponse),
        (status = 400, description = "It has no team"),
        (status = 404, description = "There is no such team"),
        (status = 409, description = "There is a rule with this family and these criteria"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn post_rule(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Input<Nothing, Nothing, OrderedBody<ArtefactMatchingRuleRequest>>,
) -> ApiResult<(StatusCode, Json<ArtefactMatchingRuleResponse>)> {
    let rule = service.create_matching_rule(Granter::Caller(&caller), input.body.0).await?;
    Ok((StatusCode::CREATED, Json(rule)))
}

/// List the matching rules
#[utoipa::path(
    get, path = "/v1/artefact-matching-rules", tag = "artefact-matching-rules",
    operation_id = "get_artefact_matching_rules_v1_artefact_matching_rules_get",
    params(("family" = Option<FamilyName>, Query)),
    responses(
        (status = 200, description = "By id", body = Vec<ArtefactMatchingRuleResponse>),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_rules(
    State(service): State<Service>,
    input: Input<Nothing, RulesQuery, Nothing>,
) -> ApiResult<Json<Vec<ArtefactMatchingRuleResponse>>> {
    Ok(Json(service.list_matching_rules(input.query.family).await?))
}

/// Get a matching rule
#[utoipa::path(
    get, path = "/v1/artefact-matching-rules/{rule_id}", tag = "artefact-matching-rules",
    operation_id = "get_artefact_matching_rule_v1_artefact_matching_rules__rule_id__get",
    params(("rule_id" = i64, Path)),
    responses(
        (status = 200, description = "The rule", body = ArtefactMatchingRuleResponse),
        (status = 404, description = "There is no such rule"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_rule(
    State(service): State<Service>,
    input: Input<RulePath, Nothing, Nothing>,
) -> ApiResult<Json<ArtefactMatchingRuleResponse>> {
    Ok(Json(service.get_matching_rule(input.path.rule_id.0).await?))
}

/// Change a matching rule
///
/// What is absent or null stays. Teams and grants that are given take the place of all there are. Nobody
/// grants what they may not do themselves, be it by a permission, to another team, or for other artefacts.
#[utoipa::path(
    patch, path = "/v1/artefact-matching-rules/{rule_id}", tag = "artefact-matching-rules",
    operation_id = "update_artefact_matching_rule_v1_artefact_matching_rules__rule_id__patch",
    params(("rule_id" = i64, Path)),
    request_body = ArtefactMatchingRulePatch,
    responses(
        (status = 200, description = "The rule after the change", body = ArtefactMatchingRuleResponse),
        (status = 400, description = "It would have no team"),
        (status = 404, description = "There is no such rule, or no such team"),
        (status = 409, description = "Another rule has this family and these criteria"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn patch_rule(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    input: Input<RulePath, Nothing, OrderedBody<ArtefactMatchingRulePatch>>,
) -> ApiResult<Json<ArtefactMatchingRuleResponse>> {
    let id = input.path.rule_id.0;
    Ok(Json(service.update_matching_rule(Granter::Caller(&caller), id, input.body.0).await?))
}

/// Remove a matching rule
///
/// Its teams stay, and so do the reviewers it led to.
#[utoipa::path(
    delete, path = "/v1/artefact-matching-rules/{rule_id}", tag = "artefact-matching-rules",
    operation_id = "delete_artefact_matching_rule_v1_artefact_matching_rules__rule_id__delete",
    params(("rule_id" = i64, Path)),
    responses(
        (status = 204, description = "The rule is gone"),
        (status = 404, description = "There is no such rule"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn delete_rule(
    State(service): State<Service>,
    input: Input<RulePath, Nothing, Nothing>,
) -> ApiResult<StatusCode> {
    service.delete_matching_rule(input.path.rule_id.0).await?;
    Ok(StatusCode::NO_CONTENT)
}
