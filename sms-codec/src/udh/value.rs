//! What the fields of an information element look like in octets.

use crate::tpdu::{Address, TypeOfAddress};

/// A field of an element.
pub(super) trait Value<'a>: Sized {
    fn read(rest: &mut &'a [u8]) -> Option<Self>;
    fn len(&self) -> usize;
    fn write(&self, out: &mut impl Extend<u8>);
}

impl<'a> Value<'a> for u8 {
    fn read(rest: &mut &'a [u8]) -> Option<Self> {
        let (&octet, tail) = rest.split_first()?;
        *rest = tail;
        Some(octet)
    }

    fn len(&self) -> usize {
        1
    }

    fn write(&self, out: &mut impl Extend<u8>) {
        out.extend([*self]);
    }
}

impl<'a> Value<'a> for u16 {
    fn read(rest: &mut &'a [u8]) -> Option<Self> {
        let (&octets, tail) = rest.split_first_chunk()?;
        *rest = tail;
        Some(Self::from_be_bytes(octets))
    }

    fn len(&self) -> usize {
        2
    }

    fn write(&self, out: &mut impl Extend<u8>) {
        out.extend(self.to_be_bytes());
    }
}

/// An octet that may be left out at the end.
impl<'a> Value<'a> for Option<u8> {
    fn read(rest: &mut &'a [u8]) -> Option<Self> {
        Some(u8::read(rest))
    }

    fn len(&self) -> usize {
        usize::from(self.is_some())
    }

    fn write(&self, out: &mut impl Extend<u8>) {
        out.extend(*self);
    }
}

/// All that is left.
impl<'a> Value<'a> for &'a [u8] {
    fn read(rest: &mut &'a [u8]) -> Option<Self> {
        Some(core::mem::take(rest))
    }

    fn len(&self) -> usize {
        <[u8]>::len(self)
    }

    fn write(&self, out: &mut impl Extend<u8>) {
        out.extend(self.iter().copied());
    }
}

impl<'a> Value<'a> for Address {
    fn read(rest: &mut &'a [u8]) -> Option<Self> {
        let (&[semi_octets, type_of_address], value) = rest.split_first_chunk()?;
        *rest = &[];
        Self::from_wire(TypeOfAddress(type_of_address), semi_octets, value)
    }

    fn len(&self) -> usize {
        self.encoded_len()
    }

    fn write(&self, out: &mut impl Extend<u8>) {
        Self::write(self, out);
    }
}
