//! What frontends tell by hand: an attempt failed, a message was delivered, the network says how it ended.

use super::super::lifecycle::{self, Made};
use super::super::queue::{Change, Record};
use super::{Handle, HandleError};
use crate::api::{Attempt, Report};
use crate::model::{EventName, FinalState, Lane, Message, MessageId, Status, Timestamp, Word};

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
    /// The network's name for the message; with one, a state that is no end says that the network has taken it.
    pub remote: Option<Word>,
    /// More about it, for the history.
    pub text: String,
}

impl Handle {
    /// Counts a failed attempt and returns the message as it waits then: 2, 4, 8 … minutes.
    ///
    /// # Errors
    /// [`HandleError::Standing`] if it has ended or its deadline is past.
    pub async fn count_attempt(&self, id: MessageId) -> Result<Record, HandleError> {
        if let Some(record) = self.end_fleeting(id, Attempt::TryAgain(0)).await {
            return Ok(record);
        }
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
        if let Some(record) = self.end_fleeting(id, Attempt::Delivered).await {
            return Ok(record);
        }
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

    /// The network tells how the message stands. If it has taken it under a name of its own, the message waits for what
    /// the network tells next and is on no work list meanwhile.
    ///
    /// # Errors
    /// [`HandleError::Standing`] if it ended in another way.
    pub async fn delivery_status(&self, id: MessageId, status: NetworkStatus) -> Result<Record, HandleError> {
        let state = FinalState::from_message_state(status.state).filter(|state| *state != FinalState::Unknown);
        let taken = status.remote.clone().filter(|_| matches!(status.state, ENROUTE | ACCEPTED));
        let attempt = state.map(|state| Attempt::Failed(state, status.error));
        if let Some(attempt) = attempt.or(taken.clone().map(Attempt::Handed))
            && let Some(record) = self.end_fleeting(id, attempt).await
        {
            return Ok(record);
        }
        let record = self.message(id).await?;
        let text = format!("state {} error {} {}", status.state, status.error, status.text);
        self.inner.note(id, EventName::DeliveryReport, text.trim_end().to_owned());
        let Some(state) = state else {
            return match taken.filter(|_| record.outcome.is_none()) {
                Some(remote) => self.hand_over(record, remote, status.by).await,
                None => Ok(record),
            };
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

    /// The network tells how a message stands that it took through this lane under a name of its own.
    ///
    /// # Errors
    /// [`HandleError::NotHanded`] if there is none, and those of [`Handle::delivery_status`].
    pub async fn network_status(&self, lane: &Lane, remote: Word, status: NetworkStatus) -> Result<Record, HandleError> {
        let found = self.inner.queue.handed(lane, remote.octets()).await?.ok_or(HandleError::NotHanded)?;
        self.delivery_status(found.message.id, status).await
    }

    /// The next MC has the message: nobody is given it until that MC tells more.
    async fn hand_over(&self, record: Record, remote: Word, by: Option<Lane>) -> Result<Record, HandleError> {
        let message = record.message;
        let Message { id, attempts, deliver_after, .. } = message;
        let mut changes = vec![Change::Handed { id, remote, until: Timestamp::MAX }];
        let other = by.filter(|lane| lane.is_public() && *lane != message.lane);
        if let Some(lane) = &other {
            // The name counts on the lane that handed the message over.
            changes.insert(0, Change::Retry { id, attempts, deliver_after, lane: Some(lane.clone()) });
        }
        self.apply_all(changes).await?;
        self.inner.meters.note_attempts(std::iter::once(&message));
        if other.is_some() {
            self.inner.waiting.remove(&message);
        }
        self.message(id).await
    }

    /// Ends a message that is kept in memory only; `None` if it is none of those.
    async fn end_fleeting(&self, id: MessageId, attempt: Attempt) -> Option<Record> {
        let message = self.inner.fleeting.get(id).await?;
        self.inner.meters.note_attempts(std::iter::once(&message));
        let mut reports = vec![Report { message, attempt }];
        let (message, outcome) = self.inner.fleeting.report(&mut reports, self.now()).await.pop()?;
        self.inner.ended(&message, &outcome);
        Some(Record { message, outcome: Some(outcome), leased: None, remote: None })
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

// SMPP 3.4 §5.2.28, message_state.
const ENROUTE: u8 = 1;
const ACCEPTED: u8 = 6;
