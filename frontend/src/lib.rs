//! Hydrates the dashboard in the browser, nothing else.

use leptos::prelude::*;
use wasm_bindgen::prelude::wasm_bindgen;

/// Makes the page that the server sent come alive.
#[wasm_bindgen]
pub fn hydrate() {
    if leave_old_address() {
        return;
    }
    leptos::mount::hydrate_body(app::App);
    if let Some(root) = document().document_element() {
        // Tests, and the stylesheet's `.needs-script`, wait for this.
        let _ = root.set_attribute("data-hydrated", "");
    }
}

/// Addresses used to look like `/#/snaps/12`; servers never see that part, so the browser has to follow it.
fn leave_old_address() -> bool {
    let location = window().location();
    let hash = location.hash().unwrap_or_default();
    match hash.strip_prefix('#') {
        // `//host` would lead to another site.
        Some(path) if path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/\\") => {
            location.replace(path).is_ok()
        }
        _ => false,
    }
}
