//! The issues of a page, under their trackers' projects.

use leptos::prelude::*;

use crate::{
    api::MinimalIssueResponse,
    components::{
        issue::{TrackerLink, issue_key, issue_title},
        status::Look,
    },
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
    let key = issue_key(issue.source, &issue.project, &issue.key);
    let title = issue_title(&issue.title);
    let executions = match issue.test_executions_count {
        1 => "1 test execution".to_owned(),
        count => format!("{count} test executions"),
    };
    view! {
        <li class="issue-row">
            <TrackerLink url=issue.url label=key/>
            {Look::from(issue.status).view()}
            <a class="issue-title" href=format!("/issues/{}", issue.id)>
                {title}
            </a>
            <span class="quiet number">{executions}</span>
        </li>
    }
}
