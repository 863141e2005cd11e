//! What can be done to everything that a search finds.

use leptos::prelude::*;

use super::{
    bulk_issues::{AttachmentDialog, Direction},
    bulk_rule::RuleDialog,
};
use crate::erase::Erase;
use crate::{
    api::Permission,
    components::{
        button::ActionButton,
        rerun_dialog::{RerunDialog, Wish},
        session::use_session,
    },
    text::result_filters::ResultFilters,
};

/// The buttons. All act on what the address filters by, not only on the page that is shown.
#[component]
pub(super) fn BulkOperations(filters: ResultFilters, count: i64, on_done: Callback<()>) -> impl IntoView {
    let session = use_session();
    let obstacle = match (filters.can_choose(), count) {
        (false, _) if !filters.q.is_empty() => {
            Some("Bulk operations do not understand words: choose by other filters.")
        }
        (false, _) => Some("Choose by something other than dates first."),
        (true, 0) => Some("No result matches."),
        (true, _) => None,
    };
    let obstacle = Signal::stored(obstacle.map(str::to_owned));
    let [rule, attach, detach, rerun, take_back] = [(); 5].map(|()| RwSignal::new(false));
    let button = move |label: &'static str, open: RwSignal<bool>, permission: Permission| {
        view! { <ActionButton label permit=session.permit_signal(permission) obstacle on_press=move |()| open.set(true)/> }.erase()
    };
    let (for_rule, for_attach, for_detach, for_rerun) =
        (filters.clone(), filters.clone(), filters.clone(), filters.clone());
    view! {
        <section class="bulk" aria-label="Bulk Operations">
            <h2>"Bulk Operations"</h2>
            {button("Create Attachment Rule", rule, Permission::ChangeAttachmentRule)}
            {button("Attach Issue", attach, Permission::ChangeIssueAttachmentBulk)}
            {button("Detach Issue", detach, Permission::ChangeIssueAttachmentBulk)}
            {button("Create Rerun Requests", rerun, Permission::ChangeRerunBulk)}
            {button("Delete Rerun Requests", take_back, Permission::ChangeRerunBulk)}
        </section>
        <RuleDialog open=rule filters=for_rule/>
        <AttachmentDialog open=attach direction=Direction::Attach filters=for_attach count on_done/>
        <AttachmentDialog open=detach direction=Direction::Detach filters=for_detach count on_done/>
        <RerunDialog open=rerun wish=Wish::Create filters=for_rerun on_done/>
        <RerunDialog open=take_back wish=Wish::Delete filters on_done/>
    }
    .erase()
}
