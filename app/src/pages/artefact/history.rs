//! How the same test ended before: a row of shapes, oldest first.

use leptos::prelude::*;

use super::data::ResultView;
use crate::{
    api::{FamilyName, PreviousTestResult, TestResultStatus},
    components::status::Look,
};

/// Results of one version, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Version {
    label: String,
    artefact: i64,
    /// The newest result of the version: execution and result.
    newest: (i64, i64),
    statuses: Vec<TestResultStatus>,
}

/// Groups earlier results, which come newest first, by version: oldest version first.
fn group(previous: &[PreviousTestResult]) -> Vec<Version> {
    let mut versions: Vec<Version> = Vec::new();
    for result in previous.iter().rev() {
        let newest = (result.test_execution_id, result.test_result_id);
        match versions.iter_mut().find(|version| version.artefact == result.artefact_id) {
            Some(version) => {
                version.newest = newest;
                version.statuses.push(result.status);
            }
            None => versions.push(Version {
                label: result.version.clone(),
                artefact: result.artefact_id,
                newest,
                statuses: vec![result.status],
            }),
        }
    }
    versions
}

/// Each earlier version is a link to the result there; this result ends the row, larger.
#[component]
pub(super) fn History(family: FamilyName, result: ResultView) -> impl IntoView {
    (!result.previous.is_empty()).then(|| {
        let versions = group(&result.previous).into_iter().map(|version| {
            let (execution, result) = version.newest;
            let page = format!(
                "/{}/{}?testExecutionId={execution}&testResultId={result}#result-{result}",
                family.path(),
                version.artefact
            );
            let name = format!("View test results for version {}", version.label);
            let looks = version.statuses.into_iter().map(|status| Look::from(status).compact()).collect_view();
            view! { <li><a href=page title=format!("Version: {}", version.label) aria-label=name>{looks}</a></li> }
        });
        view! {
            <ol class="history" aria-label=format!("Earlier results of {}", result.name)>
                {versions.collect_view()}
                <li class="history-now">{Look::from(result.status).compact()}</li>
            </ol>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::group;
    use crate::api::{PreviousTestResult, TestResultStatus};

    #[test]
    fn versions_are_oldest_first_and_lead_to_their_newest_result() {
        let result = |artefact_id, test_result_id, status| PreviousTestResult {
            status,
            version: format!("v{artefact_id}"),
            artefact_id,
            test_execution_id: test_result_id * 10,
            test_result_id,
        };
        let newest_first = [
            result(2, 9, TestResultStatus::Passed),
            result(1, 8, TestResultStatus::Failed),
            result(1, 7, TestResultStatus::Skipped),
        ];
        let versions = group(&newest_first);
        assert_eq!(versions.iter().map(|version| version.label.as_str()).collect::<Vec<_>>(), ["v1", "v2"]);
        assert_eq!(versions[0].newest, (80, 8));
        assert_eq!(versions[0].statuses, [TestResultStatus::Skipped, TestResultStatus::Failed]);
    }
}
