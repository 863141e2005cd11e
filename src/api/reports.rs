//! `/v1/reports`: everything of a time, as CSV.

use app::api::{HTTPValidationError, Instant, Permission, Problems};
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use futures::stream::{self, StreamExt, TryStreamExt};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::{ApiError, ApiResult};
use super::gate::permitted;
use super::input::{Input, Nothing, QueryInput};
use crate::service::Service;
use crate::service::reports::{Report, ReportError};

const CSV: &str = "text/csv; charset=utf-8";

/// The beginning of the year 1: before that nothing is stored.
const FIRST_MOMENT: DateTime<Utc> = match DateTime::from_timestamp(-62_135_596_800, 0) {
    Some(moment) => moment,
    None => DateTime::UNIX_EPOCH,
};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(permitted(&[Permission::ViewReport], routes!(get_results_report)))
        .routes(permitted(&[Permission::ViewReport], routes!(get_executions_report)))
}

/// The time that a report is about, with both ends.
#[derive(Deserr, IntoParams)]
#[into_params(parameter_in = Query)]
#[deserr(error = Problems)]
struct ReportQuery {
    /// Not before.
    #[deserr(default)]
    #[param(value_type = String, format = DateTime, required = false)]
    start_date: Option<Instant>,
    /// Not after; until now, if nothing is said.
    #[deserr(default)]
    #[param(value_type = Option<String>, format = DateTime)]
    end_date: Option<Instant>,
}

impl QueryInput for ReportQuery {}

impl ReportQuery {
    fn begin(&self) -> DateTime<Utc> {
        self.start_date.map_or(FIRST_MOMENT, |date| date.0)
    }

    fn end(&self) -> Option<DateTime<Utc>> {
        self.end_date.map(|date| date.0)
    }
}

/// Get a report of test results
///
/// One row for each result of the artefacts that were registered in the time. The rows are sent as they are read; a connection
/// that ends without the end of the body means that there is more.
#[utoipa::path(
    get, path = "/v1/reports/test-results", tag = "reports",
    operation_id = "get_testresults_report_v1_reports_test_results_get",
    params(ReportQuery),
    responses(
        (status = 200, description = "The report, by artefact, execution and result", body = String,
            content_type = "text/csv"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
        (status = 503, description = "Others read reports already; `Retry-After` says when to try again"),
    )
)]
async fn get_results_report(
    State(service): State<Service>,
    input: Input<Nothing, ReportQuery, Nothing>,
) -> ApiResult<Response> {
    send(service.report_results(input.query.begin(), input.query.end()).await?).await
}

/// Get a report of test executions
///
/// One row for each execution that was registered in the time and whose build and environment have a review. The rows are sent
/// as they are read; a connection that ends without the end of the body means that there is more.
#[utoipa::path(
    get, path = "/v1/reports/test-executions", tag = "reports",
    operation_id = "get_test_execution_reports_v1_reports_test_executions_get",
    params(ReportQuery),
    responses(
        (status = 200, description = "The report, by artefact and execution", body = String, content_type = "text/csv"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
        (status = 503, description = "Others read reports already; `Retry-After` says when to try again"),
    )
)]
async fn get_executions_report(
    State(service): State<Service>,
    input: Input<Nothing, ReportQuery, Nothing>,
) -> ApiResult<Response> {
    send(service.report_executions(input.query.begin(), input.query.end()).await?).await
}

/// Sends a report piece by piece. What fails before the first piece is refused; behind it, only a body that breaks off can say so.
async fn send(mut report: Report) -> ApiResult<Response> {
    let first = report.next_piece().await.map_err(refuse)?;
    let rest = stream::try_unfold(report, |mut report| async move {
        let piece = report.next_piece().await;
        piece.map(|piece| piece.map(|piece| (piece, report)))
    });
    let rest = rest.inspect_err(|error: &ReportError| tracing::error!(%error, "a report ends early"));
    let pieces = stream::iter(first.map(Ok)).chain(rest);
    Ok(([(header::CONTENT_TYPE, CSV)], Body::from_stream(pieces)).into_response())
}

fn refuse(error: ReportError) -> ApiError {
    match error {
        ReportError::Store(error) => error.into(),
        error => {
            tracing::error!(%error, "a report failed");
            ApiError::Internal
        }
    }
}
