//! A program that was built without traces: it says so where somebody wants them, and does nothing else.

use axum::http::{HeaderMap, StatusCode};
use tracing::Span;

use super::{TraceLayer, find_endpoint};

/// The traces that there are not.
#[derive(Debug, Default)]
pub struct Traces {
    /// The variable by which somebody wants them.
    wanted_by: Option<&'static str>,
}

impl Traces {
    /// Reads whether somebody wants traces. Never fails.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        Ok(Self { wanted_by: find_endpoint(variable).map(|(name, _)| name) })
    }

    /// There is none.
    pub fn layer(&self) -> Option<TraceLayer> {
        None
    }

    /// Tells the log when somebody wants what there is not.
    pub fn announce(&self) {
        if let Some(variable) = self.wanted_by {
            tracing::warn!(
                "there are no traces: {variable} is set, but this program was built without the feature otlp"
            );
        }
    }

    /// Does nothing.
    pub fn finish(self) {}
}

/// Does nothing.
pub fn begin(_span: &Span, _headers: &HeaderMap) {}

/// Does nothing.
pub fn end(_span: &Span, _method: &'static str, _route: Option<&str>, _status: StatusCode) {}
