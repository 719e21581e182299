//! Message ids in the notations peers use.
//!
//! Some MCs answer a submission with a hexadecimal id and write the same number in decimal in the
//! receipt, or the reverse. Ids may be longer than 64 bits, so they are compared as digit strings.

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

impl IdForm {
    /// True if `mine`, written in this form, and `theirs`, written in `form`, are the same id.
    ///
    /// Letter case and leading zeros never matter for numbers. An id that is not a number of the
    /// stated form is compared as it is.
    pub fn same(self, mine: &[u8], form: IdForm, theirs: &[u8]) -> bool {
        if mine == theirs {
            return self == form || self == IdForm::AsIs || form == IdForm::AsIs;
        }
        match (self.digits(mine), form.digits(theirs)) {
            (Some(mine), Some(theirs)) => mine == theirs,
            _ => mine.eq_ignore_ascii_case(theirs),
        }
    }

    /// The number as hexadecimal digits, least significant first, without leading zeros.
    fn digits(self, text: &[u8]) -> Option<Digits> {
        let radix = match self {
            IdForm::AsIs => return None,
            IdForm::Decimal => 10,
            IdForm::Hexadecimal => 16,
        };
        let mut number = Digits { nibbles: [0; MAX_DIGITS] };
        if text.is_empty() || text.len() > MAX_DIGITS {
            return None;
        }
        for octet in text {
            number.push(radix, char::from(*octet).to_digit(radix)?);
        }
        Some(number)
    }
}

#[derive(PartialEq, Eq)]
struct Digits {
    nibbles: [u8; MAX_DIGITS],
}

impl Digits {
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

#[cfg(test)]
mod tests {
    use super::IdForm::{AsIs, Decimal, Hexadecimal};

    #[test]
    fn numbers_are_equal_across_notations() {
        assert!(Hexadecimal.same(b"0A1B2C3D", Decimal, b"169552957"));
        assert!(Decimal.same(b"0000000010", Decimal, b"10"));
        assert!(Hexadecimal.same(b"ff", Hexadecimal, b"00FF"));
        assert!(Hexadecimal.same(b"100000000000000000000", Decimal, b"1208925819614629174706176"));
    }

    #[test]
    fn ten_is_not_sixteen() {
        assert!(!Hexadecimal.same(b"10", Decimal, b"10"));
        assert!(Hexadecimal.same(b"10", Decimal, b"16"));
    }

    #[test]
    fn what_is_no_number_is_compared_as_it_is() {
        assert!(AsIs.same(b"a-1", AsIs, b"A-1"));
        assert!(!AsIs.same(b"01", AsIs, b"1"));
        assert!(Decimal.same(b"x9", Hexadecimal, b"X9"));
        assert!(!Decimal.same(b"", Hexadecimal, b"0"));
    }
}
