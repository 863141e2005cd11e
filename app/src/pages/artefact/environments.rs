//! The environments an artefact was tested in: how they are doing, which are shown, what is done with several at once.

use std::collections::HashSet;

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::{
    bulk_review::{SelectionRow, effective},
    data::{OpenedRun, Target},
    environment::EnvironmentView,
    filters::{FILTERS, Shown, Wanted, is_filtered, unfiltered, untriaged},
    manual_testing::ManualTestingButton,
    reruns::{FilteredRerunButton, RerunTarget, permit_reruns},
    state::{Key, PageState, Row},
    tree::{Environment, is_small, summary},
};
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::{FamilyName, Permission},
    components::{
        button::may_go_on, error_notice::ErrorNotice, filters::ActiveFilters, shortcuts::use_shortcut, status::Look,
    },
    text::query::address,
};

/// What every part of the tree needs to know, however deep.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    /// For links to earlier versions.
    pub(super) family: FamilyName,
    /// What the address points at.
    pub(super) target: Memo<Target>,
    /// The run whose results came with the page.
    pub(super) opened: StoredValue<Option<OpenedRun>>,
    /// Whether closed environments are built too.
    pub(super) is_eager: bool,
    /// Whether there is one environment only, which then is open.
    pub(super) is_single: bool,
    /// Everything on the page that changes.
    pub(super) page: PageState,
    /// What the filters leave.
    pub(super) shown: Memo<Shown>,
    /// The plans whose reruns are being asked for; none while nobody asks.
    pub(super) rerunning: RwSignal<Vec<RerunTarget>>,
}

impl Scope {
    /// For a component, which then holds what the page shows.
    pub(super) fn new(page: PageState, opened: Option<OpenedRun>, target: Memo<Target>) -> Self {
        let query = use_location().query;
        let shown = Memo::new(move |_| {
            let wanted = query.with(Wanted::from_query);
            page.rows.with(|rows| Shown::of(rows, &wanted, target.get()))
        });
        let counts: Vec<usize> = page.rows.with_untracked(|rows| {
            rows.iter().map(|row| row.environment.with_untracked(Environment::run_count)).collect()
        });
        Self {
            family: page.family,
            target,
            opened: StoredValue::new(opened),
            is_eager: is_small(counts.iter().sum()),
            is_single: counts.len() == 1,
            page,
            shown,
            rerunning: RwSignal::new(Vec::new()),
        }
    }

    /// Asks whether the plan of a run shall run again.
    pub(super) fn ask_rerun(self, run: i64) {
        if may_go_on(permit_reruns(self.page, 1), None, self.page.feedback) {
            let rows = self.page.rows.get_untracked();
            self.rerunning.set(rows.into_iter().find_map(|row| RerunTarget::of_run(row, run)).into_iter().collect());
        }
    }

    /// The rows that are shown, in their order.
    pub(super) fn shown_rows(self) -> Vec<Row> {
        self.shown.with(|shown| {
            self.page.rows.with(|rows| rows.iter().filter(|row| shown.environment(row.key)).copied().collect())
        })
    }
}

/// The list, and how the environments are doing.
#[component]
pub(super) fn EnvironmentList(scope: Scope) -> impl IntoView {
    let page = scope.page;
    let query = use_location().query;
    let path = use_location().pathname;
    review_by_key(scope);
    open_what_address_names(scope);
    let reviews = move || format!("{} of {} environments reviewed", page.overall().done, page.overall().all);
    let is_empty = move || page.rows.with(Vec::is_empty) && page.problem().with(Option::is_none);
    let nothing_matches = move || !page.rows.with(Vec::is_empty) && scope.shown_rows().is_empty();
    // On a phone, where they would fill the screen before the first environment, until somebody wants them or has ticked something.
    let wants_actions = RwSignal::new(false);
    let shows_actions = move || wants_actions.get() || !page.selected.with(HashSet::is_empty);
    let count = move || {
        let all = page.rows.with(Vec::len);
        if query.with(is_filtered) {
            format!("{} of {all} environments", scope.shown_rows().len())
        } else {
            String::new()
        }
    };
    view! {
        <section class="environments" aria-labelledby="environments">
            <div class="section-head">
                <h2 id="environments">"Environments"</h2>
                <span class="quiet">{reviews}</span>
                <Summary scope/>
                <Untriaged scope/>
            </div>
            {move || page.problem().get().map(|error| view! { <ErrorNotice error/> }.erase())}
            {move || page.reviews_problem().get().map(|error| view! { <ErrorNotice error/> }.erase())}
            <ActiveFilters names=FILTERS/>
            <p class="count" role="status">{count}</p>
            <div class="list-tools" class:list-tools-open=shows_actions>
                <button
                    type="button"
                    class="button actions-button needs-script"
                    aria-expanded=move || if shows_actions() { "true" } else { "false" }
                    on:click=move |_| wants_actions.update(|wants| *wants = !*wants)
                >
                    "Actions"
                </button>
                <SelectionRow scope/>
                <span class="section-actions">
                    <ManualTestingButton page/>
                    <FilteredRerunButton scope/>
                </span>
            </div>
            <p class="empty" hidden=move || !is_empty()>
                "Nothing has been tested yet. Environments appear here when a run starts."
            </p>
            <div class="empty" hidden=move || !nothing_matches()>
                <p class="empty-title">"Nothing matches"</p>
                <p>"No environment has what all filters ask for."</p>
                <p>
                    <a class="button" href=move || path.with(|path| query.with(|query| address(path, &unfiltered(query))))>
                        "Clear the filters"
                    </a>
                </p>
            </div>
            <Each each=move || page.rows.get() key=|row| row.key let:row>
                <EnvironmentView row scope/>
            </Each>
        </section>
    }
    .erase()
}

/// How many environments are in each status, of those that are shown.
#[component]
fn Summary(scope: Scope) -> impl IntoView {
    let counts = move || {
        let newest: Vec<_> = scope
            .shown_rows()
            .into_iter()
            .filter_map(|row| row.environment.with(|environment| environment.newest().map(|run| run.status)))
            .collect();
        summary(&newest)
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(status, count)| {
                view! { <li>{Look::from(status).view()} " " <span class="number">{count}</span></li> }
            })
            .collect_view()
    };
    view! { <ul class="summary" aria-label="Environments by the status of their newest run">{counts}</ul> }
}

/// How much is still to be looked at, and the way to it.
#[component]
fn Untriaged(scope: Scope) -> impl IntoView {
    let query = use_location().query;
    let counts = Memo::new(move |_| {
        scope.page.rows.with(|rows| {
            rows.iter().fold((0_usize, 0_usize), |(waiting, all), row| {
                let (here, plans) =
                    row.environment.with(|environment| (environment.untriaged_count(), environment.plans.len()));
                (waiting + here, all + plans)
            })
        })
    });
    let words = move || {
        let (waiting, all) = counts.get();
        format!("{waiting} of {all} test plans untriaged")
    };
    view! {
        <a class="untriaged" hidden=move || counts.get().0 == 0 href=move || query.with(untriaged)>
            {words}
        </a>
    }
}

/// `v` opens the review of the environment that has the focus, or of the first that is shown.
fn review_by_key(scope: Scope) {
    let page = scope.page;
    let permit = page.permit_signal(Permission::ChangeEnvironmentReview);
    let review = move || {
        let rows = untrack(move || scope.shown_rows());
        let focused = focused_anchor();
        let at = focused.and_then(|anchor| rows.iter().find(|row| row.key.anchor() == anchor)).or(rows.first());
        if let Some(row) = at
            && row.review.with_untracked(Option::is_some)
            && may_go_on(permit.get_untracked(), None, page.feedback)
        {
            page.reviewing.set(Some(row.key));
        }
    };
    use_shortcut("v", "Review the environment that has the focus", review);
}

/// Opens the environment that the address points into, again with every other address that does.
fn open_what_address_names(scope: Scope) {
    let pointed = Memo::new(move |_| {
        let target = scope.target.get();
        let run = target.run?;
        let rows = scope.page.rows.get();
        let row = rows.into_iter().find(|row| row.environment.with(|environment| environment.holds(run)))?;
        Some((row.key, target))
    });
    Effect::new(move || {
        let Some((key, _)) = pointed.get() else { return };
        let row = scope.page.rows.with_untracked(|rows| rows.iter().find(|row| row.key == key).copied());
        if let Some(row) = row {
            row.open.set(true);
        }
    });
}

fn focused_anchor() -> Option<String> {
    let active = document().active_element()?;
    Some(active.closest(".environment").ok()??.id())
}

/// Ticks an environment, or takes the tick away.
pub(super) fn toggle(page: PageState, key: Key) {
    page.selected.update(|selected| {
        if !selected.remove(&key) {
            selected.insert(key);
        }
    });
}

/// Those of the rows that are shown, ticked, and can be reviewed.
pub(super) fn selected_rows(scope: Scope) -> Vec<Row> {
    scope.page.selected.with(|selected| effective(&scope.shown_rows(), selected))
}
