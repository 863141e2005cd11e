//! "Detach Issue": takes an explanation away from a result, and if a rule gave it, what the rule does from now on.

use std::sync::Arc;

use leptos::{prelude::*, task::spawn_local};
use serde_json::{Value, json};

use super::forms::{Opened, later};
use super::{
    data::ResultView,
    desk::{Desk, Detaching},
    rule_draft::{RuleDraft, can_be_searched, rule_in_words},
    triage::Triage,
};
use crate::erase::Erase;
use crate::{
    api::{
        IssueResponse, MinimalIssueTestResultAttachmentResponse, MinimalIssueTestResultAttachmentRuleResponse,
        Permission, TestExecutionResponse, TestResultSearchResponseWithContext, Timestamp,
    },
    client::{Change, Client, ClientError},
    components::{
        button::{ActionButton, Weight},
        dialog::{Dialog, DialogActions},
        feedback::{Feedback, use_feedback},
        field::Checkbox,
        issue::IssueLine,
        sending::{Sending, SendingError},
        session::{Permit, use_session},
    },
    text::api_address::api_address,
};

/// The dialog of a run's results.
#[component]
pub(super) fn DetachDialog(desk: Desk) -> impl IntoView {
    let open = desk.detach.is_open;
    view! {
        <Dialog open title="Detach Issue">
            {move || desk.detach.about.get().map(|detaching| later(Opened::Detach(desk, detaching)))}
        </Dialog>
    }
}

/// What else a rule has the issue attached to, from a result on.
#[derive(Clone, Debug, PartialEq)]
struct Newer {
    since: Timestamp,
    count: i64,
}

/// What the form holds.
#[derive(Clone, Copy)]
struct Form {
    desk: Desk,
    result: i64,
    attachment: StoredValue<MinimalIssueTestResultAttachmentResponse>,
    disables_rule: RwSignal<bool>,
    takes_newer: RwSignal<bool>,
    newer: RwSignal<Option<Newer>>,
    sending: Sending,
}

#[component]
pub(super) fn DetachForm(desk: Desk, detaching: Detaching) -> impl IntoView {
    let Detaching { result, attachment } = detaching;
    let issue = attachment.issue.clone();
    let rule = attachment.attachment_rule.clone();
    let form = Form {
        desk,
        result: result.id,
        attachment: StoredValue::new(attachment),
        disables_rule: RwSignal::new(false),
        takes_newer: RwSignal::new(false),
        newer: RwSignal::new(None),
        sending: Sending::new(),
    };
    let feedback = use_feedback();
    view! {
        <div class="form">
            <p class="quiet">{result.name.clone()}</p>
            <IssueLine issue/>
            {rule.map(|rule| view! { <RulePart form result=result.clone() rule/> }.erase_unsent())}
            <SendingError sending=form.sending/>
            <DialogActions open=desk.detach.is_open>
                <ActionButton
                    label="detach"
                    on_press=move |()| form.submit(feedback)
                    permit=use_session().permit_signal(Permission::ChangeIssueAttachment)
                    busy=Signal::derive(move || form.sending.is_busy())
                    weight=Weight::Danger
                />
            </DialogActions>
        </div>
    }
    .erase_unsent()
}

/// What becomes of the rule, and of what else it did.
#[component]
fn RulePart(form: Form, result: Arc<ResultView>, rule: MinimalIssueTestResultAttachmentRuleResponse) -> impl IntoView {
    let session = use_session();
    let may_change = session.permit(Permission::ChangeAttachmentRule) == Permit::Granted;
    let may_bulk = session.permit(Permission::ChangeIssueAttachmentBulk) == Permit::Granted;
    if may_bulk && can_be_searched(&rule) {
        let issue = form.attachment.with_value(|attachment| attachment.issue.id);
        let found = find_newer(Client::current(), form.desk.run, result, issue, RuleDraft::of_rule(&rule));
        spawn_local(async move {
            // Without an answer newer results are not offered; the form may be closed by now, too.
            form.newer.try_set(found.await.ok().flatten());
        });
    }
    let facts = rule_in_words(&rule).into_iter().map(|(name, values)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{values.join(", ")}</dd>
            </div>
        }
    });
    let label = if rule.enabled { "Disable attachment rule" } else { "The attachment rule is disabled already" };
    let count = move || form.newer.with(|newer| newer.as_ref().map(|newer| newer.count));
    view! {
        <section class="rule-fields" aria-label="Attachment rule">
            <p>{format!("Attachment Rule #{} attached it.", rule.id)}</p>
            <dl class="facts">{facts.collect_view()}</dl>
        </section>
        <Checkbox
            label=label
            checked=form.disables_rule
            on_change=move |disables| form.disables_rule.set(disables)
            disabled=!rule.enabled || !may_change
        />
        <Show when=move || count().is_some()>
            <Checkbox
                label=Signal::derive(move || format!("Detach for newer test results (matches {})", count().unwrap_or_default()))
                checked=form.takes_newer
                on_change=move |takes| form.takes_newer.set(takes)
            />
        </Show>
    }
    .erase_unsent()
}

/// Finds out when a result was stored, then what of the rule's is not older. Nothing where the result is not found any more.
async fn find_newer(
    client: Client,
    run: i64,
    result: Arc<ResultView>,
    issue: i64,
    draft: RuleDraft,
) -> Result<Option<Newer>, ClientError> {
    let execution: TestExecutionResponse = client.get(&format!("/v1/test-executions/{run}")).await?;
    let itself = [
        ("test_cases", result.name.clone()),
        ("environments", execution.environment.name),
        ("from_date", format!("{}Z", execution.created_at.as_str())),
        ("fields", "id".to_owned()),
        ("limit", "1000".to_owned()),
    ];
    let found: TestResultSearchResponseWithContext = client.get(&api_address("/v1/test-results", &itself)).await?;
    let mut found = found.test_results.into_iter().map(|it| it.test_result);
    let Some(since) = found.find(|it| it.id == result.id).map(|it| it.created_at) else { return Ok(None) };
    let mut newer = draft.to_search();
    newer.extend([
        ("issues", issue.to_string()),
        ("from_date", format!("{}Z", since.as_str())),
        ("limit", "0".to_owned()),
    ]);
    let counted: TestResultSearchResponseWithContext = client.get(&api_address("/v1/test-results", &newer)).await?;
    Ok(Some(Newer { since, count: counted.count }))
}

/// The filters of a bulk change, from those of a rule: the same under the names that searches have.
fn filters(rule: &MinimalIssueTestResultAttachmentRuleResponse, issue: i64, since: &Timestamp) -> Value {
    json!({
        "families": rule.families,
        "test_cases": rule.test_case_names,
        "template_ids": rule.template_ids,
        "environments": rule.environment_names,
        "test_result_statuses": rule.test_result_statuses,
        "execution_metadata": rule.execution_metadata,
        "issues": [issue],
        "from_date": format!("{}Z", since.as_str()),
    })
}

impl Form {
    fn submit(self, feedback: Feedback) {
        let attachment = self.attachment.get_value();
        let rule = attachment.attachment_rule.clone();
        let newer = self.newer.get_untracked().filter(|_| self.takes_newer.get_untracked());
        let disabled = rule.as_ref().map(|rule| rule.id).filter(|_| self.disables_rule.get_untracked());
        let takes_many = newer.is_some();
        let bulk = newer.zip(rule).map(|(newer, rule)| filters(&rule, attachment.issue.id, &newer.since));
        let work = detach(Client::current(), attachment.issue.id, self.result, disabled, bulk);
        self.sending.run(work, move |()| {
            let (triage, result) = (self.desk.triage, self.result);
            triage.detached(&[result], attachment.issue.id);
            if let Some(rule) = disabled {
                triage.rule_disabled(rule);
            }
            if takes_many {
                triage.load();
            }
            self.desk.detach.is_open.set(false);
            let undo = Callback::new(move |()| attach_again(triage, result, attachment.clone(), feedback));
            feedback.undoable("The issue has been detached.", undo);
        });
    }
}

/// What is to stop comes before what is to be taken away, else the rule might attach it again in between.
async fn detach(
    client: Client,
    issue: i64,
    result: i64,
    disabled_rule: Option<i64>,
    bulk: Option<Value>,
) -> Result<(), ClientError> {
    if let Some(rule) = disabled_rule {
        let change = Change::patch(format!("/v1/issues/{issue}/attachment-rules/{rule}"));
        client.send::<Value>(change.json(&json!({ "enabled": false }))).await?;
    }
    let path = format!("/v1/issues/{issue}/detach");
    if let Some(filters) = bulk {
        client.send::<IssueResponse>(Change::post(&path).json(&json!({ "test_results_filters": filters }))).await?;
    }
    client.send::<IssueResponse>(Change::post(&path).json(&json!({ "test_results": [result] }))).await?;
    Ok(())
}

fn attach_again(triage: Triage, result: i64, attachment: MinimalIssueTestResultAttachmentResponse, feedback: Feedback) {
    let change = Change::post(format!("/v1/issues/{}/attach", attachment.issue.id));
    let answer = Client::current().send::<IssueResponse>(change.json(&json!({ "test_results": [result] })));
    spawn_local(async move {
        match answer.await {
            // Without the rule: by hand it is what it was not before.
            Ok(_) => triage
                .attached(&[result], &MinimalIssueTestResultAttachmentResponse { attachment_rule: None, ..attachment }),
            Err(error) => feedback.failed("Not undone", &error),
        }
    });
}
