//! The matching rules of a team, which it may share with others.

use std::collections::{BTreeMap, HashMap, HashSet};

use app::api::{ArtefactMatchingRuleBase, ArtefactMatchingRuleResponse, AuditSubjectKind, FamilyName, Permission};

use super::matching_rules::{read_rule, show_rules};
use crate::domain::access::added;
use crate::domain::audit_log::Entry;
use crate::store::matching_rules::{RuleColumns, RuleRow};
use crate::store::{Moment, StoreResult, Tx, team_rules};

/// What came of giving a team other rules.
#[derive(Debug)]
pub(super) struct Replaced {
    /// What somebody may do with artefacts now that they could not before.
    pub(super) granted: Vec<Permission>,
    /// What the audit log says of the rules: made, changed, removed.
    pub(super) entries: Vec<Entry>,
}

/// Gives a team these rules instead of those it has. No other team's rules may be changed at the same time: the teams
/// have to be locked.
///
/// A rule that is there already, with whomever, becomes one of the team's and grants what it granted and what is asked
/// for; so no grant is taken from another team. A rule that the team had alone is removed.
pub(super) async fn replace_rules(
    tx: &mut Tx,
    team_id: i64,
    rules: Vec<ArtefactMatchingRuleBase>,
    now: Moment,
) -> StoreResult<Replaced> {
    let wanted = drop_repetitions(rules.into_iter().map(read_rule));
    // Rules before their links: so does whoever gives a rule other teams.
    team_rules::lock_rules_of_team(tx, team_id).await?;
    let had = team_rules::list_rules_of_teams(tx, &[team_id]).await?.into_iter().map(|row| row.rule);
    let found = team_rules::find_or_create_rules(tx, &wanted, now).await?;
    let ids: Vec<i64> = found.iter().map(|rule| rule.id).collect();
    let mut concerned: BTreeMap<i64, RuleRow> = had.map(|rule| (rule.id, rule)).collect();
    let widened = widen_grants(&found, &wanted);
    concerned.extend(found.into_iter().map(|rule| (rule.id, rule)));
    // A rule that has just been made has no teams yet.
    let before = show_rules(tx, concerned.values().cloned().collect()).await?;
    team_rules::update_grants(tx, &widened, now).await?;
    for (id, grants) in widened {
        concerned.entry(id).and_modify(|rule| rule.columns.grant_permissions = grants);
    }
    let dropped = team_rules::delete_links_except(tx, team_id, &ids).await?;
    team_rules::add_links(tx, team_id, &ids).await?;
    team_rules::delete_orphans(tx, &dropped).await?;
    let after = show_rules(tx, concerned.into_values().collect()).await?;
    Ok(compare(team_id, &before, &after))
}

/// What is different of rules, each of which stands at the same place before and after.
fn compare(team_id: i64, before: &[ArtefactMatchingRuleResponse], after: &[ArtefactMatchingRuleResponse]) -> Replaced {
    let mut replaced = Replaced { granted: Vec::new(), entries: Vec::new() };
    for (was, is) in before.iter().zip(after) {
        let kind = AuditSubjectKind::MatchingRule;
        replaced.entries.extend(match (was.teams.is_empty(), is.teams.is_empty()) {
            (true, _) => Some(Entry::created(kind, is.id, is)),
            (false, true) => Some(Entry::deleted(kind, was.id, was)),
            (false, false) => Entry::updated(kind, is.id, was, is),
        });
        let is_of_team = |rule: &ArtefactMatchingRuleResponse| rule.teams.iter().any(|team| team.id == team_id);
        if is_of_team(was) {
            replaced.granted.extend(added(&was.grant_permissions, &is.grant_permissions));
        } else if is_of_team(is) {
            replaced.granted.extend(&is.grant_permissions);
        }
    }
    replaced
}

/// What tells a rule from every other one: its family and its criteria.
type Identity<'a> = (FamilyName, [&'a str; 9]);

fn identify(rule: &RuleColumns) -> Identity<'_> {
    let criteria = [
        &rule.name,
        &rule.stage,
        &rule.track,
        &rule.branch,
        &rule.store,
        &rule.series,
        &rule.os,
        &rule.release,
        &rule.owner,
    ];
    (rule.family, criteria.map(String::as_str))
}

/// Of rules with the same family and criteria the first; what the others grant is lost.
fn drop_repetitions(rules: impl Iterator<Item = RuleColumns>) -> Vec<RuleColumns> {
    let rules: Vec<RuleColumns> = rules.collect();
    let is_first: Vec<bool> = {
        let mut seen = HashSet::new();
        rules.iter().map(|rule| seen.insert(identify(rule))).collect()
    };
    rules.into_iter().zip(is_first).filter_map(|(rule, is_first)| is_first.then_some(rule)).collect()
}

/// Those of the rules that do not grant yet all that is wanted, with what they shall grant: first what they do.
fn widen_grants(found: &[RuleRow], wanted: &[RuleColumns]) -> Vec<(i64, Vec<Permission>)> {
    let wanted: HashMap<Identity<'_>, &[Permission]> =
        wanted.iter().map(|rule| (identify(rule), rule.grant_permissions.as_slice())).collect();
    found
        .iter()
        .filter_map(|rule| {
            let mut grants = rule.columns.grant_permissions.clone();
            for permission in wanted.get(&identify(&rule.columns)).copied().unwrap_or_default() {
                if !grants.contains(permission) {
                    grants.push(*permission);
                }
            }
            (grants.len() > rule.columns.grant_permissions.len()).then_some((rule.id, grants))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use app::api::Permission::{self, ChangeArtefact, ChangeRerun, ViewTest};

    use super::*;

    fn rule(name: &str, grants: &[Permission]) -> RuleColumns {
        let any = String::new;
        RuleColumns {
            family: FamilyName::Snap,
            name: name.to_owned(),
            stage: any(),
            track: any(),
            branch: any(),
            store: any(),
            series: any(),
            os: any(),
            release: any(),
            owner: any(),
            grant_permissions: grants.to_vec(),
        }
    }

    #[test]
    fn of_rules_with_the_same_criteria_the_first_counts() {
        let deb = RuleColumns { family: FamilyName::Deb, ..rule("a", &[]) };
        let tracked = RuleColumns { track: "a".to_owned(), ..rule("", &[]) };
        let rules = [
            rule("b", &[]),
            rule("a", &[ChangeRerun]),
            rule("a", &[ViewTest]),
            deb.clone(),
            rule("b", &[ViewTest]),
            tracked.clone(),
        ];
        let expected = [rule("b", &[]), rule("a", &[ChangeRerun]), deb, tracked];
        assert_eq!(drop_repetitions(rules.into_iter()), expected);
    }

    #[test]
    fn grants_are_added_behind_those_there_are() {
        for (stored, wanted, expected) in [
            (vec![], vec![], None),
            (vec![ViewTest], vec![], None),
            (vec![ViewTest, ChangeRerun], vec![ChangeRerun, ChangeRerun], None),
            (vec![], vec![ViewTest, ViewTest], Some(vec![ViewTest])),
            (
                vec![ChangeRerun, ChangeRerun],
                vec![ViewTest, ChangeRerun, ChangeArtefact],
                Some(vec![ChangeRerun, ChangeRerun, ViewTest, ChangeArtefact]),
            ),
        ] {
            let found = [RuleRow { id: 7, columns: rule("a", &stored) }];
            let widened = widen_grants(&found, &[rule("b", &[ChangeArtefact]), rule("a", &wanted)]);
            assert_eq!(widened, expected.map(|grants| (7, grants)).into_iter().collect::<Vec<_>>());
        }
    }
}
