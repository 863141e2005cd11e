//! One rerun that waits.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::erase::Erase;
use crate::{
    api::{FamilyName, PendingRerun, Permission, Timestamp},
    client::{Change, Client},
    components::{
        button::{ActionButton, Weight},
        feedback::use_feedback,
        moment::Ago,
        sending::Sending,
        session::use_session,
    },
};

/// A rerun as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    execution: i64,
    artefact: i64,
    family: FamilyName,
    name: String,
    version: String,
    architecture: String,
    environment: String,
    test_plan: String,
    priority: i64,
    asked_at: Timestamp,
}

impl From<PendingRerun> for Row {
    fn from(rerun: PendingRerun) -> Self {
        Self {
            execution: rerun.test_execution_id,
            artefact: rerun.artefact.id,
            family: rerun.family,
            name: rerun.artefact.name,
            version: rerun.artefact.version,
            architecture: rerun.artefact_build.architecture,
            environment: rerun.test_execution.environment.name,
            test_plan: rerun.test_execution.test_plan,
            priority: rerun.priority,
            asked_at: rerun.created_at,
        }
    }
}

/// A line, and the way to take the rerun back. Once it is taken back the line stays, with the way to ask again.
#[component]
pub(super) fn RowView(place: usize, row: Row) -> impl IntoView {
    let is_taken_back = RwSignal::new(false);
    let page = format!("/{}/{}?testExecutionId={}", row.family.path(), row.artefact, row.execution);
    let plan = if row.test_plan.is_empty() { "unknown".to_owned() } else { row.test_plan.clone() };
    view! {
        <tr class:row-gone=is_taken_back>
            <td class="cell-number" data-label="Place">
                {place}
            </td>
            <td data-label="Artefact">
                <a href=page>{row.name.clone()} " " <span class="version">{row.version.clone()}</span></a>
            </td>
            <td data-label="Architecture">{row.architecture.clone()}</td>
            <td data-label="Environment">{row.environment.clone()}</td>
            <td data-label="Test plan">{plan}</td>
            <td class="cell-number" data-label="Priority">
                {row.priority}
            </td>
            <td data-label="Requested">
                <Ago at=row.asked_at.clone()/>
            </td>
            <td>
                <TakeBack row is_taken_back/>
            </td>
        </tr>
    }
    .erase()
}

#[component]
fn TakeBack(row: Row, is_taken_back: RwSignal<bool>) -> impl IntoView {
    let (session, feedback, sending) = (use_session(), use_feedback(), Sending::new());
    let (execution, priority) = (row.execution, row.priority);
    let change = move |ask: bool| {
        let ids = [execution];
        if ask {
            let body = json!({"test_execution_ids": ids, "priority": priority});
            return Change::post("/v1/test-executions/reruns?silent=true").json(&body);
        }
        Change::delete("/v1/test-executions/reruns").json(&json!({"test_execution_ids": ids}))
    };
    let send = move |ask: bool| {
        let answer = Client::current().send::<Value>(change(ask));
        let work = async move {
            let answer = answer.await;
            if let Err(error) = &answer {
                feedback.failed("The rerun was not changed", error);
            }
            answer
        };
        sending.run(work, move |_| is_taken_back.set(!ask));
    };
    let label = move || if is_taken_back.get() { "ask again" } else { "delete rerun" };
    let name = move || format!("{}: {} in {}", label(), row.name, row.environment);
    view! {
        <ActionButton
            label=Signal::derive(move || label().to_owned())
            name=Signal::derive(name)
            weight=Weight::Small
            permit=session.permit_signal(Permission::ChangeRerun)
            busy=Signal::derive(move || sending.is_busy())
            on_press=move |()| send(is_taken_back.get_untracked())
        />
    }
    .erase()
}
