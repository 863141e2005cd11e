//! The top of the page: which artefact, what was decided, who decides, until when.

use leptos::prelude::*;

use super::{edit::EditButton, sign_off::SignOff, state::PageState};
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    components::{
        avatar::{Avatar, Person},
        icon::Icon,
    },
    pages::family::due_date,
    text::date::Day,
};

/// Name, version, decision, and whom it waits for.
#[component]
pub(super) fn Header(page: PageState, today: Day) -> impl IntoView {
    let artefact = page.artefact;
    let due = Memo::new(move |_| {
        artefact.with(|artefact| Some((artefact.due_date.as_deref().and_then(Day::parse)?, artefact.status)))
    });
    let jira_issue = Memo::new(move |_| artefact.with(|artefact| artefact.jira_issue.clone()));
    let archived = Memo::new(move |_| artefact.with(|artefact| artefact.archived));
    let (name, version) = artefact.with_untracked(|artefact| (artefact.name.clone(), artefact.version.clone()));
    view! {
        <div class="page-head artefact-head">
            <h1>{name} " " <span class="version">{version}</span></h1>
            <SignOff page/>
            <Reviewers page/>
            {move || archived.get().then(|| view! { <span class="badge">"Archived"</span> }.erase())}
            {move || due.get().map(|(due, status)| view! { <span>"Due " {due_date(due, today, status)}</span> }.erase())}
            {move || jira_issue.get().map(|key| view! { <JiraLink key/> }.erase())}
            <span class="head-actions">
                <EditButton page/>
                <button
                    type="button"
                    class="button needs-script print"
                    title="Print the sign-off sheet"
                    on:click=move |_| {
                        // A browser that cannot print does nothing.
                        let _ = window().print();
                    }
                >
                    "Print"
                </button>
            </span>
        </div>
    }
    .erase()
}

#[component]
fn Reviewers(page: PageState) -> impl IntoView {
    let people = Memo::new(move |_| {
        page.artefact.with(|artefact| artefact.reviewers.iter().cloned().map(Person::from).collect::<Vec<_>>())
    });
    let words = move || {
        let names: Vec<String> = people.with(|people| people.iter().map(|person| person.name.clone()).collect());
        match names.as_slice() {
            [] => "No reviewer assigned".to_owned(),
            [name] => format!("Reviewer: {name}"),
            several => format!("Reviewers: {}", several.join(", ")),
        }
    };
    let view_person = move |person: Person| {
        let id = person.id;
        let assigned = Signal::derive(move || page.assigned(id));
        view! { <li><Avatar person assigned overall=Signal::derive(move || page.overall())/></li> }
    };
    view! {
        <ul class="avatars" aria-label="Reviewers" hidden=move || people.with(Vec::is_empty)>
            <Each each=move || people.get() key=|person| person.id children=view_person/>
        </ul>
        <span class="quiet">{words}</span>
    }
    .erase()
}

#[component]
fn JiraLink(key: String) -> impl IntoView {
    view! {
        <a href=format!("https://warthogs.atlassian.net/browse/{key}") target="_blank" rel="noopener">
            {key.clone()}
            {Icon::External.view()}
            <span class="visually-hidden">" (opens in a new tab)"</span>
        </a>
    }
}
