//! What a run is about: the same for every family once the family's own words are read.

use app::api::{
    FamilyName, StartImageTestExecutionRequest, StartTestExecutionRequest, TestExecutionRelevantLinkCreate,
    TestExecutionStatus,
};

use super::bundle::bundle_hash;
use crate::store::artefacts::NewArtefact;

/// A run that starts.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each field names what it holds")]
pub struct Run {
    pub artefact: ArtefactOfRun,
    pub revision: Option<i32>,
    pub environment: String,
    pub test_plan: String,
    pub ci_link: Option<String>,
    pub initial_status: TestExecutionStatus,
    pub relevant_links: Vec<TestExecutionRelevantLinkCreate>,
    pub needs_assignment: bool,
}

/// What is tested.
#[derive(Clone, Debug)]
pub enum ArtefactOfRun {
    /// An artefact that the request describes.
    Described {
        /// The artefact.
        artefact: Box<NewArtefact>,
        /// What the build and the environment run.
        arch: String,
    },
    /// An image, by its checksum.
    Image {
        /// The checksum.
        sha256: String,
        /// Everything else, when the request says all of it.
        full: Option<Box<NewArtefact>>,
        /// What the build and the environment run, when the request says so.
        arch: Option<String>,
    },
}

/// Takes what every family's request has.
macro_rules! run {
    ($request:expr, $artefact:expr, $revision:expr) => {
        Run {
            artefact: $artefact,
            revision: $revision,
            environment: $request.environment.0,
            test_plan: $request.test_plan.0,
            ci_link: $request.ci_link.map(|link| link.0),
            initial_status: $request.initial_status,
            relevant_links: $request.relevant_links,
            needs_assignment: $request.needs_assignment.0,
        }
    };
}

impl From<StartTestExecutionRequest> for Run {
    fn from(request: StartTestExecutionRequest) -> Self {
        match request {
            StartTestExecutionRequest::Snap(snap) => {
                let stage = snap.execution_stage.as_str();
                let artefact = NewArtefact {
                    track: snap.track.0,
                    store: snap.store.0,
                    branch: snap.branch.0,
                    ..NewArtefact::named(FamilyName::Snap, snap.name.0, snap.version.0, stage)
                };
                run!(snap, described(artefact, snap.arch.0), revision(snap.revision.0))
            }
            StartTestExecutionRequest::Charm(charm) => {
                let stage = charm.execution_stage.as_str();
                let artefact = NewArtefact {
                    track: charm.track.0,
                    branch: charm.branch.0,
                    ..NewArtefact::named(FamilyName::Charm, charm.name.0, charm.version.0, stage)
                };
                run!(charm, described(artefact, charm.arch.0), revision(charm.revision.0))
            }
            StartTestExecutionRequest::Deb(deb) => {
                let stage = deb.execution_stage.as_str();
                let artefact = NewArtefact {
                    series: deb.series.0,
                    repo: deb.repo.0,
                    source: deb.source.0,
                    ..NewArtefact::named(FamilyName::Deb, deb.name.0, deb.version.0, stage)
                };
                run!(deb, described(artefact, deb.arch.0), None)
            }
            StartTestExecutionRequest::Solution(solution) => {
                let stage = solution.execution_stage.as_str();
                let artefact = NewArtefact {
                    track: solution.track.0,
                    source: solution.source.0,
                    bundled_builds_hash: Some(bundle_hash(&[])),
                    ..NewArtefact::named(FamilyName::Solution, solution.name.0, solution.version.0, stage)
                };
                run!(solution, described(artefact, solution.arch.0), None)
            }
            StartTestExecutionRequest::Image(image) => {
                let artefact = ArtefactOfRun::Image {
                    full: full_image(&image).map(Box::new),
                    sha256: image.sha256.0,
                    arch: image.arch.map(|arch| arch.0),
                };
                run!(image, artefact, None)
            }
        }
    }
}

fn described(artefact: NewArtefact, arch: String) -> ArtefactOfRun {
    ArtefactOfRun::Described { artefact: Box::new(artefact), arch }
}

fn revision(number: i64) -> Option<i32> {
    // The request's reader keeps it inside 32 bits.
    i32::try_from(number).ok()
}

/// The image as it would be created, if the request says everything.
fn full_image(image: &StartImageTestExecutionRequest) -> Option<NewArtefact> {
    let stage = image.execution_stage?.as_str();
    let name = image.name.clone()?.0;
    let version = image.version.clone()?.0;
    Some(NewArtefact {
        os: image.os.clone()?.0,
        release: image.release.clone()?.0,
        owner: image.owner.clone()?.0,
        image_url: image.image_url.clone()?.0,
        sha256: image.sha256.0.clone(),
        ..NewArtefact::named(FamilyName::Image, name, version, stage)
    })
}
