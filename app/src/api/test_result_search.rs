//! Searching test results: a page of them with what they are about, and how a search asks for less or goes on.

use serde::{Deserialize, Serialize};

use super::{ArtefactBuildMinimalResponse, ArtefactResponse, TestExecutionResponse, TestResultResponse};

/// A result with what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TestResultResponseWithContext {
    /// The result; without what the same test said before.
    pub test_result: TestResultResponse,
    /// The execution it is part of.
    pub test_execution: TestExecutionResponse,
    /// What was tested.
    pub artefact: ArtefactResponse,
    /// Its build.
    pub artefact_build: ArtefactBuildMinimalResponse,
    /// Where the words are that were searched for; absent where none were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = SnippetResponse, required = false))]
    pub snippet: Option<SnippetResponse>,
}

/// The line of a result that has most of the words which were searched for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SnippetResponse {
    /// Which text it is a line of.
    pub field: SnippetField,
    /// Its number, from 1.
    pub line: i64,
    /// The line; of a long one the first 300 characters.
    pub text: String,
}

/// A text of a result that words are found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SnippetField {
    /// The name of its test.
    Name,
    /// What a person should know.
    Comment,
    /// Everything the test printed.
    IoLog,
}

/// A page of results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TestResultSearchResponseWithContext {
    /// All that were found, on whatever page.
    pub count: i64,
    /// False where more than `count` were found, which happens only when words are searched for; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = bool, required = false))]
    pub count_is_exact: Option<bool>,
    /// Results of a page.
    pub limit: i64,
    /// Results left out before this page.
    pub offset: i64,
    /// Newest first.
    pub test_results: Vec<TestResultResponseWithContext>,
    /// Where the next page begins: the `cursor` to ask for; null behind the last page.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(required = false))]
    pub next_cursor: Option<String>,
}

#[cfg(feature = "ssr")]
pub use asking::ResultTexts;

#[cfg(feature = "ssr")]
mod asking {
    use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
    use serde_json::json;

    use crate::api::{Problem, Problems};

    /// Which of what is long about a result to read. The others are shown empty.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ResultTexts {
        /// What a person should know.
        pub comment: bool,
        /// Everything the test printed.
        pub io_log: bool,
        /// What the same test said before; no part of what a search finds.
        pub previous_results: bool,
    }

    /// All of it.
    impl Default for ResultTexts {
        fn default() -> Self {
            Self { comment: true, io_log: true, previous_results: true }
        }
    }

    /// The fields of a result that can be named.
    const FIELDS: [&str; 10] = [
        "id",
        "name",
        "created_at",
        "category",
        "template_id",
        "status",
        "comment",
        "io_log",
        "previous_results",
        "issues",
    ];

    impl Deserr<Problems> for ResultTexts {
        /// Reads lists of names with commas between them.
        fn deserialize_from_value<V: IntoValue>(
            value: Value<V>,
            location: ValuePointerRef<'_>,
        ) -> Result<Self, Problems> {
            let lists = Vec::<String>::deserialize_from_value(value, location)?;
            let names: Vec<&str> = lists.iter().flat_map(|list| list.split(',')).map(str::trim).collect();
            // Nothing between two commas is no field, and no mistake either.
            if let Some(unknown) = names.iter().find(|name| !name.is_empty() && !FIELDS.contains(*name)) {
                let problem = Problem::value_error(format!("a result has no field '{unknown}'"));
                return Err(Problems::one(location, problem, Some(json!(unknown))));
            }
            Ok(Self {
                comment: names.contains(&"comment"),
                io_log: names.contains(&"io_log"),
                previous_results: names.contains(&"previous_results"),
            })
        }
    }

    #[cfg(test)]
    mod tests {
        use serde_json::{Value, json};

        use super::{Problems, ResultTexts};

        #[test]
        fn texts_are_left_in_by_name() {
            let read = |value: Value| {
                let texts = deserr::deserialize::<ResultTexts, _, Problems>(value).ok()?;
                Some((texts.comment, texts.io_log))
            };
            for (lists, expected) in [
                (json!(["status,name"]), Some((false, false))),
                (json!([""]), Some((false, false))),
                (json!(["status, io_log"]), Some((false, true))),
                (json!(["comment", "io_log,"]), Some((true, true))),
                (json!(["io_logs"]), None),
                (json!(["name,Comment"]), None),
            ] {
                assert_eq!(read(lists.clone()), expected, "{lists}");
            }
        }
    }
}
