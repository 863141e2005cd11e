//! Bringing rows: read there while what was read before is stored here.

use futures::TryStreamExt;
use tokio::sync::mpsc;

use super::{ImportError, Progress, TablePlan};
use crate::service::Service;
use crate::store::import::{Interval, Row, Selection, Source, Table, here};
use crate::store::{StoreError, StoreResult, result_words};

/// Rows of one transaction here, and their size in bytes.
const CHUNK_ROWS: usize = 5_000;
const CHUNK_BYTES: usize = 8 * 1024 * 1024;

/// Rows that are stored together.
struct Chunk {
    table: &'static Table,
    rows: Vec<Row>,
}

/// Brings what the plans ask for; tables come in an order in which what rows refer to is there already.
pub(super) async fn bring_rows(
    service: &Service,
    source: &mut Source,
    plans: &[TablePlan],
    progress: &mut dyn Progress,
) -> Result<(), ImportError> {
    // One chunk waits while one is stored and one is read: memory does not depend on what there is to copy.
    let (sender, receiver) = mpsc::channel(1);
    let read = read_chunks(source, plans, sender, progress);
    futures::future::try_join(read, store_chunks(service, receiver)).await?;
    Ok(())
}

async fn read_chunks(
    source: &mut Source,
    plans: &[TablePlan],
    sender: mpsc::Sender<Chunk>,
    progress: &mut dyn Progress,
) -> Result<(), ImportError> {
    for plan in plans.iter().filter(|plan| plan.rows_to_bring() > 0) {
        progress.begin(&format!("copying {}", plan.table.name), plan.rows_to_bring());
        for interval in &plan.wanted {
            read_interval(source, plan.table, *interval, &sender, progress).await?;
        }
    }
    Ok(())
}

async fn read_interval(
    source: &mut Source,
    table: &'static Table,
    interval: Interval,
    sender: &mpsc::Sender<Chunk>,
    progress: &mut dyn Progress,
) -> Result<(), ImportError> {
    let mut rows = source.rows(table, Selection::Whole, interval);
    let (mut chunk, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.try_next().await.map_err(ImportError::There)? {
        bytes += row.size();
        chunk.push(row);
        if chunk.len() == CHUNK_ROWS || bytes >= CHUNK_BYTES {
            hand_over(table, std::mem::take(&mut chunk), sender, progress).await;
            bytes = 0;
        }
    }
    if !chunk.is_empty() {
        hand_over(table, chunk, sender, progress).await;
    }
    Ok(())
}

async fn hand_over(table: &'static Table, rows: Vec<Row>, sender: &mpsc::Sender<Chunk>, progress: &mut dyn Progress) {
    let count = rows.len() as u64;
    // Nobody takes it only when storing has failed, and then that says so.
    drop(sender.send(Chunk { table, rows }).await);
    progress.advance(count);
}

async fn store_chunks(service: &Service, mut receiver: mpsc::Receiver<Chunk>) -> Result<(), ImportError> {
    while let Some(chunk) = receiver.recv().await {
        store_chunk(service, &chunk).await.map_err(|error| match error {
            StoreError::Taken => ImportError::Taken(chunk.table.name),
            error => ImportError::Here(error),
        })?;
    }
    Ok(())
}

async fn store_chunk(service: &Service, chunk: &Chunk) -> StoreResult<()> {
    let ids: Vec<i64> = chunk.rows.iter().map(|row| row.key(chunk.table.key)[0]).collect();
    let mut tx = service.db.write().await?;
    here::write_rows(&mut tx, chunk.table, &chunk.rows).await?;
    if chunk.table.name == "test_result" {
        result_words::add_words_of(&mut tx, &ids).await?;
    }
    let last_id = if chunk.table.has_id() { ids.iter().copied().max().unwrap_or(0) } else { 0 };
    here::note_progress(&mut tx, chunk.table, last_id, service.clock.now()).await?;
    tx.commit().await
}
