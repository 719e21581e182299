//! What is known of the calls that were made.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smpp_session::{Distribution, Histogram};

/// What is known of the core and of the calls to it.
#[derive(Clone, Debug, Default)]
pub struct CoreStats {
    /// Whether the last call was answered; false before the first.
    pub is_up: bool,
    /// Why the last call that failed did.
    pub last_error: Option<String>,
    /// Calls by operation and result (`ok`, or the kind of a [`CoreFault`](super::CoreFault)), sorted.
    pub calls: Vec<CallCount>,
    /// How long calls took, by operation.
    pub durations: Vec<(&'static str, Distribution)>,
}

/// How often an operation ended in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallCount {
    /// The operation.
    pub operation: &'static str,
    /// How it ended.
    pub result: &'static str,
    /// How often.
    pub count: u64,
}

/// Counts and times calls.
#[derive(Debug, Default)]
pub(super) struct Meter {
    is_up: AtomicBool,
    noted: Mutex<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    last_error: Option<String>,
    calls: BTreeMap<(&'static str, &'static str), u64>,
    durations: BTreeMap<&'static str, Histogram>,
}

impl Meter {
    /// Notes how a call ended.
    pub(super) fn note(&self, operation: &'static str, (result, took): (&'static str, Duration), up: bool) {
        let mut noted = self.noted();
        *noted.calls.entry((operation, result)).or_default() += 1;
        noted.durations.entry(operation).or_default().record(took);
        self.is_up.store(up, Ordering::Relaxed);
    }

    pub(super) fn fail(&self, error: String) {
        self.noted().last_error = Some(error);
    }

    pub(super) fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Relaxed)
    }

    pub(super) fn read(&self) -> CoreStats {
        let noted = self.noted();
        let call = |(&(operation, result), &count): (&(_, _), &u64)| CallCount { operation, result, count };
        CoreStats {
            is_up: self.is_up(),
            last_error: noted.last_error.clone(),
            calls: noted.calls.iter().map(call).collect(),
            durations: noted.durations.iter().map(|(operation, times)| (*operation, times.snapshot())).collect(),
        }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        // Nothing behind it is half done at any time.
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
