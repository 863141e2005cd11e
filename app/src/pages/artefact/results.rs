//! The results of a run, by status. Of a long group a page exists at a time: a browser that holds thousands of rows is slow.

use leptos::prelude::*;

use super::{
    desk::{Desk, Item},
    environment::is_open,
    result::ResultRow,
};
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
    let is_eager = is_sent && items.with_untracked(Vec::len) <= EAGER;
    move || {
        if is_empty.get() {
            return view! { <p class="quiet">{nothing_yet(status)}</p> }.erase();
        }
        [TestResultStatus::Failed, TestResultStatus::Passed, TestResultStatus::Skipped]
            .map(|status| {
                let mine = Memo::new(move |_| {
                    items.with(|items| items.iter().filter(|item| item.view.status == status).cloned().collect())
                });
                view! { <Group desk status items=mine is_eager/> }
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
fn Group(desk: Desk, status: TestResultStatus, items: Memo<Vec<Item>>, is_eager: bool) -> impl IntoView {
    let target = desk.target;
    // Which of the results the address points at.
    let target_at = Memo::new(move |_| {
        let id = target.with(|target| target.result)?;
        items.with(|items| items.iter().position(|item| item.view.id == id))
    });
    let is_failed = status == TestResultStatus::Failed;
    let starts_open = is_failed || target_at.get_untracked().is_some();
    let open = RwSignal::new(starts_open);
    let built = RwSignal::new(starts_open || is_eager);
    let page = RwSignal::new(target_at.get_untracked().unwrap_or_default() / PAGE);
    let words = RwSignal::new(String::new());
    Effect::new(move || {
        if let Some(at) = target_at.get() {
            words.set(String::new());
            page.set(at / PAGE);
            open.set(true);
        }
    });
    Effect::new(move || {
        if open.get() {
            built.set(true);
        }
    });
    let count = Memo::new(move |_| items.with(Vec::len));
    let untriaged = Memo::new(move |_| items.with(|items| items.iter().filter(|item| item.is_untriaged()).count()));
    let is_empty = Memo::new(move |_| count.get() == 0);
    move || {
        if is_empty.get() {
            return view! { <p class="group-empty">{Look::from(status).view()} " " <span class="number quiet">"0"</span></p> }.erase();
        }
        view! {
            <details class="fold group" open=starts_open prop:open=open on:toggle=move |event| open.set(is_open(&event))>
                <summary>
                    {Look::from(status).view()} <span class="number quiet">{count}</span>
                    <span class="badge" hidden=move || untriaged.get() == 0>
                        {move || format!("{} untriaged", untriaged.get())}
                    </span>
                </summary>
                <div class="fold-body">
                    {move || built.get().then(|| view! { <Rows desk items page words is_eager/> })}
                </div>
            </details>
        }
        .erase()
    }
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
    is_eager: bool,
) -> impl IntoView {
    let found = Memo::new(move |_| items.with(|items| words.with(|words| matching(items, words))));
    let shown =
        move || found.with(|found| found.iter().skip(page.get() * PAGE).take(PAGE).cloned().collect::<Vec<_>>());
    let is_long = Memo::new(move |_| items.with(Vec::len) > SEARCHED);
    let search = move |event| {
        page.set(0);
        words.set(event_target_value(&event));
    };
    view! {
        <div class="result-search needs-script" hidden=move || !is_long.get()>
            <input type="search" aria-label="Find a test in this group" placeholder="Find a test" autocomplete="off" prop:value=words on:input=search/>
            <span class="quiet" role="status">
                {move || (found.with(Vec::is_empty)).then_some("No test has these words in its name.")}
            </span>
        </div>
        <For each=shown key=|item| item.view.id let(item)>
            <ResultRow desk item is_eager/>
        </For>
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
