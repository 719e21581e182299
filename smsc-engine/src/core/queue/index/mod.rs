//! What a store knows about its messages without reading them: who is due, who is leased, who ended.
//!
//! One index serves every embedded queue; `B` says where the body of a message is. It does no I/O and has no
//! clock. A change comes in two halves: `promise` checks it against everything promised before, `commit` does it once it
//! is durable. Between the two a message is held: nobody can lease it. New messages are let in by [`Arrivals`]; here they
//! are unknown until they are durable.

mod alike;
mod arrivals;
mod crowd;
mod entry;
mod handings;
mod lanes;
mod ordered;
mod pages;
mod records;
mod restore;
mod rollback;
mod sets;
mod write;

use std::cmp::Reverse;

use tokio::sync::watch;

use crate::model::{Lane, Message, MessageId, Status, Timestamp};

use super::{Counts, Lease, Like, Page};
use crowd::Candidates;
use entry::{Entry, Place};
use handings::Handings;
use pages::Pages;
use sets::Sets;

#[cfg(feature = "postgres")]
pub(crate) use alike::{likeness, likeness_of};
pub(crate) use arrivals::Arrivals;
pub(crate) use entry::{Effect, Ended, Facts, Hit, LaneNo, Marks, erase};
pub(crate) use handings::Handing;
pub(crate) use lanes::LaneNames;
pub(crate) use restore::{Known, Past};

/// All messages of one store.
#[derive(Debug)]
pub(crate) struct Index<B> {
    entries: Pages<Entry<B>>,
    sets: Sets,
    handings: Handings,
    /// Messages that are pending, after all changes that were promised.
    pending: usize,
    /// Ends that were promised to messages of which a record is owed.
    ending: usize,
    limits: Limits,
    /// Bodies that nobody needs any more.
    freed: Vec<B>,
}

/// What bounds the memory of an index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Messages that may be pending, or ended and owe a record.
    pub(crate) pending: usize,
    /// Ended messages that are remembered; the oldest are forgotten first.
    pub(crate) finals: usize,
    /// Whether a message that ended is kept until its record is written.
    pub(crate) records: bool,
}

impl<B: Clone> Index<B> {
    pub(crate) fn new(limits: Limits) -> Self {
        Index {
            entries: Pages::new(),
            sets: Sets::new(limits.records),
            handings: Handings::new(),
            pending: 0,
            ending: 0,
            limits,
            freed: Vec::new(),
        }
    }

    /// Hands out what is due, see `Queue::lease`.
    pub(crate) fn lease(&mut self, lane: &Lane, want: Lease) -> Vec<Hit<B>> {
        let Some(number) = self.sets.lanes.find(lane) else {
            return Vec::new();
        };
        let Some(state) = self.sets.lanes.get_mut(number) else {
            return Vec::new();
        };
        wake_due(&mut self.entries, state, want.now);
        let mut hits = Vec::with_capacity(want.max.min(state.ready.len()));
        let mut early = Vec::new();
        while hits.len() < want.max {
            let Some(key @ (_, due, id)) = state.ready.pop_first() else { break };
            let Some(entry) = self.entries.get_mut(id) else { continue };
            if due > want.now {
                // The clock was set back.
                early.push(key);
            } else if entry.facts.expires <= want.now {
                entry.place = Place::Overdue;
            } else {
                entry.place = Place::Leased(want.until);
                state.leased.insert((want.until, id));
                hits.push(Hit::new(id, entry, lane.clone()));
            }
        }
        early.into_iter().for_each(|key| state.ready.insert(key));
        hits
    }

    /// Ends leases before their time.
    pub(crate) fn release(&mut self, ids: &[MessageId]) {
        for id in ids {
            let Some(entry) = self.entries.get_mut(*id) else {
                continue;
            };
            let Some(lane) = self.sets.lanes.get_mut(entry.facts.lane) else {
                continue;
            };
            if matches!(entry.place, Place::Leased(_)) {
                lane.leave(*id, entry);
                entry.place = Place::Ready;
                lane.enter(*id, entry);
                self.sets.lanes.touch(entry.facts.lane);
            }
        }
        self.sets.lanes.notify();
    }

    pub(crate) fn expired(&self, now: Timestamp, max: usize) -> Vec<Hit<B>> {
        let overdue = self.sets.expiry.iter().take_while(|(expires, _)| *expires <= now);
        let known = overdue.filter_map(|(_, id)| Some((*id, self.entries.get(*id)?)));
        let free = known.filter(|(_, entry)| match entry.place {
            Place::Leased(until) => until <= now,
            Place::Held => false,
            _ => true,
        });
        free.take(max).map(|(id, entry)| self.hit(id, entry)).collect()
    }

    pub(crate) fn next_due(&self, lane: &Lane) -> Option<Timestamp> {
        self.sets.lanes.get(self.sets.lanes.find(lane)?)?.next_due()
    }

    pub(crate) fn next_expiry(&self) -> Option<Timestamp> {
        self.sets.expiry.first().map(|(expires, _)| *expires)
    }

    pub(crate) fn watch(&mut self, lane: &Lane) -> watch::Receiver<u64> {
        self.sets.lanes.watch(lane)
    }

    pub(crate) fn get(&self, id: MessageId) -> Option<Hit<B>> {
        Some(self.hit(id, self.entries.get(id)?))
    }

    /// Finds the message that the next MC took last under this id.
    pub(crate) fn handed(&self, lane: &Lane, remote: &[u8]) -> Option<Hit<B>> {
        self.get(self.handings.find(lane, remote)?)
    }

    /// Returns the newest pending messages that are probably like this one, for equal hashes are no proof, and below what id
    /// to go on when there may be more.
    pub(crate) fn find(&self, like: &Like, below: Option<MessageId>, max: usize) -> (Vec<Hit<B>>, Option<MessageId>) {
        let likeness = alike::likeness(&like.account, &like.source, &like.destination);
        let Candidates { named: mut ids, blocks } = self.sets.crowd.candidates(likeness, below, max, LOOK_THROUGH);
        let mut edge = blocks.get(LOOK_THROUGH - 1).map(|(first, _)| *first);
        let mut found = Vec::new();
        for block in blocks {
            let pending = self
                .pending_of(block)
                .filter(|(id, entry)| entry.facts.alike == likeness && below.is_none_or(|below| *id < below));
            found.extend(pending.map(|(id, _)| id));
            if found.len() >= max {
                edge = Some(block.0);
                break;
            }
        }
        // Below that there may be others that are newer than those with a name.
        ids.retain(|id| edge.is_none_or(|edge| *id >= edge));
        ids.append(&mut found);
        ids.sort_unstable_by_key(|id| Reverse(*id));
        ids.truncate(max);
        let more = ids.last().copied().filter(|_| ids.len() == max).or(edge);
        (ids.into_iter().filter_map(|id| self.get(id)).collect(), more)
    }

    /// Returns the pending message with the lowest id.
    pub(crate) fn oldest(&self) -> Option<Hit<B>> {
        let mut oldest = self.sets.crowd.blocks().filter_map(|block| self.pending_of(block).next());
        oldest.next().map(|(id, entry)| self.hit(id, entry))
    }

    /// Goes through the pending messages from one id to another one.
    fn pending_of(&self, (first, last): (MessageId, MessageId)) -> impl Iterator<Item = (MessageId, &Entry<B>)> {
        let block = self.entries.above(first.0.checked_sub(1).map(MessageId)).take_while(move |(id, _)| *id <= last);
        block.filter(|(_, entry)| entry.outcome().is_none())
    }

    /// Names the messages of blocks in which few have been left.
    fn name_few(&mut self) {
        while let Some(block) = self.sets.crowd.thinned() {
            let few: Vec<_> = self.pending_of(block).map(|(id, entry)| (entry.facts.alike, id)).collect();
            few.into_iter().for_each(|(likeness, id)| self.sets.crowd.name(likeness, id));
        }
    }

    /// Returns one page, looking at `budget` messages at most, and where to go on when there may be more.
    pub(crate) fn list(&self, page: &Page, budget: usize) -> (Vec<Hit<B>>, Option<MessageId>) {
        let mut hits = Vec::new();
        let mut last = None;
        for (looked, (id, entry)) in self.entries_beyond(page.beyond, page.newest_first).enumerate() {
            if hits.len() == page.max || looked == budget {
                return (hits, last);
            }
            last = Some(id);
            if self.is_shown(entry, page) {
                hits.push(self.hit(id, entry));
            }
        }
        (hits, None)
    }

    pub(crate) fn counts(&self) -> Counts {
        let mut lanes: Vec<_> = self.sets.lanes.iter().map(lanes::LaneState::count).collect();
        lanes.sort_by(|one, other| one.lane.cmp(&other.lane));
        let [pending, delivered, failed, expired, rejected] = self.sets.counts;
        let unrecorded = self.sets.unrecorded.len() as u64;
        Counts { lanes, pending, delivered, failed, expired, rejected, unrecorded }
    }

    /// Takes the bodies that nobody needs any more.
    pub(crate) fn take_freed(&mut self) -> std::vec::Drain<'_, B> {
        self.freed.drain(..)
    }

    /// Returns the number of a lane, a new one if need be.
    pub(crate) fn lane(&mut self, lane: &Lane) -> LaneNo {
        self.sets.lanes.number(lane)
    }

    /// Extracts what a message says about its way.
    pub(crate) fn facts(&mut self, message: &Message) -> Facts {
        Facts::of(message, self.lane(&message.lane))
    }

    fn entries_beyond(
        &self,
        edge: Option<MessageId>,
        newest_first: bool,
    ) -> Box<dyn Iterator<Item = (MessageId, &Entry<B>)> + '_> {
        if newest_first { Box::new(self.entries.below(edge)) } else { Box::new(self.entries.above(edge)) }
    }

    fn is_shown(&self, entry: &Entry<B>, page: &Page) -> bool {
        let status = entry.outcome().map_or(Status::Pending, |outcome| outcome.state.status());
        page.status.is_none_or(|wanted| wanted == status)
            && page.lane.as_ref().is_none_or(|lane| self.sets.lanes.find(lane) == Some(entry.facts.lane))
    }

    fn hit(&self, id: MessageId, entry: &Entry<B>) -> Hit<B> {
        let lane = self.sets.lanes.get(entry.facts.lane);
        let hit = Hit::new(id, entry, lane.map(|lane| lane.name.clone()).unwrap_or_default());
        if !entry.facts.marks.handed {
            return hit;
        }
        hit.with_remote(self.handings.get(id).map(|handing| handing.remote.clone()))
    }
}

/// Makes those ready whose time or whose lease has come to its end, a bounded number at a time.
fn wake_due<B>(entries: &mut Pages<Entry<B>>, lane: &mut lanes::LaneState, now: Timestamp) {
    for set in [&mut lane.waiting, &mut lane.leased] {
        for _ in 0..WAKE_LIMIT {
            let Some((_, id)) = set.first().copied().filter(|(due, _)| *due <= now) else {
                break;
            };
            set.pop_first();
            let Some(entry) = entries.get_mut(id) else {
                continue;
            };
            entry.place = Place::Ready;
            lane.ready.insert(entry.ready_key(id));
        }
    }
}

/// How many messages one lease makes ready at most: a million that become due in one moment must not stop everybody
/// else for a second. Only beyond this number can a message go out before one of higher priority.
const WAKE_LIMIT: usize = 10_000;

/// Blocks that one search looks through at most, each of a thousand messages: a crowd of messages that are alike must not
/// stop everybody else.
const LOOK_THROUGH: usize = 16;
