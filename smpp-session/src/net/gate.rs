//! What all connections of a server share when somebody asks to bind.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use smpp_pdu::CommandStatus;
use tokio::time::Instant;

use super::admission::{Tally, source};
use super::link::Link;
use super::penalty::{Penalties, Penalty, is_failure};

/// Binds without a decision, and who failed lately.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) tally: Tally,
    undecided: AtomicUsize,
    max_undecided: usize,
    penalties: Mutex<Penalties>,
}

impl Gate {
    pub(crate) fn new(max_undecided: usize, penalty: Penalty) -> Self {
        let penalties = Mutex::new(Penalties::new(penalty, Instant::now()));
        Gate { tally: Tally::default(), undecided: AtomicUsize::new(0), max_undecided, penalties }
    }

    /// Lets one more bind wait for a decision.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<Undecided> {
        let before = self.undecided.fetch_add(1, Ordering::Relaxed);
        let entered = Undecided { gate: self.clone() };
        (before < self.max_undecided).then_some(entered)
    }

    /// How long the answer to a bind that is refused with this status waits.
    pub(crate) fn delay(&self, link: &Link, status: CommandStatus) -> Duration {
        if !is_failure(status) {
            return Duration::ZERO;
        }
        let mut penalties = self.penalties.lock().unwrap_or_else(PoisonError::into_inner);
        penalties.fail(source(link.peer().ip()), link.system_id(), Instant::now())
    }
}

/// A bind that waits for a decision.
#[derive(Debug)]
pub(crate) struct Undecided {
    gate: Arc<Gate>,
}

impl Drop for Undecided {
    fn drop(&mut self) {
        self.gate.undecided.fetch_sub(1, Ordering::Relaxed);
    }
}
