//! Where a message comes from and where it goes.

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
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.ton, self.npi, self.digits)
    }
}
