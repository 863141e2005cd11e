//! Whether the side panel shows: beside the list, or over it on a phone.

use leptos::{ev, prelude::*};
use leptos_router::hooks::use_location;

use super::filters::is_filtered;
use crate::components::shortcuts::use_shortcut;
use crate::erase::Erase;

/// Below this many pixels the panel lies over the page; the stylesheet has the same number.
const NARROW: f64 = 900.0;

/// The panel's state. Until somebody decides it shows where there is room.
#[derive(Clone, Copy)]
pub(super) struct Panel {
    chosen: RwSignal<Option<bool>>,
    is_narrow: RwSignal<bool>,
}

impl Panel {
    /// For a component. The server does not know how wide the page is; the stylesheet does.
    pub(super) fn new() -> Self {
        let panel = Self { chosen: RwSignal::new(None), is_narrow: RwSignal::new(false) };
        Effect::new(move || panel.measure());
        use_shortcut("/", "Filter by environment", Callback::new(move |()| panel.filter()));
        panel
    }

    fn measure(self) {
        let width = window().inner_width().ok().and_then(|width| width.as_f64());
        self.is_narrow.set(width.is_some_and(|width| width <= NARROW));
    }

    /// Whether it shows.
    pub(super) fn is_open(self) -> bool {
        self.chosen.get().unwrap_or_else(|| !self.is_narrow.get())
    }

    /// The classes of the page's body, which the stylesheet lays out.
    pub(super) fn class(self) -> &'static str {
        match self.chosen.get() {
            None => "artefact-body",
            Some(true) => "artefact-body panel-open",
            Some(false) => "artefact-body panel-closed",
        }
    }

    /// Hides it.
    pub(super) fn close(self) {
        self.chosen.set(Some(false));
    }

    fn toggle(self) {
        self.measure();
        let opens = !self.is_open();
        self.chosen.set(Some(opens));
        if opens {
            focus_later("details-panel");
        }
    }

    fn filter(self) {
        self.measure();
        if !self.is_open() {
            self.chosen.set(Some(true));
        }
        focus_later("filter-environment");
    }
}

/// Once it shows, an element can have the focus.
fn focus_later(id: &'static str) {
    request_animation_frame(move || {
        let element = document().get_element_by_id(id);
        if let Some(element) =
            element.and_then(|element| wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(element).ok())
        {
            // What does not show cannot have it.
            let _ = element.focus();
        }
    });
}

/// The button with the funnel; its dot says that something is filtered.
#[component]
pub(super) fn PanelButton(panel: Panel) -> impl IntoView {
    let query = use_location().query;
    let filtered = move || query.with(is_filtered);
    let name = move || if filtered() { "Details and filters (some are active)" } else { "Details and filters" };
    view! {
        <button
            type="button"
            class="button funnel needs-script"
            aria-label=name
            title=name
            aria-controls="details-panel"
            aria-expanded=move || if panel.is_open() { "true" } else { "false" }
            on:click=move |_| panel.toggle()
            // Until the panel has the focus, the key comes here.
            on:keydown=move |event| close_by_escape(panel, &event)
        >
            <svg class="icon" aria-hidden="true" viewBox="0 0 16 16">
                <path d="M1.5 2.5h13L9.5 8.6v4.9l-3-1.6V8.6z" fill="none" stroke="currentColor" stroke-width="1.6"></path>
            </svg>
            <span class="funnel-dot" hidden=move || !filtered()></span>
        </button>
    }
    .erase()
}

/// Escape closes the panel where it lies over the page.
pub(super) fn close_by_escape(panel: Panel, event: &ev::KeyboardEvent) {
    if event.key() == "Escape" && panel.is_narrow.get_untracked() {
        panel.close();
    }
}
