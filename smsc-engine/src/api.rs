//! All that a frontend may ask of a core, near or far.
//!
//! Frontends hand in messages, take work for the lanes they serve and report what became of it. They keep nothing:
//! what a core has answered is its business from then on.

use std::time::Duration;

use tokio::sync::watch;

use crate::BoxFuture;
use crate::model::{Account, Address, FinalState, Lane, Message, MessageId, Timestamp, Word};

/// A core as its frontends see it; used as `Arc<dyn CoreApi>`.
pub trait CoreApi: Send + Sync + 'static {
    /// Accepts messages, each with its own result; resolves when those that were accepted are durable.
    fn submit(&self, batch: Vec<Submission>) -> BoxFuture<'_, Vec<Result<MessageId, Refusal>>>;

    /// Tells how a message stands.
    fn query(&self, question: Question) -> BoxFuture<'_, Result<Standing, Refusal>>;

    /// Cancels one waiting message, or all that match.
    fn cancel(&self, cancel: Cancel) -> BoxFuture<'_, Result<(), Refusal>>;

    /// Gives a waiting message another text and, if they are given, other times.
    fn replace(&self, replacement: Replacement) -> BoxFuture<'_, Result<(), Refusal>>;

    /// Takes due messages of a lane for delivery; they are the caller's for `hold`.
    fn lease<'a>(&'a self, lane: &'a Lane, max: usize, hold: Duration) -> BoxFuture<'a, Vec<Message>>;

    /// Tells what became of leased messages; resolves when that is durable.
    fn report(&self, reports: Vec<Report>) -> BoxFuture<'_, ()>;

    /// Gives leased messages back untouched.
    fn release(&self, messages: &[MessageId]);

    /// A receiver that sees a change whenever work may have come to a lane.
    fn watch(&self, lane: &Lane) -> watch::Receiver<u64>;

    /// When a lease on this lane next finds something.
    fn next_due(&self, lane: &Lane) -> Option<Timestamp>;
}

/// A message handed in; id, lane and acceptance time are the core's to fill in.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The message.
    pub message: Message,
    /// True to replace a waiting message with equal account, source, destination and service type.
    pub replace_if_present: bool,
    /// True if this is one more destination of the submission before it: the first one's id stands for all.
    pub with_previous: bool,
}

/// Which message an account asks about.
#[derive(Clone, Debug)]
pub struct Question {
    /// Who asks.
    pub account: Account,
    /// The message.
    pub id: MessageId,
    /// The source it was submitted with.
    pub source: Address,
}

/// How a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// SMPP `message_state`.
    pub state: u8,
    /// When its final state was reached.
    pub done: Option<Timestamp>,
    /// The network's error; 0 for none.
    pub error: u32,
}

/// Which messages to cancel.
#[derive(Clone, Debug)]
pub struct Cancel {
    /// Who cancels.
    pub account: Account,
    /// One message; `None` for all that match the rest.
    pub id: Option<MessageId>,
    /// The source.
    pub source: Address,
    /// The destination; not looked at if an id is given.
    pub destination: Address,
    /// The service type; not looked at if an id is given, or if empty.
    pub service_type: Word,
}

/// What a waiting message becomes.
#[derive(Clone)]
pub struct Replacement {
    /// Who replaces.
    pub account: Account,
    /// The message.
    pub id: MessageId,
    /// The source it was submitted with.
    pub source: Address,
    /// A new delivery time, if given.
    pub deliver_after: Option<Timestamp>,
    /// A new deadline, if given.
    pub expires: Option<Timestamp>,
    /// Which receipts are wanted now.
    pub registered_delivery: u8,
    /// The new canned message.
    pub sm_default_msg_id: u8,
    /// The new user data.
    pub user_data: bytes::Bytes,
}

/// Shows how much text there is, never the text itself.
impl std::fmt::Debug for Replacement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replacement").field("account", &self.account).field("id", &self.id).finish_non_exhaustive()
    }
}

/// What became of a leased message.
#[derive(Clone, Debug)]
pub struct Report {
    /// The message as it was leased.
    pub message: Message,
    /// What became of it.
    pub attempt: Attempt,
}

/// How one attempt to deliver ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attempt {
    /// The message reached its destination.
    Delivered,
    /// The message will never reach it; the state says why, the number is the network's error.
    Failed(FinalState, u32),
    /// This time it did not; the number is the network's error.
    TryAgain(u32),
    /// Nobody knows, because the connection was lost; it may have been delivered.
    Unknown,
}

/// Why a core refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Too many messages wait.
    #[error("the queue is full")]
    QueueFull,
    /// No route leads to the destination.
    #[error("no route to the destination")]
    NoRoute,
    /// The message is larger than the store takes.
    #[error("the message is too large")]
    TooLarge,
    /// The deadline lies before the delivery time or in the past.
    #[error("the message would expire before it is due")]
    Expired,
    /// There is no such message, or it is not the asking account's.
    #[error("no such message")]
    Unknown,
    /// The message is not waiting any more, or is being delivered right now.
    #[error("the message is not waiting any more")]
    TooLate,
    /// The core cannot work; its log says why.
    #[error("the core cannot work")]
    Broken,
}
