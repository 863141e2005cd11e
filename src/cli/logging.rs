//! The log: lines of text for people, or of JSON for programs, on the standard error output.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Begins to log, as `RUST_LOG` and `LOG_FORMAT` say; `filter` is what is logged when `RUST_LOG` says nothing.
pub fn start_log(filter: &str) -> anyhow::Result<()> {
    let format = LogFormat::read(&std::env::var("LOG_FORMAT").unwrap_or_default())?;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).with_target(false).init(),
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).init(),
    }
    Ok(())
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
