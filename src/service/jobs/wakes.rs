//! Jobs that are asked to run before their interval is over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::service::Service;

/// Who sleeps until a job is due, by the job's name.
#[derive(Debug, Default)]
pub(in crate::service) struct Wakes(Mutex<HashMap<String, Arc<Notify>>>);

impl Wakes {
    pub(super) fn of(&self, name: &str) -> Arc<Notify> {
        let mut wakes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        wakes.entry(name.to_owned()).or_default().clone()
    }
}

impl Service {
    /// Has a job run now, or once more when it is just running. Only in this process: where another one runs the jobs, the
    /// job waits for its interval.
    pub fn wake_job(&self, name: &str) {
        self.job_wakes.of(name).notify_one();
    }
}
