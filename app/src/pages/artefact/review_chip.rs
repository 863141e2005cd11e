//! The review of one environment: the chip that shows it, and opens the panel to change it.

use leptos::{html, prelude::*};

use super::{
    forms::{Opened, later},
    state::{PageState, Row},
};
use crate::erase::Erase;
use crate::{
    api::Permission,
    components::{
        button::may_go_on,
        popover::Popover,
        status::{Look, artefact_status_label},
    },
};

/// The chip; who may review opens the panel with it.
#[component]
pub(super) fn ReviewChip(row: Row, page: PageState) -> impl IntoView {
    let trigger = NodeRef::<html::Button>::new();
    let permit = page.permit_signal(Permission::ChangeEnvironmentReview);
    let open = Memo::new(move |_| page.reviewing.get() == Some(row.key));
    let obstacle = move || {
        let has_none = row.review.with(Option::is_none);
        has_none.then(|| "The API has no review for this environment.".to_owned())
    };
    let reason = move || permit.get().reason().or_else(obstacle);
    let press = move |_| {
        if open.get_untracked() {
            page.reviewing.set(None);
        } else if may_go_on(permit.get_untracked(), untrack(obstacle), page.feedback) {
            page.reviewing.set(Some(row.key));
        }
    };
    let name = move || format!("Review of {}: {}", row.name(), artefact_status_label(row.status()));
    view! {
        <span class="popover-place">
            <button
                type="button"
                class="review-chip needs-script"
                node_ref=trigger
                aria-label=name
                aria-haspopup="dialog"
                aria-expanded=move || if open.get() { "true" } else { "false" }
                aria-disabled=move || reason().is_some().then_some("true")
                aria-keyshortcuts="v"
                title=reason
                on:click=press
            >
                {move || Look::from(row.status()).view()}
            </button>
            // There are as many chips as environments, and one panel at most.
            {move || {
                open.get().then(|| {
                    view! {
                        <Popover open on_close=move || page.reviewing.set(None) label=Signal::derive(name) trigger>
                            {later(Opened::Review(row, page))}
                        </Popover>
                    }.erase()
                })
            }}
        </span>
    }
    .erase()
}
