//! Buttons that do something: what stands in the way is said before somebody presses.

use leptos::prelude::*;

use super::{
    feedback::{Feedback, use_feedback},
    session::{Permit, sign_in_address},
};
use crate::client::ClientError;
use crate::erase::Erase;

/// How much a button stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Weight {
    /// One of several.
    #[default]
    Plain,
    /// What people came for.
    Primary,
    /// Takes something away.
    Danger,
    /// In a row of a table or a heading.
    Small,
}

impl Weight {
    fn class(self) -> &'static str {
        match self {
            Self::Plain => "button needs-script",
            Self::Primary => "button button-primary needs-script",
            Self::Danger => "button button-danger needs-script",
            Self::Small => "button button-small needs-script",
        }
    }
}

/// Whether a visitor who asks for something gets it. Else they are led to signing in, or told what stands in the way.
pub(crate) fn may_go_on(permit: Permit, obstacle: Option<String>, feedback: Feedback) -> bool {
    if permit == Permit::SignIn {
        let location = window().location();
        let here = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
        // A browser that refuses to go somewhere leaves the visitor where they are.
        let _ = location.assign(&sign_in_address(&here));
        return false;
    }
    let reason = permit.reason().or(obstacle);
    if let Some(reason) = &reason {
        feedback.failed("Not now", &ClientError::Invalid(reason.clone()));
    }
    reason.is_none()
}

/// A button. While it may not be pressed it stays reachable, so that its reason can be read; `aria-disabled` says so.
#[component]
pub(crate) fn ActionButton(
    /// The words on it.
    #[prop(into)]
    label: Signal<String>,
    /// What it does.
    #[prop(into)]
    on_press: Callback<()>,
    /// Whether the visitor may.
    #[prop(optional, into)]
    permit: Option<Signal<Permit>>,
    /// Why it makes no sense now; nothing where it does.
    #[prop(optional, into)]
    obstacle: Option<Signal<Option<String>>>,
    /// Whether its last press is still being dealt with.
    #[prop(optional, into)]
    busy: Option<Signal<bool>>,
    /// How much it stands out.
    #[prop(optional)]
    weight: Weight,
    /// What it is called for those who only hear it, where its words do not say enough.
    #[prop(optional, into)]
    name: Option<Signal<String>>,
    /// The key that does the same.
    #[prop(optional)]
    shortcut: Option<&'static str>,
) -> impl IntoView {
    let feedback = use_feedback();
    let is_busy = move || busy.is_some_and(|busy| busy.get());
    let permitted = move || permit.map_or(Permit::Granted, |permit| permit.get());
    let reason = move || permitted().reason().or_else(|| obstacle.and_then(|obstacle| obstacle.get()));
    let press = move |_| {
        if untrack(is_busy) {
            return;
        }
        let obstacle = untrack(|| obstacle.and_then(|obstacle| obstacle.get()));
        if may_go_on(untrack(permitted), obstacle, feedback) {
            on_press.run(());
        }
    };
    view! {
        <button
            type="button"
            class=weight.class()
            aria-disabled=move || (is_busy() || reason().is_some()).then_some("true")
            aria-busy=move || is_busy().then_some("true")
            aria-label=move || name.map(|name| name.get())
            aria-keyshortcuts=shortcut
            title=reason
            on:click=press
        >
            {label}
        </button>
    }
    .erase()
}
