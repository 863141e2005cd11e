//! Reviews: what a person says about a build in an environment.

use serde::{Deserialize, Serialize};

use super::{ArtefactBuildMinimalResponse, EnvironmentResponse, ReviewerResponse, text_enum};

text_enum! {
    /// What a person says about a build in an environment.
    pub enum ArtefactBuildEnvironmentReviewDecision {
        /// It must not ship.
        Rejected = "REJECTED",
        /// It may, though a test gives now this, now that.
        ApprovedInconsistentTest = "APPROVED_INCONSISTENT_TEST",
        /// It may, though the laboratory was unstable.
        ApprovedUnstablePhysicalInfra = "APPROVED_UNSTABLE_PHYSICAL_INFRA",
        /// It may, though something the customer has to provide was missing.
        ApprovedCustomerPrerequisiteFail = "APPROVED_CUSTOMER_PREREQUISITE_FAIL",
        /// It may, though the machine was broken.
        ApprovedFaultyHardware = "APPROVED_FAULTY_HARDWARE",
        /// It may: everything passed.
        ApprovedAllTestsPass = "APPROVED_ALL_TESTS_PASS",
    }
}

/// The review of a build in an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ArtefactBuildEnvironmentReviewResponse {
    /// Its id.
    pub id: i64,
    /// What was decided; empty while nobody has.
    pub review_decision: Vec<ArtefactBuildEnvironmentReviewDecision>,
    /// Why.
    pub review_comment: String,
    /// Where the tests ran.
    pub environment: EnvironmentResponse,
    /// What was tested.
    pub artefact_build: ArtefactBuildMinimalResponse,
    /// Who is asked to decide.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(default = json!([])))]
    pub reviewers: Vec<ReviewerResponse>,
}

/// What a client changes about a review. What is absent or null stays.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = super::Problems)]
pub struct EnvironmentReviewPatch {
    /// The review, where several are changed at once; else ignored.
    #[deserr(default)]
    #[schema(value_type = Option<i64>)]
    pub id: Option<super::Int>,
    /// The decision: a single rejection, or any number of approvals. An empty list takes it back.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<ArtefactBuildEnvironmentReviewDecision>>)]
    pub review_decision: Option<Decision>,
    /// Why.
    #[deserr(default)]
    pub review_comment: Option<String>,
}

/// A decision that does not contradict itself.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision(pub Vec<ArtefactBuildEnvironmentReviewDecision>);

#[cfg(feature = "ssr")]
impl deserr::Deserr<super::Problems> for Decision {
    fn deserialize_from_value<V: deserr::IntoValue>(
        value: deserr::Value<V>,
        location: deserr::ValuePointerRef<'_>,
    ) -> Result<Self, super::Problems> {
        let decisions = Vec::<ArtefactBuildEnvironmentReviewDecision>::deserialize_from_value(value, location)?;
        if decisions.len() > 1 && decisions.contains(&ArtefactBuildEnvironmentReviewDecision::Rejected) {
            let problem = super::Problem::value_error("Environment review can either be rejected or approved");
            return Err(super::Problems::one(location, problem, serde_json::to_value(&decisions).ok()));
        }
        Ok(Self(decisions))
    }
}
