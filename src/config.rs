//! What the operator decides, read once at the start from flags and environment variables.

mod exposure;
mod issue_sync;
mod jira;
mod metrics;
mod oidc;
mod retention;
mod saml;
mod upstream;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use app::api::{FamilyName, Permission};
use url::{Host, Url};

pub use metrics::MetricsConfig;
pub use retention::read_retention;
pub use saml::read_launchpad_url;

use crate::api::DEFAULT_MAX_BODY_BYTES;
use crate::domain::hosts::is_loopback_url;
use crate::service::Settings;
use crate::store::{DbUrl, SLOW_STATEMENT};

/// Everything the server needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Its database.
    pub db: DbUrl,
    /// Largest body of a request, in bytes.
    pub max_body_bytes: usize,
    /// The folder with the dashboard's files; those that were compiled in, or lie beside the program, when not said.
    pub site_root: Option<PathBuf>,
    /// Where metrics are told, if anywhere.
    pub metrics: Option<MetricsConfig>,
    /// Statements that take longer are written into the log.
    pub slow_statement: Duration,
    /// What changes the use cases.
    pub settings: Settings,
    /// Whether reads were opened to everybody because nobody said anything about it.
    pub opened_reads: bool,
    /// Whether nobody but this machine can reach it: it listens to no other, and no proxy publishes it.
    pub is_alone: bool,
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
        // Nobody but this machine can connect, and nobody said who may read: everybody may.
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
        let strangers = exposure::describe_strangers(listen, &frontend_url);
        let is_alone = strangers.is_none();
        let session_secrets = exposure::read_session_secrets(variable("SESSIONS_SECRET"), strangers.as_deref())?;
        let settings = Settings {
            cors_origins: read_origins(&frontend_url, &variable("ADDITIONAL_CORS_ORIGINS").unwrap_or_default()),
            // Reads that are open because only this machine can connect are not open to every page its browser shows.
            public_reads: !opened_reads,
            proxies: exposure::read_proxies(&variable("TRUSTED_PROXIES").unwrap_or_default())?,
            saml: saml::read_saml(&variable)?,
            launchpad_api_url: saml::read_launchpad(&variable)?,
            launchpad_teams: variable("LAUNCHPAD_TEAMS").map(|names| read_names(&names)),
            upstream: upstream::read_upstream(&variable)?,
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
            session_secrets,
            version: variable("VERSION").unwrap_or(defaults.version),
            tabs: match variable("TABS") {
                Some(names) => read_tabs(&names)?,
                None => defaults.tabs,
            },
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
            periodic_tasks: match variable("DISABLE_PERIODIC_TASKS") {
                Some(text) => !read_boolean("DISABLE_PERIODIC_TASKS", &text)?,
                None => defaults.periodic_tasks,
            },
            issue_sync: issue_sync::read_issue_sync(&variable)?,
            jira: jira::read_jira(&variable)?,
            retention: read_retention(&variable)?,
            webhook_hosts: Arc::new(read_hosts(&variable("WEBHOOK_HOSTS").unwrap_or_default())?),
            shows_onboarding_key: is_alone,
        };
        Ok(Self {
            listen,
            db,
            max_body_bytes: match variable("MAX_BODY_BYTES") {
                Some(text) => read_size("MAX_BODY_BYTES", &text)?,
                None => DEFAULT_MAX_BODY_BYTES,
            },
            site_root: variable("SITE_ROOT").map(PathBuf::from),
            metrics: metrics::read_metrics(listen, &variable)?,
            slow_statement: match variable("SLOW_STATEMENT_MS") {
                Some(text) => read_patience("SLOW_STATEMENT_MS", &text)?,
                None => SLOW_STATEMENT,
            },
            settings,
            opened_reads,
            is_alone,
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

/// Reads the families that the dashboard offers, by the first segments of their pages: `snaps, debs`; none is a list, too.
fn read_tabs(text: &str) -> Result<Vec<FamilyName>, ConfigError> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    let family = |name: &str| FamilyName::ALL.iter().copied().find(|family| family.path() == name);
    names
        .map(|name| family(name).ok_or_else(|| ConfigError::new("TABS", format!("'{name}' is no family's page"))))
        .collect()
}

/// The parts of a list separated by commas, blanks dropped.
fn read_list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Names of teams, separated by commas.
fn read_names(text: &str) -> BTreeSet<String> {
    read_list(text).into_iter().collect()
}

/// Names and addresses of machines, separated by commas: neither with a port nor as part of an address.
fn read_hosts(text: &str) -> Result<BTreeSet<String>, ConfigError> {
    let read = |text: String| match Host::parse(&text).or_else(|_| Host::parse(&format!("[{text}]"))) {
        Ok(host) => Ok(host.to_string().trim_matches(['[', ']']).to_owned()),
        Err(_) => Err(ConfigError::new("WEBHOOK_HOSTS", format!("'{text}' is no name or address of a machine"))),
    };
    read_list(text).into_iter().map(read).collect()
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
    let of_frontend = Url::parse(frontend_url).map(|url| url.origin().ascii_serialization()).ok();
    of_frontend.into_iter().chain(read_list(additional)).collect()
}

/// Reads a span of at most a day.
fn read_seconds(variable: &'static str, text: &str) -> Result<u64, ConfigError> {
    let seconds = text.trim().parse().ok().filter(|seconds| *seconds <= 86_400);
    seconds.ok_or_else(|| ConfigError::new(variable, format!("'{text}' is no number of seconds up to a day")))
}

fn read_number(variable: &'static str, text: &str) -> Result<u32, ConfigError> {
    text.trim().parse().map_err(|_| ConfigError::new(variable, format!("'{text}' is no number of 0 or more")))
}

/// Reads a span in milliseconds; 0 means that nothing takes too long.
fn read_patience(variable: &'static str, text: &str) -> Result<Duration, ConfigError> {
    match read_number(variable, text)? {
        0 => Ok(Duration::MAX),
        millis => Ok(Duration::from_millis(millis.into())),
    }
}

fn read_size(variable: &'static str, text: &str) -> Result<usize, ConfigError> {
    let size = text.trim().parse().ok().filter(|size| *size > 0);
    size.ok_or_else(|| ConfigError::new(variable, format!("'{text}' is no number of bytes above 0")))
}

fn read_url(variable: &'static str, text: String) -> Result<String, ConfigError> {
    let is_web = Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if is_web { Ok(text) } else { Err(ConfigError::new(variable, format!("'{text}' is no http or https address"))) }
}

/// Reads an address that is asked what is believed: whoever is between us and another machine could be it, unless what they say
/// is encrypted.
fn read_safe_url(variable: &'static str, text: String) -> Result<String, ConfigError> {
    let problem = |problem: &str| ConfigError::new(variable, format!("'{text}' {problem}"));
    let url = Url::parse(&text).map_err(|_| problem("is no address"))?;
    match url.scheme() {
        "https" => Ok(text),
        "http" if is_loopback_url(&url) => Ok(text),
        "http" => Err(problem("is not safe: outside of this machine it has to begin with https://")),
        _ => Err(problem("is no http or https address")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many characters as a secret needs where strangers come.
    const OWN: &str = "0123456789abcdef0123456789abcdef";

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
            let variables: Vec<_> = ignored_variable.into_iter().chain([("SESSIONS_SECRET", OWN)]).collect();
            let config = read(listen, &variables).unwrap();
            assert_eq!(config.settings.ignored_permissions.contains(&Permission::ViewTest), expected, "{listen}");
            assert_eq!(config.opened_reads, ignored.is_none() && expected);
            assert!(!config.settings.ignored_permissions.contains(&Permission::ChangeTest));
        }
    }

    #[test]
    fn the_dashboard_and_those_listed_may_use_the_api_from_a_browser() {
        let variables = [
            ("FRONTEND_URL", "https://to.example/x"),
            ("ADDITIONAL_CORS_ORIGINS", " https://a.example ,, http://b:1"),
            ("SESSIONS_SECRET", OWN),
        ];
        let origins = read("127.0.0.1:1", &variables).unwrap().settings.cors_origins;
        assert_eq!(origins, ["https://to.example", "https://a.example", "http://b:1"]);
    }

    #[test]
    fn who_is_not_alone_shows_no_key() {
        for (listen, frontend_url, expected) in [
            ("127.0.0.1:1", "http://localhost:30001", true),
            ("[::1]:1", "http://127.0.0.1:1", true),
            ("127.0.0.1:1", "https://to.example", false),
            ("127.0.0.1:1", "http://192.0.2.1:30000", false),
            ("192.0.2.1:1", "http://localhost:30001", false),
        ] {
            let config = read(listen, &[("FRONTEND_URL", frontend_url), ("SESSIONS_SECRET", OWN)]).unwrap();
            assert_eq!((config.is_alone, config.settings.shows_onboarding_key), (expected, expected), "{frontend_url}");
        }
    }

    #[test]
    fn teams_of_launchpad_are_all_unless_somebody_lists_them() {
        for (value, expected) in [(None, None), (Some(""), Some(vec![])), (Some("b, ,a"), Some(vec!["a", "b"]))] {
            let variables: Vec<_> = value.map(|value| ("LAUNCHPAD_TEAMS", value)).into_iter().collect();
            let teams = read("127.0.0.1:1", &variables).unwrap().settings.launchpad_teams;
            assert_eq!(teams, expected.map(|names| names.into_iter().map(str::to_owned).collect()), "{value:?}");
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
    fn the_dashboard_offers_the_families_that_somebody_chose() {
        for (value, expected) in [
            (None, FamilyName::ALL),
            (Some("images, snaps,"), &[FamilyName::Image, FamilyName::Snap][..]),
            (Some(""), &[]),
        ] {
            let variables: Vec<_> = value.map(|value| ("TABS", value)).into_iter().collect();
            assert_eq!(read("127.0.0.1:1", &variables).unwrap().settings.tabs, expected);
        }
    }

    #[test]
    fn each_variable_has_a_setting_of_its_own() {
        // A number or a letter case of its own for each, so that none is read for another.
        let config = read(
            "127.0.0.1:1",
            &[
                ("REQUIRE_AUTHENTICATION", "TRUE"),
                ("SESSIONS_HTTPS_ONLY", "False"),
                ("LOCAL_ACCOUNTS", " true "),
                ("DISABLE_PERIODIC_TASKS", "true"),
                ("FOLD_START_TEST_SECONDS", "11"),
                ("KEY_GRACE_SECONDS", "12"),
                ("FAILED_LOGINS_PER_MINUTE", "13"),
                ("EVENT_STREAMS", "14"),
                ("EVENT_STREAMS_PER_CLIENT", "15"),
                ("MAX_BODY_BYTES", "16"),
                ("SLOW_STATEMENT_MS", "17"),
                ("VERSION", "1.18"),
                ("SITE_ROOT", "/site"),
            ],
        );
        let config = config.unwrap();
        let settings = &config.settings;
        assert!(settings.require_authentication && settings.local_accounts);
        assert!(!settings.secure_cookies && !settings.periodic_tasks);
        assert_eq!((settings.fold_start_test_seconds, settings.key_grace_seconds), (11, 12));
        let limits = [settings.failed_logins_per_minute, settings.event_streams, settings.event_streams_per_client];
        assert_eq!((limits, settings.failed_keys_per_minute), ([13, 14, 15], 30));
        assert_eq!((config.max_body_bytes, config.slow_statement), (16, Duration::from_millis(17)));
        assert_eq!((settings.version.as_str(), config.site_root), ("1.18", Some(PathBuf::from("/site"))));
    }

    #[test]
    fn switches_are_true_or_false_in_any_case() {
        type Switch = (&'static str, bool, fn(&Settings) -> bool);
        let switches: [Switch; 4] = [
            ("SESSIONS_HTTPS_ONLY", true, |settings| settings.secure_cookies),
            ("REQUIRE_AUTHENTICATION", false, |settings| settings.require_authentication),
            ("LOCAL_ACCOUNTS", false, |settings| settings.local_accounts),
            ("DISABLE_PERIODIC_TASKS", false, |settings| !settings.periodic_tasks),
        ];
        for (variable, default, of) in switches {
            assert_eq!(of(&read("127.0.0.1:1", &[]).unwrap().settings), default, "{variable}");
            for (value, expected) in [("true", true), ("True", true), (" TRUE ", true), ("FALSE", false), ("", false)] {
                let settings = read("127.0.0.1:1", &[(variable, value)]).unwrap().settings;
                assert_eq!(of(&settings), expected, "{variable} {value:?}");
            }
        }
    }

    #[test]
    fn hosts_are_named_as_addresses_spell_them() {
        let hosts = read("127.0.0.1:1", &[("WEBHOOK_HOSTS", "Chat.EXAMPLE, 10.0.0.7,::1, [FD00::1],")]).unwrap();
        let hosts: Vec<&str> = hosts.settings.webhook_hosts.iter().map(String::as_str).collect();
        assert_eq!(hosts, ["10.0.0.7", "::1", "chat.example", "fd00::1"]);
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
            ("TABS", "snap"),
            ("TRUSTED_PROXIES", "proxy.example"),
            ("EVENT_STREAMS", "all"),
            ("EVENT_STREAMS_PER_CLIENT", "-1"),
            ("DISABLE_PERIODIC_TASKS", "yes"),
            ("WEBHOOK_HOSTS", "https://chat.example"),
            ("WEBHOOK_HOSTS", "chat.example:8065"),
            ("JIRA_API_URL", "http://jira.example"),
            ("SLOW_STATEMENT_MS", "1s"),
            ("RETENTION_LOGS_DAYS", "soon"),
        ] {
            let error = read("127.0.0.1:1", &[(variable, value)]).unwrap_err().to_string();
            assert!(error.starts_with(variable) && error.contains(value) && error.lines().count() == 1, "{error}");
        }
    }
}
