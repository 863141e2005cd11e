//! The archive of Debian packages: which version of a package is in which pocket.
//!
//! An index has tens of megabytes. It is unpacked while it comes, and nothing is kept of it but the versions that are looked for.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use app::api::DebStage;
use flate2::write::MultiGzDecoder;
use url::Url;

use super::fetch::{get, open};
use super::http_client::{HttpClient, explain};
use super::unchanged::{Marks, Memory};
use super::upstream::UpstreamSettings;
use crate::domain::promotion::{PackageIndex, PackageNames, Versions, is_port};

/// The archive, where nobody says another address.
pub const DEFAULT_ARCHIVE_URL: &str = "http://us.archive.ubuntu.com/ubuntu/dists";
/// The archive of the ports, where nobody says another address.
pub const DEFAULT_PORTS_URL: &str = "http://ports.ubuntu.com/ubuntu-ports/dists";
/// As long as an index may take to come.
const PATIENCE: Duration = Duration::from_secs(30);
/// The largest index that is unpacked, in bytes: several times the largest there is.
const LARGEST: usize = 512 * 1024 * 1024;

/// Where the index of a pocket is for an architecture; for the log, why there is no such place.
pub(crate) fn index_url(
    upstream: &UpstreamSettings,
    series: &str,
    pocket: DebStage,
    repo: &str,
    architecture: &str,
) -> Result<String, String> {
    let base = if is_port(architecture) { &upstream.deb_ports_url } else { &upstream.deb_archive_url };
    let no_address = || format!("'{base}' is no address");
    let mut url = Url::parse(base).map_err(|_| no_address())?;
    let mut path = url.path_segments_mut().map_err(|()| no_address())?;
    // Runners name series, repo and architecture: pushed like this, none of them leads anywhere else.
    path.pop_if_empty().push(&format!("{series}-{pocket}")).extend(repo.split('/'));
    path.push(&format!("binary-{architecture}")).push("Packages.gz");
    drop(path);
    Ok(url.into())
}

/// An index that was read.
#[derive(Debug)]
pub struct ReadIndex {
    /// What was looked for in it.
    names: PackageNames,
    /// The versions of what is in it, of what was looked for.
    pub(crate) versions: Versions,
}

/// The versions of those packages in an index, and perhaps of others; for the log, why nobody can say. It is not sent again when it has
/// not changed, but for a package that nobody looked for in it before.
pub(crate) async fn read_versions(
    http: &HttpClient,
    memory: &Memory<String, ReadIndex>,
    url: String,
    names: PackageNames,
) -> Result<Arc<ReadIndex>, String> {
    let mut request = get(&url, "*/*")?;
    let known = memory.recall(&url).filter(|known| known.content.names.cover(&names));
    if let Some(known) = &known {
        known.condition(request.headers_mut());
    }
    let mut answer = open(http, request, PATIENCE).await?;
    let status = answer.status();
    if let Some(index) = known.and_then(|known| known.confirmed(status)) {
        return Ok(index);
    }
    if !status.is_success() {
        return Err(format!("the answer has the status {}", status.as_u16()));
    }
    let mut index = PackedIndex::new(&names, LARGEST);
    while let Some(bytes) = answer.chunk().await.map_err(|error| explain(&error))? {
        index.feed(&bytes)?;
    }
    let versions = index.finish()?;
    let index = Arc::new(ReadIndex { names, versions });
    memory.remember(url, Marks::of(answer.headers()), &index);
    Ok(index)
}

/// An index that is unpacked piece by piece.
struct PackedIndex<'a>(MultiGzDecoder<Bounded<'a>>);

/// Takes what is unpacked, up to a limit.
struct Bounded<'a> {
    index: PackageIndex<'a>,
    room: usize,
}

impl<'a> PackedIndex<'a> {
    fn new(names: &'a PackageNames, largest: usize) -> Self {
        Self(MultiGzDecoder::new(Bounded { index: PackageIndex::new(names), room: largest }))
    }

    fn feed(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.0.write_all(bytes).map_err(|error| not_unpacked(&error))
    }

    /// The versions, if the index has come as a whole.
    fn finish(self) -> Result<Versions, String> {
        Ok(self.0.finish().map_err(|error| not_unpacked(&error))?.index.finish())
    }
}

fn not_unpacked(error: &io::Error) -> String {
    format!("an index that cannot be unpacked: {}", explain(error))
}

impl Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.room.checked_sub(bytes.len());
        self.room = room.ok_or_else(|| io::Error::other("there is more in it than is sensible"))?;
        self.index.feed(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn pack(text: &str) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap()
    }

    fn names() -> PackageNames {
        ["a".to_owned()].into_iter().collect()
    }

    fn read(packed: &[u8], largest: usize, piece: usize) -> Result<Versions, String> {
        let names = names();
        let mut index = PackedIndex::new(&names, largest);
        packed.chunks(piece).try_for_each(|bytes| index.feed(bytes))?;
        index.finish()
    }

    const TEXT: &str = "Package: a\nVersion: 1\n\nPackage: b\nVersion: 2\n";

    #[test]
    fn an_index_is_read_however_it_comes() {
        let expected = Ok(Versions::from([("a".to_owned(), "1".to_owned())]));
        let whole = pack(TEXT);
        let two_members = [pack("Package: b\nVersion: 2\n\nPackage: a\nVer"), pack("sion: 1\n")].concat();
        for piece in [1, 7, 10_000] {
            assert_eq!(read(&whole, 1_000, piece), expected, "{piece}");
            assert_eq!(read(&two_members, 1_000, piece), expected, "{piece}");
        }
    }

    #[test]
    fn what_is_not_whole_or_no_index_is_refused() {
        let whole = pack(TEXT);
        let mut damaged = whole.clone();
        let place = whole.len() - 6;
        damaged[place] ^= 1;
        for packed in [&[][..], &whole[..whole.len() - 1], &whole[..20], TEXT.as_bytes(), &damaged] {
            assert!(read(packed, 1_000, 8).unwrap_err().starts_with("an index that cannot be unpacked"), "{packed:?}");
        }
    }

    #[test]
    fn a_small_file_does_not_become_a_large_one() {
        let packed = pack(&"\n".repeat(500_000));
        assert!(packed.len() < 10_000, "{}", packed.len());
        let error = read(&packed, 100_000, 1_000).unwrap_err();
        assert!(error.ends_with("there is more in it than is sensible"), "{error}");
        assert_eq!(read(&packed, 500_000, 1_000), Ok(Versions::new()));
    }

    #[test]
    fn an_index_has_one_place() {
        let upstream = UpstreamSettings {
            deb_archive_url: "http://archive/ubuntu/dists".to_owned(),
            deb_ports_url: "http://ports/dists/".to_owned(),
            ..UpstreamSettings::default()
        };
        for (series, pocket, repo, architecture, expected) in [
            (
                "noble",
                DebStage::Updates,
                "main",
                "amd64",
                "http://archive/ubuntu/dists/noble-updates/main/binary-amd64/Packages.gz",
            ),
            (
                "noble",
                DebStage::Proposed,
                "universe",
                "riscv64",
                "http://ports/dists/noble-proposed/universe/binary-riscv64/Packages.gz",
            ),
            (
                "noble",
                DebStage::Proposed,
                "main/debian-installer",
                "i386",
                "http://archive/ubuntu/dists/noble-proposed/main/debian-installer/binary-i386/Packages.gz",
            ),
            // Nobody's name for anything leads out of the archive.
            (
                "../..",
                DebStage::Updates,
                "..",
                "x?y#/../..",
                "http://archive/ubuntu/dists/..%2F..-updates/binary-x%3Fy%23%2F..%2F../Packages.gz",
            ),
        ] {
            assert_eq!(index_url(&upstream, series, pocket, repo, architecture).as_deref(), Ok(expected));
        }
    }
}
