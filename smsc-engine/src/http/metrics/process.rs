//! What the operating system says of this process, as `/proc` tells it; nothing elsewhere.

use std::fs;

/// What the process uses; `None` where nobody tells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Process {
    /// Octets.
    pub(super) resident: Option<u64>,
    pub(super) open_files: Option<u64>,
    pub(super) max_files: Option<u64>,
    pub(super) cpu_seconds: Option<f64>,
}

impl Process {
    pub(super) fn read() -> Process {
        let text = |name| fs::read_to_string(format!("/proc/self/{name}")).ok();
        Process {
            resident: text("status").and_then(|status| resident(&status)),
            open_files: fs::read_dir("/proc/self/fd").ok().map(|files| files.count() as u64),
            max_files: text("limits").and_then(|limits| max_files(&limits)),
            cpu_seconds: text("stat").and_then(|stat| cpu_seconds(&stat)),
        }
    }
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilo| kilo * 1024)
}

fn max_files(limits: &str) -> Option<u64> {
    limits.lines().find_map(|line| line.strip_prefix("Max open files"))?.split_whitespace().next()?.parse().ok()
}

/// The name of the program may hold anything, but for what follows its last bracket.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut ticks = rest.split_whitespace().skip(USER_TIME);
    let (user, system): (u64, u64) = (ticks.next()?.parse().ok()?, ticks.next()?.parse().ok()?);
    Some((user + system) as f64 / TICKS)
}

// proc(5): utime is the 14th field, the name in brackets the second.
const USER_TIME: usize = 11;
// USER_HZ, the same on all processors we know.
const TICKS: f64 = 100.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_is_understood() {
        assert_eq!(resident("Name:\tsmsc\nVmRSS:\t   12 kB\n"), Some(12_288));
        assert_eq!(max_files("Max open files            1024                 4096                 files\n"), Some(1024));
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 1 0 100";
        assert_eq!(cpu_seconds(stat), Some(2.0));
        assert_eq!((resident(""), max_files("Max open files unlimited"), cpu_seconds("7 (x")), (None, None, None));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_uses_memory_and_files() {
        let process = Process::read();
        assert!(process.resident.unwrap() > 100_000 && process.open_files.unwrap() > 0);
        assert!(process.cpu_seconds.is_some());
    }
}
