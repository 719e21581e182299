//! New messages as octets, made before anybody is locked out.

use super::super::QueueError;
use super::group::Position;
use super::record::{self, Kind, PREFIX};
use super::shared::{CALL_LIMIT, MESSAGE_LIMIT};
use crate::model::Message;

/// The messages of one call and their records.
pub(super) struct Draft {
    pub(super) messages: Vec<Message>,
    pub(super) octets: Vec<u8>,
    /// Where in the octets the record of each message is.
    pub(super) places: Vec<Position>,
}

impl Draft {
    /// Encodes messages, unless they are too large.
    pub(super) fn new(salt: u32, messages: Vec<Message>) -> Result<Self, QueueError> {
        let mut octets = Vec::with_capacity(check(&messages)?);
        let mut places = Vec::with_capacity(messages.len());
        for message in &messages {
            let start = octets.len();
            record::write(Kind::Accepted, salt, &mut octets, |out| message.encode(out));
            places.push(Position { segment: 0, offset: start as u32, len: (octets.len() - start) as u32 });
        }
        Ok(Draft { messages, octets, places })
    }
}

/// Returns how many octets the records of these messages take.
fn check(messages: &[Message]) -> Result<usize, QueueError> {
    let mut all = 0;
    for message in messages {
        let octets = message.encoded_len();
        if octets > MESSAGE_LIMIT {
            return Err(QueueError::TooLarge { octets, limit: MESSAGE_LIMIT });
        }
        all += octets + PREFIX + 1;
    }
    if all > CALL_LIMIT { Err(QueueError::TooLarge { octets: all, limit: CALL_LIMIT }) } else { Ok(all) }
}
