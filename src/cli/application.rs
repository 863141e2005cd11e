//! `test-observer application`.

use std::io::Write;

use app::api::Permission;

use super::DbArgs;
use crate::clock::Clock;
use crate::service::{Service, Settings};

#[derive(Debug, clap::Subcommand)]
pub(super) enum ApplicationCommand {
    /// Make an application and print its API key, and nothing else
    Add(AddArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    /// What to call it, for example the CI system that will use the key
    name: String,
    /// A permission it gets, such as `change_test`; may be repeated
    #[arg(long = "permission", value_name = "PERMISSION", value_parser = parse_permission)]
    permissions: Vec<Permission>,
    /// Every permission
    #[arg(long, conflicts_with = "permissions")]
    all_permissions: bool,
    #[command(flatten)]
    db: DbArgs,
}

fn parse_permission(text: &str) -> Result<Permission, String> {
    text.parse().map_err(|_| {
        let known: Vec<&str> = Permission::ALL.iter().map(|permission| permission.as_str()).collect();
        format!("there is no such permission; there are {}", known.join(", "))
    })
}

pub(super) async fn run(command: ApplicationCommand) -> anyhow::Result<()> {
    let ApplicationCommand::Add(args) = command;
    let permissions = if args.all_permissions { Permission::ALL.to_vec() } else { args.permissions };
    let db = args.db.connect().await?;
    let service = Service::new(db.clone(), Clock::system(), Settings::default());
    let key = service.add_application(&args.name, &permissions).await?;
    db.close().await;
    writeln!(std::io::stdout(), "{key}")?;
    Ok(())
}
