//! `/issues`: the issues of external trackers that are known here.

mod add_issue;
mod list;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

use crate::erase::Erase;
use crate::{
    api::{FamilyName, IssueProject, IssueSource, IssueStatus, IssuesGetResponse},
    client::{Client, ClientError},
    components::{
        error_notice::ErrorPage,
        filters::{ActiveFilters, CheckboxFilter, Chip, Choice, use_query_filter},
        icon::Icon,
        live::{NewsBar, count_news},
        load::{load_for, loading},
        nothing_matches::NothingMatches,
        page_head::PageHead,
        pager::Pager,
        search_box::SearchBox,
    },
    text::query,
};
use add_issue::AddIssue;
use list::IssueGroups;

const PER_PAGE: i64 = 50;
const FILTERS: &[(&str, &str)] =
    &[("q", "Search"), ("source", "Source"), ("project", "Project"), ("status", "Status"), ("family", "Family")];

/// What the address asks for, as far as it can be meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Wanted {
    words: String,
    sources: Vec<IssueSource>,
    projects: Vec<String>,
    statuses: Vec<IssueStatus>,
    families: Vec<FamilyName>,
    offset: i64,
}

/// The members of a list in the address; what is none is left out.
fn members<T: std::str::FromStr>(query: &ParamsMap, name: &str) -> Vec<T> {
    query.get_all(name).unwrap_or_default().iter().filter_map(|value| value.parse().ok()).collect()
}

impl Wanted {
    fn from_query(query: &ParamsMap) -> Self {
        let statuses = match query.get("status") {
            // Nobody looks for what is done, unless they say so.
            None => vec![IssueStatus::Open, IssueStatus::Unknown],
            Some(_) => members(query, "status"),
        };
        Self {
            words: query.get("q").unwrap_or_default(),
            sources: members(query, "source"),
            projects: query.get_all("project").unwrap_or_default(),
            statuses,
            families: members(query, "family"),
            offset: query.get_str("offset").and_then(|text| text.parse().ok()).unwrap_or_default(),
        }
    }

    fn address(&self) -> String {
        let mut query = ParamsMap::new();
        let mut add = |name: &str, value: &str| query.insert(name.to_owned(), value.to_owned());
        self.sources.iter().for_each(|source| add("sources", source.as_str()));
        self.projects.iter().for_each(|project| add("projects", project));
        self.statuses.iter().for_each(|status| add("status", status.as_str()));
        self.families.iter().for_each(|family| add("families", family.as_str()));
        if !self.words.trim().is_empty() {
            add("q", self.words.trim());
        }
        add("with_projects", "true");
        add("limit", &PER_PAGE.to_string());
        add("offset", &self.offset.max(0).to_string());
        query::address("/v1/issues", &query)
    }
}

/// `/issues`.
#[component]
pub(crate) fn IssuesPage() -> impl IntoView {
    let parameters = use_query_map();
    let wanted = Memo::new(move |_| parameters.with(Wanted::from_query));
    let page = load_for(move || wanted.get(), fetch);
    // Stays as it is while answers come and go.
    let panel = RwSignal::new(false);
    let news = count_news("kinds=issue");
    view! {
        <Title text="Linked External Issues"/>
        <PageHead title="Linked External Issues">
            <AddIssue on_added=Callback::new(move |()| page.refetch())/>
        </PageHead>
        <NewsBar news on_show=move |()| page.refetch()/>
        <SearchBox page="/issues" label="Search issues" placeholder="Search issues..."/>
        {page.view(loading, move |answer| match answer {
            Err(error) => view! { <ErrorPage error/> }.erase(),
            Ok(answer) => view! { <Found answer wanted panel/> }.erase(),
        })}
    }
    .erase()
}

#[expect(clippy::needless_pass_by_value, reason = "a resource hands over what it depends on")]
fn fetch(wanted: Wanted) -> impl Future<Output = Result<IssuesGetResponse, ClientError>> + Send + use<> {
    Client::current().get(&wanted.address())
}

#[component]
fn Found(answer: IssuesGetResponse, wanted: Memo<Wanted>, panel: RwSignal<bool>) -> impl IntoView {
    let IssuesGetResponse { issues, count, offset, projects, .. } = answer;
    let projects = projects.unwrap_or_default();
    let has_none_at_all = projects.is_empty();
    let words = if count == 1 { "1 issue".to_owned() } else { format!("{count} issues") };
    let is_empty = issues.is_empty();
    view! {
        <FilterPanel projects wanted panel/>
        <ActiveFilters names=FILTERS/>
        <Preset/>
        <p class="count" role="status">
            {words}
        </p>
        {match (is_empty, has_none_at_all) {
            (true, true) => view! { <NoIssuesYet/> }.erase(),
            (true, false) => view! { <NothingMatches title="No issues found." words="No known issue passes these filters. Closed issues are left out unless they are ticked." everything="/issues"/> }.erase(),
            (false, _) => view! { <IssueGroups issues/> }.erase(),
        }}
        <Pager offset limit=PER_PAGE count/>
    }
    .erase()
}

/// Trackers, statuses, families and projects; a tick goes to the address at once.
#[component]
fn FilterPanel(projects: Vec<IssueProject>, wanted: Memo<Wanted>, panel: RwSignal<bool>) -> impl IntoView {
    let parameters = use_query_map();
    let is_active = move || {
        parameters.with(|query| FILTERS.iter().any(|(name, _)| query.get(name).is_some_and(|value| !value.is_empty())))
    };
    let named = |names: &[&str]| names.iter().map(|name| Choice::plain(*name)).collect::<Vec<_>>();
    let sources: Vec<&str> = IssueSource::ALL
        .iter()
        .filter(|source| projects.iter().any(|project| project.source == **source))
        .map(|source| source.as_str())
        .collect();
    let families: Vec<&str> = FamilyName::ALL.iter().map(|family| family.as_str()).collect();
    let chosen = wanted.get_untracked().sources;
    let mut names: Vec<Choice> = projects
        .into_iter()
        .filter(|project| chosen.is_empty() || chosen.contains(&project.source))
        .map(|project| {
            let label = format!("{} ({})", project.project, project.issues_count);
            Choice::new(project.project, label)
        })
        .collect();
    names.dedup_by(|left, right| left.value == right.value);
    view! {
        <details
            class="filter-panel"
            prop:open=panel
            on:toggle=move |event| panel.set(event_target::<web_sys::HtmlDetailsElement>(&event).open())
        >
            <summary class="button" class:filter-panel-active=is_active>
                {Icon::Filter.view()}
                <span>"Filters"</span>
                {move || is_active().then(|| view! { <span class="visually-hidden">" (some are at work)"</span> }.erase())}
            </summary>
            <form class="filter-groups" method="get" action="/issues">
                <CheckboxFilter label="Source" name="source" choices=Signal::stored(named(&sources))/>
                <StatusFilter wanted/>
                <CheckboxFilter label="Family" name="family" choices=Signal::stored(named(&families))/>
                <CheckboxFilter label="Project" name="project" choices=Signal::stored(names)/>
                <noscript>
                    <button class="button">"Apply"</button>
                </noscript>
            </form>
        </details>
    }
    .erase()
}

/// What is left out while the address says nothing, and the way to do without that.
#[component]
fn Preset() -> impl IntoView {
    let parameters = use_query_map();
    let is_preset = move || parameters.with(|query| query.get("status").is_none());
    let everything = Signal::derive(move || {
        let statuses = IssueStatus::ALL.iter().map(|status| status.as_str().to_owned()).collect::<Vec<_>>();
        parameters.with(|now| query::address("/issues", &query::with_all(now, "status", &statuses)))
    });
    view! {
        <div class="chips" hidden=move || !is_preset()>
            <Chip label="Status" words="open, unknown".to_owned() without=everything/>
        </div>
    }
}

/// The statuses, of which open and unknown ones are ticked while the address says nothing.
#[component]
fn StatusFilter(wanted: Memo<Wanted>) -> impl IntoView {
    let filter = use_query_filter("status");
    let view_status = move |status: IssueStatus| {
        let is_chosen = Signal::derive(move || wanted.with(|wanted| wanted.statuses.contains(&status)));
        let toggle = move |_| {
            let mut statuses = wanted.with_untracked(|wanted| wanted.statuses.clone());
            match statuses.iter().position(|other| *other == status) {
                Some(at) => {
                    statuses.remove(at);
                }
                None => statuses.push(status),
            }
            filter.set(statuses.iter().map(|status| status.as_str().to_owned()).collect());
        };
        view! {
            <label class="checkbox">
                <input
                    type="checkbox"
                    name="status"
                    value=status.as_str()
                    checked=is_chosen.get_untracked()
                    prop:checked=is_chosen
                    on:change=toggle
                />
                <span>{status.as_str()}</span>
            </label>
        }
    };
    let statuses = [IssueStatus::Unknown, IssueStatus::Closed, IssueStatus::Open];
    view! {
        <fieldset class="filter">
            <legend>"Status"</legend>
            {statuses.map(view_status).collect_view()}
        </fieldset>
    }
    .erase()
}

#[component]
fn NoIssuesYet() -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">"No issues yet"</p>
            <p>"Issues of GitHub, Jira and Launchpad that explain failures are listed here, with how often they were seen. Add one, or attach one to a failed result on the page of an artefact."</p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use leptos_router::params::ParamsMap;

    use super::Wanted;
    use crate::api::IssueStatus;

    fn wanted(pairs: &[(&str, &str)]) -> Wanted {
        let query: ParamsMap = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Wanted::from_query(&query)
    }

    #[test]
    fn what_is_done_is_left_out_unless_the_address_says_otherwise() {
        assert_eq!(wanted(&[]).statuses, [IssueStatus::Open, IssueStatus::Unknown]);
        assert_eq!(wanted(&[("status", "closed")]).statuses, [IssueStatus::Closed]);
        assert_eq!(wanted(&[("status", "nonsense")]).statuses, []);
    }

    #[test]
    fn the_api_is_asked_for_what_the_address_says() {
        let address =
            wanted(&[("project", "acme/radio"), ("q", " two words "), ("offset", "50"), ("source", "x")]).address();
        for part in ["projects=acme%2Fradio", "q=two%20words", "offset=50", "limit=50", "with_projects=true"] {
            assert!(address.contains(part), "{address} has no {part}");
        }
        assert!(!address.contains("sources"), "{address}");
    }
}
