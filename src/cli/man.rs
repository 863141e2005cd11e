//! `test-observer man`.

use std::io::Write;
use std::path::PathBuf;

use clap::CommandFactory;

use super::failure::{Failure, IO, USAGE};

/// Print the manual page of this program, or of one of its commands
#[derive(Debug, clap::Args)]
pub(super) struct ManArgs {
    /// The command
    command: Option<String>,
    /// Write the pages of the program and of all commands into this folder instead
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    dir: Option<PathBuf>,
}

pub(super) fn run(args: &ManArgs) -> anyhow::Result<()> {
    let program = super::Cli::command().disable_help_subcommand(true);
    if let Some(folder) = &args.dir {
        let failed = |error: std::io::Error| Failure::new(IO, format!("{}: {error}", folder.display()));
        std::fs::create_dir_all(folder).map_err(failed)?;
        clap_mangen::generate_to(program, folder).map_err(failed)?;
        return Ok(());
    }
    let command = match &args.command {
        None => program,
        Some(name) => find_command(program, name)?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    std::io::stdout().write_all(&page)?;
    Ok(())
}

/// A command, under the name that its page has.
fn find_command(mut program: clap::Command, name: &str) -> Result<clap::Command, Failure> {
    // Gives each command the name of the program before its own.
    program.build();
    program.find_subcommand(name).cloned().ok_or_else(|| Failure::new(USAGE, format!("there is no command '{name}'")))
}
