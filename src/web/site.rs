//! The built site: a folder, or what was compiled into the program.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the built site is.
#[derive(Clone, Debug)]
pub enum Site {
    /// A folder of this machine.
    Folder {
        /// The folder with `pkg/` and the public files.
        root: PathBuf,
        /// The file with the hashes that are part of the names in `pkg/`.
        hash_file: PathBuf,
    },
    /// The program itself.
    Embedded(EmbeddedSite),
}

/// A site in memory, for as long as the program runs.
#[derive(Clone, Copy, Debug)]
pub struct EmbeddedSite {
    /// What the file with the hashes says.
    pub(super) hashes: &'static str,
    /// The files, compressed ones included, by their path below the site.
    pub(super) files: &'static [(&'static str, &'static [u8])],
}

#[cfg(feature = "embed-site")]
const COMPILED_IN: Option<EmbeddedSite> = Some(include!(concat!(env!("OUT_DIR"), "/site.rs")));
#[cfg(not(feature = "embed-site"))]
const COMPILED_IN: Option<EmbeddedSite> = None;

impl Site {
    /// The site in a folder; its hashes are in `hash.txt` beside the running program, where the build leaves them.
    pub fn in_folder(root: PathBuf) -> Self {
        let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join("hash.txt")));
        Self::Folder { root, hash_file: beside.unwrap_or_else(|| PathBuf::from("hash.txt")) }
    }

    /// The site that was compiled in; else the one that the build has left in `site` beside the folder of the program.
    pub fn built() -> Self {
        if let Some(site) = COMPILED_IN {
            return Self::Embedded(site);
        }
        let program = std::env::current_exe().ok();
        let folder = program.as_deref().and_then(|program| program.parent()?.parent());
        Self::in_folder(folder.unwrap_or(Path::new("target")).join("site"))
    }

    /// What the file with the hashes says; nothing when there is none.
    pub(super) fn read_hashes(&self) -> Cow<'static, str> {
        match self {
            Self::Folder { hash_file, .. } => fs::read_to_string(hash_file).unwrap_or_default().into(),
            Self::Embedded(site) => site.hashes.into(),
        }
    }

    /// What is in the file at a path below the site.
    pub(super) fn read(&self, path: &str) -> Option<Cow<'static, [u8]>> {
        match self {
            Self::Folder { root, .. } => fs::read(root.join(path)).ok().map(Cow::Owned),
            Self::Embedded(site) => {
                site.files.iter().find(|(other, _)| *other == path).map(|(_, content)| Cow::Borrowed(*content))
            }
        }
    }

    /// The names of the files that lie directly in the site.
    pub(super) fn public_names(&self) -> Vec<String> {
        match self {
            Self::Folder { root, .. } => {
                let entries = fs::read_dir(root).into_iter().flatten().filter_map(Result::ok);
                entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
            }
            Self::Embedded(site) => {
                site.files.iter().filter(|(path, _)| !path.contains('/')).map(|(path, _)| (*path).to_owned()).collect()
            }
        }
    }

    /// The folder whose `pkg` should be there and is not.
    pub(super) fn missing(&self) -> Option<&Path> {
        match self {
            Self::Folder { root, .. } => (!root.join("pkg").is_dir()).then_some(root),
            Self::Embedded(_) => None,
        }
    }
}
