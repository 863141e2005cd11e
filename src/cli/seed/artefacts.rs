//! The artefacts: what is tested, in which versions, and what people decided about each.

use app::api::FamilyName;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::environments::Machine;
use super::test_cases::Plan;

/// What became of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Approved, and out of sight since.
    Archived,
    /// Signed off.
    Approved,
    /// Marked as failed.
    Rejected,
    /// Some environments are reviewed, the artefact is not decided.
    HalfReviewed,
    /// Tested, and nobody has looked yet.
    Untouched,
    /// Tests are under way.
    Running,
}

/// A version of an artefact.
#[derive(Debug)]
pub(super) struct Version {
    /// What it is called.
    pub(super) name: &'static str,
    /// How far it has come.
    pub(super) stage: &'static str,
    /// How many days ago its tests began. Reviewers have ten days.
    pub(super) age: i64,
    /// What became of it.
    pub(super) fate: Fate,
}

/// An artefact through its versions.
#[derive(Debug)]
pub(super) struct Line {
    /// Its family.
    pub(super) family: FamilyName,
    /// Its name.
    pub(super) name: &'static str,
    /// Its track; `""` for families without.
    pub(super) track: &'static str,
    /// The branch of a snap; `""` for none.
    pub(super) branch: &'static str,
    /// Where a deb that is in no pocket, or a solution, comes from.
    pub(super) source: &'static str,
    /// Oldest first.
    pub(super) versions: &'static [Version],
    /// Where it is tested.
    pub(super) machines: &'static [&'static Machine],
    /// What is run.
    pub(super) plans: &'static [&'static Plan],
}

impl Line {
    /// The fields of a start request that say what is tested, on a machine.
    pub(super) fn describe(&self, version: &Version, arch: &str) -> Value {
        let mut body = json!({
            "family": self.family, "name": self.name, "version": version.name, "arch": arch,
            "execution_stage": version.stage,
        });
        let own = match self.family {
            FamilyName::Snap => json!({
                "track": self.track, "branch": self.branch, "store": "meadow-store", "revision": revision(version, arch),
            }),
            FamilyName::Deb => json!({"series": "clover", "repo": "main", "source": self.source}),
            FamilyName::Charm => json!({"track": self.track, "revision": revision(version, arch)}),
            FamilyName::Image => self.describe_image(version),
            FamilyName::Solution => json!({"track": self.track, "source": self.source}),
        };
        if let (Value::Object(body), Value::Object(own)) = (&mut body, own) {
            body.extend(own);
        }
        body
    }

    fn describe_image(&self, version: &Version) -> Value {
        let digest = Sha256::digest(format!("{} {}", self.name, version.name));
        let sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        let image_url = format!("https://images.example.com/{}/{}/disk.img.xz", self.name, version.name);
        json!({"sha256": sha256, "image_url": image_url, "os": "meadow", "release": "clover", "owner": "image-team"})
    }

    /// Words that no other version has.
    pub(super) fn words(&self, version: &Version) -> String {
        format!("{}/{}/{}", self.family, self.name, version.name)
    }
}

/// The store's number of a build: higher for later versions, another one for each architecture.
fn revision(version: &Version, arch: &str) -> i64 {
    let place = ["amd64", "arm64", "armhf", "riscv64", "s390x", "ppc64el"].iter().position(|known| *known == arch);
    let place = i64::try_from(place.unwrap_or_default()).unwrap_or_default();
    2_000 - version.age * 10 + place
}
