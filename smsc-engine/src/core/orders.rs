//! Questions and orders of ESMEs about messages already accepted.

use super::inner::Inner;
use super::lifecycle;
use super::queue::{Change, ChangeError, Like, Record};
use super::refusal::refusal;
use crate::api::{Cancel, Question, Refusal, Replacement, Standing};
use crate::model::{EventName, Kind, Message};

impl Inner {
    /// Tells how a message of the asker's stands.
    pub(super) async fn query(&self, question: Question) -> Result<Standing, Refusal> {
        let record = self.own(&question).await?;
        let now = self.now();
        Ok(match record.outcome {
            Some(outcome) => Standing { state: outcome.state.message_state(), done: Some(outcome.done), error: outcome.error },
            // Past its deadline it will never be handed out, whether the sweeper was here or not.
            None if record.message.expires <= now => Standing { state: EXPIRED, done: Some(record.message.expires), error: 0 },
            None => Standing { state: ENROUTE, done: None, error: 0 },
        })
    }

    pub(super) async fn cancel(&self, cancel: Cancel) -> Result<(), Refusal> {
        match cancel.id {
            Some(id) => self.cancel_one(Question { account: cancel.account, id, source: cancel.source }).await,
            None => self.cancel_matching(cancel).await,
        }
    }

    pub(super) async fn replace(&self, replacement: Replacement) -> Result<(), Refusal> {
        let Replacement { account, id, source, deliver_after, expires, .. } = replacement;
        let record = self.own(&Question { account, id, source }).await?;
        if record.outcome.is_some() {
            return Err(Refusal::TooLate);
        }
        let now = self.now();
        let mut message = record.message;
        message.deliver_after = deliver_after.unwrap_or(message.deliver_after).max(now);
        message.expires = expires.unwrap_or(message.expires);
        if message.expires <= message.deliver_after {
            return Err(Refusal::Expired);
        }
        message.registered_delivery = replacement.registered_delivery;
        message.sm_default_msg_id = replacement.sm_default_msg_id;
        message.user_data = replacement.user_data;
        let id = message.id;
        self.change(Change::Replace { message: Box::new(message), now }).await?;
        self.note(id, EventName::MessageUpdated, "replaced by its sender");
        Ok(())
    }

    /// Makes one change.
    pub(super) async fn change(&self, change: Change) -> Result<(), Refusal> {
        let results = self.queue.apply(vec![change]).await.map_err(|error| refusal(&error))?;
        match results.into_iter().next() {
            Some(Ok(())) => Ok(()),
            Some(Err(ChangeError::Unknown)) => Err(Refusal::Unknown),
            Some(Err(ChangeError::TooLarge { .. })) => Err(Refusal::TooLarge),
            Some(Err(_)) => Err(Refusal::TooLate),
            None => Err(Refusal::Broken),
        }
    }

    /// The message with this id, if it is the asker's own.
    async fn own(&self, question: &Question) -> Result<Record, Refusal> {
        let record = self.queue.get(question.id).await.map_err(|error| refusal(&error))?.ok_or(Refusal::Unknown)?;
        let Message { account, source, kind, .. } = &record.message;
        let theirs = *account == question.account && *source == question.source && *kind == Kind::Mt;
        if theirs { Ok(record) } else { Err(Refusal::Unknown) }
    }

    async fn cancel_one(&self, question: Question) -> Result<(), Refusal> {
        let record = self.own(&question).await?;
        if record.outcome.is_some() {
            return Err(Refusal::TooLate);
        }
        let change = lifecycle::cancel(&record.message, self.now(), || self.queue.next_id());
        let outcome = lifecycle::outcome(&change);
        self.change(change).await?;
        if let Some(outcome) = outcome {
            self.ended(&record.message, &outcome);
        }
        Ok(())
    }

    /// Cancels all that match; an error only if none could be.
    async fn cancel_matching(&self, cancel: Cancel) -> Result<(), Refusal> {
        let service_type = (!cancel.service_type.is_empty()).then_some(cancel.service_type);
        let Cancel { account, source, destination, .. } = cancel;
        let like = Like { account, source, destination, service_type };
        let found = self.queue.find(&like, MOST_CANCELLED).await.map_err(|error| refusal(&error))?;
        if found.is_empty() {
            return Err(Refusal::Unknown);
        }
        let now = self.now();
        let changes: Vec<Change> =
            found.iter().map(|record| lifecycle::cancel(&record.message, now, || self.queue.next_id())).collect();
        let outcomes: Vec<_> = changes.iter().map(lifecycle::outcome).collect();
        let results = self.queue.apply(changes).await.map_err(|error| refusal(&error))?;
        let mut any = false;
        for ((record, outcome), _) in found.iter().zip(outcomes).zip(results).filter(|(_, result)| result.is_ok()) {
            any = true;
            if let Some(outcome) = outcome {
                self.ended(&record.message, &outcome);
            }
        }
        if any { Ok(()) } else { Err(Refusal::TooLate) }
    }
}

// SMPP message_state.
const ENROUTE: u8 = 1;
const EXPIRED: u8 = 3;
// One cancel_sm must not hold the queue for long; the sender can repeat it.
const MOST_CANCELLED: usize = 10_000;
