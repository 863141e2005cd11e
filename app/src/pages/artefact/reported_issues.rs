//! What people reported of a test itself, by the name of the case or by its template: one list for the whole page.

use std::sync::Arc;

use leptos::{prelude::*, task::spawn_local};
use serde_json::{Value, json};

use super::forms::{Opened, later};
use super::{
    data::ResultView,
    desk::{Desk, Reporting},
};
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::{Permission, TestReportedIssueResponse},
    client::{Change, Client, ClientError},
    components::{
        button::{ActionButton, Weight},
        dialog::{Dialog, DialogActions},
        feedback::use_feedback,
        field::{TextArea, TextField},
        issue::TrackerLink,
        sending::{Sending, SendingError},
        session::use_session,
    },
};

const PATH: &str = "/v1/test-cases/reported-issues";
/// The trackers a report may point into.
const HOSTS: [&str; 3] = ["github.com", "warthogs.atlassian.net", "bugs.launchpad.net"];

type Reports = Option<Result<Vec<TestReportedIssueResponse>, ClientError>>;

/// The list, asked for when something of it is first needed.
#[derive(Clone, Copy)]
pub(super) struct Reported {
    list: RwSignal<Reports>,
    is_asked: StoredValue<bool>,
}

impl Reported {
    /// Nothing is known yet.
    pub(super) fn new() -> Self {
        Self { list: RwSignal::new(None), is_asked: StoredValue::new(false) }
    }

    /// Asks the API, once a page.
    pub(super) fn load(self) {
        if self.is_asked.get_value() {
            return;
        }
        self.is_asked.set_value(true);
        let answer = Client::current().get::<Vec<TestReportedIssueResponse>>(PATH);
        spawn_local(async move {
            let answer = answer.await;
            // Every row looks again at what has come: not where that is nothing. The page may be gone by now.
            if matches!(&answer, Ok(list) if list.is_empty()) {
                self.list.try_update_untracked(|list| *list = Some(answer));
            } else {
                self.list.try_set(Some(answer));
            }
        });
    }

    /// What is about a test.
    pub(super) fn of(self, name: &str, template: &str) -> Vec<TestReportedIssueResponse> {
        self.list.with(|list| match list {
            Some(Ok(list)) => list.iter().filter(|report| is_about(report, name, template)).cloned().collect(),
            _ => Vec::new(),
        })
    }

    /// How much is about a test.
    pub(super) fn count(self, name: &str, template: &str) -> usize {
        self.list.with(|list| match list {
            Some(Ok(list)) => list.iter().filter(|report| is_about(report, name, template)).count(),
            _ => 0,
        })
    }

    fn error(self) -> Option<ClientError> {
        self.list.with(|list| list.as_ref().and_then(|list| list.as_ref().err().cloned()))
    }

    fn change(self, change: impl FnOnce(&mut Vec<TestReportedIssueResponse>)) {
        self.list.update(|list| {
            if let Some(Ok(list)) = list {
                change(list);
            }
        });
    }

    fn stored(self, report: TestReportedIssueResponse) {
        self.change(|list| match list.iter_mut().find(|other| other.id == report.id) {
            Some(other) => *other = report,
            None => list.push(report),
        });
    }
}

fn is_about(report: &TestReportedIssueResponse, name: &str, template: &str) -> bool {
    report.case_name == name || (!template.is_empty() && report.template_id == template)
}

/// What was reported of a test, inside its result.
#[component]
pub(super) fn ReportedSection(desk: Desk, result: Arc<ResultView>) -> impl IntoView {
    let reported = desk.triage.reported;
    Effect::new(move || reported.load());
    let of_test = {
        let result = result.clone();
        Memo::new(move |_| reported.of(&result.name, &result.template_id))
    };
    let permit = use_session().permit_signal(Permission::ChangeTestCaseReportedIssue);
    let name = format!("Report an issue of {}", result.name);
    let about = result.clone();
    let add = Callback::new(move |()| desk.report.open(Reporting { result: about.clone(), existing: None }));
    let view_report = move |report: TestReportedIssueResponse| {
        let about = Reporting { result: result.clone(), existing: Some(report.clone()) };
        let edit = Callback::new(move |()| desk.report.open(about.clone()));
        view! {
            <li class="issue-card">
                <span class="report-text" title=report.description.clone()>{report.description.clone()}</span>
                <TrackerLink url=report.url label="URL"/>
                <ActionButton label="edit" name=format!("Edit the report “{}”", report.description) on_press=edit permit weight=Weight::Small/>
            </li>
        }
    };
    view! {
        <section aria-label="Reported Test Issues">
            <div class="result-head">
                <h6>{move || format!("Reported Test Issues ({})", of_test.with(Vec::len))}</h6>
                <ActionButton label="add" name on_press=add permit weight=Weight::Small/>
            </div>
            {move || reported.error().map(|error| view! { <p class="quiet">{error.title()}". "{error.advice()}</p> }.erase())}
            <ul class="issue-cards plain-list">
                <Each each=move || of_test.get() key=|report| (report.id, report.updated_at.clone()) children=view_report/>
            </ul>
        </section>
    }
    .erase()
}

/// "Report Issue": writes a report, changes it, or takes it back.
#[component]
pub(super) fn ReportDialog(desk: Desk) -> impl IntoView {
    let open = desk.report.is_open;
    view! {
        <Dialog open title="Report Issue">
            {move || desk.report.about.get().map(|reporting| later(Opened::Report(desk, reporting)))}
        </Dialog>
    }
}

/// The template where the test has one, else the case; an existing report keeps what it is about.
fn scope(reporting: &Reporting) -> (String, String) {
    match &reporting.existing {
        Some(report) => (report.template_id.clone(), report.case_name.clone()),
        None if reporting.result.template_id.is_empty() => (String::new(), reporting.result.name.clone()),
        None => (reporting.result.template_id.clone(), String::new()),
    }
}

fn scope_in_words(template: &str, case: &str) -> String {
    match template {
        "" => format!("This applies to all results of the test case {case}."),
        _ => format!("This applies to all test cases with the template id {template}."),
    }
}

/// What is wrong with the address of a report.
fn url_problem(url: &str) -> Option<String> {
    let url = url.trim();
    if url.is_empty() {
        return Some("Must provide a bug/jira link to the issue".to_owned());
    }
    let rest = url.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https")).map(|(_, rest)| rest);
    let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let host = authority.rsplit('@').next().and_then(|host| host.split(':').next()).unwrap_or_default();
    let is_known = HOSTS.iter().any(|known| known.eq_ignore_ascii_case(host));
    (!is_known).then(|| format!("The address must belong to one of {}", HOSTS.join(", ")))
}

#[component]
pub(super) fn ReportForm(desk: Desk, reporting: Reporting) -> impl IntoView {
    let (template, case) = scope(&reporting);
    let existing = reporting.existing;
    let url = RwSignal::new(existing.as_ref().map(|report| report.url.clone()).unwrap_or_default());
    let description = RwSignal::new(existing.as_ref().map(|report| report.description.clone()).unwrap_or_default());
    let url_says = RwSignal::new(None::<String>);
    let text_says = RwSignal::new(None::<String>);
    let sending = Sending::new();
    let feedback = use_feedback();
    let id = existing.map(|report| report.id);
    let words = scope_in_words(&template, &case);
    let submit = Callback::new(move |()| {
        url_says.set(url.with_untracked(|url| url_problem(url)));
        let is_silent = description.with_untracked(|text| text.trim().is_empty());
        text_says.set(is_silent.then(|| "Please describe the issue".to_owned()));
        if url_says.with_untracked(Option::is_some) || is_silent {
            return;
        }
        let body: Value = json!({
            "url": url.get_untracked().trim(), "description": description.get_untracked(),
            "template_id": template, "case_name": case,
        });
        let change = id.map_or_else(|| Change::post(PATH), |id| Change::put(format!("{PATH}/{id}")));
        sending.send(change.json(&body), move |report: TestReportedIssueResponse| {
            desk.triage.reported.stored(report);
            desk.report.is_open.set(false);
            feedback.done("The report has been stored.");
        });
    });
    view! {
        <form class="form" novalidate=true on:submit=move |event| {
            event.prevent_default();
            submit.run(());
        }>
            <p class="quiet">{words.clone()}</p>
            // Without a button of this kind Enter would not send a form of several fields.
            <input type="submit" hidden=true/>
            <TextField label="Url" value=url kind="url" required=true problem=url_says/>
            <TextArea label="Description" value=description/>
            <p class="field-problem">{text_says}</p>
            <SendingError sending/>
            <DialogActions open=desk.report.is_open>
                {id.map(|id| view! { <DeleteReport desk id scope=words.clone()/> }.erase_unsent())}
                <ActionButton label="submit" on_press=submit busy=Signal::derive(move || sending.is_busy()) weight=Weight::Primary/>
            </DialogActions>
        </form>
    }
    .erase_unsent()
}

/// Deletes a report, after asking once more in place.
#[component]
fn DeleteReport(desk: Desk, id: i64, scope: String) -> impl IntoView {
    let is_asking = RwSignal::new(false);
    let sending = Sending::new();
    let feedback = use_feedback();
    let delete = Callback::new(move |()| {
        sending.send(Change::delete(format!("{PATH}/{id}")), move |()| {
            desk.triage.reported.change(|list| list.retain(|report| report.id != id));
            desk.report.is_open.set(false);
            feedback.done("The report has been deleted.");
        });
    });
    view! {
        <div class="confirm" role="alert" hidden=move || !is_asking.get()>
            <p>{format!("Are you sure you want to delete this issue? {scope}")}</p>
            <SendingError sending/>
            <ActionButton label="No" on_press=move |()| is_asking.set(false)/>
            <ActionButton label="Yes" on_press=delete busy=Signal::derive(move || sending.is_busy()) weight=Weight::Danger/>
        </div>
        <span hidden=move || is_asking.get()>
            <ActionButton label="delete" on_press=move |()| is_asking.set(true) weight=Weight::Danger/>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::{is_about, url_problem};
    use crate::api::TestReportedIssueResponse;

    #[test]
    fn a_report_is_about_a_case_or_a_template() {
        let report = |case: &str, template: &str| -> TestReportedIssueResponse {
            serde_json::from_value(serde_json::json!({
                "id": 1, "case_name": case, "template_id": template, "description": "d", "url": "https://github.com/x",
                "created_at": "2031-05-04T03:02:01", "updated_at": "2031-05-04T03:02:01",
            }))
            .unwrap()
        };
        assert!(is_about(&report("boot", ""), "boot", ""));
        assert!(is_about(&report("", "t"), "boot", "t"));
        assert!(!is_about(&report("", ""), "boot", ""));
        assert!(!is_about(&report("other", "u"), "boot", "t"));
    }

    #[test]
    fn a_report_points_into_a_tracker() {
        for url in
            ["https://github.com/a/b/issues/1", " https://bugs.launchpad.net/x ", "http://warthogs.atlassian.net"]
        {
            assert_eq!(url_problem(url), None, "{url}");
        }
        assert_eq!(url_problem(" "), Some("Must provide a bug/jira link to the issue".to_owned()));
        for url in
            ["github.com/a", "https://example.org/github.com", "https://github.com@example.org/", "ftp://github.com"]
        {
            assert!(url_problem(url).is_some_and(|problem| problem.contains("must belong to")), "{url}");
        }
    }
}
