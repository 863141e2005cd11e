//! The bar on top of every page.

use leptos::{ev, prelude::*};
use leptos_router::hooks::use_location;
use wasm_bindgen::JsCast;

use super::{icon::Icon, theme::ThemeButton};
use crate::{
    api::{FamilyName, VersionResponse},
    client::Client,
};

/// Families in the order of the bar.
const TABS: [(FamilyName, &str); 5] = [
    (FamilyName::Snap, "Snap Testing"),
    (FamilyName::Deb, "Deb Testing"),
    (FamilyName::Charm, "Charm Testing"),
    (FamilyName::Image, "Image Testing"),
    (FamilyName::Solution, "Solution Testing"),
];

/// Whether a path lies under a page: `/snaps/12` under `/snaps`.
fn lies_under(path: &str, page: &str) -> bool {
    path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Logo, families, help, theme. On a phone the families fold into a menu.
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
                <Menu label="Menu" class="bar-menu bar-menu-phone" icon=Icon::Menu>
                    <nav aria-label="Families">
                        <FamilyLinks/>
                    </nav>
                </Menu>
                <Menu label="Help" class="bar-menu">
                    <HelpLinks/>
                </Menu>
                <ThemeButton/>
            </div>
        </header>
    }
    .into_any()
}

#[component]
fn FamilyLinks() -> impl IntoView {
    let path = use_location().pathname;
    TABS.map(|(family, label)| {
        let page = format!("/{}", family.path());
        let current = {
            let page = page.clone();
            move || lies_under(&path.get(), &page).then_some("page")
        };
        view! {
            <a class="bar-item" href=page aria-current=current>
                {label}
            </a>
        }
    })
}

#[component]
fn HelpLinks() -> impl IntoView {
    let version = Resource::new_blocking(|| (), |()| Client::current().get::<VersionResponse>("/v1/version"));
    view! {
        <a class="bar-item" href="/getting-started">
            "Getting started"
        </a>
        <a class="bar-item" href="/docs" rel="external">
            "API documentation"
        </a>
        <Suspense>
            {move || Suspend::new(async move {
                let version = version.await.map_or_else(|_| "unknown".to_owned(), |version| version.version);
                view! { <p class="bar-note">{format!("Version {version}")}</p> }
            })}
        </Suspense>
    }
}

/// A menu that opens without scripts; with them it closes on Escape, on a choice, and when the focus leaves.
#[component]
fn Menu(
    label: &'static str,
    class: &'static str,
    #[prop(optional)] icon: Option<Icon>,
    children: Children,
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
        if target.is_some_and(|target| target.closest("a").ok().flatten().is_some()) {
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
            <div class="bar-menu-items">{children()}</div>
        </details>
    }
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
