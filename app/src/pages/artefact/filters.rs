//! What of the environments is shown: filters in the address, each over the whole list, so that no number depends on them.

use std::collections::{HashMap, HashSet};

use leptos::prelude::*;
use leptos_router::params::ParamsMap;

use super::{
    data::Target,
    review::Review,
    state::{Key, Row},
    tree::{Environment, Plan, Run},
};
use crate::{
    api::ArtefactStatus,
    components::{
        avatar::Person,
        status::{Look, artefact_status_label},
    },
    text::query::{address, with},
};

// The names that bookmarks have.
pub(super) const REVIEW_STATUS: &str = "Review status";
pub(super) const LAST_RUN: &str = "Plans whose last run";
pub(super) const TEST_PLAN: &str = "Test plan";
pub(super) const ENVIRONMENT: &str = "Environment";
pub(super) const REVIEWER: &str = "Environment reviewer";
pub(super) const RUN_STATUS: &str = "Test Execution Status";
pub(super) const TRIAGED: &str = "Test Execution Triaged";
pub(super) const NAME: &str = "q";

/// Parameters of the address, with their words, in the order of the panel.
pub(super) const FILTERS: &[(&str, &str)] = &[
    (NAME, "Environment name contains"),
    (ENVIRONMENT, ENVIRONMENT),
    (REVIEWER, REVIEWER),
    (TEST_PLAN, TEST_PLAN),
    (REVIEW_STATUS, REVIEW_STATUS),
    (LAST_RUN, LAST_RUN),
    (RUN_STATUS, RUN_STATUS),
    (TRIAGED, TRIAGED),
];

const UNASSIGNED: &str = "Unassigned";
pub(super) const IS_TRIAGED: &str = "Triaged";
pub(super) const NOT_TRIAGED: &str = "Not Triaged";

/// The address of the page with only what waits to be triaged.
pub(super) fn untriaged(query: &ParamsMap) -> String {
    address("", &with(query, TRIAGED, Some(NOT_TRIAGED)))
}

/// The address of the page without any filter.
pub(super) fn unfiltered(query: &ParamsMap) -> ParamsMap {
    FILTERS.iter().fold(query.clone(), |query, (name, _)| with(&query, name, None))
}

/// Whether the address filters anything.
pub(super) fn is_filtered(query: &ParamsMap) -> bool {
    FILTERS
        .iter()
        .any(|(name, _)| query.get_all(name).is_some_and(|values| values.iter().any(|value| !value.is_empty())))
}

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted(HashMap<&'static str, Vec<String>>);

impl Wanted {
    /// Reads the address.
    pub(super) fn from_query(query: &ParamsMap) -> Self {
        let chosen = FILTERS.iter().filter_map(|(name, _)| {
            let values: Vec<String> = query.get_all(name)?.into_iter().filter(|value| !value.is_empty()).collect();
            (!values.is_empty()).then_some((*name, values))
        });
        Self(chosen.collect())
    }

    /// Whether a value is among those chosen; a filter with nothing chosen lets all pass.
    fn accepts(&self, filter: &str, value: &str) -> bool {
        self.0.get(filter).is_none_or(|chosen| chosen.iter().any(|other| other == value))
    }

    fn accepts_any(&self, filter: &str, values: &[String]) -> bool {
        values.iter().any(|value| self.accepts(filter, value))
    }

    fn accepts_environment(&self, environment: &Environment, review: Option<&Review>) -> bool {
        let name = environment.name.to_lowercase();
        self.accepts(ENVIRONMENT, &environment.name)
            && self.accepts(REVIEW_STATUS, review_word(review))
            && self.accepts_any(REVIEWER, &reviewers(review))
            && self.0.get(NAME).is_none_or(|words| words.iter().all(|word| name.contains(&word.to_lowercase())))
    }

    fn accepts_plan(&self, plan: &Plan) -> bool {
        let last = plan.runs.first().map_or("", |run| Look::from(run.status).label);
        self.accepts(TEST_PLAN, &plan.label()) && self.accepts(LAST_RUN, last)
    }

    fn accepts_run(&self, run: &Run) -> bool {
        self.accepts(RUN_STATUS, Look::from(run.status).label) && self.accepts(TRIAGED, triaged_word(run))
    }

    /// The runs that stay.
    fn runs(&self, environment: &Environment, review: Option<&Review>) -> Vec<i64> {
        if !self.accepts_environment(environment, review) {
            return Vec::new();
        }
        let plans = environment.plans.iter().filter(|plan| self.accepts_plan(plan));
        plans.flat_map(|plan| &plan.runs).filter(|run| self.accepts_run(run)).map(|run| run.id).collect()
    }

    /// Whether anything is said about runs, so that an environment without any has nothing to show.
    fn is_about_runs(&self) -> bool {
        [TEST_PLAN, LAST_RUN, RUN_STATUS, TRIAGED].iter().any(|filter| self.0.contains_key(filter))
    }
}

fn review_word(review: Option<&Review>) -> &'static str {
    artefact_status_label(review.map_or(ArtefactStatus::Undecided, Review::status))
}

fn triaged_word(run: &Run) -> &'static str {
    if run.is_triaged { IS_TRIAGED } else { NOT_TRIAGED }
}

/// Who is asked to review, in the words of the filter.
pub(super) fn reviewers(review: Option<&Review>) -> Vec<String> {
    match review {
        Some(review) if !review.reviewers.is_empty() => review.reviewers.iter().map(Person::label).collect(),
        _ => vec![UNASSIGNED.to_owned()],
    }
}

/// What is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    environments: HashSet<Key>,
    runs: HashSet<i64>,
    /// Nothing is filtered: all is shown, whatever comes.
    is_everything: bool,
}

impl Shown {
    /// Filters the rows. What a link points at is shown whatever the filters say.
    pub(super) fn of(rows: &[Row], wanted: &Wanted, target: Target) -> Self {
        if wanted.0.is_empty() {
            return Self { is_everything: true, ..Self::default() };
        }
        let mut shown = Self::default();
        for row in rows {
            let (mut runs, is_accepted) = row.environment.with(|environment| {
                row.review.with(|review| {
                    let review = review.as_ref();
                    let is_accepted = environment.plans.is_empty()
                        && !wanted.is_about_runs()
                        && wanted.accepts_environment(environment, review);
                    (wanted.runs(environment, review), is_accepted)
                })
            });
            if let Some(run) = target.run.filter(|run| row.environment.with(|environment| environment.holds(*run))) {
                runs.push(run);
            }
            if is_accepted || !runs.is_empty() {
                shown.environments.insert(row.key);
            }
            shown.runs.extend(runs);
        }
        shown
    }

    /// Whether an environment is shown.
    pub(super) fn environment(&self, key: Key) -> bool {
        self.is_everything || self.environments.contains(&key)
    }

    /// Whether a run is shown.
    pub(super) fn run(&self, id: i64) -> bool {
        self.is_everything || self.runs.contains(&id)
    }

    /// Whether any run of a plan is shown.
    pub(super) fn plan(&self, plan: &Plan) -> bool {
        self.is_everything || plan.runs.iter().any(|run| self.runs.contains(&run.id))
    }
}

#[cfg(test)]
mod tests {
    use leptos::reactive::owner::Owner;
    use leptos_router::params::ParamsMap;
    use serde_json::json;

    use super::{super::tree::Environment, Shown, Target, Wanted, is_filtered, unfiltered};
    use crate::pages::artefact::state::Row;

    /// Two environments: `one` with runs 1 and 2 of `smoke` (the newer passed), `two` with run 3 of an unnamed plan, rejected.
    fn rows() -> Vec<Row> {
        let run = |id, status: &str, is_triaged| {
            json!({
                "id": id, "number": 1, "status": status, "ci_link": null, "c3_link": null, "links": [],
                "created_at": "2031-05-04T03:02:01", "metadata": {}, "is_triaged": is_triaged, "rerun": null,
            })
        };
        let environment = |id, name: &str, plans, review| {
            let environment = json!({
                "build": 7, "id": id, "name": name, "architecture": "amd64", "revision": 3, "plans": plans, "review": review,
            });
            serde_json::from_value::<Environment>(environment).unwrap()
        };
        let ana = json!({"id": 1, "name": "Ana", "email": "ana@example.org", "handle": null});
        let one = json!([{"name": "smoke", "runs": [run(2, "PASSED", true), run(1, "FAILED", false)]}]);
        let two = json!([{"name": "", "runs": [run(3, "FAILED", true)]}]);
        let review = json!({"id": 70, "decisions": ["REJECTED"], "comment": "", "reviewers": [ana]});
        [environment(1, "one", one, json!(null)), environment(2, "two", two, review)]
            .into_iter()
            .map(Row::new)
            .collect()
    }

    fn query(pairs: &[(&str, &str)]) -> ParamsMap {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn filters_choose_runs_and_their_environments() {
        let owner = Owner::new();
        owner.set();
        let rows = rows();
        for (pairs, expected) in [
            (&[][..], [1, 2, 3].as_slice()),
            (&[("Review status", "Undecided")], &[1, 2]),
            (&[("Review status", "Rejected")], &[3]),
            (&[("Review status", "Rejected"), ("Review status", "Undecided")], &[1, 2, 3]),
            (&[("Plans whose last run", "Passed")], &[1, 2]),
            (&[("Test plan", "unknown")], &[3]),
            (&[("Environment", "one")], &[1, 2]),
            (&[("Environment", "gone")], &[]),
            (&[("Environment reviewer", "Ana (ana@example.org)")], &[3]),
            (&[("Environment reviewer", "Unassigned")], &[1, 2]),
            (&[("Test Execution Status", "Failed")], &[1, 3]),
            (&[("Test Execution Triaged", "Not Triaged")], &[1]),
            (&[("Test Execution Status", "Failed"), ("Environment", "two")], &[3]),
            (&[("q", "TW")], &[3]),
            (&[("q", "")], &[1, 2, 3]),
        ] {
            let shown = Shown::of(&rows, &Wanted::from_query(&query(pairs)), Target::default());
            let runs: Vec<i64> = [1, 2, 3].into_iter().filter(|run| shown.run(*run)).collect();
            assert_eq!(runs, expected, "{pairs:?}");
            let environments = rows.iter().filter(|row| shown.environment(row.key)).count();
            assert_eq!(
                environments,
                usize::from(shown.run(1) || shown.run(2)) + usize::from(shown.run(3)),
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn what_a_link_points_at_is_shown_all_the_same() {
        let owner = Owner::new();
        owner.set();
        let rows = rows();
        let wanted = Wanted::from_query(&query(&[("Environment", "one")]));
        let shown = Shown::of(&rows, &wanted, Target { run: Some(3), result: None });
        assert!(shown.run(3) && rows.iter().all(|row| shown.environment(row.key)));
    }

    #[test]
    fn doing_without_filters_keeps_everything_else() {
        let filtered = query(&[("q", "x"), ("Environment", "a"), ("testExecutionId", "3")]);
        assert!(is_filtered(&filtered) && !is_filtered(&unfiltered(&filtered)));
        assert_eq!(unfiltered(&filtered).get_str("testExecutionId"), Some("3"));
    }
}
