//! What frontends tell by hand: an attempt failed, a message was delivered, the network says how it ended.

use super::super::lifecycle::{self, Made};
use super::super::queue::{Change, Record};
use super::{Handle, HandleError};
use crate::api::Attempt;
use crate::model::{EventName, FinalState, Lane, MessageId, Status, Timestamp};

/// How a message ends.
pub(super) struct End {
    pub(super) state: FinalState,
    pub(super) error: u32,
    /// Who delivered it.
    pub(super) by: Option<Lane>,
    pub(super) done: Timestamp,
}

/// What a receipt of the network says of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkStatus {
    /// SMPP `message_state`; one that is no end is only noted.
    pub state: u8,
    /// The network's error; 0 for none.
    pub error: u32,
    /// Who delivered it, if that is known.
    pub by: Option<Lane>,
    /// More about it, for the history.
    pub text: String,
}

impl Handle {
    /// Counts a failed attempt and returns the message as it waits then: 2, 4, 8 … minutes.
    ///
    /// # Errors
    /// [`HandleError::Standing`] if it has ended or its deadline is past.
    pub async fn count_attempt(&self, id: MessageId) -> Result<Record, HandleError> {
        let record = self.pending(id).await?;
        let made = Made { attempt: &Attempt::TryAgain(0), now: self.now() };
        let queue = &self.inner.queue;
        let change = lifecycle::after_attempt(&record.message, made, &self.policy(), || queue.next_id());
        self.inner.meters.note_attempts(std::iter::once(&record.message));
        match &change {
            Change::Retry { attempts, .. } => {
                let name = EventName::DeliveryAttempt(*attempts);
                self.apply(change).await?;
                self.inner.note(id, name, "a frontend reports a failed attempt");
            }
            _ => drop(self.inner.settle(vec![change], vec![record.message]).await),
        }
        self.message(id).await
    }

    /// A frontend delivered the message. Saying so twice is harmless: the first result is returned.
    ///
    /// # Errors
    /// [`HandleError::Standing`] if it ended in another way.
    pub async fn mark_delivered(&self, id: MessageId, by: Lane) -> Result<Record, HandleError> {
        let record = self.message(id).await?;
        match record.outcome.map(|outcome| outcome.state) {
            Some(FinalState::Delivered) => return Ok(record),
            Some(state) => return Err(HandleError::Standing(state.status())),
            None => {}
        }
        let by = by.is_public().then_some(by);
        self.end(&record, End { state: FinalState::Delivered, error: 0, by, done: self.now() }).await?;
        self.message(id).await
    }

    /// The network tells how the message stands.
    ///
    /// # Errors
    /// [`HandleError::Standing`] if it ended in another way.
    pub async fn delivery_status(&self, id: MessageId, status: NetworkStatus) -> Result<Record, HandleError> {
        let record = self.message(id).await?;
        let text = format!("state {} error {} {}", status.state, status.error, status.text);
        self.inner.note(id, EventName::DeliveryReport, text.trim_end().to_owned());
        let Some(state) = FinalState::from_message_state(status.state).filter(|state| *state != FinalState::Unknown) else {
            return Ok(record);
        };
        match record.outcome {
            Some(outcome) if outcome.state == state => return Ok(record),
            Some(outcome) => return Err(HandleError::Standing(outcome.state.status())),
            None => {}
        }
        let by = status.by.filter(Lane::is_public);
        self.end(&record, End { state, error: status.error, by, done: self.now() }).await?;
        self.message(id).await
    }

    /// Ends a pending message.
    pub(super) async fn end(&self, record: &Record, end: End) -> Result<(), HandleError> {
        let End { state, error, by, done } = end;
        let queue = &self.inner.queue;
        let mut message = record.message.clone();
        message.lane = by.clone().unwrap_or(message.lane);
        let Change::Settle(mut settled) = lifecycle::settle(&message, (state, error), done, || queue.next_id()) else {
            return Err(HandleError::Nothing);
        };
        settled.by = by;
        settled.erase = state == FinalState::Delivered && self.policy().delete_body_after_delivery;
        let outcome = settled.outcome;
        self.apply(Change::Settle(settled)).await?;
        if outcome.attempts > record.message.attempts {
            self.inner.meters.note_attempts(std::iter::once(&message));
        }
        // Its place among those who wait is that of the lane it had.
        self.inner.waiting.remove(&record.message);
        self.inner.ended(&message, &outcome);
        Ok(())
    }

    async fn pending(&self, id: MessageId) -> Result<Record, HandleError> {
        let record = self.message(id).await?;
        match record.outcome {
            Some(outcome) => Err(HandleError::Standing(outcome.state.status())),
            None if record.message.expires <= self.now() => Err(HandleError::Standing(Status::Expired)),
            None => Ok(record),
        }
    }
}
