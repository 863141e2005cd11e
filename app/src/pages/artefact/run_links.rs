//! Where else one can read about a run: shown to everybody, edited by those who may.

use leptos::prelude::*;
use serde_json::json;

use super::forms::{Opened, later};
use super::tree::Run;
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::{Permission, TestExecutionRelevantLinkResponse},
    client::Change,
    components::{
        button::{ActionButton, Weight},
        copy::{CopyButton, here},
        dialog::{Dialog, DialogActions},
        field::TextField,
        icon::Icon,
        issue::TrackerLink,
        sending::{Sending, SendingError},
        session::use_session,
    },
};

pub(super) type Links = RwSignal<Vec<TestExecutionRelevantLinkResponse>>;

/// The links of a run, its own address, and the way to change them.
#[component]
pub(super) fn RunLinks(run: Run) -> impl IntoView {
    let Run { id, number, ci_link, c3_link, links, .. } = run;
    let links = RwSignal::new(links);
    let open = RwSignal::new(false);
    let named = [("CI", ci_link), ("C3", c3_link)];
    let named =
        named.into_iter().filter_map(|(label, url)| url.map(|url| view! { <li><TrackerLink url label/></li> }.erase()));
    let named = named.collect_view();
    let address = format!("?testExecutionId={id}");
    let copied = address.clone();
    view! {
        <ul class="links">
            {named}
            <Each each=move || links.get() key=|link| link.id let(link)>
                <li>
                    <TrackerLink url=link.url label=link.label/>
                </li>
            </Each>
            <li>
                <a href=address>{Icon::Link.view()} "Link to this run"</a>
            </li>
        </ul>
        <CopyButton text=Callback::new(move |()| here(&copied)) what="the link to this run" label="Copy link"/>
        <ActionButton
            label="Edit links"
            name=format!("Edit the links of run {number}")
            on_press=move |()| open.set(true)
            permit=use_session().permit_signal(Permission::ChangeTest)
            weight=Weight::Small
        />
        <Dialog open title=format!("Links of Run {number}")>
            {later(Opened::Links(id, links, open))}
        </Dialog>
    }
    .erase()
}

/// What is wrong with a link, if anything: with its label, and with its address.
fn problems(label: &str, url: &str) -> (Option<String>, Option<String>) {
    let label = label.trim().is_empty().then(|| "A link needs a label".to_owned());
    let url = url.trim();
    let rest = url.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https")).map(|(_, rest)| rest);
    let url = match rest {
        _ if url.is_empty() => Some("A link needs a URL".to_owned()),
        Some(rest) if !rest.is_empty() => None,
        _ => Some("The URL must begin with https:// or http://".to_owned()),
    };
    (label, url)
}

#[component]
pub(super) fn LinkEditor(run: i64, links: Links, open: RwSignal<bool>) -> impl IntoView {
    let (label, url) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (label_says, url_says) = (RwSignal::new(None::<String>), RwSignal::new(None::<String>));
    let sending = Sending::new();
    let add = Callback::new(move |()| {
        let (about_label, about_url) = problems(&label.get_untracked(), &url.get_untracked());
        let is_good = about_label.is_none() && about_url.is_none();
        label_says.set(about_label);
        url_says.set(about_url);
        if !is_good {
            return;
        }
        let body = json!({ "label": label.get_untracked().trim(), "url": url.get_untracked().trim() });
        let change = Change::post(format!("/v1/test-executions/{run}/links")).json(&body);
        sending.send(change, move |link: TestExecutionRelevantLinkResponse| {
            links.update(|links| links.push(link));
            label.set(String::new());
            url.set(String::new());
        });
    });
    let is_empty = move || links.with(Vec::is_empty);
    view! {
        <p class="quiet" hidden=move || !is_empty()>"No relevant links added"</p>
        <ul class="issue-cards plain-list">
            <Each each=move || links.get() key=|link| link.id let(link)>
                <li class="issue-card">
                    <TrackerLink url=link.url.clone() label=link.label.clone()/>
                    <RemoveLink run link links/>
                </li>
            </Each>
        </ul>
        <form class="form" novalidate=true on:submit=move |event| {
            event.prevent_default();
            add.run(());
        }>
            <input type="submit" hidden=true/>
            <TextField label="Label" value=label placeholder="Doc, Logs, etc." required=true problem=label_says/>
            <TextField label="URL" value=url kind="url" placeholder="https://example.com" required=true problem=url_says/>
            <SendingError sending/>
            <DialogActions open cancel="Close">
                <ActionButton label="Add Link" on_press=add busy=Signal::derive(move || sending.is_busy()) weight=Weight::Primary/>
            </DialogActions>
        </form>
    }
    .erase_unsent()
}

#[component]
fn RemoveLink(run: i64, link: TestExecutionRelevantLinkResponse, links: Links) -> impl IntoView {
    let sending = Sending::new();
    let id = link.id;
    let remove = move |()| {
        sending.send(Change::delete(format!("/v1/test-executions/{run}/links/{id}")), move |()| {
            links.update(|links| links.retain(|other| other.id != id));
        });
    };
    view! {
        <ActionButton
            label="Remove link"
            name=format!("Remove the link {}", link.label)
            on_press=remove
            busy=Signal::derive(move || sending.is_busy())
            weight=Weight::Small
        />
        <SendingError sending/>
    }
}

#[cfg(test)]
mod tests {
    use super::problems;

    #[test]
    fn a_link_has_a_label_and_an_address_of_the_web() {
        for (label, url, is_label_bad, is_url_bad) in [
            ("Doc", "https://example.com", false, false),
            (" ", "http://example.com/x", true, false),
            ("Doc", "", false, true),
            ("Doc", "example.com", false, true),
            ("Doc", "javascript:alert(1)", false, true),
            ("Doc", "https://", false, true),
        ] {
            let (about_label, about_url) = problems(label, url);
            assert_eq!((about_label.is_some(), about_url.is_some()), (is_label_bad, is_url_bad), "{label} {url}");
        }
    }
}
