//! Filters that choose executions, by what they are about or by their results: how a request spells them.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde_json::json;
use utoipa::ToSchema;
use utoipa::openapi::schema::{AnyOfBuilder, ArrayBuilder, ObjectBuilder, Schema, Type};

use super::{
    ExecutionMetadata, FamilyName, Flag, Instant, Int, Offset, Problem, Problems, TestExecutionStatus, TestResultStatus,
};

/// Members that something must have one of, or the word that it must have any, or none at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice<T> {
    /// At least one.
    Any,
    /// None at all.
    None,
    /// One of these.
    These(Vec<T>),
}

/// One of nothing in particular: no choice is made.
impl<T> Default for Choice<T> {
    fn default() -> Self {
        Self::These(Vec::new())
    }
}

impl<T> Choice<T> {
    fn from_word(word: &str) -> Option<Self> {
        match word {
            "any" => Some(Self::Any),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

impl Deserr<Problems> for Choice<i64> {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        if let Value::String(text) = &value {
            return Self::from_word(text)
                .ok_or_else(|| Problems::one(location, Problem::choice(&["any", "none"]), Some(json!(text))));
        }
        let ids = Vec::<Int>::deserialize_from_value(value, location)?;
        Ok(Self::These(ids.into_iter().map(|id| id.0).collect()))
    }
}

/// A [`Choice`] as a query spells it: a parameter that is repeated, either with ids or with the word alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryChoice(pub Choice<i64>);

impl Deserr<Problems> for QueryChoice {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        let value: serde_json::Value = value.into();
        let words = value.as_array().map_or(&[][..], Vec::as_slice);
        if let Some(first) = words.first()
            && words.iter().all(|word| word == first)
            && let Some(choice) = first.as_str().and_then(Choice::from_word)
        {
            return Ok(Self(choice));
        }
        let ids = Vec::<Int>::deserialize_from_value(value.into_value(), location)?;
        Ok(Self(Choice::These(ids.into_iter().map(|id| id.0).collect())))
    }
}

/// Metadata to look for: each category must have one of its values; without a value nothing is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetadataFilter(pub Vec<(String, Vec<String>)>);

impl Deserr<Problems> for MetadataFilter {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        super::ExecutionMetadataInput::deserialize_from_value(value, location).map(|metadata| {
            let categories = metadata.0.into_iter();
            Self(categories.map(|(category, values)| (category, values.into_iter().map(|it| it.0).collect())).collect())
        })
    }
}

/// Declares a filter object: what chooses executions, and what is the object's own.
macro_rules! filters {
    ($(#[$meta:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, Deserr, ToSchema)]
        #[deserr(error = Problems)]
        pub struct $name {
            /// Families of artefacts.
            #[deserr(default)]
            #[schema(required = false)]
            pub families: Vec<FamilyName>,
            /// Names of artefacts.
            #[deserr(default)]
            #[schema(required = false)]
            pub artefacts: Vec<String>,
            /// Versions of artefacts.
            #[deserr(default)]
            #[schema(required = false)]
            pub artefact_versions: Vec<String>,
            /// Stages of artefacts.
            #[deserr(default)]
            #[schema(required = false)]
            pub artefact_stages: Vec<String>,
            /// Tracks of artefacts.
            #[deserr(default)]
            #[schema(required = false)]
            pub artefact_tracks: Vec<String>,
            /// Whether the artefact is out of sight.
            #[deserr(default)]
            #[schema(value_type = Option<bool>)]
            pub artefact_is_archived: Option<Flag>,
            /// Names of environments.
            #[deserr(default)]
            #[schema(required = false)]
            pub environments: Vec<String>,
            /// Statuses of executions.
            #[deserr(default)]
            #[schema(required = false)]
            pub test_execution_statuses: Vec<TestExecutionStatus>,
            /// Facts about executions.
            #[deserr(default)]
            #[schema(value_type = ExecutionMetadata, required = false)]
            pub execution_metadata: MetadataFilter,
            /// Who reviews the artefact.
            #[deserr(default)]
            #[schema(schema_with = choice_schema, required = false)]
            pub reviewer_ids: Option<Choice<i64>>,
            /// The same under an older name; counts where `reviewer_ids` says nothing.
            #[deserr(default)]
            #[schema(schema_with = choice_or_null_schema, required = false)]
            pub assignee_ids: Option<Choice<i64>>,
            /// Whether a rerun is requested.
            #[deserr(default)]
            #[schema(value_type = Option<bool>)]
            pub rerun_is_requested: Option<Flag>,
            /// Whether it is the newest of its plan, build and environment.
            #[deserr(default)]
            #[schema(value_type = Option<bool>)]
            pub execution_is_latest: Option<Flag>,
            /// Not before.
            #[deserr(default)]
            #[schema(value_type = Option<String>, format = DateTime)]
            pub from_date: Option<Instant>,
            /// Not after.
            #[deserr(default)]
            #[schema(value_type = Option<String>, format = DateTime)]
            pub until_date: Option<Instant>,
            $($own)*
        }

        impl $name {
            /// Who reviews the artefact, by whichever field says so.
            pub fn reviewers(&self) -> Option<Choice<i64>> {
                let says_something = |choice: &Choice<i64>| *choice != Choice::default();
                let newer = self.reviewer_ids.clone().filter(says_something);
                newer.or_else(|| self.assignee_ids.clone().filter(says_something))
            }

            /// Whether something other than a date chooses executions.
            fn chooses_executions(&self) -> bool {
                !self.families.is_empty()
                    || !self.artefacts.is_empty()
                    || !self.artefact_versions.is_empty()
                    || !self.artefact_stages.is_empty()
                    || !self.artefact_tracks.is_empty()
                    || self.artefact_is_archived.is_some()
                    || !self.environments.is_empty()
                    || !self.test_execution_statuses.is_empty()
                    || !self.execution_metadata.0.is_empty()
                    || self.reviewers().is_some()
                    || self.rerun_is_requested.is_some()
                    || self.execution_is_latest.is_some()
            }
        }
    };
}

filters! {
    /// Executions that all of this is true of.
    TestExecutionRerunFilters {}
}

filters! {
    /// Executions with a result that all of this is true of.
    TestResultSearchFilters {
        /// Names of test cases.
        #[deserr(default)]
        #[schema(required = false)]
        pub test_cases: Vec<String>,
        /// Template ids of test cases.
        #[deserr(default)]
        #[schema(required = false)]
        pub template_ids: Vec<String>,
        /// Issues attached to the result.
        #[deserr(default)]
        #[schema(schema_with = choice_schema, required = false)]
        pub issues: Choice<i64>,
        /// Statuses of results.
        #[deserr(default)]
        #[schema(required = false)]
        pub test_result_statuses: Vec<TestResultStatus>,
        /// Executions to leave out.
        #[deserr(default)]
        #[schema(value_type = Option<i64>)]
        pub offset: Option<Offset>,
        /// Executions at most.
        #[deserr(default)]
        #[schema(value_type = Option<i64>)]
        pub limit: Option<Offset>,
    }
}

impl TestExecutionRerunFilters {
    /// Whether it chooses nothing, which would be everything.
    pub fn is_empty(&self) -> bool {
        !self.chooses_executions() && self.from_date.is_none() && self.until_date.is_none()
    }
}

impl TestResultSearchFilters {
    /// Whether it chooses nothing, which would be everything; dates alone do not choose.
    pub fn is_empty(&self) -> bool {
        !self.chooses_executions()
            && self.test_cases.is_empty()
            && self.template_ids.is_empty()
            && self.issues == Choice::default()
            && self.test_result_statuses.is_empty()
    }
}

fn choice_schema() -> Schema {
    choices().build().into()
}

fn choice_or_null_schema() -> Schema {
    choices().item(ObjectBuilder::new().schema_type(Type::Null)).build().into()
}

fn choices() -> AnyOfBuilder {
    let id = ObjectBuilder::new().schema_type(Type::Integer);
    AnyOfBuilder::new()
        .item(ArrayBuilder::new().items(id))
        .item(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["any", "none"])))
}
