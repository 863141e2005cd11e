//! Who is calling: what a page, or a script, may offer to do before it tries.

use serde::{Deserialize, Serialize};

use super::{FamilyName, Permission, UserResponse, text_enum};

text_enum! {
    /// A way for people to sign in.
    pub enum SignInMethod {
        /// At an OpenID Connect provider: `/v1/auth/oidc/login`.
        Oidc = "oidc",
        /// By SAML: `/v1/auth/saml/login`.
        Saml = "saml",
        /// With a password: `/v1/auth/local/login`.
        Local = "local",
    }
}

/// The permissions that matching rules can grant to people for an artefact.
pub const GRANTED_BY_RULES: [Permission; 2] = [Permission::ChangeArtefact, Permission::ChangeRerun];

/// Who is calling, what the caller may do, and how one signs in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SessionResponse {
    /// The person whose session it is; null for a caller without one.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub user: Option<UserResponse>,
    /// What the caller may do, with what is asked of nobody here; in the order of the list of permissions.
    pub permissions: Vec<Permission>,
    /// How many notifications the person has not dismissed.
    pub unread_notifications: i64,
    /// How people can sign in; empty where they cannot.
    pub sign_in_methods: Vec<SignInMethod>,
    /// Whether callers must be somebody to see anything.
    pub require_authentication: bool,
    /// The families that the dashboard offers, in its order.
    pub tabs: Vec<FamilyName>,
}
