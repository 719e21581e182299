//! Nuisance costs the peer time, not us.

use std::time::Duration;

use crate::Time;

/// How much a peer has sent lately that meant nothing, and whether it is not heard for a moment.
///
/// What meant nothing are strays and PDUs that were not permitted or did not decode. Each is
/// answered as the standard asks; who sends nothing else is only read more slowly.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    /// Nuisance before the current span began.
    before: u64,
    began: Time,
    lost_until: Option<Time>,
}

impl Patience {
    /// So much nuisance has come in all.
    pub(crate) fn hear(&mut self, nuisance: u64, now: Time) {
        if nuisance - self.before > MOST {
            self.lost_until = Some(now + REST);
        } else if now.since(self.began) < SPAN {
            return;
        }
        (self.before, self.began) = (nuisance, now);
    }

    /// Time has passed.
    pub(crate) fn regain(&mut self, now: Time) {
        self.lost_until.take_if(|until| *until <= now);
    }

    /// True while the peer is not to be read.
    pub(crate) const fn is_lost(&self) -> bool {
        self.lost_until.is_some()
    }

    /// When that changes.
    pub(crate) const fn due(&self) -> Option<Time> {
        self.lost_until
    }
}

// A peer that was slow may send a window of late answers at once; that costs it one rest.
const MOST: u64 = 100;
const SPAN: Duration = Duration::from_millis(100);
// A hundred PDUs are some hundredths of a millisecond of work: many such peers leave us our time.
const REST: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::from_micros(millis * 1000)
    }

    #[test]
    fn a_little_nuisance_now_and_then_is_borne_for_ever() {
        let mut patience = Patience::default();
        for span in 0..1000 {
            patience.hear(span * MOST, at(span * 101));
            assert!(!patience.is_lost());
        }
    }

    #[test]
    fn much_of_it_in_pieces_or_at_once_costs_a_rest() {
        let mut patience = Patience::default();
        for piece in 1..=10 {
            patience.hear(piece * 10, at(piece));
            assert!(!patience.is_lost());
        }
        patience.hear(101, at(11));
        assert_eq!((patience.is_lost(), patience.due()), (true, Some(at(21))));
        patience.regain(at(20));
        assert!(patience.is_lost());
        patience.regain(at(21));
        assert!(!patience.is_lost());
        patience.hear(5000, at(22));
        assert!(patience.is_lost());
    }
}
