//! Which addresses an account may send from.

use std::fmt;

use crate::model::Address;

/// One address, or with `*` at its end all that begin so; a leading `+` does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressPattern {
    start: Box<str>,
    more: bool,
}

impl AddressPattern {
    /// Reads a pattern; a `*` elsewhere than at the end stands for itself.
    pub fn new(text: &str) -> Self {
        let text = text.strip_prefix('+').unwrap_or(text);
        match text.strip_suffix('*') {
            Some(start) => AddressPattern { start: start.into(), more: true },
            None => AddressPattern { start: text.into(), more: false },
        }
    }

    /// True if the address is one of these.
    pub fn matches(&self, address: &Address) -> bool {
        match digits(address).strip_prefix(self.start.as_bytes()) {
            Some(rest) => self.more || rest.is_empty(),
            None => false,
        }
    }
}

impl fmt::Display for AddressPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.start, if self.more { "*" } else { "" })
    }
}

/// The digits or letters without a leading `+`.
pub(super) fn digits(address: &Address) -> &[u8] {
    let octets = address.digits.octets();
    octets.strip_prefix(b"+").unwrap_or(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_an_address_or_the_beginning_of_many() {
        for (pattern, address, expected) in [
            ("Shop", "Shop", true),
            ("Shop", "shop", false),
            ("Shop", "Shops", false),
            ("+4477*", "447700900123", true),
            ("4477*", "+4477", true),
            ("4477*", "4478", false),
            ("*", "", true),
            ("", "1", false),
            ("a*b", "a*b", true),
        ] {
            assert_eq!(AddressPattern::new(pattern).matches(&Address::new(1, 1, address)), expected, "{pattern} {address}");
        }
        assert_eq!(AddressPattern::new("+44*").to_string(), "44*");
    }
}
