//! What the page knows while it is open, and how it follows what is changed: here, and by others.

use std::collections::{HashMap, HashSet};

use leptos::{prelude::*, reactive::owner::WeakOwner, task::spawn_local};

use super::{
    data::{Parts, fetch_parts},
    review::Review,
    tree::{Environment, Run},
};
use crate::{
    api::{
        ArtefactBuildMinimalResponse, ArtefactResponse, ArtefactStatus, EnvironmentReportedIssueResponse, FamilyName,
        Permission,
    },
    client::{Client, ClientError},
    components::{
        avatar::Progress,
        feedback::{Feedback, use_feedback},
        live::News,
        session::{Permit, Session, use_session},
    },
};

/// An environment on the page: a build where it was tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub(super) build: i64,
    pub(super) environment: i64,
}

impl Key {
    fn of(environment: &Environment) -> Self {
        Self { build: environment.build, environment: environment.id }
    }

    /// The name of its element.
    pub(super) fn anchor(self) -> String {
        format!("environment-{}-{}", self.build, self.environment)
    }
}

/// A line of the list. It stays the same while what it shows changes.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) key: Key,
    pub(super) environment: RwSignal<Environment>,
    pub(super) review: RwSignal<Option<Review>>,
    pub(super) open: RwSignal<bool>,
}

impl Row {
    pub(super) fn new(mut environment: Environment) -> Self {
        Self {
            key: Key::of(&environment),
            review: RwSignal::new(environment.review.take()),
            environment: RwSignal::new(environment),
            open: RwSignal::new(false),
        }
    }

    /// What the review comes to.
    pub(super) fn status(self) -> ArtefactStatus {
        self.review.with(|review| review.as_ref().map_or(ArtefactStatus::Undecided, Review::status))
    }

    /// "host (arm64)".
    pub(super) fn name(self) -> String {
        self.environment.with(|environment| format!("{} ({})", environment.name, environment.architecture))
    }
}

/// Everything on the page that changes. A handle: every part of the page holds one.
#[derive(Clone, Copy)]
pub(super) struct PageState {
    pub(super) id: i64,
    pub(super) family: FamilyName,
    pub(super) artefact: RwSignal<ArtefactResponse>,
    pub(super) rows: RwSignal<Vec<Row>>,
    pub(super) issues: RwSignal<Vec<EnvironmentReportedIssueResponse>>,
    /// Environments that are ticked, shown or not.
    pub(super) selected: RwSignal<HashSet<Key>>,
    /// The environment whose review is being written.
    pub(super) reviewing: RwSignal<Option<Key>>,
    /// Changes by others that the page does not show yet.
    pub(super) news: RwSignal<usize>,
    pub(super) feedback: Feedback,
    behind: StoredValue<Behind>,
}

/// What few parts of the page ask for.
struct Behind {
    /// The `ETag` of the artefact as it is shown.
    tag: Option<String>,
    builds: RwSignal<Vec<ArtefactBuildMinimalResponse>>,
    problem: RwSignal<Option<ClientError>>,
    reviews_problem: RwSignal<Option<ClientError>>,
    session: Session,
    granted: Vec<Permission>,
    /// How often a run has changed while the page was open: a view of it is good for one state only.
    revisions: RwSignal<HashMap<i64, u32>>,
    /// Runs that others have changed.
    told: HashSet<i64>,
    owner: WeakOwner,
}

impl PageState {
    /// Takes over what was loaded. For a component: what it holds lives as long as that.
    pub(super) fn new(parts: Parts, granted: Vec<Permission>) -> Self {
        let Parts { artefact, tag, builds, bundled_in: _, environments, reviews_problem, issues } = parts;
        let (environments, problem) = match environments {
            Ok(environments) => (environments, None),
            Err(problem) => (Vec::new(), Some(problem)),
        };
        let behind = Behind {
            tag,
            builds: RwSignal::new(builds),
            problem: RwSignal::new(problem),
            reviews_problem: RwSignal::new(reviews_problem),
            session: use_session(),
            granted,
            revisions: RwSignal::new(HashMap::new()),
            told: HashSet::new(),
            owner: Owner::current().unwrap_or_default().downgrade(),
        };
        Self {
            id: artefact.id,
            family: artefact.family,
            artefact: RwSignal::new(artefact),
            rows: RwSignal::new(environments.into_iter().map(Row::new).collect()),
            issues: RwSignal::new(issues),
            selected: RwSignal::new(HashSet::new()),
            reviewing: RwSignal::new(None),
            news: RwSignal::new(0),
            feedback: use_feedback(),
            behind: StoredValue::new(behind),
        }
    }

    /// The builds that the page is about.
    pub(super) fn builds(self) -> RwSignal<Vec<ArtefactBuildMinimalResponse>> {
        self.behind.with_value(|behind| behind.builds)
    }

    /// Why there are no environments, if that was a failure.
    pub(super) fn problem(self) -> RwSignal<Option<ClientError>> {
        self.behind.with_value(|behind| behind.problem)
    }

    /// Why there are environments without their reviews, if so.
    pub(super) fn reviews_problem(self) -> RwSignal<Option<ClientError>> {
        self.behind.with_value(|behind| behind.reviews_problem)
    }

    /// The `ETag` of the artefact as it is shown.
    pub(super) fn tag(self) -> Option<String> {
        self.behind.with_value(|behind| behind.tag.clone())
    }

    /// Shows the artefact as it has become. The page may be gone by now.
    pub(super) fn show_artefact(self, artefact: ArtefactResponse, tag: Option<String>) {
        self.artefact.try_set(artefact);
        self.behind.try_update_value(|behind| behind.tag = tag);
    }

    /// Whether the visitor may do something with this artefact: what rules grant counts here and nowhere else.
    pub(super) fn permit(self, permission: Permission) -> Permit {
        let (is_granted, session) =
            self.behind.with_value(|behind| (behind.granted.contains(&permission), behind.session));
        if is_granted { Permit::Granted } else { session.permit(permission) }
    }

    /// The same, to be followed.
    pub(super) fn permit_signal(self, permission: Permission) -> Signal<Permit> {
        Signal::derive(move || self.permit(permission))
    }

    /// All environments with their reviews: how many of them are decided.
    pub(super) fn overall(self) -> Progress {
        self.artefact.with(|artefact| Progress {
            done: artefact.completed_environment_reviews_count,
            all: artefact.all_environment_reviews_count,
        })
    }

    /// The reviews that a person is asked for.
    pub(super) fn assigned(self, person: i64) -> Progress {
        self.rows.with(|rows| {
            rows.iter().fold(Progress::default(), |progress, row| {
                row.review.with(|review| match review {
                    Some(review) if review.reviewers.iter().any(|reviewer| reviewer.id == person) => Progress {
                        done: progress.done + i64::from(!review.decisions.is_empty()),
                        all: progress.all + 1,
                    },
                    _ => progress,
                })
            })
        })
    }

    /// Shows a review as it is now, or as it is going to be, and counts again.
    pub(super) fn set_review(self, row: Row, review: Review) {
        row.review.set(Some(review));
        let rows = self.rows.get_untracked();
        let is_decided = |row: &&Row| {
            row.review.with_untracked(|review| review.as_ref().is_some_and(|review| !review.decisions.is_empty()))
        };
        let done = i64::try_from(rows.iter().filter(is_decided).count()).unwrap_or(i64::MAX);
        self.artefact.update(|artefact| artefact.completed_environment_reviews_count = done);
    }

    /// How often a run has changed since the page was loaded.
    pub(super) fn revision(self, run: i64) -> u32 {
        let revisions = self.behind.with_value(|behind| behind.revisions);
        revisions.with(|revisions| revisions.get(&run).copied().unwrap_or_default())
    }

    /// Others have changed something.
    pub(super) fn hear(self, news: &News) {
        self.behind.update_value(|behind| behind.told.extend(news.test_execution_id));
        self.news.update(|count| *count += 1);
    }

    /// Loads the artefact again, whose `ETag` and counts have changed with something else.
    pub(super) fn refresh_artefact(self) {
        let answer = Client::current().get_tagged::<ArtefactResponse>(&format!("/v1/artefacts/{}", self.id));
        spawn_local(async move {
            // What is known stays when the server is away.
            if let Ok((artefact, tag)) = answer.await {
                self.show_artefact(artefact, tag);
            }
        });
    }

    /// Loads everything again. What is open stays open.
    pub(super) fn reload(self) {
        let fetched = fetch_parts(Client::current(), self.id);
        spawn_local(async move {
            match fetched.await {
                Ok(parts) => self.take(parts),
                Err(error) => self.feedback.failed("The page could not be loaded again", &error),
            }
        });
    }

    fn take(self, parts: Parts) {
        if self.rows.is_disposed() {
            return;
        }
        let Parts { artefact, tag, builds, bundled_in: _, environments, reviews_problem, issues } = parts;
        self.show_artefact(artefact, tag);
        self.builds().set(builds);
        self.issues.set(issues);
        self.reviews_problem().set(reviews_problem);
        match environments {
            Ok(environments) => {
                self.problem().set(None);
                self.take_environments(environments);
            }
            Err(problem) => self.feedback.failed("The environments could not be loaded again", &problem),
        }
        self.news.set(0);
    }

    fn take_environments(self, environments: Vec<Environment>) {
        let known: HashMap<Key, Row> = self.rows.get_untracked().into_iter().map(|row| (row.key, row)).collect();
        let told = self.behind.try_update_value(|behind| std::mem::take(&mut behind.told)).unwrap_or_default();
        let (owner, revisions) = self.behind.with_value(|behind| (behind.owner.upgrade(), behind.revisions));
        // What is made now lives as long as the page, not as long as the press of a button.
        let Some(owner) = owner else { return };
        let mut rows = Vec::with_capacity(environments.len());
        for mut environment in environments {
            let Some(row) = known.get(&Key::of(&environment)).copied() else {
                rows.push(owner.with(|| Row::new(environment)));
                continue;
            };
            let changed = row.environment.with_untracked(|before| changed_runs(before, &environment, &told));
            if !changed.is_empty() {
                revisions.update(|revisions| {
                    for run in changed {
                        *revisions.entry(run).or_default() += 1;
                    }
                });
            }
            row.review.set(environment.review.take());
            row.environment.set(environment);
            rows.push(row);
        }
        self.rows.set(rows);
    }
}

/// Runs whose view is out of date: whatever of them differs but what their plan shows, and those that were told to have changed.
fn changed_runs(before: &Environment, after: &Environment, told: &HashSet<i64>) -> Vec<i64> {
    fn runs(environment: &Environment) -> impl Iterator<Item = &Run> {
        environment.plans.iter().flat_map(|plan| &plan.runs)
    }
    let differs = |run: &Run, old: &Run| {
        let old = Run { rerun: run.rerun, is_triaged: run.is_triaged, ..old.clone() };
        told.contains(&run.id) || *run != old
    };
    runs(after).filter(|run| runs(before).any(|old| old.id == run.id && differs(run, old))).map(|run| run.id).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::json;

    use super::{super::tree::Environment, changed_runs};

    fn environment(status: &str, rerun: Option<i64>) -> Environment {
        let run = |id, status: &str| {
            json!({
                "id": id, "number": id, "status": status, "ci_link": null, "c3_link": null, "links": [],
                "created_at": "2031-05-04T03:02:01", "metadata": {}, "is_triaged": true, "rerun": rerun,
            })
        };
        let plan = json!({"name": "smoke", "runs": [run(2, status), run(1, "PASSED")]});
        let environment = json!({
            "build": 7, "id": 1, "name": "host", "architecture": "amd64", "revision": 3, "plans": [plan], "review": null,
        });
        serde_json::from_value(environment).unwrap()
    }

    #[test]
    fn only_runs_that_are_different_are_built_anew() {
        let before = environment("IN_PROGRESS", None);
        let none = HashSet::new();
        assert!(changed_runs(&before, &environment("IN_PROGRESS", Some(5)), &none).is_empty());
        assert_eq!(changed_runs(&before, &environment("FAILED", None), &none), [2]);
        assert_eq!(changed_runs(&before, &before, &HashSet::from([1, 9])), [1]);
    }
}
