//! The review of one environment: the chip that shows it, and the panel to change it.

use leptos::{html, prelude::*, task::spawn_local};
use serde_json::{Map, Value, json};

use super::{
    review::{Decision, Review, status_of},
    review_form::DecisionBoxes,
    state::{PageState, Row},
};
use crate::erase::Erase;
use crate::{
    api::{ArtefactBuildEnvironmentReviewResponse, AuditSubjectKind, Permission},
    client::{Change, Client, ClientError},
    components::{
        button::{ActionButton, Weight, may_go_on},
        field::TextArea,
        paint::after_paint,
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
            after_paint(move || {
                page.reviewing.try_set(Some(row.key));
            });
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
                            <ReviewPanel row page/>
                        </Popover>
                    }.erase()
                })
            }}
        </span>
    }
    .erase()
}

/// What somebody writes, and the state of the review that they have seen.
#[derive(Clone, Copy)]
struct Draft {
    seen: RwSignal<Review>,
    tag: RwSignal<Option<String>>,
    decisions: RwSignal<Vec<Decision>>,
    comment: RwSignal<String>,
}

impl Draft {
    fn new(review: Review) -> Self {
        Self {
            decisions: RwSignal::new(review.decisions.clone()),
            comment: RwSignal::new(review.comment.clone()),
            seen: RwSignal::new(review),
            tag: RwSignal::new(None),
        }
    }

    /// Asks for the state there is now. Others may have changed it since the page was loaded; then that is shown.
    fn look_again(self, page: PageState, row: Row) {
        let path = path(page, self.seen.with_untracked(|seen| seen.id));
        let answer = Client::current().get_tagged::<ArtefactBuildEnvironmentReviewResponse>(&path);
        spawn_local(async move {
            let Ok((review, tag)) = answer.await else { return };
            if self.tag.is_disposed() {
                return;
            }
            let review = Review::from(review);
            if review != self.seen.get_untracked() {
                self.decisions.set(review.decisions.clone());
                self.comment.set(review.comment.clone());
                self.seen.set(review.clone());
                page.set_review(row, review);
            }
            self.tag.set(tag);
        });
    }

    fn review(self) -> Review {
        Review {
            decisions: self.decisions.get_untracked(),
            comment: self.comment.get_untracked(),
            ..self.seen.get_untracked()
        }
    }
}

#[component]
fn ReviewPanel(row: Row, page: PageState) -> impl IntoView {
    let Some(review) = row.review.get_untracked() else { return ().erase_unsent() };
    let draft = Draft::new(review);
    draft.look_again(page, row);
    let submit = move || {
        let (before, after, tag) = (draft.seen.get_untracked(), draft.review(), draft.tag.get_untracked());
        page.reviewing.set(None);
        if before != after {
            save(page, row, before, after, tag);
        }
    };
    view! {
        {move || {
            let before = draft.seen.with(|seen| seen.decisions.clone());
            view! { <DecisionBoxes legend="Select new review status:" before chosen=draft.decisions/> }
        }}
        <TextArea label="Additional review comments:" value=draft.comment placeholder="Insert review comment"/>
        <div class="dialog-actions">
            <button type="button" class="button" on:click=move |_| page.reviewing.set(None)>
                "Cancel"
            </button>
            <ActionButton label="Submit Review" on_press=submit weight=Weight::Primary/>
        </div>
    }
    .erase_unsent()
}

fn path(page: PageState, review: i64) -> String {
    format!("/v1/artefacts/{}/environment-reviews/{review}", page.id)
}

/// What is to be sent: what is different.
fn difference(before: &Review, after: &Review) -> Value {
    let mut body = Map::new();
    if before.decisions != after.decisions {
        body.insert("review_decision".to_owned(), json!(after.decisions));
    }
    if before.comment != after.comment {
        body.insert("review_comment".to_owned(), json!(after.comment));
    }
    Value::Object(body)
}

/// Shows the review at once, sends it, and puts it back when that fails.
fn save(page: PageState, row: Row, before: Review, after: Review, tag: Option<String>) {
    let change = Change::patch(path(page, after.id)).json(&difference(&before, &after)).if_match(tag);
    page.set_review(row, after.clone());
    let client = Client::current();
    let answer = client.send_tagged::<ArtefactBuildEnvironmentReviewResponse>(change);
    spawn_local(async move {
        match answer.await {
            Ok((review, tag)) => {
                let review = Review::from(review);
                let word = artefact_status_label(status_of(&review.decisions));
                if !row.review.is_disposed() {
                    page.set_review(row, review.clone());
                    page.refresh_artefact();
                    let undo = Callback::new(move |()| save(page, row, review.clone(), before.clone(), tag.clone()));
                    page.feedback.undoable(format!("Reviewed {}: {word}", untrack(move || row.name())), undo);
                }
            }
            Err(error) => refused(client, page, row, before, after, error).await,
        }
    });
}

/// Puts the chip back. Whoever was overtaken is told by what, and may save theirs all the same.
async fn refused(client: Client, page: PageState, row: Row, before: Review, after: Review, error: ClientError) {
    if row.review.is_disposed() {
        return;
    }
    let name = untrack(move || row.name());
    page.set_review(row, before);
    if !matches!(error, ClientError::Outdated(_)) {
        page.feedback.failed(&format!("The review of {name} was not saved"), &error);
        return;
    }
    let path = path(page, after.id);
    let now = client.get_tagged::<ArtefactBuildEnvironmentReviewResponse>(&path).await;
    let Ok((now, tag)) = now else {
        page.feedback.failed(&format!("The review of {name} was not saved"), &error);
        return;
    };
    let who = super::conflict::last_change(&client, page, AuditSubjectKind::EnvironmentReview, after.id).await;
    let now = Review::from(now);
    let says = now.words().unwrap_or_else(|| artefact_status_label(now.status()).to_owned());
    page.set_review(row, now.clone());
    let text = format!("{who} has reviewed {name} in the meantime: {says}. Your review was not saved.");
    let save_mine = Callback::new(move |()| save(page, row, now.clone(), after.clone(), tag.clone()));
    page.feedback.failed_with_offer(text, "Save mine instead", save_mine);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Decision, Review, difference};

    #[test]
    fn only_what_is_different_is_sent() {
        let review = |decisions: &[Decision], comment: &str| Review {
            id: 1,
            decisions: decisions.to_vec(),
            comment: comment.to_owned(),
            reviewers: vec![],
        };
        let before = review(&[], "Why");
        assert_eq!(difference(&before, &review(&[], "Because")), json!({"review_comment": "Because"}));
        assert_eq!(
            difference(&before, &review(&[Decision::Rejected], "Why")),
            json!({"review_decision": ["REJECTED"]})
        );
    }
}
