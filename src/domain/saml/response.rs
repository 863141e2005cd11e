//! Who an identity provider says has signed in.

use chrono::{DateTime, Utc};
use roxmltree::{Document, Node};

use super::decryption::{DecryptionKey, Origin, decrypt};
use super::key::Algorithms;
use super::metadata::IdentityProvider;
use super::xml::{attribute, children, find_child, get_child, is, parse, text, unreadable};
use super::{
    ASSERTION_NAMESPACE, ISSUER, Name, PROTOCOL_NAMESPACE, Refusal, SIGNATURE, SKEW, SUCCESS, read_time, signature,
};
use crate::domain::names::is_name;

const RESPONSE: Name = (PROTOCOL_NAMESPACE, "Response");
const STATUS: Name = (PROTOCOL_NAMESPACE, "Status");
const STATUS_CODE: Name = (PROTOCOL_NAMESPACE, "StatusCode");
const ASSERTION: Name = (ASSERTION_NAMESPACE, "Assertion");
const ENCRYPTED_ASSERTION: Name = (ASSERTION_NAMESPACE, "EncryptedAssertion");
const SUBJECT: Name = (ASSERTION_NAMESPACE, "Subject");
const NAME_ID: Name = (ASSERTION_NAMESPACE, "NameID");
const CONFIRMATION: Name = (ASSERTION_NAMESPACE, "SubjectConfirmation");
const CONFIRMATION_DATA: Name = (ASSERTION_NAMESPACE, "SubjectConfirmationData");
const CONDITIONS: Name = (ASSERTION_NAMESPACE, "Conditions");
const AUDIENCE_RESTRICTION: Name = (ASSERTION_NAMESPACE, "AudienceRestriction");
const AUDIENCE: Name = (ASSERTION_NAMESPACE, "Audience");
const AUTHENTICATION: Name = (ASSERTION_NAMESPACE, "AuthnStatement");
const ATTRIBUTES: Name = (ASSERTION_NAMESPACE, "AttributeStatement");
const ATTRIBUTE: Name = (ASSERTION_NAMESPACE, "Attribute");
const ATTRIBUTE_VALUE: Name = (ASSERTION_NAMESPACE, "AttributeValue");
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const MORE_THAN_ONCE: &str = "something that is read is there more than once";
/// An assertion's id is remembered; longer ones nobody makes.
const LONGEST_ID: usize = 256;

/// What to do with an answer to a question that nobody asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unsolicited {
    /// Refuse it: whoever gets somebody's browser to send their own answer signs that person in as themselves, and then
    /// reads what the person does.
    #[default]
    Refused,
    /// Take it: people sign in from a page of the identity provider.
    Taken,
}

/// What an answer is held against.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Who answers.
    pub provider: &'a IdentityProvider,
    /// Who asks.
    pub entity_id: &'a str,
    /// Where answers are sent.
    pub consumer_url: &'a str,
    /// What the browser at hand asked.
    pub request_id: Option<&'a str>,
    /// What else is taken.
    pub unsolicited: Unsolicited,
    /// The algorithms that are believed.
    pub algorithms: Algorithms,
    /// What reads assertions that are encrypted.
    pub decryption_key: Option<&'a DecryptionKey>,
    /// The attribute with somebody's groups, where they matter.
    pub groups_attribute: Option<&'a str>,
    /// The present moment.
    pub now: DateTime<Utc>,
}

/// What an identity provider says about who has signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// The identity provider's name for it; no other of its assertions has it.
    pub id: String,
    /// Until then it would be believed again.
    pub valid_until: DateTime<Utc>,
    /// The person's mail address, as it stands there.
    pub email: String,
    /// What people call the person.
    pub name: String,
    /// The groups the person is in, where these are asked for.
    pub groups: Vec<String>,
}

/// Reads who has signed in from a response.
///
/// Whoever calls this has to see to it that the same assertion is not taken twice.
pub fn read_response(xml: &str, expected: &Expected<'_>) -> Result<Assertion, Refusal> {
    let document = parse(xml)?;
    let response = document.root_element();
    if !is(response, RESPONSE) {
        return Err(unreadable("it is no response"));
    }
    let assertion = find_child(response, ASSERTION)?;
    check_structure(&document, &[Some(response), assertion])?;
    check_issuer(response, expected)?;
    let is_signed = signature::check(response, &expected.provider.keys, expected.algorithms)?;
    check_destination(response, is_signed, expected)?;
    check_status(response)?;
    let encrypted = find_child(response, ENCRYPTED_ASSERTION)?;
    match (assertion, encrypted) {
        (Some(assertion), None) => read_assertion(response, assertion, is_signed, expected),
        (None, Some(encrypted)) => read_encrypted(response, encrypted, is_signed, expected),
        (None, None) => Err(Refusal::Incomplete("who has signed in")),
        (Some(_), Some(_)) => Err(Refusal::Untrusted(MORE_THAN_ONCE)),
    }
}

/// An assertion that only this installation can read is a document of its own.
fn read_encrypted(
    response: Node<'_, '_>,
    encrypted: Node<'_, '_>,
    is_signed: bool,
    expected: &Expected<'_>,
) -> Result<Assertion, Refusal> {
    let key = expected.decryption_key.ok_or(Refusal::Untrusted("its assertion is encrypted, and we have no key"))?;
    let origin = if is_signed { Origin::Provider } else { Origin::Anybody };
    let xml = decrypt(encrypted, key, origin)?;
    let document = parse(&xml)?;
    let assertion = document.root_element();
    if !is(assertion, ASSERTION) {
        return Err(unreadable("what was encrypted is no assertion"));
    }
    check_structure(&document, &[Some(assertion)])?;
    read_assertion(response, assertion, is_signed, expected)
}

/// Refuses what is there twice or where nobody looks: only there a forged element can hide beside the one that was signed.
/// Of responses and assertions a document has those that are read, and signatures lie directly in these.
fn check_structure<'a, 'input>(
    document: &'a Document<'input>,
    read: &[Option<Node<'a, 'input>>],
) -> Result<(), Refusal> {
    for node in document.descendants() {
        let is_in_place = if is(node, SIGNATURE) {
            node.parent().is_some_and(|parent| read.contains(&Some(parent)))
        } else {
            !(is(node, ASSERTION) || is(node, RESPONSE)) || read.contains(&Some(node))
        };
        if !is_in_place {
            return Err(Refusal::Untrusted(MORE_THAN_ONCE));
        }
    }
    for element in read.iter().flatten() {
        let id = attribute(*element, "ID").filter(|id| !id.is_empty() && id.len() <= LONGEST_ID);
        let id = id.ok_or_else(|| unreadable("an ID is missing or too long"))?;
        if document.descendants().filter(|node| has_id(*node, id)).count() != 1 {
            return Err(Refusal::Untrusted("two elements have the same ID"));
        }
        if attribute(*element, "Version") != Some("2.0") {
            return Err(unreadable("it is not of version 2.0"));
        }
    }
    Ok(())
}

/// Whether an element could be meant by an id, whatever the attribute is called there.
fn has_id(node: Node<'_, '_>, id: &str) -> bool {
    node.attributes().any(|attribute| attribute.name().eq_ignore_ascii_case("id") && attribute.value() == id)
}

fn check_issuer(element: Node<'_, '_>, expected: &Expected<'_>) -> Result<(), Refusal> {
    match find_child(element, ISSUER)? {
        Some(issuer) if text(issuer)?.trim() != expected.provider.entity_id => {
            Err(Refusal::Untrusted("another identity provider has made it"))
        }
        _ => Ok(()),
    }
}

/// A response that is signed as a whole says where it goes; of others only the part that is signed can say so.
fn check_destination(response: Node<'_, '_>, is_signed: bool, expected: &Expected<'_>) -> Result<(), Refusal> {
    match attribute(response, "Destination") {
        Some(destination) if destination == expected.consumer_url => Ok(()),
        None if !is_signed => Ok(()),
        _ => Err(Refusal::Untrusted("it is meant for another address")),
    }
}

/// Refuses an answer that says that nobody has signed in.
fn check_status(response: Node<'_, '_>) -> Result<(), Refusal> {
    let code = get_child(get_child(response, STATUS)?, STATUS_CODE)?;
    match attribute(code, "Value") {
        Some(SUCCESS) => Ok(()),
        value => {
            let inner = find_child(code, STATUS_CODE)?.and_then(|inner| attribute(inner, "Value"));
            let words: Vec<&str> = value.into_iter().chain(inner).collect();
            Err(Refusal::Unsuccessful(words.join(", ")))
        }
    }
}

fn read_assertion(
    response: Node<'_, '_>,
    assertion: Node<'_, '_>,
    is_response_signed: bool,
    expected: &Expected<'_>,
) -> Result<Assertion, Refusal> {
    let is_signed = signature::check(assertion, &expected.provider.keys, expected.algorithms)?;
    if !is_response_signed && !is_signed {
        return Err(Refusal::Untrusted("nobody has signed it"));
    }
    get_child(assertion, ISSUER)?;
    check_issuer(assertion, expected)?;
    check_conditions(get_child(assertion, CONDITIONS)?, expected)?;
    check_authentication(assertion, expected)?;
    if let Some(answered) = attribute(response, "InResponseTo") {
        check_request(Some(answered), expected)?;
    }
    let subject = find_child(assertion, SUBJECT)?.ok_or(Refusal::Incomplete("the NameID"))?;
    let valid_until = check_confirmations(subject, expected)?;
    let name_id = find_child(subject, NAME_ID)?.ok_or(Refusal::Incomplete("the NameID"))?;
    let email = Some(text(name_id)?).filter(|email| !email.is_empty());
    Ok(Assertion {
        id: attribute(assertion, "ID").unwrap_or_default().to_owned(),
        valid_until: valid_until + SKEW,
        email: email.ok_or(Refusal::Incomplete("the NameID"))?,
        name: find_attribute(assertion, "fullname")?.ok_or(Refusal::Incomplete("the attribute fullname"))?,
        groups: expected.groups_attribute.map_or_else(Vec::new, |name| list_values(assertion, name)),
    })
}

/// Holds a span of time, as attributes of an element say it, against the present.
fn check_span(element: Node<'_, '_>, now: DateTime<Utc>) -> Result<(), Refusal> {
    let begin = attribute(element, "NotBefore").map(read_time).transpose()?;
    if begin.is_some_and(|begin| now + SKEW < begin) {
        return Err(Refusal::Untrusted("its time has not begun"));
    }
    let end = attribute(element, "NotOnOrAfter").map(read_time).transpose()?;
    if end.is_some_and(|end| now - SKEW >= end) {
        return Err(Refusal::Untrusted("its time is over"));
    }
    Ok(())
}

fn check_conditions(conditions: Node<'_, '_>, expected: &Expected<'_>) -> Result<(), Refusal> {
    check_span(conditions, expected.now)?;
    let mut restrictions = children(conditions, AUDIENCE_RESTRICTION).peekable();
    if restrictions.peek().is_none() {
        return Err(Refusal::Untrusted("it does not say who it is meant for"));
    }
    for restriction in restrictions {
        let audiences: Vec<String> = children(restriction, AUDIENCE).map(text).collect::<Result<_, _>>()?;
        if !audiences.iter().any(|audience| audience.trim() == expected.entity_id) {
            return Err(Refusal::Untrusted("it is meant for somebody else"));
        }
    }
    Ok(())
}

/// Refuses what says something about a person, but not that the person has signed in.
fn check_authentication(assertion: Node<'_, '_>, expected: &Expected<'_>) -> Result<(), Refusal> {
    let mut statements = children(assertion, AUTHENTICATION).peekable();
    if statements.peek().is_none() {
        return Err(Refusal::Untrusted("it does not say that somebody has signed in"));
    }
    let ends = statements.filter_map(|statement| attribute(statement, "SessionNotOnOrAfter"));
    let ends: Vec<DateTime<Utc>> = ends.map(read_time).collect::<Result<_, _>>()?;
    if ends.iter().any(|end| expected.now - SKEW >= *end) {
        return Err(Refusal::Untrusted("the session at the identity provider is over"));
    }
    Ok(())
}

/// Until when an assertion may be handed in here by whoever has it: one confirmation that says so is enough.
fn check_confirmations(subject: Node<'_, '_>, expected: &Expected<'_>) -> Result<DateTime<Utc>, Refusal> {
    let mut refusal = Refusal::Untrusted("it does not say who may hand it in");
    for confirmation in children(subject, CONFIRMATION) {
        if attribute(confirmation, "Method") == Some(BEARER) {
            match check_confirmation(get_child(confirmation, CONFIRMATION_DATA)?, expected) {
                Ok(end) => return Ok(end),
                Err(reason) => refusal = reason,
            }
        }
    }
    Err(refusal)
}

fn check_confirmation(data: Node<'_, '_>, expected: &Expected<'_>) -> Result<DateTime<Utc>, Refusal> {
    if attribute(data, "Recipient") != Some(expected.consumer_url) {
        return Err(Refusal::Untrusted("it is to be handed in at another address"));
    }
    check_request(attribute(data, "InResponseTo"), expected)?;
    check_span(data, expected.now)?;
    let end = attribute(data, "NotOnOrAfter").map(read_time).transpose()?;
    end.ok_or(Refusal::Untrusted("it does not say until when it may be handed in"))
}

fn check_request(answered: Option<&str>, expected: &Expected<'_>) -> Result<(), Refusal> {
    let is_ours = match answered {
        Some(answered) => expected.request_id == Some(answered),
        None => expected.unsolicited == Unsolicited::Taken,
    };
    if is_ours { Ok(()) } else { Err(Refusal::Untrusted("this browser has not asked for it")) }
}

/// The first value of an attribute; one without text is none.
fn find_attribute(assertion: Node<'_, '_>, name: &str) -> Result<Option<String>, Refusal> {
    let mut attributes = children(assertion, ATTRIBUTES).flat_map(|statement| children(statement, ATTRIBUTE));
    let found = attributes.find(|found| attribute(*found, "Name") == Some(name));
    let value = found.and_then(|found| children(found, ATTRIBUTE_VALUE).next());
    Ok(value.map(text).transpose()?.filter(|value| !value.trim().is_empty()))
}

/// Every value of an attribute that can be the name of a team.
fn list_values(assertion: Node<'_, '_>, name: &str) -> Vec<String> {
    let attributes = children(assertion, ATTRIBUTES).flat_map(|statement| children(statement, ATTRIBUTE));
    let named = attributes.filter(|found| attribute(*found, "Name") == Some(name));
    let values = named.flat_map(|found| children(found, ATTRIBUTE_VALUE));
    values.filter_map(|value| text(value).ok()).filter(|value| is_name(value)).collect()
}
