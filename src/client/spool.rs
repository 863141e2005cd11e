//! Runs that wait on disk until the server has them: one file each, in the order in which they were made.
//!
//! A file is written under another name, flushed to the disk and renamed, so there is all of it or nothing. Who sends it holds
//! a lock on it, which ends with the process however that ends. Only this machine's own file systems keep such locks.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::upload::{Progress, Upload};

const RUN: &str = "json";
const PROGRESS: &str = "progress";
const UNFINISHED: &str = "tmp";
/// What the server will not have, with the reasons.
const REJECTED: &str = "rejected";
/// A file that nobody has finished for so long never will be.
const ABANDONED: Duration = Duration::from_hours(1);

/// A folder with runs that wait.
#[derive(Clone, Debug)]
pub struct Spool {
    folder: PathBuf,
}

/// Where a run waits. Nobody else sends it meanwhile.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    /// Held open: the lock ends with it.
    _lock: File,
}

/// A run that waits.
#[derive(Debug)]
pub struct Waiting {
    /// Where.
    pub place: Place,
    /// The run.
    pub upload: Upload,
    /// What the server has of it.
    pub progress: Progress,
}

/// What is found under a name.
#[derive(Debug)]
pub enum Taken {
    /// The run.
    Mine(Box<Waiting>),
    /// Somebody else is sending it, or has sent it.
    Busy,
    /// What is there is no run that this program understands, and why.
    Unreadable(String),
}

impl Spool {
    /// The spool in a folder, which is made for nobody else to read: logs may say more than they should.
    pub fn open(folder: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Where it is when nobody says: among what the user's programs remember.
    pub fn default_folder(variable: impl Fn(&'static str) -> Option<String>) -> Option<PathBuf> {
        let state = variable("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let home =
            || variable("HOME").filter(|home| !home.is_empty()).map(|home| Path::new(&home).join(".local/state"));
        Some(state.or_else(home)?.join("test-observer/spool"))
    }

    /// Keeps a run. When this returns it is on the disk, and locked.
    pub fn keep(&self, upload: &Upload, now: DateTime<Utc>) -> io::Result<Place> {
        let name = format!("{:016}-{}", now.timestamp_micros(), upload.key());
        let path = self.folder.join(name).with_extension(RUN);
        let lock = write_whole(&path, upload)?;
        Ok(Place { path, _lock: lock })
    }

    /// Waits until nobody else empties the spool; nobody else does while the answer lives.
    pub fn lock(&self) -> io::Result<File> {
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(self.folder.join("lock"))?;
        file.lock()?;
        Ok(file)
    }

    /// The runs that wait, oldest first.
    pub fn list(&self) -> io::Result<Vec<PathBuf>> {
        let mut runs = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == RUN) {
                runs.push(path);
            }
        }
        runs.sort();
        Ok(runs)
    }

    /// Takes a run, unless somebody else has it.
    pub fn take(&self, path: &Path) -> io::Result<Taken> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Taken::Busy),
            Err(error) => return Err(error),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Taken::Busy),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Between the two it may have been sent and removed by somebody else.
        if !fs::metadata(path).is_ok_and(|there| file.metadata().is_ok_and(|mine| mine.ino() == there.ino())) {
            return Ok(Taken::Busy);
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let upload = match Upload::read(&bytes) {
            Ok(upload) => upload,
            Err(problem) => return Ok(Taken::Unreadable(problem)),
        };
        let progress = fs::read(path.with_extension(PROGRESS)).ok();
        let progress = progress.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        let place = Place { path: path.to_owned(), _lock: file };
        Ok(Taken::Mine(Box::new(Waiting { place, upload, progress })))
    }

    /// Removes what killed processes left half-written.
    pub fn clean(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let is_old = || {
                let changed = fs::metadata(&path).and_then(|metadata| metadata.modified());
                changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > ABANDONED))
            };
            let is_left = match path.extension().and_then(|extension| extension.to_str()) {
                Some(UNFINISHED) => is_old(),
                Some(PROGRESS) => !path.with_extension(RUN).exists() && is_old(),
                _ => false,
            };
            if is_left {
                remove_if_there(&path)?;
            }
        }
        Ok(())
    }

    /// Sets aside what no server will have, with the reason beside it.
    pub fn reject(&self, path: &Path, reason: &str) -> io::Result<PathBuf> {
        let folder = self.folder.join(REJECTED);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let target = folder.join(path.file_name().unwrap_or_default());
        write_whole(&target.with_extension("reason"), &reason)?;
        fs::rename(path, &target)?;
        remove_if_there(&path.with_extension(PROGRESS))?;
        sync_folder(&self.folder)?;
        sync_folder(&folder)?;
        Ok(target)
    }
}

impl Place {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes down what the server has of the run.
    pub fn note(&self, progress: &Progress) -> io::Result<()> {
        write_whole(&self.path.with_extension(PROGRESS), progress).map(drop)
    }

    /// Removes the run: the server has it.
    pub fn remove(self) -> io::Result<()> {
        remove_if_there(&self.path)?;
        remove_if_there(&self.path.with_extension(PROGRESS))?;
        self.path.parent().map_or(Ok(()), sync_folder)
    }
}

/// Writes a file as a whole or not at all, locked before anybody can find it.
fn write_whole(path: &Path, content: &impl Serialize) -> io::Result<File> {
    let unfinished = path.with_added_extension(format!("{}.{UNFINISHED}", std::process::id()));
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&unfinished)?;
    file.lock()?;
    file.write_all(&serde_json::to_vec(content)?)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    path.parent().map_or(Ok(()), sync_folder)?;
    Ok(file)
}

/// A name is as durable as the folder it is in.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use serde_json::json;

    use super::{Spool, Taken, Waiting};
    use crate::client::upload::{Progress, Upload};

    /// A folder that lasts as long as the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            Self(std::env::temp_dir().join(format!("to_spool_{}_{name}", std::process::id())))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }

    fn upload(summary: &str) -> Upload {
        Upload::new("http://x", summary.to_owned(), &json!({}), &[], &json!({}))
    }

    fn at(seconds: i64) -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn mine(spool: &Spool, path: &Path) -> Waiting {
        match spool.take(path).unwrap() {
            Taken::Mine(waiting) => *waiting,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn runs_wait_in_the_order_in_which_they_were_made() {
        let folder = Folder::new("order");
        let spool = Spool::open(&folder.0).unwrap();
        for (seconds, name) in [(1_000, "third"), (999, "second"), (7, "first")] {
            drop(spool.keep(&upload(name), at(seconds)).unwrap());
        }
        let summaries: Vec<_> = spool.list().unwrap().iter().map(|path| mine(&spool, path).upload.summary).collect();
        assert_eq!(summaries, ["first", "second", "third"]);
    }

    #[test]
    fn one_at_a_time_has_a_run() {
        let folder = Folder::new("lock");
        let spool = Spool::open(&folder.0).unwrap();
        let place = spool.keep(&upload("x"), at(1)).unwrap();
        let path = place.path().to_owned();
        assert!(matches!(spool.take(&path).unwrap(), Taken::Busy));
        drop(place);
        let waiting = mine(&spool, &path);
        assert!(matches!(spool.take(&path).unwrap(), Taken::Busy));
        waiting.place.remove().unwrap();
        assert!(matches!(spool.take(&path).unwrap(), Taken::Busy));
        assert!(spool.list().unwrap().is_empty());
    }

    #[test]
    fn progress_is_remembered_and_goes_with_the_run() {
        let folder = Folder::new("progress");
        let spool = Spool::open(&folder.0).unwrap();
        let place = spool.keep(&upload("x"), at(1)).unwrap();
        let path = place.path().to_owned();
        let progress = Progress { execution: Some(5), batches: 2 };
        place.note(&progress).unwrap();
        drop(place);
        let waiting = mine(&spool, &path);
        assert_eq!(waiting.progress, progress);
        waiting.place.remove().unwrap();
        assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 0);
    }

    #[test]
    fn what_no_server_will_have_stands_in_nobody_s_way() {
        let folder = Folder::new("reject");
        let spool = Spool::open(&folder.0).unwrap();
        let foreign = folder.0.join("0-foreign.json");
        std::fs::write(&foreign, "{}").unwrap();
        assert!(matches!(spool.take(&foreign).unwrap(), Taken::Unreadable(problem) if problem.contains("version")));
        let target = spool.reject(&foreign, "no run").unwrap();
        assert!(spool.list().unwrap().is_empty() && target.exists());
        assert_eq!(std::fs::read_to_string(target.with_extension("reason")).unwrap(), "\"no run\"");
    }

    #[test]
    fn half_written_files_are_no_runs() {
        let folder = Folder::new("half");
        let spool = Spool::open(&folder.0).unwrap();
        let path = folder.0.join("0-x.json.1.tmp");
        std::fs::write(&path, "{").unwrap();
        assert!(spool.list().unwrap().is_empty());
        spool.clean().unwrap();
        assert!(path.exists(), "somebody may still be writing it");
        let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
        spool.clean().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn the_default_is_where_users_keep_state() {
        for (state, home, expected) in [
            (Some("/s"), Some("/h"), Some("/s/test-observer/spool")),
            (Some("relative"), Some("/h"), Some("/h/.local/state/test-observer/spool")),
            (None, Some("/h"), Some("/h/.local/state/test-observer/spool")),
            (None, Some(""), None),
            (None, None, None),
        ] {
            let variable = |name| match name {
                "XDG_STATE_HOME" => state.map(str::to_owned),
                _ => home.map(str::to_owned),
            };
            assert_eq!(Spool::default_folder(variable).as_deref(), expected.map(Path::new));
        }
    }
}
