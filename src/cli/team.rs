//! `test-observer team`.

use std::io::Write;

use app::api::{Limited, LongName, Permission, TeamCreate};

use super::DbArgs;
use super::application::parse_permission;
use crate::domain::access::Granter;

#[derive(Debug, clap::Subcommand)]
pub(super) enum TeamCommand {
    /// Make a team and print the id
    Add(AddArgs),
    /// Print the teams, one a line: id, name, how many members, permissions
    List(ListArgs),
    /// Add a user to a team; one who is in it stays
    MemberAdd(MemberArgs),
    /// Take a user out of a team; one who is not in it stays out
    MemberRemove(MemberArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    /// What to call it
    #[arg(value_parser = parse_name)]
    name: LongName,
    /// A permission its members get, such as `change_artefact`; may be repeated
    #[arg(long = "permission", value_name = "PERMISSION", value_parser = parse_permission)]
    permissions: Vec<Permission>,
    /// Every permission
    #[arg(long, conflicts_with = "permissions")]
    all_permissions: bool,
    #[command(flatten)]
    db: DbArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    db: DbArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct MemberArgs {
    /// The team's name
    team: String,
    /// The user's mail address
    email: String,
    #[command(flatten)]
    db: DbArgs,
}

/// What the API takes for a name, but for one that nobody sees.
fn parse_name(text: &str) -> Result<LongName, String> {
    match text.chars().count() {
        _ if text.trim().is_empty() => Err("that is no name".to_owned()),
        0..=500 => Ok(Limited(text.to_owned())),
        _ => Err("a name has at most 500 characters".to_owned()),
    }
}

pub(super) async fn run(command: TeamCommand) -> anyhow::Result<()> {
    match command {
        TeamCommand::Add(args) => add(args).await,
        TeamCommand::List(args) => list(args).await,
        TeamCommand::MemberAdd(args) => add_member(args).await,
        TeamCommand::MemberRemove(args) => remove_member(args).await,
    }
}

async fn add(args: AddArgs) -> anyhow::Result<()> {
    let service = args.db.open_service().await?;
    let permissions = if args.all_permissions { Permission::ALL.to_vec() } else { args.permissions };
    let request = TeamCreate { name: args.name, permissions, artefact_matching_rules: Vec::new() };
    let team = service.create_team(Granter::Operator, request).await?;
    service.db.close().await;
    writeln!(std::io::stdout(), "{}", team.id)?;
    Ok(())
}

async fn list(args: ListArgs) -> anyhow::Result<()> {
    let service = args.db.open_service().await?;
    let teams = service.list_teams().await?;
    service.db.close().await;
    let mut out = std::io::stdout().lock();
    for team in teams {
        let permissions: Vec<&str> = team.permissions.iter().map(|permission| permission.as_str()).collect();
        writeln!(out, "{}\t{}\t{}\t{}", team.id, team.name, team.members.len(), permissions.join(", "))?;
    }
    Ok(())
}

async fn add_member(args: MemberArgs) -> anyhow::Result<()> {
    let service = args.db.open_service().await?;
    service.add_member_by_name(&args.team, &args.email).await?;
    service.db.close().await;
    Ok(())
}

async fn remove_member(args: MemberArgs) -> anyhow::Result<()> {
    let service = args.db.open_service().await?;
    service.delete_member_by_name(&args.team, &args.email).await?;
    service.db.close().await;
    Ok(())
}
