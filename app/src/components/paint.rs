//! What takes long is done after the next paint: whoever presses something sees at once that it was pressed.

use std::time::Duration;

use leptos::prelude::{request_animation_frame, set_timeout};

/// Does something once what is there has been painted. What it is about may be gone by then.
pub(crate) fn after_paint(work: impl FnOnce() + 'static) {
    defer(Box::new(work));
}

fn defer(work: Box<dyn FnOnce()>) {
    // What is asked for in a frame is done once the frame has been painted.
    request_animation_frame(move || set_timeout(work, Duration::ZERO));
}
