//! Which runs there are, and what each of them reports.

use app::api::{
    EndTestExecutionRequest, ExecutionMetadataInput, FamilyName, HttpUrl, Label, ResultTexts,
    StartTestExecutionRequest, TestExecutionStatusPatch, TestExecutionsPatchRequest, TestResultStatus,
};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::artefacts::{Fate, Line, Version};
use super::environments::Machine;
use super::seeder::{Seeder, read};
use super::test_cases::Plan;
use super::troubles::judge;
use crate::store::Moment;

/// How a run ends, or that it has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It waits for a machine.
    NotStarted,
    /// It is under way, without results so far.
    Begun,
    /// It is under way, with some results.
    HalfWay,
    /// The machine could not be set up.
    Premature,
    /// Somebody decided not to run it.
    NotTested,
    /// It ended, reported in batches.
    Complete,
    /// It ended, reported at once by an older runner.
    AtOnce,
}

/// A run of a plan on a machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) line: &'static Line,
    pub(super) version: &'static Version,
    pub(super) machine: &'static Machine,
    pub(super) plan: &'static Plan,
    /// When it begins, in minutes after midnight.
    pub(super) minutes: i64,
    /// The how-manieth run of the plan on this machine it is.
    pub(super) attempt: u32,
    pub(super) ending: Ending,
}

/// A run that was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct MadeRun {
    pub(super) run: Run,
    /// Its execution.
    pub(super) execution_id: i64,
    pub(super) has_failures: bool,
}

impl Run {
    /// Words that no other run has.
    pub(super) fn words(&self) -> String {
        let Self { machine, plan, attempt, .. } = self;
        format!("{}/{}/{}/{}/{attempt}", self.line.words(self.version), machine.arch, machine.name, plan.name)
    }

    fn ci_link(&self) -> String {
        format!("https://ci.example.com/job/{}/", self.words().replace([':', '~'], "-"))
    }

    /// The next run of the same plan on the same machine.
    fn again(&self) -> Self {
        let ending = if self.line.family == FamilyName::Deb { Ending::AtOnce } else { Ending::Complete };
        Self { minutes: self.minutes + 215, attempt: self.attempt + 1, ending, ..*self }
    }
}

/// How the first run of a plan ends.
fn first_ending(line: &Line, version: &Version, machine: usize, plan: usize) -> Ending {
    let is_last = machine > 1 && machine + 1 == line.machines.len() && plan + 1 == line.plans.len();
    match (version.fate, (machine + plan) % 4) {
        (Fate::Running, 0) => Ending::HalfWay,
        (Fate::Running, 1) => Ending::NotStarted,
        (Fate::Running, 3) => Ending::Begun,
        (Fate::Untouched, _) if machine == 1 && plan == 0 => Ending::Premature,
        (Fate::Untouched, _) if is_last => Ending::NotTested,
        _ if line.family == FamilyName::Deb => Ending::AtOnce,
        _ => Ending::Complete,
    }
}

/// The runs of a version. What ended badly is often run again.
pub(super) fn plan_runs(seed: u64, line: &'static Line, version: &'static Version) -> Vec<Run> {
    let mut runs = Vec::new();
    for (place, machine) in line.machines.iter().enumerate() {
        for (number, plan) in line.plans.iter().enumerate() {
            let minutes = i64::try_from(120 + place * 37 + number * 190).unwrap_or_default();
            let ending = first_ending(line, version, place, number);
            let first = Run { line, version, machine, plan, minutes, attempt: 1, ending };
            runs.push(first);
            if is_run_again(seed, &first) {
                runs.push(first.again());
            }
        }
    }
    runs
}

fn is_run_again(seed: u64, run: &Run) -> bool {
    match run.ending {
        Ending::Premature => true,
        Ending::Complete | Ending::AtOnce => {
            let has_failed = run.plan.cases().any(|case| judge(seed, run, case).status == TestResultStatus::Failed);
            has_failed && run.minutes % 3 != 0
        }
        Ending::NotStarted | Ending::Begun | Ending::HalfWay | Ending::NotTested => false,
    }
}

impl Seeder {
    /// Makes a run and everything it reports.
    pub(super) async fn perform(&mut self, run: &Run) -> anyhow::Result<MadeRun> {
        let begin = self.day(run.version.age, run.minutes);
        let request: StartTestExecutionRequest = read(self.start_request(run))?;
        let execution_id = self.at(begin).start_test(request).await?;
        self.made.executions += 1;
        let end = (begin + TimeDelta::minutes(55)).min(self.plan.now);
        let events = self.events_of(run, begin);
        if !events.events.is_empty() {
            self.at(end).replace_events(execution_id, events).await?;
        }
        let results = self.results_of(run, begin);
        let has_failures = results.iter().any(|result| result.status == TestResultStatus::Failed);
        self.made.results += results.len();
        self.made.log_bytes += results.iter().map(|result| result.io_log.len()).sum::<usize>();
        if run.ending == Ending::AtOnce {
            let request = self.end_request(run, results)?;
            self.at(end).end_test(request).await?;
        } else if !results.is_empty() {
            self.at(end).add_results(execution_id, &results).await?;
        }
        let patch = self.closing_patch(run);
        self.at(end).update_execution(execution_id, patch).await?;
        self.attach_by_hand(run, execution_id, end).await?;
        Ok(MadeRun { run: *run, execution_id, has_failures })
    }

    fn start_request(&self, run: &Run) -> Value {
        let mut chance = self.chance(&["start", &run.words()]);
        let status = match run.ending {
            Ending::NotStarted => "NOT_STARTED",
            Ending::NotTested => "NOT_TESTED",
            _ => "IN_PROGRESS",
        };
        let job = chance.below(1_000_000);
        let mut links = vec![
            json!({"label": "Console", "url": format!("https://consoles.example.com/{}/{job}", run.machine.name)}),
        ];
        if chance.one_in(3) {
            links.push(json!({"label": "Temperature while it ran", "url": format!("https://graphs.example.com/d/heat?job={job}")}));
        }
        let mut body = run.line.describe(run.version, run.machine.arch);
        let own = json!({
            "environment": run.machine.name, "test_plan": run.plan.name, "ci_link": run.ci_link(),
            "initial_status": status, "needs_assignment": true, "relevant_links": links,
        });
        if let (Value::Object(body), Value::Object(own)) = (&mut body, own) {
            body.extend(own);
        }
        body
    }

    fn end_request(
        &self,
        run: &Run,
        results: Vec<app::api::TestResultRequest>,
    ) -> anyhow::Result<EndTestExecutionRequest> {
        let number = self.chance(&["submission", &run.words()]).below(1_000_000);
        let mut request: EndTestExecutionRequest = read(json!({
            "ci_link": run.ci_link(), "checkbox_version": "4.1.0",
            "c3_link": format!("https://certification.example.com/submissions/{number}"), "test_results": [],
        }))?;
        request.test_results = results.into_iter().map(super::results::as_older_runner).collect();
        Ok(request)
    }

    /// What is said about a run in the end.
    fn closing_patch(&self, run: &Run) -> TestExecutionsPatchRequest {
        let mut chance = self.chance(&["metadata", &run.words()]);
        let number = chance.below(1_000_000);
        let mut facts = vec![("lab", vec![run.machine.lab.to_owned()])];
        if run.ending == Ending::NotStarted || run.ending == Ending::NotTested {
            return patch_with(facts);
        }
        let kernel = format!("6.8.0-{}-generic", 50 + chance.below(6));
        facts.push(("kernel", vec![kernel]));
        if !run.machine.lacks.contains(&"firmware") {
            facts.push(("firmware", vec![format!("1.{}.{}", chance.below(4), chance.below(3))]));
        }
        if run.line.family == FamilyName::Charm {
            facts.push(("charm:channel", vec![format!("{}/{}", run.line.track, run.version.stage)]));
            facts.push(("controller", vec!["3.6.2".to_owned(), "machine & container".to_owned()]));
        }
        let mut patch = patch_with(facts);
        if run.ending == Ending::Complete {
            patch.status = Some(TestExecutionStatusPatch::Completed);
            patch.c3_link = Some(HttpUrl(format!("https://certification.example.com/submissions/{number}")));
        }
        patch
    }

    /// Somebody looks at what failed, knows the reason, and attaches the issue.
    async fn attach_by_hand(&mut self, run: &Run, execution_id: i64, end: Moment) -> anyhow::Result<()> {
        let known: Vec<(&str, &str)> = run
            .plan
            .cases()
            .filter_map(|case| judge(self.plan.seed, run, case).trouble.map(|trouble| (case.name, trouble.issue)))
            .filter(|(_, issue)| !issue.is_empty())
            .collect();
        if known.is_empty() || !matches!(run.ending, Ending::Complete | Ending::AtOnce) {
            return Ok(());
        }
        let service = self.at((end + TimeDelta::hours(3)).min(self.plan.now));
        let texts = ResultTexts { comment: false, io_log: false, previous_results: false };
        let stored = service.list_results(execution_id, None, texts).await?;
        for (name, url) in known {
            let Some(result) = stored.iter().find(|result| result.name == name) else { continue };
            // Where a rule was faster there is nothing left to do.
            if result.issues.iter().all(|attachment| attachment.issue.url != url) {
                self.attach(&service, url, result.id).await?;
            }
        }
        Ok(())
    }
}

fn patch_with(facts: Vec<(&str, Vec<String>)>) -> TestExecutionsPatchRequest {
    let labels = |values: Vec<String>| values.into_iter().map(Label).collect();
    let facts = facts.into_iter().map(|(category, values)| (category.to_owned(), labels(values))).collect();
    TestExecutionsPatchRequest { execution_metadata: Some(ExecutionMetadataInput(facts)), ..Default::default() }
}
