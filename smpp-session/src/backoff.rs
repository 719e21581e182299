//! How long to wait before the next attempt to bind.
//!
//! Only arithmetic: who waits, and what counts as a failure, is somebody else's business. Pauses
//! double from failure to failure and are cut by chance, so that the ESMEs an MC lost together do
//! not come back together.

use core::time::Duration;

/// The pauses between attempts to bind.
///
/// ```
/// use std::time::Duration;
/// use smpp_session::{Backoff, Obstacle, Pauses};
///
/// let mut pauses = Pauses::new(Backoff::default(), 7);
/// let (first, second) = (pauses.next(Obstacle::Passing), pauses.next(Obstacle::Passing));
/// assert!(first <= Duration::from_secs(1) && second <= Duration::from_secs(2));
/// assert!(pauses.next(Obstacle::Lasting) >= Duration::from_secs(30));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backoff {
    /// The pause after the first failure of a row; each further one doubles it.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// The pause after the first refusal that somebody must mend.
    pub first_refused: Duration,
    /// The longest pause after such refusals.
    pub longest_refused: Duration,
    /// A session that lasted so long ends the row of failures, a shorter one is part of it.
    pub steady: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(30),
            // Many MCs lock an account out after a few wrong passwords within minutes.
            first_refused: Duration::from_secs(60),
            longest_refused: Duration::from_secs(600),
            steady: Duration::from_secs(30),
        }
    }
}

/// What stands between an ESME and its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Obstacle {
    /// It goes away by itself: the network, an MC that restarts or has no room.
    Passing,
    /// It stays until somebody mends it, such as a wrong password; asking often does harm.
    Lasting,
}

/// A row of failures, and the pause after each.
#[derive(Debug, Clone)]
pub struct Pauses {
    backoff: Backoff,
    passing: u32,
    lasting: u32,
    chance: u64,
}

impl Pauses {
    /// No failure so far; `seed` decides how much is cut off the pauses.
    pub const fn new(backoff: Backoff, seed: u64) -> Self {
        Pauses { backoff, passing: 0, lasting: 0, chance: seed }
    }

    /// Another failure: the pause after it, between a half and the whole of its full length.
    pub fn next(&mut self, obstacle: Obstacle) -> Duration {
        let Backoff { first, longest, first_refused, longest_refused, .. } = self.backoff;
        let (failures, first, longest) = match obstacle {
            Obstacle::Passing => (&mut self.passing, first, longest),
            Obstacle::Lasting => (&mut self.lasting, first_refused, longest_refused),
        };
        let full = first.saturating_mul(1 << (*failures).min(MOST_DOUBLINGS)).min(longest);
        *failures = failures.saturating_add(1);
        let half = full / 2;
        half.saturating_add(half.mul_f64(self.fraction()))
    }

    /// A session was steady: the row has ended.
    pub fn reset(&mut self) {
        (self.passing, self.lasting) = (0, 0);
    }

    /// Whether a session that lasted so long was steady.
    pub fn is_steady(&self, lasted: Duration) -> bool {
        lasted >= self.backoff.steady
    }

    /// From 0 to 1: the next of Sebastiano Vigna's SplitMix64, good enough to tell clients apart.
    fn fraction(&mut self) -> f64 {
        self.chance = self.chance.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.chance;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        f64::from((mixed >> 32) as u32) / f64::from(u32::MAX)
    }
}

// Beyond a million times the first pause every limit has been reached.
const MOST_DOUBLINGS: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn row(seed: u64, obstacle: Obstacle, failures: usize) -> Vec<Duration> {
        let mut pauses = Pauses::new(Backoff::default(), seed);
        (0..failures).map(|_| pauses.next(obstacle)).collect()
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_never_stop() {
        for seed in 0..100 {
            let full = [1, 2, 4, 8, 16, 30, 30, 30].map(Duration::from_secs);
            for (pause, full) in row(seed, Obstacle::Passing, 8).into_iter().zip(full) {
                assert!(pause >= full / 2 && pause <= full, "{pause:?} of {full:?}");
            }
        }
        let last = row(1, Obstacle::Passing, 10_000).pop().unwrap();
        assert!(last >= Duration::from_secs(15) && last <= Duration::from_secs(30));
    }

    #[test]
    fn refusals_that_somebody_must_mend_take_longer_and_have_a_row_of_their_own() {
        let mut pauses = Pauses::new(Backoff::default(), 3);
        (0..20).for_each(|_| assert!(pauses.next(Obstacle::Passing) > Duration::ZERO));
        let refused = pauses.next(Obstacle::Lasting);
        assert!(refused >= Duration::from_secs(30) && refused <= Duration::from_secs(60), "{refused:?}");
        let last = row(3, Obstacle::Lasting, 50).pop().unwrap();
        assert!(last >= Duration::from_secs(300) && last <= Duration::from_secs(600), "{last:?}");
    }

    #[test]
    fn chance_tells_clients_apart_and_a_seed_repeats_itself() {
        assert_eq!(row(5, Obstacle::Passing, 20), row(5, Obstacle::Passing, 20));
        let firsts: Vec<_> = (0..50).filter_map(|seed| row(seed, Obstacle::Passing, 1).pop()).collect();
        let early = firsts.iter().filter(|pause| **pause < Duration::from_millis(750)).count();
        assert!((10..40).contains(&early), "{early} of 50 in the first half");
    }

    #[test]
    fn a_steady_session_ends_the_row() {
        let mut pauses = Pauses::new(Backoff::default(), 9);
        (0..9).for_each(|_| assert!(pauses.next(Obstacle::Passing) > Duration::ZERO));
        assert!(pauses.is_steady(Duration::from_secs(30)) && !pauses.is_steady(Duration::from_secs(29)));
        pauses.reset();
        assert!(pauses.next(Obstacle::Passing) <= Duration::from_secs(1));
    }

    #[test]
    fn no_setting_overflows() {
        let backoff = Backoff { first: Duration::MAX, longest: Duration::MAX, ..Backoff::default() };
        let mut pauses = Pauses::new(backoff, 0);
        assert!((0..100).all(|_| pauses.next(Obstacle::Passing) >= Duration::MAX / 2));
        let none = Backoff { first: Duration::ZERO, longest: Duration::ZERO, ..Backoff::default() };
        assert_eq!(Pauses::new(none, 0).next(Obstacle::Passing), Duration::ZERO);
    }
}
