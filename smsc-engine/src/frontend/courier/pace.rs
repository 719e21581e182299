//! How many messages may go out in a second, exactly.
//!
//! A bucket of tokens that may fill up lets twice its rate through around a quiet moment. Here every message of the
//! last second is remembered, so that no second, whenever it begins, has more than the limit.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Lets at most so many messages through in any second, and about a tenth of them at once.
#[derive(Debug)]
pub(super) struct Pace {
    /// [`usize::MAX`] for none: then nothing is remembered.
    limit: AtomicUsize,
    past: Mutex<Past>,
}

/// What went out lately, and what may go out any moment.
#[derive(Debug, Default)]
struct Past {
    sent: VecDeque<Instant>,
    promised: usize,
}

impl Pace {
    /// Everything passes until there is a limit.
    pub(super) fn new() -> Pace {
        Pace { limit: AtomicUsize::new(usize::MAX), past: Mutex::default() }
    }

    /// Lets at most so many through in a second, at least one; what went out before counts.
    pub(super) fn set_limit(&self, messages: u32) {
        self.limit.store(usize::try_from(messages.max(1)).unwrap_or(usize::MAX), Ordering::Relaxed);
    }

    /// Promises that as many as `wanted` may go out, or fewer.
    pub(super) fn reserve(&self, wanted: usize) -> Allowance<'_> {
        let limit = self.limit();
        if limit == usize::MAX {
            return Allowance { pace: self, left: wanted };
        }
        let mut past = self.past();
        let left = past.room(limit, Instant::now()).min(wanted);
        past.promised += left;
        Allowance { pace: self, left }
    }

    /// How long nothing may go out; zero if something may now.
    pub(super) fn wait(&self) -> Duration {
        let limit = self.limit();
        if limit == usize::MAX { Duration::ZERO } else { self.past().wait(limit, Instant::now()) }
    }

    fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to send some messages; what is not used is given back.
#[derive(Debug)]
pub(super) struct Allowance<'a> {
    pace: &'a Pace,
    left: usize,
}

impl Allowance<'_> {
    /// How many messages may be sent.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// True if one more may be sent, perhaps beyond those that were promised.
    pub(super) fn has_one(&mut self) -> bool {
        if self.left == 0 {
            self.left = std::mem::take(&mut self.pace.reserve(1).left);
        }
        self.left > 0
    }

    /// A message goes out now.
    pub(super) fn spend(&mut self) {
        let promised = usize::from(self.left > 0);
        self.left -= promised;
        if self.pace.limit() != usize::MAX {
            let mut past = self.pace.past();
            past.promised = past.promised.saturating_sub(promised);
            past.sent.push_back(Instant::now());
        }
    }
}

impl Drop for Allowance<'_> {
    fn drop(&mut self) {
        if self.left > 0 && self.pace.limit() != usize::MAX {
            let mut past = self.pace.past();
            past.promised = past.promised.saturating_sub(self.left);
        }
    }
}

impl Past {
    /// How many may go out now.
    fn room(&mut self, limit: usize, now: Instant) -> usize {
        self.forget(now);
        let (all, recent) = (self.sent.len() + self.promised, self.recent(now) + self.promised);
        limit.saturating_sub(all).min(at_once(limit).saturating_sub(recent))
    }

    fn wait(&mut self, limit: usize, now: Instant) -> Duration {
        if self.room(limit, now) > 0 {
            return Duration::ZERO;
        }
        // When so many have become old that one more fits; what is only promised is looked at again soon.
        let until = |most: usize, span: Duration| {
            let surplus = (self.sent.len() + self.promised).checked_sub(most)?;
            let last = self.sent.get(surplus).map_or(SOON, |sent| (*sent + span).duration_since(now));
            Some(last)
        };
        until(limit, SECOND).max(until(at_once(limit), MOMENT)).unwrap_or(SOON)
    }

    /// Messages that went out a moment ago.
    fn recent(&self, now: Instant) -> usize {
        self.sent.len() - self.sent.partition_point(|sent| *sent + MOMENT <= now)
    }

    fn forget(&mut self, now: Instant) {
        while self.sent.front().is_some_and(|sent| *sent + SECOND <= now) {
            self.sent.pop_front();
        }
    }
}

/// Peers count in their own way, many in short spans: a whole second's worth at once would be too much for those.
fn at_once(limit: usize) -> usize {
    limit.div_ceil(10)
}

// A tick of the clock more than a second, so that a second with both its ends has no more either.
const SECOND: Duration = Duration::from_millis(1001);
// A little less than a tenth, so that late timers cost none of the rate.
const MOMENT: Duration = Duration::from_millis(95);
const SOON: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends as much as it may for so long; returns when each message went out.
    async fn send(pace: &Pace, span: Duration) -> Vec<Instant> {
        let (start, mut sent) = (Instant::now(), Vec::new());
        while start.elapsed() < span {
            let mut allowance = pace.reserve(7);
            while allowance.left() > 0 {
                allowance.spend();
                sent.push(Instant::now());
            }
            drop(allowance);
            tokio::time::sleep(pace.wait().max(Duration::from_millis(1))).await;
        }
        sent
    }

    fn most_in_a_second(sent: &[Instant]) -> usize {
        let window = |from: &Instant| sent.iter().filter(|at| *at >= from && **at <= *from + Duration::from_secs(1)).count();
        sent.iter().map(window).max().unwrap_or_default()
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_has_more_than_the_limit_and_the_limit_is_reached() {
        for limit in [1, 3, 10, 80, 1000] {
            let pace = Pace::new();
            pace.set_limit(limit);
            let mut all = send(&pace, Duration::from_secs(3)).await;
            tokio::time::sleep(Duration::from_millis(1300)).await;
            all.extend(send(&pace, Duration::from_secs(3)).await);
            let limit = limit as usize;
            assert!(most_in_a_second(&all) <= limit, "{limit}: {}", most_in_a_second(&all));
            assert!(all.len() >= limit * 57 / 10, "{limit}: only {} in six seconds", all.len());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_promised_and_not_used_is_given_back() {
        let pace = Pace::new();
        pace.set_limit(100);
        let mut one = pace.reserve(6);
        let other = pace.reserve(6);
        assert_eq!((one.left(), other.left(), pace.reserve(1).left()), (6, 4, 0), "two sessions share one limit");
        one.spend();
        drop((one, other));
        assert_eq!(pace.reserve(100).left(), 9);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lower_limit_counts_what_went_out_before() {
        let pace = Pace::new();
        pace.set_limit(100);
        let mut allowance = pace.reserve(10);
        (0..10).for_each(|_| allowance.spend());
        drop(allowance);
        pace.set_limit(10);
        tokio::time::advance(Duration::from_millis(900)).await;
        assert_eq!((pace.reserve(1).left(), pace.wait()), (0, Duration::from_millis(101)));
        tokio::time::advance(Duration::from_millis(101)).await;
        assert_eq!(pace.reserve(5).left(), 1);
    }

    #[test]
    fn without_a_limit_nothing_is_held_back() {
        let pace = Pace::new();
        assert_eq!((pace.reserve(5000).left(), pace.wait()), (5000, Duration::ZERO));
    }
}
