//! Following artefacts through their stages: what the snap store and the archive say, and what follows from it.

mod debs;
mod package_index;
mod snaps;

pub use debs::{find_deb, is_port};
pub use package_index::{PackageIndex, PackageNames, Versions};
pub use snaps::{Release, find_snap, read_channel_map, read_refusal};

/// Where an artefact was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// In this stage.
    At(&'static str),
    /// Nowhere, where other versions of it are: its time is over.
    Gone,
    /// Nowhere, and nothing follows from that: nobody publishes it there under that name.
    Unknown,
}

/// How far an artefact is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its stage.
    pub stage: String,
    /// Whether its time is over.
    pub archived: bool,
}

impl Finding {
    /// Where an artefact in that stage, whose time was not over, is now.
    pub fn place(self, stage: &str) -> Place {
        match self {
            Self::At(found) => Place { stage: found.to_owned(), archived: false },
            Self::Gone => Place { stage: stage.to_owned(), archived: true },
            Self::Unknown => Place { stage: stage.to_owned(), archived: false },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Finding;

    #[test]
    fn what_is_found_moves_and_what_is_gone_is_archived_where_it_was() {
        for (finding, stage, archived) in
            [(Finding::At("beta"), "beta", false), (Finding::Gone, "stable", true), (Finding::Unknown, "stable", false)]
        {
            let place = finding.place("stable");
            assert_eq!((place.stage.as_str(), place.archived), (stage, archived), "{finding:?}");
        }
    }
}
