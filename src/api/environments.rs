//! `/v1/environments`: the names of environments; and what the lists of names have in common.

use app::api::{
    EnvironmentsResponse, FamilyName, HTTPValidationError, LongName, Offset, Permission, Problem, Problems, Ranged,
};
use axum::Json;
use axum::extract::State;
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::ApiResult;
use super::gate::permitted;
use super::input::{Input, Nothing, QueryInput};
use crate::service::Service;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(permitted(&[Permission::ViewTest], routes!(get_environments)))
}

/// A text of a query that is compared with stored names, and no longer than those. PostgreSQL takes none with the character
/// NUL, and SQLite looks for none beyond some 50,000 bytes.
pub(super) struct QueryText(pub(super) String);

impl Deserr<Problems> for QueryText {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        let text = LongName::deserialize_from_value(value, location)?.0;
        if text.contains('\0') {
            let problem = Problem::value_error("Text must not contain the character U+0000");
            return Err(Problems::one(location, problem, Some(json!(text))));
        }
        Ok(Self(text))
    }
}

/// Which names, and which page of them.
#[derive(Deserr)]
#[deserr(error = Problems)]
pub(super) struct NamesQuery {
    #[deserr(default)]
    pub(super) q: Option<QueryText>,
    #[deserr(default)]
    pub(super) families: Vec<FamilyName>,
    #[deserr(default = Ranged(50))]
    pub(super) limit: Ranged<1, 1000>,
    #[deserr(default = Ranged(0))]
    pub(super) offset: Offset,
}

impl QueryInput for NamesQuery {
    const LISTS: &'static [&'static str] = &["families"];
    const PARAMETERS: Option<&'static [&'static str]> = Some(&["q", "families", "limit", "offset"]);
}

/// List the names of environments
///
/// Each once, whatever it runs. With `families` only of those where an artefact of them was tested.
#[utoipa::path(
    get, path = "/v1/environments", tag = "environments",
    operation_id = "get_environments_v1_environments_get",
    params(
        ("q" = Option<String>, Query, description = "What the name contains, in upper or lower case"),
        ("families" = Option<Vec<FamilyName>>, Query),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000),
        ("offset" = Option<i64>, Query, minimum = 0),
    ),
    responses(
        (status = 200, description = "A page of names, ascending, and their count", body = EnvironmentsResponse),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_environments(
    State(service): State<Service>,
    input: Input<Nothing, NamesQuery, Nothing>,
) -> ApiResult<Json<EnvironmentsResponse>> {
    let NamesQuery { q, families, limit, offset } = input.query;
    let q = q.as_ref().map(|q| q.0.as_str());
    Ok(Json(service.list_environments(q, &families, limit.0, offset.0).await?))
}
