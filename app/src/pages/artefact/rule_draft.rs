//! What an attachment rule could ask of results, taken from one result: everything about it is offered, some of it is ticked.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::data::ResultView;
use crate::{
    api::{ExecutionMetadata, FamilyName, MinimalIssueTestResultAttachmentRuleResponse, TestResultStatus},
    text::result_filters::metadata_entry,
};

/// What a value is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    Family,
    TestCase,
    Template,
    Environment,
    Metadata,
    Status,
}

impl Field {
    /// In the order of the form.
    pub(super) const ALL: [Self; 6] =
        [Self::Family, Self::TestCase, Self::Template, Self::Environment, Self::Metadata, Self::Status];

    /// What people call it.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Family => "Families",
            Self::TestCase => "Test Cases",
            Self::Template => "Template IDs",
            Self::Environment => "Environments",
            Self::Metadata => "Execution Metadata",
            Self::Status => "Test Result Statuses",
        }
    }

    /// Its name in a rule.
    const fn in_rule(self) -> &'static str {
        match self {
            Self::Family => "families",
            Self::TestCase => "test_case_names",
            Self::Template => "template_ids",
            Self::Environment => "environment_names",
            Self::Metadata => "execution_metadata",
            Self::Status => "test_result_statuses",
        }
    }

    /// Its name in a search.
    const fn in_search(self) -> &'static str {
        match self {
            Self::TestCase => "test_cases",
            Self::Environment => "environments",
            other => other.in_rule(),
        }
    }
}

/// A value that a rule could ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) field: Field,
    /// Of metadata, else empty.
    category: String,
    value: String,
    pub(super) is_ticked: bool,
}

impl Offer {
    fn new(field: Field, value: &str, is_ticked: bool) -> Self {
        Self { field, category: String::new(), value: value.to_owned(), is_ticked }
    }

    /// What people read.
    pub(super) fn label(&self) -> String {
        match self.field {
            Field::Metadata => format!("{}: {}", self.category, self.value),
            _ => self.value.clone(),
        }
    }
}

/// A rule that is being put together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RuleDraft(pub(super) Vec<Offer>);

impl RuleDraft {
    /// Everything about a result; its test and its family are ticked.
    pub(super) fn of(family: FamilyName, result: &ResultView, environment: &str, metadata: &ExecutionMetadata) -> Self {
        let mut offers = vec![
            Offer::new(Field::Family, family.as_str(), true),
            Offer::new(Field::TestCase, &result.name, true),
            Offer::new(Field::Environment, environment, false),
        ];
        if !result.template_id.is_empty() {
            offers.push(Offer::new(Field::Template, &result.template_id, false));
        }
        for (category, values) in &metadata.0 {
            let offer =
                |value: &String| Offer { category: category.clone(), ..Offer::new(Field::Metadata, value, false) };
            offers.extend(values.iter().map(offer));
        }
        let statuses = [TestResultStatus::Failed, TestResultStatus::Passed, TestResultStatus::Skipped];
        offers.extend(statuses.map(|status| Offer::new(Field::Status, status.as_str(), false)));
        Self(offers)
    }

    /// What an existing rule asks of results, as far as a search can ask for it; everything is ticked.
    pub(super) fn of_rule(rule: &MinimalIssueTestResultAttachmentRuleResponse) -> Self {
        let mut offers: Vec<Offer> = Vec::new();
        let mut add = |field, values: &mut dyn Iterator<Item = &str>| {
            offers.extend(values.map(|value| Offer::new(field, value, true)));
        };
        add(Field::Family, &mut rule.families.iter().map(|family| family.as_str()));
        add(Field::TestCase, &mut rule.test_case_names.iter().map(String::as_str));
        add(Field::Template, &mut rule.template_ids.iter().map(String::as_str));
        add(Field::Environment, &mut rule.environment_names.iter().map(String::as_str));
        add(Field::Status, &mut rule.test_result_statuses.iter().map(|status| status.as_str()));
        for (category, values) in &rule.execution_metadata {
            let offer =
                |value: &String| Offer { category: category.clone(), ..Offer::new(Field::Metadata, value, true) };
            offers.extend(values.iter().map(offer));
        }
        Self(offers)
    }

    fn ticked(&self) -> impl Iterator<Item = &Offer> {
        self.0.iter().filter(|offer| offer.is_ticked)
    }

    /// Whether it chooses among tests; statuses alone would take in everything.
    pub(super) fn chooses(&self) -> bool {
        self.ticked().any(|offer| offer.field != Field::Status)
    }

    /// Whether it looks at how results ended.
    pub(super) fn has_statuses(&self) -> bool {
        self.ticked().any(|offer| offer.field == Field::Status)
    }

    /// The body that makes the rule.
    pub(super) fn to_rule(&self) -> Value {
        let mut rule = json!({ "enabled": true });
        for field in Field::ALL {
            let offers = self.ticked().filter(|offer| offer.field == field);
            rule[field.in_rule()] = match field {
                Field::Metadata => {
                    let mut categories: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
                    offers.for_each(|offer| categories.entry(&offer.category).or_default().push(&offer.value));
                    json!(categories)
                }
                _ => json!(offers.map(|offer| &offer.value).collect::<Vec<_>>()),
            };
        }
        rule
    }

    /// The parameters that search for what the rule matches.
    pub(super) fn to_search(&self) -> Vec<(&'static str, String)> {
        let parameter = |offer: &Offer| {
            let value = match offer.field {
                Field::Metadata => metadata_entry(&offer.category, &offer.value),
                _ => offer.value.clone(),
            };
            (offer.field.in_search(), value)
        };
        self.ticked().map(parameter).collect()
    }
}

/// Everything a rule asks of results, for people: what is about what, without what is empty.
pub(super) fn rule_in_words(rule: &MinimalIssueTestResultAttachmentRuleResponse) -> Vec<(&'static str, Vec<String>)> {
    let texts = |values: &[String]| values.to_vec();
    let metadata = rule.execution_metadata.iter();
    let metadata =
        metadata.flat_map(|(category, values)| values.iter().map(move |value| format!("{category}: {value}")));
    let all = [
        ("Families", rule.families.iter().map(ToString::to_string).collect()),
        ("Artefacts", texts(&rule.artefacts)),
        ("Versions", texts(&rule.artefact_versions)),
        ("Stages", texts(&rule.artefact_stages)),
        ("Tracks", texts(&rule.artefact_tracks)),
        ("Environments", texts(&rule.environment_names)),
        ("Test Cases", texts(&rule.test_case_names)),
        ("Template IDs", texts(&rule.template_ids)),
        ("Execution Metadata", metadata.collect()),
        ("Test Result Statuses", rule.test_result_statuses.iter().map(ToString::to_string).collect()),
        ("Log has", rule.io_log_pattern.iter().cloned().collect()),
        ("Comment has", rule.comment_pattern.iter().cloned().collect()),
    ];
    all.into_iter().filter(|(_, values): &(_, Vec<String>)| !values.is_empty()).collect()
}

/// Whether a search can find exactly what a rule matches: none looks into logs and comments by pattern.
pub(super) fn can_be_searched(rule: &MinimalIssueTestResultAttachmentRuleResponse) -> bool {
    let has_patterns = rule.io_log_pattern.is_some() || rule.comment_pattern.is_some();
    let asks_artefacts = [&rule.artefacts, &rule.artefact_versions, &rule.artefact_stages, &rule.artefact_tracks];
    !has_patterns && asks_artefacts.iter().all(|values| values.is_empty()) && RuleDraft::of_rule(rule).chooses()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Field, RuleDraft};
    use crate::{
        api::{ExecutionMetadata, FamilyName, TestResultStatus},
        pages::artefact::data::{LogView, ResultView},
    };

    fn draft() -> RuleDraft {
        let metadata: ExecutionMetadata = serde_json::from_value(json!({"kernel": ["6.9"]})).unwrap();
        let result = ResultView {
            id: 2,
            name: "boot".to_owned(),
            status: TestResultStatus::Failed,
            category: String::new(),
            template_id: "t".to_owned(),
            comment: String::new(),
            issues: Vec::new(),
            previous: Vec::new(),
            log: LogView::default(),
        };
        RuleDraft::of(FamilyName::Snap, &result, "laptop", &metadata)
    }

    fn tick(mut draft: RuleDraft, fields: &[Field]) -> RuleDraft {
        draft.0.iter_mut().for_each(|offer| offer.is_ticked = fields.contains(&offer.field));
        draft
    }

    #[test]
    fn the_test_and_its_family_are_ticked_at_first() {
        assert_eq!(draft().to_search(), [("families", "snap".to_owned()), ("test_cases", "boot".to_owned())]);
        assert!(draft().chooses() && !draft().has_statuses());
    }

    #[test]
    fn statuses_alone_choose_nothing() {
        let draft = tick(draft(), &[Field::Status]);
        assert!(!draft.chooses() && draft.has_statuses());
        assert!(!tick(draft, &[]).chooses());
    }

    #[test]
    fn a_rule_and_its_search_ask_for_the_same() {
        let draft = tick(draft(), &[Field::Environment, Field::Metadata, Field::Template]);
        assert_eq!(
            draft.to_rule(),
            json!({
                "enabled": true, "families": [], "test_case_names": [], "template_ids": ["t"],
                "environment_names": ["laptop"], "execution_metadata": {"kernel": ["6.9"]}, "test_result_statuses": [],
            })
        );
        let search = draft.to_search();
        assert_eq!(
            search.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
            ["environments", "template_ids", "execution_metadata"]
        );
        assert_eq!(search[2].1, "a2VybmVs:Ni45");
    }
}
