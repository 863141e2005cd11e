//! `test-observer user link` and `test-observer user password`: letting somebody in without an identity provider.

use std::io::{BufRead, IsTerminal, Write};

use super::DbArgs;
use crate::domain::sign_in_link::spell_link;

#[derive(Debug, clap::Args)]
pub(super) struct LinkArgs {
    /// The user's mail address
    email: String,
    /// Where people reach the server
    #[arg(long, value_name = "URL", env = "FRONTEND_URL", default_value = "http://localhost:30000")]
    frontend_url: String,
    #[command(flatten)]
    db: DbArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct PasswordArgs {
    /// The user's mail address
    email: String,
    #[command(flatten)]
    db: DbArgs,
}

pub(super) async fn make_link(args: LinkArgs) -> anyhow::Result<()> {
    let service = args.db.open_service().await?;
    let token = service.make_sign_in_link(&args.email).await?;
    service.db.close().await;
    writeln!(std::io::stdout(), "{}", spell_link(&args.frontend_url, &token))?;
    Ok(())
}

pub(super) async fn set_password(args: PasswordArgs) -> anyhow::Result<()> {
    let service = args.db.open_service().await?;
    service.set_password(&args.email, read_password()?).await?;
    service.db.close().await;
    Ok(())
}

/// The first line of the input, without its end. Not an argument: those are for everybody to see.
fn read_password() -> anyhow::Result<String> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        eprint!("New password (it will be seen): ");
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
