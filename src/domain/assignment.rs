//! Who reviews an artefact, and which environments each reviewer looks at.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, Utc};
use rand::Rng;
use rand::seq::IndexedRandom;

/// As many executions of the latest builds as one reviewer is asked to look at.
pub const EXECUTIONS_PER_REVIEWER: usize = 50;
/// Days that new reviewers have.
const DAYS_TO_REVIEW: u64 = 10;

/// A rule that says which teams are responsible for which artefacts of its family.
#[derive(Clone, Debug)]
pub struct MatchingRule {
    /// Its id.
    pub id: i64,
    /// What an artefact must have, in the order of [`ArtefactCriteria`]; `""` matches everything.
    pub criteria: ArtefactCriteria,
}

/// What rules compare: name, stage, track, branch, store, series, os, release, owner.
pub type ArtefactCriteria = [String; 9];

/// A user in a team of a rule.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// The rule.
    pub rule_id: i64,
    /// The user.
    pub user_id: i64,
}

impl MatchingRule {
    fn matches(&self, artefact: &ArtefactCriteria) -> bool {
        self.criteria.iter().zip(artefact).all(|(wanted, value)| wanted.is_empty() || wanted == value)
    }

    fn specificity(&self) -> usize {
        self.criteria.iter().filter(|wanted| !wanted.is_empty()).count()
    }
}

/// The users who may be asked to review: the members of the most specific matching rules, without those who review
/// already.
pub fn find_candidates(
    rules: &[MatchingRule],
    artefact: &ArtefactCriteria,
    members: &[Candidate],
    reviewers: &[i64],
) -> Vec<i64> {
    let matching: Vec<_> = rules.iter().filter(|rule| rule.matches(artefact)).collect();
    let most_specific = matching.iter().map(|rule| rule.specificity()).max();
    let chosen: BTreeSet<i64> =
        matching.iter().filter(|rule| Some(rule.specificity()) == most_specific).map(|rule| rule.id).collect();
    let users: BTreeSet<i64> = members
        .iter()
        .filter(|member| chosen.contains(&member.rule_id) && !reviewers.contains(&member.user_id))
        .map(|member| member.user_id)
        .collect();
    users.into_iter().collect()
}

/// Picks new reviewers at random: one for every `executions_per_reviewer` executions begun, those there are included.
pub fn pick_reviewers(
    candidates: &[i64],
    execution_count: usize,
    reviewer_count: usize,
    executions_per_reviewer: usize,
    rng: &mut impl Rng,
) -> Vec<i64> {
    let wanted = execution_count.div_ceil(executions_per_reviewer).saturating_sub(reviewer_count);
    candidates.sample(rng, wanted).copied().collect()
}

/// The day by which new reviewers of an artefact should have decided; kernels follow another calendar.
pub fn due_date(artefact_name: &str, now: DateTime<Utc>) -> Option<NaiveDate> {
    if is_kernel(artefact_name) {
        return None;
    }
    now.date_naive().checked_add_days(Days::new(DAYS_TO_REVIEW))
}

/// Whether an artefact is a kernel, which its name tells.
pub fn is_kernel(artefact_name: &str) -> bool {
    artefact_name.starts_with("linux-") || artefact_name.ends_with("-kernel")
}

/// An environment review and its first reviewer.
#[derive(Clone, Copy, Debug)]
pub struct Assignment {
    /// The review.
    pub review_id: i64,
    /// Who is assigned, if anybody.
    pub reviewer_id: Option<i64>,
}

/// Spreads environment reviews over the artefact's reviewers: a review that one of them has stays with them, every other
/// goes to whoever has the fewest. Returns the reviews to give, as `(review, reviewer)`.
pub fn spread_reviews(reviews: &[Assignment], reviewers: &[i64]) -> Vec<(i64, i64)> {
    let mut load: BTreeMap<i64, usize> = reviewers.iter().map(|reviewer| (*reviewer, 0)).collect();
    let mut open = Vec::new();
    for review in reviews {
        match review.reviewer_id.and_then(|reviewer| load.get_mut(&reviewer)) {
            Some(count) => *count += 1,
            None => open.push(review.review_id),
        }
    }
    let mut given = Vec::with_capacity(open.len());
    for review in open {
        // Of those who have equally few, the one who was assigned to the artefact first.
        let least_loaded = reviewers.iter().min_by_key(|reviewer| load.get(reviewer));
        if let Some(reviewer) = least_loaded {
            load.entry(*reviewer).and_modify(|count| *count += 1);
            given.push((review, *reviewer));
        }
    }
    given
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn rule(id: i64, name: &str, stage: &str) -> MatchingRule {
        let mut criteria = ArtefactCriteria::default();
        criteria[0] = name.to_owned();
        criteria[1] = stage.to_owned();
        MatchingRule { id, criteria }
    }

    #[test]
    fn only_the_most_specific_matching_rules_count() {
        let mut artefact = ArtefactCriteria::default();
        artefact[0] = "core22".to_owned();
        artefact[1] = "beta".to_owned();
        let members: Vec<Candidate> = (1..=5).map(|rule_id| Candidate { rule_id, user_id: rule_id * 10 }).collect();
        for (rules, reviewers, expected) in [
            (vec![rule(1, "", "")], vec![], vec![10]),
            (vec![rule(1, "", ""), rule(2, "core22", "")], vec![], vec![20]),
            (vec![rule(2, "core22", ""), rule(3, "", "beta")], vec![], vec![20, 30]),
            (vec![rule(2, "core22", ""), rule(4, "core22", "beta")], vec![], vec![40]),
            (vec![rule(5, "docker", "")], vec![], vec![]),
            (vec![rule(1, "", "")], vec![10], vec![]),
        ] {
            assert_eq!(find_candidates(&rules, &artefact, &members, &reviewers), expected);
        }
    }

    #[test]
    fn one_reviewer_for_every_fifty_executions_begun() {
        let mut rng = StdRng::seed_from_u64(1);
        let candidates = [1, 2, 3];
        for (executions, reviewers, expected) in
            [(1, 0, 1), (50, 0, 1), (51, 0, 2), (51, 1, 1), (50, 1, 0), (500, 0, 3)]
        {
            let picked = pick_reviewers(&candidates, executions, reviewers, EXECUTIONS_PER_REVIEWER, &mut rng);
            assert_eq!(picked.len(), expected, "{executions} executions, {reviewers} reviewers");
        }
    }

    #[test]
    fn kernels_have_no_due_date() {
        let now: DateTime<Utc> = "2031-01-22T08:30:00Z".parse().unwrap();
        for (name, expected) in [
            ("hello", Some("2031-02-01")),
            ("linux-raspi", None),
            ("pi-kernel", None),
            ("kernel-pi", Some("2031-02-01")),
        ] {
            assert_eq!(due_date(name, now).map(|day| day.to_string()).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn reviews_are_spread_evenly_and_kept_where_they_are() {
        let open = |review_id| Assignment { review_id, reviewer_id: None };
        let has = |review_id, reviewer| Assignment { review_id, reviewer_id: Some(reviewer) };
        for (reviews, reviewers, expected) in [
            (vec![open(1), open(2), open(3)], vec![7, 8], vec![(1, 7), (2, 8), (3, 7)]),
            (vec![has(1, 7), open(2)], vec![7, 8], vec![(2, 8)]),
            (vec![has(1, 9), open(2)], vec![7], vec![(1, 7), (2, 7)]),
            (vec![has(1, 7), has(2, 7), has(3, 7), open(4)], vec![7, 8], vec![(4, 8)]),
            (vec![open(1)], vec![], vec![]),
        ] {
            assert_eq!(spread_reviews(&reviews, &reviewers), expected);
        }
    }
}
