//! How long connections are waited for and how long statements take.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the buckets; what takes longer is counted in one more.
pub const BOUNDS: [Duration; 12] = [
    Duration::from_micros(100),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(5),
];

/// Counts durations in buckets.
#[derive(Debug, Default)]
pub(super) struct Durations {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

impl Durations {
    pub(super) fn add(&self, took: Duration) {
        let place = BOUNDS.iter().position(|bound| took <= *bound).unwrap_or(BOUNDS.len());
        if let Some(bucket) = self.buckets.get(place) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn histogram(&self) -> Histogram {
        let buckets = self.buckets.each_ref().map(|bucket| bucket.load(Ordering::Relaxed));
        Histogram { buckets, sum: Duration::from_micros(self.micros.load(Ordering::Relaxed)) }
    }
}

/// How many durations fell between the [`BOUNDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// How many in each bucket alone, the last one without a bound.
    pub buckets: [u64; BOUNDS.len() + 1],
    /// All durations together.
    pub sum: Duration,
}

impl Histogram {
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

/// How a database's connections do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolMeasures {
    /// How long statements and transactions waited for a connection.
    pub queue_time: Histogram,
    /// How long statements took, without the waiting.
    pub query_time: Histogram,
    /// How many connections are open.
    pub connected: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_falls_into_the_first_bucket_that_holds_it() {
        let durations = Durations::default();
        for millis in [0, 1, 2, 100, 60_000] {
            durations.add(Duration::from_millis(millis));
        }
        let histogram = durations.histogram();
        assert_eq!(histogram.buckets, [1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
        assert_eq!((histogram.count(), histogram.sum), (5, Duration::from_millis(60_103)));
    }
}
