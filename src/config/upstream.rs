//! What the operator says about where artefacts are published and planned.

use super::{ConfigError, read_safe_url, read_url};
use crate::integrations::upstream::UpstreamSettings;

/// Reads the variables. The archive may speak HTTP without encryption, as most mirrors do.
pub(super) fn read_upstream(
    variable: &impl Fn(&'static str) -> Option<String>,
) -> Result<UpstreamSettings, ConfigError> {
    let said = |name| variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let defaults = UpstreamSettings::default();
    let url = |name, default| said(name).map_or(Ok(default), |url| read_url(name, url));
    let safe_url = |name, default| said(name).map_or(Ok(default), |url| read_safe_url(name, url));
    Ok(UpstreamSettings {
        snap_store_url: safe_url("SNAP_STORE_URL", defaults.snap_store_url)?,
        deb_archive_url: url("DEB_ARCHIVE_URL", defaults.deb_archive_url)?,
        deb_ports_url: url("DEB_PORTS_URL", defaults.deb_ports_url)?,
        kernel_tracker_url: safe_url("KERNEL_TRACKER_URL", defaults.kernel_tracker_url)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&'static str, &str)]) -> Result<UpstreamSettings, ConfigError> {
        read_upstream(&|name| variables.iter().find(|(found, _)| *found == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn addresses_are_the_public_ones_unless_somebody_names_others() {
        let public = UpstreamSettings {
            snap_store_url: "https://api.snapcraft.io".to_owned(),
            deb_archive_url: "http://us.archive.ubuntu.com/ubuntu/dists".to_owned(),
            deb_ports_url: "http://ports.ubuntu.com/ubuntu-ports/dists".to_owned(),
            kernel_tracker_url: "https://kernel.ubuntu.com/swm/status.json".to_owned(),
        };
        assert_eq!(read(&[]), Ok(public.clone()));
        let empty =
            [("SNAP_STORE_URL", ""), ("DEB_ARCHIVE_URL", " "), ("DEB_PORTS_URL", ""), ("KERNEL_TRACKER_URL", "")];
        assert_eq!(read(&empty), Ok(public));
        let named = read(&[
            ("SNAP_STORE_URL", "http://127.0.0.1:1"),
            ("DEB_ARCHIVE_URL", " http://mirror.example/ubuntu/dists "),
            ("DEB_PORTS_URL", "https://mirror.example/ports/dists"),
            ("KERNEL_TRACKER_URL", "https://kernel.example/status.json"),
        ]);
        let expected = UpstreamSettings {
            snap_store_url: "http://127.0.0.1:1".to_owned(),
            deb_archive_url: "http://mirror.example/ubuntu/dists".to_owned(),
            deb_ports_url: "https://mirror.example/ports/dists".to_owned(),
            kernel_tracker_url: "https://kernel.example/status.json".to_owned(),
        };
        assert_eq!(named, Ok(expected));
    }

    #[test]
    fn a_value_that_cannot_be_meant_is_named() {
        for (name, text) in [
            ("SNAP_STORE_URL", "api.snapcraft.io"),
            ("SNAP_STORE_URL", "http://store.example"),
            ("DEB_ARCHIVE_URL", "/srv/mirror"),
            ("DEB_PORTS_URL", "ftp://ports.example"),
            ("KERNEL_TRACKER_URL", "http://kernel.example/status.json"),
        ] {
            let error = read(&[(name, text)]).unwrap_err().to_string();
            assert!(error.starts_with(name) && error.contains(text), "{error}");
        }
    }
}
