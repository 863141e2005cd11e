//! `PUT /v1/test-executions/end-test`: all results of a run in one request, as older runners report them.

use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Limited, LongName, PlainLink, Problems, TestResultStatus, text_enum};

text_enum! {
    /// How a test ended, in the words of older runners.
    #[allow(missing_docs, clippy::allow_attributes, reason = "the runners' own words")]
    pub enum C3TestResultStatus { Pass = "pass", Fail = "fail", Skip = "skip", }
}

impl From<C3TestResultStatus> for TestResultStatus {
    fn from(status: C3TestResultStatus) -> Self {
        match status {
            C3TestResultStatus::Pass => Self::Passed,
            C3TestResultStatus::Fail => Self::Failed,
            C3TestResultStatus::Skip => Self::Skipped,
        }
    }
}

/// A result as an older runner reports it.
#[derive(Clone, Debug, Serialize, Deserr, ToSchema)]
#[deserr(error = Problems)]
pub struct C3TestResult {
    /// The test case, unique over all families.
    #[schema(value_type = String)]
    pub name: LongName,
    /// The generic test the case is an instance of; replaces what was known unless empty.
    #[deserr(default)]
    #[schema(value_type = Option<String>)]
    pub template_id: Option<LongName>,
    /// How it ended.
    pub status: C3TestResultStatus,
    /// Kept from the first report of the case.
    #[schema(value_type = String)]
    pub category: LongName,
    /// What a person should know.
    pub comment: String,
    /// Everything the test printed.
    pub io_log: String,
}

/// Everything a finished run has to say.
#[derive(Clone, Debug, Serialize, Deserr, ToSchema)]
#[deserr(error = Problems)]
pub struct EndTestExecutionRequest {
    /// The CI job that ran it, exactly as the start named it.
    #[schema(value_type = String, format = Uri, max_length = 2083, min_length = 1)]
    pub ci_link: PlainLink,
    /// Its page in the certification site; null leaves what is known.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Uri, max_length = 2083, min_length = 1)]
    pub c3_link: Option<PlainLink>,
    /// What ran the tests; null forgets what was known.
    #[deserr(default)]
    #[schema(value_type = Option<String>)]
    pub checkbox_version: Option<Limited<200>>,
    /// Replace all results there are.
    pub test_results: Vec<C3TestResult>,
}
