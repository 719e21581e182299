//! What the core counts.

use std::sync::atomic::{AtomicU64, Ordering};

use smpp_session::Histogram;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// Returns how many there were since the start.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The counts of one core since its start.
#[derive(Debug, Default)]
pub struct Meters {
    /// Messages taken for processing.
    pub received: Counter,
    /// Repeats that were answered with the id of the first.
    pub duplicates: Counter,
    /// Messages put on the work list of a frontend.
    pub queued: Counter,
    /// Messages that no route claims and whose recipient is served by nobody.
    pub routing_failed: Counter,
    /// Attempts reported by frontends.
    pub attempted: Counter,
    /// Messages delivered.
    pub delivered: Counter,
    /// Messages that failed for good or were rejected.
    pub failed: Counter,
    /// Messages whose deadline passed, or whose attempts were used up.
    pub dead_letter: Counter,
    /// Times charging was asked.
    pub charging_attempted: Counter,
    /// Times it did not grant.
    pub charging_failed: Counter,
    /// How long a grant took.
    pub charging_succeeded: Histogram,
    /// How long delivered messages were on their way.
    pub delivery: Histogram,
}
