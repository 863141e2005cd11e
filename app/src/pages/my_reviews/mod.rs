//! `/reviews`: what waits for the visitor, what is due first on top. Where signed-in reviewers begin their day.

use leptos::prelude::*;
use leptos_meta::Title;
use serde::{Deserialize, Serialize};

use super::family::due_date;
use crate::erase::Erase;
use crate::{
    api::{ArtefactStatus, FamilyName, OwnReviewResponse},
    client::{Client, ClientError},
    components::{
        error_notice::ErrorPage,
        live::{NewsBar, count_news},
        load::{load, loading_page},
        page_head::PageHead,
        session::{sign_in_address, use_session},
    },
    text::date::{Day, today},
};

/// An artefact as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    id: i64,
    family: FamilyName,
    name: String,
    version: String,
    stage: String,
    due: Option<Day>,
    is_reviewer: bool,
    own: (i64, i64),
    all: (i64, i64),
}

impl From<OwnReviewResponse> for Row {
    fn from(review: OwnReviewResponse) -> Self {
        let artefact = review.artefact;
        Self {
            id: artefact.id,
            family: artefact.family,
            name: artefact.name,
            version: artefact.version,
            stage: artefact.stage,
            due: artefact.due_date.as_deref().and_then(Day::parse),
            is_reviewer: review.is_reviewer,
            own: (review.completed_count, review.assigned_count),
            all: (artefact.completed_environment_reviews_count, artefact.all_environment_reviews_count),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Waiting {
    rows: Vec<Row>,
    today: Day,
}

/// `/reviews`.
#[component]
pub(crate) fn MyReviewsPage() -> impl IntoView {
    let session = use_session();
    let waiting = load(fetch);
    let news = count_news("kinds=artefact&kinds=environment_review");
    view! {
        <Title text="My reviews"/>
        <NewsBar news on_show=move |()| waiting.refetch()/>
        {waiting.view(|| loading_page("My reviews"), move |answer| match answer {
            Err(error) => view! { <ErrorPage error/> }.erase(),
            Ok(Waiting { rows, today }) => view! { <Reviews rows today is_known=session.user().is_some()/> }.erase(),
        })}
    }
    .erase()
}

fn fetch() -> impl Future<Output = Result<Waiting, ClientError>> + Send {
    let waiting = Client::current().get::<Vec<OwnReviewResponse>>("/v1/users/me/reviews");
    async move { Ok(Waiting { rows: waiting.await?.into_iter().map(Row::from).collect(), today: today() }) }
}

#[component]
fn Reviews(rows: Vec<Row>, today: Day, is_known: bool) -> impl IntoView {
    if !is_known {
        return view! {
            <PageHead title="My reviews"/>
            <div class="empty">
                <p class="empty-title">"Log in to see what waits for you"</p>
                <p>
                    <a class="button" href=sign_in_address("/reviews")>
                        "Log in"
                    </a>
                </p>
            </div>
        }
        .erase();
    }
    let count = match rows.len() {
        1 => "1 artefact".to_owned(),
        count => format!("{count} artefacts, by due date"),
    };
    let is_empty = rows.is_empty();
    let lines = rows.into_iter().map(|row| line(&row, today)).collect_view();
    view! {
        <PageHead title="My reviews" count/>
        {if is_empty { view! { <Nothing/> }.erase() } else { table(lines).erase() }}
    }
    .erase()
}

fn table(lines: impl IntoView + 'static) -> impl IntoView {
    view! {
        <table class="table table-cards">
            <thead>
                <tr>
                    <th scope="col">"Name"</th>
                    <th scope="col">"Version"</th>
                    <th scope="col">"Family"</th>
                    <th scope="col">"Stage"</th>
                    <th scope="col">"Due date"</th>
                    <th scope="col">"Mine"</th>
                    <th scope="col">"All environments"</th>
                    <th scope="col">"I decide about"</th>
                </tr>
            </thead>
            <tbody>{lines}</tbody>
        </table>
    }
}

fn line(row: &Row, today: Day) -> impl IntoView + use<> {
    let part = match (row.is_reviewer, row.own.1) {
        (true, 0) => "the artefact",
        (true, _) => "the artefact, environments",
        (false, _) => "environments",
    };
    let of = |(done, all): (i64, i64)| format!("{done} of {all}");
    view! {
        <tr class="row-link">
            <td class="cell-name" data-label="Name">
                <a href=format!("/{}/{}", row.family.path(), row.id)>{row.name.clone()}</a>
            </td>
            <td data-label="Version">
                <span class="version" title=row.version.clone()>
                    {row.version.clone()}
                </span>
            </td>
            <td data-label="Family">{row.family.as_str()}</td>
            <td data-label="Stage" class:cell-empty=row.stage.is_empty()>
                {row.stage.clone()}
            </td>
            <td data-label="Due date" class:cell-empty=row.due.is_none()>
                {row.due.map(|due| due_date(due, today, ArtefactStatus::Undecided))}
            </td>
            <td class="number" data-label="Mine">
                {of(row.own)}
            </td>
            <td class="number" data-label="All environments">
                {of(row.all)}
            </td>
            <td data-label="I decide about">{part}</td>
        </tr>
    }
}

#[component]
fn Nothing() -> impl IntoView {
    let tabs = use_session().get().tabs;
    let links = tabs.into_iter().map(|family| {
        view! { <li><a href=format!("/{}", family.path())>{format!("All {}", family.path())}</a></li> }.erase()
    });
    view! {
        <div class="empty">
            <p class="empty-title">"Nothing waits for you"</p>
            <p>"Undecided artefacts appear here when somebody makes you their reviewer, or the reviewer of one of their environments."</p>
            <ul class="plain-list">{links.collect_view()}</ul>
        </div>
    }
}
