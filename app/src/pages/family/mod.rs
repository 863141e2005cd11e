//! The list of a family's artefacts.

mod columns;
mod filters;
mod row;
mod stages;
mod table;
mod view_mode;

pub(super) use table::due_date;

use leptos::{leptos_dom::helpers::debounce, prelude::*};
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};

use crate::erase::Erase;
use crate::{
    api::{ArtefactResponse, FamilyName},
    client::{Client, ClientError},
    components::{
        error_notice::ErrorPage,
        filters::{ActiveFilters, CheckboxFilter, Choice},
        icon::Icon,
        live::{NewsBar, count_news},
        load::{load, loading_page},
        page_head::PageHead,
        search_box::use_stays_on,
    },
    text::{
        date::{self, Day},
        query,
    },
};
use columns::{Sort, count, search};
use filters::{Filter, filter, word};
use row::{Listing, Row};
use stages::Stages;
use table::Table;
use view_mode::{ViewMode, ViewToggle, use_view_mode};

/// How much longer than a keystroke the address waits before it follows the search box.
const SETTLE: std::time::Duration = std::time::Duration::from_millis(250);
/// Rows sent at first; more than this takes long to hydrate, and nobody reads it to the end.
const FIRST_ROWS: usize = 500;

/// What a family is called on its page.
struct Words {
    title: &'static str,
    plural: &'static str,
}

fn words(family: FamilyName) -> Words {
    match family {
        FamilyName::Snap => Words { title: "Snap Update Verification", plural: "snaps" },
        FamilyName::Deb => Words { title: "Deb Update Verification", plural: "Debian packages" },
        FamilyName::Charm => Words { title: "Charm Update Verification", plural: "charms" },
        FamilyName::Image => Words { title: "Image Update Verification", plural: "images" },
        FamilyName::Solution => Words { title: "Solution Update Verification", plural: "solutions" },
    }
}

/// `/snaps` and the like.
#[component]
pub(crate) fn FamilyPage(family: FamilyName) -> impl IntoView {
    let listing = load(move || fetch(family));
    let title = words(family).title;
    let news = count_news(format!("family={family}&kinds=artefact"));
    view! {
        <Title text=title/>
        <NewsBar news on_show=move |()| listing.refetch()/>
        {listing.view(move || loading_page(title), move |answer| match answer {
            Err(error) => view! { <ErrorPage error/> }.erase(),
            Ok(listing) if listing.rows.is_empty() => view! { <EmptyFamily family/> }.erase(),
            Ok(listing) => view! { <ArtefactList family listing/> }.erase(),
        })}
    }
    .erase()
}

fn fetch(family: FamilyName) -> impl Future<Output = Result<Listing, ClientError>> + Send {
    let artefacts = Client::current().get::<Vec<ArtefactResponse>>(&format!("/v1/artefacts?family={family}"));
    async move { Ok(Listing { rows: artefacts.await?.into_iter().map(Row::from).collect(), today: date::today() }) }
}

#[component]
fn EmptyFamily(family: FamilyName) -> impl IntoView {
    let Words { title, plural } = words(family);
    view! {
        <PageHead title/>
        <div class="empty">
            <p class="empty-title">{format!("No {plural} yet")}</p>
            <p>"An artefact appears here as soon as a runner starts a test execution for it."</p>
            <p>
                <a class="button" href="/getting-started">
                    "Send the first result"
                </a>
            </p>
        </div>
    }
}

#[component]
fn ArtefactList(family: FamilyName, listing: Listing) -> impl IntoView {
    let Listing { rows, today } = listing;
    let parameters = use_query_map();
    let sort = Memo::new(move |_| {
        parameters.with(|query| Sort::from_query(query.get_str("sortBy"), query.get_str("direction")))
    });
    let words_in_address = Memo::new(move |_| parameters.with(|query| query.get("q").unwrap_or_default()));
    let typed = RwSignal::new(words_in_address.get_untracked());
    let mode = use_view_mode();
    let all = rows.len();
    let rows = StoredValue::new(rows);
    let found = Memo::new(move |_| {
        let kept = rows.with_value(|rows| parameters.with(|query| filter(family, rows, query, today)));
        let mut found = typed.with(|words| search(&kept, words));
        sort.get().apply(family, &mut found);
        found
    });
    let body = move || match mode.get() {
        ViewMode::List => view! { <List family found sort today/> }.erase(),
        ViewMode::Dashboard => {
            let rows = Signal::derive(move || found.get());
            let is_empty = move || found.with(Vec::is_empty);
            view! { <div hidden=is_empty><Stages family rows today/></div> }.erase()
        }
    };
    let choices =
        rows.with_value(|rows| Filter::of(family).iter().map(|one| (*one, one.choices(rows, today))).collect());
    view! {
        <PageHead title=words(family).title count=Signal::derive(move || count(found.with(Vec::len), all))>
            <ViewToggle family mode/>
        </PageHead>
        <SearchBox family typed words_in_address/>
        <FilterPanel family choices/>
        <ActiveFilters names=Filter::names(family) word=Callback::new(|(_, value): (_, String)| word(&value))/>
        {body}
        <NothingMatches family found/>
    }
    .erase()
}

/// The filters, folded away until somebody wants them; a dot says that some are at work.
#[component]
fn FilterPanel(family: FamilyName, choices: Vec<(Filter, Vec<Choice>)>) -> impl IntoView {
    let parameters = use_query_map();
    let is_active =
        move || parameters.with(|query| Filter::of(family).iter().any(|filter| query.get(filter.name()).is_some()));
    let groups = choices.into_iter().map(|(filter, choices)| {
        view! { <CheckboxFilter label=filter.name() name=filter.name() choices=Signal::stored(choices)/> }
    });
    let groups = groups.collect_view();
    view! {
        <details class="filter-panel">
            <summary class="button" class:filter-panel-active=is_active>
                {Icon::Filter.view()}
                <span>"Filters"</span>
                {move || is_active().then(|| view! { <span class="visually-hidden">" (some are at work)"</span> }.erase())}
            </summary>
            <form class="filter-groups" method="get" action=format!("/{}", family.path())>
                {groups}
                <noscript>
                    <button class="button">"Apply"</button>
                </noscript>
            </form>
        </details>
    }
    .erase()
}

/// The table, as long as anybody reads it.
#[component]
fn List(family: FamilyName, found: Memo<Vec<Row>>, sort: Memo<Sort>, today: Day) -> impl IntoView {
    let parameters = use_query_map();
    let show_all = Memo::new(move |_| parameters.with(|query| query.get_str("show") == Some("all")));
    let shown = move || if show_all.get() { usize::MAX } else { FIRST_ROWS };
    let rows = Signal::derive(move || found.with(|rows| rows.iter().take(shown()).cloned().collect::<Vec<Row>>()));
    view! {
        <Table family sort rows today/>
        <p class="table-foot" hidden=move || found.with(Vec::len) <= shown()>
            {move || format!("The first {FIRST_ROWS} are shown. ")}
            <a href=move || parameters.with(|now| query::address("", &query::with(now, "show", Some("all"))))>
                {move || format!("Show all {}", found.with(Vec::len))}
            </a>
        </p>
    }
    .erase()
}

#[component]
fn NothingMatches(family: FamilyName, found: Memo<Vec<Row>>) -> impl IntoView {
    let parameters = use_query_map();
    let without = move || {
        parameters.with(|now| {
            let bare = query::with(now, "q", None);
            let names = Filter::of(family).iter().map(|filter| filter.name()).chain(["Assignee"]);
            let bare = names.fold(bare, |query, name| query::with(&query, name, None));
            query::address(&format!("/{}", family.path()), &bare)
        })
    };
    view! {
        <div class="empty" hidden=move || found.with(|rows| !rows.is_empty())>
            <p class="empty-title">"Nothing matches"</p>
            <p>"No artefact here has this in its name and passes these filters."</p>
            <p>
                <a class="button" href=without>
                    "Clear the search"
                </a>
            </p>
        </div>
    }
}

/// Filters while one types; without scripts it is a form that loads the page again.
#[component]
fn SearchBox(family: FamilyName, typed: RwSignal<String>, words_in_address: Memo<String>) -> impl IntoView {
    let parameters = use_query_map();
    let field = NodeRef::<leptos::html::Input>::new();
    let page = format!("/{}", family.path());
    let navigate = use_navigate();
    let stays = use_stays_on(page.clone());
    let mut write_address = debounce(SETTLE, {
        let page = page.clone();
        move |words: String| {
            if !stays() {
                return;
            }
            let words = words.trim();
            let changed =
                parameters.with_untracked(|now| query::with(now, "q", Some(words).filter(|words| !words.is_empty())));
            navigate(
                &query::address(&page, &changed),
                NavigateOptions { scroll: false, replace: true, ..Default::default() },
            );
        }
    });
    let on_input = move |event| {
        typed.set(event_target_value(&event));
        write_address(typed.get_untracked());
    };
    follow_address(field, typed, words_in_address);
    focus_on_slash(field);
    let kept = move || {
        let own = ["sortBy", "direction", "view"].into_iter();
        let kept = own.chain(Filter::of(family).iter().map(|filter| filter.name()));
        parameters.with(|query| {
            let fields = kept
                .flat_map(|name| query.get_all(name).unwrap_or_default().into_iter().map(move |value| (name, value)));
            let fields: Vec<_> = fields.collect();
            let fields = fields.into_iter();
            fields.map(|(name, value)| view! { <input type="hidden" name=name value=value/> }.erase()).collect_view()
        })
    };
    view! {
        <form class="search" role="search" method="get" action=page on:submit=move |event| event.prevent_default()>
            <label class="visually-hidden" for="search">
                "Search by name"
            </label>
            <input
                id="search"
                type="search"
                name="q"
                placeholder="Search by name"
                autocomplete="off"
                aria-keyshortcuts="/"
                node_ref=field
                value=words_in_address.get_untracked()
                on:input=on_input
            />
            <kbd class="needs-script" aria-hidden="true">"/"</kbd>
            {kept}
            <noscript>
                <button class="button">"Search"</button>
            </noscript>
        </form>
    }
    .erase()
}

/// Takes over what was typed before hydration, then follows the address: Back undoes a search, "Clear" empties the box.
fn follow_address(field: NodeRef<leptos::html::Input>, typed: RwSignal<String>, words_in_address: Memo<String>) {
    Effect::new(move |before: Option<()>| {
        let words = words_in_address.get();
        let Some(field) = field.get() else { return };
        if before.is_none() {
            typed.set(field.value());
        } else if words != typed.get_untracked().trim() {
            field.set_value(&words);
            typed.set(words);
        }
    });
}

/// `/` leads to the search box, unless somebody is typing elsewhere.
fn focus_on_slash(field: NodeRef<leptos::html::Input>) {
    Effect::new(move || {
        let handle = window_event_listener(leptos::ev::keydown, move |event| {
            let is_typing = document()
                .active_element()
                .is_some_and(|active| active.matches("input, textarea, select, [contenteditable]").unwrap_or(false));
            let is_shortcut = event.key() == "/" && !event.ctrl_key() && !event.meta_key() && !event.alt_key();
            if let (true, false, Some(field)) = (is_shortcut, is_typing, field.get_untracked()) {
                event.prevent_default();
                // Focusing an element that has just left the page does nothing, which is right.
                let _ = field.focus();
            }
        });
        on_cleanup(move || handle.remove());
    });
}
