//! What a rule asks of artefacts.

use crate::api::{ArtefactMatchingRuleResponse, FamilyName};

/// The criteria beside the family: what the API calls them, and people.
pub(super) const CRITERIA: [(&str, &str); 9] = [
    ("name", "Name"),
    ("stage", "Stage"),
    ("track", "Track"),
    ("branch", "Branch"),
    ("store", "Store"),
    ("series", "Series"),
    ("os", "OS"),
    ("release", "Release"),
    ("owner", "Owner"),
];

/// The values of a rule, in the order of the criteria; empty matches everything.
pub(super) fn values(rule: &ArtefactMatchingRuleResponse) -> [String; 9] {
    let ArtefactMatchingRuleResponse { name, stage, track, branch, store, series, os, release, owner, .. } = rule;
    [name, stage, track, branch, store, series, os, release, owner].map(|value| value.clone().unwrap_or_default())
}

/// Whether artefacts of a family have such a thing at all: a rule that asks for what they have not matches none.
pub(super) fn is_of(family: FamilyName, criterion: &str) -> bool {
    let of_family: &[&str] = match family {
        FamilyName::Snap => &["track", "branch", "store"],
        FamilyName::Deb => &["series"],
        FamilyName::Charm => &["track", "branch"],
        FamilyName::Image => &["os", "release", "owner"],
        FamilyName::Solution => &["track"],
    };
    matches!(criterion, "name" | "stage") || of_family.contains(&criterion)
}

/// What a rule asks, with the words for it: `("Series", "noble")`; nothing where it matches the whole family.
pub(super) fn asked(rule: &ArtefactMatchingRuleResponse) -> Vec<(&'static str, String)> {
    let pairs = CRITERIA.iter().zip(values(rule));
    pairs.filter(|(_, value)| !value.is_empty()).map(|((_, label), value)| (*label, value)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{CRITERIA, asked, is_of, values};
    use crate::api::{ArtefactMatchingRuleResponse, FamilyName};

    fn rule() -> ArtefactMatchingRuleResponse {
        let mut rule = json!({"id": 1, "family": "deb", "teams": [], "grant_permissions": []});
        for (name, _) in CRITERIA {
            rule[name] = json!(null);
        }
        rule["series"] = json!("noble");
        rule["stage"] = json!("proposed");
        serde_json::from_value(rule).unwrap()
    }

    #[test]
    fn every_value_stands_at_its_criterion() {
        for (at, (name, label)) in CRITERIA.iter().enumerate() {
            let mut told = serde_json::to_value(rule()).unwrap();
            told[*name] = json!("own");
            let told: ArtefactMatchingRuleResponse = serde_json::from_value(told).unwrap();
            assert_eq!(values(&told)[at], "own", "{name}");
            assert!(asked(&told).contains(&(*label, "own".to_owned())), "{label}");
        }
    }

    #[test]
    fn only_what_is_asked_is_told() {
        assert_eq!(asked(&rule()), [("Stage", "proposed".to_owned()), ("Series", "noble".to_owned())]);
    }

    #[test]
    fn every_criterion_is_of_some_family() {
        for (name, _) in CRITERIA {
            assert!(FamilyName::ALL.iter().any(|family| is_of(*family, name)), "{name}");
        }
        assert!(!is_of(FamilyName::Deb, "track"));
    }
}
