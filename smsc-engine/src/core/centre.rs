//! The core: a queue, a router and the rules, as one [`CoreApi`].

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::lifecycle::{self, Policy};
use super::queue::{Change, ChangeError, Lease, Like, Queue, QueueError};
use super::route::{Action, Choice, Decision, Facts, Router};
use crate::BoxFuture;
use crate::api::{Cancel, CoreApi, Question, Refusal, Replacement, Report, Standing, Submission};
use crate::model::{Kind, Lane, Message, MessageId, Timestamp};

/// A core in this process.
pub struct Core {
    queue: Arc<dyn Queue>,
    router: Arc<dyn Router>,
    policy: Policy,
}

impl Core {
    /// A core on a queue, with a router and the operator's rules.
    pub fn new(queue: Arc<dyn Queue>, router: Arc<dyn Router>, policy: Policy) -> Core {
        Core { queue, router, policy }
    }

    /// Completes a message and finds its way.
    fn prepare(&self, message: &mut Message, now: Timestamp) -> Result<(), Refusal> {
        message.id = self.queue.next_id();
        lifecycle::accept(message, now, &self.policy)?;
        if message.kind == Kind::Mo {
            // Whoever hands in an MO knows whose number it was sent to.
            message.lane = Lane::esme(&message.account);
            return Ok(());
        }
        match self.router.route(message, &Facts::at(now)) {
            Decision::Chosen(Choice { action: Action::Deliver(lane), .. }) => message.lane = lane,
            _ => return Err(Refusal::NoRoute),
        }
        Ok(())
    }

    async fn accept(&self, batch: Vec<Submission>) -> Vec<Result<MessageId, Refusal>> {
        let mut results = Vec::with_capacity(batch.len());
        if !batch.iter().any(|submission| submission.replace_if_present) {
            self.accept_run(batch, &mut results).await;
            return results;
        }
        let mut run = Vec::with_capacity(batch.len());
        for submission in batch {
            if !submission.replace_if_present {
                run.push(submission);
                continue;
            }
            // What came before must be there to be replaced.
            self.accept_run(std::mem::take(&mut run), &mut results).await;
            results.push(self.accept_or_replace(submission.message).await);
        }
        self.accept_run(run, &mut results).await;
        results
    }

    /// Accepts messages that replace nothing, in one write.
    async fn accept_run(&self, run: Vec<Submission>, results: &mut Vec<Result<MessageId, Refusal>>) {
        let now = Timestamp::now();
        let first = results.len();
        let mut named = None;
        let accepted = run.into_iter().filter_map(|Submission { mut message, with_previous, .. }| {
            let prepared = self.prepare(&mut message, now);
            named = named.filter(|_| with_previous);
            message.about = named;
            results.push(prepared.map(|()| message.id));
            named = named.or(prepared.is_ok().then_some(message.id));
            prepared.is_ok().then_some(message)
        });
        let accepted: Vec<Message> = accepted.collect();
        if accepted.is_empty() {
            return;
        }
        if let Err(error) = self.append(accepted).await {
            results.iter_mut().skip(first).filter(|result| result.is_ok()).for_each(|result| *result = Err(error));
        }
    }

    async fn accept_or_replace(&self, mut message: Message) -> Result<MessageId, Refusal> {
        let now = Timestamp::now();
        self.prepare(&mut message, now)?;
        if let Some(replaced) = self.replace_present(&message, now).await {
            return replaced;
        }
        let id = message.id;
        self.append(vec![message]).await.map(|()| id)
    }

    async fn append(&self, messages: Vec<Message>) -> Result<(), Refusal> {
        self.queue.append(messages).await.map_err(refusal)
    }

    /// Replaces the newest waiting message that stands for the same; `None` if there is none left to replace.
    async fn replace_present(&self, message: &Message, now: Timestamp) -> Option<Result<MessageId, Refusal>> {
        let like = Like {
            account: message.account.clone(),
            source: message.source.clone(),
            destination: message.destination.clone(),
            service_type: Some(message.service_type.clone()),
        };
        let found = match self.queue.find(&like, 1).await {
            Ok(found) => found.into_iter().next()?,
            Err(error) => return Some(Err(refusal(error))),
        };
        let id = found.message.id;
        let message = Box::new(Message { id, ..message.clone() });
        match self.change(Change::Replace { message, now }).await {
            Ok(()) => Some(Ok(id)),
            // It went out meanwhile: the new one is a message of its own.
            Err(Refusal::TooLate) => None,
            Err(error) => Some(Err(error)),
        }
    }

    async fn change(&self, change: Change) -> Result<(), Refusal> {
        let results = self.queue.apply(vec![change]).await.map_err(refusal)?;
        match results.into_iter().next() {
            Some(Ok(())) => Ok(()),
            Some(Err(ChangeError::Unknown)) => Err(Refusal::Unknown),
            Some(Err(ChangeError::TooLarge { .. })) => Err(Refusal::TooLarge),
            Some(Err(_)) => Err(Refusal::TooLate),
            None => Err(Refusal::Broken),
        }
    }

    /// The message with this id, if it is the asker's own.
    async fn own(&self, question: &Question) -> Result<super::queue::Record, Refusal> {
        let record = self.queue.get(question.id).await.map_err(refusal)?.ok_or(Refusal::Unknown)?;
        let Message { account, source, kind, .. } = &record.message;
        let theirs = *account == question.account && *source == question.source && *kind == Kind::Mt;
        if theirs { Ok(record) } else { Err(Refusal::Unknown) }
    }

    async fn cancel_one(&self, question: Question) -> Result<(), Refusal> {
        let record = self.own(&question).await?;
        if record.outcome.is_some() {
            return Err(Refusal::TooLate);
        }
        self.change(lifecycle::cancel(&record.message, Timestamp::now(), || self.queue.next_id())).await
    }

    /// Cancels all that match; an error only if none could be.
    async fn cancel_matching(&self, cancel: Cancel) -> Result<(), Refusal> {
        let service_type = (!cancel.service_type.is_empty()).then_some(cancel.service_type);
        let Cancel { account, source, destination, .. } = cancel;
        let like = Like { account, source, destination, service_type };
        let found = self.queue.find(&like, MOST_CANCELLED).await.map_err(refusal)?;
        if found.is_empty() {
            return Err(Refusal::Unknown);
        }
        let now = Timestamp::now();
        let changes = found.iter().map(|record| lifecycle::cancel(&record.message, now, || self.queue.next_id()));
        let results = self.queue.apply(changes.collect()).await.map_err(refusal)?;
        if results.iter().any(Result::is_ok) { Ok(()) } else { Err(Refusal::TooLate) }
    }

    async fn replace_one(&self, replacement: Replacement) -> Result<(), Refusal> {
        let Replacement { account, id, source, deliver_after, expires, .. } = replacement;
        let record = self.own(&Question { account, id, source }).await?;
        if record.outcome.is_some() {
            return Err(Refusal::TooLate);
        }
        let now = Timestamp::now();
        let mut message = record.message;
        message.deliver_after = deliver_after.unwrap_or(message.deliver_after).max(now);
        message.expires = expires.unwrap_or(message.expires);
        if message.expires <= message.deliver_after {
            return Err(Refusal::Expired);
        }
        message.registered_delivery = replacement.registered_delivery;
        message.sm_default_msg_id = replacement.sm_default_msg_id;
        message.user_data = replacement.user_data;
        self.change(Change::Replace { message: Box::new(message), now }).await
    }

    async fn apply_reports(&self, reports: Vec<Report>) {
        let now = Timestamp::now();
        let changes =
            reports.into_iter().map(|report| lifecycle::after_report(report, now, &self.policy, || self.queue.next_id()));
        let changes: Vec<Change> = changes.collect();
        let ids: Vec<MessageId> = changes.iter().map(Change::id).collect();
        match self.queue.apply(changes).await {
            Ok(results) => {
                for (id, error) in ids.iter().zip(results).filter_map(|(id, result)| result.err().map(|error| (id, error))) {
                    tracing::warn!(%id, %error, "a report came for a message that had ended");
                }
            }
            Err(error) => tracing::error!(%error, reports = ids.len(), "reports could not be recorded"),
        }
    }
}

impl CoreApi for Core {
    fn submit(&self, batch: Vec<Submission>) -> BoxFuture<'_, Vec<Result<MessageId, Refusal>>> {
        Box::pin(self.accept(batch))
    }

    fn query(&self, question: Question) -> BoxFuture<'_, Result<Standing, Refusal>> {
        Box::pin(async move {
            let record = self.own(&question).await?;
            let now = Timestamp::now();
            Ok(match record.outcome {
                Some(outcome) => {
                    Standing { state: outcome.state.message_state(), done: Some(outcome.done), error: outcome.error }
                }
                // Past its deadline it will never be handed out, whether the sweeper was here or not.
                None if record.message.expires <= now => {
                    Standing { state: EXPIRED, done: Some(record.message.expires), error: 0 }
                }
                None => Standing { state: ENROUTE, done: None, error: 0 },
            })
        })
    }

    fn cancel(&self, cancel: Cancel) -> BoxFuture<'_, Result<(), Refusal>> {
        Box::pin(async move {
            match cancel.id {
                Some(id) => self.cancel_one(Question { account: cancel.account, id, source: cancel.source }).await,
                None => self.cancel_matching(cancel).await,
            }
        })
    }

    fn replace(&self, replacement: Replacement) -> BoxFuture<'_, Result<(), Refusal>> {
        Box::pin(self.replace_one(replacement))
    }

    fn lease<'a>(&'a self, lane: &'a Lane, max: usize, hold: Duration) -> BoxFuture<'a, Vec<Message>> {
        Box::pin(async move {
            let now = Timestamp::now();
            self.queue.lease(lane, Lease { max, now, until: now.after(hold) }).await.unwrap_or_else(|error| {
                tracing::error!(%lane, %error, "no work can be handed out");
                Vec::new()
            })
        })
    }

    fn report(&self, reports: Vec<Report>) -> BoxFuture<'_, ()> {
        Box::pin(self.apply_reports(reports))
    }

    fn release(&self, messages: &[MessageId]) {
        self.queue.release(messages);
    }

    fn watch(&self, lane: &Lane) -> watch::Receiver<u64> {
        self.queue.watch(lane)
    }

    fn next_due(&self, lane: &Lane) -> Option<Timestamp> {
        self.queue.next_due(lane)
    }
}

fn refusal(error: QueueError) -> Refusal {
    match error {
        QueueError::Full { .. } | QueueError::NoRoom => Refusal::QueueFull,
        QueueError::TooLarge { .. } => Refusal::TooLarge,
        other => {
            tracing::error!(error = %other, "the queue refuses");
            Refusal::Broken
        }
    }
}

// SMPP message_state.
const ENROUTE: u8 = 1;
const EXPIRED: u8 = 3;
// One cancel_sm must not hold the queue for long; the sender can repeat it.
const MOST_CANCELLED: usize = 10_000;
