//! One test result: a light row, and inside what the runner had to say, the issues that explain it, and how the test did before.

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::{
    data::ResultView,
    desk::{Desk, Detaching, Item},
    environment::{is_open, once_open},
    history::{HistorySection, flaky, flaky_badge, history, sparkline},
    log::Log,
    reported_issues::ReportedSection,
    results::Sent,
    row_actions::RowAction,
    triage::Attachments,
};
use crate::components::each::Each;
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

/// The class of the result that the address points at.
const TARGET: &str = "target";

/// A result; open when the address points at it. There may be hundreds of rows, so each follows as few signals as it can: what the
/// address points at and what is picked is followed once for all of them.
#[component]
pub(super) fn ResultRow(
    desk: Desk,
    item: Item,
    /// How much of it is sent with the page.
    sent: Sent,
) -> impl IntoView {
    let result = item.view;
    let attachments = RwSignal::from(item.attachments);
    let id = result.id;
    let starts_open = desk.target.with_untracked(|target| target.result == Some(id));
    let open = RwSignal::new(starts_open);
    let built = once_open(open.into(), sent == Sent::Everything);
    let inside = {
        let result = result.clone();
        move || match sent {
            _ if built.get() => view! {
                <div class="fold-body">
                    <Inside desk result=result.clone() attachments open/>
                </div>
            }
            .erase(),
            Sent::Nothing => ().erase(),
            Sent::Rows | Sent::Everything => view! {
                <div class="fold-body">
                    <a href=address(desk.run, id) rel="external">
                        "Show the result"
                    </a>
                </div>
            }
            .erase(),
        }
    };
    let history = if sent == Sent::Everything { history(desk.family, &result) } else { sparkline(&result) };
    view! {
        <div class="result-row" data-result=id>
            {picker(desk, &result)}
            <details
                class=if starts_open { "fold result target" } else { "fold result" }
                id=element_id(id)
                open=starts_open
                prop:open=starts_open
                on:toggle=move |event| open.set(is_open(&event))
            >
                <summary data-action=RowAction::Open.name()>
                    <span class="result-name">{result.name.clone()}</span>
                    {notes(desk, &result, attachments)}
                </summary>
                {inside}
            </details>
            {history}
        </div>
    }
    .erase()
}

fn element_id(result: i64) -> String {
    format!("result-{result}")
}

/// Opens a result, marks it as what the address points at, and brings it into view; nothing where its row does not exist.
pub(super) fn point_at(result: i64) {
    let Some(element) = document().get_element_by_id(&element_id(result)) else { return };
    // A class that cannot be added is not shown.
    let _ = element.class_list().add_1(TARGET);
    if let Some(details) = element.dyn_ref::<web_sys::HtmlDetailsElement>() {
        details.set_open(true);
    }
    element.scroll_into_view();
}

/// Says no longer that the address points at a result.
pub(super) fn point_away_from(result: i64) {
    if let Some(element) = document().get_element_by_id(&element_id(result)) {
        let _ = element.class_list().remove_1(TARGET);
    }
}

/// The address of a result on this page.
fn address(run: i64, result: i64) -> String {
    format!("?testExecutionId={run}&testResultId={result}#result-{result}")
}

/// The box that picks a result which somebody has to explain. Once it exists, the page ticks it.
fn picker(desk: Desk, result: &ResultView) -> impl IntoView + use<> {
    let id = result.id;
    (result.status != TestResultStatus::Passed).then(|| {
        view! {
            <input
                type="checkbox"
                class="result-picker needs-script"
                data-action=RowAction::Select.name()
                aria-label=format!("Select {}", result.name)
                prop:checked=desk.triage.selected.with_untracked(|selected| selected.contains(&id))
                on:change=move |_| desk.triage.toggle(id)
            />
        }
    })
}

/// What a closed row says beside the name: what is known of the test, which issues explain the result, or that none does.
fn notes(desk: Desk, result: &ResultView, attachments: RwSignal<Attachments>) -> impl IntoView + use<> {
    let needs_triage = result.status != TestResultStatus::Passed;
    let flaky = flaky(result);
    let (name, template) = (result.name.clone(), result.template_id.clone());
    move || {
        let reported = reported_in_words(desk.triage.reported.count(&name, &template));
        let chips = attachments.with(|attachments| attachments.iter().map(chip).collect::<Vec<_>>());
        let is_untriaged = needs_triage && chips.is_empty();
        view! {
            {reported.map(|words| view! { <span class="quiet">{words}</span> })}
            {flaky.map(flaky_badge)}
            {is_untriaged.then(|| view! { <span class="badge">"Untriaged"</span> })}
            {chips.into_iter().map(|chip| view! { <span class="badge badge-issue">{chip}</span> }).collect_view()}
        }
        .erase()
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
            <HistorySection desk result=result.clone()/>
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
                <Each each=move || attachments.get() key=key_of children=view_attachment/>
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
