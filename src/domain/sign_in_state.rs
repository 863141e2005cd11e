//! The state of one attempt to sign in, as the browser keeps it meanwhile: `<time>.<state>.<signature>`.
//!
//! The browser can read the state, but neither write one nor use it for another purpose than it was made for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The name of the cookie that carries it.
pub const COOKIE_NAME: &str = "sign_in";
/// As long as an attempt may take, in seconds: ten minutes.
pub const LIFETIME_SECONDS: i64 = 600;

/// A state, signed for a purpose. Every character of it can stand in a cookie.
pub fn seal(secret: &str, purpose: &str, state: &str, now: DateTime<Utc>) -> String {
    let seconds = now.timestamp();
    let signature = mac(secret, purpose, seconds, state).map(|mac| URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
    format!("{seconds}.{}.{}", URL_SAFE_NO_PAD.encode(state), signature.unwrap_or_default())
}

/// The state that was sealed for this purpose, if one of the secrets did and it is neither too old nor from the future.
pub fn open(secrets: &[String], purpose: &str, sealed: &str, now: DateTime<Utc>) -> Option<String> {
    let (seconds, rest) = sealed.split_once('.')?;
    let (state, signature) = rest.split_once('.')?;
    let seconds: i64 = seconds.parse().ok()?;
    let state = String::from_utf8(URL_SAFE_NO_PAD.decode(state).ok()?).ok()?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    // Compares in constant time.
    let is_genuine =
        |secret: &String| mac(secret, purpose, seconds, &state).is_some_and(|mac| mac.verify_slice(&signature).is_ok());
    if !secrets.iter().any(is_genuine) {
        return None;
    }
    let age = now.timestamp().checked_sub(seconds)?;
    (0..=LIFETIME_SECONDS).contains(&age).then_some(state)
}

/// The first words keep apart what else the same secret signs.
fn mac(secret: &str, purpose: &str, seconds: i64, state: &str) -> Option<Hmac<Sha256>> {
    // Keys of every length are good.
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(format!("sign-in state\n{purpose}\n{seconds}\n{state}").as_bytes());
    Some(mac)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::{LIFETIME_SECONDS, open, seal};

    fn now() -> DateTime<Utc> {
        "2031-01-09T02:00:25Z".parse().unwrap()
    }

    #[test]
    fn a_state_comes_back_for_ten_minutes() {
        let secrets = ["new".to_owned(), "old".to_owned()];
        let state = "{\"return_to\":\"/snaps?q=\u{e9}\"}";
        for secret in ["new", "old"] {
            let sealed = seal(secret, "oidc", state, now());
            assert!(sealed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{sealed}");
            for (seconds, is_good) in [(0, true), (LIFETIME_SECONDS, true), (LIFETIME_SECONDS + 1, false), (-1, false)]
            {
                let opened = open(&secrets, "oidc", &sealed, now() + TimeDelta::seconds(seconds));
                assert_eq!(opened.as_deref(), is_good.then_some(state), "{secret} {seconds}");
            }
        }
    }

    #[test]
    fn what_was_sealed_otherwise_stays_closed() {
        let secrets = ["secret".to_owned()];
        let genuine = seal("secret", "oidc", "a", now());
        let (seconds, rest) = genuine.split_once('.').unwrap();
        let signature = rest.split_once('.').unwrap().1;
        let later = now().timestamp() + 1;
        for (name, sealed) in [
            ("another secret", seal("guess", "oidc", "a", now())),
            ("another purpose", seal("secret", "saml", "a", now())),
            ("a purpose that runs into the state", seal("secret", "oidc\na", "", now())),
            ("another state", format!("{seconds}.Yg.{signature}")),
            ("another time", format!("{later}.YQ.{signature}")),
            ("no signature", format!("{seconds}.YQ.")),
            ("no time", format!(".{rest}")),
            ("one part", "x".to_owned()),
            ("nothing", String::new()),
        ] {
            assert_eq!(open(&secrets, "oidc", &sealed, now() + TimeDelta::seconds(1)), None, "{name}");
        }
        assert_eq!(open(&[], "oidc", &genuine, now()), None);
    }
}
