//! One attachment rule: what it asks of results, and switching it on, off, or deleting it.

use leptos::{prelude::*, task::spawn_local};
use serde_json::{Value, json};

use crate::erase::Erase;
use crate::{
    api::{MinimalIssueTestResultAttachmentRuleResponse, Permission},
    client::{Change, Client},
    components::{
        button::{ActionButton, Weight},
        dialog::{Dialog, DialogActions},
        feedback::use_feedback,
        sending::{Sending, SendingError},
        session::use_session,
    },
    text::result_filters::{IdChoice, ResultFilters},
};

type Rule = MinimalIssueTestResultAttachmentRuleResponse;

/// The rule in a fold; the one that the address asks for is open.
#[component]
pub(super) fn RuleView(issue: i64, rule: RwSignal<Rule>, is_wanted: bool, on_delete: Callback<i64>) -> impl IntoView {
    let (id, search, lines) = rule.with_untracked(|rule| (rule.id, search_address(issue, rule), lines(rule)));
    let badge = move || if rule.with(|rule| rule.enabled) { "Enabled" } else { "Disabled" };
    let element = NodeRef::<leptos::html::Details>::new();
    Effect::new(move || {
        if let (true, Some(element)) = (is_wanted, element.get()) {
            element.scroll_into_view();
        }
    });
    view! {
        <details class="fold rule" class:flash=is_wanted open=is_wanted node_ref=element id=format!("rule-{id}")>
            <summary>
                <h3>{format!("Attachment Rule #{id}")}</h3>
                <span class="badge">{badge}</span>
            </summary>
            <div class="fold-body">
                <dl class="facts">{facts(lines)}</dl>
                <div class="form-row">
                    <a class="button button-small" href=search>
                        "view filters"
                    </a>
                    <Toggle issue rule/>
                    <Delete issue id on_delete/>
                </div>
            </div>
        </details>
    }
    .erase()
}

#[component]
fn Toggle(issue: i64, rule: RwSignal<Rule>) -> impl IntoView {
    let (session, feedback) = (use_session(), use_feedback());
    let id = rule.with_untracked(|rule| rule.id);
    let set = move |enabled: bool| {
        let before = rule.with_untracked(|rule| rule.enabled);
        rule.update(|rule| rule.enabled = enabled);
        let change =
            Change::patch(format!("/v1/issues/{issue}/attachment-rules/{id}")).json(&json!({"enabled": enabled}));
        let answer = Client::current().send::<Value>(change);
        spawn_local(async move {
            if let Err(error) = answer.await {
                rule.update(|rule| rule.enabled = before);
                feedback.failed("The rule was not changed", &error);
            }
        });
    };
    let toggle = move |()| {
        let enabled = !rule.with_untracked(|rule| rule.enabled);
        set(enabled);
        let words = format!("Rule #{id} is {}.", if enabled { "enabled" } else { "disabled" });
        feedback.undoable(words, Callback::new(move |()| set(!enabled)));
    };
    let label = move || if rule.with(|rule| rule.enabled) { "disable" } else { "enable" }.to_owned();
    view! {
        <ActionButton
            label=Signal::derive(label)
            name=Signal::derive(move || format!("{} rule #{id}", label()))
            weight=Weight::Small
            permit=session.permit_signal(Permission::ChangeAttachmentRule)
            on_press=toggle
        />
    }
    .erase()
}

#[component]
fn Delete(issue: i64, id: i64, on_delete: Callback<i64>) -> impl IntoView {
    let (session, feedback, sending) = (use_session(), use_feedback(), Sending::new());
    let open = RwSignal::new(false);
    let delete = move |()| {
        let change = Change::delete(format!("/v1/issues/{issue}/attachment-rules/{id}"));
        sending.send(change, move |_: Value| {
            open.set(false);
            feedback.done(format!("Rule #{id} is deleted."));
            on_delete.run(id);
        });
    };
    view! {
        <ActionButton
            label="delete"
            name=format!("delete rule #{id}")
            weight=Weight::Small
            permit=session.permit_signal(Permission::ChangeAttachmentRule)
            on_press=move |()| open.set(true)
        />
        <Dialog open title="Delete Attachment Rule">
            <p>{format!("Rule #{id} attaches this issue to no new result any more. What it attached stays.")}</p>
            <SendingError sending/>
            <DialogActions open cancel="Cancel">
                <ActionButton
                    label="Delete"
                    weight=Weight::Danger
                    busy=Signal::derive(move || sending.is_busy())
                    on_press=delete
                />
            </DialogActions>
        </Dialog>
    }
    .erase()
}

/// What a rule asks of results, in words; what it does not look at is left out.
fn lines(rule: &Rule) -> Vec<(&'static str, String)> {
    let families: Vec<&str> = rule.families.iter().map(|family| family.as_str()).collect();
    let statuses: Vec<&str> = rule.test_result_statuses.iter().map(|status| status.as_str()).collect();
    let metadata: Vec<String> = rule
        .execution_metadata
        .iter()
        .flat_map(|(category, values)| values.iter().map(move |value| format!("{category}: {value}")))
        .collect();
    let lines = vec![
        ("Families", families.join(", ")),
        ("Artefacts", rule.artefacts.join(", ")),
        ("Versions", rule.artefact_versions.join(", ")),
        ("Stages", rule.artefact_stages.join(", ")),
        ("Tracks", rule.artefact_tracks.join(", ")),
        ("Environments", rule.environment_names.join(", ")),
        ("Test Cases", rule.test_case_names.join(", ")),
        ("Template IDs", rule.template_ids.join(", ")),
        ("Execution Metadata", metadata.join(", ")),
        ("Test Result Statuses", statuses.join(", ")),
        ("Log pattern", rule.io_log_pattern.clone().unwrap_or_default()),
        ("Comment pattern", rule.comment_pattern.clone().unwrap_or_default()),
    ];
    lines.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn facts(lines: Vec<(&'static str, String)>) -> AnyView {
    if lines.is_empty() {
        return view! { <p>"No filters available."</p> }.erase();
    }
    let view_line = |(label, value): (&'static str, String)| view! { <div><dt>{label}</dt><dd>{value}</dd></div> };
    lines.into_iter().map(view_line).collect_view().erase()
}

/// The search for what the rule asks of results and the issue is attached to. Patterns have no part in searches.
fn search_address(issue: i64, rule: &Rule) -> String {
    let filters = ResultFilters {
        families: rule.families.iter().map(|family| family.as_str().to_owned()).collect(),
        artefacts: rule.artefacts.clone(),
        artefact_versions: rule.artefact_versions.clone(),
        artefact_stages: rule.artefact_stages.clone(),
        artefact_tracks: rule.artefact_tracks.clone(),
        environments: rule.environment_names.clone(),
        test_cases: rule.test_case_names.clone(),
        template_ids: rule.template_ids.clone(),
        test_result_statuses: rule.test_result_statuses.iter().map(|status| status.as_str().to_owned()).collect(),
        execution_metadata: rule.execution_metadata.clone(),
        issues: IdChoice::These(vec![issue]),
        ..ResultFilters::default()
    };
    filters.page_address()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Rule, lines, search_address};

    #[test]
    fn every_field_of_a_rule_is_shown_and_searched_for() {
        let rule: Rule = serde_json::from_value(json!({
            "id": 3, "enabled": true, "families": ["snap"], "artefacts": ["core"], "artefact_versions": ["1"],
            "artefact_stages": ["edge"], "artefact_tracks": ["22"], "environment_names": ["rpi4"],
            "test_case_names": ["boot"], "template_ids": ["t"], "test_result_statuses": ["FAILED"],
            "execution_metadata": {"os": ["noble", "jammy"]}, "io_log_pattern": "panic",
        }))
        .unwrap();
        let shown: Vec<(&str, String)> = lines(&rule);
        assert_eq!(shown.len(), 11);
        assert_eq!(shown[8], ("Execution Metadata", "os: noble, os: jammy".to_owned()));
        let address = search_address(7, &rule);
        for part in ["families=snap", "artefact_tracks=22", "environments=rpi4", "test_cases=boot", "issues=7"] {
            assert!(address.contains(part), "{address} has no {part}");
        }
    }
}
