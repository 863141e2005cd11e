//! The bar on top of every page.

use leptos::{ev, prelude::*};
use leptos_router::hooks::use_location;
use wasm_bindgen::JsCast;

use super::{
    feedback::use_feedback,
    icon::Icon,
    live::use_notifications,
    load::load,
    sending::Sending,
    session::{sign_in_address, use_session},
    shortcuts::ShortcutHelpButton,
    theme::ThemeButton,
};
use crate::erase::{Erase, Inside};
use crate::{
    api::{FamilyName, Permission, SignInMethod, VersionResponse},
    client::{Change, Client},
};

/// What a family is called in the bar.
fn tab_label(family: FamilyName) -> &'static str {
    match family {
        FamilyName::Snap => "Snap Testing",
        FamilyName::Deb => "Deb Testing",
        FamilyName::Charm => "Charm Testing",
        FamilyName::Image => "Image Testing",
        FamilyName::Solution => "Solution Testing",
    }
}

/// Pages for those who look after the installation, with the permission that each needs.
const ADMINISTRATION: [(&str, &str, Permission); 5] = [
    ("/users", "Users", Permission::ViewUser),
    ("/teams", "Teams", Permission::ViewTeam),
    ("/applications", "Applications", Permission::ViewApplication),
    ("/matching-rules", "Matching rules", Permission::ViewTeam),
    ("/audit-log", "Audit log", Permission::ViewAuditLog),
];

/// Whether a path lies under a page: `/snaps/12` under `/snaps`.
fn lies_under(path: &str, page: &str) -> bool {
    path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Logo, families, search, help, who is signed in. On a phone the families fold into a menu.
#[component]
pub(crate) fn NavigationBar() -> impl IntoView {
    view! {
        <header class="bar">
            <div class="bar-content">
                <a class="bar-logo" href="/">
                    <svg class="logo" aria-hidden="true" viewBox="0 0 24 24">
                        <rect class="logo-tag" width="24" height="24" rx="4"></rect>
                        <path class="logo-mark" d="m5 12.5 4.5 4.5L19 7.5"></path>
                    </svg>
                    <span>"Test Observer"</span>
                </a>
                <nav class="bar-tabs" aria-label="Families">
                    <FamilyLinks/>
                </nav>
                <nav class="bar-places" aria-label="Search and issues">
                    <BarLink page="/test-results" label="Search"/>
                    <BarLink page="/issues" label="Issues"/>
                </nav>
                <Menu label="Menu" class="bar-menu bar-menu-phone" icon=Icon::Menu>
                    <nav aria-label="Families">
                        <FamilyLinks/>
                        <BarLink page="/test-results" label="Search"/>
                        <BarLink page="/issues" label="Issues"/>
                    </nav>
                </Menu>
                <Menu label="Help" class="bar-menu bar-menu-help">
                    <HelpLinks/>
                </Menu>
                <Visitor/>
                <ThemeButton/>
            </div>
        </header>
    }
    .erase()
}

#[component]
fn FamilyLinks() -> impl IntoView {
    let session = use_session();
    move || {
        let tabs = session.get().tabs.into_iter();
        tabs.map(|family| view! { <BarLink page=format!("/{}", family.path()) label=tab_label(family)/> })
            .collect_view()
    }
}

/// A way to a page, marked while one is on it or below it.
#[component]
fn BarLink(#[prop(into)] page: String, label: &'static str) -> impl IntoView {
    let path = use_location().pathname;
    let current = {
        let page = page.clone();
        move || lies_under(&path.get(), &page).then_some("page")
    };
    view! {
        <a class="bar-item" href=page aria-current=current>
            {label}
        </a>
    }
    .erase()
}

/// Who is signed in, with what waits for them; or the way to sign in.
#[component]
fn Visitor() -> impl IntoView {
    let session = use_session();
    move || match session.user() {
        Some(user) => {
            let name = user.name;
            view! {
                <Bell/>
                <Menu label=name class="bar-menu bar-menu-user" icon=Icon::Person>
                    <VisitorLinks/>
                </Menu>
            }
            .erase()
        }
        None if session.get().sign_in_methods.is_empty() => ().erase(),
        None => view! { <SignInLink/> }.erase(),
    }
}

#[component]
fn SignInLink() -> impl IntoView {
    let location = use_location();
    let address = move || {
        let (path, search) = (location.pathname.get(), location.search.get());
        sign_in_address(&if search.is_empty() { path } else { format!("{path}?{search}") })
    };
    view! {
        <a class="bar-item" href=address>
            "Log in"
        </a>
    }
}

/// The way to the notifications, with how many are unread.
#[component]
fn Bell() -> impl IntoView {
    let session = use_session();
    let unread = Memo::new(move |_| session.get().unread_notifications);
    use_notifications(Callback::new(move |_| session.refresh()));
    let name = move || match unread.get() {
        0 => "Notifications".to_owned(),
        count => format!("Notifications, {count} unread"),
    };
    view! {
        <a class="bar-item bar-bell" href="/notifications" title="Notifications" aria-label=name>
            {Icon::Bell.view()}
            <span class="bar-badge number" hidden=move || unread.get() == 0>
                {move || if unread.get() > 99 { "99+".to_owned() } else { unread.get().to_string() }}
            </span>
        </a>
    }
    .erase()
}

#[component]
fn VisitorLinks() -> impl IntoView {
    let session = use_session();
    let administration = move || {
        let may = |permission: &Permission| session.get().permissions.contains(permission);
        let pages = ADMINISTRATION.iter().filter(|(_, _, permission)| may(permission));
        pages.map(|(page, label, _)| view! { <BarLink page=*page label=label/> }).collect_view()
    };
    let ends_elsewhere = session.get().sign_in_methods.contains(&SignInMethod::Saml);
    let sign_out = if ends_elsewhere {
        // Ends the session at the identity provider, too.
        view! {
            <a class="bar-item" href="/v1/auth/saml/logout?return_to=%2F" rel="external">
                "Log out"
            </a>
        }
        .erase()
    } else {
        view! { <SignOutButton/> }.erase()
    };
    view! {
        <BarLink page="/reviews" label="My reviews"/>
        <BarLink page="/reruns" label="Reruns"/>
        {administration}
        {sign_out}
    }
    .erase()
}

#[component]
fn SignOutButton() -> impl IntoView {
    let sending = Sending::new();
    let feedback = use_feedback();
    let sign_out = move |_| {
        let answer = Client::current().send::<()>(Change::post("/v1/auth/logout"));
        sending.run(
            async move {
                if let Err(error) = answer.await {
                    feedback.failed("Not signed out", &error);
                    return Err(error);
                }
                Ok(())
            },
            |()| {
                // A browser that refuses shows the page as it was; the session is over all the same.
                let _ = window().location().assign("/");
            },
        );
    };
    view! {
        <button type="button" class="bar-item needs-script" on:click=sign_out>
            "Log out"
        </button>
    }
    .erase()
}

#[component]
fn HelpLinks() -> impl IntoView {
    let version = load(|| Client::current().get::<VersionResponse>("/v1/version"));
    view! {
        <a class="bar-item" href="/getting-started">
            "Getting started"
        </a>
        <a class="bar-item" href="/docs" rel="external">
            "API documentation"
        </a>
        <ShortcutHelpButton/>
        {version
            .view(
                || ().erase(),
                |answer| {
                    let version = answer.map_or_else(|_| "unknown".to_owned(), |version| version.version);
                    view! { <p class="bar-note">{format!("Version {version}")}</p> }.erase()
                },
            )}
    }
    .erase()
}

/// A menu that opens without scripts; with them it closes on Escape, on a choice, and when the focus leaves.
#[component]
fn Menu(
    #[prop(into)] label: String,
    class: &'static str,
    #[prop(optional)] icon: Option<Icon>,
    children: Inside,
) -> impl IntoView {
    let menu = NodeRef::<leptos::html::Details>::new();
    let close = move || {
        if let Some(menu) = menu.get_untracked() {
            menu.set_open(false);
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            close();
        }
    };
    let on_click = move |event: ev::MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if target.is_some_and(|target| target.closest("a, button").ok().flatten().is_some()) {
            close();
        }
    };
    let on_focus_out = move |event: ev::FocusEvent| {
        let goes_to = event.related_target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let stays = menu.get_untracked().is_some_and(|menu| menu.contains(goes_to.as_ref()));
        // Nothing gets the focus when the window loses it, or when text is clicked: the menu stays then.
        if goes_to.is_some() && !stays {
            close();
        }
    };
    view! {
        <details class=class node_ref=menu on:keydown=on_key on:click=on_click on:focusout=on_focus_out>
            <summary class="bar-item">{icon.map(Icon::view)} <span>{label}</span></summary>
            <div class="bar-menu-items">{children.view()}</div>
        </details>
    }
    .erase()
}

#[cfg(test)]
mod tests {
    use super::lies_under;

    #[test]
    fn a_tab_stays_lit_on_the_pages_under_it() {
        for (path, page, lit) in [
            ("/snaps", "/snaps", true),
            ("/snaps/12", "/snaps", true),
            ("/snapshots", "/snaps", false),
            ("/debs", "/snaps", false),
        ] {
            assert_eq!(lies_under(path, page), lit);
        }
    }
}
