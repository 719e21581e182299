//! All that a frontend may ask of a core, near or far.
//!
//! Frontends hand in messages, take work for the lanes they serve and report what became of it. They keep nothing:
//! what a core has answered is its business from then on.

use std::time::Duration;

use tokio::sync::watch;

use crate::BoxFuture;
use crate::model::{Account, Address, FinalState, Lane, Message, MessageId, SourceType, Timestamp, Word};

/// A core as its frontends see it; used as `Arc<dyn CoreApi>`.
pub trait CoreApi: Send + Sync + 'static {
    /// Accepts messages, each with its own answer; what is answered at once and accepted is durable.
    fn submit(&self, batch: Vec<Submission>) -> BoxFuture<'_, Vec<Answer>>;

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

    /// Tells what the networks say of messages that were handed over to them; resolves when that is durable.
    ///
    /// For each report: true if it was about a message of this core.
    fn hear(&self, reports: Vec<NetworkReport>) -> BoxFuture<'_, Vec<bool>>;

    /// Gives leased messages back untouched.
    fn release(&self, messages: &[MessageId]);

    /// Sees a change whenever work may have come to a lane.
    fn watch(&self, lane: &Lane) -> Work;

    /// When a lease on this lane next finds something.
    fn next_due(&self, lane: &Lane) -> Option<Timestamp>;
}

/// A message handed in. Id and acceptance time are the core's to fill in, and the lane if it is empty.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The message.
    pub message: Message,
    /// The same text to further destinations; the id of the first that is accepted stands for all.
    pub more: Vec<Message>,
    /// True to replace a waiting message with equal account, source, destination and service type.
    pub replace_if_present: bool,
    /// How it is kept and when it is answered.
    pub mode: Mode,
    /// What kind of network it came from.
    pub source_type: Option<SourceType>,
}

impl Submission {
    /// One message, stored and forwarded, from nowhere in particular.
    pub fn new(message: Message) -> Submission {
        let (more, mode, source_type) = (Vec::new(), Mode::default(), None);
        Submission { message, more, replace_if_present: false, mode, source_type }
    }
}

/// SMPP's messaging modes (SMPP 3.4 §2.10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Kept durably until it has an end.
    #[default]
    StoreAndForward,
    /// Tried once, kept in memory only, without receipt.
    Datagram,
    /// Tried once, kept in memory only; the answer tells how it ended.
    Transaction,
}

/// What a core says to one submission.
pub enum Answer {
    /// It is decided.
    Now(Result<Accepted, Refusal>),
    /// It waits for something slow, such as charging; others need not wait for it.
    Later(BoxFuture<'static, Result<Accepted, Refusal>>),
}

impl Answer {
    /// Waits for the decision.
    ///
    /// # Errors
    /// The core refuses.
    pub async fn wait(self) -> Result<Accepted, Refusal> {
        match self {
            Answer::Now(answer) => answer,
            Answer::Later(answer) => answer.await,
        }
    }
}

/// A submission that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The name its sender is told.
    pub id: MessageId,
    /// True if the same message was accepted before under this id: nothing was done now.
    pub duplicate: bool,
    /// Which of its destinations were refused: 0 is the first.
    pub refused: Vec<(usize, Refusal)>,
}

impl From<MessageId> for Accepted {
    fn from(id: MessageId) -> Accepted {
        Accepted { id, duplicate: false, refused: Vec::new() }
    }
}

/// Tells that there may be work on a lane.
#[derive(Clone, Debug)]
pub struct Work {
    sources: Vec<watch::Receiver<u64>>,
}

impl Work {
    /// Watches several sources as one: the messages of a lane come from several places.
    pub fn new(sources: impl IntoIterator<Item = watch::Receiver<u64>>) -> Work {
        Work { sources: sources.into_iter().collect() }
    }

    /// Everything up to now is known: look for work after this, not before.
    pub fn seen(&mut self) {
        self.sources.iter_mut().for_each(|source| drop(source.borrow_and_update()));
    }

    /// Waits until there may be more; false when there never will.
    pub async fn changed(&mut self) -> bool {
        if self.sources.is_empty() {
            return false;
        }
        let changes = self.sources.iter_mut().map(|source| Box::pin(source.changed()));
        let (changed, ..) = futures_util::future::select_all(changes).await;
        changed.is_ok()
    }
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
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attempt {
    /// The message reached its destination.
    Delivered,
    /// The next MC took it under this name and will tell by a receipt how it ended.
    Handed(Word),
    /// The message will never reach it; the state says why, the number is the network's error.
    Failed(FinalState, u32),
    /// This time it did not; the number is the network's error.
    TryAgain(u32),
    /// Nobody knows, because the connection was lost; it may have been delivered.
    Unknown,
}

/// What a network says of a message that was handed over to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkReport {
    /// Through which lane the message went.
    pub lane: Lane,
    /// The network's name for it.
    pub remote: Word,
    /// SMPP `message_state`; one that is no end is only noted.
    pub state: u8,
    /// The network's error; 0 for none.
    pub error: u32,
    /// When it ended there, if the network says.
    pub done: Option<Timestamp>,
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
    /// A rule of the operator's forbids it; the number is the SMPP `command_status` to answer.
    #[error("a rule forbids it (status {0:#010x})")]
    Denied(u32),
    /// Charging does not allow it.
    #[error("charging does not allow it")]
    NotCharged,
    /// It was tried and did not reach its destination; the number is the network's error.
    #[error("it could not be delivered: {} (error {error})", .0.status().name(), error = .1)]
    Undelivered(FinalState, u32),
    /// The same message is among the destinations of this submission, or was accepted before.
    #[error("the same message was accepted before")]
    Duplicate,
    /// Too much waits for a slow neighbour such as charging.
    #[error("too many messages wait for a decision")]
    Busy,
    /// The core cannot work; its log says why.
    #[error("the core cannot work")]
    Broken,
    /// The core did not answer. It may have done what it was asked to; nothing was acknowledged.
    #[error("the core is away")]
    Away,
}
