//! The code in exchange for tokens, and what makes these believable.

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{CoreErrorResponseType, CoreJwsSigningAlgorithm};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClaimsVerificationError, Nonce, OAuth2TokenResponse, PkceCodeVerifier,
    RequestTokenError, SignatureVerificationError, StandardErrorResponse, SubjectIdentifier, TokenResponse,
    UserInfoError,
};

use super::OidcError;
use super::claims::{IdClaims, InfoClaims};
use super::discovery::{Client, Tokens};
use crate::integrations::http_client::{HttpClient, HttpError, explain};

/// Signatures that are believed: by a key that only the provider has. None at all, and those by the secret that this
/// installation has as well, prove nothing.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];
/// As far as the provider's clock may be ahead of ours.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(5);

/// Why a token proves nothing.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is signed by a key that is not among those we know.
    UnknownKey,
    /// Everything else.
    Other(String),
}

impl From<Refusal> for OidcError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::UnknownKey => Self::Untrusted("the token is signed by a key that nobody knows".to_owned()),
            Refusal::Other(reason) => Self::Untrusted(reason),
        }
    }
}

/// Exchanges the code for tokens.
pub(super) async fn exchange(
    client: &Client,
    http: &HttpClient,
    code: &str,
    verifier: &str,
) -> Result<Tokens, OidcError> {
    let request = client.exchange_code(AuthorizationCode::new(code.to_owned()));
    let request = request.map_err(|error| OidcError::Unavailable(explain(&error)))?;
    let request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
    request.request_async(http).await.map_err(|error| judge_exchange(&error))
}

fn judge_exchange(error: &RequestTokenError<HttpError, StandardErrorResponse<CoreErrorResponseType>>) -> OidcError {
    let reason = explain(error);
    match error {
        RequestTokenError::Request(_) => OidcError::Unavailable(reason),
        RequestTokenError::ServerResponse(answer) if *answer.error() == CoreErrorResponseType::InvalidGrant => {
            OidcError::CodeRefused(reason)
        }
        _ => OidcError::Untrusted(reason),
    }
}

/// The claims of the token, if everything about it is as it should be: signature, issuer, audience, time, nonce, and
/// that it came with this very access token.
pub(super) fn verify(
    client: &Client,
    received: &Tokens,
    nonce: &Nonce,
    now: DateTime<Utc>,
) -> Result<IdClaims, Refusal> {
    let other = |reason: &str| Refusal::Other(reason.to_owned());
    let token = received.id_token().ok_or_else(|| other("there is no token"))?;
    let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS).set_time_fn(move || now);
    let verifier = verifier.set_issue_time_verifier_fn(move |issued_at| {
        if issued_at - now < CLOCK_SKEW { Ok(()) } else { Err(format!("issued in the future, at {issued_at}")) }
    });
    let claims = token.claims(&verifier, nonce).map_err(|error| judge(&error))?;
    let Some(expected) = claims.access_token_hash() else { return Ok(claims.clone()) };
    let algorithm = token.signing_alg().map_err(|error| Refusal::Other(explain(&error)))?;
    let key = token.signing_key(&verifier).map_err(|error| Refusal::Other(explain(&error)))?;
    let found = AccessTokenHash::from_token(received.access_token(), algorithm, key);
    let found = found.map_err(|error| Refusal::Other(explain(&error)))?;
    if found == *expected { Ok(claims.clone()) } else { Err(other("it is the token of another access token")) }
}

fn judge(error: &ClaimsVerificationError) -> Refusal {
    match error {
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
            Refusal::UnknownKey
        }
        _ => Refusal::Other(explain(error)),
    }
}

/// What the provider says about the person when asked, if it can be: many keep mail addresses out of the token.
pub(super) async fn ask(
    client: &Client,
    http: &HttpClient,
    received: &Tokens,
    subject: &SubjectIdentifier,
) -> Result<Option<InfoClaims>, OidcError> {
    let access_token = received.access_token();
    // It becomes a header, which takes no other characters.
    if !access_token.secret().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(OidcError::Untrusted("the access token has characters that none has".to_owned()));
    }
    let Ok(request) = client.user_info(access_token.clone(), Some(subject.clone())) else { return Ok(None) };
    match request.request_async(http).await {
        Ok(info) => Ok(Some(info)),
        Err(error @ UserInfoError::Request(_)) => Err(OidcError::Unavailable(explain(&error))),
        Err(error) => Err(OidcError::Untrusted(explain(&error))),
    }
}
