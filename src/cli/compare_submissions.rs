//! `test-observer compare-submissions`.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};

use super::failure::{Failure, UNAVAILABLE};
use crate::client::submissions::{client, fetch_statuses};

/// Print in what two submissions of Checkbox differ, as JSON: test to status, or to both statuses
#[derive(Debug, clap::Args)]
pub(super) struct CompareSubmissionsArgs {
    /// The address of a submission.json
    first: String,
    /// The address of another one
    second: String,
}

pub(super) async fn run(args: CompareSubmissionsArgs) -> anyhow::Result<()> {
    let client = client().map_err(|error| Failure::new(UNAVAILABLE, error))?;
    let (first, second) =
        futures::try_join!(fetch_statuses(&client, &args.first), fetch_statuses(&client, &args.second))
            .map_err(|error| Failure::new(UNAVAILABLE, error))?;
    let there = |statuses: Option<_>, url: &str| {
        statuses.ok_or_else(|| Failure::new(UNAVAILABLE, format!("there is nothing at {url}")))
    };
    let (first, second) = (there(first, &args.first)?, there(second, &args.second)?);
    writeln!(std::io::stdout(), "{:#}", compare(&first, &second))?;
    Ok(())
}

fn compare(first: &BTreeMap<String, String>, second: &BTreeMap<String, String>) -> Value {
    let only = |these: &BTreeMap<String, String>, those: &BTreeMap<String, String>| {
        let only = these.iter().filter(|(test, _)| !those.contains_key(*test));
        only.map(|(test, status)| (test.clone(), json!(status))).collect::<Value>()
    };
    let both = first.iter().filter_map(|(test, status)| Some((test, status, second.get(test)?)));
    let different = both.filter(|(_, one, other)| one != other);
    let different: Value = different.map(|(test, one, other)| (test.clone(), json!([one, other]))).collect();
    json!({"only_in_1": only(first, second), "different": different, "only_in_2": only(second, first)})
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::compare;

    #[test]
    fn differences_are_told_from_both_sides() {
        let submission = |jobs: &[(&str, &str)]| -> BTreeMap<String, String> {
            jobs.iter().map(|(job, status)| ((*job).to_owned(), (*status).to_owned())).collect()
        };
        let first = submission(&[("a", "pass"), ("b", "pass"), ("c", "fail")]);
        let second = submission(&[("b", "pass"), ("c", "skip"), ("d", "pass")]);
        let expected =
            json!({"only_in_1": {"a": "pass"}, "different": {"c": ["fail", "skip"]}, "only_in_2": {"d": "pass"}});
        assert_eq!(compare(&first, &second), expected);
    }
}
