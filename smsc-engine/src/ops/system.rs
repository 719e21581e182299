//! How the machine does, as Linux tells it in `/proc`; elsewhere most of it is unknown.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// The machine that a centre runs on; reading it takes well below a millisecond.
#[derive(Debug)]
pub struct System {
    directory: PathBuf,
    /// At the last read.
    processors: Mutex<Option<Processors>>,
}

/// How the machine and this process do; sizes are octets, times are seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SystemFigures {
    /// How busy all processors together were since the read before, 0 to 1; since the machine's start at the first.
    pub cpu_share: Option<f64>,
    /// How many processors there are.
    pub processors: usize,
    /// Processes that ran or waited for the disk, on average over 1, 5 and 15 minutes.
    pub load: Option<[f64; 3]>,
    /// Memory of the machine.
    pub memory_total: Option<u64>,
    /// Memory that can be had without swapping.
    pub memory_available: Option<u64>,
    /// Size of the disk with the centre's directory.
    pub disk_total: Option<u64>,
    /// What can still be written there.
    pub disk_available: Option<u64>,
    /// Time since the machine's start.
    pub machine_uptime: Option<f64>,
    /// Memory of this process.
    pub process_memory: Option<u64>,
    /// Time that processors worked for this process.
    pub process_cpu_seconds: Option<f64>,
    /// Time since this process's start.
    pub process_uptime: Option<f64>,
    /// Files and connections this process has open.
    pub open_files: Option<u64>,
    /// How many it may have open; `None` for any number, too.
    pub open_files_limit: Option<u64>,
}

/// Ticks of all processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Processors {
    busy: u64,
    all: u64,
}

impl System {
    /// Will look at the disk of this directory.
    pub fn new(directory: impl Into<PathBuf>) -> System {
        System { directory: directory.into(), processors: Mutex::new(None) }
    }

    /// Looks how everything is now; what cannot be found out is left out.
    pub fn read(&self) -> SystemFigures {
        let stat = processes(&proc("self/stat"));
        let uptime = first(&proc("uptime"));
        let disk = fs4::statvfs(&self.directory).ok();
        let memory = proc("meminfo");
        SystemFigures {
            cpu_share: self.cpu_share(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            load: load(&proc("loadavg")),
            memory_total: kibibytes(&memory, "MemTotal"),
            memory_available: kibibytes(&memory, "MemAvailable"),
            disk_total: disk.as_ref().map(fs4::FsStats::total_space),
            disk_available: disk.as_ref().map(fs4::FsStats::available_space),
            machine_uptime: uptime,
            process_memory: kibibytes(&proc("self/status"), "VmRSS"),
            process_cpu_seconds: stat.map(|(worked, _)| worked),
            process_uptime: stat.zip(uptime).map(|((_, start), uptime)| (uptime - start).max(0.0)),
            open_files: fs::read_dir(Path::new(PROC).join("self/fd")).ok().map(|files| files.count() as u64),
            open_files_limit: limit(&proc("self/limits"), "Max open files"),
        }
    }

    fn cpu_share(&self) -> Option<f64> {
        let now = Processors::parse(&proc("stat"))?;
        let before = self.processors.lock().unwrap_or_else(PoisonError::into_inner).replace(now);
        Some(now.share_since(before.unwrap_or(Processors { busy: 0, all: 0 })))
    }
}

impl Processors {
    fn parse(stat: &str) -> Option<Processors> {
        let line = stat.lines().next()?.strip_prefix("cpu ")?;
        // user, nice, system, idle, iowait, irq, softirq, steal; what guests take is in the first two already.
        let ticks: Vec<u64> = line.split_whitespace().take(8).map_while(|ticks| ticks.parse().ok()).collect();
        let all = ticks.iter().sum();
        let idle: u64 = ticks.iter().skip(3).take(2).sum();
        (ticks.len() >= 4).then_some(Processors { busy: all - idle, all })
    }

    #[allow(clippy::cast_precision_loss, reason = "a share needs no more digits")]
    fn share_since(self, before: Processors) -> f64 {
        let all = self.all.saturating_sub(before.all).max(1);
        (self.busy.saturating_sub(before.busy) as f64 / all as f64).min(1.0)
    }
}

/// Seconds that processors worked for this process, and when it was started, in seconds since the machine's start.
#[allow(clippy::cast_precision_loss, reason = "no machine runs that long")]
fn processes(stat: &str) -> Option<(f64, f64)> {
    // The name before may hold anything, spaces and parentheses too.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    let worked = next()? + next()?;
    let start = fields.nth(6)?.parse::<u64>().ok()?;
    Some((worked as f64 / TICKS, start as f64 / TICKS))
}

fn first(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}

fn load(text: &str) -> Option<[f64; 3]> {
    let mut figures = text.split_whitespace().map_while(|figure| figure.parse().ok());
    Some([figures.next()?, figures.next()?, figures.next()?])
}

/// Finds `name:   123 kB`.
fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let figure = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    figure.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Finds the soft limit in `name   1024   4096   files`.
fn limit(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

/// What Linux says there; nothing on other systems.
fn proc(name: &str) -> String {
    fs::read_to_string(Path::new(PROC).join(name)).unwrap_or_default()
}

const PROC: &str = "/proc";
/// Linux shows times to programs in hundredths of seconds, whatever it counts in itself.
const TICKS: f64 = 100.0;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_texts_of_linux_are_read() {
        let before = Processors::parse("cpu  100 0 50 800 50 0 0 0 7 0\ncpu0 1 2 3 4\n").unwrap();
        assert_eq!(before, Processors { busy: 150, all: 1000 });
        let after = Processors::parse("cpu  150 0 75 825 50 0 0 0 7 0\n").unwrap();
        assert!((after.share_since(before) - 0.75).abs() < 1e-9);
        assert!(before.share_since(before) < 1e-9 && before.share_since(after) < 1e-9);
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 9 0 0 0 150 50 0 0 20 0 1 0 12345 8 9";
        assert_eq!(processes(stat), Some((2.0, 123.45)));
        assert_eq!(load("0.20 0.18 1.00 1/80 11206"), Some([0.20, 0.18, 1.0]));
        assert_eq!(kibibytes("MemTotal:       16 kB\nMemFree: 3 kB\n", "MemTotal"), Some(16_384));
        assert_eq!(
            limit("Limit   Soft\nMax open files            1024                 4096   files\n", "Max open files"),
            Some(1024)
        );
        assert_eq!(limit("Max open files            unlimited            unlimited   files\n", "Max open files"), None);
    }

    #[test]
    fn other_texts_are_left_out() {
        for text in ["", "cpu", "cpu  1 2", "x) y", "MemTotal: much kB", "99999999999999999999"] {
            assert_eq!((Processors::parse(text), processes(text), load(text)), (None, None, None), "{text}");
            assert_eq!((kibibytes(text, "MemTotal"), limit(text, "Max")), (None, None), "{text}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_is_read() {
        let system = System::new(std::env::temp_dir());
        system.read();
        let figures = system.read();
        assert!(figures.cpu_share.is_some_and(|share| (0.0..=1.0).contains(&share)), "{figures:?}");
        assert!(figures.memory_total > figures.memory_available && figures.process_memory > Some(1 << 20), "{figures:?}");
        assert!(figures.disk_total >= figures.disk_available && figures.open_files > Some(2), "{figures:?}");
        assert!(figures.process_uptime < figures.machine_uptime && figures.load.is_some(), "{figures:?}");
    }

    #[test]
    fn a_directory_that_is_not_there_has_no_disk() {
        assert_eq!(System::new("/no/such/directory").read().disk_total, None);
    }
}
