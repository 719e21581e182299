//! What was forgiven while a TPDU was read.

use core::fmt;
use core::ops::BitOr;

/// A set of deviations; empty for a TPDU as the standard wants it.
///
/// ```
/// use sms_codec::tpdu::{DeliverReport, Odd};
///
/// let (_, odd) = DeliverReport::decode(b"\x00\x00\xFF")?;
/// assert_eq!((odd, odd.to_string().as_str()), (Odd::TRAILING, "trailing"));
/// # Ok::<(), sms_codec::tpdu::DecodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Odd(u16);

macro_rules! odd {
    ($($(#[$doc:meta])* $name:ident = $bit:literal, $text:literal;)*) => {
        impl Odd {
            /// Nothing.
            pub const NONE: Self = Self(0);
            $($(#[$doc])* pub const $name: Self = Self(1 << $bit);)*

            /// The names of the deviations in this set.
            pub fn names(self) -> impl Iterator<Item = &'static str> {
                [$((Self::$name, $text)),*].into_iter().filter(move |(one, _)| self.contains(*one)).map(|(_, name)| name)
            }
        }
    };
}

odd! {
    /// The reserved message type 11 came, which counts as SMS-DELIVER.
    MESSAGE_TYPE = 0, "message_type";
    /// Reserved bits of the first octet or of TP-PI are set; they are not kept.
    RESERVED_BITS = 1, "reserved_bits";
    /// A TP-FCS is below 0x80.
    FAILURE_CAUSE = 2, "failure_cause";
    /// An address has a filler for a digit, a digit for a filler, or no bit 7 in its type.
    ADDRESS = 3, "address";
    /// A time stamp is no date and time, or its zone no number.
    TIMESTAMP = 4, "timestamp";
    /// A validity period has reserved bits, a reserved format, or octets beyond its value.
    VALIDITY = 5, "validity";
    /// User data or command data is longer than a short message can be.
    LENGTH = 6, "length";
    /// A user data header is announced, but there is none or it contradicts itself.
    HEADER = 7, "header";
    /// Octets follow the last field; they are not kept.
    TRAILING = 8, "trailing";
}

impl Odd {
    /// Whether every deviation of `other` is in this set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether nothing was forgiven.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for Odd {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Shows the names with blanks between.
impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.names().enumerate() {
            let gap = if at == 0 { "" } else { " " };
            write!(f, "{gap}{name}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Odd({self})")
    }
}
