//! Where a message comes from and where it goes.

use std::borrow::Cow;
use std::fmt;

use super::Word;

/// An SMPP address: the type of number, the numbering plan and the digits or letters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Address {
    /// Type of number, as on the wire.
    pub ton: u8,
    /// Numbering plan indicator, as on the wire.
    pub npi: u8,
    /// The digits, or letters of an alphanumeric address.
    pub digits: Word,
}

impl Address {
    /// Makes an address of its three parts.
    pub fn new(ton: u8, npi: u8, digits: impl AsRef<[u8]>) -> Self {
        Address { ton, npi, digits: Word::new(digits) }
    }

    /// Reads an address as people write it: `+` and digits are international, digits alone of unknown type, all else is a name.
    pub fn from_number(text: &str) -> Self {
        let digits = text.strip_prefix('+').unwrap_or(text);
        match !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit()) {
            true if digits.len() < text.len() => Address::new(INTERNATIONAL, ISDN, digits),
            true => Address::new(UNKNOWN, ISDN, digits),
            false => Address::new(ALPHANUMERIC, UNKNOWN, text),
        }
    }

    /// Writes the address as people do: international numbers with `+`.
    pub fn number(&self) -> Cow<'_, str> {
        let digits = self.digits.text();
        if self.ton == INTERNATIONAL && !digits.starts_with('+') { ["+", &*digits].concat().into() } else { digits }
    }
}

// SMPP 3.4 §5.2.5, §5.2.6
const UNKNOWN: u8 = 0;
const INTERNATIONAL: u8 = 1;
const ISDN: u8 = 1;
const ALPHANUMERIC: u8 = 5;

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.ton, self.npi, self.digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_written_as_people_do() {
        for (text, ton, npi, digits) in
            [("+447700900000", 1, 1, "447700900000"), ("12345", 0, 1, "12345"), ("Shop", 5, 0, "Shop")]
        {
            let address = Address::from_number(text);
            assert_eq!(address, Address::new(ton, npi, digits));
            assert_eq!(address.number(), text);
        }
        assert_eq!(Address::from_number("+"), Address::new(5, 0, "+"));
    }
}
