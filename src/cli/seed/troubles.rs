//! What goes wrong, where and for how long; and so how a test ends.

use app::api::TestResultStatus;

use super::chance::Chance;
use super::executions::Run;
use super::test_cases::Case;

/// How reliably something goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Every time.
    Always,
    /// Now this, now that.
    Sometimes,
    /// The test sees that it cannot run.
    Skipped,
}

/// Something that goes wrong.
#[derive(Debug)]
pub(super) struct Trouble {
    /// The case.
    case: &'static str,
    /// The artefact; `""` for all.
    artefact: &'static str,
    /// How the name of the machine begins; `""` for all.
    machine: &'static str,
    /// It goes wrong in versions between these ages, in days.
    ages: std::ops::RangeInclusive<i64>,
    manner: Manner,
    /// What the log ends with.
    pub(super) symptom: &'static [&'static str],
    /// What the runner says.
    pub(super) comment: &'static str,
    /// The issue that somebody attaches by hand; `""` where nobody does.
    pub(super) issue: &'static str,
}

const ALWAYS: std::ops::RangeInclusive<i64> = 0..=10_000;

/// The case whose log is the longest there is.
pub(super) const LONGEST: &str = "stress/suspend-100000";

use Manner::{Always, Skipped, Sometimes};

pub(super) static TROUBLES: &[Trouble] = &[
    // Worse since the newest kernel.
    Trouble {
        case: "power/suspend-wifi-returns",
        artefact: "linux-meadow",
        machine: "laptop-heron",
        ages: 0..=15,
        manner: Always,
        symptom: &[
            "wlp2s0: no carrier 30.0 s after resume",
            "\u{1b}[31mFAIL\u{1b}[0m the wireless network did not come back",
        ],
        comment: "Worked with 6.8.0-53.55",
        issue: "https://bugs.launchpad.net/meadow-kernel/+bug/2100417",
    },
    Trouble {
        case: LONGEST,
        artefact: "linux-meadow",
        machine: "laptop-heron",
        ages: 0..=2,
        manner: Always,
        symptom: &["watchdog: no answer for 120 s, giving up", "\u{1b}[1;31mFAIL\u{1b}[0m not every cycle came back"],
        comment: "Hangs after a few thousand cycles",
        issue: "",
    },
    // Mended.
    Trouble {
        case: "cpu/scaling-schedutil",
        artefact: "linux-meadow",
        machine: "server-",
        ages: 30..=95,
        manner: Always,
        symptom: &["expected at most 1500 MHz when idle, found 3400 MHz", "FAIL"],
        comment: "",
        issue: "https://bugs.launchpad.net/meadow-kernel/+bug/2093881",
    },
    Trouble {
        case: "wireless/connect-wpa3",
        artefact: "",
        machine: "board-finch-4b",
        ages: 18..=200,
        manner: Always,
        symptom: &[
            "supplicant: SAE: peer rejected the commit (status 77)",
            "\u{1b}[31mFAIL\u{1b}[0m no address within 45 s",
        ],
        comment: "The access point of the board room",
        issue: "",
    },
    Trouble {
        case: "install/raid-1",
        artefact: "meadow-desktop-amd64",
        machine: "",
        ages: 11..=11,
        manner: Always,
        symptom: &["installer: md127: device or resource busy", "Traceback: storage step ended with status 3"],
        comment: "No installation on two disks",
        issue: "https://github.com/example-meadow/installer/issues/318",
    },
    // Flaky.
    Trouble {
        case: "bluetooth/scan-beacon",
        artefact: "",
        machine: "",
        ages: ALWAYS,
        manner: Sometimes,
        symptom: &["heard 0 of 3 beacons within 20 s", "FAIL"],
        comment: "",
        issue: "",
    },
    Trouble {
        case: "network/ping-mirror",
        artefact: "",
        machine: "board-",
        ages: ALWAYS,
        manner: Sometimes,
        symptom: &["ping: mirror.example.com: Temporary failure in name resolution", "FAIL"],
        comment: "",
        issue: "",
    },
    Trouble {
        case: "graphics/hotplug-monitor",
        artefact: "",
        machine: "laptop-",
        ages: ALWAYS,
        manner: Sometimes,
        symptom: &["no hotplug event from DP-1 within 15 s", "\u{1b}[31mFAIL\u{1b}[0m"],
        comment: "Cable or switch?",
        issue: "https://warthogs.atlassian.net/browse/LAB-512",
    },
    Trouble {
        case: "relation/many-units",
        artefact: "granary-db-k8s",
        machine: "",
        ages: ALWAYS,
        manner: Sometimes,
        symptom: &["TimeoutError: 5 of 12 units are still waiting for the relation"],
        comment: "",
        issue: "",
    },
    Trouble {
        case: "session/login-fingerprint",
        artefact: "",
        machine: "",
        ages: ALWAYS,
        manner: Sometimes,
        symptom: &["reader: finger lifted too early (simulated)", "FAIL"],
        comment: "",
        issue: "",
    },
    // Known, and not ours.
    Trouble {
        case: "disk/throughput-usb",
        artefact: "",
        machine: "board-finch-2b",
        ages: ALWAYS,
        manner: Always,
        symptom: &["read 11.8 MB/s, wanted at least 20.0 MB/s", "FAIL"],
        comment: "The port is a slow one",
        issue: "",
    },
    Trouble {
        case: "firmware/secure-boot",
        artefact: "",
        machine: "laptop-kestrel",
        ages: ALWAYS,
        manner: Skipped,
        symptom: &["SKIP: the vendor's keys are not enrolled yet"],
        comment: "Waits for the vendor",
        issue: "",
    },
    Trouble {
        case: "virtual/nested-guest",
        artefact: "",
        machine: "server-ibex",
        ages: ALWAYS,
        manner: Skipped,
        symptom: &["SKIP: no nested virtualisation on this processor"],
        comment: "",
        issue: "",
    },
    // New, and nobody has looked.
    Trouble {
        case: "snap/refresh-same-channel",
        artefact: "tidepool",
        machine: "",
        ages: 0..=9,
        manner: Always,
        symptom: &["error: cannot refresh: hook \"post-refresh\" ended with status 1", "FAIL"],
        comment: "",
        issue: "",
    },
    Trouble {
        case: "boot/no-failed-units",
        artefact: "meadow-core",
        machine: "board-",
        ages: 0..=13,
        manner: Always,
        symptom: &[
            "  tide-sync.service loaded \u{1b}[1;31mfailed\u{1b}[0m failed Keeps the tide tables",
            "1 unit failed, wanted none",
        ],
        comment: "tide-sync.service",
        issue: "",
    },
    Trouble {
        case: "session/large-text",
        artefact: "lantern-desktop",
        machine: "",
        ages: 3..=14,
        manner: Always,
        symptom: &["compare: 18211 pixels differ (limit 500)", "FAIL: labels overlap"],
        comment: "See the picture",
        issue: "https://github.com/example-meadow/lantern/issues/77",
    },
    Trouble {
        case: "charm/rollback",
        artefact: "",
        machine: "",
        ages: 0..=10,
        manner: Always,
        symptom: &["assert status.leader == \"active\"", "E   AssertionError: \"error\" == \"active\""],
        comment: "",
        issue: "",
    },
    Trouble {
        case: "ingress/certificate-renews",
        artefact: "beacon-ingress",
        machine: "",
        ages: 0..=3,
        manner: Always,
        symptom: &["E   ssl.SSLError: certificate has expired"],
        comment: "Every certificate is renewed a day too late",
        issue: "https://github.com/example-meadow/beacon/issues/9",
    },
    Trouble {
        case: "apps/starts-browser",
        artefact: "pixel-drivers",
        machine: "",
        ages: 20..=30,
        manner: Always,
        symptom: &["glx: no matching visual", "browser: window did not appear within 30 s"],
        comment: "",
        issue: "",
    },
    Trouble {
        case: "scenario/load-1000-clients",
        artefact: "branch-office",
        machine: "",
        ages: ALWAYS,
        manner: Sometimes,
        symptom: &["E   AssertionError: p99 was 1840 ms, wanted less than 1500 ms"],
        comment: "",
        issue: "",
    },
];

impl Trouble {
    fn concerns(&self, run: &Run, case: Case) -> bool {
        self.case == case.name
            && (self.artefact.is_empty() || self.artefact == run.line.name)
            && run.machine.name.starts_with(self.machine)
            && self.ages.contains(&run.version.age)
    }
}

/// How a test ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    /// How.
    pub(super) status: TestResultStatus,
    /// Why, where there is a reason.
    pub(super) trouble: Option<&'static Trouble>,
    /// What the runner says.
    pub(super) comment: &'static str,
}

/// How a case ends in a run.
pub(super) fn judge(seed: u64, run: &Run, case: Case) -> Outcome {
    let mut chance = Chance::of(seed, &["outcome", &run.words(), case.name]);
    let plain = |status, comment| Outcome { status, trouble: None, comment };
    if run.machine.lacks.contains(&case.group.category) {
        return plain(TestResultStatus::Skipped, "This machine has no hardware for it");
    }
    let Some(trouble) = TROUBLES.iter().find(|trouble| trouble.concerns(run, case)) else {
        // Something always is the matter, and nobody knows what.
        let is_odd = run.version.age > 0 && chance.one_in(500);
        return plain(if is_odd { TestResultStatus::Failed } else { TestResultStatus::Passed }, "");
    };
    let outcome = |status| Outcome { status, trouble: Some(trouble), comment: trouble.comment };
    match trouble.manner {
        Always => outcome(TestResultStatus::Failed),
        Skipped => outcome(TestResultStatus::Skipped),
        Sometimes if chance.one_in(3) => outcome(TestResultStatus::Failed),
        Sometimes => plain(TestResultStatus::Passed, ""),
    }
}
