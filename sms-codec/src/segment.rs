//! Long messages that are encoded already: how many parts, and where to cut.
//!
//! Works on user data, one septet per octet for GSM 7-bit, and cuts by reference: nothing is copied
//! until a part is written. A character is never divided, see [`Charset::cut`].
//!
//! For text that is not encoded yet there is [`plan`](crate::plan); [`join`](crate::join) puts parts
//! together.

use core::fmt;

use crate::charset::Charset;
use crate::gsm7;
use crate::udh::{Concatenation, Reference};

/// How messages are cut.
///
/// ```
/// use sms_codec::gsm7::Tables;
/// use sms_codec::segment::Segmenter;
/// use sms_codec::udh::Reference;
///
/// let septets = Tables::DEFAULT.encode(&"x".repeat(200))?;
/// let segmenter = Segmenter { reference: Reference::Eight(0x4A), ..Default::default() };
/// let mut user_data = Vec::new();
/// for segment in segmenter.split(&septets)? {
///     user_data.clear();
///     segment.write(&mut user_data); // UDH, then septets
/// }
/// assert_eq!(user_data[..6], [0x05, 0x00, 0x03, 0x4A, 2, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Segmenter<'a> {
    /// How the text is encoded, which says where it may be cut; packed septets come unpacked.
    pub charset: Charset,
    /// The number all parts share.
    pub reference: Reference,
    /// Other information elements, already encoded, that every part repeats.
    pub elements: &'a [u8],
}

impl<'a> Segmenter<'a> {
    /// Cuts encoded user data into at most 255 parts.
    pub fn split(self, octets: &'a [u8]) -> Result<Segments<'a>, SegmentError> {
        let unit = self.charset.unit();
        let single = unit.room(header_octets(None, self.elements));
        if unit.count(octets) <= single && single > 0 {
            return Ok(Segments { segmenter: self, rest: octets, total: 1, next: 1 });
        }
        let room = self.part_room();
        if room < WIDEST_CHARACTER {
            return Err(SegmentError::NoRoom);
        }
        let mut rest = octets;
        let mut total = 0u8;
        while !rest.is_empty() {
            total = total.checked_add(1).ok_or(SegmentError::TooLong)?;
            rest = match self.cut(rest, room) {
                0 => return Err(SegmentError::Indivisible),
                cut => rest.get(cut..).unwrap_or_default(),
            };
        }
        Ok(Segments { segmenter: self, rest: octets, total, next: 1 })
    }

    /// Units that fit one part of several.
    pub const fn part_room(self) -> usize {
        self.charset.unit().room(header_octets(Some(self.reference), self.elements))
    }

    /// Octets of the longest beginning that fits and divides no character.
    fn cut(self, octets: &[u8], room: usize) -> usize {
        self.charset.cut(octets, room * self.charset.unit().octets())
    }
}

/// What the length of a text is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Unit {
    /// A septet of GSM 7-bit text, one per octet.
    #[default]
    Septet,
    /// An octet of 8-bit data.
    Octet,
    /// A 16-bit code unit of UCS-2 text.
    CodeUnit,
}

impl Unit {
    /// Units that fit one short message beside a UDH of so many octets, its length octet included.
    ///
    /// ```
    /// use sms_codec::segment::Unit;
    ///
    /// assert_eq!((Unit::Septet.room(0), Unit::Septet.room(6)), (160, 153));
    /// assert_eq!((Unit::CodeUnit.room(0), Unit::CodeUnit.room(6)), (70, 67));
    /// ```
    pub const fn room(self, udh_octets: usize) -> usize {
        let octets = SHORT_MESSAGE.saturating_sub(udh_octets);
        match self {
            Self::Septet => octets * 8 / 7,
            Self::Octet => octets,
            Self::CodeUnit => octets / 2,
        }
    }

    /// Counts the units of encoded text.
    pub const fn count(self, octets: &[u8]) -> usize {
        octets.len().div_ceil(self.octets())
    }

    /// Octets of one unit.
    const fn octets(self) -> usize {
        match self {
            Self::Septet | Self::Octet => 1,
            Self::CodeUnit => 2,
        }
    }
}

/// The parts of one message, in order.
#[derive(Clone)]
pub struct Segments<'a> {
    segmenter: Segmenter<'a>,
    rest: &'a [u8],
    total: u8,
    next: u8,
}

impl Segments<'_> {
    /// How many parts the message has, those already taken included.
    pub const fn total(&self) -> u8 {
        self.total
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        let Segmenter { reference, elements, .. } = self.segmenter;
        let sequence = self.next;
        if sequence == 0 || sequence > self.total {
            return None;
        }
        // Wraps to 0 after the 255th part, which is no part.
        self.next = sequence.wrapping_add(1);
        if self.total == 1 {
            return Some(Segment { octets: self.rest, concatenation: None, elements });
        }
        let cut = self.segmenter.cut(self.rest, self.segmenter.part_room());
        let (octets, rest) = self.rest.split_at_checked(cut)?;
        self.rest = rest;
        let concatenation = Concatenation::new(reference, self.total, sequence);
        Some(Segment { octets, concatenation, elements })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = match self.next {
            0 => 0,
            next => usize::from(self.total) + 1 - usize::from(next),
        };
        (left, Some(left))
    }
}

impl ExactSizeIterator for Segments<'_> {}

/// Shows no message text.
impl fmt::Debug for Segments<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segments").field("total", &self.total).field("left", &self.len()).finish_non_exhaustive()
    }
}

/// One part of a message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    /// The encoded text of this part.
    pub octets: &'a [u8],
    /// Which part it is; none if the message has only one.
    pub concatenation: Option<Concatenation>,
    /// Other information elements, already encoded.
    pub elements: &'a [u8],
}

impl Segment<'_> {
    /// Octets of the UDH with its length octet; 0 means no UDH, so no UDHI bit.
    pub fn udh_octets(&self) -> usize {
        header_octets(self.concatenation.map(Concatenation::reference), self.elements)
    }

    /// Appends the UDH, if any, and the text.
    pub fn write(&self, out: &mut impl Extend<u8>) {
        write_header(self.concatenation, self.elements, out);
        out.extend(self.octets.iter().copied());
    }

    /// Appends the UDH, if any, and septets packed after the right fill bits.
    ///
    /// Only octets are counted in SMPP, so seven spare bits hold a carriage return.
    pub fn write_packed(&self, out: &mut impl Extend<u8>) {
        write_header(self.concatenation, self.elements, out);
        let fill = gsm7::fill_bits(self.udh_octets());
        // In a full part nothing is spare, and a return after a wanted one would not fit.
        if self.octets.len() < Unit::Septet.room(self.udh_octets()) {
            gsm7::pack_padded_into(self.octets, fill, out);
        } else {
            gsm7::pack_into(self.octets, fill, out);
        }
    }
}

/// Shows no message text.
impl fmt::Debug for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment")
            .field("concatenation", &self.concatenation)
            .field("octets", &self.octets.len())
            .finish_non_exhaustive()
    }
}

/// A message that cannot be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SegmentError {
    /// More than 255 parts are needed.
    TooLong,
    /// The other information elements leave no room for text.
    NoRoom,
    /// Nowhere within one part does a character end; ISO-2022-JP must be encoded part by part.
    Indivisible,
}

impl fmt::Display for SegmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "message: more than 255 parts",
            Self::NoRoom => "message: the user data header leaves no room for text",
            Self::Indivisible => "message: no part can end between two characters",
        })
    }
}

impl core::error::Error for SegmentError {}

/// Octets of the UDH with its length octet; a header without elements is not written.
pub(crate) const fn header_octets(concatenation: Option<Reference>, elements: &[u8]) -> usize {
    let concatenation = match concatenation {
        Some(reference) => reference.element_len(),
        None => 0,
    };
    match concatenation + elements.len() {
        0 => 0,
        elements => 1 + elements,
    }
}

/// Appends the UDH, if it has any element.
pub(crate) fn write_header(concatenation: Option<Concatenation>, elements: &[u8], out: &mut impl Extend<u8>) {
    // A header that left no room for text was refused before, so the length fits its octet.
    let octets = header_octets(concatenation.map(Concatenation::reference), elements);
    let Some(length) = octets.checked_sub(1) else {
        return;
    };
    match concatenation {
        Some(concatenation) => concatenation.write_after(length as u8, out),
        None => out.extend([length as u8]),
    }
    out.extend(elements.iter().copied());
}

/// Octets of user data in one short message (3GPP TS 23.040).
const SHORT_MESSAGE: usize = 140;
/// Units of the widest character: with less room no part could make progress.
const WIDEST_CHARACTER: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ucs2;
    use alloc::{string::String, vec, vec::Vec};

    fn lengths(charset: Charset, octets: &[u8]) -> Vec<usize> {
        let segments = Segmenter { charset, ..Default::default() }.split(octets).unwrap();
        segments.map(|segment| charset.unit().count(segment.octets)).collect()
    }

    #[test]
    fn eight_bit_data_is_cut_at_140_and_134() {
        assert_eq!(lengths(Charset::Octets, &[0x1B; 140]), [140]);
        assert_eq!(lengths(Charset::Octets, &[0x1B; 141]), [134, 7]);
        let sixteen = Segmenter { charset: Charset::Octets, reference: Reference::Sixteen(1), elements: &[] };
        assert_eq!(sixteen.part_room(), 133);
    }

    #[test]
    fn room_matches_the_published_table() {
        let rows = [(4, 155, 136, 68), (7, 152, 133, 66), (9, 149, 131, 65), (13, 145, 127, 63)];
        for (udh, septets, octets, units) in rows {
            let room = [Unit::Septet, Unit::Octet, Unit::CodeUnit].map(|unit| unit.room(udh));
            assert_eq!(room, [septets, octets, units]);
        }
    }

    #[test]
    fn runs_of_escapes_are_cut_between_pairs() {
        let mut septets = vec![b'x'; 152];
        septets.extend([gsm7::ESCAPE; 20]);
        assert_eq!(lengths(Charset::Gsm7, &septets), [152, 20]);
        septets.insert(0, b'x');
        assert_eq!(lengths(Charset::Gsm7, &septets), [153, 20]);
    }

    #[test]
    fn a_last_dangling_escape_or_surrogate_stays_where_it_is() {
        let mut septets = vec![b'x'; 159];
        septets.push(gsm7::ESCAPE);
        assert_eq!(lengths(Charset::Gsm7, &septets), [160]);
        let mut units = vec![0u8; 138];
        units.extend([0xD8, 0x00]);
        assert_eq!(lengths(Charset::Ucs2, &units), [70]);
        units.extend([0x00, 0x41]);
        assert_eq!(lengths(Charset::Ucs2, &units), [67, 4]);
    }

    #[test]
    fn every_surrogate_pair_stays_whole() {
        let mut units = vec![0; 2 * 66];
        for pair in ['\u{10000}', '\u{103FF}', '\u{10FC00}', '\u{10FFFF}'] {
            units.extend(ucs2::encode(&String::from(pair)));
            units.resize(2 * 80, 0);
            assert_eq!(lengths(Charset::Ucs2, &units), [66, 14], "{pair:?}");
            units.truncate(2 * 66);
        }
    }

    #[test]
    fn the_256th_part_is_refused() {
        let octets = vec![b'x'; 255 * 153 + 1];
        let segments = Segmenter::default().split(&octets[..255 * 153]).unwrap();
        assert_eq!((segments.total(), segments.len(), segments.count()), (255, 255, 255));
        assert_eq!(Segmenter::default().split(&octets).unwrap_err(), SegmentError::TooLong);
    }

    #[test]
    fn elements_that_leave_no_room_are_refused() {
        let elements = [0; 139];
        let segmenter = Segmenter { elements: &elements, ..Default::default() };
        assert_eq!(segmenter.split(b"text").unwrap_err(), SegmentError::NoRoom);
        // Room for one septet, but a pair may have to go in.
        let elements = [0; 133];
        let segmenter = Segmenter { elements: &elements, ..Default::default() };
        assert_eq!(segmenter.part_room(), 1);
        assert_eq!(segmenter.split(&[b'x'; 20]).unwrap_err(), SegmentError::NoRoom);
        let elements = [0x24, 1, 1];
        let segmenter = Segmenter { elements: &elements, ..Default::default() };
        let mut out = Vec::new();
        segmenter.split(b"text").unwrap().for_each(|segment| segment.write(&mut out));
        assert_eq!(out, b"\x03\x24\x01\x01text");
    }

    #[test]
    fn packed_parts_start_on_a_septet_boundary() {
        let concatenation = Concatenation::new(Reference::Eight(0x4A), 2, 1);
        let segment = Segment { octets: b"part one", concatenation, elements: &[] };
        let mut out = Vec::new();
        segment.write_packed(&mut out);
        assert_eq!(out, b"\x05\x00\x03\x4A\x02\x01\xE0\x61\x39\x1D\xF4\x76\x97\x1B");
    }

    #[test]
    fn characters_of_two_octets_stay_whole() {
        let mut octets = vec![b'x'; 133];
        octets.extend([0xB0, 0xA1].repeat(10));
        assert_eq!(lengths(Charset::KsC5601, &octets), [133, 20]);
        assert_eq!(lengths(Charset::Octets, &octets), [134, 19]);
    }

    #[test]
    fn what_can_be_cut_nowhere_is_refused() {
        let octets = [b"\x1B$B".as_slice(), &[0x24, 0x22].repeat(100), b"\x1B(B"].concat();
        let segmenter = Segmenter { charset: Charset::Iso2022Jp, ..Default::default() };
        assert_eq!(segmenter.split(&octets).unwrap_err(), SegmentError::Indivisible);
    }

    #[test]
    fn debug_hides_message_text() {
        let segments = Segmenter::default().split(b"abc").unwrap();
        let shown = alloc::format!("{segments:?} {:?}", segments.clone().next());
        assert!(shown.contains("total: 1") && !shown.contains("97"), "{shown}");
    }
}
