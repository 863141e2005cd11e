//! One notification.

use leptos::{prelude::*, task::spawn_local};

use crate::erase::Erase;
use crate::{
    api::{NotificationResponse, NotificationType},
    client::{Change, Client},
    components::{
        button::{ActionButton, Weight},
        feedback::use_feedback,
        moment::Ago,
        sending::Sending,
        session::use_session,
    },
};

/// What a notification says, and how to be done with it. Who follows it has read it.
#[component]
pub(super) fn Card(
    notification: RwSignal<NotificationResponse>,
    /// What the artefact it leads to is called, if that is known.
    about: Option<String>,
) -> impl IntoView {
    let (session, feedback, sending) = (use_session(), use_feedback(), Sending::new());
    let NotificationResponse { id, notification_type, target_url, created_at, .. } = notification.get_untracked();
    let is_unread = move || notification.with(|notification| notification.dismissed_at.is_none());
    let change = move || Change::post(format!("/v1/users/me/notifications/{id}/dismiss"));
    let dismiss = move |()| {
        let answer = Client::current().send::<NotificationResponse>(change());
        let work = async move {
            let answer = answer.await;
            if let Err(error) = &answer {
                feedback.failed("Failed to dismiss notification. Please try again", error);
            }
            answer
        };
        sending.run(work, move |read| {
            notification.set(read);
            session.refresh();
        });
    };
    let follow = move |_| {
        if untrack(is_unread) {
            let answer = Client::current().send::<NotificationResponse>(change());
            spawn_local(async move {
                // It stays unread where this fails, which is right.
                if answer.await.is_ok() {
                    session.refresh();
                }
            });
        }
    };
    let (title, below) = match about {
        Some(about) => (about, title(notification_type)),
        None => (title(notification_type).to_owned(), ""),
    };
    let name = format!("Dismiss: {title}");
    view! {
        <li class="notification" class:notification-unread=is_unread>
            <div>
                <p class="notification-title">
                    {match target_url.as_deref().and_then(own_path) {
                        Some(path) => view! { <a href=path on:click=follow>{title}</a> }.erase(),
                        None => title.erase(),
                    }}
                    {move || is_unread().then(|| view! { <span class="visually-hidden">" (unread)"</span> }.erase())}
                </p>
                <p class="quiet">
                    {below} " "
                    <Ago at=created_at/>
                </p>
            </div>
            <span hidden=move || !is_unread()>
                <ActionButton
                    label="Dismiss"
                    name
                    weight=Weight::Small
                    on_press=dismiss
                    busy=Signal::derive(move || sending.is_busy())
                />
            </span>
        </li>
    }
    .erase()
}

fn title(kind: NotificationType) -> &'static str {
    match kind {
        NotificationType::UserAssignedArtefactReview => "Artefact and Environment Review Assigned",
        NotificationType::UserAssignedEnvironmentReview => "Environment Review Assigned",
    }
}

/// The path of an address of the dashboard: `https://to.example/snaps/12` is `/snaps/12` here, wherever "here" is.
fn own_path(address: &str) -> Option<String> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let path = &rest[rest.find('/')?..];
    (!path.starts_with("//") && !path.contains('\\')).then(|| path.to_owned())
}

/// The number of the artefact whose page an address leads to.
pub(super) fn artefact_of(address: &str) -> Option<i64> {
    let path = own_path(address)?;
    let id = path.split(['?', '#']).next()?.rsplit('/').next()?;
    id.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{artefact_of, own_path};

    #[test]
    fn the_artefact_is_in_the_address() {
        for (address, expected) in [
            ("https://to.example/snaps/12?testExecutionId=3", Some(12)),
            ("/debs/3", Some(3)),
            ("https://to.example/reviews", None),
            ("https://to.example", None),
        ] {
            assert_eq!(artefact_of(address), expected, "{address}");
        }
    }

    #[test]
    fn notifications_lead_to_pages_of_this_site() {
        for (address, expected) in [
            ("https://to.example/snaps/12?q=a", Some("/snaps/12?q=a")),
            ("http://localhost:30001/debs/3", Some("/debs/3")),
            ("/images/4", Some("/images/4")),
            ("https://to.example", None),
            ("https://to.example//evil.example", None),
        ] {
            assert_eq!(own_path(address).as_deref(), expected, "{address}");
        }
    }
}
