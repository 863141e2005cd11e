//! What a page says when it could not get its data: what happened, what to do, and a way to try again.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{client::ClientError, response};

/// A failed part of a page.
#[component]
pub(crate) fn ErrorNotice(error: ClientError) -> impl IntoView {
    let details = error.details().map(|text| view! { <p class="error-details">{text.to_owned()}</p> });
    view! {
        <div class="notice notice-error" role="alert">
            <p class="notice-title">{error.title()}</p>
            <p>{error.advice()}</p>
            {details}
            <p>
                // An empty address is the page itself, query and all; `external` has the browser load it, with or without scripts.
                <a class="button" href="" rel="external">
                    "Try again"
                </a>
            </p>
        </div>
    }
}

/// A page of which nothing could be shown; it is sent with the status that fits.
#[component]
pub(crate) fn ErrorPage(error: ClientError) -> impl IntoView {
    response::set_status(error.status());
    let title = error.title();
    view! {
        <Title text=title/>
        <h1>{title}</h1>
        <ErrorNotice error/>
    }
}
