//! Test executions: one run of a test plan on a build in an environment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    ArtefactBuildMinimalResponse, ArtefactResponse, EnvironmentResponse, TestResultResponse, Timestamp, text_enum,
};

text_enum! {
    /// How far an execution is.
    pub enum TestExecutionStatus {
        /// Registered; nothing runs yet.
        NotStarted = "NOT_STARTED",
        /// Running.
        InProgress = "IN_PROGRESS",
        /// Ended, nothing failed.
        Passed = "PASSED",
        /// Ended, something failed.
        Failed = "FAILED",
        /// Deliberately not run.
        NotTested = "NOT_TESTED",
        /// Ended without saying anything.
        EndedPrematurely = "ENDED_PREMATURELY",
    }
}

/// Free facts about an execution: category to values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
// The lengths are those of a category and of a value.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema), schema(min_length = 1, max_length = 200))]
#[serde(transparent)]
pub struct ExecutionMetadata(pub BTreeMap<String, Vec<String>>);

/// A named address that belongs to an execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TestExecutionRelevantLinkResponse {
    /// What it leads to.
    pub label: String,
    /// The normalised address.
    #[cfg_attr(feature = "ssr", schema(format = Uri, max_length = 2083, min_length = 1))]
    pub url: String,
    /// Its id.
    pub id: i64,
}

/// One run of a test plan on a build in an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TestExecutionResponse {
    /// Its id.
    pub id: i64,
    /// The CI job that runs it.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub ci_link: Option<String>,
    /// Its page in the certification site.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub c3_link: Option<String>,
    /// In the order they were added.
    #[serde(default)]
    pub relevant_links: Vec<TestExecutionRelevantLinkResponse>,
    /// Where it runs.
    pub environment: EnvironmentResponse,
    /// How far it is.
    pub status: TestExecutionStatus,
    /// The name of what is run.
    pub test_plan: String,
    /// When it was registered.
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    /// Free facts; a category's values are in the order they became known.
    pub execution_metadata: ExecutionMetadata,
    /// False while a failed or skipped result has no issue attached.
    pub is_triaged: bool,
    /// Whether somebody wants the same plan, build and environment run again.
    pub is_rerun_requested: bool,
    /// How urgently; null exactly when no rerun is requested.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub rerun_priority: Option<i64>,
}

/// An execution with what it is about and what it found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TestExecutionResponseWithContext {
    /// Its id.
    pub id: i64,
    /// The CI job that runs it.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub ci_link: Option<String>,
    /// Its page in the certification site.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub c3_link: Option<String>,
    /// In the order they were added.
    #[serde(default)]
    pub relevant_links: Vec<TestExecutionRelevantLinkResponse>,
    /// Where it runs.
    pub environment: EnvironmentResponse,
    /// How far it is.
    pub status: TestExecutionStatus,
    /// The name of what is run.
    pub test_plan: String,
    /// When it was registered.
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    /// Free facts; a category's values are in the order they became known.
    pub execution_metadata: ExecutionMetadata,
    /// False while a failed or skipped result has no issue attached.
    pub is_triaged: bool,
    /// Whether somebody wants the same plan, build and environment run again.
    pub is_rerun_requested: bool,
    /// How urgently; null exactly when no rerun is requested.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub rerun_priority: Option<i64>,
    /// What was tested.
    pub artefact: ArtefactResponse,
    /// Its build.
    pub artefact_build: ArtefactBuildMinimalResponse,
    /// What was found, newest first; without what the same tests said before.
    #[serde(default)]
    pub test_results: Vec<TestResultResponse>,
}

impl TestExecutionResponse {
    /// The execution with what it is about and what it found.
    pub fn with_context(
        self,
        artefact: ArtefactResponse,
        artefact_build: ArtefactBuildMinimalResponse,
        test_results: Vec<TestResultResponse>,
    ) -> TestExecutionResponseWithContext {
        TestExecutionResponseWithContext {
            id: self.id,
            ci_link: self.ci_link,
            c3_link: self.c3_link,
            relevant_links: self.relevant_links,
            environment: self.environment,
            status: self.status,
            test_plan: self.test_plan,
            created_at: self.created_at,
            execution_metadata: self.execution_metadata,
            is_triaged: self.is_triaged,
            is_rerun_requested: self.is_rerun_requested,
            rerun_priority: self.rerun_priority,
            artefact,
            artefact_build,
            test_results,
        }
    }
}

/// A page of executions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TestExecutionSearchResponse {
    /// All that were found, on whatever page.
    pub count: i64,
    /// Executions of a page.
    pub limit: i64,
    /// Executions left out before this page.
    pub offset: i64,
    /// Newest first.
    pub test_executions: Vec<TestExecutionResponseWithContext>,
}

/// What a client changes about an execution. Absent and null both mean: leave it.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = super::Problems)]
pub struct TestExecutionsPatchRequest {
    /// Its page in the certification site.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Uri, max_length = 2083, min_length = 1)]
    pub c3_link: Option<super::HttpUrl<200>>,
    /// The CI job that runs it.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Uri, max_length = 2083, min_length = 1)]
    pub ci_link: Option<super::HttpUrl<200>>,
    /// How far it is, or `COMPLETED` to have that worked out from the stored results.
    #[deserr(default)]
    #[schema(schema_with = status_patch)]
    pub status: Option<TestExecutionStatusPatch>,
    /// Facts to add; none is ever removed.
    #[deserr(default)]
    #[schema(value_type = Option<ExecutionMetadata>)]
    pub execution_metadata: Option<super::ExecutionMetadataInput>,
}

#[cfg(feature = "ssr")]
fn status_patch() -> utoipa::openapi::schema::AnyOfBuilder {
    use utoipa::openapi::schema::{AnyOfBuilder, Object, Ref, Type};
    AnyOfBuilder::new()
        .item(Ref::from_schema_name(<TestExecutionStatus as utoipa::ToSchema>::name()))
        .item(super::constant(TestExecutionStatusPatch::Completed.as_str()))
        .item(Object::with_type(Type::Null))
        .description(Some("How far it is, or `COMPLETED` to have that worked out from the stored results."))
}

text_enum! {
    /// A status to set, or the instruction to work it out.
    #[allow(missing_docs, clippy::allow_attributes, reason = "the statuses say themselves what they are")]
    pub enum TestExecutionStatusPatch {
        NotStarted = "NOT_STARTED",
        InProgress = "IN_PROGRESS",
        Passed = "PASSED",
        Failed = "FAILED",
        NotTested = "NOT_TESTED",
        EndedPrematurely = "ENDED_PREMATURELY",
        /// Failed when a result failed, premature when there is none, else passed.
        Completed = "COMPLETED",
    }
}
