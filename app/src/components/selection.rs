//! The item of a list that the address names, in a dialog: `?user=12` can be sent to a colleague, and opens the same.

use leptos::{prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use serde::de::DeserializeOwned;

use super::{dialog::Dialog, error_notice::ErrorNotice};
use crate::erase::Erase;
use crate::{
    client::{Client, ClientError},
    text::query,
};

/// What is chosen, and its dialog.
pub(crate) struct Selection<T: 'static> {
    /// Whether the dialog is open.
    pub(crate) open: RwSignal<bool>,
    /// What the API says of the item; nothing while it is asked.
    item: RwSignal<Option<Result<T, ClientError>>>,
    write: Callback<Option<i64>>,
}

// Derived, it would ask the same of the item.
impl<T> Clone for Selection<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Selection<T> {}

impl<T> Selection<T> {
    /// Opens the dialog of an item. That is no place to go back to, so it is no step of the history.
    pub(crate) fn choose(self, id: i64) {
        self.write.run(Some(id));
    }

    /// Closes the dialog.
    pub(crate) fn close(self) {
        // The page may be gone by the time an answer comes.
        self.open.try_set(false);
    }
}

/// The item that a parameter of the page's address names. It is asked of the API as it is opened, so that nobody changes what
/// has become something else in the meantime: `use_selection("/users", "user", "/v1/users")`.
pub(crate) fn use_selection<T>(page: &'static str, name: &'static str, resource: &'static str) -> Selection<T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    let parameters = use_query_map();
    let navigate = use_navigate();
    let selected =
        Memo::new(move |_| parameters.with(|query| query.get_str(name).and_then(|id| id.parse::<i64>().ok())));
    let write = Callback::new(move |id: Option<i64>| {
        let id = id.map(|id| id.to_string());
        let changed = parameters.with_untracked(|now| query::with(now, name, id.as_deref()));
        let options = NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() };
        navigate(&query::address(page, &changed), options);
    });
    let selection = Selection { open: RwSignal::new(false), item: RwSignal::new(None), write };
    Effect::new(move || {
        let id = selected.get();
        selection.item.set(None);
        selection.open.set(id.is_some());
        let Some(id) = id else { return };
        let answer = Client::current().get::<T>(&format!("{resource}/{id}"));
        spawn_local(async move {
            let answer = answer.await;
            // Another one has been chosen in the meantime, or the page is gone.
            if selected.try_get_untracked() == Some(Some(id)) {
                selection.item.set(Some(answer));
            }
        });
    });
    Effect::new(move |was_open: Option<bool>| {
        let is_open = selection.open.get();
        if was_open == Some(true) && !is_open && selected.get_untracked().is_some() {
            write.run(None);
        }
        is_open
    });
    selection
}

/// The dialog of what is chosen.
#[component]
pub(crate) fn SelectionDialog<T>(
    /// What is chosen.
    selection: Selection<T>,
    /// What the dialog is called, by the item.
    title: fn(&T) -> String,
    /// What is in it.
    form: Callback<T, AnyView>,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
{
    let words = move || {
        selection.item.with(|item| match item {
            Some(Ok(item)) => title(item),
            Some(Err(error)) => error.title().to_owned(),
            None => "Loading…".to_owned(),
        })
    };
    view! {
        <Dialog open=selection.open title=Signal::derive(words)>
            {move || match selection.item.get() {
                None => view! { <p class="loading">"Loading…"</p> }.erase(),
                Some(Err(error)) => view! { <ErrorNotice error/> }.erase(),
                Some(Ok(item)) => form.run(item),
            }}
        </Dialog>
    }
    .erase()
}
