//! What the operator decides, read once at the start from flags and environment variables.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use app::api::Permission;

use crate::api::DEFAULT_MAX_BODY_BYTES;
use crate::service::Settings;
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
        let settings = Settings {
            frontend_url: match variable("FRONTEND_URL") {
                Some(url) => read_url("FRONTEND_URL", url)?,
                None => defaults.frontend_url,
            },
            require_authentication: match variable("REQUIRE_AUTHENTICATION") {
                Some(text) => read_boolean("REQUIRE_AUTHENTICATION", &text)?,
                None => defaults.require_authentication,
            },
            version: variable("VERSION").unwrap_or(defaults.version),
            ignored_permissions,
            executions_per_reviewer: defaults.executions_per_reviewer,
            onboarding_key: None,
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

fn read_boolean(variable: &'static str, text: &str) -> Result<bool, ConfigError> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" | "" => Ok(false),
        _ => Err(ConfigError::new(variable, format!("'{text}' is neither true nor false"))),
    }
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
            let variables: Vec<_> = ignored.map(|value| ("IGNORE_PERMISSIONS", value)).into_iter().collect();
            let config = read(listen, &variables).unwrap();
            assert_eq!(config.settings.ignored_permissions.contains(&Permission::ViewTest), expected, "{listen}");
            assert_eq!(config.opened_reads, ignored.is_none() && expected);
            assert!(!config.settings.ignored_permissions.contains(&Permission::ChangeTest));
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
        ] {
            let error = read("127.0.0.1:1", &[(variable, value)]).unwrap_err().to_string();
            assert!(error.starts_with(variable) && error.contains(value) && error.lines().count() == 1, "{error}");
        }
    }
}
