//! What an identity provider says about signing out.

use chrono::{DateTime, Utc};

use super::metadata::IdentityProvider;
use super::xml::{attribute, get_child, is, parse, text, unreadable};
use super::{ISSUER, Name, PROTOCOL_NAMESPACE, Refusal, SKEW, SUCCESS, read_time};

const REQUEST: Name = (PROTOCOL_NAMESPACE, "LogoutRequest");
const RESPONSE: Name = (PROTOCOL_NAMESPACE, "LogoutResponse");
const STATUS: Name = (PROTOCOL_NAMESPACE, "Status");
const STATUS_CODE: Name = (PROTOCOL_NAMESPACE, "StatusCode");

/// A message about signing out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogoutMessage {
    /// The provider wants the person at this browser to be signed out here too.
    Request {
        /// What an answer has to name.
        id: String,
    },
    /// The person is signed out there.
    Response,
}

/// Reads a message about signing out that arrived at `own_url`. Its signature is the business of the binding.
pub fn read_logout(
    xml: &str,
    provider: &IdentityProvider,
    own_url: &str,
    now: DateTime<Utc>,
) -> Result<LogoutMessage, Refusal> {
    let document = parse(xml)?;
    let message = document.root_element();
    if text(get_child(message, ISSUER)?)?.trim() != provider.entity_id {
        return Err(Refusal::Untrusted("another identity provider has made it"));
    }
    if attribute(message, "Destination").is_some_and(|destination| destination != own_url) {
        return Err(Refusal::Untrusted("it is meant for another address"));
    }
    if is(message, REQUEST) {
        let end = attribute(message, "NotOnOrAfter").map(read_time).transpose()?;
        if end.is_some_and(|end| now - SKEW >= end) {
            return Err(Refusal::Untrusted("its time is over"));
        }
        let id = attribute(message, "ID").filter(|id| !id.is_empty());
        return Ok(LogoutMessage::Request { id: id.ok_or_else(|| unreadable("an ID is missing"))?.to_owned() });
    }
    if !is(message, RESPONSE) {
        return Err(unreadable("it is not about signing out"));
    }
    let code = get_child(get_child(message, STATUS)?, STATUS_CODE)?;
    match attribute(code, "Value") {
        Some(SUCCESS) => Ok(LogoutMessage::Response),
        value => Err(Refusal::Unsuccessful(value.unwrap_or_default().to_owned())),
    }
}
