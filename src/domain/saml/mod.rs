//! SAML 2.0 as a service provider speaks it: the requests that send a browser to the identity provider, and what of the
//! provider's answers is believed.
//!
//! Whoever can make this code believe an answer is whoever they like. So there is one parse and one tree: the element that
//! a signature covers is the element that is read, never one that was found again by name or id. What is not needed is
//! not understood: one assertion, one reference, one way of writing XML down for signatures, no document types.

mod binding;
mod canonical;
mod decryption;
mod key;
mod logout;
mod metadata;
mod request;
mod response;
mod signature;
#[cfg(test)]
mod test_messages;
mod xml;

use chrono::{DateTime, TimeDelta, Utc};

pub use binding::{RedirectMessage, read_post, read_redirect, redirect};
pub use decryption::DecryptionKey;
pub use key::{Algorithms, Key};
pub use logout::{LogoutMessage, read_logout};
pub use metadata::IdentityProvider;
pub use request::{Envelope, authentication_request, logout_request, logout_response};
pub use response::{Assertion, Expected, Unsolicited, read_response};

/// An XML name: the namespace and the name within it.
type Name = (&'static str, &'static str);

const ASSERTION_NAMESPACE: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const PROTOCOL_NAMESPACE: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const METADATA_NAMESPACE: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
const SIGNATURE_NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";

const ISSUER: Name = (ASSERTION_NAMESPACE, "Issuer");
const SIGNATURE: Name = (SIGNATURE_NAMESPACE, "Signature");
const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";

/// What the clocks of two servers may differ by.
const SKEW: TimeDelta = TimeDelta::seconds(60);

/// Why a message of an identity provider is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no SAML message, or one that nobody needs to send: for the log, why.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// Nothing shows that the identity provider says this, to us, now.
    #[error("{0}")]
    Untrusted(&'static str),
    /// No key of the identity provider, as far as it is known, has made its signature by an algorithm that is believed.
    #[error("no key of the identity provider has made its signature by an algorithm that is believed")]
    UnknownKey,
    /// The identity provider itself says that nobody is signed in: its word for why.
    #[error("the identity provider answers {0}")]
    Unsuccessful(String),
    /// The identity provider says it, but leaves out what we cannot do without.
    #[error("the identity provider does not say {0}")]
    Incomplete(&'static str),
}

/// Reads a point in time as SAML writes it.
fn read_time(text: &str) -> Result<DateTime<Utc>, Refusal> {
    let time = DateTime::parse_from_rfc3339(text.trim());
    time.map(|time| time.to_utc()).map_err(|_| Refusal::Unreadable("a time is malformed".to_owned()))
}

/// Writes a point in time as SAML does.
fn write_time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
