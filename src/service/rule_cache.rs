//! The attachment rules that are switched on, kept in memory between uploads.

use std::sync::{Arc, Mutex, PoisonError};

use super::Service;
use super::beside::beside;
use crate::domain::attachment_rules::RuleSet;
use crate::store::{StoreResult, Tx, attachment_rules};

/// The rules as they were at a revision. Every upload asks the database for the revision, so a change counts from the next
/// upload on, whichever server made it.
#[derive(Debug, Default)]
pub(super) struct RuleCache(Mutex<Option<(i64, Arc<RuleSet>)>>);

impl RuleCache {
    fn get(&self, revision: i64) -> Option<Arc<RuleSet>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(kept_at, _)| *kept_at == revision).map(|(_, rules)| Arc::clone(rules))
    }

    fn put(&self, revision: i64, rules: &Arc<RuleSet>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((revision, Arc::clone(rules)));
    }
}

impl Service {
    /// The rules that are switched on.
    pub(super) async fn enabled_rules(&self, tx: &mut Tx) -> StoreResult<Arc<RuleSet>> {
        loop {
            let revision = attachment_rules::get_revision(tx).await?;
            if let Some(rules) = self.rules.get(revision) {
                return Ok(rules);
            }
            let rules = attachment_rules::list_enabled_rules(tx).await?;
            let rules = Arc::new(beside(move || RuleSet::new(rules)).await);
            // Rules and their metadata are read one after the other; a change in between would mix two states.
            if attachment_rules::get_revision(tx).await? == revision {
                self.rules.put(revision, &rules);
                return Ok(rules);
            }
        }
    }
}
