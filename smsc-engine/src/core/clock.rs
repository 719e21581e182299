//! The one clock of a core.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::Timestamp;

/// Tells the time and never goes back: while the system's clock is behind what was told before, time stands still.
///
/// Clones are the same clock.
#[derive(Clone, Debug)]
pub struct Clock {
    latest: Arc<AtomicU64>,
    by_hand: bool,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Clock {
        Clock { latest: Arc::default(), by_hand: false }
    }

    /// A clock that only goes on when it is told to, for simulations.
    pub fn by_hand(start: Timestamp) -> Clock {
        Clock { latest: Arc::new(AtomicU64::new(start.0)), by_hand: true }
    }

    /// Puts a clock by hand forward; not back.
    pub fn forward(&self, to: Timestamp) {
        self.latest.fetch_max(to.0, Ordering::AcqRel);
    }

    /// Returns the time.
    pub fn now(&self) -> Timestamp {
        if self.by_hand {
            return Timestamp(self.latest.load(Ordering::Acquire));
        }
        let now = Timestamp::now();
        Timestamp(self.latest.fetch_max(now.0, Ordering::AcqRel)).max(now)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Clock::system()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_goes_back() {
        let clock = Clock::system();
        let before = clock.now();
        assert!(before >= Timestamp(1_700_000_000_000));
        // As if the system's clock had been an hour ahead before.
        clock.forward(Timestamp(before.0 + 3_600_000));
        assert_eq!(clock.now(), Timestamp(before.0 + 3_600_000));
        let by_hand = Clock::by_hand(Timestamp(5));
        by_hand.clone().forward(Timestamp(9));
        by_hand.forward(Timestamp(7));
        assert_eq!(by_hand.now(), Timestamp(9));
    }
}
