//! `GET /v1/audit-log`: who changed what.

use app::api::{
    AuditAction, AuditActorKind, AuditLogResponse, AuditSubjectKind, Cursor, HTTPValidationError, Instant, Permission,
    Problems, Ranged,
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
use crate::store::audit_log::EntryFilter;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(permitted(&[Permission::ViewAuditLog], routes!(get_audit_log)))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct AuditLogQuery {
    #[deserr(default)]
    actor_kind: Option<AuditActorKind>,
    #[deserr(default)]
    actor_id: Option<Id>,
    #[deserr(default)]
    subject_kind: Option<AuditSubjectKind>,
    #[deserr(default)]
    subject_id: Option<Id>,
    #[deserr(default)]
    action: Option<AuditAction>,
    #[deserr(default)]
    from_date: Option<Instant>,
    #[deserr(default)]
    until_date: Option<Instant>,
    #[deserr(default = Ranged(50))]
    limit: Ranged<1, 1000>,
    #[deserr(default)]
    cursor: Option<Cursor>,
}

impl QueryInput for AuditLogQuery {}

impl From<AuditLogQuery> for EntryFilter {
    fn from(query: AuditLogQuery) -> Self {
        Self {
            actor_kind: query.actor_kind,
            actor_id: query.actor_id.map(|id| id.0),
            subject_kind: query.subject_kind,
            subject_id: query.subject_id.map(|id| id.0),
            action: query.action,
            from: query.from_date.map(|date| date.0),
            until: query.until_date.map(|date| date.0),
        }
    }
}

/// Look who changed what
///
/// Changes that people, applications and operators made; not what runners report. Of each, the fields that are different
/// after it. An id means something only beside its kind.
#[utoipa::path(
    get, path = "/v1/audit-log", tag = "audit-log",
    operation_id = "get_audit_log_v1_audit_log_get",
    params(
        ("actor_kind" = Option<AuditActorKind>, Query),
        ("actor_id" = Option<i64>, Query, description = "The user or application"),
        ("subject_kind" = Option<AuditSubjectKind>, Query),
        ("subject_id" = Option<i64>, Query, description = "The thing that was changed"),
        ("action" = Option<AuditAction>, Query),
        ("from_date" = Option<String>, Query, format = DateTime, description = "Not before"),
        ("until_date" = Option<String>, Query, format = DateTime, description = "Not after"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000),
        ("cursor" = Option<String>, Query, description = "The next_cursor of the page before"),
    ),
    responses(
        (status = 200, description = "A page, newest first", body = AuditLogResponse),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
    )
)]
async fn get_audit_log(
    State(service): State<Service>,
    input: Input<Nothing, AuditLogQuery, Nothing>,
) -> ApiResult<Json<AuditLogResponse>> {
    let (limit, cursor) = (input.query.limit.0, input.query.cursor);
    Ok(Json(service.list_audit_log(&input.query.into(), limit, cursor).await?))
}
