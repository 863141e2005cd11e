//! The issues of a page, under their trackers' projects.

use leptos::prelude::*;

use crate::{
    api::MinimalIssueResponse,
    components::{icon::Icon, status::Look},
};

/// Issues grouped by tracker and project, in the API's order.
#[component]
pub(super) fn IssueGroups(issues: Vec<MinimalIssueResponse>) -> impl IntoView {
    let groups = groups(issues).into_iter().map(|(heading, issues)| {
        view! {
            <section class="issue-group" aria-label=format!("{} {}", heading.0, heading.1)>
                <h2>
                    <span class="issue-source">{heading.0.clone()}</span>
                    " "
                    <span class="quiet">{heading.1.clone()}</span>
                </h2>
                <ul class="plain-list">{issues.into_iter().map(line).collect_view()}</ul>
            </section>
        }
    });
    groups.collect_view()
}

type Heading = (String, String);

fn groups(issues: Vec<MinimalIssueResponse>) -> Vec<(Heading, Vec<MinimalIssueResponse>)> {
    let mut groups: Vec<(Heading, Vec<MinimalIssueResponse>)> = Vec::new();
    for issue in issues {
        let heading = (issue.source.as_str().to_uppercase(), issue.project.clone());
        match groups.iter_mut().find(|(other, _)| *other == heading) {
            Some((_, issues)) => issues.push(issue),
            None => groups.push((heading, vec![issue])),
        }
    }
    groups
}

fn line(issue: MinimalIssueResponse) -> impl IntoView {
    let key = key_text(&issue);
    let title = if issue.title.is_empty() { "[No title]".to_owned() } else { issue.title };
    let executions = match issue.test_executions_count {
        1 => "1 test execution".to_owned(),
        count => format!("{count} test executions"),
    };
    view! {
        <li class="issue-line">
            <a class="issue-key" href=issue.url target="_blank" rel="noopener">
                {key}
                {Icon::External.view()}
                <span class="visually-hidden">"(opens in a new tab)"</span>
            </a>
            {Look::from(issue.status).view()}
            <a class="issue-title" href=format!("/issues/{}", issue.id)>
                {title}
            </a>
            <span class="quiet number">{executions}</span>
        </li>
    }
}

/// What people call an issue: `PROJECT-12` at Jira, `#12` elsewhere.
fn key_text(issue: &MinimalIssueResponse) -> String {
    match issue.source {
        crate::api::IssueSource::Jira => format!("{}-{}", issue.project, issue.key),
        _ => format!("#{}", issue.key),
    }
}
