//! The fields of a rule: a new one, or one that is there.

use leptos::prelude::*;
use serde_json::{Value, json};

use super::{
    criteria::{CRITERIA, is_of, values},
    teams_field::TeamsField,
};
use crate::erase::Erase;
use crate::{
    api::{ArtefactMatchingRuleResponse, FamilyName, Permission},
    client::Change,
    components::{
        button::{ActionButton, Weight},
        confirmed::Confirmed,
        dialog::DialogActions,
        feedback::use_feedback,
        field::{Select, TextField},
        filters::Choice,
        permissions::PermissionBox,
        rows::Rows,
        sending::{Sending, SendingError},
        session::{Permit, use_session},
    },
};

const PATH: &str = "/v1/artefact-matching-rules";
/// What rules are asked for when somebody does something to an artefact.
const GRANTS: [(Permission, &str); 2] = [
    (Permission::ChangeArtefact, "Approve and reject these artefacts; change their reviewers, stage and comment."),
    (Permission::ChangeRerun, "Ask for reruns of their tests, and take them back."),
];

/// What is filled in.
#[derive(Clone, Copy)]
struct Fields {
    family: RwSignal<String>,
    criteria: [RwSignal<String>; 9],
    teams: RwSignal<Vec<Choice>>,
    grants: RwSignal<Vec<Permission>>,
}

impl Fields {
    fn new(existing: Option<&ArtefactMatchingRuleResponse>) -> Self {
        let family = existing.map_or(FamilyName::Snap, |rule| rule.family);
        let teams = existing.map(|rule| rule.teams.as_slice()).unwrap_or_default().iter();
        Self {
            family: RwSignal::new(family.as_str().to_owned()),
            criteria: existing.map(values).unwrap_or_default().map(RwSignal::new),
            teams: RwSignal::new(teams.map(|team| Choice::new(team.id.to_string(), team.name.clone())).collect()),
            grants: RwSignal::new(existing.map(|rule| rule.grant_permissions.clone()).unwrap_or_default()),
        }
    }

    fn body(self) -> Value {
        let teams: Vec<i64> =
            self.teams.with_untracked(|teams| teams.iter().filter_map(|team| team.value.parse().ok()).collect());
        let mut body = json!({
            "family": self.family.get_untracked(),
            "team_ids": teams,
            "grant_permissions": self.grants.get_untracked(),
        });
        for ((name, _), value) in CRITERIA.iter().zip(self.criteria) {
            body[*name] = Value::String(value.with_untracked(|value| value.trim().to_owned()));
        }
        body
    }

    /// What the family has, and what is filled in although it has not.
    fn shows(self, at: usize) -> bool {
        let of_family =
            self.family.with(|family| family.parse::<FamilyName>().is_ok_and(|family| is_of(family, CRITERIA[at].0)));
        of_family || self.criteria[at].with(|value| !value.is_empty())
    }
}

/// Makes a rule, changes one, or removes it.
#[component]
pub(super) fn RuleForm(
    existing: Option<ArtefactMatchingRuleResponse>,
    rows: Rows<ArtefactMatchingRuleResponse>,
    open: RwSignal<bool>,
) -> impl IntoView {
    let (session, feedback, sending) = (use_session(), use_feedback(), Sending::new());
    let fields = Fields::new(existing.as_ref());
    let conflict = RwSignal::new(None::<String>);
    let teams_problem = RwSignal::new(None::<String>);
    let id = existing.map(|rule| rule.id);
    let label = if id.is_some() { "save" } else { "create" };
    let save = Callback::new(move |()| {
        let has_no_team = fields.teams.with_untracked(Vec::is_empty);
        teams_problem.set(has_no_team.then(|| "Please choose at least one team".to_owned()));
        if has_no_team {
            return;
        }
        let change = id.map_or_else(|| Change::post(PATH), |id| Change::patch(format!("{PATH}/{id}")));
        sending.send_at(change.json(&fields.body()), conflict, move |rule: ArtefactMatchingRuleResponse| {
            rows.store(rule);
            open.try_set(false);
            session.refresh();
            feedback.done("The matching rule is saved.");
        });
    });
    view! {
        <form class="form" novalidate=true on:submit=move |event| {
            event.prevent_default();
            save.run(());
        }>
            // Without a button of this kind Enter would not send a form of several fields.
            <input type="submit" hidden=true/>
            <Criteria fields conflict/>
            <TeamsField chosen=fields.teams problem=teams_problem/>
            <Grants fields/>
            <SendingError sending/>
            {id.map(|id| view! { <Removal id rows open sending/> }.erase_unsent())}
            <DialogActions open>
                <ActionButton
                    label
                    permit=session.permit_signal(Permission::ChangeTeam)
                    on_press=save
                    busy=Signal::derive(move || sending.is_busy())
                    weight=Weight::Primary
                />
            </DialogActions>
        </form>
    }
    .erase_unsent()
}

/// Which artefacts. Two rules never ask the same: that is said here.
#[component]
fn Criteria(fields: Fields, conflict: RwSignal<Option<String>>) -> impl IntoView {
    let families: Vec<(String, String)> =
        FamilyName::ALL.iter().map(|family| (family.as_str().to_owned(), family.as_str().to_owned())).collect();
    let criteria = CRITERIA.iter().enumerate().map(|(at, &(_, label))| {
        view! {
            <div hidden=move || !fields.shows(at)>
                <TextField label value=fields.criteria[at]/>
            </div>
        }
    });
    view! {
        <fieldset class="rule-fields" aria-describedby="rule-conflict">
            <legend>"Artefacts"</legend>
            <Select label="Family" value=fields.family choices=Signal::stored(families)/>
            <p class="quiet">"What is left empty matches everything; the rest has to be exactly as the artefact has it."</p>
            <div class="rule-criteria">{criteria.collect_view()}</div>
            <p class="field-problem" id="rule-conflict" role="alert">
                {conflict}
            </p>
        </fieldset>
    }
    .erase_unsent()
}

/// What the members may do. Whatever else a rule grants is never asked for, but kept.
#[component]
fn Grants(fields: Fields) -> impl IntoView {
    let session = use_session();
    let given = fields.grants.get_untracked();
    let mut offered = GRANTS.to_vec();
    for permission in &given {
        if !offered.iter().any(|(other, _)| other == permission) {
            offered.push((*permission, "Has no effect in a rule."));
        }
    }
    let boxes = offered.into_iter().map(|(permission, words)| {
        let is_given = given.contains(&permission);
        let disabled = Signal::derive(move || !is_given && session.permit(permission) != Permit::Granted);
        view! { <PermissionBox permission words chosen=fields.grants disabled/> }
    });
    view! {
        <fieldset class="rule-fields">
            <legend>"Members may"</legend>
            {boxes.collect_view()}
        </fieldset>
    }
    .erase_unsent()
}

/// The end of a rule.
#[component]
fn Removal(id: i64, rows: Rows<ArtefactMatchingRuleResponse>, open: RwSignal<bool>, sending: Sending) -> impl IntoView {
    let (session, feedback) = (use_session(), use_feedback());
    let delete = move |()| {
        sending.send(Change::delete(format!("{PATH}/{id}")), move |()| {
            open.try_set(false);
            rows.remove(id);
            session.refresh();
            feedback.done("The matching rule is deleted.");
        });
    };
    view! {
        <div class="form-row">
            <Confirmed
                label="delete rule"
                question="Delete this rule? Its teams stay, and so do the reviewers it led to."
                on_yes=delete
                permit=session.permit_signal(Permission::ChangeTeam)
                busy=Signal::derive(move || sending.is_busy())
            />
            <a
                href=format!("/audit-log?subject_kind=matching_rule&subject_id={id}")
                hidden=move || session.permit(Permission::ViewAuditLog) != Permit::Granted
            >
                "What was changed about this rule"
            </a>
        </div>
    }
    .erase_unsent()
}
