//! The top of the page: which artefact, what was decided, who decides, until when.

use leptos::prelude::*;

use crate::{
    api::{ArtefactResponse, ReviewerResponse},
    components::{icon::Icon, status::Look},
    pages::family::due_date,
    text::date::Day,
};

/// Name, version, status, and whom it waits for.
#[component]
pub(super) fn Header(artefact: ArtefactResponse, today: Day) -> impl IntoView {
    let due = artefact.due_date.as_deref().and_then(Day::parse);
    let reviews = format!(
        "{} of {} environments reviewed",
        artefact.completed_environment_reviews_count, artefact.all_environment_reviews_count
    );
    view! {
        <div class="page-head">
            <h1>{artefact.name} " " <span class="version">{artefact.version}</span></h1>
            {Look::from(artefact.status).view()}
            {artefact.archived.then(|| view! { <span class="badge">"Archived"</span> })}
            {due.map(|due| view! { <span>"Due " {due_date(due, today)}</span> })}
            <span class="quiet">{reviews}</span>
            <Reviewers reviewers=artefact.reviewers/>
            {artefact.jira_issue.map(|key| view! { <JiraLink key/> })}
        </div>
    }
    .into_any()
}

#[component]
fn Reviewers(reviewers: Vec<ReviewerResponse>) -> impl IntoView {
    let names: Vec<String> = reviewers.into_iter().map(|reviewer| reviewer.name).collect();
    let text = match names.as_slice() {
        [] => "No reviewer assigned".to_owned(),
        [name] => format!("Reviewer: {name}"),
        several => format!("Reviewers: {}", several.join(", ")),
    };
    view! { <span class="quiet">{text}</span> }
}

#[component]
fn JiraLink(key: String) -> impl IntoView {
    view! {
        <a href=format!("https://warthogs.atlassian.net/browse/{key}") target="_blank" rel="noopener">
            {key.clone()}
            " "
            {Icon::External.view()}
            <span class="visually-hidden">"(opens in a new tab)"</span>
        </a>
    }
}
