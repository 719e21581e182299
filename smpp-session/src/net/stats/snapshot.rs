//! What is read off sessions: plain data for any exporter.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use super::Operation;
use crate::net::shared::{Inner, Shared};
use crate::{CloseReason, Counters, Distribution, Statuses};

/// Many sessions at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Snapshot {
    /// What is counted, over open and ended sessions.
    pub counters: Counters,
    /// How things stand, over open sessions.
    pub gauges: Gauges,
    /// Responses of peers by their status.
    pub statuses_in: Statuses,
    /// Our responses by their status.
    pub statuses_out: Statuses,
    /// Ended sessions by the [name](CloseReason::name) of what ended them.
    pub closed: BTreeMap<&'static str, u64>,
    /// From sending a request of ours to reading its response.
    ///
    /// Requests that were never answered are not here; they are `counters.expired` and
    /// `counters.lost`.
    pub response_times: BTreeMap<Operation, Distribution>,
    /// From reading a request of a peer to handing its response to the connection.
    pub answer_times: BTreeMap<Operation, Distribution>,
}

impl Snapshot {
    /// Adds other sessions. Sessions that count in both count twice.
    pub fn merge(&mut self, other: &Snapshot) {
        self.counters += other.counters;
        self.gauges += other.gauges;
        self.statuses_in.merge(&other.statuses_in);
        self.statuses_out.merge(&other.statuses_out);
        other.closed.iter().for_each(|(name, count)| *self.closed.entry(name).or_default() += count);
        merge_times(&mut self.response_times, &other.response_times);
        merge_times(&mut self.answer_times, &other.answer_times);
    }

    pub(super) fn add_open(&mut self, shared: &Shared) {
        let inner = shared.lock();
        self.gauges += inner.gauges();
        self.add_counts(shared, &inner);
    }

    pub(super) fn add_ended(&mut self, shared: &Shared, why: CloseReason) {
        self.add_counts(shared, &shared.lock());
        *self.closed.entry(why.name()).or_default() += 1;
    }

    fn add_counts(&mut self, shared: &Shared, inner: &Inner) {
        self.counters += shared.counters(inner);
        self.statuses_in.merge(inner.session.statuses_in());
        self.statuses_out.merge(inner.session.statuses_out());
    }
}

fn merge_times(own: &mut BTreeMap<Operation, Distribution>, other: &BTreeMap<Operation, Distribution>) {
    for (operation, times) in other {
        own.entry(*operation).or_default().merge(times);
    }
}

/// How one or many sessions stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Gauges {
    /// Connections.
    pub connections: usize,
    /// Sessions that are bound; not those that unbind.
    pub bound: usize,
    /// Places in the windows, taken or free.
    pub window: usize,
    /// Requests of ours without an answer: places taken.
    pub waiting: usize,
    /// Callers waiting for a place.
    pub callers: usize,
    /// Requests of peers without an answer.
    pub unanswered: usize,
    /// Octets not yet taken by the system; those it is just being offered may be missing.
    pub unwritten: usize,
}

impl AddAssign for Gauges {
    fn add_assign(&mut self, other: Gauges) {
        let Gauges { connections, bound, window, waiting, callers, unanswered, unwritten } = other;
        self.connections += connections;
        self.bound += bound;
        self.window += window;
        self.waiting += waiting;
        self.callers += callers;
        self.unanswered += unanswered;
        self.unwritten += unwritten;
    }
}

impl Inner {
    /// How the session stands.
    pub(crate) fn gauges(&self) -> Gauges {
        let session = &self.session;
        Gauges {
            connections: 1,
            bound: usize::from(session.state().is_bound()),
            window: session.window(),
            waiting: session.waiting(),
            callers: self.room.queued(),
            unanswered: session.unanswered(),
            unwritten: session.unwritten() + self.unsent,
        }
    }
}
