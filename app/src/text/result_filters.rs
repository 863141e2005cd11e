//! What a search for test results filters by, in its three spellings: the page's address, the API's query, and the JSON of bulk
//! requests.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use leptos_router::params::ParamsMap;
use serde_json::{Value, json};

use super::api_address::api_address;

/// Ids that something must have one of, or the word that it must have any, or none at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IdChoice {
    /// One of these; of nothing in particular where the list is empty.
    These(Vec<i64>),
    /// At least one.
    Any,
    /// None at all.
    None,
}

impl Default for IdChoice {
    fn default() -> Self {
        Self::These(Vec::new())
    }
}

impl IdChoice {
    fn parse(values: &[String]) -> Self {
        match values {
            [word] if word == "any" => Self::Any,
            [word] if word == "none" => Self::None,
            ids => Self::These(ids.iter().filter_map(|id| id.parse().ok()).collect()),
        }
    }

    /// What stands in addresses.
    pub(crate) fn values(&self) -> Vec<String> {
        match self {
            Self::Any => vec!["any".to_owned()],
            Self::None => vec!["none".to_owned()],
            Self::These(ids) => ids.iter().map(i64::to_string).collect(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Any => json!("any"),
            Self::None => json!("none"),
            Self::These(ids) => json!(ids),
        }
    }
}

/// The filters of a search. Nothing is filtered by what is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResultFilters {
    pub(crate) families: Vec<String>,
    pub(crate) artefacts: Vec<String>,
    pub(crate) artefact_versions: Vec<String>,
    pub(crate) artefact_stages: Vec<String>,
    pub(crate) artefact_tracks: Vec<String>,
    pub(crate) environments: Vec<String>,
    pub(crate) test_cases: Vec<String>,
    pub(crate) template_ids: Vec<String>,
    pub(crate) test_result_statuses: Vec<String>,
    pub(crate) test_execution_statuses: Vec<String>,
    pub(crate) execution_metadata: BTreeMap<String, Vec<String>>,
    pub(crate) issues: IdChoice,
    pub(crate) reviewer_ids: IdChoice,
    pub(crate) artefact_is_archived: Option<bool>,
    pub(crate) rerun_is_requested: Option<bool>,
    pub(crate) execution_is_latest: Option<bool>,
    pub(crate) from_date: Option<String>,
    pub(crate) until_date: Option<String>,
    /// Words in names, comments and logs.
    pub(crate) q: String,
}

/// Result statuses that there are; others cannot be meant.
const STATUSES: [&str; 3] = ["FAILED", "PASSED", "SKIPPED"];

impl ResultFilters {
    /// Reads the page's address: parameters may be repeated, and each may hold several values with commas between them, of which
    /// one that belongs to a value is written `\,`.
    pub(crate) fn from_query(query: &ParamsMap) -> Self {
        let list = |name: &str| -> Vec<String> {
            let mut values: Vec<String> = Vec::new();
            for value in query.get_all(name).unwrap_or_default().iter().flat_map(|text| split(text)) {
                if !values.contains(&value) {
                    values.push(value);
                }
            }
            values
        };
        let flag = |name: &str| query.get_str(name).map(|text| text.eq_ignore_ascii_case("true"));
        let date = |name: &str| query.get_str(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let reviewers = list("reviewer_ids");
        let reviewers = if reviewers.is_empty() { list("assignee_ids") } else { reviewers };
        let statuses = list("test_result_statuses").into_iter().map(|status| status.to_ascii_uppercase());
        Self {
            families: list("families"),
            artefacts: list("artefacts"),
            artefact_versions: list("artefact_versions"),
            artefact_stages: list("artefact_stages"),
            artefact_tracks: list("artefact_tracks"),
            environments: list("environments"),
            test_cases: list("test_cases"),
            template_ids: list("template_ids"),
            test_result_statuses: statuses.filter(|status| STATUSES.contains(&status.as_str())).collect(),
            test_execution_statuses: list("test_execution_statuses"),
            execution_metadata: read_metadata(&list("execution_metadata")),
            issues: IdChoice::parse(&list("issues")),
            reviewer_ids: IdChoice::parse(&reviewers),
            artefact_is_archived: flag("artefact_is_archived"),
            rerun_is_requested: flag("rerun_is_requested"),
            execution_is_latest: flag("execution_is_latest"),
            from_date: date("from_date"),
            until_date: date("until_date"),
            q: query.get("q").unwrap_or_default().trim().to_owned(),
        }
    }

    /// Every parameter with its values, empty ones left out.
    fn parameters(&self) -> Vec<(&'static str, Vec<String>)> {
        let flag = |value: Option<bool>| value.map(|value| value.to_string()).into_iter().collect::<Vec<_>>();
        let one = |value: &Option<String>| value.clone().into_iter().collect::<Vec<_>>();
        let words = if self.q.is_empty() { Vec::new() } else { vec![self.q.clone()] };
        let all = vec![
            ("q", words),
            ("families", self.families.clone()),
            ("test_result_statuses", self.test_result_statuses.clone()),
            ("artefacts", self.artefacts.clone()),
            ("artefact_versions", self.artefact_versions.clone()),
            ("artefact_stages", self.artefact_stages.clone()),
            ("artefact_tracks", self.artefact_tracks.clone()),
            ("artefact_is_archived", flag(self.artefact_is_archived)),
            ("rerun_is_requested", flag(self.rerun_is_requested)),
            ("execution_is_latest", flag(self.execution_is_latest)),
            ("test_execution_statuses", self.test_execution_statuses.clone()),
            ("environments", self.environments.clone()),
            ("test_cases", self.test_cases.clone()),
            ("template_ids", self.template_ids.clone()),
            ("execution_metadata", write_metadata(&self.execution_metadata)),
            ("issues", self.issues.values()),
            ("reviewer_ids", self.reviewer_ids.values()),
            ("from_date", one(&self.from_date)),
            ("until_date", one(&self.until_date)),
        ];
        all.into_iter().filter(|(_, values)| !values.is_empty()).collect()
    }

    /// The page's address: one parameter for each filter, commas between its values.
    pub(crate) fn page_address(&self) -> String {
        let joined = self.parameters().into_iter().map(|(name, values)| {
            let is_text = matches!(name, "q" | "from_date" | "until_date");
            let value = if is_text { values.join(" ") } else { join(&values) };
            (name, value)
        });
        api_address("/test-results", &joined.collect::<Vec<_>>())
    }

    /// The API's query, repeated parameters for several values, and what the caller adds.
    pub(crate) fn api_address(&self, more: &[(&str, &str)]) -> String {
        let own =
            self.parameters().into_iter().flat_map(|(name, values)| values.into_iter().map(move |value| (name, value)));
        let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
        api_address("/v1/test-results", &own.chain(more).collect::<Vec<_>>())
    }

    /// The body of bulk requests. Words have no part in those: a page that searches by words offers none.
    pub(crate) fn json(&self) -> Value {
        json!({
            "families": self.families,
            "artefacts": self.artefacts,
            "artefact_versions": self.artefact_versions,
            "artefact_stages": self.artefact_stages,
            "artefact_tracks": self.artefact_tracks,
            "artefact_is_archived": self.artefact_is_archived,
            "rerun_is_requested": self.rerun_is_requested,
            "execution_is_latest": self.execution_is_latest,
            "test_execution_statuses": self.test_execution_statuses,
            "environments": self.environments,
            "test_cases": self.test_cases,
            "template_ids": self.template_ids,
            "execution_metadata": self.execution_metadata,
            "issues": self.issues.json(),
            "reviewer_ids": self.reviewer_ids.json(),
            "test_result_statuses": self.test_result_statuses,
            "from_date": self.from_date,
            "until_date": self.until_date,
        })
    }

    /// Whether anything is filtered by.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether bulk requests can be made with them: dates alone choose nothing, and words are not understood there.
    pub(crate) fn can_choose(&self) -> bool {
        let undated = Self { from_date: None, until_date: None, ..self.clone() };
        !undated.is_empty() && self.q.is_empty()
    }
}

/// The parts between commas, trimmed; empty ones are left out, and `\,` is a comma of a part.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, parts.last_mut()) {
            ('\\', Some(part)) if chars.peek() == Some(&',') => {
                part.push(',');
                chars.next();
            }
            (',', _) => parts.push(String::new()),
            (_, Some(part)) => part.push(c),
            (_, None) => {}
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn join(values: &[String]) -> String {
    let escaped: Vec<String> = values.iter().map(|value| value.replace(',', "\\,")).collect();
    escaped.join(",")
}

/// `base64(category):base64(value)`; what is not that is left out.
fn read_metadata(entries: &[String]) -> BTreeMap<String, Vec<String>> {
    let decode = |text: &str| String::from_utf8(STANDARD.decode(text).ok()?).ok().filter(|text| !text.is_empty());
    let mut metadata: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (category, value) in entries.iter().filter_map(|entry| entry.split_once(':')) {
        if let (Some(category), Some(value)) = (decode(category), decode(value)) {
            let values = metadata.entry(category).or_default();
            if !values.contains(&value) {
                values.push(value);
            }
        }
    }
    metadata
}

fn write_metadata(metadata: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let pairs = metadata.iter().flat_map(|(category, values)| values.iter().map(move |value| (category, value)));
    pairs.map(|(category, value)| metadata_entry(category, value)).collect()
}

/// How a pair of metadata stands in addresses.
pub(crate) fn metadata_entry(category: &str, value: &str) -> String {
    format!("{}:{}", STANDARD.encode(category), STANDARD.encode(value))
}

#[cfg(test)]
mod tests {
    use leptos_router::params::ParamsMap;
    use serde_json::json;

    use super::{IdChoice, ResultFilters, metadata_entry};

    fn read(pairs: &[(&str, &str)]) -> ResultFilters {
        let query: ParamsMap = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        ResultFilters::from_query(&query)
    }

    #[test]
    fn values_are_repeated_or_joined_by_commas() {
        let filters = read(&[("artefacts", "a, b,,a"), ("artefacts", r"c\,d"), ("environments", " ")]);
        assert_eq!(filters.artefacts, ["a", "b", "c,d"]);
        assert!(filters.environments.is_empty());
    }

    #[test]
    fn keywords_stand_alone_and_what_is_no_id_is_left_out() {
        for (pairs, expected) in [
            (&[("issues", "any")][..], IdChoice::Any),
            (&[("issues", "none")], IdChoice::None),
            (&[("issues", "1,x,2")], IdChoice::These(vec![1, 2])),
            (&[("issues", "any,1")], IdChoice::These(vec![1])),
            (&[], IdChoice::default()),
        ] {
            assert_eq!(read(pairs).issues, expected, "{pairs:?}");
        }
        assert_eq!(read(&[("assignee_ids", "3")]).reviewer_ids, IdChoice::These(vec![3]));
        assert_eq!(read(&[("assignee_ids", "3"), ("reviewer_ids", "4")]).reviewer_ids, IdChoice::These(vec![4]));
    }

    #[test]
    fn statuses_are_read_in_any_case_and_flags_are_true_or_not() {
        let filters = read(&[("test_result_statuses", "failed,Passed,odd"), ("execution_is_latest", "TRUE")]);
        assert_eq!(filters.test_result_statuses, ["FAILED", "PASSED"]);
        assert_eq!(filters.execution_is_latest, Some(true));
        assert_eq!(read(&[("artefact_is_archived", "yes")]).artefact_is_archived, Some(false));
        assert_eq!(read(&[]).artefact_is_archived, None);
    }

    #[test]
    fn address_and_filters_are_two_spellings_of_one_thing() {
        let metadata = format!("{},{}", metadata_entry("os", "noble, 24.04"), metadata_entry("os", "é"));
        let filters = read(&[
            ("families", "snap,deb"),
            ("artefacts", r"a\,b"),
            ("execution_metadata", &metadata),
            ("issues", "1,2"),
            ("reviewer_ids", "none"),
            ("rerun_is_requested", "false"),
            ("from_date", "2031-05-04T03:02:01.000Z"),
            ("q", "two, words"),
        ]);
        let address = filters.page_address();
        let query = url_query(&address);
        assert_eq!(ResultFilters::from_query(&query), filters, "{address}");
        assert_eq!(filters.execution_metadata["os"], ["noble, 24.04", "é"]);
        let asked = filters.api_address(&[("limit", "0")]);
        for part in ["families=snap&families=deb", "issues=1&issues=2", "reviewer_ids=none", "limit=0"] {
            assert!(asked.contains(part), "{asked} has no {part}");
        }
    }

    fn url_query(address: &str) -> ParamsMap {
        let pairs = address.split_once('?').map_or("", |(_, query)| query).split('&');
        pairs.filter_map(|pair| pair.split_once('=')).map(|(name, value)| (name.to_owned(), decode(value))).collect()
    }

    fn decode(text: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            if byte == b'%' {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            } else {
                bytes.push(byte);
            }
        }
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn bulk_requests_carry_every_key() {
        let body = read(&[("families", "snap"), ("issues", "any")]).json();
        assert_eq!((&body["families"], &body["issues"]), (&json!(["snap"]), &json!("any")));
        assert_eq!((&body["artefacts"], &body["from_date"]), (&json!([]), &json!(null)));
        assert!(body.get("offset").is_none() && body.get("q").is_none());
    }

    #[test]
    fn dates_alone_and_words_choose_nothing_in_bulk() {
        for (pairs, has_any, can_choose) in [
            (&[][..], false, false),
            (&[("from_date", "2031-05-04T00:00:00.000Z")], true, false),
            (&[("families", "snap")], true, true),
            (&[("families", "snap"), ("q", "x")], true, false),
            (&[("issues", "none")], true, true),
            (&[("offset", "10"), ("limit", "5")], false, false),
        ] {
            let filters = read(pairs);
            assert_eq!((!filters.is_empty(), filters.can_choose()), (has_any, can_choose), "{pairs:?}");
        }
    }

    #[test]
    fn broken_metadata_is_left_out() {
        assert!(read(&[("execution_metadata", "plain,YQ==,:YQ==,YQ==:,!!:YQ==")]).execution_metadata.is_empty());
    }
}
