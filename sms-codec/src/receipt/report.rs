//! What a receipt says once its text and its TLVs are taken together.

use alloc::borrow::Cow;
use core::fmt;

use super::id::IdNotation;
use super::{Habits, MessageState, Oddities, Oddity, Receipt, Word, match_id};
use crate::udh::Udh;
use crate::{charset::Charset, ucs2};

/// What a `deliver_sm` or `data_sm` reports about an earlier message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Report<'a> {
    /// How the receipt was recognised.
    pub kind: Kind,
    /// The message id: of the TLV, else of the text.
    pub id: Option<&'a str>,
    /// Where the id is from.
    pub id_source: Option<Source>,
    /// The state: of the TLV, else of the text; none is unknown and never means delivered.
    pub state: Option<MessageState>,
    /// Where the state is from; `stat` of the text counts even if it is unrecognised.
    pub state_source: Option<Source>,
    /// The `network_error_code` TLV.
    pub network_error: Option<NetworkError>,
    /// The fields of the text; its id is the second candidate if the TLV has another one.
    pub receipt: Receipt<'a>,
    /// What is odd about the TLVs.
    odd: Oddities,
}

impl<'a> Report<'a> {
    /// Takes a receipt, made readable by [`text`], with its TLVs; none if it reports nothing.
    pub fn read(esm_class: u8, text: &'a str, tlvs: Tlvs<'a>) -> Option<Self> {
        let receipt = Receipt::parse(text);
        let by_content = tlvs.receipted_message_id.is_some() || (receipt.id.is_some() && receipt.stat.is_some());
        let kind = match esm_class & MESSAGE_TYPE {
            0x04 => Kind::Receipt,
            0x20 => Kind::Intermediate,
            0x00 if by_content => Kind::ByContent,
            _ => return None,
        };
        let tlv_id = tlvs.receipted_message_id.and_then(id_of);
        let tlv_state = tlvs.message_state.and_then(MessageState::from_wire);
        Some(Self {
            kind,
            id: tlv_id.or(receipt.id),
            id_source: source(tlv_id.is_some(), receipt.id.is_some()),
            state: tlv_state.or_else(|| receipt.state()),
            state_source: source(tlv_state.is_some(), receipt.stat.is_some()),
            network_error: tlvs.network_error_code.and_then(NetworkError::read),
            receipt,
            odd: tlvs.oddities(),
        })
    }

    /// Whether no further receipt is to be expected, unless the peer has other [`Habits`].
    pub fn is_final(&self) -> bool {
        Habits::STANDARD.is_final(self)
    }

    /// What is unusual about the text, the TLVs and how they agree; reads the text once more.
    pub fn oddities(&self) -> Oddities {
        let mut odd = self.receipt.oddities().union(self.odd);
        odd.note(Oddity::Unmarked, self.kind == Kind::ByContent);
        if let (Some(Source::Tlv), Some(id), Some(other)) = (self.id_source, self.id, self.receipt.id) {
            odd.note(Oddity::IdsDiffer, match_id(id, other, IdNotation::Same).is_none());
        }
        if let (true, Some(other)) = (self.has_tlv_state(), self.receipt.state()) {
            odd.note(Oddity::StatesDiffer, self.state != Some(other));
        }
        odd
    }

    pub(super) fn has_tlv_state(&self) -> bool {
        self.state_source == Some(Source::Tlv)
    }

    /// Why the message failed: the TLV if its network type is a known one, else `err`.
    pub fn cause(&self) -> Option<Cause<'a>> {
        match self.network_error {
            Some(error) if error.is_known() => Some(Cause::Network(error)),
            _ => self.receipt.err.map(Cause::Err),
        }
    }
}

/// Shows no message text.
impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("kind", &self.kind)
            .field("id", &self.id.map(Word))
            .field("id_source", &self.id_source)
            .field("state", &self.state)
            .field("state_source", &self.state_source)
            .field("network_error", &self.network_error)
            .field("receipt", &self.receipt)
            .finish()
    }
}

/// The values of the TLVs that belong to a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tlvs<'a> {
    /// `receipted_message_id`, with or without its NUL.
    pub receipted_message_id: Option<&'a [u8]>,
    /// `message_state`.
    pub message_state: Option<u8>,
    /// `network_error_code`.
    pub network_error_code: Option<&'a [u8]>,
}

impl Tlvs<'_> {
    fn oddities(&self) -> Oddities {
        let mut odd = Oddities::default();
        odd.note(Oddity::BadIdTlv, self.receipted_message_id.is_some_and(|id| id_of(id).is_none()));
        odd.note(Oddity::BadStateTlv, self.message_state.is_some_and(|state| MessageState::from_wire(state).is_none()));
        let is_bad = |octets| !NetworkError::read(octets).is_some_and(|error| error.is_known());
        odd.note(Oddity::BadErrorTlv, self.network_error_code.is_some_and(is_bad));
        odd
    }
}

/// How a receipt was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `esm_class` says MC delivery receipt.
    Receipt,
    /// `esm_class` says intermediate notification.
    Intermediate,
    /// `esm_class` says nothing; take it for a receipt only if the peer is configured so.
    ByContent,
}

/// Where a datum is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// The text.
    Text,
    /// A TLV.
    Tlv,
}

/// Why a message failed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause<'a> {
    /// The error of a network.
    Network(NetworkError),
    /// The word or number in the text.
    Err(&'a str),
}

/// Shows an `err` only if it looks like one word.
impl fmt::Debug for Cause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(error) => f.debug_tuple("Network").field(error).finish(),
            Self::Err(err) => f.debug_tuple("Err").field(&Word(err)).finish(),
        }
    }
}

/// A `network_error_code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NetworkError {
    /// The kind of network, 1 to 8 in the standard.
    pub network_type: u8,
    /// The error code of that network.
    pub code: u16,
}

impl NetworkError {
    /// Reads the value of the TLV; none unless it has three octets.
    pub const fn read(octets: &[u8]) -> Option<Self> {
        match octets {
            &[network_type, high, low] => Some(Self { network_type, code: u16::from_be_bytes([high, low]) }),
            _ => None,
        }
    }

    /// Whether the network type is one of the standard.
    pub fn is_known(self) -> bool {
        NETWORK_TYPES.contains(&self.network_type)
    }

    /// The value of the TLV.
    pub const fn to_octets(self) -> [u8; 3] {
        let [high, low] = self.code.to_be_bytes();
        [self.network_type, high, low]
    }
}

/// Makes the user data of a receipt readable: without UDH and trailing NULs, UCS-2 if
/// `data_coding` is 8, otherwise ISO-8859-1. Borrows plain ASCII.
pub fn text(esm_class: u8, data_coding: u8, user_data: &[u8]) -> Cow<'_, str> {
    let octets = match Udh::split(user_data) {
        Ok((_, rest)) if esm_class & UDHI != 0 => rest,
        _ => user_data,
    };
    if data_coding == 0x08 {
        let mut text = ucs2::decode(octets);
        text.truncate(text.trim_end_matches('\0').len());
        return Cow::Owned(text);
    }
    let used = octets.iter().rposition(|&octet| octet != 0).map_or(0, |last| last + 1);
    let octets = octets.get(..used).unwrap_or_default();
    match core::str::from_utf8(octets) {
        Ok(text) if octets.is_ascii() => Cow::Borrowed(text),
        _ => Cow::Owned(Charset::Latin1.decode(octets)),
    }
}

/// An id without its NUL; ids that are no text cannot be matched.
fn id_of(octets: &[u8]) -> Option<&str> {
    let text = core::str::from_utf8(octets).ok()?;
    Some(text.trim_end_matches('\0')).filter(|text| !text.is_empty())
}

fn source(in_tlv: bool, in_text: bool) -> Option<Source> {
    if in_tlv { Some(Source::Tlv) } else { in_text.then_some(Source::Text) }
}

/// `esm_class`: what kind of message.
const MESSAGE_TYPE: u8 = 0x3C;
/// `esm_class`: user data begins with a UDH.
const UDHI: u8 = 0x40;
/// Network types of the standard.
const NETWORK_TYPES: core::ops::RangeInclusive<u8> = 1..=8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tlv_is_the_cause_only_with_a_known_network_type() {
        let cause = |octets| {
            let tlvs = Tlvs { network_error_code: Some(octets), ..Tlvs::default() };
            Report::read(0x04, "id:1 stat:UNDELIV err:027", tlvs).and_then(|report| report.cause())
        };
        let network = NetworkError { network_type: 3, code: 27 };
        assert_eq!(cause(b"\x03\x00\x1B"), Some(Cause::Network(network)));
        assert_eq!(cause(b"027"), Some(Cause::Err("027")));
        assert_eq!(cause(b"\x03\x00"), Some(Cause::Err("027")));
        assert_eq!(network.to_octets(), [3, 0, 27]);
    }

    #[test]
    fn an_id_tlv_that_is_empty_or_no_text_leaves_the_text_id() {
        for octets in [&b""[..], b"\0", b"\xFF\xFE"] {
            let tlvs = Tlvs { receipted_message_id: Some(octets), ..Tlvs::default() };
            let report = Report::read(0x04, "id:9", tlvs).unwrap();
            assert_eq!((report.id, report.id_source), (Some("9"), Some(Source::Text)));
        }
    }

    #[test]
    fn plain_text_is_borrowed_and_a_broken_udh_is_text() {
        assert!(matches!(text(0x04, 0, b"id:1\0\0"), Cow::Borrowed("id:1")));
        assert_eq!(text(0x44, 0, b"\x7Fid:1"), "\u{7F}id:1");
        assert_eq!(text(0x04, 8, b"\0i\0\0"), "i");
        assert_eq!(text(0x04, 0, b"\0\0"), "");
    }
}
