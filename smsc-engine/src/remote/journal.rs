//! What the log says of calls to the core: enough to find a fault, however often it happens.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::fault::CoreFault;

/// Writes at most one line a second about one operation and one kind of fault; the next one says how many were left out.
#[derive(Debug, Default)]
pub(super) struct Journal {
    /// There are few operations and few kinds of faults.
    written: Mutex<HashMap<(&'static str, &'static str), Written>>,
    /// That the core answers was told.
    is_back_told: AtomicBool,
}

/// When something was written last, and how often it happened since.
#[derive(Clone, Copy, Debug)]
struct Written {
    at: Instant,
    left_out: u64,
}

impl Journal {
    /// Tells of a call that failed, or once of a core that is back.
    pub(super) fn note(&self, operation: &'static str, fault: Option<&CoreFault>, now: Instant) {
        let Some(fault) = fault else {
            if !self.is_back_told.swap(true, Ordering::Relaxed) {
                tracing::info!("api {operation}: the core answers");
            }
            return;
        };
        if fault.is_away() {
            self.is_back_told.store(false, Ordering::Relaxed);
        }
        if let Some(left_out) = self.turn((operation, fault.kind()), now) {
            // A core that does not know something, or does not want it, is there.
            let is_refusal = matches!(fault, CoreFault::Http(400..=499, _));
            match (is_refusal, left_out) {
                (true, 0) => tracing::warn!("api {operation}: {fault}"),
                (true, _) => tracing::warn!("api {operation}: {fault} ({left_out} more since the last line)"),
                (false, 0) => tracing::error!("api {operation}: {fault}"),
                (false, _) => tracing::error!("api {operation}: {fault} ({left_out} more since the last line)"),
            }
        }
    }

    /// How many were left out, if it is time for a line.
    fn turn(&self, key: (&'static str, &'static str), now: Instant) -> Option<u64> {
        let mut all = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(written) = all.get_mut(&key) else {
            all.insert(key, Written { at: now, left_out: 0 });
            return Some(0);
        };
        if now.saturating_duration_since(written.at) < PAUSE {
            written.left_out += 1;
            return None;
        }
        let left_out = written.left_out;
        *written = Written { at: now, left_out: 0 };
        Some(left_out)
    }
}

const PAUSE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_fault_has_a_line_a_second_which_counts_the_others() {
        let journal = Journal::default();
        let begin = Instant::now();
        let turn = |millis, kind| journal.turn(("work", kind), begin + Duration::from_millis(millis));
        assert_eq!(turn(0, "timeout"), Some(0));
        assert_eq!((turn(1, "timeout"), turn(999, "timeout")), (None, None));
        assert_eq!(turn(2, "http_503"), Some(0), "another fault is another line");
        assert_eq!(turn(1000, "timeout"), Some(2));
        assert_eq!((turn(1001, "timeout"), turn(2000, "timeout")), (None, Some(1)));
        assert_eq!(turn(9000, "timeout"), Some(0));
    }
}
