//! From `data_coding` to alphabet, per carrier, and text to octets and back.
//!
//! [`Charset`] is how text is written in octets; [`Coding`] is which of them a carrier means by
//! which `data_coding`, which is the MC's own affair for 0 and 1 at least.
//!
//! Reading never fails: what cannot be read becomes U+FFFD. Writing names the first character that
//! does not fit, and what was written reads back as the same text.
//!
//! Cyrillic, Hebrew, Japanese and Korean sets need the feature `encodings`. Without it only their
//! ASCII part is read and written; the same holds, with or without it, for JIS X 0212 alone and for
//! pictograms, which nothing here converts. Choosing the cheapest alphabet for a text is done in
//! [`plan`](crate::plan), not here.

mod coding;
mod legacy;
mod name;

use alloc::{string::String, vec::Vec};

pub use coding::{Coding, EncodeError};
pub use name::UnknownCharset;

use crate::dcs::Alphabet;
use crate::gsm7::{self, Tables, Unencodable};
use crate::segment::Unit;
use crate::ucs2;

/// A character set and how it is written in octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Charset {
    /// GSM 7-bit, one septet per octet.
    #[default]
    Gsm7,
    /// GSM 7-bit, eight septets in seven octets.
    ///
    /// SMPP counts octets here, so seven spare bits hold a carriage return, as in USSD. From a
    /// peer that leaves zeros there instead, such a text reads with an `@` at its end.
    Gsm7Packed,
    /// ASCII (IA5).
    Ascii,
    /// ISO-8859-1.
    Latin1,
    /// Octets without a stated meaning; shown as ISO-8859-1.
    Octets,
    /// UTF-16, big endian, of which UCS-2 is the part without surrogates.
    Ucs2,
    /// ISO-8859-5, Cyrillic.
    Iso8859_5,
    /// ISO-8859-8, Hebrew, in the order it is sent.
    Iso8859_8,
    /// JIS X 0208 in the octets of Shift_JIS, as most of those who send it do.
    ShiftJis,
    /// JIS X 0208 in the octets of EUC-JP; JIS X 0212 is read as well.
    EucJp,
    /// JIS X 0208 between escape sequences.
    Iso2022Jp,
    /// JIS X 0212 alone; its characters are not converted.
    JisX0212,
    /// KS C 5601 in the octets of EUC-KR; the syllables of Windows-949 are read as well.
    KsC5601,
    /// Pictograms; not converted.
    Pictogram,
}

impl Charset {
    /// Every character set.
    pub const ALL: [Self; 14] = [
        Self::Gsm7,
        Self::Gsm7Packed,
        Self::Ascii,
        Self::Latin1,
        Self::Octets,
        Self::Ucs2,
        Self::Iso8859_5,
        Self::Iso8859_8,
        Self::ShiftJis,
        Self::EucJp,
        Self::Iso2022Jp,
        Self::JisX0212,
        Self::KsC5601,
        Self::Pictogram,
    ];

    /// Decodes octets that no UDH precedes; never fails.
    pub fn decode(self, octets: &[u8]) -> String {
        self.decode_after(0, octets)
    }

    /// Decodes octets after a UDH of `udh_octets`, which only packed septets must know.
    pub fn decode_after(self, udh_octets: usize, octets: &[u8]) -> String {
        self.decode_in(Tables::DEFAULT, udh_octets, octets)
    }

    /// The same, GSM 7-bit text in the tables that the UDH names.
    pub(super) fn decode_in(self, tables: Tables, udh_octets: usize, octets: &[u8]) -> String {
        match self {
            Self::Gsm7 => tables.decode(octets),
            Self::Gsm7Packed => {
                let septets = gsm7::unpack_padded(octets, gsm7::fill_bits(udh_octets));
                tables.chars(septets).collect()
            }
            Self::Ascii => octets.iter().map(|&octet| ascii(octet)).collect(),
            Self::Latin1 | Self::Octets => octets.iter().map(|&octet| char::from(octet)).collect(),
            Self::Ucs2 => ucs2::decode(octets),
            _ => legacy::decode(self, octets),
        }
    }

    /// Encodes text, if this set has every character.
    ///
    /// ```
    /// use sms_codec::charset::Charset;
    ///
    /// assert_eq!(Charset::Latin1.encode("ñ"), Ok(vec![0xF1]));
    /// assert_eq!(Charset::Latin1.encode("ñ€").unwrap_err().offset, 2);
    /// ```
    pub fn encode(self, text: &str) -> Result<Vec<u8>, Unencodable> {
        match self {
            Self::Gsm7 => Tables::DEFAULT.encode(text),
            Self::Gsm7Packed => {
                let septets = Tables::DEFAULT.encode(text)?;
                Ok(gsm7::pack_padded(septets, 0).collect())
            }
            Self::Ascii => narrow(text, 0x7F),
            Self::Latin1 | Self::Octets => narrow(text, 0xFF),
            Self::Ucs2 => Ok(ucs2::encode(text)),
            _ => legacy::encode(self, text),
        }
    }

    /// Whether this build converts the whole set, not only its ASCII part.
    pub const fn is_converted(self) -> bool {
        match self {
            Self::Gsm7 | Self::Gsm7Packed | Self::Ascii | Self::Latin1 | Self::Octets | Self::Ucs2 => true,
            Self::JisX0212 | Self::Pictogram => false,
            _ => cfg!(feature = "encodings"),
        }
    }

    /// The alphabet of the air interface that carries these octets as they are, if one does.
    pub const fn alphabet(self) -> Option<Alphabet> {
        match self {
            Self::Gsm7 | Self::Gsm7Packed => Some(Alphabet::Gsm7),
            Self::Octets => Some(Alphabet::EightBit),
            Self::Ucs2 => Some(Alphabet::Ucs2),
            _ => None,
        }
    }

    /// In what units long text of this set is counted and split.
    pub const fn unit(self) -> Unit {
        match self {
            // IA5 goes out as GSM 7-bit over the air.
            Self::Gsm7 | Self::Gsm7Packed | Self::Ascii => Unit::Septet,
            Self::Ucs2 => Unit::CodeUnit,
            _ => Unit::Octet,
        }
    }

    /// Octets of the longest beginning of at most `limit` octets after which text may be cut.
    ///
    /// That is never inside a character. ISO-2022-JP is cut only where it has shifted back to
    /// ASCII: 0 if there is no such place; cut the text instead, and encode part by part. Packed
    /// septets are cut before they are packed.
    ///
    /// ```
    /// use sms_codec::charset::Charset;
    ///
    /// let octets = [b'a', 0xB0, 0xA1, 0xB0, 0xA2];
    /// assert_eq!(Charset::KsC5601.cut(&octets, 4), 3);
    /// assert_eq!(Charset::Latin1.cut(&octets, 4), 4);
    /// ```
    pub fn cut(self, octets: &[u8], limit: usize) -> usize {
        if octets.len() <= limit {
            return octets.len();
        }
        match self {
            Self::Gsm7 | Self::Gsm7Packed => limit - usize::from(ends_in_escape(octets, limit)),
            Self::Ucs2 => {
                let whole = limit & !1;
                whole - 2 * usize::from(is_amid_pair(octets, whole))
            }
            Self::ShiftJis | Self::EucJp | Self::JisX0212 | Self::KsC5601 | Self::Iso2022Jp => legacy::cut(self, octets, limit),
            _ => limit,
        }
    }
}

/// Whether the septet before this place is an escape and not itself escaped.
fn ends_in_escape(septets: &[u8], place: usize) -> bool {
    let before = septets.get(..place).unwrap_or_default();
    before.iter().rev().take_while(|septet| **septet == gsm7::ESCAPE).count() % 2 == 1
}

/// Whether a surrogate pair has one half before this place and the other behind it.
fn is_amid_pair(octets: &[u8], place: usize) -> bool {
    let around = place.checked_sub(2).and_then(|start| octets.get(start..place + 2));
    matches!(around, Some([0xD8..=0xDB, _, 0xDC..=0xDF, _]))
}

fn ascii(octet: u8) -> char {
    if octet.is_ascii() { char::from(octet) } else { char::REPLACEMENT_CHARACTER }
}

/// Encodes text whose characters are all at most `last`, one octet each.
fn narrow(text: &str, last: u8) -> Result<Vec<u8>, Unencodable> {
    let octet = |(offset, character): (usize, char)| match u8::try_from(character) {
        Ok(octet) if octet <= last => Ok(octet),
        _ => Err(Unencodable { offset }),
    };
    text.char_indices().map(octet).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_text_after_a_concatenation_header_has_one_fill_bit_and_padding() {
        let octets = [0xE0, 0x61, 0x39, 0x1D, 0xF4, 0x76, 0x97, 0x1B];
        assert_eq!(Charset::Gsm7Packed.decode_after(6, &octets), "part one");
    }

    #[test]
    fn every_set_has_ascii_and_names_what_it_lacks() {
        for charset in Charset::ALL {
            let octets = charset.encode("Ok 12").unwrap();
            assert_eq!(charset.decode(&octets), "Ok 12", "{charset:?}");
            if charset != Charset::Ucs2 {
                assert_eq!(charset.encode("Ok 😀").unwrap_err().offset, 3, "{charset:?}");
            }
        }
    }

    #[test]
    fn ascii_and_octets_read_as_they_should() {
        assert_eq!(Charset::Ascii.decode(b"a\x80"), "a\u{FFFD}");
        assert_eq!(Charset::Octets.decode(b"a\x80"), "a\u{80}");
    }

    #[test]
    fn pairs_of_gsm7_and_ucs2_are_not_cut() {
        assert_eq!(Charset::Gsm7.cut(b"a\x1B\x65b", 2), 1);
        assert_eq!(Charset::Gsm7.cut(b"\x1B\x1B\x65b", 2), 2);
        assert_eq!(Charset::Ucs2.cut(&[0, 0x41, 0xD8, 0x3D, 0xDE, 0], 4), 2);
        assert_eq!(Charset::Ucs2.cut(&[0xD8, 0x3D, 0xD8, 0x3D, 0xDE, 0], 3), 2);
    }

    /// Where a cut finds itself that reads character after character from the start.
    fn read_up_to(charset: Charset, octets: &[u8], limit: usize) -> usize {
        let mut end = 0;
        loop {
            let len = match (charset, &octets[end..]) {
                (Charset::Ucs2, [0xD8..=0xDB, _, 0xDC..=0xDF, _, ..]) => 4,
                (Charset::Ucs2, _) | (_, [gsm7::ESCAPE, ..]) => 2,
                _ => 1,
            };
            if end + len > limit {
                return end;
            }
            end += len;
        }
    }

    #[test]
    fn what_is_seen_from_the_place_of_the_cut_is_what_reading_from_the_start_finds() {
        // Every text of up to six characters, cut everywhere, with half a unit more or less.
        let gsm7: &[&[u8]] = &[b"a", &[gsm7::ESCAPE]];
        let ucs2: &[&[u8]] = &[&[0, b'a'], &[0xD8, 0x3D], &[0xDE, 0]];
        for (charset, characters) in [(Charset::Gsm7, gsm7), (Charset::Gsm7Packed, gsm7), (Charset::Ucs2, ucs2)] {
            let mut texts = Vec::from([Vec::new()]);
            for at in 0.. {
                let Some(text) = texts.get(at).cloned() else { break };
                for end in [&[][..], &[0xD8]] {
                    let octets = [&text[..], end].concat();
                    for limit in 0..octets.len() {
                        assert_eq!(charset.cut(&octets, limit), read_up_to(charset, &octets, limit), "{octets:X?} at {limit}");
                    }
                }
                if text.len() < 6 * characters[0].len() {
                    texts.extend(characters.iter().map(|character| [&text[..], character].concat()));
                }
            }
        }
    }
}
