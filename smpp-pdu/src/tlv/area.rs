//! The TLV area of a PDU, read or to be written.

use core::fmt;

use bytes::BufMut;

use super::table::length_fits;
use super::value::NUL;
use super::{Tag, TlvType, Value};
use crate::dump::Fields;
use crate::field::Field;
use crate::{Fault, Reader, Repairs, Version};

/// One TLV to be written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// The tag.
    pub tag: Tag,
    /// The value.
    pub value: Value<'a>,
}

impl<'a> Tlv<'a> {
    /// A TLV with any tag and at most 65,535 octets; longer ones are refused when written.
    pub const fn octets(tag: Tag, octets: &'a [u8]) -> Tlv<'a> {
        Tlv { tag, value: Value::Octets(octets) }
    }

    #[inline(always)]
    fn encode(&self, out: &mut impl BufMut) {
        let [a, b] = self.tag.0.to_be_bytes();
        let [c, d] = (self.value.written_len() as u16).to_be_bytes(); // at most 65,535, or `fits` refuses
        out.put_slice(&[a, b, c, d]);
        out.put_slice(self.value.octets());
        if self.value.is_text() {
            out.put_u8(0);
        }
    }

    #[inline(always)]
    fn fits(&self) -> bool {
        let length = self.value.written_len();
        length_fits(self.tag, length) && length <= MAX_VALUE && self.value.fits()
    }
}

impl fmt::Debug for Tlv<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}[{}]", self.tag, self.value.written_len())
    }
}

/// The TLVs of a PDU: a view of octets that were read, or a list to be written.
#[derive(Clone, Copy)]
pub struct Tlvs<'a>(Source<'a>);

#[derive(Clone, Copy)]
enum Source<'a> {
    Octets(&'a [u8]),
    List(&'a [Tlv<'a>]),
}

impl<'a> Tlvs<'a> {
    /// No TLVs.
    pub const EMPTY: Self = Tlvs(Source::Octets(&[]));

    /// The given TLVs, in this order.
    #[inline(always)]
    pub const fn list(tlvs: &'a [Tlv<'a>]) -> Self {
        Tlvs(Source::List(tlvs))
    }

    /// Tag and value of each, in order, duplicates and unknown tags included.
    ///
    /// A text in a list not written yet comes without its NUL.
    pub fn iter(&self) -> TlvIter<'a> {
        TlvIter(self.0)
    }

    /// Each as it is written.
    fn tlvs(&self) -> impl Iterator<Item = Tlv<'a>> + use<'a> {
        let (read, list) = match self.0 {
            Source::Octets(_) => (self.iter(), [].as_slice()),
            Source::List(list) => (Tlvs::EMPTY.iter(), list),
        };
        read.map(|(tag, value)| Tlv::octets(tag, value)).chain(list.iter().copied())
    }

    /// The first TLV of a type, if there is one.
    ///
    /// # Errors
    /// [`TlvError`] if it is there but its value cannot be one of this type.
    pub fn get<T: TlvType<'a>>(&self) -> Result<Option<T>, TlvError> {
        let Some(octets) = self.raw(T::TAG) else { return Ok(None) };
        T::from_octets(octets).map(Some).ok_or(TlvError { tag: T::TAG, length: octets.len() })
    }

    /// The value of the first TLV with this tag.
    pub fn raw(&self, tag: Tag) -> Option<&'a [u8]> {
        self.iter().find(|(found, _)| *found == tag).map(|(_, value)| value)
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        match self.0 {
            Source::Octets(octets) => octets.is_empty(),
            Source::List(list) => list.is_empty(),
        }
    }

    /// The whole area as it stood in the PDU; empty for a list that was never encoded.
    pub const fn octets(&self) -> &'a [u8] {
        match self.0 {
            Source::Octets(octets) => octets,
            Source::List(_) => &[],
        }
    }

    /// Reads octets that hold nothing but TLVs, for example some kept earlier.
    pub fn parse(octets: &'a [u8]) -> Option<Self> {
        matches!(sound_part(octets), (_, None)).then_some(Tlvs(Source::Octets(octets)))
    }
}

impl Default for Tlvs<'_> {
    fn default() -> Self {
        Tlvs::EMPTY
    }
}

impl PartialEq for Tlvs<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.tlvs().eq(other.tlvs())
    }
}

impl fmt::Debug for Tlvs<'_> {
    /// Tags and lengths; a value may be the text of a message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.tlvs()).finish()
    }
}

/// Tag and value of each TLV; see [`Tlvs::iter`].
#[derive(Clone)]
pub struct TlvIter<'a>(Source<'a>);

impl<'a> Iterator for TlvIter<'a> {
    type Item = (Tag, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Source::Octets(rest) => {
                let (tag, value, next) = split_tlv(rest)?;
                *rest = next;
                Some((tag, value))
            }
            Source::List(list) => {
                let (first, rest) = list.split_first()?;
                *list = rest;
                // An empty text is nothing but its NUL; no octets at all would not be a text.
                let value = if matches!(first.value, Value::Text([])) { NUL } else { first.value.octets() };
                Some((first.tag, value))
            }
        }
    }
}

/// A TLV whose value cannot be of the type asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TlvError {
    /// The tag.
    pub tag: Tag,
    /// Octets of the value.
    pub length: usize,
}

impl fmt::Display for TlvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TLV {:?}: a value of {} octets is not possible", self.tag, self.length)
    }
}

impl core::error::Error for TlvError {}

impl<'a> Field<'a> for Tlvs<'a> {
    #[inline(always)]
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        let octets = reader.take_rest();
        if octets.is_empty() {
            return Ok(Tlvs::EMPTY);
        }
        if reader.version() == Version::V3_3 {
            return surplus(reader, octets);
        }
        let (rest, fault) = sound_part(octets);
        let Some(fault) = fault else { return Ok(Tlvs(Source::Octets(octets))) };
        forgive_damage(reader, octets, (rest, fault))
    }

    #[inline(always)]
    fn encoded_len(&self, version: Version) -> usize {
        match self.0 {
            _ if version == Version::V3_3 => 0,
            Source::Octets(octets) => octets.len(),
            Source::List(list) => list.iter().map(|tlv| 4 + tlv.value.written_len()).sum(),
        }
    }

    #[inline(always)]
    fn encode(&self, version: Version, out: &mut impl BufMut) {
        match self.0 {
            _ if version == Version::V3_3 => (),
            Source::Octets([]) => (),
            Source::Octets(octets) => out.put_slice(octets),
            Source::List(list) => list.iter().for_each(|tlv| tlv.encode(out)),
        }
    }

    #[inline(always)]
    fn fits(&self, _: Version) -> bool {
        match self.0 {
            Source::Octets(octets) => matches!(sound_part(octets), (_, None)),
            Source::List(list) => list.iter().all(Tlv::fits),
        }
    }

    fn show(&self, _: &'static str, fields: &mut Fields) {
        self.tlvs().for_each(|tlv| fields.tlv(tlv.tag, tlv.value.written()));
    }

    #[cfg(feature = "check")]
    fn generate(entropy: &mut crate::check::Entropy<'_>, out: &mut alloc::vec::Vec<u8>) {
        entropy.tlvs(out);
    }
}

/// Finds where the TLV area stops being sound, and why.
#[inline(always)]
fn sound_part(octets: &[u8]) -> (&[u8], Option<Fault>) {
    let mut rest = octets;
    while !rest.is_empty() {
        let Some((tag, value, next)) = split_tlv(rest) else { return (rest, Some(Fault::TlvStream)) };
        if !length_fits(tag, value.len()) {
            return (rest, Some(Fault::TlvLength));
        }
        rest = next;
    }
    (rest, None)
}

#[inline(always)]
fn split_tlv(octets: &[u8]) -> Option<(Tag, &[u8], &[u8])> {
    let ([a, b, c, d], rest) = octets.split_first_chunk::<4>()?;
    let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([*c, *d])))?;
    Some((Tag(u16::from_be_bytes([*a, *b])), value, rest))
}

/// SMPP 3.3 has no TLVs: forgiven or not, they are surplus, and what only looks like them is noise.
#[cold]
fn surplus<'a>(reader: &mut Reader<'a>, octets: &'a [u8]) -> Result<Tlvs<'a>, Fault> {
    reader.drop_to(octets);
    reader.admit(Repairs::TRAILING, Fault::Surplus)?;
    reader.take_rest();
    Ok(Tlvs::parse(octets).unwrap_or_default())
}

/// Goes on behind each defect the peer is forgiven; wrong lengths are kept raw, a torn tail is cut.
#[cold]
fn forgive_damage<'a>(reader: &mut Reader<'a>, octets: &'a [u8], found: (&'a [u8], Fault)) -> Result<Tlvs<'a>, Fault> {
    let (mut rest, mut fault) = found;
    loop {
        reader.drop_to(rest);
        if fault == Fault::TlvStream {
            reader.admit(Repairs::TLV_TAIL, fault)?;
            reader.take_rest();
            let sound = octets.get(..octets.len() - rest.len()).unwrap_or_default();
            return Ok(Tlvs(Source::Octets(sound)));
        }
        reader.admit(Repairs::TLV_LENGTH, fault)?;
        let Some((_, _, next)) = split_tlv(rest) else { return Err(Fault::TlvStream) };
        match sound_part(next) {
            (end, None) => {
                reader.drop_to(end);
                return Ok(Tlvs(Source::Octets(octets)));
            }
            (at, Some(next_fault)) => (rest, fault) = (at, next_fault),
        }
    }
}

// The length of a TLV has two octets.
const MAX_VALUE: usize = u16::MAX as usize;
