//! The name of a message for its whole life and beyond.

use std::fmt;
use std::str::FromStr;

/// Names one message of one core, or of all cores that share a queue; ids are never used twice, not even after a crash.
/// Those of a core alone grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub u64);

/// Says that a text is not a message id of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message id is 1 to 20 decimal digits below 2^64")]
pub struct MessageIdError;

/// Ten digits at least, so that ids sort as texts and old receipts parsers find what they expect.
impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}", self.0)
    }
}

impl FromStr for MessageId {
    type Err = MessageIdError;

    fn from_str(text: &str) -> Result<Self, MessageIdError> {
        // `u64::from_str` alone would accept a sign.
        if !text.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(MessageIdError);
        }
        text.parse().map(MessageId).map_err(|_| MessageIdError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_shown_with_ten_digits_and_read_back() {
        assert_eq!(MessageId(7).to_string(), "0000000007");
        assert_eq!(MessageId(u64::MAX).to_string(), "18446744073709551615");
        for id in [0, 7, 9_999_999_999, 10_000_000_000, u64::MAX] {
            assert_eq!(MessageId(id).to_string().parse(), Ok(MessageId(id)));
        }
        assert_eq!("7".parse(), Ok(MessageId(7)));
    }

    #[test]
    fn other_texts_are_not_ids() {
        for text in ["", "+7", "-7", "7 ", "0x7", "18446744073709551616", "seven"] {
            assert_eq!(text.parse::<MessageId>(), Err(MessageIdError), "{text}");
        }
    }
}
