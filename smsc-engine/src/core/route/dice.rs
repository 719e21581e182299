//! Chance for weighted choices: quick, shared without a lock, repeatable from a seed.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// A counter whose values are mixed well (SplitMix64); good for shares, useless for secrets.
#[derive(Debug)]
pub(super) struct Dice(AtomicU64);

impl Dice {
    pub(super) fn new(seed: Option<u64>) -> Self {
        // The standard library's hash keys are the one source of chance that needs no dependency.
        Dice(AtomicU64::new(seed.unwrap_or_else(|| RandomState::new().hash_one(0))))
    }

    /// A number below `end`, each as likely as the others; 0 if there is none below.
    pub(super) fn below(&self, end: u32) -> u32 {
        let mut mixed = self.0.fetch_add(GOLDEN, Ordering::Relaxed).wrapping_add(GOLDEN);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        // The upper half of the product of a 32-bit fraction and `end`.
        (((mixed >> 32) * u64::from(end)) >> 32) as u32
    }
}

// 2^64 divided by the golden ratio, odd.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_below_the_end_comes_about_equally_often() {
        let dice = Dice::new(Some(7));
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[dice.below(7) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (9_600..10_400).contains(count)), "{counts:?}");
        assert_eq!(dice.below(0), 0);
    }
}
