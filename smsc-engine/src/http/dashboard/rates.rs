//! How busy each SMPP session is: PDUs a second, of the last second.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use smpp_session::net::Link;

/// The rates of all sessions.
#[derive(Debug, Default)]
pub(super) struct Rates(Mutex<HashMap<u64, Rate>>);

/// PDUs a second, in and out, and where the counts stood.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rate {
    pub(super) into: u64,
    pub(super) out: u64,
    counts: (u64, u64),
}

impl Rates {
    /// Looks at all sessions; to be called once a second.
    pub(super) fn take(&self, links: &[Link]) {
        let counted = links.iter().take(MOST).map(|link| {
            let counters = link.counters();
            (link.id(), (counters.pdus_in, counters.pdus_out))
        });
        self.note(counted.collect());
    }

    fn note(&self, counted: Vec<(u64, (u64, u64))>) {
        let mut rates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = counted.into_iter().map(|(id, counts)| {
            // Of a session that is new nobody knows how old it is.
            let (before_in, before_out) = rates.get(&id).map_or(counts, |rate| rate.counts);
            let (into, out) = (counts.0.saturating_sub(before_in), counts.1.saturating_sub(before_out));
            (id, Rate { into, out, counts })
        });
        *rates = next.collect();
    }

    pub(super) fn of(&self, id: u64) -> Rate {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied().unwrap_or_default()
    }
}

// Rates of more sessions nobody reads; the page shows fewer.
const MOST: usize = 2_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_differences_and_those_of_ended_sessions_go() {
        let rates = Rates::default();
        rates.note(vec![(1, (10, 5)), (2, (7, 7))]);
        assert_eq!((rates.of(1).into, rates.of(1).out), (0, 0));
        rates.note(vec![(1, (25, 6))]);
        assert_eq!((rates.of(1).into, rates.of(1).out), (15, 1));
        assert_eq!(rates.of(2), Rate::default());
    }
}
