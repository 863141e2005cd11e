//! `/test-results`: the search over all results, and what can be done to everything it finds.

mod bulk;
mod bulk_issues;
mod bulk_rule;
mod chips;
mod filters;
mod sources;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};

use crate::erase::Erase;
use crate::{
    client::{Client, ClientError},
    components::{
        error_notice::{ErrorNotice, ErrorPage},
        icon::Icon,
        load::{load_for, loading},
        nothing_matches::NothingMatches,
        page_head::PageHead,
        pager::Pager,
        result_table::{Found, PER_PAGE, ResultTable, search},
    },
    text::result_filters::ResultFilters,
};
use bulk::BulkOperations;
use filters::FilterPanel;

/// What the address asks for, and how to ask for something else.
#[derive(Clone, Copy)]
struct Search {
    filters: Memo<ResultFilters>,
    write: Callback<ResultFilters>,
}

impl Search {
    /// Asks for something else: a step that Back undoes.
    fn change(self, change: impl FnOnce(&mut ResultFilters)) {
        let mut filters = self.filters.get_untracked();
        change(&mut filters);
        self.write.run(filters);
    }
}

/// `/test-results`.
#[component]
pub(crate) fn TestResultsPage() -> impl IntoView {
    let parameters = use_query_map();
    let navigate = use_navigate();
    let filters = Memo::new(move |_| parameters.with(ResultFilters::from_query));
    let offset = Memo::new(move |_| {
        parameters
            .with(|query| query.get_str("offset").and_then(|text| text.parse::<i64>().ok()).unwrap_or_default().max(0))
    });
    let write = Callback::new(move |filters: ResultFilters| {
        navigate(&filters.page_address(), NavigateOptions { scroll: false, ..NavigateOptions::default() });
    });
    let search_state = Search { filters, write };
    let found = load_for(move || (filters.get(), offset.get()), fetch);
    let title = move || {
        filters.with(|filters| if filters.q.is_empty() { "Search".to_owned() } else { format!("“{}”", filters.q) })
    };
    view! {
        <Title text=title/>
        <PageHead title="Search Test Results"/>
        <FilterPanel search=search_state/>
        {found.view(loading, move |answer| match answer {
            Ok(None) => view! { <Invitation/> }.erase(),
            Err(ClientError::NotPermitted(words)) => {
                view! { <ErrorPage error=ClientError::NotPermitted(words)/> }.erase()
            }
            Err(error) => view! { <ErrorNotice error/> }.erase(),
            Ok(Some(page)) => {
                let refetch = Callback::new(move |()| found.refetch());
                view! { <Results page filters offset refetch/> }.erase()
            }
        })}
    }
    .erase()
}

/// Nothing is searched for as long as nothing is asked.
fn fetch((filters, offset): (ResultFilters, i64)) -> impl Future<Output = Result<Option<Found>, ClientError>> + Send {
    let answer = (!filters.is_empty()).then(|| search(&Client::current(), &filters, offset));
    async move {
        match answer {
            Some(answer) => answer.await.map(Some),
            None => Ok(None),
        }
    }
}

#[component]
fn Invitation() -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">{Icon::Look.view()} " Search for test results"</p>
            <p>"Choose filters above, or type words of a test’s name, its comment or its log. The address keeps what you choose: bookmark it, or send it to a colleague."</p>
        </div>
    }
    .erase()
}

#[component]
fn Results(page: Found, filters: Memo<ResultFilters>, offset: Memo<i64>, refetch: Callback<()>) -> impl IntoView {
    let Found { rows, count, is_exact } = page;
    let shown = rows.len();
    let words = match (count, is_exact) {
        (_, false) => format!("Found more than {count} results (showing {shown})"),
        (1, true) => "Found 1 result".to_owned(),
        (_, true) => format!("Found {count} results (showing {shown})"),
    };
    let is_empty = rows.is_empty();
    view! {
        <BulkOperations filters=filters.get_untracked() count on_done=refetch/>
        <p class="count" role="status">
            {words}
        </p>
        {if is_empty {
            view! { <NothingMatches title="Nothing found" words="No result passes all of these filters. Values of one filter are alternatives; several filters all have to hold." everything="/test-results"/> }.erase()
        } else {
            view! { <ResultTable rows/> }.erase()
        }}
        <Pager offset limit=PER_PAGE count/>
    }
    .erase()
}
