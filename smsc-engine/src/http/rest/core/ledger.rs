//! Which reports were heard before.
//!
//! A gateway that hears no answer tells its reports again. They may be durable already, and messages may have gone on
//! since: what is told twice must be done once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Mutex as Turn;

/// What each gateway has told last.
#[derive(Debug, Default)]
pub(in super::super) struct Ledger {
    /// The one that told something last is at the end.
    tellers: Mutex<VecDeque<(u64, Arc<Turn<u64>>)>>,
}

impl Ledger {
    /// The number of what a gateway has told last and is durable; whoever holds it writes what comes next.
    pub(super) fn told(&self, teller: u64) -> Arc<Turn<u64>> {
        let mut tellers = self.tellers.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tellers.iter().position(|(known, _)| *known == teller).and_then(|place| tellers.remove(place));
        let (_, turn) = known.unwrap_or_else(|| (teller, Arc::default()));
        if tellers.len() >= MOST_TELLERS {
            tellers.pop_front();
        }
        tellers.push_back((teller, turn.clone()));
        turn
    }
}

/// A gateway is a new one with every start; those that told nothing for so long are gone.
const MOST_TELLERS: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn gateways_are_remembered_by_when_they_told_something_last() {
        let ledger = Ledger::default();
        for teller in 0..1_000 {
            *ledger.told(teller).lock().await = 7;
        }
        assert_eq!(*ledger.told(0).lock().await, 7);
        ledger.told(1_000);
        assert_eq!(*ledger.told(0).lock().await, 7);
        assert_eq!(*ledger.told(1).lock().await, 0, "it told something before all others");
        assert_eq!(ledger.tellers.lock().unwrap().len(), 1_000);
    }
}
