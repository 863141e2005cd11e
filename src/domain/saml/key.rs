//! The keys identity providers sign with, and the algorithms that are believed.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
    VerificationAlgorithm,
};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::Decode;
use x509_cert::der::asn1::ObjectIdentifier;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ELLIPTIC_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

const MORE_ALGORITHMS: &str = "http://www.w3.org/2001/04/xmldsig-more#";
const RSA_SHA1: &str = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";

/// Which algorithms are believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithms {
    /// SHA-256, SHA-384 and SHA-512, with RSA or ECDSA.
    #[default]
    Sha2,
    /// SHA-1 with RSA as well, which can be forged with much effort: for identity providers that know nothing better.
    Sha2AndSha1,
}

impl Algorithms {
    /// The digest of some bytes by an algorithm's name; nothing where that is not believed.
    pub(super) fn digest(self, algorithm: &str, bytes: &[u8]) -> Option<Vec<u8>> {
        match algorithm {
            "http://www.w3.org/2001/04/xmlenc#sha256" => Some(Sha256::digest(bytes).to_vec()),
            "http://www.w3.org/2001/04/xmldsig-more#sha384" => Some(Sha384::digest(bytes).to_vec()),
            "http://www.w3.org/2001/04/xmlenc#sha512" => Some(Sha512::digest(bytes).to_vec()),
            "http://www.w3.org/2000/09/xmldsig#sha1" if self == Self::Sha2AndSha1 => Some(Sha1::digest(bytes).to_vec()),
            _ => None,
        }
    }

    /// How a kind of key makes signatures under an algorithm's name; nothing where that is not believed. What the name says
    /// counts for nothing that the key is not made for.
    fn verification(self, kind: Kind, algorithm: &str) -> Option<&'static dyn VerificationAlgorithm> {
        let method: &'static dyn VerificationAlgorithm = match (kind, algorithm.strip_prefix(MORE_ALGORITHMS)) {
            (Kind::Rsa, Some("rsa-sha256")) => &RSA_PKCS1_2048_8192_SHA256,
            (Kind::Rsa, Some("rsa-sha384")) => &RSA_PKCS1_2048_8192_SHA384,
            (Kind::Rsa, Some("rsa-sha512")) => &RSA_PKCS1_2048_8192_SHA512,
            (Kind::P256, Some("ecdsa-sha256")) => &ECDSA_P256_SHA256_FIXED,
            (Kind::P384, Some("ecdsa-sha384")) => &ECDSA_P384_SHA384_FIXED,
            (Kind::Rsa, None) if self == Self::Sha2AndSha1 && algorithm == RSA_SHA1 => {
                &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY
            }
            _ => return None,
        };
        Some(method)
    }
}

/// A key that signatures are checked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    kind: Kind,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
}

impl Key {
    /// The key of an X.509 certificate in DER: RSA, or ECDSA on P-256 or P-384. Nothing else of the certificate counts: it is
    /// trusted because the provider's metadata holds it, however old it is and whoever signed it.
    pub fn of_certificate(der: &[u8]) -> Option<Self> {
        let certificate = CertificateInner::<Raw>::from_der(der).ok()?;
        let info = certificate.tbs_certificate().subject_public_key_info();
        let curve = || info.algorithm.parameters.as_ref()?.decode_as::<ObjectIdentifier>().ok();
        let kind = match info.algorithm.oid {
            oid if oid == RSA => Kind::Rsa,
            oid if oid == ELLIPTIC_CURVE && curve() == Some(P256) => Kind::P256,
            oid if oid == ELLIPTIC_CURVE && curve() == Some(P384) => Kind::P384,
            _ => return None,
        };
        Some(Self { kind, bytes: info.subject_public_key.raw_bytes().to_vec() })
    }

    /// Whether this key signed a message, by an algorithm that is believed. RSA keys below 2,048 bits sign nothing.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8], algorithm: &str, believed: Algorithms) -> bool {
        believed
            .verification(self.kind, algorithm)
            .is_some_and(|method| UnparsedPublicKey::new(method, &self.bytes).verify(message, signature).is_ok())
    }
}
