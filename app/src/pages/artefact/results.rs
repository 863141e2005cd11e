//! The results of a run, by status. Of a long group a page exists at a time: a browser that holds thousands of rows is slow.

use std::time::Duration;

use leptos::prelude::*;

use super::{
    desk::{Desk, Item},
    environment::{is_open, once_open},
    result::{ResultRow, point_at, point_away_from},
};
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::{TestExecutionStatus, TestResultStatus},
    components::status::Look,
};

/// Rows of a group that exist at once.
const PAGE: usize = 50;
/// Up to as many results everything is sent, so that it can be read without scripts; of more, only their rows.
const EAGER: usize = 20;
/// Groups with more results can be searched.
const SEARCHED: usize = 20;

/// As long somebody may go on typing before the rows that are found are built.
const SETTLE: Duration = Duration::from_millis(100);

/// How much of results the server has sent with the page, for readers without scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// They came later, to a page that is alive.
    Nothing,
    /// Their rows, each with the way to what is inside.
    Rows,
    /// Also what is inside.
    Everything,
}

/// What the address points at in a group: its place there, and its id.
type Pointed = Option<(usize, i64)>;

/// Failed, passed, skipped.
#[component]
pub(super) fn Results(
    desk: Desk,
    status: TestExecutionStatus,
    #[prop(into)] items: Signal<Vec<Item>>,
    /// Whether the results came with the page.
    is_sent: bool,
) -> impl IntoView {
    let is_empty = Memo::new(move |_| items.with(Vec::is_empty));
    let sent = match items.with_untracked(Vec::len) {
        _ if !is_sent => Sent::Nothing,
        ..=EAGER => Sent::Everything,
        _ => Sent::Rows,
    };
    move || {
        if is_empty.get() {
            return view! { <p class="quiet no-results">{nothing_yet(status)}</p> }.erase();
        }
        [TestResultStatus::Failed, TestResultStatus::Passed, TestResultStatus::Skipped]
            .map(|status| {
                let mine = Memo::new(move |_| {
                    items.with(|items| items.iter().filter(|item| item.view.status == status).cloned().collect())
                });
                view! { <Group desk status items=mine sent/> }
            })
            .erase()
    }
}

fn nothing_yet(status: TestExecutionStatus) -> &'static str {
    match status {
        TestExecutionStatus::NotStarted => "The run has not started: there are no results yet.",
        TestExecutionStatus::InProgress => "The run is in progress: no results have been posted yet.",
        TestExecutionStatus::EndedPrematurely => "The run ended before it posted any result.",
        _ => "The run has no results.",
    }
}

/// The results of one status. Open when somebody must act on it, or when the address points into it.
#[component]
fn Group(desk: Desk, status: TestResultStatus, items: Memo<Vec<Item>>, sent: Sent) -> impl IntoView {
    let pointed = Memo::new(move |_| -> Pointed {
        let id = desk.target.with(|target| target.result)?;
        let at = items.with(|items| items.iter().position(|item| item.view.id == id))?;
        Some((at, id))
    });
    let is_failed = status == TestResultStatus::Failed;
    let starts_open = is_failed || pointed.with_untracked(Option::is_some);
    let open = RwSignal::new(starts_open);
    // Built with the press, not when it is open: what opens is painted once.
    let is_pressed = RwSignal::new(false);
    let built = once_open(Signal::derive(move || open.get() || is_pressed.get()), sent == Sent::Everything);
    let page = RwSignal::new(pointed.get_untracked().map_or(0, |(at, _)| at / PAGE));
    let words = RwSignal::new(String::new());
    follow_address(pointed, page, words, open);
    let count = Memo::new(move |_| items.with(Vec::len));
    let untriaged = Memo::new(move |_| items.with(|items| items.iter().filter(|item| item.is_untriaged()).count()));
    let is_empty = Memo::new(move |_| count.get() == 0);
    move || {
        if is_empty.get() {
            return view! { <p class="group-empty">{Look::from(status).view()} " " <span class="number quiet">"0"</span></p> }.erase();
        }
        view! {
            <details class="fold group" open=starts_open prop:open=open on:toggle=move |event| open.set(is_open(&event))>
                <summary on:click=move |_| is_pressed.set(true)>
                    {Look::from(status).view()} <span class="number quiet">{count}</span>
                    <span class="badge" hidden=move || untriaged.get() == 0>
                        {move || format!("{} untriaged", untriaged.get())}
                    </span>
                </summary>
                <div class="fold-body">
                    {move || built.get().then(|| view! { <Rows desk items page words sent/> }.erase())}
                </div>
            </details>
        }
        .erase()
    }
}

/// Shows the result of the group that the address points at: one for all rows.
fn follow_address(pointed: Memo<Pointed>, page: RwSignal<usize>, words: RwSignal<String>, open: RwSignal<bool>) {
    Effect::new(move |before: Option<Option<i64>>| {
        let (before, now) = (before.flatten(), pointed.get());
        // Its place changes with what is added before it: that moves nothing.
        if before == now.map(|(_, result)| result) {
            return before;
        }
        if let Some(result) = before {
            point_away_from(result);
        }
        let (at, result) = now?;
        words.set(String::new());
        page.set(at / PAGE);
        open.set(true);
        // By then the row exists, and what is around it is open.
        request_animation_frame(move || point_at(result));
        Some(result)
    });
}

/// The results whose names have the words, and how many there are.
fn matching(items: &[Item], words: &str) -> Vec<Item> {
    let words = words.trim().to_lowercase();
    items.iter().filter(|item| words.is_empty() || item.view.name.to_lowercase().contains(&words)).cloned().collect()
}

#[component]
fn Rows(
    desk: Desk,
    items: Memo<Vec<Item>>,
    page: RwSignal<usize>,
    words: RwSignal<String>,
    sent: Sent,
) -> impl IntoView {
    let found = Memo::new(move |_| items.with(|items| words.with(|words| matching(items, words))));
    let shown =
        move || found.with(|found| found.iter().skip(page.get() * PAGE).take(PAGE).cloned().collect::<Vec<_>>());
    let is_long = Memo::new(move |_| items.with(Vec::len) > SEARCHED);
    let mut find = debounce(SETTLE, move |typed: String| {
        // The group may be gone by now.
        page.try_set(0);
        words.try_set(typed);
    });
    let search = move |event| find(event_target_value(&event));
    view! {
        <div class="result-search needs-script" hidden=move || !is_long.get()>
            <input type="search" aria-label="Find a test in this group" placeholder="Find a test" autocomplete="off" prop:value=words on:input=search/>
            <span class="quiet" role="status">
                {move || (found.with(Vec::is_empty)).then_some("No test has these words in its name.")}
            </span>
        </div>
        <Each each=shown key=|item| item.view.id let(item)>
            <ResultRow desk item sent/>
        </Each>
        <Pages desk page count=Signal::derive(move || found.with(Vec::len))/>
    }
    .erase()
}

/// The ways to the other rows of a long group.
#[component]
fn Pages(desk: Desk, page: RwSignal<usize>, count: Signal<usize>) -> impl IntoView {
    // Not in the attribute itself, where `>` would end the tag.
    let is_last = move || (page.get() + 1) * PAGE >= count.get();
    let is_short = move || count.get() <= PAGE;
    let words = move || {
        let first = page.get() * PAGE;
        format!("{}–{} of {}", (first + 1).min(count.get()), (first + PAGE).min(count.get()), count.get())
    };
    view! {
        <div class="pager" role="group" aria-label="Pages of results" hidden=is_short>
            <button
                type="button"
                class="button button-small needs-script"
                disabled=move || page.get() == 0
                on:click=move |_| page.update(|page| *page = page.saturating_sub(1))
            >
                "Previous"
            </button>
            <span class="number">{words}</span>
            <button
                type="button"
                class="button button-small needs-script"
                disabled=is_last
                on:click=move |_| page.update(|page| *page += 1)
            >
                "Next"
            </button>
            <a class="without-script" href=format!("/v1/test-executions/{}/test-results", desk.run) rel="external">
                "All results of the run, as JSON"
            </a>
        </div>
    }
}
