//! "Attach Issue": says which issue explains a result, and if wanted has a rule say so of every result like it.

use std::sync::Arc;

use leptos::{prelude::*, task::spawn_local};
use serde_json::{Value, json};

use super::forms::{Opened, later};
use super::{
    attach_rule::{RuleFields, RuleForm},
    data::ResultView,
    desk::Desk,
    rule_draft::RuleDraft,
    triage::Triage,
};
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::{
        IssueResponse, MinimalIssueResponse, MinimalIssueTestResultAttachmentResponse,
        MinimalIssueTestResultAttachmentRuleResponse, Permission, RuleApplicationUndoneResponse,
        TestResultSearchResponseWithContext,
    },
    client::{Change, Client, ClientError},
    components::{
        button::{ActionButton, Weight},
        dialog::{Dialog, DialogActions},
        feedback::{Feedback, use_feedback},
        issue::IssueLine,
        issue_url::{IssueReference, IssueUrlField, own_origin, parse_issue_reference, resolve_issue},
        sending::{Sending, SendingError},
        session::use_session,
    },
    order,
    text::api_address::api_address,
};

/// As many issues are suggested at most.
const SUGGESTED: usize = 5;

/// The dialog of a run's results.
#[component]
pub(super) fn AttachDialog(desk: Desk) -> impl IntoView {
    let open = desk.attach.is_open;
    view! {
        <Dialog open title="Attach Issue">
            {move || desk.attach.about.get().map(|result| later(Opened::Attach(desk, result)))}
        </Dialog>
    }
}

/// The issues that explain results of a test.
async fn fetch_suggestions(client: Client, test: String) -> Result<Vec<MinimalIssueResponse>, ClientError> {
    let same_test = [("test_cases", test.as_str()), ("issues", "any"), ("fields", "id"), ("limit", "50")];
    let found: TestResultSearchResponseWithContext = client.get(&api_address("/v1/test-results", &same_test)).await?;
    Ok(rank(found.test_results.into_iter().flat_map(|it| it.test_result.issues)))
}

/// Each issue once, the most frequent first.
fn rank(attachments: impl Iterator<Item = MinimalIssueTestResultAttachmentResponse>) -> Vec<MinimalIssueResponse> {
    let mut counted: Vec<(usize, MinimalIssueResponse)> = Vec::new();
    for attachment in attachments {
        match counted.iter_mut().find(|(_, issue)| issue.id == attachment.issue.id) {
            Some((count, _)) => *count += 1,
            None => counted.push((1, attachment.issue)),
        }
    }
    order::sort_by_key(&mut counted, |(count, issue)| (std::cmp::Reverse(*count), issue.id));
    counted.into_iter().map(|(_, issue)| issue).collect()
}

#[component]
pub(super) fn AttachForm(desk: Desk, result: Arc<ResultView>) -> impl IntoView {
    let url = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let suggestions = RwSignal::new(Vec::new());
    let rule = RuleFields::new(url);
    let sending = Sending::new();
    let session = use_session();
    if let Some((environment, metadata)) = desk.surroundings() {
        rule.draft.set(RuleDraft::of(desk.family, &result, &environment, &metadata));
    }
    let found = fetch_suggestions(Client::current(), result.name.clone());
    spawn_local(async move {
        // Without suggestions the form still does what it is for. It may be closed by now.
        if let Ok(found) = found.await {
            suggestions.try_set(found);
        }
    });
    let form = Form { desk, result: result.id, url, problem, rule, sending, made: StoredValue::new(None) };
    let feedback = use_feedback();
    let attach = Callback::new(move |()| form.submit(feedback));
    let permit = session.permit_signal(Permission::ChangeIssueAttachment);
    view! {
        <form class="form" novalidate=true on:submit=move |event| {
            event.prevent_default();
            attach.run(());
        }>
            <p class="quiet">{result.name.clone()}</p>
            <IssueUrlField value=url problem/>
            <Suggestions desk result=result.id suggestions url/>
            <RuleForm rule/>
            <SendingError sending/>
            <DialogActions open=desk.attach.is_open>
                <ActionButton
                    label=Signal::derive(move || if rule.is_confirming.get() { "Continue" } else { "attach" }.to_owned())
                    on_press=attach
                    permit
                    busy=Signal::derive(move || sending.is_busy())
                    weight=Weight::Primary
                />
            </DialogActions>
        </form>
    }
    .erase_unsent()
}

/// Issues that explain the same test elsewhere, each to be taken by a click.
#[component]
fn Suggestions(
    desk: Desk,
    result: i64,
    suggestions: RwSignal<Vec<MinimalIssueResponse>>,
    url: RwSignal<String>,
) -> impl IntoView {
    let shown = move || {
        let others = suggestions.get().into_iter().filter(|issue| !desk.triage.has_issue(result, issue.id));
        others.take(SUGGESTED).collect::<Vec<_>>()
    };
    view! {
        <section class="suggestions" aria-label="Issues attached to the same test" hidden=move || shown().is_empty()>
            <p>"Attached to the same test before:"</p>
            <ul class="issue-cards plain-list">
                <Each each=shown key=|issue| issue.id let(issue)>
                    <li class="issue-card">
                        <IssueLine issue=issue.clone()/>
                        <ActionButton
                            label="use"
                            name=format!("Use {}", issue.url)
                            on_press=move |()| url.set(format!("{}/issues/{}", own_origin(), issue.id))
                            weight=Weight::Small
                        />
                    </li>
                </Each>
            </ul>
        </section>
    }
}

/// A rule that has been made, with what it was made from: a second attempt at attaching makes no second one.
type Made = Option<(i64, Value, MinimalIssueTestResultAttachmentRuleResponse)>;

/// What the form holds.
#[derive(Clone, Copy)]
struct Form {
    desk: Desk,
    result: i64,
    url: RwSignal<String>,
    problem: RwSignal<Option<String>>,
    rule: RuleFields,
    sending: Sending,
    made: StoredValue<Made>,
}

/// What has been done.
struct Done {
    issue: IssueResponse,
    rule: Option<MinimalIssueTestResultAttachmentRuleResponse>,
}

impl Form {
    fn submit(self, feedback: Feedback) {
        let reference = match self.url.with_untracked(|url| parse_issue_reference(url, &own_origin())) {
            Ok(reference) => reference,
            Err(problem) => return self.problem.set(Some(problem)),
        };
        self.problem.set(None);
        // Where there is nothing to send, the fields say what is missing, or ask to confirm.
        let Ok(rule) = self.rule.to_send() else { return };
        self.sending.run(self.attach(Client::current(), reference, rule), move |done| self.finish(done, feedback));
    }

    async fn attach(self, client: Client, reference: IssueReference, rule: Option<Value>) -> Result<Done, ClientError> {
        let issue = resolve_issue(client.clone(), reference).await?;
        let rule = match rule {
            Some(body) => Some(self.make_rule(client.clone(), issue, body).await?),
            None => None,
        };
        let mut body = json!({ "test_results": [self.result] });
        // Saying that a rule did it counts as doing it to many.
        if let Some(rule) = rule.as_ref().filter(|_| self.rule.may_bulk) {
            body["attachment_rule"] = json!(rule.id);
        }
        let change = Change::post(format!("/v1/issues/{issue}/attach")).json(&body);
        Ok(Done { issue: client.send(change).await?, rule })
    }

    async fn make_rule(
        self,
        client: Client,
        issue: i64,
        body: Value,
    ) -> Result<MinimalIssueTestResultAttachmentRuleResponse, ClientError> {
        let made = self.made.try_get_value().flatten();
        if let Some((_, _, rule)) = made.filter(|(of, from, _)| *of == issue && *from == body) {
            return Ok(rule);
        }
        let change = Change::post(format!("/v1/issues/{issue}/attachment-rules")).json(&body);
        let rule: MinimalIssueTestResultAttachmentRuleResponse = client.send(change).await?;
        self.made.try_update_value(|made| *made = Some((issue, body, rule.clone())));
        Ok(rule)
    }

    fn finish(self, done: Done, feedback: Feedback) {
        let Self { desk, result, .. } = self;
        let triage = desk.triage;
        let Done { issue, rule } = done;
        let issue_id = issue.id;
        let was_attached = triage.has_issue(result, issue_id);
        let noted = rule.clone().filter(|_| self.rule.may_bulk);
        let attachment = MinimalIssueTestResultAttachmentResponse { issue: issue.into(), attachment_rule: noted };
        triage.attached(&[result], &attachment);
        desk.attach.is_open.set(false);
        let existing = rule.and_then(|rule| rule.existing_results.map(|applied| (rule.id, applied)));
        match existing {
            Some((rule, applied)) => {
                triage.load();
                let words = format!("Attached, also to {} of {} existing results.", applied.attached, applied.matched);
                feedback.undoable(words, Callback::new(move |()| undo(triage, issue_id, rule, feedback)));
            }
            None if was_attached => feedback.done("Note: Issue already attached."),
            None => feedback.done("The issue has been attached."),
        }
    }
}

/// Takes back what applying a rule to existing results did; the rule stays, and so does what was attached by hand.
fn undo(triage: Triage, issue: i64, rule: i64, feedback: Feedback) {
    let change = Change::delete(format!("/v1/issues/{issue}/attachment-rules/{rule}/existing-results"));
    let answer = Client::current().send::<RuleApplicationUndoneResponse>(change);
    spawn_local(async move {
        match answer.await {
            Ok(undone) => {
                triage.load();
                feedback.done(format!("Detached from {} existing results.", undone.detached));
            }
            Err(error) => feedback.failed("Not undone", &error),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::rank;
    use crate::api::MinimalIssueTestResultAttachmentResponse;

    #[test]
    fn what_explains_most_is_suggested_first() {
        let attachment = |id: i64| -> MinimalIssueTestResultAttachmentResponse {
            serde_json::from_value(serde_json::json!({
                "attachment_rule": null,
                "issue": {
                    "id": id, "source": "github", "project": "a/b", "key": "1", "title": "", "status": "open",
                    "url": "https://github.com/a/b/issues/1",
                },
            }))
            .unwrap()
        };
        let ranked = rank([3, 1, 2, 1, 2].map(attachment).into_iter());
        assert_eq!(ranked.iter().map(|issue| issue.id).collect::<Vec<_>>(), [1, 2, 3]);
    }
}
