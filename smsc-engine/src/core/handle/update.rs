//! Changing a message by hand.

use bytes::Bytes;

use super::super::queue::{Change, ChangeError, Record};
use super::{Handle, HandleError};
use crate::model::{EventName, FinalState, Lane, Message, MessageId, Status, Timestamp};

/// What to change of a message; everything that is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// Who delivers it; an empty lane takes it from everybody.
    pub dest_smsc: Option<Lane>,
    /// When it is due.
    pub deliver_after: Option<Timestamp>,
    /// When it expires.
    pub expires: Option<Timestamp>,
    /// Its text as `data_coding` and user data.
    pub text: Option<(u8, Bytes)>,
    /// How it stands: pending gives it another chance, all else ends it.
    pub status: Option<Status>,
    /// When it was delivered, if `status` says so; `None` is now.
    pub delivered_at: Option<Timestamp>,
    /// Failed attempts; 0 gives an ended message another chance.
    pub attempts: Option<u32>,
    /// SMPP `priority_flag`.
    pub priority: Option<u8>,
    /// Whether it is among the dead letters.
    pub deadletter: Option<bool>,
    /// SMPP `registered_delivery`: which receipts its sender wants.
    pub registered_delivery: Option<u8>,
}

impl Update {
    fn reopens(&self) -> bool {
        self.status == Some(Status::Pending) || self.attempts == Some(0)
    }

    /// Changes what needs the message to be written anew.
    fn rewrites(&self) -> bool {
        let Update { expires, text, priority, deadletter, registered_delivery, .. } = self;
        expires.is_some() || text.is_some() || priority.is_some() || deadletter.is_some() || registered_delivery.is_some()
    }
}

impl Handle {
    /// Changes a message and returns it as it stands then.
    ///
    /// # Errors
    /// See [`HandleError`]; nothing is changed then.
    pub async fn update(&self, id: MessageId, update: Update) -> Result<Record, HandleError> {
        if update == Update::default() {
            return Err(HandleError::Nothing);
        }
        if update.dest_smsc.as_ref().is_some_and(|lane| !lane.is_public() && *lane != Lane::default()) {
            return Err(HandleError::Name);
        }
        let record = self.message(id).await?;
        match (record.outcome, update.status) {
            (Some(_), _) if update.reopens() => self.reopen(&record, &update).await?,
            (Some(outcome), _) => return Err(HandleError::Standing(outcome.state.status())),
            (None, Some(status)) if status != Status::Pending => {
                let done = update.delivered_at.unwrap_or_else(|| self.now());
                let end = super::end::End { state: end_of(status), error: 0, by: update.dest_smsc, done };
                self.end(&record, end).await?;
            }
            (None, _) => self.change_pending(record.message, update).await?,
        }
        self.inner.note(id, EventName::MessageUpdated, "changed by the operator");
        self.message(id).await
    }

    /// Deletes a message: no receipt, no record.
    ///
    /// # Errors
    /// [`HandleError::Unknown`], or the queue refuses.
    pub async fn delete(&self, id: MessageId) -> Result<(), HandleError> {
        let record = self.message(id).await?;
        self.apply(Change::Delete { id }).await?;
        self.inner.waiting.remove(&record.message);
        self.inner.note(id, EventName::MessageDeleted, "deleted by the operator");
        Ok(())
    }

    async fn reopen(&self, record: &Record, update: &Update) -> Result<(), HandleError> {
        let now = self.now();
        let deliver_after = update.deliver_after.unwrap_or(now).max(now);
        let over = record.message.expires <= deliver_after;
        let usual = if over { deliver_after.after(self.policy().dead_letter) } else { record.message.expires };
        let expires = update.expires.unwrap_or(usual);
        if expires <= deliver_after {
            return Err(HandleError::TooLate);
        }
        let reopened = Message { attempts: 0, deliver_after, expires, ..record.message.clone() };
        let lane = match &update.dest_smsc {
            Some(lane) => lane.clone(),
            // Where messages end at once nobody delivers.
            None if reopened.lane.is_public() => reopened.lane.clone(),
            None => self.inner.lane_now(&reopened, now),
        };
        let id = reopened.id;
        let mut changes = vec![Change::Reopen { id, deliver_after, expires }];
        if lane != reopened.lane {
            changes.push(Change::Retry { id, attempts: 0, deliver_after, lane: Some(lane.clone()) });
        }
        self.apply_all(changes).await?;
        if !lane.is_public() {
            self.inner.await_location(vec![Message { lane, ..reopened }]).await;
        }
        Ok(())
    }

    async fn change_pending(&self, message: Message, update: Update) -> Result<(), HandleError> {
        let rewrites = update.rewrites();
        let lane = update.dest_smsc.unwrap_or_else(|| message.lane.clone());
        let deliver_after = update.deliver_after.unwrap_or(message.deliver_after);
        let attempts = update.attempts.unwrap_or(message.attempts);
        if update.expires.unwrap_or(message.expires) <= deliver_after {
            return Err(HandleError::TooLate);
        }
        if !rewrites {
            return self.move_to(&message, (lane, deliver_after, attempts)).await;
        }
        let before = message.clone();
        let mut message = Message { lane, deliver_after, attempts, ..message };
        message.expires = update.expires.unwrap_or(message.expires);
        message.priority = update.priority.unwrap_or(message.priority);
        message.registered_delivery = update.registered_delivery.unwrap_or(message.registered_delivery);
        if let Some((data_coding, user_data)) = update.text {
            message.data_coding = data_coding;
            message.user_data = user_data;
        }
        if let Some(deadletter) = update.deadletter {
            message.extra_mut().deadletter = deadletter;
        }
        let after = message.clone();
        self.apply(Change::Replace { message: Box::new(message), now: self.now() }).await?;
        self.moved(&before, after).await;
        Ok(())
    }

    async fn move_to(
        &self,
        message: &Message,
        (lane, deliver_after, attempts): (Lane, Timestamp, u32),
    ) -> Result<(), HandleError> {
        let id = message.id;
        self.apply(Change::Retry { id, attempts, deliver_after, lane: Some(lane.clone()) }).await?;
        self.moved(message, Message { lane, ..message.clone() }).await;
        Ok(())
    }

    /// Keeps the list of those who wait for a location true.
    async fn moved(&self, before: &Message, after: Message) {
        if before.lane == after.lane {
            return;
        }
        self.inner.waiting.remove(before);
        if !after.lane.is_public() {
            self.inner.await_location(vec![after]).await;
        }
    }

    pub(super) async fn apply(&self, change: Change) -> Result<(), HandleError> {
        self.apply_all(vec![change]).await
    }

    /// Makes changes of one message, which become durable together; the first that is refused tells why.
    pub(super) async fn apply_all(&self, changes: Vec<Change>) -> Result<(), HandleError> {
        let Some(id) = changes.first().map(Change::id) else { return Ok(()) };
        for result in self.inner.queue.apply(changes).await? {
            result.map_err(|error| match error {
                ChangeError::Unknown => HandleError::Unknown(id),
                error => error.into(),
            })?;
        }
        Ok(())
    }
}

fn end_of(status: Status) -> FinalState {
    match status {
        Status::Delivered => FinalState::Delivered,
        Status::Expired => FinalState::Expired,
        Status::Rejected => FinalState::Rejected,
        Status::Failed | Status::Pending => FinalState::Undeliverable,
    }
}
