//! Artefact matching rules: which teams are responsible for which artefacts, and what their members may do with them.

use serde::{Deserialize, Serialize};

use super::{FamilyName, Permission};

/// A rule as a client creates it. A criterion that is `""` matches everything.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = super::Problems)]
#[allow(missing_docs, clippy::allow_attributes, reason = "the stores' and the archive's own words")]
pub struct ArtefactMatchingRuleRequest {
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
    /// What the members of the teams may do with what the rule matches.
    #[deserr(default)]
    #[schema(required = false)]
    pub grant_permissions: Vec<Permission>,
    /// The teams, at least one.
    #[schema(value_type = Vec<i64>)]
    pub team_ids: Vec<super::Int>,
}

/// What a client changes about a rule. Absent and null both mean: leave it. `""` makes a criterion match everything.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = super::Problems)]
#[allow(missing_docs, clippy::allow_attributes, reason = "the stores' and the archive's own words")]
pub struct ArtefactMatchingRulePatch {
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub name: Option<super::Limited<200>>,
    #[deserr(default)]
    pub family: Option<FamilyName>,
    /// Free text, not one of the stages there are.
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    pub stage: Option<super::Limited<100>>,
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub track: Option<super::Limited<200>>,
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub branch: Option<super::Limited<200>>,
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub store: Option<super::Limited<200>>,
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub series: Option<super::Limited<200>>,
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub os: Option<super::Limited<200>>,
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub release: Option<super::Limited<200>>,
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub owner: Option<super::Limited<200>>,
    /// What the members of the teams may do; takes the place of all that was granted.
    #[deserr(default)]
    pub grant_permissions: Option<Vec<Permission>>,
    /// The teams, at least one; they take the place of those there are.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<i64>>)]
    pub team_ids: Option<Vec<super::Int>>,
}

/// A rule. A criterion that is null matches everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[allow(missing_docs, clippy::allow_attributes, reason = "the stores' and the archive's own words")]
pub struct ArtefactMatchingRuleResponse {
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
    /// Those whose members the rule is about, by id.
    pub teams: Vec<TeamMinimal>,
    /// What they may do with what the rule matches, in the order it was written.
    pub grant_permissions: Vec<Permission>,
}

/// A team in a few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TeamMinimal {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
}
