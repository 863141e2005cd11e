//! SAML single sign-on: sends browsers to the identity provider, and opens a session for whom it vouches for.

use std::collections::BTreeSet;

use rand::Rng;

use super::sign_in::{Identity, SignInMeans, SignedIn};
use super::{Service, ServiceError};
use crate::domain::saml::{
    Algorithms, Assertion, DecryptionKey, Envelope, Expected, IdentityProvider, LogoutMessage, Refusal, Unsolicited,
    authentication_request, logout_request, logout_response, read_logout, read_post, read_redirect, read_response,
    redirect,
};
use crate::store::StoreError;
use crate::store::saml_assertions::{TakenAssertion, take_assertion};

/// Where people are sent to sign in, below the base address.
pub const LOGIN_PATH: &str = "/v1/auth/saml/login";
/// Where people are sent to sign out.
pub const LOGOUT_PATH: &str = "/v1/auth/saml/logout";
/// Where the identity provider sends who has signed in.
pub const CONSUMER_PATH: &str = "/v1/auth/saml/acs";
/// Where the identity provider sends who has signed out.
pub const LOGOUT_SERVICE_PATH: &str = "/v1/auth/saml/sls";

/// What the operator decided about SAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamlSettings {
    /// What this installation is called at the identity provider, and the address that the paths of the API are below.
    pub sp_base_url: String,
    /// Where the identity provider describes itself; nothing without one. Whoever can answer there can be anybody here.
    pub idp_metadata_url: Option<String>,
    /// What to do with those who come from the identity provider without having been sent there.
    pub unsolicited: Unsolicited,
    /// Which signatures are believed.
    pub algorithms: Algorithms,
    /// What reads assertions that the identity provider encrypts.
    pub decryption_key: Option<DecryptionKey>,
    /// The attribute that names somebody's groups.
    pub groups_attribute: Option<String>,
    /// Groups that become teams though there are none of that name.
    pub teams: BTreeSet<String>,
}

impl Default for SamlSettings {
    fn default() -> Self {
        Self {
            sp_base_url: "http://localhost:30000".to_owned(),
            idp_metadata_url: None,
            unsolicited: Unsolicited::default(),
            algorithms: Algorithms::default(),
            decryption_key: None,
            groups_attribute: None,
            teams: BTreeSet::new(),
        }
    }
}

impl SamlSettings {
    /// Whether there is an identity provider to sign in at.
    pub fn is_configured(&self) -> bool {
        self.idp_metadata_url.is_some()
    }

    /// The address of a path, as the identity provider knows it.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sp_base_url.trim_end_matches('/'))
    }
}

/// A browser on its way to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamlAttempt {
    /// Where it goes.
    pub location: String,
    /// What the answer has to name.
    pub request_id: String,
}

/// What became of a message about signing out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SamlSignOut {
    /// The identity provider's answer is expected there; nothing when it asked for none.
    pub answer: Option<String>,
    /// What the browser was sent away with.
    pub relay_state: Option<String>,
    /// Whether the browser's session is over.
    pub is_signed_out: bool,
}

/// Why somebody cannot sign in or out.
#[derive(Debug, thiserror::Error)]
pub enum SamlFailure {
    /// There is no identity provider, or nothing is known about it.
    #[error("there is no identity provider that can be used")]
    NotConfigured,
    /// A message is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A message of the identity provider, or one that claims to be, is not taken.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The use case failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl SamlFailure {
    /// Whether it is about the message that the browser brought.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

impl From<StoreError> for SamlFailure {
    fn from(error: StoreError) -> Self {
        Self::Service(error.into())
    }
}

impl Service {
    /// Where to send a browser so that its user signs in.
    pub async fn begin_saml(&self, relay_state: Option<&str>) -> Result<SamlAttempt, SamlFailure> {
        let provider = self.find_saml_provider().await?;
        let settings = &self.settings.saml;
        let own_url = settings.url(LOGIN_PATH);
        let request_id = generate_id();
        let envelope = self.envelope(&request_id, &provider.sign_in_url);
        let request = authentication_request(&envelope, &settings.url(CONSUMER_PATH));
        let relay_state = relay_state.unwrap_or(&own_url);
        let location = redirect(&provider.sign_in_url, "SAMLRequest", &request, Some(relay_state));
        Ok(SamlAttempt { location: location.ok_or(SamlFailure::NotConfigured)?, request_id })
    }

    /// Opens a session for whom the identity provider vouches for, in answer to what this browser asked.
    pub async fn finish_saml(&self, response: &str, request_id: Option<&str>) -> Result<SignedIn, SamlFailure> {
        let provider = self.find_saml_provider().await?;
        let xml = read_post(response)?;
        let assertion = match self.believe(&xml, &provider, request_id) {
            Err(Refusal::UnknownKey) => {
                // The provider may have changed its keys since.
                let newer = self.find_newer_saml_provider().await?;
                self.believe(&xml, &newer, request_id)?
            }
            outcome => outcome?,
        };
        // Other systems are asked while no transaction is open.
        let person = self.find_at_launchpad(&assertion.email).await;
        let mut teams = self.choose_teams(&assertion.groups, &self.settings.saml.teams).await?;
        let mut launchpad_handle = None;
        if let Some(person) = person {
            launchpad_handle = Some(person.handle);
            teams.extend(self.choose_launchpad_teams(person.teams).await?);
        }
        self.take(&provider, &assertion).await?;
        let (email, name) = (assertion.email, assertion.name);
        Ok(self.sign_in(&Identity { email, name, launchpad_handle, teams, means: SignInMeans::Saml }).await?)
    }

    /// Ends the session of a browser; where to send it so that its user is signed out at the identity provider as well, if
    /// that takes it.
    pub async fn begin_saml_sign_out(
        &self,
        session: Option<i64>,
        relay_state: Option<&str>,
    ) -> Result<Option<String>, SamlFailure> {
        let user = match session {
            Some(session) => self.sign_out(session).await?,
            None => None,
        };
        let email = user.map(|user| user.email);
        let provider = self.find_saml_provider().await?;
        let Some(destination) = &provider.sign_out_url else { return Ok(None) };
        let request_id = generate_id();
        let request = logout_request(&self.envelope(&request_id, destination), email.as_deref(), &provider.entity_id);
        let own_url = self.settings.saml.url(LOGOUT_PATH);
        Ok(redirect(destination, "SAMLRequest", &request, Some(relay_state.unwrap_or(&own_url))))
    }

    /// Hears from the identity provider, by a browser, that its user is signed out there, or is to be signed out here. For the
    /// latter it has to have signed: anybody can make a browser bring a message.
    pub async fn finish_saml_sign_out(&self, query: &str, session: Option<i64>) -> Result<SamlSignOut, SamlFailure> {
        let provider = self.find_saml_provider().await?;
        let message = read_redirect(query, &provider.keys, self.settings.saml.algorithms)?;
        let message = message.ok_or(SamlFailure::Missing("SAMLResponse or SAMLRequest"))?;
        let own_url = self.settings.saml.url(LOGOUT_SERVICE_PATH);
        let relay_state = message.relay_state;
        let request_id = match read_logout(&message.xml, &provider, &own_url, self.clock.now())? {
            LogoutMessage::Request { id } if message.is_signed => id,
            _ => return Ok(SamlSignOut { relay_state, ..SamlSignOut::default() }),
        };
        if let Some(session) = session {
            self.sign_out(session).await?;
        }
        let destination = provider.sign_out_answer_url.as_ref().or(provider.sign_out_url.as_ref());
        let answer = destination.and_then(|destination| {
            let answer = logout_response(&self.envelope(&generate_id(), destination), &request_id);
            redirect(destination, "SAMLResponse", &answer, relay_state.as_deref())
        });
        Ok(SamlSignOut { answer, relay_state, is_signed_out: true })
    }

    /// Who has signed in, if this provider says so in answer to what this browser asked.
    fn believe(&self, xml: &str, provider: &IdentityProvider, request_id: Option<&str>) -> Result<Assertion, Refusal> {
        let settings = &self.settings.saml;
        read_response(
            xml,
            &Expected {
                provider,
                entity_id: &settings.sp_base_url,
                consumer_url: &settings.url(CONSUMER_PATH),
                request_id,
                unsolicited: settings.unsolicited,
                algorithms: settings.algorithms,
                decryption_key: settings.decryption_key.as_ref(),
                groups_attribute: settings.groups_attribute.as_deref(),
                now: self.clock.now(),
            },
        )
    }

    /// Takes an assertion for good: it opens one session, and no second one when opening that fails.
    async fn take(&self, provider: &IdentityProvider, assertion: &Assertion) -> Result<(), SamlFailure> {
        let taken =
            TakenAssertion { issuer: &provider.entity_id, id: &assertion.id, expires_at: assertion.valid_until };
        let mut tx = self.db.write().await?;
        if !take_assertion(&mut tx, taken, self.clock.now()).await? {
            return Err(Refusal::Untrusted("somebody has signed in with it before").into());
        }
        tx.commit().await?;
        Ok(())
    }

    fn envelope<'a>(&'a self, id: &'a str, destination: &'a str) -> Envelope<'a> {
        Envelope { id, entity_id: &self.settings.saml.sp_base_url, destination, now: self.clock.now() }
    }
}

/// A name that no other message has, and that nobody can guess: of real chance also in tests. It begins with letters, as names
/// in XML do.
fn generate_id() -> String {
    let mut random = [0; 16];
    rand::rng().fill_bytes(&mut random);
    format!("id-{:032x}", u128::from_be_bytes(random))
}
