//! GSM 7-bit text: which characters it has, one septet per octet, and packed.
//!
//! Text is encoded to septets, one per octet; that is what SMPP normally carries. [`pack_into`]
//! turns septets into the octets of the air interface. Everything that writes takes any `Extend`,
//! so a caller with its own buffer allocates nothing.
//!
//! [`Tables`] says which tables apply: the default alphabet with its extension, or those of national
//! languages. Which tables suit a text best is chosen in [`plan`](crate::plan). This module does
//! not replace characters that the tables lack; [`smart`](crate::smart) does.
//!
//! Any octets decode (3GPP TS 23.038 §6.2.1):
//!
//! * after an escape, a code that the single shift table lacks shows the character of the locking
//!   table; so does 0x0D, which every locking table has as the carriage return;
//! * two escapes show a space, an escape that ends the text shows nothing;
//! * a code that the locking table lacks, and an octet above 0x7F, shows U+FFFD.
//!
//! Of several codes of one character the lowest is written.

mod block;
mod coder;
mod language;
mod pack;
mod page;
mod scan;
mod sparse;
mod table;

use alloc::{string::String, vec::Vec};
use core::fmt;

pub(crate) use block::Packing;
pub use language::{Language, Languages};
pub use pack::{
    Pack, Unpack, fill_bits, pack, pack_into, pack_padded, pack_padded_into, udh_septets, unpack, unpack_into, unpack_padded,
};
use page::{Both, Page, Septets};
pub(crate) use scan::{Fit, Plain, Spot, characters, fit};
pub(crate) use table::{Holders, holders};

use crate::udh::{Element, Udh};

/// The locking and the single shift table that apply to one part of a message.
///
/// ```
/// use sms_codec::gsm7::{Language, Tables};
///
/// let septets = Tables::DEFAULT.encode("1 €")?;
/// assert_eq!(septets, [0x31, 0x20, 0x1B, 0x65]);
/// assert_eq!(Tables::DEFAULT.decode(&septets), "1 €");
/// assert_eq!(Tables::DEFAULT.encode("да").unwrap_err().offset, 0);
///
/// let turkish = Tables::new(Language::Default, Language::Turkish);
/// assert_eq!(turkish.encode("ığ")?, [0x1B, 0x69, 0x1B, 0x67]);
/// assert_eq!(turkish.elements().as_bytes(), [0x24, 1, 1]);
/// # Ok::<(), sms_codec::gsm7::Unencodable>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Tables {
    locking: Language,
    single: Language,
}

impl Tables {
    /// The GSM 7-bit default alphabet with its extension table.
    pub const DEFAULT: Self = Self::new(Language::Default, Language::Default);

    /// The tables of these languages; Spanish has no locking table, so it means the default there.
    pub const fn new(locking: Language, single: Language) -> Self {
        match locking {
            Language::Spanish => Self { locking: Language::Default, single },
            _ => Self { locking, single },
        }
    }

    /// The tables that a user data header asks for; of repeated elements the last one counts.
    ///
    /// ```
    /// use sms_codec::gsm7::{Language, Tables};
    /// use sms_codec::udh::Udh;
    ///
    /// let (udh, text) = Udh::split(b"\x03\x25\x01\x01\x07")?;
    /// let tables = Tables::from_udh(udh);
    /// assert_eq!(tables.locking(), Language::Turkish);
    /// assert_eq!(tables.decode(text), "ı");
    /// # Ok::<(), sms_codec::udh::UdhError>(())
    /// ```
    pub fn from_udh(udh: Udh<'_>) -> Self {
        let language = |wanted| {
            let identifiers = udh.iter().filter_map(move |element| match element {
                Element { id, data: &[identifier] } if id == wanted => Some(identifier),
                _ => None,
            });
            identifiers.last().map(Language::from_identifier).unwrap_or_default()
        };
        Self::new(language(LOCKING_SHIFT), language(SINGLE_SHIFT))
    }

    /// The information elements that every part in these tables carries; none for the default ones.
    #[inline]
    pub fn elements(self) -> Elements {
        if self == Self::DEFAULT { Elements::default() } else { self.named_elements() }
    }

    fn named_elements(self) -> Elements {
        let mut elements = Elements::default();
        for (id, language) in [(SINGLE_SHIFT, self.single), (LOCKING_SHIFT, self.locking)] {
            if language != Language::Default {
                elements.push([id, 1, language.identifier()]);
            }
        }
        elements
    }

    /// The language of the locking shift table.
    pub const fn locking(self) -> Language {
        self.locking
    }

    /// The language of the single shift table.
    pub const fn single(self) -> Language {
        self.single
    }

    /// Encodes text, one septet per octet.
    pub fn encode(self, text: &str) -> Result<Vec<u8>, Unencodable> {
        let mut septets = Vec::with_capacity(text.len());
        self.encode_into(text, &mut septets)?;
        Ok(septets)
    }

    /// Encodes text to the end of `out`, which keeps what came before the failing character.
    pub fn encode_into(self, text: &str, out: &mut impl Extend<u8>) -> Result<(), Unencodable> {
        coder::encode(self.pages(), text, out)
    }

    /// Counts the septets of a text; an extension character takes two.
    pub fn septets(self, text: &str) -> Result<usize, Unencodable> {
        self.fit(text, usize::MAX).map(|fit| fit.units)
    }

    /// Looks one character up.
    pub fn code(self, character: char) -> Option<Code> {
        self.pages().code(character)
    }

    /// The longest beginning of a text that so many septets hold.
    pub(crate) fn fit(self, text: &str, room: usize) -> Result<Fit, Unencodable> {
        let pages = self.pages();
        let step = |spot: Spot<'_>| pages.septets(spot).map(|(septets, len)| (len, septets.count()));
        fit(text, room, pages.plain(), step).map_err(|offset| Unencodable { offset })
    }

    /// Whether its locking table has what all Latin ones have.
    pub(crate) fn is_latin(self) -> bool {
        self.pages().plain() == Plain::Latin
    }

    /// Decodes septets, one per octet; what no table holds becomes U+FFFD.
    pub fn decode(self, septets: &[u8]) -> String {
        let mut text = String::with_capacity(septets.len());
        self.decode_into(septets, &mut text);
        text
    }

    /// Decodes septets to the end of `text`.
    pub fn decode_into(self, septets: &[u8], text: &mut String) {
        coder::decode(self.pages(), septets, text);
    }

    /// Decodes any source of septets without allocating, for instance [`unpack`].
    ///
    /// ```
    /// use sms_codec::gsm7::{Tables, unpack};
    ///
    /// let packed = [0xE8, 0x32, 0x9B, 0xFD, 0x06];
    /// assert!(Tables::DEFAULT.chars(unpack(&packed, 0).take(5)).eq("hello".chars()));
    /// ```
    pub fn chars<I: IntoIterator<Item = u8>>(self, septets: I) -> Chars<I::IntoIter> {
        Chars { pages: self.pages(), septets: septets.into_iter() }
    }

    fn pages(self) -> Pages {
        Pages {
            locking: table::locking(self.locking),
            single: table::single(self.single),
            both: (self == Self::DEFAULT).then_some(&table::BOTH),
        }
    }
}

/// The pages of [`Tables`].
#[derive(Clone, Copy)]
struct Pages {
    locking: &'static Page,
    single: &'static Page,
    /// The two in one, for the default ones: nearly all text is in those.
    both: Option<&'static Both>,
}

impl Pages {
    /// What means the same in ASCII and in the locking table.
    #[inline]
    const fn plain(self) -> Plain {
        if self.locking.is_latin() { Plain::Latin } else { Plain::Nothing }
    }

    #[inline]
    fn code(self, character: char) -> Option<Code> {
        if let Some(both) = self.both {
            return both.codes.get(character);
        }
        let pair = || self.single.code(character).map(Code::Pair);
        self.locking.code(character).map(Code::One).or_else(pair)
    }

    /// How the character at a spot is written, and how many octets of UTF-8 it has.
    #[inline(always)]
    fn septets(self, spot: Spot<'_>) -> Option<(Septets, usize)> {
        match (self.both, spot.octets()) {
            (Some(both), [first @ ..0xE0, next]) => Some((both.near(first, next)?, 1 + usize::from(first >= 0x80))),
            _ => {
                let (character, len) = spot.character()?;
                Some((self.code(character)?.into(), len))
            }
        }
    }

    /// Takes the septets of one character.
    #[inline]
    fn read(self, septets: &mut impl Iterator<Item = u8>) -> Option<char> {
        let mut code = septets.next()?;
        if code == ESCAPE {
            code = septets.next()?;
            if code == ESCAPE {
                return Some(' ');
            }
            if let Some(character) = self.single.char(code) {
                return Some(character);
            }
        }
        Some(self.locking.char(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}

/// The information elements of one pair of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Elements {
    octets: [u8; 6],
    len: u8,
}

impl Elements {
    /// The elements, without a length octet in front.
    pub fn as_bytes(&self) -> &[u8] {
        self.octets.get(..self.len.into()).unwrap_or_default()
    }

    fn push(&mut self, element: [u8; 3]) {
        let free = self.octets.iter_mut().skip(self.len.into());
        free.zip(element).for_each(|(place, octet)| *place = octet);
        self.len += 3;
    }
}

/// How a character is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// One septet of the locking table.
    One(u8),
    /// An escape and one septet of the single shift table.
    Pair(u8),
}

impl Code {
    /// How many septets that takes.
    pub const fn septets(self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Pair(_) => 2,
        }
    }
}

/// The text holds a character that the tables lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unencodable {
    /// Where the character starts, in octets of the UTF-8 text.
    pub offset: usize,
}

impl fmt::Display for Unencodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text: character at octet {} is not in the alphabet", self.offset)
    }
}

impl core::error::Error for Unencodable {}

/// Characters read from septets.
#[derive(Clone)]
pub struct Chars<I> {
    pages: Pages,
    septets: I,
}

impl<I: Iterator<Item = u8>> Iterator for Chars<I> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        self.pages.read(&mut self.septets)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.septets.size_hint();
        (least / 2, most)
    }
}

/// Shows no message text.
impl<I> fmt::Debug for Chars<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chars").finish_non_exhaustive()
    }
}

/// Announces a septet of the single shift table.
pub const ESCAPE: u8 = 0x1B;
/// Carriage return, also the padding septet.
const CR: u8 = 0x0D;
/// Information element identifiers of the national languages.
const SINGLE_SHIFT: u8 = 0x24;
const LOCKING_SHIFT: u8 = 0x25;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_code_without_a_cell_shows_the_default_character() {
        assert_eq!(Tables::DEFAULT.decode(b"\x1BA\x1B\x0D\x1B\x00"), "A\r@");
    }

    #[test]
    fn two_escapes_are_one_space_and_a_last_escape_is_nothing() {
        assert_eq!(Tables::DEFAULT.decode(b"a\x1B\x1Bb\x1B"), "a b");
        assert_eq!(Tables::DEFAULT.decode(b"\x1B\x1B\x1B\x65"), " €");
        assert_eq!(Tables::DEFAULT.decode(b"\x1B"), "");
    }

    #[test]
    fn octets_above_a_septet_are_replaced() {
        assert_eq!(Tables::DEFAULT.decode(b"a\x80\xFF\x1B\xE5b"), "a\u{FFFD}\u{FFFD}\u{FFFD}b");
    }

    #[test]
    fn the_error_names_the_octet_and_the_buffer_keeps_the_rest() {
        let mut out = Vec::new();
        let error = Tables::DEFAULT.encode_into("né да", &mut out).unwrap_err();
        assert_eq!((error.offset, out.as_slice()), (4, &b"n\x05 "[..]));
        assert_eq!(Tables::DEFAULT.septets("né да"), Err(error));
    }

    #[test]
    fn look_alikes_are_not_encodable() {
        for text in ["ç", "\u{A0}", "’", "Α", "`", "\u{FFFD}", "\0", "\u{1B}"] {
            assert!(Tables::DEFAULT.encode(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_void_cell_shows_a_replacement_character() {
        let tamil = Tables::new(Language::Tamil, Language::Tamil);
        assert_eq!(tamil.decode(b"\x00a\x1B\x00"), "\u{FFFD}a@");
        assert!(Language::ALL.iter().all(|&language| Tables::new(language, language).decode(b"\x1B\x0D") == "\r"));
    }

    #[test]
    fn the_lowest_of_two_codes_is_written() {
        let hindi = Tables::new(Language::Default, Language::Hindi);
        assert_eq!(hindi.decode(b"\x1B\x0B\x1B\x18\x1B\x13\x1B\x15"), "**¡¡");
        assert_eq!(Tables::new(Language::Hindi, Language::Hindi).encode("*¡").unwrap(), b"\x1B\x0B\x1B\x13");
    }

    #[test]
    fn headers_and_tables_go_both_ways() {
        for locking in Language::ALL {
            for single in Language::ALL {
                let tables = Tables::new(locking, single);
                let elements = tables.elements();
                let udh = Udh::elements(elements.as_bytes()).unwrap();
                assert_eq!(Tables::from_udh(udh), tables);
            }
        }
        assert_eq!(Tables::new(Language::Spanish, Language::Default), Tables::DEFAULT);
        let odd = Udh::elements(b"\x24\x01\x01\x24\x01\x02\x25\x00\x25\x01\x63\x24\x02\x01\x01").unwrap();
        assert_eq!(Tables::from_udh(odd), Tables::new(Language::Default, Language::Spanish));
    }

    #[test]
    fn debug_hides_message_text() {
        let digits = alloc::format!("{:?}", Tables::DEFAULT.chars(unpack(b"abc", 0)));
        assert_eq!(digits, "Chars { .. }");
        assert_eq!(alloc::format!("{:?}", unpack(b"abc", 0)), "Unpack { .. }");
        assert_eq!(alloc::format!("{:?}", pack(*b"abc", 0)), "Pack { .. }");
    }
}
