//! What the machine that runs a test execution said about its progress.

use leptos::{prelude::*, task::spawn_local};

use super::environment::is_open;
use crate::erase::Erase;
use crate::{
    api::TestEventResponse,
    client::{Client, ClientError},
    components::{error_notice::ErrorNotice, moment::Moment},
};

type Loaded = Option<Result<Vec<TestEventResponse>, ClientError>>;

/// The events of a run, fetched when they are looked at. Open from the start while the run has not come to an end.
#[component]
pub(super) fn EventLog(run: i64, starts_open: bool, is_seen: Signal<bool>) -> impl IntoView {
    let open = RwSignal::new(starts_open);
    let events = RwSignal::new(None::<Result<Vec<TestEventResponse>, ClientError>>);
    let path = format!("/v1/test-executions/{run}/status_update");
    load_when_seen(path.clone(), Signal::derive(move || is_seen.get() && open.get()), events);
    view! {
        <details class="fold run-part" open=starts_open prop:open=open on:toggle=move |event| open.set(is_open(&event))>
            <summary>"Event log"</summary>
            <div class="fold-body">
                {move || match events.get() {
                    None => view! { <p class="loading"><a href=path.clone() rel="external">"The events, as JSON"</a></p> }.erase(),
                    Some(Err(error)) => view! { <ErrorNotice error/> }.erase(),
                    Some(Ok(events)) => view! { <Events events/> }.erase(),
                }}
            </div>
        </details>
    }
    .erase()
}

fn load_when_seen(path: String, is_seen: Signal<bool>, events: RwSignal<Loaded>) {
    let asked = StoredValue::new(false);
    Effect::new(move || {
        if is_seen.get() && !asked.get_value() {
            asked.set_value(true);
            let answer = Client::current().get::<Vec<TestEventResponse>>(&path);
            spawn_local(async move {
                let answer = answer.await;
                // The page may be gone by now.
                let _ = events.try_set(Some(answer));
            });
        }
    });
}

#[component]
fn Events(events: Vec<TestEventResponse>) -> impl IntoView {
    if events.is_empty() {
        return view! { <p class="quiet">"The run has reported no events."</p> }.erase();
    }
    let rows = events.into_iter().map(|event| {
        view! {
            <tr>
                <td class="cell-name">{event.event_name}</td>
                <td data-label="Timestamp"><Moment at=event.timestamp/></td>
                <td data-label="Detail" title=event.detail.clone()>{event.detail.clone()}</td>
            </tr>
        }
        .erase()
    });
    view! {
        <table class="table table-cards">
            <thead>
                <tr>
                    <th scope="col">"Event Name"</th>
                    <th scope="col">"Timestamp"</th>
                    <th scope="col">"Detail"</th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
    .erase()
}
