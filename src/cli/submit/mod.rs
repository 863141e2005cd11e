//! `test-observer submit`.

mod flush;
mod report_files;
mod run_args;

use std::io::Write;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use serde_json::json;

use super::failure::{Failure, IO, USAGE, WAITING};
use super::server_args::ServerArgs;
use crate::client::server::{CallError, Server};
use crate::client::spool::{Place, Spool};
use crate::client::upload::{Counts, Progress, Sent, Upload};
use crate::clock::Clock;
use crate::domain::submission::{Format, RunEnd, merge};

/// As long as one request may take.
const PATIENCE_SECONDS: u64 = 60;

const EXIT_STATUS: &str = "\
Exit status:
  0   the server has the run
  2   something on the command line is missing or wrong
  65  a report cannot be understood
  66  a report, or the file with the key, cannot be read
  69  the server cannot be reached, and the run could not be kept
  74  the spool cannot be read or written
  75  the server cannot be reached; the run waits in the spool, and `submit --flush` sends it
  76  the server does not want the run
  77  the server does not let this key report

Every option that names a variable can be given by it instead; empty variables count as unset.
The key is taken from TEST_OBSERVER_API_KEY or from --api-key-file, never from the command line.";

/// Report a run: start a test execution, upload the results of a report, and complete it
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_STATUS)]
pub(super) struct SubmitArgs {
    /// Reports of one run, - for the standard input
    #[arg(value_name = "REPORT", required_unless_present = "flush", conflicts_with = "flush")]
    reports: Vec<PathBuf>,
    /// How the reports are written; found out when not said
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// Send the runs that wait in the spool for this server, oldest first, instead of a new one
    #[arg(long)]
    flush: bool,
    /// The folder where runs wait that could not be sent [default: test-observer/spool in `XDG_STATE_HOME`]
    #[arg(long, value_name = "FOLDER", env = "TEST_OBSERVER_SPOOL")]
    spool: Option<PathBuf>,
    /// Keep nothing on disk: a run that cannot be sent is lost
    #[arg(long, conflicts_with = "flush")]
    no_spool: bool,
    /// Print what came of it as one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    run: run_args::RunArgs,
}

pub(super) async fn run(args: SubmitArgs) -> anyhow::Result<()> {
    let server = args.server.server(PATIENCE_SECONDS)?;
    if args.flush {
        let folder = args.spool_folder().ok_or_else(|| Failure::new(USAGE, "which spool? Say --spool"))?;
        return Ok(flush::run(&server, &folder, args.json).await?);
    }
    let report = merge(report_files::read_all(&args.reports, args.format)?);
    let status = match report.end {
        RunEnd::Completed => "COMPLETED",
        RunEnd::EndedPrematurely => "ENDED_PREMATURELY",
        RunEnd::NotTested => "NOT_TESTED",
    };
    let run = args.run.describe(status, |name| std::env::var(name).ok())?;
    let upload = Upload::new(server.address(), run.summary, &run.start, &report.results, &run.end);
    submit(&args, &server, &upload).await
}

impl SubmitArgs {
    fn spool_folder(&self) -> Option<PathBuf> {
        let said = self.spool.clone().filter(|folder| !folder.as_os_str().is_empty());
        said.or_else(|| Spool::default_folder(|name| std::env::var(name).ok()))
    }

    /// Puts the run on the disk before the first request: whatever happens to this process, it is not lost. A machine that has
    /// no place for it can still send it.
    fn keep(&self, upload: &Upload) -> Option<(Spool, Place)> {
        if self.no_spool {
            return None;
        }
        let Some(folder) = self.spool_folder() else {
            tracing::warn!("there is no place to keep the run: say --spool");
            return None;
        };
        let kept = Spool::open(&folder).and_then(|spool| {
            let place = spool.keep(upload, Clock::system().now())?;
            Ok((spool, place))
        });
        kept.inspect_err(|error| tracing::warn!("the run cannot be kept in {}: {error}", folder.display())).ok()
    }
}

async fn submit(args: &SubmitArgs, server: &Server, upload: &Upload) -> anyhow::Result<()> {
    let mut progress = Progress::default();
    let Some((spool, place)) = args.keep(upload) else {
        let sent = send(server, upload, &mut progress, None).await.map_err(Failure::from)?;
        return print_sent(args.json, &sent, upload.counts);
    };
    match send(server, upload, &mut progress, Some(&place)).await {
        Ok(sent) => {
            place.remove().map_err(|error| spool_failure(&error))?;
            print_sent(args.json, &sent, upload.counts)?;
            let others = spool.list().map_or(0, |runs| runs.len());
            if others > 0 {
                tracing::info!("in the spool are {others} more: `test-observer submit --flush` sends those that wait");
            }
            Ok(())
        }
        Err(CallError::Unavailable(problem)) => {
            print_waiting(args.json, place.path(), upload.counts)?;
            Err(Failure::new(WAITING, format!("{problem}; the run waits in {}", place.path().display())).into())
        }
        // The report is still where it was, and the caller hears about it.
        Err(error) => {
            place.remove().map_err(|error| spool_failure(&error))?;
            Err(Failure::from(error).into())
        }
    }
}

/// Sends a run, with a bar that shows how far it is where somebody looks. What the server has is written down beside the run;
/// without that the whole is sent again, which the server does not mind.
async fn send(
    server: &Server,
    upload: &Upload,
    progress: &mut Progress,
    place: Option<&Place>,
) -> Result<Sent, CallError> {
    let bar = ProgressBar::new(u64::try_from(upload.steps()).unwrap_or(u64::MAX));
    let note = |progress: &Progress| {
        if let Some(Err(error)) = place.map(|place| place.note(progress)) {
            tracing::debug!(%error, "the progress of a run is not written down");
        }
        bar.set_position(u64::try_from(progress.batches + 1).unwrap_or(u64::MAX));
    };
    let sent = upload.send(server, progress, note).await;
    bar.finish_and_clear();
    sent
}

fn spool_failure(error: &std::io::Error) -> Failure {
    Failure::new(IO, format!("the spool: {error}"))
}

fn print_sent(as_json: bool, sent: &Sent, counts: Counts) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if as_json {
        writeln!(out, "{}", json!({"outcome": "sent", "test_execution": sent, "results": counts}))?;
    } else {
        let Counts { passed, failed, skipped } = counts;
        writeln!(
            out,
            "test execution {} is {}: {passed} passed, {failed} failed, {skipped} skipped",
            sent.id, sent.status
        )?;
    }
    Ok(())
}

fn print_waiting(as_json: bool, path: &Path, counts: Counts) -> anyhow::Result<()> {
    if as_json {
        let line = json!({"outcome": "waiting", "file": path.display().to_string(), "results": counts});
        writeln!(std::io::stdout(), "{line}")?;
    }
    Ok(())
}
