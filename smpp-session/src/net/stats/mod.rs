//! Many sessions in numbers: counts, gauges and times of a server, an account, a set of clients.
//!
//! Counts and gauges are read from the sessions when somebody asks, so they cost the sessions
//! nothing. Times are recorded while they pass, batch by batch. No exporter is chosen: a
//! [`Snapshot`] is plain data.

mod meter;
mod snapshot;

use std::boxed::Box;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::vec::Vec;

use smpp_pdu::CommandId;

use super::shared::Shared;
use crate::{CloseReason, Distribution, Histogram};

pub(crate) use meter::Meter;
pub use snapshot::{Gauges, Snapshot};

/// The sum over all sessions that were told to [count here](super::Link::measure).
///
/// A session may count in several of these: in that of its server and that of its account.
///
/// ```
/// use smpp_session::net::{Operation, Stats};
///
/// let stats = Stats::new();
/// // … `Endpoint { stats: Some(stats.clone()), .. }`, `ServerConfig { stats: Some(stats.clone()), .. }`
/// let now = stats.snapshot();
/// println!("{} sessions bound, {} PDUs in", now.gauges.bound, now.counters.pdus_in);
/// if let Some(times) = now.response_times.get(&Operation::SubmitSm) {
///     println!("99 % of all messages answered within {:?}", times.quantile(0.99));
/// }
/// ```
#[derive(Default)]
pub struct Stats {
    sessions: Mutex<Sessions>,
    response_times: Times,
    answer_times: Times,
}

#[derive(Default)]
struct Sessions {
    /// Those that have not ended, by their ids.
    open: HashMap<u64, Weak<Shared>>,
    /// What those came to that have.
    ended: Snapshot,
}

impl Stats {
    /// No session counts here yet.
    pub fn new() -> Arc<Stats> {
        Arc::new(Stats::default())
    }

    /// Everything up to now. No count ever falls.
    ///
    /// Looks at every session for a moment; a few times a second is fine for thousands of them.
    pub fn snapshot(&self) -> Snapshot {
        let mut open = Vec::new();
        let mut sum = {
            let mut sessions = self.sessions();
            // A connection whose task never ran says no goodbye.
            sessions.open.retain(|_, shared| shared.strong_count() > 0);
            // Let go of after the lock: what an application attached may be dropped with them.
            open.extend(sessions.open.values().filter_map(Weak::upgrade));
            let mut sum = sessions.ended.clone();
            open.iter().for_each(|shared| sum.add_open(shared));
            sum
        };
        drop(open);
        sum.response_times = self.response_times.snapshot();
        sum.answer_times = self.answer_times.snapshot();
        sum
    }

    /// Counts a session from its beginning, unless it is over.
    pub(crate) fn join(&self, shared: &Arc<Shared>) {
        let mut sessions = self.sessions();
        // Whoever ends the session says so first and leaves then: it cannot be missed.
        if shared.over().is_none() {
            sessions.open.insert(shared.id, Arc::downgrade(shared));
        }
    }

    /// A session that counted here is over.
    pub(crate) fn leave(&self, shared: &Shared, why: CloseReason) {
        let mut sessions = self.sessions();
        sessions.open.remove(&shared.id);
        sessions.ended.add_ended(shared, why);
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.snapshot().fmt(f)
    }
}

/// What a time was spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Any of the three binds.
    Bind,
    /// `submit_sm`.
    SubmitSm,
    /// `submit_multi`.
    SubmitMulti,
    /// `deliver_sm`.
    DeliverSm,
    /// `data_sm`.
    DataSm,
    /// Everything else. A `generic_nack` does not say what it answers and counts here.
    Other,
}

impl Operation {
    /// The operation of a request or its response.
    pub const fn of(command_id: CommandId) -> Operation {
        match command_id.request() {
            CommandId::SUBMIT_SM => Operation::SubmitSm,
            CommandId::DELIVER_SM => Operation::DeliverSm,
            CommandId::DATA_SM => Operation::DataSm,
            CommandId::SUBMIT_MULTI => Operation::SubmitMulti,
            CommandId::BIND_TRANSMITTER | CommandId::BIND_RECEIVER | CommandId::BIND_TRANSCEIVER => Operation::Bind,
            _ => Operation::Other,
        }
    }

    /// Its name, in the words of the standard.
    pub const fn name(self) -> &'static str {
        match self {
            Operation::Bind => "bind",
            Operation::SubmitSm => "submit_sm",
            Operation::SubmitMulti => "submit_multi",
            Operation::DeliverSm => "deliver_sm",
            Operation::DataSm => "data_sm",
            Operation::Other => "other",
        }
    }

    const ALL: [Operation; 6] =
        [Operation::Bind, Operation::SubmitSm, Operation::SubmitMulti, Operation::DeliverSm, Operation::DataSm, Operation::Other];
}

/// A histogram per operation; those that never happen take no memory.
#[derive(Default)]
struct Times([OnceLock<Box<Histogram>>; Operation::ALL.len()]);

impl Times {
    fn of(&self, operation: Operation) -> Option<&Histogram> {
        let histogram = self.0.get(operation as usize)?.get_or_init(Box::default);
        Some(histogram)
    }

    fn snapshot(&self) -> BTreeMap<Operation, Distribution> {
        let happened = Operation::ALL.into_iter().zip(&self.0);
        happened.filter_map(|(operation, times)| Some((operation, times.get()?.snapshot()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_its_own_histogram() {
        for (at, operation) in Operation::ALL.into_iter().enumerate() {
            assert_eq!(operation as usize, at);
        }
    }
}
