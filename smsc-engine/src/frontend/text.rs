//! Message ids as SMPP writes them.

use std::fmt::{self, Write};

use smpp_pdu::{CStr, Version};

use crate::model::MessageId;

/// An id written without an allocation.
///
/// SMPP 3.3 takes at most eight hexadecimal digits; later versions any text, so they get the decimal form that
/// receipts use too.
pub(super) struct IdText {
    octets: [u8; MOST_DIGITS],
    length: usize,
}

impl IdText {
    pub(super) fn new(id: MessageId, version: Version) -> IdText {
        let mut text = IdText { octets: [0; MOST_DIGITS], length: 0 };
        // The longest id has twenty digits.
        let _ = match version {
            Version::V3_3 => write!(text, "{:08X}", id.0),
            _ => write!(text, "{id}"),
        };
        text
    }

    pub(super) fn field(&self) -> CStr<'_, 65> {
        CStr::new(self.octets.get(..self.length).unwrap_or_default()).unwrap_or_default()
    }
}

impl Write for IdText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.octets.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_back_in_every_version() {
        for id in [1, 0xABCD_EF01, u64::MAX] {
            for version in [Version::V3_3, Version::V3_4, Version::V5_0] {
                let text = IdText::new(MessageId(id), version);
                assert_eq!(parse_id(text.field().as_bytes(), version), Some(MessageId(id)));
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
