//! Sends batches of spans by the HTTP client that everything else uses.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::runtime::{Builder, Runtime};

use crate::integrations::http_client::{self, LazyHttp, explain};

/// As long as one batch may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What batches are sent by, from a thread of their own. It has a runtime of its own, as the last batch is sent when that of the server
/// has ended.
#[derive(Debug)]
pub(super) struct Sender {
    http: LazyHttp,
    runtime: Runtime,
    /// Whether the last batch was not taken: it is told once, not with every batch.
    is_failing: AtomicBool,
}

impl Sender {
    pub(super) fn new() -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("traces").enable_all().build()?;
        Ok(Self { http: LazyHttp::default(), runtime, is_failing: AtomicBool::new(false) })
    }

    async fn send(&self, batch: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let answer = self.http.get()?.exchange(batch.map(Vec::from));
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(answer)) => Ok(answer.map(Bytes::from)),
            Ok(Err(error)) => Err(explain(&without_address(error))),
            Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
        }
    }

    /// Tells the log when batches begin to be lost, and when that is over.
    fn tell(&self, problem: Option<&str>) {
        let was_failing = self.is_failing.swap(problem.is_some(), Ordering::Relaxed);
        match problem {
            Some(error) if !was_failing => tracing::warn!(error, "traces are lost: the collector does not take them"),
            None if was_failing => tracing::info!("the collector takes traces again"),
            _ => {}
        }
    }
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, batch: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        // The thread of the batches is no part of a runtime, and has nothing else to do.
        let answer = self.runtime.block_on(self.send(batch));
        let problem = match &answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("the answer has the status {}", answer.status().as_u16())),
            Err(problem) => Some(problem.clone()),
        };
        self.tell(problem.as_deref());
        answer.map_err(HttpError::from)
    }
}

/// The operator's address may have a password in it.
fn without_address(error: http_client::HttpError) -> http_client::HttpError {
    match error {
        http_client::HttpError::Call(error) => http_client::HttpError::Call(error.without_url()),
        other => other,
    }
}
