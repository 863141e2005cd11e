//! `test-observer common-failures`.

use std::collections::HashMap;
use std::io::Write;

use indicatif::ProgressBar;

use super::failure::Failure;
use super::server_args::ServerArgs;
use crate::client::failing::{find_undecided, list_failed_results};

const PATIENCE_SECONDS: u64 = 30;

/// Print which tests failed how often in an artefact's failed executions that nobody has decided on, most often first
#[derive(Debug, clap::Args)]
pub(super) struct CommonFailuresArgs {
    /// The artefact's id, as in the address of its page
    artefact_id: i64,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) async fn run(args: CommonFailuresArgs) -> anyhow::Result<()> {
    let server = args.server.server(PATIENCE_SECONDS)?;
    let executions = find_undecided(&server, args.artefact_id).await.map_err(Failure::from)?;
    let bar = ProgressBar::new(u64::try_from(executions.len()).unwrap_or(u64::MAX));
    let mut counts: HashMap<String, usize> = HashMap::new();
    for execution in &executions {
        for result in list_failed_results(&server, execution.id).await.map_err(Failure::from)? {
            let test = if result.template_id.is_empty() { result.name } else { result.template_id };
            *counts.entry(test).or_default() += 1;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|(one, often), (other, seldom)| seldom.cmp(often).then_with(|| one.cmp(other)));
    let mut out = std::io::stdout().lock();
    for (test, count) in counts {
        writeln!(out, "{count}\t{test}")?;
    }
    Ok(())
}
