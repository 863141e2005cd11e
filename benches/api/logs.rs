//! Logs as tests print them: the same for the same seed, and no two alike. They have about as many different words, and compress
//! about as well, as those of real machines; a line that is repeated would do neither.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

const DAEMONS: &[&str] =
    &["systemd[1]", "kernel", "snapd[812]", "NetworkManager[640]", "checkbox-ng", "dbus-daemon[611]", "sshd[1022]"];
const VERBS: &[&str] =
    &["started", "stopped", "reloading", "waiting for", "mounted", "skipping", "probing", "registered", "closed"];
const THINGS: &[&str] = &[
    "device",
    "interface",
    "session",
    "firmware",
    "volume",
    "socket",
    "service",
    "partition",
    "channel",
    "bridge",
    "module",
    "sensor",
    "profile",
    "timer",
    "queue",
    "mirror",
    "keyring",
    "display",
    "battery",
    "modem",
];
const FOLDERS: &[&str] =
    &["usr", "lib", "var", "snap", "sys", "devices", "common", "current", "cache", "plugins", "x86_64", "bus"];

/// A log of about so many bytes, in whole lines.
pub(super) fn make_log(seed: u64, bytes: usize) -> String {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut seconds: f64 = rng.random_range(0.0..900.0);
    let mut log = String::new();
    while log.len() < bytes {
        seconds += rng.random_range(0.0..3.0);
        log.push_str(&make_line(&mut rng, seconds));
        log.push('\n');
    }
    log
}

fn make_line(rng: &mut StdRng, seconds: f64) -> String {
    let daemon = DAEMONS.choose(rng).unwrap_or(&"kernel");
    let verb = VERBS.choose(rng).unwrap_or(&"started");
    let (thing, other) = (make_name(rng), make_name(rng));
    let number: u32 = rng.random();
    match rng.random_range(0..5) {
        0 => format!("[{seconds:12.6}] {daemon}: {verb} {thing} at 0x{number:08x}"),
        1 => format!("[{seconds:12.6}] {daemon}: {verb} {} ({thing})", make_path(rng)),
        2 => format!("[{seconds:12.6}] {daemon}: {thing}: {other} took {} ms", number % 5_000),
        3 => format!(
            "[{seconds:12.6}] {daemon}: 10.{}.{}.{} {verb} {thing}",
            number % 256,
            number / 256 % 256,
            number / 65_536 % 256
        ),
        _ => format!("[{seconds:12.6}] {daemon}: {verb} {thing} {other}"),
    }
}

fn make_name(rng: &mut StdRng) -> String {
    let thing = THINGS.choose(rng).unwrap_or(&"device");
    if rng.random_ratio(1, 2) { (*thing).to_owned() } else { format!("{thing}-{}", rng.random_range(0..400)) }
}

fn make_path(rng: &mut StdRng) -> String {
    let depth = rng.random_range(2..5);
    let folders: Vec<&str> = (0..depth).map(|_| *FOLDERS.choose(rng).unwrap_or(&"usr")).collect();
    format!("/{}/{}.so", folders.join("/"), make_name(rng))
}

/// The line that a rule for that error finds.
pub(super) fn error_line(number: usize) -> String {
    format!("error {number}: the request timed out\n")
}
