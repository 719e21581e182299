//! What can happen to a message after it was accepted.

use crate::model::{Lane, Message, MessageId, Outcome, Timestamp};

/// One change of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The message ends, leased or not; its receipt is accepted in the same breath and even when the queue is full.
    Settle {
        /// Which message.
        id: MessageId,
        /// How it ends.
        outcome: Outcome,
        /// The receipt for its sender.
        receipt: Option<Box<Message>>,
    },
    /// The message ends unless somebody is delivering it at the time the outcome names.
    Cancel {
        /// Which message.
        id: MessageId,
        /// How it ends.
        outcome: Outcome,
        /// The receipt for its sender.
        receipt: Option<Box<Message>>,
    },
    /// An attempt failed, or the message was moved: it waits again, and a lease on it is over.
    Retry {
        /// Which message.
        id: MessageId,
        /// Attempts that failed so far.
        attempts: u32,
        /// When it is due again.
        deliver_after: Timestamp,
        /// Where it goes now; `None` leaves it on its lane.
        lane: Option<Lane>,
    },
    /// The message with this id gets another content, times and lane, unless somebody is delivering it.
    Replace {
        /// What it is from now on.
        message: Box<Message>,
        /// The present: a lease that ended before it hinders nothing.
        now: Timestamp,
    },
    /// The operator gives a message that was not delivered another chance.
    Reopen {
        /// Which message.
        id: MessageId,
        /// When it is due; its attempts start at zero.
        deliver_after: Timestamp,
        /// Its new deadline.
        expires: Timestamp,
    },
}

impl Change {
    /// Returns which message this changes.
    pub fn id(&self) -> MessageId {
        match self {
            Change::Settle { id, .. } | Change::Cancel { id, .. } | Change::Retry { id, .. } | Change::Reopen { id, .. } => *id,
            Change::Replace { message, .. } => message.id,
        }
    }

    /// Returns the receipt that is accepted with it.
    pub fn receipt(&self) -> Option<&Message> {
        match self {
            Change::Settle { receipt, .. } | Change::Cancel { receipt, .. } => receipt.as_deref(),
            Change::Retry { .. } | Change::Replace { .. } | Change::Reopen { .. } => None,
        }
    }
}
