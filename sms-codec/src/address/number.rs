//! Numbers as people write them, and as networks want them.

use core::fmt;
use core::str::FromStr;

use super::{LONGEST_NUMBER, LONGEST_SHORT_CODE, is_separator};

/// How numbers are written where a sender is: what is in front of them, and how long they are.
///
/// ```
/// use sms_codec::address::DialPlan;
///
/// let uk = DialPlan { country_code: "44", national_prefix: "0", ..DialPlan::default() };
/// for written in ["+44 20 7946 0123", "0044 (20) 7946-0123", "020 7946 0123", "442079460123", "+44 (0)20 7946 0123"] {
///     assert_eq!(uk.international(written)?.digits(), "442079460123");
/// }
/// let us = DialPlan { country_code: "1", international_prefix: "011", national_digits: (10, 10), ..DialPlan::default() };
/// assert_eq!(us.international("(555) 123-4567")?.to_string(), "+15551234567");
/// assert_eq!(us.international("011 44 20 7946 0123")?.digits(), "442079460123");
/// assert_eq!(us.international("555-CALL").unwrap_err().to_string(), "number: no digit at octet 4");
/// # Ok::<(), sms_codec::address::NumberError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DialPlan<'a> {
    /// The country code of numbers that have none.
    pub country_code: &'a str,
    /// What is dialled in front of a country code; none if empty.
    pub international_prefix: &'a str,
    /// What is dialled in front of a national number, and no part of it; none if empty.
    pub national_prefix: &'a str,
    /// Fewest and most digits of a national number that is written without any prefix.
    ///
    /// Other numbers without a prefix are taken to start with a country code.
    pub national_digits: (usize, usize),
}

impl DialPlan<'_> {
    /// Turns a number into international digits.
    ///
    /// Blanks, hyphens, dots, slashes and parentheses are passed over, as is a `(0)` after a `+` or the
    /// international prefix. In this order, a number is international if it starts with `+` or the
    /// international prefix; national if it starts with the national prefix, or has as many digits
    /// as national numbers; else international.
    pub fn international(self, written: &str) -> Result<Number, NumberError> {
        if let Some(rest) = written.trim_start().strip_prefix('+') {
            return Number::read("", rest, written);
        }
        if let Some(rest) = behind(written, self.international_prefix) {
            return Number::read("", rest, written);
        }
        let digits = written.bytes().filter(u8::is_ascii_digit).count();
        let (fewest, most) = self.national_digits;
        let national = match behind(written, self.national_prefix) {
            Some(rest) => rest,
            None if (fewest..=most).contains(&digits) => written,
            None => return Number::read("", written, written),
        };
        let known = self.country_code.bytes().all(|octet| octet.is_ascii_digit());
        if !known || !(1..=LONGEST_COUNTRY_CODE).contains(&self.country_code.len()) {
            return Err(NumberError { offset: 0, fault: NumberFault::NoCountryCode });
        }
        Number::read(self.country_code, national, written)
    }
}

/// No country, `00` in front of country codes, and no national numbers.
impl Default for DialPlan<'_> {
    fn default() -> Self {
        Self { country_code: "", international_prefix: "00", national_prefix: "", national_digits: (0, 0) }
    }
}

/// What follows a prefix in which separators do not count; none if the prefix is empty or missing.
fn behind<'a>(written: &'a str, prefix: &str) -> Option<&'a str> {
    let mut wanted = prefix.chars();
    let mut next = wanted.next()?;
    let mut rest = written.chars();
    loop {
        match rest.next()? {
            character if character == next => match wanted.next() {
                Some(following) => next = following,
                None => return Some(rest.as_str()),
            },
            character if is_separator(character) => {}
            _ => return None,
        }
    }
}

/// A number with its country code: at most fifteen digits (E.164).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number {
    /// Digits, then zeros.
    octets: [u8; LONGEST_NUMBER],
    len: u8,
}

impl Number {
    /// The digits, without a `+`: what an SMPP address has with TON 1 and NPI 1.
    pub fn digits(&self) -> &str {
        let digits = self.octets.get(..usize::from(self.len)).unwrap_or_default();
        core::str::from_utf8(digits).unwrap_or_default()
    }

    /// Takes the digits of `rest`, which ends `written`, after a country code.
    fn read(country_code: &str, rest: &str, written: &str) -> Result<Self, NumberError> {
        let error = |offset, fault| Err(NumberError { offset, fault });
        let mut number = Self { octets: [0; LONGEST_NUMBER], len: 0 };
        for octet in country_code.bytes() {
            number.push(octet);
        }
        let trunk = rest.find(TRUNK).filter(|_| country_code.is_empty());
        let start = written.len() - rest.len();
        for (at, character) in rest.char_indices() {
            if is_separator(character) || trunk == at.checked_sub(1) && trunk.is_some() {
                continue;
            }
            let Some(octet) = u8::try_from(character).ok().filter(u8::is_ascii_digit) else {
                return error(start + at, NumberFault::Character);
            };
            if !number.push(octet) {
                return error(start + at, NumberFault::TooLong);
            }
        }
        match number.digits() {
            "" => error(written.len(), NumberFault::Empty),
            digits if digits.starts_with('0') => error(start, NumberFault::NoCountryCode),
            digits if digits.len() <= LONGEST_SHORT_CODE => error(written.len(), NumberFault::TooShort),
            _ => Ok(number),
        }
    }

    fn push(&mut self, octet: u8) -> bool {
        let Some(slot) = self.octets.get_mut(usize::from(self.len)) else {
            return false;
        };
        *slot = octet;
        self.len += 1;
        true
    }
}

/// Shows `+` and the digits.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.digits())
    }
}

/// Reads an international number, with or without `+`.
impl FromStr for Number {
    type Err = NumberError;

    fn from_str(written: &str) -> Result<Self, NumberError> {
        DialPlan { international_prefix: "", ..DialPlan::default() }.international(written)
    }
}

/// Something that is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberError {
    /// The octet of the text at which it goes wrong.
    pub offset: usize,
    /// What is wrong there.
    pub fault: NumberFault,
}

/// What is wrong with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NumberFault {
    /// There is no digit.
    Empty,
    /// The character is neither a digit nor a separator.
    Character,
    /// There are more than fifteen digits with the country code.
    TooLong,
    /// There are fewer digits than any number has with its country code; it may be a short code.
    TooShort,
    /// There is no country code: none starts with 0, or the plan has none.
    NoCountryCode,
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = match self.fault {
            NumberFault::Empty => "empty",
            NumberFault::Character => "no digit",
            NumberFault::TooLong => "more than 15 digits",
            NumberFault::TooShort => "too few digits",
            NumberFault::NoCountryCode => "no country code",
        };
        write!(f, "number: {fault} at octet {}", self.offset)
    }
}

impl core::error::Error for NumberError {}

/// Country codes have one to three digits.
const LONGEST_COUNTRY_CODE: usize = 3;
/// How people write that the national prefix is to be left out when calling from abroad.
const TRUNK: &str = "(0)";

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    const SPAIN: DialPlan<'_> =
        DialPlan { country_code: "34", international_prefix: "00", national_prefix: "", national_digits: (9, 9) };

    fn read(plan: DialPlan<'_>, written: &str) -> Result<String, (usize, NumberFault)> {
        plan.international(written).map(|number| number.digits().to_string()).map_err(|error| (error.offset, error.fault))
    }

    #[test]
    fn numbers_without_a_prefix_go_by_their_length() {
        assert_eq!(read(SPAIN, "600 000 000").as_deref(), Ok("34600000000"));
        assert_eq!(read(SPAIN, "34600000000").as_deref(), Ok("34600000000"));
        assert_eq!(read(SPAIN, "346000000").as_deref(), Ok("34346000000"));
        assert_eq!(read(SPAIN, "00 1 555 123 4567").as_deref(), Ok("15551234567"));
        // Where the 0 is part of the number.
        let italy = DialPlan { country_code: "39", national_digits: (6, 11), ..SPAIN };
        assert_eq!(read(italy, "06 1234567").as_deref(), Ok("39061234567"));
        assert_eq!(read(italy, "+39 06 1234567").as_deref(), Ok("39061234567"));
    }

    #[test]
    fn prefixes_may_be_interrupted() {
        let japan = DialPlan { country_code: "81", international_prefix: "010", national_prefix: "0", ..SPAIN };
        assert_eq!(read(japan, "(010) 44 20 7946 0123").as_deref(), Ok("442079460123"));
        assert_eq!(read(japan, "0 1044 20 7946 0123").as_deref(), Ok("442079460123"));
        assert_eq!(read(japan, "03-1234-5678").as_deref(), Ok("81312345678"));
    }

    #[test]
    fn errors_name_the_octet() {
        assert_eq!(read(SPAIN, ""), Err((0, NumberFault::Empty)));
        assert_eq!(read(SPAIN, " + "), Err((3, NumberFault::Empty)));
        assert_eq!(read(SPAIN, "+34 6x"), Err((5, NumberFault::Character)));
        assert_eq!(read(SPAIN, "++34600000000"), Err((1, NumberFault::Character)));
        assert_eq!(read(SPAIN, "٦٠٠٠٠٠٠٠٠"), Err((0, NumberFault::Character)));
        assert_eq!(read(SPAIN, "+1234567890123456"), Err((16, NumberFault::TooLong)));
        assert_eq!(read(SPAIN, "12345"), Err((5, NumberFault::TooShort)));
        assert_eq!(read(SPAIN, "+0600000000"), Err((1, NumberFault::NoCountryCode)));
        assert_eq!(read(DialPlan::default(), "0600000000"), Err((0, NumberFault::NoCountryCode)));
        for country_code in ["", "x", "1234"] {
            let plan = DialPlan { country_code, ..SPAIN };
            assert_eq!(read(plan, "600000000"), Err((0, NumberFault::NoCountryCode)), "{country_code}");
        }
    }

    #[test]
    fn a_zero_in_parentheses_is_left_out_after_a_country_code_only() {
        assert_eq!(read(SPAIN, "+44(0)2079460123").as_deref(), Ok("442079460123"));
        assert_eq!(read(SPAIN, "0044 (0) 2079460123").as_deref(), Ok("442079460123"));
        let italy = DialPlan { country_code: "39", national_digits: (6, 11), ..SPAIN };
        assert_eq!(read(italy, "(0)61234567").as_deref(), Ok("39061234567"));
    }

    #[test]
    fn numbers_are_read_back() {
        let number: Number = "+44 20 7946 0123".parse().unwrap();
        assert_eq!(number.to_string().parse(), Ok(number));
        assert_eq!("442079460123".parse(), Ok(number));
        assert!("0044 20 7946 0123".parse::<Number>().is_err());
    }
}
