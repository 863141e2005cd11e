//! Assertions that an identity provider encrypts for this installation alone.

use std::fmt;

use aes::{Aes128, Aes256};
use cbc::Decryptor;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use roxmltree::Node;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::{Oaep, PrivateKey};
use sha1::Sha1;
use sha2::Sha256;

use super::xml::{attribute, decode_base64, find_child, get_child, is, text};
use super::{Name, Refusal, SIGNATURE_NAMESPACE};

const ENCRYPTION: &str = "http://www.w3.org/2001/04/xmlenc#";
const ENCRYPTION_11: &str = "http://www.w3.org/2009/xmlenc11#";
const ENCRYPTED_DATA: Name = (ENCRYPTION, "EncryptedData");
const ENCRYPTED_KEY: Name = (ENCRYPTION, "EncryptedKey");
const METHOD: Name = (ENCRYPTION, "EncryptionMethod");
const CIPHER_DATA: Name = (ENCRYPTION, "CipherData");
const CIPHER_VALUE: Name = (ENCRYPTION, "CipherValue");
const MASK: Name = (ENCRYPTION_11, "MGF");
const DIGEST_METHOD: Name = (SIGNATURE_NAMESPACE, "DigestMethod");
/// As many keys are tried: a message may be for several readers, and anybody can send one with thousands.
const MOST_KEYS: usize = 4;
const BLOCK: usize = 16;

/// Where the ciphertext comes from, as far as that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The identity provider has signed it.
    Provider,
    /// Anybody may have made it, and may learn from what is said about it.
    Anybody,
}

/// The private key of this installation.
#[derive(Clone, PartialEq, Eq)]
pub struct DecryptionKey(PrivateKey);

impl fmt::Debug for DecryptionKey {
    /// Nothing of the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DecryptionKey")
    }
}

impl DecryptionKey {
    /// Reads an RSA key as PEM, or the base64 of one alone: PKCS #8 or PKCS #1, not encrypted.
    pub fn read(text: &str) -> Option<Self> {
        let der = decode_base64(text.split("-----").nth(2).unwrap_or(text))?;
        let key = PrivateKey::from_pkcs8_der(&der).ok().or_else(|| PrivateKey::from_pkcs1_der(&der).ok());
        key.map(Self)
    }

    /// The key that a content is encrypted with. Only OAEP: of other ways a stranger can find out the key by asking often.
    fn unwrap(&self, wrapped: Node<'_, '_>) -> Option<Vec<u8>> {
        let method = find_child(wrapped, METHOD).ok()??;
        let mask = match attribute(method, "Algorithm")?.rsplit_once('#')? {
            (_, "rsa-oaep-mgf1p") => "mgf1sha1",
            (_, "rsa-oaep") => find_name(method, MASK).unwrap_or("mgf1sha1"),
            _ => return None,
        };
        let bytes = cipher_value(wrapped)?;
        match (find_name(method, DIGEST_METHOD).unwrap_or("sha1"), mask) {
            ("sha1", "mgf1sha1") => self.0.decrypt(Oaep::<Sha1>::new(), &bytes).ok(),
            ("sha256", "mgf1sha256") => self.0.decrypt(Oaep::<Sha256>::new(), &bytes).ok(),
            ("sha1", "mgf1sha256") => self.0.decrypt(Oaep::<Sha1, Sha256>::new_with_mgf_hash(), &bytes).ok(),
            ("sha256", "mgf1sha1") => self.0.decrypt(Oaep::<Sha256, Sha1>::new_with_mgf_hash(), &bytes).ok(),
            _ => None,
        }
    }
}

/// Decrypts what an element holds. One answer to everything that goes wrong: how it does would tell about the content.
pub(super) fn decrypt(encrypted: Node<'_, '_>, key: &DecryptionKey, origin: Origin) -> Result<String, Refusal> {
    let data = get_child(encrypted, ENCRYPTED_DATA)?;
    let mut keys = encrypted.descendants().filter(|node| is(*node, ENCRYPTED_KEY)).take(MOST_KEYS);
    let content = keys.find_map(|wrapped| key.unwrap(wrapped)).and_then(|key| open(data, &key, origin));
    let content = content.and_then(|bytes| String::from_utf8(bytes).ok());
    content.ok_or(Refusal::Untrusted("its assertion cannot be decrypted"))
}

fn open(data: Node<'_, '_>, key: &[u8], origin: Origin) -> Option<Vec<u8>> {
    let method = find_child(data, METHOD).ok()??;
    let bytes = cipher_value(data)?;
    match (attribute(method, "Algorithm")?.rsplit_once('#')?.1, origin) {
        ("aes128-gcm", _) => open_gcm(&AES_128_GCM, key, &bytes),
        ("aes256-gcm", _) => open_gcm(&AES_256_GCM, key, &bytes),
        // Nothing in this mode shows that a ciphertext was changed: whoever may change it can read it step by step.
        ("aes128-cbc", Origin::Provider) => open_cbc::<Decryptor<Aes128>>(key, &bytes),
        ("aes256-cbc", Origin::Provider) => open_cbc::<Decryptor<Aes256>>(key, &bytes),
        _ => None,
    }
}

fn open_gcm(algorithm: &'static Algorithm, key: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
    let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
    let mut sealed = sealed.to_vec();
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    key.open_in_place(nonce, Aad::empty(), &mut sealed).ok().map(|content| content.to_vec())
}

/// The last byte says how many bytes at the end are none of the content.
fn open_cbc<M: KeyIvInit + BlockModeDecrypt>(key: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    let (start, encrypted) = bytes.split_at_checked(BLOCK)?;
    let mut content = encrypted.to_vec();
    let length = M::new_from_slices(key, start).ok()?.decrypt_padded::<NoPadding>(&mut content).ok()?.len();
    let padding = usize::from(*content.last()?);
    let end = length.checked_sub(padding).filter(|_| (1..=BLOCK).contains(&padding))?;
    content.truncate(end);
    Some(content)
}

/// The name of an algorithm, without the address before it.
fn find_name<'a>(method: Node<'a, '_>, name: Name) -> Option<&'a str> {
    attribute(find_child(method, name).ok()??, "Algorithm")?.rsplit_once('#').map(|(_, name)| name)
}

fn cipher_value(encrypted: Node<'_, '_>) -> Option<Vec<u8>> {
    let value = find_child(find_child(encrypted, CIPHER_DATA).ok()??, CIPHER_VALUE).ok()??;
    decode_base64(&text(value).ok()?)
}
