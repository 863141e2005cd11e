//! Icons: every shape is sent once per page, in a sprite, and used by name.

use leptos::prelude::*;

/// The shapes of the sprite. Each is told from the others without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    /// A tick in a disc.
    Passed,
    /// A cross in a filled octagon.
    Failed,
    /// A dashed circle with an arrow over it.
    Skipped,
    /// An empty circle.
    NotStarted,
    /// A circle, half filled.
    InProgress,
    /// A circle with a bar.
    NotTested,
    /// A triangle with a mark.
    EndedPrematurely,
    /// A circle with a question mark.
    Undecided,
    /// An arrow out of a box.
    External,
    /// A chain.
    Link,
    /// A circular arrow.
    Rerun,
    /// Three bars.
    Menu,
    /// A disc, half dark.
    Theme,
    /// A bell.
    Bell,
    /// Head and shoulders.
    Person,
    /// A funnel.
    Filter,
    /// Lines under each other.
    List,
    /// Four tiles.
    Tiles,
    /// A warning sign.
    Warning,
    /// An eye.
    Look,
}

impl Icon {
    const fn reference(self) -> &'static str {
        match self {
            Self::Passed => "#icon-passed",
            Self::Failed => "#icon-failed",
            Self::Skipped => "#icon-skipped",
            Self::NotStarted => "#icon-not-started",
            Self::InProgress => "#icon-in-progress",
            Self::NotTested => "#icon-not-tested",
            Self::EndedPrematurely => "#icon-ended-prematurely",
            Self::Undecided => "#icon-undecided",
            Self::External => "#icon-external",
            Self::Link => "#icon-link",
            Self::Rerun => "#icon-rerun",
            Self::Menu => "#icon-menu",
            Self::Theme => "#icon-theme",
            Self::Bell => "#icon-bell",
            Self::Person => "#icon-person",
            Self::Filter => "#icon-filter",
            Self::List => "#icon-list",
            Self::Tiles => "#icon-tiles",
            Self::Warning => "#icon-warning",
            Self::Look => "#icon-look",
        }
    }

    /// The icon, for eyes only: the word beside it is what is read out.
    pub(crate) fn view(self) -> impl IntoView + use<> {
        view! {
            <svg class="icon" aria-hidden="true" viewBox="0 0 16 16">
                <use href=self.reference()></use>
            </svg>
        }
    }
}

/// The shapes, for the top of every page. `currentColor` is the colour of the status; `--on-icon` what lies on a filled shape.
#[cfg(feature = "ssr")]
pub(crate) const SPRITE: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" class="sprite" aria-hidden="true" width="0" height="0"><defs>
<g id="icon-passed" fill="none" stroke="currentColor" stroke-width="1.6"><circle cx="8" cy="8" r="6.4"/><path d="m5 8.3 2.1 2.1L11 6.2"/></g>
<g id="icon-failed"><path fill="currentColor" d="M4.9.8h6.2l4.1 4.1v6.2l-4.1 4.1H4.9L.8 11.1V4.9z"/><path class="on-icon" fill="none" stroke-width="1.8" d="m5.3 5.3 5.4 5.4m0-5.4-5.4 5.4"/></g>
<g id="icon-skipped" fill="none" stroke="currentColor" stroke-width="1.6"><circle cx="8" cy="8" r="6.4" stroke-dasharray="2.4 1.6"/><path d="M4.6 8h5.6M8 5.6 10.4 8 8 10.4"/></g>
<g id="icon-not-started" fill="none" stroke="currentColor" stroke-width="1.6"><circle cx="8" cy="8" r="6.4"/></g>
<g id="icon-in-progress"><circle cx="8" cy="8" r="6.4" fill="none" stroke="currentColor" stroke-width="1.6"/><path fill="currentColor" d="M8 3.4a4.6 4.6 0 0 1 0 9.2z"/></g>
<g id="icon-not-tested" fill="none" stroke="currentColor" stroke-width="1.6"><circle cx="8" cy="8" r="6.4"/><path d="M4.8 8h6.4"/></g>
<g id="icon-ended-prematurely" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round"><path d="M8 1.6 15 14H1z"/><path d="M8 6v4m0 1.2v1.6"/></g>
<g id="icon-undecided" fill="none" stroke="currentColor" stroke-width="1.6"><circle cx="8" cy="8" r="6.4"/><path d="M6 6.4a2 2 0 1 1 2.6 1.9q-.6.3-.6 1.2m0 1v1.4"/></g>
<g id="icon-external" fill="none" stroke="currentColor" stroke-width="1.6"><path d="M6.5 3H3v10h10V9.5M9.5 2.5h4v4m0-4L7.5 8.5"/></g>
<g id="icon-link" fill="none" stroke="currentColor" stroke-width="1.6"><path d="M6.6 9.4a2.6 2.6 0 0 0 3.7 0l2.6-2.6a2.6 2.6 0 0 0-3.7-3.7l-1 1m1.2 2.5a2.6 2.6 0 0 0-3.7 0L3.1 9.2a2.6 2.6 0 0 0 3.7 3.7l1-1"/></g>
<g id="icon-rerun" fill="none" stroke="currentColor" stroke-width="1.6"><path d="M13.4 8a5.4 5.4 0 1 1-1.6-3.8M13.6 1.6v3.2h-3.2"/></g>
<g id="icon-menu" fill="none" stroke="currentColor" stroke-width="1.8"><path d="M1.5 3.5h13m-13 4.5h13m-13 4.5h13"/></g>
<g id="icon-theme"><circle cx="8" cy="8" r="6.4" fill="none" stroke="currentColor" stroke-width="1.6"/><path fill="currentColor" d="M8 2a6 6 0 0 1 0 12z"/></g>
<g id="icon-bell" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round"><path d="M3 12h10l-1.4-2V7a3.6 3.6 0 0 0-7.2 0v3zM8 1.4v2M6.6 14a1.5 1.5 0 0 0 2.8 0"/></g>
<g id="icon-person" fill="none" stroke="currentColor" stroke-width="1.6"><circle cx="8" cy="5" r="3"/><path d="M2 14.4a6 6 0 0 1 12 0"/></g>
<g id="icon-filter" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round"><path d="M1.6 2.4h12.8L9.6 8v5.6L6.4 12V8z"/></g>
<g id="icon-list" fill="none" stroke="currentColor" stroke-width="1.6"><path d="M2 4h1.4m2 0H14M2 8h1.4m2 0H14M2 12h1.4m2 0H14"/></g>
<g id="icon-tiles" fill="none" stroke="currentColor" stroke-width="1.6"><path d="M2 2h4.8v4.8H2zm7.2 0H14v4.8H9.2zM2 9.2h4.8V14H2zm7.2 0H14V14H9.2z"/></g>
<g id="icon-warning" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round"><path d="M8 1.6 15 14H1z"/><path d="M8 6v4m0 1.2v1.6"/></g>
<g id="icon-look" fill="none" stroke="currentColor" stroke-width="1.6"><path d="M1 8s2.6-4.6 7-4.6S15 8 15 8s-2.6 4.6-7 4.6S1 8 1 8z"/><circle cx="8" cy="8" r="2"/></g>
</defs></svg>"#;
