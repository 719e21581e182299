//! Where accepted messages live until they have an end: the trait, and the stores that keep it.
//!
//! A queue keeps, finds and hands out. It knows no rule of the life cycle: when a message is due again, when it
//! has failed for good and what its receipt says is decided elsewhere and arrives here as a [`Change`].
//!
//! The promises every implementation makes, and `testing::queue_battery` proves:
//!
//! * What a future has answered `Ok` survives a crash. What it has not answered may be there afterwards or not.
//! * One call of [`Queue::append`], and one change with its receipt, is there as a whole or not at all.
//! * A message ends once: of two settlements one gets [`ChangeError::Final`].
//! * A message is held by one lease at a time. A queue of one process keeps leases in memory only: after a restart every
//!   message that has no end is handed out again. A queue that several processes share keeps them with the message:
//!   it is handed out again once the lease is over, whatever became of who holds it.
//! * A message past its deadline is never handed out.
//! * What was deleted or forgotten does not come back once the next call has become durable.
//! * Ids are never used twice. Those of a queue of one process grow; among several they are in no order.

mod change;
mod error;
mod index;
pub mod io;
mod journal;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
mod promises;
#[cfg(feature = "sql")]
mod sql;

use std::path::Path;

use tokio::sync::watch;

use crate::model::{Account, Address, Lane, Message, MessageId, Outcome, Status, Timestamp, Word};

pub use crate::BoxFuture;
pub use change::{Change, End};
pub use error::{ChangeError, QueueError};
pub use journal::{JournalOptions, JournalQueue, OpenError, Repaired, repair};
pub use memory::MemoryQueue;
#[cfg(feature = "postgres")]
pub use postgres::{SharedQueue, SharedQueueError, SharedQueueOptions};
#[cfg(feature = "sql")]
pub use sql::{SqlQueue, SqlQueueError, SqlQueueOptions};

/// A durable store of messages; used as `Arc<dyn Queue>`.
///
/// Nothing happens before a future is polled. A future that is dropped half-way may or may not have had its effect.
pub trait Queue: Send + Sync + 'static {
    /// Takes a fresh id out of the queue's supply; a message must bear one when it is appended.
    fn next_id(&self) -> MessageId;

    /// Accepts messages, all or none; resolves when they are durable.
    ///
    /// # Errors
    /// [`QueueError::Full`] when the limit of pending messages would be passed, those whose record is not written yet
    /// included, [`QueueError::NoRoom`] when the disk is full, [`QueueError::Duplicate`] when an id
    /// is in use, [`QueueError::TooLarge`], or when the store is broken or closed.
    fn append(&self, batch: Vec<Message>) -> BoxFuture<'_, Result<(), QueueError>>;

    /// Makes changes in their order, each with its own result; resolves when those that succeeded are durable.
    ///
    /// The changes of one call become durable together. One that is refused has no effect and stops no other.
    ///
    /// # Errors
    /// [`QueueError::TooLarge`], [`QueueError::NoRoom`] when the disk is full, or when the store is broken or closed.
    fn apply(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<Vec<Result<(), ChangeError>>, QueueError>>;

    /// Hands out messages of a lane that are due: highest priority first, then earliest due, then lowest id.
    ///
    /// They stay hidden from further leases until `until`; messages past their deadline are left out.
    ///
    /// # Errors
    /// When the store is broken or closed. After [`QueueError::Unreachable`] some may be hidden until then all the same.
    fn lease<'a>(&'a self, lane: &'a Lane, want: Lease) -> BoxFuture<'a, Result<Vec<Message>, QueueError>>;

    /// Takes leased messages back unchanged: they are due again at once. Ids that are not leased are passed over.
    fn release(&self, ids: &[MessageId]);

    /// Returns pending messages past their deadline, the longest overdue first; those leased right now are left out.
    ///
    /// They stay pending until somebody settles them.
    ///
    /// # Errors
    /// When the store is broken or closed.
    fn expired(&self, now: Timestamp, max: usize) -> BoxFuture<'_, Result<Vec<Message>, QueueError>>;

    /// Returns when a lease of this lane next finds something: the earliest due time or end of a lease, perhaps in the
    /// past. Of a queue that others share, as this process knows it: a lease that finds nothing learns it anew, and what
    /// others add is known once [`Queue::watch`] tells of it.
    fn next_due(&self, lane: &Lane) -> Option<Timestamp>;

    /// Returns when the next pending message passes its deadline. Of a queue that others share it may be too early until
    /// [`Queue::expired`] is asked the next time, and too late by a second.
    fn next_expiry(&self) -> Option<Timestamp>;

    /// Returns a receiver that sees a change whenever something was added to the lane, so that whoever serves it asks again.
    fn watch(&self, lane: &Lane) -> watch::Receiver<u64>;

    /// Returns one message and how it stands; also one that has ended, until it is forgotten.
    ///
    /// # Errors
    /// When the store is broken or closed.
    fn get(&self, id: MessageId) -> BoxFuture<'_, Result<Option<Record>, QueueError>>;

    /// Returns the pending message with the lowest id: the one that was accepted first, or nearly so if others share the
    /// queue. Cheap however many there are.
    ///
    /// # Errors
    /// When the store is broken or closed.
    fn oldest(&self) -> BoxFuture<'_, Result<Option<Record>, QueueError>>;

    /// Finds pending messages like this one, newest first: what `cancel_sm` without an id and `replace_if_present` mean.
    ///
    /// # Errors
    /// When the store is broken or closed.
    fn find<'a>(&'a self, like: &'a Like, max: usize) -> BoxFuture<'a, Result<Vec<Record>, QueueError>>;

    /// Finds the message that was handed to the next MC under this id, on the lane it was on then; also one that has
    /// ended, until it is forgotten. If the next MC used the id again, the latest one counts.
    ///
    /// # Errors
    /// When the store is broken or closed.
    fn handed<'a>(&'a self, lane: &'a Lane, remote: &'a [u8]) -> BoxFuture<'a, Result<Option<Record>, QueueError>>;

    /// Returns ended messages whose record is not written yet, in the order of their end and then of their id, those
    /// beyond the given end only. Receipts have no records. Nothing unless the queue was opened to keep them. Of a queue
    /// that others share, those that ended through this process, and those of others that have been silent for long.
    ///
    /// # Errors
    /// When the store is broken or closed.
    fn unrecorded(&self, beyond: Option<(Timestamp, MessageId)>, max: usize) -> BoxFuture<'_, Result<Vec<Record>, QueueError>>;

    /// Notes that the records of these messages are written, so that they may be forgotten; resolves when that is
    /// durable. Ids of messages that have not ended, or are forgotten, are passed over.
    ///
    /// # Errors
    /// [`QueueError::TooLarge`], or when the store is broken or closed.
    fn recorded(&self, ids: Vec<MessageId>) -> BoxFuture<'_, Result<(), QueueError>>;

    /// Returns a page of messages in the order of their ids, ended ones included.
    ///
    /// # Errors
    /// When the store is broken or closed.
    fn list<'a>(&'a self, page: &'a Page) -> BoxFuture<'a, Result<Vec<Record>, QueueError>>;

    /// Counts what there is. What others do to a queue they share may be counted a second later.
    fn counts(&self) -> Counts;

    /// Tells whether messages can be taken now.
    ///
    /// # Errors
    /// Why they cannot: [`QueueError::NoRoom`], [`QueueError::Unreachable`], [`QueueError::Uncertain`],
    /// [`QueueError::Poisoned`] or [`QueueError::Closed`].
    fn health(&self) -> Result<(), QueueError>;

    /// Forgets messages that ended before `done_before` and owe no record, and tells how many; their ids stay used.
    ///
    /// It need not wait until that is durable: a crash right afterwards may bring them back until the next call.
    ///
    /// # Errors
    /// [`QueueError::Unreachable`]; some may be forgotten by then.
    fn forget(&self, done_before: Timestamp) -> BoxFuture<'_, Result<usize, QueueError>>;

    /// Writes a copy of everything that was answered before into an empty directory, while others go on working; `false`
    /// if the queue has no files of its own to copy.
    ///
    /// # Errors
    /// When it cannot be read or written; what was copied by then is of no use.
    fn copy_to<'a>(&'a self, directory: &'a Path) -> BoxFuture<'a, Result<bool, QueueError>> {
        let _ = directory;
        Box::pin(std::future::ready(Ok(false)))
    }

    /// Makes everything durable and refuses further work; the next start is then quick.
    ///
    /// # Errors
    /// When the store was broken before.
    fn close(&self) -> BoxFuture<'_, Result<(), QueueError>>;
}

/// What one lease asks for.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    /// At most so many messages.
    pub max: usize,
    /// The present.
    pub now: Timestamp,
    /// Until when the messages are the caller's.
    pub until: Timestamp,
}

/// A message as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The message with its present attempts, due time and lane.
    pub message: Message,
    /// How it ended; `None` while it is pending.
    pub outcome: Option<Outcome>,
    /// Until when somebody holds it for delivery; may be past.
    pub leased: Option<Timestamp>,
    /// What the next MC calls it, if it was handed over.
    pub remote: Option<Word>,
}

impl Record {
    /// Returns the product's word for how it stands.
    pub fn status(&self) -> Status {
        self.outcome.map_or(Status::Pending, |outcome| outcome.state.status())
    }
}

/// What messages must have in common to stand for one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Like {
    /// The owner.
    pub account: Account,
    /// The sender.
    pub source: Address,
    /// The recipient.
    pub destination: Address,
    /// The service type; `None` matches every one.
    pub service_type: Option<Word>,
}

impl Like {
    /// Tells whether `message` is like this.
    pub fn matches(&self, message: &Message) -> bool {
        self.account == message.account
            && self.source == message.source
            && self.destination == message.destination
            && self.service_type.as_ref().is_none_or(|service_type| *service_type == message.service_type)
    }
}

/// Which messages a list shows.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Start beyond this id; `None` starts at the end that `newest_first` names.
    pub beyond: Option<MessageId>,
    /// Highest ids first.
    pub newest_first: bool,
    /// At most so many.
    pub max: usize,
    /// Only messages that stand so.
    pub status: Option<Status>,
    /// Only messages of this lane.
    pub lane: Option<Lane>,
}

/// How many messages there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Per lane, in the order of their names; lanes that were never used are missing.
    pub lanes: Vec<LaneCount>,
    /// Pending messages, the sum over all lanes.
    pub pending: u64,
    /// Ended and not yet forgotten: delivered.
    pub delivered: u64,
    /// Ended and not yet forgotten: failed or deleted.
    pub failed: u64,
    /// Ended and not yet forgotten: expired.
    pub expired: u64,
    /// Ended and not yet forgotten: rejected.
    pub rejected: u64,
    /// Those of the ended ones whose record is not written yet.
    pub unrecorded: u64,
}

/// How many messages wait on one lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneCount {
    /// Which lane.
    pub lane: Lane,
    /// Its pending messages, leased ones included.
    pub pending: u64,
    /// Those that somebody holds for delivery.
    pub leased: u64,
}
