//! `test-observer artefact`.

use super::DbArgs;

#[derive(Debug, clap::Subcommand)]
pub(super) enum ArtefactCommand {
    /// Make a user the only reviewer of an artefact, and tell nobody
    ChangeAssignee(ChangeAssigneeArgs),
    /// Remove an artefact with all its builds, executions and results; one that is not there is no mistake
    Delete(DeleteArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct ChangeAssigneeArgs {
    /// The artefact's id, as in the address of its page
    artefact_id: i64,
    /// The user's id
    user_id: i64,
    #[command(flatten)]
    db: DbArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct DeleteArgs {
    /// The artefact's id, as in the address of its page
    artefact_id: i64,
    #[command(flatten)]
    db: DbArgs,
}

pub(super) async fn run(command: ArtefactCommand) -> anyhow::Result<()> {
    match command {
        ArtefactCommand::ChangeAssignee(args) => change_assignee(args).await,
        ArtefactCommand::Delete(args) => delete(args).await,
    }
}

async fn change_assignee(args: ChangeAssigneeArgs) -> anyhow::Result<()> {
    let service = args.db.open_service().await?;
    service.change_assignee(args.artefact_id, args.user_id).await?;
    service.db.close().await;
    Ok(())
}

async fn delete(args: DeleteArgs) -> anyhow::Result<()> {
    let service = args.db.open_service().await?;
    service.delete_artefact(args.artefact_id).await?;
    service.db.close().await;
    Ok(())
}
