//! The TLV area of a PDU, read or to be written.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::table::length_fits;
use super::value::NUL;
use super::{Tag, TlvType, Value};
use crate::dump::Fields;
use crate::field::Field;
use crate::{Fault, Reader, Repairs, Version, Writer};

/// One TLV to be written.
///
/// Its length is checked here, where a type's tag and size are constants, not on every write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    tag: Tag,
    /// `None` if the standard does not allow it; then the PDU is refused when written.
    length: Option<u16>,
    value: Value<'a>,
}

impl<'a> Tlv<'a> {
    /// A TLV with any tag and at most 65,535 octets; longer ones are refused when written.
    pub const fn octets(tag: Tag, octets: &'a [u8]) -> Tlv<'a> {
        Tlv { tag, length: legal_length(tag, octets.len()), value: Value::Octets(octets) }
    }

    /// A TLV with any tag and value.
    #[inline(always)]
    pub fn new(tag: Tag, value: Value<'a>) -> Tlv<'a> {
        let length = if value.fits() { legal_length(tag, value.written_len()) } else { None };
        Tlv { tag, length, value }
    }

    /// The tag.
    pub const fn tag(&self) -> Tag {
        self.tag
    }

    /// The value.
    pub const fn value(&self) -> Value<'a> {
        self.value
    }

    #[inline(always)]
    fn encode(&self, out: &mut Writer<'_>) -> Option<()> {
        let [a, b] = self.tag.0.to_be_bytes();
        let [c, d] = self.length?.to_be_bytes();
        out.array([a, b, c, d])?;
        match &self.value {
            Value::Text(text) => out.c_string(text),
            value => out.short(value.octets()),
        }
    }
}

#[inline(always)]
const fn legal_length(tag: Tag, length: usize) -> Option<u16> {
    if length_fits(tag, length) && length <= u16::MAX as usize { Some(length as u16) } else { None }
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
    /// No TLVs: the usual case, and one word to say.
    None,
    /// Whole TLVs of legal lengths.
    Sound(&'a [u8]),
    /// Whole TLVs, but a peer was forgiven a length that we must not write.
    Forgiven(&'a [u8]),
    List(&'a [Tlv<'a>]),
}

impl<'a> Tlvs<'a> {
    /// No TLVs.
    pub const EMPTY: Self = Tlvs(Source::None);

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
            Source::None | Source::Sound(_) | Source::Forgiven(_) => (self.iter(), [].as_slice()),
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
            Source::None => true,
            Source::Sound(octets) | Source::Forgiven(octets) => octets.is_empty(),
            Source::List(list) => list.is_empty(),
        }
    }

    /// The whole area as it stood in the PDU; empty for a list that was never encoded.
    pub const fn octets(&self) -> &'a [u8] {
        match self.0 {
            Source::Sound(octets) | Source::Forgiven(octets) => octets,
            Source::None | Source::List(_) => &[],
        }
    }

    /// The octets these TLVs take in a PDU, to be kept; `None` if one of them breaks the standard.
    pub fn to_vec(&self) -> Option<Vec<u8>> {
        let mut octets = vec![0; self.encoded_len(Version::V5_0)?];
        let mut writer = Writer::new(&mut octets);
        self.encode(Version::V5_0, &mut writer)?;
        writer.finish()?;
        Some(octets)
    }

    /// Reads octets that hold nothing but TLVs, for example some kept earlier.
    pub fn parse(octets: &'a [u8]) -> Option<Self> {
        matches!(sound_part(octets), (_, None)).then_some(Tlvs(Source::Sound(octets)))
    }
}

impl Default for Tlvs<'_> {
    #[inline(always)]
    fn default() -> Self {
        // Not `EMPTY`: a constant is copied whole, of this only one word is stored.
        Tlvs(Source::None)
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
            Source::None => None,
            Source::Sound(rest) | Source::Forgiven(rest) => {
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
            return Ok(Tlvs::default());
        }
        if reader.version() == Version::V3_3 {
            return surplus(reader, octets);
        }
        let (rest, fault) = sound_part(octets);
        let Some(fault) = fault else { return Ok(Tlvs(Source::Sound(octets))) };
        // Only a copy leaves this function, so that the reader can stay in registers.
        let mut copy = *reader;
        let forgiven = forgive_damage(&mut copy, octets, (rest, fault));
        *reader = copy;
        forgiven
    }

    #[inline(always)]
    fn encoded_len(&self, version: Version) -> Option<usize> {
        match self.0 {
            _ if version == Version::V3_3 => Some(0),
            Source::None => Some(0),
            Source::Sound(octets) => Some(octets.len()),
            Source::Forgiven(_) => None,
            Source::List(list) => {
                let mut length = 0;
                for tlv in list {
                    length += TLV_HEADER + usize::from(tlv.length?);
                }
                Some(length)
            }
        }
    }

    #[inline(always)]
    fn encode(&self, version: Version, out: &mut Writer<'_>) -> Option<()> {
        match self.0 {
            _ if version == Version::V3_3 => Some(()),
            Source::None => Some(()),
            Source::Sound(octets) | Source::Forgiven(octets) => out.octets(octets),
            // Not `try_for_each`: its closure is a function of its own and keeps the writer in memory.
            Source::List(list) => {
                for tlv in list {
                    tlv.encode(out)?;
                    out.flush()?;
                }
                Some(())
            }
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
#[inline(never)]
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
    let mut source: fn(&'a [u8]) -> Source<'a> = Source::Sound;
    loop {
        reader.drop_to(rest);
        if fault == Fault::TlvStream {
            reader.admit(Repairs::TLV_TAIL, fault)?;
            reader.take_rest();
            let whole = octets.get(..octets.len() - rest.len()).unwrap_or_default();
            return Ok(Tlvs(source(whole)));
        }
        reader.admit(Repairs::TLV_LENGTH, fault)?;
        source = Source::Forgiven;
        let Some((_, _, next)) = split_tlv(rest) else { return Err(Fault::TlvStream) };
        match sound_part(next) {
            (end, None) => {
                reader.drop_to(end);
                return Ok(Tlvs(source(octets)));
            }
            (at, Some(next_fault)) => (rest, fault) = (at, next_fault),
        }
    }
}

// Tag and length.
const TLV_HEADER: usize = 4;
