//! Reports on disk, or from the standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::super::failure::{DATA, Failure, NO_INPUT};
use crate::domain::submission::{Format, LARGEST_REPORT, Report, read_report};

/// Reads reports, all of them or none.
pub(super) fn read_all(paths: &[PathBuf], format: Option<Format>) -> Result<Vec<Report>, Failure> {
    paths.iter().map(|path| read(path, format)).collect()
}

fn read(path: &Path, format: Option<Format>) -> Result<Report, Failure> {
    let bytes = read_bytes(path).map_err(|error| Failure::new(NO_INPUT, format!("{}: {error}", path.display())))?;
    read_report(&bytes, format).map_err(|error| Failure::new(DATA, format!("{}: {error}", path.display())))
}

/// What is there, and one byte more than is read of it where there is more.
fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(LARGEST_REPORT).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
