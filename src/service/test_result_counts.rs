//! How many results there are of each kind, for those who watch.

use std::collections::BTreeSet;

use super::{Service, ServiceResult};
use crate::store::Moment;
use crate::store::test_result_counts::{self as store, CountRow, CountedResults, Counts, KindRow, NamesRow};

/// The counts of one moment, and what is called how in them.
#[derive(Clone, Debug, Default)]
pub struct TestResultCounts {
    /// All results.
    pub results: Counts,
    /// Those that are attached to issues, by the issue.
    pub triaged: Counts,
    /// Those whose executions carry metadata, by the metadata.
    pub with_metadata: Counts,
    /// What the kinds are called.
    pub kinds: Vec<KindRow>,
    /// What the tests are called.
    pub test_cases: Vec<NamesRow>,
    /// What the issues are called.
    pub issues: Vec<NamesRow>,
    /// What the metadata is called.
    pub metadata: Vec<NamesRow>,
}

impl Service {
    /// Counts the results that came after a moment, as they are now; of each of the three ways at most so many counts.
    pub async fn count_test_results(&self, since: Moment, most: usize) -> ServiceResult<TestResultCounts> {
        let which = CountedResults { since, most };
        let mut tx = self.db.read().await?;
        let results = store::count_results(&mut tx, which).await?;
        let triaged = store::count_attached_results(&mut tx, which).await?;
        let with_metadata = store::count_results_with_metadata(&mut tx, which).await?;
        let all = || results.rows.iter().chain(&triaged.rows).chain(&with_metadata.rows);
        let kinds = store::list_kinds(&mut tx, &unique(all(), |row| row.kind_id)).await?;
        let test_cases = store::list_test_case_names(&mut tx, &unique(all(), |row| row.test_case_id)).await?;
        let issues = store::list_issue_names(&mut tx, &unique(triaged.rows.iter(), |row| row.subject_id)).await?;
        let metadata =
            store::list_metadata_names(&mut tx, &unique(with_metadata.rows.iter(), |row| row.subject_id)).await?;
        tx.commit().await?;
        Ok(TestResultCounts { results, triaged, with_metadata, kinds, test_cases, issues, metadata })
    }
}

/// The different ids of rows.
fn unique<'a>(rows: impl Iterator<Item = &'a CountRow>, id: impl Fn(&CountRow) -> i64) -> Vec<i64> {
    rows.map(id).collect::<BTreeSet<i64>>().into_iter().collect()
}
