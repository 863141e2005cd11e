//! The invented artefacts and their versions.

use app::api::FamilyName;

use super::artefacts::Fate::{Approved, Archived, HalfReviewed, Rejected, Running, Untouched};
use super::artefacts::{Fate, Line, Version};
use super::environments::{
    BISON, CLOUD, FINCH_2, FINCH_4, FINCH_4_HARD_FLOAT, FINCH_5, HERON, IBEX, KESTREL, MOLE, Machine, NEWT, OSPREY,
    TERN, YAK,
};
use super::test_cases::{
    CHARM_DEPLOY, CHARM_INGRESS, CHARM_SQL, DESKTOP, DEVICE, INSTALL, KERNEL_UPDATE, Plan, SCENARIO, SMOKE, STRESS,
};

const fn version(name: &'static str, stage: &'static str, age: i64, fate: Fate) -> Version {
    Version { name, stage, age, fate }
}

const fn line(
    family: FamilyName,
    name: &'static str,
    origin: [&'static str; 3],
    machines: &'static [&'static Machine],
    plans: &'static [&'static Plan],
    versions: &'static [Version],
) -> Line {
    let [track, branch, source] = origin;
    Line { family, name, track, branch, source, versions, machines, plans }
}

const BOARDS: &[&Machine] = &[&TERN, &FINCH_4, &FINCH_5, &FINCH_4_HARD_FLOAT, &FINCH_2, &NEWT];
const SERVERS: &[&Machine] = &[&BISON, &IBEX, &CLOUD, &MOLE, &YAK];
const DESKTOPS: &[&Machine] = &[&HERON, &OSPREY, &KESTREL];

pub(super) static LINES: &[Line] = &[
    line(
        FamilyName::Snap,
        "meadow-core",
        ["24", "", ""],
        BOARDS,
        &[&SMOKE, &DEVICE],
        &[
            version("24.1.4", "stable", 110, Archived),
            version("24.1.5", "stable", 78, Approved),
            version("24.1.6", "stable", 47, Approved),
            version("24.1.7", "candidate", 20, Approved),
            version("24.1.8", "beta", 12, Untouched),
            version("24.1.9", "edge", 0, Running),
        ],
    ),
    line(
        FamilyName::Snap,
        "meadow-core",
        ["22", "", ""],
        &[&TERN, &FINCH_4, &FINCH_2],
        &[&SMOKE],
        &[
            version("22.7.1", "stable", 90, Approved),
            version("22.7.2", "stable", 41, Approved),
            version("22.7.3", "beta", 10, HalfReviewed),
        ],
    ),
    line(
        FamilyName::Snap,
        "meadow-core",
        ["24", "fix-suspend", ""],
        &[&TERN, &FINCH_4],
        &[&SMOKE],
        &[version("24.1.8-fix1", "beta", 5, Rejected), version("24.1.8-fix2", "beta", 3, HalfReviewed)],
    ),
    line(
        FamilyName::Snap,
        "tidepool",
        ["latest", "", ""],
        SERVERS,
        &[&SMOKE],
        &[
            version("5.1.0", "stable", 85, Archived),
            version("5.2.0", "stable", 52, Approved),
            version("5.3.0", "candidate", 9, Untouched),
            version("5.4.0", "edge", 1, Running),
        ],
    ),
    line(
        FamilyName::Snap,
        "tidepool",
        ["lts", "", ""],
        &[&BISON, &IBEX, &CLOUD],
        &[&SMOKE],
        &[version("4.9.2", "stable", 60, Approved), version("4.9.3", "candidate", 6, HalfReviewed)],
    ),
    line(
        FamilyName::Snap,
        "lantern-desktop",
        ["latest", "", ""],
        DESKTOPS,
        &[&SMOKE, &DESKTOP],
        &[
            version("3.0", "stable", 66, Approved),
            version("3.1", "candidate", 14, Rejected),
            version("3.1.1", "candidate", 3, Untouched),
        ],
    ),
    line(
        FamilyName::Snap,
        "quill-editor",
        ["latest", "", ""],
        &[&HERON, &KESTREL],
        &[&SMOKE],
        &[version("1.18", "stable", 30, Approved), version("1.19", "beta", 4, HalfReviewed)],
    ),
    line(
        FamilyName::Snap,
        "pebble-kernel",
        ["24", "", ""],
        &[&FINCH_4, &FINCH_5, &FINCH_2],
        &[&KERNEL_UPDATE],
        &[version("6.8.0-1021.23", "stable", 33, Approved), version("6.8.0-1022.24", "beta", 2, Untouched)],
    ),
    line(
        FamilyName::Deb,
        "linux-meadow",
        ["", "", ""],
        &[&HERON, &OSPREY, &BISON, &KESTREL, &IBEX],
        &[&KERNEL_UPDATE, &STRESS],
        &[
            version("6.8.0-50.51", "updates", 120, Archived),
            version("6.8.0-51.52", "updates", 92, Approved),
            version("6.8.0-52.53", "updates", 64, Approved),
            version("6.8.0-53.55", "updates", 36, Approved),
            version("6.8.0-54.56", "proposed", 15, Rejected),
            version("6.8.0-55.57", "proposed", 1, Untouched),
        ],
    ),
    line(
        FamilyName::Deb,
        "linux-meadow-lowlatency",
        ["", "", ""],
        &[&HERON, &OSPREY],
        &[&KERNEL_UPDATE],
        &[version("6.8.0-53.55.1", "updates", 35, Approved), version("6.8.0-55.57.1", "proposed", 1, HalfReviewed)],
    ),
    line(
        FamilyName::Deb,
        "linux-meadow",
        ["", "", "ppa:kernel-lab/bisect"],
        &[&HERON],
        &[&KERNEL_UPDATE],
        &[version("6.8.0-54.56~bisect3", "", 13, Untouched), version("6.8.0-54.56~bisect7", "", 8, HalfReviewed)],
    ),
    line(
        FamilyName::Deb,
        "network-warden",
        ["", "", ""],
        &[&HERON, &TERN, &BISON],
        &[&SMOKE],
        &[version("1.46.0-1meadow2", "updates", 44, Approved), version("1.46.0-1meadow3", "proposed", 7, Untouched)],
    ),
    line(
        FamilyName::Deb,
        "pixel-drivers",
        ["", "", "ppa:graphics-lab/staging"],
        &[&OSPREY, &HERON],
        &[&DESKTOP],
        &[version("560.28-0lab1", "", 26, Rejected), version("560.31-0lab1", "", 11, Untouched)],
    ),
    line(
        FamilyName::Charm,
        "granary-db-k8s",
        ["16", "", ""],
        &[&CLOUD, &IBEX],
        &[&CHARM_DEPLOY, &CHARM_SQL],
        &[
            version("471", "stable", 58, Approved),
            version("488", "candidate", 18, Approved),
            version("502", "candidate", 10, Untouched),
            version("517", "edge", 0, Running),
        ],
    ),
    line(
        FamilyName::Charm,
        "courier-mq",
        ["3", "", ""],
        &[&CLOUD],
        &[&CHARM_DEPLOY, &CHARM_SQL],
        &[version("203", "stable", 49, Approved), version("219", "beta", 5, HalfReviewed)],
    ),
    line(
        FamilyName::Charm,
        "beacon-ingress",
        ["latest", "", ""],
        &[&CLOUD, &BISON],
        &[&CHARM_INGRESS],
        &[
            version("88", "stable", 70, Archived),
            version("97", "stable", 25, Approved),
            version("104", "edge", 2, Rejected),
        ],
    ),
    line(
        FamilyName::Image,
        "meadow-desktop-amd64",
        ["", "", ""],
        &[&HERON, &OSPREY, &TERN],
        &[&INSTALL, &DESKTOP],
        &[
            version("build-0812", "current", 40, Approved),
            version("build-0847", "pending", 11, Rejected),
            version("build-0853", "pending", 3, HalfReviewed),
        ],
    ),
    line(
        FamilyName::Image,
        "meadow-server-arm64",
        ["", "", ""],
        &[&IBEX, &FINCH_5],
        &[&INSTALL],
        &[version("build-0811", "current", 40, Approved), version("build-0851", "pending", 10, Untouched)],
    ),
    line(
        FamilyName::Image,
        "meadow-core-riscv64",
        ["", "", ""],
        &[&NEWT],
        &[&SMOKE],
        &[version("build-0850", "pending", 4, Running)],
    ),
    line(
        FamilyName::Solution,
        "branch-office",
        ["24", "", "solutions-team"],
        &[&BISON, &CLOUD],
        &[&SCENARIO],
        &[version("2.3", "stable", 28, Approved), version("2.4", "candidate", 6, HalfReviewed)],
    ),
    line(
        FamilyName::Solution,
        "farm-telemetry",
        ["1", "", "solutions-team"],
        &[&CLOUD],
        &[&SCENARIO],
        &[version("1.0-rc2", "beta", 3, Untouched)],
    ),
];
