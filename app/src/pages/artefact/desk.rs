//! What the results of one run share: where they are, what is open over them, and the results themselves.

use std::sync::Arc;

use leptos::prelude::*;

use super::{
    attach::AttachDialog,
    data::{ResultView, Target},
    detach::DetachDialog,
    environments::Scope,
    reported_issues::ReportDialog,
    state::Row,
    triage::{Attachments, Triage, use_triage},
};
use crate::api::{
    ArtefactResponse, ExecutionMetadata, FamilyName, MinimalIssueTestResultAttachmentResponse,
    TestReportedIssueResponse, TestResultStatus,
};
use crate::erase::Erase;

/// A result with its attachments, which change while the page is open.
#[derive(Clone)]
pub(super) struct Item {
    pub(super) view: Arc<ResultView>,
    pub(super) attachments: ArcRwSignal<Attachments>,
}

/// What a result says never changes, so that its id tells whether two are the same.
impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.view.id == other.view.id
    }
}

impl Item {
    /// Takes results over from the API.
    pub(super) fn all_from(results: Vec<ResultView>, triage: Triage) -> Vec<Self> {
        let item =
            |view: ResultView| Self { attachments: triage.attachments(view.id, &view.issues), view: Arc::new(view) };
        results.into_iter().map(item).collect()
    }

    /// Whether somebody has to look at it, and nobody has.
    pub(super) fn is_untriaged(&self) -> bool {
        self.view.status != TestResultStatus::Passed && self.attachments.with(Vec::is_empty)
    }
}

/// An attachment to take away.
#[derive(Clone)]
pub(super) struct Detaching {
    pub(super) result: Arc<ResultView>,
    pub(super) attachment: MinimalIssueTestResultAttachmentResponse,
}

/// A report about a test, to write or to change.
#[derive(Clone)]
pub(super) struct Reporting {
    pub(super) result: Arc<ResultView>,
    pub(super) existing: Option<TestReportedIssueResponse>,
}

/// A dialog, and what it is about.
pub(super) struct Opening<T: Send + Sync + 'static> {
    pub(super) is_open: RwSignal<bool>,
    pub(super) about: RwSignal<Option<T>>,
}

// Derived, both would ask the same of what the dialog is about.
impl<T: Send + Sync + 'static> Clone for Opening<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Opening<T> {}

impl<T: Clone + Send + Sync + 'static> Opening<T> {
    fn new() -> Self {
        Self { is_open: RwSignal::new(false), about: RwSignal::new(None) }
    }

    /// Opens the dialog.
    pub(super) fn open(self, about: T) {
        self.about.set(Some(about));
        self.is_open.set(true);
    }
}

/// What the results of one run share.
#[derive(Clone, Copy)]
pub(super) struct Desk {
    pub(super) run: i64,
    /// For links to earlier versions.
    pub(super) family: FamilyName,
    /// What the address points at.
    pub(super) target: Memo<Target>,
    pub(super) artefact: RwSignal<ArtefactResponse>,
    /// The environments of the page.
    pub(super) rows: RwSignal<Vec<Row>>,
    pub(super) triage: Triage,
    pub(super) attach: Opening<Arc<ResultView>>,
    pub(super) detach: Opening<Detaching>,
    pub(super) report: Opening<Reporting>,
}

impl Desk {
    /// The desk of a run.
    pub(super) fn new(run: i64, scope: Scope) -> Self {
        let (attach, detach, report) = (Opening::new(), Opening::new(), Opening::new());
        let Scope { family, target, page, .. } = scope;
        Self {
            run,
            family,
            target,
            artefact: page.artefact,
            rows: page.rows,
            triage: use_triage(),
            attach,
            detach,
            report,
        }
    }

    /// The name of the environment that the run took place in, and what else is known of the run; nothing where it is not on the page.
    pub(super) fn surroundings(self) -> Option<(String, ExecutionMetadata)> {
        let of_row = |row: &Row| {
            row.environment.with_untracked(|environment| {
                let run = environment.plans.iter().flat_map(|plan| &plan.runs).find(|other| other.id == self.run)?;
                Some((environment.name.clone(), run.metadata.clone()))
            })
        };
        self.rows.with_untracked(|rows| rows.iter().find_map(of_row))
    }
}

/// The dialogs of a run; each exists as long as it is open.
#[component]
pub(super) fn DeskDialogs(desk: Desk) -> impl IntoView {
    view! {
        <AttachDialog desk/>
        <DetachDialog desk/>
        <ReportDialog desk/>
    }
    .erase()
}
