//! The lanes of one index: who is due where.

use std::collections::HashMap;

use tokio::sync::watch;

use crate::model::{Lane, MessageId, Timestamp};

use super::super::LaneCount;
use super::entry::{Entry, LaneNo, Place, ReadyKey};
use super::ordered::Ordered;

/// Numbers of lanes, in the order in which they were named first. Names come from the configuration, so they are few and
/// kept for good.
#[derive(Debug, Default)]
pub(crate) struct LaneNames {
    numbers: HashMap<Lane, LaneNo>,
    names: Vec<Lane>,
    /// The lane that was named last: most often it is the next one too.
    latest: LaneNo,
}

/// All lanes ever named.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    names: LaneNames,
    lanes: Vec<LaneState>,
    /// Lanes that got something since the last `notify`.
    touched: Vec<LaneNo>,
}

#[derive(Debug)]
pub(super) struct LaneState {
    pub(super) name: Lane,
    /// By due time; whoever asks moves those that are due to `ready`.
    pub(super) waiting: Ordered<(Timestamp, MessageId)>,
    pub(super) ready: Ordered<ReadyKey>,
    /// By the end of the lease.
    pub(super) leased: Ordered<(Timestamp, MessageId)>,
    pub(super) pending: u64,
    touched: bool,
    changes: watch::Sender<u64>,
}

impl LaneNames {
    /// Returns the number of a lane that was named before.
    pub(crate) fn number(&mut self, lane: &Lane) -> Option<LaneNo> {
        if self.names.get(self.latest.0 as usize) != Some(lane) {
            self.latest = *self.numbers.get(lane)?;
        }
        Some(self.latest)
    }

    /// Gives the next number to a lane that has none.
    pub(crate) fn add(&mut self, lane: Lane) -> LaneNo {
        let number = LaneNo(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.numbers.insert(lane.clone(), number);
        self.names.push(lane);
        number
    }

    /// Returns how many have one, which is the next number.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }
}

impl Lanes {
    /// Returns the number of a lane, a new one if need be.
    pub(super) fn number(&mut self, lane: &Lane) -> LaneNo {
        self.names.number(lane).unwrap_or_else(|| {
            self.lanes.push(LaneState::new(lane.clone()));
            self.names.add(lane.clone())
        })
    }

    pub(super) fn find(&self, lane: &Lane) -> Option<LaneNo> {
        self.names.numbers.get(lane).copied()
    }

    pub(super) fn get(&self, number: LaneNo) -> Option<&LaneState> {
        self.lanes.get(number.0 as usize)
    }

    pub(super) fn get_mut(&mut self, number: LaneNo) -> Option<&mut LaneState> {
        self.lanes.get_mut(number.0 as usize)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &LaneState> {
        self.lanes.iter()
    }

    /// Remembers that whoever serves the lane should look again.
    pub(super) fn touch(&mut self, number: LaneNo) {
        let Some(lane) = self.lanes.get_mut(number.0 as usize) else {
            return;
        };
        if !lane.touched {
            lane.touched = true;
            self.touched.push(number);
        }
    }

    /// Wakes those who serve the touched lanes, each once.
    pub(super) fn notify(&mut self) {
        for number in self.touched.drain(..) {
            let Some(lane) = self.lanes.get_mut(number.0 as usize) else {
                continue;
            };
            lane.touched = false;
            lane.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
        }
    }

    pub(super) fn watch(&mut self, lane: &Lane) -> watch::Receiver<u64> {
        let number = self.number(lane);
        match self.get(number) {
            Some(lane) => lane.changes.subscribe(),
            None => watch::channel(0).1,
        }
    }
}

impl LaneState {
    fn new(name: Lane) -> Self {
        LaneState {
            name,
            waiting: Ordered::new(),
            ready: Ordered::new(),
            leased: Ordered::new(),
            pending: 0,
            touched: false,
            changes: watch::channel(0).0,
        }
    }

    /// Adds a message to the set of its place.
    pub(super) fn enter<B>(&mut self, id: MessageId, entry: &Entry<B>) {
        match entry.place {
            Place::Waiting => {
                self.waiting.insert((entry.facts.due, id));
            }
            Place::Ready => {
                self.ready.insert(entry.ready_key(id));
            }
            Place::Leased(until) => {
                self.leased.insert((until, id));
            }
            Place::Overdue | Place::Held | Place::Final(_) => {}
        }
    }

    /// Takes a message out of the set of its place.
    pub(super) fn leave<B>(&mut self, id: MessageId, entry: &Entry<B>) {
        match entry.place {
            Place::Waiting => {
                self.waiting.remove(&(entry.facts.due, id));
            }
            Place::Ready => {
                self.ready.remove(&entry.ready_key(id));
            }
            Place::Leased(until) => {
                self.leased.remove(&(until, id));
            }
            Place::Overdue | Place::Held | Place::Final(_) => {}
        }
    }

    /// Returns the earliest moment at which a lease would find something.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let ready = self.ready.first().map(|(_, due, _)| *due);
        let waiting = self.waiting.first().map(|(due, _)| *due);
        let leased = self.leased.first().map(|(until, _)| *until);
        [ready, waiting, leased].into_iter().flatten().min()
    }

    pub(super) fn count(&self) -> LaneCount {
        LaneCount { lane: self.name.clone(), pending: self.pending, leased: self.leased.len() as u64 }
    }
}
