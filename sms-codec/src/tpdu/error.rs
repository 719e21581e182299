//! Errors that name the TPDU, the field, the place and the fault.

use core::fmt;

/// Why a TPDU could not be read, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeError {
    /// The TPDU, as the standard names it.
    pub tpdu: &'static str,
    /// The field of the struct, or `first_octet`.
    pub field: &'static str,
    /// Octets from the start of the TPDU to the defect.
    pub offset: usize,
    /// The defect.
    pub fault: Fault,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} at octet {}: {}", self.tpdu, self.field, self.offset, self.fault)
    }
}

impl core::error::Error for DecodeError {}

/// Why a TPDU must not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodeError {
    /// The TPDU, as the standard names it.
    pub tpdu: &'static str,
    /// The field of the struct.
    pub field: &'static str,
    /// What is wrong with it.
    pub fault: Fault,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.tpdu, self.field, self.fault)
    }
}

impl core::error::Error for EncodeError {}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The TPDU ends before the field does.
    Truncated,
    /// The message type is another one than asked for, or none that goes in this direction.
    MessageType,
    /// An address has more than 20 semi-octets, or a service centre address more than 10 octets.
    AddressLength,
    /// There are more octets or septets than a short message can carry.
    TooLong,
    /// The user data is made for another alphabet than the DCS states.
    Alphabet,
    /// The value is reserved, so that a receiver would misread it.
    Reserved,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "ends too early",
            Self::MessageType => "not the message type asked for",
            Self::AddressLength => "address too long",
            Self::TooLong => "more than fits a short message",
            Self::Alphabet => "user data of another alphabet than the DCS states",
            Self::Reserved => "reserved value",
        })
    }
}
