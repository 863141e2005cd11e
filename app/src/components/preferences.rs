//! What a visitor prefers, kept in cookies, so that the server already sends it that way.

use leptos::prelude::*;

/// The cookie header of the page's request; the server provides it as context.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug)]
pub(crate) struct Cookies(pub(crate) String);

/// What the visitor chose, if anything.
pub(crate) fn read_preference(name: &str) -> Option<String> {
    cookies().split(';').find_map(|cookie| {
        let (key, value) = cookie.trim().split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
}

/// Keeps a choice for a year. Names and values are words of ours, without anything to escape.
pub(crate) fn write_preference(name: &str, value: &str) {
    use wasm_bindgen::JsCast;
    if let Some(document) = document().dyn_ref::<web_sys::HtmlDocument>() {
        // Without cookies the choice lasts as long as the page.
        let _ = document.set_cookie(&format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax"));
    }
}

#[cfg(feature = "ssr")]
fn cookies() -> String {
    use_context::<Cookies>().map(|cookies| cookies.0).unwrap_or_default()
}

#[cfg(not(feature = "ssr"))]
fn cookies() -> String {
    use wasm_bindgen::JsCast;
    document().dyn_ref::<web_sys::HtmlDocument>().and_then(|document| document.cookie().ok()).unwrap_or_default()
}
