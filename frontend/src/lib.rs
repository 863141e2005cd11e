//! Hydrates the dashboard in the browser, nothing else.

use leptos::prelude::*;
use wasm_bindgen::{UnwrapThrowExt, prelude::wasm_bindgen};

/// Makes the page that the server sent come alive.
#[wasm_bindgen]
pub fn hydrate() {
    if leave_old_address() {
        return;
    }
    // The page's own code is a file of its own, so hydration has to wait for it.
    wasm_bindgen_futures::spawn_local(async {
        let hydration = leptos::mount::hydrate_from_async(document().body().unwrap_throw(), app::App);
        Box::pin(hydration).await.forget();
        if let Some(root) = document().document_element() {
            // Tests, and the stylesheet's `.needs-script`, wait for this.
            let _ = root.set_attribute("data-hydrated", "");
        }
    });
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
