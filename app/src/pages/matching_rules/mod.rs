//! `/matching-rules`: which teams are responsible for which artefacts, and what their members may do with them.

mod criteria;
mod form;
mod table;
mod teams_field;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

use crate::erase::Erase;
use crate::{
    api::{ArtefactMatchingRuleResponse, FamilyName, Permission},
    client::{Client, ClientError},
    components::{
        button::ActionButton,
        dialog::Dialog,
        error_notice::ErrorContent,
        filters::{ActiveFilters, CheckboxFilter, Choice},
        load::{load, loading_page},
        nothing_matches::NothingMatches,
        page_head::PageHead,
        rows::{Listed, Row, Rows},
        selection::{SelectionDialog, use_selection},
        session::use_session,
    },
    order,
};
use form::RuleForm;
use table::RuleTable;

const FILTERS: &[(&str, &str)] = &[("family", "Family"), ("team", "Team")];

impl Listed for ArtefactMatchingRuleResponse {
    fn id(&self) -> i64 {
        self.id
    }
}

/// What the address asks for. Nothing is filtered by what is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Wanted {
    families: Vec<FamilyName>,
    teams: Vec<i64>,
}

impl Wanted {
    fn from_query(query: &ParamsMap) -> Self {
        let all = |name: &str| query.get_all(name).unwrap_or_default();
        Self {
            families: all("family").iter().filter_map(|family| family.parse().ok()).collect(),
            teams: all("team").iter().filter_map(|team| team.parse().ok()).collect(),
        }
    }

    fn includes(&self, rule: &ArtefactMatchingRuleResponse) -> bool {
        let is_of_family = self.families.is_empty() || self.families.contains(&rule.family);
        is_of_family && (self.teams.is_empty() || rule.teams.iter().any(|team| self.teams.contains(&team.id)))
    }
}

/// `/matching-rules`.
#[component]
pub(crate) fn MatchingRulesPage() -> impl IntoView {
    let rules = load(fetch);
    view! {
        <Title text="Matching rules"/>
        {rules.view(|| loading_page("Matching rules"), move |answer| match answer {
            Err(error) => view! { <ErrorContent title="Matching rules" error/> }.erase(),
            Ok(rules) => view! { <List rules/> }.erase(),
        })}
    }
}

fn fetch() -> impl Future<Output = Result<Vec<ArtefactMatchingRuleResponse>, ClientError>> + Send {
    Client::current().get("/v1/artefact-matching-rules")
}

#[component]
fn List(rules: Vec<ArtefactMatchingRuleResponse>) -> impl IntoView {
    let parameters = use_query_map();
    let wanted = Memo::new(move |_| parameters.with(Wanted::from_query));
    let rows = Rows::new(rules);
    let selection =
        use_selection::<ArtefactMatchingRuleResponse>("/matching-rules", "rule", "/v1/artefact-matching-rules");
    let shown = Signal::derive(move || {
        let mut shown = rows.get();
        shown.retain(|row| wanted.with(|wanted| row.value.with(|rule| wanted.includes(rule))));
        order::sort_by_key(&mut shown, |row| row.value.with(|rule| (rule.family, rule.name.clone())));
        shown
    });
    let count = move || shown.with(Vec::len);
    let words = move || if count() == 1 { "1 matching rule".to_owned() } else { format!("{} matching rules", count()) };
    let form = Callback::new(move |rule: ArtefactMatchingRuleResponse| {
        view! { <RuleForm existing=Some(rule) rows open=selection.open/> }.erase()
    });
    view! {
        <PageHead title="Matching rules" count=Signal::derive(words)>
            <CreateRule rows/>
        </PageHead>
        <p class="quiet access-lead">
            "Reviewers of a new artefact come from the teams of the rules that match it most closely. What a rule grants, members of its teams may do with every artefact it matches, whatever else their teams may do."
        </p>
        <Filters rows/>
        <div hidden=move || count() == 0>
            <RuleTable shown selection/>
        </div>
        <div hidden=move || count() != 0 || rows.count() == 0>
            <NothingMatches title="No such rule" words="There are rules, but none passes these filters." everything="/matching-rules"/>
        </div>
        <div hidden=move || rows.count() != 0>
            <NoRulesYet/>
        </div>
        <SelectionDialog selection title=|_: &ArtefactMatchingRuleResponse| "Matching rule".to_owned() form/>
    }
}

/// The families, and the team that a link came from.
#[component]
fn Filters(rows: Rows<ArtefactMatchingRuleResponse>) -> impl IntoView {
    let families: Vec<Choice> = FamilyName::ALL.iter().map(|family| Choice::plain(family.as_str())).collect();
    let word = Callback::new(move |(name, value): (&'static str, String)| match name {
        "team" => team_name(&rows.get(), &value).unwrap_or(value),
        _ => value,
    });
    view! {
        <form class="access-families" method="get" action="/matching-rules">
            <CheckboxFilter label="Family" name="family" choices=Signal::stored(families)/>
            <noscript>
                <button class="button">"Apply"</button>
            </noscript>
        </form>
        <ActiveFilters names=FILTERS word/>
    }
    .erase()
}

/// The name of a team that some rule has.
fn team_name(rows: &[Row<ArtefactMatchingRuleResponse>], id: &str) -> Option<String> {
    let id: i64 = id.parse().ok()?;
    rows.iter().find_map(|row| {
        row.value.with(|rule| rule.teams.iter().find(|team| team.id == id).map(|team| team.name.clone()))
    })
}

/// The button, and the dialog it opens.
#[component]
fn CreateRule(rows: Rows<ArtefactMatchingRuleResponse>) -> impl IntoView {
    let open = RwSignal::new(false);
    let permit = use_session().permit_signal(Permission::ChangeTeam);
    view! {
        <ActionButton label="Create matching rule" permit on_press=move |()| open.set(true)/>
        <Dialog open title="Create matching rule">
            <RuleForm existing=None rows open/>
        </Dialog>
    }
}

#[component]
fn NoRulesYet() -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">"No matching rules yet"</p>
            <p>"Without a rule new artefacts get no reviewers, and nobody may do more with some artefacts than with others. Create one for a family, or for what a team looks after in it."</p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use leptos_router::params::ParamsMap;
    use serde_json::json;

    use super::Wanted;
    use crate::api::ArtefactMatchingRuleResponse;

    fn wanted(pairs: &[(&str, &str)]) -> Wanted {
        let query: ParamsMap = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Wanted::from_query(&query)
    }

    #[test]
    fn rules_are_picked_by_family_and_team() {
        let rule: ArtefactMatchingRuleResponse = serde_json::from_value(json!({
            "id": 1, "name": null, "family": "deb", "stage": null, "track": null, "branch": null, "store": null,
            "series": null, "os": null, "release": null, "owner": null, "grant_permissions": [],
            "teams": [{"id": 2, "name": "kernel"}],
        }))
        .unwrap();
        for (query, expected) in [
            (&[][..], true),
            (&[("family", "snap"), ("family", "deb")], true),
            (&[("family", "snap")], false),
            (&[("team", "2"), ("family", "nonsense")], true),
            (&[("team", "3")], false),
        ] {
            assert_eq!(wanted(query).includes(&rule), expected, "{query:?}");
        }
    }
}
