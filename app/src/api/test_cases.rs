//! Test cases, as lists of names show them.

use serde::{Deserialize, Serialize};

/// A test case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TestCaseInfo {
    /// Its name.
    pub test_case: String,
    /// The generic test it is an instance of; `""` for none. Never null in fact, though clients must expect that.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub template_id: Option<String>,
}

/// A page of test cases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TestCasesResponse {
    /// By name.
    pub test_cases: Vec<TestCaseInfo>,
}
