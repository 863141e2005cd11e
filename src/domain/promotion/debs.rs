//! How far a Debian package is: what the indexes of the archive's pockets say.

use app::api::DebStage;

use super::{Finding, Versions};

/// Architectures that are ports, beside all kinds of arm.
const PORTS: [&str; 3] = ["ppc64el", "riscv64", "s390x"];

/// Whether the packages of an architecture are in the archive of the ports.
pub fn is_port(architecture: &str) -> bool {
    architecture.starts_with("arm") || PORTS.contains(&architecture)
}

/// Where a package is, by the indexes of its architectures, each with its pocket: in the highest pocket that has its version.
/// Where only other versions of it are known, it is gone; a name that nobody knows says nothing: the package comes from
/// somewhere else.
pub fn find_deb(name: &str, version: &str, indexes: &[(DebStage, &Versions)]) -> Finding {
    let known = indexes.iter().filter_map(|(pocket, versions)| Some((*pocket, versions.get(name)?)));
    let known: Vec<(DebStage, &String)> = known.collect();
    let highest = known.iter().filter(|(_, found)| *found == version).map(|(pocket, _)| *pocket).max();
    match highest {
        Some(pocket) => Finding::At(pocket.as_str()),
        None if known.is_empty() => Finding::Unknown,
        None => Finding::Gone,
    }
}

#[cfg(test)]
mod tests {
    use app::api::DebStage::{Proposed, Updates};

    use super::*;

    #[test]
    fn a_package_is_in_the_highest_pocket_that_has_its_version() {
        for (indexes, expected) in [
            (&[(Proposed, Some("2")), (Updates, Some("1"))][..], Finding::At("proposed")),
            (&[(Proposed, Some("2")), (Updates, Some("2"))], Finding::At("updates")),
            (&[(Updates, Some("2")), (Proposed, None)], Finding::At("updates")),
            // One architecture is enough.
            (&[(Proposed, Some("1")), (Proposed, Some("2")), (Updates, None)], Finding::At("proposed")),
            (&[(Updates, Some("1")), (Updates, Some("2")), (Proposed, Some("2"))], Finding::At("updates")),
            (&[(Proposed, Some("3")), (Updates, None)], Finding::Gone),
            (&[(Proposed, None), (Updates, Some("1"))], Finding::Gone),
            (&[(Proposed, None), (Updates, None)], Finding::Unknown),
            (&[], Finding::Unknown),
        ] {
            let versions = |version: Option<&str>| {
                let found = version.map(|version| ("tool".to_owned(), version.to_owned()));
                let other = ("other".to_owned(), "2".to_owned());
                found.into_iter().chain([other]).collect::<Versions>()
            };
            let read: Vec<(DebStage, Versions)> =
                indexes.iter().map(|(pocket, version)| (*pocket, versions(*version))).collect();
            let read: Vec<(DebStage, &Versions)> = read.iter().map(|(pocket, versions)| (*pocket, versions)).collect();
            assert_eq!(find_deb("tool", "2", &read), expected, "{indexes:?}");
        }
    }

    #[test]
    fn ports_are_in_an_archive_of_their_own() {
        for (architecture, expected) in [
            ("amd64", false),
            ("i386", false),
            ("amd64v3", false),
            ("armhf", true),
            ("arm64", true),
            ("armel", true),
            ("riscv64", true),
            ("ppc64el", true),
            ("s390x", true),
            ("x-arm", false),
        ] {
            assert_eq!(is_port(architecture), expected, "{architecture}");
        }
    }
}
