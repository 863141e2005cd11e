//! A text that is read until somebody wants to change it where it stands.

use leptos::{html, prelude::*};
use serde_json::json;

use super::{
    forms::{Opened, later},
    sign_off::send,
    state::PageState,
};
use crate::erase::Erase;
use crate::{
    api::Permission,
    components::{
        button::{ActionButton, Weight},
        sending::{Sending, SendingError},
    },
};

/// The comment on the artefact.
#[component]
pub(super) fn CommentEditor(page: PageState) -> impl IntoView {
    let is_editing = RwSignal::new(false);
    let text = RwSignal::new(String::new());
    let edit = move || {
        text.set(page.artefact.with_untracked(|artefact| artefact.comment.clone()));
        is_editing.set(true);
    };
    let shown = move || page.artefact.with(|artefact| artefact.comment.clone());
    view! {
        <section class="comment" aria-labelledby="comment">
            <div class="comment-head">
                <h2 id="comment">"comment"</h2>
                <span hidden=is_editing>
                    <ActionButton
                        label="edit"
                        name="Edit the comment"
                        on_press=edit
                        permit=page.permit_signal(Permission::ChangeArtefact)
                        weight=Weight::Small
                    />
                </span>
            </div>
            <p class="text" class:quiet=move || shown().is_empty() hidden=is_editing>
                {move || if shown().is_empty() { "No comment yet".to_owned() } else { shown() }}
            </p>
            <Show when=move || is_editing.get()>
                <Editor text/>
                {later(Opened::Comment { page, text, open: is_editing })}
            </Show>
        </section>
    }
    .erase()
}

/// The box for it, there at once: whoever types as soon as they have pressed the button loses nothing.
#[component]
fn Editor(text: RwSignal<String>) -> impl IntoView {
    let field = NodeRef::<html::Textarea>::new();
    Effect::new(move || {
        if let Some(field) = field.get() {
            // What has just been built can have the focus.
            let _ = field.focus();
        }
    });
    view! {
        <textarea
            class="comment-field"
            rows="4"
            aria-labelledby="comment"
            placeholder="Add a comment"
            node_ref=field
            prop:value=text
            on:input=move |event| text.set(event_target_value(&event))
        ></textarea>
    }
}

/// What is done with it. A text that could not be saved stays in the box, so that nobody takes it for saved.
#[component]
pub(super) fn CommentActions(page: PageState, text: RwSignal<String>, open: RwSignal<bool>) -> impl IntoView {
    let sending = Sending::new();
    let save = move || {
        let comment = text.get_untracked();
        if page.artefact.with_untracked(|artefact| artefact.comment == comment) {
            open.set(false);
        } else {
            send(page, sending, json!({"comment": comment}), Some(open));
        }
    };
    view! {
        <SendingError sending/>
        <div class="comment-actions">
            <ActionButton
                label="done"
                on_press=save
                busy=Signal::derive(move || sending.is_busy())
                weight=Weight::Primary
            />
            <button type="button" class="button" on:click=move |_| open.set(false)>
                "cancel"
            </button>
        </div>
    }
    .erase_unsent()
}
