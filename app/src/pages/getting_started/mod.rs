//! How to send the first result: shown instead of an empty dashboard, and from the Help menu.

mod arrival;
mod snippets;

use std::future::Future;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::erase::Erase;
use crate::{
    api::GettingStartedResponse,
    client::{Client, ClientError},
    components::{
        copy::CopyButton,
        error_notice::ErrorPage,
        load::{load, loading},
    },
    response,
};
use arrival::Arrival;
use snippets::Snippets;

/// Asks how this installation is reached, and whether anything has arrived.
pub(super) fn fetch() -> impl Future<Output = Result<GettingStartedResponse, ClientError>> + Send + use<> {
    Client::current().get("/v1/getting-started")
}

/// `/getting-started`.
#[component]
pub(crate) fn GettingStartedPage() -> impl IntoView {
    let state = load(fetch);
    view! {
        {state.view(loading, move |answer| match answer {
            Err(error) => view! { <ErrorPage error/> }.erase(),
            Ok(state) => view! { <GettingStarted state/> }.erase(),
        })}
    }
}

/// The page's content.
#[component]
pub(super) fn GettingStarted(state: GettingStartedResponse) -> impl IntoView {
    if state.api_key.is_some() {
        response::mark_secret();
    }
    let is_empty = state.families.is_empty();
    let snippets = Snippets::new(&state.base_url, state.api_key.as_deref());
    let has_key = state.api_key.is_some();
    view! {
        <Title text="Getting started"/>
        <div class="prose">
            <h1>{if is_empty { "Send the first test result" } else { "Getting started" }}</h1>
            <p class="lead">
                "Test Observer stores the results of tests that run elsewhere. A runner reports over HTTP: it starts a "
                <strong>"test execution"</strong> ", posts results, and completes it. The artefact it tested then shows up here."
            </p>
            <p>"This server is reached at " <code class="address">{state.base_url}</code> "."</p>
            <Key has_key/>
            <h2>"With curl"</h2>
            <p>"Paste the steps into one shell, in this order."</p>
            <ol class="steps">
                {snippets.curl.into_iter().map(|(title, code)| view! { <li><h3>{title}</h3> <Snippet code what="this step"/></li> }.erase()).collect_view()}
            </ol>
            <h2>"With Python"</h2>
            <p>"The same in one script. It needs nothing but Python 3."</p>
            <Snippet code=snippets.python what="the script"/>
            <h2>"What comes next"</h2>
            <p>
                "Post the results of a run in as many batches as you like; each is added to the execution. Completing it works the status out: "
                "failed if any result failed, else passed. Every operation is described in the " <a href="/docs" rel="external">"API documentation"</a>
                "."
            </p>
        </div>
        <Arrival waiting=is_empty/>
    }
}

#[component]
fn Key(has_key: bool) -> impl IntoView {
    if has_key {
        view! {
            <p>
                "The steps below hold a working API key. It is shown because this server listens on this machine only; "
                "anywhere else a key is made on the command line, as below."
            </p>
            <Snippet code=snippets::MAKE_KEY.to_owned() what="the command"/>
        }
        .erase()
    } else {
        view! {
            <p>"Sending needs an API key. Where the server runs, make one for your runner; the command prints it, once:"</p>
            <Snippet code=snippets::MAKE_KEY.to_owned() what="the command"/>
        }
        .erase()
    }
}

#[component]
fn Snippet(code: String, what: &'static str) -> impl IntoView {
    let copied = code.clone();
    view! {
        <div class="snippet">
            <pre tabindex="0">
                <code>{code}</code>
            </pre>
            <CopyButton text=Callback::new(move |()| copied.clone()) what/>
        </div>
    }
}
