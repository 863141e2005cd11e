//! `test-observer retention`.

use app::api::FamilyName;
use serde_json::json;

use super::DbArgs;
use crate::config::read_retention;
use crate::service::retention::{RetentionCounts, RetentionReport};

#[derive(Debug, clap::Args)]
pub(super) struct RetentionArgs {
    /// Say what would go, and remove nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    db: DbArgs,
}

pub(super) async fn run(args: RetentionArgs) -> anyhow::Result<()> {
    let settings = read_retention(&|name| std::env::var(name).ok())?;
    if settings.is_none() {
        tracing::warn!("everything is kept: no variable RETENTION_… says otherwise");
    }
    let settings = settings.unwrap_or_default();
    let service = args.db.open_service().await?;
    let report = if args.dry_run {
        service.preview_retention(&settings).await
    } else {
        service.enforce_retention(&settings).await
    };
    service.db.close().await;
    let report = report?;
    if args.json {
        println!("{}", json!({"dry_run": args.dry_run, "families": report}));
    } else {
        print!("{}", spell(&report, args.dry_run));
    }
    Ok(())
}

/// A line for each family, and one for all.
fn spell(report: &RetentionReport, is_dry_run: bool) -> String {
    let head = if is_dry_run { "would go" } else { "went" };
    let head = format!("{head:10} {:>12} {:>16} {:>12} {:>12}\n", "logs", "bytes", "results", "executions");
    let families = FamilyName::ALL.iter().map(|family| (family.as_str(), report.of(*family)));
    let lines = families.chain([("all", report.total())]).map(|(name, counts)| {
        let RetentionCounts { logs, log_bytes, results, executions } = counts;
        format!("{name:10} {logs:>12} {log_bytes:>16} {results:>12} {executions:>12}\n")
    });
    std::iter::once(head).chain(lines).collect()
}
