//! The part of "Attach Issue" that makes a rule: what it asks of results, how many there are of these already, and whether they
//! get the issue, too.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use serde_json::Value;

use super::rule_draft::{Field, RuleDraft};
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::{Permission, RulePreviewResponse, TestResultResponseWithContext, TestResultSearchResponseWithContext},
    client::{Change, Client, ClientError},
    components::{
        field::Checkbox,
        issue_url::{known_issue, own_origin, parse_issue_reference},
        session::{Permit, use_session},
    },
    text::api_address::api_address,
};

/// As long somebody may go on ticking before what matches is counted.
const SETTLE: Duration = Duration::from_millis(300);
/// A rule that matches more is likely to be broader than meant.
const MANY: i64 = 1_000;

/// What a rule would match now.
#[derive(Clone, Debug, PartialEq)]
struct Preview {
    matched: i64,
    /// In words, what else is known of them.
    notes: Vec<String>,
    sample: Vec<String>,
}

/// The fields.
#[derive(Clone, Copy)]
pub(super) struct RuleFields {
    url: RwSignal<String>,
    is_wanted: RwSignal<bool>,
    pub(super) draft: RwSignal<RuleDraft>,
    applies_to_existing: RwSignal<bool>,
    preview: RwSignal<Option<Result<Preview, ClientError>>>,
    problem: RwSignal<Option<String>>,
    /// Whether the next press of the button confirms what was asked.
    pub(super) is_confirming: RwSignal<bool>,
    /// Whether the visitor may attach to many results at once.
    pub(super) may_bulk: bool,
}

impl RuleFields {
    /// Nothing is wanted yet. `url` is the address of the issue.
    pub(super) fn new(url: RwSignal<String>) -> Self {
        let may_bulk = untrack(|| use_session().permit(Permission::ChangeIssueAttachmentBulk)) == Permit::Granted;
        Self {
            url,
            is_wanted: RwSignal::new(false),
            draft: RwSignal::new(RuleDraft::default()),
            applies_to_existing: RwSignal::new(false),
            preview: RwSignal::new(None),
            problem: RwSignal::new(None),
            is_confirming: RwSignal::new(false),
            may_bulk,
        }
    }

    /// The rule to make, if any. Fails where something is missing or has to be confirmed first; the fields then say what.
    pub(super) fn to_send(self) -> Result<Option<Value>, ()> {
        if !self.is_wanted.get_untracked() {
            return Ok(None);
        }
        let draft = self.draft.get_untracked();
        if !draft.chooses() {
            self.problem.set(Some("Select at least one filter.".to_owned()));
            return Err(());
        }
        self.problem.set(None);
        if self.reason_to_confirm().is_some() && !self.is_confirming.get_untracked() {
            self.is_confirming.set(true);
            return Err(());
        }
        let mut rule = draft.to_rule();
        rule["apply_to_existing"] = Value::Bool(self.applies_to_existing.get_untracked());
        Ok(Some(rule))
    }

    /// Why somebody should look twice.
    fn reason_to_confirm(self) -> Option<String> {
        let applies = self.applies_to_existing.get_untracked();
        let matched = self.preview.with_untracked(|preview| match preview {
            Some(Ok(preview)) => preview.matched,
            _ => 0,
        });
        if matched > MANY {
            return Some(format!("The rule matches {matched} results. Is it meant to be that broad?"));
        }
        let has_statuses = self.draft.with_untracked(RuleDraft::has_statuses);
        (applies && has_statuses).then(|| {
            "The rule looks at how results ended: only existing results of these statuses get the issue.".to_owned()
        })
    }

    fn tick(self, at: usize, is_ticked: bool) {
        self.is_confirming.set(false);
        self.draft.update(|draft| {
            if let Some(offer) = draft.0.get_mut(at) {
                offer.is_ticked = is_ticked;
            }
        });
    }
}

/// What matches now: by the API's own preview where the issue is known, else by a search that only counts.
async fn look_ahead(client: Client, url: String, draft: RuleDraft) -> Result<Preview, ClientError> {
    let issue = match parse_issue_reference(&url, &own_origin()) {
        Ok(reference) => known_issue(client.clone(), reference).await,
        Err(_) => None,
    };
    if let Some(issue) = issue {
        let change = Change::post(format!("/v1/issues/{issue}/attachment-rules/preview")).json(&draft.to_rule());
        if let Ok(preview) = client.send::<RulePreviewResponse>(change).await {
            return Ok(Preview::from(preview));
        }
    }
    let mut parameters = draft.to_search();
    parameters.extend([("limit", "3".to_owned()), ("fields", "id".to_owned())]);
    let found: TestResultSearchResponseWithContext = client.get(&api_address("/v1/test-results", &parameters)).await?;
    Ok(Preview { matched: found.count, notes: Vec::new(), sample: found.test_results.iter().map(in_words).collect() })
}

fn in_words(found: &TestResultResponseWithContext) -> String {
    let environment = &found.test_execution.environment;
    let (artefact, result) = (&found.artefact, &found.test_result);
    format!("{} {} on {}: {}, {}", artefact.name, artefact.version, environment.name, result.name, result.status)
}

impl From<RulePreviewResponse> for Preview {
    fn from(preview: RulePreviewResponse) -> Self {
        let notes = [
            (preview.untriaged, "untriaged"),
            (preview.already_attached, "with this issue already"),
            (preview.with_another_issue, "with another issue"),
        ];
        Self {
            matched: preview.matched,
            notes: notes
                .into_iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, what)| format!("{count} {what}"))
                .collect(),
            sample: preview.sample.iter().take(3).map(in_words).collect(),
        }
    }
}

/// The box that asks for a rule, and what belongs to it.
#[component]
pub(super) fn RuleForm(rule: RuleFields) -> impl IntoView {
    let permit = use_session().permit(Permission::ChangeAttachmentRule);
    let reason = permit.reason();
    let mut count_later = debounce(SETTLE, move |(url, draft): (String, RuleDraft)| {
        let answer = look_ahead(Client::current(), url, draft.clone());
        spawn_local(async move {
            let answer = answer.await;
            // Somebody has gone on ticking, or the form is closed.
            if rule.draft.try_with_untracked(|now| *now == draft) == Some(true) {
                rule.preview.set(Some(answer));
            }
        });
    });
    Effect::new(move || {
        let (draft, url) = (rule.draft.get(), rule.url.get());
        rule.preview.set(None);
        if rule.is_wanted.get() && draft.chooses() {
            count_later((url, draft));
        }
    });
    let want = move |wanted| {
        rule.is_wanted.set(wanted);
        rule.is_confirming.set(false);
    };
    view! {
        <Checkbox label="Create attachment rule" checked=rule.is_wanted on_change=want disabled=permit != Permit::Granted/>
        {reason.map(|reason| view! { <p class="quiet">{reason}</p> }.erase_unsent())}
        <Show when=move || rule.is_wanted.get()>
            <RuleOffers rule/>
        </Show>
    }
    .erase_unsent()
}

#[component]
fn RuleOffers(rule: RuleFields) -> impl IntoView {
    let apply = move |applies| {
        rule.is_confirming.set(false);
        rule.applies_to_existing.set(applies);
    };
    view! {
        <fieldset class="rule-fields">
            <legend>"Attachment Rule Filters"</legend>
            {Field::ALL.map(|field| view! { <Offers rule field/> }.erase_unsent())}
            <p class="field-problem" role="alert">
                {rule.problem}
            </p>
        </fieldset>
        <div class="rule-preview" role="status">
            {move || preview_in_words(rule)}
        </div>
        <Checkbox
            label="Attach to existing test results, too"
            checked=rule.applies_to_existing
            on_change=apply
            disabled=!rule.may_bulk
        />
        <div class="confirm" role="alert" hidden=move || !rule.is_confirming.get()>
            <p class="notice-title">"Confirm Attachment Rule"</p>
            <p>{move || rule.is_confirming.get().then(|| rule.reason_to_confirm())}</p>
        </div>
    }
    .erase_unsent()
}

/// The values of one kind. Boxes keep their places while they are ticked: only what is offered builds them anew.
#[component]
fn Offers(rule: RuleFields, field: Field) -> impl IntoView {
    let places = Memo::new(move |_| {
        rule.draft.with(|draft| {
            let offers = draft.0.iter().enumerate().filter(|(_, offer)| offer.field == field);
            offers.map(|(at, offer)| (at, offer.label())).collect::<Vec<_>>()
        })
    });
    view! {
        <fieldset class="filter" hidden=move || places.with(Vec::is_empty)>
            <legend>{field.label()}</legend>
            <Each each=move || places.get() key=|place| place.clone() let((at, label))>
                <Checkbox
                    label
                    checked=Signal::derive(move || rule.draft.with(|draft| draft.0.get(at).is_some_and(|offer| offer.is_ticked)))
                    on_change=move |is_ticked| rule.tick(at, is_ticked)
                />
            </Each>
        </fieldset>
    }
}

fn preview_in_words(rule: RuleFields) -> AnyView {
    match rule.preview.get() {
        None => rule
            .draft
            .with(RuleDraft::chooses)
            .then(|| view! { <p class="quiet">"Counting…"</p> }.erase_unsent())
            .erase_unsent(),
        Some(Err(error)) => view! { <p>"What matches could not be counted: "{error.title()}</p> }.erase_unsent(),
        Some(Ok(Preview { matched, notes, sample })) => {
            let address = rule.draft.with_untracked(|draft| api_address("/test-results", &draft.to_search()));
            let results = if matched == 1 { "test result" } else { "test results" };
            let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
            view! {
                <p>
                    <a href=address target="_blank" rel="noopener">{format!("Matches {matched} {results}")}</a>
                    {notes}
                </p>
                {(matched > MANY).then(|| view! { <p class="warning">{format!("These are more than {MANY}: narrow the rule if it is not meant to be that broad.")}</p> }.erase_unsent())}
                <ul class="sample quiet">{sample.into_iter().map(|words| view! { <li>{words}</li> }.erase_unsent()).collect_view()}</ul>
            }
            .erase_unsent()
        }
    }
}
