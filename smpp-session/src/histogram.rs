//! How long things take, counted by size, without a lock or an allocation.
//!
//! Buckets are log-linear: sixteen to each doubling, so a bucket is never wider than a sixteenth
//! of the times in it. Below sixteen microseconds each microsecond has a bucket of its own.

use alloc::vec::Vec;
use core::array;
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

/// Counts times; many threads may record into it at once.
///
/// It is never reset, so several exporters can read it side by side: what happened between two
/// readings is told by [`Distribution::since`]. It takes less than four kilobytes.
///
/// ```
/// use core::time::Duration;
/// use smpp_session::Histogram;
///
/// let histogram = Histogram::new();
/// for millis in 1..=100 {
///     histogram.record(Duration::from_millis(millis));
/// }
/// let seen = histogram.snapshot();
/// let median = seen.quantile(0.5).unwrap_or_default();
/// assert!(median.abs_diff(Duration::from_millis(50)) <= Duration::from_millis(50) / 32);
/// ```
pub struct Histogram {
    buckets: [AtomicU64; BUCKETS],
    /// Of all times, in microseconds.
    sum: AtomicU64,
}

impl Histogram {
    /// Nothing recorded yet.
    pub fn new() -> Self {
        Histogram { buckets: array::from_fn(|_| AtomicU64::new(0)), sum: AtomicU64::new(0) }
    }

    /// Counts one time; parts of a microsecond do not count.
    pub fn record(&self, time: Duration) {
        let micros = micros(time);
        self.add(bucket(micros), 1, micros);
    }

    /// What has been recorded so far.
    ///
    /// While others record, a time may be counted and not yet be part of the sum.
    pub fn snapshot(&self) -> Distribution {
        let counts = self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        Distribution { counts, sum: self.sum.load(Ordering::Relaxed) }
    }

    /// Counts several times of one bucket.
    pub(crate) fn add(&self, bucket: usize, count: u64, sum: u64) {
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.fetch_add(count, Ordering::Relaxed);
            self.sum.fetch_add(sum, Ordering::Relaxed);
        }
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram::new()
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.snapshot().fmt(f)
    }
}

/// What a [`Histogram`] held at one moment.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Distribution {
    /// Per bucket; empty if nothing was ever recorded.
    counts: Vec<u64>,
    sum: u64,
}

impl Distribution {
    /// How many times were recorded.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// All times together, exact to the microsecond.
    pub const fn sum(&self) -> Duration {
        Duration::from_micros(self.sum)
    }

    /// The average; none if there is nothing.
    pub fn mean(&self) -> Option<Duration> {
        self.sum.checked_div(self.count()).map(Duration::from_micros)
    }

    /// The time that this part of all times, 0 to 1, does not exceed; none if there is nothing.
    ///
    /// It differs from the true one by less than 1/32 of it, 3.2 %. Times above 71 minutes count
    /// as 71 minutes.
    pub fn quantile(&self, part: f64) -> Option<Duration> {
        let count = self.count();
        let wanted = (part.clamp(0.0, 1.0) * count as f64) as u64;
        // Of a hundred, the 0.995 quantile is the last.
        let rank = if (wanted as f64) < part * count as f64 { wanted + 1 } else { wanted };
        let mut below = 0;
        let reaches = |&(_, here): &(usize, u64)| {
            below += here;
            below >= rank.clamp(1, count.max(1))
        };
        self.occupied().find(reaches).map(|(at, _)| Duration::from_micros(middle(at)))
    }

    /// The shortest and the longest time, each within 3.2 %; none if there is nothing.
    pub fn range(&self) -> Option<(Duration, Duration)> {
        Some((self.quantile(0.0)?, self.quantile(1.0)?))
    }

    /// How many times were at most this long, as cumulative buckets of exporters want it.
    ///
    /// Times within 3.2 % of `limit` may fall to the wrong side.
    pub fn at_most(&self, limit: Duration) -> u64 {
        let limit = micros(limit);
        self.occupied().take_while(|(at, _)| middle(*at) <= limit).map(|(_, count)| count).sum()
    }

    /// Buckets that are not empty, each with the longest time it is for.
    pub fn iter(&self) -> impl Iterator<Item = (Duration, u64)> + '_ {
        self.occupied().map(|(at, count)| (Duration::from_micros(start(at + 1) - 1), count))
    }

    /// Adds what another histogram held.
    pub fn merge(&mut self, other: &Distribution) {
        self.counts.resize(self.counts.len().max(other.counts.len()), 0);
        self.counts.iter_mut().zip(&other.counts).for_each(|(own, other)| *own += other);
        self.sum += other.sum;
    }

    /// What was recorded after `earlier`, a snapshot of the same histogram.
    #[must_use]
    pub fn since(&self, earlier: &Distribution) -> Distribution {
        let before = earlier.counts.iter().copied().chain(core::iter::repeat(0));
        let counts = self.counts.iter().zip(before).map(|(now, before)| now.saturating_sub(before)).collect();
        Distribution { counts, sum: self.sum.saturating_sub(earlier.sum) }
    }

    fn occupied(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        self.counts.iter().copied().enumerate().filter(|(_, count)| *count > 0)
    }
}

impl fmt::Debug for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Distribution")
            .field("count", &self.count())
            .field("mean", &self.mean())
            .field("range", &self.range())
            .finish_non_exhaustive()
    }
}

/// The bucket of a time.
pub(crate) const fn bucket(micros: u64) -> usize {
    let Some(doublings) = micros.checked_ilog2() else { return 0 };
    let octave = doublings.saturating_sub(BITS);
    let at = octave as usize * PER_DOUBLING + (micros >> octave) as usize;
    if at < BUCKETS { at } else { BUCKETS - 1 }
}

/// The shortest time of a bucket.
const fn start(bucket: usize) -> u64 {
    let octave = (bucket / PER_DOUBLING).saturating_sub(1);
    ((bucket - octave * PER_DOUBLING) as u64) << octave
}

/// The time that stands for all those of a bucket.
const fn middle(bucket: usize) -> u64 {
    let (first, last) = (start(bucket), start(bucket + 1) - 1);
    first + (last - first) / 2
}

/// Microseconds; more than 2^64 of them are as good as infinite.
pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

const BITS: u32 = 4;
const PER_DOUBLING: usize = 1 << BITS;
// The longest time told apart is 2^32 microseconds, 71 minutes: no response timer is that patient.
const BUCKETS: usize = (32 - BITS as usize + 1) * PER_DOUBLING;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn of(times: &[u64]) -> Distribution {
        let histogram = Histogram::new();
        times.iter().for_each(|micros| histogram.record(Duration::from_micros(*micros)));
        histogram.snapshot()
    }

    #[test]
    fn buckets_join_without_gap_or_overlap() {
        for at in 0..BUCKETS {
            assert_eq!(bucket(start(at)), at);
            assert_eq!(bucket(start(at + 1) - 1), at);
            assert_eq!(bucket(middle(at)), at);
        }
        assert_eq!(start(BUCKETS), 1 << 32);
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn nothing_recorded_has_no_quantiles() {
        let nothing = Histogram::new().snapshot();
        assert_eq!((nothing.count(), nothing.mean(), nothing.quantile(0.5), nothing.range()), (0, None, None, None));
        assert_eq!(Distribution::default().quantile(1.0), None);
    }

    #[test]
    fn short_times_are_exact() {
        let seen = of(&[1, 2, 3, 15]);
        assert_eq!(seen.quantile(0.75), Some(Duration::from_micros(3)));
        assert_eq!(seen.range(), Some((Duration::from_micros(1), Duration::from_micros(15))));
        assert_eq!((seen.at_most(Duration::from_micros(2)), seen.at_most(Duration::MAX)), (2, 4));
    }

    #[test]
    fn times_without_end_are_counted_and_do_not_overflow() {
        let histogram = Histogram::new();
        histogram.record(Duration::MAX);
        assert_eq!(histogram.snapshot().count(), 1);
    }

    #[test]
    fn exporters_read_side_by_side() {
        let histogram = Histogram::new();
        histogram.record(Duration::from_millis(1));
        let first = histogram.snapshot();
        histogram.record(Duration::from_millis(9));
        let between = histogram.snapshot().since(&first);
        assert_eq!((between.count(), between.sum()), (1, Duration::from_millis(9)));
        assert_eq!(histogram.snapshot().since(&Distribution::default()), histogram.snapshot());
    }

    proptest! {
        #[test]
        fn quantiles_are_within_the_documented_error(mut times in prop::collection::vec(0_u64..1 << 32, 1..200), part in 0.0..=1.0) {
            let found = of(&times).quantile(part).unwrap().as_micros() as f64;
            times.sort_unstable();
            let rank = ((part * times.len() as f64).ceil() as usize).max(1);
            let truth = times[rank - 1] as f64;
            prop_assert!((found - truth).abs() <= truth / 32.0, "{found} for {truth}");
        }

        #[test]
        fn merging_is_recording_into_one(some in prop::collection::vec(0_u64..1 << 40, 0..50), more in prop::collection::vec(0_u64..1 << 40, 0..50)) {
            let mut merged = of(&some);
            merged.merge(&of(&more));
            let all: Vec<u64> = some.into_iter().chain(more).collect();
            prop_assert_eq!(&merged, &of(&all));
            prop_assert_eq!(merged.sum(), Duration::from_micros(all.iter().sum()));
            let mut from_nothing = Distribution::default();
            from_nothing.merge(&merged);
            prop_assert_eq!(from_nothing, merged);
        }

        #[test]
        fn cumulative_counts_never_fall_and_end_with_all(times in prop::collection::vec(0_u64..1 << 34, 0..50)) {
            let seen = of(&times);
            let steps: Vec<u64> = (0..40).map(|power| seen.at_most(Duration::from_micros(1 << power))).collect();
            prop_assert!(steps.is_sorted());
            prop_assert_eq!(*steps.last().unwrap(), seen.count());
            prop_assert_eq!(seen.iter().map(|(_, count)| count).sum::<u64>(), seen.count());
        }
    }
}
