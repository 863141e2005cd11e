//! Test results: what one test case said in one execution.

use serde::{Deserialize, Serialize};

use super::{MinimalIssueTestResultAttachmentResponse, Timestamp, text_enum};

text_enum! {
    /// How a test ended.
    pub enum TestResultStatus {
        /// It did what it should.
        Passed = "PASSED",
        /// It did not.
        Failed = "FAILED",
        /// It was not run.
        Skipped = "SKIPPED",
    }
}

/// A result as a runner reports it.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Serialize, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = super::Problems)]
pub struct TestResultRequest {
    /// The test case, unique over all families.
    #[schema(value_type = String)]
    pub name: super::LongName,
    /// How it ended.
    pub status: TestResultStatus,
    /// The generic test the case is an instance of; kept from the first report of the case.
    #[deserr(default)]
    #[schema(value_type = String, required = false, default = "")]
    pub template_id: super::LongName,
    /// Kept from the first report of the case.
    #[deserr(default)]
    #[schema(value_type = String, required = false, default = "")]
    pub category: super::LongName,
    /// What a person should know.
    #[deserr(default)]
    #[schema(value_type = String, required = false, default = "")]
    pub comment: String,
    /// Everything the test printed.
    #[deserr(default)]
    #[schema(value_type = String, required = false, default = "")]
    pub io_log: String,
}

/// A stored result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TestResultResponse {
    /// Its id; ascending ids are the order of upload.
    pub id: i64,
    /// The test case.
    pub name: String,
    /// When it was stored.
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    /// The test case's category, as it is now.
    pub category: String,
    /// The test case's template, as it is now.
    pub template_id: String,
    /// How the test ended.
    pub status: TestResultStatus,
    /// What a person should know.
    pub comment: String,
    /// Everything the test printed.
    pub io_log: String,
    /// Up to ten earlier results of the same case in the same environment, newest first.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(default = json!([])))]
    pub previous_results: Vec<PreviousTestResult>,
    /// The attached issues, in the order of attachment.
    pub issues: Vec<MinimalIssueTestResultAttachmentResponse>,
}

/// An earlier result of the same case in the same environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct PreviousTestResult {
    /// How it ended.
    pub status: TestResultStatus,
    /// The version it was about.
    pub version: String,
    /// The artefact of that version.
    pub artefact_id: i64,
    /// The execution it was part of.
    pub test_execution_id: i64,
    /// Its id.
    pub test_result_id: i64,
}
