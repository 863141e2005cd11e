//! `test-observer rerun-failing`.

use std::io::{BufRead, Write};

use app::api::TestExecutionResponse;
use indicatif::ProgressBar;
use regex::Regex;
use reqwest::Method;
use serde_json::json;

use super::failure::{Failure, USAGE};
use super::server_args::ServerArgs;
use crate::client::failing::{describe, find_undecided, list_failed_results};
use crate::client::server::Call;

const PATIENCE_SECONDS: u64 = 30;

/// Request reruns of an artefact's failed executions that nobody has decided on, by the tests that failed
#[derive(Debug, clap::Args)]
pub(super) struct RerunFailingArgs {
    /// The artefact's id, as in the address of its page
    artefact_id: i64,
    /// A pattern that the name of a failed test has to match from its beginning
    test_case_regex: String,
    /// Those executions where no failed test matches
    #[arg(long)]
    reversed: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) async fn run(args: RerunFailingArgs) -> anyhow::Result<()> {
    let pattern = Regex::new(&format!("^(?:{})", args.test_case_regex))
        .map_err(|error| Failure::new(USAGE, format!("'{}' is no pattern: {error}", args.test_case_regex)))?;
    let server = args.server.server(PATIENCE_SECONDS)?;
    let mut executions = find_undecided(&server, args.artefact_id).await.map_err(Failure::from)?;
    executions.retain(|execution| !execution.is_rerun_requested);
    let bar = ProgressBar::new(u64::try_from(executions.len()).unwrap_or(u64::MAX));
    let mut chosen = Vec::new();
    for execution in executions {
        let failed = list_failed_results(&server, execution.id).await.map_err(Failure::from)?;
        if failed.iter().any(|result| pattern.is_match(&result.name)) != args.reversed {
            chosen.push(execution);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if !confirm(&chosen, args.yes)? {
        return Ok(());
    }
    let ids: Vec<i64> = chosen.iter().map(|execution| execution.id).collect();
    let body = json!({"test_execution_ids": ids}).to_string();
    let path = "/v1/test-executions/reruns";
    let call = Call { method: &Method::POST, path, body: Some(&body), idempotency_key: None };
    server.call(call).await.map_err(Failure::from)?;
    writeln!(std::io::stdout(), "{} reruns requested", ids.len())?;
    Ok(())
}

/// Shows what was chosen, and asks.
fn confirm(chosen: &[TestExecutionResponse], is_sure: bool) -> anyhow::Result<bool> {
    let mut out = std::io::stdout().lock();
    for execution in chosen {
        writeln!(out, "{}", describe(execution))?;
    }
    if chosen.is_empty() {
        writeln!(out, "nothing to run again")?;
        return Ok(false);
    }
    if is_sure {
        return Ok(true);
    }
    write!(out, "Request reruns of these {}? (y/N) ", chosen.len())?;
    out.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("y"))
}
