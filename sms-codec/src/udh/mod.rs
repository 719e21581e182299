//! The user data header: information elements in front of the text of a message.
//!
//! [`Udh::split`] checks the whole header once; after that nothing about it can fail. Unknown
//! elements are kept, elements with a wrong length are passed over, and of two that contradict
//! each other the last one counts (3GPP TS 23.040 §9.2.3.24).

mod concatenation;
mod element;
mod macros;
mod value;

use alloc::vec::Vec;
use core::fmt;

pub(crate) use concatenation::is_part;
pub use concatenation::{Concatenation, Reference};
pub use element::*;

/// A well-formed user data header.
///
/// ```
/// use sms_codec::udh::{Concatenation, Reference, Udh};
///
/// let (udh, text) = Udh::split(b"\x05\x00\x03\x4A\x02\x01Hello")?;
/// assert_eq!(text, b"Hello");
/// assert_eq!(udh.concatenation(), Concatenation::new(Reference::Eight(0x4A), 2, 1));
/// # Ok::<(), sms_codec::udh::UdhError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Udh<'a>(&'a [u8]);

impl<'a> Udh<'a> {
    /// Divides user data into its header and what follows.
    ///
    /// If this fails, show the whole user data as text: that is what handsets do.
    pub fn split(user_data: &'a [u8]) -> Result<(Self, &'a [u8]), UdhError> {
        let missing = UdhError { offset: 0, fault: UdhFault::NoLength };
        let (&length, rest) = user_data.split_first().ok_or(missing)?;
        let (elements, text) =
            rest.split_at_checked(usize::from(length)).ok_or(UdhError { offset: 0, fault: UdhFault::PastUserData })?;
        Ok((Self::elements(elements)?, text))
    }

    /// Takes information elements without the length octet in front.
    pub fn elements(elements: &'a [u8]) -> Result<Self, UdhError> {
        let mut rest = elements;
        while !rest.is_empty() {
            // The length octet in front counts as octet 0.
            let offset = 1 + elements.len() - rest.len();
            let broken = UdhError { offset, fault: UdhFault::ElementPastHeader };
            (_, rest) = split_element(rest).ok_or(broken)?;
        }
        match elements.len() {
            0..=MAX_ELEMENTS => Ok(Self(elements)),
            _ => Err(UdhError { offset: 1 + MAX_ELEMENTS, fault: UdhFault::TooLong }),
        }
    }

    /// The elements, in order.
    pub fn iter(self) -> impl Iterator<Item = Element<'a>> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let (element, tail) = split_element(rest)?;
            rest = tail;
            Some(element)
        })
    }

    /// The last valid concatenation element.
    pub fn concatenation(self) -> Option<Concatenation> {
        self.iter().filter_map(Concatenation::read).last()
    }

    /// The last valid application ports, of either size.
    pub fn ports(self) -> Option<Ports16> {
        let ports = |element: Element<'a>| match element.typed() {
            Ie::Ports8(ports) => Some(ports.into()),
            Ie::Ports16(ports) => Some(ports),
            _ => None,
        };
        self.iter().filter_map(ports).last()
    }

    /// The elements that count, in order: known, valid, and the last one where two contradict.
    ///
    /// ```
    /// use sms_codec::udh::{EmailHeader, Ie, Udh};
    ///
    /// let (udh, _) = Udh::split(b"\x09\x20\x01\x07\x20\x01\x08\x7F\x01\x00")?;
    /// assert_eq!(udh.effective().next(), Some(Ie::EmailHeader(EmailHeader { length: 8 })));
    /// # Ok::<(), sms_codec::udh::UdhError>(())
    /// ```
    pub fn effective(self) -> impl Iterator<Item = Ie<'a>> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            loop {
                let (element, tail) = split_element(rest)?;
                rest = tail;
                let ie = element.typed();
                let counts = match (ie, ie.place()) {
                    (Ie::Unknown(_) | Ie::Invalid(_), _) => false,
                    (_, None) => true,
                    // At most 127 elements, so that looking ahead stays cheap.
                    (_, place) => !Self(rest).iter().any(|later| later.typed().place() == place),
                };
                if counts {
                    return Some(ie);
                }
            }
        })
    }

    /// The octets of all elements, without the length octet.
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// Octets of the header with its length octet; 0 if it has no element.
    pub const fn encoded_len(self) -> usize {
        if self.0.is_empty() { 0 } else { 1 + self.0.len() }
    }
}

/// One information element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Element<'a> {
    /// The information element identifier.
    pub id: u8,
    /// The data, without its length.
    pub data: &'a [u8],
}

/// Appends a header with its length octet, unless there is no element; `out` is untouched on error.
///
/// ```
/// use sms_codec::udh::{self, Element};
///
/// let mut user_data = Vec::new();
/// udh::write(&[Element { id: 0x05, data: &[0x0B, 0x84, 0x23, 0xF0] }], &mut user_data)?;
/// assert_eq!(user_data, [0x06, 0x05, 0x04, 0x0B, 0x84, 0x23, 0xF0]);
/// # Ok::<(), udh::UdhError>(())
/// ```
pub fn write(elements: &[Element<'_>], out: &mut impl Extend<u8>) -> Result<(), UdhError> {
    let mut length = 0;
    for element in elements {
        let end = length + 2 + element.data.len();
        if end > MAX_ELEMENTS {
            return Err(UdhError { offset: 1 + length, fault: UdhFault::TooLong });
        }
        length = end;
    }
    if elements.is_empty() {
        return Ok(());
    }
    out.extend([length as u8]);
    for element in elements {
        out.extend([element.id, element.data.len() as u8]);
        out.extend(element.data.iter().copied());
    }
    Ok(())
}

/// Like [`write()`], but takes typed elements.
///
/// ```
/// use sms_codec::udh::{self, Concatenation, Ie, Reference, SingleShift};
///
/// let part = Concatenation::new(Reference::Eight(7), 2, 1).unwrap();
/// let mut user_data = Vec::new();
/// let elements = [Ie::Concatenation(part), Ie::SingleShift(SingleShift { language: 1 })];
/// udh::write_typed(&elements, &mut user_data)?;
/// assert_eq!(user_data, b"\x08\x00\x03\x07\x02\x01\x24\x01\x01");
/// # Ok::<(), udh::UdhError>(())
/// ```
pub fn write_typed(elements: &[Ie<'_>], out: &mut impl Extend<u8>) -> Result<(), UdhError> {
    let mut octets = Vec::new();
    for element in elements {
        let offset = 1 + octets.len();
        element.write(&mut octets).map_err(|error| UdhError { offset: offset + error.offset, ..error })?;
        if octets.len() > MAX_ELEMENTS {
            return Err(UdhError { offset, fault: UdhFault::TooLong });
        }
    }
    if !octets.is_empty() {
        out.extend([octets.len() as u8]);
        out.extend(octets);
    }
    Ok(())
}

/// A header that cannot be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UdhError {
    /// Octet of the user data, counted from the length octet of the header.
    pub offset: usize,
    /// What is wrong there.
    pub fault: UdhFault,
}

/// What is wrong with a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UdhFault {
    /// The user data is empty.
    NoLength,
    /// The header is longer than the user data.
    PastUserData,
    /// An element is longer than the rest of the header.
    ElementPastHeader,
    /// The elements do not fit a length octet.
    TooLong,
    /// An element has a length that its receivers pass over.
    ElementLength,
}

impl fmt::Display for UdhError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = match self.fault {
            UdhFault::NoLength => "no length",
            UdhFault::PastUserData => "header longer than the user data",
            UdhFault::ElementPastHeader => "element longer than the header",
            UdhFault::TooLong => "more than 255 octets of elements",
            UdhFault::ElementLength => "element of a wrong length",
        };
        write!(f, "udh: octet {}: {fault}", self.offset)
    }
}

impl core::error::Error for UdhError {}

fn split_element(octets: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&[id, length], rest) = octets.split_first_chunk()?;
    let (data, rest) = rest.split_at_checked(usize::from(length))?;
    Some((Element { id, data }, rest))
}

/// What a length octet can count.
const MAX_ELEMENTS: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn concatenation(user_data: &[u8]) -> Option<Concatenation> {
        Udh::split(user_data).unwrap().0.concatenation()
    }

    #[test]
    fn both_reference_sizes_are_read() {
        let eight = Concatenation::new(Reference::Eight(0x4A), 2, 1);
        assert_eq!(concatenation(b"\x05\x00\x03\x4A\x02\x01"), eight);
        let sixteen = Concatenation::new(Reference::Sixteen(0xBEEF), 3, 1);
        assert_eq!(concatenation(b"\x06\x08\x04\xBE\xEF\x03\x01"), sixteen);
    }

    #[test]
    fn the_last_of_two_concatenations_counts_unless_it_is_invalid() {
        let both = b"\x0B\x00\x03\x01\x02\x01\x08\x04\x00\x09\x02\x02";
        assert_eq!(concatenation(both), Concatenation::new(Reference::Sixteen(9), 2, 2));
        let second_invalid = b"\x0B\x00\x03\x01\x02\x01\x08\x04\x00\x09\x02\x03";
        assert_eq!(concatenation(second_invalid), Concatenation::new(Reference::Eight(1), 2, 1));
    }

    #[test]
    fn unsound_or_misshaped_concatenation_is_no_concatenation() {
        for header in [
            &b"\x05\x00\x03\x01\x00\x01"[..],
            b"\x05\x00\x03\x01\x02\x00",
            b"\x05\x00\x03\x01\x02\x03",
            b"\x04\x00\x02\x01\x02",
            b"\x05\x08\x03\x01\x02\x01",
            b"\x00",
        ] {
            assert_eq!(concatenation(header), None, "{header:?}");
        }
    }

    #[test]
    fn errors_say_where() {
        let fault = |user_data| Udh::split(user_data).unwrap_err();
        assert_eq!(fault(b""), UdhError { offset: 0, fault: UdhFault::NoLength });
        assert_eq!(fault(b"\x05\x00"), UdhError { offset: 0, fault: UdhFault::PastUserData });
        let past = fault(b"\x06\x24\x01\x01\x00\x03\x01text");
        assert_eq!(past, UdhError { offset: 4, fault: UdhFault::ElementPastHeader });
        assert_eq!(past.to_string(), "udh: octet 4: element longer than the header");
        assert_eq!(fault(b"\x01\x00").fault, UdhFault::ElementPastHeader);
    }

    #[test]
    fn what_is_written_reads_back() {
        let elements = [Element { id: 0x24, data: &[1] }, Element { id: 0x70, data: &[] }];
        let mut octets = Vec::new();
        write(&elements, &mut octets).unwrap();
        let (udh, text) = Udh::split(&octets).unwrap();
        assert!(udh.iter().eq(elements) && text.is_empty());
        assert_eq!(udh.encoded_len(), octets.len());
    }

    #[test]
    fn too_many_elements_leave_the_buffer_alone() {
        let data = [0; 204];
        let elements = [Element { id: 1, data: &data[..50] }, Element { id: 2, data: &data }];
        let mut octets = Vec::new();
        let error = write(&elements, &mut octets).unwrap_err();
        assert_eq!((error, octets.len()), (UdhError { offset: 53, fault: UdhFault::TooLong }, 0));
    }
    #[test]
    fn only_the_last_of_what_excludes_itself_counts() {
        let octets = b"\x18\x04\x02\xF0\xF1\x24\x01\x01\x05\x04\x0B\x84\x23\xF0\x24\x01\x02\x24\x02\x03\x04\x6F\x00";
        let elements = Udh::elements(&octets[1..]).unwrap();
        let ports = Ports16 { destination: 2948, source: 9200 };
        let counting = [Ie::Ports16(ports), Ie::SingleShift(SingleShift { language: 2 })];
        assert!(elements.effective().eq(counting));
        assert_eq!((elements.ports(), elements.iter().count()), (Some(ports), 6));
    }

    #[test]
    fn what_repeats_counts_each_time() {
        let octets = b"\x07\x01\x01\x0B\x02\x00\x01\x07\x01\x03\x0B\x02\x05\x02";
        let elements = Udh::elements(octets).unwrap();
        assert_eq!(elements.effective().count(), 4);
    }

    #[test]
    fn what_receivers_would_pass_over_is_not_written() {
        let mut octets = Vec::new();
        let picture = Ie::SmallPicture(SmallPicture { position: 0, bitmap: &[0; 31] });
        let part = Concatenation::new(Reference::Eight(1), 2, 1).map(Ie::Concatenation).unwrap();
        let error = write_typed(&[part, picture], &mut octets).unwrap_err();
        assert_eq!((error, octets.len()), (UdhError { offset: 7, fault: UdhFault::ElementLength }, 0));
        assert_eq!(error.to_string(), "udh: octet 7: element of a wrong length");
        let animation = Ie::LargeAnimation(LargeAnimation { position: 0, bitmaps: &[0; 128] });
        assert_eq!(write_typed(&[animation, animation], &mut octets).unwrap_err().fault, UdhFault::TooLong);
    }
}
