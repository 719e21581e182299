//! New messages as octets, made before anybody is locked out.

use super::super::QueueError;
use super::record::{self, Kind, PREFIX};
use super::shared::{CALL_LIMIT, MESSAGE_LIMIT};
use crate::model::Message;

/// The messages of one call and their records.
pub(super) struct Draft {
    pub(super) messages: Vec<Message>,
    /// A record for each.
    pub(super) octets: Vec<u8>,
}

impl Draft {
    /// Encodes messages, unless they are too large.
    pub(super) fn new(salt: u32, messages: Vec<Message>) -> Result<Self, QueueError> {
        let mut octets = Vec::with_capacity(check(&messages)?);
        for message in &messages {
            record::write(Kind::Accepted, salt, &mut octets, |out| message.encode(out));
        }
        Ok(Draft { messages, octets })
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
