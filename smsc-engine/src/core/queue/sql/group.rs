//! What becomes durable together: rows to write, what that does, and who waits for it.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::super::index::{Effect, Facts, Handing};
use super::super::promises::Promises;
use crate::model::{Lane, Message, MessageId, Outcome, Timestamp};

/// Which body of which message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Body {
    pub(super) id: u64,
    pub(super) version: u32,
}

/// A row of `queue_messages`.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) body: Body,
    pub(super) lane: Lane,
    pub(super) facts: Facts,
    pub(super) octets: Arc<[u8]>,
}

impl Stored {
    pub(super) fn new(message: &Message, version: u32, facts: Facts, octets: Arc<[u8]>) -> Self {
        Stored { body: Body { id: message.id.0, version }, lane: message.lane.clone(), facts, octets }
    }
}

/// Changes of rows that may be made in any order, for each message has one at most.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) accepted: Vec<Stored>,
    pub(super) replaced: Vec<Stored>,
    pub(super) settled: Vec<(MessageId, Outcome, Option<Lane>)>,
    /// Those of the settled ones whose text must go.
    pub(super) erased: Vec<MessageId>,
    pub(super) retried: Vec<(MessageId, u32, Timestamp, Option<Lane>)>,
    pub(super) handed: Vec<(MessageId, Timestamp, Handing)>,
    pub(super) reopened: Vec<(MessageId, Timestamp, Timestamp)>,
    pub(super) recorded: Vec<MessageId>,
    pub(super) gone: Vec<MessageId>,
}

/// A transaction in the making.
#[derive(Debug, Default)]
pub(super) struct Group {
    earlier: Vec<Batch>,
    last: Batch,
    /// Messages of the last batch.
    touched: HashSet<MessageId>,
    pub(super) promises: Promises<Body>,
    /// Room for as many octets as wait here.
    pub(super) room: Vec<OwnedSemaphorePermit>,
}

impl Group {
    /// Tells whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.touched.is_empty()
    }

    /// Returns the batch that a change of this message belongs to.
    pub(super) fn batch(&mut self, id: MessageId) -> &mut Batch {
        if !self.touched.insert(id) {
            self.earlier.push(mem::take(&mut self.last));
            self.touched.clear();
            self.touched.insert(id);
        }
        &mut self.last
    }

    /// Adds a message, and what becomes of it once it is durable.
    pub(super) fn accept(&mut self, stored: Stored) {
        let (id, body, facts) = (MessageId(stored.body.id), stored.body, stored.facts);
        self.batch(id).accepted.push(stored);
        self.promises.effects.push(Effect::Accepted { id, body, facts });
    }

    /// Returns the bodies that were written, by message and version, to be kept in memory for a while.
    pub(super) fn take_bodies(&mut self) -> HashMap<(u64, u32), Arc<[u8]>> {
        let batches = self.earlier.iter_mut().chain([&mut self.last]);
        let stored = batches.flat_map(|batch| batch.accepted.drain(..).chain(batch.replaced.drain(..)));
        stored.map(|stored| ((stored.body.id, stored.body.version), stored.octets)).collect()
    }

    /// All batches in their order.
    pub(super) fn batches(&self) -> impl Iterator<Item = &Batch> {
        self.earlier.iter().chain([&self.last])
    }
}
