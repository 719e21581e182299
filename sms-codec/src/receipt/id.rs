//! Matching the id of a receipt to the id of a `submit_sm_resp`.
//!
//! MCs change letter case, drop or add zeros, and turn hexadecimal into decimal. A store with an
//! index looks up [`plain_id`] first, then [`decimal_to_hex`] and [`hex_to_decimal`] of it if
//! [`match_id`] would go that far. Ids may have more digits than any integer: digit strings only.

use alloc::{string::String, vec::Vec};

/// Tells whether and how the id of a receipt means the id of a response.
///
/// A result after `LeadingZeros` holds only if no other pending message matches better: `10` may
/// be sixteen or ten.
///
/// ```
/// use sms_codec::receipt::{IdMatch, IdNotation, match_id};
///
/// let guess = IdNotation::Guess;
/// assert_eq!(match_id("0059113978", "38601fa", guess), Some(IdMatch::DecimalOfHex));
/// assert_eq!(match_id("10", "16", guess), None);
/// assert_eq!(match_id("10", "16", IdNotation::ReceiptHex), Some(IdMatch::HexOfDecimal));
/// ```
pub fn match_id(receipt: &str, response: &str, notation: IdNotation) -> Option<IdMatch> {
    if receipt == response {
        return Some(IdMatch::Exact);
    }
    if receipt.eq_ignore_ascii_case(response) {
        return Some(IdMatch::Case);
    }
    let (receipt, response) = (without_zeros(receipt), without_zeros(response));
    if receipt.eq_ignore_ascii_case(response) {
        return Some(IdMatch::LeadingZeros);
    }
    let means = |decimal, hex: &str| decimal_to_hex(decimal).is_some_and(|digits| digits.eq_ignore_ascii_case(hex));
    let guess = notation == IdNotation::Guess && (is_telling(receipt) || is_telling(response));
    if (guess || notation == IdNotation::ReceiptDecimal) && means(receipt, response) {
        return Some(IdMatch::DecimalOfHex);
    }
    if (guess || notation == IdNotation::ReceiptHex) && means(response, receipt) {
        return Some(IdMatch::HexOfDecimal);
    }
    None
}

/// In which notation a peer writes ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum IdNotation {
    /// Unknown: cross notations only for ids with letters or more than four digits.
    #[default]
    Guess,
    /// The same in receipts and responses.
    Same,
    /// Decimal in receipts, hexadecimal in responses.
    ReceiptDecimal,
    /// Hexadecimal in receipts, decimal in responses.
    ReceiptHex,
}

/// How two ids match, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdMatch {
    /// They are the same.
    Exact,
    /// They differ in letter case.
    Case,
    /// They differ in leading zeros, perhaps also in letter case.
    LeadingZeros,
    /// The receipt has in decimal what the response has in hexadecimal.
    DecimalOfHex,
    /// The receipt has in hexadecimal what the response has in decimal.
    HexOfDecimal,
}

/// The form of an id in which letter case and leading zeros make no difference.
pub fn plain_id(id: &str) -> String {
    without_zeros(id).to_ascii_lowercase()
}

/// Turns decimal digits into lower-case hexadecimal ones without leading zeros.
pub fn decimal_to_hex(id: &str) -> Option<String> {
    convert(id, 10, 16)
}

/// Turns hexadecimal digits into decimal ones without leading zeros.
pub fn hex_to_decimal(id: &str) -> Option<String> {
    convert(id, 16, 10)
}

/// At least one character remains of an id that has any.
fn without_zeros(id: &str) -> &str {
    let rest = id.trim_start_matches('0');
    if rest.is_empty() { id.get(..1).unwrap_or_default() } else { rest }
}

fn is_telling(id: &str) -> bool {
    id.len() > 4 || id.bytes().any(|octet| octet.is_ascii_alphabetic())
}

/// Long arithmetic, digit by digit: multiply what there is by `from`, add the next digit.
fn convert(id: &str, from: u32, to: u32) -> Option<String> {
    if id.is_empty() || id.len() > LONGEST_ID {
        return None;
    }
    // Least significant digit first.
    let mut digits: Vec<u32> = Vec::new();
    for character in id.chars() {
        let mut carry = character.to_digit(from)?;
        for digit in &mut digits {
            let sum = *digit * from + carry;
            *digit = sum % to;
            carry = sum / to;
        }
        while carry > 0 {
            digits.push(carry % to);
            carry /= to;
        }
    }
    if digits.is_empty() {
        digits.push(0);
    }
    digits.into_iter().rev().map(|digit| char::from_digit(digit, to)).collect()
}

/// `message_id` has at most 64 characters; bounds the work, which grows with the square.
const LONGEST_ID: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_come_in_order() {
        let guess = |receipt, response| match_id(receipt, response, IdNotation::Guess);
        assert_eq!(guess("a1", "a1"), Some(IdMatch::Exact));
        assert_eq!(guess("0a1b2c3d", "0A1B2C3D"), Some(IdMatch::Case));
        assert_eq!(guess("B8be19", "00B8BE19"), Some(IdMatch::LeadingZeros));
        assert_eq!(guess("000", "0"), Some(IdMatch::LeadingZeros));
        assert_eq!(guess("38601FA", "59113978"), Some(IdMatch::HexOfDecimal));
        assert_eq!(guess("1234", "5678"), None);
        assert!(IdMatch::Exact < IdMatch::HexOfDecimal);
    }

    #[test]
    fn a_configured_notation_crosses_one_way_only() {
        let (decimal, hex) = ("59113978", "38601fa");
        assert_eq!(match_id(decimal, hex, IdNotation::Same), None);
        assert_eq!(match_id(decimal, hex, IdNotation::ReceiptHex), None);
        assert_eq!(match_id(decimal, hex, IdNotation::ReceiptDecimal), Some(IdMatch::DecimalOfHex));
        assert_eq!(match_id(hex, decimal, IdNotation::ReceiptHex), Some(IdMatch::HexOfDecimal));
    }

    #[test]
    fn ids_beyond_any_integer_convert() {
        let hex = "2e179b310ede971b2760c72b7f026e1b2e179b310ede971b";
        let decimal = hex_to_decimal(hex).unwrap();
        assert_eq!(decimal, "1130177744500728233848420396347802922620585626487431796507");
        assert_eq!(decimal_to_hex(&decimal).as_deref(), Some(hex));
        assert_eq!(decimal_to_hex("000").as_deref(), Some("0"));
        assert_eq!(plain_id("00AbC"), "abc");
    }

    #[test]
    fn what_is_no_number_does_not_convert() {
        for id in ["", "12a", "-1", "é"] {
            assert_eq!(decimal_to_hex(id), None, "{id}");
        }
        assert_eq!(decimal_to_hex(&"9".repeat(65)), None);
        assert_eq!(match_id("", "", IdNotation::Guess), Some(IdMatch::Exact));
        assert_eq!(match_id("", "0", IdNotation::Guess), None);
    }
}
