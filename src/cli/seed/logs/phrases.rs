//! What tools, kernels and services say.

pub(super) const UNITS: &[&str] = &[
    "tide-sync.service",
    "lamp-daemon.service",
    "harbour-net.service",
    "meadow-update.timer",
    "sensor-hub.service",
    "quiet-hours.timer",
    "ledger.socket",
    "user@1000.service",
    "session-3.scope",
    "probe-agent.service",
];

pub(super) const DEVICES: &[&str] = &[
    "0000:00:14.0",
    "0000:00:1f.3",
    "0000:02:00.0",
    "0000:03:00.0",
    "1-4",
    "1-4:1.0",
    "2-1",
    "nvme0n1",
    "mmcblk0",
    "eth0",
];

/// What a tool does before it knows.
pub(super) const STEPS: &[&str] = &[
    "probe: {dev}: found, driver bound",
    "probe: {dev}: firmware {n}.{n}.{k}",
    "setting up: {n} of 100 done",
    "round {n}: sent {k} bytes, received {k} bytes, {ms} ms",
    "round {n}: {ms} ms (limit 50.000 ms)",
    "sample {hex}: level -{n} dB",
    "wrote {k} kB to /tmp/probe-{hex}, read it back, equal",
    "reading {dev}: {k} sectors at {n} MB/s",
    "waiting for {unit}: active after {ms} s",
    "temperature {n} C, fan {k} rpm",
    "checksum {hex}{hex} as expected",
    "retrying in 1 s ({n} % packet loss)",
];

/// What a kernel says.
pub(super) const KERNEL: &[&str] = &[
    "usb {dev}: new high-speed device number {n}",
    "usb {dev}: device disconnected",
    "{dev}: link is up, 1000 Mbit/s, full duplex, flow control on",
    "{dev}: link is down",
    "pm: device {dev} resumed after {ms} ms",
    "pm: entering sleep, {k} pages saved",
    "thermal zone {n}: trip point reached, throttling to {k} MHz",
    "nvme {dev}: completed {k} requests, queue depth {n}",
    "wlan0: authenticated with {mac}",
    "wlan0: associated (capabilities 0x{hex}, id {n})",
    "wlan0: leaving {mac} by local choice, reason 3",
    "audit: process {k} of user 1000 was allowed to open /dev/snd/{n}",
    "irq {n}: affinity is now {hex}",
    "mount {dev}: recovered, {n} orphans removed",
];

/// What services say.
pub(super) const SERVICES: &[(&str, &str)] = &[
    ("init[1]", "Started {unit}."),
    ("init[1]", "Stopping {unit}, it has nothing to do."),
    ("init[1]", "{unit}: took {ms} s of processor time."),
    ("net-keeper[812]", "eth0: lease renewed, valid for {k} s"),
    ("net-keeper[812]", "wlan0: signal -{n} dBm, staying with {mac}"),
    ("timekeeper[777]", "offset {ms} ms, {n} sources agree"),
    ("package-keeper[1450]", "cache of {k} packages is fresh"),
    ("shell-session[2210]", "user tester: command ended with status 0 after {ms} s"),
    ("login[990]", "session {n} opened for tester"),
    ("login[990]", "session {n} closed for tester"),
    ("probe-agent[1501]", "heartbeat {k}, queue is empty"),
    ("probe-agent[1501]", "uploaded {k} bytes in {ms} s"),
];
