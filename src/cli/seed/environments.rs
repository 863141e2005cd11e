//! The machines of an invented laboratory.

/// A machine that tests run on.
#[derive(Debug)]
pub(super) struct Machine {
    /// Its name, which is that of the environment.
    pub(super) name: &'static str,
    /// What it runs.
    pub(super) arch: &'static str,
    /// The room it stands in.
    pub(super) lab: &'static str,
    /// Categories of tests it has no hardware for.
    pub(super) lacks: &'static [&'static str],
}

const fn machine(name: &'static str, arch: &'static str, lab: &'static str, lacks: &'static [&'static str]) -> Machine {
    Machine { name, arch, lab, lacks }
}

const NO_SCREEN: &[&str] = &["audio", "bluetooth", "camera", "graphics", "power", "wireless"];
const BOARD: &[&str] = &["camera", "firmware", "power"];

pub(super) static HERON: Machine = machine("laptop-heron-7430", "amd64", "north", &[]);
pub(super) static OSPREY: Machine =
    machine("workstation-osprey-z4", "amd64", "north", &["bluetooth", "power", "wireless"]);
pub(super) static TERN: Machine = machine("nuc-tern-11", "amd64", "north", &["camera", "power"]);
pub(super) static BISON: Machine = machine("server-bison-r760", "amd64", "hall-2", NO_SCREEN);
pub(super) static CLOUD: Machine = machine("vm-cloud-8g", "amd64", "virtual", NO_SCREEN);
pub(super) static KESTREL: Machine = machine("laptop-kestrel-x1e", "arm64", "north", &[]);
pub(super) static IBEX: Machine = machine("server-ibex-altra", "arm64", "hall-2", NO_SCREEN);
pub(super) static FINCH_5: Machine = machine("board-finch-5", "arm64", "boards", BOARD);
pub(super) static FINCH_4: Machine = machine("board-finch-4b", "arm64", "boards", BOARD);
pub(super) static FINCH_4_HARD_FLOAT: Machine = machine("board-finch-4b", "armhf", "boards", BOARD);
pub(super) static FINCH_2: Machine = machine("board-finch-2b", "armhf", "boards", BOARD);
pub(super) static NEWT: Machine = machine("board-newt-v2", "riscv64", "boards", BOARD);
pub(super) static MOLE: Machine = machine("lpar-mole-z16", "s390x", "hall-2", NO_SCREEN);
pub(super) static YAK: Machine = machine("server-yak-p10", "ppc64el", "hall-2", NO_SCREEN);
