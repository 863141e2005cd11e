//! `/notifications`: what the visitor should know, newest first.

mod card;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use serde::{Deserialize, Serialize};

use crate::erase::Erase;
use crate::{
    api::{ArtefactResponse, NotificationResponse, NotificationsResponse},
    client::{Change, Client, ClientError},
    components::{
        button::ActionButton,
        error_notice::ErrorPage,
        feedback::use_feedback,
        live::{NewsBar, use_notifications},
        load::{load_for, loading_page},
        page_head::PageHead,
        pager::Pager,
        sending::Sending,
        session::{sign_in_address, use_session},
    },
};
use card::{Card, artefact_of};

const PER_PAGE: i64 = 50;

/// `/notifications`.
#[component]
pub(crate) fn NotificationsPage() -> impl IntoView {
    let parameters = use_query_map();
    let offset = Memo::new(move |_| {
        let offset = parameters.with(|query| query.get_str("offset").and_then(|text| text.parse::<i64>().ok()));
        offset.unwrap_or_default().max(0)
    });
    let page = load_for(move || offset.get(), fetch);
    let news = RwSignal::new(0);
    use_notifications(Callback::new(move |_| news.update(|news| *news += 1)));
    view! {
        <Title text="Notifications"/>
        <NewsBar news on_show=move |()| page.refetch()/>
        {page.view(|| loading_page("Notifications"), move |answer| match answer {
            Err(error) => view! { <ErrorPage error/> }.erase(),
            Ok(page) => view! { <List page/> }.erase(),
        })}
    }
    .erase()
}

/// Notifications, and what the artefacts that they lead to are called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Page {
    answer: NotificationsResponse,
    names: Vec<(i64, String)>,
}

/// Artefacts that are asked for their names; of more, the notifications say less.
const NAMED: usize = 10;

fn fetch(offset: i64) -> impl Future<Output = Result<Page, ClientError>> + Send {
    let client = Client::current();
    async move {
        let address = format!("/v1/users/me/notifications?limit={PER_PAGE}&offset={offset}");
        let answer = client.get::<NotificationsResponse>(&address).await?;
        let mut names: Vec<(i64, String)> = Vec::new();
        for id in answer.notifications.iter().filter_map(|one| artefact_of(one.target_url.as_deref()?)) {
            if names.len() < NAMED && names.iter().all(|(other, _)| *other != id) {
                let artefact = client.get::<ArtefactResponse>(&format!("/v1/artefacts/{id}")).await;
                // What is gone has no name any more.
                let name = artefact.map(|found| format!("{} {}", found.name, found.version)).unwrap_or_default();
                names.push((id, name));
            }
        }
        Ok(Page { answer, names })
    }
}

#[component]
fn List(page: Page) -> impl IntoView {
    let session = use_session();
    let Page { answer: NotificationsResponse { notifications, count, offset, .. }, names } = page;
    let name_of = move |notification: RwSignal<NotificationResponse>| {
        let target = notification.with_untracked(|notification| notification.target_url.clone());
        let id = target.as_deref().and_then(artefact_of);
        let known = names.iter().find(|(other, name)| Some(*other) == id && !name.is_empty());
        known.map(|(_, name)| name.clone())
    };
    let is_empty = notifications.is_empty();
    let cards: Vec<RwSignal<NotificationResponse>> = notifications.into_iter().map(RwSignal::new).collect();
    let all = StoredValue::new(cards.clone());
    view! {
        <PageHead title="Notifications">
            <DismissAll all/>
        </PageHead>
        {match (is_empty, session.user().is_some()) {
            (true, false) => view! { <SignInFirst/> }.erase(),
            (true, true) => view! { <NoNotifications/> }.erase(),
            (false, _) => {
                view! {
                    <ul class="notifications">
                        {cards.into_iter().map(|notification| view! { <Card notification about=name_of(notification)/> }.erase()).collect_view()}
                    </ul>
                }
                    .erase()
            }
        }}
        <Pager offset limit=PER_PAGE count/>
    }
    .erase()
}

/// Dismisses what is unread on this page, one request each, as there is none for several.
#[component]
fn DismissAll(all: StoredValue<Vec<RwSignal<NotificationResponse>>>) -> impl IntoView {
    let (session, feedback, sending) = (use_session(), use_feedback(), Sending::new());
    let unread =
        move || all.with_value(|all| all.iter().filter(|one| one.with(|one| one.dismissed_at.is_none())).count());
    let dismiss = move |()| {
        let client = Client::current();
        let waiting: Vec<_> = all.with_value(|all| {
            all.iter().copied().filter(|one| one.with_untracked(|one| one.dismissed_at.is_none())).collect()
        });
        let work = async move {
            for notification in waiting {
                let id = notification.with_untracked(|notification| notification.id);
                let read = client.send(Change::post(format!("/v1/users/me/notifications/{id}/dismiss"))).await;
                match read {
                    Ok(read) => notification.set(read),
                    Err(error) => {
                        feedback.failed("Not all notifications were dismissed", &error);
                        return Err(error);
                    }
                }
            }
            Ok(())
        };
        sending.run(work, move |()| session.refresh());
    };
    view! {
        <span hidden=move || unread() == 0>
            <ActionButton label="Dismiss all" on_press=dismiss busy=Signal::derive(move || sending.is_busy())/>
        </span>
    }
    .erase()
}

#[component]
fn NoNotifications() -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">"No notifications"</p>
            <p>"You are told here when you are asked to review an artefact or an environment."</p>
            <p>
                <a class="button" href="/reviews">
                    "My reviews"
                </a>
            </p>
        </div>
    }
}

#[component]
fn SignInFirst() -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">"Log in to see your notifications"</p>
            <p>
                <a class="button" href=sign_in_address("/notifications")>
                    "Log in"
                </a>
            </p>
        </div>
    }
}
