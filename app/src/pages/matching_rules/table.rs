//! The list of rules.

use leptos::prelude::*;

use super::criteria::asked;
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::{ArtefactMatchingRuleResponse, Permission, TeamMinimal},
    components::{
        button::{ActionButton, Weight},
        rows::Row,
        selection::Selection,
    },
};

/// A line a rule.
#[component]
pub(super) fn RuleTable(
    shown: Signal<Vec<Row<ArtefactMatchingRuleResponse>>>,
    selection: Selection<ArtefactMatchingRuleResponse>,
) -> impl IntoView {
    view! {
        <table class="table table-cards access-table">
            <caption class="visually-hidden">"Matching rules by family and name"</caption>
            <thead>
                <tr>
                    <th scope="col">"Family"</th>
                    <th scope="col">"Matches"</th>
                    <th scope="col">"Teams"</th>
                    <th scope="col">"Grants"</th>
                    <th scope="col">
                        <span class="visually-hidden">"Actions"</span>
                    </th>
                </tr>
            </thead>
            <tbody>
                <Each each=move || shown.get() key=|row| row.id let(row)>
                    <Line row selection/>
                </Each>
            </tbody>
        </table>
    }
    .erase()
}

#[component]
fn Line(row: Row<ArtefactMatchingRuleResponse>, selection: Selection<ArtefactMatchingRuleResponse>) -> impl IntoView {
    let id = row.id;
    let rule = RwSignal::from(row.value);
    let edit = Signal::derive(move || {
        rule.with(|rule| {
            let asked: Vec<String> = asked(rule).into_iter().map(|(label, value)| format!("{label} {value}")).collect();
            format!("Edit the rule for {} {}", rule.family, asked.join(", ")).trim_end().to_owned()
        })
    });
    view! {
        <tr id=format!("row-{id}")>
            <td class="cell-name" data-label="Family">
                {move || rule.with(|rule| rule.family.as_str())}
            </td>
            <td class="cell-list" data-label="Matches">
                {move || rule.with(matches)}
            </td>
            <td class="cell-list" data-label="Teams">
                {move || rule.with(|rule| team_links(&rule.teams))}
            </td>
            <td class="cell-list" data-label="Grants">
                {move || rule.with(|rule| grants(&rule.grant_permissions))}
            </td>
            <td class="cell-actions">
                <ActionButton label="edit" name=edit weight=Weight::Small on_press=move |()| selection.choose(id)/>
            </td>
        </tr>
    }
    .erase()
}

/// A badge for each criterion.
fn matches(rule: &ArtefactMatchingRuleResponse) -> AnyView {
    let asked = asked(rule);
    if asked.is_empty() {
        return view! { <span class="quiet">"everything"</span> }.erase();
    }
    let badges = asked.into_iter().map(|(label, value)| {
        view! {
            <span class="badge">
                <span class="quiet">{label}</span>
                " "
                {value}
            </span>
            " "
        }
    });
    badges.collect_view().erase()
}

fn team_links(teams: &[TeamMinimal]) -> impl IntoView + use<> {
    let links = teams.iter().enumerate().map(|(at, team)| {
        let comma = if at == 0 { "" } else { ", " };
        view! {
            {comma}
            <a href=format!("/teams?team={}", team.id)>{team.name.clone()}</a>
        }
    });
    links.collect_view()
}

fn grants(permissions: &[Permission]) -> AnyView {
    if permissions.is_empty() {
        return view! { <span class="quiet">"nothing"</span> }.erase();
    }
    let names: Vec<&str> = permissions.iter().map(|permission| permission.as_str()).collect();
    names.join(", ").erase()
}
