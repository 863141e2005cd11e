//! Events of an execution, and what they mean for its status.

use app::api::{EventKind, StatusUpdateRequest, TestEventResponse};

use super::webhook_messages::tell_of_end;
use super::{Service, ServiceResult, execution_not_found};
use crate::domain::lifecycle::{resource_url_of_events, status_after_events};
use crate::store::{test_events, test_executions};

impl Service {
    /// The events of an execution, as they happened.
    pub async fn list_events(&self, execution_id: i64) -> ServiceResult<Vec<TestEventResponse>> {
        let mut tx = self.db.read().await?;
        test_executions::find_execution(&mut tx, execution_id).await?.ok_or_else(execution_not_found)?;
        let rows = test_events::list_events(&mut tx, execution_id).await?;
        Ok(rows
            .into_iter()
            .map(|row| TestEventResponse {
                event_name: row.event_name,
                timestamp: row.timestamp.into(),
                detail: row.detail,
            })
            .collect())
    }

    /// Replaces the events of an execution: whoever reports this way knows all of them, and its last word can end the run.
    pub async fn replace_events(&self, execution_id: i64, update: StatusUpdateRequest) -> ServiceResult<()> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let before = test_executions::lock_execution(&mut tx, execution_id).await?.ok_or_else(execution_not_found)?;
        test_events::delete_events(&mut tx, execution_id).await?;
        test_events::insert_events(&mut tx, execution_id, &update.events, now).await?;
        let mut after = before.clone();
        after.status = status_after_events(before.status, &update.events);
        if let Some(url) = resource_url_of_events(&update.events) {
            url.clone_into(&mut after.resource_url);
        }
        if after != before {
            test_executions::update_execution(&mut tx, &after, now).await?;
            tell_of_end(&mut tx, after.key(), Some(before.status), after.status, now).await?;
        }
        tx.announce(after.event(EventKind::TestExecution));
        tx.commit().await?;
        Ok(())
    }

    /// Adds events to an execution; they mean nothing for its status.
    pub async fn append_events(&self, execution_id: i64, update: StatusUpdateRequest) -> ServiceResult<()> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let execution =
            test_executions::lock_execution(&mut tx, execution_id).await?.ok_or_else(execution_not_found)?;
        test_events::insert_events(&mut tx, execution_id, &update.events, now).await?;
        tx.announce(execution.event(EventKind::TestExecution));
        tx.commit().await?;
        Ok(())
    }
}
