//! The results that the issue is attached to, a page at a time, with the reruns of all of them.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::erase::Erase;
use crate::{
    api::Permission,
    client::{Client, ClientError},
    components::{
        button::ActionButton,
        error_notice::ErrorNotice,
        filters::{ActiveFilters, CheckboxFilter, Choice},
        icon::Icon,
        load::{load_for, loading},
        pager::Pager,
        rerun_dialog::{RerunDialog, Wish},
        result_table::{Found, PER_PAGE, ResultTable, search},
        session::use_session,
    },
    text::result_filters::{IdChoice, ResultFilters},
};

/// The parameters of the address that filter the results here; the others of the search are a click away.
const FILTERS: &[(&str, &str)] = &[("families", "Family"), ("test_result_statuses", "Status")];

/// The list with its filters.
#[component]
pub(super) fn IssueResults(issue: i64) -> impl IntoView {
    let parameters = use_query_map();
    let filters = Memo::new(move |_| {
        let read = parameters.with(ResultFilters::from_query);
        ResultFilters { issues: IdChoice::These(vec![issue]), ..read }
    });
    let offset = Memo::new(move |_| {
        parameters
            .with(|query| query.get_str("offset").and_then(|text| text.parse::<i64>().ok()).unwrap_or_default().max(0))
    });
    let found = load_for(move || (filters.get(), offset.get()), fetch);
    let named = |values: &[&str]| values.iter().map(|value| Choice::plain(*value)).collect::<Vec<_>>();
    let families = named(&["snap", "deb", "charm", "image", "solution"]);
    let statuses = named(&["FAILED", "PASSED", "SKIPPED"]);
    view! {
        <details class="filter-panel">
            <summary class="button">{Icon::Filter.view()} <span>"Filters"</span></summary>
            <form class="filter-groups" method="get" action=format!("/issues/{issue}")>
                <CheckboxFilter label="Family" name="families" choices=Signal::stored(families)/>
                <CheckboxFilter label="Status" name="test_result_statuses" choices=Signal::stored(statuses)/>
                <p>
                    <a href=move || filters.with(ResultFilters::page_address)>"All filters, in the search"</a>
                </p>
                <noscript>
                    <button class="button">"Apply"</button>
                </noscript>
            </form>
        </details>
        <ActiveFilters names=FILTERS/>
        {found.view(loading, move |answer| match answer {
            Err(error) => view! { <ErrorNotice error/> }.erase(),
            Ok(page) => {
                let refetch = Callback::new(move |()| found.refetch());
                view! { <Results page filters=filters.get_untracked() offset refetch/> }.erase()
            }
        })}
    }
    .erase()
}

fn fetch((filters, offset): (ResultFilters, i64)) -> impl Future<Output = Result<Found, ClientError>> + Send + use<> {
    search(&Client::current(), &filters, offset)
}

#[component]
fn Results(page: Found, filters: ResultFilters, offset: Memo<i64>, refetch: Callback<()>) -> impl IntoView {
    let Found { rows, count, .. } = page;
    let words = format!("Found {count} results (showing {})", rows.len());
    let is_empty = rows.is_empty();
    view! {
        <Reruns filters on_done=refetch/>
        <p class="count" role="status">
            {words}
        </p>
        {if is_empty {
            view! { <p class="empty">"No test results found for this issue."</p> }.erase()
        } else {
            view! { <ResultTable rows/> }.erase()
        }}
        <Pager offset limit=PER_PAGE count/>
    }
    .erase()
}

#[component]
fn Reruns(filters: ResultFilters, on_done: Callback<()>) -> impl IntoView {
    let permit = use_session().permit_signal(Permission::ChangeRerunBulk);
    let [create, delete] = [(); 2].map(|()| RwSignal::new(false));
    view! {
        <div class="bulk">
            <ActionButton label="Create Rerun Requests" permit on_press=move |()| create.set(true)/>
            <ActionButton label="Delete Rerun Requests" permit on_press=move |()| delete.set(true)/>
        </div>
        <RerunDialog open=create wish=Wish::Create filters=filters.clone() on_done/>
        <RerunDialog open=delete wish=Wish::Delete filters on_done/>
    }
    .erase()
}
