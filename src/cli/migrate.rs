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

/// Brings the schema up to date, and what only this program can fill: the index of texts, as far as that was not done or was
/// interrupted.
pub(super) async fn bring_up_to_date(db: &Db) -> anyhow::Result<()> {
    db.migrate().await?;
    let service = Service::new(db.clone(), Clock::system(), Settings::default());
    if !service.is_text_index_complete().await? {
        service.rebuild_text_index().await?;
    }
    Ok(())
}
