//! The panel in which the review of one environment is changed.

use leptos::{prelude::*, task::spawn_local};
use serde_json::{Map, Value, json};

use super::{
    review::{Decision, Review, status_of},
    review_form::DecisionBoxes,
    state::{PageState, Row},
};
use crate::erase::Erase;
use crate::{
    api::{ArtefactBuildEnvironmentReviewResponse, AuditSubjectKind},
    client::{Change, Client, ClientError},
    components::{
        button::{ActionButton, Weight},
        field::TextArea,
        status::artefact_status_label,
    },
};

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

/// The decisions and the comment, as they are and as they shall be.
#[component]
pub(super) fn ReviewPanel(row: Row, page: PageState) -> impl IntoView {
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
