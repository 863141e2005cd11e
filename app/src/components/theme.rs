//! Light, dark, or what the system says: kept in a cookie, so that the server already sends the right one.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::icon::Icon;

/// What the reader wants the page to look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Reads the cookie header of a request, or `document.cookie`.
    pub(crate) fn from_cookies(cookies: &str) -> Self {
        cookies
            .split(';')
            .filter_map(|cookie| cookie.trim().strip_prefix("theme="))
            .find_map(|value| match value {
                "light" => Some(Self::Light),
                "dark" => Some(Self::Dark),
                _ => None,
            })
            .unwrap_or_default()
    }

    /// The value of `<html data-theme>` and of the cookie.
    pub(crate) fn value(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::System => "Theme: system",
            Self::Light => "Theme: light",
            Self::Dark => "Theme: dark",
        }
    }

    fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    /// Shows it at once and keeps it for a year.
    fn choose(self) {
        let document = document();
        if let Some(root) = document.document_element() {
            // The attribute always exists: the server sends it.
            let _ = root.set_attribute("data-theme", self.value());
        }
        if let Some(document) = document.dyn_ref::<web_sys::HtmlDocument>() {
            let cookie = format!("theme={}; Path=/; Max-Age=31536000; SameSite=Lax", self.value());
            let _ = document.set_cookie(&cookie);
        }
    }
}

/// Steps through the themes. The server does not tell the browser's half which one it sent, so the label appears with hydration.
#[component]
pub(crate) fn ThemeButton() -> impl IntoView {
    let theme = RwSignal::new(Theme::System);
    Effect::new(move || {
        let sent = document().document_element().and_then(|root| root.get_attribute("data-theme")).unwrap_or_default();
        theme.set(Theme::from_cookies(&format!("theme={sent}")));
    });
    let step = move |_| {
        theme.update(|theme| *theme = theme.next());
        theme.get_untracked().choose();
    };
    view! {
        <button
            type="button"
            class="bar-item needs-script"
            title=move || theme.get().label()
            aria-label=move || theme.get().label()
            on:click=step
        >
            {Icon::Theme.view()}
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::Theme;

    #[test]
    fn the_cookie_decides() {
        for (cookies, theme) in [
            ("theme=dark", Theme::Dark),
            ("session=theme; theme=light", Theme::Light),
            ("theme=system", Theme::System),
            ("theme=pink", Theme::System),
            ("", Theme::System),
        ] {
            assert_eq!(Theme::from_cookies(cookies), theme);
        }
    }
}
