//! Reviewing several environments at once: which are ticked, and what is said of all of them.

use std::collections::{HashMap, HashSet};

use leptos::{prelude::*, task::spawn_local};
use serde_json::{Map, Value, json};

use super::forms::{Opened, later};
use super::{
    environments::{Scope, selected_rows},
    review::{Decision, Review, status_of},
    review_form::DecisionBoxes,
    state::{Key, PageState, Row},
};
use crate::erase::Erase;
use crate::{
    api::{ArtefactBuildEnvironmentReviewResponse, Permission},
    client::{Change, Client},
    components::{
        button::{ActionButton, Weight},
        dialog::{Dialog, DialogActions},
        field::TextArea,
        sending::{Sending, SendingError},
        status::artefact_status_label,
    },
};

/// Of the rows that are shown those that are ticked and have a review.
pub(super) fn effective(shown: &[Row], selected: &HashSet<Key>) -> Vec<Row> {
    let is_effective = |row: &&Row| selected.contains(&row.key) && row.review.with(Option::is_some);
    shown.iter().filter(is_effective).copied().collect()
}

/// How many are ticked, the ways to tick all or none, and what can be done with them.
#[component]
pub(super) fn SelectionRow(scope: Scope) -> impl IntoView {
    let page = scope.page;
    let open = RwSignal::new(false);
    let count = Memo::new(move |_| selected_rows(scope).len());
    let words = move || {
        let hidden = page.selected.with(HashSet::len).saturating_sub(count.get());
        let words = format!("{} of {} selected", count.get(), page.rows.with(Vec::len));
        match hidden {
            0 => words,
            1 => format!("{words}. 1 more is hidden by the filters, and will not be reviewed."),
            _ => format!("{words}. {hidden} more are hidden by the filters, and will not be reviewed."),
        }
    };
    let select_all = move || {
        let shown = untrack(move || scope.shown_rows());
        let keys = shown.iter().filter(|row| row.review.with_untracked(Option::is_some)).map(|row| row.key).collect();
        page.selected.set(keys);
    };
    let label = move || format!("Review {} environment{}", count.get(), if count.get() == 1 { "" } else { "s" });
    let obstacle = move || (count.get() == 0).then(|| "Select environments first.".to_owned());
    view! {
        <div class="selection" hidden=move || page.rows.with(Vec::is_empty)>
            <span role="status">{words}</span>
            <ActionButton label="Select All" on_press=select_all/>
            <ActionButton label="Deselect All" on_press=move || page.selected.set(HashSet::new())/>
            <ActionButton
                label=Signal::derive(label)
                on_press=move || open.set(true)
                permit=page.permit_signal(Permission::ChangeEnvironmentReview)
                obstacle=Signal::derive(obstacle)
                weight=Weight::Primary
            />
        </div>
        <Dialog open title="Bulk Environment Review">
            {later(Opened::BulkReview(scope, open))}
        </Dialog>
    }
    .erase()
}

/// The changes to send: of the comment only if somebody wrote in the box.
fn body(ids: &[i64], decisions: &[Decision], comment: Option<&str>) -> Value {
    let entry = |id: &i64| {
        let mut entry = Map::new();
        entry.insert("id".to_owned(), json!(id));
        entry.insert("review_decision".to_owned(), json!(decisions));
        if let Some(comment) = comment {
            entry.insert("review_comment".to_owned(), json!(comment));
        }
        Value::Object(entry)
    };
    ids.iter().map(entry).collect()
}

#[component]
pub(super) fn BulkReview(scope: Scope, open: RwSignal<bool>) -> impl IntoView {
    let page = scope.page;
    // Those that were ticked when the dialog opened, whatever happens behind it.
    let rows = untrack(move || selected_rows(scope));
    let names = rows.iter().map(|row| view! { <li>{row.name()}</li> }.erase_unsent()).collect_view();
    let count = rows.len();
    let chosen = RwSignal::new(Vec::new());
    let comment = RwSignal::new(String::new());
    let keeps_comments = RwSignal::new(true);
    Effect::new(move || {
        if comment.with(|comment| !comment.is_empty()) {
            keeps_comments.set(false);
        }
    });
    let sending = Sending::new();
    let submit = {
        let rows = rows.clone();
        move || {
            let decisions = chosen.get_untracked();
            let comment = (!keeps_comments.get_untracked()).then(|| comment.get_untracked());
            send(page, &rows, &decisions, comment.as_deref(), sending, open);
        }
    };
    view! {
        <p>{format!("Applying review to {count} environment(s):")}</p>
        <ul class="bordered-list">{names}</ul>
        <DecisionBoxes legend="Select review status:" before=Vec::new() chosen/>
        <TextArea label="Additional review comment:" value=comment placeholder="Insert review comment"/>
        <p class="quiet">
            {move || {
                if keeps_comments.get() {
                    "Comments that are there stay as they are."
                } else {
                    "This comment takes the place of those that are there."
                }
            }}
        </p>
        <SendingError sending/>
        <DialogActions open cancel="Cancel">
            <ActionButton
                label="Submit Reviews"
                on_press=submit
                busy=Signal::derive(move || sending.is_busy())
                weight=Weight::Primary
            />
        </DialogActions>
    }
    .erase_unsent()
}

fn send(
    page: PageState,
    rows: &[Row],
    decisions: &[Decision],
    comment: Option<&str>,
    sending: Sending,
    open: RwSignal<bool>,
) {
    let reviews: HashMap<i64, (Row, Review)> =
        rows.iter().filter_map(|row| row.review.get_untracked().map(|review| (review.id, (*row, review)))).collect();
    let ids: Vec<i64> = reviews.keys().copied().collect();
    let word = artefact_status_label(status_of(decisions));
    let change = Change::patch(path(page)).json(&body(&ids, decisions, comment));
    sending.send(change, move |changed: Vec<ArtefactBuildEnvironmentReviewResponse>| {
        take(page, &reviews, changed);
        open.set(false);
        let count = reviews.len();
        let undo = Callback::new(move |()| put_back(page, &reviews));
        page.feedback.undoable(format!("Reviewed {count} environment(s): {word}"), undo);
    });
}

fn path(page: PageState) -> String {
    format!("/v1/artefacts/{}/environment-reviews", page.id)
}

fn take(page: PageState, rows: &HashMap<i64, (Row, Review)>, changed: Vec<ArtefactBuildEnvironmentReviewResponse>) {
    for review in changed {
        if let Some((row, _)) = rows.get(&review.id) {
            page.set_review(*row, review.into());
        }
    }
    page.refresh_artefact();
}

/// Puts back what each review said before.
fn put_back(page: PageState, before: &HashMap<i64, (Row, Review)>) {
    let entries: Vec<Value> = before
        .values()
        .map(|(_, review)| json!({"id": review.id, "review_decision": review.decisions, "review_comment": review.comment}))
        .collect();
    let before = before.clone();
    let change = Change::patch(path(page)).json(&entries);
    let answer = Client::current().send::<Vec<ArtefactBuildEnvironmentReviewResponse>>(change);
    spawn_local(async move {
        match answer.await {
            Ok(changed) => take(page, &before, changed),
            Err(error) => page.feedback.failed("The reviews could not be put back", &error),
        }
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Decision, body};

    #[test]
    fn comments_are_left_alone_unless_somebody_wrote_one() {
        let decisions = [Decision::ApprovedAllTestsPass];
        assert_eq!(body(&[3], &decisions, None), json!([{"id": 3, "review_decision": ["APPROVED_ALL_TESTS_PASS"]}]));
        assert_eq!(
            body(&[3, 4], &[], Some("")),
            json!([
                {"id": 3, "review_decision": [], "review_comment": ""},
                {"id": 4, "review_decision": [], "review_comment": ""},
            ])
        );
    }
}
