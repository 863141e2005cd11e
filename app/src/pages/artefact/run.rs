//! One run of a test plan: its links, its facts, and its results, which are fetched when it opens.

use leptos::{prelude::*, task::spawn_local};

use super::{
    data::{ResultView, fetch_results},
    environment::is_open,
    environments::Scope,
    results::Results,
    side_panel::web_address,
    tree::Run,
};
use crate::{
    api::{ExecutionMetadata, Timestamp},
    client::{Client, ClientError},
    components::{error_notice::ErrorNotice, icon::Icon, status::Look},
};

/// Results on their way, or here.
type Loaded = Option<Result<Vec<ResultView>, ClientError>>;

/// A run; the newest is open, unless the address points at another.
#[component]
pub(super) fn RunView(run: Run, is_newest: bool, visible: Signal<bool>, scope: Scope) -> impl IntoView {
    let id = run.id;
    let target = scope.target.get_untracked();
    let starts_open = target.run.map_or(is_newest, |target| target == id);
    let open = RwSignal::new(starts_open);
    let sent = scope
        .opened
        .with_value(|opened| opened.as_ref().filter(|opened| opened.id == id).map(|opened| opened.results.clone()));
    let is_sent = sent.is_some();
    let results = RwSignal::new(sent);
    let element = NodeRef::<leptos::html::Details>::new();
    load_when_seen(id, visible, open, results, scope);
    scroll_to_target(id, open, element, scope);
    let address = format!("?testExecutionId={id}");
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
                {Look::from(run.status).compact()}
                <h5>{format!("Run {}", run.number)}</h5>
                <Time time=run.created_at.clone()/>
                <Badges is_triaged=run.is_triaged rerun=run.rerun/>
            </summary>
            <div class="fold-body">
                <Links run=run.clone()/>
                <Metadata metadata=run.metadata/>
                {move || match results.get() {
                    None => view! { <p class="loading"><a href=address.clone() rel="external">"Show the results"</a></p> }.into_any(),
                    Some(Err(error)) => view! { <ErrorNotice error/> }.into_any(),
                    Some(Ok(results)) => view! { <Results run=id status=run.status results is_sent scope/> }.into_any(),
                }}
            </div>
        </details>
    }
    .into_any()
}

/// Fetches the results as soon as somebody can see where they belong.
fn load_when_seen(id: i64, visible: Signal<bool>, open: RwSignal<bool>, results: RwSignal<Loaded>, scope: Scope) {
    let asked = StoredValue::new(results.with_untracked(Option::is_some));
    Effect::new(move || {
        if visible.get() && open.get() && !asked.get_value() {
            asked.set_value(true);
            let target = scope.target.get_untracked().result;
            spawn_local(async move {
                let fetched = fetch_results(Client::current(), id, target).await;
                // The page may be gone by now.
                let _ = results.try_set(Some(fetched));
            });
        }
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

#[component]
fn Time(time: Timestamp) -> impl IntoView {
    view! { <time class="quiet number" datetime=format!("{}Z", time.as_str()) title="UTC">{time.to_display()}</time> }
}

#[component]
fn Badges(is_triaged: bool, rerun: Option<i64>) -> impl IntoView {
    view! {
        {(!is_triaged).then(|| view! { <span class="badge">"Untriaged"</span> })}
        {rerun.map(|priority| {
            view! { <span class="badge">{Icon::Rerun.view()} {format!(" Rerun requested (priority {priority})")}</span> }
        })}
    }
}

/// Where else one can read about the run, and its own address.
#[component]
fn Links(run: Run) -> impl IntoView {
    let named = [("CI", run.ci_link), ("C3", run.c3_link)];
    let named = named.into_iter().filter_map(|(label, url)| Some((label.to_owned(), url?)));
    let others = run.links.into_iter().map(|link| (link.label, link.url));
    let links = named.chain(others).map(|(label, url)| {
        view! {
            <li>
                <a href=web_address(&url) target="_blank" rel="noopener">
                    {label}
                    " "
                    {Icon::External.view()}
                    <span class="visually-hidden">"(opens in a new tab)"</span>
                </a>
            </li>
        }
    });
    view! {
        <ul class="links">
            {links.collect_view()}
            <li>
                <a href=format!("?testExecutionId={}", run.id)>{Icon::Link.view()} "Link to this run"</a>
            </li>
        </ul>
    }
    .into_any()
}

#[component]
fn Metadata(metadata: ExecutionMetadata) -> impl IntoView {
    let is_empty = metadata.0.is_empty();
    let rows = metadata.0.into_iter().map(|(category, mut values)| {
        values.sort();
        let values = values.into_iter().map(|value| view! { <li>{value}</li> }).collect_view();
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
    (!is_empty).then(|| {
        view! {
            <details class="metadata">
                <summary>"Execution metadata"</summary>
                <table class="facts-table">
                    <tbody>{rows}</tbody>
                </table>
            </details>
        }
    })
}
