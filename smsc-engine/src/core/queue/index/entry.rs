//! What is known of one message without reading it.

use std::cmp::Reverse;
use std::mem;

use bytes::Bytes;

use crate::model::{FinalState, Lane, Message, MessageId, Outcome, Timestamp, Word};

use super::super::{Record, change::Change, error::ChangeError};
use super::alike::likeness_of;
use super::handings::Handing;

/// The number of a lane inside one index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LaneNo(pub(crate) u32);

/// What a message says about its way through the queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) lane: LaneNo,
    pub(crate) attempts: u32,
    pub(crate) due: Timestamp,
    pub(crate) expires: Timestamp,
    /// Equal for messages that can stand for one another, see `likeness`.
    pub(crate) alike: u64,
    pub(crate) priority: u8,
    /// It was due when it came, so nobody needs to wait for its time.
    pub(crate) at_once: bool,
    pub(crate) marks: Marks,
}

/// What is true of a message beside its times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// A record is written when it ends.
    pub(crate) billed: bool,
    /// The record of its end is written.
    pub(crate) recorded: bool,
    /// Its text reads back empty.
    pub(crate) erased: bool,
    /// The next MC has taken it, see `Handings`.
    pub(crate) handed: bool,
}

/// One message: its facts, where its body is, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Entry<B> {
    pub(crate) facts: Facts,
    pub(crate) body: B,
    pub(crate) place: Place,
    /// Changes that were promised to somebody and are not durable yet.
    pub(super) writes: u32,
    /// What the last of them makes of it.
    pub(super) coming: Option<Coming>,
}

/// Where a message stands; each place but the last three is a set of its lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Not due yet, as far as anybody looked.
    Waiting,
    /// Due.
    Ready,
    /// Somebody delivers it until then.
    Leased(Timestamp),
    /// Past its deadline.
    Overdue,
    /// A change is being written.
    Held,
    /// It ended.
    Final(Outcome),
}

/// The state a message has once all writes are through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coming {
    Pending,
    Final(FinalState),
    /// Deleted, but not durably.
    Gone,
}

/// What became durable: the second half of a change.
#[derive(Clone, Debug)]
pub(crate) enum Effect<B> {
    Accepted {
        id: MessageId,
        body: B,
        facts: Facts,
    },
    /// The same message lies somewhere else.
    Moved {
        id: MessageId,
        body: B,
    },
    Replaced {
        id: MessageId,
        body: B,
        facts: Box<Facts>,
    },
    Retried {
        id: MessageId,
        attempts: u32,
        due: Timestamp,
        lane: Option<LaneNo>,
    },
    Handed {
        id: MessageId,
        until: Timestamp,
        handing: Box<Handing>,
    },
    Settled {
        id: MessageId,
        end: Ended,
    },
    Reopened {
        id: MessageId,
        due: Timestamp,
        expires: Timestamp,
    },
    Deleted {
        id: MessageId,
    },
}

/// How a message ended, and what else that changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) outcome: Outcome,
    pub(crate) by: Option<LaneNo>,
    pub(crate) erase: bool,
}

/// What a query found: all but the body itself.
#[derive(Clone, Debug)]
pub(crate) struct Hit<B> {
    pub(crate) id: MessageId,
    pub(crate) body: B,
    attempts: u32,
    due: Timestamp,
    expires: Timestamp,
    lane: Lane,
    place: Place,
    pub(crate) marks: Marks,
    remote: Option<Word>,
}

/// The order in which a lane's due messages go out.
pub(super) type ReadyKey = (Reverse<u8>, Timestamp, MessageId);

impl Place {
    fn outcome(self) -> Option<Outcome> {
        match self {
            Place::Final(outcome) => Some(outcome),
            _ => None,
        }
    }
}

impl Facts {
    /// Extracts what a message says; its lane has this number.
    pub(crate) fn of(message: &Message, lane: LaneNo) -> Self {
        Facts {
            lane,
            attempts: message.attempts,
            due: message.deliver_after,
            expires: message.expires,
            alike: likeness_of(message),
            priority: message.priority,
            at_once: message.deliver_after <= message.submitted,
            marks: Marks { billed: message.kind.is_message(), ..Marks::default() },
        }
    }
}

impl<B> Entry<B> {
    /// Makes the entry of a message that has come just now.
    pub(super) fn new(facts: Facts, body: B) -> Self {
        let place = if facts.at_once { Place::Ready } else { Place::Waiting };
        Entry { facts, body, place, writes: 0, coming: None }
    }

    pub(super) fn ready_key(&self, id: MessageId) -> ReadyKey {
        (Reverse(self.facts.priority), self.facts.due, id)
    }

    pub(crate) fn is_being_changed(&self) -> bool {
        self.writes > 0
    }

    pub(super) fn outcome(&self) -> Option<Outcome> {
        self.place.outcome()
    }

    /// Tells how it will have ended after all changes that were promised; `None` when nobody may know of it any more.
    pub(super) fn end(&self) -> Option<Option<FinalState>> {
        match self.coming {
            Some(Coming::Gone) => None,
            Some(Coming::Pending) => Some(None),
            Some(Coming::Final(state)) => Some(Some(state)),
            None => Some(self.outcome().map(|outcome| outcome.state)),
        }
    }

    /// Tells whether `change` is allowed after all changes that were promised before.
    pub(super) fn permits(&self, change: &Change) -> Result<(), ChangeError> {
        let ended = self.end().ok_or(ChangeError::Unknown)?;
        match (change, ended) {
            (Change::Delete { .. }, _) => Ok(()),
            (Change::Reopen { .. }, None) => Err(ChangeError::Pending),
            (Change::Reopen { .. }, Some(state)) if state != FinalState::Delivered => Ok(()),
            (_, Some(state)) => Err(ChangeError::Final(state)),
            (Change::Cancel(end), None) => self.is_free(end.outcome.done),
            (Change::Replace { now, .. }, None) => self.is_free(*now),
            (Change::Settle(_) | Change::Retry { .. } | Change::Handed { .. }, None) => Ok(()),
        }
    }

    fn is_free(&self, now: Timestamp) -> Result<(), ChangeError> {
        match self.place {
            Place::Leased(until) if until > now => Err(ChangeError::Leased),
            _ => Ok(()),
        }
    }

    /// Does to the entry itself what became durable; `None` when the body stays the same.
    pub(super) fn take(&mut self, effect: Effect<B>) -> Option<B> {
        match effect {
            Effect::Moved { body, .. } => Some(mem::replace(&mut self.body, body)),
            Effect::Replaced { body, facts, .. } => {
                self.facts = *facts;
                self.place = Place::Waiting;
                Some(mem::replace(&mut self.body, body))
            }
            Effect::Retried { attempts, due, lane, .. } => {
                self.facts = Facts { attempts, due, lane: lane.unwrap_or(self.facts.lane), ..self.facts };
                self.place = Place::Waiting;
                None
            }
            Effect::Handed { until, .. } => {
                self.facts.due = until;
                self.facts.marks.handed = true;
                self.place = Place::Waiting;
                None
            }
            Effect::Settled { end: Ended { outcome, by, erase }, .. } => {
                self.facts.lane = by.unwrap_or(self.facts.lane);
                self.facts.marks.erased |= erase;
                self.place = Place::Final(outcome);
                None
            }
            Effect::Reopened { due, expires, .. } => {
                self.facts = Facts { attempts: 0, due, expires, ..self.facts };
                self.facts.marks.recorded = false;
                self.place = Place::Waiting;
                None
            }
            // Whoever keeps the entries puts it in and takes it out.
            Effect::Accepted { .. } | Effect::Deleted { .. } => None,
        }
    }
}

impl<B> Effect<B> {
    pub(crate) fn id(&self) -> MessageId {
        match self {
            Effect::Accepted { id, .. }
            | Effect::Moved { id, .. }
            | Effect::Replaced { id, .. }
            | Effect::Retried { id, .. }
            | Effect::Handed { id, .. }
            | Effect::Settled { id, .. }
            | Effect::Reopened { id, .. }
            | Effect::Deleted { id } => *id,
        }
    }

    /// Returns where the body is, if that is new, to be said in another way perhaps.
    pub(crate) fn body_mut(&mut self) -> Option<&mut B> {
        match self {
            Effect::Accepted { body, .. } | Effect::Moved { body, .. } | Effect::Replaced { body, .. } => Some(body),
            _ => None,
        }
    }
}

impl<B: Clone> Hit<B> {
    pub(super) fn new(id: MessageId, entry: &Entry<B>, lane: Lane) -> Self {
        let Facts { attempts, due, expires, marks, .. } = entry.facts;
        Hit { id, body: entry.body.clone(), attempts, due, expires, lane, place: entry.place, marks, remote: None }
    }

    pub(super) fn with_remote(self, remote: Option<Word>) -> Self {
        Hit { remote, ..self }
    }
}

impl<B> Hit<B> {
    /// Tells when it ended.
    pub(crate) fn ended(&self) -> Option<Timestamp> {
        self.place.outcome().map(|outcome| outcome.done)
    }

    /// Completes the body as it was stored with what has changed since.
    pub(crate) fn record(self, stored: Message) -> Record {
        let mut message =
            Message { attempts: self.attempts, deliver_after: self.due, expires: self.expires, lane: self.lane, ..stored };
        if self.marks.erased {
            erase(&mut message);
        }
        let (outcome, leased) = match self.place {
            Place::Final(outcome) => (Some(outcome), None),
            Place::Leased(until) => (None, Some(until)),
            _ => (None, None),
        };
        Record { message, outcome, leased, remote: self.remote }
    }
}

/// Takes the text out of a message.
pub(crate) fn erase(message: &mut Message) {
    message.user_data = Bytes::new();
    if let Some(extra) = &mut message.extra {
        extra.raw_pdu = Bytes::new();
    }
}
