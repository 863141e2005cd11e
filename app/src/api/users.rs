//! People.

use serde::{Deserialize, Serialize};

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
