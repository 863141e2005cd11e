//! Packed submissions: finds the one file in them, and unpacks no more than is sensible.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;

use super::{LARGEST_REPORT, ReportError};

const SUBMISSION: &str = "submission.json";
const GZIP: &[u8] = b"\x1f\x8b";
const XZ: &[u8] = b"\xfd7zXZ\0";
/// Where every tar file says that it is one.
const TAR_PLACE: usize = 257;
const TAR: &[u8] = b"ustar";
/// As much of an archive is unpacked in search of the file, in bytes.
const LARGEST_ARCHIVE: u64 = 1024 * 1024 * 1024;
/// As much memory the dictionary of an xz file may take, in KiB: what `xz -9` needs, and as much again.
const XZ_MEMORY_KIB: u32 = 130 * 1024;

/// Whether these are the first bytes of an archive.
pub(super) fn is_packed(bytes: &[u8]) -> bool {
    let is_tar = bytes.get(TAR_PLACE..).is_some_and(|rest| rest.starts_with(TAR));
    bytes.starts_with(GZIP) || bytes.starts_with(XZ) || is_tar
}

/// The `submission.json` of an archive, in whichever of its folders.
pub(super) fn unpack_submission(bytes: &[u8]) -> Result<Vec<u8>, ReportError> {
    if bytes.starts_with(GZIP) {
        find_submission(MultiGzDecoder::new(bytes))
    } else if bytes.starts_with(XZ) {
        find_submission(XzReader::new_mem_limit(bytes, true, XZ_MEMORY_KIB))
    } else {
        find_submission(bytes)
    }
}

fn find_submission(unpacked: impl Read) -> Result<Vec<u8>, ReportError> {
    let broken = |error: std::io::Error| ReportError::whole(format!("the archive cannot be unpacked: {error}"));
    let mut archive = tar::Archive::new(unpacked.take(LARGEST_ARCHIVE));
    for entry in archive.entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let is_submission = entry.path_bytes().rsplit(|byte| *byte == b'/').next() == Some(SUBMISSION.as_bytes());
        if !entry.header().entry_type().is_file() || !is_submission {
            continue;
        }
        let mut content = Vec::new();
        let limit = u64::try_from(LARGEST_REPORT).unwrap_or(u64::MAX);
        entry.take(limit.saturating_add(1)).read_to_end(&mut content).map_err(broken)?;
        if content.len() > LARGEST_REPORT {
            return Err(ReportError::whole(format!("{SUBMISSION} is larger than {LARGEST_REPORT} bytes")));
        }
        return Ok(content);
    }
    Err(ReportError::whole(format!("there is no {SUBMISSION} in the archive")))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{is_packed, unpack_submission};

    fn tar(files: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            builder.append_data(&mut header, path, content.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn xz(bytes: &[u8]) -> Vec<u8> {
        let options = lzma_rust2::XzOptions::with_preset(0);
        let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// The beginning of an xz file that says it needs four GiB.
    fn greedy_xz() -> Vec<u8> {
        let with_checksum = |bytes: &[u8]| {
            let mut crc = flate2::Crc::new();
            crc.update(bytes);
            [bytes, &crc.sum().to_le_bytes()].concat()
        };
        [super::XZ.to_vec(), with_checksum(&[0, 4]), with_checksum(&[2, 0, 0x21, 1, 40, 0, 0, 0])].concat()
    }

    #[test]
    fn the_submission_is_found_however_it_is_packed() {
        for files in [
            vec![("submission.json", "{}")],
            vec![("submission.html", "<p>"), ("a/submission.json.bak", "no"), ("a/b/submission.json", "{}")],
        ] {
            let tar = tar(&files);
            for packed in [tar.clone(), gzip(&tar), xz(&tar)] {
                assert!(is_packed(&packed));
                assert_eq!(unpack_submission(&packed).unwrap(), b"{}");
            }
        }
    }

    #[test]
    fn what_cannot_be_unpacked_is_refused_in_words() {
        let whole = gzip(&tar(&[("x/submission.json", &"x".repeat(50_000))]));
        for (packed, expected) in [
            (gzip(&tar(&[("readme", "x")])), "there is no submission.json in the archive"),
            (whole[..whole.len() / 2].to_vec(), "the archive cannot be unpacked"),
            (gzip(&b"no archive, but packed".repeat(99)), "the archive cannot be unpacked"),
            (greedy_xz(), "the archive cannot be unpacked: needed memory too big"),
            (b"\xfd7zXZ\0 nonsense".to_vec(), "the archive cannot be unpacked"),
        ] {
            let error = unpack_submission(&packed).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn what_unpacks_to_more_than_is_sensible_is_refused() {
        let mut header = tar::Header::new_gnu();
        header.set_path("submission.json").unwrap();
        header.set_size(super::LARGEST_REPORT as u64 + 1);
        header.set_cksum();
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(header.as_bytes()).unwrap();
        let zeros = vec![0; 1024 * 1024];
        for _ in 0..=super::LARGEST_REPORT / zeros.len() {
            encoder.write_all(&zeros).unwrap();
        }
        let error = unpack_submission(&encoder.finish().unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "submission.json is larger than 268435456 bytes");
    }
}
