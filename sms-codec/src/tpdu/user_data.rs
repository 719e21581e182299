//! User data: TP-UDHI, TP-UDL and TP-UD, which only make sense together.

use alloc::{string::String, vec::Vec};
use core::fmt;

use super::field::{Announced, Field, Reader};
use super::{Fault, Odd};
use crate::dcs::{Alphabet, Dcs};
use crate::gsm7::{self, Tables, Unencodable};
use crate::segment::{Segment, write_header};
use crate::ucs2;
use crate::udh::Udh;

/// The user data of a TPDU as it is on the air: a header, perhaps, and packed septets or octets.
///
/// ```
/// use sms_codec::dcs::Dcs;
/// use sms_codec::tpdu::UserData;
///
/// let mut buffer = Vec::new();
/// let seven = UserData::of_text(Dcs(0), "1234567", &mut buffer)?;
/// assert_eq!((seven.udl(), seven.octets().len()), (7, 7));
/// assert_eq!(seven.text().as_deref(), Some("1234567"));
/// # Ok::<(), sms_codec::tpdu::UserDataError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UserData<'a> {
    octets: &'a [u8],
    udl: u8,
    alphabet: Alphabet,
    has_header: bool,
}

impl<'a> UserData<'a> {
    /// Takes TP-UD as it is on the air, with TP-UDL in septets or octets as the DCS has it, and
    /// TP-UDHI; none if the length does not fit the octets.
    pub fn new(dcs: Dcs, udl: u8, octets: &'a [u8], has_header: bool) -> Option<Self> {
        let alphabet = dcs.air_alphabet();
        let fits = octets.len() == octets_of(alphabet, udl);
        fits.then_some(Self { octets, udl, alphabet, has_header })
    }

    /// Encodes a text that fits one short message into a buffer, which is emptied first.
    pub fn of_text(dcs: Dcs, text: &str, buffer: &'a mut Vec<u8>) -> Result<Self, UserDataError> {
        let encoded = match dcs.air_alphabet() {
            Alphabet::Gsm7 => Tables::DEFAULT.encode(text).map_err(UserDataError::Unencodable)?,
            Alphabet::Ucs2 => ucs2::encode(text),
            Alphabet::EightBit => return Err(UserDataError::Unencodable(Unencodable { offset: 0 })),
        };
        Self::of_segment(dcs, &Segment { octets: &encoded, concatenation: None, elements: &[] }, buffer)
    }

    /// Writes one part of a message into a buffer, which is emptied first.
    ///
    /// ```
    /// use sms_codec::dcs::Dcs;
    /// use sms_codec::gsm7::Tables;
    /// use sms_codec::segment::Segmenter;
    /// use sms_codec::tpdu::{Submit, UserData};
    ///
    /// let septets = Tables::DEFAULT.encode(&"x".repeat(200))?;
    /// let mut buffer = Vec::new();
    /// for (segment, message_reference) in Segmenter::default().split(&septets)?.zip(0..) {
    ///     let user_data = UserData::of_segment(Dcs(0), &segment, &mut buffer)?;
    ///     Submit { message_reference, user_data, ..Submit::default() }.encode(&mut Vec::new())?;
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of_segment(dcs: Dcs, segment: &Segment<'_>, buffer: &'a mut Vec<u8>) -> Result<Self, UserDataError> {
        let alphabet = dcs.air_alphabet();
        let header = segment.udh_octets();
        buffer.clear();
        write_header(segment.concatenation, segment.elements, buffer);
        let udl = match alphabet {
            Alphabet::Gsm7 => {
                // No padding here: the length counts septets.
                gsm7::pack_into(segment.octets, gsm7::fill_bits(header), buffer);
                gsm7::udh_septets(header) + segment.octets.len()
            }
            Alphabet::EightBit | Alphabet::Ucs2 => {
                buffer.extend_from_slice(segment.octets);
                buffer.len()
            }
        };
        let udl = u8::try_from(udl).map_err(|_| UserDataError::TooLong)?;
        let user_data = Self { octets: buffer, udl, alphabet, has_header: header > 0 };
        if user_data.is_too_long() { Err(UserDataError::TooLong) } else { Ok(user_data) }
    }

    /// TP-UD: all octets.
    pub const fn octets(&self) -> &'a [u8] {
        self.octets
    }

    /// TP-UDL: septets if the alphabet is GSM 7-bit, else octets.
    pub const fn udl(&self) -> u8 {
        self.udl
    }

    /// TP-UDHI: whether a header is announced.
    pub const fn has_header(&self) -> bool {
        self.has_header
    }

    /// The alphabet that `udl` counts.
    pub const fn alphabet(&self) -> Alphabet {
        self.alphabet
    }

    /// The header, if one is announced and well-formed.
    pub fn udh(&self) -> Option<Udh<'a>> {
        self.split().map(|(udh, _)| udh)
    }

    /// The octets behind the header; all of them if the header contradicts itself.
    pub fn body(&self) -> &'a [u8] {
        self.split().map_or(self.octets, |(_, body)| body)
    }

    /// Zero bits between the header and the first septet.
    pub fn fill_bits(&self) -> u8 {
        match self.alphabet {
            Alphabet::Gsm7 => gsm7::fill_bits(self.header_octets()),
            Alphabet::EightBit | Alphabet::Ucs2 => 0,
        }
    }

    /// The septets of the text, one by one; none unless the alphabet is GSM 7-bit.
    pub fn septets(&self) -> impl Iterator<Item = u8> + use<'a> {
        gsm7::unpack(self.body(), self.fill_bits()).take(self.text_septets())
    }

    /// The text; none if the octets are 8-bit data.
    pub fn text(&self) -> Option<String> {
        match self.alphabet {
            Alphabet::Gsm7 => {
                let mut septets = Vec::with_capacity(self.text_septets());
                gsm7::unpack_into(self.body(), self.fill_bits(), self.text_septets(), &mut septets);
                Some(Tables::from_udh(self.udh().unwrap_or_default()).decode(&septets))
            }
            Alphabet::Ucs2 => Some(ucs2::decode(self.body())),
            Alphabet::EightBit => None,
        }
    }

    fn split(&self) -> Option<(Udh<'a>, &'a [u8])> {
        if self.has_header { Udh::split(self.octets).ok() } else { None }
    }

    /// Septets of the text alone.
    fn text_septets(&self) -> usize {
        match self.alphabet {
            Alphabet::Gsm7 => usize::from(self.udl).saturating_sub(gsm7::udh_septets(self.header_octets())),
            Alphabet::EightBit | Alphabet::Ucs2 => 0,
        }
    }

    fn header_octets(&self) -> usize {
        self.octets.len() - self.body().len()
    }

    fn is_too_long(&self) -> bool {
        self.octets.len() > MOST_OCTETS
    }
}

impl Dcs {
    /// The alphabet that lengths count in: compressed text is octets.
    pub(super) const fn air_alphabet(self) -> Alphabet {
        if self.is_compressed() { Alphabet::EightBit } else { self.alphabet() }
    }
}

/// No header and no text.
impl Default for UserData<'_> {
    fn default() -> Self {
        Self { octets: &[], udl: 0, alphabet: Alphabet::Gsm7, has_header: false }
    }
}

/// Shows no message text.
impl fmt::Debug for UserData<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserData")
            .field("alphabet", &self.alphabet)
            .field("udl", &self.udl)
            .field("has_header", &self.has_header)
            .finish_non_exhaustive()
    }
}

impl<'a> Field<'a> for UserData<'a> {
    const FIRST_OCTET: u8 = HEADER;

    fn announce(&self, announced: &mut Announced) {
        announced.first_octet |= if self.has_header { HEADER } else { 0 };
    }

    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        let alphabet = reader.announced.alphabet;
        let &[udl, ..] = reader.rest() else {
            return Err(Fault::Truncated);
        };
        let octets = reader.take(1 + octets_of(alphabet, udl))?.get(1..).unwrap_or_default();
        let has_header = reader.announced.first_octet & HEADER != 0;
        let user_data = Self { octets, udl, alphabet, has_header };
        reader.note(user_data.is_too_long(), Odd::LENGTH);
        reader.note(has_header && user_data.udh().is_none(), Odd::HEADER);
        Ok(user_data)
    }

    fn check(&self, announced: &Announced) -> Result<(), Fault> {
        if self.is_too_long() {
            return Err(Fault::TooLong);
        }
        // Nothing is nothing in every alphabet.
        if self.alphabet != announced.alphabet && self.udl > 0 {
            return Err(Fault::Alphabet);
        }
        Ok(())
    }

    fn encode(&self, _: &Announced, out: &mut impl Extend<u8>) {
        out.extend([self.udl]);
        out.extend(self.octets.iter().copied());
    }

    #[cfg(any(test, feature = "check"))]
    fn generate(entropy: &mut super::Entropy<'a>) -> Self {
        let has_header = entropy.flag();
        let alphabet = entropy.dcs.air_alphabet();
        let octets = entropy.counted(MOST_OCTETS);
        let udl = match alphabet {
            Alphabet::Gsm7 => octets.len() * 8 / 7,
            Alphabet::EightBit | Alphabet::Ucs2 => octets.len(),
        };
        Self { octets, udl: udl as u8, alphabet, has_header }
    }
}

const fn octets_of(alphabet: Alphabet, udl: u8) -> usize {
    match alphabet {
        Alphabet::Gsm7 => (udl as usize * 7).div_ceil(8),
        Alphabet::EightBit | Alphabet::Ucs2 => udl as usize,
    }
}

/// Text that does not make user data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserDataError {
    /// The alphabet of the DCS lacks a character, or is no alphabet.
    Unencodable(Unencodable),
    /// There is more than fits a short message: 140 octets, or 160 septets in them.
    TooLong,
}

impl fmt::Display for UserDataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unencodable(error) => error.fmt(f),
            Self::TooLong => f.write_str("user data: more than fits a short message"),
        }
    }
}

impl core::error::Error for UserDataError {}

/// The bit of the first octet that announces a header.
pub(super) const HEADER: u8 = 0x40;
/// Octets of user data in one short message; 160 septets take as many.
pub(super) const MOST_OCTETS: usize = 140;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::{format, string::ToString};

    #[test]
    fn a_header_that_contradicts_itself_is_text() {
        let past_the_end = UserData::new(Dcs(4), 3, b"\x05ab", true).unwrap();
        assert_eq!((past_the_end.udh(), past_the_end.body()), (None, &b"\x05ab"[..]));
        let packed: Vec<u8> = gsm7::pack(*b"\x7Fab", 0).collect();
        let septets = UserData::new(Dcs(0), 3, &packed, true).unwrap();
        assert_eq!((septets.text().as_deref(), septets.fill_bits()), (Some("àab"), 0));
    }

    #[test]
    fn a_header_without_text_still_fills_its_septet() {
        let mut buffer = Vec::new();
        let segment = Segment { octets: b"", concatenation: None, elements: b"\x24\x01\x01" };
        let user_data = UserData::of_segment(Dcs(0), &segment, &mut buffer).unwrap();
        assert_eq!((user_data.udl(), user_data.octets()), (5, &b"\x03\x24\x01\x01\x00"[..]));
        assert_eq!(user_data.text().as_deref(), Some(""));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut buffer = Vec::new();
        assert!(UserData::of_text(Dcs(0), &"x".repeat(160), &mut buffer).is_ok());
        let long = "x".repeat(161);
        assert_eq!(UserData::of_text(Dcs(0), &long, &mut buffer), Err(UserDataError::TooLong));
        assert_eq!(UserData::of_text(Dcs(0), &"x".repeat(400), &mut buffer), Err(UserDataError::TooLong));
        assert!(UserData::of_text(Dcs(8), &"я".repeat(70), &mut buffer).is_ok());
        assert_eq!(UserData::of_text(Dcs(8), &"я".repeat(71), &mut buffer), Err(UserDataError::TooLong));
        let unencodable = UserData::of_text(Dcs(0), "aя", &mut buffer).unwrap_err();
        assert_eq!(unencodable, UserDataError::Unencodable(Unencodable { offset: 1 }));
        assert_eq!(UserData::new(Dcs(0), 8, &[0; 8], false), None);
    }

    #[test]
    fn eight_bit_and_compressed_data_have_no_text() {
        for dcs in [Dcs(0x04), Dcs(0xF5), Dcs(0x20), Dcs(0x28)] {
            let data = UserData::new(dcs, 2, b"ab", false).unwrap();
            assert_eq!((data.text(), data.body(), data.septets().count()), (None, &b"ab"[..], 0));
        }
    }

    #[test]
    fn debug_hides_message_text() {
        let octets = vec![0x41; 5];
        let shown = format!("{:?}", UserData::new(Dcs(4), 5, &octets, false).unwrap());
        assert_eq!(shown, "UserData { alphabet: EightBit, udl: 5, has_header: false, .. }");
        assert!(UserDataError::TooLong.to_string().contains("short message"));
    }
}
