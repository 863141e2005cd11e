//! Copying the database of an existing installation into ours.
//!
//! The steps: look whether everything fits, compare table by table, refuse what would harm either side, remove what is gone there (when
//! asked to), bring what is new or changed, let new ids come behind, and read everything once more on both sides. What is
//! here already is the only state: a copy that was interrupted goes on when it is made again.

mod bring;
mod check;
mod compare;
mod inspection;
mod plan;

use std::collections::BTreeMap;

use super::Service;
use crate::store::import::{Interval, Misfit, Source, TABLES, Table, here};
use crate::store::{DbUrl, StoreError, StoreResult, Tx, result_words};
pub use check::TableCheck;
pub use inspection::Inspection;
pub use plan::TablePlan;

/// What the operator decided.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportOptions {
    /// Says what would be done, and does nothing.
    pub is_dry_run: bool,
    /// Removes what an earlier copy brought and is gone there since.
    pub prune: bool,
    /// Brings names that are longer than the API takes.
    pub long_names: bool,
}

/// Is told how far it is.
pub trait Progress: Send {
    /// A step begins that goes through so many rows.
    fn begin(&mut self, step: &str, rows: u64);
    /// So many rows more are done.
    fn advance(&mut self, rows: u64);
}

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Installations are on PostgreSQL.
    #[error("--from has to name a PostgreSQL database: postgres://USER:PASSWORD@HOST:PORT/NAME")]
    NotPostgres,
    /// The database belongs to this program, not to the one it replaces.
    #[error("the database to copy is one of ours already")]
    IsOurs,
    /// The database lacks what every installation has.
    #[error("the database to copy is not that of an installation: it has no {0}")]
    NoInstallation(String),
    /// The database to copy failed.
    #[error("reading the database to copy: {0}")]
    There(#[source] StoreError),
    /// Our database failed.
    #[error("our database: {0}")]
    Here(#[source] StoreError),
    /// A row wants what another row has that should not be there.
    #[error(
        "a new row of {0} wants what another row has here, which is usually gone there: run it again with --prune; what was \
         copied so far stays"
    )]
    Taken(&'static str),
}

/// What was found and done.
#[derive(Debug, Default)]
pub struct ImportReport {
    /// How the tables differ from those we know.
    pub inspection: Inspection,
    /// What does not fit.
    pub misfits: Vec<Misfit>,
    /// What each table needed.
    pub plans: Vec<TablePlan>,
    /// What reading everything again said; nothing when nothing was done.
    pub checks: Vec<TableCheck>,
}

impl ImportReport {
    /// Whether it must not be done as it is.
    pub fn is_refused(&self) -> bool {
        !self.misfits.is_empty() || self.plans.iter().any(|plan| plan.own > 0 || plan.collisions > 0)
    }

    /// Whether what is here now is what is there.
    pub fn is_verified(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(TableCheck::is_same)
    }
}

impl Service {
    /// Copies the database into ours, as far as it is not there yet. A report that is refused says why, and nothing was done.
    pub async fn import(
        &self,
        from: &DbUrl,
        options: ImportOptions,
        progress: &mut dyn Progress,
    ) -> Result<ImportReport, ImportError> {
        let DbUrl::Postgres(url) = from else {
            return Err(ImportError::NotPostgres);
        };
        let mut source = Source::connect(url).await.map_err(ImportError::There)?;
        let mut report = ImportReport { inspection: inspection::inspect(&source)?, ..ImportReport::default() };
        report.misfits = find_misfits(&mut source, options.long_names, progress).await?;
        if !report.misfits.is_empty() {
            return Ok(report);
        }
        report.plans = self.plan_import(&mut source, progress).await?;
        if options.is_dry_run || report.is_refused() {
            return Ok(report);
        }
        self.begin_import(&report.plans, options.prune).await.map_err(ImportError::Here)?;
        bring::bring_rows(self, &mut source, &report.plans, progress).await?;
        self.finish_import(&mut source).await?;
        report.checks = check::check_tables(self, &mut source, progress).await?;
        Ok(report)
    }

    /// Notes that there is a copy from now on, and removes what is gone there.
    async fn begin_import(&self, plans: &[TablePlan], prune: bool) -> StoreResult<()> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        for plan in plans {
            here::note_progress(&mut tx, plan.table, 0, now).await?;
        }
        // The words of what changes are in the index already; making it anew is simple, and results hardly ever change.
        if plans.iter().any(|plan| plan.changed > 0 && matches!(plan.table.name, "test_case" | "test_result")) {
            result_words::note_completeness(&mut tx, false).await?;
        }
        if prune {
            // What refers to others goes first.
            for plan in plans.iter().rev() {
                delete_intervals(&mut tx, plan.table, &plan.unwanted).await?;
            }
        }
        tx.commit().await
    }

    /// What follows the last row.
    async fn finish_import(&self, source: &mut Source) -> Result<(), ImportError> {
        let mut highest = BTreeMap::new();
        for table in TABLES.iter().filter(|table| table.has_id()) {
            highest.insert(table.name, source.highest_id(table).await.map_err(ImportError::There)?);
        }
        self.move_sequences(&highest).await.map_err(ImportError::Here)?;
        let is_complete = self.is_text_index_complete().await.map_err(as_import_error)?;
        if !is_complete {
            self.rebuild_text_index().await.map_err(as_import_error)?;
        }
        Ok(())
    }

    async fn move_sequences(&self, highest: &BTreeMap<&str, i64>) -> StoreResult<()> {
        let mut tx = self.db.write().await?;
        for table in TABLES {
            if let Some(highest) = highest.get(table.name) {
                here::move_sequence(&mut tx, table, *highest).await?;
            }
        }
        here::analyze(&mut tx).await?;
        tx.commit().await
    }
}

fn as_import_error(error: super::ServiceError) -> ImportError {
    match error {
        super::ServiceError::Store(error) => ImportError::Here(error),
        // The index of texts knows no other.
        other => ImportError::Here(StoreError::Database(sqlx::Error::Protocol(other.to_string()))),
    }
}

async fn delete_intervals(tx: &mut Tx, table: &Table, intervals: &[Interval]) -> StoreResult<()> {
    for interval in intervals {
        here::delete_rows(tx, table, *interval).await?;
    }
    Ok(())
}

async fn find_misfits(
    source: &mut Source,
    long_names: bool,
    progress: &mut dyn Progress,
) -> Result<Vec<Misfit>, ImportError> {
    let mut misfits = Vec::new();
    let tables: Vec<&'static Table> = TABLES.iter().filter(|table| source.has_table(table.name)).collect();
    progress.begin("looking whether everything fits", tables.len() as u64);
    for table in tables {
        misfits.extend(source.find_misfits(table, long_names).await.map_err(ImportError::There)?);
        progress.advance(1);
    }
    Ok(misfits)
}
