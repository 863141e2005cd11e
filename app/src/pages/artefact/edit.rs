//! What else can be changed about an artefact: reviewers, stage, Jira issue, whether it is out of sight, and whether it is kept.

use leptos::{prelude::*, task::spawn_local};
use leptos_router::params::ParamsMap;
use serde_json::{Map, Value, json};

use super::forms::{Opened, later};
use super::{sign_off::send, state::PageState};
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::{ArtefactResponse, FamilyName, KeptArtefactResponse, Permission, UsersResponse},
    client::{Change, Client},
    components::{
        avatar::Person,
        button::{ActionButton, Weight},
        combobox::{Combobox, Source, Suggestions},
        dialog::{Dialog, DialogActions},
        field::{Checkbox, Select, TextField},
        filters::Choice,
        sending::{Sending, SendingError},
    },
};

/// Opens the dialog.
#[component]
pub(super) fn EditButton(page: PageState) -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <ActionButton
            label="Edit"
            on_press=move || open.set(true)
            permit=page.permit_signal(Permission::ChangeArtefact)
        />
        <Dialog open title="Edit the artefact">
            {later(Opened::Edit(page, open))}
        </Dialog>
    }
    .erase()
}

/// What stands in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Edited {
    reviewers: Vec<Choice>,
    stage: String,
    jira_issue: String,
    archived: bool,
}

impl From<&ArtefactResponse> for Edited {
    fn from(artefact: &ArtefactResponse) -> Self {
        let reviewers = artefact.reviewers.iter().cloned().map(Person::from);
        Self {
            reviewers: reviewers.map(|person| Choice::new(person.id.to_string(), person.label())).collect(),
            stage: artefact.stage.clone(),
            jira_issue: artefact.jira_issue.clone().unwrap_or_default(),
            archived: artefact.archived,
        }
    }
}

/// What is to be sent: what is different.
fn difference(before: &Edited, after: &Edited) -> Value {
    let mut body = Map::new();
    if before.reviewers != after.reviewers {
        let ids: Vec<i64> = after.reviewers.iter().filter_map(|reviewer| reviewer.value.parse().ok()).collect();
        body.insert("reviewer_ids".to_owned(), json!(ids));
    }
    if before.stage != after.stage {
        body.insert("stage".to_owned(), json!(after.stage));
    }
    let key = after.jira_issue.trim();
    if before.jira_issue != key {
        body.insert("jira_issue".to_owned(), if key.is_empty() { Value::Null } else { json!(key) });
    }
    if before.archived != after.archived {
        body.insert("archived".to_owned(), json!(after.archived));
    }
    Value::Object(body)
}

/// Whether an artefact is kept when it gets old, which is an object of its own.
#[derive(Clone, Copy)]
struct Keeping {
    /// As it is; unknown until the API has said so.
    known: RwSignal<Option<bool>>,
    /// As it shall be.
    wanted: RwSignal<bool>,
}

impl Keeping {
    fn load(page: PageState) -> Self {
        let keeping = Self { known: RwSignal::new(None), wanted: RwSignal::new(false) };
        let answer = Client::current().get::<KeptArtefactResponse>(&keep_path(page.id));
        spawn_local(async move {
            match answer.await {
                // The form may be gone by now.
                Ok(KeptArtefactResponse { kept }) => {
                    keeping.known.try_set(Some(kept));
                    keeping.wanted.try_set(kept);
                }
                Err(error) => page.feedback.failed("Whether the artefact is kept could not be asked", &error),
            }
        });
        keeping
    }

    /// What it shall be, if that is different. What nobody knows is not changed.
    fn change(self) -> Option<bool> {
        let wanted = self.wanted.get_untracked();
        self.known.get_untracked().is_some_and(|known| known != wanted).then_some(wanted)
    }
}

fn keep_path(artefact: i64) -> String {
    format!("/v1/artefacts/{artefact}/keep")
}

fn change_keep(artefact: i64, kept: bool) -> Change {
    if kept { Change::put(keep_path(artefact)) } else { Change::delete(keep_path(artefact)) }
}

/// Says whether the artefact is kept now, and offers to take that back.
fn say_kept(page: PageState, kept: bool) {
    let words = if kept { "The artefact is kept" } else { "The artefact is not kept any longer" };
    let undo = Callback::new(move |()| {
        let answer = Client::current().send::<()>(change_keep(page.id, !kept));
        spawn_local(async move {
            match answer.await {
                Ok(()) => say_kept(page, !kept),
                Err(error) => page.feedback.failed("The artefact was not changed", &error),
            }
        });
    });
    page.feedback.undoable(words.to_owned(), undo);
}

/// The stages to choose from. One that has none can be given one, but none can be taken away.
fn stages(family: FamilyName, now: &str) -> Vec<(String, String)> {
    let none = now.is_empty().then(|| (String::new(), "none".to_owned()));
    let named = family.stages().iter().map(|stage| ((*stage).to_owned(), (*stage).to_owned()));
    none.into_iter().chain(named).collect()
}

/// People whose name or address holds what was typed.
fn people() -> Source {
    Source::Api(Callback::new(|words: String| -> Suggestions {
        let query: ParamsMap = [("q".to_owned(), words), ("limit".to_owned(), "10".to_owned())].into_iter().collect();
        let answer = Client::current().get::<UsersResponse>(&format!("/v1/users{}", query.to_query_string()));
        Box::pin(async move {
            let people = answer.await?.users.into_iter().map(Person::from);
            Ok(people.map(|person| Choice::new(person.id.to_string(), person.label())).collect())
        })
    }))
}

#[component]
pub(super) fn EditForm(page: PageState, open: RwSignal<bool>) -> impl IntoView {
    let artefact = page.artefact.get_untracked();
    let before = Edited::from(&artefact);
    let reviewers = RwSignal::new(before.reviewers.clone());
    let stage = RwSignal::new(before.stage.clone());
    let jira_issue = RwSignal::new(before.jira_issue.clone());
    let archived = RwSignal::new(before.archived);
    let before = StoredValue::new(before);
    let keeping = Keeping::load(page);
    let sending = Sending::new();
    let difference = move || {
        let after = Edited {
            reviewers: reviewers.get_untracked(),
            stage: stage.get_untracked(),
            jira_issue: jira_issue.get_untracked(),
            archived: archived.get_untracked(),
        };
        before.with_value(|before| difference(before, &after))
    };
    let submit = move || {
        let body = difference();
        let save = move || match body {
            Value::Object(body) if body.is_empty() => open.set(false),
            body => send(page, sending, body, Some(open)),
        };
        let Some(kept) = keeping.change() else { return save() };
        sending.send(change_keep(page.id, kept), move |()| {
            say_kept(page, kept);
            // Whoever has closed the dialog meanwhile has left the rest as it was.
            if !keeping.known.is_disposed() {
                keeping.known.set(Some(kept));
                save();
            }
        });
    };
    let chosen = Signal::derive(move || reviewers.with(|all| all.iter().map(|choice| choice.value.clone()).collect()));
    let stages: Signal<Vec<(String, String)>> = Signal::stored(stages(artefact.family, &artefact.stage));
    view! {
        <div class="form">
            <Combobox
                id="edit-reviewers"
                label="Reviewers"
                source=people()
                chosen
                on_pick=Callback::new(move |choice: Choice| reviewers.update(|all| all.push(choice)))
                at_most=10
            />
            <ChosenPeople reviewers/>
            <Select label="Stage" value=stage choices=stages/>
            <TextField label="Jira issue" value=jira_issue placeholder="PROJECT-123"/>
            <Checkbox label="Archived: out of sight in lists" checked=archived on_change=Callback::new(move |is| archived.set(is))/>
            <Checkbox
                label="Kept: nothing of it goes because it is old"
                checked=keeping.wanted
                on_change=Callback::new(move |is| keeping.wanted.set(is))
                disabled=Signal::derive(move || keeping.known.get().is_none())
            />
        </div>
        <SendingError sending/>
        <DialogActions open>
            <ActionButton
                label="Save"
                on_press=submit
                busy=Signal::derive(move || sending.is_busy())
                weight=Weight::Primary
            />
        </DialogActions>
    }
    .erase_unsent()
}

/// Who is chosen, in the order of assignment, each with the way to do without.
#[component]
fn ChosenPeople(reviewers: RwSignal<Vec<Choice>>) -> impl IntoView {
    let view_person = move |choice: Choice| {
        let label = choice.label.clone();
        let remove = move |_| reviewers.update(|all| all.retain(|other| other.value != choice.value));
        view! {
            <li class="chosen">
                <span>{label.clone()}</span>
                <button type="button" class="button button-small" aria-label=format!("Remove {label}") on:click=remove>
                    "×"
                </button>
            </li>
        }
    };
    view! {
        <ul class="plain-list" aria-label="Chosen reviewers">
            <Each each=move || reviewers.get() key=|choice| choice.clone() children=view_person/>
        </ul>
        <p class="quiet" hidden=move || reviewers.with(|all| !all.is_empty())>"No reviewer assigned"</p>
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Edited, difference, stages};
    use crate::{api::FamilyName, components::filters::Choice};

    #[test]
    fn only_what_is_different_is_sent() {
        let before = Edited {
            reviewers: vec![Choice::plain("3")],
            stage: "beta".to_owned(),
            jira_issue: "A-1".to_owned(),
            archived: false,
        };
        assert_eq!(difference(&before, &before.clone()), json!({}));
        let after = Edited { jira_issue: " ".to_owned(), archived: true, ..before.clone() };
        assert_eq!(difference(&before, &after), json!({"jira_issue": null, "archived": true}));
        let after = Edited { reviewers: vec![Choice::plain("4"), Choice::plain("3")], ..before.clone() };
        assert_eq!(difference(&before, &after), json!({"reviewer_ids": [4, 3]}));
    }

    #[test]
    fn no_stage_is_offered_only_to_what_has_none() {
        assert_eq!(stages(FamilyName::Deb, "").len(), 3);
        assert_eq!(stages(FamilyName::Deb, "proposed").len(), 2);
    }
}
