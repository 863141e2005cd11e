//! Runs that somebody wants again.

use app::api::{IdSet, Ranged, RerunRequest};

use super::artefacts::Fate;
use super::executions::MadeRun;
use super::seeder::{Seeder, as_caller};

/// How urgent; nothing where nobody says.
const PRIORITIES: &[Option<i64>] = &[None, Some(5), Some(1), Some(10), Some(-1)];

impl Seeder {
    /// Asks for every second run again that failed and nobody has decided about.
    pub(super) async fn request_reruns(&mut self, made: &[MadeRun]) -> anyhow::Result<()> {
        let caller = self.application();
        let undecided = |made: &&MadeRun| {
            made.has_failures && matches!(made.run.version.fate, Fate::Untouched | Fate::HalfReviewed)
        };
        let chosen = made.iter().filter(undecided).step_by(2);
        for ((place, made), priority) in (0_i64..).zip(chosen).zip(PRIORITIES.iter().cycle()) {
            let service = self.at(self.day(0, 300 + 4 * place));
            let request = RerunRequest {
                test_execution_ids: IdSet(vec![made.execution_id]),
                priority: priority.map(Ranged),
                ..RerunRequest::default()
            };
            as_caller(&caller, service.request_reruns_silently(&caller, request)).await?;
            self.made.rerun_requests += 1;
        }
        Ok(())
    }
}
