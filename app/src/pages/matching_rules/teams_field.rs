//! The teams of a rule: a field to look for them in, and those that are chosen.

use leptos::{prelude::*, task::spawn_local};

use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::TeamResponse,
    client::{Client, ClientError},
    components::{
        combobox::{Combobox, Source},
        filters::Choice,
    },
    order,
};

/// Chooses teams; `problem` says what is wrong with the choice.
#[component]
pub(super) fn TeamsField(chosen: RwSignal<Vec<Choice>>, problem: RwSignal<Option<String>>) -> impl IntoView {
    let teams = RwSignal::new(Vec::<Choice>::new());
    let failure = RwSignal::new(None::<ClientError>);
    let answer = Client::current().get::<Vec<TeamResponse>>("/v1/teams");
    spawn_local(async move {
        match answer.await {
            Ok(all) => {
                let mut choices: Vec<Choice> =
                    all.into_iter().map(|team| Choice::new(team.id.to_string(), team.name)).collect();
                order::sort_by_key(&mut choices, |choice| choice.label.to_lowercase());
                teams.try_set(choices);
            }
            Err(error) => {
                failure.try_set(Some(error));
            }
        }
    });
    let values = move || chosen.with(|chosen| chosen.iter().map(|choice| choice.value.clone()).collect::<Vec<_>>());
    let pick = move |choice: Choice| {
        problem.set(None);
        chosen.update(|chosen| chosen.push(choice));
    };
    view! {
        <fieldset class="rule-fields" aria-describedby="rule-teams-problem">
            <legend>"Teams"</legend>
            <div class="chips" hidden=move || chosen.with(Vec::is_empty)>
                <Each each=move || chosen.get() key=|choice| choice.value.clone() let(choice)>
                    <Chosen choice chosen/>
                </Each>
            </div>
            <Combobox id="rule-team" label="Add a team" source=Source::Here(teams.into()) chosen=Signal::derive(values) on_pick=pick/>
            <p class="quiet">{move || failure.get().map(|error| format!("Teams cannot be looked up: {}.", error.title()))}</p>
            <p class="field-problem" id="rule-teams-problem" role="alert">
                {problem}
            </p>
        </fieldset>
    }
    .erase_unsent()
}

/// A team that is chosen, and the way to do without.
#[component]
fn Chosen(choice: Choice, chosen: RwSignal<Vec<Choice>>) -> impl IntoView {
    let Choice { value, label } = choice;
    let name = format!("Do without {label}");
    let remove = move |_| chosen.update(|chosen| chosen.retain(|other| other.value != value));
    view! {
        <button type="button" class="chip" aria-label=name on:click=remove>
            {label}
            <span aria-hidden="true">" ×"</span>
        </button>
    }
    .erase_unsent()
}
