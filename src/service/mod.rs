//! The use cases: rights, transaction, order of steps. Knows neither HTTP nor SQL.

mod application_keys;
pub mod applications;
pub mod artefacts;
mod attachment_rules;
mod audit_log;
mod badges;
mod beside;
mod end_test;
pub mod entity_tag;
pub mod environment_reviews;
mod environments;
mod event_slots;
pub mod events;
mod execution_contexts;
mod execution_metadata;
pub mod getting_started;
pub mod import;
mod issue_attachments;
mod issues;
mod jira_cards;
pub mod jobs;
mod kept_artefacts;
mod kernel_tracker;
mod known_issues;
mod launchpad;
pub mod local_accounts;
mod matching_rules;
pub mod notifications;
pub mod oidc;
mod own_reviews;
pub mod pattern_trials;
mod promotion;
mod reported_issues;
pub mod reports;
pub mod rerun_requests;
pub mod retention;
mod reviewer_assignment;
mod rule_applications;
mod rule_cache;
pub mod saml;
mod saml_provider;
mod session;
pub mod sign_in;
mod status_updates;
mod team_rules;
mod teams;
mod test_cases;
mod test_execution_search;
pub mod test_executions;
pub mod test_result_counts;
pub mod test_result_search;
pub mod test_results;
mod text_index;
mod users;
mod webhook_deliveries;
mod webhook_messages;
mod webhooks;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use app::api::{FamilyName, Permission};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::clock::Clock;
use crate::domain::access::Granter;
use crate::domain::attempts::Attempts;
use crate::domain::hosts::is_own_host;
use crate::domain::proxies::Proxies;
use crate::domain::retention::RetentionSettings;
use crate::integrations::calls::LazyClient;
use crate::integrations::http_client::LazyHttp;
use crate::integrations::jira::JiraSettings;
use crate::integrations::tracker::TrackerMemory;
use crate::integrations::upstream::{UpstreamMemory, UpstreamSettings};
use crate::store::{Db, StoreError};

/// What the use cases need: the database, the clock, chance, and the settings that change what they do.
#[derive(Clone)]
pub struct Service {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Clock,
    /// What the operator decided.
    pub settings: Arc<Settings>,
    rng: Arc<Mutex<StdRng>>,
    rules: Arc<rule_cache::RuleCache>,
    trial_limits: pattern_trials::TrialLimits,
    /// Reports that may be written at a time.
    reports: Arc<tokio::sync::Semaphore>,
    last_uses: Arc<application_keys::LastUses>,
    oidc: Arc<crate::integrations::oidc::OidcProvider>,
    /// What calls other systems.
    http: Arc<LazyHttp>,
    /// What calls Jira.
    jira_client: Arc<LazyClient>,
    /// What posts to webhooks.
    webhook_client: Arc<LazyClient>,
    /// Whether it has been said that nobody is told in Jira.
    jira_silence: Arc<OnceLock<()>>,
    /// The SAML identity provider as it is known.
    saml: Arc<saml_provider::KnownProvider>,
    /// Keys that were nobody's, by the address they came from.
    failed_keys: Arc<Mutex<Attempts>>,
    /// Wrong passwords and other failed sign-ins, by the address they came from.
    failed_logins: Arc<Mutex<Attempts>>,
    /// Who follows events.
    event_slots: Arc<event_slots::EventSlots>,
    /// Jobs that are asked to run before they are due.
    job_wakes: Arc<jobs::Wakes>,
    /// What is remembered of the trackers of issues.
    trackers: Arc<TrackerMemory>,
    /// What is remembered of where artefacts are published.
    upstream: Arc<UpstreamMemory>,
    /// The key for first steps that this process has shown.
    onboarding_key: Arc<tokio::sync::Mutex<Option<String>>>,
}

/// What cookies are signed with when nobody said anything: good enough where only this machine can connect.
pub const DEFAULT_SESSIONS_SECRET: &str = "secret";

/// What the operator decided about the use cases.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own that an operator sets")]
pub struct Settings {
    /// Where people open the dashboard: the base of links in notifications.
    pub frontend_url: String,
    /// Whether those endpoints that need no permission need a caller who is somebody.
    pub require_authentication: bool,
    /// Permissions that are asked of nobody.
    pub ignored_permissions: BTreeSet<Permission>,
    /// What session cookies are signed with: the first signs, all are believed.
    pub session_secrets: Vec<String>,
    /// Origins whose pages may use the API with their visitors' cookies.
    pub cors_origins: Vec<String>,
    /// Whether what everybody may read is for everybody: pages of any origin, and whatever name they call this installation by.
    /// Not where reads are open because only this machine can connect.
    pub public_reads: bool,
    /// Proxies whose word about where requests come from counts.
    pub proxies: Proxies,
    /// As long as byte-identical starts of one caller are the same start, in seconds; 0 for never.
    pub fold_start_test_seconds: u64,
    /// As many executions as one reviewer is asked to look at.
    pub executions_per_reviewer: usize,
    /// The build's version.
    pub version: String,
    /// The families that the dashboard offers, in its order.
    pub tabs: Vec<FamilyName>,
    /// Whether cookies stay off connections that others can read.
    pub secure_cookies: bool,
    /// Whether people may sign in with a password or a link made here.
    pub local_accounts: bool,
    /// The OpenID Connect provider that people sign in at.
    pub oidc: Option<crate::integrations::oidc::OidcSettings>,
    /// Signing in by SAML.
    pub saml: saml::SamlSettings,
    /// Where Launchpad is asked who signs in by SAML; nowhere when it has no say.
    pub launchpad_api_url: Option<String>,
    /// Teams at Launchpad that become teams though there are none of that name; nothing where all do.
    pub launchpad_teams: Option<BTreeSet<String>>,
    /// Where artefacts are published and planned.
    pub upstream: UpstreamSettings,
    /// As long as a key that was replaced is good, in seconds; 0 for not at all.
    pub key_grace_seconds: u64,
    /// As many keys that are nobody's one address may try in a minute; 0 for any number.
    pub failed_keys_per_minute: u32,
    /// As many sign-ins of one address may fail in a minute; 0 for any number.
    pub failed_logins_per_minute: u32,
    /// As many streams of events may be open at a time.
    pub event_streams: u32,
    /// As many of them each user, application or address may have.
    pub event_streams_per_client: u32,
    /// How often it is looked whether who follows events still may.
    pub event_recheck: Duration,
    /// Whether this process takes part in running the jobs.
    pub periodic_tasks: bool,
    /// How issues are brought up to date; not at all without.
    pub issue_sync: Option<jobs::issue_sync::IssueSyncSettings>,
    /// The Jira that is told who reviews what.
    pub jira: Option<JiraSettings>,
    /// How long logs, results and executions are kept; for ever without.
    pub retention: Option<RetentionSettings>,
    /// Machines that webhooks may lead to though they are in the operator's own network: names and addresses in lower case.
    pub webhook_hosts: Arc<BTreeSet<String>>,
    /// Whether people who open a new installation are shown a key; only while it listens on loopback alone.
    pub shows_onboarding_key: bool,
}

impl Settings {
    /// Permissions that are asked of nobody who calls this installation by a name. Where reads are open because only this
    /// machine can connect, they are open under its own names alone: a foreign page whose name was made to lead here would read
    /// with its visitor's browser. What sends no name is no browser.
    pub fn ignored_under(&self, host: Option<&str>) -> &BTreeSet<Permission> {
        static NONE: BTreeSet<Permission> = BTreeSet::new();
        let is_own = || host.is_none_or(|host| is_own_host(host, &self.frontend_url));
        if self.public_reads || is_own() { &self.ignored_permissions } else { &NONE }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            frontend_url: "http://localhost:30001".to_owned(),
            require_authentication: false,
            ignored_permissions: BTreeSet::new(),
            session_secrets: vec![DEFAULT_SESSIONS_SECRET.to_owned()],
            cors_origins: vec!["http://localhost:30001".to_owned()],
            public_reads: true,
            proxies: Proxies::default(),
            fold_start_test_seconds: 0,
            executions_per_reviewer: crate::domain::assignment::EXECUTIONS_PER_REVIEWER,
            version: "0.0.0".to_owned(),
            tabs: FamilyName::ALL.to_vec(),
            secure_cookies: true,
            local_accounts: false,
            oidc: None,
            saml: saml::SamlSettings::default(),
            launchpad_api_url: None,
            launchpad_teams: None,
            upstream: UpstreamSettings::default(),
            key_grace_seconds: 0,
            failed_keys_per_minute: 30,
            failed_logins_per_minute: 10,
            event_streams: 500,
            event_streams_per_client: 20,
            event_recheck: Duration::from_mins(1),
            periodic_tasks: true,
            issue_sync: None,
            jira: None,
            retention: None,
            webhook_hosts: Arc::default(),
            shows_onboarding_key: false,
        }
    }
}

/// Why a use case did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// What the request is about does not exist.
    #[error("{0}")]
    NotFound(String),
    /// A rule of the field forbids it.
    #[error("{0}")]
    Rule(String),
    /// Somebody else has what the request wants to take.
    #[error("{0}")]
    Conflict(String),
    /// What the request wants does not agree with what is stored.
    #[error("{0}")]
    BadRequest(String),
    /// The caller lacks a permission, and nothing grants it for what the request is about.
    #[error("insufficient permissions")]
    InsufficientPermissions,
    /// Only somebody may do this.
    #[error("not authenticated")]
    NotAuthenticated,
    /// Only a person may do this.
    #[error("forbidden")]
    Forbidden,
    /// What the request changes has changed since the caller looked at it.
    #[error("changed meanwhile")]
    Stale,
    /// Too many attempts have failed; after so many seconds there may be another.
    #[error("too many failed attempts")]
    TooManyAttempts(u64),
    /// There is no room for it now; after so many seconds there may be.
    #[error("{0}")]
    Busy(String, u64),
    /// The caller has as many streams open as anybody may have.
    #[error("{0} streams of events are open already")]
    TooManyStreams(u32),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a use case gives back.
pub type ServiceResult<T> = Result<T, ServiceError>;

impl Service {
    /// The use cases over a database.
    pub fn new(db: Db, clock: Clock, settings: Settings) -> Self {
        let rng = Arc::new(Mutex::new(rand::make_rng()));
        let failed_keys = Arc::new(Mutex::new(Attempts::new(settings.failed_keys_per_minute)));
        let reports = Arc::new(tokio::sync::Semaphore::new(reports::at_a_time(&db)));
        let failed_logins = Arc::new(Mutex::new(Attempts::new(settings.failed_logins_per_minute)));
        Self {
            db,
            clock,
            settings: Arc::new(settings),
            rng,
            rules: Arc::default(),
            trial_limits: pattern_trials::TrialLimits::default(),
            reports,
            last_uses: Arc::default(),
            oidc: Arc::default(),
            http: Arc::default(),
            jira_client: Arc::default(),
            webhook_client: Arc::default(),
            jira_silence: Arc::default(),
            saml: Arc::default(),
            failed_keys,
            failed_logins,
            event_slots: Arc::default(),
            job_wakes: Arc::default(),
            trackers: Arc::default(),
            upstream: Arc::default(),
            onboarding_key: Arc::default(),
        }
    }

    /// The same, with chance that repeats itself.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.rng = Arc::new(Mutex::new(StdRng::seed_from_u64(seed)));
        self
    }

    /// Refuses to hand out what is not the granter's to give.
    fn check_grant(&self, granter: Granter<'_>, permissions: &[Permission]) -> ServiceResult<()> {
        let may_grant = granter.may_grant(permissions, &self.settings.ignored_permissions);
        if may_grant { Ok(()) } else { Err(ServiceError::InsufficientPermissions) }
    }

    /// The same, with other limits to what rules may look through.
    #[must_use]
    pub fn with_trial_limits(self, trial_limits: pattern_trials::TrialLimits) -> Self {
        Self { trial_limits, ..self }
    }

    fn with_rng<T>(&self, chance: impl FnOnce(&mut StdRng) -> T) -> T {
        // A panic elsewhere leaves the generator usable.
        chance(&mut self.rng.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn artefact_not_found(id: i64) -> ServiceError {
    ServiceError::NotFound(format!("Artefact with id {id} not found"))
}

fn execution_not_found() -> ServiceError {
    ServiceError::NotFound("TestExecution not found".to_owned())
}
