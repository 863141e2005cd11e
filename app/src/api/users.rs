//! People.

use serde::{Deserialize, Serialize};

use super::TeamMinimalResponse;

/// A user who reviews an artefact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ReviewerResponse {
    /// The user's id.
    pub id: i64,
    /// The user's name at Launchpad, where known.
    pub launchpad_handle: Option<String>,
    /// The user's mail address.
    pub email: String,
    /// The same address, for clients that know the old name.
    pub launchpad_email: String,
    /// What people call the user.
    pub name: String,
}

/// A user with the teams that say what the user may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct UserResponse {
    /// The user's id.
    pub id: i64,
    /// The user's mail address.
    pub email: String,
    /// What people call the user.
    pub name: String,
    /// The user's name at Launchpad, where known.
    pub launchpad_handle: Option<String>,
    /// By id.
    pub teams: Vec<TeamMinimalResponse>,
    /// Whether the user may do everything.
    pub is_admin: bool,
}

/// A user as a team shows its members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct UserMinimalResponse {
    /// The user's id.
    pub id: i64,
    /// The user's name at Launchpad, where known.
    pub launchpad_handle: Option<String>,
    /// The user's mail address.
    pub email: String,
    /// What people call the user.
    pub name: String,
    /// Whether the user may do everything.
    pub is_admin: bool,
}

/// A page of users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct UsersResponse {
    /// By name, then by id.
    pub users: Vec<UserResponse>,
    /// How many there are on all pages together.
    pub count: i64,
    /// At most as many are on this page.
    pub limit: i64,
    /// As many are left out before it.
    pub offset: i64,
}

/// What a client changes about a user. Absent and null both mean: leave it.
#[cfg(feature = "ssr")]
#[derive(Clone, Copy, Debug, Default, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = super::Problems)]
pub struct UserPatch {
    /// Whether the user may do everything.
    #[deserr(default)]
    #[schema(value_type = Option<bool>)]
    pub is_admin: Option<super::Flag>,
}
