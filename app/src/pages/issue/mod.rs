//! `/issues/12`: an issue, the rules that attach it, and the results it is attached to.

mod header;
mod results;
mod rule;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::{IssueResponse, MinimalIssueTestResultAttachmentRuleResponse},
    client::{Client, ClientError},
    components::{
        error_notice::ErrorPage,
        issue::{issue_key, issue_title},
        live::{NewsBar, use_news},
        load::{load_for, loading_page},
    },
};
use header::{AutoRerun, Header};
use results::IssueResults;
use rule::RuleView;

/// `/issues/12`.
#[component]
pub(crate) fn IssuePage() -> impl IntoView {
    let parameters = use_params_map();
    let id = Memo::new(move |_| parameters.with(|path| path.get_str("id").and_then(|id| id.parse::<i64>().ok())));
    let issue = load_for(move || id.get(), fetch);
    let news = RwSignal::new(0);
    use_news(
        "kinds=issue",
        Callback::new(move |told: crate::components::live::News| {
            if told.issue_id.is_none() || told.issue_id == id.get_untracked() {
                news.update(|news| *news += 1);
            }
        }),
    );
    view! {
        <NewsBar news on_show=move |()| issue.refetch()/>
        {issue.view(|| loading_page("Issue"), move |answer| match answer {
            Err(error) => view! { <ErrorPage error/> }.erase(),
            Ok(issue) => view! { <Issue issue/> }.erase(),
        })}
    }
    .erase()
}

fn fetch(id: Option<i64>) -> impl Future<Output = Result<IssueResponse, ClientError>> + Send {
    let answer = id.map(|id| Client::current().get::<IssueResponse>(&format!("/v1/issues/{id}")));
    async move {
        match answer {
            Some(answer) => answer.await,
            None => Err(ClientError::NotFound),
        }
    }
}

#[component]
fn Issue(issue: IssueResponse) -> impl IntoView {
    let key = issue_key(issue.source, &issue.project, &issue.key);
    let title = format!("{key} {}", issue_title(&issue.title));
    let id = issue.id;
    let rules: Vec<RwSignal<MinimalIssueTestResultAttachmentRuleResponse>> =
        issue.attachment_rules.iter().cloned().map(RwSignal::new).collect();
    let rules = RwSignal::new(rules);
    let auto_rerun = issue.auto_rerun_enabled;
    view! {
        <Title text=title/>
        <Header issue/>
        <Rules issue=id rules/>
        <section aria-labelledby="results">
            <h2 id="results">"Test Results"</h2>
            <AutoRerun issue=id is_enabled=auto_rerun/>
            <IssueResults issue=id/>
        </section>
    }
    .erase()
}

type Rules = Vec<RwSignal<MinimalIssueTestResultAttachmentRuleResponse>>;

#[component]
fn Rules(issue: i64, rules: RwSignal<Rules>) -> impl IntoView {
    let wanted = use_query_map().with_untracked(|query| query.get_str("attachmentRule").and_then(|id| id.parse().ok()));
    let remove = Callback::new(move |id: i64| {
        rules.update(|rules| rules.retain(|rule| rule.with_untracked(|rule| rule.id) != id));
    });
    view! {
        <section class="issue-rules" aria-labelledby="rules">
            <h2 id="rules">"Attachment Rules"</h2>
            <p class="quiet" hidden=move || rules.with(|rules| !rules.is_empty())>
                "No rule attaches this issue. Make one where it is attached to a result, or of the filters of a search."
            </p>
            <Each each=move || rules.get() key=|rule| rule.with_untracked(|rule| rule.id) let(rule)>
                <RuleView issue rule is_wanted=wanted == Some(rule.with_untracked(|rule| rule.id)) on_delete=remove/>
            </Each>
        </section>
    }
    .erase()
}
