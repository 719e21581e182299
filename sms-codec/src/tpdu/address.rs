//! Addresses in semi-octets or GSM 7-bit text: TP-OA, TP-DA, TP-RA and the reply address of a UDH.

use core::fmt::{self, Write as _};

use super::Fault;
use super::Odd;
use super::field::{Announced, Field, Reader};
use crate::gsm7::{Code, ESCAPE, Tables, pack, unpack};

/// The address of a subscriber, a service or a service centre: at most 20 digits or 11 septets.
///
/// ```
/// use sms_codec::tpdu::{Address, TypeOfAddress};
///
/// let number = Address::new(TypeOfAddress::INTERNATIONAL, "447700900123")?;
/// assert_eq!((number.type_of_address().ton(), number.to_string().as_str()), (1, "447700900123"));
/// let name = Address::new(TypeOfAddress::ALPHANUMERIC, "InfoSMS")?;
/// assert_eq!(name.semi_octets(), 13);
/// # Ok::<(), sms_codec::tpdu::AddressError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Address {
    type_of_address: TypeOfAddress,
    semi_octets: u8,
    /// Zeros beyond the semi-octets.
    value: [u8; VALUE_OCTETS],
}

impl Address {
    /// Takes digits, `*`, `#`, `a`, `b` and `c`; or GSM 7-bit text if the type is alphanumeric.
    pub fn new(type_of_address: TypeOfAddress, text: &str) -> Result<Self, AddressError> {
        match type_of_address.is_alphanumeric() {
            true => Self::alphanumeric(type_of_address, text),
            false => Self::numeric(type_of_address, text),
        }
    }

    fn numeric(type_of_address: TypeOfAddress, text: &str) -> Result<Self, AddressError> {
        let mut address = Self { type_of_address, ..Self::default() };
        for (offset, character) in text.char_indices() {
            let digit = DIGITS.iter().position(|&digit| digit == character);
            let digit = digit.ok_or(AddressError { offset, fault: AddressFault::Character })? as u8;
            let place = address.value.get_mut(usize::from(address.semi_octets / 2));
            let octet = place.ok_or(AddressError { offset, fault: AddressFault::TooLong })?;
            // A filler stands in the high half until the next digit takes its place.
            *octet = if address.semi_octets % 2 == 0 { 0xF0 | digit } else { *octet & 0x0F | digit << 4 };
            address.semi_octets += 1;
        }
        Ok(address)
    }

    fn alphanumeric(type_of_address: TypeOfAddress, text: &str) -> Result<Self, AddressError> {
        let mut septets = [0; MOST_SEPTETS];
        let mut count = 0;
        for (offset, character) in text.char_indices() {
            let code = Tables::DEFAULT.code(character).ok_or(AddressError { offset, fault: AddressFault::Character })?;
            let (escape, code) = match code {
                Code::One(code) => (None, code),
                Code::Pair(code) => (Some(ESCAPE), code),
            };
            for septet in escape.into_iter().chain([code]) {
                let place = septets.get_mut(count).ok_or(AddressError { offset, fault: AddressFault::TooLong })?;
                *place = septet;
                count += 1;
            }
        }
        let mut value = [0; VALUE_OCTETS];
        let packed = pack(septets.into_iter().take(count), 0);
        value.iter_mut().zip(packed).for_each(|(to, from)| *to = from);
        Ok(Self { type_of_address, semi_octets: (count * 7).div_ceil(4) as u8, value })
    }

    /// Takes semi-octets as they are on the wire, if there are no more than 20.
    pub(crate) fn from_wire(type_of_address: TypeOfAddress, semi_octets: u8, octets: &[u8]) -> Option<Self> {
        let mut value = [0; VALUE_OCTETS];
        let whole = usize::from(semi_octets).div_ceil(2) == octets.len();
        value.get_mut(..octets.len()).filter(|_| whole)?.copy_from_slice(octets);
        Some(Self { type_of_address, semi_octets, value })
    }

    /// Type of number and numbering plan.
    pub const fn type_of_address(self) -> TypeOfAddress {
        self.type_of_address
    }

    /// Useful semi-octets, as the length octet counts them.
    pub const fn semi_octets(self) -> u8 {
        self.semi_octets
    }

    /// Whether nothing is given but the type.
    pub const fn is_empty(self) -> bool {
        self.semi_octets == 0
    }

    /// The octets behind the type of address.
    pub fn value(&self) -> &[u8] {
        self.value.get(..usize::from(self.semi_octets).div_ceil(2)).unwrap_or_default()
    }

    /// Octets of the whole address: length, type and value.
    pub fn encoded_len(&self) -> usize {
        2 + self.value().len()
    }

    /// Whether it is not coded as the standard wants it.
    pub(super) fn is_odd(&self) -> bool {
        let filled = match (self.type_of_address.is_alphanumeric(), self.semi_octets % 2) {
            (true, _) => true,
            (false, 0) => self.digits().count() == usize::from(self.semi_octets),
            (false, _) => {
                let filler = self.value().last().is_some_and(|octet| octet >> 4 == FILLER);
                filler && self.digits().count() == usize::from(self.semi_octets)
            }
        };
        !filled || self.type_of_address.0 & 0x80 == 0
    }

    /// Digits up to a filler, which marks the end even if the length says otherwise.
    fn digits(&self) -> impl Iterator<Item = char> {
        let semi_octets = self.value().iter().flat_map(|octet| [octet & 0x0F, octet >> 4]);
        let digits = semi_octets.take(self.semi_octets.into()).map(|digit| DIGITS.get(usize::from(digit)));
        digits.map_while(|digit| digit.copied())
    }

    pub(crate) fn write(&self, out: &mut impl Extend<u8>) {
        out.extend([self.semi_octets, self.type_of_address.0]);
        out.extend(self.value().iter().copied());
    }
}

/// Shows the digits, or the text of an alphanumeric address; no `+`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.type_of_address.is_alphanumeric() {
            return self.digits().try_for_each(|digit| f.write_char(digit));
        }
        let septets = unpack(self.value(), 0).take(usize::from(self.semi_octets) * 4 / 7);
        Tables::DEFAULT.chars(septets).try_for_each(|character| f.write_char(character))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({:#04X} {self})", self.type_of_address.0)
    }
}

impl<'a> Field<'a> for Address {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        let &[semi_octets, type_of_address, ..] = reader.rest() else {
            return Err(Fault::Truncated);
        };
        if usize::from(semi_octets) > 2 * VALUE_OCTETS {
            return Err(Fault::AddressLength);
        }
        reader.take(2)?;
        let octets = reader.take(usize::from(semi_octets).div_ceil(2))?;
        let address = Self::from_wire(TypeOfAddress(type_of_address), semi_octets, octets).ok_or(Fault::AddressLength)?;
        reader.note(address.is_odd(), Odd::ADDRESS);
        Ok(address)
    }

    fn encode(&self, _: &Announced, out: &mut impl Extend<u8>) {
        self.write(out);
    }

    #[cfg(any(test, feature = "check"))]
    fn generate(entropy: &mut super::Entropy<'a>) -> Self {
        let type_of_address = TypeOfAddress(0x80 | entropy.octet());
        let mut address = Self { type_of_address, ..Self::default() };
        let alphanumeric = type_of_address.is_alphanumeric();
        for octet in entropy.counted(2 * VALUE_OCTETS) {
            let mut text = alloc::string::ToString::to_string(&address);
            text.push(if alphanumeric {
                char::from(octet & 0x7F)
            } else {
                DIGITS.get(usize::from(octet % 15)).copied().unwrap_or('0')
            });
            address = Self::new(type_of_address, &text).unwrap_or(address);
        }
        address
    }
}

/// The type of address octet: type of number and numbering plan, with the numbers SMPP uses too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TypeOfAddress(pub u8);

impl TypeOfAddress {
    /// Unknown number, ISDN plan: short codes and what the dialled digits say.
    pub const UNKNOWN: Self = Self(0x81);
    /// International number, ISDN plan.
    pub const INTERNATIONAL: Self = Self(0x91);
    /// National number, ISDN plan.
    pub const NATIONAL: Self = Self(0xA1);
    /// GSM 7-bit text instead of digits.
    pub const ALPHANUMERIC: Self = Self(0xD0);

    /// Takes a type of number (0 to 7) and a numbering plan (0 to 15).
    pub const fn new(ton: u8, npi: u8) -> Self {
        Self(0x80 | (ton & 0x07) << 4 | npi & 0x0F)
    }

    /// The type of number.
    pub const fn ton(self) -> u8 {
        self.0 >> 4 & 0x07
    }

    /// The numbering plan.
    pub const fn npi(self) -> u8 {
        self.0 & 0x0F
    }

    /// Whether the address is text.
    pub const fn is_alphanumeric(self) -> bool {
        self.ton() == 5
    }
}

/// The unknown type.
impl Default for TypeOfAddress {
    fn default() -> Self {
        Self::UNKNOWN
    }
}

/// A text that is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressError {
    /// Where the wrong character starts, in octets of the UTF-8 text.
    pub offset: usize,
    /// What is wrong with it.
    pub fault: AddressFault,
}

/// What is wrong with the text of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressFault {
    /// The character is no digit, or not in the GSM 7-bit default alphabet.
    Character,
    /// There are more than 20 digits or 11 septets.
    TooLong,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = match self.fault {
            AddressFault::Character => "character not allowed",
            AddressFault::TooLong => "too long",
        };
        write!(f, "address: {fault} at octet {}", self.offset)
    }
}

impl core::error::Error for AddressError {}

/// What the semi-octets stand for.
const DIGITS: [char; 15] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'a', 'b', 'c'];
/// Fills the last octet of an odd number of digits.
const FILLER: u8 = 0x0F;
/// Room for 20 digits (3GPP TS 23.040 §9.1.2.5).
const VALUE_OCTETS: usize = 10;
/// What 20 semi-octets hold.
const MOST_SEPTETS: usize = 11;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    fn wire(octets: &[u8]) -> (String, bool) {
        let mut reader = Reader::new(octets, None);
        let address = Address::decode(&mut reader).unwrap();
        (address.to_string(), reader.finish().contains(Odd::ADDRESS))
    }

    #[test]
    fn a_filler_ends_the_number_and_anything_else_in_its_place_is_odd() {
        assert_eq!(wire(b"\x05\x91\x21\x43\xF5"), ("12345".into(), false));
        assert_eq!(wire(b"\x06\x91\x21\x43\xF5"), ("12345".into(), true));
        assert_eq!(wire(b"\x05\x91\x21\x43\x05"), ("12345".into(), true));
        assert_eq!(wire(b"\x04\x91\x2F\x43"), ("".into(), true));
        assert_eq!(wire(b"\x06\x91\xA0\xCB\xED"), ("0*#abc".into(), false));
        assert_eq!(wire(b"\x02\x11\x21"), ("12".into(), true));
        assert_eq!(wire(b"\x00\x91"), ("".into(), false));
    }

    #[test]
    fn twenty_digits_and_eleven_septets_are_the_most() {
        let digits = "12345678901234567890";
        let address = Address::new(TypeOfAddress::INTERNATIONAL, digits).unwrap();
        assert_eq!((address.to_string().as_str(), address.encoded_len()), (digits, 12));
        let more = Address::new(TypeOfAddress::NATIONAL, "123456789012345678901").unwrap_err();
        assert_eq!(more, AddressError { offset: 20, fault: AddressFault::TooLong });
        let name = Address::new(TypeOfAddress::ALPHANUMERIC, "ElevenChars").unwrap();
        assert_eq!((name.semi_octets(), name.to_string().as_str()), (20, "ElevenChars"));
        let long = Address::new(TypeOfAddress::ALPHANUMERIC, "TenChars++€").unwrap_err();
        assert_eq!(long.to_string(), "address: too long at octet 10");
        let letter = Address::new(TypeOfAddress::UNKNOWN, "+12").unwrap_err();
        assert_eq!(letter.to_string(), "address: character not allowed at octet 0");
        let mut reader = Reader::new(&[21, 0x91, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], None);
        assert_eq!(Address::decode(&mut reader), Err(Fault::AddressLength));
    }
}
