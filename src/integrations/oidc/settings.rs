//! What the operator says about the provider.

use std::collections::BTreeSet;
use std::fmt;

/// What to do with people whose mail address the provider has not verified, or does not say so of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnverifiedEmail {
    /// Refuse them: the address may be somebody else's.
    #[default]
    Refused,
    /// Take them: the operator knows that people cannot choose their address there.
    Taken,
}

/// The provider, and what this installation is called there.
#[derive(Clone, PartialEq, Eq)]
pub struct OidcSettings {
    /// The provider's name, an address below which it describes itself.
    pub issuer_url: String,
    /// What this installation is called there.
    pub client_id: String,
    /// What it proves that with; nothing for an installation that cannot keep a secret.
    pub client_secret: Option<String>,
    /// Where the provider sends people back to: the callback as their browsers reach it.
    pub redirect_url: String,
    /// What is asked for, beside `openid`.
    pub scopes: Vec<String>,
    /// The claim that names somebody's groups.
    pub groups_claim: Option<String>,
    /// Groups that become teams though there are none of that name.
    pub teams: BTreeSet<String>,
    /// What to do with mail addresses that are not verified.
    pub unverified_email: UnverifiedEmail,
}

impl fmt::Debug for OidcSettings {
    /// Everything but the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcSettings")
            .field("issuer_url", &self.issuer_url)
            .field("client_id", &self.client_id)
            .field("redirect_url", &self.redirect_url)
            .field("scopes", &self.scopes)
            .field("groups_claim", &self.groups_claim)
            .field("teams", &self.teams)
            .field("unverified_email", &self.unverified_email)
            .finish_non_exhaustive()
    }
}
