//! An identity provider for tests: describes itself, and says about people whatever a test wants, signed or not.
//!
//! What it signs is written here in canonical form by hand, so that nothing of what is tested is used to test it.

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{StatusCode, Uri};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use flate2::read::DeflateDecoder;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaEncoding, RsaKeyPair,
};
use sha2::{Digest, Sha256, Sha512};
use url::Url;

pub(crate) const ENTITY_ID: &str = "https://idp.example/metadata";
pub(crate) const SIGN_IN_URL: &str = "https://idp.example/in?realm=1";
pub(crate) const SIGN_OUT_URL: &str = "https://idp.example/out";
/// What it knows the installation under test by.
pub(crate) const BASE_URL: &str = "https://to.example";
pub(crate) const CONSUMER_URL: &str = "https://to.example/v1/auth/saml/acs";

const ASSERTION_NAMESPACE: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const PROTOCOL_NAMESPACE: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const METADATA_NAMESPACE: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
const SIGNATURE_NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";
const CANONICAL: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";

/// Serves every path by a function until the test ends; the base address.
pub(crate) async fn serve(answer: impl Fn(&Uri) -> (u16, String) + Clone + Send + Sync + 'static) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(move |uri: Uri| {
        let (status, body) = answer(&uri);
        async move { (StatusCode::from_u16(status).unwrap(), body) }
    });
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    base
}

/// The provider's server.
pub(crate) struct Idp {
    pub(crate) metadata_url: String,
    answer: Arc<Mutex<(u16, String)>>,
    asked: Arc<AtomicUsize>,
}

impl Idp {
    /// Starts with one RSA key.
    pub(crate) async fn start() -> Self {
        let answer = Arc::new(Mutex::new((200, metadata(&["rsa"]))));
        let asked = Arc::new(AtomicUsize::new(0));
        let (shown, counted) = (answer.clone(), asked.clone());
        let base = serve(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            shown.lock().unwrap().clone()
        })
        .await;
        Self { metadata_url: format!("{base}/metadata"), answer, asked }
    }

    /// From now on describes itself otherwise.
    pub(crate) fn show(&self, status: u16, metadata: &str) {
        *self.answer.lock().unwrap() = (status, metadata.to_owned());
    }

    /// How often somebody wanted to know about it.
    pub(crate) fn times_asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// How the provider describes itself, with these keys.
pub(crate) fn metadata(keys: &[&str]) -> String {
    let keys: String = keys
        .iter()
        .map(|name| {
            let certificate = STANDARD.encode(pem(name, "crt"));
            format!(
                "<md:KeyDescriptor use=\"signing\"><ds:KeyInfo xmlns:ds=\"{SIGNATURE_NAMESPACE}\"><ds:X509Data>\
                 <ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            )
        })
        .collect();
    format!(
        "<md:EntityDescriptor xmlns:md=\"{METADATA_NAMESPACE}\" entityID=\"{ENTITY_ID}\">\
         <md:IDPSSODescriptor protocolSupportEnumeration=\"{PROTOCOL_NAMESPACE}\">{keys}\
         <md:SingleLogoutService Binding=\"{REDIRECT}\" Location=\"{SIGN_OUT_URL}\"/>\
         <md:SingleSignOnService Binding=\"{REDIRECT}\" Location=\"{SIGN_IN_URL}\"/>\
         </md:IDPSSODescriptor></md:EntityDescriptor>"
    )
}

/// The bytes of a key (`key`) or certificate (`crt`) of the folder beside this file.
fn pem(name: &str, kind: &str) -> Vec<u8> {
    let path = format!("{}/tests/api/saml_keys/{name}.{kind}.pem", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let base64: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(base64).unwrap()
}

/// What is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signed {
    Nothing,
    Assertion,
    Response,
    Both,
}

/// What the provider says: every text as it stands in the XML, and every part to be changed.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) now: DateTime<Utc>,
    pub(crate) response_id: String,
    pub(crate) assertion_id: String,
    pub(crate) version: &'static str,
    pub(crate) issuer: &'static str,
    pub(crate) assertion_issuer: &'static str,
    pub(crate) destination: Option<&'static str>,
    /// The request that the response answers, by its own word.
    pub(crate) answers: Option<String>,
    /// The same, by the word of the assertion.
    pub(crate) assertion_answers: Option<String>,
    pub(crate) status: &'static str,
    pub(crate) subject: String,
    pub(crate) method: &'static str,
    pub(crate) recipient: &'static str,
    /// Until when it may be handed in, in seconds from now.
    pub(crate) confirmed_until: Option<i64>,
    pub(crate) not_before: i64,
    pub(crate) not_on_or_after: i64,
    pub(crate) audiences: Vec<&'static str>,
    pub(crate) statement: String,
    pub(crate) attributes: String,
    pub(crate) signed: Signed,
    pub(crate) key: &'static str,
    pub(crate) algorithm: &'static str,
    pub(crate) digest: &'static str,
}

impl Said {
    /// That Ana has signed in, in answer to a request.
    pub(crate) fn about_ana(request_id: Option<&str>, now: DateTime<Utc>) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            now,
            response_id: format!("_r{number}"),
            assertion_id: format!("_a{number}"),
            version: "2.0",
            issuer: ENTITY_ID,
            assertion_issuer: ENTITY_ID,
            destination: Some(CONSUMER_URL),
            answers: request_id.map(str::to_owned),
            assertion_answers: request_id.map(str::to_owned),
            status: "urn:oasis:names:tc:SAML:2.0:status:Success",
            subject: name_id("ana@example.org"),
            method: "urn:oasis:names:tc:SAML:2.0:cm:bearer",
            recipient: CONSUMER_URL,
            confirmed_until: Some(300),
            not_before: -30,
            not_on_or_after: 300,
            audiences: vec![BASE_URL],
            statement: format!(
                "<saml:AuthnStatement AuthnInstant=\"{}\" SessionIndex=\"_s\"></saml:AuthnStatement>",
                time(now, 0)
            ),
            attributes: [attribute("email", "other@example.org"), attribute("fullname", "Ana Example")].concat(),
            signed: Signed::Assertion,
            key: "rsa",
            algorithm: "rsa-sha256",
            digest: "http://www.w3.org/2001/04/xmlenc#sha256",
        }
    }

    /// The assertion without a signature.
    pub(crate) fn assertion(&self) -> String {
        let Self { now, assertion_id, version, assertion_issuer, subject, method, recipient, statement, .. } = self;
        let answers = optional("InResponseTo", self.assertion_answers.as_deref());
        let until = self.confirmed_until.map(|seconds| time(*now, seconds));
        let until = optional("NotOnOrAfter", until.as_deref());
        let audiences: String =
            self.audiences.iter().map(|audience| format!("<saml:Audience>{audience}</saml:Audience>")).collect();
        let restriction = if audiences.is_empty() {
            String::new()
        } else {
            format!("<saml:AudienceRestriction>{audiences}</saml:AudienceRestriction>")
        };
        format!(
            "<saml:Assertion xmlns:saml=\"{ASSERTION_NAMESPACE}\" ID=\"{assertion_id}\" IssueInstant=\"{issued}\" \
             Version=\"{version}\"><saml:Issuer>{assertion_issuer}</saml:Issuer><saml:Subject>{subject}\
             <saml:SubjectConfirmation Method=\"{method}\"><saml:SubjectConfirmationData{answers}{until} \
             Recipient=\"{recipient}\"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>\
             <saml:Conditions NotBefore=\"{begin}\" NotOnOrAfter=\"{end}\">{restriction}</saml:Conditions>{statement}\
             <saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion>",
            issued = time(*now, 0),
            begin = time(*now, self.not_before),
            end = time(*now, self.not_on_or_after),
            attributes = self.attributes,
        )
    }

    /// The whole response.
    pub(crate) fn xml(&self) -> String {
        let mut assertion = self.assertion();
        if matches!(self.signed, Signed::Assertion | Signed::Both) {
            assertion = self.sign(&assertion, &self.assertion_id);
        }
        let response = self.response_around(&assertion);
        if matches!(self.signed, Signed::Response | Signed::Both) {
            return self.sign(&response, &self.response_id);
        }
        response
    }

    /// A response with something in the place of the assertion.
    pub(crate) fn response_around(&self, content: &str) -> String {
        format!(
            "<samlp:Response xmlns:samlp=\"{PROTOCOL_NAMESPACE}\"{destination} ID=\"{id}\"{answers} IssueInstant=\"{issued}\" \
             Version=\"{version}\"><saml:Issuer xmlns:saml=\"{ASSERTION_NAMESPACE}\">{issuer}</saml:Issuer>\
             <samlp:Status><samlp:StatusCode Value=\"{status}\"></samlp:StatusCode></samlp:Status>{content}</samlp:Response>",
            destination = optional("Destination", self.destination),
            id = self.response_id,
            answers = optional("InResponseTo", self.answers.as_deref()),
            issued = time(self.now, 0),
            version = self.version,
            issuer = self.issuer,
            status = self.status,
        )
    }

    /// Puts a signature into an element that is written in canonical form, behind its issuer.
    pub(crate) fn sign(&self, element: &str, id: &str) -> String {
        let signature = self.signature(element, id);
        element.replacen("</saml:Issuer>", &format!("</saml:Issuer>{signature}"), 1)
    }

    /// A signature over an element that is written in canonical form.
    pub(crate) fn signature(&self, element: &str, id: &str) -> String {
        let digest = match self.digest.rsplit_once('#') {
            Some((_, "sha512")) => STANDARD.encode(Sha512::digest(element)),
            _ => STANDARD.encode(Sha256::digest(element)),
        };
        let info = format!(
            "<ds:CanonicalizationMethod Algorithm=\"{CANONICAL}\"></ds:CanonicalizationMethod>\
             <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#{algorithm}\"></ds:SignatureMethod>\
             <ds:Reference URI=\"#{id}\"><ds:Transforms>\
             <ds:Transform Algorithm=\"{SIGNATURE_NAMESPACE}enveloped-signature\"></ds:Transform>\
             <ds:Transform Algorithm=\"{CANONICAL}\"></ds:Transform></ds:Transforms>\
             <ds:DigestMethod Algorithm=\"{method}\"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue>\
             </ds:Reference></ds:SignedInfo>",
            algorithm = self.algorithm,
            method = self.digest,
        );
        let value =
            sign(self.key, self.algorithm, &format!("<ds:SignedInfo xmlns:ds=\"{SIGNATURE_NAMESPACE}\">{info}"));
        format!(
            "<ds:Signature xmlns:ds=\"{SIGNATURE_NAMESPACE}\"><ds:SignedInfo>{info}\
             <ds:SignatureValue>{value}</ds:SignatureValue></ds:Signature>"
        )
    }
}

/// The form that the provider's page makes a browser post.
pub(crate) fn form(xml: &str, relay_state: Option<&str>) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("SAMLResponse", &STANDARD.encode(xml));
    if let Some(state) = relay_state {
        form.append_pair("RelayState", state);
    }
    form.finish()
}

/// The query of an address with a message in it, signed by the key if one is named.
pub(crate) fn query(parameter: &str, xml: &str, relay_state: Option<&str>, key: Option<&str>) -> String {
    let mut encoder = flate2::read::DeflateEncoder::new(xml.as_bytes(), flate2::Compression::default());
    let mut deflated = Vec::new();
    encoder.read_to_end(&mut deflated).unwrap();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair(parameter, &STANDARD.encode(deflated));
    if let Some(state) = relay_state {
        query.append_pair("RelayState", state);
    }
    let Some(key) = key else { return query.finish() };
    let signed = query.append_pair("SigAlg", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256").finish();
    let signature: String = url::form_urlencoded::byte_serialize(sign(key, "rsa-sha256", &signed).as_bytes()).collect();
    format!("{signed}&Signature={signature}")
}

/// The message in an address that a browser is sent to, and the state that goes with it.
pub(crate) fn sent(location: &str, parameter: &str) -> (String, Option<String>) {
    let url = Url::parse(location).unwrap();
    let find = |name: &str| url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned());
    let mut message = String::new();
    let bytes = STANDARD.decode(find(parameter).unwrap()).unwrap();
    DeflateDecoder::new(bytes.as_slice()).read_to_string(&mut message).unwrap();
    (message, find("RelayState"))
}

/// The value of an attribute of a message's first element that has it.
pub(crate) fn attribute_of(xml: &str, name: &str) -> String {
    let (_, rest) = xml.split_once(&format!(" {name}=\"")).unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

pub(crate) fn name_id(text: &str) -> String {
    format!("<saml:NameID Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\">{text}</saml:NameID>")
}

pub(crate) fn attribute(name: &str, value: &str) -> String {
    format!("<saml:Attribute Name=\"{name}\"><saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>")
}

/// A message about signing out, to the installation under test.
pub(crate) fn logout(kind: &str, issuer: &str, destination: &str, content: &str, now: DateTime<Utc>) -> String {
    format!(
        "<samlp:{kind} xmlns:samlp=\"{PROTOCOL_NAMESPACE}\" xmlns:saml=\"{ASSERTION_NAMESPACE}\" ID=\"_out\" Version=\"2.0\" \
         IssueInstant=\"{issued}\" Destination=\"{destination}\"><saml:Issuer>{issuer}</saml:Issuer>{content}</samlp:{kind}>",
        issued = time(now, 0),
    )
}

fn optional(name: &str, value: Option<&str>) -> String {
    value.map(|value| format!(" {name}=\"{value}\"")).unwrap_or_default()
}

pub(crate) fn time(now: DateTime<Utc>, seconds: i64) -> String {
    (now + TimeDelta::seconds(seconds)).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A signature in base64.
fn sign(key: &str, algorithm: &str, message: &str) -> String {
    let random = SystemRandom::new();
    let der = pem(key, "key");
    if key == "p256" {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &random).unwrap();
        return STANDARD.encode(pair.sign(&random, message.as_bytes()).unwrap());
    }
    let pair = RsaKeyPair::from_pkcs8(&der).unwrap();
    let encoding: &'static dyn RsaEncoding =
        if algorithm == "rsa-sha512" { &RSA_PKCS1_SHA512 } else { &RSA_PKCS1_SHA256 };
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(encoding, &random, message.as_bytes(), &mut signature).unwrap();
    STANDARD.encode(signature)
}
