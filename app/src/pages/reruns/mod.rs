//! `/reruns`: the reruns that laboratories have not picked up yet, in the order they will.

mod row;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

use crate::erase::Erase;
use crate::{
    api::{FamilyName, PendingRerun},
    client::{Client, ClientError},
    components::{
        error_notice::ErrorPage,
        filters::{ActiveFilters, CheckboxFilter, Choice},
        live::{NewsBar, count_news},
        load::{load_for, loading_page},
        page_head::PageHead,
    },
};
use row::{Row, RowView};

/// As many are shown: those that come next.
const SHOWN: usize = 200;
const FILTERS: &[(&str, &str)] = &[("family", "Family")];

/// `/reruns`.
#[component]
pub(crate) fn RerunsPage() -> impl IntoView {
    let parameters = use_query_map();
    let families = Memo::new(move |_| parameters.with(chosen_families));
    let queue = load_for(move || families.get(), fetch);
    let news = count_news("kinds=rerun_request");
    let choices: Vec<Choice> = FamilyName::ALL.iter().map(|family| Choice::plain(family.as_str())).collect();
    view! {
        <Title text="Reruns"/>
        <NewsBar news on_show=move |()| queue.refetch()/>
        {queue.view(|| loading_page("Reruns"), move |answer| match answer {
            Err(error) => view! { <ErrorPage error/> }.erase(),
            Ok(rows) => view! { <Queue rows/> }.erase(),
        })}
        <form class="filters" method="get" action="/reruns">
            <CheckboxFilter label="Family" name="family" choices=Signal::stored(choices)/>
            <noscript>
                <button class="button">"Apply"</button>
            </noscript>
        </form>
    }
    .erase()
}

/// The families of the address, in the API's order; what is none is left out.
fn chosen_families(query: &ParamsMap) -> Vec<FamilyName> {
    let names = query.get_all("family").unwrap_or_default();
    FamilyName::ALL.iter().copied().filter(|family| names.iter().any(|name| name == family.as_str())).collect()
}

/// The endpoint takes one family: several are picked out of all.
fn fetch(families: Vec<FamilyName>) -> impl Future<Output = Result<Vec<Row>, ClientError>> + Send {
    let limit = SHOWN + 1;
    let address = match families.as_slice() {
        [family] => format!("/v1/test-executions/reruns?limit={limit}&family={family}"),
        [] => format!("/v1/test-executions/reruns?limit={limit}"),
        _ => "/v1/test-executions/reruns".to_owned(),
    };
    let pending = Client::current().get::<Vec<PendingRerun>>(&address);
    async move {
        let pending = pending.await?.into_iter();
        let wanted = pending.filter(|rerun| families.is_empty() || families.contains(&rerun.family));
        Ok(wanted.take(limit).map(Row::from).collect())
    }
}

#[component]
fn Queue(rows: Vec<Row>) -> impl IntoView {
    let is_cut = rows.len() > SHOWN;
    let count = match (rows.len(), is_cut) {
        (_, true) => format!("the next {SHOWN}"),
        (1, _) => "1 waiting".to_owned(),
        (count, _) => format!("{count} waiting"),
    };
    let is_empty = rows.is_empty();
    let lines = rows
        .into_iter()
        .take(SHOWN)
        .enumerate()
        .map(|(at, row)| view! { <RowView place=at + 1 row/> }.erase())
        .collect_view();
    view! {
        <PageHead title="Reruns" count/>
        <ActiveFilters names=FILTERS/>
        {if is_empty { view! { <Nothing/> }.erase() } else { table(lines).erase() }}
    }
    .erase()
}

fn table(lines: impl IntoView + 'static) -> impl IntoView {
    view! {
        <table class="table table-cards">
            <caption class="visually-hidden">"Reruns that were asked for, most urgent first, then who has waited longest"</caption>
            <thead>
                <tr>
                    <th scope="col" class="cell-number">
                        "Place"
                    </th>
                    <th scope="col">"Artefact"</th>
                    <th scope="col">"Architecture"</th>
                    <th scope="col">"Environment"</th>
                    <th scope="col">"Test plan"</th>
                    <th scope="col" class="cell-number">
                        "Priority"
                    </th>
                    <th scope="col">"Requested"</th>
                    <th scope="col">
                        <span class="visually-hidden">"Actions"</span>
                    </th>
                </tr>
            </thead>
            <tbody>{lines}</tbody>
        </table>
    }
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">"No rerun waits"</p>
            <p>"Ask for one on the page of an artefact, or for all results that a search finds. Laboratories fetch this list and start what it asks for."</p>
            <p>
                <a class="button" href="/test-results">
                    "Search for results"
                </a>
            </p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use leptos_router::params::ParamsMap;

    use super::chosen_families;
    use crate::api::FamilyName;

    #[test]
    fn families_are_read_from_the_address() {
        let query: ParamsMap = [("family", "deb"), ("family", "nonsense"), ("family", "snap")]
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        assert_eq!(chosen_families(&query), [FamilyName::Snap, FamilyName::Deb]);
    }
}
