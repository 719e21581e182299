//! Smart encoding: plainer characters for those that GSM 7-bit lacks, so that a few of them do not
//! cost the whole text its seven bits.
//!
//! A character that the tables have is never touched. For another one the first of these counts
//! that the tables can write:
//!
//! 1. a letter and a combining accent that are one character in Unicode become that character;
//! 2. [`Smart::Nearest`] only: the most similar letter that keeps an accent: á to à, í to ì, ó to
//!    ò, ú to ù, ő to ö, ű to ü, and ç to Ç, as handsets do;
//! 3. signs, spaces, ligatures and full-width forms say the same in ASCII: “ to ", – to -, … to
//!    three dots, ﬁ to fi; what has no shape at all (soft hyphen, joiners, controls) goes away;
//! 4. the bare Latin letter: Á to A, ê to e, ł to l. A combining accent that is left alone goes
//!    away.
//!
//! Emoji and other scripts have no replacement, but for Greek capitals that look like Latin ones.
//! This never happens to text that goes out as UCS-2: [`plan`](crate::plan) asks for it only if
//! all of the text then fits GSM 7-bit.

mod table;

use alloc::{string::String, vec::Vec};
use core::fmt;

use crate::gsm7::{self, Code, Fit, Plain, Spot, Tables, Unencodable};

/// Which characters may be replaced by similar ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Smart {
    /// None.
    #[default]
    Off,
    /// By the most similar character of the alphabet: á to à, ç to Ç.
    Nearest,
    /// By letters without accent: á to a, ç to c.
    Bare,
}

/// How text is written in GSM 7-bit when the tables lack some of its characters.
///
/// ```
/// use sms_codec::smart::{Rewrite, Smart};
///
/// let rewrite = Rewrite { smart: Smart::Nearest, ..Default::default() };
/// let (text, changes) = rewrite.apply("“Señal más…”")?;
/// assert_eq!(text, "\"Señal màs...\"");
/// let changes: Vec<_> = changes.iter().map(|change| (change.offset, change.from, change.to)).collect();
/// assert_eq!(changes, [(0, "“", "\""), (11, "á", "à"), (14, "…", "..."), (17, "”", "\"")]);
/// # Ok::<(), sms_codec::gsm7::Unencodable>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Rewrite {
    /// The tables that the text must fit.
    pub tables: Tables,
    /// What may stand in for a character that they lack.
    pub smart: Smart,
    /// Whether a question mark stands in for everything else.
    pub question_mark: bool,
}

impl Rewrite {
    /// The characters that are replaced, in order; reading them changes nothing.
    pub fn changes(self, text: &str) -> Changes<'_> {
        Changes { steps: self.steps(text) }
    }

    /// The text as it will be read, and what was changed; fails if a character has no replacement.
    pub fn apply(self, text: &str) -> Result<(String, Vec<Change<'_>>), Unencodable> {
        let mut out = String::with_capacity(text.len());
        for step in self.steps(text) {
            match step.written {
                Written::Code(_) => out.push_str(step.from),
                Written::Text(to) => out.push_str(to),
                Written::Lacking => return Err(Unencodable { offset: step.offset }),
            }
        }
        Ok((out, self.changes(text).collect()))
    }

    /// Encodes text to the end of `out`, which keeps what came before the failing character.
    pub fn encode_into(self, text: &str, out: &mut impl Extend<u8>) -> Result<(), Unencodable> {
        if self.is_plain() {
            return self.tables.encode_into(text, out);
        }
        for step in self.steps(text) {
            match step.written {
                Written::Code(Code::One(code)) => out.extend([code]),
                Written::Code(Code::Pair(code)) => out.extend([gsm7::ESCAPE, code]),
                Written::Text(to) => self.tables.encode_into(to, out)?,
                Written::Lacking => return Err(Unencodable { offset: step.offset }),
            }
        }
        Ok(())
    }

    /// Counts the septets of a text as it will be written.
    pub fn septets(self, text: &str) -> Result<usize, Unencodable> {
        self.fit(text, usize::MAX).map(|fit| fit.units)
    }

    /// The longest beginning of a text that so many septets hold; a replacement stays whole.
    pub(crate) fn fit(self, text: &str, room: usize) -> Result<Fit, Unencodable> {
        if self.is_plain() {
            return self.tables.fit(text, room);
        }
        // A combining accent belongs to the character before it.
        let plain = if self.tables.is_latin() { Plain::Unaccented } else { Plain::Nothing };
        let step = |spot: Spot<'_>| {
            let step = self.step(text.get(spot.at()..)?, spot.at())?;
            Some((step.from.len(), self.cost(step.written)?))
        };
        gsm7::fit(text, room, plain, step).map_err(|offset| Unencodable { offset })
    }

    /// The text in the smallest pieces that are written on their own.
    pub(crate) fn steps(self, text: &str) -> Steps<'_> {
        Steps { rewrite: self, text, rest: text }
    }

    /// Whether something stands in for a character that the tables lack.
    pub(crate) fn replaces(self, character: char) -> bool {
        self.replacement(character).is_some()
    }

    fn step(self, rest: &str, offset: usize) -> Option<Step<'_>> {
        let mut characters = rest.chars();
        let character = characters.next()?;
        let one = rest.get(..character.len_utf8())?;
        let next = characters.next().filter(|_| self.smart != Smart::Off);
        if let Some((mark, to)) = next.and_then(|mark| Some((mark, self.composed(character, mark)?))) {
            let from = rest.get(..one.len() + mark.len_utf8())?;
            return Some(Step { offset, from, written: Written::Text(to) });
        }
        let kept = self.tables.code(character).map(Written::Code);
        let replaced = || self.replacement(character).map(Written::Text);
        let written = kept.or_else(replaced).unwrap_or(Written::Lacking);
        Some(Step { offset, from: one, written })
    }

    /// What is written for a letter with a combining accent, if the two are one character.
    fn composed(self, letter: char, mark: char) -> Option<&'static str> {
        let composed = table::composed(letter, mark)?;
        self.allowed(composed).or_else(|| self.replacement(composed.chars().next()?))
    }

    /// What stands in for a character that the tables lack.
    fn replacement(self, character: char) -> Option<&'static str> {
        let allowed = |to| self.allowed(to);
        let nearest = || table::nearest(character).and_then(allowed);
        let plain = || table::plain(character).and_then(allowed);
        let bare = || table::bare(character).and_then(allowed);
        let mark = || table::is_mark(character).then_some("");
        let smart = match self.smart {
            Smart::Off => None,
            Smart::Nearest => nearest().or_else(plain).or_else(bare).or_else(mark),
            Smart::Bare => plain().or_else(bare).or_else(mark),
        };
        smart.or(if self.question_mark { self.allowed("?") } else { None })
    }

    fn allowed(self, to: &'static str) -> Option<&'static str> {
        to.chars().all(|character| self.tables.code(character).is_some()).then_some(to)
    }

    fn cost(self, written: Written) -> Option<usize> {
        match written {
            Written::Code(code) => Some(code.septets()),
            Written::Text(to) => self.tables.septets(to).ok(),
            Written::Lacking => None,
        }
    }

    /// Whether nothing is ever replaced.
    pub(crate) fn is_plain(self) -> bool {
        self.smart == Smart::Off && !self.question_mark
    }
}

/// One replacement.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Change<'t> {
    /// Where it is, in octets of the UTF-8 text.
    pub offset: usize,
    /// What the text says: one character, or a letter with a combining accent.
    pub from: &'t str,
    /// What is written.
    pub to: &'static str,
}

/// Shows no message text.
impl fmt::Debug for Change<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change").field("offset", &self.offset).finish_non_exhaustive()
    }
}

/// The replacements in a text, in order.
#[derive(Clone)]
pub struct Changes<'t> {
    steps: Steps<'t>,
}

impl<'t> Iterator for Changes<'t> {
    type Item = Change<'t>;

    fn next(&mut self) -> Option<Change<'t>> {
        self.steps.find_map(|step| match step.written {
            Written::Text(to) => Some(Change { offset: step.offset, from: step.from, to }),
            _ => None,
        })
    }
}

/// Shows no message text.
impl fmt::Debug for Changes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").finish_non_exhaustive()
    }
}

/// A piece of text and how it is written.
#[derive(Clone, Copy)]
pub(crate) struct Step<'t> {
    pub(crate) offset: usize,
    pub(crate) from: &'t str,
    pub(crate) written: Written,
}

#[derive(Clone, Copy)]
pub(crate) enum Written {
    /// As it is.
    Code(Code),
    /// Other text, which the tables have.
    Text(&'static str),
    /// Not at all.
    Lacking,
}

#[derive(Clone)]
pub(crate) struct Steps<'t> {
    rewrite: Rewrite,
    text: &'t str,
    rest: &'t str,
}

impl<'t> Iterator for Steps<'t> {
    type Item = Step<'t>;

    fn next(&mut self) -> Option<Step<'t>> {
        let step = self.rewrite.step(self.rest, self.text.len() - self.rest.len())?;
        self.rest = self.rest.get(step.from.len()..).unwrap_or_default();
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gsm7::Language;

    fn written(smart: Smart, text: &str) -> String {
        Rewrite { smart, ..Default::default() }.apply(text).unwrap().0
    }

    #[test]
    fn acute_accents_become_grave_ones_or_none() {
        assert_eq!(written(Smart::Nearest, "áéíóú ÁÉÍÓÚ âêîôû ãõ"), "àéìòù AÉIOU aeiou ao");
        assert_eq!(written(Smart::Bare, "áéíóú ÁÉÍÓÚ âêîôû ãõ"), "aéiou AÉIOU aeiou ao");
        assert_eq!(written(Smart::Nearest, "çÇ őŰ"), "ÇÇ öÜ");
        assert_eq!(written(Smart::Bare, "çÇ őŰ"), "cÇ oU");
    }

    #[test]
    fn what_the_alphabet_has_stays() {
        let text = "ñÑüÜ¿¡éàèìòùäöåøæßÅÆØ€[]{}~|^\\\n\r\u{C}ΔΦΓΛΩΠΨΣΘΞ";
        for smart in [Smart::Off, Smart::Nearest, Smart::Bare] {
            let rewrite = Rewrite { smart, question_mark: true, ..Default::default() };
            assert_eq!(rewrite.changes(text).count(), 0);
        }
    }

    #[test]
    fn signs_spaces_ligatures_and_wide_forms_become_plain() {
        let plain = "'a' \"b\" - - -... fi OE (TM) 1/2 ABC!? x";
        assert_eq!(written(Smart::Nearest, "‘a’ „b“ – — −… ﬁ Œ ™ ½ ＡＢＣ！？\u{A0}\u{200B}x"), plain);
        assert_eq!(written(Smart::Nearest, "a\tb`c\u{7}\u{85}\u{AD}"), "a b'c\n");
        assert_eq!(written(Smart::Nearest, "ΑΒΓ Łódź Ǿ ẞ"), "ABΓ Lòdz Ø ß");
    }

    #[test]
    fn a_letter_and_its_accent_count_as_one_if_the_alphabet_has_it() {
        assert_eq!(written(Smart::Nearest, "e\u{301}a\u{301}n\u{303}s\u{30C}"), "éàñs");
        assert_eq!(written(Smart::Bare, "e\u{301}a\u{301}n\u{303}s\u{30C}\u{323}"), "éañs");
        let rewrite = Rewrite { smart: Smart::Nearest, ..Default::default() };
        let (_, changes) = rewrite.apply("12345678e\u{301}\u{302}").unwrap();
        let changes: Vec<_> = changes.iter().map(|change| (change.offset, change.from, change.to)).collect();
        assert_eq!(changes, [(8, "e\u{301}", "é"), (11, "\u{302}", "")]);
        assert_eq!(rewrite.septets("1234567e\u{301}\u{302}"), Ok(8));
        assert_eq!(Rewrite::default().septets("e\u{301}"), Err(Unencodable { offset: 1 }));
    }

    #[test]
    fn national_tables_keep_their_own_letters() {
        let spanish =
            Rewrite { tables: Tables::new(Language::Default, Language::Spanish), smart: Smart::Nearest, ..Default::default() };
        assert_eq!(spanish.apply("á â “ç”").unwrap().0, "á a \"ç\"");
        // No à in these: the next choice.
        let hindi =
            Rewrite { tables: Tables::new(Language::Hindi, Language::Hindi), smart: Smart::Nearest, ..Default::default() };
        assert_eq!(hindi.apply("“हिन्दी” á").unwrap().0, "\"हिन्दी\" a");
    }

    #[test]
    fn question_marks_are_for_the_rest() {
        let asking = Rewrite { question_mark: true, ..Default::default() };
        assert_eq!(asking.apply("да á").unwrap().0, "?? ?");
        let both = Rewrite { smart: Smart::Nearest, ..asking };
        assert_eq!(both.apply("да á").unwrap().0, "?? à");
        let neither = Rewrite { smart: Smart::Nearest, ..Default::default() };
        assert_eq!(neither.apply("á да").unwrap_err().offset, 3);
    }

    #[test]
    fn debug_hides_message_text() {
        let rewrite = Rewrite { smart: Smart::Nearest, ..Default::default() };
        let shown = alloc::format!("{:?} {:?}", rewrite.apply("“").unwrap().1, rewrite.changes("“"));
        assert_eq!(shown, "[Change { offset: 0, .. }] Changes { .. }");
    }
}
