//! The ways to look at an artefact's results: by environment, by test, or beside the version before. Which one is in the address.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::text::query;

/// How results are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ArtefactView {
    /// A row for every environment.
    Environments,
    /// A row for every test that failed, a column for every environment.
    Tests,
    /// What is new and what is fixed since the version before.
    Compare,
}

impl ArtefactView {
    const ALL: [Self; 3] = [Self::Environments, Self::Tests, Self::Compare];

    /// In the address; the first needs no word.
    fn word(self) -> Option<&'static str> {
        match self {
            Self::Environments => None,
            Self::Tests => Some("tests"),
            Self::Compare => Some("compare"),
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Environments => "By environment",
            Self::Tests => "By test",
            Self::Compare => "Changes",
        }
    }
}

/// What the address asks for; without a version before there is nothing to compare with.
pub(super) fn use_artefact_view(has_previous: bool) -> Memo<ArtefactView> {
    let query = use_location().query;
    Memo::new(move |_| {
        let wanted = query.with(|query| query.get("view"));
        let named = ArtefactView::ALL.into_iter().find(|view| view.word() == wanted.as_deref());
        let view = named.unwrap_or(ArtefactView::Environments);
        if view == ArtefactView::Compare && !has_previous { ArtefactView::Environments } else { view }
    })
}

/// The ways to the views.
#[component]
pub(super) fn ArtefactViews(view: Memo<ArtefactView>, has_previous: bool) -> impl IntoView {
    let location = use_location();
    let links =
        ArtefactView::ALL.into_iter().filter(|view| has_previous || *view != ArtefactView::Compare).map(|this| {
            let (path, now) = (location.pathname, location.query);
            let address =
                move || path.with(|path| now.with(|now| query::address(path, &query::with(now, "view", this.word()))));
            let current = move || (view.get() == this).then_some("page");
            view! { <a class="button" href=address aria-current=current>{this.label()}</a> }
        });
    view! {
        <nav class="view-tabs" aria-label="Views of the results">
            {links.collect_view()}
        </nav>
    }
}
