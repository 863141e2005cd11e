//! Signing in at an OpenID Connect provider: sent there with a riddle, and let in with its answer.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::sign_in::{Identity, SignInMeans, SignedIn};
use super::{Service, ServiceError};
use crate::integrations::oidc::{Attempt, OidcError, OidcSettings, Person, UnverifiedEmail};

/// What the browser keeps of an attempt until it comes back.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcAttempt {
    attempt: Attempt,
    /// The page to go to afterwards.
    pub return_to: Option<String>,
}

/// What the browser brings back from the provider.
#[derive(Clone, Debug, Default)]
pub struct OidcAnswer {
    /// The code, where the provider gave one.
    pub code: Option<String>,
    /// What it was sent along.
    pub state: Option<String>,
    /// Who answers, where the provider says so.
    pub issuer: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum OidcFailure {
    /// The operator named no provider.
    #[error("there is no identity provider")]
    NotConfigured,
    /// The answer is not one to an attempt of this browser: why not.
    #[error("not an answer to an attempt of this browser: {0}")]
    Unasked(&'static str),
    /// The provider did not let the person in, or the person did not want to.
    #[error("the identity provider says {0:?}")]
    Declined(String),
    /// The provider said nothing that can be used.
    #[error(transparent)]
    Provider(#[from] OidcError),
    /// The provider told no mail address.
    #[error("the identity provider gives no mail address")]
    NoEmail,
    /// The provider does not know, or does not say, that the mail address is the person's.
    #[error("the identity provider has not verified the mail address {0}")]
    UnverifiedEmail(String),
    /// The use case failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl OidcFailure {
    /// Whether it is about what the browser brought, and the provider was asked about that.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Provider(OidcError::CodeRefused(_) | OidcError::Untrusted(_))
                | Self::NoEmail
                | Self::UnverifiedEmail(_)
        )
    }
}

impl Service {
    /// Where to send a browser so that its user signs in, and what the browser has to keep meanwhile.
    pub async fn begin_oidc(&self, return_to: Option<String>) -> Result<(String, OidcAttempt), OidcFailure> {
        let settings = self.oidc_settings()?;
        let (url, attempt) = self.oidc.begin(settings, &self.http, self.clock.now()).await?;
        Ok((url, OidcAttempt { attempt, return_to }))
    }

    /// Opens a session for whom the provider let in. Nothing is believed before the answer fits the attempt.
    pub async fn finish_oidc(&self, attempt: &OidcAttempt, answer: &OidcAnswer) -> Result<SignedIn, OidcFailure> {
        let settings = self.oidc_settings()?;
        let code = check_answer(settings, &attempt.attempt, answer)?;
        let person = self.oidc.identify(settings, &self.http, &attempt.attempt, code, self.clock.now()).await?;
        let groups = person.groups.clone().unwrap_or_default();
        let identity = vouch(person, settings.unverified_email)?;
        let teams = self.choose_teams(&groups, &settings.teams).await?;
        Ok(self.sign_in(&Identity { teams, ..identity }).await?)
    }

    fn oidc_settings(&self) -> Result<&OidcSettings, OidcFailure> {
        self.settings.oidc.as_ref().ok_or(OidcFailure::NotConfigured)
    }
}

/// The code of an answer to this very attempt.
fn check_answer<'a>(
    settings: &OidcSettings,
    attempt: &Attempt,
    answer: &'a OidcAnswer,
) -> Result<&'a str, OidcFailure> {
    let state = answer.state.as_deref().unwrap_or_default();
    let is_asked_for: bool = state.as_bytes().ct_eq(attempt.state.as_bytes()).into();
    let is_of_provider = answer.issuer.as_ref().is_none_or(|issuer| *issuer == settings.issuer_url);
    if !is_asked_for {
        return Err(OidcFailure::Unasked("the state is not the one it was sent away with"));
    }
    if !is_of_provider {
        return Err(OidcFailure::Unasked("another issuer answers"));
    }
    if let Some(error) = &answer.error {
        return Err(OidcFailure::Declined(error.clone()));
    }
    answer.code.as_deref().filter(|code| !code.is_empty()).ok_or(OidcFailure::Unasked("there is no code"))
}

/// Whom the provider vouches for: by an address of which it knows that it is the person's. Whoever may write any address
/// into their account there would be its owner here.
fn vouch(person: Person, unverified: UnverifiedEmail) -> Result<Identity, OidcFailure> {
    let email = person.email.ok_or(OidcFailure::NoEmail)?;
    if person.is_email_verified != Some(true) && unverified == UnverifiedEmail::Refused {
        return Err(OidcFailure::UnverifiedEmail(email));
    }
    let name = person.name.unwrap_or_else(|| email.clone());
    Ok(Identity { email, name, launchpad_handle: None, teams: Vec::new(), means: SignInMeans::Oidc })
}
