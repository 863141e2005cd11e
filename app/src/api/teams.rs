//! Teams: who is in them, what their members may do, and which artefacts they are responsible for.

use serde::{Deserialize, Serialize};

use super::{FamilyName, Permission, UserMinimalResponse};

/// A team as its members show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TeamMinimalResponse {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What its members may do.
    pub permissions: Vec<Permission>,
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TeamResponse {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What its members may do, in the order it was written.
    pub permissions: Vec<Permission>,
    /// By name, then by id.
    pub members: Vec<UserMinimalResponse>,
    /// Which artefacts the team is responsible for, by id. Other teams may have the same rules.
    pub artefact_matching_rules: Vec<ArtefactMatchingRuleInResponse>,
}

/// A matching rule as its teams show it. A criterion that is null matches everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[allow(missing_docs, clippy::allow_attributes, reason = "the stores' and the archive's own words")]
pub struct ArtefactMatchingRuleInResponse {
    pub id: i64,
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub name: Option<String>,
    pub family: FamilyName,
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub stage: Option<String>,
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub track: Option<String>,
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub branch: Option<String>,
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub store: Option<String>,
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub series: Option<String>,
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub os: Option<String>,
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub release: Option<String>,
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub owner: Option<String>,
    /// What the members of its teams may do with what the rule matches, in the order it was written.
    pub grant_permissions: Vec<Permission>,
}

/// A matching rule that a team shall have. A criterion that is `""` matches everything.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = super::Problems)]
#[allow(missing_docs, clippy::allow_attributes, reason = "the stores' and the archive's own words")]
pub struct ArtefactMatchingRuleBase {
    #[deserr(default)]
    #[schema(value_type = String, required = false, default = "", max_length = 200)]
    pub name: super::Limited<200>,
    pub family: FamilyName,
    /// Free text, not one of the stages there are.
    #[deserr(default)]
    #[schema(value_type = String, required = false, default = "", max_length = 100)]
    pub stage: super::Limited<100>,
    #[deserr(default)]
    #[schema(value_type = String, required = false, default = "", max_length = 200)]
    pub track: super::Limited<200>,
    #[deserr(default)]
    #[schema(value_type = String, required = false, default = "", max_length = 200)]
    pub branch: super::Limited<200>,
    #[deserr(default)]
    #[schema(value_type = String, required = false, default = "", max_length = 200)]
    pub store: super::Limited<200>,
    #[deserr(default)]
    #[schema(value_type = String, required = false, default = "", max_length = 200)]
    pub series: super::Limited<200>,
    #[deserr(default)]
    #[schema(value_type = String, required = false, default = "", max_length = 200)]
    pub os: super::Limited<200>,
    #[deserr(default)]
    #[schema(value_type = String, required = false, default = "", max_length = 200)]
    pub release: super::Limited<200>,
    #[deserr(default)]
    #[schema(value_type = String, required = false, default = "", max_length = 200)]
    pub owner: super::Limited<200>,
    /// What the members of the team may do with what the rule matches. A rule that is there already grants this beside
    /// what it grants, to every team that has it.
    #[deserr(default)]
    #[schema(required = false)]
    pub grant_permissions: Vec<Permission>,
}

#[cfg(feature = "ssr")]
impl From<super::ArtefactMatchingRuleResponse> for ArtefactMatchingRuleInResponse {
    /// Without its teams.
    fn from(rule: super::ArtefactMatchingRuleResponse) -> Self {
        let super::ArtefactMatchingRuleResponse { id, name, family, stage, track, branch, .. } = rule;
        let super::ArtefactMatchingRuleResponse { store, series, os, release, owner, grant_permissions, .. } = rule;
        Self { id, name, family, stage, track, branch, store, series, os, release, owner, grant_permissions }
    }
}

#[cfg(feature = "ssr")]
impl From<super::ArtefactMatchingRuleRequest> for ArtefactMatchingRuleBase {
    /// Without its teams.
    fn from(rule: super::ArtefactMatchingRuleRequest) -> Self {
        let super::ArtefactMatchingRuleRequest { name, family, stage, track, branch, store, .. } = rule;
        let super::ArtefactMatchingRuleRequest { series, os, release, owner, grant_permissions, .. } = rule;
        Self { name, family, stage, track, branch, store, series, os, release, owner, grant_permissions }
    }
}

/// A team as a client creates it.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = super::Problems)]
pub struct TeamCreate {
    /// Its name, which no other team has.
    #[schema(value_type = String, max_length = 500)]
    pub name: super::LongName,
    /// What its members may do.
    #[deserr(default)]
    #[schema(required = false, default = json!([]))]
    pub permissions: Vec<Permission>,
    /// Which artefacts it is responsible for.
    #[deserr(default)]
    #[schema(required = false, default = json!([]))]
    pub artefact_matching_rules: Vec<ArtefactMatchingRuleBase>,
}

/// What a client changes about a team. Absent and null both mean: leave it.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = super::Problems)]
pub struct TeamPatch {
    /// What its members may do; takes the place of all they could.
    #[deserr(default)]
    pub permissions: Option<Vec<Permission>>,
    /// Which artefacts it is responsible for; takes the place of all rules there are.
    #[deserr(default)]
    pub artefact_matching_rules: Option<Vec<ArtefactMatchingRuleBase>>,
}
