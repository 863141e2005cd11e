//! Asking for reruns: of one test plan in an environment, or of all that the filters leave.

use leptos::{prelude::*, task::spawn_local};
use serde_json::{Value, json};

use super::forms::{Opened, later};
use super::{
    environments::Scope,
    state::{PageState, Row},
    tree::Plan,
};
use crate::erase::Erase;
use crate::{
    api::Permission,
    client::{Change, Client},
    components::{
        button::{ActionButton, Weight, may_go_on},
        dialog::{Dialog, DialogActions},
        field::TextField,
        sending::{Sending, SendingError},
        session::Permit,
    },
};

const PATH: &str = "/v1/test-executions/reruns";
const LEAST: i64 = -1_000_000;
const MOST: i64 = 1_000_000;

/// A plan on a build in an environment, which is what runs again as a whole.
#[derive(Clone, Copy)]
pub(super) struct RerunTarget {
    row: Row,
    /// The newest run, which stands for all of the plan.
    run: i64,
    /// The priority of what is already asked for.
    before: Option<i64>,
}

impl RerunTarget {
    /// Of a plan in an environment; nothing where it has not run.
    pub(super) fn new(row: Row, plan: &Plan) -> Option<Self> {
        plan.runs.first().map(|newest| Self { row, run: newest.id, before: newest.rerun })
    }

    /// Of the plan in an environment that a run belongs to; nothing where it took place elsewhere.
    pub(super) fn of_run(row: Row, run: i64) -> Option<Self> {
        row.environment.with_untracked(|environment| {
            environment.plans.iter().find(|plan| plan.holds(run)).and_then(|plan| Self::new(row, plan))
        })
    }

    fn plan(self) -> String {
        self.row.environment.with_untracked(|environment| {
            environment.plans.iter().find(|plan| plan.holds(self.run)).map(Plan::label).unwrap_or_default()
        })
    }

    /// Says on all runs of the plan what is asked for now.
    fn mark(self, priority: Option<i64>) {
        self.row.environment.update(|environment| {
            if let Some(plan) = environment.plans.iter_mut().find(|plan| plan.holds(self.run)) {
                plan.runs.iter_mut().for_each(|run| run.rerun = priority);
            }
        });
    }
}

/// The priority that somebody typed, or what is wrong with it.
fn read_priority(text: &str) -> Result<i64, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Err("Priority is required");
    }
    let priority = text.parse::<i64>().map_err(|_| "Enter a valid integer")?;
    if (LEAST..=MOST).contains(&priority) { Ok(priority) } else { Err("Priority must be between -1000000 and 1000000") }
}

/// What asking for reruns of so many plans takes.
pub(super) fn permit_reruns(page: PageState, count: usize) -> Permit {
    match page.permit(Permission::ChangeRerun) {
        Permit::Granted if count > 1 => page.permit(Permission::ChangeRerunBulk),
        permit => permit,
    }
}

/// Asks about a rerun of the plan that a run is of, where the visitor may ask for it.
pub(super) fn ask_for_rerun(scope: Scope, run: i64) {
    let of_row = |row: &Row| {
        row.environment.with_untracked(|environment| {
            let plan = environment.plans.iter().find(|plan| plan.holds(run))?;
            RerunTarget::new(*row, plan)
        })
    };
    let target = scope.page.rows.with_untracked(|rows| rows.iter().find_map(of_row));
    let permit = untrack(|| permit_reruns(scope.page, 1));
    if let Some(target) = target
        && may_go_on(permit, None, scope.page.feedback)
    {
        scope.rerunning.set(vec![target]);
    }
}

/// "Rerun 3 Filtered Test Plans".
#[component]
pub(super) fn FilteredRerunButton(scope: Scope) -> impl IntoView {
    let targets = move || {
        scope.shown.with(|shown| {
            let rows = scope.shown_rows();
            let of_row = |row: &Row| {
                row.environment.with(|environment| {
                    let plans = environment.plans.iter().filter(|plan| shown.plan(plan));
                    plans.filter_map(|plan| RerunTarget::new(*row, plan)).collect::<Vec<_>>()
                })
            };
            rows.iter().flat_map(of_row).collect::<Vec<_>>()
        })
    };
    let count = Memo::new(move |_| targets().len());
    let label = move || format!("Rerun {} Filtered Test Plan{}", count.get(), if count.get() == 1 { "" } else { "s" });
    let obstacle = move || (count.get() == 0).then(|| "There is no test plan to run again.".to_owned());
    view! {
        <ActionButton
            label=Signal::derive(label)
            on_press=move || scope.rerunning.set(untrack(targets))
            permit=Signal::derive(move || permit_reruns(scope.page, count.get()))
            obstacle=Signal::derive(obstacle)
        />
    }
    .erase()
}

/// "rerun", or "modify rerun" where one is asked for.
#[component]
pub(super) fn RerunButton(scope: Scope, row: Row, plan: Memo<Option<Plan>>) -> impl IntoView {
    let priority = move || plan.with(|plan| plan.as_ref().and_then(|plan| plan.runs.first()).and_then(|run| run.rerun));
    let label = move || if priority().is_some() { "modify rerun" } else { "rerun" };
    let name = move || {
        let plan = plan.with(|plan| plan.as_ref().map(Plan::label).unwrap_or_default());
        format!("{}: {plan} in {}", label(), row.name())
    };
    let press = move || {
        if let Some(run) = plan.with_untracked(|plan| plan.as_ref()?.runs.first().map(|run| run.id)) {
            scope.ask_rerun(run);
        }
    };
    view! {
        <ActionButton
            label=Signal::derive(move || label().to_owned())
            name=Signal::derive(name)
            on_press=press
            permit=Signal::derive(move || permit_reruns(scope.page, 1))
            weight=Weight::Small
        />
    }
    .erase()
}

/// The dialog, one for the page.
#[component]
pub(super) fn RerunDialog(scope: Scope) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move || {
        let is_asked = scope.rerunning.with(|targets| !targets.is_empty());
        if is_asked != open.get_untracked() {
            open.set(is_asked);
        }
    });
    Effect::new(move |was_open: Option<bool>| {
        let is_open = open.get();
        if was_open == Some(true) && !is_open {
            scope.rerunning.set(Vec::new());
        }
        is_open
    });
    let title = move || {
        scope.rerunning.with(|targets| match targets.as_slice() {
            [RerunTarget { before: Some(_), .. }] => "Modify rerun request".to_owned(),
            [] | [_] => "Are you sure you want to rerun this environment?".to_owned(),
            several => format!("Are you sure you want to rerun the following {} environments?", several.len()),
        })
    };
    view! {
        <Dialog open title=Signal::derive(title)>
            {later(Opened::Rerun(scope.page, scope.rerunning.get_untracked(), open))}
        </Dialog>
    }
    .erase()
}

#[component]
pub(super) fn RerunForm(page: PageState, targets: Vec<RerunTarget>, open: RwSignal<bool>) -> impl IntoView {
    let pending = match targets.as_slice() {
        [RerunTarget { before, .. }] => *before,
        _ => None,
    };
    let priority = RwSignal::new(pending.unwrap_or_default().to_string());
    let sending = Sending::new();
    let problem = Signal::derive(move || priority.with(|text| read_priority(text).err().map(str::to_owned)));
    let is_busy = Signal::derive(move || sending.is_busy());
    let targets = StoredValue::new(targets);
    let request_all = move || {
        if let Ok(priority) = priority.with_untracked(|text| read_priority(text)) {
            request(page, targets.get_value(), priority, sending, open);
        }
    };
    let take_back = move || delete(page, targets.get_value(), sending, open);
    let rows = targets.with_value(|targets| targets.iter().map(|target| line(*target)).collect_view());
    view! {
        {pending.is_some().then(|| view! { <p class="notice">"A machine may already have begun to work on it."</p> }.erase_unsent())}
        <table class="table table-cards">
            <thead>
                <tr>
                    <th scope="col">"Architecture"</th>
                    <th scope="col">"Environment"</th>
                    <th scope="col">"Test plan"</th>
                    <th scope="col">"Current priority"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        <TextField label="Priority" value=priority kind="number" required=true problem/>
        <p class="quiet">"Higher priorities run first."</p>
        <SendingError sending/>
        <DialogActions open cancel=if pending.is_some() { "cancel" } else { "no" }>
            {pending.is_some().then(|| view! { <ActionButton label="delete rerun" on_press=take_back busy=is_busy weight=Weight::Danger/> }.erase_unsent())}
            <ActionButton
                label=if pending.is_some() { "update priority" } else { "yes" }
                on_press=request_all
                obstacle=problem
                busy=is_busy
                weight=Weight::Primary
            />
        </DialogActions>
    }
    .erase_unsent()
}

fn line(target: RerunTarget) -> impl IntoView {
    let (architecture, name) = target
        .row
        .environment
        .with_untracked(|environment| (environment.architecture.clone(), environment.name.clone()));
    let before = target.before.map_or_else(|| "–".to_owned(), |priority| priority.to_string());
    view! {
        <tr>
            <td data-label="Architecture">{architecture}</td>
            <td data-label="Environment">{name}</td>
            <td data-label="Test plan">{target.plan()}</td>
            <td data-label="Current priority" class="number">{before}</td>
        </tr>
    }
}

fn ids(targets: &[RerunTarget]) -> Value {
    json!({"test_execution_ids": targets.iter().map(|target| target.run).collect::<Vec<_>>()})
}

fn post(targets: &[RerunTarget], priority: i64) -> Change {
    let mut body = ids(targets);
    body["priority"] = json!(priority);
    Change::post(format!("{PATH}?silent=true")).json(&body)
}

fn in_words(count: usize) -> String {
    if count == 1 { "1 test plan".to_owned() } else { format!("{count} test plans") }
}

fn request(page: PageState, targets: Vec<RerunTarget>, priority: i64, sending: Sending, open: RwSignal<bool>) {
    sending.send(post(&targets, priority), move |(): ()| {
        for target in &targets {
            target.mark(Some(priority));
        }
        open.set(false);
        let words = format!("Rerun of {} requested, priority {priority}", in_words(targets.len()));
        let is_new = targets.iter().all(|target| target.before.is_none());
        if is_new {
            let undo =
                Callback::new(move |()| put_back(page, Change::delete(PATH).json(&ids(&targets)), targets.clone()));
            page.feedback.undoable(words, undo);
        } else {
            page.feedback.done(words);
        }
    });
}

fn delete(page: PageState, targets: Vec<RerunTarget>, sending: Sending, open: RwSignal<bool>) {
    sending.send(Change::delete(PATH).json(&ids(&targets)), move |(): ()| {
        for target in &targets {
            target.mark(None);
        }
        open.set(false);
        let before = targets.first().and_then(|target| target.before).unwrap_or_default();
        let undo = Callback::new(move |()| put_back(page, post(&targets, before), targets.clone()));
        page.feedback.undoable("The rerun is not requested any more", undo);
    });
}

/// Brings back what was asked for before.
fn put_back(page: PageState, change: Change, targets: Vec<RerunTarget>) {
    let answer = Client::current().send::<()>(change);
    spawn_local(async move {
        match answer.await {
            Ok(()) => {
                for target in &targets {
                    target.mark(target.before);
                }
            }
            Err(error) => page.feedback.failed("The request for a rerun was not taken back", &error),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::read_priority;

    #[test]
    fn a_priority_is_a_number_within_limits() {
        for (text, expected) in [
            ("", Err("Priority is required")),
            (" ", Err("Priority is required")),
            ("1.5", Err("Enter a valid integer")),
            ("x", Err("Enter a valid integer")),
            ("1000001", Err("Priority must be between -1000000 and 1000000")),
            ("-1000000", Ok(-1_000_000)),
            (" 7 ", Ok(7)),
        ] {
            assert_eq!(read_priority(text), expected, "{text:?}");
        }
    }
}
