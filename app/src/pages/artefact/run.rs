//! One run of a test plan: its links, its facts, and its results, which are fetched when it opens.

use std::{collections::HashSet, time::Duration};

use leptos::{prelude::*, task::spawn_local};

use super::{
    add_result::AddResult,
    data::{ResultView, fetch_results},
    desk::{Desk, DeskDialogs, Item},
    environment::{is_open, once_open},
    environments::Scope,
    events::EventLog,
    parts::{Part, part},
    run_links::RunLinks,
    tree::Run,
};
use crate::erase::Erase;
use crate::{
    api::{ExecutionMetadata, TestExecutionStatus},
    client::{Client, ClientError},
    components::{error_notice::ErrorNotice, icon::Icon, moment::Moment, status::Look},
    order,
};

/// The plan whose results people enter.
const MANUAL: &str = "Manual Testing";
/// Results come in batches: as long after news of one the next may belong to it.
const SETTLE: Duration = Duration::from_secs(1);

/// Results on their way, or here.
type Loaded = Option<Result<Vec<Item>, ClientError>>;

/// A run. What it holds is built when somebody can see it.
#[component]
pub(super) fn RunView(
    run: Run,
    starts_open: bool,
    visible: Signal<bool>,
    scope: Scope,
    /// The name of its test plan.
    #[prop(optional, into)]
    plan: String,
) -> impl IntoView {
    let (id, run_is_triaged) = (run.id, run.is_triaged);
    let open = RwSignal::new(starts_open);
    let sent = scope
        .opened
        .with_value(|opened| opened.as_ref().filter(|opened| opened.id == id).map(|opened| opened.results.clone()));
    let is_sent = sent.is_some();
    let desk = Desk::new(id, scope);
    let results = RwSignal::new(sent.map(|sent| sent.map(|results| Item::all_from(results, desk.triage))));
    let element = NodeRef::<leptos::html::Details>::new();
    let is_seen = Signal::derive(move || visible.get() && open.get());
    load_when_seen(desk, is_seen, results);
    let is_untriaged = Memo::new(move |_| {
        results.with(|results| match results {
            Some(Ok(items)) => items.iter().any(Item::is_untriaged),
            _ => !run_is_triaged,
        })
    });
    scroll_to_target(id, open, element, scope);
    let built = once_open(is_seen, is_sent || scope.is_eager);
    let is_manual = plan == MANUAL;
    let (status, created_at) = (run.status, run.created_at.clone());
    let (number, rerun) = (run.number, run.rerun);
    let inside = move || {
        if built.get() {
            view! { <RunBody desk run=run.clone() is_manual is_seen is_sent results/> }.erase()
        } else {
            way_to_results(id)
        }
    };
    view! {
        <details
            class="fold run"
            id=format!("run-{id}")
            node_ref=element
            open=starts_open
            prop:open=open
            on:toggle=move |event| open.set(is_open(&event))
        >
            <summary>
                {Look::from(status).compact()}
                <h5>{format!("Run {number}")}</h5>
                <span class="quiet"><Moment at=created_at/></span>
                <Badges is_untriaged rerun/>
            </summary>
            <div class="fold-body">{inside}</div>
        </details>
    }
    .erase()
}

/// The way to results that are not on this page, for readers without scripts.
fn way_to_results(run: i64) -> AnyView {
    let address = format!("?testExecutionId={run}");
    view! { <p class="loading"><a href=address rel="external">"Show the results"</a></p> }.erase()
}

/// What a run looks like before and after its results have come.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    Waiting,
    Failed(ClientError),
    Here,
}

#[component]
fn RunBody(
    desk: Desk,
    run: Run,
    is_manual: bool,
    is_seen: Signal<bool>,
    is_sent: bool,
    results: RwSignal<Loaded>,
) -> impl IntoView {
    let (id, status) = (run.id, run.status);
    let phase = Memo::new(move |_| {
        results.with(|results| match results {
            None => Phase::Waiting,
            Some(Err(error)) => Phase::Failed(error.clone()),
            Some(Ok(_)) => Phase::Here,
        })
    });
    let items = Memo::new(move |_| {
        results.with(|results| results.as_ref().and_then(|results| results.as_ref().ok()).cloned().unwrap_or_default())
    });
    let items = Signal::from(items);
    let metadata = run.metadata.clone();
    let is_completed = matches!(status, TestExecutionStatus::Passed | TestExecutionStatus::Failed);
    let on_added = move |()| reload(desk, results);
    view! {
        <div class="run-tools">
            <RunLinks run/>
            {is_manual.then(|| view! { <AddResult run=id on_added/> }.erase())}
        </div>
        {(!is_manual).then(|| view! {
            <EventLog run=id starts_open=!is_completed is_seen/>
            <Metadata metadata/>
        }.erase())}
        {move || match phase.get() {
            Phase::Waiting => way_to_results(id),
            Phase::Failed(error) => view! { <ErrorNotice error/> }.erase(),
            Phase::Here => view! {
                {part(Part::Results { desk, status, items, is_sent })}
                <DeskDialogs desk/>
            }.erase(),
        }}
        <NewResults desk results/>
    }
    .erase()
}

/// Fetches the results as soon as somebody can see where they belong.
fn load_when_seen(desk: Desk, is_seen: Signal<bool>, results: RwSignal<Loaded>) {
    let asked = StoredValue::new(results.with_untracked(Option::is_some));
    Effect::new(move || {
        if !is_seen.get() {
            return;
        }
        // What rows say beside the names of their tests.
        desk.triage.reported.load();
        if !asked.get_value() {
            asked.set_value(true);
            reload(desk, results);
        }
    });
}

/// Fetches the results, again if need be.
fn reload(desk: Desk, results: RwSignal<Loaded>) {
    let fetched = fetch_results(Client::current(), desk.run);
    spawn_local(async move {
        let fetched = fetched.await.map(|fetched| Item::all_from(fetched, desk.triage));
        // The page may be gone by now.
        let _ = results.try_set(Some(fetched));
    });
}

/// Brings the run an address points at into view, unless it points at a result inside.
fn scroll_to_target(id: i64, open: RwSignal<bool>, element: NodeRef<leptos::html::Details>, scope: Scope) {
    Effect::new(move || {
        let target = scope.target.get();
        if target.run == Some(id) {
            open.set(true);
            if let (None, Some(element)) = (target.result, element.get()) {
                element.scroll_into_view();
            }
        }
    });
}

/// Says that results have arrived since the run was loaded; nothing moves before somebody asks for them.
#[component]
fn NewResults(desk: Desk, results: RwSignal<Loaded>) -> impl IntoView {
    let waiting = RwSignal::new(Vec::<ResultView>::new());
    let count = Memo::new(move |_| {
        let shown: HashSet<i64> = results.with(|results| match results {
            Some(Ok(items)) => items.iter().map(|item| item.view.id).collect(),
            _ => HashSet::new(),
        });
        waiting.with(|waiting| waiting.iter().filter(|result| !shown.contains(&result.id)).count())
    });
    let mut look_later = debounce(SETTLE, move |()| {
        let fetched = fetch_results(Client::current(), desk.run);
        spawn_local(async move {
            // A failure is no news; the page may be gone by now.
            if let Ok(fetched) = fetched.await {
                for result in &fetched {
                    // Others attach and detach issues meanwhile.
                    desk.triage.attachments(result.id, &result.issues);
                }
                waiting.try_set(fetched);
            }
        });
    });
    let is_loaded = Memo::new(move |_| results.with(|results| matches!(results, Some(Ok(_)))));
    Effect::new(move || {
        if desk.triage.news_of(desk.run) > 0 && is_loaded.get() {
            look_later(());
        }
    });
    let show = move |_| {
        let fetched = waiting.try_update(std::mem::take).unwrap_or_default();
        results.set(Some(Ok(Item::all_from(fetched, desk.triage))));
    };
    view! {
        <div class="news news-results" role="status">
            <span hidden=move || count.get() == 0>
                {move || new_in_words(count.get())}
                <button type="button" class="button button-small" on:click=show>
                    "Show"
                </button>
            </span>
        </div>
    }
}

fn new_in_words(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "1 new result".to_owned(),
        _ => format!("{count} new results"),
    }
}

#[component]
fn Badges(is_untriaged: Memo<bool>, rerun: Option<i64>) -> impl IntoView {
    view! {
        {move || is_untriaged.get().then(|| view! { <span class="badge">"Untriaged"</span> }.erase())}
        {rerun.map(|priority| {
            view! { <span class="badge">{Icon::Rerun.view()} {format!(" Rerun requested (priority {priority})")}</span> }.erase()
        })}
    }
}

#[component]
fn Metadata(metadata: ExecutionMetadata) -> impl IntoView {
    let is_empty = metadata.0.is_empty();
    let rows = metadata.0.into_iter().map(|(category, mut values)| {
        order::sort(&mut values);
        let values = values.into_iter().map(|value| view! { <li>{value}</li> }.erase()).collect_view();
        view! {
            <tr>
                <th scope="row">{category}</th>
                <td>
                    <ul class="plain-list">{values}</ul>
                </td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let inside = if is_empty {
        view! { <p class="quiet">"No execution metadata available."</p> }.erase()
    } else {
        view! {
            <table class="facts-table">
                <thead class="visually-hidden">
                    <tr>
                        <th scope="col">"Category"</th>
                        <th scope="col">"Values"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .erase()
    };
    view! {
        <details class="fold run-part">
            <summary>"Execution Metadata"</summary>
            <div class="fold-body">{inside}</div>
        </details>
    }
    .erase()
}

#[cfg(test)]
mod tests {
    use super::new_in_words;

    #[test]
    fn new_results_are_counted() {
        assert_eq!((new_in_words(1), new_in_words(2)), ("1 new result".to_owned(), "2 new results".to_owned()));
    }
}
