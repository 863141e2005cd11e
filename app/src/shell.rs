//! The HTML document around the dashboard.

use std::collections::HashMap;

use leptos::{WasmSplitManifest, nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use crate::{
    api::SessionResponse,
    components::{icon::SPRITE, preferences::Cookies, session, theme::Theme},
    routes::App,
};

/// Who asks for a page.
#[derive(Clone, Debug, Default)]
pub struct Visit {
    /// The request's cookie header: what the visitor prefers.
    pub cookies: String,
    /// What the API says about the visitor.
    pub session: SessionResponse,
}

/// The addresses of the built files, whose names carry their hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
    /// The stylesheet.
    pub css: String,
    /// The JavaScript that loads the WebAssembly.
    pub js: String,
    /// The WebAssembly that every page needs.
    pub wasm: String,
    /// The JavaScript that loads the WebAssembly of single pages, without its folder.
    pub split: String,
    /// Which files in that folder the code of a page is in, without their ending, by the name of its function.
    pub chunks: HashMap<String, Vec<String>>,
}

/// The whole document.
pub fn shell(assets: Assets, visit: Visit) -> impl IntoView {
    let theme = Theme::from_cookies(&visit.cookies).value();
    // Inside of a script only `<` could end it.
    let session = serde_json::to_string(&visit.session).unwrap_or_default().replace('<', "\\u003c");
    provide_context(Cookies(visit.cookies));
    provide_context(visit.session);
    let start = format!(
        "import start, {{ hydrate }} from '{}'; start({{ module_or_path: '{}' }}).then(hydrate);",
        assets.js, assets.wasm
    );
    // Rendering finds out which pages' code is needed, and asks the browser for it in the head.
    provide_context(WasmSplitManifest(ArcStoredValue::new(("/pkg".to_owned(), assets.chunks, assets.split))));
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=assets.css/>
                <link rel="modulepreload" href=assets.js/>
                <link rel="preload" href=assets.wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
                <MetaTags/>
                <script type="module" nonce=use_nonce()>
                    {start}
                </script>
            </head>
            <body>
                <App/>
                // Behind the app: hydration takes what is first in the body for the app's own.
                <script type="application/json" id=session::ELEMENT nonce=use_nonce() inner_html=session></script>
                <div inner_html=SPRITE hidden></div>
            </body>
        </html>
    }
}
