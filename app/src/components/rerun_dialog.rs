//! Asking for reruns of everything that filters choose, or taking the requests back.

use leptos::{prelude::*, task::spawn_local};
use serde_json::{Value, json};

use super::{
    button::{ActionButton, Weight},
    dialog::{Dialog, DialogActions},
    feedback::use_feedback,
    field::{Checkbox, TextField},
    result_table::count_matches,
    sending::{Sending, SendingError},
};
use crate::erase::Erase;
use crate::{
    client::{Change, Client, ClientError},
    text::result_filters::ResultFilters,
};

/// More than this many results are not changed before somebody has confirmed it.
pub(crate) const MANY: i64 = 50;

/// The most and, negated, the least urgent.
const MOST_URGENT: i64 = 1_000_000;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Create,
    Delete,
}

impl Wish {
    fn title(self) -> &'static str {
        match self {
            Self::Create => "Create Rerun Requests",
            Self::Delete => "Delete Rerun Requests",
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Delete => "delete",
        }
    }

    /// The filters together with what the wish adds: only those can be asked for that nobody has asked for yet, and only those taken
    /// back that somebody has.
    fn narrow(self, filters: &ResultFilters, only_latest: bool, no_archived: bool) -> ResultFilters {
        let mut narrowed = filters.clone();
        narrowed.rerun_is_requested = Some(self == Self::Delete);
        if only_latest {
            narrowed.execution_is_latest = Some(true);
        }
        if no_archived {
            narrowed.artefact_is_archived = Some(false);
        }
        narrowed
    }
}

/// The dialog: how urgent, how broad, and how many results that is.
#[component]
pub(crate) fn RerunDialog(
    open: RwSignal<bool>,
    wish: Wish,
    filters: ResultFilters,
    on_done: Callback<()>,
) -> impl IntoView {
    let (feedback, sending) = (use_feedback(), Sending::new());
    let priority = RwSignal::new("0".to_owned());
    let only_latest = RwSignal::new(wish == Wish::Create);
    let no_archived = RwSignal::new(wish == Wish::Create);
    let is_confirming = RwSignal::new(false);
    let filters = StoredValue::new(filters);
    let narrowed =
        Memo::new(move |_| filters.with_value(|filters| wish.narrow(filters, only_latest.get(), no_archived.get())));
    let matches = count_while_open(open, narrowed);
    Effect::new(move || {
        // Another choice is another question.
        narrowed.track();
        open.track();
        is_confirming.set(false);
        sending.reset();
    });
    let problem =
        Signal::derive(move || (wish == Wish::Create).then(|| priority.with(|text| problem_of(text))).flatten());
    let obstacle = move || match matches.get() {
        None => Some("The results are still being counted.".to_owned()),
        Some(Err(_)) => Some("The results could not be counted.".to_owned()),
        Some(Ok(0)) => Some("No result matches.".to_owned()),
        Some(Ok(_)) => problem.get(),
    };
    let submit = move || {
        let count = matches.get_untracked().and_then(Result::ok).unwrap_or_default();
        if count == 0 || problem.get_untracked().is_some() {
            return;
        }
        if count > MANY && !is_confirming.get_untracked() {
            is_confirming.set(true);
            return;
        }
        let filters = narrowed.with_untracked(ResultFilters::json);
        let change = match wish {
            Wish::Create => {
                let priority = priority.get_untracked().trim().parse::<i64>().unwrap_or_default();
                let body = json!({"test_results_filters": filters, "priority": priority});
                Change::post("/v1/test-executions/reruns?silent=true").json(&body)
            }
            Wish::Delete => {
                Change::delete("/v1/test-executions/reruns").json(&json!({"test_results_filters": filters}))
            }
        };
        sending.send(change, move |_: Value| {
            open.set(false);
            feedback.done(match wish {
                Wish::Create => format!("Reruns are requested for what {count} test results are of."),
                Wish::Delete => format!("The rerun requests for {count} test results are taken back."),
            });
            on_done.run(());
        });
    };
    let label = move || if is_confirming.get() { "proceed" } else { wish.verb() }.to_owned();
    view! {
        <Dialog open title=wish.title()>
            <form
                class="form"
                on:submit=move |event| {
                    event.prevent_default();
                    submit();
                }
            >
                <Show when=move || wish == Wish::Create>
                    <TextField label="Priority" value=priority kind="number" problem required=true/>
                </Show>
                <Checkbox label="Only latest test executions" checked=only_latest on_change=move |value| only_latest.set(value)/>
                <Checkbox label="Exclude archived artefacts" checked=no_archived on_change=move |value| no_archived.set(value)/>
                <p role="status">{move || in_words(matches.get(), &narrowed.get())}</p>
                <div class="confirm" role="alert" hidden=move || !is_confirming.get()>
                    <p class="notice-title">"Confirm Bulk Operation"</p>
                    <p>"That is more than "{MANY}" results. Press again to go on."</p>
                </div>
                <SendingError sending/>
                <DialogActions open>
                    <ActionButton
                        label=Signal::derive(label)
                        weight=if wish == Wish::Create { Weight::Primary } else { Weight::Danger }
                        obstacle=Signal::derive(obstacle)
                        busy=Signal::derive(move || sending.is_busy())
                        on_press=move |()| submit()
                    />
                </DialogActions>
            </form>
        </Dialog>
    }
    .erase()
}

type Matches = RwSignal<Option<Result<i64, ClientError>>>;

/// How many results match, counted anew with every change as long as the dialog is open.
fn count_while_open(open: RwSignal<bool>, filters: Memo<ResultFilters>) -> Matches {
    let matches: Matches = RwSignal::new(None);
    Effect::new(move || {
        if !open.get() {
            return;
        }
        let asked = filters.get();
        matches.set(None);
        let answer = count_matches(Client::current(), asked.clone());
        spawn_local(async move {
            let answer = answer.await;
            // The choice has changed in the meantime, or the dialog is gone.
            if filters.try_with_untracked(|now| *now == asked) == Some(true) {
                matches.set(Some(answer));
            }
        });
    });
    matches
}

fn in_words(matches: Option<Result<i64, ClientError>>, filters: &ResultFilters) -> AnyView {
    match matches {
        None => "Counting…".erase(),
        Some(Err(error)) => view! { <span class="field-problem">{error.title()}</span> }.erase(),
        Some(Ok(count)) => {
            let results = if count == 1 { "test result" } else { "test results" };
            view! {
                <a href=filters.page_address() target="_blank" rel="noopener">
                    {format!("Matches {count} {results}")}
                </a>
            }
            .erase()
        }
    }
}

/// What is wrong with a priority.
fn problem_of(text: &str) -> Option<String> {
    match text.trim().parse::<i64>() {
        _ if text.trim().is_empty() => Some("Priority is required".to_owned()),
        Err(_) => Some("Enter a valid integer".to_owned()),
        Ok(priority) if priority.abs() > MOST_URGENT => {
            Some("Priority must be between -1000000 and 1000000".to_owned())
        }
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Wish, problem_of};
    use crate::text::result_filters::ResultFilters;

    #[test]
    fn a_wish_chooses_only_what_it_changes() {
        let asked = Wish::Create.narrow(&ResultFilters::default(), true, true);
        assert_eq!(
            (asked.rerun_is_requested, asked.execution_is_latest, asked.artefact_is_archived),
            (Some(false), Some(true), Some(false))
        );
        let taken_back = Wish::Delete.narrow(&ResultFilters::default(), false, false);
        assert_eq!(
            (taken_back.rerun_is_requested, taken_back.execution_is_latest, taken_back.artefact_is_archived),
            (Some(true), None, None)
        );
    }

    #[test]
    fn priorities_are_whole_numbers_within_bounds() {
        for (text, expected) in [
            ("", Some("Priority is required")),
            ("1.5", Some("Enter a valid integer")),
            ("1000001", Some("Priority must be between -1000000 and 1000000")),
            ("-1000001", Some("Priority must be between -1000000 and 1000000")),
            ("-1000000", None),
            (" 7 ", None),
        ] {
            assert_eq!(problem_of(text).as_deref(), expected, "{text}");
        }
    }
}
