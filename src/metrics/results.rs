//! Counts results again and again while somebody watches, one after the other, never for a question itself.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use chrono::{DateTime, TimeDelta};
use tokio::sync::Notify;

use super::Metrics;
use super::result_text::{self, Counting};
use crate::service::{Service, ServiceResult};

/// Nobody has asked for so long: nobody watches.
const PATIENCE: Duration = Duration::from_mins(10);
/// The database has as many times as much time for others as counting took.
const REST: u32 = 9;

/// What is counted, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultMetricsPlan {
    /// Results of so many days; of all times where there is no number.
    pub days: Option<u32>,
    /// The time between two countings.
    pub refresh: Duration,
    /// As many series each gauge has at most.
    pub most: usize,
}

/// The counts as they are told, and when somebody last asked for them.
#[derive(Debug)]
pub(super) struct ResultGauges {
    text: Mutex<Bytes>,
    asked_at: Mutex<Instant>,
    asked: Notify,
}

impl Default for ResultGauges {
    fn default() -> Self {
        // Whoever starts a server may be about to ask.
        Self { text: Mutex::default(), asked_at: Mutex::new(Instant::now()), asked: Notify::new() }
    }
}

impl ResultGauges {
    /// The last counts.
    pub(super) fn scrape(&self) -> Bytes {
        *self.asked_at.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.asked.notify_one();
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_watched(&self) -> bool {
        self.asked_at.lock().unwrap_or_else(PoisonError::into_inner).elapsed() < PATIENCE
    }

    async fn wait_until_watched(&self) {
        while !self.is_watched() {
            self.asked.notified().await;
        }
    }
}

/// Counts results for as long as somebody watches, and goes on when somebody does again. Never ends.
pub async fn keep_counting(metrics: Metrics, service: Service, plan: ResultMetricsPlan) {
    loop {
        let began = Instant::now();
        match count(&service, plan).await {
            Ok(text) => *metrics.results.text.lock().unwrap_or_else(PoisonError::into_inner) = text,
            Err(error) => {
                tracing::warn!(%error, "results could not be counted; the metrics are those of the last time");
            }
        }
        tokio::time::sleep(plan.refresh.max(began.elapsed() * REST)).await;
        metrics.results.wait_until_watched().await;
    }
}

async fn count(service: &Service, plan: ResultMetricsPlan) -> ServiceResult<Bytes> {
    let (began, now) = (Instant::now(), service.clock.now());
    let since = plan.days.and_then(|days| now.checked_sub_signed(TimeDelta::days(days.into())));
    // Nothing is older, and databases have beginnings of time of their own.
    let since = since.map_or(DateTime::UNIX_EPOCH, |since| since.max(DateTime::UNIX_EPOCH));
    let counts = service.count_test_results(since, plan.most).await?;
    let counting = Counting { at: now, took: began.elapsed() };
    // Of many series this is work for a while.
    let text = tokio::task::spawn_blocking(move || result_text::write(&counts, counting)).await;
    // What was spawned is neither cancelled nor does it panic.
    Ok(text.map(Bytes::from).unwrap_or_default())
}
