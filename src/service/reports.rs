//! Reports: everything of a time, as CSV, row by row. However long a report is, it takes the same memory, and all of its rows
//! are of one moment.

use std::time::Duration;

use futures::TryStreamExt;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout;

use super::{Service, ServiceError, ServiceResult};
use crate::domain::report::{Csv, ReportedEvent, decisions_cell, events_cell};
use crate::store::reports::{
    ArtefactColumns, ExecutionReportRow, ResultReportRow, prefer_first_rows, stream_executions, stream_results,
};
use crate::store::{Db, Moment, StoreError, Tx};

/// A piece is sent when it has grown to so many bytes…
const PIECE_BYTES: usize = 64 * 1024;
/// … and so many of them wait for the reader.
const PIECES_WAITING: usize = 4;
/// How long a reader may take none of them before its connection to the database is given to somebody else.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long a report waits for others to end…
const TURN: Duration = Duration::from_secs(2);
/// … and after how many seconds its reader may try again.
const TRY_AGAIN: u64 = 10;

const RESULTS_HEAD: &str = "Artefact.family,Artefact.id,Artefact.name,Artefact.version,Artefact.status,Artefact.track,\
    Artefact.stage,Artefact.series,Artefact.repo,Artefact.os,Artefact.series,Artefact.created_at,TestExecution.id,\
    TestExecution.status,TestExecution.c3_link,TestExecution.checkbox_version,TestPlan.name,Environment.name,\
    Environment.architecture,TestCase.template_id,TestCase.name,TestCase.category,TestResult.status,TestResult.created_at";

const EXECUTIONS_HEAD: &str = "Artefact.family,Artefact.id,Artefact.name,Artefact.version,Artefact.status,Artefact.track,\
    Artefact.stage,Artefact.series,Artefact.repo,Artefact.os,TestExecution.id,TestExecution.status,TestExecution.ci_link,\
    TestExecution.c3_link,TestExecution.checkbox_version,TestExecution.test_plan,TestExecution.created_at,\
    Environment.name,Environment.architecture,ArtefactBuildEnvironmentReview.review_decision,\
    ArtefactBuildEnvironmentReview.review_comment,TestEvents";

/// Why a report ends before its end.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody reads on.
    #[error("nobody has read on for {} s", PATIENCE.as_secs())]
    Stalled,
    /// A defect.
    #[error("the report broke off: {0}")]
    Broken(#[from] JoinError),
}

/// A report that is being written. Dropped, it is written no further.
pub struct Report {
    pieces: mpsc::Receiver<String>,
    writer: JoinHandle<Result<(), ReportError>>,
}

impl Report {
    /// The next piece; none behind the last one.
    pub async fn next_piece(&mut self) -> Result<Option<String>, ReportError> {
        if let Some(piece) = self.pieces.recv().await {
            return Ok(Some(piece));
        }
        // Only a writer that says so has written everything.
        (&mut self.writer).await?.map(|()| None)
    }
}

/// How many reports may be written at a time: each takes a connection for as long as its reader takes. The other half is there for
/// everybody else.
pub(super) fn at_a_time(db: &Db) -> usize {
    db.reading_connections() / 2
}

/// Where the pieces of a report go.
struct Writer {
    csv: Csv,
    pieces: mpsc::Sender<String>,
}

impl Writer {
    /// Sends what there is when it is enough for a piece.
    async fn send_piece(&mut self) -> Result<(), ReportError> {
        if self.csv.len() < PIECE_BYTES { Ok(()) } else { self.send().await }
    }

    async fn send(&mut self) -> Result<(), ReportError> {
        if self.csv.is_empty() {
            return Ok(());
        }
        let sent = timeout(PATIENCE, self.pieces.send(self.csv.take())).await;
        // Whoever has left misses nothing.
        sent.map(drop).map_err(|_| ReportError::Stalled)
    }
}

impl Service {
    /// The results of the artefacts that were registered between two moments.
    pub async fn report_results(&self, from: Moment, until: Option<Moment>) -> ServiceResult<Report> {
        let until = until.unwrap_or_else(|| self.clock.now());
        let turn = self.await_turn().await?;
        let tx = self.db.read().await?;
        Ok(begin_report(turn, RESULTS_HEAD, |writer| write_results(tx, writer, from, until)))
    }

    /// The executions that were registered between two moments and have a review.
    pub async fn report_executions(&self, from: Moment, until: Option<Moment>) -> ServiceResult<Report> {
        let until = until.unwrap_or_else(|| self.clock.now());
        let turn = self.await_turn().await?;
        let tx = self.db.read().await?;
        Ok(begin_report(turn, EXECUTIONS_HEAD, |writer| write_executions(tx, writer, from, until)))
    }

    /// The right to write a report, until it is dropped.
    async fn await_turn(&self) -> ServiceResult<OwnedSemaphorePermit> {
        let turn = timeout(TURN, self.reports.clone().acquire_owned()).await;
        turn.ok().and_then(Result::ok).ok_or(ServiceError::Busy(TRY_AGAIN))
    }
}

/// Begins to write a report. It is written as fast as it is read, and no longer than somebody reads.
fn begin_report<W>(turn: OwnedSemaphorePermit, head: &str, write: impl FnOnce(Writer) -> W) -> Report
where
    W: Future<Output = Result<(), ReportError>> + Send + 'static,
{
    let (sender, pieces) = mpsc::channel(PIECES_WAITING);
    let mut csv = Csv::default();
    for name in head.split(',') {
        csv.cell(name);
    }
    csv.end_row();
    let writing = write(Writer { csv, pieces: sender.clone() });
    let writer = tokio::spawn(async move {
        let written = tokio::select! {
            written = writing => written,
            () = sender.closed() => Ok(()),
        };
        drop(turn);
        written
    });
    Report { pieces, writer }
}

async fn write_results(mut tx: Tx, mut writer: Writer, from: Moment, until: Moment) -> Result<(), ReportError> {
    prefer_first_rows(&mut tx).await?;
    let mut rows = stream_results(&mut tx, from, until);
    while let Some(row) = rows.try_next().await? {
        add_result(&mut writer.csv, &row);
        writer.send_piece().await?;
    }
    writer.send().await
}

async fn write_executions(mut tx: Tx, mut writer: Writer, from: Moment, until: Moment) -> Result<(), ReportError> {
    prefer_first_rows(&mut tx).await?;
    let mut rows = stream_executions(&mut tx, from, until);
    let mut current: Option<(ExecutionReportRow, Vec<ReportedEvent>)> = None;
    while let Some(mut row) = rows.try_next().await? {
        let event = take_event(&mut row);
        if let Some((execution, events)) = &mut current
            && execution.execution_id == row.execution_id
        {
            events.extend(event);
            continue;
        }
        if let Some((execution, events)) = current.replace((row, event.into_iter().collect())) {
            add_execution(&mut writer.csv, &execution, &events);
            writer.send_piece().await?;
        }
    }
    if let Some((execution, events)) = current {
        add_execution(&mut writer.csv, &execution, &events);
    }
    writer.send().await
}

fn take_event(row: &mut ExecutionReportRow) -> Option<ReportedEvent> {
    let (name, timestamp, detail) = (row.event_name.take()?, row.event_timestamp?, row.event_detail.take()?);
    Some(ReportedEvent { name, timestamp, detail })
}

fn add_artefact(csv: &mut Csv, artefact: &ArtefactColumns) {
    csv.cell(&artefact.family).id(artefact.artefact_id).cell(&artefact.artefact_name).cell(&artefact.version);
    csv.cell(&artefact.artefact_status).cell(&artefact.track).cell(&artefact.stage).cell(&artefact.series);
    csv.cell(&artefact.repo).cell(&artefact.os);
}

fn add_result(csv: &mut Csv, row: &ResultReportRow) {
    add_artefact(csv, &row.artefact);
    // The series is there twice.
    csv.cell(&row.artefact.series).moment(row.artefact_created_at);
    csv.id(row.execution_id).cell(&row.execution_status).optional(row.c3_link.as_deref());
    csv.optional(row.checkbox_version.as_deref()).cell(&row.test_plan);
    csv.cell(&row.environment_name).cell(&row.environment_architecture);
    csv.cell(&row.template_id).cell(&row.test_case_name).cell(&row.category);
    csv.cell(&row.result_status).moment(row.result_created_at).end_row();
}

fn add_execution(csv: &mut Csv, row: &ExecutionReportRow, events: &[ReportedEvent]) {
    add_artefact(csv, &row.artefact);
    csv.id(row.execution_id).cell(&row.execution_status).optional(row.ci_link.as_deref());
    csv.optional(row.c3_link.as_deref()).optional(row.checkbox_version.as_deref()).cell(&row.test_plan);
    csv.moment(row.execution_created_at).cell(&row.environment_name).cell(&row.environment_architecture);
    csv.cell(&decisions_cell(&row.review_decision.0)).cell(&row.review_comment);
    csv.cell(&events_cell(events)).end_row();
}
