//! `/teams`: who belongs together, and what members may do.

mod create;
mod edit;
mod members;
mod table;

use leptos::prelude::*;
use leptos_meta::Title;
use serde::{Deserialize, Serialize};

use crate::erase::Erase;
use crate::{
    api::{Permission, TeamResponse},
    client::{Client, ClientError},
    components::{
        error_notice::ErrorContent,
        load::{load, loading_page},
        page_head::PageHead,
        rows::{Listed, Rows},
        selection::{SelectionDialog, use_selection},
    },
    order,
};
use create::CreateTeam;
use edit::EditTeam;
use table::TeamTable;

/// A team as the list shows one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct TeamRow {
    id: i64,
    name: String,
    permissions: Vec<Permission>,
    members: usize,
    rules: usize,
}

impl From<TeamResponse> for TeamRow {
    fn from(team: TeamResponse) -> Self {
        Self {
            id: team.id,
            name: team.name,
            permissions: team.permissions,
            members: team.members.len(),
            rules: team.artefact_matching_rules.len(),
        }
    }
}

impl Listed for TeamRow {
    fn id(&self) -> i64 {
        self.id
    }
}

/// `/teams`.
#[component]
pub(crate) fn TeamsPage() -> impl IntoView {
    let teams = load(fetch);
    view! {
        <Title text="Teams"/>
        {teams.view(|| loading_page("Teams"), move |answer| match answer {
            Err(error) => view! { <ErrorContent title="Teams" error/> }.erase(),
            Ok(teams) => view! { <List teams/> }.erase(),
        })}
    }
}

fn fetch() -> impl Future<Output = Result<Vec<TeamRow>, ClientError>> + Send {
    let answer = Client::current().get::<Vec<TeamResponse>>("/v1/teams");
    async move {
        let mut teams: Vec<TeamRow> = answer.await?.into_iter().map(TeamRow::from).collect();
        order::sort_by_key(&mut teams, |team| team.name.to_lowercase());
        Ok(teams)
    }
}

#[component]
fn List(teams: Vec<TeamRow>) -> impl IntoView {
    let rows = Rows::new(teams);
    let selection = use_selection::<TeamResponse>("/teams", "team", "/v1/teams");
    let words = move || match rows.count() {
        1 => "1 team".to_owned(),
        count => format!("{count} teams"),
    };
    let form = Callback::new(move |team: TeamResponse| view! { <EditTeam team rows selection/> }.erase());
    view! {
        <PageHead title="Teams" count=Signal::derive(words)>
            <CreateTeam rows/>
        </PageHead>
        <div hidden=move || rows.count() == 0>
            <TeamTable rows selection/>
        </div>
        <div hidden=move || rows.count() != 0>
            <NoTeamsYet/>
        </div>
        <SelectionDialog selection title=|team: &TeamResponse| format!("Team {}", team.name) form/>
    }
}

#[component]
fn NoTeamsYet() -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">"No teams yet"</p>
            <p>"A team says what its members may do. Matching rules make it responsible for artefacts: their reviewers come from it. Create one here; where an identity provider names teams, people join them as they sign in."</p>
        </div>
    }
}
