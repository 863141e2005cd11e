//! Whole messages: responses that another implementation has signed (`fixtures/make.py`), and what is made of them when
//! somebody has had their hands on them.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Algorithms, Assertion, DecryptionKey, Envelope, Expected, IdentityProvider, LogoutMessage, Refusal, Unsolicited,
    authentication_request, logout_request, logout_response, read_logout, read_post, read_redirect, read_response,
    redirect,
};

const RSA_SHA256: &str = include_str!("fixtures/assertion_rsa_sha256.xml");
const RSA_SHA512: &str = include_str!("fixtures/response_rsa_sha512.xml");
const RSA_SHA1: &str = include_str!("fixtures/assertion_rsa_sha1.xml");
const RSA_1024: &str = include_str!("fixtures/assertion_rsa_1024.xml");
const P256: &str = include_str!("fixtures/assertion_p256_prefix.xml");
const P384: &str = include_str!("fixtures/both_p384.xml");
const GCM: &str = include_str!("fixtures/encrypted_gcm.xml");
const SIGNED_GCM: &str = include_str!("fixtures/encrypted_gcm_response.xml");
const CBC: &str = include_str!("fixtures/encrypted_cbc.xml");
const SIGNED_CBC: &str = include_str!("fixtures/encrypted_cbc_response.xml");
const WEAK_TRANSPORT: &str = include_str!("fixtures/encrypted_weak_transport.xml");

const CHANGED: Refusal = Refusal::Untrusted("it was changed after it was signed");
const MORE_THAN_ONCE: Refusal = Refusal::Untrusted("something that is read is there more than once");
const NOT_ASKED: Refusal = Refusal::Untrusted("this browser has not asked for it");

fn read_pem(file: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/api/saml_keys/{file}.pem", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn certificate(name: &str) -> String {
    read_pem(&format!("{name}.crt")).lines().filter(|line| !line.starts_with("-----")).collect()
}

fn metadata(certificates: &[&str]) -> String {
    let keys: Vec<String> = certificates
        .iter()
        .map(|name| {
            format!(
                "<KeyDescriptor use=\"signing\"><KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><X509Data>\
                 <X509Certificate>{}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>",
                certificate(name)
            )
        })
        .collect();
    let endpoint = |name: &str, binding: &str, location: &str| {
        let binding = format!("urn:oasis:names:tc:SAML:2.0:bindings:{binding}");
        format!("<{name} Binding=\"{binding}\" Location=\"https://idp.example/{location}\"/>")
    };
    format!(
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://idp.example/metadata\">\
         <IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">{}{}{}{}\
         </IDPSSODescriptor></EntityDescriptor>",
        keys.concat(),
        endpoint("SingleLogoutService", "HTTP-Redirect", "out?x=1"),
        endpoint("SingleSignOnService", "HTTP-POST", "post"),
        endpoint("SingleSignOnService", "HTTP-Redirect", "in"),
    )
}

fn provider() -> IdentityProvider {
    IdentityProvider::read(&metadata(&["stranger", "rsa", "p256", "p384", "small"])).unwrap()
}

fn now() -> DateTime<Utc> {
    "2031-05-04T03:02:03Z".parse().unwrap()
}

fn expected(provider: &IdentityProvider) -> Expected<'_> {
    Expected {
        provider,
        entity_id: "https://to.example",
        consumer_url: "https://to.example/v1/auth/saml/acs",
        request_id: Some("id-1"),
        unsolicited: Unsolicited::Refused,
        algorithms: Algorithms::Sha2,
        decryption_key: None,
        groups_attribute: None,
        now: now(),
    }
}

fn ana() -> Assertion {
    Assertion {
        id: "_assertion".to_owned(),
        valid_until: "2031-05-04T03:08:01.5Z".parse().unwrap(),
        email: "ana@example.org".to_owned(),
        name: "Ana & \"Béa\" > 😀".to_owned(),
        groups: Vec::new(),
    }
}

fn read(xml: &str) -> Result<Assertion, Refusal> {
    read_response(xml, &expected(&provider()))
}

#[test]
fn what_another_implementation_has_signed_is_believed() {
    for xml in [RSA_SHA256, RSA_SHA512, P256, P384] {
        assert_eq!(read(xml), Ok(ana()));
    }
}

#[test]
fn weak_signatures_are_believed_where_that_is_asked_for_or_not_at_all() {
    let provider = provider();
    let lenient = Expected { algorithms: Algorithms::Sha2AndSha1, ..expected(&provider) };
    let weak = Refusal::Untrusted("its signature has a digest by an algorithm that is not believed");
    assert_eq!(read(RSA_SHA1), Err(weak));
    assert_eq!(read_response(RSA_SHA1, &lenient), Ok(ana()));
    assert_eq!(read(RSA_1024), Err(Refusal::UnknownKey));
    assert_eq!(read_response(RSA_1024, &lenient), Err(Refusal::UnknownKey));
}

#[test]
fn only_keys_of_the_provider_count() {
    let provider = IdentityProvider::read(&metadata(&["stranger", "p384"])).unwrap();
    for (xml, is_own) in [(RSA_SHA256, false), (RSA_SHA512, false), (P256, false), (P384, true)] {
        assert_eq!(read_response(xml, &expected(&provider)), if is_own { Ok(ana()) } else { Err(Refusal::UnknownKey) });
    }
}

/// What was signed, and what somebody makes of it.
#[test]
fn what_was_signed_cannot_be_changed() {
    let unsigned = cut(RSA_SHA256, "<ds:Signature ", "</ds:Signature>");
    assert_eq!(read(&unsigned), Err(Refusal::Untrusted("nobody has signed it")));
    for (xml, from, to, expected) in [
        // Text, attributes and names, wherever the signature reaches.
        (RSA_SHA256, ">ana@example.org<", ">eve@example.org<", CHANGED),
        (RSA_SHA256, ">ana@example.org<", ">ana@example.org <", CHANGED),
        (RSA_SHA256, "Name=\"fullname\"", "Name=\"fullname\" x=\"\"", CHANGED),
        (RSA_SHA256, "<Audience>https://to.example<", "<Audience>https://other.example<", CHANGED),
        (RSA_SHA512, "Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"", "Value=\"x\"", CHANGED),
        (RSA_SHA512, "InResponseTo=\"id-1\" Destination", "InResponseTo=\"id-2\" Destination", CHANGED),
        (P256, "xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"", "xmlns:xs=\"urn:x\"", CHANGED),
        // The signature itself.
        (RSA_SHA256, "<ds:SignatureValue>", "<ds:SignatureValue>AAAA", Refusal::UnknownKey),
        (RSA_SHA256, "rsa-sha256\"", "rsa-sha512\"", Refusal::UnknownKey),
        (RSA_SHA256, "rsa-sha256\"", "hmac-sha256\"", Refusal::UnknownKey),
        (P256, "ecdsa-sha256\"", "ecdsa-sha384\"", Refusal::UnknownKey),
        (RSA_SHA256, "xmlenc#sha256\"", "xmlenc#sha512\"", CHANGED),
        (
            RSA_SHA256,
            "xmlenc#sha256\"",
            "xmldsig-more#md5\"",
            Refusal::Untrusted("its signature has a digest by an algorithm that is not believed"),
        ),
        (
            RSA_SHA256,
            "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"",
            "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"",
            Refusal::Untrusted("its signature is made over another form of XML than the exclusive canonical one"),
        ),
        (
            RSA_SHA256,
            "<ds:Transforms>",
            "<ds:Transforms><ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"/>",
            Refusal::Untrusted("its signature is about something made of the element, not about the element"),
        ),
        (
            RSA_SHA256,
            "</ds:SignedInfo>",
            "<ds:Reference/></ds:SignedInfo>",
            Refusal::Unreadable("Reference is there several times".to_owned()),
        ),
        (
            RSA_SHA256,
            "</ds:Signature>",
            "<ds:Object/></ds:Signature>",
            Refusal::Untrusted("its signature holds more than is needed"),
        ),
        (
            RSA_SHA256,
            "URI=\"#_assertion\"",
            "URI=\"\"",
            Refusal::Untrusted("its signature is about another element than the one it lies in"),
        ),
        (
            RSA_SHA256,
            "URI=\"#_assertion\"",
            "URI=\"#_response\"",
            Refusal::Untrusted("its signature is about another element than the one it lies in"),
        ),
        (
            RSA_SHA256,
            "ID=\"_assertion\"",
            "ID=\"_other\"",
            Refusal::Untrusted("its signature is about another element than the one it lies in"),
        ),
        // Two signatures: one that is good does not make up for one that is not.
        (P384, "<ds:SignatureValue>", "<ds:SignatureValue>AAAA", Refusal::UnknownKey),
        (P384, ">ana@example.org<", ">eve@example.org<", CHANGED),
    ] {
        assert!(xml.contains(from), "{from}");
        assert_eq!(read(&xml.replacen(from, to, 1)), Err(expected), "{to}");
    }
    // A comment is not signed: it must change nothing, and end no text.
    let commented = RSA_SHA256.replace("ana@example.org", "ana@<!-- -->example.org");
    assert_eq!(read(&commented), Ok(ana()));
}

/// A forged assertion beside, around or within the one that was signed.
#[test]
fn a_signed_assertion_lends_its_signature_to_no_other() {
    let signed = between(RSA_SHA256, "<Assertion ", "</Assertion>");
    let signature = between(RSA_SHA256, "<ds:Signature ", "</ds:Signature>");
    let unsigned = cut(signed, "<ds:Signature ", "</ds:Signature>");
    let forged = unsigned.replace("ana@", "eve@").replace("\"_assertion\"", "\"_forged\"");
    let same_id = unsigned.replace("ana@", "eve@");
    let several = Refusal::Unreadable("Assertion is there several times".to_owned());
    let elsewhere = Refusal::Untrusted("its signature is about another element than the one it lies in");
    for (attack, replacement, expected) in [
        ("before", format!("{forged}{signed}"), several.clone()),
        ("after", format!("{signed}{forged}"), several.clone()),
        ("same id", format!("{same_id}{signed}"), several),
        ("wrapped", forged.replace("<Subject>", &format!("{signed}<Subject>")), MORE_THAN_ONCE),
        ("in an extension", format!("<p:Extensions>{signed}</p:Extensions>{forged}"), MORE_THAN_ONCE),
        (
            "in advice",
            forged.replace("<Conditions ", &format!("<Advice>{signed}</Advice><Conditions ")),
            MORE_THAN_ONCE,
        ),
        (
            "in the signature",
            forged.replace(
                "<Subject>",
                &format!(
                    "{}<Subject>",
                    signature.replace("</ds:Signature>", &format!("<ds:Object>{unsigned}</ds:Object></ds:Signature>"))
                ),
            ),
            MORE_THAN_ONCE,
        ),
        ("signature moved", forged.replace("<Subject>", &format!("{signature}<Subject>")), elsewhere.clone()),
        ("signature moved, id too", same_id.replace("<Subject>", &format!("{signature}<Subject>")), CHANGED),
        ("signature beside", format!("{signature}{forged}"), elsewhere),
        (
            "signature too deep",
            signed
                .replace("<ds:Signature ", "<Advice><ds:Signature ")
                .replace("</ds:Signature>", "</ds:Signature></Advice>"),
            MORE_THAN_ONCE,
        ),
    ] {
        assert_eq!(read(&RSA_SHA256.replace(signed, &replacement)), Err(expected), "{attack}");
    }
    let within = format!(
        "<p:Response xmlns:p=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_outer\" Version=\"2.0\">\
        <p:Extensions>{}</p:Extensions>{forged}</p:Response>",
        between(RSA_SHA512, "<p:Response ", "</p:Response>")
    );
    assert_eq!(read(&within), Err(MORE_THAN_ONCE));
    let twin = RSA_SHA256.replace("<p:Status>", "<p:Extensions><x Id=\"_assertion\"/></p:Extensions><p:Status>");
    assert_eq!(read(&twin), Err(Refusal::Untrusted("two elements have the same ID")));
}

#[test]
fn what_is_encrypted_for_us_is_read_unless_a_stranger_could_learn_from_it() {
    let (provider, key, other) = (
        provider(),
        DecryptionKey::read(&read_pem("sp.key")).unwrap(),
        DecryptionKey::read(&read_pem("rsa.key")).unwrap(),
    );
    let with = |key| Expected { decryption_key: key, ..expected(&provider) };
    let secret = Refusal::Untrusted("its assertion cannot be decrypted");
    for (xml, expected) in [
        (GCM, Ok(ana())),
        (SIGNED_GCM, Ok(ana())),
        (SIGNED_CBC, Ok(ana())),
        (CBC, Err(secret.clone())),
        (WEAK_TRANSPORT, Err(secret.clone())),
    ] {
        assert_eq!(read_response(xml, &with(Some(&key))), expected);
    }
    assert_eq!(read_response(GCM, &with(Some(&other))), Err(secret.clone()));
    let unreadable = Refusal::Untrusted("its assertion is encrypted, and we have no key");
    assert_eq!(read_response(GCM, &with(None)), Err(unreadable));
    // A ciphertext that was changed, one whose signature was cut off, and one beside a forged assertion.
    let changed =
        GCM.replace("</CipherValue></CipherData></EncryptedData>", "AAAA</CipherValue></CipherData></EncryptedData>");
    assert_ne!(changed, GCM);
    assert_eq!(read_response(&changed, &with(Some(&key))), Err(secret));
    let cut_off = cut(SIGNED_GCM, "<ds:Signature ", "</ds:Signature>");
    assert_eq!(read_response(&cut_off, &with(Some(&key))), Err(Refusal::Untrusted("nobody has signed it")));
    let forged = cut(between(RSA_SHA256, "<Assertion ", "</Assertion>"), "<ds:Signature ", "</ds:Signature>");
    let beside = GCM.replace("</p:Response>", &format!("{forged}</p:Response>"));
    assert_eq!(read_response(&beside, &with(Some(&key))), Err(MORE_THAN_ONCE));
}

#[test]
fn a_key_is_read_as_pem_or_without_its_frame() {
    let pem = read_pem("sp.key");
    let bare: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let key = DecryptionKey::read(&pem);
    assert!(key.is_some() && key == DecryptionKey::read(&bare) && key == DecryptionKey::read(&pem.replace('\n', " ")));
    assert_eq!(format!("{key:?}"), "Some(DecryptionKey)");
    for text in ["", "x", &read_pem("sp.crt"), &read_pem("p256.key")] {
        assert_eq!(DecryptionKey::read(text), None, "{text}");
    }
}

#[test]
fn an_answer_is_for_us_and_for_now() {
    let provider = provider();
    let base = expected(&provider);
    let other = IdentityProvider { entity_id: "https://other.example".to_owned(), ..provider.clone() };
    let after = |seconds| now() + TimeDelta::seconds(seconds);
    for (expected, refusal) in [
        (base, None),
        (Expected { provider: &other, ..base }, Some("another identity provider has made it")),
        (Expected { entity_id: "https://to.example/", ..base }, Some("it is meant for somebody else")),
        (Expected { consumer_url: "https://to.example/acs", ..base }, Some("it is meant for another address")),
        (Expected { request_id: Some("id-2"), ..base }, Some("this browser has not asked for it")),
        (Expected { request_id: None, ..base }, Some("this browser has not asked for it")),
        (
            Expected { request_id: None, unsolicited: Unsolicited::Taken, ..base },
            Some("this browser has not asked for it"),
        ),
        // Valid from 03:01:31 to 03:07:01, a minute more on both sides.
        (Expected { now: after(-92), ..base }, None),
        (Expected { now: after(-93), ..base }, Some("its time has not begun")),
        (Expected { now: after(357), ..base }, None),
        (Expected { now: after(358), ..base }, Some("its time is over")),
        (Expected { now: after(9 * 3600), ..base }, Some("its time is over")),
    ] {
        let read = read_response(RSA_SHA256, &expected);
        assert_eq!(read, refusal.map_or_else(|| Ok(ana()), |reason| Err(Refusal::Untrusted(reason))), "{refusal:?}");
    }
    // What an unsigned part says can be changed by anybody, and is held against the signed part.
    let redirected = RSA_SHA256.replace("Destination=\"https://to.example/", "Destination=\"https://eve.example/");
    assert_eq!(read(&redirected), Err(Refusal::Untrusted("it is meant for another address")));
    let unasked = RSA_SHA256.replacen("InResponseTo=\"id-1\"", "InResponseTo=\"id-2\"", 1);
    assert_eq!(read(&unasked), Err(NOT_ASKED));
}

#[test]
fn a_provider_that_says_no_is_heard() {
    let refused = |code: &str| {
        read(&RSA_SHA256.replace("<p:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/>", code))
    };
    for (code, expected) in [
        ("<p:StatusCode Value=\"urn:x:Responder\"/>", Refusal::Unsuccessful("urn:x:Responder".to_owned())),
        (
            "<p:StatusCode Value=\"urn:x:Responder\"><p:StatusCode Value=\"urn:x:Denied\"/></p:StatusCode>",
            Refusal::Unsuccessful("urn:x:Responder, urn:x:Denied".to_owned()),
        ),
        ("", Refusal::Unreadable("StatusCode is missing".to_owned())),
    ] {
        assert_eq!(refused(code), Err(expected), "{code}");
    }
}

#[test]
fn metadata_names_one_provider_with_keys_that_are_understood() {
    let known = metadata(&["rsa"]);
    let provider = IdentityProvider::read(&known).unwrap();
    assert_eq!(provider.entity_id, "https://idp.example/metadata");
    assert_eq!(provider.sign_in_url, "https://idp.example/in");
    assert_eq!(provider.sign_out_url.as_deref(), Some("https://idp.example/out?x=1"));
    assert_eq!(provider.keys.len(), 1);
    let pair = format!(
        "<EntitiesDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\">{known}{known}</EntitiesDescriptor>"
    );
    for (text, expected) in [
        (known.replace("use=\"signing\"", ""), None),
        (known.replace("use=\"signing\"", "use=\"encryption\""), Some("it holds no certificate")),
        (known.replace("<X509Certificate>", "<X509Certificate>AAAA"), Some("it holds no certificate")),
        (known.replace("IDPSSODescriptor", "SPSSODescriptor"), Some("it does not describe one")),
        (pair.replacen(&known, "", 1), None),
        (pair, Some("it does not describe one")),
        (
            known.replace("https://idp.example/in\"", "javascript:alert(1)\""),
            Some("the identity provider cannot be asked"),
        ),
        (known.replace(" entityID=\"https://idp.example/metadata\"", ""), Some("the identity provider has no name")),
        (known.replace("entityID", "validUntil=\"soon\" entityID"), Some("a time is malformed")),
        ("<html/>".to_owned(), Some("it does not describe one")),
        ("Not Found".to_owned(), Some("")),
    ] {
        match (IdentityProvider::read(&text), expected) {
            (Ok(_), None) => {}
            (Err(Refusal::Unreadable(reason)), Some(expected)) => assert!(reason.starts_with(expected), "{reason}"),
            (read, _) => panic!("{expected:?}: {read:?}"),
        }
    }
    let ending = known.replace("entityID", "validUntil=\"2031-05-04T03:02:03Z\" entityID");
    let ending = IdentityProvider::read(&ending).unwrap();
    assert!(ending.is_valid(now() - TimeDelta::seconds(1)) && !ending.is_valid(now()) && provider.is_valid(now()));
}

#[test]
fn what_is_sent_by_an_address_is_read_from_it_again() {
    let envelope = Envelope {
        id: "id-1",
        entity_id: "https://to.example/?a&b",
        destination: "https://idp.example/out",
        now: now(),
    };
    let request = logout_request(&envelope, Some("ana&<b>@example.org"), "https://idp.example/metadata");
    let address = redirect("https://idp.example/out?x=1", "SAMLRequest", &request, Some("https://to.example/ü?a=b&c"));
    let address = url::Url::parse(&address.unwrap()).unwrap();
    assert!(address.query().unwrap().starts_with("x=1&SAMLRequest="));
    let message = read_redirect(address.query().unwrap(), &[], Algorithms::Sha2).unwrap().unwrap();
    assert_eq!((message.xml.as_str(), message.is_signed), (request.as_str(), false));
    assert_eq!(message.relay_state.as_deref(), Some("https://to.example/ü?a=b&c"));
    let provider = IdentityProvider { entity_id: "https://to.example/?a&b".to_owned(), ..provider() };
    let read = |xml: &str, url: &str| read_logout(xml, &provider, url, now());
    let response = logout_response(&envelope, "id-0");
    let here = "https://idp.example/out";
    for (xml, url, expected) in [
        (request.clone(), here, Ok(LogoutMessage::Request { id: "id-1".to_owned() })),
        (response.clone(), here, Ok(LogoutMessage::Response)),
        (response.clone(), "https://idp.example/other", Err(Refusal::Untrusted("it is meant for another address"))),
        (response.replace("?a&amp;b", ""), here, Err(Refusal::Untrusted("another identity provider has made it"))),
        (
            response.replace("status:Success", "status:X"),
            here,
            Err(Refusal::Unsuccessful("urn:oasis:names:tc:SAML:2.0:status:X".to_owned())),
        ),
        (
            request.replace(" Version", " NotOnOrAfter=\"2031-05-04T03:01:03Z\" Version"),
            here,
            Err(Refusal::Untrusted("its time is over")),
        ),
        (
            authentication_request(&envelope, "https://to.example/acs"),
            here,
            Err(Refusal::Unreadable("it is not about signing out".to_owned())),
        ),
    ] {
        assert_eq!(read(&xml, url), expected, "{xml}");
    }
}

#[test]
fn what_cannot_be_unpacked_is_said_to_be_unreadable() {
    let unreadable = |reason: &str| Err(Refusal::Unreadable(reason.to_owned()));
    assert_eq!(read_post("not base64!"), unreadable("it is no base64"));
    assert_eq!(read_post("/w=="), unreadable("it is no UTF-8"));
    assert_eq!(read_post("PGEv\n Pg=="), Ok("<a/>".to_owned()));
    // A few hundred bytes that unfold to a million.
    let bomb = redirect("https://x.example", "SAMLResponse", &"a".repeat(1_000_000), None).unwrap();
    let query = bomb.split_once('?').unwrap().1.to_owned();
    assert!(query.len() < 3_000);
    let read = |query: &str| read_redirect(query, &[], Algorithms::Sha2).map(|message| message.is_some());
    for (query, expected) in [
        ("", Ok(false)),
        ("RelayState=x", Ok(false)),
        (query.as_str(), unreadable_flag("it is too long")),
        ("SAMLResponse=////", unreadable_flag("it cannot be unfolded")),
        ("SAMLResponse=%", unreadable_flag("it is no base64")),
        ("SAMLResponse=a&SAMLResponse=b", unreadable_flag("SAMLResponse is there several times")),
        ("SAMLResponse=a&SAMLRequest=b", unreadable_flag("it is a request and a response")),
        ("SAMLResponse=a&Signature=b", unreadable_flag("its signature has no algorithm")),
        ("SAMLResponse=a&Signature=AAAA&SigAlg=x", Err(Refusal::UnknownKey)),
    ] {
        assert_eq!(read(query), expected, "{query}");
    }
}

fn unreadable_flag(reason: &str) -> Result<bool, Refusal> {
    Err(Refusal::Unreadable(reason.to_owned()))
}

/// From the first `begin` to the end of the last `end`.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    &text[text.find(begin).unwrap()..text.rfind(end).unwrap() + end.len()]
}

fn cut(text: &str, begin: &str, end: &str) -> String {
    text.replace(between(text, begin, end), "")
}
