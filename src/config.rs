//! What the operator decides, read once at the start from flags and environment variables.

mod oidc;
mod saml;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use app::api::Permission;

use crate::api::DEFAULT_MAX_BODY_BYTES;
use crate::service::{DEFAULT_SESSIONS_SECRET, Settings};
use crate::store::DbUrl;

/// Everything the server needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Its database.
    pub db: DbUrl,
    /// Largest body of a request, in bytes.
    pub max_body_bytes: usize,
    /// The folder with the dashboard's files; found beside the program when not said.
    pub site_root: Option<PathBuf>,
    /// What changes the use cases.
    pub settings: Settings,
    /// Whether reads were opened to everybody because nobody said anything about it.
    pub opened_reads: bool,
}

/// A variable whose value cannot be meant.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {problem}")]
pub struct ConfigError {
    variable: &'static str,
    problem: String,
}

impl ConfigError {
    fn new(variable: &'static str, problem: impl Into<String>) -> Self {
        Self { variable, problem: problem.into() }
    }
}

impl Config {
    /// Reads the variables; `variable` gives the value of one, if it is set at all.
    pub fn read(
        listen: SocketAddr,
        db: DbUrl,
        variable: impl Fn(&'static str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let defaults = Settings::default();
        let ignored = variable("IGNORE_PERMISSIONS").map(|names| read_permissions(&names)).transpose()?;
        // Nobody but this machine can reach it, and nobody said who may read: everybody may.
        let opened_reads = ignored.is_none() && listen.ip().is_loopback();
        let ignored_permissions = match ignored {
            Some(ignored) => ignored,
            None if opened_reads => Permission::ALL.iter().copied().filter(|permission| permission.is_read()).collect(),
            None => BTreeSet::new(),
        };
        let frontend_url = match variable("FRONTEND_URL") {
            Some(url) => read_url("FRONTEND_URL", url)?,
            None => defaults.frontend_url,
        };
        let settings = Settings {
            cors_origins: read_origins(&frontend_url, &variable("ADDITIONAL_CORS_ORIGINS").unwrap_or_default()),
            // Reads that are open because only this machine can connect are not open to every page its browser shows.
            public_reads: !opened_reads,
            saml: saml::read_saml(&variable)?,
            launchpad_api_url: saml::read_launchpad(&variable)?,
            oidc: oidc::read_oidc(&frontend_url, &variable)?,
            secure_cookies: match variable("SESSIONS_HTTPS_ONLY") {
                Some(text) => read_boolean("SESSIONS_HTTPS_ONLY", &text)?,
                None => defaults.secure_cookies,
            },
            local_accounts: match variable("LOCAL_ACCOUNTS") {
                Some(text) => read_boolean("LOCAL_ACCOUNTS", &text)?,
                None => defaults.local_accounts,
            },
            fold_start_test_seconds: match variable("FOLD_START_TEST_SECONDS") {
                Some(text) => read_seconds("FOLD_START_TEST_SECONDS", &text)?,
                None => defaults.fold_start_test_seconds,
            },
            frontend_url,
            require_authentication: match variable("REQUIRE_AUTHENTICATION") {
                Some(text) => read_boolean("REQUIRE_AUTHENTICATION", &text)?,
                None => defaults.require_authentication,
            },
            session_secrets: read_session_secrets(variable("SESSIONS_SECRET"), listen)?,
            version: variable("VERSION").unwrap_or(defaults.version),
            ignored_permissions,
            executions_per_reviewer: defaults.executions_per_reviewer,
            key_grace_seconds: match variable("KEY_GRACE_SECONDS") {
                Some(text) => read_seconds("KEY_GRACE_SECONDS", &text)?,
                None => defaults.key_grace_seconds,
            },
            failed_keys_per_minute: match variable("FAILED_KEYS_PER_MINUTE") {
                Some(text) => read_number("FAILED_KEYS_PER_MINUTE", &text)?,
                None => defaults.failed_keys_per_minute,
            },
            failed_logins_per_minute: match variable("FAILED_LOGINS_PER_MINUTE") {
                Some(text) => read_number("FAILED_LOGINS_PER_MINUTE", &text)?,
                None => defaults.failed_logins_per_minute,
            },
            event_streams: match variable("EVENT_STREAMS") {
                Some(text) => read_number("EVENT_STREAMS", &text)?,
                None => defaults.event_streams,
            },
            event_streams_per_client: match variable("EVENT_STREAMS_PER_CLIENT") {
                Some(text) => read_number("EVENT_STREAMS_PER_CLIENT", &text)?,
                None => defaults.event_streams_per_client,
            },
            event_recheck: defaults.event_recheck,
            shows_onboarding_key: listen.ip().is_loopback(),
        };
        Ok(Self {
            listen,
            db,
            max_body_bytes: match variable("MAX_BODY_BYTES") {
                Some(text) => read_size("MAX_BODY_BYTES", &text)?,
                None => DEFAULT_MAX_BODY_BYTES,
            },
            site_root: variable("SITE_ROOT").map(PathBuf::from),
            settings,
            opened_reads,
        })
    }
}

/// Reads a list of permissions: separated by commas, in any case, blanks dropped.
fn read_permissions(text: &str) -> Result<BTreeSet<Permission>, ConfigError> {
    let names = text.split(',').map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty());
    names
        .map(|name| {
            name.parse().map_err(|_| ConfigError::new("IGNORE_PERMISSIONS", format!("'{name}' is no permission")))
        })
        .collect()
}

/// Reads the secrets that sign session cookies, separated by commas. The one that everybody knows will not do where
/// strangers can connect: whoever knows the secret is whoever they like.
fn read_session_secrets(text: Option<String>, listen: SocketAddr) -> Result<Vec<String>, ConfigError> {
    let text = text.unwrap_or_else(|| DEFAULT_SESSIONS_SECRET.to_owned());
    let secrets: Vec<String> =
        text.split(',').map(str::trim).filter(|secret| !secret.is_empty()).map(str::to_owned).collect();
    if secrets.is_empty() {
        return Err(ConfigError::new("SESSIONS_SECRET", "it is empty: nobody could stay signed in"));
    }
    let is_known = secrets.iter().any(|secret| secret == DEFAULT_SESSIONS_SECRET);
    if is_known && !listen.ip().is_loopback() {
        let problem = format!("give a secret of your own to listen on {listen}: everybody knows the default");
        return Err(ConfigError::new("SESSIONS_SECRET", problem));
    }
    Ok(secrets)
}

fn read_boolean(variable: &'static str, text: &str) -> Result<bool, ConfigError> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" | "" => Ok(false),
        _ => Err(ConfigError::new(variable, format!("'{text}' is neither true nor false"))),
    }
}

/// The origins that may use the API with cookies: the dashboard's, and those of a list separated by commas.
fn read_origins(frontend_url: &str, additional: &str) -> Vec<String> {
    let of_frontend = url::Url::parse(frontend_url).map(|url| url.origin().ascii_serialization()).ok();
    let additional = additional.split(',').map(str::trim).filter(|origin| !origin.is_empty()).map(str::to_owned);
    of_frontend.into_iter().chain(additional).collect()
}

/// Reads a span of at most a day.
fn read_seconds(variable: &'static str, text: &str) -> Result<u64, ConfigError> {
    let seconds = text.trim().parse().ok().filter(|seconds| *seconds <= 86_400);
    seconds.ok_or_else(|| ConfigError::new(variable, format!("'{text}' is no number of seconds up to a day")))
}

fn read_number(variable: &'static str, text: &str) -> Result<u32, ConfigError> {
    text.trim().parse().map_err(|_| ConfigError::new(variable, format!("'{text}' is no number of 0 or more")))
}

fn read_size(variable: &'static str, text: &str) -> Result<usize, ConfigError> {
    let size = text.trim().parse().ok().filter(|size| *size > 0);
    size.ok_or_else(|| ConfigError::new(variable, format!("'{text}' is no number of bytes above 0")))
}

fn read_url(variable: &'static str, text: String) -> Result<String, ConfigError> {
    let is_web = url::Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if is_web { Ok(text) } else { Err(ConfigError::new(variable, format!("'{text}' is no http or https address"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(listen: &str, variables: &[(&'static str, &str)]) -> Result<Config, ConfigError> {
        let variables: std::collections::HashMap<_, _> = variables.iter().copied().collect();
        let db = DbUrl::Sqlite("x.db".into());
        Config::read(listen.parse().unwrap(), db, |name| variables.get(name).map(|value| (*value).to_owned()))
    }

    #[test]
    fn reads_are_open_on_loopback_unless_somebody_decided() {
        for (listen, ignored, expected) in [
            ("127.0.0.1:1", None, true),
            ("[::1]:1", None, true),
            ("0.0.0.0:1", None, false),
            ("127.0.0.1:1", Some(""), false),
            ("127.0.0.1:1", Some(" View_Test ,, view_artefact"), true),
        ] {
            let ignored_variable = ignored.map(|value| ("IGNORE_PERMISSIONS", value));
            let variables: Vec<_> = ignored_variable.into_iter().chain([("SESSIONS_SECRET", "own")]).collect();
            let config = read(listen, &variables).unwrap();
            assert_eq!(config.settings.ignored_permissions.contains(&Permission::ViewTest), expected, "{listen}");
            assert_eq!(config.opened_reads, ignored.is_none() && expected);
            assert!(!config.settings.ignored_permissions.contains(&Permission::ChangeTest));
        }
    }

    #[test]
    fn the_dashboard_and_those_listed_may_use_the_api_from_a_browser() {
        let variables =
            [("FRONTEND_URL", "https://to.example/x"), ("ADDITIONAL_CORS_ORIGINS", " https://a.example ,, http://b:1")];
        let origins = read("127.0.0.1:1", &variables).unwrap().settings.cors_origins;
        assert_eq!(origins, ["https://to.example", "https://a.example", "http://b:1"]);
    }

    #[test]
    fn strangers_need_a_secret_they_do_not_know() {
        for (listen, secret, expected) in [
            ("127.0.0.1:1", None, Ok(vec!["secret"])),
            ("0.0.0.0:1", None, Err(())),
            ("0.0.0.0:1", Some("secret"), Err(())),
            ("0.0.0.0:1", Some("new, secret"), Err(())),
            ("0.0.0.0:1", Some(" , "), Err(())),
            ("0.0.0.0:1", Some("new, old"), Ok(vec!["new", "old"])),
        ] {
            let variables: Vec<_> = secret.map(|secret| ("SESSIONS_SECRET", secret)).into_iter().collect();
            let secrets = read(listen, &variables).map(|config| config.settings.session_secrets).map_err(drop);
            assert_eq!(secrets, expected.map(|secrets| secrets.into_iter().map(str::to_owned).collect()), "{secret:?}");
        }
    }

    #[test]
    fn wrong_keys_are_limited_unless_somebody_decided() {
        for (value, expected) in [(None, 30), (Some("0"), 0), (Some(" 120 "), 120)] {
            let variables: Vec<_> = value.map(|value| ("FAILED_KEYS_PER_MINUTE", value)).into_iter().collect();
            assert_eq!(read("127.0.0.1:1", &variables).unwrap().settings.failed_keys_per_minute, expected);
        }
    }

    #[test]
    fn a_value_that_cannot_be_meant_is_named() {
        for (variable, value) in [
            ("IGNORE_PERMISSIONS", "view_tests"),
            ("REQUIRE_AUTHENTICATION", "yes"),
            ("MAX_BODY_BYTES", "64M"),
            ("MAX_BODY_BYTES", "0"),
            ("FRONTEND_URL", "test-observer.example"),
            ("FOLD_START_TEST_SECONDS", "soon"),
            ("KEY_GRACE_SECONDS", "soon"),
            ("FOLD_START_TEST_SECONDS", "86401"),
            ("FAILED_KEYS_PER_MINUTE", "many"),
            ("FAILED_KEYS_PER_MINUTE", "-1"),
            ("EVENT_STREAMS", "all"),
            ("EVENT_STREAMS_PER_CLIENT", "-1"),
        ] {
            let error = read("127.0.0.1:1", &[(variable, value)]).unwrap_err().to_string();
            assert!(error.starts_with(variable) && error.contains(value) && error.lines().count() == 1, "{error}");
        }
    }
}
