//! The entries of a page of the audit log.

use leptos::prelude::*;

use super::{
    changes::{FieldChange, changes},
    words,
};
use crate::erase::Erase;
use crate::{
    api::{AuditActorKind, AuditEntryResponse},
    components::moment::Moment,
};

/// As many fields of an entry are shown at once.
const FIELDS: usize = 6;

/// A line an entry.
#[component]
pub(super) fn EntryTable(entries: Vec<AuditEntryResponse>) -> impl IntoView {
    view! {
        <table class="table table-cards access-table audit-table">
            <caption class="visually-hidden">"Changes, newest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Time"</th>
                    <th scope="col">"Who"</th>
                    <th scope="col">"From"</th>
                    <th scope="col">"What"</th>
                    <th scope="col">"Difference"</th>
                </tr>
            </thead>
            <tbody>{entries.into_iter().map(line).collect_view()}</tbody>
        </table>
    }
    .erase()
}

fn line(entry: AuditEntryResponse) -> impl IntoView {
    let address = entry.client_address.clone();
    let has_address = !address.is_empty();
    view! {
        <tr>
            <td data-label="Time">
                <Moment at=entry.created_at.clone()/>
            </td>
            <td class="cell-list" data-label="Who">
                {actor(&entry)}
            </td>
            <td class="number" class:cell-empty=!has_address data-label="From">
                {address}
            </td>
            <td class="cell-list" data-label="What">
                {what(&entry)}
            </td>
            <td class="cell-list" data-label="Difference">
                {difference(&entry)}
            </td>
        </tr>
    }
}

/// Who it was, with the way to everything else they did.
fn actor(entry: &AuditEntryResponse) -> AnyView {
    let kind = entry.actor_kind;
    match (kind, entry.actor_id) {
        (AuditActorKind::User | AuditActorKind::Application, Some(id)) => {
            let name = if entry.actor_name.is_empty() { format!("number {id}") } else { entry.actor_name.clone() };
            let note = (kind == AuditActorKind::Application).then_some(" (application)");
            view! {
                <a href=format!("/audit-log?actor_kind={kind}&actor_id={id}")>{name}</a>
                <span class="quiet">{note}</span>
            }
            .erase()
        }
        _ => words::actor_kind(kind).erase(),
    }
}

/// What was done to what, with the ways to it and to what else was done to it.
fn what(entry: &AuditEntryResponse) -> impl IntoView + use<> {
    let (kind, id) = (entry.subject_kind, entry.subject_id);
    let subject = format!("{} {id}", words::subject_kind(kind));
    let history = format!("History of {} {id}", words::subject_kind(kind).to_lowercase());
    let subject = match words::subject_page(entry) {
        Some(page) => view! { <a href=page>{subject}</a> }.erase(),
        None => subject.erase(),
    };
    view! {
        <span>
            {subject}
            " "
            <span>{words::action(entry.action)}</span>
            " "
            <a class="quiet" href=format!("/audit-log?subject_kind={kind}&subject_id={id}") aria-label=history>
                "history"
            </a>
        </span>
    }
}

/// The fields that differ; all of it on request, where not everything fits.
fn difference(entry: &AuditEntryResponse) -> AnyView {
    let (mut changes, mut is_cut) = changes(entry.before.as_ref(), entry.after.as_ref());
    if changes.is_empty() {
        return view! { <span class="quiet">"–"</span> }.erase();
    }
    is_cut |= changes.len() > FIELDS;
    changes.truncate(FIELDS);
    let whole = is_cut.then(|| {
        let text = serde_json::json!({"before": entry.before, "after": entry.after});
        let text = serde_json::to_string_pretty(&text).unwrap_or_default();
        view! {
            <details>
                <summary>"Everything"</summary>
                <pre class="audit-whole" tabindex="0">{text}</pre>
            </details>
        }
    });
    view! {
        <div>
            <dl class="audit-changes">{changes.into_iter().map(field).collect_view()}</dl>
            {whole}
        </div>
    }
    .erase()
}

fn field(change: FieldChange) -> impl IntoView {
    let FieldChange { field, was, became } = change;
    let was = was.map(|was| {
        view! {
            <span class="visually-hidden">"no longer "</span>
            <del>{was}</del>
            " "
        }
        .erase()
    });
    let became = became.map(|became| {
        view! {
            <span class="visually-hidden">"now "</span>
            <ins>{became}</ins>
        }
        .erase()
    });
    view! {
        <div>
            <dt>{field}</dt>
            <dd>{was} {became}</dd>
        </div>
    }
}
