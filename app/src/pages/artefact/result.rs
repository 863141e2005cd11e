//! One test result: a light row, and inside what the runner had to say, the issues that explain it, and how the test did before.

use std::sync::Arc;

use leptos::prelude::*;

use super::{
    data::ResultView,
    desk::{Desk, Detaching, Item},
    environment::is_open,
    history::{FlakyBadge, History, HistorySection, Sparkline},
    log::Log,
    reported_issues::ReportedSection,
    row_actions::RowAction,
    triage::Attachments,
};
use crate::erase::Erase;
use crate::{
    api::{MinimalIssueTestResultAttachmentResponse, Permission, TestResultStatus},
    components::{
        button::{ActionButton, Weight},
        copy::{CopyButton, here},
        icon::Icon,
        issue::{IssueLine, issue_key},
        session::use_session,
    },
};

/// A result; open when the address points at it.
#[component]
pub(super) fn ResultRow(
    desk: Desk,
    item: Item,
    /// Whether what is inside is sent with the page, for readers without scripts.
    is_eager: bool,
) -> impl IntoView {
    let result = item.view;
    let attachments = RwSignal::from(item.attachments);
    let id = result.id;
    let is_target = move || desk.target.with(|target| target.result == Some(id));
    let starts_open = untrack(is_target);
    let open = RwSignal::new(starts_open);
    let built = RwSignal::new(starts_open || is_eager);
    let element = NodeRef::<leptos::html::Details>::new();
    Effect::new(move || {
        if is_target() {
            open.set(true);
            if let Some(element) = element.get() {
                element.scroll_into_view();
            }
        }
    });
    Effect::new(move || {
        if open.get() {
            built.set(true);
        }
    });
    let address = address(desk.run, id);
    let inside = {
        let result = result.clone();
        move || {
            if built.get() {
                view! { <Inside desk result=result.clone() attachments open/> }.erase()
            } else {
                view! { <a href=address.clone() rel="external">"Show the result"</a> }.erase()
            }
        }
    };
    let history = if is_eager {
        view! { <History family=desk.family result=ResultView::clone(&result)/> }.erase()
    } else {
        view! { <Sparkline result=ResultView::clone(&result)/> }.erase()
    };
    view! {
        <div class="result-row" data-result=id>
            <Picker desk result=result.clone()/>
            <details
                class="fold result"
                class:target=is_target
                id=format!("result-{id}")
                node_ref=element
                open=starts_open
                prop:open=open
                on:toggle=move |event| open.set(is_open(&event))
            >
                <summary data-action=RowAction::Open.name()>
                    <span class="result-name">{result.name.clone()}</span>
                    <RowNotes desk result=result.clone() attachments/>
                </summary>
                <div class="fold-body">{inside}</div>
            </details>
            {history}
        </div>
    }
    .erase()
}

/// The address of a result on this page.
fn address(run: i64, result: i64) -> String {
    format!("?testExecutionId={run}&testResultId={result}#result-{result}")
}

/// The box that picks a result which somebody has to explain.
#[component]
fn Picker(desk: Desk, result: Arc<ResultView>) -> impl IntoView {
    let id = result.id;
    (result.status != TestResultStatus::Passed).then(|| {
        view! {
            <input
                type="checkbox"
                class="result-picker needs-script"
                data-action=RowAction::Select.name()
                aria-label=format!("Select {}", result.name)
                prop:checked=move || desk.triage.selected.with(|selected| selected.contains(&id))
                on:change=move |_| desk.triage.toggle(id)
            />
        }
    })
}

/// What a closed row says beside the name: what is known of the test, which issues explain the result, or that none does.
#[component]
fn RowNotes(desk: Desk, result: Arc<ResultView>, attachments: RwSignal<Attachments>) -> impl IntoView {
    let needs_triage = result.status != TestResultStatus::Passed;
    let flaky = view! { <FlakyBadge result=ResultView::clone(&result)/> };
    let reported = move || reported_in_words(desk.triage.reported_of(&result.name, &result.template_id).len());
    let notes = move || {
        attachments.with(|attachments| match attachments.as_slice() {
            [] => needs_triage.then(|| view! { <span class="badge">"Untriaged"</span> }.erase()),
            some => Some(
                some.iter()
                    .map(|it| view! { <span class="badge badge-issue">{chip(it)}</span> })
                    .collect_view()
                    .erase(),
            ),
        })
    };
    view! {
        {move || reported().map(|words| view! { <span class="quiet">{words}</span> })}
        {flaky}
        {notes}
    }
}

fn reported_in_words(count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some("(1 reported issue)".to_owned()),
        _ => Some(format!("({count} reported issues)")),
    }
}

fn chip(attachment: &MinimalIssueTestResultAttachmentResponse) -> String {
    let issue = &attachment.issue;
    issue_key(issue.source, &issue.project, &issue.key)
}

/// Everything about a result.
#[component]
fn Inside(
    desk: Desk,
    result: Arc<ResultView>,
    attachments: RwSignal<Attachments>,
    open: RwSignal<bool>,
) -> impl IntoView {
    let link = address(desk.run, result.id);
    let copied = link.clone();
    view! {
        <div class="result-inside">
            <ReportedSection desk result=result.clone()/>
            <IssuesSection desk result=result.clone() attachments/>
            <Facts result=result.clone()/>
            <Log run=desk.run result=result.id log=result.log.clone() open/>
            <HistorySection family=desk.family run=desk.run result=ResultView::clone(&result)/>
            <ul class="links">
                <li>
                    <a href=link>{Icon::Link.view()} "Link to this result"</a>
                </li>
                <li>
                    <CopyButton text=Callback::new(move |()| here(&copied)) what="the link to this result" label="Copy link"/>
                </li>
            </ul>
        </div>
    }
    .erase()
}

/// What the runner said, without what is empty.
#[component]
fn Facts(result: Arc<ResultView>) -> impl IntoView {
    let facts = [("Category", &result.category), ("Template ID", &result.template_id), ("Comment", &result.comment)];
    let rows = facts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd class="text">{value.clone()}</dd>
            </div>
        }
    });
    let rows = rows.collect_view();
    let is_empty = facts.iter().all(|(_, value)| value.is_empty());
    (!is_empty).then(|| {
        view! {
            <section aria-label="Details">
                <h6>"Details"</h6>
                <dl class="facts">{rows}</dl>
            </section>
        }
    })
}

/// The issues that explain a result.
#[component]
fn IssuesSection(desk: Desk, result: Arc<ResultView>, attachments: RwSignal<Attachments>) -> impl IntoView {
    let name = format!("Attach an issue to {}", result.name);
    let about = result.clone();
    let attach = Callback::new(move |()| desk.attach.open(about.clone()));
    let view_attachment = move |attachment: MinimalIssueTestResultAttachmentResponse| {
        view! { <Attached desk result=result.clone() attachment/> }
    };
    view! {
        <section aria-label="Test Issues">
            <div class="result-head">
                <h6>{move || format!("Test Issues ({})", attachments.with(Vec::len))}</h6>
                <span data-action=RowAction::Attach.name()>
                    <ActionButton
                        label="attach"
                        name
                        on_press=attach
                        permit=use_session().permit_signal(Permission::ChangeIssueAttachment)
                        weight=Weight::Small
                        shortcut="a"
                    />
                </span>
            </div>
            <ul class="issue-cards plain-list">
                <For each=move || attachments.get() key=key_of children=view_attachment/>
            </ul>
        </section>
    }
    .erase()
}

/// What makes an attachment look different.
fn key_of(attachment: &MinimalIssueTestResultAttachmentResponse) -> (i64, Option<(i64, bool)>) {
    (attachment.issue.id, attachment.attachment_rule.as_ref().map(|rule| (rule.id, rule.enabled)))
}

#[component]
fn Attached(
    desk: Desk,
    result: Arc<ResultView>,
    attachment: MinimalIssueTestResultAttachmentResponse,
) -> impl IntoView {
    let issue = attachment.issue.clone();
    let rule = attachment.attachment_rule.as_ref().map(|rule| {
        let words = if rule.enabled { "Attached by an enabled attachment rule" } else { "Attached by a disabled attachment rule" };
        view! {
            <a class="issue-rule" class:issue-rule-off=!rule.enabled href=format!("/issues/{}?attachmentRule={}", issue.id, rule.id)>
                {Icon::Link.view()}
                {words}
            </a>
        }
    });
    let name = format!("Detach {} from {}", chip(&attachment), result.name);
    let detach = Callback::new(move |()| {
        desk.detach.open(Detaching { result: result.clone(), attachment: attachment.clone() });
    });
    view! {
        <li class="issue-card">
            <IssueLine issue/>
            {rule}
            <span data-action=RowAction::Detach.name()>
                <ActionButton
                    label="detach"
                    name
                    on_press=detach
                    permit=use_session().permit_signal(Permission::ChangeIssueAttachment)
                    weight=Weight::Small
                    shortcut="d"
                />
            </span>
        </li>
    }
    .erase()
}
