//! Starting a run by hand: where, on which build, with which links.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use leptos_router::params::ParamsMap;
use serde_json::{Value, json};

use super::forms::{Opened, later};
use super::state::PageState;
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::{ArtefactBuildMinimalResponse, ArtefactResponse, EnvironmentsResponse, FamilyName, Permission},
    client::{Change, Client},
    components::{
        button::{ActionButton, Weight},
        dialog::{Dialog, DialogActions},
        field::{Select, TextField, new_id},
        sending::{Sending, SendingError},
    },
};

/// The plan that people test by.
const PLAN: &str = "Manual Testing";
/// As long somebody may go on typing before the API is asked.
const SETTLE: Duration = Duration::from_millis(250);
/// The API is not asked for what is shorter.
const SHORTEST: usize = 2;

/// Opens the dialog.
#[component]
pub(super) fn ManualTestingButton(page: PageState) -> impl IntoView {
    let open = RwSignal::new(false);
    let obstacle = move || {
        let has_none = page.builds().with(Vec::is_empty);
        has_none.then(|| "There is no build yet: a runner has to report one first.".to_owned())
    };
    view! {
        <ActionButton
            label="Add Manual Testing"
            on_press=move || open.set(true)
            permit=page.permit_signal(Permission::ChangeTest)
            obstacle=Signal::derive(obstacle)
        />
        <Dialog open title="Add Manual Testing">
            {later(Opened::ManualTesting(page, open))}
        </Dialog>
    }
    .erase()
}

/// A link as it is typed.
#[derive(Clone, Copy)]
struct LinkRow {
    id: usize,
    label: RwSignal<String>,
    url: RwSignal<String>,
}

/// What is wrong with a link; one of which a half is missing is left out, unless it is the address.
fn link_problem(label: &str, url: &str) -> Option<&'static str> {
    match (label.trim(), url.trim()) {
        ("", _) => None,
        (_, "") => Some("A link needs a URL"),
        (_, url) if url.starts_with("https://") || url.starts_with("http://") => None,
        _ => Some("A URL begins with https://"),
    }
}

/// The body of `start-test`: a family names what it has.
fn start_request(
    artefact: &ArtefactResponse,
    build: &ArtefactBuildMinimalResponse,
    environment: &str,
    links: &[(String, String)],
) -> Value {
    let links: Vec<Value> = links.iter().map(|(label, url)| json!({"label": label, "url": url})).collect();
    let mut body = json!({
        "family": artefact.family, "name": artefact.name, "version": artefact.version, "arch": build.architecture,
        "environment": environment, "test_plan": PLAN, "initial_status": "NOT_STARTED", "relevant_links": links,
        "execution_stage": artefact.stage,
    });
    let own = match artefact.family {
        FamilyName::Snap => json!({
            "revision": build.revision.unwrap_or_default(), "track": artefact.track, "store": artefact.store,
            "branch": artefact.branch,
        }),
        FamilyName::Charm => json!({
            "revision": build.revision.unwrap_or_default(), "track": artefact.track, "branch": artefact.branch,
        }),
        FamilyName::Deb => json!({"series": artefact.series, "repo": artefact.repo, "source": artefact.source}),
        FamilyName::Image => json!({
            "os": artefact.os, "release": artefact.release, "sha256": artefact.sha256, "owner": artefact.owner,
            "image_url": artefact.image_url,
        }),
        FamilyName::Solution => json!({"track": artefact.track, "source": artefact.source}),
    };
    if let (Some(body), Value::Object(own)) = (body.as_object_mut(), own) {
        body.extend(own);
        // Where there is none, an image says nothing and a package the empty text.
        if artefact.family == FamilyName::Image {
            body.retain(|_, value| value.as_str() != Some(""));
        }
    }
    body
}

#[component]
pub(super) fn ManualTestingForm(page: PageState, open: RwSignal<bool>) -> impl IntoView {
    let artefact = page.artefact.get_untracked();
    let builds = page.builds().get_untracked();
    let environment = RwSignal::new(String::new());
    let build = RwSignal::new(builds.first().map(|build| build.id.to_string()).unwrap_or_default());
    let links = RwSignal::new(Vec::<LinkRow>::new());
    let sending = Sending::new();
    let has_choice = builds.len() > 1;
    let words = |build: &ArtefactBuildMinimalResponse| (build.id.to_string(), build_in_words(build));
    let choices: Signal<Vec<(String, String)>> = Signal::stored(builds.iter().map(words).collect());
    let obstacle = move || {
        if environment.with(|name| name.trim().is_empty()) {
            return Some("Environment is required".to_owned());
        }
        links.with(|links| {
            links.iter().find_map(|link| link_problem(&link.label.get(), &link.url.get())).map(str::to_owned)
        })
    };
    let title = format!("Artefact: {} {}", artefact.name, artefact.version);
    let family = artefact.family;
    let submit = move || {
        let id = build.get_untracked();
        let Some(build) = builds.iter().find(|build| build.id.to_string() == id) else { return };
        let body = start_request(&artefact, build, environment.get_untracked().trim(), &complete(links));
        sending.send(Change::put("/v1/test-executions/start-test").json(&body), move |_: Value| {
            open.set(false);
            page.feedback.done("Manual testing has been started");
            page.reload();
        });
    };
    view! {
        <p>{title}</p>
        <div class="form">
            <EnvironmentField family name=environment/>
            {has_choice.then(|| view! { <Select label="Architecture" value=build choices/> }.erase_unsent())}
            <p>"Test Plan: " <span class="quiet">{PLAN}</span></p>
            <Links links/>
        </div>
        <SendingError sending/>
        <DialogActions open cancel="Cancel">
            <ActionButton
                label="Start Manual Testing"
                on_press=submit
                obstacle=Signal::derive(obstacle)
                busy=Signal::derive(move || sending.is_busy())
                weight=Weight::Primary
            />
        </DialogActions>
    }
    .erase_unsent()
}

fn build_in_words(build: &ArtefactBuildMinimalResponse) -> String {
    match build.revision {
        Some(revision) => format!("{} (revision {revision})", build.architecture),
        None => build.architecture.clone(),
    }
}

/// Links of which both halves are there.
fn complete(links: RwSignal<Vec<LinkRow>>) -> Vec<(String, String)> {
    let read =
        |link: &LinkRow| (link.label.get_untracked().trim().to_owned(), link.url.get_untracked().trim().to_owned());
    let all: Vec<(String, String)> = links.with_untracked(|links| links.iter().map(read).collect());
    all.into_iter().filter(|(label, url)| !label.is_empty() && !url.is_empty()).collect()
}

/// The name of an environment: one of those there are, or a new one.
#[component]
fn EnvironmentField(family: FamilyName, name: RwSignal<String>) -> impl IntoView {
    let (id, list) = (new_id("environment"), new_id("environments"));
    let found = RwSignal::new(Vec::<String>::new());
    let note = RwSignal::new("");
    let mut look = debounce(SETTLE, move |words: String| suggest(family, words, name, found, note));
    let on_input = move |event| {
        let words = event_target_value(&event);
        name.set(words.clone());
        look(words);
    };
    view! {
        <div class="field">
            <label for=id.clone()>"Environment" <span aria-hidden="true">" *"</span></label>
            <input
                id=id
                type="text"
                list=list.clone()
                required=true
                autocomplete="off"
                placeholder="Type to search environments..."
                prop:value=name
                on:input=on_input
            />
            <datalist id=list>
                <Each each=move || found.get() key=String::clone let:name>
                    <option value=name></option>
                </Each>
            </datalist>
            <p class="quiet" role="status">{note}</p>
        </div>
    }
    .erase_unsent()
}

fn suggest(
    family: FamilyName,
    words: String,
    name: RwSignal<String>,
    found: RwSignal<Vec<String>>,
    note: RwSignal<&'static str>,
) {
    if words.trim().chars().count() < SHORTEST || name.is_disposed() {
        return;
    }
    let query = [("q", words.trim()), ("families", family.as_str()), ("limit", "20")];
    let query: ParamsMap = query.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let answer = Client::current().get::<EnvironmentsResponse>(&format!("/v1/environments{}", query.to_query_string()));
    spawn_local(async move {
        // Without suggestions a name can be typed all the same.
        let Ok(answer) = answer.await else { return };
        // Something else has been typed in the meantime, or the dialog is closed.
        if name.try_get_untracked().as_ref() != Some(&words) {
            return;
        }
        let is_new = answer.environments.is_empty();
        note.set(if is_new { "No environment found. The name you typed will be used." } else { "" });
        found.set(answer.environments);
    });
}

#[component]
fn Links(links: RwSignal<Vec<LinkRow>>) -> impl IntoView {
    let add = move || {
        links.update(|links| {
            let id = links.last().map_or(0, |last| last.id + 1);
            links.push(LinkRow { id, label: RwSignal::new(String::new()), url: RwSignal::new(String::new()) });
        });
    };
    let view_link = move |link: LinkRow| {
        let problem = Signal::derive(move || link_problem(&link.label.get(), &link.url.get()).map(str::to_owned));
        view! {
            <div class="form-row">
                <TextField label="Label" value=link.label placeholder="Doc, Logs, etc."/>
                <TextField label="URL" value=link.url kind="url" placeholder="https://example.com" problem/>
                <ActionButton
                    label="Remove link"
                    on_press=move || links.update(|links| links.retain(|other| other.id != link.id))
                    weight=Weight::Danger
                />
            </div>
        }
    };
    view! {
        <fieldset class="filter">
            <legend>"Relevant Links (Optional)"</legend>
            <Each each=move || links.get() key=|link| link.id children=view_link/>
            <p class="quiet" hidden=move || !links.with(Vec::is_empty)>"No relevant links added"</p>
            <ActionButton label="Add Link" on_press=add weight=Weight::Small/>
        </fieldset>
    }
    .erase_unsent()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{link_problem, start_request};
    use crate::api::{ArtefactBuildMinimalResponse, ArtefactResponse};

    fn request(changes: &Value) -> Value {
        let mut artefact = json!({
            "id": 1, "name": "a", "version": "1", "track": "", "store": "", "branch": "", "series": "", "repo": "",
            "source": "", "os": "", "release": "", "owner": "", "sha256": "", "image_url": "", "stage": "",
            "family": "snap", "status": "UNDECIDED", "comment": "", "archived": false, "reviewers": [], "due_date": null,
            "created_at": "2031-05-04T03:02:01", "bug_link": "", "jira_issue": null, "all_environment_reviews_count": 3,
            "completed_environment_reviews_count": 1, "bundled_builds": [], "assignee": null,
        });
        for (field, value) in changes.as_object().unwrap() {
            artefact[field] = value.clone();
        }
        let artefact: ArtefactResponse = serde_json::from_value(artefact).unwrap();
        let build = ArtefactBuildMinimalResponse { id: 1, architecture: "arm64".to_owned(), revision: None };
        start_request(&artefact, &build, "lab", &[("Doc".to_owned(), "https://example.com".to_owned())])
    }

    #[test]
    fn a_family_names_what_it_has() {
        let snap = request(&json!({"store": "ubuntu", "track": "latest", "stage": "beta"}));
        for (field, expected) in [
            ("arch", json!("arm64")),
            ("revision", json!(0)),
            ("execution_stage", json!("beta")),
            ("test_plan", json!("Manual Testing")),
            ("initial_status", json!("NOT_STARTED")),
            ("relevant_links", json!([{"label": "Doc", "url": "https://example.com"}])),
        ] {
            assert_eq!(snap[field], expected, "{field}");
        }
        assert!(snap.get("series").is_none());
    }

    #[test]
    fn a_package_from_elsewhere_has_the_empty_stage_and_an_image_none() {
        let deb = request(&json!({"family": "deb", "source": "ppa:a/b", "series": "noble", "repo": "main"}));
        assert_eq!((&deb["execution_stage"], &deb["source"]), (&json!(""), &json!("ppa:a/b")));
        let image = request(&json!({"family": "image", "sha256": "abc"}));
        assert!(image.get("execution_stage").is_none() && image.get("image_url").is_none());
        assert_eq!(image["sha256"], json!("abc"));
    }

    #[test]
    fn a_named_link_needs_an_address() {
        for (label, url, is_good) in [
            ("", "", true),
            ("", "https://a", true),
            ("Doc", "", false),
            ("Doc", "example.com", false),
            ("Doc", "https://example.com", true),
        ] {
            assert_eq!(link_problem(label, url).is_none(), is_good, "{label} {url}");
        }
    }
}
