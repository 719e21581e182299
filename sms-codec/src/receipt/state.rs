//! The state of a message, as a number on the wire and as a word in receipts.

/// The state of a message (`message_state`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum MessageState {
    /// Scheduled for later.
    Scheduled = 0,
    /// On its way.
    Enroute = 1,
    /// Delivered to the destination.
    Delivered = 2,
    /// Its validity period is over.
    Expired = 3,
    /// Deleted or cancelled.
    Deleted = 4,
    /// Undeliverable.
    Undeliverable = 5,
    /// Accepted: in practice, taken over by the network.
    Accepted = 6,
    /// Unknown, and nothing more will be heard of it.
    Unknown = 7,
    /// Rejected.
    Rejected = 8,
    /// Skipped.
    Skipped = 9,
}

impl MessageState {
    /// The state of a `message_state` octet, if it is one.
    pub const fn from_wire(value: u8) -> Option<Self> {
        Some(match value {
            0 => Self::Scheduled,
            1 => Self::Enroute,
            2 => Self::Delivered,
            3 => Self::Expired,
            4 => Self::Deleted,
            5 => Self::Undeliverable,
            6 => Self::Accepted,
            7 => Self::Unknown,
            8 => Self::Rejected,
            9 => Self::Skipped,
            _ => return None,
        })
    }

    /// The `message_state` octet.
    pub const fn to_wire(self) -> u8 {
        self as u8
    }

    /// Reads a receipt word in any of its usual spellings, or one digit.
    ///
    /// ```
    /// use sms_codec::receipt::MessageState;
    ///
    /// assert_eq!(MessageState::from_word("undelivered"), Some(MessageState::Undeliverable));
    /// assert_eq!(MessageState::from_word("2"), Some(MessageState::Delivered));
    /// assert_eq!(MessageState::from_word("NOROUTES"), None);
    /// ```
    pub fn from_word(word: &str) -> Option<Self> {
        if let [digit @ b'0'..=b'9'] = word.as_bytes() {
            return Self::from_wire(digit - b'0');
        }
        let known = |words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
        WORDS.iter().find(|(_, words)| known(words)).map(|&(state, _)| state)
    }

    /// The seven-letter word written in receipts.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Scheduled => "SCHEDLD",
            Self::Enroute => "ENROUTE",
            Self::Delivered => "DELIVRD",
            Self::Expired => "EXPIRED",
            Self::Deleted => "DELETED",
            Self::Undeliverable => "UNDELIV",
            Self::Accepted => "ACCEPTD",
            Self::Unknown => "UNKNOWN",
            Self::Rejected => "REJECTD",
            Self::Skipped => "SKIPPED",
        }
    }

    /// The name in the standard, in capitals.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "SCHEDULED",
            Self::Enroute => "ENROUTE",
            Self::Delivered => "DELIVERED",
            Self::Expired => "EXPIRED",
            Self::Deleted => "DELETED",
            Self::Undeliverable => "UNDELIVERABLE",
            Self::Accepted => "ACCEPTED",
            Self::Unknown => "UNKNOWN",
            Self::Rejected => "REJECTED",
            Self::Skipped => "SKIPPED",
        }
    }

    /// Whether no further receipt is to be expected.
    ///
    /// ACCEPTED is not final in practice, whatever the standard says. Some providers do not mean
    /// UNKNOWN as final either; that is for the peer's configuration to say.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Scheduled | Self::Enroute | Self::Accepted)
    }
}

/// Spellings seen in the wild.
#[rustfmt::skip]
const WORDS: &[(MessageState, &[&str])] = &[
    (MessageState::Delivered, &["DELIVRD", "DELIVERED", "DELIVERD", "DELIVRED", "DELIV", "DLVRD"]),
    (MessageState::Expired, &["EXPIRED", "EXPIRD"]),
    (MessageState::Deleted, &["DELETED", "DELETD"]),
    (MessageState::Undeliverable, &["UNDELIV", "UNDELIVERABLE", "UNDELIVERED", "UNDELVRD", "UNDLVRD", "FAILED", "FAIL"]),
    (MessageState::Accepted, &["ACCEPTD", "ACCEPTED"]),
    (MessageState::Unknown, &["UNKNOWN", "UNKNWN"]),
    (MessageState::Rejected, &["REJECTD", "REJECTED", "REJECT"]),
    (MessageState::Enroute, &["ENROUTE", "ENROUT", "BUFFRED", "BUFFERD", "BUFFERED", "ACKED", "SENT", "QUEUED", "PENDING"]),
    (MessageState::Scheduled, &["SCHEDLD", "SCHEDULED"]),
    (MessageState::Skipped, &["SKIPPED"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_number_word_and_name() {
        for value in 0..=9 {
            let state = MessageState::from_wire(value).unwrap();
            assert_eq!(state.to_wire(), value);
            assert_eq!(MessageState::from_word(state.word()), Some(state));
            assert_eq!(MessageState::from_word(state.name()), Some(state));
            assert_eq!(state.word().len(), 7);
        }
        assert_eq!(MessageState::from_wire(10), None);
    }

    #[test]
    fn no_spelling_stands_for_two_states() {
        let spellings = || WORDS.iter().flat_map(|(state, words)| words.iter().map(move |word| (state, word)));
        assert_eq!(spellings().count(), 36);
        for (state, word) in spellings() {
            assert_eq!(MessageState::from_word(word), Some(*state), "{word}");
        }
    }
}
