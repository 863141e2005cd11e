//! The test plans, and the cases that each of them runs.

/// What the log of a case looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LogStyle {
    /// A tool on the command line, some of them in colours.
    Command,
    /// A test framework's report.
    Framework,
    /// What the machine wrote down while the test ran.
    Journal,
    /// One suspend after the other.
    Suspend,
    /// Nothing is printed.
    Silent,
}

/// Cases that are alike.
#[derive(Debug)]
pub(super) struct Group {
    /// Their category.
    pub(super) category: &'static str,
    /// The template they are instances of; `""` for none.
    pub(super) template: &'static str,
    /// Their names.
    pub(super) cases: &'static [&'static str],
    /// What their logs look like.
    pub(super) style: LogStyle,
}

/// A test plan.
#[derive(Debug)]
pub(super) struct Plan {
    /// Its name.
    pub(super) name: &'static str,
    /// Its cases.
    pub(super) groups: &'static [Group],
}

/// A case.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    /// Its name.
    pub(super) name: &'static str,
    /// The cases like it.
    pub(super) group: &'static Group,
}

impl Plan {
    /// The cases, in the order in which they run.
    pub(super) fn cases(&'static self) -> impl Iterator<Item = Case> {
        self.groups.iter().flat_map(|group| group.cases.iter().map(move |name| Case { name, group }))
    }
}

const fn group(
    category: &'static str,
    template: &'static str,
    style: LogStyle,
    cases: &'static [&'static str],
) -> Group {
    Group { category, template, cases, style }
}

use LogStyle::{Command, Framework, Journal, Silent, Suspend};

pub(super) static SMOKE: Plan = Plan {
    name: "smoke",
    groups: &[
        group("boot", "", Command, &["boot/reaches-login", "boot/no-failed-units", "boot/clock-is-set"]),
        group("network", "network/ping", Command, &["network/ping-gateway", "network/ping-mirror"]),
        group("network", "", Silent, &["network/resolver-answers"]),
        group("disk", "disk/free-space", Command, &["disk/free-space-root", "disk/free-space-boot"]),
        group(
            "snap",
            "snap/refresh",
            Command,
            &["snap/install", "snap/refresh-same-channel", "snap/revert", "snap/remove"],
        ),
        group("info", "", Journal, &["info/journal-tail"]),
    ],
};

pub(super) static DEVICE: Plan = Plan {
    name: "device-regression",
    groups: &[
        group(
            "audio",
            "audio/loopback",
            Command,
            &["audio/loopback-hdmi", "audio/loopback-headphone", "audio/loopback-usb"],
        ),
        group("audio", "", Silent, &["audio/mixer-has-controls", "audio/volume-survives-reboot"]),
        group("bluetooth", "bluetooth/scan", Command, &["bluetooth/scan-classic", "bluetooth/scan-beacon"]),
        group("bluetooth", "", Command, &["bluetooth/transfer-1mb", "bluetooth/pair-keyboard"]),
        group("camera", "camera/still", Command, &["camera/still-front", "camera/still-rear", "camera/video-10s"]),
        group(
            "disk",
            "disk/throughput",
            Command,
            &["disk/throughput-mmc", "disk/throughput-nvme", "disk/throughput-usb"],
        ),
        group("disk", "", Silent, &["disk/smart-healthy", "disk/mounts-read-write", "disk/trim"]),
        group("ethernet", "ethernet/throughput", Command, &["ethernet/throughput-eth0", "ethernet/throughput-eth1"]),
        group("ethernet", "", Command, &["ethernet/link-recovers", "ethernet/jumbo-frames"]),
        group("firmware", "", Command, &["firmware/capsule-update", "firmware/secure-boot", "firmware/event-log"]),
        group("graphics", "graphics/resolution", Command, &["graphics/resolution-hdmi-1", "graphics/resolution-dp-1"]),
        group(
            "graphics",
            "",
            Command,
            &["graphics/triangle-60s", "graphics/hotplug-monitor", "graphics/virtual-terminal"],
        ),
        group("memory", "", Command, &["memory/size-matches", "memory/stress-120s"]),
        group(
            "power",
            "power/suspend",
            Command,
            &["power/suspend-once", "power/suspend-wifi-returns", "power/hibernate"],
        ),
        group("usb", "usb/storage", Command, &["usb/storage-port-1", "usb/storage-port-2", "usb/storage-port-3"]),
        group("watchdog", "", Command, &["watchdog/resets-after-hang"]),
        group(
            "wireless",
            "wireless/connect",
            Command,
            &["wireless/connect-wpa2", "wireless/connect-wpa3", "wireless/connect-open"],
        ),
        group("wireless", "", Command, &["wireless/throughput-5ghz", "wireless/roams"]),
        group("info", "", Journal, &["info/journal-tail"]),
    ],
};

pub(super) static KERNEL_UPDATE: Plan = Plan {
    name: "kernel-update",
    groups: &[
        group(
            "boot",
            "",
            Command,
            &["boot/reaches-login", "boot/kernel-is-new", "boot/no-taint", "boot/modules-signed"],
        ),
        group(
            "cpu",
            "cpu/scaling",
            Command,
            &["cpu/scaling-performance", "cpu/scaling-powersave", "cpu/scaling-schedutil"],
        ),
        group("cpu", "", Command, &["cpu/offline-and-online", "cpu/topology", "cpu/mitigations"]),
        group("disk", "disk/throughput", Command, &["disk/throughput-nvme", "disk/throughput-usb"]),
        group("graphics", "", Command, &["graphics/triangle-60s", "graphics/hotplug-monitor"]),
        group(
            "kernel",
            "kernel/selftest",
            Framework,
            &["kernel/selftest-timers", "kernel/selftest-futex", "kernel/selftest-net"],
        ),
        group("kernel", "", Silent, &["kernel/config-unchanged", "kernel/headers-installed", "kernel/dkms-builds"]),
        group("memory", "", Command, &["memory/size-matches", "memory/huge-pages"]),
        group("network", "network/ping", Command, &["network/ping-gateway", "network/ping-mirror"]),
        group("power", "power/suspend", Command, &["power/suspend-once", "power/suspend-wifi-returns"]),
        group("virtual", "", Command, &["virtual/start-guest", "virtual/start-container", "virtual/nested-guest"]),
        group("wireless", "wireless/connect", Command, &["wireless/connect-wpa2", "wireless/connect-wpa3"]),
        group("info", "", Journal, &["info/system-journal"]),
    ],
};

pub(super) static STRESS: Plan = Plan {
    name: "overnight-stress",
    groups: &[
        group("stress", "", Command, &["stress/memory-8h", "stress/disk-8h", "stress/reboot-100"]),
        group("stress", "", Suspend, &["stress/suspend-100000"]),
        group("info", "", Journal, &["info/system-journal"]),
    ],
};

pub(super) static CHARM_SQL: Plan = Plan {
    name: "interface/tests/sql_client/courier-mq:database",
    groups: &[group("relation", "relation/sql-client", Framework, RELATION)],
};

pub(super) static CHARM_INGRESS: Plan = Plan {
    name: "interface/tests/ingress/beacon-ingress:web",
    groups: &[group("relation", "relation/ingress", Framework, INGRESS)],
};

pub(super) static CHARM_DEPLOY: Plan = Plan {
    name: "deploy-and-upgrade",
    groups: &[
        group(
            "deploy",
            "",
            Framework,
            &["charm/deploy-one-unit", "charm/deploy-three-units", "charm/scale-in", "charm/scale-out"],
        ),
        group(
            "upgrade",
            "charm/upgrade",
            Framework,
            &["charm/upgrade-from-stable", "charm/upgrade-from-previous", "charm/rollback"],
        ),
        group(
            "operate",
            "",
            Framework,
            &["charm/backup", "charm/restore", "charm/rotate-secrets", "charm/survives-node-loss"],
        ),
    ],
};

const RELATION: &[&str] = &[
    "relation/joins",
    "relation/credentials-are-secret",
    "relation/reads-and-writes",
    "relation/departs",
    "relation/rejoins",
    "relation/encrypts",
    "relation/many-units",
];
const INGRESS: &[&str] = &[
    "ingress/joins",
    "ingress/route-answers",
    "ingress/certificate-renews",
    "ingress/path-is-stripped",
    "ingress/departs",
];

pub(super) static INSTALL: Plan = Plan {
    name: "install",
    groups: &[
        group(
            "install",
            "install/disk-layout",
            Command,
            &["install/whole-disk", "install/encrypted-disk", "install/beside-another", "install/raid-1"],
        ),
        group(
            "install",
            "",
            Command,
            &["install/offline", "install/answers-from-file", "install/keyboard-layouts", "install/checksum"],
        ),
        group("boot", "", Command, &["boot/reaches-login", "boot/no-failed-units", "boot/secure"]),
        group("info", "", Journal, &["info/installer-journal"]),
    ],
};

pub(super) static DESKTOP: Plan = Plan {
    name: "desktop-session",
    groups: &[
        group(
            "session",
            "session/login",
            Command,
            &["session/login-password", "session/login-fingerprint", "session/lock-and-unlock"],
        ),
        group(
            "session",
            "",
            Command,
            &["session/screenshot", "session/external-monitor", "session/drag-and-drop", "session/large-text"],
        ),
        group(
            "apps",
            "apps/starts",
            Command,
            &["apps/starts-browser", "apps/starts-editor", "apps/starts-files", "apps/starts-mail"],
        ),
        group("audio", "audio/loopback", Command, &["audio/loopback-headphone"]),
        group("camera", "camera/still", Command, &["camera/still-front"]),
        group("accessibility", "", Command, &["accessibility/screen-reader", "accessibility/keyboard-only"]),
    ],
};

pub(super) static SCENARIO: Plan = Plan {
    name: "end-to-end",
    groups: &[
        group(
            "scenario",
            "",
            Framework,
            &["scenario/installs", "scenario/first-order", "scenario/network-partition", "scenario/restores-backup"],
        ),
        group("scenario", "scenario/load", Framework, &["scenario/load-100-clients", "scenario/load-1000-clients"]),
        group("scenario", "", Framework, &["scenario/upgrade-in-place", "scenario/expired-certificate"]),
    ],
};
