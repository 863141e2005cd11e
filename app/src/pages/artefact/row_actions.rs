//! What keys do to the result that has the focus: they press what a mouse would, so that both do the same.

use std::time::Duration;

use leptos::prelude::{document, set_timeout};
use wasm_bindgen::JsCast;

/// Between two looks whether a result has been loaded and opened.
const PAUSE: Duration = Duration::from_millis(100);
/// As many looks: what has not come by then is hidden by a filter, or gone.
const LOOKS: u32 = 80;

/// What can be done to a result; each is a control of its row, marked by this word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowAction {
    /// Open or close it, with its log.
    Open,
    /// Attach an issue.
    Attach,
    /// Detach its first issue.
    Detach,
    /// Pick it, to do something with several.
    Select,
}

impl RowAction {
    /// The value of `data-action` of the control.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Attach => "attach",
            Self::Detach => "detach",
            Self::Select => "select",
        }
    }
}

/// The result that has the focus, or something inside of it.
pub(super) fn focused_result() -> Option<i64> {
    result_around(&document().active_element()?)
}

/// The result that an element belongs to.
pub(super) fn result_around(element: &web_sys::Element) -> Option<i64> {
    let row = element.closest(".result-row").ok().flatten()?;
    row.get_attribute("data-result")?.parse().ok()
}

fn row(result: i64) -> Option<web_sys::Element> {
    document().query_selector(&format!(".result-row[data-result=\"{result}\"]")).ok().flatten()
}

fn summary(result: i64) -> Option<web_sys::HtmlElement> {
    row(result)?.query_selector("summary").ok().flatten()?.dyn_into().ok()
}

/// Presses a control of a result; whether it has one.
pub(super) fn press(result: i64, action: RowAction) -> bool {
    let control = || -> Option<web_sys::HtmlElement> {
        let selector = format!("[data-action=\"{}\"]", action.name());
        let found = row(result)?.query_selector(&selector).ok().flatten()?;
        // The mark may be around a control of the shared kind.
        let inside = found.query_selector("button, input").ok().flatten().unwrap_or(found);
        inside.dyn_into().ok()
    };
    // A dialog gives the focus back to what had it.
    if let Some(summary) = summary(result) {
        let _ = summary.focus();
    }
    control().map(|control| control.click()).is_some()
}

/// Picks the result that has the focus, or the environment where that is no result.
pub(super) fn select_focused() {
    if let Some(result) = focused_result() {
        press(result, RowAction::Select);
        return;
    }
    let environment = document().active_element().and_then(|active| active.closest(".environment").ok().flatten());
    let control = environment.and_then(|it| it.query_selector(".environment-select").ok().flatten());
    if let Some(control) = control.and_then(|control| control.dyn_into::<web_sys::HtmlElement>().ok()) {
        control.click();
    }
}

/// Opens a result where it is closed, then presses one of its controls.
pub(super) fn open_and_press(result: i64, action: RowAction) {
    if !press(result, action) && press(result, RowAction::Open) {
        let again = move || {
            press(result, action);
        };
        set_timeout(again, PAUSE);
    }
}

/// Gives a result the focus and shows it, as soon as it is there.
pub(super) fn focus_result(result: i64) {
    look_for(result, LOOKS);
}

fn look_for(result: i64, looks: u32) {
    match summary(result).filter(|summary| summary.offset_height() > 0) {
        Some(summary) => {
            let _ = summary.focus();
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Center);
            summary.scroll_into_view_with_scroll_into_view_options(&options);
            // What follows the address may build the row anew, and the focus goes with the old one.
            let again = move || {
                if looks > 0 && focused_result().is_none() {
                    look_for(result, looks - 1);
                }
            };
            set_timeout(again, PAUSE);
        }
        None if looks > 0 => set_timeout(move || look_for(result, looks - 1), PAUSE),
        None => {}
    }
}
