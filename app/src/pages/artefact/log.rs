//! What a test printed: the beginning at once, the whole of it as plain text under its own address.

use leptos::{prelude::*, task::spawn_local};

use super::data::{LogView, log_address};
use crate::{
    client::{Client, ClientError},
    components::{copy::CopyButton, error_notice::ErrorNotice},
    text::log::{count_lines, line_numbers, size_in_words},
};

/// A log; what did not come with the page is fetched when its result opens.
#[component]
pub(super) fn Log(run: i64, result: i64, log: LogView, open: RwSignal<bool>) -> impl IntoView {
    let LogView { lines, bytes, beginning } = log;
    if bytes == 0 {
        return view! { <p class="quiet">"The test printed nothing."</p> }.into_any();
    }
    let address = log_address(run, result);
    let text = RwSignal::new(beginning.map(Ok::<_, ClientError>));
    load_when_open(address.clone(), open, text);
    let size = format!("{lines} {}, {}", if lines == 1 { "line" } else { "lines" }, size_in_words(bytes));
    view! {
        <section class="log-section" aria-label="Log">
            <div class="log-head">
                <h6>"Log"</h6>
                <span class="quiet number">{size}</span>
                <a href=address rel="external">
                    "Plain text"
                </a>
            </div>
            {move || match text.get() {
                None => view! { <p class="quiet">"The log is not part of this page: read it as plain text."</p> }.into_any(),
                Some(Err(error)) => view! { <ErrorNotice error/> }.into_any(),
                Some(Ok(text)) => view! { <LogText text lines/> }.into_any(),
            }}
        </section>
    }
    .into_any()
}

fn load_when_open(address: String, open: RwSignal<bool>, text: RwSignal<Option<Result<String, ClientError>>>) {
    let asked = StoredValue::new(text.with_untracked(Option::is_some));
    Effect::new(move || {
        if open.get() && !asked.get_value() {
            asked.set_value(true);
            let fetched = Client::current().get_text(&address);
            spawn_local(async move {
                let beginning = fetched.await.map(|text| LogView::new(&text).beginning.unwrap_or_default());
                // The page may be gone by now.
                let _ = text.try_set(Some(beginning));
            });
        }
    });
}

#[component]
fn LogText(text: String, lines: usize) -> impl IntoView {
    let wrap = RwSignal::new(false);
    let shown = count_lines(&text);
    let cut = (shown < lines)
        .then(|| view! { <p class="log-cut">{format!("These are the first {shown} of {lines} lines.")}</p> });
    let copied = text.clone();
    view! {
        <div class="log-tools needs-script">
            <button type="button" class="button button-small" aria-pressed=move || wrap.get().to_string() on:click=move |_| wrap.update(|wrap| *wrap = !*wrap)>
                "Wrap lines"
            </button>
            <CopyButton text=Callback::new(move |()| copied.clone()) what="the lines shown"/>
        </div>
        <div class="log" class:log-wrapped=wrap tabindex="0" role="region" aria-label="Log text">
            <pre class="log-numbers" aria-hidden="true">{line_numbers(shown)}</pre>
            <pre class="log-text">{text}</pre>
        </div>
        {cut}
    }
}
