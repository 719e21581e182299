//! Keeps a node that must not work from working: it accepts nothing and hands out nothing.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

use crate::BoxFuture;
use crate::core::queue::{Change, ChangeError, Counts, Lease, Like, Page, Queue, QueueError, Record};
use crate::model::{Lane, Message, MessageId, Timestamp};

/// Whether this node may work, and if not, why.
#[derive(Debug, Default)]
pub(super) struct Gate(ArcSwapOption<Arc<str>>);

impl Gate {
    pub(super) fn closed(why: &str) -> Gate {
        let gate = Gate::default();
        gate.set(Some(why));
        gate
    }

    /// Opens it, or closes it for a reason; tells whether that is a change.
    pub(super) fn set(&self, why: Option<&str>) -> bool {
        let before = self.0.swap(why.map(|why| Arc::new(Arc::from(why))));
        before.as_ref().map(|before| &***before) != why
    }

    pub(super) fn why(&self) -> Option<Arc<str>> {
        self.0.load().as_ref().map(|why| Arc::clone(&**why))
    }

    fn check(&self) -> Result<(), QueueError> {
        self.why().map_or(Ok(()), |why| Err(QueueError::Apart(why)))
    }
}

/// A queue behind the gate. What was handed out before is still settled: it is the truth, and the database decides.
pub(super) struct GatedQueue {
    pub(super) queue: Arc<dyn Queue>,
    pub(super) gate: Arc<Gate>,
}

impl Queue for GatedQueue {
    fn next_id(&self) -> MessageId {
        self.queue.next_id()
    }

    fn append(&self, batch: Vec<Message>) -> BoxFuture<'_, Result<(), QueueError>> {
        match self.gate.check() {
            Ok(()) => self.queue.append(batch),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn apply(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<Vec<Result<(), ChangeError>>, QueueError>> {
        self.queue.apply(changes)
    }

    fn lease<'a>(&'a self, lane: &'a Lane, want: Lease) -> BoxFuture<'a, Result<Vec<Message>, QueueError>> {
        if self.gate.why().is_some() {
            return Box::pin(std::future::ready(Ok(Vec::new())));
        }
        self.queue.lease(lane, want)
    }

    fn release(&self, ids: &[MessageId]) {
        self.queue.release(ids);
    }

    fn expired(&self, now: Timestamp, max: usize) -> BoxFuture<'_, Result<Vec<Message>, QueueError>> {
        if self.gate.why().is_some() {
            return Box::pin(std::future::ready(Ok(Vec::new())));
        }
        self.queue.expired(now, max)
    }

    fn next_due(&self, lane: &Lane) -> Option<Timestamp> {
        // Whoever serves the lane asks again then, and not before.
        if self.gate.why().is_some() { Some(Timestamp::now().after(AGAIN)) } else { self.queue.next_due(lane) }
    }

    fn next_expiry(&self) -> Option<Timestamp> {
        if self.gate.why().is_some() { Some(Timestamp::now().after(AGAIN)) } else { self.queue.next_expiry() }
    }

    fn watch(&self, lane: &Lane) -> watch::Receiver<u64> {
        self.queue.watch(lane)
    }

    fn get(&self, id: MessageId) -> BoxFuture<'_, Result<Option<Record>, QueueError>> {
        self.queue.get(id)
    }

    fn oldest(&self) -> BoxFuture<'_, Result<Option<Record>, QueueError>> {
        self.queue.oldest()
    }

    fn find<'a>(&'a self, like: &'a Like, max: usize) -> BoxFuture<'a, Result<Vec<Record>, QueueError>> {
        self.queue.find(like, max)
    }

    fn handed<'a>(&'a self, lane: &'a Lane, remote: &'a [u8]) -> BoxFuture<'a, Result<Option<Record>, QueueError>> {
        self.queue.handed(lane, remote)
    }

    fn unrecorded(&self, beyond: Option<(Timestamp, MessageId)>, max: usize) -> BoxFuture<'_, Result<Vec<Record>, QueueError>> {
        self.queue.unrecorded(beyond, max)
    }

    fn recorded(&self, ids: Vec<MessageId>) -> BoxFuture<'_, Result<(), QueueError>> {
        self.queue.recorded(ids)
    }

    fn list<'a>(&'a self, page: &'a Page) -> BoxFuture<'a, Result<Vec<Record>, QueueError>> {
        self.queue.list(page)
    }

    fn counts(&self) -> Counts {
        self.queue.counts()
    }

    fn health(&self) -> Result<(), QueueError> {
        self.gate.check()?;
        self.queue.health()
    }

    fn forget(&self, done_before: Timestamp) -> BoxFuture<'_, Result<usize, QueueError>> {
        self.queue.forget(done_before)
    }

    fn copy_to<'a>(&'a self, directory: &'a Path) -> BoxFuture<'a, Result<bool, QueueError>> {
        self.queue.copy_to(directory)
    }

    fn close(&self) -> BoxFuture<'_, Result<(), QueueError>> {
        self.queue.close()
    }
}

const AGAIN: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::queue::MemoryQueue;
    use crate::model::Account;

    #[tokio::test]
    async fn a_node_that_must_not_work_accepts_nothing_hands_out_nothing_and_says_why() {
        let gate = Arc::new(Gate::default());
        let queue = GatedQueue { queue: Arc::new(MemoryQueue::new(10, 10)), gate: gate.clone() };
        let lane = Lane::from("carrier");
        let message = |queue: &GatedQueue| Message::new(queue.next_id(), Account::from("shop"), lane.clone());
        let first = message(&queue);
        queue.append(vec![first.clone()]).await.unwrap();
        assert!(gate.set(Some("the database is away")) && !gate.set(Some("the database is away")));
        let want = Lease { max: 10, now: Timestamp::now(), until: Timestamp::now().after(AGAIN) };
        assert_eq!(queue.lease(&lane, want).await.unwrap().len(), 0);
        let refused = queue.append(vec![message(&queue)]).await.unwrap_err();
        assert_eq!(refused.to_string(), "this node may not work now: the database is away");
        assert!(queue.health().is_err() && queue.next_due(&lane) > Some(Timestamp::now()));
        assert!(gate.set(None));
        assert_eq!(queue.lease(&lane, want).await.unwrap().len(), 1);
        assert!(queue.health().is_ok());
    }
}
