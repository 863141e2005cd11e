//! `test-observer completions`.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

/// Print what makes a shell complete the commands and options of this program
#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs) -> anyhow::Result<()> {
    let mut command = super::Cli::command();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "test-observer", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(())
}
