//! What happened to what somebody did: one region at the bottom of the page, read out, never in the way.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use leptos::prelude::*;

use super::each::Each;
use crate::client::ClientError;
use crate::erase::Erase;

/// As long a message without anything to do stays.
const BRIEFLY: Duration = Duration::from_secs(5);
/// As long an offer to undo stands.
const OFFERED: Duration = Duration::from_secs(10);

/// The id of the next message. None is given out twice: the end of one that was dismissed would be the end of its namesake.
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Tells the visitor what happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Feedback(RwSignal<Vec<Message>>);

#[derive(Clone, Debug)]
struct Message {
    id: usize,
    text: String,
    is_failure: bool,
    /// What can be done about it, with the word for that.
    offer: Option<(&'static str, Callback<()>)>,
}

impl Feedback {
    /// Makes the region known to every part of the page.
    pub(crate) fn provide() -> Self {
        let feedback = Self(RwSignal::new(Vec::new()));
        provide_context(feedback);
        feedback
    }

    /// Something was done.
    pub(crate) fn done(self, text: impl Into<String>) {
        self.add(text.into(), false, None, Some(BRIEFLY));
    }

    /// Something was done that can be taken back.
    pub(crate) fn undoable(self, text: impl Into<String>, undo: Callback<()>) {
        self.add(text.into(), false, Some(("Undo", undo)), Some(OFFERED));
    }

    /// Something was not done. It stays until somebody has seen it.
    pub(crate) fn failed(self, what: &str, error: &ClientError) {
        let details = error.details().unwrap_or_else(|| error.advice());
        self.add(format!("{what}: {details}"), true, None, None);
    }

    /// Something was not done, and there is something to do about it. It stays until somebody has seen it.
    pub(crate) fn failed_with_offer(self, text: impl Into<String>, label: &'static str, action: Callback<()>) {
        self.add(text.into(), true, Some((label, action)), None);
    }

    fn add(self, text: String, is_failure: bool, offer: Option<(&'static str, Callback<()>)>, lasts: Option<Duration>) {
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        self.0.update(|messages| messages.push(Message { id, text, is_failure, offer }));
        if let Some(lasts) = lasts {
            set_timeout(move || self.dismiss(id), lasts);
        }
    }

    fn dismiss(self, id: usize) {
        self.0.update(|messages| messages.retain(|message| message.id != id));
    }
}

/// Where to tell what happened.
pub(crate) fn use_feedback() -> Feedback {
    use_context().unwrap_or_else(Feedback::provide)
}

/// The region. It exists before there is anything in it, else nothing would be read out.
#[component]
pub(crate) fn FeedbackRegion() -> impl IntoView {
    let feedback = use_feedback();
    view! {
        <div class="feedback" role="log" aria-live="polite" aria-label="Messages">
            <Each each=move || feedback.0.get() key=|message| message.id let(message)>
                <div class="feedback-message" class:feedback-failure=message.is_failure>
                    <span>{message.text.clone()}</span>
                    {message.offer.map(|(label, action)| {
                        let take = move |_| {
                            action.run(());
                            feedback.dismiss(message.id);
                        };
                        view! { <button type="button" class="button button-small" on:click=take>{label}</button> }
                    })}
                    <button type="button" class="button button-small" aria-label="Dismiss the message" on:click=move |_| feedback.dismiss(message.id)>
                        "×"
                    </button>
                </div>
            </Each>
        </div>
    }
    .erase()
}

#[cfg(test)]
mod tests {
    use leptos::prelude::*;

    use super::Feedback;

    #[test]
    fn the_end_of_a_message_that_was_dismissed_is_not_the_end_of_the_next() {
        Owner::new().with(|| {
            let feedback = Feedback(RwSignal::new(Vec::new()));
            let ids = || feedback.0.with_untracked(|messages| messages.iter().map(|it| it.id).collect::<Vec<_>>());
            feedback.add("Attached.".to_owned(), false, None, None);
            let first = ids()[0];
            feedback.dismiss(first);
            feedback.add("Detached.".to_owned(), false, None, None);
            feedback.dismiss(first);
            assert_eq!(ids().len(), 1);
        });
    }
}
