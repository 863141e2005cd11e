//! `test-observer submit --flush`: sends what waits.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::failure::{Failure, IO, NO_PERMISSION, REFUSED, WAITING};
use super::{send, spool_failure};
use crate::client::server::{CallError, Server};
use crate::client::spool::{Spool, Taken, Waiting};

/// What came of a spool.
#[derive(Default)]
struct Flushed {
    sent: Vec<Value>,
    rejected: Vec<Value>,
    /// Runs for this server that are still there.
    waiting: usize,
    /// Runs for other servers.
    elsewhere: usize,
    /// Why the rest was not tried.
    stopped: Option<Failure>,
}

/// Sends the runs for a server, oldest first. The first one that the server has no time for ends it: the others keep their order.
pub(super) async fn run(server: &Server, folder: &Path, as_json: bool) -> Result<(), Failure> {
    if !folder.exists() {
        return report(Flushed::default(), as_json);
    }
    let spool = Spool::open(folder).map_err(|error| spool_failure(&error))?;
    let lock = spool.lock().map_err(|error| spool_failure(&error))?;
    if let Err(error) = spool.clean() {
        tracing::debug!(%error, "what killed processes left stays for now");
    }
    let mut flushed = Flushed::default();
    for path in spool.list().map_err(|error| spool_failure(&error))? {
        take(server, &spool, path, &mut flushed).await.map_err(|error| spool_failure(&error))?;
    }
    drop(lock);
    report(flushed, as_json)
}

async fn take(server: &Server, spool: &Spool, path: PathBuf, flushed: &mut Flushed) -> std::io::Result<()> {
    let mut waiting = match spool.take(&path)? {
        Taken::Mine(waiting) => *waiting,
        Taken::Busy => return Ok(()),
        Taken::Unreadable(problem) => {
            // Perhaps a newer program understands it.
            tracing::warn!("{} is no run that can be read: {problem}", path.display());
            return Ok(());
        }
    };
    if waiting.upload.server != server.address() {
        flushed.elsewhere += 1;
        return Ok(());
    }
    if flushed.stopped.is_some() {
        flushed.waiting += 1;
        return Ok(());
    }
    let summary = waiting.upload.summary.clone();
    match send(server, &waiting.upload, &mut waiting.progress, Some(&waiting.place)).await {
        Ok(sent) => {
            flushed.sent.push(json!({"run": summary, "test_execution": sent, "results": waiting.upload.counts}));
            waiting.place.remove()?;
        }
        Err(error) if matches!(error, CallError::Unavailable(_)) || error.is_about_rights() => {
            flushed.waiting += 1;
            let code = if error.is_about_rights() { NO_PERMISSION } else { WAITING };
            flushed.stopped = Some(Failure::new(code, error.to_string()));
        }
        Err(error) => reject(spool, &waiting, &error, flushed)?,
    }
    Ok(())
}

/// Sets aside what the server will never take, so that it does not stand in the way of the others.
fn reject(spool: &Spool, waiting: &Waiting, error: &CallError, flushed: &mut Flushed) -> std::io::Result<()> {
    let target = spool.reject(waiting.place.path(), &error.to_string())?;
    let (run, file) = (&waiting.upload.summary, target.display().to_string());
    tracing::warn!("{run}: {error}; it is kept in {file}");
    flushed.rejected.push(json!({"run": run, "file": file, "problem": error.to_string()}));
    Ok(())
}

fn report(flushed: Flushed, as_json: bool) -> Result<(), Failure> {
    let Flushed { sent, rejected, waiting, elsewhere, stopped } = flushed;
    let counts = format!("{} sent, {} rejected, {waiting} waiting", sent.len(), rejected.len());
    let others = if elsewhere > 0 { format!(", {elsewhere} for other servers") } else { String::new() };
    let was_rejected = !rejected.is_empty();
    let line = if as_json {
        json!({"sent": sent, "rejected": rejected, "waiting": waiting, "for_other_servers": elsewhere}).to_string()
    } else {
        format!("{counts}{others}")
    };
    writeln!(std::io::stdout(), "{line}").map_err(|error| Failure::new(IO, error.to_string()))?;
    match stopped {
        Some(failure) => Err(failure),
        None if was_rejected => Err(Failure::new(REFUSED, "the server does not want some of the runs")),
        None => Ok(()),
    }
}
