//! What a field of a TPDU must be able to do, and the reader that feeds it.
//!
//! Fields depend on each other only through what is announced: bits of the first octet, the
//! alphabet of the DCS, TP-PI. The table of a TPDU just lists its fields.

use super::{Fault, Odd, Rp};
use crate::dcs::{Alphabet, Dcs};

/// One field, or several that cannot be told apart.
pub(crate) trait Field<'a>: Sized {
    /// The bits of the first octet that belong to this field.
    const FIRST_OCTET: u8 = 0;

    /// Says what other fields and the first octet must know.
    fn announce(&self, _announced: &mut Announced) {}

    /// Reads the field.
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault>;

    /// Whether the field may be written.
    fn check(&self, _announced: &Announced) -> Result<(), Fault> {
        Ok(())
    }

    /// Writes the field; only after `check`.
    fn encode(&self, announced: &Announced, out: &mut impl Extend<u8>);

    /// Some value that may be written, chosen by the octets of a fuzzer.
    #[cfg(any(test, feature = "check"))]
    fn generate(entropy: &mut Entropy<'a>) -> Self;
}

/// What the fields of a TPDU say about each other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Announced {
    pub(super) first_octet: u8,
    pub(super) indicator: u8,
    pub(super) alphabet: Alphabet,
}

impl Announced {
    pub(super) const fn new(first_octet: u8) -> Self {
        Self { first_octet, indicator: 0, alphabet: Alphabet::Gsm7 }
    }
}

/// What is left of a TPDU; it only ever shrinks.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    total: usize,
    odd: Odd,
    /// Which answer of the layer below the TPDU came in, if the caller knows.
    pub(super) rp: Option<Rp>,
    /// What the fields before said.
    pub(super) announced: Announced,
}

impl<'a> Reader<'a> {
    pub(super) fn new(octets: &'a [u8], rp: Option<Rp>) -> Self {
        Self { rest: octets, total: octets.len(), odd: Odd::NONE, rp, announced: Announced::new(0) }
    }

    /// The next octet.
    pub(super) fn octet(&mut self) -> Result<u8, Fault> {
        let [octet] = self.array()?;
        Ok(octet)
    }

    /// The next `N` octets.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(Fault::Truncated)?;
        self.rest = rest;
        Ok(*head)
    }

    /// The next `count` octets.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let (head, rest) = self.rest.split_at_checked(count).ok_or(Fault::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    /// What has not been read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// How far into the TPDU the reader is.
    pub(super) fn offset(&self) -> usize {
        self.total - self.rest.len()
    }

    /// Records a deviation, if there is one.
    pub(super) fn note(&mut self, deviates: bool, odd: Odd) {
        if deviates {
            self.odd = self.odd | odd;
        }
    }

    /// Everything odd, now that all fields are read.
    pub(super) fn finish(mut self) -> Odd {
        self.note(!self.rest.is_empty(), Odd::TRAILING);
        self.odd
    }
}

impl<'a> Field<'a> for u8 {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        reader.octet()
    }

    fn encode(&self, _: &Announced, out: &mut impl Extend<u8>) {
        out.extend([*self]);
    }

    #[cfg(any(test, feature = "check"))]
    fn generate(entropy: &mut Entropy<'a>) -> Self {
        entropy.octet()
    }
}

impl<'a> Field<'a> for Dcs {
    fn announce(&self, announced: &mut Announced) {
        announced.alphabet = self.air_alphabet();
    }

    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        let dcs = Self(reader.octet()?);
        dcs.announce(&mut reader.announced);
        Ok(dcs)
    }

    fn encode(&self, _: &Announced, out: &mut impl Extend<u8>) {
        out.extend([self.0]);
    }

    #[cfg(any(test, feature = "check"))]
    fn generate(entropy: &mut Entropy<'a>) -> Self {
        entropy.dcs = Self(entropy.octet());
        entropy.dcs
    }
}

/// An open newtype of one octet.
macro_rules! octet_field {
    ($($name:ident),*) => {
        $(impl<'a> $crate::tpdu::field::Field<'a> for $name {
            fn decode(
                reader: &mut $crate::tpdu::field::Reader<'a>,
            ) -> Result<Self, $crate::tpdu::Fault> {
                reader.octet().map(Self)
            }

            fn encode(&self, _: &$crate::tpdu::field::Announced, out: &mut impl Extend<u8>) {
                out.extend([self.0]);
            }

            #[cfg(any(test, feature = "check"))]
            fn generate(entropy: &mut $crate::tpdu::field::Entropy<'a>) -> Self {
                Self(entropy.octet())
            }
        })*
    };
}

pub(super) use octet_field;

/// Choices of a fuzzer; zeros once they have run out.
#[cfg(any(test, feature = "check"))]
#[derive(Debug)]
pub(crate) struct Entropy<'a> {
    octets: &'a [u8],
    /// The DCS chosen last, which user data must fit.
    pub(super) dcs: Dcs,
}

#[cfg(any(test, feature = "check"))]
impl<'a> Entropy<'a> {
    pub(crate) fn new(octets: &'a [u8]) -> Self {
        Self { octets, dcs: Dcs(0) }
    }

    pub(crate) fn octet(&mut self) -> u8 {
        let [octet] = self.array();
        octet
    }

    pub(super) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        array.iter_mut().zip(self.slice(N)).for_each(|(to, from)| *to = *from);
        array
    }

    /// At most `most` octets.
    pub(super) fn slice(&mut self, most: usize) -> &'a [u8] {
        let (head, rest) = self.octets.split_at_checked(most).unwrap_or((self.octets, &[]));
        self.octets = rest;
        head
    }

    /// Up to `most` octets, as many as the next octet says.
    pub(super) fn counted(&mut self, most: usize) -> &'a [u8] {
        let count = usize::from(self.octet()) % (most + 1);
        self.slice(count)
    }

    pub(super) fn flag(&mut self) -> bool {
        self.octet() & 1 != 0
    }
}
