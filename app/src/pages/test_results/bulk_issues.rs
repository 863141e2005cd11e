//! Attaching an issue to everything that a search finds, or detaching it.

use leptos::prelude::*;
use serde_json::{Value, json};

use crate::erase::Erase;
use crate::{
    client::{Change, Client, ClientError},
    components::{
        button::{ActionButton, Weight},
        dialog::{Dialog, DialogActions},
        feedback::use_feedback,
        issue_url::{IssueUrlField, own_origin, parse_issue_reference, resolve_issue},
        rerun_dialog::MANY,
        sending::{Sending, SendingError},
    },
    text::result_filters::ResultFilters,
};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Attach,
    Detach,
}

impl Direction {
    fn verb(self) -> &'static str {
        match self {
            Self::Attach => "attach",
            Self::Detach => "detach",
        }
    }

    fn title(self, count: i64) -> String {
        match self {
            Self::Attach => format!("Attach the issue to the {count} selected test results"),
            Self::Detach => format!("Detach the issue from the {count} selected test results"),
        }
    }

    fn done(self, count: i64) -> String {
        match self {
            Self::Attach => format!("The issue is attached to {count} test results."),
            Self::Detach => format!("The issue is detached from {count} test results."),
        }
    }
}

/// The dialog. For many results the button has to be pressed twice.
#[component]
pub(super) fn AttachmentDialog(
    open: RwSignal<bool>,
    direction: Direction,
    filters: ResultFilters,
    count: i64,
    on_done: Callback<()>,
) -> impl IntoView {
    let (feedback, sending) = (use_feedback(), Sending::new());
    let url = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let is_confirming = RwSignal::new(false);
    Effect::new(move || {
        if open.get() {
            url.set(String::new());
            problem.set(None);
            is_confirming.set(false);
            sending.reset();
        }
    });
    let filters = StoredValue::new(filters);
    let submit = move || {
        let reference = match parse_issue_reference(&url.get_untracked(), &own_origin()) {
            Ok(reference) => reference,
            Err(words) => {
                problem.set(Some(words));
                return;
            }
        };
        problem.set(None);
        if count > MANY && !is_confirming.get_untracked() {
            is_confirming.set(true);
            return;
        }
        let client = Client::current();
        let body = json!({"test_results_filters": filters.with_value(ResultFilters::json)});
        let work = async move {
            let issue = resolve_issue(client.clone(), reference).await?;
            let change = Change::post(format!("/v1/issues/{issue}/{}", direction.verb())).json(&body);
            client.send::<Value>(change).await?;
            Ok::<(), ClientError>(())
        };
        sending.run(work, move |()| {
            open.set(false);
            feedback.done(direction.done(count));
            on_done.run(());
        });
    };
    let label = move || if is_confirming.get() { "proceed" } else { direction.verb() }.to_owned();
    view! {
        <Dialog open title=direction.title(count)>
            <form
                class="form"
                on:submit=move |event| {
                    event.prevent_default();
                    submit();
                }
            >
                <IssueUrlField value=url problem/>
                <div class="confirm" role="alert" hidden=move || !is_confirming.get()>
                    <p class="notice-title">"Confirm Bulk Operation"</p>
                    <p>{format!("This changes {count} test results.")}</p>
                </div>
                <SendingError sending/>
                <DialogActions open>
                    <ActionButton
                        label=Signal::derive(label)
                        weight=Weight::Primary
                        busy=Signal::derive(move || sending.is_busy())
                        on_press=move |()| submit()
                    />
                </DialogActions>
            </form>
        </Dialog>
    }
    .erase()
}
