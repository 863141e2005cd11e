//! The messages that a browser carries to the identity provider.

use chrono::{DateTime, Utc};

use super::xml::escape;
use super::{ASSERTION_NAMESPACE, PROTOCOL_NAMESPACE, SUCCESS, write_time};

const BY_POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
const MAIL_ADDRESS: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
const ENTITY: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";

/// What every message says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// Its own name: begins with a letter, and nobody can guess it.
    pub id: &'a str,
    /// Who sends it.
    pub entity_id: &'a str,
    /// Where it goes.
    pub destination: &'a str,
    /// When.
    pub now: DateTime<Utc>,
}

/// Asks who has signed in; the answer goes to `consumer_url`.
pub fn authentication_request(envelope: &Envelope<'_>, consumer_url: &str) -> String {
    let attributes = format!(
        r#" ProtocolBinding="{BY_POST}" AssertionConsumerServiceURL="{consumer_url}""#,
        consumer_url = escape(consumer_url)
    );
    let content = format!(
        "<samlp:NameIDPolicy Format=\"{MAIL_ADDRESS}\" AllowCreate=\"true\"/>\
         <samlp:RequestedAuthnContext Comparison=\"exact\">\
         <saml:AuthnContextClassRef>{PASSWORD}</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>"
    );
    message("AuthnRequest", envelope, &attributes, &content)
}

/// Asks to sign out the person of that mail address; of nobody in particular when it is not known.
pub fn logout_request(envelope: &Envelope<'_>, email: Option<&str>, provider_id: &str) -> String {
    let (format, name) = match email {
        Some(email) => (MAIL_ADDRESS, email),
        None => (ENTITY, provider_id),
    };
    let content = format!(r#"<saml:NameID Format="{format}">{name}</saml:NameID>"#, name = escape(name));
    message("LogoutRequest", envelope, "", &content)
}

/// Answers the request of that id: the person is signed out.
pub fn logout_response(envelope: &Envelope<'_>, request_id: &str) -> String {
    let attributes = format!(r#" InResponseTo="{request_id}""#, request_id = escape(request_id));
    let content = format!(r#"<samlp:Status><samlp:StatusCode Value="{SUCCESS}"/></samlp:Status>"#);
    message("LogoutResponse", envelope, &attributes, &content)
}

fn message(name: &str, envelope: &Envelope<'_>, attributes: &str, content: &str) -> String {
    let Envelope { id, entity_id, destination, now } = envelope;
    let (id, issuer, destination, now) = (escape(id), escape(entity_id), escape(destination), write_time(*now));
    format!(
        "<samlp:{name} xmlns:samlp=\"{PROTOCOL_NAMESPACE}\" xmlns:saml=\"{ASSERTION_NAMESPACE}\" ID=\"{id}\" \
         Version=\"2.0\" IssueInstant=\"{now}\" Destination=\"{destination}\"{attributes}>\
         <saml:Issuer>{issuer}</saml:Issuer>{content}</samlp:{name}>"
    )
}
