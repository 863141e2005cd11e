//! Where spans are gathered and whom they are sent to, as the variables of OpenTelemetry say.

use std::time::Duration;

use anyhow::Context;
use axum::http::Uri;
use opentelemetry::trace::TracerProvider;
use opentelemetry::{Key, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::{Layer, Registry};
use url::Url;

use super::sender::Sender;
use super::spans::{ServerTracer, is_traced};
use super::{TraceLayer, find_endpoint};

/// What the spans are of, when nobody says `OTEL_SERVICE_NAME`.
const SERVICE: &str = "test-observer";
/// As long as sending the last spans may keep the program from ending.
const FINISH_TIME: Duration = Duration::from_secs(3);

/// The traces of this process, if anybody wants them.
#[derive(Debug, Default)]
pub struct Traces(Option<Sending>);

#[derive(Debug)]
struct Sending {
    provider: SdkTracerProvider,
    /// Scheme, host and port of the collector.
    collector: String,
}

impl Traces {
    /// Gets ready to send traces, if the variables want them. Fails when they cannot be meant; what they hold is not shown.
    ///
    /// The details are read from the environment itself: headers, samplers, attributes of the service, sizes of batches.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let Some((name, endpoint)) = find_endpoint(variable) else { return Ok(Self::default()) };
        let collector = read_origin(&endpoint).with_context(|| format!("{name}: not an address of http or https"))?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_http_client(Sender::new()?)
            .build()
            .context("traces cannot be sent")?;
        let provider = SdkTracerProvider::builder().with_resource(describe()).with_batch_exporter(exporter).build();
        Ok(Self(Some(Sending { provider, collector })))
    }

    /// What makes spans of requests, whatever is written into the log.
    pub fn layer(&self) -> Option<TraceLayer> {
        let Sending { provider, .. } = self.0.as_ref()?;
        let layer = tracing_opentelemetry::layer::<Registry>()
            .with_tracer(ServerTracer(provider.tracer(SERVICE)))
            // All that these would tell is how the program is made.
            .with_location(false)
            .with_target(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false);
        Some(layer.with_filter(filter_fn(is_traced).with_max_level_hint(LevelFilter::WARN)).boxed())
    }

    /// Tells the log where the traces go.
    pub fn announce(&self) {
        if let Some(Sending { collector, .. }) = &self.0 {
            tracing::info!("traces go to {collector}");
        }
    }

    /// Sends what has not been sent, for three seconds at most. Call it outside of any runtime: it waits.
    pub fn finish(self) {
        let Some(Sending { provider, .. }) = self.0 else { return };
        if let Err(error) = provider.shutdown_with_timeout(FINISH_TIME) {
            tracing::warn!(%error, "the last traces may be lost");
        }
    }
}

/// Scheme, host and port, without what may be secret in an address.
fn read_origin(endpoint: &str) -> Option<String> {
    // The exporter reads it so, and would show what it cannot read.
    endpoint.parse::<Uri>().ok()?;
    let url = Url::parse(endpoint).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    Some(url.origin().ascii_serialization())
}

/// What all spans have in common.
fn describe() -> Resource {
    let described = Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    let name = Resource::builder().build().get(&Key::from_static_str("service.name"));
    // What nobody has named is known by the name of its file.
    if name.is_some_and(|name| !name.as_str().starts_with("unknown_service")) {
        return described.build();
    }
    described.with_service_name(SERVICE).build()
}

#[cfg(test)]
mod tests {
    use super::{Traces, read_origin};

    #[test]
    fn of_an_address_no_more_is_told_than_whom_it_leads_to() {
        for (endpoint, expected) in [
            ("http://collector:4318", Some("http://collector:4318")),
            ("https://user:secret@collector.example/secret?key=secret", Some("https://collector.example")),
            ("collector:4318", None),
            ("ftp://collector", None),
            ("http://collector:4318 ", None),
            ("", None),
        ] {
            assert_eq!(read_origin(endpoint).as_deref(), expected, "{endpoint}");
        }
    }

    #[test]
    fn an_address_that_cannot_be_meant_is_refused_without_being_shown() {
        let endpoint = |name: &str| (name == "OTEL_EXPORTER_OTLP_ENDPOINT").then(|| "secret".to_owned());
        let error = format!("{:#}", Traces::read(endpoint).unwrap_err());
        assert_eq!(error, "OTEL_EXPORTER_OTLP_ENDPOINT: not an address of http or https");
    }
}
