//! What a carrier means by each `data_coding`.

use alloc::{string::String, vec::Vec};
use core::fmt;

use super::Charset;
use crate::dcs::{Alphabet, Dcs, Indication, Scheme};
use crate::gsm7::{Tables, Unencodable};
use crate::udh::{Udh, UdhError};

/// What one carrier means by `data_coding`: one table, read in both directions.
///
/// ```
/// use sms_codec::charset::{Charset, Coding};
/// use sms_codec::dcs::{Class, Indication};
///
/// let usual = Coding::DEFAULT;
/// assert_eq!(usual.decode(0x00, b"\x00 \x1B\x65"), "@ €");
/// assert_eq!(usual.encode("да"), (0x08, vec![0x04, 0x34, 0x04, 0x30]));
///
/// let flash = Indication::Class(Class::Immediate);
/// assert_eq!(usual.data_coding(Charset::Gsm7, flash), Some(0xF0));
/// assert_eq!((usual.charset(0xF0), usual.indication(0xF0)), (Charset::Gsm7, flash));
///
/// let latin1 = Coding::DEFAULT.with(0x00, Charset::Latin1);
/// assert_eq!(latin1.decode(0x00, b"caf\xE9"), "café");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Coding {
    table: [Option<Charset>; 256],
    general_classes: bool,
}

impl Coding {
    /// The table of SMPP: 0 is GSM 7-bit, 1 is ASCII, 5 is Shift_JIS; 0x10 to 0x3F and 0xC0 to 0xFF
    /// are those of the GSM data coding scheme, as most MCs have them.
    pub const DEFAULT: Self = Self::usual();

    /// A provider that has GSM 7-bit as 0 and 1, UCS-2 as 8, and nothing else.
    pub const PROVIDER: Self = Self { table: [None; 256], general_classes: false }
        .with(0x00, Charset::Gsm7)
        .with(0x01, Charset::Gsm7)
        .with(0x08, Charset::Ucs2);

    /// The same, but with another character set for one `data_coding`; for 0 it is the default alphabet.
    #[must_use]
    pub const fn with(self, data_coding: u8, charset: Charset) -> Self {
        self.set(data_coding, Some(charset))
    }

    /// The same, but for a carrier that does not have this `data_coding`.
    #[must_use]
    pub const fn without(self, data_coding: u8) -> Self {
        self.set(data_coding, None)
    }

    /// The same, but with all GSM 7-bit text packed.
    #[must_use]
    pub const fn packed(mut self) -> Self {
        let mut rest: &mut [_] = &mut self.table;
        while let Some((charset, tail)) = rest.split_first_mut() {
            if let Some(Charset::Gsm7) = *charset {
                *charset = Some(Charset::Gsm7Packed);
            }
            rest = tail;
        }
        self
    }

    /// The same, but with message classes written as 0x10 to 0x17 rather than 0xF0 to 0xF7, which
    /// alone are in SMPP's table. Both are read.
    #[must_use]
    pub const fn with_general_classes(mut self) -> Self {
        self.general_classes = true;
        self
    }

    /// Whether this carrier has such a `data_coding`.
    pub fn has(&self, data_coding: u8) -> bool {
        self.find(data_coding).is_some()
    }

    /// The character set of a `data_coding`; one that the carrier does not have means the default alphabet.
    pub fn charset(&self, data_coding: u8) -> Charset {
        self.find(data_coding).or_else(|| self.find(0)).unwrap_or(Charset::Gsm7)
    }

    /// The message class or the waiting indication of a `data_coding`.
    pub fn indication(&self, data_coding: u8) -> Indication {
        if is_dcs(data_coding) && self.has(data_coding) { Dcs(data_coding).indication() } else { Indication::None }
    }

    /// The `data_coding` of a character set with a class or a waiting indication, if the carrier has one.
    ///
    /// Of several the lowest, except that 8-bit data is 4: 2 is something else over the air.
    pub fn data_coding(&self, charset: Charset, indication: Indication) -> Option<u8> {
        let fits = |data_coding: &u8| self.find(*data_coding) == Some(charset);
        if indication == Indication::None {
            let octets = Some(0x04).filter(|_| charset == Charset::Octets);
            return octets.into_iter().chain(0..DCS_STARTS).find(fits);
        }
        let dcs = Scheme { alphabet: charset.alphabet()?, indication, ..Scheme::default() }.dcs().ok()?;
        let mut forms = [dcs.in_class_group(), Some(dcs)];
        if self.general_classes {
            forms.reverse();
        }
        forms.into_iter().flatten().map(|dcs| dcs.0).find(fits)
    }

    /// The data coding scheme that a `data_coding` becomes over the air.
    ///
    /// Text of most sets changes its alphabet there. ASCII and ISO-8859-1 become GSM 7-bit; should
    /// that lack a character, UCS-2 with the same [`Scheme`] otherwise.
    pub fn dcs(&self, data_coding: u8) -> Dcs {
        if is_dcs(data_coding) && self.has(data_coding) {
            return Dcs(data_coding);
        }
        match self.charset(data_coding) {
            Charset::Gsm7 | Charset::Gsm7Packed | Charset::Ascii | Charset::Latin1 => Dcs(0x00),
            Charset::Octets => Dcs(0x04),
            _ => Dcs(0x08),
        }
    }

    /// The `data_coding` that says the same as a data coding scheme, if the carrier has one.
    ///
    /// SMPP cannot ask for deletion after reading, so that is dropped.
    pub fn from_dcs(&self, dcs: Dcs) -> Option<u8> {
        if dcs.is_compressed() {
            return Some(dcs.0).filter(|&data_coding| is_dcs(data_coding) && self.has(data_coding));
        }
        let charset = match dcs.alphabet() {
            Alphabet::Gsm7 if self.find(0) == Some(Charset::Gsm7Packed) => Charset::Gsm7Packed,
            alphabet => air(alphabet),
        };
        self.data_coding(charset, dcs.indication())
    }

    /// Decodes user data without its UDH; what cannot be read becomes U+FFFD.
    pub fn decode(&self, data_coding: u8, octets: &[u8]) -> String {
        self.charset(data_coding).decode(octets)
    }

    /// Divides user data that starts with a UDH, and decodes the text after it, in the national
    /// tables that the UDH names.
    ///
    /// ```
    /// use sms_codec::charset::Coding;
    ///
    /// let (udh, text) = Coding::DEFAULT.decode_after_udh(0x00, b"\x05\x00\x03\x4A\x02\x01Hello")?;
    /// assert_eq!((udh.concatenation().is_some(), text.as_str()), (true, "Hello"));
    ///
    /// let (_, text) = Coding::DEFAULT.decode_after_udh(0x00, b"\x03\x24\x01\x01\x1B\x67")?;
    /// assert_eq!(text, "ğ");
    /// # Ok::<(), sms_codec::udh::UdhError>(())
    /// ```
    pub fn decode_after_udh<'a>(&self, data_coding: u8, user_data: &'a [u8]) -> Result<(Udh<'a>, String), UdhError> {
        let (udh, octets) = Udh::split(user_data)?;
        let udh_octets = user_data.len() - octets.len();
        let text = self.charset(data_coding).decode_in(Tables::from_udh(udh), udh_octets, octets);
        Ok((udh, text))
    }

    /// Chooses `data_coding` 0 if the default alphabet has every character, else UCS-2.
    pub fn encode(&self, text: &str) -> (u8, Vec<u8>) {
        match self.charset(0).encode(text) {
            Ok(octets) => (0x00, octets),
            Err(_) => (self.data_coding(Charset::Ucs2, Indication::None).unwrap_or(UCS2), crate::ucs2::encode(text)),
        }
    }

    /// Encodes text in one character set, with a class or a waiting indication.
    ///
    /// ```
    /// use sms_codec::charset::{Charset, Coding, EncodeError};
    /// use sms_codec::dcs::{Class, Indication};
    ///
    /// let flash = Indication::Class(Class::Immediate);
    /// assert_eq!(Coding::DEFAULT.encode_as(Charset::Ucs2, flash, "Да")?.0, 0x18);
    /// assert_eq!(Coding::PROVIDER.encode_as(Charset::Ucs2, flash, "Да"), Err(EncodeError::NoDataCoding));
    /// # Ok::<(), EncodeError>(())
    /// ```
    pub fn encode_as(&self, charset: Charset, indication: Indication, text: &str) -> Result<(u8, Vec<u8>), EncodeError> {
        let data_coding = self.data_coding(charset, indication).ok_or(EncodeError::NoDataCoding)?;
        Ok((data_coding, charset.encode(text).map_err(EncodeError::Text)?))
    }

    #[cfg(feature = "serde")]
    pub(crate) const fn has_general_classes(&self) -> bool {
        self.general_classes
    }

    /// The character set of a `data_coding`, if the carrier has it.
    pub(crate) fn find(&self, data_coding: u8) -> Option<Charset> {
        self.table.get(usize::from(data_coding)).copied().flatten()
    }

    const fn set(mut self, data_coding: u8, charset: Option<Charset>) -> Self {
        if let Some((_, [slot, ..])) = self.table.split_at_mut_checked(data_coding as usize) {
            *slot = charset;
        }
        self
    }

    const fn usual() -> Self {
        let mut table = [None; 256];
        let mut rest: &mut [_] = &mut table;
        let mut data_coding = 0u8;
        while let Some((charset, tail)) = rest.split_first_mut() {
            *charset = usual(data_coding);
            data_coding = data_coding.wrapping_add(1);
            rest = tail;
        }
        Self { table, general_classes: false }
    }
}

impl Default for Coding {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Shows what differs from [`Coding::DEFAULT`].
impl fmt::Debug for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Coding ")?;
        let differs = |data_coding: &u8| self.find(*data_coding) != Self::DEFAULT.find(*data_coding);
        let mut map = f.debug_map();
        map.entries((0..=255).filter(differs).map(|data_coding| (data_coding, self.find(data_coding))));
        if self.general_classes {
            map.entry(&"general_classes", &true);
        }
        map.finish()
    }
}

/// Text that cannot be sent as wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodeError {
    /// The carrier has no `data_coding` for this character set with this class or indication.
    NoDataCoding,
    /// The character set lacks a character.
    Text(Unencodable),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDataCoding => f.write_str("data_coding: none for this character set and message class"),
            Self::Text(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for EncodeError {}

/// SMPP's table; none for what it reserves.
const fn usual(data_coding: u8) -> Option<Charset> {
    Some(match data_coding {
        0x00 => Charset::Gsm7,
        0x01 => Charset::Ascii,
        0x02 | 0x04 => Charset::Octets,
        0x03 => Charset::Latin1,
        0x05 => Charset::ShiftJis,
        0x06 => Charset::Iso8859_5,
        0x07 => Charset::Iso8859_8,
        UCS2 => Charset::Ucs2,
        0x09 => Charset::Pictogram,
        0x0A => Charset::Iso2022Jp,
        0x0D => Charset::JisX0212,
        0x0E => Charset::KsC5601,
        _ if !is_dcs(data_coding) => return None,
        // Nobody compresses; if somebody does, we cannot read it.
        _ if Dcs(data_coding).is_compressed() => Charset::Octets,
        _ => air(Dcs(data_coding).alphabet()),
    })
}

const fn air(alphabet: Alphabet) -> Charset {
    match alphabet {
        Alphabet::Gsm7 => Charset::Gsm7,
        Alphabet::EightBit => Charset::Octets,
        Alphabet::Ucs2 => Charset::Ucs2,
    }
}

/// Whether the octet means the same in SMPP and over the air. Below 0xC0 SMPP reserves these, but
/// many MCs pass them through.
const fn is_dcs(data_coding: u8) -> bool {
    matches!(data_coding, DCS_STARTS..=0x3F | 0xC0..=0xFF)
}

/// Below, the values are SMPP's own.
const DCS_STARTS: u8 = 0x10;
const UCS2: u8 = 0x08;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dcs::{Class, Waiting, WaitingKind};
    use alloc::{format, vec};

    const FLASH: Indication = Indication::Class(Class::Immediate);

    #[test]
    fn a_packed_carrier_gets_padding_and_gives_it_back() {
        let packed = Coding::DEFAULT.packed();
        let (data_coding, octets) = packed.encode("1234567");
        assert_eq!((data_coding, octets.as_slice()), (0, &b"\x31\xD9\x8C\x56\xB3\xDD\x1A"[..]));
        assert_eq!(packed.decode(0, &octets), "1234567");
        assert_eq!(packed.decode(0xF0, &octets), "1234567");
        assert_eq!(packed.data_coding(Charset::Gsm7Packed, FLASH), Some(0xF0));
        assert_eq!(packed.from_dcs(Dcs(0x10)), Some(0xF0));
    }

    #[test]
    fn text_outside_the_default_alphabet_goes_out_as_ucs2() {
        for charset in [Charset::Gsm7, Charset::Gsm7Packed, Charset::Ascii, Charset::Latin1] {
            let coding = Coding::DEFAULT.with(0, charset);
            assert_eq!(coding.encode("ok").0, 0);
            assert_eq!(coding.encode("да").0, 8);
        }
        assert_eq!(Coding::DEFAULT.with(0, Charset::Ascii).encode("é").0, 8);
        let moved = Coding::DEFAULT.without(8).with(0x0B, Charset::Ucs2);
        assert_eq!(moved.encode("да"), (0x0B, vec![4, 0x34, 4, 0x30]));
    }

    #[test]
    fn a_provider_has_gsm7_as_0_and_1_and_ucs2_as_8() {
        // R-PP-7 to R-PP-9.
        let provider = Coding::PROVIDER;
        assert_eq!(
            (provider.charset(0), provider.charset(1), provider.charset(8)),
            (Charset::Gsm7, Charset::Gsm7, Charset::Ucs2)
        );
        let had: Vec<u8> = (0..=255).filter(|&data_coding| provider.has(data_coding)).collect();
        assert_eq!(had, [0, 1, 8]);
        assert_eq!((provider.charset(0xF5), provider.indication(0xF5)), (Charset::Gsm7, Indication::None));
        assert_eq!(provider.data_coding(Charset::Gsm7, FLASH), None);
        assert_eq!(provider.decode(1, b"\x02\x1B\x65"), "$€");
    }

    #[test]
    fn classes_are_written_as_the_carrier_wants_them() {
        let general = Coding::DEFAULT.with_general_classes();
        assert_eq!(Coding::DEFAULT.data_coding(Charset::Gsm7, FLASH), Some(0xF0));
        assert_eq!(general.data_coding(Charset::Gsm7, FLASH), Some(0x10));
        // Where one form is missing, the other one will do.
        assert_eq!(general.without(0x10).data_coding(Charset::Gsm7, FLASH), Some(0xF0));
        for coding in [Coding::DEFAULT, general] {
            assert_eq!(coding.data_coding(Charset::Ucs2, FLASH), Some(0x18));
            assert_eq!(coding.data_coding(Charset::Latin1, FLASH), None);
        }
    }

    #[test]
    fn waiting_indications_are_written() {
        let voicemail = |store| Indication::Waiting(Waiting { store, active: true, kind: WaitingKind::Voicemail });
        let data_coding = |charset, store| Coding::DEFAULT.data_coding(charset, voicemail(store));
        assert_eq!((data_coding(Charset::Gsm7, false), data_coding(Charset::Gsm7, true)), (Some(0xC8), Some(0xD8)));
        assert_eq!((data_coding(Charset::Ucs2, false), data_coding(Charset::Ucs2, true)), (None, Some(0xE8)));
        assert_eq!(data_coding(Charset::Octets, true), None);
    }

    #[test]
    fn what_smpp_becomes_over_the_air_and_back() {
        let coding = Coding::DEFAULT;
        let air = [
            (0x00, 0x00),
            (0x01, 0x00),
            (0x03, 0x00),
            (0x02, 0x04),
            (0x04, 0x04),
            (0x08, 0x08),
            (0x06, 0x08),
            (0xC9, 0xC9),
            (0x18, 0x18),
        ];
        for (data_coding, dcs) in air {
            assert_eq!(coding.dcs(data_coding), Dcs(dcs), "{data_coding:#x}");
        }
        for (dcs, data_coding) in
            [(0x00, 0x00), (0x04, 0x04), (0x08, 0x08), (0x10, 0xF0), (0x48, 0x08), (0x58, 0x18), (0x80, 0x00), (0x21, 0x21)]
        {
            assert_eq!(coding.from_dcs(Dcs(dcs)), Some(data_coding), "{dcs:#x}");
        }
        assert_eq!(coding.from_dcs(Dcs(0x61)), None);
        assert_eq!(Coding::DEFAULT.with(0, Charset::Latin1).from_dcs(Dcs(0)), None);
    }

    #[test]
    fn every_octet_of_every_set_reads_as_something() {
        let octets: Vec<u8> = (0..=255).collect();
        for data_coding in 0..=255 {
            assert!(!Coding::DEFAULT.decode(data_coding, &octets).is_empty());
        }
    }

    #[test]
    fn debug_shows_what_differs() {
        let coding = Coding::DEFAULT.with(0, Charset::Latin1).without(8).with_general_classes();
        assert_eq!(format!("{coding:?}"), r#"Coding {0: Some(Latin1), 8: None, "general_classes": true}"#);
        assert_eq!(format!("{:?}", Coding::DEFAULT), "Coding {}");
    }
}
