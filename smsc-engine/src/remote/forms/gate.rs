//! Keeps everybody from waiting for a core that is away.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Open while the core answers. While it is away, one caller at a time may try it.
#[derive(Debug)]
pub(super) struct Gate {
    begin: Instant,
    /// Milliseconds after the begin until which nobody goes through; 0 while it is open.
    shut_until: AtomicU64,
    pause: Duration,
}

impl Gate {
    /// A core that is away is tried again after `pause`.
    pub(super) fn new(pause: Duration) -> Gate {
        Gate { begin: Instant::now(), shut_until: AtomicU64::new(0), pause: pause.max(SHORTEST_PAUSE) }
    }

    /// Tells whether a call may be made now. Whoever is let through says with [`Gate::note`] how it went.
    pub(super) fn enter(&self) -> bool {
        self.enter_at(self.millis(Duration::ZERO))
    }

    /// Notes whether the core was away.
    pub(super) fn note(&self, is_away: bool) {
        self.shut_until.store(if is_away { self.millis(self.pause) } else { OPEN }, Ordering::Relaxed);
    }

    /// How long to wait before the next try.
    pub(super) const fn pause(&self) -> Duration {
        self.pause
    }

    fn enter_at(&self, now: u64) -> bool {
        let until = self.shut_until.load(Ordering::Relaxed);
        // Whoever tries it shuts it for the others, in case it is silent.
        let longest = u64::try_from(LONGEST_TRY.as_millis()).unwrap_or(u64::MAX);
        let may_try =
            |until| self.shut_until.compare_exchange(until, now + longest, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        until == OPEN || now >= until && may_try(until)
    }

    fn millis(&self, later: Duration) -> u64 {
        u64::try_from((self.begin.elapsed() + later).as_millis()).unwrap_or(u64::MAX).max(1)
    }
}

const OPEN: u64 = 0;
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
/// Longer than a call takes; only for one that was given up half-way.
const LONGEST_TRY: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_tries_a_core_that_is_away() {
        let gate = Gate::new(Duration::from_secs(3600));
        assert!(gate.enter() && gate.enter(), "it is open");
        gate.note(true);
        assert!(!gate.enter());
        let later = gate.millis(Duration::from_secs(3601));
        assert!(gate.enter_at(later), "the first tries");
        assert!(!gate.enter_at(later + 9_000), "the others do not wait for it");
        assert!(gate.enter_at(later + 10_000), "it was given up");
        gate.note(false);
        assert!(gate.enter() && gate.enter());
    }
}
