//! Runtimes whose workers have a processor each.
//!
//! Left to itself, the kernel may let two workers take turns on one processor while the other one is idle, for seconds; how
//! often it does so depends on the kernel and on chance, and a rate says more about that than about what is measured.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::{Builder, Runtime};

/// A runtime of so many workers; `apart` has each stay on a processor of its own, one after the other of those that this
/// process may use, where the system lets it.
///
/// # Panics
/// When the system gives no threads.
pub fn runtime(workers: usize, apart: bool) -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(workers).enable_time();
    if apart {
        let started = AtomicUsize::new(0);
        builder.on_thread_start(move || stay(started.fetch_add(1, Ordering::Relaxed)));
    }
    builder.build().unwrap()
}

/// Keeps this thread on one of the processors that it may use.
#[cfg(target_os = "linux")]
fn stay(number: usize) {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    let Ok(allowed) = sched_getaffinity(None) else { return };
    let processors = (0..CpuSet::MAX_CPU).filter(|processor| allowed.is_set(*processor));
    if let Some(processor) = processors.cycle().nth(number) {
        let mut only = CpuSet::new();
        only.set(processor);
        // It is measured all the same.
        let _ = sched_setaffinity(None, &only);
    }
}

#[cfg(not(target_os = "linux"))]
fn stay(_number: usize) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::*;

    /// The processors that a worker of this runtime may use, as the system says.
    fn processors(runtime: &Runtime) -> String {
        let status = runtime.block_on(runtime.spawn(async { fs::read_to_string("/proc/thread-self/status").unwrap() })).unwrap();
        status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap().trim().to_owned()
    }

    #[test]
    fn workers_stay_on_a_processor_each_and_only_if_that_is_wanted() {
        let (apart, free) = (runtime(1, true), runtime(1, false));
        let (one, all) = (processors(&apart), processors(&free));
        assert!(one.parse::<usize>().is_ok(), "{one}");
        let starts: BTreeSet<_> = all.split([',', '-']).collect();
        assert!(starts.contains(one.as_str()), "{one} of {all}");
    }
}
