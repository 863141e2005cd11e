//! What an identity provider says of itself: who it is, where it is asked, and which keys are its own.

use chrono::{DateTime, Utc};
use roxmltree::Node;
use url::Url;

use super::key::Key;
use super::xml::{attribute, children, decode_base64, get_child, is, parse, text, unreadable};
use super::{METADATA_NAMESPACE, Name, Refusal, SIGNATURE_NAMESPACE, read_time};

const ENTITY: Name = (METADATA_NAMESPACE, "EntityDescriptor");
const PROVIDER: Name = (METADATA_NAMESPACE, "IDPSSODescriptor");
const KEY: Name = (METADATA_NAMESPACE, "KeyDescriptor");
const SIGN_IN: Name = (METADATA_NAMESPACE, "SingleSignOnService");
const SIGN_OUT: Name = (METADATA_NAMESPACE, "SingleLogoutService");
const CERTIFICATE: Name = (SIGNATURE_NAMESPACE, "X509Certificate");
const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";

/// An identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityProvider {
    /// What it calls itself.
    pub entity_id: String,
    /// Where browsers are sent to sign in.
    pub sign_in_url: String,
    /// Where browsers are sent to sign out, if it takes that.
    pub sign_out_url: Option<String>,
    /// Where browsers are sent with the answer to its own wish that somebody signs out, when that is another place.
    pub sign_out_answer_url: Option<String>,
    /// The keys it signs with, old and new.
    pub keys: Vec<Key>,
    /// From then on this is not known any longer.
    pub valid_until: Option<DateTime<Utc>>,
}

impl IdentityProvider {
    /// Reads the metadata of one identity provider. It is believed as it stands: it has to come from where nobody else can
    /// write.
    pub fn read(metadata: &str) -> Result<Self, Refusal> {
        let document = parse(metadata)?;
        let root = document.root_element();
        let mut entities = root.descendants().filter(|node| is(*node, ENTITY) && children(*node, PROVIDER).count() > 0);
        let (Some(entity), None) = (entities.next(), entities.next()) else {
            return Err(unreadable("it does not describe one identity provider"));
        };
        let provider = get_child(entity, PROVIDER)?;
        let entity_id = attribute(entity, "entityID").filter(|id| !id.is_empty());
        let sign_out = find_endpoint(provider, SIGN_OUT);
        let keys: Vec<Key> = children(provider, KEY).flat_map(read_keys).collect();
        if keys.is_empty() {
            return Err(unreadable("it holds no certificate for signatures with a key that is understood"));
        }
        let valid_until = [root, entity, provider].into_iter().filter_map(|node| attribute(node, "validUntil"));
        let valid_until: Vec<DateTime<Utc>> = valid_until.map(read_time).collect::<Result<_, _>>()?;
        Ok(Self {
            entity_id: entity_id.ok_or_else(|| unreadable("the identity provider has no name"))?.to_owned(),
            sign_in_url: find_endpoint(provider, SIGN_IN)
                .and_then(|endpoint| read_url(endpoint, "Location"))
                .ok_or_else(|| unreadable("the identity provider cannot be asked by redirecting a browser"))?,
            sign_out_url: sign_out.and_then(|endpoint| read_url(endpoint, "Location")),
            sign_out_answer_url: sign_out.and_then(|endpoint| read_url(endpoint, "ResponseLocation")),
            keys,
            valid_until: valid_until.into_iter().min(),
        })
    }

    /// Whether this is still known at a moment.
    pub fn is_valid(&self, now: DateTime<Utc>) -> bool {
        self.valid_until.is_none_or(|end| now < end)
    }
}

fn find_endpoint<'a, 'input>(provider: Node<'a, 'input>, name: Name) -> Option<Node<'a, 'input>> {
    children(provider, name).find(|endpoint| attribute(*endpoint, "Binding") == Some(REDIRECT))
}

fn read_url(endpoint: Node<'_, '_>, name: &str) -> Option<String> {
    let url = attribute(endpoint, name)?;
    Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")).then(|| url.to_owned())
}

/// The keys of a descriptor that are understood; none of one that is for encryption alone.
fn read_keys(descriptor: Node<'_, '_>) -> Vec<Key> {
    if attribute(descriptor, "use").is_some_and(|purpose| purpose != "signing") {
        return Vec::new();
    }
    let certificates = descriptor.descendants().filter(|node| is(*node, CERTIFICATE));
    let ders = certificates.filter_map(|certificate| decode_base64(&text(certificate).ok()?));
    ders.filter_map(|der| Key::of_certificate(&der)).collect()
}
