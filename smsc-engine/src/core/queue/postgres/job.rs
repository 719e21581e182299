//! What waits to be written, encoded before anybody else is kept waiting.

use tokio::sync::{OwnedSemaphorePermit, oneshot, watch};
use tokio::time::Instant;

use super::super::{Change, ChangeError, QueueError};
use super::row::Facts;
use crate::model::{Message, MessageId};

/// A message as it is written.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) id: MessageId,
    pub(super) facts: Facts,
    pub(super) body: Vec<u8>,
}

/// A change with what it brings along.
#[derive(Debug)]
pub(super) struct Drafted {
    pub(super) change: Change,
    /// The new content or the receipt.
    pub(super) carried: Option<Stored>,
    /// Its place among all changes of the cluster, about.
    pub(super) turn: i64,
}

/// One call that waits to be written.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) work: Work,
    /// Until when it may wait for a database that is away.
    pub(super) patience: Instant,
    /// Room for as many octets as it has, until it is answered.
    pub(super) _room: Option<OwnedSemaphorePermit>,
}

/// What a call wants, and who waits for the answer.
#[derive(Debug)]
pub(super) enum Work {
    Append { messages: Vec<Stored>, answer: oneshot::Sender<Result<(), QueueError>> },
    Apply { changes: Vec<Drafted>, answer: oneshot::Sender<Result<Vec<Result<(), ChangeError>>, QueueError>> },
    Recorded { ids: Vec<MessageId>, answer: oneshot::Sender<Result<(), QueueError>> },
    Release { ids: Vec<MessageId>, _done: Done },
}

/// Whoever waits for it hears when it is dropped.
pub(super) type Done = watch::Sender<()>;

impl Stored {
    pub(super) fn new(message: &Message) -> Self {
        let mut body = Vec::with_capacity(message.encoded_len());
        message.encode(&mut body);
        Stored { id: message.id, facts: Facts::new(message), body }
    }
}

impl Drafted {
    pub(super) fn new(change: Change, turn: i64) -> Self {
        let carried = change.carried().map(Stored::new);
        Drafted { change, carried, turn }
    }
}

impl Job {
    /// Tells whether it is kept for later when the database is away: whoever submits may go elsewhere, but what became of
    /// a message must not get lost.
    pub(super) fn may_wait(&self) -> bool {
        matches!(self.work, Work::Apply { .. } | Work::Recorded { .. }) && Instant::now() < self.patience
    }
}

impl Work {
    /// The messages that must be there already.
    pub(super) fn touched(&self) -> Box<dyn Iterator<Item = MessageId> + '_> {
        match self {
            Work::Append { .. } => Box::new(std::iter::empty()),
            Work::Apply { changes, .. } => Box::new(changes.iter().map(|drafted| drafted.change.id())),
            Work::Recorded { ids, .. } | Work::Release { ids, .. } => Box::new(ids.iter().copied()),
        }
    }

    /// The messages that must not be there yet.
    pub(super) fn fresh(&self) -> Box<dyn Iterator<Item = MessageId> + '_> {
        match self {
            Work::Append { messages, .. } => Box::new(messages.iter().map(|stored| stored.id)),
            Work::Apply { changes, .. } => {
                Box::new(changes.iter().filter_map(|drafted| drafted.receipt()).map(|stored| stored.id))
            }
            Work::Recorded { .. } | Work::Release { .. } => Box::new(std::iter::empty()),
        }
    }

    /// Tells the caller that nothing was done, or that nobody knows.
    pub(super) fn refuse(self, error: &QueueError) {
        // Whoever asked may have gone away.
        match self {
            Work::Append { answer, .. } | Work::Recorded { answer, .. } => _ = answer.send(Err(error.clone())),
            Work::Apply { answer, .. } => _ = answer.send(Err(error.clone())),
            Work::Release { .. } => {}
        }
    }
}

impl Drafted {
    /// The receipt, if that is what it brings along.
    pub(super) fn receipt(&self) -> Option<&Stored> {
        self.change.receipt().and(self.carried.as_ref())
    }
}

/// Encodes the messages of one call and returns their octets too, if they are not too many.
pub(super) fn drafted(messages: &[Message]) -> Result<(Vec<Stored>, usize), QueueError> {
    let stored: Vec<_> = messages.iter().map(Stored::new).collect();
    if let Some(octets) = stored.iter().map(|stored| stored.body.len()).find(|octets| *octets > MESSAGE_LIMIT) {
        return Err(QueueError::TooLarge { octets, limit: MESSAGE_LIMIT });
    }
    let octets = check_call(stored.iter().map(|stored| stored.body.len() + ROW).sum())?;
    Ok((stored, octets))
}

/// The same for changes; one that is too large is refused later, alone.
pub(super) fn drafted_changes(changes: Vec<Change>, first_turn: i64) -> Result<(Vec<Drafted>, usize), QueueError> {
    let octets = changes.iter().map(|change| change.carried().map_or(0, Message::encoded_len) + ROW).sum();
    let octets = check_call(octets)?;
    Ok((changes.into_iter().zip(first_turn..).map(|(change, turn)| Drafted::new(change, turn)).collect(), octets))
}

pub(super) fn check_call(octets: usize) -> Result<usize, QueueError> {
    if octets > CALL_LIMIT { Err(QueueError::TooLarge { octets, limit: CALL_LIMIT }) } else { Ok(octets) }
}

/// Octets of one stored message, as in the journal.
pub(super) const MESSAGE_LIMIT: usize = 256 << 10;
/// Octets of one call: it becomes durable in one transaction, and that must fit into memory.
const CALL_LIMIT: usize = 64 << 20;
/// Octets of a row beside the body, about.
const ROW: usize = 100;
