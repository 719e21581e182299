//! A core in this process: all parts and the rules, as one [`CoreApi`].

use std::sync::Arc;
use std::time::Duration;

use super::inner::Inner;
use super::intake::{ANSWERED, REJECTED};
use super::lifecycle;
use super::queue::{Page, QueueError};
use super::setup::Setup;
use crate::BoxFuture;
use crate::api::{Answer, Cancel, CoreApi, NetworkReport, Question, Refusal, Replacement, Report, Standing, Submission, Work};
use crate::model::{FinalState, Lane, Message, MessageId, Status, Timestamp};

/// A core in this process; cheap to clone, all clones are one.
#[derive(Clone)]
pub struct Core {
    pub(super) inner: Arc<Inner>,
}

impl Core {
    /// Puts the parts together and goes on where the last process stopped.
    ///
    /// # Errors
    /// When the queue cannot be read.
    pub async fn start(setup: Setup) -> Result<Core, QueueError> {
        let follower = setup.locations.as_ref().map(|(_, follower)| follower.clone());
        let core = Core { inner: Arc::new(Inner::new(setup)) };
        core.inner.end_leftovers().await?;
        core.inner.remember_recent().await?;
        core.inner.find_waiting().await?;
        if let Some(follower) = follower {
            // A registration that came meanwhile is heard now.
            tokio::spawn(follower.run(Arc::downgrade(&core.inner)));
        }
        Ok(core)
    }

    /// Takes over messages that wait for a location from nodes that are gone, and forgets those that ended elsewhere.
    ///
    /// # Errors
    /// When the queue cannot be read.
    pub async fn take_over_waiting(&self) -> Result<(), QueueError> {
        self.inner.find_waiting_again().await
    }

    /// Writes the records that wait, for at most `grace`, and closes the queue; the next start is then quick.
    ///
    /// # Errors
    /// The queue was broken before.
    pub async fn close(&self, grace: Duration) -> Result<(), QueueError> {
        if let Some(recorder) = &self.inner.recorder {
            recorder.close(grace).await;
        }
        self.inner.queue.close().await
    }
}

impl Inner {
    /// Ends what was to end at once when the process died, or when the disk was full.
    pub(super) async fn end_leftovers(&self) -> Result<(), QueueError> {
        let counts = self.queue.counts();
        let left = |lane: &str| counts.lanes.iter().any(|count| count.lane.as_str() == lane && count.pending > 0);
        let lanes = [(ANSWERED, FinalState::Delivered), (REJECTED, FinalState::Rejected)];
        for (lane, state) in lanes.into_iter().filter(|(lane, _)| left(lane)) {
            let now = self.now();
            // Not by leases: those that are not due yet, or overdue by now, are to end like the others.
            let mut page = Page { max: PAGE, lane: Some(lane.into()), status: Some(Status::Pending), ..Page::default() };
            loop {
                let records = self.queue.list(&page).await?;
                let Some(last) = records.last() else { break };
                page.beyond = Some(last.message.id);
                let leftovers: Vec<Message> = records.into_iter().map(|record| record.message).collect();
                let settle = |message| lifecycle::settle(message, (state, 0), now, || self.queue.next_id());
                let changes = leftovers.iter().map(settle).collect();
                self.settle(changes, leftovers).await;
            }
        }
        Ok(())
    }

    /// Learns what was accepted of late, so that a repeat after the restart is known.
    async fn remember_recent(&self) -> Result<(), QueueError> {
        // What nodes share is remembered where they share it.
        let Some(fingerprints) = self.fingerprints.as_ref().filter(|_| self.shared_prints.is_none()) else { return Ok(()) };
        let since = self.now().before(fingerprints.ttl());
        let mut page = Page { newest_first: true, max: PAGE, ..Page::default() };
        loop {
            let records = self.queue.list(&page).await?;
            let Some(last) = records.last() else { return Ok(()) };
            page.beyond = Some(last.message.id);
            let is_last = last.message.submitted < since;
            let recent = records.iter().map(|record| &record.message).filter(|message| message.submitted >= since);
            recent.for_each(|message| fingerprints.learn(message));
            if is_last || fingerprints.is_full() {
                return Ok(());
            }
        }
    }
}

impl CoreApi for Core {
    fn submit(&self, batch: Vec<Submission>) -> BoxFuture<'_, Vec<Answer>> {
        Box::pin(self.inner.accept(batch))
    }

    fn query(&self, question: Question) -> BoxFuture<'_, Result<Standing, Refusal>> {
        Box::pin(self.inner.query(question))
    }

    fn cancel(&self, cancel: Cancel) -> BoxFuture<'_, Result<(), Refusal>> {
        Box::pin(self.inner.cancel(cancel))
    }

    fn replace(&self, replacement: Replacement) -> BoxFuture<'_, Result<(), Refusal>> {
        Box::pin(self.inner.replace(replacement))
    }

    fn lease<'a>(&'a self, lane: &'a Lane, max: usize, hold: Duration) -> BoxFuture<'a, Vec<Message>> {
        Box::pin(self.inner.lease(lane, max, hold))
    }

    fn report(&self, reports: Vec<Report>) -> BoxFuture<'_, ()> {
        Box::pin(async move { _ = self.inner.report(reports).await })
    }

    fn hear(&self, reports: Vec<NetworkReport>) -> BoxFuture<'_, Vec<bool>> {
        Box::pin(async move { self.inner.hear(reports).await.known })
    }

    fn release(&self, messages: &[MessageId]) {
        self.inner.release(messages);
    }

    fn watch(&self, lane: &Lane) -> Work {
        let located = self.inner.queue.watch(&Lane::located(lane.as_str()));
        let esmes = lane.esmes();
        let own = std::iter::once(lane).chain(&esmes);
        Work::new(own.flat_map(|lane| [self.inner.queue.watch(lane), self.inner.fleeting.watch(lane)]).chain([located]))
    }

    fn next_due(&self, lane: &Lane) -> Option<Timestamp> {
        let esmes = lane.esmes();
        let own = std::iter::once(lane).chain(&esmes);
        let due = own.flat_map(|lane| [self.inner.queue.next_due(lane), self.inner.fleeting.next_due(lane)]);
        due.chain([self.inner.next_due_located(lane)]).flatten().min()
    }
}

const PAGE: usize = 1000;
