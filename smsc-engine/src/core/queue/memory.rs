//! A queue without a disk, for tests and for those who may lose everything.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::model::{Lane, Message, MessageId, Timestamp};

use super::index::{self, Arrivals, Effect, Ended, Hit, Index, Limits};
use super::{BoxFuture, Change, ChangeError, Counts, End, Lease, Like, Page, Queue, QueueError, Record};

/// Keeps every message in memory only; everything else is as the trait says.
#[derive(Debug)]
pub struct MemoryQueue {
    next_id: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    index: Index<Arc<Message>>,
    /// Those of the call that is made right now.
    arrivals: Arrivals,
    closed: bool,
}

impl MemoryQueue {
    /// Makes an empty queue that takes `pending_limit` pending messages and remembers `final_limit` ended ones.
    pub fn new(pending_limit: usize, final_limit: usize) -> Self {
        MemoryQueue::with(Limits { pending: pending_limit, finals: final_limit, records: false })
    }

    /// Makes an empty queue that forgets no ended message before its record is written.
    pub fn keeping_until_recorded(pending_limit: usize, final_limit: usize) -> Self {
        MemoryQueue::with(Limits { pending: pending_limit, finals: final_limit, records: true })
    }

    fn with(limits: Limits) -> Self {
        let state = State { index: Index::new(limits), arrivals: Arrivals::new(limits.pending), closed: false };
        MemoryQueue { next_id: AtomicU64::new(1), state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> Result<MutexGuard<'_, State>, QueueError> {
        let state = self.lock();
        if state.closed { Err(QueueError::Closed) } else { Ok(state) }
    }
}

impl State {
    fn append(&mut self, batch: Vec<Message>) -> Result<(), QueueError> {
        let ids = batch.iter().map(|message| message.id);
        self.arrivals.admit(ids, self.index.occupied(), |id| self.index.knows(id))?;
        batch.into_iter().for_each(|message| self.accept(message));
        self.finish();
        Ok(())
    }

    fn accept(&mut self, message: Message) {
        let (id, facts) = (message.id, self.index.facts(&message));
        self.index.commit(Effect::Accepted { id, body: Arc::new(message.detached()), facts });
        self.arrivals.leave(id);
    }

    fn change(&mut self, change: Change) -> Result<(), ChangeError> {
        self.index.promise(&change, |id| self.arrivals.take(id))?;
        let effect = match change {
            Change::Settle(end) | Change::Cancel(end) => self.end(end),
            Change::Retry { id, attempts, deliver_after, lane } => {
                let lane = lane.map(|lane| self.index.lane(&lane));
                Effect::Retried { id, attempts, due: deliver_after, lane }
            }
            Change::Replace { message, .. } => {
                let facts = Box::new(self.index.facts(&message));
                Effect::Replaced { id: message.id, body: Arc::new(message.detached()), facts }
            }
            Change::Handed { id, remote, until } => {
                Effect::Handed { id, until, handing: Box::new(self.index.handing(id, remote)) }
            }
            Change::Reopen { id, deliver_after, expires } => Effect::Reopened { id, due: deliver_after, expires },
            Change::Delete { id } => Effect::Deleted { id },
        };
        self.index.commit(effect);
        Ok(())
    }

    fn end(&mut self, end: End) -> Effect<Arc<Message>> {
        let End { id, outcome, receipt, by, erase } = end;
        if let Some(receipt) = receipt {
            self.accept(*receipt);
        }
        if let Some(hit) = self.index.get(id).filter(|_| erase) {
            let mut emptied = Message::clone(&hit.body);
            index::erase(&mut emptied);
            self.index.commit(Effect::Moved { id, body: Arc::new(emptied) });
        }
        let by = by.map(|lane| self.index.lane(&lane));
        Effect::Settled { id, end: Ended { outcome, by, erase } }
    }

    fn finish(&mut self) {
        self.index.take_freed();
        self.index.notify();
    }
}

impl Queue for MemoryQueue {
    fn next_id(&self) -> MessageId {
        MessageId(self.next_id.fetch_add(1, Ordering::Relaxed))
    }

    fn append(&self, batch: Vec<Message>) -> BoxFuture<'_, Result<(), QueueError>> {
        Box::pin(async move { self.open()?.append(batch) })
    }

    fn apply(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<Vec<Result<(), ChangeError>>, QueueError>> {
        Box::pin(async move {
            let mut state = self.open()?;
            let results = changes.into_iter().map(|change| state.change(change)).collect();
            state.finish();
            Ok(results)
        })
    }

    fn lease<'a>(&'a self, lane: &'a Lane, want: Lease) -> BoxFuture<'a, Result<Vec<Message>, QueueError>> {
        Box::pin(async move { Ok(self.open()?.index.lease(lane, want).into_iter().map(message).collect()) })
    }

    fn release(&self, ids: &[MessageId]) {
        self.lock().index.release(ids);
    }

    fn expired(&self, now: Timestamp, max: usize) -> BoxFuture<'_, Result<Vec<Message>, QueueError>> {
        Box::pin(async move { Ok(self.open()?.index.expired(now, max).into_iter().map(message).collect()) })
    }

    fn next_due(&self, lane: &Lane) -> Option<Timestamp> {
        self.lock().index.next_due(lane)
    }

    fn next_expiry(&self) -> Option<Timestamp> {
        self.lock().index.next_expiry()
    }

    fn watch(&self, lane: &Lane) -> watch::Receiver<u64> {
        self.lock().index.watch(lane)
    }

    fn get(&self, id: MessageId) -> BoxFuture<'_, Result<Option<Record>, QueueError>> {
        Box::pin(async move { Ok(self.open()?.index.get(id).map(record)) })
    }

    fn oldest(&self) -> BoxFuture<'_, Result<Option<Record>, QueueError>> {
        Box::pin(async move { Ok(self.open()?.index.oldest().map(record)) })
    }

    fn find<'a>(&'a self, like: &'a Like, max: usize) -> BoxFuture<'a, Result<Vec<Record>, QueueError>> {
        Box::pin(async move {
            let state = self.open()?;
            let (mut found, mut below) = (Vec::new(), None);
            while found.len() < max {
                let (hits, more) = state.index.find(like, below, max);
                found.extend(hits.into_iter().map(record).filter(|record| like.matches(&record.message)));
                if more.is_none() {
                    break;
                }
                below = more;
            }
            found.truncate(max);
            Ok(found)
        })
    }

    fn handed<'a>(&'a self, lane: &'a Lane, remote: &'a [u8]) -> BoxFuture<'a, Result<Option<Record>, QueueError>> {
        Box::pin(async move { Ok(self.open()?.index.handed(lane, remote).map(record)) })
    }

    fn unrecorded(&self, beyond: Option<(Timestamp, MessageId)>, max: usize) -> BoxFuture<'_, Result<Vec<Record>, QueueError>> {
        Box::pin(async move { Ok(self.open()?.index.unrecorded(beyond).take(max).map(record).collect()) })
    }

    fn recorded(&self, ids: Vec<MessageId>) -> BoxFuture<'_, Result<(), QueueError>> {
        Box::pin(async move {
            let mut state = self.open()?;
            for id in ids {
                state.index.recorded(id);
            }
            state.index.take_freed();
            Ok(())
        })
    }

    fn list<'a>(&'a self, page: &'a Page) -> BoxFuture<'a, Result<Vec<Record>, QueueError>> {
        Box::pin(async move { Ok(self.open()?.index.list(page, usize::MAX).0.into_iter().map(record).collect()) })
    }

    fn health(&self) -> Result<(), QueueError> {
        self.open().map(drop)
    }

    fn counts(&self) -> Counts {
        self.lock().index.counts()
    }

    fn forget(&self, done_before: Timestamp) -> BoxFuture<'_, Result<usize, QueueError>> {
        Box::pin(async move {
            let mut state = self.lock();
            let forgotten = state.index.forget(done_before, usize::MAX);
            state.index.take_freed();
            Ok(forgotten.len())
        })
    }

    fn close(&self) -> BoxFuture<'_, Result<(), QueueError>> {
        Box::pin(async move {
            self.lock().closed = true;
            Ok(())
        })
    }
}

fn record(hit: Hit<Arc<Message>>) -> Record {
    let stored = Message::clone(&hit.body);
    hit.record(stored)
}

fn message(hit: Hit<Arc<Message>>) -> Message {
    record(hit).message
}
