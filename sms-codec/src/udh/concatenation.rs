//! The element that numbers the parts of a long message.

use super::Element;

/// Which part of which long message this is; total and sequence are always sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Concatenation {
    reference: Reference,
    total: u8,
    sequence: u8,
}

impl Concatenation {
    /// Numbers a part, if `1 <= sequence <= total`.
    pub const fn new(reference: Reference, total: u8, sequence: u8) -> Option<Self> {
        if is_part(total, sequence) { Some(Self { reference, total, sequence }) } else { None }
    }

    /// Reads a concatenation element; none if it is another one or breaks the rules.
    pub fn read(element: Element<'_>) -> Option<Self> {
        match (element.id, element.data) {
            (CONCATENATION_8, &[reference, total, sequence]) => Self::new(Reference::Eight(reference), total, sequence),
            (CONCATENATION_16, &[high, low, total, sequence]) => {
                let reference = u16::from_be_bytes([high, low]);
                Self::new(Reference::Sixteen(reference), total, sequence)
            }
            _ => None,
        }
    }

    /// Appends the element: identifier, length and data.
    pub fn write(self, out: &mut impl Extend<u8>) {
        out.extend([self.element_id(), self.reference.element_len() as u8 - 2]);
        self.write_data(out);
    }

    /// Appends the length of a UDH and the element, as one: every append asks for room.
    #[inline]
    pub(crate) fn write_after(self, length: u8, out: &mut impl Extend<u8>) {
        let Self { reference, total, sequence } = self;
        let (id, len) = (self.element_id(), reference.element_len() as u8 - 2);
        match reference {
            Reference::Eight(reference) => out.extend([length, id, len, reference, total, sequence]),
            Reference::Sixteen(reference) => {
                let [high, low] = reference.to_be_bytes();
                out.extend([length, id, len, high, low, total, sequence]);
            }
        }
    }

    pub(super) fn write_data(self, out: &mut impl Extend<u8>) {
        match self.reference {
            Reference::Eight(reference) => out.extend([reference]),
            Reference::Sixteen(reference) => out.extend(reference.to_be_bytes()),
        }
        out.extend([self.total, self.sequence]);
    }

    pub(super) const fn element_id(self) -> u8 {
        match self.reference {
            Reference::Eight(_) => CONCATENATION_8,
            Reference::Sixteen(_) => CONCATENATION_16,
        }
    }

    /// The number all parts of the message share.
    pub const fn reference(self) -> Reference {
        self.reference
    }

    /// How many parts the message has.
    pub const fn total(self) -> u8 {
        self.total
    }

    /// The number of this part, from 1.
    pub const fn sequence(self) -> u8 {
        self.sequence
    }
}

/// The reference number of a long message, in the size it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reference {
    /// Eight bits.
    Eight(u8),
    /// Sixteen bits; costs one octet more per part.
    Sixteen(u16),
}

impl Reference {
    /// Octets of the concatenation element that carries it.
    pub const fn element_len(self) -> usize {
        match self {
            Self::Eight(_) => 5,
            Self::Sixteen(_) => 6,
        }
    }
}

impl Default for Reference {
    fn default() -> Self {
        Self::Eight(0)
    }
}

/// The rule of every way to number parts: `1 <= sequence <= total`.
pub(crate) const fn is_part(total: u8, sequence: u8) -> bool {
    sequence != 0 && sequence <= total
}

const CONCATENATION_8: u8 = 0x00;
const CONCATENATION_16: u8 = 0x08;
