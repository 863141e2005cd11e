//! `test-observer application`.

use std::io::Write;

use app::api::{Permission, Timestamp};

use super::DbArgs;

#[derive(Debug, clap::Subcommand)]
pub(super) enum ApplicationCommand {
    /// Make an application and print its API key, and nothing else; it cannot be shown again
    Add(AddArgs),
    /// Give an application a new API key and print it; the old one stops at once
    Rotate(NameArgs),
    /// Print the applications, one a line: id, name, how the key begins, when last seen, good until, permissions
    List(ListArgs),
    /// Remove an application; its keys stop at once
    Delete(NameArgs),
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
pub(super) struct NameArgs {
    /// What it is called
    name: String,
    #[command(flatten)]
    db: DbArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
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
    match command {
        ApplicationCommand::Add(args) => print_key(&add(args).await?),
        ApplicationCommand::Rotate(args) => print_key(&rotate(args).await?),
        ApplicationCommand::List(args) => list(args).await,
        ApplicationCommand::Delete(args) => delete(args).await,
    }
}

fn print_key(key: &str) -> anyhow::Result<()> {
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

async fn rotate(args: NameArgs) -> anyhow::Result<String> {
    let service = args.db.open_service().await?;
    let key = service.rotate_key_by_name(&args.name).await?;
    service.db.close().await;
    Ok(key)
}

async fn list(args: ListArgs) -> anyhow::Result<()> {
    let service = args.db.open_service().await?;
    let applications = service.list_applications().await?;
    service.db.close().await;
    let mut out = std::io::stdout().lock();
    for application in applications {
        let permissions: Vec<&str> = application.permissions.iter().map(|permission| permission.as_str()).collect();
        let last_used = application.last_used_at.as_ref().map_or("never", Timestamp::as_str);
        let end = application.expires_at.as_ref().map_or("for ever", Timestamp::as_str);
        let (id, name, key) = (application.id, application.name, application.api_key);
        writeln!(out, "{id}\t{name}\t{key}\t{last_used}\t{end}\t{}", permissions.join(", "))?;
    }
    Ok(())
}

async fn delete(args: NameArgs) -> anyhow::Result<()> {
    let service = args.db.open_service().await?;
    service.delete_application_by_name(&args.name).await?;
    service.db.close().await;
    Ok(())
}
