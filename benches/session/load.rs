//! A load: callers that each await one answer after the other, and what comes of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use crate::process;

/// What one turn came to.
#[derive(Clone, Copy)]
pub(crate) struct Outcome {
    /// Messages answered a second.
    pub(crate) rate: f64,
    /// CPU time of both sides per message.
    pub(crate) cpu: Duration,
    /// Nothing more came after a while.
    pub(crate) stalls: bool,
}

/// Counts what callers do until it is time to stop.
#[derive(Clone, Default)]
pub(crate) struct Tally {
    done: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Tally {
    pub(crate) fn add(&self, messages: u64) {
        self.done.fetch_add(messages, Ordering::Relaxed);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Watches the callers for a time, after a fifth of it to warm up, and tells them to stop.
    ///
    /// It watches from a thread of its own: a client that spins must not hold it up.
    pub(crate) fn watch(&self, time: Duration) -> Outcome {
        std::thread::sleep(time / 5);
        let (start, cpu, first) = (Instant::now(), process::cpu(), self.done());
        std::thread::sleep(time / 2);
        let half = self.done();
        std::thread::sleep(time / 2);
        let (messages, elapsed) = (self.done() - first, start.elapsed());
        let cpu = (process::cpu() - cpu).div_f64(messages.max(1) as f64);
        let stalls = self.done() == half;
        self.over.store(true, Ordering::Relaxed);
        Outcome { rate: messages as f64 / elapsed.as_secs_f64(), cpu, stalls }
    }
}

/// The turn whose rate is the median.
pub(crate) fn median(mut outcomes: Vec<Outcome>) -> Outcome {
    outcomes.sort_by(|one, other| one.rate.total_cmp(&other.rate));
    outcomes[outcomes.len() / 2]
}

/// A runtime of one thread.
pub(crate) fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Something that runs on a thread and a runtime of its own, until it is dropped.
pub(crate) struct Aside {
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Aside {
    pub(crate) fn run<F: Future<Output = ()>>(start: impl FnOnce() -> F + Send + 'static) -> Aside {
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = one_thread();
            runtime.block_on(async {
                tokio::select! {
                    () = start() => {}
                    _ = stopped => {}
                }
            });
            // Tasks that would not end are left.
            runtime.shutdown_background();
        });
        Aside { stop: Some(stop), thread: Some(thread) }
    }

    /// For what may spin and never notice that it is to stop.
    pub(crate) fn abandon(mut self) {
        self.thread = None;
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended by itself.
            let _ = stop.send(());
        }
        self.thread.take().into_iter().for_each(|thread| thread.join().unwrap());
    }
}
