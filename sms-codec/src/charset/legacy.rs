//! Character sets older than Unicode: where their characters end, and what they mean.
//!
//! Where a character ends is known without the feature `encodings`; what it means only with it.

use alloc::{string::String, vec::Vec};

use super::{Charset, ascii};
use crate::gsm7::Unencodable;

pub(super) fn decode(charset: Charset, octets: &[u8]) -> String {
    #[cfg(feature = "encodings")]
    if let Some(encoding) = tables::encoding(charset) {
        return tables::decode(charset, encoding, octets);
    }
    let character = |group: &[u8]| match group {
        &[octet] => ascii(octet),
        _ => char::REPLACEMENT_CHARACTER,
    };
    Groups::new(charset, octets).filter(|group| !is_escape(group)).map(character).collect()
}

pub(super) fn encode(charset: Charset, text: &str) -> Result<Vec<u8>, Unencodable> {
    #[cfg(feature = "encodings")]
    if let Some(encoding) = tables::encoding(charset) {
        return tables::encode(charset, encoding, text);
    }
    // ISO-2022-JP shifts with these.
    let shifts = |character| charset == Charset::Iso2022Jp && matches!(character, '\x0E' | '\x0F' | '\x1B');
    match text.find(|character: char| !character.is_ascii() || shifts(character)) {
        Some(offset) => Err(Unencodable { offset }),
        None => Ok(text.into()),
    }
}

/// The last place within `limit` where one character has ended and the next may start a part.
pub(super) fn cut(charset: Charset, octets: &[u8], limit: usize) -> usize {
    let mut groups = Groups::new(charset, octets);
    let (mut end, mut best) = (0, 0);
    while let Some(group) = groups.next() {
        end += group.len();
        if end > limit {
            break;
        }
        if groups.shift == Shift::Ascii {
            best = end;
        }
    }
    best
}

/// The octets of one character after the other; escape sequences of ISO-2022-JP stand alone.
struct Groups<'a> {
    charset: Charset,
    rest: &'a [u8],
    shift: Shift,
}

/// What ISO-2022-JP has shifted to; every other set stays in the first state.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shift {
    Ascii,
    Single,
    Double,
}

impl<'a> Groups<'a> {
    fn new(charset: Charset, octets: &'a [u8]) -> Self {
        Self { charset, rest: octets, shift: Shift::Ascii }
    }

    /// Octets of the next character, if there are so many. A lead octet takes its trail with it,
    /// whatever that is: only then do parts read like the whole even if they are garbage.
    fn next_len(&mut self) -> usize {
        match (self.charset, self.rest) {
            (Charset::ShiftJis, [0x81..=0x9F | 0xE0..=0xFC, ..]) => 2,
            (Charset::EucJp | Charset::JisX0212, [0x8F, 0xA1..=0xFE, ..]) => 3,
            (Charset::EucJp | Charset::JisX0212, [0x8E | 0x8F | 0xA1..=0xFE, ..]) => 2,
            (Charset::KsC5601, [0x81..=0xFE, ..]) => 2,
            (Charset::Iso2022Jp, _) => self.shifted_len(),
            _ => 1,
        }
    }

    fn shifted_len(&mut self) -> usize {
        let after = match self.rest {
            [0x1B, b'(', b'B', ..] => Shift::Ascii,
            [0x1B, b'(', b'I' | b'J', ..] => Shift::Single,
            [0x1B, b'$', b'@' | b'B', ..] => Shift::Double,
            // A trail octet that starts an escape sequence is none.
            [0x21..=0x7E, trail, ..] if self.shift == Shift::Double && *trail != 0x1B => return 2,
            _ => return 1,
        };
        self.shift = after;
        ESCAPE_SEQUENCE
    }
}

impl<'a> Iterator for Groups<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let length = self.next_len();
        let (group, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, &[]));
        self.rest = rest;
        Some(group)
    }
}

fn is_escape(group: &[u8]) -> bool {
    group.len() == ESCAPE_SEQUENCE && group.first() == Some(&0x1B)
}

const ESCAPE_SEQUENCE: usize = 3;

#[cfg(feature = "encodings")]
mod tables {
    use super::*;
    use alloc::borrow::Cow;
    use encoding_rs::{EUC_JP, EUC_KR, EncoderResult, Encoding, ISO_2022_JP, ISO_8859_5, ISO_8859_8, SHIFT_JIS};

    pub(super) fn encoding(charset: Charset) -> Option<&'static Encoding> {
        Some(match charset {
            Charset::Iso8859_5 => ISO_8859_5,
            Charset::Iso8859_8 => ISO_8859_8,
            Charset::ShiftJis => SHIFT_JIS,
            Charset::EucJp => EUC_JP,
            Charset::Iso2022Jp => ISO_2022_JP,
            Charset::KsC5601 => EUC_KR,
            _ => return None,
        })
    }

    pub(super) fn decode(charset: Charset, encoding: &'static Encoding, octets: &[u8]) -> String {
        let octets = match charset {
            Charset::Iso2022Jp => Cow::Owned(without_idle_escapes(octets)),
            _ => Cow::Borrowed(octets),
        };
        let (text, _) = encoding.decode_without_bom_handling(&octets);
        text.into_owned()
    }

    /// Drops escape sequences that no character follows: browsers take them for an attack, but they
    /// are all there is to see where parts were joined.
    fn without_idle_escapes(octets: &[u8]) -> Vec<u8> {
        let mut kept = Vec::with_capacity(octets.len());
        let mut groups = Groups::new(Charset::Iso2022Jp, octets).peekable();
        while let Some(group) = groups.next() {
            if !is_escape(group) || groups.peek().is_some_and(|next| !is_escape(next)) {
                kept.extend_from_slice(group);
            }
        }
        kept
    }

    /// Encodes text that reads back the same and keeps to the standard: the tables are those of
    /// browsers, which write a yen sign as a backslash, and characters of one vendor.
    pub(super) fn encode(charset: Charset, encoding: &'static Encoding, text: &str) -> Result<Vec<u8>, Unencodable> {
        let (octets, end) = convert(encoding, text);
        let read = decode(charset, encoding, &octets);
        let characters = || text.char_indices().take_while(|&(offset, _)| offset < end);
        let changed = characters().zip(read.chars()).find(|((_, wanted), read)| wanted != read);
        let groups = Groups::new(charset, &octets).filter(|group| !is_escape(group));
        let foreign = characters().zip(groups).find(|(_, group)| !is_standard(charset, group));
        let faults = [changed.map(|((offset, _), _)| offset), foreign.map(|((offset, _), _)| offset)];
        match faults.into_iter().flatten().min().unwrap_or(end) {
            offset if offset < text.len() => Err(Unencodable { offset }),
            _ => Ok(octets),
        }
    }

    /// Encodes up to the end or the first character that there is no code for, and says where that is.
    fn convert(encoding: &'static Encoding, text: &str) -> (Vec<u8>, usize) {
        let mut encoder = encoding.new_encoder();
        let mut octets = Vec::with_capacity(text.len() + ROOM);
        let mut offset = 0;
        loop {
            let rest = text.get(offset..).unwrap_or_default();
            let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut octets, true);
            offset += read;
            match result {
                EncoderResult::InputEmpty => return (octets, offset),
                EncoderResult::OutputFull => octets.reserve(rest.len() + ROOM),
                // The one in front; what is named is U+FFFD if ISO-2022-JP would take it for a shift.
                EncoderResult::Unmappable(_) => return (octets, before(text, offset)),
            }
        }
    }

    /// Where the character starts that ends at an offset.
    fn before(text: &str, offset: usize) -> usize {
        let (head, _) = text.split_at_checked(offset).unwrap_or((text, ""));
        head.char_indices().next_back().map_or(0, |(start, _)| start)
    }

    /// Whether a character is one of the national standard, not of a vendor's extension.
    fn is_standard(charset: Charset, group: &[u8]) -> bool {
        let &[lead, trail] = group else {
            return true;
        };
        match charset {
            Charset::ShiftJis => matches!(lead, 0x81..=0x84 | 0x88..=0x9F | 0xE0..=0xEA),
            Charset::EucJp => matches!(lead, 0x8E | 0xA1..=0xA8 | 0xB0..=0xF4),
            Charset::Iso2022Jp => matches!(lead, 0x21..=0x28 | 0x30..=0x74),
            Charset::KsC5601 => lead >= 0xA1 && trail >= 0xA1,
            _ => true,
        }
    }

    /// Enough for an escape sequence and a character, so that every round gets further.
    const ROOM: usize = 8;
}
