//! One test result: a line with its history, and inside what the runner had to say.

use leptos::prelude::*;

use super::{
    data::ResultView, environment::is_open, environments::Scope, history::History, log::Log, side_panel::web_address,
};
use crate::{
    api::MinimalIssueTestResultAttachmentResponse,
    components::{icon::Icon, status::Look},
};

/// A result; open when the address points at it.
#[component]
pub(super) fn ResultRow(run: i64, result: ResultView, is_sent: bool, scope: Scope) -> impl IntoView {
    let id = result.id;
    let is_target = move || scope.target.with(|target| target.result == Some(id));
    let starts_open = untrack(is_target);
    let open = RwSignal::new(starts_open);
    let built = RwSignal::new(starts_open || is_sent);
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
    let issues = issues_in_words(result.issues.len());
    let name = result.name.clone();
    let history = view! { <History family=scope.family result=result.clone()/> };
    let result = StoredValue::new(result);
    view! {
        <div class="result-row">
        <details
            class="fold result"
            class:target=is_target
            id=format!("result-{id}")
            node_ref=element
            open=starts_open
            prop:open=open
            on:toggle=move |event| open.set(is_open(&event))
        >
            <summary>
                <span class="result-name">{name}</span>
                {issues.map(|issues| view! { <span class="quiet">{issues}</span> })}
            </summary>
            <div class="fold-body">
                {move || built.get().then(|| view! { <Details run result=result.get_value() open/> })}
            </div>
        </details>
        {history}
        </div>
    }
    .into_any()
}

fn issues_in_words(count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some("1 attached issue".to_owned()),
        _ => Some(format!("{count} attached issues")),
    }
}

#[component]
fn Details(run: i64, result: ResultView, open: RwSignal<bool>) -> impl IntoView {
    let facts = [("Category", result.category), ("Template", result.template_id), ("Comment", result.comment)];
    let facts = facts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd class="text">{value}</dd>
            </div>
        }
    });
    let address = format!("?testExecutionId={run}&testResultId={}#result-{}", result.id, result.id);
    view! {
        <dl class="facts">{facts.collect_view()}</dl>
        {(!result.issues.is_empty()).then(|| view! { <Issues issues=result.issues/> })}
        <Log run result=result.id log=result.log open/>
        <ul class="links">
            <li>
                <a href=address>{Icon::Link.view()} "Link to this result"</a>
            </li>
        </ul>
    }
    .into_any()
}

#[component]
fn Issues(issues: Vec<MinimalIssueTestResultAttachmentResponse>) -> impl IntoView {
    let items = issues.into_iter().map(|attachment| {
        let issue = attachment.issue;
        let title = if issue.title.is_empty() { "[No title]".to_owned() } else { issue.title };
        let rule = attachment.attachment_rule.map(|rule| {
            if rule.enabled {
                "Attached by an enabled attachment rule"
            } else {
                "Attached by a disabled attachment rule"
            }
        });
        view! {
            <li class="issue">
                {Look::from(issue.status).view()}
                <a href=web_address(&issue.url) target="_blank" rel="noopener">
                    {format!("{} {} {}", issue.source, issue.project, issue.key)}
                    " "
                    {Icon::External.view()}
                    <span class="visually-hidden">"(opens in a new tab)"</span>
                </a>
                <span>{title}</span>
                {rule.map(|rule| view! { <span class="quiet">{rule}</span> })}
            </li>
        }
    });
    view! {
        <h6>"Issues"</h6>
        <ul class="plain-list">{items.collect_view()}</ul>
    }
    .into_any()
}
