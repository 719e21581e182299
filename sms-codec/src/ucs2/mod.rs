//! UCS-2 text as handsets really send it: UTF-16, big endian.
//!
//! Reading never fails. Surrogates without a partner and an odd last octet become U+FFFD, each one.

mod read;

use alloc::{string::String, vec::Vec};

use crate::gsm7::Fit;

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
    let mut rest = text;
    loop {
        if let Some((block, tail)) = eight_octets(rest) {
            if block & NOT_ASCII == 0 {
                let [high, low] = [block >> 32, block & 0xFFFF_FFFF];
                out.extend(spread(high).to_be_bytes());
                out.extend(spread(low).to_be_bytes());
                rest = tail;
                continue;
            }
            if block & PAIR_MARKS == PAIRS {
                out.extend(((block & PAIR_LEADS) >> 2 | block & PAIR_TRAILS).to_be_bytes());
                rest = tail;
                continue;
            }
        }
        let mut characters = rest.chars();
        let Some(character) = characters.next() else {
            return;
        };
        match u16::try_from(u32::from(character)) {
            Ok(unit) => out.extend(unit.to_be_bytes()),
            Err(_) => character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.extend(unit.to_be_bytes())),
        }
        rest = characters.as_str();
    }
}

/// Counts the 16-bit code units of a text.
pub fn units(text: &str) -> usize {
    // So many octets are at most 255 units, and sums of octets are made many at once.
    let counts = text.as_bytes().chunks(255 / 2).map(|block| block.iter().map(|&octet| started(octet)).sum::<u8>());
    counts.map(usize::from).sum()
}

/// The longest beginning of a text that so many code units hold.
pub(crate) fn fit(text: &str, room: usize) -> Fit {
    let mut fit = Fit { len: 0, units: 0 };
    for octets in BLOCKS {
        add_blocks(text.as_bytes(), octets, room, &mut fit);
    }
    fit
}

/// Takes whole blocks until there is no more room.
#[inline(always)]
fn add_blocks(text: &[u8], octets: usize, room: usize, fit: &mut Fit) {
    for block in text.get(fit.len..).unwrap_or_default().chunks(octets) {
        // All octets of a character but the first one add nothing, so its last ones always fit.
        let units = usize::from(block.iter().map(|&octet| started(octet)).sum::<u8>());
        if units > room - fit.units {
            return;
        }
        fit.len += block.len();
        fit.units += units;
    }
}

/// Code units of the character that an octet of UTF-8 starts.
#[inline]
const fn started(octet: u8) -> u8 {
    (octet & 0xC0 != 0x80) as u8 + (octet >= 0xF0) as u8
}

/// Decodes octets.
pub fn decode(octets: &[u8]) -> String {
    let mut text = String::new();
    decode_into(octets, &mut text);
    text
}

/// Decodes octets to the end of `out`.
pub fn decode_into(octets: &[u8], out: &mut String) {
    read::decode(octets, out);
}

/// Decodes octets without allocating.
pub fn chars(octets: &[u8]) -> impl Iterator<Item = char> {
    let mut rest = octets;
    core::iter::from_fn(move || {
        let (character, tail) = next(rest)?;
        rest = tail;
        Some(character)
    })
}

/// Whether octets are whole code units with every surrogate in a pair.
pub fn is_valid(octets: &[u8]) -> bool {
    let whole = octets.len() % 2 == 0;
    whole && char::decode_utf16(code_units(octets)).all(|unit| unit.is_ok())
}

fn code_units(octets: &[u8]) -> impl Iterator<Item = u16> {
    octets.chunks_exact(2).filter_map(|pair| pair.first_chunk()).map(|&pair| u16::from_be_bytes(pair))
}

/// The first character, and what follows it.
fn next(octets: &[u8]) -> Option<(char, &[u8])> {
    let Some((&unit, rest)) = octets.split_first_chunk() else {
        // An odd octet at the end.
        return octets.first().map(|_| (char::REPLACEMENT_CHARACTER, &[][..]));
    };
    let unit = u32::from(u16::from_be_bytes(unit));
    if let Some(character) = char::from_u32(unit) {
        return Some((character, rest));
    }
    match (unit, rest) {
        (0xD800..=0xDBFF, &[high @ 0xDC..=0xDF, low, ref tail @ ..]) => {
            let low = u32::from(u16::from_be_bytes([high, low]));
            let character = char::from_u32(0x1_0000 + ((unit & 0x3FF) << 10 | low & 0x3FF));
            Some((character.unwrap_or(char::REPLACEMENT_CHARACTER), tail))
        }
        _ => Some((char::REPLACEMENT_CHARACTER, rest)),
    }
}

/// The first eight octets of UTF-8 as one number, and the rest if a character starts there.
fn eight_octets(text: &str) -> Option<(u64, &str)> {
    let block = text.as_bytes().first_chunk()?;
    Some((u64::from_be_bytes(*block), text.get(8..)?))
}

/// Puts a zero in front of each of the four low octets.
const fn spread(octets: u64) -> u64 {
    let halves = (octets | octets << 16) & 0x0000_FFFF_0000_FFFF;
    (halves | halves << 8) & 0x00FF_00FF_00FF_00FF
}

/// Octets counted before the room is looked at: fewer and fewer, the less of it is left.
const BLOCKS: [usize; 3] = [32, 8, 1];
/// Bits that no octet of ASCII has.
const NOT_ASCII: u64 = 0x8080_8080_8080_8080;
/// Four characters of two octets each in UTF-8: the bits that say so, what they say, and the others.
const PAIR_MARKS: u64 = 0xE0C0_E0C0_E0C0_E0C0;
const PAIRS: u64 = 0xC080_C080_C080_C080;
const PAIR_LEADS: u64 = 0x1F00_1F00_1F00_1F00;
const PAIR_TRAILS: u64 = 0x003F_003F_003F_003F;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    #[test]
    fn lone_surrogates_and_odd_octets_are_replaced() {
        assert_eq!(decode(&[0xD8, 0x3D, 0x00, 0x41]), "\u{FFFD}A");
        assert_eq!(decode(&[0xDE, 0x00, 0x00, 0x41, 0x00]), "\u{FFFD}A\u{FFFD}");
        assert_eq!(decode(&[0xD8, 0x3D]), "\u{FFFD}");
        assert!(!is_valid(&[0xD8, 0x3D]) && !is_valid(&[0x41]) && is_valid(&[0x00, 0x41]));
    }

    #[test]
    fn blocks_and_single_characters_meet_anywhere() {
        let words = ["abcdefgh", "Привет", "日本語", "😀", "é", "a"];
        for first in words {
            for second in words {
                for count in 0..9 {
                    let text = [&"x".repeat(count), first, second, &"я".repeat(count), first].concat();
                    let expected: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
                    assert_eq!(encode(&text), expected, "{text}");
                    assert_eq!(decode(&expected), text);
                    assert!(chars(&expected).eq(text.chars()));
                }
            }
        }
    }

    #[test]
    fn every_code_unit_is_read_as_the_standard_library_does() {
        for unit in 0..=u16::MAX {
            let octets = [&[0, 0x41], &unit.to_be_bytes()[..], &[0, 0x42]].concat();
            let expected = String::from_utf16_lossy(&[0x41, unit, 0x42]);
            assert_eq!(decode(&octets), expected);
            let paired = [&[0xD8, 0x3D], &unit.to_be_bytes()[..]].concat();
            assert_eq!(decode(&paired), String::from_utf16_lossy(&[0xD83D, unit]));
        }
    }

    /// Units of all kinds in runs, so that blocks of every kind come beside each other.
    fn runs() -> impl Strategy<Value = Vec<u8>> {
        let kinds = prop_oneof![0u16..0x80, 0x80u16..0x800, 0x400u16..0x460, 0x800u16.., 0xD800u16..0xE000];
        let pairs = (0xD800u16..0xDC00, 0xDC00u16..0xE000).prop_map(|(first, second)| vec![first, second]);
        let run = prop_oneof![(kinds, 1usize..40).prop_map(|(unit, count)| vec![unit; count]), pairs];
        let odd = proptest::collection::vec(any::<u8>(), 0..2);
        (proptest::collection::vec(run, 0..20), odd).prop_map(|(runs, odd)| {
            let units: Vec<u8> = runs.concat().into_iter().flat_map(u16::to_be_bytes).collect();
            [units, odd].concat()
        })
    }

    proptest! {
        #[test]
        fn units_mean_in_blocks_what_they_mean_one_by_one(octets in runs()) {
            let text = decode(&octets);
            prop_assert!(chars(&octets).eq(text.chars()));
            let expected: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            prop_assert_eq!(encode(&text), expected);
        }
    }

    #[test]
    fn units_count_surrogates_twice() {
        assert_eq!((units(""), units("я"), units("😀")), (0, 1, 2));
    }
}
