//! Message ids in the notations peers use.
//!
//! Some MCs answer a submission with a hexadecimal id and write the same number in decimal in the
//! receipt, or the reverse; some drop zeros or change letters. This says how well two ids agree;
//! which messages wait for a receipt is somebody else's knowledge. Ids may be longer than 64 bits,
//! so they are compared as digits.

use crate::Profile;

/// How a peer writes a message id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[non_exhaustive]
pub enum IdForm {
    /// An opaque string.
    #[default]
    AsIs,
    /// A decimal number.
    Decimal,
    /// A hexadecimal number.
    Hexadecimal,
}

/// How well the id of a receipt agrees with that of a response; the better comes first.
///
/// A receipt belongs to the waiting message it agrees with best: `10` is ten before it is sixteen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdMatch {
    /// Octet by octet.
    Exact,
    /// But for the case of letters.
    IgnoringCase,
    /// But for leading zeros and the case of letters.
    IgnoringZeros,
    /// The same number, decimal in the one and hexadecimal in the other.
    OtherNotation,
}

impl Profile {
    /// How well the id in a receipt of this peer agrees with the id in a response of its own.
    ///
    /// Without a statement about the peer's notations, numbers are compared across them only if
    /// they are unmistakable: with letters, or longer than four digits.
    pub fn match_ids(&self, response: &[u8], receipt: &[u8]) -> Option<IdMatch> {
        if response.is_empty() || receipt.is_empty() {
            return None;
        }
        if response == receipt {
            return Some(IdMatch::Exact);
        }
        if response.eq_ignore_ascii_case(receipt) {
            return Some(IdMatch::IgnoringCase);
        }
        if without_zeros(response).eq_ignore_ascii_case(without_zeros(receipt)) {
            return Some(IdMatch::IgnoringZeros);
        }
        self.same_number(response, receipt).then_some(IdMatch::OtherNotation)
    }

    fn same_number(&self, response: &[u8], receipt: &[u8]) -> bool {
        let pairs: &[(u32, u32)] = match (self.response_id, self.receipt_id) {
            (IdForm::Hexadecimal, IdForm::Decimal) => &[(16, 10)],
            (IdForm::Decimal, IdForm::Hexadecimal) => &[(10, 16)],
            (IdForm::AsIs, IdForm::AsIs) if is_unmistakable(response) || is_unmistakable(receipt) => &[(16, 10), (10, 16)],
            _ => &[],
        };
        pairs.iter().any(|(ours, theirs)| match (Digits::of(response, *ours), Digits::of(receipt, *theirs)) {
            (Some(response), Some(receipt)) => response == receipt,
            _ => false,
        })
    }
}

fn without_zeros(id: &[u8]) -> &[u8] {
    let zeros = id.iter().take_while(|octet| **octet == b'0').count();
    id.get(zeros..).unwrap_or_default()
}

fn is_unmistakable(id: &[u8]) -> bool {
    id.len() > SHORT || id.iter().any(u8::is_ascii_alphabetic)
}

/// A number as hexadecimal digits, least significant first.
#[derive(PartialEq, Eq)]
struct Digits {
    nibbles: [u8; MAX_DIGITS],
}

impl Digits {
    fn of(id: &[u8], radix: u32) -> Option<Digits> {
        if id.len() > MAX_DIGITS {
            return None;
        }
        let mut number = Digits { nibbles: [0; MAX_DIGITS] };
        for octet in id {
            number.push(radix, char::from(*octet).to_digit(radix)?);
        }
        Some(number)
    }

    /// number = number * radix + digit; `MAX_DIGITS` digits of any radix up to 16 always fit.
    fn push(&mut self, radix: u32, digit: u32) {
        let mut carry = digit;
        for nibble in &mut self.nibbles {
            let value = u32::from(*nibble) * radix + carry;
            *nibble = (value & 0xF) as u8;
            carry = value >> 4;
        }
    }
}

// The longest message_id of SMPP 3.4 §5.2.23 has 64 characters.
const MAX_DIGITS: usize = 64;

// A shorter number is easily that of another message in the other notation.
const SHORT: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn found(response_id: IdForm, receipt_id: IdForm, response: &str, receipt: &str) -> Option<IdMatch> {
        Profile { response_id, receipt_id, ..Profile::DEFAULT }.match_ids(response.as_bytes(), receipt.as_bytes())
    }

    #[test]
    fn the_plainest_agreement_is_found() {
        let found = |response, receipt| found(IdForm::AsIs, IdForm::AsIs, response, receipt);
        assert_eq!(found("a-1", "a-1"), Some(IdMatch::Exact));
        assert_eq!(found("a-1", "A-1"), Some(IdMatch::IgnoringCase));
        assert_eq!(found("ab", "00AB"), Some(IdMatch::IgnoringZeros));
        assert_eq!(found("0A1B2C3D", "169552957"), Some(IdMatch::OtherNotation));
        assert_eq!(found("169552957", "a1b2c3d"), Some(IdMatch::OtherNotation));
        assert_eq!(found("a-1", "a-2"), None);
        assert!(IdMatch::Exact < IdMatch::OtherNotation);
    }

    #[test]
    fn ten_may_be_sixteen_only_if_the_peer_is_known_for_it() {
        use IdForm::{AsIs, Decimal, Hexadecimal};
        assert_eq!(found(AsIs, AsIs, "10", "16"), None);
        assert_eq!(found(AsIs, AsIs, "ff", "255"), Some(IdMatch::OtherNotation));
        assert_eq!(found(Hexadecimal, Decimal, "10", "16"), Some(IdMatch::OtherNotation));
        assert_eq!(found(Decimal, Hexadecimal, "16", "10"), Some(IdMatch::OtherNotation));
        assert_eq!(found(Decimal, Hexadecimal, "10", "16"), None);
        assert_eq!(found(Hexadecimal, Hexadecimal, "186A0", "100000"), None);
        assert_eq!(found(Hexadecimal, Decimal, "10", "10"), Some(IdMatch::Exact));
    }

    #[test]
    fn ids_may_be_longer_than_64_bits() {
        let found = |response, receipt| found(IdForm::AsIs, IdForm::AsIs, response, receipt);
        assert_eq!(found("100000000000000000000", "1208925819614629174706176"), Some(IdMatch::OtherNotation));
        let (long, longer) = ("9".repeat(64), "9".repeat(65));
        assert_eq!(found(&long, &longer), None);
        assert_eq!(found(&longer, &longer), Some(IdMatch::Exact));
    }

    #[test]
    fn no_id_is_no_match() {
        assert_eq!(found(IdForm::AsIs, IdForm::AsIs, "", ""), None);
        assert_eq!(found(IdForm::AsIs, IdForm::AsIs, "0", ""), None);
        assert_eq!(found(IdForm::Hexadecimal, IdForm::Decimal, "x9", "9"), None);
    }
}
