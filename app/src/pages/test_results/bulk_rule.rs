//! Making an attachment rule of what a search filters by.

use leptos::prelude::*;
use serde_json::{Value, json};

use crate::erase::Erase;
use crate::{
    client::{Change, Client, ClientError},
    components::{
        button::{ActionButton, Weight},
        dialog::{Dialog, DialogActions},
        feedback::use_feedback,
        issue_url::{IssueUrlField, own_origin, parse_issue_reference, resolve_issue},
        sending::{Sending, SendingError},
    },
    text::result_filters::{IdChoice, ResultFilters},
};

/// Why the filters make no rule; nothing where they do.
fn obstacle(filters: &ResultFilters) -> Option<&'static str> {
    let no_rule_has = filters.issues != IdChoice::default()
        || filters.reviewer_ids != IdChoice::default()
        || filters.artefact_is_archived.is_some()
        || filters.rerun_is_requested.is_some()
        || filters.execution_is_latest.is_some()
        || !filters.test_execution_statuses.is_empty()
        || filters.from_date.is_some()
        || filters.until_date.is_some()
        || !filters.q.is_empty();
    let only_status = ResultFilters { test_result_statuses: Vec::new(), ..filters.clone() }.is_empty();
    match (no_rule_has, only_status) {
        (true, _) => Some(
            "A rule knows families, artefacts, versions, stages, tracks, environments, test cases, templates, metadata and statuses; \
             do without the other filters first.",
        ),
        (false, true) => Some("A rule needs a filter other than the status."),
        (false, false) => None,
    }
}

/// The rule that asks of results what the filters do.
fn rule(filters: &ResultFilters) -> Value {
    json!({
        "enabled": true,
        "families": filters.families,
        "artefacts": filters.artefacts,
        "artefact_versions": filters.artefact_versions,
        "artefact_stages": filters.artefact_stages,
        "artefact_tracks": filters.artefact_tracks,
        "environment_names": filters.environments,
        "test_case_names": filters.test_cases,
        "template_ids": filters.template_ids,
        "execution_metadata": filters.execution_metadata,
        "test_result_statuses": filters.test_result_statuses,
    })
}

/// The dialog. The rule attaches to new results; what is there already is attached to by the button beside.
#[component]
pub(super) fn RuleDialog(open: RwSignal<bool>, filters: ResultFilters) -> impl IntoView {
    let (feedback, sending) = (use_feedback(), Sending::new());
    let url = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let obstacle = obstacle(&filters);
    let filters = StoredValue::new(filters);
    Effect::new(move || {
        if open.get() {
            url.set(String::new());
            problem.set(None);
            sending.reset();
        }
    });
    let submit = move || {
        let reference = match parse_issue_reference(&url.get_untracked(), &own_origin()) {
            Ok(reference) => reference,
            Err(words) => {
                problem.set(Some(words));
                return;
            }
        };
        problem.set(None);
        let client = Client::current();
        let body = filters.with_value(rule);
        let work = async move {
            let issue = resolve_issue(client.clone(), reference).await?;
            client.send::<Value>(Change::post(format!("/v1/issues/{issue}/attachment-rules")).json(&body)).await?;
            Ok::<i64, ClientError>(issue)
        };
        sending.run(work, move |issue| {
            open.set(false);
            feedback.done(format!("The rule attaches issue {issue} to new results from now on."));
        });
    };
    let listed = move || filters.with_value(described);
    view! {
        <Dialog open title="Create Attachment Rule">
            {match obstacle {
                Some(words) => view! { <p>{words}</p> }.erase(),
                None => {
                    view! {
                        <form
                            class="form"
                            on:submit=move |event| {
                                event.prevent_default();
                                submit();
                            }
                        >
                            <IssueUrlField value=url problem/>
                            <h3>"Attachment Rule Filters"</h3>
                            <dl class="facts">{listed}</dl>
                            <SendingError sending/>
                            <DialogActions open>
                                <ActionButton
                                    label="create"
                                    weight=Weight::Primary
                                    busy=Signal::derive(move || sending.is_busy())
                                    on_press=move |()| submit()
                                />
                            </DialogActions>
                        </form>
                    }
                        .erase()
                }
            }}
        </Dialog>
    }
    .erase()
}

fn described(filters: &ResultFilters) -> impl IntoView + use<> {
    let metadata: Vec<String> = filters
        .execution_metadata
        .iter()
        .flat_map(|(category, values)| values.iter().map(move |value| format!("{category}: {value}")))
        .collect();
    let lists = [
        ("Families", &filters.families),
        ("Artefacts", &filters.artefacts),
        ("Versions", &filters.artefact_versions),
        ("Stages", &filters.artefact_stages),
        ("Tracks", &filters.artefact_tracks),
        ("Environments", &filters.environments),
        ("Test Cases", &filters.test_cases),
        ("Template IDs", &filters.template_ids),
        ("Execution Metadata", &metadata),
        ("Test Result Statuses", &filters.test_result_statuses),
    ];
    let known = lists.into_iter().filter(|(_, values)| !values.is_empty());
    known
        .map(|(label, values)| view! { <div><dt>{label}</dt><dd>{values.join(", ")}</dd></div> }.erase())
        .collect_view()
}

#[cfg(test)]
mod tests {
    use super::{obstacle, rule};
    use crate::text::result_filters::{IdChoice, ResultFilters};

    #[test]
    fn a_rule_is_made_of_filters_that_rules_have() {
        let families = ResultFilters { families: vec!["snap".to_owned()], ..ResultFilters::default() };
        assert_eq!(obstacle(&families), None);
        assert_eq!(rule(&families)["families"][0], "snap");
        for filters in [
            ResultFilters::default(),
            ResultFilters { test_result_statuses: vec!["FAILED".to_owned()], ..ResultFilters::default() },
            ResultFilters { issues: IdChoice::None, ..families.clone() },
            ResultFilters { from_date: Some("2031-05-04T00:00:00.000Z".to_owned()), ..families.clone() },
            ResultFilters { q: "x".to_owned(), ..families.clone() },
            ResultFilters { execution_is_latest: Some(false), ..families },
        ] {
            assert!(obstacle(&filters).is_some(), "{filters:?}");
        }
    }
}
