//! Triage: going through what failed, by keyboard if one likes, until everything has an issue that explains it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use leptos::{prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

use super::{
    failures::{Failure, IssueTag, Subject, fetch_failures},
    reported_issues::Reported,
    row_actions::focus_result,
};
use crate::{
    api::{ArtefactResponse, MinimalIssueTestResultAttachmentResponse},
    client::{Client, ClientError},
    components::live::News,
    text::query,
};

/// The attachments of a result.
pub(super) type Attachments = Vec<MinimalIssueTestResultAttachmentResponse>;
/// Failures on their way, or here.
type Loaded = Option<Result<Vec<Failure>, ClientError>>;

/// What nobody has to follow.
#[derive(Default)]
struct Kept {
    subject: Option<Subject>,
    /// The attachments of every result that the page has loaded.
    known: HashMap<i64, ArcRwSignal<Attachments>>,
}

/// What the parts of an artefact's page share about its results.
#[derive(Clone, Copy)]
pub(super) struct Triage {
    kept: StoredValue<Kept>,
    /// What failed or was skipped in the newest runs; nothing until it was asked for.
    pub(super) failures: RwSignal<Loaded>,
    /// Results that were picked to do something with together.
    pub(super) selected: RwSignal<BTreeSet<i64>>,
    /// How often there was news of a run.
    news: RwSignal<BTreeMap<i64, usize>>,
    /// What was reported of test cases, for the whole page.
    pub(super) reported: Reported,
}

impl Triage {
    fn new(subject: Option<Subject>) -> Self {
        Self {
            kept: StoredValue::new(Kept { subject, ..Kept::default() }),
            failures: RwSignal::new(None),
            selected: RwSignal::new(BTreeSet::new()),
            news: RwSignal::new(BTreeMap::new()),
            reported: Reported::new(),
        }
    }

    /// Makes triage of an artefact known to every part of its page.
    pub(super) fn provide(artefact: &ArtefactResponse) -> Self {
        let triage = Self::new(Some(artefact.into()));
        provide_context(triage);
        triage
    }

    /// The attachments of a result, the same for everybody who asks; what was just loaded is newest.
    pub(super) fn attachments(self, result: i64, loaded: &Attachments) -> ArcRwSignal<Attachments> {
        if let Some(signal) = self.known(result) {
            if signal.with_untracked(|now| now != loaded) {
                signal.set(loaded.clone());
            }
            return signal;
        }
        let signal = ArcRwSignal::new(loaded.clone());
        self.kept.update_value(|kept| {
            kept.known.insert(result, signal.clone());
        });
        signal
    }

    fn known(self, result: i64) -> Option<ArcRwSignal<Attachments>> {
        self.kept.with_value(|kept| kept.known.get(&result).cloned())
    }

    /// Whether an issue is attached to a result that the page has loaded.
    pub(super) fn has_issue(self, result: i64, issue: i64) -> bool {
        self.known(result)
            .is_some_and(|signal| signal.with_untracked(|all| all.iter().any(|other| other.issue.id == issue)))
    }

    /// Shows that an issue has been attached to results.
    pub(super) fn attached(self, results: &[i64], attachment: &MinimalIssueTestResultAttachmentResponse) {
        self.change(results, |attachments| {
            if !attachments.iter().any(|other| other.issue.id == attachment.issue.id) {
                attachments.push(attachment.clone());
            }
        });
        let tag = IssueTag::new(attachment);
        self.change_failures(results, |issues| {
            if !issues.contains(&tag) {
                issues.push(tag.clone());
            }
        });
    }

    /// Shows that an issue has been detached from results.
    pub(super) fn detached(self, results: &[i64], issue: i64) {
        self.change(results, |attachments| attachments.retain(|other| other.issue.id != issue));
        self.change_failures(results, |issues| issues.retain(|other| other.id != issue));
    }

    /// Shows that a rule has been switched off.
    pub(super) fn rule_disabled(self, rule: i64) {
        let all: Vec<ArcRwSignal<Attachments>> = self.kept.with_value(|kept| kept.known.values().cloned().collect());
        let is_of = |attachments: &Attachments| {
            attachments.iter().filter_map(|it| it.attachment_rule.as_ref()).any(|it| it.id == rule)
        };
        for signal in all.into_iter().filter(|signal| signal.with_untracked(is_of)) {
            signal.update(|attachments| {
                for made_by in
                    attachments.iter_mut().filter_map(|it| it.attachment_rule.as_mut()).filter(|it| it.id == rule)
                {
                    made_by.enabled = false;
                }
            });
        }
    }

    fn change(self, results: &[i64], change: impl Fn(&mut Attachments)) {
        let signals: Vec<_> = results.iter().filter_map(|id| self.known(*id)).collect();
        for signal in signals {
            signal.update(&change);
        }
    }

    fn change_failures(self, results: &[i64], change: impl Fn(&mut Vec<IssueTag>)) {
        self.failures.update(|failures| {
            if let Some(Ok(failures)) = failures {
                failures.iter_mut().filter(|it| results.contains(&it.result)).for_each(|it| change(&mut it.issues));
            }
        });
    }

    /// Asks for the failures, again if need be: after something that touched many results.
    pub(super) fn load(self) {
        let Some(subject) = self.kept.with_value(|kept| kept.subject.clone()) else { return };
        let answer = fetch_failures(Client::current(), subject);
        spawn_local(async move {
            let answer = answer.await;
            // The page may be gone by now.
            let _ = self.failures.try_set(Some(answer));
        });
    }

    /// Takes in what the server says others have changed.
    pub(super) fn heard(self, news: &News) {
        if let Some(run) = news.test_execution_id.filter(|_| news.kind == "test_result") {
            self.news.update(|counts| *counts.entry(run).or_default() += 1);
        }
    }

    /// How often there was news of a run's results.
    pub(super) fn news_of(self, run: i64) -> usize {
        self.news.with(|counts| counts.get(&run).copied().unwrap_or_default())
    }

    /// Picks a result, or puts it back.
    pub(super) fn toggle(self, result: i64) {
        self.selected.update(|selected| {
            if !selected.remove(&result) {
                selected.insert(result);
            }
        });
    }
}

/// Triage of the page's artefact; a part of the page that stands alone has its own.
pub(super) fn use_triage() -> Triage {
    use_context().unwrap_or_else(|| Triage::new(None))
}

/// The way to a result on this page, as a function: opens what is around it, shows it and gives it the focus.
pub(super) fn use_way_to_results() -> Callback<(i64, i64)> {
    let location = use_location();
    let (path, query) = (location.pathname, location.query);
    let navigate = use_navigate();
    Callback::new(move |(run, result): (i64, i64)| {
        let (path, now) = (path.get_untracked(), query.get_untracked());
        let there = query::with(&now, "testExecutionId", Some(&run.to_string()));
        let there = query::with(&there, "testResultId", Some(&result.to_string()));
        // The list has the result, the other views do not.
        let there = query::with(&there, "view", None);
        // Going through forty failures makes no forty steps to go back.
        let options = NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() };
        navigate(&query::address(&path, &there), options);
        focus_result(result);
    })
}
