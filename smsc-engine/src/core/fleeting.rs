//! Messages in datagram and transaction mode: tried once, kept in memory only.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smpp_pdu::Tlvs;
use tokio::sync::{Notify, oneshot, watch};

use super::inner::Inner;
use super::queue::{self, Change, Lease, MemoryQueue, Queue};
use crate::api::{Accepted, Answer, Attempt, Mode, Refusal, Report, Submission};
use crate::model::{FinalState, Lane, Message, MessageId, Outcome, Timestamp, asks_for_alert};

/// The messages under way, and who waits for the end of which.
pub(super) struct Fleeting {
    queue: MemoryQueue,
    waiting: Mutex<HashMap<MessageId, Option<oneshot::Sender<End>>>>,
    /// There is a deadline where there was none.
    deadline: Notify,
}

/// How a message ended, and the network's error.
type End = (FinalState, u32);

impl Fleeting {
    pub(super) fn new() -> Fleeting {
        Fleeting { queue: MemoryQueue::new(MOST_FLEETING, MOST_FLEETING), waiting: Mutex::default(), deadline: Notify::new() }
    }

    pub(super) fn watch(&self, lane: &Lane) -> watch::Receiver<u64> {
        self.queue.watch(lane)
    }

    pub(super) async fn lease(&self, lane: &Lane, want: Lease) -> Vec<Message> {
        if self.lock().is_empty() {
            return Vec::new();
        }
        self.queue.lease(lane, want).await.unwrap_or_default()
    }

    /// Returns a message that is kept here.
    pub(super) async fn get(&self, id: MessageId) -> Option<Message> {
        if !self.lock().contains_key(&id) {
            return None;
        }
        self.queue.get(id).await.ok()?.map(|record| record.message)
    }

    pub(super) fn release(&self, ids: &[MessageId]) {
        self.queue.release(ids);
    }

    /// Ends those that are kept here and leaves the others.
    pub(super) async fn report(&self, reports: &mut Vec<Report>, now: Timestamp) -> Vec<(Message, Outcome)> {
        let ours: Vec<Report> = {
            let waiting = self.lock();
            if waiting.is_empty() {
                return Vec::new();
            }
            reports.extract_if(.., |report| waiting.contains_key(&report.message.id)).collect()
        };
        let mut ended = Vec::with_capacity(ours.len());
        for Report { message, attempt } in ours {
            let end = match attempt {
                // There is no second attempt, and whoever has it now will not be asked.
                Attempt::Delivered | Attempt::Handed(_) => (FinalState::Delivered, 0),
                Attempt::Failed(state, error) => (state, error),
                Attempt::TryAgain(error) => (FinalState::Undeliverable, error),
                Attempt::Unknown => (FinalState::Unknown, 0),
            };
            ended.push(self.end(message, end, now).await);
        }
        ended
    }

    /// Ends those whose time is over.
    pub(super) async fn expire(&self, now: Timestamp) -> Vec<(Message, Outcome)> {
        let mut ended = Vec::new();
        for message in self.queue.expired(now, MOST_FLEETING).await.unwrap_or_default() {
            ended.push(self.end(message, (FinalState::Expired, 0), now).await);
        }
        ended
    }

    pub(super) fn next_expiry(&self) -> Option<Timestamp> {
        self.queue.next_expiry()
    }

    /// Waits until there is an earlier deadline than before.
    pub(super) async fn earlier_deadline(&self) {
        self.deadline.notified().await;
    }

    pub(super) fn next_due(&self, lane: &Lane) -> Option<Timestamp> {
        self.queue.next_due(lane)
    }

    async fn end(&self, message: Message, (state, error): End, now: Timestamp) -> (Message, Outcome) {
        if let Some(Some(waiting)) = self.lock().remove(&message.id) {
            // Whoever waited may have gone.
            let _ = waiting.send((state, error));
        }
        let outcome = Outcome { state, error, attempts: 1, done: now };
        // A memory queue refuses only what has ended already.
        let _ = self.queue.apply(vec![Change::Settle(queue::End::new(message.id, outcome))]).await;
        let _ = self.queue.forget(Timestamp::MAX).await;
        (message, outcome)
    }

    pub(super) async fn append(&self, message: Message, waiting: Option<oneshot::Sender<End>>) -> Result<(), Refusal> {
        let id = message.id;
        let is_earlier = self.next_expiry().is_none_or(|next| message.expires < next);
        self.lock().insert(id, waiting);
        if let Err(error) = self.queue.append(vec![message]).await {
            self.lock().remove(&id);
            return Err(super::refusal::refusal(&error));
        }
        if is_earlier {
            self.deadline.notify_one();
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MessageId, Option<oneshot::Sender<End>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Takes a message that is tried once. A datagram is answered when it is under way, a transaction when it has ended.
    pub(super) fn accept_fleeting(self: &Arc<Self>, submission: Submission) -> Answer {
        let Ok(permit) = Arc::clone(&self.slow).try_acquire_owned() else { return Answer::Now(Err(Refusal::Busy)) };
        let inner = Arc::clone(self);
        let task = tokio::spawn(async move {
            let _permit = permit;
            inner.try_once(submission).await
        });
        Answer::Later(Box::pin(async move { task.await.unwrap_or(Err(Refusal::Broken)) }))
    }

    async fn try_once(&self, mut submission: Submission) -> Result<Accepted, Refusal> {
        let now = self.now();
        let mode = submission.mode;
        let message = &mut submission.message;
        // SMPP 3.4 §2.10.2, §2.10.3: neither mode has receipts, and neither waits.
        message.registered_delivery = 0;
        message.deliver_after = now;
        message.expires = message.expires.min(now.after(self.policy().transaction));
        let message = self.way_once(submission, now).await?;
        let id = message.id;
        if mode == Mode::Datagram {
            self.fleeting.append(message, None).await?;
            return Ok(Accepted::from(id));
        }
        let wants_alert = Tlvs::parse(&message.tlvs).is_some_and(|tlvs| asks_for_alert(&tlvs)).then(|| message.clone());
        let (sender, end) = oneshot::channel();
        self.fleeting.append(message, Some(sender)).await?;
        let (state, error) = end.await.map_err(|_| Refusal::Broken)?;
        if state == FinalState::Delivered {
            return Ok(Accepted::from(id));
        }
        if let Some(message) = wants_alert.filter(|_| state.is_out_of_reach()) {
            self.flag(&message);
        }
        Err(Refusal::Undelivered(state, error))
    }
}

/// They live for seconds.
const MOST_FLEETING: usize = 100_000;
