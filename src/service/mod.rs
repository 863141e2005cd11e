//! The use cases: rights, transaction, order of steps. Knows neither HTTP nor SQL.

pub mod applications;
pub mod artefacts;
pub mod getting_started;
mod reviewer_assignment;
pub mod test_executions;
pub mod test_results;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use app::api::Permission;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::clock::Clock;
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
}

/// What the operator decided about the use cases.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where people open the dashboard: the base of links in notifications.
    pub frontend_url: String,
    /// Whether those endpoints that need no permission need a caller who is somebody.
    pub require_authentication: bool,
    /// Permissions that are asked of nobody.
    pub ignored_permissions: BTreeSet<Permission>,
    /// As many executions as one reviewer is asked to look at.
    pub executions_per_reviewer: usize,
    /// The build's version.
    pub version: String,
    /// The key to show to people who open a new installation; only while it listens on loopback alone.
    pub onboarding_key: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            frontend_url: "http://localhost:30001".to_owned(),
            require_authentication: false,
            ignored_permissions: BTreeSet::new(),
            executions_per_reviewer: crate::domain::assignment::EXECUTIONS_PER_REVIEWER,
            version: "0.0.0".to_owned(),
            onboarding_key: None,
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
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a use case gives back.
pub type ServiceResult<T> = Result<T, ServiceError>;

impl Service {
    /// The use cases over a database.
    pub fn new(db: Db, clock: Clock, settings: Settings) -> Self {
        Self { db, clock, settings: Arc::new(settings), rng: Arc::new(Mutex::new(rand::make_rng())) }
    }

    /// The same, with chance that repeats itself.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.rng = Arc::new(Mutex::new(StdRng::seed_from_u64(seed)));
        self
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
