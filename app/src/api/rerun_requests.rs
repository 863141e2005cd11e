//! Rerun requests: somebody should run a plan on a build in an environment again.

use serde::{Deserialize, Serialize};

use super::{ArtefactBuildMinimalResponse, ArtefactResponse, FamilyName, TestExecutionResponse, Timestamp};

/// A rerun that somebody waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct PendingRerun {
    /// The newest execution of the group.
    pub test_execution_id: i64,
    /// The CI job of that execution.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub ci_link: Option<String>,
    /// The artefact's family.
    pub family: FamilyName,
    /// The newest execution of the group.
    pub test_execution: TestExecutionResponse,
    /// What is tested.
    pub artefact: ArtefactResponse,
    /// Its build.
    pub artefact_build: ArtefactBuildMinimalResponse,
    /// How urgent it is; higher comes first.
    pub priority: i64,
    /// When it was asked for.
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
}

/// Ids, each once, in ascending order.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdSet(pub Vec<i64>);

#[cfg(feature = "ssr")]
impl deserr::Deserr<super::Problems> for IdSet {
    fn deserialize_from_value<V: deserr::IntoValue>(
        value: deserr::Value<V>,
        location: deserr::ValuePointerRef<'_>,
    ) -> Result<Self, super::Problems> {
        if !matches!(value, deserr::Value::Sequence(_)) {
            let problem = super::Problem::new("set_type", "Input should be a valid set");
            return Err(super::Problems::one(location, problem, Some(value.into())));
        }
        let ids = Vec::<super::Int>::deserialize_from_value(value, location)?;
        Ok(Self(ids.into_iter().map(|id| id.0).collect::<std::collections::BTreeSet<_>>().into_iter().collect()))
    }
}

/// Executions whose groups shall run again: those listed, and those that a filter chooses.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = super::Problems)]
pub struct RerunRequest {
    /// Executions by id.
    #[deserr(default)]
    #[schema(value_type = std::collections::BTreeSet<i64>, required = false)]
    pub test_execution_ids: IdSet,
    /// Executions with a result like this.
    #[deserr(default)]
    pub test_results_filters: Option<super::TestResultSearchFilters>,
    /// Executions like this.
    #[deserr(default)]
    pub test_executions_filters: Option<super::TestExecutionRerunFilters>,
    /// How urgent; null keeps what there is, which is 0 for a new request.
    #[deserr(default)]
    #[schema(value_type = Option<i64>, minimum = -1_000_000, maximum = 1_000_000)]
    pub priority: Option<super::Ranged<-1_000_000, 1_000_000>>,
}

/// Executions whose groups nobody has to run again: those listed, and those that a filter chooses.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = super::Problems)]
pub struct DeleteReruns {
    /// Executions by id.
    #[deserr(default)]
    #[schema(value_type = std::collections::BTreeSet<i64>, required = false)]
    pub test_execution_ids: IdSet,
    /// Executions with a result like this.
    #[deserr(default)]
    pub test_results_filters: Option<super::TestResultSearchFilters>,
    /// Executions like this.
    #[deserr(default)]
    pub test_executions_filters: Option<super::TestExecutionRerunFilters>,
}
