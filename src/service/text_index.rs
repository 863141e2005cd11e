//! The index of the words of results.

use super::{Service, ServiceResult};
use crate::store::result_words;

impl Service {
    /// Whether all results that failed or were skipped are found by their words.
    pub async fn is_text_index_complete(&self) -> ServiceResult<bool> {
        let mut tx = self.db.read().await?;
        Ok(result_words::is_complete(&mut tx).await?)
    }

    /// Makes the index anew from the results, a thousand of them at a time, so that others can write in between. What is reported
    /// meanwhile is found as always.
    pub async fn rebuild_text_index(&self) -> ServiceResult<()> {
        let mut tx = self.db.write().await?;
        result_words::delete_words(&mut tx).await?;
        tx.commit().await?;
        let mut last = 0;
        loop {
            let mut tx = self.db.write().await?;
            let next = result_words::add_words_behind(&mut tx, last).await?;
            if next.is_none() {
                result_words::note_completeness(&mut tx, true).await?;
            }
            tx.commit().await?;
            match next {
                Some(next) => last = next,
                None => return Ok(()),
            }
        }
    }
}
