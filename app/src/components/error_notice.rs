//! What a page says when it could not get its data: what happened, what to do, and a way to try again.

use leptos::prelude::*;
use leptos_meta::Title;

use leptos_router::hooks::use_location;

use super::{
    page_head::PageHead,
    session::{sign_in_address, use_session},
};
use crate::{client::ClientError, response};

/// A failed part of a page.
#[component]
pub(crate) fn ErrorNotice(error: ClientError) -> impl IntoView {
    let is_refused = matches!(error, ClientError::NotPermitted(_));
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
                {is_refused.then(|| view! { " " <SignInFirst/> })}
            </p>
        </div>
    }
}

/// The way to sign in, for those who have not: they may be allowed more then.
#[component]
fn SignInFirst() -> impl IntoView {
    let session = use_session();
    let location = use_location();
    let can_sign_in = move || session.user().is_none() && !session.get().sign_in_methods.is_empty();
    let address = move || {
        let (path, search) = (location.pathname.get(), location.search.get());
        sign_in_address(&if search.is_empty() { path } else { format!("{path}?{search}") })
    };
    view! {
        <a class="button" href=address hidden=move || !can_sign_in()>
            "Log in"
        </a>
    }
}

/// What stands in the place of a page's content that could not be got; it is sent with the status that fits.
#[component]
pub(crate) fn ErrorContent(
    /// The title of the page, where it does not stand above.
    #[prop(optional)]
    title: Option<&'static str>,
    error: ClientError,
) -> impl IntoView {
    response::set_status(error.status());
    view! {
        {title.map(|title| view! { <PageHead title/> })}
        <ErrorNotice error/>
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
