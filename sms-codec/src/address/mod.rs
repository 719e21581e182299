//! Who a message is from and to: sender ids, numbers, and their TON and NPI.
//!
//! [`SenderRules`] checks what an application wants as sender, or makes it fit and reports how;
//! [`DialPlan`] turns what people write as a number into international digits. Both are pure
//! functions of their settings. Whether a number exists, and rewriting by patterns, is not their
//! business; nor is how an address is written in a TPDU.

mod number;
mod sender;

pub use number::{DialPlan, Number, NumberError, NumberFault};
pub use sender::{Changes, Mode, Sender, SenderError, SenderFault, SenderRules};

/// Type of number and numbering plan indicator of an address, as SMPP and TPDUs number them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Numbering {
    /// Type of number (TON).
    pub ton: u8,
    /// Numbering plan indicator (NPI).
    pub npi: u8,
}

impl Numbering {
    /// A number with its country code (E.164).
    pub const INTERNATIONAL: Self = Self { ton: 1, npi: 1 };
    /// A number without its country code.
    pub const NATIONAL: Self = Self { ton: 2, npi: 1 };
    /// A short code, specific to a network.
    pub const SHORT_CODE: Self = Self { ton: 3, npi: 0 };
    /// Text.
    pub const ALPHANUMERIC: Self = Self { ton: 5, npi: 0 };
    /// A number that is dialled as it is, for instance with `*` and `#`.
    pub const UNKNOWN: Self = Self { ton: 0, npi: 1 };

    /// What an address looks like: a `+` or more digits than a short code has make it
    /// international, anything but digits, `*` and `#` makes it alphanumeric.
    ///
    /// ```
    /// use sms_codec::address::Numbering;
    ///
    /// assert_eq!(Numbering::of("+34600000000"), Numbering::INTERNATIONAL);
    /// assert_eq!(Numbering::of("34600000000"), Numbering::INTERNATIONAL);
    /// assert_eq!(Numbering::of("0600000000"), Numbering::UNKNOWN); // no country code starts with 0
    /// assert_eq!(Numbering::of("12345"), Numbering::SHORT_CODE);
    /// assert_eq!(Numbering::of("*100#"), Numbering::UNKNOWN);
    /// assert_eq!(Numbering::of("MySender"), Numbering::ALPHANUMERIC);
    /// ```
    pub fn of(address: &str) -> Self {
        Self::of_digits(address, LONGEST_SHORT_CODE)
    }

    fn of_digits(address: &str, longest_short_code: usize) -> Self {
        let (plus, digits) = match address.strip_prefix('+') {
            Some(digits) => (true, digits),
            None => (false, address),
        };
        let all = |allowed: fn(u8) -> bool| !digits.is_empty() && digits.bytes().all(allowed);
        if all(|octet| octet.is_ascii_digit()) {
            return match digits.len() <= longest_short_code {
                true if !plus => Self::SHORT_CODE,
                _ if digits.starts_with('0') => Self::UNKNOWN,
                _ => Self::INTERNATIONAL,
            };
        }
        if !plus && all(is_dialled) { Self::UNKNOWN } else { Self::ALPHANUMERIC }
    }
}

const fn is_dialled(octet: u8) -> bool {
    matches!(octet, b'0'..=b'9' | b'*' | b'#')
}

/// What people put between digits to make a number readable.
const fn is_separator(character: char) -> bool {
    matches!(character, ' ' | '\u{A0}' | '-' | '.' | '/' | '(' | ')')
}

/// No number with a country code is as short.
const LONGEST_SHORT_CODE: usize = 6;
/// Digits of the longest number with its country code (E.164).
const LONGEST_NUMBER: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_looks_like() {
        for (address, numbering) in [
            ("1234567", Numbering::INTERNATIONAL),
            ("+12345", Numbering::INTERNATIONAL),
            ("012345", Numbering::SHORT_CODE),
            ("0123456", Numbering::UNKNOWN),
            ("#", Numbering::UNKNOWN),
            ("+", Numbering::ALPHANUMERIC),
            ("", Numbering::ALPHANUMERIC),
            ("+*1", Numbering::ALPHANUMERIC),
            ("34 600", Numbering::ALPHANUMERIC),
            ("٣٤٦٠٠٠٠٠", Numbering::ALPHANUMERIC),
        ] {
            assert_eq!(Numbering::of(address), numbering, "{address}");
        }
    }
}
