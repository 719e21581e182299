//! How many attempts it took.

use std::sync::atomic::{AtomicU64, Ordering};

/// Upper bounds of the buckets; what took more is counted in one more.
pub const STEPS: [u32; 9] = [1, 2, 3, 4, 5, 7, 10, 15, 20];

/// Counts small numbers in buckets.
#[derive(Debug, Default)]
pub struct Steps {
    buckets: [AtomicU64; STEPS.len() + 1],
    sum: AtomicU64,
}

impl Steps {
    pub(super) fn record(&self, steps: u32) {
        let place = STEPS.iter().position(|bound| steps <= *bound).unwrap_or(STEPS.len());
        if let Some(bucket) = self.buckets.get(place) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(steps.into(), Ordering::Relaxed);
    }

    /// Returns how many fell into each bucket alone, the last one without a bound, and all numbers together.
    pub fn read(&self) -> ([u64; STEPS.len() + 1], u64) {
        (self.buckets.each_ref().map(|bucket| bucket.load(Ordering::Relaxed)), self.sum.load(Ordering::Relaxed))
    }
}
