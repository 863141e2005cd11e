//! `test-observer import`.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::{DbArgs, import_report};
use crate::service::import::{ImportOptions, Progress};

/// How often a line says how far it is where there is no terminal.
const LINES_INTERVAL: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// The database to copy, which is only read: postgres://USER:PASSWORD@HOST:PORT/NAME
    #[arg(long, value_name = "URL", env = "IMPORT_FROM", hide_env_values = true)]
    from: String,
    /// Say what would be copied and what does not fit, and copy nothing
    #[arg(long)]
    dry_run: bool,
    /// Remove what was copied earlier and is gone there since
    #[arg(long)]
    prune: bool,
    /// Copy names of more than 500 characters too; they are shown, but nothing can be looked up by them
    #[arg(long)]
    allow_long_names: bool,
    #[command(flatten)]
    db: DbArgs,
}

pub(super) async fn run(args: ImportArgs) -> anyhow::Result<()> {
    let from = args.from.parse()?;
    let service = args.db.open_service().await?;
    let options = ImportOptions { is_dry_run: args.dry_run, prune: args.prune, long_names: args.allow_long_names };
    let mut progress = open_progress()?;
    let report = service.import(&from, options, &mut *progress).await;
    drop(progress);
    service.db.close().await;
    let report = report?;
    print!("{}", import_report::spell(&report));
    if report.is_refused() {
        anyhow::bail!("nothing was copied: see above what must not be");
    }
    if !options.is_dry_run && !report.is_verified() {
        anyhow::bail!("what is here differs from what is there: see above");
    }
    Ok(())
}

fn open_progress() -> anyhow::Result<Box<dyn Progress>> {
    if !std::io::stderr().is_terminal() {
        return Ok(Box::new(Lines { step: String::new(), rows: 0, done: 0, last_line: Instant::now() }));
    }
    let style = ProgressStyle::with_template("{msg:60} {bar:24} {human_pos}/{human_len} {per_sec} {eta}")?;
    Ok(Box::new(Bar(ProgressBar::new(0).with_style(style))))
}

/// For people who look on.
struct Bar(ProgressBar);

impl Progress for Bar {
    fn begin(&mut self, step: &str, rows: u64) {
        self.0.reset();
        self.0.set_length(rows);
        self.0.set_message(step.to_owned());
    }

    fn advance(&mut self, rows: u64) {
        self.0.inc(rows);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// For a log.
struct Lines {
    step: String,
    rows: u64,
    done: u64,
    last_line: Instant,
}

impl Progress for Lines {
    fn begin(&mut self, step: &str, rows: u64) {
        (self.step, self.rows, self.done) = (step.to_owned(), rows, 0);
    }

    fn advance(&mut self, rows: u64) {
        self.done += rows;
        if self.last_line.elapsed() >= LINES_INTERVAL {
            tracing::info!("{}: {} of {}", self.step, self.done, self.rows);
            self.last_line = Instant::now();
        }
    }
}
