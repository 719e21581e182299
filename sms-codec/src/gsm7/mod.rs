//! GSM 7-bit text: which characters it has, one septet per octet, and packed.
//!
//! Text is encoded to septets, one per octet; that is what SMPP normally carries. [`pack`] turns
//! septets into the octets of the air interface. Everything that writes takes any `Extend`, and
//! everything that reads is an iterator, so a caller with its own buffer allocates nothing.
//!
//! The default alphabet and its extension table are here; [`Tables`] is where the national
//! language tables join. This module does not replace characters that GSM 7-bit lacks.

mod pack;
mod table;

use alloc::{string::String, vec::Vec};
use core::fmt;

pub use pack::{Pack, Unpack, fill_bits, pack, pack_padded, udh_septets, unpack, unpack_padded};
use table::Page;

/// The locking and the single shift table that apply to one part of a message.
///
/// ```
/// use sms_codec::gsm7::Tables;
///
/// let septets = Tables::DEFAULT.encode("1 €")?;
/// assert_eq!(septets, [0x31, 0x20, 0x1B, 0x65]);
/// assert_eq!(Tables::DEFAULT.decode(&septets), "1 €");
/// assert_eq!(Tables::DEFAULT.encode("да").unwrap_err().offset, 0);
/// # Ok::<(), sms_codec::gsm7::Unencodable>(())
/// ```
#[derive(Clone, Copy)]
pub struct Tables {
    locking: &'static Page,
    single: &'static Page,
}

impl Tables {
    /// The GSM 7-bit default alphabet with its extension table.
    pub const DEFAULT: Self = Self { locking: &table::DEFAULT, single: &table::DEFAULT_EXTENSION };

    /// Encodes text, one septet per octet.
    pub fn encode(self, text: &str) -> Result<Vec<u8>, Unencodable> {
        let mut septets = Vec::with_capacity(text.len());
        self.encode_into(text, &mut septets)?;
        Ok(septets)
    }

    /// Encodes text to the end of `out`, which keeps what came before the failing character.
    pub fn encode_into(self, text: &str, out: &mut impl Extend<u8>) -> Result<(), Unencodable> {
        let mut rest = text;
        loop {
            let run = rest.bytes().take_while(|&octet| self.locking.is_plain(octet)).count();
            let (plain, tail) = rest.split_at_checked(run).unwrap_or((rest, ""));
            out.extend(plain.bytes());
            let mut characters = tail.chars();
            let Some(character) = characters.next() else {
                return Ok(());
            };
            match self.code(character) {
                Some(Code::One(code)) => out.extend([code]),
                Some(Code::Pair(code)) => out.extend([ESCAPE, code]),
                None => {
                    return Err(Unencodable { offset: text.len() - tail.len() });
                }
            }
            rest = characters.as_str();
        }
    }

    /// Counts the septets of a text; an extension character takes two.
    pub fn septets(self, text: &str) -> Result<usize, Unencodable> {
        text.char_indices().try_fold(0, |count, (offset, character)| match self.code(character) {
            Some(Code::One(_)) => Ok(count + 1),
            Some(Code::Pair(_)) => Ok(count + 2),
            None => Err(Unencodable { offset }),
        })
    }

    /// Looks one character up.
    pub fn code(self, character: char) -> Option<Code> {
        let pair = || self.single.code(character).map(Code::Pair);
        self.locking.code(character).map(Code::One).or_else(pair)
    }

    /// Decodes septets, one per octet; what no table holds becomes U+FFFD.
    pub fn decode(self, septets: &[u8]) -> String {
        let mut text = String::with_capacity(septets.len());
        let mut rest = septets;
        loop {
            let run = rest.iter().take_while(|&&septet| self.locking.is_plain(septet)).count();
            let (plain, tail) = rest.split_at_checked(run).unwrap_or((rest, &[]));
            text.push_str(core::str::from_utf8(plain).unwrap_or_default());
            let mut septets = tail.iter();
            let Some(character) = self.chars(septets.by_ref().copied()).next() else {
                return text;
            };
            text.push(character);
            rest = septets.as_slice();
        }
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
        Chars { tables: self, septets: septets.into_iter() }
    }
}

impl Default for Tables {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Debug for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tables").finish_non_exhaustive()
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
    tables: Tables,
    septets: I,
}

impl<I: Iterator<Item = u8>> Iterator for Chars<I> {
    type Item = char;

    // 3GPP TS 23.038 §6.2.1: an escaped code without a cell shows the locking table's character,
    // a second escape shows a space. An escape that ends the text is dropped.
    fn next(&mut self) -> Option<char> {
        let Tables { locking, single } = self.tables;
        let mut code = self.septets.next()?;
        if code == ESCAPE {
            code = self.septets.next()?;
            if code == ESCAPE {
                return Some(' ');
            }
            if let Some(character) = single.char(code) {
                return Some(character);
            }
        }
        Some(locking.char(code).unwrap_or(table::VOID))
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
    fn debug_hides_message_text() {
        let digits = alloc::format!("{:?}", Tables::DEFAULT.chars(unpack(b"abc", 0)));
        assert_eq!(digits, "Chars { .. }");
        assert_eq!(alloc::format!("{:?}", unpack(b"abc", 0)), "Unpack { .. }");
        assert_eq!(alloc::format!("{:?}", pack(*b"abc", 0)), "Pack { .. }");
    }
}
