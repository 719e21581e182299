//! What can happen to a message after it was accepted.

use crate::model::{Lane, Message, MessageId, Outcome, Timestamp, Word};

/// One change of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The message ends, leased or not; its receipt is accepted in the same breath and even when the queue is full.
    Settle(End),
    /// The message ends unless somebody is delivering it at the time the outcome names.
    Cancel(End),
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
    /// The next MC took the message and will report on it later: it stays pending, a lease on it is over, and it is on
    /// no work list until the report should have come.
    Handed {
        /// Which message.
        id: MessageId,
        /// What the next MC calls it.
        remote: Word,
        /// When it is due again if nothing was heard.
        until: Timestamp,
    },
    /// The message with this id gets another content, times and lane, unless somebody is delivering it. That it was
    /// handed to another MC before is forgotten.
    Replace {
        /// What it is from now on.
        message: Box<Message>,
        /// The present: a lease that ended before it hinders nothing.
        now: Timestamp,
    },
    /// The operator gives a message that was not delivered another chance; a record is owed again when it ends again.
    Reopen {
        /// Which message.
        id: MessageId,
        /// When it is due; its attempts start at zero.
        deliver_after: Timestamp,
        /// Its new deadline.
        expires: Timestamp,
    },
    /// The message is gone, pending or ended, leased or not: no receipt, no record, and whoever reports on it later
    /// hears [`ChangeError::Unknown`](super::ChangeError::Unknown).
    Delete {
        /// Which message.
        id: MessageId,
    },
}

/// How one message ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Which message.
    pub id: MessageId,
    /// How it ends.
    pub outcome: Outcome,
    /// The receipt for its sender.
    pub receipt: Option<Box<Message>>,
    /// Who delivered it: its lane from now on; `None` leaves it on its lane.
    pub by: Option<Lane>,
    /// Its user data and its raw PDU read back empty from now on, and leave the disk when it is tidied.
    pub erase: bool,
}

impl End {
    /// Makes the plain end: no receipt, on its lane, text kept.
    pub fn new(id: MessageId, outcome: Outcome) -> Self {
        End { id, outcome, receipt: None, by: None, erase: false }
    }
}

impl Change {
    /// Returns which message this changes.
    pub fn id(&self) -> MessageId {
        match self {
            Change::Settle(end) | Change::Cancel(end) => end.id,
            Change::Retry { id, .. } | Change::Handed { id, .. } | Change::Reopen { id, .. } | Change::Delete { id } => *id,
            Change::Replace { message, .. } => message.id,
        }
    }

    /// Returns the receipt that is accepted with it.
    pub fn receipt(&self) -> Option<&Message> {
        match self {
            Change::Settle(end) | Change::Cancel(end) => end.receipt.as_deref(),
            _ => None,
        }
    }

    /// Returns the message that it brings along.
    pub(crate) fn carried(&self) -> Option<&Message> {
        match self {
            Change::Replace { message, .. } => Some(message),
            other => other.receipt(),
        }
    }
}
