//! `test-observer application`.

use std::io::Write;

use app::api::Permission;

use super::DbArgs;

#[derive(Debug, clap::Subcommand)]
pub(super) enum ApplicationCommand {
    /// Make an application and print its API key, and nothing else; it cannot be shown again
    Add(AddArgs),
    /// Give an application a new API key and print it; the old one stops at once
    Rotate(RotateArgs),
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

#[derive(Debug, clap::Args)]
pub(super) struct RotateArgs {
    /// What it is called
    name: String,
    #[command(flatten)]
    db: DbArgs,
}

pub(super) fn parse_permission(text: &str) -> Result<Permission, String> {
    text.parse().map_err(|_| {
        let known: Vec<&str> = Permission::ALL.iter().map(|permission| permission.as_str()).collect();
        format!("there is no such permission; there are {}", known.join(", "))
    })
}

pub(super) async fn run(command: ApplicationCommand) -> anyhow::Result<()> {
    let key = match command {
        ApplicationCommand::Add(args) => add(args).await?,
        ApplicationCommand::Rotate(args) => rotate(args).await?,
    };
    writeln!(std::io::stdout(), "{key}")?;
    Ok(())
}

async fn add(args: AddArgs) -> anyhow::Result<String> {
    let permissions = if args.all_permissions { Permission::ALL.to_vec() } else { args.permissions };
    let service = args.db.open_service().await?;
    let key = service.add_application(&args.name, &permissions).await?;
    service.db.close().await;
    Ok(key)
}

async fn rotate(args: RotateArgs) -> anyhow::Result<String> {
    let service = args.db.open_service().await?;
    let key = service.rotate_key_by_name(&args.name).await?;
    service.db.close().await;
    Ok(key)
}
