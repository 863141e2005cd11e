//! News while a page is open: the server says that something changed, the page marks it, and nothing jumps.

use leptos::prelude::*;
use serde::Deserialize;

use super::session::use_session;
#[cfg(not(feature = "ssr"))]
use crate::client::is_echo;
use crate::erase::Erase;

/// What the server says has changed. Ids only: what became of it is for the page to ask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct News {
    /// `artefact`, `test_execution`, `test_result`, `environment_review`, `issue`, `rerun_request`, `notification`; `refresh` after a gap.
    #[serde(skip)]
    pub(crate) kind: &'static str,
    /// The artefact that it belongs to.
    pub(crate) artefact_id: Option<i64>,
    /// The execution that it belongs to.
    pub(crate) test_execution_id: Option<i64>,
    /// The issue that it is about.
    pub(crate) issue_id: Option<i64>,
    /// Whether the visitor did it, here or elsewhere; nothing where the server cannot tell.
    is_own: Option<bool>,
}

/// The kinds of news.
#[cfg(not(feature = "ssr"))]
const KINDS: [&str; 8] = [
    "artefact",
    "test_execution",
    "test_result",
    "environment_review",
    "issue",
    "rerun_request",
    "notification",
    "refresh",
];

/// Tells `on_news` what others do, as long as the part of the page exists that calls this. `query` narrows it:
/// `artefact_id=12`, `family=snap&kinds=artefact`; empty for everything the visitor may see.
pub(crate) fn use_news(query: impl Into<String>, on_news: impl Into<Callback<News>>) {
    // The server would refuse those who may see nothing.
    if use_session().get().permissions.is_empty() {
        return;
    }
    let (query, on_news) = (query.into(), on_news.into());
    let hear = Callback::new(move |news: News| {
        // After a gap anything may have changed.
        let may_be_own = news.kind != "refresh" && news.is_own != Some(false);
        if !may_be_own || !is_echo() {
            on_news.run(news);
        }
    });
    // Only browsers run effects.
    Effect::new(move || listen(&query, hear));
}

/// How much of that there has been: for [`NewsBar`].
pub(crate) fn count_news(query: impl Into<String>) -> RwSignal<usize> {
    let count = RwSignal::new(0);
    use_news(query, Callback::new(move |_| count.update(|count| *count += 1)));
    count
}

/// Tells `on_news` that somebody who is signed in has been notified: also of what they do themselves.
pub(crate) fn use_notifications(on_news: Callback<News>) {
    if use_session().user().is_some() {
        Effect::new(move || listen("kinds=notification", on_news));
    }
}

#[cfg(feature = "ssr")]
fn is_echo() -> bool {
    false
}

#[cfg(feature = "ssr")]
fn listen(_query: &str, _on_news: Callback<News>) {}

#[cfg(not(feature = "ssr"))]
fn listen(query: &str, on_news: Callback<News>) {
    use send_wrapper::SendWrapper;
    use wasm_bindgen::{JsCast, closure::Closure};

    use crate::client;

    // The browser connects again by itself; one that cannot at all shows the page as it was.
    let Ok(source) = web_sys::EventSource::new(&format!("/v1/events?{query}")) else { return };
    let listeners: Vec<_> = KINDS
        .iter()
        .map(|kind| {
            let listener = Closure::<dyn Fn(web_sys::MessageEvent)>::new(move |event: web_sys::MessageEvent| {
                let told = event.data().as_string().and_then(|data| client::read::<News>(&data).ok());
                on_news.run(News { kind, ..told.unwrap_or_default() });
            });
            // A kind that cannot be listened to is not heard of.
            let _ = source.add_event_listener_with_callback(kind, listener.as_ref().unchecked_ref());
            listener
        })
        .collect();
    let kept = SendWrapper::new((source, listeners));
    on_cleanup(move || kept.0.close());
}

/// "3 changes since you opened this page", with the way to see them. Nothing moves before somebody asks for it.
#[component]
pub(crate) fn NewsBar(
    /// How many changes there are that the page does not show.
    news: RwSignal<usize>,
    /// Shows them.
    #[prop(into)]
    on_show: Callback<()>,
) -> impl IntoView {
    let words = move || match news.get() {
        0 => String::new(),
        1 => "1 change since this page was loaded".to_owned(),
        count => format!("{count} changes since this page was loaded"),
    };
    let show = move |_| {
        news.set(0);
        on_show.run(());
    };
    view! {
        <div class="news news-bar" role="status">
            <span hidden=move || news.get() == 0>
                {words} " "
                <button type="button" class="button button-small" on:click=show>
                    "Show"
                </button>
            </span>
        </div>
    }
    .erase()
}
