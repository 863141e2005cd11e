//! The `test-observer` command.

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use test_observer::cli::{self, Cli, Failure};
use test_observer::traces::Traces;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return explain(&error),
    };
    let traces = match start_log(&cli) {
        Ok(traces) => traces,
        Err(error) => {
            eprintln!("test-observer: {error:#}");
            return ExitCode::from(2);
        }
    };
    let ended = run(cli);
    traces.finish();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("test-observer: {error:#}");
            error.downcast_ref::<Failure>().map_or(ExitCode::FAILURE, |failure| ExitCode::from(failure.code()))
        }
    }
}

fn start_log(cli: &Cli) -> anyhow::Result<Traces> {
    let traces = cli.traces()?;
    cli::start_log(cli.log_filter(), &traces)?;
    Ok(traces)
}

fn run(cli: Cli) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(cli.run())
}

/// Help as it is; anything wrong in one line.
fn explain(error: &clap::Error) -> ExitCode {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    ) {
        // Nothing is left to do when even this cannot be printed.
        drop(error.print());
        return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
    }
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default();
    eprintln!("test-observer: {} (see --help)", first.trim_start_matches("error: "));
    ExitCode::from(2)
}
