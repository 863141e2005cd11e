//! Where the suggestions of the search's filters come from.

use leptos::prelude::Callback;

use crate::{
    api::{ExecutionMetadataGetResponse, IssuesGetResponse},
    client::Client,
    components::{
        combobox::{Source, Suggestions},
        filters::Choice,
    },
    text::{api_address::api_address, result_filters::metadata_entry},
};

/// Issues, by words that they show.
pub(super) fn issues() -> Source {
    Source::Api(Callback::new(|words: String| -> Suggestions {
        let answer = Client::current()
            .get::<IssuesGetResponse>(&api_address("/v1/issues", &[("q", words.as_str()), ("limit", "10")]));
        Box::pin(async move {
            let issues = answer.await?.issues.into_iter();
            Ok(issues
                .map(|issue| {
                    let words = format!("{} {} {} {}", issue.source, issue.project, issue.key, issue.title);
                    Choice::new(issue.id.to_string(), words)
                })
                .collect())
        })
    }))
}

/// Test cases are suggested with their templates; only their names are wanted.
pub(super) fn test_cases() -> Source {
    Source::Api(Callback::new(|words: String| -> Suggestions {
        let answer = Client::current()
            .get::<serde_json::Value>(&api_address("/v1/test-cases", &[("q", words.as_str()), ("limit", "50")]));
        Box::pin(async move {
            let answer = answer.await?;
            let cases = answer["test_cases"].as_array().cloned().unwrap_or_default();
            let names = cases.iter().filter_map(|case| case["test_case"].as_str());
            Ok(names.map(Choice::plain).collect())
        })
    }))
}

/// What is typed is what is wanted.
pub(super) fn typed() -> Source {
    Source::Api(Callback::new(|words: String| -> Suggestions {
        Box::pin(async move { Ok(vec![Choice::plain(words)]) })
    }))
}

/// Pairs of category and value; all that any execution ever had are fetched when somebody looks for one.
pub(super) fn metadata() -> Source {
    Source::Api(Callback::new(|words: String| -> Suggestions {
        let answer = Client::current().get::<ExecutionMetadataGetResponse>("/v1/execution-metadata");
        Box::pin(async move {
            let words = words.to_lowercase();
            let known = answer.await?.execution_metadata;
            let pairs = known.0.iter().flat_map(|(category, values)| values.iter().map(move |value| (category, value)));
            let choices = pairs
                .map(|(category, value)| Choice::new(metadata_entry(category, value), format!("{category} {value}")));
            Ok(choices.filter(|choice| choice.label.to_lowercase().contains(&words)).collect())
        })
    }))
}
