//! Rules that attach an issue to the results they match.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::{ExecutionMetadata, ExecutionMetadataInput, Flag, Problems};
use super::{FamilyName, TestResultStatus};

/// A rule that attaches an issue to the results it matches. An empty list matches everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MinimalIssueTestResultAttachmentRuleResponse {
    /// Its id.
    pub id: i64,
    /// Whether it is applied to new results.
    pub enabled: bool,
    /// Families of artefacts.
    pub families: Vec<FamilyName>,
    /// Names of artefacts.
    pub artefacts: Vec<String>,
    /// Versions of artefacts.
    pub artefact_versions: Vec<String>,
    /// Stages of artefacts.
    pub artefact_stages: Vec<String>,
    /// Tracks of artefacts.
    pub artefact_tracks: Vec<String>,
    /// Names of environments.
    pub environment_names: Vec<String>,
    /// Names of test cases.
    pub test_case_names: Vec<String>,
    /// Template ids of test cases.
    pub template_ids: Vec<String>,
    /// Statuses of results.
    pub test_result_statuses: Vec<TestResultStatus>,
    /// Per category the values of which the execution must have one.
    #[cfg_attr(feature = "ssr", schema(value_type = ExecutionMetadata))]
    pub execution_metadata: BTreeMap<String, Vec<String>>,
}

/// A rule to make. An empty list matches everything.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = Problems)]
pub struct IssueTestResultAttachmentRulePostRequest {
    /// Whether it is applied to new results.
    #[deserr(default = Flag(true))]
    #[schema(value_type = bool, required = false, default = true)]
    pub enabled: Flag,
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
    /// Stages of artefacts: free text, not one of the stages there are.
    #[deserr(default)]
    #[schema(required = false)]
    pub artefact_stages: Vec<String>,
    /// Tracks of artefacts.
    #[deserr(default)]
    #[schema(required = false)]
    pub artefact_tracks: Vec<String>,
    /// Names of environments.
    #[deserr(default)]
    #[schema(required = false)]
    pub environment_names: Vec<String>,
    /// Names of test cases.
    #[deserr(default)]
    #[schema(required = false)]
    pub test_case_names: Vec<String>,
    /// Template ids of test cases.
    #[deserr(default)]
    #[schema(required = false)]
    pub template_ids: Vec<String>,
    /// Statuses of results.
    #[deserr(default)]
    #[schema(required = false)]
    pub test_result_statuses: Vec<TestResultStatus>,
    /// Per category the values of which the execution must have one; a category without values says nothing.
    #[deserr(default)]
    #[schema(value_type = ExecutionMetadata, required = false)]
    pub execution_metadata: ExecutionMetadataInput,
}

/// What to change about a rule: what it matches stays.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = Problems)]
pub struct IssueTestResultAttachmentRulePatchRequest {
    /// Whether it is applied to new results; absent or null leaves it.
    #[deserr(default)]
    #[schema(value_type = Option<bool>)]
    pub enabled: Option<Flag>,
}
