//! Message ids as SMPP writes them.

use smpp_pdu::{CStr, Version};

use crate::model::MessageId;

/// An id written without an allocation.
///
/// SMPP 3.3 takes at most eight hexadecimal digits; later versions any text, so they get the decimal form that
/// receipts use too.
pub(super) struct IdText {
    /// Filled from the end.
    octets: [u8; MOST_DIGITS],
    start: usize,
}

impl IdText {
    pub(super) fn new(id: MessageId, version: Version) -> IdText {
        match version {
            Version::V3_3 => IdText::digits::<16>(id.0, 8),
            _ => IdText::digits::<10>(id.0, 10),
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
        CStr::new(self.octets.get(self.start..).unwrap_or_default()).unwrap_or_default()
    }
}

/// Reads an id a peer of this version sent back.
pub(super) fn parse_id(text: &[u8], version: Version) -> Option<MessageId> {
    let text = std::str::from_utf8(text).ok()?;
    match version {
        Version::V3_3 if text.bytes().all(|octet| octet.is_ascii_hexdigit()) => u64::from_str_radix(text, 16).ok().map(MessageId),
        Version::V3_3 => None,
        _ => text.parse().ok(),
    }
}

// 2^64 has twenty decimal digits.
const MOST_DIGITS: usize = 20;
const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_back_in_every_version() {
        for id in [0, 1, 0xABCD_EF01, 9_999_999_999, 10_000_000_000, u64::MAX] {
            for version in [Version::V3_3, Version::V3_4, Version::V5_0] {
                let text = IdText::new(MessageId(id), version);
                assert_eq!(parse_id(text.field().as_bytes(), version), Some(MessageId(id)));
                let shown = if version == Version::V3_3 { format!("{id:08X}") } else { MessageId(id).to_string() };
                assert_eq!(text.field().as_bytes(), shown.as_bytes(), "as receipts have it");
            }
        }
        assert_eq!(IdText::new(MessageId(0x1A), Version::V3_3).field().as_bytes(), b"0000001A");
        assert_eq!(IdText::new(MessageId(26), Version::V3_4).field().as_bytes(), b"0000000026");
        for text in ["", "+1", "x", "1A"] {
            assert_eq!(parse_id(text.as_bytes(), Version::V3_4), None);
        }
        assert_eq!(parse_id(b"+1", Version::V3_3), None);
    }
}
