//! The decision about an artefact: what there is to decide, what stands in the way, and how it is sent.

use leptos::{html, prelude::*};
use leptos_router::hooks::use_location;
use serde_json::{Value, json};

use super::forms::{Opened, later};
use super::{
    conflict::patch_artefact,
    filters::unfiltered,
    state::{PageState, Row},
};
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::{ArtefactResponse, ArtefactStatus, Permission},
    client::{Client, ClientError},
    components::{
        button::{ActionButton, Weight, may_go_on},
        dialog::{Dialog, DialogActions},
        field::TextArea,
        popover::Popover,
        sending::{Sending, SendingError},
        status::{Look, artefact_status_label},
    },
    text::query::address,
};

/// The decisions, in the order of the menu.
const DECISIONS: [ArtefactStatus; 3] =
    [ArtefactStatus::Approved, ArtefactStatus::MarkedAsFailed, ArtefactStatus::Undecided];

/// Why a decision cannot be taken, given what the environments' reviews come to; nothing where it can.
fn obstacle(decision: ArtefactStatus, reviews: &[ArtefactStatus]) -> Option<String> {
    let missing = reviews.iter().filter(|review| **review != ArtefactStatus::Approved).count();
    let has_rejected = reviews.contains(&ArtefactStatus::MarkedAsFailed);
    match decision {
        ArtefactStatus::Approved if missing == 1 => Some("1 environment is not approved.".to_owned()),
        ArtefactStatus::Approved if missing > 1 => Some(format!("{missing} environments are not approved.")),
        ArtefactStatus::MarkedAsFailed if !has_rejected => Some("No environment is rejected.".to_owned()),
        _ => None,
    }
}

/// Rows whose review counts: those that have one.
fn reviewed(page: PageState) -> Vec<Row> {
    page.rows.with(|rows| rows.iter().filter(|row| row.review.with(Option::is_some)).copied().collect())
}

/// The decision, and the menu to change it.
#[component]
pub(super) fn SignOff(page: PageState) -> impl IntoView {
    let trigger = NodeRef::<html::Button>::new();
    let open = RwSignal::new(false);
    let rejecting = RwSignal::new(false);
    let sending = Sending::new();
    let permit = page.permit_signal(Permission::ChangeArtefact);
    let status = move || page.artefact.with(|artefact| artefact.status);
    let press = move |_| {
        if open.get_untracked() {
            open.set(false);
        } else if may_go_on(permit.get_untracked(), None, page.feedback) {
            open.set(true);
        }
    };
    view! {
        <span class="popover-place">
            <button
                type="button"
                class="review-chip sign-off needs-script"
                node_ref=trigger
                aria-label=move || format!("Sign-off: {}", artefact_status_label(status()))
                aria-haspopup="dialog"
                aria-expanded=move || if open.get() { "true" } else { "false" }
                aria-disabled=move || permit.get().reason().is_some().then_some("true")
                aria-busy=move || sending.is_busy().then_some("true")
                title=move || permit.get().reason()
                on:click=press
            >
                {move || Look::from(status()).view()}
            </button>
            <Popover open on_close=move || open.set(false) label="Sign-off" trigger>
                {later(Opened::SignOff { page, sending, open, rejecting })}
            </Popover>
        </span>
        <Dialog open=rejecting title="Reject this artefact?">
            {later(Opened::Rejection(page, rejecting))}
        </Dialog>
    }
    .erase()
}

/// What can be decided, and what stands in the way.
#[component]
pub(super) fn Decisions(
    page: PageState,
    sending: Sending,
    open: RwSignal<bool>,
    rejecting: RwSignal<bool>,
) -> impl IntoView {
    let decide = Callback::new(move |decision| {
        open.set(false);
        if decision == ArtefactStatus::MarkedAsFailed {
            rejecting.set(true);
        } else {
            send(page, sending, json!({ "status": decision }), None);
        }
    });
    view! {
        {DECISIONS.map(|decision| view! { <Choice page decision on_choose=decide/> }.erase()).into_iter().collect_view()}
        <NotApproved page on_leave=move || open.set(false)/>
    }
    .erase_unsent()
}

#[component]
fn Choice(page: PageState, decision: ArtefactStatus, on_choose: Callback<ArtefactStatus>) -> impl IntoView {
    let reason = Memo::new(move |_| {
        let reviews: Vec<ArtefactStatus> = reviewed(page).into_iter().map(Row::status).collect();
        obstacle(decision, &reviews)
    });
    let is_current = move || page.artefact.with(|artefact| artefact.status == decision);
    let press = move |_| {
        if may_go_on(page.permit(Permission::ChangeArtefact), reason.get_untracked(), page.feedback) {
            on_choose.run(decision);
        }
    };
    view! {
        <button
            type="button"
            class="menu-item"
            aria-pressed=move || is_current().to_string()
            aria-disabled=move || reason.get().is_some().then_some("true")
            on:click=press
        >
            {Look::from(decision).view()}
            {move || reason.get().map(|reason| view! { <span class="quiet">{reason}</span> }.erase_unsent())}
        </button>
    }
}

/// The environments that stand in the way of an approval, each a link to it.
#[component]
fn NotApproved(page: PageState, #[prop(into)] on_leave: Callback<()>) -> impl IntoView {
    let query = use_location().query;
    let path = use_location().pathname;
    let missing =
        move || reviewed(page).into_iter().filter(|row| row.status() != ArtefactStatus::Approved).collect::<Vec<_>>();
    let view_row = move |row: Row| {
        // What the filters hide could not be gone to.
        let page_address = move || path.with(|path| query.with(|query| address(path, &unfiltered(query))));
        let leave = move |_| {
            row.open.set(true);
            on_leave.run(());
        };
        view! {
            <li>
                <a href=move || format!("{}#{}", page_address(), row.key.anchor()) on:click=leave>
                    {move || row.name()}
                </a>
                " "
                {move || Look::from(row.status()).view()}
            </li>
        }
    };
    view! {
        <div hidden=move || missing().is_empty()>
            <p class="menu-heading">"Not approved yet"</p>
            <ul class="menu-list">
                <Each each=missing key=|row| row.key children=view_row/>
            </ul>
        </div>
    }
}

/// A rejection says why: it cannot be sent without a comment.
#[component]
pub(super) fn Rejection(page: PageState, open: RwSignal<bool>) -> impl IntoView {
    let before = page.artefact.with_untracked(|artefact| artefact.comment.clone());
    let comment = RwSignal::new(before.clone());
    let sending = Sending::new();
    let obstacle = move || comment.with(|comment| comment.trim().is_empty().then(|| "Say why first.".to_owned()));
    let submit = move || {
        let mut body = json!({"status": ArtefactStatus::MarkedAsFailed});
        if comment.get_untracked() != before {
            body["comment"] = Value::String(comment.get_untracked());
        }
        send(page, sending, body, Some(open));
    };
    let rejected = reviewed(page).into_iter().filter(|row| row.status() == ArtefactStatus::MarkedAsFailed);
    let names: Vec<String> = rejected.map(Row::name).collect();
    view! {
        <p>{format!("Rejected environments: {}", names.join(", "))}</p>
        <TextArea label="Why it must not ship" value=comment placeholder="Add a comment"/>
        <SendingError sending/>
        <DialogActions open>
            <ActionButton
                label="Reject"
                on_press=submit
                obstacle=Signal::derive(obstacle)
                busy=Signal::derive(move || sending.is_busy())
                weight=Weight::Danger
            />
        </DialogActions>
    }
    .erase_unsent()
}

/// Sends a change of the artefact, shows what it became and closes the dialog, if there is one. What others have done in the meantime is offered to be loaded.
pub(super) fn send(page: PageState, sending: Sending, body: Value, dialog: Option<RwSignal<bool>>) {
    let before = page.artefact.get_untracked();
    let work = patch_artefact(Client::current(), page, body.clone());
    let is_dialog = dialog.is_some();
    sending.run(
        async move {
            let answer = work.await;
            if let Err(error) = &answer {
                refused(page, error, is_dialog);
            }
            answer
        },
        move |(artefact, tag): (ArtefactResponse, Option<String>)| {
            let words = outcome(&body, &artefact);
            page.show_artefact(artefact, tag);
            if let Some(dialog) = dialog {
                // The page may be gone by now.
                dialog.try_set(false);
            }
            let back = inverse(&body, &before);
            let undo = Callback::new(move |()| send(page, Sending::new(), back.clone(), None));
            page.feedback.undoable(words, undo);
        },
    );
}

fn refused(page: PageState, error: &ClientError, is_dialog: bool) {
    const NOT_SAVED: &str = "The artefact was not changed";
    let reload = Callback::new(move |()| page.reload());
    match error {
        ClientError::Outdated(text) => page.feedback.failed_with_offer(text.clone(), "Show how it is now", reload),
        // The dialog says it.
        _ if is_dialog => {}
        error => page.feedback.failed(NOT_SAVED, error),
    }
}

/// What was done, for people.
fn outcome(body: &Value, artefact: &ArtefactResponse) -> String {
    let what = format!("{} {}", artefact.name, artefact.version);
    match body.get("status") {
        Some(_) => format!("{what}: {}", artefact_status_label(artefact.status)),
        None if body.get("comment").is_some() => format!("The comment on {what} is saved"),
        None => format!("{what} is changed"),
    }
}

/// The change that takes another back.
fn inverse(body: &Value, before: &ArtefactResponse) -> Value {
    let fields = body.as_object().into_iter().flat_map(|body| body.keys());
    let all = json!({
        "status": before.status,
        "comment": before.comment,
        "archived": before.archived,
        "jira_issue": before.jira_issue,
        "stage": before.stage,
        "reviewer_ids": before.reviewers.iter().map(|reviewer| reviewer.id).collect::<Vec<_>>(),
    });
    fields.filter_map(|field| Some((field.clone(), all.get(field)?.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::{ArtefactStatus, obstacle};

    #[test]
    fn the_reviews_say_what_can_be_decided() {
        use ArtefactStatus::{Approved, MarkedAsFailed, Undecided};
        for (reviews, can_approve, can_reject) in [
            (&[Approved, Approved][..], true, false),
            (&[Approved, Undecided], false, false),
            (&[Approved, MarkedAsFailed], false, true),
            (&[], true, false),
        ] {
            assert_eq!(obstacle(Approved, reviews).is_none(), can_approve, "{reviews:?}");
            assert_eq!(obstacle(MarkedAsFailed, reviews).is_none(), can_reject, "{reviews:?}");
            assert!(obstacle(Undecided, reviews).is_none());
        }
        assert_eq!(obstacle(Approved, &[Undecided]), Some("1 environment is not approved.".to_owned()));
    }
}
