//! An OpenID Connect provider: where it lets people sign in, and who it says they are.
//!
//! Authorisation code with PKCE; the provider is discovered from its name. Its description and keys are kept for an hour,
//! and fetched earlier when a token is signed by a key that is not among them.

mod claims;
mod discovery;
mod settings;
mod tokens;

use chrono::{DateTime, Utc};
use openidconnect::core::CoreAuthenticationFlow;
use openidconnect::{CsrfToken, Nonce, PkceCodeChallenge, Scope};

use super::http_client::LazyHttp;
pub use claims::Person;
use discovery::Directory;
use serde::{Deserialize, Serialize};
pub use settings::{OidcSettings, UnverifiedEmail};

/// What an attempt to sign in begins with, and has to end with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Comes back in the answer.
    pub state: String,
    /// Comes back inside the token.
    pub nonce: String,
    /// What the code is exchanged with: only who began can know it.
    pub verifier: String,
}

/// Why nobody was signed in. What is told here is for the log, not for the browser.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// The provider cannot be used at the moment.
    #[error("the identity provider cannot be used: {0}")]
    Unavailable(String),
    /// It knows nothing of the code, or not any longer.
    #[error("the identity provider does not take the code: {0}")]
    CodeRefused(String),
    /// What it sent proves nothing.
    #[error("what the identity provider sent is not to be trusted: {0}")]
    Untrusted(String),
}

/// The provider, as far as this process knows it.
#[derive(Default)]
pub struct OidcProvider {
    directory: Directory,
}

impl OidcProvider {
    /// Where to send a browser so that its user signs in, and what the answer will be measured by.
    pub async fn begin(
        &self,
        settings: &OidcSettings,
        http: &LazyHttp,
        now: DateTime<Utc>,
    ) -> Result<(String, Attempt), OidcError> {
        let client = self.directory.find_client(settings, http, now).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let request =
            client.authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random);
        let scopes = settings.scopes.iter().cloned().map(Scope::new);
        let (url, state, nonce) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
        let attempt = Attempt {
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
        };
        Ok((url.into(), attempt))
    }

    /// Who signed in, by the code that the browser brought back.
    pub async fn identify(
        &self,
        settings: &OidcSettings,
        http: &LazyHttp,
        attempt: &Attempt,
        code: &str,
        now: DateTime<Utc>,
    ) -> Result<Person, OidcError> {
        let client = self.directory.find_client(settings, http, now).await?;
        let calling = http.get().map_err(OidcError::Unavailable)?;
        let received = tokens::exchange(&client, calling, code, &attempt.verifier).await?;
        let nonce = Nonce::new(attempt.nonce.clone());
        let claims = match tokens::verify(&client, &received, &nonce, now) {
            Err(tokens::Refusal::UnknownKey) => {
                // The provider may have changed its keys since.
                let client = self.directory.find_newer_client(settings, http, now).await?;
                tokens::verify(&client, &received, &nonce, now)?
            }
            verified => verified?,
        };
        let groups_claim = settings.groups_claim.as_deref();
        let person = Person::of_token(&claims, groups_claim);
        if person.is_whole(groups_claim) {
            return Ok(person);
        }
        let info = tokens::ask(&client, calling, &received, claims.subject()).await?;
        Ok(match info {
            Some(info) => person.or(Person::of_info(&info, groups_claim)),
            None => person,
        })
    }
}
