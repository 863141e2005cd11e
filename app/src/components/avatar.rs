//! People as discs with their initials, in a ring that shows how much of what is asked of them is done.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::api::{ReviewerResponse, UserResponse};
use crate::erase::Erase;

/// Colours that tell people apart; the stylesheet has as many.
const COLOURS: i64 = 6;

/// A person as pages show one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) email: String,
    /// The name at Launchpad, where known.
    pub(crate) handle: Option<String>,
}

impl From<ReviewerResponse> for Person {
    fn from(reviewer: ReviewerResponse) -> Self {
        Self { id: reviewer.id, name: reviewer.name, email: reviewer.email, handle: reviewer.launchpad_handle }
    }
}

impl From<UserResponse> for Person {
    fn from(user: UserResponse) -> Self {
        Self { id: user.id, name: user.name, email: user.email, handle: user.launchpad_handle }
    }
}

impl Person {
    /// "Ana Lopez (ana@example.org)".
    pub(crate) fn label(&self) -> String {
        format!("{} ({})", self.name, self.email)
    }

    /// The name, and the handle below it.
    fn lines(&self) -> String {
        match &self.handle {
            Some(handle) => format!("{}\n{handle}", self.name),
            None => self.name.clone(),
        }
    }

    fn class(&self) -> String {
        format!("avatar-disc avatar-{}", self.id.rem_euclid(COLOURS))
    }
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) done: i64,
    pub(crate) all: i64,
}

impl Progress {
    /// Rounded; 0 of nothing.
    pub(crate) fn percent(self) -> i64 {
        if self.all == 0 { 0 } else { (self.done * 200 + self.all) / (self.all * 2) }
    }

    fn words(self) -> String {
        format!("{} / {} ({}%)", self.done, self.all, self.percent())
    }
}

/// First letters of the first and of the last word.
pub(crate) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// A person with their progress: the ring shows what was assigned to them, or, where nothing was, the whole.
#[component]
pub(crate) fn Avatar(
    /// Who.
    person: Person,
    /// What was assigned to them.
    #[prop(into)]
    assigned: Signal<Progress>,
    /// What there is altogether.
    #[prop(into)]
    overall: Signal<Progress>,
) -> impl IntoView {
    let shown = move || if assigned.get().all > 0 { assigned.get() } else { overall.get() };
    let lines = person.lines();
    let words = Signal::derive(move || {
        format!("{lines}\nAssignments: {}\nOverall: {}", assigned.get().words(), overall.get().words())
    });
    view! {
        <span class="avatar" title=words>
            <svg viewBox="0 0 44 44" aria-hidden="true" class=person.class()>
                <circle class="avatar-track" cx="22" cy="22" r="20"></circle>
                <circle
                    class="avatar-ring"
                    cx="22"
                    cy="22"
                    r="20"
                    pathLength="100"
                    stroke-dasharray=move || format!("{} 100", shown().percent())
                    transform="rotate(-90 22 22)"
                ></circle>
                <circle class="avatar-fill" cx="22" cy="22" r="17"></circle>
                <text x="22" y="27" text-anchor="middle">
                    {initials(&person.name)}
                </text>
            </svg>
            <span class="visually-hidden">{words}</span>
        </span>
    }
    .erase()
}

/// A person without any progress, for rows of lists.
#[component]
pub(crate) fn Disc(
    /// Who.
    person: Person,
) -> impl IntoView {
    view! {
        <span class="avatar avatar-small" title=person.lines()>
            <svg viewBox="0 0 44 44" aria-hidden="true" class=person.class()>
                <circle class="avatar-fill" cx="22" cy="22" r="21"></circle>
                <text x="22" y="27" text-anchor="middle">
                    {initials(&person.name)}
                </text>
            </svg>
            <span class="visually-hidden">{person.name.clone()}</span>
        </span>
    }
    .erase()
}

#[cfg(test)]
mod tests {
    use super::{Progress, initials};

    #[test]
    fn initials_are_those_of_the_first_and_the_last_word() {
        for (name, expected) in [("ana lopez", "AL"), ("Ana María de la Cruz", "AC"), ("Ana", "A"), ("", "")] {
            assert_eq!(initials(name), expected);
        }
    }

    #[test]
    fn progress_is_rounded_and_nothing_of_nothing_is_nothing() {
        for (done, all, percent) in [(0, 0, 0), (1, 3, 33), (2, 3, 67), (1, 2, 50), (3, 3, 100)] {
            assert_eq!(Progress { done, all }.percent(), percent);
        }
    }
}
