//! Finding out how to speak to the provider, and remembering it for a while.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AsyncHttpClient, AuthType, ClientId, ClientSecret, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, IdTokenFields, IssuerUrl, RedirectUrl, StandardErrorResponse, StandardTokenResponse,
};
use tokio::sync::Mutex;

use super::claims::OtherClaims;
use super::{OidcError, OidcSettings};
use crate::integrations::http_client::{HttpClient, HttpError, HttpRequest, HttpResponse, LazyHttp, explain};

/// As long as a description is good.
const LIFETIME: TimeDelta = TimeDelta::hours(1);
/// As long as it is good even when a key is missing in it: nobody makes us ask more often.
const SHORTEST_LIFETIME: TimeDelta = TimeDelta::minutes(1);
/// As long as a provider that could not be asked is left alone: those who wait for it would wait one after another.
const PAUSE: TimeDelta = TimeDelta::seconds(5);

/// What a provider answers to a code.
pub(super) type Tokens = StandardTokenResponse<
    IdTokenFields<
        OtherClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

/// This installation as a client of the provider; it has the provider's keys.
pub(super) type Client = openidconnect::Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl<'c> AsyncHttpClient<'c> for HttpClient {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// What is known of the provider.
#[derive(Default)]
pub(super) struct Directory {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    client: Option<Arc<Client>>,
    fetched_at: Option<DateTime<Utc>>,
    failed_at: Option<DateTime<Utc>>,
}

impl Directory {
    /// The client that was made within the last hour, or a new one.
    pub(super) async fn find_client(
        &self,
        settings: &OidcSettings,
        http: &LazyHttp,
        now: DateTime<Utc>,
    ) -> Result<Arc<Client>, OidcError> {
        self.find(settings, http, now, LIFETIME).await
    }

    /// A client with the keys that the provider has now, or had a minute ago.
    pub(super) async fn find_newer_client(
        &self,
        settings: &OidcSettings,
        http: &LazyHttp,
        now: DateTime<Utc>,
    ) -> Result<Arc<Client>, OidcError> {
        self.find(settings, http, now, SHORTEST_LIFETIME).await
    }

    /// Whoever finds that the description is too old fetches it, and the others wait. Where that fails, an older one does:
    /// providers change little.
    async fn find(
        &self,
        settings: &OidcSettings,
        http: &LazyHttp,
        now: DateTime<Utc>,
        lifetime: TimeDelta,
    ) -> Result<Arc<Client>, OidcError> {
        let mut known = self.known.lock().await;
        let is_within = |since: Option<DateTime<Utc>>, span| since.is_some_and(|since| now - since < span);
        if let Some(client) = known.client.as_ref().filter(|_| is_within(known.fetched_at, lifetime)) {
            return Ok(client.clone());
        }
        if is_within(known.failed_at, PAUSE) {
            let failed = || OidcError::Unavailable("it could not be asked a moment ago".to_owned());
            return known.client.clone().ok_or_else(failed);
        }
        match discover(http.get().map_err(OidcError::Unavailable)?, settings).await {
            Ok(client) => {
                let client = Arc::new(client);
                *known = Known { client: Some(client.clone()), fetched_at: Some(now), failed_at: None };
                Ok(client)
            }
            Err(error) => {
                known.failed_at = Some(now);
                let Some(client) = known.client.clone() else { return Err(error) };
                tracing::warn!(%error, "the identity provider is used as it was last known");
                Ok(client)
            }
        }
    }
}

async fn discover(http: &HttpClient, settings: &OidcSettings) -> Result<Client, OidcError> {
    let unusable = |error: &dyn std::error::Error| OidcError::Unavailable(explain(error));
    let issuer = IssuerUrl::new(settings.issuer_url.clone()).map_err(|error| unusable(&error))?;
    let redirect = RedirectUrl::new(settings.redirect_url.clone()).map_err(|error| unusable(&error))?;
    let metadata = CoreProviderMetadata::discover_async(issuer, http).await.map_err(|error| unusable(&error))?;
    let auth_type = choose_auth_type(&metadata);
    let id = ClientId::new(settings.client_id.clone());
    let secret = settings.client_secret.clone().map(ClientSecret::new);
    let client = Client::from_provider_metadata(metadata, id, secret);
    Ok(client.set_auth_type(auth_type).set_redirect_uri(redirect))
}

/// In a header, which every provider takes that does not say otherwise.
fn choose_auth_type(metadata: &CoreProviderMetadata) -> AuthType {
    let offered = metadata.token_endpoint_auth_methods_supported();
    let offers = |method| offered.is_none_or(|methods| methods.contains(&method));
    let takes_body_alone =
        offers(CoreClientAuthMethod::ClientSecretPost) && !offers(CoreClientAuthMethod::ClientSecretBasic);
    if takes_body_alone { AuthType::RequestBody } else { AuthType::BasicAuth }
}
