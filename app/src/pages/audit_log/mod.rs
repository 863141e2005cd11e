//! `/audit-log`: who changed what, when and from where.

mod changes;
mod entry;
mod filters;
mod words;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

use crate::erase::Erase;
use crate::{
    api::{AuditLogResponse, Permission},
    client::{Client, ClientError},
    components::{
        error_notice::ErrorContent,
        load::{load_for, loading},
        nothing_matches::NothingMatches,
        page_head::PageHead,
        session::{Permit, use_session},
    },
    text::{api_address::api_address, query},
};
use entry::EntryTable;
use filters::{FILTERS, Filters};

const PAGE: &str = "/audit-log";
const PER_PAGE: &str = "50";

/// `/audit-log`.
#[component]
pub(crate) fn AuditLogPage() -> impl IntoView {
    let session = use_session();
    let parameters = use_query_map();
    let wanted = Memo::new(move |_| parameters.with(wanted_of));
    let page = load_for(move || wanted.get(), fetch);
    view! {
        <Title text="Audit log"/>
        <PageHead title="Audit log"/>
        <div hidden=move || session.permit(Permission::ViewAuditLog) != Permit::Granted>
            <Filters/>
        </div>
        {page.view(loading, move |answer| match answer {
            Err(error) => view! { <ErrorContent error/> }.erase(),
            Ok(page) => view! { <Entries page wanted=wanted.get_untracked()/> }.erase(),
        })}
    }
}

/// What the address asks for, under the API's names. What is empty, as forms send it, is not asked.
type Wanted = Vec<(&'static str, String)>;

fn wanted_of(query: &ParamsMap) -> Wanted {
    let names = FILTERS.iter().map(|(name, _)| *name).chain(["cursor"]);
    let asked = names.filter_map(|name| query.get(name).map(|value| (name, value)));
    asked.filter(|(_, value)| !value.is_empty()).collect()
}

fn fetch(mut wanted: Wanted) -> impl Future<Output = Result<AuditLogResponse, ClientError>> + Send + use<> {
    wanted.push(("limit", PER_PAGE.to_owned()));
    Client::current().get(&api_address("/v1/audit-log", &wanted))
}

#[component]
fn Entries(page: AuditLogResponse, wanted: Wanted) -> impl IntoView {
    let AuditLogResponse { entries, next_cursor, .. } = page;
    let is_filtered = wanted.iter().any(|(name, _)| *name != "cursor");
    let is_later = wanted.iter().any(|(name, _)| *name == "cursor");
    if entries.is_empty() {
        return if is_filtered || is_later {
            view! { <NothingMatches title="No such entry" words="All filters have to hold. A number means something only beside its kind." everything=PAGE/> }.erase()
        } else {
            view! { <NoEntriesYet/> }.erase()
        };
    }
    view! {
        <EntryTable entries/>
        <Pages is_later next=next_cursor/>
    }
    .erase()
}

/// The ways to the newest entries and to older ones. There is no count: the log is long, and grows at its beginning.
#[component]
fn Pages(is_later: bool, next: Option<String>) -> impl IntoView {
    let parameters = use_query_map();
    let has_next = next.is_some();
    let to =
        move |cursor: Option<&str>| parameters.with(|now| query::address(PAGE, &query::with(now, "cursor", cursor)));
    let newest = move || is_later.then(|| to(None));
    let older = move || next.as_deref().map(|next| to(Some(next)));
    view! {
        <nav class="pager" aria-label="Pages" hidden=!is_later && !has_next>
            <a class="button" href=newest aria-disabled=(!is_later).then_some("true")>
                "Newest"
            </a>
            <a class="button" href=older rel="next" aria-disabled=(!has_next).then_some("true")>
                "Older"
            </a>
        </nav>
    }
    .erase()
}

#[component]
fn NoEntriesYet() -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">"Nothing has been changed yet"</p>
            <p>"What people, applications and operators change is noted down here, together with the change. What runners report is not."</p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use leptos_router::params::ParamsMap;

    use super::wanted_of;

    #[test]
    fn forms_send_empty_fields_which_ask_for_nothing() {
        let query: ParamsMap = [("actor_kind", ""), ("subject_id", "7"), ("cursor", "1_2"), ("other", "x")]
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        assert_eq!(wanted_of(&query), [("subject_id", "7".to_owned()), ("cursor", "1_2".to_owned())]);
    }
}
