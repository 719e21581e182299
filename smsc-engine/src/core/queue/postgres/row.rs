//! What the tables know of a message beside its body.

use crate::model::{FinalState, Kind, Lane, Message, MessageId, Outcome, Timestamp, Word};
use crate::sql::{Row as Columns, SqlError};

use super::super::index::likeness_of;
use super::super::{QueueError, Record};
use super::error::unreadable;

/// What a message says about its way through the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) lane: Lane,
    pub(super) attempts: u32,
    pub(super) due: Timestamp,
    pub(super) expires: Timestamp,
    pub(super) priority: u8,
    /// Equal for messages that can stand for one another.
    pub(super) alike: u64,
    /// A record is written when it ends.
    pub(super) billed: bool,
    /// Tells bodies of one message apart.
    pub(super) version: u32,
}

/// Who delivers a message, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    pub(super) node: i32,
    pub(super) until: Timestamp,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    Pending(Option<Hold>),
    Ended {
        outcome: Outcome,
        /// Its record is not written yet.
        owed: bool,
    },
}

/// A row of the work table or of the outcomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) facts: Facts,
    pub(super) stand: Stand,
}

/// The columns of a pending message, named as those of an ended one.
pub(super) const PENDING: &str = "SELECT id, lane, attempts, due, expires, priority, alike, billed, version, holder, held_until,
    CAST(NULL AS SMALLINT) AS state, CAST(NULL AS BIGINT) AS error, CAST(NULL AS BIGINT) AS tries,
    CAST(NULL AS BIGINT) AS done, CAST(NULL AS BOOLEAN) AS owed FROM shared_work w";
/// The columns of an ended message.
pub(super) const ENDED: &str = "SELECT id, lane, attempts, due, expires, priority, alike, billed, version,
    CAST(NULL AS INTEGER) AS holder, CAST(NULL AS BIGINT) AS held_until, state, error, tries, done, owed FROM shared_outcomes o";

impl Facts {
    pub(super) fn new(message: &Message) -> Self {
        Facts {
            lane: message.lane.clone(),
            attempts: message.attempts,
            due: message.deliver_after,
            expires: message.expires,
            priority: message.priority,
            alike: likeness_of(message),
            billed: message.kind != Kind::Receipt,
            version: 0,
        }
    }
}

impl Row {
    pub(super) fn read(columns: &Columns) -> Result<(MessageId, Row), SqlError> {
        let lane: String = columns.get("lane")?;
        let facts = Facts {
            lane: Lane::from(lane.as_str()),
            attempts: columns.get("attempts")?,
            due: moment(columns.get("due")?),
            expires: moment(columns.get("expires")?),
            priority: columns.get("priority")?,
            alike: columns.get("alike")?,
            billed: columns.get("billed")?,
            version: columns.get("version")?,
        };
        let stand = match columns.get::<Option<u8>>("state")? {
            Some(state) => Stand::Ended { outcome: outcome(columns, state)?, owed: columns.get("owed")? },
            None => Stand::Pending(hold(columns)?),
        };
        Ok((columns.get("id")?, Row { facts, stand }))
    }

    pub(super) fn outcome(&self) -> Option<Outcome> {
        match self.stand {
            Stand::Ended { outcome, .. } => Some(outcome),
            Stand::Pending(_) => None,
        }
    }

    pub(super) fn hold(&self) -> Option<Hold> {
        match self.stand {
            Stand::Pending(hold) => hold,
            Stand::Ended { .. } => None,
        }
    }

    /// Completes the body as it was stored with what has changed since.
    pub(super) fn message(self, id: MessageId, body: &[u8]) -> Result<Message, QueueError> {
        let stored = Message::decode(body);
        let stored = stored.map_err(|error| QueueError::Corrupt(format!("message {id}: {error}").into()))?;
        let Facts { lane, attempts, due, expires, .. } = self.facts;
        Ok(Message { id, attempts, deliver_after: due, expires, lane, ..stored })
    }
}

/// Reads a whole record: the row, the `body` and the id `remote` at the next MC.
pub(super) fn record(columns: &Columns) -> Result<Record, QueueError> {
    let (id, row) = Row::read(columns).map_err(|error| unreadable(&error))?;
    let body: Vec<u8> = columns.get("body").map_err(|error| unreadable(&error))?;
    let remote: Option<Vec<u8>> = columns.get("remote").map_err(|error| unreadable(&error))?;
    let (outcome, leased) = (row.outcome(), row.hold().map(|hold| hold.until));
    Ok(Record { message: row.message(id, &body)?, outcome, leased, remote: remote.map(Word::new) })
}

fn outcome(columns: &Columns, state: u8) -> Result<Outcome, SqlError> {
    // Nobody but us writes there; what is no end reads as one of which nothing is known.
    let state = FinalState::from_message_state(state).unwrap_or(FinalState::Unknown);
    Ok(Outcome { state, error: columns.get("error")?, attempts: columns.get("tries")?, done: moment(columns.get("done")?) })
}

fn hold(columns: &Columns) -> Result<Option<Hold>, SqlError> {
    let Some(node) = columns.get("holder")? else { return Ok(None) };
    Ok(Some(Hold { node, until: moment(columns.get::<Option<i64>>("held_until")?.unwrap_or(0)) }))
}

/// A time as the tables have it: in its order, with never as the last one.
pub(super) fn millis(moment: Timestamp) -> i64 {
    i64::try_from(moment.0).unwrap_or(i64::MAX)
}

/// The reverse of `millis`.
pub(super) fn moment(millis: i64) -> Timestamp {
    if millis == i64::MAX { Timestamp::MAX } else { Timestamp(u64::try_from(millis).unwrap_or(0)) }
}
