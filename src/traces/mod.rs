//! Traces: one span for each request, sent to a collector of OpenTelemetry by OTLP over HTTP. Compiled in with the feature `otlp` only;
//! without it the same calls do nothing.

#[cfg(not(feature = "otlp"))]
mod absent;
#[cfg(feature = "otlp")]
mod provider;
#[cfg(feature = "otlp")]
mod sender;
#[cfg(feature = "otlp")]
mod spans;

use tracing_subscriber::{Layer, Registry};

#[cfg(not(feature = "otlp"))]
pub use absent::{Traces, begin, end};
#[cfg(feature = "otlp")]
pub use provider::Traces;
#[cfg(feature = "otlp")]
pub use spans::{begin, end};

/// What makes spans of requests, beside what writes the log.
pub type TraceLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// The variables that say where traces go, the more precise one first.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

/// The variable that says where traces go, and its value; nothing where nobody wants traces.
fn find_endpoint(variable: impl Fn(&str) -> Option<String>) -> Option<(&'static str, String)> {
    let says = |name: &str, word: &str| variable(name).is_some_and(|value| value.trim().eq_ignore_ascii_case(word));
    if says("OTEL_SDK_DISABLED", "true") || says("OTEL_TRACES_EXPORTER", "none") {
        return None;
    }
    ENDPOINTS.into_iter().find_map(|name| Some((name, variable(name).filter(|value| !value.trim().is_empty())?)))
}

#[cfg(test)]
mod tests {
    use super::find_endpoint;

    #[test]
    fn traces_go_where_the_more_precise_variable_says_and_nowhere_unless_somebody_wants_them() {
        let (all, precise) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let off = "OTEL_SDK_DISABLED";
        for (variables, expected) in [
            (vec![], None),
            (vec![(all, " ")], None),
            (vec![(all, "http://a")], Some((all, "http://a"))),
            (vec![(all, "http://a"), (precise, "http://b/v1/traces")], Some((precise, "http://b/v1/traces"))),
            (vec![(all, "http://a"), (precise, "")], Some((all, "http://a"))),
            (vec![(all, "http://a"), (off, "True ")], None),
            (vec![(all, "http://a"), (off, "false")], Some((all, "http://a"))),
            (vec![(all, "http://a"), ("OTEL_TRACES_EXPORTER", "none")], None),
            (vec![(all, "http://a"), ("OTEL_TRACES_EXPORTER", "otlp")], Some((all, "http://a"))),
        ] {
            let value =
                |name: &str| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(find_endpoint(value), expected.map(|(name, value)| (name, value.to_owned())), "{variables:?}");
        }
    }
}
