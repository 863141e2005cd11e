//! How messages travel: in a form that a browser posts, or in the query of an address that it is redirected to.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use url::{Url, form_urlencoded};

use super::Refusal;
use super::key::{Algorithms, Key};
use super::xml::{decode_base64, unreadable};

/// Messages are no longer than this, in bytes; a small one can be said to unfold to any length.
const LONGEST_MESSAGE: usize = 384 * 1024;

/// The address that carries a message to `location`, with the state that the other side gives back.
pub fn redirect(location: &str, parameter: &str, message: &str, relay_state: Option<&str>) -> Option<String> {
    let mut url = Url::parse(location).ok()?;
    {
        let mut query = url.query_pairs_mut();
        query.append_pair(parameter, &deflate(message)?);
        if let Some(state) = relay_state.filter(|state| !state.is_empty()) {
            query.append_pair("RelayState", state);
        }
    }
    Some(url.into())
}

fn deflate(message: &str) -> Option<String> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // Memory takes whatever is written to it.
    encoder.write_all(message.as_bytes()).ok()?;
    Some(STANDARD.encode(encoder.finish().ok()?))
}

/// Reads a message that was posted.
pub fn read_post(field: &str) -> Result<String, Refusal> {
    let bytes = decode_base64(field).ok_or_else(|| unreadable("it is no base64"))?;
    read_utf8(bytes)
}

/// A message from the query of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectMessage {
    /// The message.
    pub xml: String,
    /// The state that comes with it.
    pub relay_state: Option<String>,
    /// Whether the other side has signed both.
    pub is_signed: bool,
}

/// Reads a message from a query as it stands in the address; nothing when there is none. Where there is a signature, it has to
/// be good: made by one of the keys, over the message and the state.
pub fn read_redirect(query: &str, keys: &[Key], believed: Algorithms) -> Result<Option<RedirectMessage>, Refusal> {
    let find = |parameter: &'static str| find_once(query, parameter);
    let (parameter, message) = match (find("SAMLResponse")?, find("SAMLRequest")?) {
        (Some(response), None) => ("SAMLResponse", response),
        (None, Some(request)) => ("SAMLRequest", request),
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(unreadable("it is a request and a response")),
    };
    let relay_state = find("RelayState")?;
    let is_signed = match find("Signature")? {
        None => false,
        Some(signature) => {
            let algorithm = find("SigAlg")?.ok_or_else(|| unreadable("its signature has no algorithm"))?;
            // In this order and as it stands in the address, wherever it stands there.
            let mut signed = format!("{parameter}={}", message.raw);
            if let Some(state) = &relay_state {
                signed.extend(["&RelayState=", state.raw]);
            }
            signed.extend(["&SigAlg=", algorithm.raw]);
            let signature = decode_base64(&signature.value).ok_or_else(|| unreadable("its signature is no base64"))?;
            let is_own = |key: &Key| key.has_signed(signed.as_bytes(), &signature, &algorithm.value, believed);
            if !keys.iter().any(is_own) {
                return Err(Refusal::UnknownKey);
            }
            true
        }
    };
    let xml = inflate(&message.value)?;
    Ok(Some(RedirectMessage { xml, relay_state: relay_state.map(|state| state.value), is_signed }))
}

/// A parameter as it stands in the address, which is what is signed, and what it means.
struct Parameter<'a> {
    raw: &'a str,
    value: String,
}

/// A parameter that is there at most once: of several, one would be checked and another one used.
fn find_once<'a>(query: &'a str, name: &str) -> Result<Option<Parameter<'a>>, Refusal> {
    let mut found = None;
    for pair in query.split('&') {
        let Some((parameter, value)) = form_urlencoded::parse(pair.as_bytes()).next() else { continue };
        if parameter != name {
            continue;
        }
        let raw = pair.split_once('=').map_or("", |(_, raw)| raw);
        if found.replace(Parameter { raw, value: value.into_owned() }).is_some() {
            return Err(Refusal::Unreadable(format!("{name} is there several times")));
        }
    }
    Ok(found)
}

fn inflate(parameter: &str) -> Result<String, Refusal> {
    let bytes = decode_base64(parameter).ok_or_else(|| unreadable("it is no base64"))?;
    let mut message = Vec::new();
    let limit = u64::try_from(LONGEST_MESSAGE).unwrap_or(u64::MAX).saturating_add(1);
    let read = DeflateDecoder::new(bytes.as_slice()).take(limit).read_to_end(&mut message);
    read.map_err(|_| unreadable("it cannot be unfolded"))?;
    read_utf8(message)
}

fn read_utf8(bytes: Vec<u8>) -> Result<String, Refusal> {
    if bytes.len() > LONGEST_MESSAGE {
        return Err(unreadable("it is too long"));
    }
    String::from_utf8(bytes).map_err(|_| unreadable("it is no UTF-8"))
}
