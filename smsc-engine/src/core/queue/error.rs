//! Why a queue refuses.

use std::sync::Arc;

use crate::model::{FinalState, MessageId};

/// Why a call was refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// The limit of pending messages is reached.
    #[error("the queue is full: {limit} messages are pending")]
    Full {
        /// How many may be pending.
        limit: usize,
    },
    /// The id of an appended message is in use.
    #[error("message {0} is already there")]
    Duplicate(MessageId),
    /// A message, or all messages of one call together, have more octets than the store takes.
    #[error("{octets} octets are more than the {limit} the queue takes at once")]
    TooLarge {
        /// How many there were.
        octets: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The disk is full: nothing of the call was done, and it may be tried again once there is room.
    #[error("there is no room on the disk")]
    NoRoom,
    /// A write or a sync failed: what is on disk is uncertain, so nothing more is accepted until a restart reads it.
    #[error("the queue stopped after a failed write and must be reopened: {0}")]
    Poisoned(Arc<str>),
    /// The database does not answer or does not take it now: nothing of the call was done, and it may be tried again.
    #[error("the queue's database does not take it: {0}")]
    Unreachable(Arc<str>),
    /// The database went away during the commit and did not come back in time: the call was done as a whole or not at all.
    #[error("nobody knows whether the queue has done it: {0}")]
    Uncertain(Arc<str>),
    /// What was read back is not what was written.
    #[error("{0}")]
    Corrupt(Arc<str>),
    /// A copy cannot be made; the queue itself goes on.
    #[error("the copy of the queue failed: {0}")]
    NotCopied(Arc<str>),
    /// This node may not work now; nothing of the call was done, and it may be tried again.
    #[error("this node may not work now: {0}")]
    Apart(Arc<str>),
    /// The queue was closed.
    #[error("the queue is closed")]
    Closed,
}

/// Why one change was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// There is no such message, or it was forgotten.
    #[error("no such message")]
    Unknown,
    /// The message has already ended.
    #[error("the message is already {}", .0.status().name())]
    Final(FinalState),
    /// The message has not ended.
    #[error("the message is pending")]
    Pending,
    /// Somebody is delivering the message.
    #[error("the message is being delivered")]
    Leased,
    /// The id of the receipt is in use.
    #[error("message {0} is already there")]
    Duplicate(MessageId),
    /// The new content, or the receipt, has more octets than the store takes.
    #[error("{octets} octets are more than the {limit} the queue takes at once")]
    TooLarge {
        /// How many there were.
        octets: usize,
        /// How many there may be.
        limit: usize,
    },
}
