//! From `data_coding` to alphabet, per peer, and text to octets and back.
//!
//! What `data_coding` 0 and 1 mean is the MC's own affair, so [`Coding`] holds it per peer.
//! The multi-byte and national character sets of the SMPP table (JIS, KS C 5601, Cyrillic,
//! Hebrew, pictograms) are named, but not converted yet: they read as ISO-8859-1, and text is
//! never encoded to them.

use alloc::{string::String, vec::Vec};

use crate::dcs::{Alphabet, Dcs};
use crate::gsm7::{self, Tables, Unencodable};
use crate::segment::Unit;
use crate::ucs2;

/// What one peer means by `data_coding`.
///
/// ```
/// use sms_codec::charset::{Charset, Coding};
///
/// let usual = Coding::default();
/// assert_eq!(usual.decode(0x00, b"\x00 \x1B\x65"), "@ €");
/// assert_eq!(usual.encode("да"), (0x08, vec![0x04, 0x34, 0x04, 0x30]));
///
/// let latin1 = Coding { default_alphabet: Charset::Latin1, ..usual };
/// assert_eq!(latin1.decode(0x00, b"caf\xE9"), "café");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Coding {
    /// What `data_coding` 0 stands for: GSM 7-bit unless the peer says otherwise.
    pub default_alphabet: Charset,
    /// What `data_coding` 1 stands for: ASCII, though some MCs mean GSM 7-bit.
    pub ia5: Charset,
}

impl Coding {
    /// The character set of a `data_coding` octet; reserved values mean the default alphabet.
    pub const fn charset(self, data_coding: u8) -> Charset {
        match data_coding {
            0x01 => self.ia5,
            0x02 | 0x04 => Charset::Octets,
            0x03 => Charset::Latin1,
            0x05 => Charset::JisX0208,
            0x06 => Charset::Iso8859_5,
            0x07 => Charset::Iso8859_8,
            0x08 => Charset::Ucs2,
            0x09 => Charset::Pictogram,
            0x0A => Charset::Iso2022Jp,
            0x0D => Charset::JisX0212,
            0x0E => Charset::KsC5601,
            // Reserved below 0xC0 by SMPP, but many MCs pass these through.
            0x10..=0x3F | 0xC0..=0xFF => self.air(Dcs(data_coding)),
            _ => self.default_alphabet,
        }
    }

    /// Decodes user data without its UDH; what cannot be read becomes U+FFFD.
    pub fn decode(self, data_coding: u8, octets: &[u8]) -> String {
        self.charset(data_coding).decode(octets)
    }

    /// Chooses `data_coding` 0 if the default alphabet has every character, else UCS-2.
    pub fn encode(self, text: &str) -> (u8, Vec<u8>) {
        match self.default_alphabet.encode(text) {
            Ok(octets) => (0x00, octets),
            Err(_) => (0x08, ucs2::encode(text)),
        }
    }

    const fn air(self, dcs: Dcs) -> Charset {
        match dcs.alphabet() {
            // Nobody compresses; if somebody does, we cannot read it.
            _ if dcs.is_compressed() => Charset::Octets,
            Alphabet::EightBit => Charset::Octets,
            Alphabet::Ucs2 => Charset::Ucs2,
            Alphabet::Gsm7 => match self.default_alphabet {
                Charset::Gsm7Packed => Charset::Gsm7Packed,
                _ => Charset::Gsm7,
            },
        }
    }
}

impl Default for Coding {
    fn default() -> Self {
        Self { default_alphabet: Charset::Gsm7, ia5: Charset::Ascii }
    }
}

/// A character set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Charset {
    /// GSM 7-bit, one septet per octet.
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
    /// UTF-16, big endian.
    Ucs2,
    /// JIS X 0208-1990; read as ISO-8859-1 for now.
    JisX0208,
    /// JIS X 0212-1990; read as ISO-8859-1 for now.
    JisX0212,
    /// ISO-2022-JP music codes; read as ISO-8859-1 for now.
    Iso2022Jp,
    /// KS C 5601; read as ISO-8859-1 for now.
    KsC5601,
    /// ISO-8859-5 Cyrillic; read as ISO-8859-1 for now.
    Iso8859_5,
    /// ISO-8859-8 Hebrew; read as ISO-8859-1 for now.
    Iso8859_8,
    /// Pictograms; read as ISO-8859-1 for now.
    Pictogram,
}

impl Charset {
    /// Decodes octets that no UDH precedes; never fails.
    pub fn decode(self, octets: &[u8]) -> String {
        self.decode_after(0, octets)
    }

    /// Decodes octets after a UDH of `udh_octets`, which only packed septets must know.
    pub fn decode_after(self, udh_octets: usize, octets: &[u8]) -> String {
        match self {
            Self::Gsm7 => Tables::DEFAULT.decode(octets),
            Self::Gsm7Packed => {
                let septets = gsm7::unpack_padded(octets, gsm7::fill_bits(udh_octets));
                Tables::DEFAULT.chars(septets).collect()
            }
            Self::Ascii => octets.iter().map(|&octet| ascii(octet)).collect(),
            Self::Ucs2 => ucs2::decode(octets),
            _ => octets.iter().map(|&octet| char::from(octet)).collect(),
        }
    }

    /// Encodes text, if this set has every character and this crate can write it.
    pub fn encode(self, text: &str) -> Result<Vec<u8>, Unencodable> {
        match self {
            Self::Gsm7 => Tables::DEFAULT.encode(text),
            Self::Gsm7Packed => {
                let septets = Tables::DEFAULT.encode(text)?;
                Ok(gsm7::pack_padded(septets, 0).collect())
            }
            Self::Ascii => narrow(text, 0x7F),
            Self::Latin1 => narrow(text, 0xFF),
            Self::Ucs2 => Ok(ucs2::encode(text)),
            _ => Err(Unencodable { offset: 0 }),
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
    fn a_packed_peer_gets_padding_and_gives_it_back() {
        let packed = Coding { default_alphabet: Charset::Gsm7Packed, ..Coding::default() };
        let (data_coding, octets) = packed.encode("1234567");
        assert_eq!((data_coding, octets.as_slice()), (0, &b"\x31\xD9\x8C\x56\xB3\xDD\x1A"[..]));
        assert_eq!(packed.decode(0, &octets), "1234567");
        assert_eq!(packed.decode(0xF0, &octets), "1234567");
    }

    #[test]
    fn packed_text_after_a_concatenation_header_has_one_fill_bit_and_padding() {
        let octets = [0xE0, 0x61, 0x39, 0x1D, 0xF4, 0x76, 0x97, 0x1B];
        assert_eq!(Charset::Gsm7Packed.decode_after(6, &octets), "part one");
    }

    #[test]
    fn text_outside_the_default_alphabet_goes_out_as_ucs2() {
        for default_alphabet in [Charset::Gsm7, Charset::Gsm7Packed, Charset::Ascii, Charset::Latin1] {
            let coding = Coding { default_alphabet, ..Coding::default() };
            assert_eq!(coding.encode("ok").0, 0);
            assert_eq!(coding.encode("да").0, 8);
        }
        let ascii = Coding { default_alphabet: Charset::Ascii, ..Coding::default() };
        assert_eq!(ascii.encode("é").0, 8);
    }

    #[test]
    fn every_octet_of_every_set_reads_as_something() {
        let octets: Vec<u8> = (0..=255).collect();
        for data_coding in 0..=255 {
            assert!(!Coding::default().decode(data_coding, &octets).is_empty());
        }
        assert_eq!(Charset::Ascii.decode(b"a\x80"), "a\u{FFFD}");
    }
}
