//! The log: lines of text for people, or of JSON for programs, on the standard error output.

use std::io::IsTerminal;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::traces::Traces;

/// Begins to log, as `RUST_LOG` and `LOG_FORMAT` say, and to trace; `filter` is what is logged when `RUST_LOG` says nothing.
pub fn start_log(filter: &str, traces: &Traces) -> anyhow::Result<()> {
    let format = LogFormat::read(&std::env::var("LOG_FORMAT").unwrap_or_default())?;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    // What is traced does not depend on what is logged: each has a filter of its own.
    let mut layers = vec![write_log(format).with_filter(filter).boxed()];
    layers.extend(traces.layer());
    tracing_subscriber::registry().with(layers).init();
    traces.announce();
    Ok(())
}

fn write_log(format: LogFormat) -> Box<dyn Layer<Registry> + Send + Sync> {
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).with_target(false).boxed(),
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).boxed(),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LogFormat {
    Text,
    Json,
}

impl LogFormat {
    fn read(text: &str) -> anyhow::Result<Self> {
        match text.trim() {
            "" | "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            other => anyhow::bail!("LOG_FORMAT: '{other}' is neither text nor json"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LogFormat;

    #[test]
    fn the_log_is_for_people_unless_somebody_decided() {
        for (text, expected) in [("", LogFormat::Text), ("text", LogFormat::Text), (" json ", LogFormat::Json)] {
            assert_eq!(LogFormat::read(text).unwrap(), expected);
        }
        assert!(LogFormat::read("xml").unwrap_err().to_string().contains("'xml'"));
    }
}
