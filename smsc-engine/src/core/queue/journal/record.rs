//! What one record says, as octets.
//!
//! A record is its length, a checksum, a kind and the values of that kind. The checksum starts from the
//! journal's own salt, so that no text a client submits can pass for a record.

use super::super::index::{Handing, Past};
use crate::model::{FormError, FormFault, Lane, Message, MessageId, Outcome, Part, Timestamp, Together};

/// Appends the stored form of several values.
macro_rules! put {
    ($out:ident, $($value:expr),*) => {{ $($value.put($out);)* }};
}
pub(super) use put;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// A message came in.
    Accepted(Message),
    /// A message was copied here by cleaning, with everything that had happened to it.
    Kept(Message, Past),
    /// A message got another content.
    Replaced(Message),
    /// A message waits again.
    Retried { id: MessageId, attempts: u32, deliver_after: Timestamp, lane: Option<Lane> },
    /// The next MC took a message.
    Handed { id: MessageId, until: Timestamp, handing: Handing },
    /// A message ended.
    Settled { id: MessageId, outcome: Outcome, by: Option<Lane>, erase: bool },
    /// A message got another chance.
    Reopened { id: MessageId, deliver_after: Timestamp, expires: Timestamp },
    /// All ids below this one may be in use.
    Reserved(MessageId),
    /// Messages were deleted or forgotten.
    Gone(Vec<MessageId>),
    /// The records of ended messages were written.
    Recorded(Vec<MessageId>),
}

/// The octets before the values: length, checksum.
pub(super) const PREFIX: usize = 8;

/// Appends a record with the values that `put` writes.
pub(super) fn write(kind: Kind, salt: u32, out: &mut Vec<u8>, put: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; PREFIX]);
    out.push(kind as u8);
    put(out);
    let Some((prefix, body)) = out.get_mut(start..).and_then(|record| record.split_first_chunk_mut::<PREFIX>()) else {
        return;
    };
    let [length @ .., _, _, _, _] = prefix;
    *length = (body.len() as u32).to_le_bytes();
    let [_, _, _, _, sum @ ..] = prefix;
    *sum = checksum(salt, &[body]).to_le_bytes();
}

/// Reads the message of a record that holds one.
pub(super) fn message(body: &[u8], others: &mut Together) -> Result<Message, FormError> {
    match body.split_first() {
        // As nearly all do; a message is large, and each way round is a copy of it.
        Some((kind, values)) if *kind == Kind::Accepted as u8 => Message::decode_beside(values, others),
        _ => Record::read(body, others)?.into_message().ok_or(at("kind", FormFault::Value)),
    }
}

/// Splits the first record off `octets`: its kind with its values. `None` when it is damaged; it is split off all the
/// same unless its length is nonsense.
pub(super) fn split<'a>(salt: u32, octets: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = octets.split_first_chunk()?;
    let (sum, rest) = rest.split_first_chunk()?;
    let (body, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *octets = rest;
    (checksum(salt, &[body]) == u32::from_le_bytes(*sum)).then_some(body)
}

/// Returns the checksum over all parts, one after the other.
pub(super) fn checksum(salt: u32, parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(salt);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

/// The octet that says what a record is. Those marked so were written before format 2 only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Accepted = 1,
    /// Format 1: a kept message and its outcome.
    KeptEarly = 2,
    Replaced = 3,
    Retried = 4,
    /// Format 1: an end without more.
    SettledEarly = 5,
    Reopened = 6,
    Reserved = 7,
    /// Part of a snapshot; there is none in a segment.
    Snapshot = 8,
    Kept = 9,
    Settled = 10,
    Handed = 11,
    Gone = 12,
    Recorded = 13,
}

impl Record {
    /// Reads what `split` returned, beside others that are read together.
    pub(super) fn read(body: &[u8], others: &mut Together) -> Result<Self, FormError> {
        let (kind, values) = body.split_first().ok_or(at("kind", FormFault::Truncated))?;
        if *kind == Kind::Accepted as u8 {
            return Message::decode_beside(values, others).map(Record::Accepted);
        }
        if *kind == Kind::Replaced as u8 {
            return Message::decode_beside(values, others).map(Record::Replaced);
        }
        if *kind == Kind::Kept as u8 || *kind == Kind::KeptEarly as u8 {
            let mut rest = values;
            let past = take_past(*kind, &mut rest).map_err(|fault| at("past", fault))?;
            return Ok(Record::Kept(Message::decode_beside(rest, others)?, past));
        }
        if *kind == Kind::Gone as u8 {
            return take_ids(values).map(Record::Gone);
        }
        if *kind == Kind::Recorded as u8 {
            return take_ids(values).map(Record::Recorded);
        }
        Self::read_small(*kind, values).map_err(|fault| at("change", fault))
    }

    fn read_small(kind: u8, mut rest: &[u8]) -> Result<Self, FormFault> {
        let id = Part::take(&mut rest)?;
        let rest = &mut rest;
        let record = match kind {
            kind if kind == Kind::Retried as u8 => {
                Record::Retried { id, attempts: Part::take(rest)?, deliver_after: Part::take(rest)?, lane: Part::take(rest)? }
            }
            kind if kind == Kind::Handed as u8 => Record::Handed { id, until: Part::take(rest)?, handing: Part::take(rest)? },
            kind if kind == Kind::SettledEarly as u8 => {
                Record::Settled { id, outcome: Part::take(rest)?, by: None, erase: false }
            }
            kind if kind == Kind::Settled as u8 => {
                Record::Settled { id, outcome: Part::take(rest)?, by: Part::take(rest)?, erase: Part::take(rest)? }
            }
            kind if kind == Kind::Reopened as u8 => {
                Record::Reopened { id, deliver_after: Part::take(rest)?, expires: Part::take(rest)? }
            }
            kind if kind == Kind::Reserved as u8 => Record::Reserved(id),
            _ => return Err(FormFault::Value),
        };
        if rest.is_empty() { Ok(record) } else { Err(FormFault::Surplus) }
    }

    /// Returns the message it carries.
    pub(super) fn into_message(self) -> Option<Message> {
        match self {
            Record::Accepted(message) | Record::Kept(message, _) | Record::Replaced(message) => Some(message),
            _ => None,
        }
    }
}

/// Writes what has happened to a kept message; the message follows.
pub(super) fn put_past(past: &Past, out: &mut Vec<u8>) {
    put!(out, past.outcome, past.recorded, past.handing);
}

fn take_past(kind: u8, rest: &mut &[u8]) -> Result<Past, FormFault> {
    let outcome = Part::take(rest)?;
    if kind == Kind::KeptEarly as u8 {
        return Ok(Past { outcome, ..Past::default() });
    }
    Ok(Past { outcome, recorded: Part::take(rest)?, handing: Part::take(rest)? })
}

/// Reads ids up to the end of the record.
fn take_ids(mut rest: &[u8]) -> Result<Vec<MessageId>, FormError> {
    let mut ids = Vec::with_capacity(rest.len() / size_of::<u64>());
    while !rest.is_empty() {
        ids.push(Part::take(&mut rest).map_err(|fault| at("ids", fault))?);
    }
    Ok(ids)
}

fn at(field: &'static str, fault: FormFault) -> FormError {
    FormError { field, fault }
}
