//! Work that keeps a processor busy for long: done beside the requests, which others could not be answered during.

use std::panic::resume_unwind;

use futures::future::pending;
use tokio::task::spawn_blocking;

/// Does the work on a thread of its own.
pub(super) async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // Only the end of the process calls work off, and with it whoever waits for it.
            Err(_) => pending().await,
        },
    }
}
