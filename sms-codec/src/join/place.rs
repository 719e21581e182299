//! Which part of which message: what a UDH or the SAR TLVs say.

use core::fmt;

use crate::udh::{self, Concatenation, Udh, is_part};

/// Which part of which long message this is; total and sequence are always sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    reference: Reference,
    total: u8,
    sequence: u8,
}

impl Place {
    /// Numbers a part; `1 <= sequence <= total` must hold.
    pub const fn new(reference: Reference, total: u8, sequence: u8) -> Result<Self, PlaceError> {
        if is_part(total, sequence) { Ok(Self { reference, total, sequence }) } else { Err(PlaceError { total, sequence }) }
    }

    /// Finds the place of a part; none means that it is a message by itself.
    ///
    /// If both are there the UDH wins. Only wrong SAR TLVs are an error, which may be answered
    /// (`ESME_RINVTLVVAL`) or ignored; a wrong concatenation element makes a single message.
    ///
    /// ```
    /// use sms_codec::join::{Place, Reference, Sar};
    /// use sms_codec::udh::Udh;
    ///
    /// let sar = Sar { msg_ref_num: 0x4A, total_segments: 2, segment_seqnum: 3 };
    /// let error = Place::find(Udh::default(), Some(sar)).unwrap_err();
    /// assert_eq!(error.to_string(), "message part: number 3 of 2");
    ///
    /// let (udh, _) = Udh::split(b"\x05\x00\x03\x4A\x02\x01Hello")?;
    /// let place = Place::find(udh, Some(sar)).unwrap();
    /// assert_eq!(place.map(Place::reference), Some(Reference::Eight(0x4A)));
    /// # Ok::<(), sms_codec::udh::UdhError>(())
    /// ```
    pub fn find(udh: Udh<'_>, sar: Option<Sar>) -> Result<Option<Self>, PlaceError> {
        match udh.concatenation() {
            Some(concatenation) => Ok(Some(concatenation.into())),
            None => sar.map(Self::try_from).transpose(),
        }
    }

    /// What all parts of the message share.
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

impl From<Concatenation> for Place {
    fn from(part: Concatenation) -> Self {
        let reference = match part.reference() {
            udh::Reference::Eight(reference) => Reference::Eight(reference),
            udh::Reference::Sixteen(reference) => Reference::Sixteen(reference),
        };
        Self { reference, total: part.total(), sequence: part.sequence() }
    }
}

impl TryFrom<Sar> for Place {
    type Error = PlaceError;

    fn try_from(sar: Sar) -> Result<Self, PlaceError> {
        Self::new(Reference::Sar(sar.msg_ref_num), sar.total_segments, sar.segment_seqnum)
    }
}

/// The number that the parts of a message share, and where it is written; kinds never mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// Eight bits in the UDH.
    Eight(u8),
    /// Sixteen bits in the UDH.
    Sixteen(u16),
    /// The TLV `sar_msg_ref_num`.
    Sar(u16),
}

/// The SAR TLVs; a part has all three of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sar {
    /// `sar_msg_ref_num`.
    pub msg_ref_num: u16,
    /// `sar_total_segments`.
    pub total_segments: u8,
    /// `sar_segment_seqnum`.
    pub segment_seqnum: u8,
}

/// A part whose number is not between 1 and the total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceError {
    /// How many parts the message is said to have.
    pub total: u8,
    /// The number of the part.
    pub sequence: u8,
}

impl fmt::Display for PlaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "message part: number {} of {}", self.sequence, self.total)
    }
}

impl core::error::Error for PlaceError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_refused_and_named() {
        for (total, sequence) in [(0, 0), (0, 1), (2, 0), (2, 3), (254, 255)] {
            let error = PlaceError { total, sequence };
            assert_eq!(Place::new(Reference::Sar(1), total, sequence), Err(error));
        }
        assert!(Place::new(Reference::Sar(1), 255, 255).is_ok());
    }

    #[test]
    fn a_wrong_concatenation_element_leaves_the_sar_tlvs() {
        let (udh, _) = Udh::split(b"\x05\x00\x03\x4A\x02\x03").unwrap();
        assert_eq!(Place::find(udh, None), Ok(None));
        let sar = Sar { msg_ref_num: 9, total_segments: 2, segment_seqnum: 1 };
        let place = Place::find(udh, Some(sar)).unwrap().unwrap();
        assert_eq!((place.reference(), place.total(), place.sequence()), (Reference::Sar(9), 2, 1));
    }

    #[test]
    fn sixteen_bits_in_the_udh_are_not_the_same_as_in_a_tlv() {
        let (udh, _) = Udh::split(b"\x06\x08\x04\x00\x09\x03\x01").unwrap();
        let place = Place::find(udh, None).unwrap().unwrap();
        assert_eq!(place.reference(), Reference::Sixteen(9));
        assert_ne!(place.reference(), Reference::Sar(9));
    }
}
