//! Signing in with a password.

use leptos::{ev, html, prelude::*};
use serde_json::{Value, json};

use crate::erase::Erase;
use crate::{
    client::Change,
    components::sending::{Sending, SendingError},
};

/// Address and password. The fields are the browser's own, so that password managers find them.
#[component]
pub(super) fn PasswordForm(return_to: String) -> impl IntoView {
    let sending = Sending::new();
    let email = NodeRef::<html::Input>::new();
    let password = NodeRef::<html::Input>::new();
    let value = |field: NodeRef<html::Input>| field.get_untracked().map(|field| field.value()).unwrap_or_default();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let body = json!({"email": value(email).trim(), "password": value(password)});
        let return_to = return_to.clone();
        // The page is loaded anew, as somebody else's.
        sending.send(Change::post("/v1/auth/local/login").json(&body), move |_user: Value| {
            let _ = window().location().assign(&return_to);
        });
    };
    view! {
        <form class="form" on:submit=submit method="post">
            <div class="field">
                <label for="email">"E-mail address"</label>
                <input id="email" type="email" name="email" autocomplete="username" required node_ref=email/>
            </div>
            <div class="field">
                <label for="password">"Password"</label>
                <input id="password" type="password" name="password" autocomplete="current-password" required node_ref=password/>
            </div>
            <SendingError sending/>
            <button class="button button-primary needs-script" aria-busy=move || sending.is_busy().then_some("true")>
                "Log in"
            </button>
            <noscript>
                <p>"Signing in with a password needs JavaScript."</p>
            </noscript>
        </form>
    }
    .erase()
}
