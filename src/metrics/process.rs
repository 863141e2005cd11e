//! What Linux says of this process. Elsewhere there is nothing to read, and nothing is written.

use std::fs;

use super::text::Text;

/// Clock ticks in a second, as the kernel counts for programs on every architecture.
const TICKS: u64 = 100;

/// Writes the names that every Prometheus client has.
pub(super) fn write(text: &mut Text) {
    if let Ok(status) = fs::read_to_string("/proc/self/status") {
        let family = ("process_resident_memory_bytes", "gauge", "Memory that is in use.");
        write_one(text, family, find_number(&status, "VmRSS:").map(|kibibytes| kibibytes * 1024));
        let family = ("process_virtual_memory_bytes", "gauge", "Memory that is reserved.");
        write_one(text, family, find_number(&status, "VmSize:").map(|kibibytes| kibibytes * 1024));
        let family = ("process_threads", "gauge", "Threads.");
        write_one(text, family, find_number(&status, "Threads:"));
    }
    let family = ("process_open_fds", "gauge", "Open files and connections.");
    write_one(text, family, count_open_files());
    if let Ok(limits) = fs::read_to_string("/proc/self/limits") {
        let family = ("process_max_fds", "gauge", "As many files and connections may be open.");
        write_one(text, family, find_number(&limits, "Max open files"));
    }
    let Some(times) = fs::read_to_string("/proc/self/stat").ok().and_then(|stat| read_times(&stat)) else { return };
    // Hundredths of a second.
    let spelt = format!("{}.{:02}", times.busy / TICKS, times.busy % TICKS);
    write_one(text, ("process_cpu_seconds_total", "counter", "Time that processors were busy with it."), Some(spelt));
    let boot = fs::read_to_string("/proc/stat").ok().and_then(|stat| find_number(&stat, "btime"));
    let start = boot.map(|boot| format!("{}.{:02}", boot + times.start / TICKS, times.start % TICKS));
    write_one(text, ("process_start_time_seconds", "gauge", "When it was started, since 1970."), start);
}

fn write_one(text: &mut Text, (name, kind, help): (&str, &str, &'static str), value: Option<impl std::fmt::Display>) {
    if let Some(value) = value {
        text.family(name, kind, help);
        text.sample(name, &[], value);
    }
}

/// The first number of the line that begins so.
fn find_number(text: &str, beginning: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(beginning))?;
    rest.split_whitespace().next()?.parse().ok()
}

fn count_open_files() -> Option<usize> {
    // Looking takes one itself.
    Some(fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1))
}

/// In ticks: how long processors were busy with the process, and when it started after the machine.
#[derive(Debug, PartialEq, Eq)]
struct Times {
    busy: u64,
    start: u64,
}

fn read_times(stat: &str) -> Option<Times> {
    // The name of the program stands in brackets, and may hold blanks and brackets itself.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |place: usize| fields.get(place).and_then(|field| field.parse::<u64>().ok());
    Some(Times { busy: number(11)? + number(12)?, start: number(19)? })
}

#[cfg(test)]
mod tests {
    use super::{Times, find_number, read_times};

    #[test]
    fn the_kernel_s_account_is_read() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 100 0 3 0 250 51 0 0 20 0 9 0 4711 1000 200 18446744073709551615";
        assert_eq!(read_times(stat), Some(Times { busy: 301, start: 4711 }));
        assert_eq!(read_times("7 (a) S 1"), None);
        assert_eq!(find_number("VmPeak:\t  9 kB\nVmRSS:\t  512 kB\n", "VmRSS:"), Some(512));
        assert_eq!(
            find_number(
                "Max open files            1024                 524288               files\n",
                "Max open files"
            ),
            Some(1024)
        );
        assert_eq!(
            find_number(
                "Max open files            unlimited            unlimited            files\n",
                "Max open files"
            ),
            None
        );
    }
}
