//! The results of a run, with their logs.

use app::api::{
    C3TestResult, C3TestResultStatus, IssueAttachmentRequest, IssuePutRequest, Limited, TestResultRequest,
    TestResultStatus,
};
use chrono::TimeDelta;
use serde_json::json;

use super::executions::{Ending, Run};
use super::logs::{LONGEST_LOG, SHORT_JOURNAL, Subject, write_log};
use super::seeder::{Seeder, as_caller, read};
use super::test_cases::{Case, LogStyle};
use super::troubles::{LONGEST, judge};
use crate::service::Service;
use crate::store::Moment;

impl Seeder {
    /// What a run that began then reports.
    pub(super) fn results_of(&self, run: &Run, begin: Moment) -> Vec<TestResultRequest> {
        let cases = run.plan.cases();
        let count = match run.ending {
            Ending::Complete | Ending::AtOnce => usize::MAX,
            Ending::HalfWay => cases.count() / 2,
            _ => 0,
        };
        let steps = (0_i64..).zip(run.plan.cases()).take(count);
        steps.map(|(place, case)| self.result_of(run, case, begin + TimeDelta::seconds(40 * place))).collect()
    }

    fn result_of(&self, run: &Run, case: Case, moment: Moment) -> TestResultRequest {
        let outcome = judge(self.plan.seed, run, case);
        let mut chance = self.chance(&["log", &run.words(), case.name]);
        let lines = match case.group.style {
            LogStyle::Suspend if is_longest(run) => LONGEST_LOG,
            LogStyle::Journal if is_long(run, case) => 5_200 + chance.below(1_500),
            _ => SHORT_JOURNAL,
        };
        let symptom = outcome.trouble.map_or(&[][..], |trouble| trouble.symptom);
        let subject =
            Subject { case: case.name, machine: run.machine.name, moment, status: outcome.status, symptom, lines };
        TestResultRequest {
            name: Limited(case.name.to_owned()),
            status: outcome.status,
            template_id: Limited(case.group.template.to_owned()),
            category: Limited(case.group.category.to_owned()),
            comment: outcome.comment.to_owned(),
            io_log: write_log(case, &subject, &mut chance),
        }
    }

    /// Attaches the issue at an address to a result.
    pub(super) async fn attach(&mut self, service: &Service, url: &str, result_id: i64) -> anyhow::Result<()> {
        let caller = self.application();
        let issue = service.put_issue(read::<IssuePutRequest>(json!({"url": url}))?).await?;
        let request = read::<IssueAttachmentRequest>(json!({"test_results": [result_id]}))?;
        as_caller(&caller, service.attach_issue(&caller, issue.id, request)).await?;
        self.made.attachments_by_hand += 1;
        Ok(())
    }
}

/// The longest log is that of the newest kernel, once.
fn is_longest(run: &Run) -> bool {
    run.line.name == "linux-meadow"
        && run.version.age == 1
        && run.machine.name == "laptop-heron-7430"
        && run.attempt == 1
}

/// Whole journals are kept of one machine, since its kernel has become worse.
fn is_long(run: &Run, case: Case) -> bool {
    case.name == "info/system-journal"
        && run.line.name == "linux-meadow"
        && run.machine.name == "laptop-heron-7430"
        && run.version.age <= 40
        && run.plan.cases().any(|other| other.name == LONGEST)
}

/// The same result in the words of older runners.
pub(super) fn as_older_runner(result: TestResultRequest) -> C3TestResult {
    C3TestResult {
        name: result.name,
        template_id: Some(result.template_id),
        status: match result.status {
            TestResultStatus::Passed => C3TestResultStatus::Pass,
            TestResultStatus::Failed => C3TestResultStatus::Fail,
            TestResultStatus::Skipped => C3TestResultStatus::Skip,
        },
        category: result.category,
        comment: result.comment,
        io_log: result.io_log,
    }
}
