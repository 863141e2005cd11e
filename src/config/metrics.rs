//! The variables about metrics.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use super::{ConfigError, read_boolean, read_number, read_seconds};
use crate::metrics::ResultMetricsPlan;

const DEFAULT_PORT: u16 = 9090;
const DEFAULT_DAYS: u32 = 30;
const DEFAULT_REFRESH: u64 = 60;
const DEFAULT_MOST: u32 = 200_000;

/// Where metrics are told, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsConfig {
    /// Where the metrics' own listener is.
    pub listen: SocketAddr,
    /// How results are counted; nothing where they are not.
    pub results: Option<ResultMetricsPlan>,
}

/// Reads the variables; nothing where there is no listener. `listen` is where the server itself listens.
pub(super) fn read_metrics(
    listen: SocketAddr,
    variable: &impl Fn(&'static str) -> Option<String>,
) -> Result<Option<MetricsConfig>, ConfigError> {
    let port = match variable("METRICS_PORT") {
        Some(text) if text.trim().is_empty() => 0,
        Some(text) => read_port(&text)?,
        None => DEFAULT_PORT,
    };
    let address = match variable("METRICS_ADDRESS").filter(|text| !text.trim().is_empty()) {
        Some(text) => read_address(&text)?,
        None => choose_address(listen.ip()),
    };
    let is_enabled = match variable("METRICS_INIT_ENABLED") {
        Some(text) => read_boolean("METRICS_INIT_ENABLED", &text)?,
        None => true,
    };
    let plan = ResultMetricsPlan {
        days: match variable("METRICS_INIT_DAYS") {
            Some(text) => read_days(&text)?,
            None => Some(DEFAULT_DAYS),
        },
        refresh: match variable("METRICS_REFRESH_SECONDS") {
            Some(text) => Duration::from_secs(read_seconds("METRICS_REFRESH_SECONDS", &text)?.max(1)),
            None => Duration::from_secs(DEFAULT_REFRESH),
        },
        most: usize::try_from(match variable("METRICS_MAX_SERIES") {
            Some(text) => read_number("METRICS_MAX_SERIES", &text)?,
            None => DEFAULT_MOST,
        })
        .unwrap_or(usize::MAX),
    };
    let config = MetricsConfig { listen: SocketAddr::new(address, port), results: is_enabled.then_some(plan) };
    Ok((port != 0).then_some(config))
}

/// All interfaces, unless the server itself is for this machine alone.
fn choose_address(of_server: IpAddr) -> IpAddr {
    match of_server {
        of_server if of_server.is_loopback() => of_server,
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}

fn read_port(text: &str) -> Result<u16, ConfigError> {
    text.trim().parse().map_err(|_| ConfigError::new("METRICS_PORT", format!("'{text}' is no port")))
}

fn read_address(text: &str) -> Result<IpAddr, ConfigError> {
    text.trim().parse().map_err(|_| ConfigError::new("METRICS_ADDRESS", format!("'{text}' is no IP address")))
}

/// Reads a number of days; none and fewer mean that there is no limit, and so does what is longer than anybody's past.
fn read_days(text: &str) -> Result<Option<u32>, ConfigError> {
    let days: i64 = text
        .trim()
        .parse()
        .map_err(|_| ConfigError::new("METRICS_INIT_DAYS", format!("'{text}' is no number of days")))?;
    Ok(u32::try_from(days).ok().filter(|days| *days > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(listen: &str, variables: &[(&'static str, &str)]) -> Result<Option<MetricsConfig>, ConfigError> {
        let variables: std::collections::HashMap<_, _> = variables.iter().copied().collect();
        let variable = |name: &'static str| variables.get(name).map(|value| (*value).to_owned());
        read_metrics(listen.parse().unwrap(), &variable)
    }

    #[test]
    fn metrics_are_for_those_who_can_reach_the_server_unless_somebody_decided() {
        for (listen, port, address, expected) in [
            ("127.0.0.1:1", None, None, Some("127.0.0.1:9090")),
            ("[::1]:1", None, None, Some("[::1]:9090")),
            ("192.0.2.1:1", None, None, Some("0.0.0.0:9090")),
            ("[::]:1", Some("9100"), None, Some("[::]:9100")),
            ("0.0.0.0:1", None, Some("127.0.0.1"), Some("127.0.0.1:9090")),
            ("127.0.0.1:1", Some(" 1 "), Some(""), Some("127.0.0.1:1")),
            ("127.0.0.1:1", Some("0"), None, None),
            ("127.0.0.1:1", Some(""), None, None),
        ] {
            let variables = [("METRICS_PORT", port), ("METRICS_ADDRESS", address)];
            let variables: Vec<_> = variables.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
            let found = read(listen, &variables).unwrap().map(|metrics| metrics.listen);
            assert_eq!(found, expected.map(|expected| expected.parse().unwrap()), "{listen} {variables:?}");
        }
    }

    #[test]
    fn results_of_a_month_are_counted_every_minute_unless_somebody_decided() {
        let plan = |variables: &[(&'static str, &str)]| read("127.0.0.1:1", variables).unwrap().unwrap().results;
        let usual = ResultMetricsPlan { days: Some(30), refresh: Duration::from_mins(1), most: 200_000 };
        assert_eq!(plan(&[]), Some(usual));
        assert_eq!(plan(&[("METRICS_INIT_ENABLED", "False")]), None);
        for (days, expected) in [("7", Some(7)), ("0", None), ("-1", None), ("99999999999", None)] {
            assert_eq!(plan(&[("METRICS_INIT_DAYS", days)]), Some(ResultMetricsPlan { days: expected, ..usual }));
        }
        let other = [("METRICS_REFRESH_SECONDS", "0"), ("METRICS_MAX_SERIES", "5")];
        assert_eq!(plan(&other), Some(ResultMetricsPlan { refresh: Duration::from_secs(1), most: 5, ..usual }));
    }

    #[test]
    fn a_value_that_cannot_be_meant_is_named() {
        for (variable, value) in [
            ("METRICS_PORT", "65536"),
            ("METRICS_ADDRESS", "localhost"),
            ("METRICS_INIT_ENABLED", "1"),
            ("METRICS_INIT_DAYS", "a month"),
            ("METRICS_REFRESH_SECONDS", "-1"),
            ("METRICS_MAX_SERIES", "all"),
        ] {
            let error = read("127.0.0.1:1", &[(variable, value)]).unwrap_err().to_string();
            assert!(error.starts_with(variable) && error.contains(value), "{error}");
        }
    }
}
