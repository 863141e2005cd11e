//! How the same test ended before: a row of shapes, oldest first, and how reliable the test is.

use std::sync::Arc;

use leptos::{prelude::*, task::spawn_local};

use super::{data::ResultView, desk::Desk};
use crate::erase::Erase;
use crate::{
    api::{
        FamilyName, PreviousTestResult, TestResultResponseWithContext, TestResultSearchResponseWithContext,
        TestResultStatus, Timestamp,
    },
    client::{Client, ClientError},
    components::{error_notice::ErrorNotice, moment::Moment, status::Look},
    text::api_address::api_address,
};

/// As many earlier results are fetched when somebody wants more than come with the result.
const MORE: &str = "100";

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

/// How the test ended, oldest first, this time last.
fn course(result: &ResultView) -> Vec<TestResultStatus> {
    result.previous.iter().rev().map(|earlier| earlier.status).chain([result.status]).collect()
}

/// How often, in percent, a test ended otherwise than the time before. What was skipped says nothing. Nothing for less than four
/// results: two that differ are no habit.
fn flakiness(course: &[TestResultStatus]) -> Option<usize> {
    let ended: Vec<_> = course.iter().filter(|status| **status != TestResultStatus::Skipped).collect();
    let steps = ended.len().checked_sub(1).filter(|steps| *steps >= 3)?;
    let changes = ended.windows(2).filter(|pair| pair.first() != pair.last()).count();
    Some(changes * 100 / steps)
}

/// A test that changes its mind as often, in percent, is called flaky.
const FLAKY: usize = 30;

/// The version since which the test fails without a break, and how many runs that are.
fn failing_since(result: &ResultView) -> Option<(String, usize)> {
    if result.status != TestResultStatus::Failed {
        return None;
    }
    let failed: Vec<_> =
        result.previous.iter().take_while(|earlier| earlier.status == TestResultStatus::Failed).collect();
    failed.last().map(|first| (first.version.clone(), failed.len() + 1))
}

fn page_of(family: FamilyName, artefact: i64, run: i64, result: i64) -> String {
    format!("/{}/{artefact}?testExecutionId={run}&testResultId={result}#result-{result}", family.path())
}

/// Each earlier version is a link to the result there; this result ends the row, larger.
pub(super) fn history(family: FamilyName, result: &ResultView) -> AnyView {
    let view = (!result.previous.is_empty()).then(|| {
        let versions = group(&result.previous).into_iter().map(|version| {
            let (execution, result) = version.newest;
            let page = page_of(family, version.artefact, execution, result);
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
    });
    view.erase()
}

/// The same in one small picture, for long lists: bars up for failures, dots for what passed, dashes for what was skipped.
pub(super) fn sparkline(result: &ResultView) -> AnyView {
    let view = (!result.previous.is_empty()).then(|| {
        let course = course(result);
        let width = course.len() * 8 + 2;
        let line = |status| {
            let path = path_of(&course, status);
            (!path.is_empty()).then_some(path)
        };
        let paths = [
            ("spark-good", TestResultStatus::Passed),
            ("spark-bad", TestResultStatus::Failed),
            ("spark-quiet", TestResultStatus::Skipped),
        ]
        .into_iter()
        .filter_map(|(class, status)| line(status).map(|path| view! { <path class=class d=path></path> }.erase()))
        .collect_view();
        view! {
            <svg class="history sparkline" role="img" aria-label=in_words(&course) viewBox=format!("0 0 {width} 16")>
                {paths}
            </svg>
        }
    });
    view.erase()
}

/// The strokes for all results of one status.
fn path_of(course: &[TestResultStatus], status: TestResultStatus) -> String {
    let places = course.iter().enumerate().filter(|(_, other)| **other == status).map(|(at, _)| at * 8 + 1);
    places
        .map(|x| match status {
            TestResultStatus::Passed => format!("M{} 12h4", x + 1),
            TestResultStatus::Failed => format!("M{} 2v12", x + 3),
            TestResultStatus::Skipped => format!("M{x} 8h2m2 0h2"),
        })
        .collect()
}

/// What the picture shows: "Oldest first: Passed, Failed, Passed".
fn in_words(course: &[TestResultStatus]) -> String {
    let words: Vec<&str> = course.iter().map(|status| Look::from(*status).label).collect();
    format!("Oldest first: {}", words.join(", "))
}

/// How often, in percent, a test changes its mind that cannot be relied on; nothing for others.
pub(super) fn flaky(result: &ResultView) -> Option<usize> {
    flakiness(&course(result)).filter(|percent| *percent >= FLAKY)
}

/// That a test cannot be relied on, in a row of the list.
pub(super) fn flaky_badge(percent: usize) -> impl IntoView + use<> {
    view! {
        <span class="badge" title="How often the test ended otherwise than the time before">
            {format!("Flaky {percent} %")}
        </span>
    }
}

/// A result of long ago.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Past {
    status: TestResultStatus,
    version: String,
    at: Timestamp,
    page: String,
}

/// The history inside an open result: in words, with links, and further back when asked for.
#[component]
pub(super) fn HistorySection(desk: Desk, result: Arc<ResultView>) -> impl IntoView {
    let course = course(&result);
    let words = [
        failing_since(&result).map(|(version, runs)| format!("Failing since version {version}, {runs} runs in a row.")),
        flakiness(&course)
            .filter(|percent| *percent > 0)
            .map(|percent| format!("Ended otherwise than the time before in {percent} % of runs.")),
    ];
    let words: Vec<String> = words.into_iter().flatten().collect();
    let more = RwSignal::new(None::<Result<Vec<Past>, ClientError>>);
    let is_busy = RwSignal::new(false);
    let name = result.name.clone();
    let load = move |_| {
        if is_busy.get_untracked() {
            return;
        }
        is_busy.set(true);
        let answer = fetch_past(desk, name.clone());
        spawn_local(async move {
            let answer = answer.await;
            // The result may be closed by now.
            is_busy.try_set(false);
            more.try_set(Some(answer));
        });
    };
    view! {
        <section aria-label="History">
            <div class="result-head">
                <h6>"History"</h6>
                <button
                    type="button"
                    class="button button-small needs-script"
                    aria-busy=move || is_busy.get().then_some("true")
                    hidden=move || more.with(|more| matches!(more, Some(Ok(_))))
                    on:click=load
                >
                    "More"
                </button>
            </div>
            {(!words.is_empty()).then(|| view! { <p>{words.join(" ")}</p> }.erase())}
            {result.previous.is_empty().then(|| view! { <p class="quiet">"There are no earlier results of the test here."</p> }.erase())}
            {history(desk.family, &result)}
            {move || more.get().map(|more| match more {
                Err(error) => view! { <ErrorNotice error/> }.erase(),
                Ok(past) => view! { <PastList past/> }.erase(),
            })}
        </section>
    }
    .erase()
}

#[component]
fn PastList(past: Vec<Past>) -> impl IntoView {
    let count = past.len();
    let failed = past.iter().filter(|past| past.status == TestResultStatus::Failed).count();
    let rows = past.into_iter().map(|past| {
        view! {
            <li>
                <a href=past.page>{Look::from(past.status).compact()} <span class="version">{past.version}</span></a>
                " "
                <Moment at=past.at/>
            </li>
        }
        .erase()
    });
    view! {
        <p class="quiet">{format!("{failed} of the last {count} failed in this environment; newest first.")}</p>
        <ol class="past plain-list">{rows.collect_view()}</ol>
    }
}

/// Earlier results of a test in the environment of a run, newest first, of every version.
fn fetch_past(desk: Desk, test: String) -> impl Future<Output = Result<Vec<Past>, ClientError>> + use<> {
    let family = desk.family;
    let mut parameters = vec![
        ("families", family.to_string()),
        ("artefacts", desk.artefact.with_untracked(|artefact| artefact.name.clone())),
        ("test_cases", test),
        ("fields", "id".to_owned()),
        ("limit", MORE.to_owned()),
    ];
    parameters.extend(desk.surroundings().map(|(environment, _)| ("environments", environment)));
    let address = api_address("/v1/test-results", &parameters);
    let answer = Client::current().get::<TestResultSearchResponseWithContext>(&address);
    let past_of = move |it: TestResultResponseWithContext| Past {
        status: it.test_result.status,
        page: page_of(family, it.artefact.id, it.test_execution.id, it.test_result.id),
        version: it.artefact.version,
        at: it.test_result.created_at,
    };
    async move { Ok(answer.await?.test_results.into_iter().map(past_of).collect()) }
}

#[cfg(test)]
mod tests {
    use super::{course, failing_since, flakiness, group, in_words, path_of};
    use crate::{
        api::{
            PreviousTestResult,
            TestResultStatus::{self, Failed, Passed, Skipped},
        },
        pages::artefact::data::{LogView, ResultView},
    };

    fn earlier(artefact_id: i64, test_result_id: i64, status: TestResultStatus) -> PreviousTestResult {
        PreviousTestResult {
            status,
            version: format!("v{artefact_id}"),
            artefact_id,
            test_execution_id: test_result_id * 10,
            test_result_id,
        }
    }

    fn result(status: TestResultStatus, previous: Vec<PreviousTestResult>) -> ResultView {
        ResultView {
            id: 99,
            name: "t".to_owned(),
            status,
            category: String::new(),
            template_id: String::new(),
            comment: String::new(),
            issues: Vec::new(),
            previous,
            log: LogView::default(),
        }
    }

    #[test]
    fn versions_are_oldest_first_and_lead_to_their_newest_result() {
        let newest_first = [earlier(2, 9, Passed), earlier(1, 8, Failed), earlier(1, 7, Skipped)];
        let versions = group(&newest_first);
        assert_eq!(versions.iter().map(|version| version.label.as_str()).collect::<Vec<_>>(), ["v1", "v2"]);
        assert_eq!(versions[0].newest, (80, 8));
        assert_eq!(versions[0].statuses, [Skipped, Failed]);
        assert_eq!(course(&result(Passed, newest_first.to_vec())), [Skipped, Failed, Passed, Passed]);
    }

    #[test]
    fn a_test_that_changes_its_mind_is_flaky() {
        for (course, percent) in [
            (&[Passed, Failed, Passed][..], None),
            (&[Passed, Passed, Passed, Passed], Some(0)),
            (&[Passed, Failed, Passed, Failed], Some(100)),
            (&[Passed, Skipped, Passed, Skipped, Failed, Failed], Some(33)),
        ] {
            assert_eq!(flakiness(course), percent, "{course:?}");
        }
    }

    #[test]
    fn the_first_of_the_failures_is_named() {
        let since = |status, previous| failing_since(&result(status, previous));
        let previous = vec![earlier(3, 9, Failed), earlier(2, 8, Failed), earlier(1, 7, Passed)];
        assert_eq!(since(Failed, previous.clone()), Some(("v2".to_owned(), 3)));
        assert_eq!(since(Passed, previous), None);
        assert_eq!(since(Failed, vec![earlier(1, 7, Passed)]), None);
    }

    #[test]
    fn every_status_has_a_shape_of_its_own() {
        let course = [Passed, Failed, Skipped, Passed];
        assert_eq!(path_of(&course, Passed), "M2 12h4M26 12h4");
        assert_eq!(path_of(&course, Failed), "M12 2v12");
        assert_eq!(path_of(&course, Skipped), "M17 8h2m2 0h2");
        assert_eq!(in_words(&course[..2]), "Oldest first: Passed, Failed");
    }
}
