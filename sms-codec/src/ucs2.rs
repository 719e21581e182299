//! UCS-2 text as handsets really send it: UTF-16, big endian.
//!
//! Reading never fails. Surrogates without a partner and an odd last octet become U+FFFD.

use alloc::{string::String, vec::Vec};

/// Encodes text; characters above U+FFFF take a surrogate pair.
///
/// ```
/// use sms_codec::ucs2;
///
/// assert_eq!(ucs2::encode("Да"), [0x04, 0x14, 0x04, 0x30]);
/// assert_eq!(ucs2::decode(&[0xD8, 0x3D, 0xDE, 0x00]), "😀");
/// ```
pub fn encode(text: &str) -> Vec<u8> {
    let mut octets = Vec::with_capacity(2 * text.len());
    encode_into(text, &mut octets);
    octets
}

/// Encodes text to the end of `out`.
pub fn encode_into(text: &str, out: &mut impl Extend<u8>) {
    out.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
}

/// Counts the 16-bit code units of a text.
pub fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Decodes octets.
pub fn decode(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    text.extend(chars(octets));
    text
}

/// Decodes octets without allocating.
pub fn chars(octets: &[u8]) -> impl Iterator<Item = char> {
    let odd = octets.chunks_exact(2).remainder();
    let text = char::decode_utf16(code_units(octets));
    let text = text.map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER));
    text.chain(odd.iter().map(|_| char::REPLACEMENT_CHARACTER))
}

/// Whether octets are whole code units with every surrogate in a pair.
pub fn is_valid(octets: &[u8]) -> bool {
    let whole = octets.len() % 2 == 0;
    whole && char::decode_utf16(code_units(octets)).all(|unit| unit.is_ok())
}

fn code_units(octets: &[u8]) -> impl Iterator<Item = u16> {
    octets.chunks_exact(2).filter_map(|pair| pair.first_chunk()).map(|&pair| u16::from_be_bytes(pair))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_and_odd_octets_are_replaced() {
        assert_eq!(decode(&[0xD8, 0x3D, 0x00, 0x41]), "\u{FFFD}A");
        assert_eq!(decode(&[0xDE, 0x00, 0x00, 0x41, 0x00]), "\u{FFFD}A\u{FFFD}");
        assert_eq!(decode(&[0xD8, 0x3D]), "\u{FFFD}");
        assert!(!is_valid(&[0xD8, 0x3D]) && !is_valid(&[0x41]) && is_valid(&[0x00, 0x41]));
    }

    #[test]
    fn units_count_surrogates_twice() {
        assert_eq!((units(""), units("я"), units("😀")), (0, 1, 2));
    }
}
