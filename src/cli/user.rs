//! `test-observer user`.

use std::io::Write;

use anyhow::Context;

use super::DbArgs;
use crate::config::read_launchpad_url;
use crate::service::Service;
use crate::store::users::NewUser;

#[derive(Debug, clap::Subcommand)]
pub(super) enum UserCommand {
    /// Make a user and print the id; one who is known by that mail address stays as is. Without --name, Launchpad says who it is
    Add(AddArgs),
    /// Make a user an administrator
    Promote(RankArgs),
    /// Make an administrator an ordinary user; the last one stays
    Demote(RankArgs),
    /// Print the users, one a line: id, mail address, name, Launchpad name, `admin` for administrators, teams
    List(ListArgs),
    /// Print a link that signs a user in, once and within 24 hours; works where `LOCAL_ACCOUNTS` is on
    Link(super::user_account::LinkArgs),
    /// Give a user the password that the first line of the input is, and end their sessions
    Password(super::user_account::PasswordArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    /// The mail address that the user signs in with
    #[arg(value_parser = parse_email)]
    email: String,
    /// What to call the user; where it is not said, Launchpad is asked (`LAUNCHPAD_API_URL`)
    #[arg(long, value_parser = parse_name)]
    name: Option<String>,
    /// The user's name at Launchpad
    #[arg(long, value_name = "NAME", value_parser = parse_name, requires = "name")]
    launchpad_handle: Option<String>,
    #[command(flatten)]
    db: DbArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct RankArgs {
    /// The user's mail address
    email: String,
    #[command(flatten)]
    db: DbArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    db: DbArgs,
}

/// Something on both sides of one `@`: mistakes in the order of arguments, no more.
fn parse_email(text: &str) -> Result<String, String> {
    let (name, host) = text.split_once('@').unwrap_or_default();
    let is_address = !name.is_empty() && !host.is_empty() && !host.contains('@');
    if is_address && !text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Ok(text.to_owned());
    }
    Err("that is no mail address".to_owned())
}

fn parse_name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("that is no name".to_owned()) } else { Ok(text.to_owned()) }
}

pub(super) async fn run(command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Add(args) => add(args).await,
        UserCommand::Promote(args) => promote(args).await,
        UserCommand::Demote(args) => demote(args).await,
        UserCommand::List(args) => list(args).await,
        UserCommand::Link(args) => super::user_account::make_link(args).await,
        UserCommand::Password(args) => super::user_account::set_password(args).await,
    }
}

async fn add(args: AddArgs) -> anyhow::Result<()> {
    let service = args.db.open_service().await?;
    let user = match args.name {
        Some(name) => NewUser { email: args.email, name, launchpad_handle: args.launchpad_handle },
        None => ask_launchpad(&service, args.email).await?,
    };
    let (id, is_new) = service.add_user(&user).await?;
    service.db.close().await;
    if !is_new {
        tracing::info!("a user with the mail address {} already exists", user.email);
    }
    writeln!(std::io::stdout(), "{id}")?;
    Ok(())
}

/// Who has a mail address, by the word of Launchpad. Teams there are no matter: these are joined by signing in.
async fn ask_launchpad(service: &Service, email: String) -> anyhow::Result<NewUser> {
    let url = read_launchpad_url(&|name| std::env::var(name).ok())?;
    let account = service.find_launchpad_account(&url, &email).await;
    let account = account.map_err(|reason| anyhow::anyhow!("Launchpad cannot be asked: {reason}"))?;
    let account = account.context("Email not registered in launchpad")?;
    Ok(NewUser { email, name: account.name, launchpad_handle: Some(account.handle) })
}

async fn promote(args: RankArgs) -> anyhow::Result<()> {
    let service = args.db.open_service().await?;
    service.promote_user(&args.email).await?;
    service.db.close().await;
    Ok(())
}

async fn demote(args: RankArgs) -> anyhow::Result<()> {
    let service = args.db.open_service().await?;
    service.demote_user(&args.email).await?;
    service.db.close().await;
    Ok(())
}

async fn list(args: ListArgs) -> anyhow::Result<()> {
    let service = args.db.open_service().await?;
    let page = service.list_users("", i64::MAX, 0).await?;
    service.db.close().await;
    let mut out = std::io::stdout().lock();
    for user in page.users {
        let handle = user.launchpad_handle.as_deref().unwrap_or("-");
        let rank = if user.is_admin { "admin" } else { "-" };
        let teams: Vec<&str> = user.teams.iter().map(|team| team.name.as_str()).collect();
        writeln!(out, "{}\t{}\t{}\t{handle}\t{rank}\t{}", user.id, user.email, user.name, teams.join(", "))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::parse_email;

    #[test]
    fn a_mail_address_has_something_on_both_sides() {
        for (text, expected) in [
            ("ana@example.org", true),
            ("Ana+x@localhost", true),
            ("ana", false),
            ("@example.org", false),
            ("ana@", false),
            ("a@b@c", false),
            ("ana maria@example.org", false),
            ("", false),
        ] {
            assert_eq!(parse_email(text).is_ok(), expected, "{text}");
        }
    }
}
