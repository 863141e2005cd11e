//! Where artefacts are published and planned: the addresses that are asked how far they have come.

use super::deb_archive::{self, ReadIndex};
use super::unchanged::Memory;
use super::{kernel_tracker, snap_store};
use crate::domain::promotion::Release;

/// The addresses. An operator may name mirrors, or whatever speaks for them on a closed network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamSettings {
    /// The snap store: what stands before `/v2/snaps/info/…`.
    pub snap_store_url: String,
    /// The Debian packages' archive: what stands before `/noble-updates/main/…`.
    pub deb_archive_url: String,
    /// The same for the architectures that are ports.
    pub deb_ports_url: String,
    /// The document of the kernels' trackers.
    pub kernel_tracker_url: String,
}

/// What this process remembers of their answers.
#[derive(Debug, Default)]
pub struct UpstreamMemory {
    /// What is released of snaps, by name and store.
    pub releases: Memory<(String, String), Vec<Release>>,
    /// What is in the archive, by the address of an index.
    pub indexes: Memory<String, ReadIndex>,
}

impl Default for UpstreamSettings {
    fn default() -> Self {
        Self {
            snap_store_url: snap_store::DEFAULT_URL.to_owned(),
            deb_archive_url: deb_archive::DEFAULT_ARCHIVE_URL.to_owned(),
            deb_ports_url: deb_archive::DEFAULT_PORTS_URL.to_owned(),
            kernel_tracker_url: kernel_tracker::DEFAULT_URL.to_owned(),
        }
    }
}
