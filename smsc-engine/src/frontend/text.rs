//! Message ids as SMPP writes them.

use smpp_pdu::{CStr, Version};

use crate::accounts::MessageIdForm;
use crate::model::MessageId;

/// The digits of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    Decimal,
    Hexadecimal,
}

impl Notation {
    /// What an account wants, as far as the version lets it: 3.3 has room for eight digits, which must be hexadecimal.
    pub(super) fn of(form: MessageIdForm, version: Version) -> Notation {
        match form {
            _ if version == Version::V3_3 => Notation::Hexadecimal,
            MessageIdForm::Hexadecimal => Notation::Hexadecimal,
            MessageIdForm::Decimal | MessageIdForm::ByVersion => Notation::Decimal,
        }
    }
}

/// An id written without an allocation.
///
/// SMPP 3.3 takes at most eight hexadecimal digits; later versions any text, so they get the decimal form unless their
/// account wants another.
pub(super) struct IdText {
    /// Filled from the end.
    octets: [u8; MOST_DIGITS],
    start: usize,
}

impl IdText {
    pub(super) fn new(id: MessageId, notation: Notation) -> IdText {
        match notation {
            Notation::Hexadecimal => IdText::digits::<16>(id.0, 8),
            Notation::Decimal => IdText::digits::<10>(id.0, 10),
        }
    }

    /// At least so many digits.
    fn digits<const BASE: u64>(mut value: u64, least: usize) -> IdText {
        let mut text = IdText { octets: [b'0'; MOST_DIGITS], start: MOST_DIGITS - least.min(MOST_DIGITS) };
        for (place, octet) in text.octets.iter_mut().enumerate().rev() {
            if value == 0 {
                break;
            }
            *octet = DIGITS.get((value % BASE) as usize).copied().unwrap_or(b'0');
            value /= BASE;
            text.start = text.start.min(place);
        }
        text
    }

    pub(super) fn field(&self) -> CStr<'_, 65> {
        CStr::new(self.octets()).unwrap_or_default()
    }

    pub(super) fn octets(&self) -> &[u8] {
        self.octets.get(self.start..).unwrap_or_default()
    }

    pub(super) fn as_str(&self) -> &str {
        // Digits are ASCII.
        std::str::from_utf8(self.octets()).unwrap_or_default()
    }
}

/// Reads an id that a peer sent back.
pub(super) fn parse_id(text: &[u8], notation: Notation) -> Option<MessageId> {
    let text = std::str::from_utf8(text).ok()?;
    match notation {
        Notation::Hexadecimal if text.bytes().all(|octet| octet.is_ascii_hexdigit()) => {
            u64::from_str_radix(text, 16).ok().map(MessageId)
        }
        Notation::Hexadecimal => None,
        Notation::Decimal => text.parse().ok(),
    }
}

// 2^64 has twenty decimal digits.
const MOST_DIGITS: usize = 20;
const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_back_in_every_notation() {
        for id in [0, 1, 0xABCD_EF01, 9_999_999_999, 10_000_000_000, u64::MAX] {
            for notation in [Notation::Decimal, Notation::Hexadecimal] {
                let text = IdText::new(MessageId(id), notation);
                assert_eq!(parse_id(text.octets(), notation), Some(MessageId(id)));
                let shown = if notation == Notation::Hexadecimal { format!("{id:08X}") } else { MessageId(id).to_string() };
                assert_eq!((text.as_str(), text.field().as_bytes()), (shown.as_str(), shown.as_bytes()), "as receipts have it");
            }
        }
        for text in ["", "+1", "x", "1A"] {
            assert_eq!(parse_id(text.as_bytes(), Notation::Decimal), None);
        }
        assert_eq!(parse_id(b"+1", Notation::Hexadecimal), None);
    }

    #[test]
    fn an_account_chooses_its_notation_where_the_version_has_room() {
        for (form, version, notation) in [
            (MessageIdForm::ByVersion, Version::V3_3, Notation::Hexadecimal),
            (MessageIdForm::ByVersion, Version::V3_4, Notation::Decimal),
            (MessageIdForm::Decimal, Version::V3_3, Notation::Hexadecimal),
            (MessageIdForm::Hexadecimal, Version::V5_0, Notation::Hexadecimal),
        ] {
            assert_eq!(Notation::of(form, version), notation);
        }
    }
}
