//! What octets look like is the business of a field's type.

use crate::dump::Fields;
use crate::{DataCoding, EsmClass, Fault, MessageState, Npi, Reader, RegisteredDelivery, Ton, Version, Writer};

/// A type that can stand in a PDU.
///
/// `decode` leaves the reader behind the field; `encode` writes exactly `encoded_len` octets.
pub trait Field<'a>: Sized {
    /// Reads the field.
    ///
    /// # Errors
    /// The defect; the reader stands where it was found.
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault>;

    /// The octets `encode` writes; `None` for a value that was read leniently and would break the
    /// standard when written.
    fn encoded_len(&self, version: Version) -> Option<usize>;

    /// Writes the field; `None` if there is no room, which only a wrong `encoded_len` can cause.
    fn encode(&self, version: Version, out: &mut Writer<'_>) -> Option<()>;

    /// Adds the field to a readable dump.
    fn show(&self, name: &'static str, fields: &mut Fields);

    /// Appends the octets of a valid value made from `entropy`; nothing, unless told otherwise.
    #[cfg(feature = "check")]
    fn generate(_: &mut crate::check::Entropy<'_>, _: &mut alloc::vec::Vec<u8>) {}
}

impl<'a> Field<'a> for u8 {
    #[inline(always)]
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        reader.octet()
    }

    #[inline(always)]
    fn encoded_len(&self, _: Version) -> Option<usize> {
        Some(1)
    }

    #[inline(always)]
    fn encode(&self, _: Version, out: &mut Writer<'_>) -> Option<()> {
        out.array([*self])
    }

    fn show(&self, name: &'static str, fields: &mut Fields) {
        fields.number(name, u32::from(*self));
    }

    #[cfg(feature = "check")]
    fn generate(entropy: &mut crate::check::Entropy<'_>, out: &mut alloc::vec::Vec<u8>) {
        out.push(entropy.octet());
    }
}

macro_rules! octet_fields {
    ($($name:ident)*) => {$(
        impl<'a> Field<'a> for $name {
            #[inline(always)]
            fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
                reader.octet().map($name)
            }

            #[inline(always)]
            fn encoded_len(&self, _: Version) -> Option<usize> {
                Some(1)
            }

            #[inline(always)]
            fn encode(&self, _: Version, out: &mut Writer<'_>) -> Option<()> {
                out.array([self.0])
            }

            fn show(&self, name: &'static str, fields: &mut Fields) {
                fields.number(name, u32::from(self.0));
            }

            #[cfg(feature = "check")]
            fn generate(entropy: &mut crate::check::Entropy<'_>, out: &mut alloc::vec::Vec<u8>) {
                out.push(entropy.octet());
            }
        }
    )*};
}

octet_fields! { Ton Npi MessageState DataCoding EsmClass RegisteredDelivery }
