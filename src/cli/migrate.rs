//! `test-observer migrate`.

use super::DbArgs;
use crate::store::Db;

/// Brings the schema up to date; safe to run again, and from several machines at once.
#[derive(Debug, clap::Args)]
pub(super) struct MigrateArgs {
    #[command(flatten)]
    db: DbArgs,
}

pub(super) async fn run(args: MigrateArgs) -> anyhow::Result<()> {
    let db = Db::connect(&args.db.url()?).await?;
    db.migrate().await?;
    db.close().await;
    Ok(())
}
