//! What a page has to say about the HTTP response it is sent with. In the browser all of it does nothing.

use std::sync::{Arc, Mutex, PoisonError};

use leptos::prelude::use_context;

/// Filled in while a page renders; the server provides it as context and reads it afterwards.
#[derive(Clone, Debug, Default)]
pub struct ResponseHead(Arc<Mutex<Parts>>);

/// The collected wishes of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Another status than 200.
    pub status: Option<u16>,
    /// Where the reader is sent instead.
    pub redirect: Option<String>,
    /// The page holds a secret, so nothing may keep a copy.
    pub secret: bool,
}

impl ResponseHead {
    /// What has been said so far.
    pub fn parts(&self) -> Parts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends the reader elsewhere.
    pub fn redirect(&self, to: &str) {
        self.change(|parts| parts.redirect = Some(to.to_owned()));
    }

    fn change(&self, change: impl FnOnce(&mut Parts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Sends the page with a status other than 200.
pub(crate) fn set_status(status: u16) {
    if let Some(head) = use_context::<ResponseHead>() {
        head.change(|parts| parts.status = Some(status));
    }
}

/// Keeps the page out of every cache.
pub(crate) fn mark_secret() {
    if let Some(head) = use_context::<ResponseHead>() {
        head.change(|parts| parts.secret = true);
    }
}
