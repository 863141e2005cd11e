//! XML signatures, as far as SAML needs them: one that lies in the element it signs, and signs all of it but itself.

use roxmltree::Node;

use super::canonical::canonicalize;
use super::key::{Algorithms, Key};
use super::xml::{attribute, decode_base64, find_child, get_child, is, text};
use super::{Name, Refusal, SIGNATURE, SIGNATURE_NAMESPACE};

const CANONICAL: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const INCLUSIVE_NAMESPACES: Name = (CANONICAL, "InclusiveNamespaces");

const SIGNED_INFO: Name = (SIGNATURE_NAMESPACE, "SignedInfo");
const SIGNATURE_VALUE: Name = (SIGNATURE_NAMESPACE, "SignatureValue");
const KEY_INFO: Name = (SIGNATURE_NAMESPACE, "KeyInfo");
const CANONICALIZATION_METHOD: Name = (SIGNATURE_NAMESPACE, "CanonicalizationMethod");
const SIGNATURE_METHOD: Name = (SIGNATURE_NAMESPACE, "SignatureMethod");
const REFERENCE: Name = (SIGNATURE_NAMESPACE, "Reference");
const TRANSFORMS: Name = (SIGNATURE_NAMESPACE, "Transforms");
const TRANSFORM: Name = (SIGNATURE_NAMESPACE, "Transform");
const DIGEST_METHOD: Name = (SIGNATURE_NAMESPACE, "DigestMethod");
const DIGEST_VALUE: Name = (SIGNATURE_NAMESPACE, "DigestValue");

/// Whether an element bears a signature. One that it bears has to be good: made by one of the keys, over this very element.
pub(super) fn check(element: Node<'_, '_>, keys: &[Key], believed: Algorithms) -> Result<bool, Refusal> {
    let Some(signature) = find_child(element, SIGNATURE)? else { return Ok(false) };
    // What else a signature may hold, objects above all, is where wrapped elements hide.
    only(signature, &[SIGNED_INFO, SIGNATURE_VALUE, KEY_INFO])?;
    let info = get_child(signature, SIGNED_INFO)?;
    only(info, &[CANONICALIZATION_METHOD, SIGNATURE_METHOD, REFERENCE])?;
    check_reference(element, signature, get_child(info, REFERENCE)?, believed)?;

    let method = get_child(info, CANONICALIZATION_METHOD)?;
    if algorithm(method) != CANONICAL {
        return Err(Refusal::Untrusted(
            "its signature is made over another form of XML than the exclusive canonical one",
        ));
    }
    let signed = canonicalize(info, &prefixes(method)?, None);
    let value = decode(get_child(signature, SIGNATURE_VALUE)?)?;
    let method = algorithm(get_child(info, SIGNATURE_METHOD)?);
    if keys.iter().any(|key| key.has_signed(signed.as_bytes(), &value, method, believed)) {
        return Ok(true);
    }
    Err(Refusal::UnknownKey)
}

/// Whether the digest in a reference is that of the element around the signature.
fn check_reference(
    element: Node<'_, '_>,
    signature: Node<'_, '_>,
    reference: Node<'_, '_>,
    believed: Algorithms,
) -> Result<(), Refusal> {
    only(reference, &[TRANSFORMS, DIGEST_METHOD, DIGEST_VALUE])?;
    let target = attribute(reference, "URI").and_then(|uri| uri.strip_prefix('#')).filter(|target| !target.is_empty());
    if target.is_none() || target != attribute(element, "ID") {
        return Err(Refusal::Untrusted("its signature is about another element than the one it lies in"));
    }
    let transforms = get_child(reference, TRANSFORMS)?;
    only(transforms, &[TRANSFORM])?;
    let steps: Vec<Node<'_, '_>> = transforms.children().filter(Node::is_element).collect();
    let [enveloped, canonical] = steps[..] else { return Err(unknown_transforms()) };
    if algorithm(enveloped) != ENVELOPED || algorithm(canonical) != CANONICAL {
        return Err(unknown_transforms());
    }
    let written = canonicalize(element, &prefixes(canonical)?, Some(signature.id()));
    let method = algorithm(get_child(reference, DIGEST_METHOD)?);
    let digest = believed.digest(method, written.as_bytes());
    let digest = digest.ok_or(Refusal::Untrusted("its signature has a digest by an algorithm that is not believed"))?;
    if digest != decode(get_child(reference, DIGEST_VALUE)?)? {
        return Err(Refusal::Untrusted("it was changed after it was signed"));
    }
    Ok(())
}

fn unknown_transforms() -> Refusal {
    Refusal::Untrusted("its signature is about something made of the element, not about the element")
}

fn algorithm<'a>(method: Node<'a, '_>) -> &'a str {
    attribute(method, "Algorithm").unwrap_or_default()
}

/// The prefixes that a canonical form has to declare whether they are used or not.
fn prefixes<'a>(method: Node<'a, '_>) -> Result<Vec<&'a str>, Refusal> {
    let list = find_child(method, INCLUSIVE_NAMESPACES)?.and_then(|list| attribute(list, "PrefixList"));
    Ok(list.unwrap_or_default().split_ascii_whitespace().collect())
}

fn decode(node: Node<'_, '_>) -> Result<Vec<u8>, Refusal> {
    decode_base64(&text(node)?).ok_or_else(|| Refusal::Unreadable(format!("{} is no base64", node.tag_name().name())))
}

/// Refuses elements of other names in an element.
fn only(node: Node<'_, '_>, names: &[Name]) -> Result<(), Refusal> {
    let mut children = node.children().filter(Node::is_element);
    if children.all(|child| names.iter().any(|name| is(child, *name))) {
        return Ok(());
    }
    Err(Refusal::Untrusted("its signature holds more than is needed"))
}
