//! The cookie that says which session a browser is in: `<payload>.<timestamp>.<signature>`.
//!
//! The form is that of the signer other servers of this API use, byte for byte, so that sessions survive a change of
//! the server.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha1::{Digest, Sha1};

/// The cookie's name.
pub const NAME: &str = "session";
/// As long as a cookie is good, in seconds: two weeks.
pub const LIFETIME_SECONDS: i64 = 1_209_600;

#[derive(Deserialize)]
struct Payload {
    id: i64,
}

/// The value of the cookie for a session.
pub fn sign(session_id: i64, secret: &str, now: DateTime<Utc>) -> String {
    let payload = STANDARD.encode(format!("{{\"id\": {session_id}}}"));
    let seconds = now.timestamp().to_be_bytes();
    let timestamp = seconds.iter().position(|byte| *byte != 0).map_or(&[][..], |first| &seconds[first..]);
    let signed = format!("{payload}.{}", URL_SAFE_NO_PAD.encode(timestamp));
    let signature = mac(&signed, secret).map(|mac| URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
    format!("{signed}.{}", signature.unwrap_or_default())
}

/// The session that a cookie names, if one of the secrets signed it and it is neither too old nor from the future.
pub fn verify(cookie: &str, secrets: &[String], now: DateTime<Utc>) -> Option<i64> {
    let (signed, signature) = cookie.rsplit_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    // Compares in constant time.
    let is_genuine = |secret: &String| mac(signed, secret).is_some_and(|mac| mac.verify_slice(&signature).is_ok());
    if !secrets.iter().any(is_genuine) {
        return None;
    }
    let (payload, timestamp) = signed.rsplit_once('.')?;
    let age = now.timestamp().checked_sub(read_timestamp(timestamp)?)?;
    if !(0..=LIFETIME_SECONDS).contains(&age) {
        return None;
    }
    let payload = STANDARD.decode(payload).ok()?;
    serde_json::from_slice::<Payload>(&payload).ok().map(|payload| payload.id)
}

fn mac(signed: &str, secret: &str) -> Option<Hmac<Sha1>> {
    let key = Sha1::digest(format!("itsdangerous.Signersigner{secret}"));
    // Keys of every length are good.
    let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(&key).ok()?;
    mac.update(signed.as_bytes());
    Some(mac)
}

fn read_timestamp(text: &str) -> Option<i64> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let mut seconds = [0; 8];
    let start = seconds.len().checked_sub(bytes.len())?;
    seconds[start..].copy_from_slice(&bytes);
    Some(i64::from_be_bytes(seconds))
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use chrono::{DateTime, TimeDelta, Utc};
    use hmac::Mac;

    use super::{LIFETIME_SECONDS, mac, sign, verify};

    fn now() -> DateTime<Utc> {
        "2026-01-09T02:00:25Z".parse().unwrap()
    }

    #[test]
    fn a_cookie_names_its_session_for_two_weeks() {
        let secrets = ["new".to_owned(), "old".to_owned()];
        for secret in ["new", "old"] {
            let cookie = sign(42, secret, now());
            for (seconds, expected) in
                [(0, Some(42)), (LIFETIME_SECONDS, Some(42)), (LIFETIME_SECONDS + 1, None), (-1, None)]
            {
                assert_eq!(
                    verify(&cookie, &secrets, now() + TimeDelta::seconds(seconds)),
                    expected,
                    "{secret} {seconds}"
                );
            }
        }
    }

    #[test]
    fn the_form_is_the_one_that_is_known() {
        let cookie = sign(42, "example", now());
        assert_eq!(cookie, "eyJpZCI6IDQyfQ==.aWBhOQ.5zKuroHl6xYCuvODKL657Q2oP8o");
    }

    /// A cookie of that payload, signed as others may have done it.
    fn signed(payload: &str, timestamp: &[u8]) -> String {
        let signed = format!("{payload}.{}", URL_SAFE_NO_PAD.encode(timestamp));
        let signature = mac(&signed, "secret").unwrap().finalize().into_bytes();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    #[test]
    fn a_payload_that_is_signed_counts_however_it_is_spelt() {
        let seconds = now().timestamp().to_be_bytes();
        for (payload, expected) in [
            (r#"{"id": 42}"#, Some(42)),
            (r#"{"id":42}"#, Some(42)),
            (r#"{"of": [1], "id": 42, "at": null}"#, Some(42)),
            (r#"{"id": -1}"#, Some(-1)),
            ("{}", None),
            (r#"{"ID": 42}"#, None),
            (r#"{"id": null}"#, None),
            (r#"{"id": 1.5}"#, None),
            (r#"{"id": 9223372036854775808}"#, None),
            ("42", None),
            ("null", None),
            ("", None),
        ] {
            let cookie = signed(&STANDARD.encode(payload), &seconds);
            assert_eq!(verify(&cookie, &["secret".to_owned()], now()), expected, "{payload}");
        }
        let good = STANDARD.encode(r#"{"id": 42}"#);
        let too_long = [&[0][..], &seconds[..]].concat();
        // Zeros before a time do not change it; what is no time, and what is no base64, names nothing.
        for (payload, timestamp, expected) in [
            (good.as_str(), &seconds[..], Some(42)),
            (good.as_str(), &seconds[4..], Some(42)),
            (good.as_str(), &too_long[..], None),
            (good.as_str(), &[][..], None),
            (good.trim_end_matches('='), &seconds[..], None),
            (r#"{"id": 42}"#, &seconds[..], None),
        ] {
            let cookie = signed(payload, timestamp);
            assert_eq!(verify(&cookie, &["secret".to_owned()], now()), expected, "{cookie}");
        }
    }

    #[test]
    fn what_nobody_signed_names_nothing() {
        let secrets = ["secret".to_owned()];
        let genuine = sign(42, "secret", now());
        let other = sign(7, "secret", now());
        let swapped = format!("{}.{}", other.rsplit_once('.').unwrap().0, genuine.rsplit_once('.').unwrap().1);
        for cookie in ["", "x", "a.b.c", "null", swapped.as_str(), sign(42, "guess", now()).as_str()] {
            assert_eq!(verify(cookie, &secrets, now()), None, "{cookie}");
        }
    }
}
