//! One line of a log: its number, which is its address, and its text with colours and what was found.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsValue;

use super::viewer::State;
use crate::erase::Erase;
use crate::{
    client::ClientError,
    components::{
        copy::{here, write_to_clipboard},
        feedback::use_feedback,
    },
    text::log::lines::{Piece, is_error},
};

/// A line, counted from 0.
#[component]
pub(super) fn LogLine(state: State, at: usize) -> impl IntoView {
    let number = at + 1;
    let address = state.address(number);
    let feedback = use_feedback();
    let copy = {
        let address = address.clone();
        move |event: ev::MouseEvent| {
            if event.ctrl_key() || event.meta_key() || event.shift_key() {
                return;
            }
            event.prevent_default();
            state.marked.set(Some(at));
            remember(&address);
            let link = here(&address);
            leptos::task::spawn_local(async move {
                if write_to_clipboard(&link).await {
                    feedback.done(format!("Copied the link to line {number}."));
                } else {
                    let instead = "It is in the address bar instead.".to_owned();
                    feedback.failed("Not copied", &ClientError::Invalid(instead));
                }
            });
        }
    };
    let is_bad = state.lines.with_value(|lines| is_error(&lines.plain(at)));
    view! {
        <div class="log-line" class:log-error=is_bad class:log-marked=move || state.marked.get() == Some(at) data-line=number>
            <a class="log-number" href=address aria-label=format!("Link to line {number}") on:click=copy>
                {number}
            </a>
            <span class="log-text">{move || pieces(state, at)}</span>
        </div>
    }
    .erase_unsent()
}

/// Puts the line into the address bar. The router need not know: nothing else of the page changes.
fn remember(address: &str) {
    if let Ok(history) = window().history() {
        // A browser that refuses keeps the address it had.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(address));
    }
}

fn pieces(state: State, at: usize) -> impl IntoView + use<> {
    let (found, current) = state.found_in(at);
    let pieces = state.lines.with_value(|lines| lines.pieces(at, &found));
    pieces.into_iter().map(|piece| view_piece(piece, current)).collect_view()
}

fn view_piece(piece: Piece, current: Option<usize>) -> AnyView {
    let classes = piece.style.classes();
    match piece.found {
        Some(place) => {
            let classes = if Some(place) == current { format!("{classes} log-current") } else { classes };
            view! { <mark class=classes>{piece.text}</mark> }.erase_unsent()
        }
        None if classes.is_empty() => piece.text.erase_unsent(),
        None => view! { <span class=classes>{piece.text}</span> }.erase_unsent(),
    }
}
