//! The job that clears away what is over.

use super::{JobOutcome, JobResult};
use crate::service::Service;

impl Service {
    /// Removes the answers that no idempotency key leads to any longer, sessions that are over, links that nobody can sign in
    /// with, and old messages to other systems.
    pub(super) async fn forget_expired(&self) -> JobResult {
        let answers = self.db.forget_expired_answers(self.clock.now()).await?;
        let sessions = self.forget_expired_sessions().await?;
        self.forget_old_messages().await?;
        Ok(JobOutcome { done: answers + sessions, ..JobOutcome::default() })
    }
}
