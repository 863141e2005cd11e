//! What a test printed: the beginning with the page, the whole of it when somebody looks, and as plain text under its own address.

mod line;
mod search;
mod viewer;
mod window;

use std::sync::Arc;

use leptos::{prelude::*, task::spawn_local};

use super::data::{LogView, log_address};
use crate::erase::Erase;
use crate::{
    client::{Client, ClientError},
    components::error_notice::ErrorNotice,
    text::log::{count_lines, line_numbers, lines::VIEWED_LINES, size_in_words},
};
use viewer::Viewer;

/// As much of a log as there is: its beginning, or all that a viewer holds.
type Text = Option<Result<Arc<str>, ClientError>>;

/// A log. What did not come with the page is fetched when its result opens.
#[component]
pub(super) fn Log(run: i64, result: i64, log: LogView, open: RwSignal<bool>) -> impl IntoView {
    let LogView { lines, bytes, beginning } = log;
    // Nothing is known of a log that did not come with its result.
    let is_known = beginning.is_some() || bytes > 0;
    if is_known && bytes == 0 {
        return nothing();
    }
    let address = log_address(run, result);
    let has_all = beginning.as_deref().is_some_and(|text| count_lines(text) >= lines);
    let text = RwSignal::new(beginning.map(|text| Ok(Arc::from(text))));
    // Set once the result has been looked at: then the viewer takes over from the plain text that the server sent.
    let is_seen = RwSignal::new(false);
    Effect::new(move || {
        if open.get() {
            is_seen.set(true);
        }
    });
    let is_whole = RwSignal::new(has_all);
    load_when_seen(address.clone(), is_seen, text, is_whole);
    let size = move || {
        let here = text
            .with(|text| text.as_ref().and_then(|text| text.as_ref().ok()).map(|text| (count_lines(text), text.len())));
        let (lines, bytes) = here.map_or((lines, bytes), |(shown, length)| (lines.max(shown), bytes.max(length)));
        match lines {
            0 => String::new(),
            1 => format!("1 line, {}", size_in_words(bytes)),
            _ => format!("{lines} lines, {}", size_in_words(bytes)),
        }
    };
    view! {
        <section class="log-section" aria-label="IO Log">
            <div class="log-head">
                <h6>"IO Log"</h6>
                <span class="quiet number">{size}</span>
                <a href=address.clone() rel="external">
                    "Plain text"
                </a>
                <a href=address rel="external" download=format!("result-{result}.log")>
                    "Download"
                </a>
            </div>
            {move || match text.get() {
                None if is_known => view! { <p class="quiet">"The log is not part of this page: read it as plain text."</p> }.erase(),
                None => view! { <p class="loading">"Loading…"</p> }.erase(),
                Some(Err(error)) => view! { <ErrorNotice error/> }.erase(),
                Some(Ok(text)) if text.is_empty() => nothing(),
                // Not before there is all of it: what somebody searches for in the meantime would be lost.
                Some(Ok(text)) if is_seen.get() && is_whole.get() => {
                    let lines = lines.max(count_lines(&text));
                    view! { <Viewer run result text lines/> }.erase()
                }
                Some(Ok(text)) => view! { <PlainLog text lines/> }.erase(),
            }}
        </section>
    }
    .erase()
}

fn nothing() -> AnyView {
    view! { <p class="quiet">"The test printed nothing."</p> }.erase()
}

fn load_when_seen(address: String, is_seen: RwSignal<bool>, text: RwSignal<Text>, is_whole: RwSignal<bool>) {
    let asked = StoredValue::new(is_whole.get_untracked());
    Effect::new(move || {
        if is_seen.get() && !asked.get_value() {
            asked.set_value(true);
            let fetched = Client::current().get_text(&address);
            spawn_local(async move {
                let fetched = fetched.await.map(Arc::from);
                // What is shown already is better than the reason why there is no more of it.
                let keeps = fetched.is_err() && text.try_with_untracked(Option::is_some).unwrap_or_default();
                // The page may be gone by now.
                if !keeps {
                    let _ = text.try_set(Some(fetched));
                }
                let _ = is_whole.try_set(true);
            });
        }
    });
}

/// A log as the server sends it: readable without scripts, and what a browser shows before the page is alive.
#[component]
fn PlainLog(text: Arc<str>, lines: usize) -> impl IntoView {
    let shown = count_lines(&text);
    view! {
        <div class="log" tabindex="0" role="region" aria-label="Log text">
            <pre class="log-numbers" aria-hidden="true">{line_numbers(shown)}</pre>
            <pre class="log-text">{text.to_string()}</pre>
        </div>
        <Cut shown lines/>
    }
}

/// That a log goes on behind what is shown.
#[component]
fn Cut(shown: usize, lines: usize) -> impl IntoView {
    (shown < lines).then(|| {
        let more = if shown >= VIEWED_LINES { " The rest is in the plain text." } else { "" };
        view! { <p class="log-cut">{format!("These are the first {shown} of {lines} lines.{more}")}</p> }
    })
}

/// The line, from 1, of a result's log that a fragment names: `#result-12-line-340`.
fn named_line(fragment: &str, result: i64) -> Option<usize> {
    let line = fragment.trim_start_matches('#').strip_prefix(&format!("result-{result}-line-"))?;
    line.parse().ok().filter(|line| *line > 0)
}

#[cfg(test)]
mod tests {
    use super::named_line;

    #[test]
    fn a_fragment_names_a_line_of_one_result() {
        for (fragment, line) in [
            ("#result-12-line-340", Some(340)),
            ("result-12-line-1", Some(1)),
            ("#result-12-line-0", None),
            ("#result-12-line-x", None),
            ("#result-1-line-340", None),
            ("#result-12", None),
            ("", None),
        ] {
            assert_eq!(named_line(fragment, 12), line, "{fragment}");
        }
    }
}
