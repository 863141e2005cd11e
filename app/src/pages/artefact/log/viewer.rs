//! The viewer of a log. Of a hundred thousand lines a few dozen exist in the page; the frame is as high as if all did.

use std::{ops::Range, sync::Arc};

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

use super::{
    Cut,
    line::LogLine,
    named_line,
    search::{AT_MOST, LogSearch},
    window::{WRAPPED, lines_in_sight, wrapped_lines},
};
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    components::{
        copy::CopyButton,
        preferences::{read_preference, write_preference},
    },
    text::log::lines::{Found, Lines},
};

/// Remembers whether lines are wrapped.
const WRAP: &str = "log-wrap";

/// What a viewer knows.
#[derive(Clone, Copy)]
pub(super) struct State {
    run: i64,
    result: i64,
    pub(super) lines: StoredValue<Arc<Lines>>,
    frame: NodeRef<html::Div>,
    /// How far the frame is scrolled, how high it is, and how high a line is, in pixels.
    top: RwSignal<i32>,
    height: RwSignal<i32>,
    line_height: RwSignal<i32>,
    is_wrapped: RwSignal<bool>,
    /// The first line that exists where lines are wrapped.
    wrapped_from: RwSignal<usize>,
    pub(super) found: RwSignal<Arc<Vec<Found>>>,
    /// Which of the places is the current one.
    pub(super) at: RwSignal<usize>,
    /// The line that a link points at.
    pub(super) marked: RwSignal<Option<usize>>,
}

impl State {
    fn new(run: i64, result: i64, text: &str) -> Self {
        Self {
            run,
            result,
            lines: StoredValue::new(Arc::new(Lines::new(text.to_owned()))),
            frame: NodeRef::new(),
            top: RwSignal::new(0),
            height: RwSignal::new(480),
            line_height: RwSignal::new(20),
            is_wrapped: RwSignal::new(read_preference(WRAP).as_deref() == Some("1")),
            wrapped_from: RwSignal::new(0),
            found: RwSignal::new(Arc::default()),
            at: RwSignal::new(0),
            marked: RwSignal::new(None),
        }
    }

    fn count(self) -> usize {
        self.lines.with_value(|lines| lines.len())
    }

    /// The address of a line, counted from 1.
    pub(super) fn address(self, number: usize) -> String {
        let Self { run, result, .. } = self;
        format!("?testExecutionId={run}&testResultId={result}#result-{result}-line-{number}")
    }

    /// The lines that exist: the first, and the one behind the last.
    fn window(self) -> (usize, usize) {
        if self.is_wrapped.get() {
            return wrapped_lines(self.wrapped_from.get(), self.count());
        }
        lines_in_sight(self.top.get(), self.height.get(), self.line_height.get(), self.count())
    }

    /// What was found in a line, and which of it is the current place.
    pub(super) fn found_in(self, line: usize) -> (Vec<Range<usize>>, Option<usize>) {
        let at = self.at.get();
        self.found.with(|found| {
            let start = found.partition_point(|place| place.line < line);
            let here = found.iter().skip(start).take_while(|place| place.line == line);
            (here.map(|place| place.range.clone()).collect(), at.checked_sub(start))
        })
    }

    /// Searches the log, and shows the first place.
    pub(super) fn search(self, words: &str) {
        // The viewer may be gone since somebody typed.
        let Some(found) = self.lines.try_with_value(|lines| lines.find(words, AT_MOST)) else { return };
        let first = found.first().map(|place| place.line);
        self.at.set(0);
        self.found.set(Arc::new(found));
        if let Some(line) = first {
            self.show(line);
        }
    }

    /// Goes to the next place; behind the last comes the first.
    pub(super) fn next(self) {
        self.go_to(|now, count| (now + 1) % count);
    }

    /// Goes to the previous place; before the first comes the last.
    pub(super) fn previous(self) {
        self.go_to(|now, count| (now + count - 1) % count);
    }

    fn go_to(self, choose: impl Fn(usize, usize) -> usize) {
        let count = self.found.with_untracked(|found| found.len());
        if count == 0 {
            return;
        }
        let at = choose(self.at.get_untracked(), count);
        self.at.set(at);
        if let Some(line) = self.found.with_untracked(|found| found.get(at).map(|place| place.line)) {
            self.show(line);
        }
    }

    /// Brings a line, counted from 0, into the middle of the frame.
    fn show(self, line: usize) {
        if self.is_wrapped.get_untracked() {
            self.wrapped_from.set(line.saturating_sub(WRAPPED / 4));
            request_animation_frame(move || self.scroll_to_wrapped(line));
            return;
        }
        let top = i32::try_from(line).unwrap_or(i32::MAX).saturating_mul(self.line_height.get_untracked());
        let top = (top - self.height.get_untracked() / 2).max(0);
        if let Some(frame) = self.frame.get_untracked() {
            frame.set_scroll_top(top);
            self.top.set(top);
            bring_into_sight(&frame);
        }
    }

    fn scroll_to_wrapped(self, line: usize) {
        let Some(frame) = self.frame.try_get_untracked().flatten() else { return };
        let selector = format!("[data-line=\"{}\"]", line + 1);
        let found = frame.query_selector(&selector).ok().flatten().and_then(|line| line.dyn_into().ok());
        let place: Option<web_sys::HtmlElement> = found;
        if let Some(place) = place {
            frame.set_scroll_top((place.offset_top() - frame.client_height() / 2).max(0));
        }
    }

    /// Takes over how the frame is scrolled.
    fn measure(self) {
        let Some(frame) = self.frame.get_untracked() else { return };
        self.top.set(frame.scroll_top());
        self.height.set(frame.client_height());
    }

    /// A reader who enlarges text enlarges lines.
    fn measure_line(self) {
        let Some(frame) = self.frame.get_untracked() else { return };
        let line = frame.query_selector(".log-line").ok().flatten();
        let line: Option<web_sys::HtmlElement> = line.and_then(|line| line.dyn_into().ok());
        let height = line.map_or(0, |line| line.offset_height());
        if height > 0 && !self.is_wrapped.get_untracked() {
            self.line_height.set(height);
        }
    }
}

/// What was found is of no use below the edge of the screen. A frame in sight stays where it is.
fn bring_into_sight(frame: &web_sys::Element) {
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
    frame.scroll_into_view_with_scroll_into_view_options(&options);
}

/// A log with numbers, colours and a search. `lines` is how many the whole log has.
#[component]
pub(super) fn Viewer(run: i64, result: i64, text: Arc<str>, lines: usize) -> impl IntoView {
    let state = State::new(run, result, &text);
    let window = Memo::new(move |_| state.window());
    Effect::new(move || {
        if state.frame.get().is_some() {
            request_animation_frame(move || arrive(state));
        }
    });
    let shown = state.count();
    let sizer_height =
        move || if state.is_wrapped.get() { "auto".to_owned() } else { format!("{}px", height_of(state, shown)) };
    let shift = move || {
        let (first, _) = window.get();
        if state.is_wrapped.get() { "none".to_owned() } else { format!("translateY({}px)", height_of(state, first)) }
    };
    view! {
        <div class="log-tools">
            <LogSearch state/>
            <button type="button" class="button button-small" aria-pressed=move || state.is_wrapped.get().to_string() on:click=move |_| toggle_wrap(state)>
                "Wrap lines"
            </button>
            <CopyButton text=Callback::new(move |()| state.lines.with_value(|lines| lines.text().to_owned())) what="the log"/>
        </div>
        <WrappedStep state label="Earlier lines" target=Signal::derive(move || earlier(state, window.get()))/>
        <div
            class="log log-viewer"
            class:log-wrapped=state.is_wrapped
            tabindex="0"
            role="region"
            aria-label="Log text"
            node_ref=state.frame
            on:scroll=move |_| state.measure()
        >
            <div class="log-sizer" style:height=sizer_height>
                <div class="log-window" style:transform=shift>
                    <Each each=move || lines_of(window.get()) key=|line| *line let(at)>
                        <LogLine state at/>
                    </Each>
                </div>
            </div>
        </div>
        <WrappedStep state label="Later lines" target=Signal::derive(move || later(state, window.get()))/>
        <Cut shown lines/>
    }
    .erase_unsent()
}

fn lines_of((first, last): (usize, usize)) -> Range<usize> {
    first..last
}

fn height_of(state: State, lines: usize) -> i64 {
    i64::try_from(lines).unwrap_or_default() * i64::from(state.line_height.get())
}

/// What can be done only once the lines are there: measuring them, and going to the one that the address names.
fn arrive(state: State) {
    if state.frame.try_get_untracked().flatten().is_none() {
        return;
    }
    state.measure_line();
    state.measure();
    let fragment = window().location().hash().unwrap_or_default();
    let line = named_line(&fragment, state.result).and_then(|number| number.checked_sub(1));
    if let Some(line) = line.filter(|line| *line < state.count()) {
        state.marked.set(Some(line));
        state.show(line);
        if let Some(frame) = state.frame.get_untracked() {
            frame.scroll_into_view();
        }
    }
}

/// The line in the middle stays where it is.
fn toggle_wrap(state: State) {
    let middle = if state.is_wrapped.get_untracked() {
        state.wrapped_from.get_untracked()
    } else {
        let pixels = state.top.get_untracked() + state.height.get_untracked() / 2;
        usize::try_from(pixels / state.line_height.get_untracked().max(1)).unwrap_or_default()
    };
    state.is_wrapped.update(|wraps| *wraps = !*wraps);
    write_preference(WRAP, if state.is_wrapped.get_untracked() { "1" } else { "0" });
    request_animation_frame(move || {
        if state.frame.try_get_untracked().flatten().is_some() {
            state.measure_line();
            state.show(middle.min(state.count().saturating_sub(1)));
        }
    });
}

/// The first of the wrapped lines before those that exist.
fn earlier(state: State, (first, _): (usize, usize)) -> Option<usize> {
    (state.is_wrapped.get() && first > 0).then(|| first.saturating_sub(WRAPPED))
}

/// The first of the wrapped lines behind those that exist.
fn later(state: State, (_, last): (usize, usize)) -> Option<usize> {
    (state.is_wrapped.get() && last < state.count()).then_some(last)
}

/// The way to other lines, where lines are wrapped.
#[component]
fn WrappedStep(state: State, label: &'static str, #[prop(into)] target: Signal<Option<usize>>) -> impl IntoView {
    let go = move |_| {
        if let Some(first) = target.get_untracked() {
            state.wrapped_from.set(first);
            if let Some(frame) = state.frame.get_untracked() {
                frame.set_scroll_top(0);
            }
        }
    };
    view! {
        <p class="log-step" hidden=move || target.with(Option::is_none)>
            <button type="button" class="button button-small" on:click=go>
                {label}
            </button>
        </p>
    }
}
