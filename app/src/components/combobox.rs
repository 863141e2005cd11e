//! A field to search for things to choose, from a list at hand or by asking the API.

use std::{pin::Pin, time::Duration};

use leptos::{ev, html, prelude::*, task::spawn_local};

use super::each::Each;
use super::filters::Choice;
use crate::erase::Erase;
use crate::{
    api::UsersResponse,
    client::{Client, ClientError},
    text::api_address::api_address,
};

/// As long somebody may go on typing before the API is asked.
const SETTLE: Duration = Duration::from_millis(250);
/// The API is not asked for what is shorter.
const SHORTEST: usize = 2;

/// An answer that is awaited.
pub(crate) type Suggestions = Pin<Box<dyn Future<Output = Result<Vec<Choice>, ClientError>> + Send>>;

/// Where suggestions come from.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    /// Everything there is to choose.
    Here(Signal<Vec<Choice>>),
    /// The API, asked with what was typed.
    Api(Callback<String, Suggestions>),
}

/// Suggestions of an endpoint that answers `{"<field>": ["…"]}` to `q` and `limit`, or a plain list.
pub(crate) fn names_from(path: &'static str, field: &'static str) -> Source {
    Source::Api(Callback::new(move |words: String| -> Suggestions {
        let address = api_address(path, &[("q", words.as_str()), ("limit", "50")]);
        let answer = Client::current().get::<serde_json::Value>(&address);
        Box::pin(async move {
            let answer = answer.await?;
            let names = answer.get(field).unwrap_or(&answer).as_array().cloned().unwrap_or_default();
            Ok(names.iter().filter_map(|name| name.as_str()).map(Choice::plain).collect())
        })
    }))
}

/// Users by name, mail address or Launchpad name; what is chosen is the id.
pub(crate) fn users() -> Source {
    Source::Api(Callback::new(|words: String| -> Suggestions {
        let address = api_address("/v1/users", &[("q", words.as_str()), ("limit", "20")]);
        let answer = Client::current().get::<UsersResponse>(&address);
        Box::pin(async move {
            let users = answer.await?.users.into_iter();
            Ok(users.map(|user| Choice::new(user.id.to_string(), format!("{} ({})", user.name, user.email))).collect())
        })
    }))
}

/// What a combobox knows.
#[derive(Clone, Copy)]
struct State {
    source: Source,
    typed: RwSignal<String>,
    found: RwSignal<Vec<Choice>>,
    note: RwSignal<&'static str>,
    is_open: RwSignal<bool>,
    active: RwSignal<usize>,
    /// The number of the last question: answers to earlier ones come too late.
    question: StoredValue<u32>,
}

impl State {
    fn new(source: Source) -> Self {
        Self {
            source,
            typed: RwSignal::new(String::new()),
            found: RwSignal::new(Vec::new()),
            note: RwSignal::new(""),
            is_open: RwSignal::new(false),
            active: RwSignal::new(0),
            question: StoredValue::new(0),
        }
    }

    fn ask(self, words: String, search: Callback<String, Suggestions>) {
        let this = self.question.with_value(|last| last + 1);
        self.question.set_value(this);
        if words.chars().count() < SHORTEST {
            self.found.set(Vec::new());
            self.note.set("");
            return;
        }
        self.note.set("Searching…");
        let answer = search.run(words);
        spawn_local(async move {
            let answer = answer.await;
            // Another question has been asked in the meantime, or the field is gone.
            if self.question.try_get_value() == Some(this) {
                self.take(answer);
            }
        });
    }

    fn take(self, answer: Result<Vec<Choice>, ClientError>) {
        match answer {
            Ok(choices) => {
                self.note.set(if choices.is_empty() { "Nothing found" } else { "" });
                self.found.set(choices);
            }
            Err(_) => self.note.set("The server did not answer"),
        }
        self.active.set(0);
    }

    /// What is suggested now.
    fn suggestions(self, chosen: &[String], at_most: usize) -> Vec<Choice> {
        let mut all = match self.source {
            Source::Here(choices) => {
                let words = self.typed.get().to_lowercase();
                let mut matching = choices.get();
                matching.retain(|choice| choice.label.to_lowercase().contains(words.trim()));
                matching
            }
            Source::Api(_) => self.found.get(),
        };
        all.retain(|choice| !chosen.contains(&choice.value));
        all.truncate(at_most);
        all
    }

    fn reset(self) {
        self.typed.set(String::new());
        self.found.set(Vec::new());
        self.active.set(0);
        self.is_open.set(false);
    }

    /// Moves the mark; whether the key was one for moving.
    fn step(self, key: &str, count: usize) -> bool {
        match key {
            "ArrowDown" => {
                self.is_open.set(true);
                self.active.update(|at| *at = (*at + 1).min(count.saturating_sub(1)));
            }
            "ArrowUp" => self.active.update(|at| *at = at.saturating_sub(1)),
            // The dialog around it stays open.
            "Escape" if self.is_open.get_untracked() => self.is_open.set(false),
            _ => return false,
        }
        true
    }
}

/// A field with suggestions, by the pattern for comboboxes: arrows move, Enter picks, Escape closes.
#[component]
pub(crate) fn Combobox(
    /// What no other element of the page is called.
    id: &'static str,
    /// What is chosen here.
    #[prop(into)]
    label: Signal<String>,
    /// Where suggestions come from.
    source: Source,
    /// What is chosen already; it is not suggested again.
    #[prop(into)]
    chosen: Signal<Vec<String>>,
    /// Told what was picked.
    #[prop(into)]
    on_pick: Callback<Choice>,
    /// As many suggestions are shown at most.
    #[prop(default = 50)]
    at_most: usize,
) -> impl IntoView {
    let state = State::new(source);
    let field = NodeRef::<html::Input>::new();
    let mut ask_later = debounce(SETTLE, move |(words, search)| state.ask(words, search));
    let options = Memo::new(move |_| chosen.with(|chosen| state.suggestions(chosen, at_most)));
    let pick = move |choice: Choice| {
        on_pick.run(choice);
        state.reset();
        if let Some(field) = field.get_untracked() {
            field.set_value("");
        }
    };
    let on_input = move |event| {
        state.typed.set(event_target_value(&event));
        state.active.set(0);
        state.is_open.set(true);
        if let Source::Api(search) = source {
            ask_later((state.typed.get_untracked().trim().to_owned(), search));
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let key = event.key();
        if state.step(&key, options.with_untracked(Vec::len)) {
            event.prevent_default();
        } else if key == "Enter" {
            event.prevent_default();
            let at = state.active.get_untracked();
            if let Some(choice) = options.with_untracked(|options| options.get(at).cloned()) {
                pick(choice);
            }
        }
    };
    let shows = Memo::new(move |_| state.is_open.get() && options.with(|options| !options.is_empty()));
    let active_id = move || shows.get().then(|| format!("{id}-{}", state.active.get()));
    view! {
        <div class="combobox">
            <label for=id>{label}</label>
            <input
                id=id
                type="text"
                role="combobox"
                autocomplete="off"
                placeholder="Search..."
                aria-autocomplete="list"
                aria-controls=format!("{id}-options")
                aria-expanded=move || if shows.get() { "true" } else { "false" }
                aria-activedescendant=active_id
                node_ref=field
                on:input=on_input
                on:focus=move |_| state.is_open.set(true)
                on:blur=move |_| state.is_open.set(false)
                on:keydown=on_key
            />
            <Options id label options active=state.active shows on_pick=Callback::new(pick)/>
            <span class="quiet" role="status">
                {state.note}
            </span>
        </div>
    }
    .erase()
}

#[component]
fn Options(
    id: &'static str,
    label: Signal<String>,
    options: Memo<Vec<Choice>>,
    active: RwSignal<usize>,
    shows: Memo<bool>,
    on_pick: Callback<Choice>,
) -> impl IntoView {
    let numbered = move || options.get().into_iter().enumerate().collect::<Vec<_>>();
    let view_option = move |(at, choice): (usize, Choice)| {
        let label = choice.label.clone();
        let pick = move |event: ev::MouseEvent| {
            // The field keeps the focus.
            event.prevent_default();
            on_pick.run(choice.clone());
        };
        view! {
            <li
                role="option"
                id=format!("{id}-{at}")
                aria-selected=move || if active.get() == at { "true" } else { "false" }
                title=label.clone()
                on:mousedown=pick
            >
                {label.clone()}
            </li>
        }
    };
    view! {
        <ul class="combobox-options" role="listbox" id=format!("{id}-options") aria-label=label hidden=move || !shows.get()>
            <Each each=numbered key=|(at, choice)| (*at, choice.clone()) children=view_option/>
        </ul>
    }
    .erase()
}
