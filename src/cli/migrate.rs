//! `test-observer migrate`.

use super::DbArgs;
use crate::clock::Clock;
use crate::service::{Service, Settings};
use crate::store::Db;

/// Brings the schema up to date; safe to run again, and from several machines at once.
#[derive(Debug, clap::Args)]
pub(super) struct MigrateArgs {
    #[command(flatten)]
    db: DbArgs,
}

pub(super) async fn run(args: MigrateArgs) -> anyhow::Result<()> {
    let db = Db::connect(&args.db.url()?).await?;
    bring_up_to_date(&db).await?;
    db.close().await;
    Ok(())
}

/// Brings the schema up to date, and after a change of it what only this program can fill: the index of texts.
pub(super) async fn bring_up_to_date(db: &Db) -> anyhow::Result<()> {
    let was_migrated = db.is_migrated().await?;
    db.migrate().await?;
    if was_migrated {
        return Ok(());
    }
    Service::new(db.clone(), Clock::system(), Settings::default()).rebuild_text_index().await?;
    Ok(())
}
