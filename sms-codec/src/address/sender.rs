//! Sender ids: what a provider takes, and what can be made of the rest.

use alloc::string::String;
use core::fmt;

use super::{LONGEST_NUMBER, LONGEST_SHORT_CODE, Numbering, is_dialled, is_separator};
use crate::gsm7::{Code, Tables};

/// What a provider takes as sender.
///
/// ```
/// use sms_codec::address::{Mode, Numbering, SenderRules};
///
/// let strict = SenderRules::default();
/// let sender = strict.apply("+34600000000")?;
/// assert_eq!((sender.numbering, sender.value.as_str()), (Numbering::INTERNATIONAL, "34600000000"));
/// assert_eq!(strict.apply("My_Sender")?.numbering, Numbering::ALPHANUMERIC);
/// assert_eq!(strict.apply("My Sender").unwrap_err().to_string(), "sender: character not allowed at octet 2");
///
/// let lenient = SenderRules { mode: Mode::Lenient, ..strict };
/// let sender = lenient.apply("😀 is my sender")?;
/// assert_eq!((sender.value.as_str(), sender.changes.dropped, sender.changes.cut), (" is my send", 1, 2));
/// # Ok::<(), sms_codec::address::SenderError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct SenderRules {
    /// What to do with a sender that breaks the rules.
    pub mode: Mode,
    /// Septets of the longest alphanumeric sender.
    pub longest_text: usize,
    /// Digits of the longest number.
    pub longest_number: usize,
    /// Digits of the longest short code; 0 if every number is international.
    pub longest_short_code: usize,
}

impl SenderRules {
    /// Checks a sender, or makes it fit; a `+` in front of digits is removed, as SMPP wants it.
    ///
    /// Strict, text is letters and digits of ASCII and underscores, and a number longer than a short
    /// code does not start with 0. Lenient, text may have every printable character of GSM 7-bit;
    /// what else there is, separators between digits too, is dropped, and what is too long is cut.
    ///
    /// To SMPP an empty sender means the default of the MC; here it is an error.
    pub fn apply(self, sender: &str) -> Result<Sender, SenderError> {
        let is_number = looks_like_number(sender);
        let shown = if is_number { sender.strip_prefix('+').unwrap_or(sender) } else { sender };
        let start = sender.len() - shown.len();
        let longest = if is_number { self.longest_number } else { self.longest_text };
        let (mut value, mut changes, mut used) = (String::new(), Changes::default(), 0);
        for (at, character) in shown.char_indices() {
            let fault = match self.width(character, is_number) {
                None => SenderFault::Character,
                Some(width) if used + width > longest => SenderFault::TooLong,
                Some(width) => {
                    used += width;
                    value.push(character);
                    continue;
                }
            };
            match (self.mode, fault) {
                (Mode::Strict, _) => return Err(SenderError { offset: start + at, fault }),
                (Mode::Lenient, SenderFault::TooLong) => {
                    changes.cut += 1;
                    used = longest;
                }
                (Mode::Lenient, _) => changes.dropped += 1,
            }
        }
        self.finish(Sender { numbering: Numbering::ALPHANUMERIC, value, changes }, is_number, start)
    }

    fn finish(self, mut sender: Sender, is_number: bool, start: usize) -> Result<Sender, SenderError> {
        if sender.value.is_empty() {
            return Err(SenderError { offset: 0, fault: SenderFault::Empty });
        }
        if is_number {
            sender.numbering = Numbering::of_digits(&sender.value, self.longest_short_code);
        }
        match (self.mode, sender.numbering) {
            (Mode::Strict, Numbering::UNKNOWN) => Err(SenderError { offset: start, fault: SenderFault::LeadingZero }),
            _ => Ok(sender),
        }
    }

    /// How much a character counts; none if it is not allowed.
    fn width(self, character: char, in_number: bool) -> Option<usize> {
        let allowed = match (self.mode, in_number) {
            (Mode::Strict, true) => character.is_ascii_digit(),
            (Mode::Strict, false) => character.is_ascii_alphanumeric() || character == '_',
            (Mode::Lenient, true) => u8::try_from(character).is_ok_and(is_dialled),
            (Mode::Lenient, false) => !character.is_control(),
        };
        match Tables::DEFAULT.code(character) {
            Some(Code::One(_)) if allowed => Some(1),
            Some(Code::Pair(_)) if allowed => Some(2),
            _ => None,
        }
    }
}

/// The rules most providers have, strict: 11 characters, 15 digits, short codes up to 6.
impl Default for SenderRules {
    fn default() -> Self {
        Self {
            mode: Mode::Strict,
            longest_text: LONGEST_TEXT,
            longest_number: LONGEST_NUMBER,
            longest_short_code: LONGEST_SHORT_CODE,
        }
    }
}

/// What to do with a sender that breaks the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Mode {
    /// Refuse it; SMPP's word for it is ESME_RINVSRCADR.
    #[default]
    Strict,
    /// Make it fit.
    Lenient,
}

/// A sender that fits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Sender {
    /// Its TON and NPI.
    pub numbering: Numbering,
    /// What goes into the address field.
    pub value: String,
    /// What was changed to make it fit.
    pub changes: Changes,
}

/// What lenient rules changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Changes {
    /// Characters left out because they are not allowed.
    pub dropped: usize,
    /// Characters cut off at the end.
    pub cut: usize,
}

impl Changes {
    /// Whether nothing was changed.
    pub const fn is_none(self) -> bool {
        matches!(self, Self { dropped: 0, cut: 0 })
    }
}

/// A sender that the rules do not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderError {
    /// The octet of the text at which the character in question starts.
    pub offset: usize,
    /// What is wrong with it.
    pub fault: SenderFault,
}

/// What is wrong with a sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SenderFault {
    /// There is nothing in it, or nothing allowed.
    Empty,
    /// The character is not allowed.
    Character,
    /// Everything from this character on is too much.
    TooLong,
    /// The number has no country code.
    LeadingZero,
}

impl fmt::Display for SenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = match self.fault {
            SenderFault::Empty => "empty",
            SenderFault::Character => "character not allowed",
            SenderFault::TooLong => "too long",
            SenderFault::LeadingZero => "number without country code",
        };
        write!(f, "sender: {fault} at octet {}", self.offset)
    }
}

impl core::error::Error for SenderError {}

/// Whether somebody means a number: digits, perhaps with something between them.
fn looks_like_number(sender: &str) -> bool {
    let mut characters = sender.strip_prefix('+').unwrap_or(sender).chars();
    let belongs = |character: char| is_separator(character) || u8::try_from(character).is_ok_and(is_dialled);
    sender.bytes().any(|octet| octet.is_ascii_digit()) && characters.all(belongs)
}

/// Septets that an address has room for over the air (3GPP TS 23.040 §9.1.2.5).
const LONGEST_TEXT: usize = 11;

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: SenderRules = SenderRules { mode: Mode::Strict, longest_text: 11, longest_number: 15, longest_short_code: 6 };
    const LENIENT: SenderRules = SenderRules { mode: Mode::Lenient, ..STRICT };

    fn refused(sender: &str) -> (usize, SenderFault) {
        let error = STRICT.apply(sender).unwrap_err();
        (error.offset, error.fault)
    }

    fn fitted(sender: &str) -> (String, Numbering, usize, usize) {
        let sender = LENIENT.apply(sender).unwrap();
        (sender.value, sender.numbering, sender.changes.dropped, sender.changes.cut)
    }

    #[test]
    fn lengths_are_refused_or_cut() {
        // R-PP-30.
        assert_eq!(SenderRules::default(), STRICT);
        assert_eq!(STRICT.apply("ElevenChars").map(|sender| sender.value).as_deref(), Ok("ElevenChars"));
        assert_eq!(refused("TwelveChars_"), (11, SenderFault::TooLong));
        assert_eq!(STRICT.apply("+123456789012345").map(|sender| sender.value).as_deref(), Ok("123456789012345"));
        assert_eq!(refused("+1234567890123456"), (16, SenderFault::TooLong));
        assert_eq!(fitted("TwelveChars_"), ("TwelveChars".into(), Numbering::ALPHANUMERIC, 0, 1));
        assert_eq!(fitted("1234567890123456"), ("123456789012345".into(), Numbering::INTERNATIONAL, 0, 1));
    }

    #[test]
    fn forbidden_characters_are_refused_or_dropped() {
        // R-PP-31.
        assert_eq!(refused("My-Shop"), (2, SenderFault::Character));
        assert_eq!(refused("Café"), (3, SenderFault::Character));
        assert_eq!(refused("+34 600"), (3, SenderFault::Character));
        assert_eq!(refused("*100#"), (0, SenderFault::Character));
        assert_eq!(refused("+Shop"), (0, SenderFault::Character));
        assert_eq!(fitted("Café-Да\n"), ("Café-".into(), Numbering::ALPHANUMERIC, 3, 0));
        assert_eq!(fitted("+34 (600) 00-00.00"), ("34600000000".into(), Numbering::INTERNATIONAL, 6, 0));
        assert_eq!(fitted("*100#"), ("*100#".into(), Numbering::UNKNOWN, 0, 0));
        assert_eq!(fitted("0600123456"), ("0600123456".into(), Numbering::UNKNOWN, 0, 0));
    }

    #[test]
    fn underscores_are_accepted() {
        // R-PP-32.
        assert_eq!(STRICT.apply("My_Sender_1").map(|sender| sender.changes.is_none()), Ok(true));
    }

    #[test]
    fn numbers_get_the_ton_of_what_they_are() {
        let numbering = |rules: SenderRules, sender| rules.apply(sender).map(|sender| sender.numbering);
        assert_eq!(numbering(STRICT, "12345"), Ok(Numbering::SHORT_CODE));
        assert_eq!(numbering(SenderRules { longest_short_code: 0, ..STRICT }, "12345"), Ok(Numbering::INTERNATIONAL));
        assert_eq!(refused("0034600000000"), (0, SenderFault::LeadingZero));
        assert_eq!(numbering(STRICT, "1a"), Ok(Numbering::ALPHANUMERIC));
    }

    #[test]
    fn nothing_is_no_sender() {
        assert_eq!(refused(""), (0, SenderFault::Empty));
        assert_eq!(LENIENT.apply("Да").map_err(|error| error.fault), Err(SenderFault::Empty));
        assert_eq!(refused("+"), (0, SenderFault::Character));
    }

    #[test]
    fn an_extension_character_takes_two() {
        assert_eq!(fitted("1234567890€a"), ("1234567890".into(), Numbering::ALPHANUMERIC, 0, 2));
        assert_eq!(fitted("123456789€ab").0, "123456789€");
    }
}
